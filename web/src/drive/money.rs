//! Where a driver's money is, from the rows of an order.

use super::ways;
use crate::view::{MoneyView, RefundView};
use csms::{
    pay::{State as Standing, Status},
    store::pay::attempts::AttemptRow,
};
use payments::{Amount, provider::Instrument};
use tariffs::Currency;

/// An amount without its currency, with the currency's decimals; empty where there is nothing.
fn some(minor: i64, currency: Option<Currency>) -> String {
    if minor == 0 { String::new() } else { text(minor, currency) }
}

/// An amount without its currency, with the currency's decimals.
pub fn text(minor: i64, currency: Option<Currency>) -> String {
    currency.map_or_else(|| minor.to_string(), |currency| Amount::new(minor, currency).decimal().to_string())
}

/// The money of an order.
pub fn view(status: &Status, attempts: &[AttemptRow]) -> MoneyView {
    let (order, refunds) = (&status.order, &status.refunds);
    let currency = order.currency.parse().ok();
    let settled = attempts.iter().filter(|attempt| matches!(attempt.state.as_str(), "taken" | "released"));
    let released = settled
        .filter(|_| order.mode == "hold")
        .map(|attempt| (attempt.amount_minor - attempt.taken_minor).max(0))
        .sum();
    let held =
        attempts.iter().filter(|attempt| attempt.state == "held").map(|attempt| attempt.held_minor).sum();
    let kept = order.taken_minor - order.returned_minor;
    let owed = if status.state == Standing::Owing && status.can_pay { status.amount.minor } else { 0 };
    let instrument = attempts.iter().rev().find_map(|attempt| {
        let told: Instrument = serde_json::from_str(&attempt.instrument).ok()?;
        (!told.brand.is_empty() || !told.last4.is_empty()).then_some(told)
    });
    MoneyView {
        currency: order.currency.clone(),
        mode: if order.mode == "hold" { "hold" } else { "prepay" },
        asked: text(order.amount_minor, currency),
        held: some(held, currency),
        taken: some(order.taken_minor, currency),
        released: some(released, currency),
        kept: some(kept, currency),
        returned: some(order.returned_minor, currency),
        owed: some(owed, currency),
        refunds: refunds
            .iter()
            .map(|refund| RefundView {
                kind: refund.kind.clone(),
                amount: text(refund.amount_minor, currency),
                state: match refund.state.as_str() {
                    "done" => "done",
                    "failed" => "failed",
                    _ => "waiting",
                },
                due_at: refund.due_at,
                done_at: refund.done_at,
            })
            .collect(),
        instrument: instrument.map(|told| ways::card(&told.brand, &told.last4)).unwrap_or_default(),
    }
}
