//! Settings of drivers who charge before they pay, and of prepaid balances.

use crate::config::HoldLimits;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Drivers with an identifier of their own who pay after the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Later {
    /// The method on file is debited so many hours after the bill, until it succeeds; the last is when dunning begins.
    pub retry_hours: Vec<u32>,
    /// A driver who owes is reminded so many days after the bill.
    pub remind_days: Vec<u32>,
    /// Sessions and bills of a driver that may be unpaid at a time.
    pub unpaid_max: u32,
    /// A driver charges first from this score on.
    pub threshold: i64,
    /// What a driver may owe at most, by currency: `min` at the threshold, `max` for the best.
    pub ceilings: Vec<HoldLimits>,
    /// A decision holds for so long.
    pub score_hours: u32,
    /// Scores are asked for there; empty: they come from the driver's own history.
    pub scorer_url: String,
    /// Signs what the scorer is asked.
    pub scorer_secret: String,
    /// The scorer may take so long.
    pub scorer_timeout_ms: u64,
    /// What counts while the scorer does not answer.
    pub scorer_fallback: Fallback,
}

/// What counts while a scorer elsewhere does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The driver's own history.
    History,
    /// Nobody charges first.
    Refuse,
}

impl Default for Later {
    fn default() -> Self {
        Later {
            retry_hours: vec![0, 1, 4, 12, 24],
            remind_days: vec![3, 7, 14],
            unpaid_max: 1,
            threshold: 650,
            ceilings: limits(&[
                ("CHF", 50, 300),
                ("CNY", 200, 1_000),
                ("EUR", 50, 300),
                ("GBP", 50, 300),
                ("JPY", 5_000, 40_000),
                ("USD", 50, 300),
            ]),
            score_hours: 24,
            scorer_url: String::new(),
            scorer_secret: String::new(),
            scorer_timeout_ms: 3_000,
            scorer_fallback: Fallback::History,
        }
    }
}

/// Prepaid balances.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Balance {
    /// No session begins with less than this on the balance, in whole units of whatever its currency.
    pub least: Decimal,
    /// What one top-up may be, by currency.
    pub top_ups: Vec<HoldLimits>,
}

impl Default for Balance {
    fn default() -> Self {
        Balance {
            least: Decimal::from(2),
            top_ups: limits(&[
                ("CHF", 5, 500),
                ("CNY", 10, 2_000),
                ("EUR", 5, 500),
                ("GBP", 5, 500),
                ("JPY", 500, 50_000),
                ("USD", 5, 500),
            ]),
        }
    }
}

fn limits(of: &[(&str, i64, i64)]) -> Vec<HoldLimits> {
    let one = |&(currency, min, max): &(&str, i64, i64)| {
        Some(HoldLimits { currency: currency.parse().ok()?, min: min.into(), max: max.into() })
    };
    of.iter().filter_map(one).collect()
}

/// What is wrong with these settings: key and reason.
pub fn check(later: &Later, balance: &Balance) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    let mut check = |good: bool, key, why| {
        if !good {
            wrong.push((key, why));
        }
    };
    let rises = |list: &[u32]| list.windows(2).all(|pair| pair[0] < pair[1]);
    let hours = &later.retry_hours;
    check(
        !hours.is_empty() && hours.len() <= 10 && rises(hours) && hours.iter().all(|hour| *hour <= 168),
        "pay.later.retry_hours",
        "1 to 10 rising numbers, at most 168",
    );
    check(
        later.remind_days.len() <= 10 && rises(&later.remind_days),
        "pay.later.remind_days",
        "at most 10 rising numbers",
    );
    check(later.unpaid_max >= 1, "pay.later.unpaid_max", "with 0 nobody could charge first");
    check((0..=1_000).contains(&later.threshold), "pay.later.threshold", "scores go from 0 to 1000");
    check(later.score_hours >= 1, "pay.later.score_hours", "a decision holds for an hour at least");
    check(
        later.scorer_url.is_empty() || !later.scorer_secret.is_empty(),
        "pay.later.scorer_secret",
        "the scorer at pay.later.scorer_url must be able to tell that it is asked by us",
    );
    check(
        (100..=30_000).contains(&later.scorer_timeout_ms),
        "pay.later.scorer_timeout_ms",
        "from 100 to 30000",
    );
    let sound = |list: &[HoldLimits]| list.iter().all(|one| one.min > Decimal::ZERO && one.max >= one.min);
    check(sound(&later.ceilings), "pay.later.ceilings", "min is more than nothing, and max is at least min");
    check(
        sound(&balance.top_ups),
        "pay.balance.top_ups",
        "min is more than nothing, and max is at least min",
    );
    check(balance.least >= Decimal::ZERO, "pay.balance.least", "it is not negative");
    wrong
}
