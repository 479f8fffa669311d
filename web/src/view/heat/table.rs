//! The map as a table.

use super::{DAY, offset, rate, span, word_of};
use crate::view::words::price_text;
use rust_decimal::Decimal;
use serde::Serialize;
use tariffs::{Currency, Measure, Rate, Segment, Week, WeekDay};

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatDay {
    /// Word of the texts' family `day`.
    pub word: &'static str,
    /// E.g. `2026-03-29`.
    pub date: String,
    /// E.g. `03-29` and `29`.
    pub short: String,
    pub number: String,
    /// How many hours it has, where those are not 24.
    pub hours: Option<String>,
}

/// Days in a row with the same prices at the same times.
#[derive(Debug, Clone, Serialize)]
pub struct HeatSpan {
    pub first: HeatDay,
    /// `None`: one day.
    pub last: Option<HeatDay>,
    pub slots: Vec<HeatSlot>,
}

/// A stretch of a day in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatSlot {
    /// E.g. `06:00–22:00`.
    pub time: String,
    /// The distance from UTC, on days that change it.
    pub offset: Option<String>,
    pub level: u8,
    pub prices: Vec<HeatPrice>,
}

/// One price of a stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatPrice {
    /// Word of the texts' family `rate`.
    pub word: &'static str,
    /// With tax and currency; empty: free.
    pub amount: String,
}

/// Words of the texts' family `day`.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// How the days are called.
pub(super) fn labels(week: &Week) -> Vec<HeatDay> {
    week.days.iter().zip(DAYS).map(|(day, word)| label(day, word)).collect()
}

fn label(day: &WeekDay, word: &'static str) -> HeatDay {
    let minutes: i64 = day.segments.iter().map(|segment| (segment.to - segment.from).num_minutes()).sum();
    let odd = minutes != i64::from(DAY);
    HeatDay {
        word,
        date: day.date.format("%Y-%m-%d").to_string(),
        short: day.date.format("%m-%d").to_string(),
        number: day.date.format("%-d").to_string(),
        hours: odd.then(|| Decimal::new(minutes * 100 / 60, 2).normalize().to_string()),
    }
}

/// Days in a row that are alike are one row.
pub(super) fn table(week: &Week, days: &[HeatDay], currency: Currency) -> Vec<HeatSpan> {
    let mut spans: Vec<HeatSpan> = Vec::new();
    for (day, label) in week.days.iter().zip(days) {
        let slots = day.segments.iter().map(|segment| HeatSlot {
            time: span(segment.from_minute, segment.to_minute),
            offset: label.hours.as_ref().map(|_| offset(segment, week)),
            level: segment.level,
            prices: prices(segment, currency),
        });
        let slots: Vec<HeatSlot> = slots.collect();
        match spans.last_mut() {
            Some(last) if last.slots == slots => last.last = Some(label.clone()),
            _ => spans.push(HeatSpan { first: label.clone(), last: None, slots }),
        }
    }
    spans
}

fn prices(segment: &Segment, currency: Currency) -> Vec<HeatPrice> {
    let all = [Measure::PerKwh, Measure::ChargingPerHour, Measure::IdlePerHour];
    let priced = all.into_iter().filter_map(|measure| {
        let amount = match rate(segment, measure) {
            Rate::NotPriced => return None,
            Rate::Free => String::new(),
            Rate::Price { gross, .. } => price_text(gross, currency),
        };
        Some(HeatPrice { word: word_of(measure), amount })
    });
    priced.collect()
}
