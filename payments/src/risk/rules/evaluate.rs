//! A payment held against the rules.

use super::{Measure, Mode, Rule, RuleSet, SEEN_MAX, Subject};
use crate::Amount;
use crate::risk::Outcome;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tariffs::Currency;

/// What happened to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody clicked "pay".
    Attempt,
    /// The provider said yes.
    Success,
    /// The provider said no.
    Refusal,
    /// It was given back in full, or on request.
    Refund,
}

impl What {
    /// As stored.
    pub const fn word(self) -> &'static str {
        match self {
            What::Attempt => "attempt",
            What::Success => "success",
            What::Refusal => "refusal",
            What::Refund => "refund",
        }
    }

    /// Back from the store.
    pub fn of(word: &str) -> Option<What> {
        [What::Attempt, What::Success, What::Refusal, What::Refund]
            .into_iter()
            .find(|what| what.word() == word)
    }
}

/// One event of a subject, as rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub at: DateTime<Utc>,
    pub what: What,
    pub amount: Amount,
    /// The card's key; empty = not known.
    pub card: String,
    /// The driver's key; empty = not known.
    pub driver: String,
}

/// The payment that is asked about.
#[derive(Debug, Clone)]
pub struct Payment<'a> {
    pub at: DateTime<Utc>,
    pub amount: Amount,
    /// Keys of its subjects, as far as they are known.
    pub keys: &'a BTreeMap<Subject, String>,
    pub segment: Option<&'a str>,
}

/// A rule that hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub rule: String,
    pub subject: Subject,
    pub count: Measure,
    /// Smallest units of `currency` where that is set.
    pub value: i64,
    pub limit: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    pub within_minutes: u32,
    pub outcome: Outcome,
    /// False: the rule runs dry.
    pub live: bool,
}

/// How far back each subject has to be known, in minutes.
pub fn windows(set: &RuleSet) -> BTreeMap<Subject, u32> {
    let mut windows = BTreeMap::new();
    let counted = set.rules.iter().filter(|rule| rule.subject != Subject::Payment);
    for rule in counted.filter(|rule| rule.mode != Mode::Off || !rule.segments.is_empty()) {
        let longest = windows.entry(rule.subject).or_insert(0);
        *longest = rule.within_minutes.max(*longest);
    }
    windows
}

/// The rules that hit. `past` gives the events of a subject before this payment, oldest first, at least as far back as
/// [`windows`] says or the newest [`SEEN_MAX`] of them.
pub fn evaluate<'p>(set: &RuleSet, payment: &Payment<'_>, past: impl Fn(Subject) -> &'p [Seen]) -> Vec<Hit> {
    set.rules.iter().filter_map(|rule| hit(rule, payment, &past)).collect()
}

fn hit<'p>(rule: &Rule, payment: &Payment<'_>, past: &impl Fn(Subject) -> &'p [Seen]) -> Option<Hit> {
    let other = payment.segment.and_then(|name| rule.segments.get(name));
    let mode = other.and_then(|other| other.mode).unwrap_or(rule.mode);
    if mode == Mode::Off {
        return None;
    }
    let events = if rule.subject == Subject::Payment {
        &[][..]
    } else {
        // Nothing is known of it: nothing can be counted.
        payment.keys.get(&rule.subject).filter(|key| !key.is_empty())?;
        past(rule.subject)
    };
    let begin = payment.at - TimeDelta::minutes(i64::from(rule.within_minutes));
    let within = || {
        events
            .iter()
            .rev()
            .take(SEEN_MAX)
            .take_while(|seen| seen.at > begin)
            .filter(|seen| seen.at <= payment.at)
    };
    let count = |what: What| within().filter(|seen| seen.what == what).count() as i64;
    let key = |subject| payment.keys.get(&subject).map(String::as_str);
    let value = match rule.count {
        Measure::Attempts => count(What::Attempt) + 1,
        Measure::Charges => count(What::Success) + 1,
        Measure::Refusals => count(What::Refusal),
        Measure::Refunds => count(What::Refund),
        Measure::Cards => different(within().map(|seen| seen.card.as_str()), key(Subject::Card)),
        Measure::Drivers => different(within().map(|seen| seen.driver.as_str()), key(Subject::Driver)),
        Measure::Amount => payment.amount.minor,
        Measure::Sum => within()
            .filter(|seen| seen.what == What::Success && seen.amount.currency == payment.amount.currency)
            .fold(payment.amount.minor, |sum, seen| sum.saturating_add(seen.amount.minor)),
    };
    let (limit, currency) = limit(rule, other, payment.amount.currency)?;
    (value > limit).then(|| Hit {
        rule: rule.id.clone(),
        subject: rule.subject,
        count: rule.count,
        value,
        limit,
        currency,
        within_minutes: rule.within_minutes,
        outcome: other.and_then(|other| other.outcome).unwrap_or(rule.outcome),
        live: mode == Mode::Live,
    })
}

fn limit(
    rule: &Rule,
    other: Option<&super::Override>,
    currency: Currency,
) -> Option<(i64, Option<Currency>)> {
    if !rule.count.is_money() {
        let limit = other.and_then(|other| other.above).or(rule.above)?;
        return Some((i64::from(limit), None));
    }
    let of = other
        .and_then(|other| other.above_amount.get(&currency))
        .or_else(|| rule.above_amount.get(&currency))?;
    Some((Amount::exact(*of, currency).ok()?.minor, Some(currency)))
}

/// How many different ones there are, this payment's among them.
fn different<'s>(seen: impl Iterator<Item = &'s str>, this: Option<&'s str>) -> i64 {
    seen.chain(this).filter(|key| !key.is_empty()).collect::<BTreeSet<_>>().len() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_777_888_800 + 60 * minute, 0).unwrap()
    }

    fn amount(minor: i64, code: &str) -> Amount {
        Amount::new(minor, code.parse().unwrap())
    }

    fn seen(minute: i64, what: What, card: &str) -> Seen {
        Seen { at: at(minute), what, amount: amount(2_000, "CNY"), card: card.into(), driver: String::new() }
    }

    fn ids(past: &[Seen], minor: i64, code: &str, minute: i64, segment: Option<&str>) -> Vec<String> {
        let keys = [(Subject::Driver, "d".to_owned()), (Subject::Device, "b".to_owned())].into();
        let payment = Payment { at: at(minute), amount: amount(minor, code), keys: &keys, segment };
        evaluate(&RuleSet::defaults(), &payment, |_| past).into_iter().map(|hit| hit.rule).collect()
    }

    #[test]
    fn the_sixth_charge_of_a_day_asks_and_the_fifth_does_not() {
        let mut day: Vec<Seen> = (0..4).map(|n| seen(n * 60, What::Success, "")).collect();
        assert_eq!(ids(&day, 2_000, "CNY", 300, None), [""; 0]);
        day.push(seen(299, What::Success, ""));
        assert_eq!(ids(&day, 2_000, "CNY", 300, None), ["charges-a-day", "charges-a-day-device"]);
        assert_eq!(ids(&day, 2_000, "CNY", 300, Some("fleet")), [""; 0], "a fleet may");
        // The window slides to the minute: the first of them is a day old.
        assert_eq!(ids(&day, 2_000, "CNY", 1_440, None), [""; 0]);
        assert_eq!(ids(&day, 2_000, "CNY", 1_439, None).len(), 2);
    }

    #[test]
    fn a_single_amount_is_compared_in_its_own_currency() {
        assert_eq!(ids(&[], 100_000, "CNY", 0, None), [""; 0]);
        assert_eq!(ids(&[], 100_001, "CNY", 0, None), ["single-amount"]);
        assert_eq!(ids(&[], 20_001, "JPY", 0, None), ["single-amount"]);
        assert_eq!(ids(&[], 9_999_999, "KWD", 0, None), [""; 0], "no limit is known");
    }

    #[test]
    fn many_cards_on_one_device_are_a_test_of_cards() {
        let tries: Vec<Seen> = (0..6).map(|n| seen(n, What::Refusal, &format!("c{n}"))).collect();
        assert_eq!(ids(&tries, 100, "CNY", 10, None), ["cards-on-device", "card-testing", "refusals-device"]);
        assert_eq!(ids(&tries[..3], 100, "CNY", 10, None), ["cards-on-device"]);
    }

    #[test]
    fn what_is_not_known_is_not_counted() {
        let events: Vec<Seen> = (0..50).map(|n| seen(n, What::Refusal, &format!("c{n}"))).collect();
        let keys = BTreeMap::new();
        let payment = Payment { at: at(60), amount: amount(1, "CNY"), keys: &keys, segment: None };
        assert_eq!(evaluate(&RuleSet::defaults(), &payment, |_| &events), vec![]);
    }
}
