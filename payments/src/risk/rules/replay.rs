//! History kept in memory and asked like the store: for dry runs and simulations.

use super::{Payment, SEEN_MAX, Seen, Subject, WINDOW_MINUTES_MAX, What};
use crate::Amount;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, HashMap};

/// Something that happened to a payment, with all its subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub what: What,
    pub amount: Amount,
    pub keys: BTreeMap<Subject, String>,
}

/// The events so far, by subject; each subject's oldest go when there are too many of them.
#[derive(Debug, Default)]
pub struct Past(HashMap<(Subject, String), Vec<Seen>>);

impl Past {
    /// Remembers an event. Events come in the order of their times.
    pub fn add(&mut self, event: &Event) {
        let known = |subject| event.keys.get(&subject).cloned().unwrap_or_default();
        let seen = Seen {
            at: event.at,
            what: event.what,
            amount: event.amount,
            card: known(Subject::Card),
            driver: known(Subject::Driver),
        };
        for (subject, key) in event.keys.iter().filter(|(_, key)| !key.is_empty()) {
            let events = self.0.entry((*subject, key.clone())).or_default();
            events.push(seen.clone());
            // Now and then, so that it costs nothing on the whole.
            if events.len() >= 2 * SEEN_MAX {
                events.drain(..events.len() - SEEN_MAX);
            }
        }
    }

    /// Forgets subjects of which nothing can count any more, so that a long history does not fill the memory.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        let begin = now - TimeDelta::minutes(i64::from(WINDOW_MINUTES_MAX));
        self.0.retain(|_, events| events.last().is_some_and(|newest| newest.at > begin));
    }

    /// The events of a payment's subject, as [`super::evaluate()`] wants them.
    pub fn of(&self, payment: &Payment<'_>, subject: Subject) -> &[Seen] {
        let Some(key) = payment.keys.get(&subject) else { return &[] };
        let events = self.0.get(&(subject, key.clone())).map_or(&[][..], Vec::as_slice);
        &events[events.len().saturating_sub(SEEN_MAX)..]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RuleSet, evaluate};
    use super::*;

    #[test]
    fn a_subject_never_keeps_more_than_can_be_counted() {
        let at = |n: i64| DateTime::from_timestamp(1_777_888_800 + n, 0).unwrap();
        let amount = Amount::new(100, "CNY".parse().unwrap());
        let keys: BTreeMap<Subject, String> = [(Subject::Device, "b".to_owned())].into();
        let mut past = Past::default();
        for n in 0..3_000 {
            past.add(&Event { at: at(n), what: What::Attempt, amount, keys: keys.clone() });
        }
        let payment = Payment { at: at(3_000), amount, keys: &keys, segment: None };
        assert_eq!(past.of(&payment, Subject::Device).len(), SEEN_MAX);
        let hits = evaluate(&RuleSet::defaults(), &payment, |subject| past.of(&payment, subject));
        assert_eq!((hits[0].rule.as_str(), hits[0].value), ("attempts-device", SEEN_MAX as i64 + 1));
        let later = at(40 * 86_400);
        past.forget(later);
        assert!(past.of(&payment, Subject::Device).is_empty());
    }
}
