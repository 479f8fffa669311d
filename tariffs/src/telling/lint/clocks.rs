//! Windows that a change of the clocks repeats or leaves out.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Found, SAME_KIND_MAX};
use crate::model::tariff::Tariff;
use crate::telling::space::{Axis, Payments, Region};
use crate::telling::week::{Stretch, stretches};
use crate::telling::words::time;

const YEAR: i64 = 366;
const DAY_MINUTES: i64 = 24 * 60;

/// Where local minutes of a date are left out or come twice.
struct Change {
    date: NaiveDate,
    from: i64,
    to: i64,
    repeated: bool,
}

pub(super) fn changes(tariff: &Tariff, tz: Tz, from: NaiveDate, found: &mut Found) {
    let changes: Vec<Change> =
        stretches(from, YEAR, &[], tz).windows(2).filter_map(|pair| change(pair[0], pair[1])).collect();
    let payments = Payments::of(tariff);
    let mut left = SAME_KIND_MAX;
    for (index, element) in tariff.elements.iter().enumerate() {
        let given = &element.restrictions;
        if given.start_time.is_none() && given.end_time.is_none() {
            continue;
        }
        let region = Region::of(given, &payments);
        for change in &changes {
            let mut windows: Vec<(i64, i64)> = region
                .cells
                .iter()
                .filter(|cell| cell.on(change.date))
                .map(|cell| cell.span(Axis::Minute))
                .collect();
            windows.dedup();
            let Some(what) = windows.into_iter().find_map(|window| effect(window, change)) else { continue };
            if left == 0 {
                return;
            }
            left -= 1;
            let date = time::date(change.date, crate::telling::explain::Language::English);
            let clocks = time::hours(change.from, change.to);
            let how = if change.repeated { "is repeated" } else { "is left out" };
            let path = format!("elements[{index}].restrictions.start_time");
            found.hint(path, format!("the window {what} on {date}, when {clocks} {how} in {tz}"));
        }
    }
}

fn change(before: Stretch, after: Stretch) -> Option<Change> {
    // Where midnight is left out, the new day begins late.
    let skipped_from = if before.date == after.date { before.to_minute } else { 0 };
    let change = |from: i64, to: i64, repeated: bool| Change { date: after.date, from, to, repeated };
    match after.offset.cmp(&before.offset) {
        std::cmp::Ordering::Greater => Some(change(skipped_from, after.from_minute, false)),
        std::cmp::Ordering::Less if before.date == after.date => {
            Some(change(after.from_minute, before.to_minute, true))
        }
        // Clocks go back across midnight: what comes twice is the end of a day.
        std::cmp::Ordering::Less => Some(change(after.from_minute, DAY_MINUTES, true)),
        std::cmp::Ordering::Equal => None,
    }
}

/// What becomes of a window of the day.
fn effect(window: (i64, i64), change: &Change) -> Option<&'static str> {
    let strictly = |edge: i64| change.from < edge && edge < change.to;
    let inside = change.from <= window.0 && window.1 <= change.to;
    match change.repeated {
        false if inside => Some("does not occur"),
        true if inside && !strictly(window.0) && !strictly(window.1) => Some("lasts twice as long"),
        true if strictly(window.0) || strictly(window.1) => Some("opens twice"),
        _ => None,
    }
}
