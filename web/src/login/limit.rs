//! Wrong passwords cost time: per address and account, per address, and per account from everywhere.
//!
//! Every pair, address and account has a bucket of guesses that fills up again with time. A correct password is
//! refused too while a bucket is empty, else the answer would tell that it was correct. The bucket of an account is
//! large: an attacker should find it hard to lock a person out, and the other two stop him long before.

use crate::peer::network;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Buckets held at one time. Beyond, full ones are dropped; if none is, newcomers share one.
const BUCKETS_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(IpAddr, String),
    Address(IpAddr),
    Account(String),
    Others,
}

impl Key {
    /// Guesses at once, and seconds until one more.
    fn rule(&self) -> (i32, i64) {
        match self {
            Key::Pair(..) => (6, 60),
            Key::Address(_) => (30, 20),
            Key::Account(_) => (200, 10),
            Key::Others => (1_000, 1),
        }
    }

    /// For how long a bucket needs to be remembered after `guesses` wrong ones.
    fn span(&self, guesses: i32) -> TimeDelta {
        TimeDelta::seconds(self.rule().1 * i64::from(guesses))
    }
}

/// Counts wrong passwords.
#[derive(Debug, Default)]
pub struct Limits(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// The instant at which each will be full again.
    full_at: HashMap<Key, DateTime<Utc>>,
    swept_at: DateTime<Utc>,
}

impl Buckets {
    /// Is there no room for three more? Full buckets are dropped first, at most once a second.
    fn are_crowded(&mut self, now: DateTime<Utc>) -> bool {
        let crowded = |len: usize| len + 3 > BUCKETS_MAX;
        if crowded(self.full_at.len()) && now - self.swept_at >= TimeDelta::seconds(1) {
            self.swept_at = now;
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        crowded(self.full_at.len())
    }
}

impl Limits {
    /// May this address try this account now? Takes one guess from each bucket; [`Limits::succeeded`] gives it back.
    pub fn may_try(&self, address: IpAddr, account: &str, now: DateTime<Utc>) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let crowded = buckets.are_crowded(now);
        let buckets = &mut buckets.full_at;
        let keys = keys(address, account)
            .map(|key| if crowded && !buckets.contains_key(&key) { Key::Others } else { key });
        let empty = |key: &Key| {
            buckets.get(key).is_some_and(|full_at| *full_at + key.span(1) > now + key.span(key.rule().0))
        };
        if keys.iter().any(empty) {
            return false;
        }
        for key in keys {
            let one = key.span(1);
            let full_at = buckets.entry(key).or_insert(now);
            *full_at = (*full_at).max(now) + one;
        }
        true
    }

    /// The password was right: the guess is given back, and the pair starts anew.
    pub fn succeeded(&self, address: IpAddr, account: &str) {
        let buckets = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).full_at;
        for key in keys(address, account) {
            if matches!(key, Key::Pair(..)) {
                buckets.remove(&key);
            } else if let Some(full_at) = buckets.get_mut(&key) {
                *full_at -= key.span(1);
            }
        }
    }
}

/// Account names compare as they are stored.
fn keys(address: IpAddr, account: &str) -> [Key; 3] {
    let address = network(address);
    let account: String = account.chars().take(100).collect();
    [Key::Pair(address, account.clone()), Key::Address(address), Key::Account(account)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn six_guesses_then_one_a_minute() {
        let limits = Limits::default();
        let me = ip("203.0.113.1");
        for _ in 0..6 {
            assert!(limits.may_try(me, "ada", at(0)));
        }
        assert!(!limits.may_try(me, "ada", at(0)));
        assert!(!limits.may_try(me, "ada", at(59)));
        assert!(limits.may_try(me, "ada", at(60)));
        assert!(!limits.may_try(me, "ada", at(61)));
        // Somebody else is not locked out.
        assert!(limits.may_try(ip("203.0.113.2"), "ada", at(61)));
    }

    #[test]
    fn many_accounts_from_one_address_and_many_addresses_on_one_account_end() {
        let limits = Limits::default();
        let tries =
            (0..100).filter(|n| limits.may_try(ip("203.0.113.1"), &format!("user{n}"), at(0))).count();
        assert_eq!(tries, 30);
        // A whole /64 is one address.
        let limits = Limits::default();
        let tries = (0..100)
            .filter(|n| limits.may_try(ip(&format!("2001:db8::{n:x}")), &format!("u{n}"), at(0)))
            .count();
        assert_eq!(tries, 30);
        let limits = Limits::default();
        let tries = (0..1_000)
            .filter(|n| limits.may_try(ip(&format!("198.51.{}.{}", n / 250, n % 250)), "ada", at(0)))
            .count();
        assert_eq!(tries, 200);
    }

    #[test]
    fn the_right_password_starts_anew() {
        let limits = Limits::default();
        let me = ip("203.0.113.1");
        for _ in 0..1_000 {
            assert!(limits.may_try(me, "ada", at(0)));
            limits.succeeded(me, "ada");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = Limits::default();
        for n in 0..50_000_u32 {
            limits.may_try(IpAddr::from(n.to_be_bytes()), &format!("user{n}"), at(0));
        }
        assert!(limits.0.lock().unwrap().full_at.len() <= BUCKETS_MAX + 1);
        // Time makes room again.
        assert!(limits.may_try(ip("203.0.113.1"), "ada", at(100_000)));
        assert!(limits.0.lock().unwrap().full_at.len() < 10);
    }
}
