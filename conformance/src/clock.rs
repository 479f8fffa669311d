//! The clock of a virtual station.
//!
//! Messages carry the station's time, and a CSMS expects that near its own. A station follows the real clock, or a
//! clock that a test (or the fleet, while it lives through its past) moves by hand: then hours of charging take no
//! time at all and still end at a time that is not in the future.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// How instants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeText {
    /// `2026-08-01T12:00:00.123Z`.
    #[default]
    Millis,
    /// `2026-08-01T12:00:00Z`.
    Seconds,
    /// `2026-08-01T12:00:00.123000000Z`: nine digits, more than the standards allow.
    NineDigits,
}

/// A station's idea of the time.
#[derive(Debug)]
pub struct StationClock {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// `None`: the real clock.
    manual: Option<DateTime<Utc>>,
    /// The instant at which the clock was lost: since then it counts from 1970.
    lost_at: Option<DateTime<Utc>>,
    text: TimeText,
}

impl StationClock {
    /// The real clock.
    pub fn real() -> Self {
        Self::with(None)
    }

    /// A clock that stands at `at` until somebody moves it.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::with(Some(at))
    }

    fn with(manual: Option<DateTime<Utc>>) -> Self {
        StationClock { state: Mutex::new(State { manual, lost_at: None, text: TimeText::default() }) }
    }

    /// What the station believes the time is.
    pub fn now(&self) -> DateTime<Utc> {
        let state = self.state();
        match state.lost_at {
            Some(lost_at) => DateTime::UNIX_EPOCH + (state.true_now() - lost_at),
            None => state.true_now(),
        }
    }

    /// [`StationClock::now`] as it is written into messages.
    pub fn now_text(&self) -> String {
        self.text(self.now())
    }

    /// `at` as this station writes instants.
    pub fn text(&self, at: DateTime<Utc>) -> String {
        match self.state().text {
            TimeText::Millis => at.to_rfc3339_opts(SecondsFormat::Millis, true),
            TimeText::Seconds => at.to_rfc3339_opts(SecondsFormat::Secs, true),
            TimeText::NineDigits => at.to_rfc3339_opts(SecondsFormat::Nanos, true),
        }
    }

    /// Whether somebody moves this clock by hand.
    pub fn is_manual(&self) -> bool {
        self.state().manual.is_some()
    }

    /// Moves a manual clock ahead. The real clock goes its own way: nothing happens.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        if let Some(at) = &mut state.manual {
            *at += TimeDelta::from_std(by).unwrap_or(TimeDelta::zero());
        }
    }

    /// Puts a manual clock at `at`; the real clock becomes a manual one.
    pub fn set(&self, at: DateTime<Utc>) {
        self.state().manual = Some(at);
    }

    /// The station forgets the time: from now on it counts from 1970.
    pub fn lose(&self) {
        let mut state = self.state();
        state.lost_at = Some(state.true_now());
    }

    /// The station knows the time again.
    pub fn find(&self) {
        self.state().lost_at = None;
    }

    /// How instants are written from now on.
    pub fn write_as(&self, text: TimeText) {
        self.state().text = text;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn true_now(&self) -> DateTime<Utc> {
        self.manual.unwrap_or_else(Utc::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-08-01T12:00:00.250Z".parse().expect("an instant")
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = StationClock::manual(noon());
        assert_eq!(clock.now(), noon());
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now_text(), "2026-08-01T12:01:30.250Z");
    }

    #[test]
    fn a_lost_clock_counts_from_1970_until_it_is_found() {
        let clock = StationClock::manual(noon());
        clock.lose();
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now_text(), "1970-01-01T00:00:05.000Z");
        clock.find();
        assert_eq!(clock.now_text(), "2026-08-01T12:00:05.250Z");
    }

    #[test]
    fn odd_and_plain_texts() {
        let clock = StationClock::manual(noon());
        clock.write_as(TimeText::NineDigits);
        assert_eq!(clock.now_text(), "2026-08-01T12:00:00.250000000Z");
        clock.write_as(TimeText::Seconds);
        assert_eq!(clock.now_text(), "2026-08-01T12:00:00Z");
    }
}
