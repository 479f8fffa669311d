//! What a tariff costs through a week: the prices a session would begin with, for a heat map.

mod stretches;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use crate::model::exact;
use crate::model::tariff::{Dimension, EvseKind, Tariff};
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Subject};
use crate::telling::space::{Axis, Cell};
use crate::telling::words::amounts::Amount;
use crate::telling::words::steps::steps;
use crate::telling::words::subject;
pub(crate) use stretches::{Stretch, stretches};

/// Seven local days, Monday first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Week {
    /// The first day.
    pub monday: NaiveDate,
    /// The time zone that the days are in.
    pub time_zone: Tz,
    /// Seven, but for the last week that a date can be in.
    pub days: Vec<WeekDay>,
    /// What [`Segment::level`], `least` and `most` are about; `None`: the tariff prices none of these.
    pub measure: Option<Measure>,
    /// The lowest gross price of the week; 0 where it is free at some time.
    #[serde(with = "exact")]
    pub least: Decimal,
    /// The highest gross price of the week.
    #[serde(with = "exact")]
    pub most: Decimal,
    /// Prices that depend on more than the calendar, as sentences.
    pub notes: Vec<String>,
}

/// What a week is coloured by: the first of these that the tariff prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Energy and service, per kWh.
    PerKwh,
    /// Charging time, per hour.
    ChargingPerHour,
    /// Idle time, per hour.
    IdlePerHour,
}

/// A local day; where the clocks change it has more or less than 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeekDay {
    /// The local date.
    pub date: NaiveDate,
    /// In order of time; together they are the whole day.
    pub segments: Vec<Segment>,
}

/// A stretch of a day in which prices stay the same and the clocks do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Minutes on the local clock, 0–1439. An hour that is repeated has two segments.
    pub from_minute: u16,
    /// Minutes on the local clock, 1–1440, exclusive.
    pub to_minute: u16,
    /// First instant.
    pub from: DateTime<Utc>,
    /// Last instant, exclusive.
    pub to: DateTime<Utc>,
    /// Energy and service together.
    pub per_kwh: Rate,
    /// Time while charging.
    pub charging_per_hour: Rate,
    /// Time plugged in after charging.
    pub idle_per_hour: Rate,
    /// 0 (cheapest) to 4 (dearest) between the week's least and most; 2 where both are the same.
    pub level: u8,
}

/// A price, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// The tariff never prices this.
    NotPriced,
    /// The tariff prices this, but not now, or at 0.
    Free,
    /// In the tariff's currency.
    Price {
        /// Before tax.
        #[serde(with = "exact")]
        net: Decimal,
        /// After tax.
        #[serde(with = "exact")]
        gross: Decimal,
    },
}

impl Rate {
    /// After tax; 0 where nothing is due.
    pub fn gross(self) -> Decimal {
        match self {
            Rate::Price { gross, .. } => gross,
            Rate::Free | Rate::NotPriced => Decimal::ZERO,
        }
    }

    fn and(self, other: Rate) -> Rate {
        match (self, other) {
            (Rate::NotPriced, rate) | (rate, Rate::NotPriced) | (Rate::Free, rate) | (rate, Rate::Free) => {
                rate
            }
            (Rate::Price { net, gross }, Rate::Price { net: more_net, gross: more_gross }) => {
                Rate::Price { net: net.saturating_add(more_net), gross: gross.saturating_add(more_gross) }
            }
        }
    }
}

/// The rates of a stretch, in the order of [`Measure`].
type Rates = [Rate; 3];

/// What a session begins with, for one subject: windows and their rates, first come first.
struct Start {
    windows: Vec<(Cell, Rate)>,
    otherwise: Rate,
}

impl Start {
    fn of(tariff: &Tariff, ladder: &Ladder<'_>, evse: Option<EvseKind>) -> Start {
        // Also those that never decide where the kind of EVSE is known: it may not be.
        let windows = ladder.rungs.iter().flat_map(|rung| {
            let amount = Amount::new(rung.component.price.0, tariff, &tariff.taxes_of(rung.component));
            let Amount { net, gross } = amount;
            let rate = if amount == Amount::ZERO { Rate::Free } else { Rate::Price { net, gross } };
            let cells = rung.region.cells.iter().filter(|cell| cell.at_start(evse));
            cells.map(move |cell| (*cell, rate))
        });
        let otherwise = if ladder.rungs.is_empty() { Rate::NotPriced } else { Rate::Free };
        Start { windows: windows.collect(), otherwise }
    }

    /// What is left of it on a date.
    fn on(&self, date: NaiveDate) -> Start {
        let windows = self.windows.iter().filter(|(cell, _)| cell.on(date)).copied().collect();
        Start { windows, otherwise: self.otherwise }
    }

    fn rate(&self, minute: i64) -> Rate {
        let holds = |cell: &Cell| (cell.span(Axis::Minute).0..cell.span(Axis::Minute).1).contains(&minute);
        self.windows.iter().find(|(cell, _)| holds(cell)).map_or(self.otherwise, |(_, rate)| *rate)
    }
}

impl Tariff {
    /// The week that `day` is in, at a site in `tz`: the prices that a session begins with at each local time, when
    /// nothing is taken and no power is known yet. `evse` is where; without it prices for one kind only are left out.
    /// What depends on more than the calendar is told as [`Week::notes`]. [`Tariff::valid_from`] is not looked at.
    pub fn week(&self, day: NaiveDate, tz: Tz, evse: Option<EvseKind>, language: Language) -> Week {
        let monday = monday_of(day);
        let ladder = |subject: Subject| {
            let ladder = Ladder::of(self, subject);
            match evse {
                Some(kind) => ladder.at(kind),
                None => ladder,
            }
        };
        let ladders = [Subject::Energy, Subject::Service, Subject::Charging, Subject::Idle].map(ladder);
        let cells = ladders.iter().flat_map(|ladder| &ladder.rungs).flat_map(|rung| &rung.region.cells);
        let mut edges: Vec<i64> = cells.flat_map(|cell| <[i64; 2]>::from(cell.span(Axis::Minute))).collect();
        edges.sort_unstable();
        edges.dedup();
        let starts = ladders.each_ref().map(|ladder| Start::of(self, ladder, evse));
        let mut found: Vec<(Stretch, Rates)> = Vec::new();
        let mut today: Option<(NaiveDate, [Start; 4])> = None;
        for stretch in stretches(monday, 7, &edges, tz) {
            let (_, now) = match today.take() {
                Some((date, now)) if date == stretch.date => today.insert((date, now)),
                _ => today.insert((stretch.date, starts.each_ref().map(|one| one.on(stretch.date)))),
            };
            let [energy, service, charging, idle] = now.each_ref().map(|one| one.rate(stretch.from_minute));
            let rates = [energy.and(service), charging, idle];
            match found.last_mut() {
                Some((last, same)) if *same == rates && joins(last, &stretch) => {
                    (last.to, last.to_minute) = (stretch.to, stretch.to_minute);
                }
                _ => found.push((stretch, rates)),
            }
        }
        let measures = [Measure::PerKwh, Measure::ChargingPerHour, Measure::IdlePerHour];
        let priced = |at: &usize| found.iter().any(|(_, rates)| rates[*at] != Rate::NotPriced);
        let at = (0..measures.len()).find(priced);
        let gross: Vec<Decimal> =
            found.iter().map(|(_, rates)| at.map_or(Decimal::ZERO, |at| rates[at].gross())).collect();
        let least = gross.iter().min().copied().unwrap_or_default();
        let most = gross.iter().max().copied().unwrap_or_default();
        let mut days: Vec<WeekDay> = (0..7)
            .filter_map(|day| monday.checked_add_days(Days::new(day)))
            .map(|date| WeekDay { date, segments: Vec::new() })
            .collect();
        for ((stretch, rates), gross) in found.iter().zip(gross) {
            let mine = days.iter_mut().find(|day| day.date == stretch.date);
            if let (Some(day), Some(segment)) = (mine, segment(stretch, *rates, level(gross, least, most))) {
                day.segments.push(segment);
            }
        }
        let measure = at.map(|at| measures[at]);
        Week { monday, time_zone: tz, days, measure, least, most, notes: self.notes(&ladders, language) }
    }

    fn notes(&self, ladders: &[Ladder<'_>], language: Language) -> Vec<String> {
        let apart = self.prices(Dimension::Service);
        let mut notes = Vec::new();
        for ladder in ladders {
            let name = subject(ladder.subject, apart, language);
            let steps = steps(ladder, self, language).into_iter().filter(|step| step.beyond_calendar);
            notes.extend(steps.map(|step| self.sentence(name, &step, false, language)));
        }
        notes
    }
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    let since = Days::new(day.weekday().num_days_from_monday().into());
    day.checked_sub_days(since).unwrap_or(day)
}

fn joins(before: &Stretch, after: &Stretch) -> bool {
    before.to == after.from && before.offset == after.offset && before.date == after.date
}

/// `None` for instants beyond what a date can be.
fn segment(stretch: &Stretch, rates: Rates, level: u8) -> Option<Segment> {
    let [per_kwh, charging_per_hour, idle_per_hour] = rates;
    Some(Segment {
        from_minute: u16::try_from(stretch.from_minute).ok()?,
        to_minute: u16::try_from(stretch.to_minute).ok()?,
        from: DateTime::from_timestamp_micros(stretch.from)?,
        to: DateTime::from_timestamp_micros(stretch.to)?,
        per_kwh,
        charging_per_hour,
        idle_per_hour,
        level,
    })
}

fn level(gross: Decimal, least: Decimal, most: Decimal) -> u8 {
    let part = (gross - least).checked_mul(Decimal::from(5)).and_then(|part| part.checked_div(most - least));
    part.map_or(2, |part| part.trunc().to_u8().unwrap_or(4).min(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn levels_share_the_span_evenly() {
        let levels = [dec!(1), dec!(1.19), dec!(1.2), dec!(1.5), dec!(1.8), dec!(2)];
        assert_eq!(levels.map(|gross| level(gross, dec!(1), dec!(2))), [0, 0, 1, 2, 4, 4]);
        assert_eq!(level(dec!(3), dec!(3), dec!(3)), 2);
    }

    #[test]
    fn a_day_at_the_end_of_all_dates_is_no_trouble() {
        let json =
            r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":1}]}]}"#;
        let tariff = Tariff::from_json(json).unwrap();
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let week = tariff.week(day, chrono_tz::Europe::Amsterdam, None, Language::English);
            assert!(week.days.len() <= 7);
        }
    }
}
