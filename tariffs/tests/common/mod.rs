//! What the tests share: short ways to write tariffs, instants and readings.
#![allow(dead_code, reason = "each test file uses some of it")]
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use tariffs::{Activity, Bill, Energy, Plan, Pricer, Reading, Tariff};

/// A tariff in euros with these elements, given as JSON.
pub fn tariff(elements: &str) -> Tariff {
    full(&format!(r#"{{"id":"test","currency":"EUR","elements":[{elements}]}}"#))
}

/// A whole tariff.
pub fn full(json: &str) -> Tariff {
    Tariff::from_json(json).unwrap()
}

/// A session under a tariff.
pub fn begin(tariff: &Tariff, tz: Tz, start: &str) -> Pricer {
    Pricer::new(Arc::new(tariff.clone()), tz, at(start)).unwrap()
}

/// A bill from readings in any order.
pub fn replay(tariff: &Tariff, tz: Tz, start: &str, readings: &[Reading], end: &str) -> Bill {
    let plan = Arc::new(Plan::new(Arc::new(tariff.clone())).unwrap());
    Pricer::replay(plan, tz, at(start), readings.iter().copied()).bill(at(end))
}

pub fn at(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 5 { format!("2026-11-23T{text}:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

pub fn wh(wh: i64) -> Energy {
    Energy::from_wh(Decimal::from(wh)).unwrap()
}

/// A standing of the register in Wh.
pub fn read(text: &str, register: i64) -> Reading {
    Reading::at(at(text)).register(wh(register))
}

pub fn parks(text: &str) -> Reading {
    Reading::at(at(text)).activity(Activity::Parking)
}

pub fn charges(text: &str) -> Reading {
    Reading::at(at(text)).activity(Activity::Charging)
}

/// Lines add up to the totals, exactly, and every line to itself.
pub fn assert_adds_up(bill: &Bill) {
    let sum = |side: fn(&tariffs::Line) -> Decimal| bill.lines.iter().map(side).sum::<Decimal>();
    assert_eq!(sum(|line| line.net), bill.total_excl, "{bill:#?}");
    assert_eq!(sum(|line| line.gross), bill.total_incl, "{bill:#?}");
    for line in &bill.lines {
        assert_eq!(line.net + line.tax, line.gross, "{line:#?}");
        if !line.taxes.is_empty() {
            assert_eq!(line.taxes.iter().map(|part| part.amount).sum::<Decimal>(), line.tax, "{line:#?}");
        }
        for amount in [line.net, line.tax, line.gross] {
            assert!(amount.scale() <= bill.currency.digits(), "{line:#?}");
        }
    }
    let by_rate = bill.vat_totals();
    assert_eq!(by_rate.iter().map(|total| total.net).sum::<Decimal>(), bill.total_excl);
    assert_eq!(by_rate.iter().map(|total| total.gross).sum::<Decimal>(), bill.total_incl);
    for total in &bill.totals {
        let mine = || bill.lines.iter().filter(|line| line.dimension == Some(total.dimension));
        assert_eq!(mine().map(|line| line.net).sum::<Decimal>(), total.net);
        assert_eq!(mine().map(|line| line.gross).sum::<Decimal>(), total.gross);
        let measured = mine().filter(|line| !matches!(line.reason, tariffs::Reason::Cap { .. }));
        assert_eq!(measured.map(|line| line.quantity).sum::<Decimal>(), total.quantity);
    }
}
