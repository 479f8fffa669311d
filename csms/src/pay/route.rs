//! Which account takes a payment. The driver has chosen the wallet; the accounts behind it are put before the routing
//! rule (see [`crate::routing`]).

use super::{PayError, account::Account};
use crate::app::App;
use payments::{
    Amount,
    provider::Method,
    routing::{Asked, Decision, How},
};
use std::sync::Arc;

/// What is to be paid, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choose<'a> {
    pub wallet: &'a str,
    pub method: &'a Method,
    pub amount: Amount,
    /// The payer has said to this account who it is, and no other would know.
    pub known_at: Option<&'a str>,
    /// Accounts that have said no to this click already.
    pub but: &'a [String],
    /// The order's number: decides between equals.
    pub order: &'a str,
}

/// The account, and the whole decision. `None`: there is none.
pub(super) async fn choose(
    app: &App,
    ask: &Choose<'_>,
) -> Result<Option<(Arc<Account>, Decision)>, PayError> {
    let fits = |account: &&Arc<Account>| {
        account.wallet == ask.wallet && ask.known_at.is_none_or(|known| account.name == known)
    };
    let accounts: Vec<Arc<Account>> = app.pay.accounts.iter().filter(fits).cloned().collect();
    let asked =
        Asked { method: ask.method, amount: ask.amount, hold: false, wanted: ask.known_at, tie: ask.order };
    let decision = app.routes.choose(app, &accounts, &asked, ask.but).await?;
    let word = match decision.how {
        How::ByRule => "by_rule",
        How::Wanted => "wanted",
        How::Fallback => "fallback",
        How::Refused => "refused",
        How::Unable => "unable",
    };
    metrics::counter!("csms_pay_routes_total", "how" => word).increment(1);
    let chosen = decision.chosen.as_deref();
    let account = accounts.into_iter().find(|account| Some(account.name.as_str()) == chosen);
    Ok(account.map(|account| (account, decision)))
}
