//! What the order of elements makes of them: never, twice, or nothing.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};

use super::{Found, SAME_KIND_MAX, ladder, situation, situations};
use crate::model::tariff::{Restrictions, Tariff};
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Rung, Subject};
use crate::telling::space::{Axis, Cell, Payments, Region};
use crate::telling::words::listed;

/// A span of dates that is longer has every day of the week and of the year.
const EVERY_DAY: i64 = 4 * 366 + 1;

/// Elements and components that can never decide.
pub(super) fn dead(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    let mut reasons: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    for ladder in ladders {
        for (at, rung) in ladder.rungs.iter().enumerate().filter(|(_, rung)| !rung.live) {
            let reason = (rung.component_index, first_come(&ladder.rungs[..at], rung));
            reasons.entry(rung.index).or_default().push(reason);
        }
    }
    for (index, element) in tariff.elements.iter().enumerate() {
        if let Some(why) = never(tariff, &element.restrictions) {
            found.warn(format!("elements[{index}].restrictions"), why);
            continue;
        }
        let Some(dead) = reasons.remove(&index) else { continue };
        let all =
            dead.len() == element.components.len() && dead.iter().all(|(_, reason)| *reason == dead[0].1);
        for (component, reason) in dead {
            let message = format!("never sets a price, because {reason}; remove it or move it up");
            if all {
                found.warn(format!("elements[{index}]"), message);
                break;
            }
            found.warn(format!("elements[{index}].components[{component}]"), message);
        }
    }
}

/// Which of those above a dead rung are always met when it is.
fn first_come(above: &[Rung<'_>], dead: &Rung<'_>) -> String {
    let meets = |rung: &&Rung<'_>| rung.live && rung.region.common(&dead.region).is_some();
    let alone = above.iter().filter(meets).find(|rung| dead.region.is_within(&rung.region));
    let name = |rung: &Rung<'_>| format!("elements[{}]", rung.index);
    match alone {
        Some(rung) => format!("{} comes first whenever it holds", name(rung)),
        None => {
            let names: Vec<String> = above.iter().filter(meets).map(name).collect();
            let names = if names.len() > 5 { vec!["elements above it".to_owned()] } else { names };
            format!("{} together come first whenever it holds", listed(&names, Language::English))
        }
    }
}

/// Why the calendar never lets it hold.
fn never(tariff: &Tariff, given: &Restrictions) -> Option<String> {
    let day = |at: chrono::DateTime<chrono::Utc>| at.date_naive();
    if let (Some(end), Some(from)) = (given.end_date, tariff.valid_from.map(day)) {
        // No place is more than a day behind UTC.
        if from.checked_sub_days(Days::new(1)).is_some_and(|from| end <= from) {
            return Some("never holds: its end_date is before the tariff's valid_from".to_owned());
        }
    }
    let (start, end) = (given.start_date?, given.end_date?);
    let length = end.signed_duration_since(start).num_days();
    let region = Region::of(given, &Payments::of(tariff));
    let on = |date: NaiveDate| region.cells.iter().any(|cell| cell.on(date));
    let any = length > EVERY_DAY
        || (0..length).filter_map(|day| start.checked_add_signed(TimeDelta::days(day))).any(on);
    let why =
        "never holds: no day from start_date to end_date is one of its days of the week and of the year";
    (!any).then(|| why.to_owned())
}

/// Energy that is free at some time, though it has a price at others.
pub(super) fn gaps(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    let bound = |at: Option<chrono::DateTime<chrono::Utc>>, by: i64| {
        at.map(|at| at.date_naive().signed_duration_since(NaiveDate::default()).num_days() + by)
    };
    let from = bound(tariff.valid_from, -1).unwrap_or(i64::MIN);
    let to = bound(tariff.valid_to, 1).unwrap_or(i64::MAX);
    for subject in [Subject::Energy, Subject::Service] {
        let ladder = ladder(ladders, subject);
        if !ladder.costs() || !ladder.rest.exact {
            continue;
        }
        let rest = ladder.rest.clone().within(Axis::Date, from, to);
        let by_calendar = |cell: &&Cell| {
            let others = [
                Axis::Energy,
                Axis::Duration,
                Axis::Charging,
                Axis::Idle,
                Axis::Power,
                Axis::Current,
                Axis::Kind,
                Axis::Brand,
                Axis::Recognition,
            ];
            others.iter().all(|axis| cell.whole(*axis))
        };
        let name = tariff.named(subject);
        let (calendar, other): (Vec<&Cell>, Vec<&Cell>) = rest.cells.iter().partition(by_calendar);
        if !calendar.is_empty() {
            let when = situations(&calendar);
            found.warn(
                "elements",
                format!(
                    "{name} is free {when}; if that is not meant, end with an element without restrictions"
                ),
            );
        }
        if !other.is_empty() {
            let when = situations(&other);
            found.hint(
                "elements",
                format!(
                    "{name} is free {when}; if that is not meant, end with an element without restrictions"
                ),
            );
        }
    }
}

/// Two that hold at once, neither of which is the exception to the other.
pub(super) fn overlaps(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    let mut left = SAME_KIND_MAX;
    for ladder in ladders {
        let live: Vec<&Rung<'_>> = ladder.live().collect();
        for (at, later) in live.iter().enumerate() {
            for earlier in &live[..at] {
                let same = earlier.component.price == later.component.price
                    && tariff.taxes_of(earlier.component) == tariff.taxes_of(later.component);
                if same || left == 0 {
                    continue;
                }
                let Some(both) = earlier.region.common(&later.region) else { continue };
                if earlier.region.is_within(&later.region) {
                    continue;
                }
                left -= 1;
                let message = format!(
                    "overlaps elements[{}] {}: the order decides, and elements[{}] sets the price of {}",
                    earlier.index,
                    situation(&both),
                    earlier.index,
                    tariff.named(ladder.subject),
                );
                found.hint(later.path(), message);
            }
        }
    }
}
