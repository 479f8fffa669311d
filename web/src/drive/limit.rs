//! How often an address, a code or a contact may be asked for something. Drivers of one mobile network share few
//! addresses, so an address may do much, and the narrow limits are on codes.

use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Buckets held at one time. Beyond, full ones are dropped; if none is, newcomers share one.
const BUCKETS_MAX: usize = 50_000;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Pages looked at.
    Look(IpAddr),
    /// Things done: orders made, paid, stopped.
    Act(IpAddr),
    /// Orders made at a code.
    Code(String),
    /// Codes and orders that do not exist: somebody guesses.
    Miss(IpAddr),
    /// Links sent to somebody.
    Contact(String),
    Others,
}

impl Key {
    /// So many at once, and milliseconds until one more.
    fn rule(&self) -> (i32, i64) {
        match self {
            Key::Look(_) => (240, 250),
            Key::Act(_) => (40, 2_000),
            Key::Code(_) => (12, 10_000),
            Key::Miss(_) => (20, 15_000),
            Key::Contact(_) => (3, 300_000),
            Key::Others => (2_000, 5),
        }
    }

    fn span(&self, times: i32) -> TimeDelta {
        TimeDelta::milliseconds(self.rule().1) * times
    }
}

/// Counts.
#[derive(Debug, Default)]
pub struct Gate(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// The instant at which each will be full again.
    full_at: HashMap<Key, DateTime<Utc>>,
    swept_at: DateTime<Utc>,
}

impl Gate {
    /// Takes one; false if there is none left.
    pub fn pass(&self, key: Key, now: DateTime<Utc>) -> bool {
        self.count(key, now, true)
    }

    /// Is there one left? Takes none.
    pub fn is_open(&self, key: Key, now: DateTime<Utc>) -> bool {
        self.count(key, now, false)
    }

    fn count(&self, key: Key, now: DateTime<Utc>, take: bool) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.full_at.len() >= BUCKETS_MAX && now - buckets.swept_at >= TimeDelta::seconds(1) {
            buckets.swept_at = now;
            buckets.full_at.retain(|_, full_at| *full_at > now);
        }
        let crowded = buckets.full_at.len() >= BUCKETS_MAX && !buckets.full_at.contains_key(&key);
        let key = if crowded { Key::Others } else { key };
        let full_at = buckets.full_at.get(&key).copied().unwrap_or(now).max(now);
        if full_at + key.span(1) > now + key.span(key.rule().0) {
            return false;
        }
        if take {
            let one = key.span(1);
            buckets.full_at.insert(key, full_at + one);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_780_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_code_takes_twelve_orders_at_once_and_six_a_minute() {
        let gate = Gate::default();
        let code = || Key::Code("a".into());
        assert_eq!((0..50).filter(|_| gate.pass(code(), at(0))).count(), 12);
        assert!(!gate.is_open(code(), at(9_999)));
        assert!(gate.is_open(code(), at(10_000)) && gate.pass(code(), at(10_000)));
        assert!(!gate.pass(code(), at(10_001)));
        assert!(gate.pass(Key::Code("b".into()), at(10_001)), "another code is another matter");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let gate = Gate::default();
        for n in 0..60_000_u32 {
            gate.pass(Key::Act(IpAddr::from(n.to_be_bytes())), at(0));
        }
        assert!(gate.0.lock().unwrap().full_at.len() <= BUCKETS_MAX + 1);
        assert!(gate.pass(Key::Code("a".into()), at(100_000_000)));
        assert!(gate.0.lock().unwrap().full_at.len() < 10);
    }
}
