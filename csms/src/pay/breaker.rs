//! Does it make sense to ask a provider now? After several calls in a row without an answer it is left alone for a
//! while, so that drivers are not kept waiting and a provider in trouble is not flooded.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many calls in a row without an answer …
const FAILURES: u32 = 5;
/// … and nobody asks for so long, then for twice as long, …
const FIRST: TimeDelta = TimeDelta::seconds(10);
/// … up to this.
const LONGEST: TimeDelta = TimeDelta::minutes(5);

/// Of one account, in this process.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<Standing>);

#[derive(Debug, Default)]
struct Standing {
    /// In a row.
    failures: u32,
    closed_until: Option<DateTime<Utc>>,
}

impl Breaker {
    /// Until when nobody should ask; `None`: ask. Once that is over one call finds out.
    pub fn closed_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.standing().closed_until.filter(|until| *until > now)
    }

    /// The provider answered, whatever it said.
    pub fn answered(&self) {
        *self.standing() = Standing::default();
    }

    /// It did not.
    pub fn failed(&self, now: DateTime<Utc>) {
        let mut standing = self.standing();
        // Calls that were under way together fail together, and say no more than the first of them.
        if standing.closed_until.is_some_and(|until| until > now) {
            return;
        }
        standing.failures = standing.failures.saturating_add(1);
        if let Some(doublings) = standing.failures.checked_sub(FAILURES) {
            let wait = (FIRST * 2_i32.pow(doublings.min(6))).min(LONGEST);
            standing.closed_until = Some(now + wait);
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_provider_is_left_alone_longer_and_longer_until_it_answers() {
        let (breaker, now) = (Breaker::default(), DateTime::UNIX_EPOCH);
        for _ in 1..FAILURES {
            breaker.failed(now);
        }
        assert_eq!(breaker.closed_until(now), None, "a few failures are bad luck");
        breaker.failed(now);
        assert_eq!(breaker.closed_until(now), Some(now + FIRST));
        assert_eq!(breaker.closed_until(now + FIRST), None, "then one call finds out");
        breaker.failed(now);
        assert_eq!(breaker.closed_until(now), Some(now + FIRST), "it was under way with the others");
        let mut now = now + FIRST;
        breaker.failed(now);
        assert_eq!(breaker.closed_until(now), Some(now + FIRST * 2));
        for _ in 0..50 {
            now = breaker.closed_until(now).unwrap();
            breaker.failed(now);
        }
        assert_eq!(breaker.closed_until(now), Some(now + LONGEST));
        breaker.answered();
        assert_eq!(breaker.closed_until(now), None);
    }
}
