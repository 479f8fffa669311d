//! Sets of situations a session may be in, cut along the axes that restrictions speak of.
//!
//! With them it can be told whether an element can hold at all, which of two holds, and what no element prices. The axes
//! are taken as independent, though a date also has a day of the week and a charging time is never above a duration: a
//! set that is empty here is empty in truth, one that is not may still be.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::season::MonthDay;
use crate::model::tariff::{EvseKind, Restrictions, Tariff};

/// What restrictions look at; energy, power and current in millionths, times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Of the local day.
    Minute,
    /// 0 is Monday.
    Weekday,
    /// Days since 1970.
    Date,
    /// Days since 1 January of a leap year.
    Season,
    Energy,
    Duration,
    Charging,
    Idle,
    /// -1: not known.
    Power,
    /// -1: not known.
    Current,
    /// 0 AC, 1 DC.
    Kind,
    /// 0, and above those that the tariff names: another or none.
    Brand,
    /// Likewise.
    Recognition,
}

const AXES: usize = 13;
const MINUTES: i64 = 24 * 60;
const SEASON_DAYS: i64 = 366;
const UNKNOWN: i64 = -1;
/// More pieces than an honest tariff cuts the world into; beyond, the work would grow without bound.
const CELLS_MAX: usize = 1_000;

/// From (inclusive) and to (exclusive) on each axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell([(i64, i64); AXES]);

/// A set of situations: cells that do not overlap.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub cells: Vec<Cell>,
    /// Not so where the pieces became too many: the region then holds more than it should.
    pub exact: bool,
}

/// The cards and ways of paying that a tariff tells apart.
pub(crate) struct Payments {
    brands: Vec<String>,
    recognitions: Vec<String>,
}

impl Payments {
    pub fn of(tariff: &Tariff) -> Payments {
        let names = |name: fn(&Restrictions) -> &String| {
            let given = tariff.elements.iter().map(|element| name(&element.restrictions).to_lowercase());
            let mut names: Vec<String> = given.filter(|name| !name.is_empty()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        Payments {
            brands: names(|given| &given.payment_brand),
            recognitions: names(|given| &given.payment_recognition),
        }
    }
}

/// The number of a name, from 1 on; all, also those not named, where none is asked for.
fn named(names: &[String], name: &str) -> (i64, i64) {
    let known = names.iter().position(|other| !name.is_empty() && *other == name.to_lowercase());
    match known.and_then(|at| i64::try_from(at + 1).ok()) {
        Some(number) => (number, number + 1),
        None => (0, i64::MAX),
    }
}

impl Cell {
    const ALL: Cell = {
        let mut axes = [(0, i64::MAX); AXES];
        axes[Axis::Minute as usize] = (0, MINUTES);
        axes[Axis::Weekday as usize] = (0, 7);
        axes[Axis::Date as usize] = (i64::MIN, i64::MAX);
        axes[Axis::Season as usize] = (0, SEASON_DAYS);
        axes[Axis::Power as usize] = (UNKNOWN, i64::MAX);
        axes[Axis::Current as usize] = (UNKNOWN, i64::MAX);
        axes[Axis::Kind as usize] = (0, 2);
        Cell(axes)
    };

    /// From and to, exclusive.
    pub fn span(&self, axis: Axis) -> (i64, i64) {
        self.0[axis as usize]
    }

    /// Does the axis make no difference?
    pub fn whole(&self, axis: Axis) -> bool {
        self.span(axis) == Cell::ALL.span(axis)
    }

    /// Does it have any of the date?
    pub fn on(&self, date: NaiveDate) -> bool {
        let axes = [
            (Axis::Weekday, weekday(date)),
            (Axis::Date, day(date)),
            (Axis::Season, season(date.month(), date.day())),
        ];
        axes.into_iter().all(|(axis, at)| self.span(axis).0 <= at && at < self.span(axis).1)
    }

    /// Does it have the beginning of a session, before anything is taken or known, paid in no way that the tariff names?
    /// Where the kind of EVSE is not known, a cell for one kind has it not.
    pub fn at_start(&self, kind: Option<EvseKind>) -> bool {
        let beginning = [
            (Axis::Energy, 0),
            (Axis::Duration, 0),
            (Axis::Charging, 0),
            (Axis::Idle, 0),
            (Axis::Power, UNKNOWN),
            (Axis::Current, UNKNOWN),
            (Axis::Brand, 0),
            (Axis::Recognition, 0),
        ];
        let has = |axis: Axis, at: i64| self.span(axis).0 <= at && at < self.span(axis).1;
        let here = match kind {
            Some(kind) => has(Axis::Kind, kind as i64),
            None => self.whole(Axis::Kind),
        };
        here && beginning.into_iter().all(|(axis, at)| has(axis, at))
    }

    /// What both have.
    pub fn common(&self, other: &Cell) -> Option<Cell> {
        let mut common = *self;
        for (mine, theirs) in common.0.iter_mut().zip(&other.0) {
            *mine = (mine.0.max(theirs.0), mine.1.min(theirs.1));
            if mine.0 >= mine.1 {
                return None;
            }
        }
        Some(common)
    }

    /// Adds what `self` has and `other` has not.
    fn without(mut self, other: &Cell, rest: &mut Vec<Cell>) {
        if self.common(other).is_none() {
            rest.push(self);
            return;
        }
        for axis in 0..AXES {
            let ((from, to), (other_from, other_to)) = (self.0[axis], other.0[axis]);
            let mut keep = |from: i64, to: i64| {
                if from < to {
                    let mut part = self;
                    part.0[axis] = (from, to);
                    rest.push(part);
                }
            };
            keep(from, other_from.min(to));
            keep(other_to.max(from), to);
            self.0[axis] = (from.max(other_from), to.min(other_to));
        }
    }
}

impl Region {
    pub fn everything() -> Region {
        Region { cells: vec![Cell::ALL], exact: true }
    }

    /// Where the restrictions are met. `reservation` is not looked at.
    pub fn of(given: &Restrictions, payments: &Payments) -> Region {
        let mut region = Region::everything();
        let start = given.start_time.map_or(0, |time| i64::from(time.minutes()));
        let end = given.end_time.map_or(0, |time| i64::from(time.minutes()));
        region.cut(Axis::Minute, &circle(start, if end == 0 { MINUTES } else { end }, MINUTES));
        region.cut(Axis::Weekday, &weekdays(given));
        region.cut(
            Axis::Date,
            &[(given.start_date.map_or(i64::MIN, day), given.end_date.map_or(i64::MAX, day))],
        );
        if let (Some(start), Some(end)) = (given.start_day, given.end_day) {
            let index = |at: MonthDay| season(at.month().into(), at.day().into());
            region.cut(Axis::Season, &circle(index(start), index(end), SEASON_DAYS));
        }
        region.between(Axis::Energy, given.min_kwh.map(millionths), given.max_kwh.map(millionths));
        let seconds = |value: Option<u32>| value.map(i64::from);
        region.between(Axis::Duration, seconds(given.min_duration), seconds(given.max_duration));
        region.between(Axis::Charging, seconds(given.min_charging_time), seconds(given.max_charging_time));
        region.between(Axis::Idle, seconds(given.min_idle_time), seconds(given.max_idle_time));
        region.between(Axis::Power, given.min_power.map(millionths), given.max_power.map(millionths));
        region.between(Axis::Current, given.min_current.map(millionths), given.max_current.map(millionths));
        if let Some(kind) = given.evse_kind {
            region.cut(Axis::Kind, &[(kind as i64, kind as i64 + 1)]);
        }
        region.cut(Axis::Brand, &[named(&payments.brands, &given.payment_brand)]);
        region.cut(Axis::Recognition, &[named(&payments.recognitions, &given.payment_recognition)]);
        region
    }

    /// Leaves what is in one of the spans of an axis.
    fn cut(&mut self, axis: Axis, spans: &[(i64, i64)]) {
        let cells = self.cells.iter().flat_map(|cell| {
            spans.iter().map(|&(from, to)| {
                let mut cell = *cell;
                let (least, most) = cell.span(axis);
                cell.0[axis as usize] = (from.max(least), to.min(most));
                cell
            })
        });
        self.cells = cells.filter(|cell| cell.span(axis).0 < cell.span(axis).1).collect();
    }

    /// What is not known is never within bounds.
    fn between(&mut self, axis: Axis, min: Option<i64>, max: Option<i64>) {
        if min.is_some() || max.is_some() {
            self.cut(axis, &[(min.unwrap_or(0), max.unwrap_or(i64::MAX))]);
        }
    }

    /// Leaves what is in one span of an axis.
    pub fn within(mut self, axis: Axis, from: i64, to: i64) -> Region {
        self.cut(axis, &[(from, to)]);
        self
    }

    /// Does it depend on more than the calendar and the kind of EVSE?
    pub fn beyond_calendar(&self) -> bool {
        let session = [Axis::Energy, Axis::Duration, Axis::Charging, Axis::Idle, Axis::Power, Axis::Current];
        self.cells.iter().any(|cell| session.iter().any(|axis| !cell.whole(*axis)))
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// A cell that both have.
    pub fn common(&self, other: &Region) -> Option<Cell> {
        self.cells.iter().find_map(|mine| other.cells.iter().find_map(|theirs| mine.common(theirs)))
    }

    /// Takes away what `other` has.
    pub fn subtract(&mut self, other: &Region) {
        for cell in &other.cells {
            let mut rest = Vec::with_capacity(self.cells.len());
            for mine in &self.cells {
                mine.without(cell, &mut rest);
            }
            if rest.len() > CELLS_MAX {
                self.exact = false;
                return;
            }
            self.cells = rest;
        }
    }

    /// Is all of it in `other`? False where that would be too much work to tell.
    pub fn is_within(&self, other: &Region) -> bool {
        let mut rest = self.clone();
        rest.subtract(other);
        rest.is_empty()
    }
}

/// From `start` to `end` on a circle; across its seam where the end is not after the start.
fn circle(start: i64, end: i64, length: i64) -> Vec<(i64, i64)> {
    if start < end { vec![(start, end)] } else { vec![(start, length), (0, end)] }
}

fn weekdays(given: &Restrictions) -> Vec<(i64, i64)> {
    if given.day_of_week.is_empty() {
        return vec![(0, 7)];
    }
    let mut days: Vec<i64> = given.day_of_week.iter().map(|day| *day as i64).collect();
    days.sort_unstable();
    days.chunk_by(|one, next| *next <= one + 1).map(|run| (run[0], run[run.len() - 1] + 1)).collect()
}

/// 0 is Monday.
fn weekday(date: NaiveDate) -> i64 {
    i64::from(date.weekday().num_days_from_monday())
}

fn day(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

/// Days since 1 January of a leap year, so that every day of the year has one number.
fn season(month: u32, day: u32) -> i64 {
    let before: [i64; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
    let month = usize::try_from(month).unwrap_or(1).clamp(1, 12);
    before[month - 1] + i64::from(day) - 1
}

fn millionths(value: Decimal) -> i64 {
    let scaled = value.checked_mul(Decimal::from(1_000_000)).and_then(|value| value.round().to_i64());
    scaled.unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(restrictions: &[&str]) -> (Vec<Region>, Region) {
        let elements: Vec<String> = restrictions
            .iter()
            .map(|given| {
                format!(r#"{{"components":[{{"dimension":"energy","price":1}}],"restrictions":{{{given}}}}}"#)
            })
            .collect();
        let json = format!(r#"{{"id":"t","currency":"EUR","elements":[{}]}}"#, elements.join(","));
        let tariff = Tariff::from_json(&json).unwrap();
        let payments = Payments::of(&tariff);
        let each = tariff.elements.iter().map(|element| Region::of(&element.restrictions, &payments));
        (each.collect(), Region::everything())
    }

    fn cover_all(restrictions: &[&str]) -> bool {
        let (regions, mut rest) = regions(restrictions);
        for region in &regions {
            rest.subtract(region);
        }
        assert!(rest.exact);
        rest.is_empty()
    }

    #[test]
    fn what_leaves_no_gap_covers_everything() {
        for restrictions in [
            &[""][..],
            &[r#""start_time":"22:00","end_time":"06:00""#, r#""start_time":"06:00","end_time":"22:00""#],
            &[r#""day_of_week":["sunday","saturday"]"#, r#""end_time":"12:00""#, r#""start_time":"12:00""#],
            &[r#""max_kwh":20"#, r#""min_kwh":20"#],
            &[r#""start_day":"11-01","end_day":"03-01""#, r#""start_day":"03-01","end_day":"11-01""#],
            &[r#""evse_kind":"ac""#, r#""evse_kind":"dc""#],
            &[r#""end_date":"2026-07-01""#, r#""start_date":"2026-07-01""#],
        ] {
            assert!(cover_all(restrictions), "{restrictions:?}");
        }
    }

    #[test]
    fn what_leaves_a_gap_does_not() {
        for restrictions in [
            &[r#""start_time":"22:00","end_time":"05:59""#, r#""start_time":"06:00","end_time":"22:00""#][..],
            &[
                r#""day_of_week":["monday","tuesday","wednesday","thursday","friday"]"#,
                r#""day_of_week":["sunday"]"#,
            ],
            &[r#""max_kwh":20"#, r#""min_kwh":20.000001"#],
            &[r#""start_day":"11-01","end_day":"02-29""#, r#""start_day":"03-01","end_day":"11-01""#],
            // A power that is not known meets neither.
            &[r#""max_power":11"#, r#""min_power":11"#],
            &[r#""payment_brand":"VISA""#, r#""payment_brand":"JCB""#],
        ] {
            assert!(!cover_all(restrictions), "{restrictions:?}");
        }
    }

    #[test]
    fn brands_are_compared_without_regard_to_case() {
        let (given, _) = regions(&[r#""payment_brand":"VISA""#, r#""payment_brand":"visa""#]);
        assert!(given[0].is_within(&given[1]));
    }

    #[test]
    fn too_many_pieces_make_it_inexact_and_never_smaller() {
        let given: Vec<String> =
            (0..1_000).map(|n| format!(r#""min_kwh":{n}.5,"max_kwh":{}"#, n + 1)).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let (regions, mut rest) = regions(&given);
        for region in &regions {
            rest.subtract(region);
        }
        assert!(!rest.exact && rest.cells.len() <= CELLS_MAX);
    }
}
