//! Which elements the local calendar lets hold, and until when.
//!
//! Instants are µs since 1970 (UTC). Local time is only ever computed from an instant, never the other way round, so
//! hours that a change of the clocks leaves out or repeats need no special case: the change is an edge like midnight.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::model::season::MonthDay;

const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// The time restrictions of an element, on local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Minutes of the day; `from >= to` runs across midnight.
    pub from_minute: u16,
    /// 1–1440, exclusive.
    pub to_minute: u16,
    /// Days since 1970.
    pub from_day: i64,
    /// Exclusive.
    pub to_day: i64,
    /// From a day of every year to before another; the wrong way round across New Year.
    pub season: Option<(MonthDay, MonthDay)>,
    /// Bit 0 is Monday; no bit: never.
    pub days: u8,
}

impl Window {
    pub const ALL_DAYS: u8 = 0b111_1111;
    pub const ALWAYS: Window = Window {
        from_minute: 0,
        to_minute: 24 * 60,
        from_day: i64::MIN,
        to_day: i64::MAX,
        season: None,
        days: Window::ALL_DAYS,
    };

    fn holds(&self, day: i64, minute: i64) -> bool {
        let (from, to) = (i64::from(self.from_minute), i64::from(self.to_minute));
        let in_time = if from < to { from <= minute && minute < to } else { from <= minute || minute < to };
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        in_time
            && self.from_day <= day
            && day < self.to_day
            && self.days & (1 << weekday) != 0
            && self.season.is_none_or(|season| in_season(season, day))
    }

    fn asks_for_a_day(&self) -> bool {
        self.days != Window::ALL_DAYS
            || self.from_day != i64::MIN
            || self.to_day != i64::MAX
            || self.season.is_some()
    }
}

fn in_season((from, to): (MonthDay, MonthDay), day: i64) -> bool {
    let date = TimeDelta::try_days(day).and_then(|days| NaiveDate::default().checked_add_signed(days));
    let fits = |number: u32| u8::try_from(number).ok();
    let today =
        date.and_then(|date| fits(date.month()).zip(fits(date.day()))).and_then(|(m, d)| MonthDay::new(m, d));
    today.is_some_and(
        |today| {
            if from < to { from <= today && today < to } else { from <= today || today < to }
        },
    )
}

/// The windows of all elements of a tariff.
#[derive(Debug)]
pub(crate) struct Calendar {
    /// Per element; `None`: holds always.
    windows: Vec<Option<Window>>,
    /// Minutes of the local day at which some window may open or close; ascending. Empty: nothing ever changes.
    edges: Vec<i64>,
}

/// What the calendar says for a stretch of time.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// Per element: may it hold?
    pub open: Vec<bool>,
    /// The instant up to which that is so, exclusive.
    pub until: i64,
    /// The local day, counted from 1970; it is kept up to date where the calendar knows days.
    pub day: i64,
    /// Per element: is it one of those that are looked at? `None`: all are.
    among: Option<Arc<[bool]>>,
}

impl Calendar {
    /// `daily`: midnight is an edge even if no window asks for it.
    pub fn new(windows: Vec<Option<Window>>, daily: bool) -> Calendar {
        let mut edges = if daily { vec![0] } else { Vec::new() };
        for window in windows.iter().flatten() {
            edges.push(i64::from(window.from_minute));
            edges.push(i64::from(window.to_minute) % (24 * 60));
            if window.asks_for_a_day() {
                edges.push(0);
            }
        }
        edges.sort_unstable();
        edges.dedup();
        Calendar { windows, edges }
    }

    /// Makes `opening` valid at an instant that is not before those asked for earlier.
    pub fn open_at(&self, at: i64, tz: Tz, opening: &mut Opening) {
        if at < opening.until && !opening.open.is_empty() {
            return;
        }
        let offset = offset(at, tz);
        let local = at + offset;
        let (day, minute) = (local.div_euclid(DAY), local.rem_euclid(DAY) / MINUTE);
        opening.open.clear();
        let holds = |window: &Option<Window>| window.is_none_or(|window| window.holds(day, minute));
        opening.open.extend(self.windows.iter().map(holds));
        if let Some(among) = &opening.among {
            opening.open.iter_mut().zip(among.iter()).for_each(|(open, among)| *open &= among);
        }
        opening.day = day;
        opening.until = self.next_edge(at, offset, tz);
    }

    fn next_edge(&self, at: i64, offset_now: i64, tz: Tz) -> i64 {
        let Some(first) = self.edges.first() else { return i64::MAX };
        let midnight = (at + offset_now).div_euclid(DAY) * DAY;
        let minute = (at + offset_now - midnight) / MINUTE;
        let local_edge = match self.edges.iter().find(|edge| **edge > minute) {
            Some(edge) => midnight + edge * MINUTE,
            None => midnight + DAY + first * MINUTE,
        };
        let edge = local_edge - offset_now;
        if offset(edge, tz) == offset_now { edge } else { clock_change(at, edge, offset_now, tz) }
    }
}

impl Opening {
    /// Before anything was asked.
    pub fn unknown() -> Opening {
        Opening { open: Vec::new(), until: i64::MIN, day: 0, among: None }
    }

    /// The same where only some of the elements are looked at.
    pub fn among(elements: Arc<[bool]>) -> Opening {
        Opening { among: Some(elements), ..Opening::unknown() }
    }
}

/// The first instant after `from` at which the offset is not `offset_before`; by `to` it is not.
/// Clocks change on whole seconds and not twice within a day.
fn clock_change(from: i64, to: i64, offset_before: i64, tz: Tz) -> i64 {
    let (mut before, mut after) = (from.div_euclid(SECOND), -(-to).div_euclid(SECOND));
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset(middle * SECOND, tz) == offset_before {
            before = middle;
        } else {
            after = middle;
        }
    }
    after * SECOND
}

/// Local time minus UTC, µs.
pub(crate) fn offset(at: i64, tz: Tz) -> i64 {
    let utc = DateTime::from_timestamp_micros(at).unwrap_or_default().naive_utc();
    i64::from(tz.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn micros(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().unwrap().timestamp_micros()
    }

    /// The instants from `from` to `to` at which the first element opens (true) or closes.
    fn changes(window: Window, tz: Tz, from: &str, to: &str) -> Vec<(String, bool)> {
        let calendar = Calendar::new(vec![Some(window)], false);
        let mut opening = Opening::unknown();
        let mut at = micros(from);
        let mut last = None;
        let mut found = Vec::new();
        while at < micros(to) {
            calendar.open_at(at, tz, &mut opening);
            if last != Some(opening.open[0]) {
                let text = DateTime::from_timestamp_micros(at).unwrap().format("%dT%H:%M").to_string();
                found.push((text, opening.open[0]));
                last = Some(opening.open[0]);
            }
            assert!(opening.until > at);
            at = opening.until;
        }
        found
    }

    fn daily(from_minute: u16, to_minute: u16) -> Window {
        Window { from_minute, to_minute, ..Window::ALWAYS }
    }

    fn list(changes: &[(&str, bool)]) -> Vec<(String, bool)> {
        changes.iter().map(|(at, open)| ((*at).to_owned(), *open)).collect()
    }

    #[test]
    fn an_hour_that_is_skipped_never_opens() {
        // Amsterdam, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        let found = changes(
            daily(120, 180),
            chrono_tz::Europe::Amsterdam,
            "2026-03-28T12:00:00Z",
            "2026-03-30T12:00:00Z",
        );
        assert_eq!(found, list(&[("28T12:00", false), ("30T00:00", true), ("30T01:00", false)]));
    }

    #[test]
    fn an_hour_that_is_repeated_opens_for_both() {
        // Amsterdam, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        let found = changes(
            daily(120, 180),
            chrono_tz::Europe::Amsterdam,
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z",
        );
        assert_eq!(found, list(&[("24T12:00", false), ("25T00:00", true), ("25T02:00", false)]));
    }

    #[test]
    fn half_an_hour_is_repeated_on_lord_howe() {
        // 5 April 2026: 02:00 (+11) becomes 01:30 (+10:30) at 15:00 UTC the day before.
        let found = changes(
            daily(105, 120),
            chrono_tz::Australia::Lord_Howe,
            "2026-04-04T12:00:00Z",
            "2026-04-05T00:00:00Z",
        );
        let twice = [
            ("04T12:00", false),
            ("04T14:45", true),
            ("04T15:00", false),
            ("04T15:15", true),
            ("04T15:30", false),
        ];
        assert_eq!(found, list(&twice));
    }

    #[test]
    fn days_and_dates_begin_at_local_midnight() {
        // 28 November 2026 is a Saturday; Shanghai is eight hours ahead.
        let saturdays = Window { days: 1 << 5, ..Window::ALWAYS };
        let found =
            changes(saturdays, chrono_tz::Asia::Shanghai, "2026-11-27T00:00:00Z", "2026-11-30T00:00:00Z");
        assert_eq!(found, list(&[("27T00:00", false), ("27T16:00", true), ("28T16:00", false)]));
        let day = micros("2026-11-28T00:00:00Z") / DAY;
        let date = Window { from_day: day, to_day: day + 1, ..Window::ALWAYS };
        let found = changes(date, chrono_tz::Asia::Shanghai, "2026-11-27T00:00:00Z", "2026-11-30T00:00:00Z");
        assert_eq!(found, list(&[("27T00:00", false), ("27T16:00", true), ("28T16:00", false)]));
    }

    #[test]
    fn a_night_belongs_to_the_day_it_is_on() {
        // Friday 22:00–06:00 is Friday's early morning and late evening, not Saturday's morning.
        let friday = Window { days: 1 << 4, ..daily(22 * 60, 6 * 60) };
        let found = changes(friday, chrono_tz::UTC, "2026-11-26T12:00:00Z", "2026-11-28T12:00:00Z");
        let expected = [
            ("26T12:00", false),
            ("27T00:00", true),
            ("27T06:00", false),
            ("27T22:00", true),
            ("28T00:00", false),
        ];
        assert_eq!(found, list(&expected));
    }

    #[test]
    fn seasons_come_every_year_and_may_span_new_year() {
        let day = |month, day| MonthDay::new(month, day).unwrap();
        let summer = Window { season: Some((day(7, 1), day(9, 1))), ..Window::ALWAYS };
        let found = changes(summer, chrono_tz::UTC, "2026-06-30T00:00:00Z", "2027-07-02T00:00:00Z");
        assert_eq!(
            found,
            list(&[("30T00:00", false), ("01T00:00", true), ("01T00:00", false), ("01T00:00", true)])
        );
        let winter = Window { season: Some((day(12, 1), day(2, 29))), ..Window::ALWAYS };
        // 2027 has no 29 February: the season ends with the 28th.
        let found = changes(winter, chrono_tz::UTC, "2026-11-30T00:00:00Z", "2027-03-02T00:00:00Z");
        assert_eq!(found, list(&[("30T00:00", false), ("01T00:00", true), ("01T00:00", false)]));
    }

    #[test]
    fn days_can_be_edges_of_their_own() {
        let calendar = Calendar::new(vec![None], true);
        let mut opening = Opening::unknown();
        calendar.open_at(micros("2026-11-27T15:30:00Z"), chrono_tz::Asia::Shanghai, &mut opening);
        assert_eq!(opening.until, micros("2026-11-27T16:00:00Z"));
        assert_eq!(opening.day, micros("2026-11-27T00:00:00Z") / DAY);
    }

    #[test]
    fn without_windows_nothing_changes() {
        let calendar = Calendar::new(vec![None, None], false);
        let mut opening = Opening::unknown();
        calendar.open_at(0, chrono_tz::UTC, &mut opening);
        assert_eq!((opening.open, opening.until), (vec![true, true], i64::MAX));
    }
}
