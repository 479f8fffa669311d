//! How fast a caller may ask: so many at once, and so many a second after that.

use super::caller::Who;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use csms::config::Api;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use std::num::NonZeroU32;

/// Callers remembered; beyond, those that have their whole burst again are forgotten.
const CALLERS_MAX: usize = 10_000;

/// Counts requests.
pub struct Rates {
    limiter: RateLimiter<Who, DefaultKeyedStateStore<Who>, DefaultClock, StateInformationMiddleware>,
    burst: NonZeroU32,
    per_second: NonZeroU32,
}

/// What is left to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// All that a caller may have.
    burst: u32,
    /// Seconds until all are there again.
    reset: u64,
    pub remaining: u32,
    /// Seconds until one more is allowed; 0 = at once.
    pub wait: u64,
}

impl Rates {
    /// As set; one at once and one a second at least.
    pub fn new(settings: &Api) -> Rates {
        let least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let (burst, per_second) = (least_one(settings.burst), least_one(settings.per_second));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let limiter = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Rates { limiter, burst, per_second }
    }

    /// One more request.
    pub fn spend(&self, who: &Who) -> Budget {
        if self.limiter.len() > CALLERS_MAX {
            self.limiter.retain_recent();
        }
        let (remaining, wait) = match self.limiter.check_key(who) {
            Ok(left) => (left.remaining_burst_capacity(), 0),
            Err(until) => (0, until.wait_time_from(DefaultClock::default().now()).as_secs() + 1),
        };
        let burst = self.burst.get();
        let reset = u64::from(burst.saturating_sub(remaining)).div_ceil(u64::from(self.per_second.get()));
        Budget { burst, reset, remaining, wait }
    }
}

impl Budget {
    /// Tells the caller.
    pub fn put(self, headers: &mut HeaderMap) {
        let mut number = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        number("ratelimit-limit", u64::from(self.burst));
        number("ratelimit-remaining", u64::from(self.remaining));
        number("ratelimit-reset", self.reset);
        if self.wait > 0 {
            number("retry-after", self.wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_a_burst_and_does_not_use_up_that_of_another() {
        let settings = Api { burst: 50, per_second: 1, ..Api::default() };
        let rates = Rates::new(&settings);
        let first = rates.spend(&Who::Key(1));
        assert_eq!(first, Budget { burst: 50, reset: 1, remaining: 49, wait: 0 });
        // Time passes while the test runs: some are given back.
        let refused = (0..150).map(|_| rates.spend(&Who::Key(1))).find(|budget| budget.wait > 0);
        let mut headers = HeaderMap::new();
        refused.unwrap().put(&mut headers);
        assert_eq!(
            (&headers["ratelimit-remaining"], &headers["retry-after"]),
            (&"0".parse().unwrap(), &"1".parse().unwrap())
        );
        assert_eq!(rates.spend(&Who::Key(2)).wait, 0);
    }
}
