//! Local time as stretches without a midnight, a change of the clocks or another edge in between.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::pricing::calendar::{Calendar, DAY, MINUTE, Opening, Window, offset};

/// No place is further from UTC.
const FURTHEST: i64 = 15 * 60 * MINUTE;

/// From and to, exclusive, in µs since 1970, with where the local clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub from: i64,
    pub to: i64,
    /// Local time minus UTC, µs.
    pub offset: i64,
    pub date: NaiveDate,
    /// Of the local day, at `from`.
    pub from_minute: i64,
    /// Of the local day, at `to` if the clocks did not change then.
    pub to_minute: i64,
}

/// All stretches of the local dates from `first` on, in order of time, cut at midnight, at these minutes of each day, and
/// where the clocks change.
pub(crate) fn stretches(first: NaiveDate, days: i64, edges: &[i64], tz: Tz) -> Vec<Stretch> {
    let cut = |minute: u16| Window { from_minute: minute, ..Window::ALWAYS };
    let edges = edges.iter().filter_map(|edge| u16::try_from(*edge).ok()).filter(|edge| *edge < 24 * 60);
    let calendar = Calendar::new(edges.map(|edge| Some(cut(edge))).collect(), true);
    let first_day = first.signed_duration_since(NaiveDate::default()).num_days();
    let wanted = first_day..first_day.saturating_add(days);
    // A local date may come back: where clocks go back across midnight.
    let mut at = first_day.saturating_mul(DAY).saturating_sub(FURTHEST);
    let end = wanted.end.saturating_mul(DAY).saturating_add(FURTHEST);
    let mut opening = Opening::unknown();
    let mut found = Vec::new();
    while at < end {
        calendar.open_at(at, tz, &mut opening);
        let (from, to, offset) = (at, opening.until, offset(at, tz));
        at = to;
        let local = from.saturating_add(offset);
        let day = local.div_euclid(DAY);
        let date = NaiveDate::default().checked_add_signed(TimeDelta::days(day));
        let Some(date) = date.filter(|_| wanted.contains(&day)) else { continue };
        let minute = |at: i64| (at.saturating_add(offset) - day * DAY) / MINUTE;
        found.push(Stretch { from, to, offset, date, from_minute: minute(from), to_minute: minute(to) });
    }
    found
}
