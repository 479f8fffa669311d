//! The week of a tariff as a heat map: an SVG drawn by the server, and the same as a table for whoever cannot see it.

mod plot;
mod table;
#[cfg(test)]
mod tests;

use super::words::price_text;
use chrono::Offset;
use plot::HeatPlot;
use rust_decimal::Decimal;
use serde::Serialize;
use table::{HeatDay, HeatSpan};
use tariffs::{Currency, Measure, Rate, Segment, Week};

/// Minutes of a day on the clock.
const DAY: u16 = 24 * 60;

/// A week, ready to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Heat {
    /// What the colours are about; word of the texts' family `rate`.
    pub word: &'static str,
    pub currency: String,
    pub plots: Vec<HeatPlot>,
    /// The five levels, the cheapest first.
    pub key: Vec<HeatKey>,
    pub days: Vec<HeatDay>,
    /// The same in words: days in a row that are alike are told together.
    pub table: Vec<HeatSpan>,
    /// Prices that depend on more than the calendar, as sentences.
    pub notes: Vec<String>,
}

/// A level of the legend.
#[derive(Debug, Clone, Serialize)]
pub struct HeatKey {
    pub level: u8,
    /// The prices of the week that have it, without currency; empty: none.
    pub text: String,
}

impl Heat {
    /// Draws a week; `None` when the tariff prices nothing that depends on the time of day.
    pub fn draw(week: &Week, currency: Currency) -> Option<Heat> {
        let measure = week.measure?;
        let days = table::labels(week);
        Some(Heat {
            word: word_of(measure),
            currency: currency.to_string(),
            plots: plot::plots(week, measure, currency),
            key: key(week, measure, currency),
            table: table::table(week, &days, currency),
            days,
            notes: week.notes.clone(),
        })
    }
}

/// Word of the texts' family `rate`.
pub fn word_of(measure: Measure) -> &'static str {
    match measure {
        Measure::PerKwh => "per_kwh",
        Measure::ChargingPerHour => "charging_per_hour",
        Measure::IdlePerHour => "idle_per_hour",
    }
}

fn rate(segment: &Segment, measure: Measure) -> Rate {
    match measure {
        Measure::PerKwh => segment.per_kwh,
        Measure::ChargingPerHour => segment.charging_per_hour,
        Measure::IdlePerHour => segment.idle_per_hour,
    }
}

fn key(week: &Week, measure: Measure, currency: Currency) -> Vec<HeatKey> {
    let prices = |level: u8| {
        let segments = week.days.iter().flat_map(|day| &day.segments).filter(move |one| one.level == level);
        segments.map(|segment| rate(segment, measure).gross())
    };
    let text = |level: u8| {
        let (Some(least), Some(most)) = (prices(level).min(), prices(level).max()) else {
            return String::new();
        };
        let text = ranged(least, most, currency);
        text.split('\u{a0}').next().unwrap_or_default().to_owned()
    };
    (0..5).map(|level| HeatKey { level, text: text(level) }).collect()
}

/// `0.39 EUR`, or `0.39–0.52 EUR`.
pub fn ranged(least: Decimal, most: Decimal, currency: Currency) -> String {
    let most_text = price_text(most, currency);
    if least == most {
        return most_text;
    }
    let least = price_text(least, currency);
    format!("{}–{most_text}", least.split('\u{a0}').next().unwrap_or_default())
}

fn span(from: u16, to: u16) -> String {
    format!("{:02}:{:02}–{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

/// `UTC+2`, `UTC+5:30`.
fn offset(segment: &Segment, week: &Week) -> String {
    let minutes = segment.from.with_timezone(&week.time_zone).offset().fix().local_minus_utc() / 60;
    let sign = if minutes < 0 { '−' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    if rest == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{rest:02}") }
}

#[cfg(test)]
pub(super) fn sample(name: &str, day: &str, zone: &str, lang: crate::i18n::Lang) -> Heat {
    let tariff = super::words::sample_tariff(name);
    let zone = super::format::zone_of(zone);
    let week = tariff.week(day.parse().unwrap(), zone, None, lang.of_tariffs());
    Heat::draw(&week, tariff.currency).unwrap()
}
