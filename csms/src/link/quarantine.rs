//! Stations that connect again and again are kept out for a while: visible, with a reason, and liftable at once.

use crate::model::StationId;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Connects are counted over so many minutes.
const WINDOW_MIN: i64 = 10;
/// Stations watched at one time. Beyond, those whose window is over make room; if there are none, newcomers are not
/// watched: the connect limits still hold.
const STATIONS_MAX: usize = 50_000;

/// Counts the connects of authenticated stations. What is decided here is also written to the station's row; this
/// memory makes it effective before that row is written, and lifting effective before it is read again.
#[derive(Debug, Default)]
pub struct Quarantine(Mutex<HashMap<StationId, Watch>>);

#[derive(Debug)]
struct Watch {
    since: DateTime<Utc>,
    connects: u32,
    until: Option<DateTime<Utc>>,
}

/// What [`Quarantine::connect`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Come in.
    Free,
    /// This connect was one too many: the quarantine begins.
    Begins { until: DateTime<Utc>, reason: String },
    /// It goes on.
    Lasts { until: DateTime<Utc> },
}

impl Quarantine {
    /// Counts a connect of an authenticated station. More than `connects_max` within ten minutes begin a quarantine
    /// of `lasting` seconds.
    pub fn connect(
        &self,
        station: &StationId,
        now: DateTime<Utc>,
        connects_max: u32,
        lasting_s: u64,
    ) -> Verdict {
        let window = TimeDelta::minutes(WINDOW_MIN);
        let mut watched = self.watched();
        if watched.len() >= STATIONS_MAX && !watched.contains_key(station) {
            watched.retain(|_, watch| {
                now - watch.since < window || watch.until.is_some_and(|until| now < until)
            });
            if watched.len() >= STATIONS_MAX {
                return Verdict::Free;
            }
        }
        let watch = watched.entry(station.clone()).or_insert(Watch { since: now, connects: 0, until: None });
        if let Some(until) = watch.until {
            if now < until {
                return Verdict::Lasts { until };
            }
            *watch = Watch { since: now, connects: 0, until: None };
        }
        if now - watch.since >= window {
            watch.since = now;
            watch.connects = 0;
        }
        watch.connects += 1;
        if watch.connects <= connects_max {
            return Verdict::Free;
        }
        let lasting = i64::try_from(lasting_s).ok().and_then(TimeDelta::try_seconds);
        let until =
            lasting.and_then(|lasting| now.checked_add_signed(lasting)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        watch.until = Some(until);
        let reason = format!("{} connects within {WINDOW_MIN} minutes", watch.connects);
        Verdict::Begins { until, reason }
    }

    /// Is the station kept out by a decision that its row may not show yet?
    pub fn until(&self, station: &StationId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.watched().get(station).and_then(|watch| watch.until).filter(|until| now < *until)
    }

    /// Lets a station in again, with a clean slate. The caller also clears its row.
    pub fn lift(&self, station: &StationId) {
        self.watched().remove(station);
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<StationId, Watch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn one_connect_too_many_begins_it_and_time_or_an_operator_ends_it() {
        let quarantine = Quarantine::default();
        let station: StationId = "CP1".into();
        for _ in 0..3 {
            assert_eq!(quarantine.connect(&station, at(0), 3, 3600), Verdict::Free);
        }
        let begun = quarantine.connect(&station, at(1), 3, 3600);
        assert_eq!(begun, Verdict::Begins { until: at(61), reason: "4 connects within 10 minutes".into() });
        assert_eq!(quarantine.connect(&station, at(30), 3, 3600), Verdict::Lasts { until: at(61) });
        assert_eq!(quarantine.until(&station, at(60)), Some(at(61)));
        assert_eq!(quarantine.connect(&station, at(61), 3, 3600), Verdict::Free);

        for _ in 0..3 {
            quarantine.connect(&station, at(62), 3, 3600);
        }
        assert!(quarantine.until(&station, at(62)).is_some());
        quarantine.lift(&station);
        assert_eq!(quarantine.until(&station, at(62)), None);
        for _ in 0..3 {
            assert_eq!(quarantine.connect(&station, at(62), 3, 3600), Verdict::Free);
        }
    }

    #[test]
    fn connects_of_an_hour_are_no_flapping() {
        let quarantine = Quarantine::default();
        for minute in 0..60 {
            assert_eq!(quarantine.connect(&"CP1".into(), at(minute * 4), 3, 60), Verdict::Free);
        }
    }

    #[test]
    fn what_is_watched_is_bounded() {
        let quarantine = Quarantine::default();
        for n in 0..STATIONS_MAX + 10 {
            quarantine.connect(&format!("CP{n}").into(), at(0), 3, 60);
        }
        assert_eq!(quarantine.watched().len(), STATIONS_MAX);
        quarantine.connect(&"late".into(), at(20), 3, 60);
        assert_eq!(quarantine.watched().len(), 1);
    }
}
