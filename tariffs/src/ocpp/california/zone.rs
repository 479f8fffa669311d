//! The station's clock on the wall: OCPP 1.6 knows no time zones, so stations are told the offset and its next change.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::instant;
use super::keys::Key;

/// Where clocks change at all they do so within a year or so.
const FAR: i64 = 400;

/// What to tell a station about local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOffset {
    /// Local time minus UTC now, e.g. "-08:00".
    pub offset: String,
    /// When it changes next, and to what; `None`: not in sight.
    pub next: Option<(DateTime<Utc>, String)>,
}

/// The offset of a time zone at an instant, and its next change. Ask again once that is past.
pub fn time_offset(tz: Tz, now: DateTime<Utc>) -> TimeOffset {
    let next = next_change(tz, now, now + TimeDelta::days(FAR));
    TimeOffset { offset: written(seconds(tz, now)), next: next.map(|at| (at, written(seconds(tz, at)))) }
}

impl TimeOffset {
    /// The keys TimeOffset, NextTimeOffsetTransitionDateTime and TimeOffsetNextTransition; the latter two only where a
    /// change is in sight.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = vec![Key::new("TimeOffset", self.offset.clone())];
        if let Some((at, offset)) = &self.next {
            keys.push(Key::new("NextTimeOffsetTransitionDateTime", instant(*at)));
            keys.push(Key::new("TimeOffsetNextTransition", offset.clone()));
        }
        keys
    }
}

/// Local time minus UTC, in seconds.
pub(super) fn seconds(tz: Tz, at: DateTime<Utc>) -> i32 {
    tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// The first instant after `from` and until `to` at which the clocks are changed. They are not twice within a day.
pub(super) fn next_change(tz: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let before = seconds(tz, from);
    let mut day = from;
    while day < to {
        let after = to.min(day + TimeDelta::days(1));
        if seconds(tz, after) != before {
            return first_after(tz, day, after, before);
        }
        day = after;
    }
    None
}

fn first_after(tz: Tz, from: DateTime<Utc>, to: DateTime<Utc>, before: i32) -> Option<DateTime<Utc>> {
    let (mut old, mut new) = (from.timestamp(), to.timestamp() + 1);
    while new - old > 1 {
        let middle = old + (new - old) / 2;
        if seconds(tz, DateTime::from_timestamp(middle, 0)?) == before {
            old = middle;
        } else {
            new = middle;
        }
    }
    DateTime::from_timestamp(new, 0)
}

/// Offsets are whole minutes today; older ones, of the nineteenth century, lose their seconds.
fn written(seconds: i32) -> String {
    let minutes = seconds.abs() / 60;
    format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}
