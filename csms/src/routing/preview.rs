//! Which account would take a payment, and why.

use crate::{app::App, pay::Account, store::StoreError};
use payments::{
    Amount,
    provider::Method,
    routing::{Asked, Decision},
};
use std::sync::Arc;

/// Words of the methods that a payment can be made by.
pub const METHODS: [&str; 7] =
    ["in_wallet", "phone_browser", "code", "score", "hosted", "terminal", "on_file"];

/// A method for asking what takes it: whom or what it is for does not matter then.
pub fn method(word: &str) -> Option<Method> {
    let empty = String::new;
    let all = [
        Method::InWallet,
        Method::PhoneBrowser,
        Method::Code,
        Method::Score,
        Method::Hosted,
        Method::Terminal { reader: empty() },
        Method::OnFile { customer: empty(), instrument: empty() },
    ];
    all.into_iter().find(|method| method.word() == word)
}

/// What would be chosen now. `tie`: the number of the order that it is about, it decides between equals.
///
/// # Errors
/// The database.
pub async fn preview(
    app: &App,
    wallet: &str,
    method: &Method,
    amount: Amount,
    hold: bool,
    tie: &str,
) -> Result<Decision, StoreError> {
    let accounts: Vec<Arc<Account>> =
        app.pay.accounts.iter().filter(|account| account.wallet == wallet).cloned().collect();
    let asked = Asked { method, amount, hold, wanted: None, tie };
    app.routes.choose(app, &accounts, &asked, &[]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_of_a_method() {
        for word in METHODS {
            assert_eq!(method(word).map(|method| method.word()), Some(word));
        }
        assert_eq!(method("cash"), None);
    }
}
