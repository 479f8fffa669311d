//! A tariff as a driver reads it before paying: what a kWh costs now and until when, the day by its prices, then every
//! price and the whole tariff in sentences.

use super::words::{TariffWords, price_as_read};
use crate::i18n::Lang;
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;
use tariffs::{EvseKind, Measure, Segment, Tariff};

/// The whole day.
const DAY: u16 = 1440;

/// The price before paying.
#[derive(Debug, Clone, Serialize)]
pub struct Tag {
    /// With tax; empty: free.
    pub amount: String,
    pub currency: String,
    /// Word of the texts' family `rate`: what the amount is for.
    pub per: &'static str,
    /// `22:00`, when another price begins within a day.
    pub until: Option<String>,
    /// Today by its prices, if they are not one.
    pub day: Vec<Part>,
    /// Minutes since midnight, on the clock of the site.
    pub now: u32,
    pub words: TariffWords,
}

/// A stretch of today with one price.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    pub from: String,
    pub to: String,
    /// Empty: free.
    pub amount: String,
    /// 0 (cheapest) to 4.
    pub level: u8,
    /// It is this one.
    pub current: bool,
    /// In minutes.
    pub x: u16,
    pub width: u16,
}

impl Tag {
    /// Of a tariff at an EVSE, as of now. Whoever reads it pays all taxes, so amounts are with tax.
    pub fn of(tariff: &Tariff, zone: Tz, evse: Option<EvseKind>, now: DateTime<Utc>, lang: Lang) -> Tag {
        let local = now.with_timezone(&zone);
        let today = local.date_naive();
        let week = tariff.week(today, zone, evse, lang.of_tariffs());
        let measure = week.measure;
        let gross = |segment: &Segment| gross(segment, measure);
        let ahead: Vec<&Segment> =
            week.days.iter().flat_map(|day| &day.segments).filter(|s| s.to > now).collect();
        let price = ahead.first().map(|segment| gross(segment)).unwrap_or_default();
        let change = ahead.iter().find(|segment| gross(segment) != price).map(|segment| segment.from);
        let until = change
            .filter(|at| *at - now < TimeDelta::days(1))
            .map(|at| at.with_timezone(&zone).format("%H:%M").to_string());
        let mut day: Vec<(Part, Decimal)> = Vec::new();
        for segment in week.days.iter().filter(|day| day.date == today).flat_map(|day| &day.segments) {
            let amount = gross(segment);
            let current = segment.from <= now && now < segment.to;
            match day.last_mut() {
                Some((part, same)) if *same == amount && part.x + part.width == segment.from_minute => {
                    part.width = segment.to_minute - part.x;
                    part.to = clock(segment.to_minute);
                    part.current |= current;
                }
                _ => day.push((part(segment, amount, current, tariff), amount)),
            }
        }
        let day = day.into_iter().map(|(part, _)| part).collect::<Vec<_>>();
        let per = match measure {
            Some(Measure::ChargingPerHour) => "charging_per_hour",
            Some(Measure::IdlePerHour) => "idle_per_hour",
            Some(Measure::PerKwh) => "per_kwh",
            // Only a fee per session, which the list of prices shows.
            None => "per_session",
        };
        let day = if day.len() > 1 { day } else { Vec::new() };
        let mut words = TariffWords::of(tariff, lang);
        let rows = words.groups.iter_mut().flat_map(|group| &mut group.rows);
        for (row, price) in rows.zip(tariff.price_list(lang.of_tariffs())) {
            if !row.gross.is_empty() {
                row.gross = price_as_read(price.gross, tariff.currency);
            }
        }
        // What stands above, as the price of now or by the hours of the day, is not said again.
        words.groups.retain(|group| {
            let above = group.word == "per_kwh" && per == "per_kwh";
            !(above && (group.rows.len() == 1 || !day.is_empty()))
        });
        Tag {
            amount: if price.is_zero() { String::new() } else { price.normalize().to_string() },
            currency: tariff.currency.to_string(),
            per,
            until,
            day,
            now: local.hour() * 60 + local.minute(),
            words,
        }
    }
}

fn gross(segment: &Segment, measure: Option<Measure>) -> Decimal {
    match measure {
        Some(Measure::PerKwh) => segment.per_kwh.gross(),
        Some(Measure::ChargingPerHour) => segment.charging_per_hour.gross(),
        Some(Measure::IdlePerHour) => segment.idle_per_hour.gross(),
        None => Decimal::ZERO,
    }
}

fn part(segment: &Segment, amount: Decimal, current: bool, tariff: &Tariff) -> Part {
    Part {
        from: clock(segment.from_minute),
        to: clock(segment.to_minute),
        amount: if amount.is_zero() { String::new() } else { price_as_read(amount, tariff.currency) },
        level: segment.level,
        current,
        x: segment.from_minute,
        width: segment.to_minute.saturating_sub(segment.from_minute),
    }
}

fn clock(minute: u16) -> String {
    let minute = minute.min(DAY);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
pub(super) fn sample_tag(name: &str) -> Tag {
    let zone = if name == "city" { Tz::Europe__Berlin } else { Tz::Asia__Shanghai };
    Tag::of(&super::words::sample_tariff(name), zone, None, super::shell::sample_now(), Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::words::sample_tariff;

    fn tag(name: &str, at: &str, zone: Tz) -> Tag {
        Tag::of(&sample_tariff(name), zone, None, at.parse().unwrap(), Lang::En)
    }

    #[test]
    fn the_price_of_now_stands_with_the_hour_of_the_next_one() {
        // 23:30 and 12:00 in Berlin, in summer.
        let night = tag("city", "2026-05-01T21:30:00Z", Tz::Europe__Berlin);
        assert_eq!((&*night.amount, night.per, night.until.as_deref()), ("0.39", "per_kwh", Some("06:00")));
        let noon = tag("city", "2026-05-01T10:00:00Z", Tz::Europe__Berlin);
        assert_eq!((&*noon.amount, noon.until.as_deref()), ("0.52", Some("22:00")));
        let parts: Vec<_> =
            noon.day.iter().map(|part| (&*part.from, &*part.to, &*part.amount, part.current)).collect();
        assert_eq!(
            parts,
            [
                ("00:00", "06:00", "€0.39", false),
                ("06:00", "22:00", "€0.52", true),
                ("22:00", "24:00", "€0.39", false),
            ]
        );
        assert_eq!(noon.now, 720);
    }

    #[test]
    fn electricity_and_service_are_one_price_and_the_day_is_whole() {
        let peak = tag("shanghai", "2026-05-01T02:00:00Z", Tz::Asia__Shanghai);
        assert_eq!((&*peak.amount, peak.until.as_deref()), ("1.85", Some("11:00")));
        let minutes: u16 = peak.day.iter().map(|part| part.width).sum();
        assert_eq!((minutes, peak.day.iter().filter(|part| part.current).count()), (DAY, 1));
    }

    #[test]
    fn a_tariff_without_hours_has_no_day_and_no_end() {
        let json = r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.4","vat":"19"}]}]}"#;
        let tariff = Tariff::from_json(json).unwrap();
        let tag = Tag::of(&tariff, Tz::UTC, None, "2026-05-01T10:00:00Z".parse().unwrap(), Lang::En);
        assert_eq!((&*tag.amount, tag.until, tag.day.len()), ("0.476", None, 0));
        assert!(tag.words.groups.is_empty(), "the one price is said once");
    }

    #[test]
    fn a_fee_per_session_alone_is_said_so() {
        let json =
            r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"flat","price":"5"}]}]}"#;
        let tag = Tag::of(
            &Tariff::from_json(json).unwrap(),
            Tz::UTC,
            None,
            "2026-05-01T10:00:00Z".parse().unwrap(),
            Lang::Zh,
        );
        assert_eq!((&*tag.amount, tag.per), ("", "per_session"));
        assert_eq!(tag.words.groups[0].word, "per_session");
    }
}
