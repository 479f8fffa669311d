//! What is legal in a tariff but hardly meant, and what the rules of a market ask for.

mod clocks;
mod market;
mod order;
mod sums;

use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::model::tariff::Tariff;
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Subject};
use crate::telling::space::{Axis, Cell};
use crate::telling::words::{listed, subject, time};

/// Something to look at before the tariff is used. It can price sessions all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The field, e.g. `elements[2].components[0].vat`; empty for the tariff as a whole.
    pub path: String,
    /// How likely it is a mistake.
    pub level: AdviceLevel,
    /// What is odd and what would be better, as a sentence without a full stop.
    pub message: String,
}

/// How serious an [`Advice`] is; the worse comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceLevel {
    /// A mistake, or against the rules of a market.
    Warning,
    /// May be meant.
    Hint,
}

/// Where a tariff is to be used, for rules that not all tariffs must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Ad-hoc charging at public points in the European Union (Regulation (EU) 2023/1804, Article 5). Says nothing to
    /// tariffs for contracts.
    Afir {
        /// The most that a point delivers; from 50 kW on fewer kinds of prices are allowed.
        max_power_kw: Decimal,
    },
    /// Ad-hoc charging at public points in Germany (Preisangabenverordnung § 14, and the law of measuring). Says nothing
    /// to tariffs for contracts.
    Pangv,
    /// Public charging in China: electricity fee and service fee apart, occupancy fees with a grace and a cap.
    China,
    /// A site: tells which windows of the day its changes of the clocks repeat or leave out.
    Site {
        /// Of the site.
        time_zone: Tz,
        /// The changes of a year from this day on are looked at.
        from: NaiveDate,
    },
}

/// So many of one kind are told: more would hide the rest.
const SAME_KIND_MAX: usize = 20;
/// So many are told in all; warnings go first.
const ADVICE_MAX: usize = 200;

impl Tariff {
    /// What is odd about a tariff that [`Tariff::check`] has nothing against; warnings first, 200 at most. `profiles` add
    /// the rules of the places where it is to be used.
    pub fn lint(&self, profiles: &[Profile]) -> Vec<Advice> {
        let ladders = Subject::ALL.map(|subject| Ladder::of(self, subject));
        let mut found = Found::default();
        order::dead(self, &ladders, &mut found);
        order::gaps(self, &ladders, &mut found);
        order::overlaps(self, &ladders, &mut found);
        sums::taxes(self, &mut found);
        sums::steps(self, &mut found);
        sums::least_price(self, &ladders, &mut found);
        for profile in profiles {
            match *profile {
                Profile::Afir { max_power_kw } => market::afir(self, &ladders, max_power_kw, &mut found),
                Profile::Pangv => market::pangv(self, &ladders, &mut found),
                Profile::China => market::china(self, &ladders, &mut found),
                Profile::Site { time_zone, from } => clocks::changes(self, time_zone, from, &mut found),
            }
        }
        found.0.sort_by_key(|advice| advice.level);
        found.0.truncate(ADVICE_MAX);
        found.0
    }

    fn named(&self, what: Subject) -> String {
        let apart = self.prices(crate::model::tariff::Dimension::Service);
        subject(what, apart, Language::English).to_lowercase()
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Advice>);

impl Found {
    fn warn(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Advice { path: path.into(), level: AdviceLevel::Warning, message: message.into() });
    }

    fn hint(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Advice { path: path.into(), level: AdviceLevel::Hint, message: message.into() });
    }
}

/// The ladder of a subject.
fn ladder<'a, 'b>(ladders: &'b [Ladder<'a>; 9], subject: Subject) -> &'b Ladder<'a> {
    &ladders[subject as usize]
}

/// A set of situations in words, as far as a tariff's author needs them to find it.
fn situation(cell: &Cell) -> String {
    let mut parts = Vec::new();
    let english = Language::English;
    if !cell.whole(Axis::Weekday) {
        parts.push(time::weekdays(&[cell.span(Axis::Weekday)], english));
    }
    if !cell.whole(Axis::Minute) {
        let (from, to) = cell.span(Axis::Minute);
        parts.push(time::hours(from, to));
    }
    if !cell.whole(Axis::Season) {
        let (from, to) = cell.span(Axis::Season);
        parts.push(format!(
            "{} to {} each year",
            time::nth_day(from, english),
            time::nth_day(to - 1, english)
        ));
    }
    let (from, to) = cell.span(Axis::Date);
    let date = |day: i64| {
        NaiveDate::default()
            .checked_add_signed(chrono::TimeDelta::days(day))
            .map(|date| time::date(date, english))
    };
    parts.extend((from > i64::MIN).then(|| date(from)).flatten().map(|date| format!("from {date}")));
    parts.extend((to < i64::MAX).then(|| date(to - 1)).flatten().map(|date| format!("until {date}")));
    let session = [
        (Axis::Energy, "kWh taken", 6),
        (Axis::Duration, "s after the start", 0),
        (Axis::Charging, "s of charging", 0),
        (Axis::Idle, "s idle", 0),
        (Axis::Power, "kW", 6),
        (Axis::Current, "A", 6),
    ];
    for (axis, unit, scale) in session.into_iter().filter(|(axis, ..)| !cell.whole(*axis)) {
        let number = |value: i64| Decimal::new(value, scale).normalize();
        parts.push(match cell.span(axis) {
            (_, 0) => format!("while no {} is known", if axis == Axis::Power { "power" } else { "current" }),
            (from, i64::MAX) => format!("from {} {unit}", number(from.max(0))),
            (from, to) => format!("from {} to {} {unit}", number(from.max(0)), number(to)),
        });
    }
    if !cell.whole(Axis::Kind) {
        parts.push(if cell.span(Axis::Kind).0 == 0 { "at AC" } else { "at DC" }.to_owned());
    }
    if !cell.whole(Axis::Brand) || !cell.whole(Axis::Recognition) {
        parts.push("for some ways of paying".to_owned());
    }
    if parts.is_empty() { "at any time".to_owned() } else { parts.join(" ") }
}

/// The first few situations.
fn situations(cells: &[&Cell]) -> String {
    let mut words: Vec<String> = Vec::new();
    for cell in cells {
        let one = situation(cell);
        if !words.contains(&one) {
            words.push(one);
        }
    }
    let more = words.len().saturating_sub(3);
    words.truncate(3);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    listed(&words, Language::English)
}
