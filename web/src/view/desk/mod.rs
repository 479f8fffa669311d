//! The desk: what operators see of payments. Amounts come as texts with all decimals of their currency.

mod cases;
mod clearing;
mod fees;
mod ledger;
mod order;
mod orders;
mod papers;
mod refunds;
mod risk;
mod routing;

pub use cases::{CaseLine, CasesPage, FailedLine, PreviewBox, ResultsBox, SumLine};
pub use clearing::{
    ClearingPage, DayLine, DifferenceLine, LateLine, LearnedLine, SettlementLine, ShareLine, StatementLine,
};
pub use fees::{AgreedLine, FeeLine, FeesPage};
pub use ledger::{BalanceLine, EntryLine, FindingLine, LedgerPage, PostingLine, SealView, TrialLine};
pub use order::{
    AttemptView, ConsideredLine, Doing, NoticeLine, OrderDesk, PaperLine, RiskView, RouteView, StoryLine,
    TaskLine,
};
pub use orders::{FiguresView, OrderLine, OrdersPage, ProblemLine};
pub use papers::{DocumentsPage, MessageLine, MessagesPage};
pub use refunds::{RefundLine, RefundsPage};
pub use risk::{DecisionLine, ModelView, RiskCaseLine, RiskPage, RuleLine, SheddingView};
pub use routing::{AccountLine, RoutingPage, RuleView, WishLine};

use payments::Amount;

/// `12.30 EUR`, with the decimals of the currency; what is in no currency that is known is said in its smallest unit.
pub fn amount(minor: i64, currency: &str) -> String {
    match currency.parse() {
        Ok(currency) => Amount::new(minor, currency).to_string().replace(' ', "\u{a0}").replace('-', "−"),
        Err(_) => format!("{minor}\u{a0}({currency})"),
    }
}

/// The same, or nothing at all where there is nothing.
pub fn some_amount(minor: i64, currency: &str) -> String {
    if minor == 0 { String::new() } else { amount(minor, currency) }
}

/// The colour of an order's state.
pub fn order_tone(state: &str) -> &'static str {
    match state {
        "charging" => "run",
        "authorized" => "busy",
        "pending" | "settling" => "wait",
        "captured" => "ok",
        "owing" | "failed" => "bad",
        "refunded" | "partly_refunded" => "held",
        _ => "off",
    }
}

/// The colour of the state of an attempt, a refund, a task or a message.
pub fn step_tone(state: &str) -> &'static str {
    match state {
        "done" | "taken" | "sent" | "applied" => "ok",
        "held" => "busy",
        "failed" | "given_up" => "bad",
        "unknown" | "waiting" | "sending" | "open" | "new" => "wait",
        _ if state.starts_with("review") => "bad",
        _ => "off",
    }
}

/// A choice of a filter: value, name, chosen.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Choice {
    pub value: String,
    pub name: String,
    pub chosen: bool,
}

/// What is wrong with what was asked for, in the words of whoever refused it.
pub type Trouble = Option<String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency_and_a_minus_that_is_one() {
        assert_eq!(amount(1230, "EUR"), "12.30\u{a0}EUR");
        assert_eq!(amount(500, "JPY"), "500\u{a0}JPY");
        assert_eq!(amount(-1234, "KWD"), "−1.234\u{a0}KWD");
        assert_eq!(amount(7, "??"), "7\u{a0}(??)");
        assert_eq!(some_amount(0, "EUR"), "");
    }
}
