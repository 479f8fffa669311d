//! Ways to pay, as buttons.

use super::visitor::Visitor;
use crate::view::Choice;
use csms::{
    pay::{self, Accounts, Way},
    store::mandates::MandateRow,
};
use payments::provider::Method;

/// The buttons for a browser, best first. Of a wallet that can both show a code and be opened, a phone gets the wallet
/// and a desk the code; inside the wallet its own way is the only one of the two.
pub fn choices(ways: &[Way], visitor: &Visitor) -> Vec<Choice> {
    let has = |wallet: &str, method: &Method| {
        ways.iter().any(|way| way.wallet == wallet && way.method.same_kind(method))
    };
    ways.iter()
        .filter(|way| match way.method {
            Method::Code => !(visitor.phone && has(&way.wallet, &Method::PhoneBrowser)),
            Method::PhoneBrowser if has(&way.wallet, &Method::InWallet) => false,
            Method::PhoneBrowser => visitor.phone || !has(&way.wallet, &Method::Code),
            _ => true,
        })
        .map(|way| Choice {
            value: value(way),
            word: word(&way.wallet, &way.method),
            brand: brand(&way.wallet),
            mode: match (&way.method, way.holds) {
                (Method::Score, _) => "score",
                (_, true) => "hold",
                (_, false) => "prepay",
            },
            name: String::new(),
        })
        .collect()
}

/// What a form sends for a method that the driver has left: this and the number of the mandate.
const KEPT: &str = "kept.";

/// How these secure what is charged, a word of `drive.secure`: all hold it, all are paid at once, or each says it.
pub fn secure(choices: &[Choice]) -> &'static str {
    let prepaid = choices.iter().filter(|choice| choice.mode == "prepay").count();
    match prepaid {
        0 => "hold",
        all if all == choices.len() => "prepay",
        _ => "mixed",
    }
}

/// Buttons for what a driver has left.
pub fn kept(accounts: &Accounts, rows: &[MandateRow]) -> Vec<Choice> {
    let holds = |row: &MandateRow| {
        let account = accounts.get(&row.account);
        account.is_some_and(|known| known.provider.abilities().can_hold(&pay::kept::method(row)))
    };
    let button = |row: &MandateRow| Choice {
        mode: if holds(row) { "hold" } else { "prepay" },
        value: format!("{KEPT}{}", row.id),
        word: "on_file".to_owned(),
        brand: "card",
        name: card(&row.brand, &row.last4),
    };
    rows.iter().map(button).collect()
}

/// The one of them that a form names.
pub fn chosen_kept<'a>(rows: &'a [MandateRow], sent: &str) -> Option<&'a MandateRow> {
    let id = sent.strip_prefix(KEPT)?.parse::<i64>().ok()?;
    rows.iter().find(|row| row.id == id)
}

/// `Visa ••4242`; a card of which nothing is known is dots alone.
pub fn card(brand: &str, last4: &str) -> String {
    let mut letters = brand.chars();
    let brand: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let brand = if brand == "Wechat" { "WeChat".to_owned() } else { brand };
    let last4 = if last4.is_empty() { String::new() } else { format!("••{last4}") };
    let parts: Vec<String> = [brand, last4].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "••••".to_owned() } else { parts.join(" ") }
}

/// May a driver who is known leave what one of these pays with?
pub fn keeps(accounts: &Accounts, ways: &[Way], contact: &str) -> String {
    let can = ways.iter().any(|way| pay::kept::keeps(accounts, &way.wallet));
    if can { contact.to_owned() } else { String::new() }
}

/// What a form sends: `wechat.in_wallet`.
pub fn value(way: &Way) -> String {
    format!("{}.{}", way.wallet, way.method.word())
}

/// The way that a form names, if it is one of these.
pub fn chosen<'a>(ways: &'a [Way], sent: &str) -> Option<&'a Way> {
    ways.iter().find(|way| value(way) == sent)
}

/// Word of the texts' family `drive.method`.
pub fn word(wallet: &str, method: &Method) -> String {
    match (wallet, method) {
        (_, Method::Score) => "score",
        (_, Method::OnFile { .. }) => "on_file",
        (_, Method::Terminal { .. }) => "terminal",
        ("wechat" | "wechat_v2", _) => "wechat",
        ("alipay", _) => "alipay",
        ("sandbox", method) => return format!("sandbox_{}", method.word()),
        (_, method) => method.word(),
    }
    .to_owned()
}

/// The colour of the button.
pub fn brand(wallet: &str) -> &'static str {
    match wallet {
        "wechat" | "wechat_v2" => "wechat",
        "alipay" => "alipay",
        "sandbox" => "other",
        _ => "card",
    }
}
