//! How fast bytes may leave.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// Lets so much through a second. Whoever takes more than is there waits until it would have been.
#[derive(Debug)]
pub(super) struct Pace {
    /// 0: as fast as it goes.
    kib_s: u32,
    /// When what was taken so far will have been let through.
    free_at: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(kib_s: u32) -> Pace {
        Pace { kib_s, free_at: Mutex::new(None) }
    }

    /// Waits for the turn of so many bytes.
    pub(super) async fn take(&self, bytes: usize) {
        if let Some(at) = self.turn(bytes, Instant::now()) {
            sleep_until(at).await;
        }
    }

    /// When it is their turn; theirs is the time after it. `None`: at any time.
    fn turn(&self, bytes: usize, now: Instant) -> Option<Instant> {
        if self.kib_s == 0 {
            return None;
        }
        let micros = (bytes as u64).saturating_mul(1_000_000) / (u64::from(self.kib_s) * 1024);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = free_at.map_or(now, |at| at.max(now));
        *free_at = Some(at + Duration::from_micros(micros));
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_kib_at_ten_a_second_take_ten_seconds_whoever_takes_them() {
        let (pace, now) = (Pace::new(10), Instant::now());
        let last = (0..100).filter_map(|_| pace.turn(1024, now)).last();
        // The last one leaves when the ninety-nine before it are through.
        let taken = last.map(|last| last.duration_since(now).as_millis());
        assert!(taken.is_some_and(|taken| (9_890..=9_900).contains(&taken)), "{taken:?}");
        // Time in which nobody took anything is not saved up.
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.turn(10 * 1024, later), Some(later));
        assert_eq!(pace.turn(1, later), Some(later + Duration::from_secs(1)));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        assert_eq!(Pace::new(0).turn(usize::MAX, Instant::now()), None);
    }
}
