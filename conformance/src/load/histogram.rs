//! Latencies in buckets whose width grows with the value, shared by all stations without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Each power of two is cut into this many buckets, so that a value is known to 1/64.
const PARTS: u64 = 64;
const PARTS_BITS: u32 = PARTS.trailing_zeros();
/// Values from 0 to 2^36 µs, about 19 hours.
const POWERS: u32 = 36;
const BUCKETS: usize = (PARTS as usize) * (POWERS - PARTS_BITS + 1) as usize;

/// A histogram of durations, to the microsecond below 64 µs and to 1/64 above.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Vec<AtomicU64>,
    max_us: AtomicU64,
}

/// What a histogram says, in milliseconds. All zero if nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "percentiles speak for themselves")]
pub struct Latency {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Histogram { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), max_us: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let index = index(us).min(BUCKETS - 1);
        self.buckets[index].fetch_add(1, Ordering::Relaxed);
        self.max_us.fetch_max(us, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).sum()
    }

    pub(crate) fn latency(&self) -> Latency {
        let max_us = self.max_us.load(Ordering::Relaxed);
        let ms = |us: u64| us.min(max_us) as f64 / 1000.0;
        Latency {
            p50_ms: ms(self.percentile(50)),
            p95_ms: ms(self.percentile(95)),
            p99_ms: ms(self.percentile(99)),
            max_ms: ms(max_us),
        }
    }

    /// The upper end of the bucket in which the percentile lies, µs.
    fn percentile(&self, percent: u64) -> u64 {
        let count = self.count();
        let rank = (count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += bucket.load(Ordering::Relaxed);
            if seen >= rank {
                return upper_end(index);
            }
        }
        0
    }
}

fn index(us: u64) -> usize {
    if us < PARTS {
        return us as usize;
    }
    let power = us.ilog2() - PARTS_BITS;
    let part = (us >> power) - PARTS;
    (PARTS * (u64::from(power) + 1) + part) as usize
}

fn upper_end(index: usize) -> u64 {
    let (power, part) = (index as u64 / PARTS, index as u64 % PARTS);
    match power {
        0 => part,
        _ => ((PARTS + part + 1) << (power - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn percentiles_are_right_to_one_part_in_64(mut values in prop::collection::vec(0u64..100_000_000, 1..300)) {
            let histogram = Histogram::new();
            values.iter().for_each(|v| histogram.record(Duration::from_micros(*v)));
            values.sort_unstable();
            let latency = histogram.latency();
            for (percent, got) in [(50, latency.p50_ms), (95, latency.p95_ms), (99, latency.p99_ms)] {
                let rank = (values.len() * percent).div_ceil(100).max(1);
                let exact = values[rank - 1] as f64 / 1000.0;
                prop_assert!(got >= exact && got <= exact * (1.0 + 1.0 / 64.0) + 0.001, "{} {} {}", percent, got, exact);
            }
            prop_assert_eq!(latency.max_ms, values[values.len() - 1] as f64 / 1000.0);
            prop_assert_eq!(histogram.count(), values.len() as u64);
        }
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        for index_of in 0..BUCKETS - 1 {
            assert_eq!(index(upper_end(index_of)), index_of);
            assert_eq!(index(upper_end(index_of) + 1), index_of + 1);
        }
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Histogram::new().latency(), Latency::default());
    }
}
