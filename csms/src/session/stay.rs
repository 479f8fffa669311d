//! A car that stays after charging: since when it takes nothing, and when the fee for that begins. The fee is asked of the
//! pricer itself: whatever the tariff's conditions are, the first minute that makes a session dearer is the answer.

use super::fact::Fact;
use crate::{
    catalog::Snapshot,
    store::row::{ReadingRow, SessionRow},
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::sync::Arc;
use tariffs::{Activity, Charge, Pricer, Reading};

/// Looked ahead so far.
const HORIZON_MIN: i64 = 12 * 60;
/// A car that takes less only keeps itself awake.
const IDLE_W: i64 = 100;

/// The fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    /// The last minute that is free.
    pub begins: DateTime<Utc>,
    /// What the first hour of it costs, with tax.
    pub hour: Decimal,
}

/// Can the car be one that takes nothing, by what the session's row says?
pub fn may_be_idle(row: &SessionRow) -> bool {
    row.state == "open" && row.power_w.is_none_or(|watts| watts < IDLE_W)
}

/// Since when the car of a session that runs has taken nothing; `None`: it charges, or nobody has said.
pub fn idle_since(row: &SessionRow, readings: &[ReadingRow]) -> Option<DateTime<Utc>> {
    last_idle(readings).filter(|_| may_be_idle(row))
}

fn last_idle(readings: &[ReadingRow]) -> Option<DateTime<Utc>> {
    let mut told: Vec<(DateTime<Utc>, bool)> = readings
        .iter()
        .filter_map(|reading| Fact::of(reading).ok())
        .filter_map(|fact| Some((fact.at, fact.body.charging?)))
        .collect();
    told.sort_by_key(|(at, _)| *at);
    let begin = told.iter().rposition(|(_, charging)| *charging).map_or(0, |last| last + 1);
    told.get(begin).map(|(at, _)| *at)
}

/// The fee of a car that has charged since `start` and takes nothing since `idle`; `None`: there is none within
/// half a day. Prices that depend on the energy taken are taken as for none.
pub fn fee(tariff: &Snapshot, zone: Tz, start: DateTime<Utc>, idle: DateTime<Utc>) -> Option<Fee> {
    let idle = idle.max(start);
    let mut pricer = Pricer::with_plan(Arc::clone(&tariff.plan), zone, start);
    pricer.push(Reading::at(start).activity(Activity::Charging)).ok()?;
    pricer.push(Reading::at(idle).activity(Activity::Parking)).ok()?;
    let at = |minute: i64| idle + TimeDelta::minutes(minute);
    let cost = |minute: i64| {
        let totals = pricer.bill(at(minute)).totals;
        let idle = totals.into_iter().find(|total| total.dimension == Charge::ParkingTime);
        idle.map_or(Decimal::ZERO, |total| total.gross)
    };
    if cost(HORIZON_MIN) <= Decimal::ZERO {
        return None;
    }
    // The cost never falls with time, so the last minute without one is found by halving.
    let (mut free, mut dear) = (0, HORIZON_MIN);
    while dear - free > 1 {
        let middle = free + (dear - free) / 2;
        if cost(middle) > Decimal::ZERO { dear = middle } else { free = middle }
    }
    Some(Fee { begins: at(free), hour: cost(free + 60) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tariffs::Tariff;

    fn snapshot(idle: &str) -> Snapshot {
        let json = format!(
            r#"{{"id":"t","currency":"EUR","tax_included":"yes","elements":[
                {{"components":[{{"dimension":"energy","price":"0.5","vat":"19"}}]}}{idle}]}}"#
        );
        Snapshot::of(Tariff::from_json(&json).unwrap()).unwrap()
    }

    fn fee_of(idle: &str, charged_min: i64) -> Option<(i64, String)> {
        let start = "2026-05-01T10:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let end = start + TimeDelta::minutes(charged_min);
        let fee = fee(&snapshot(idle), Tz::Europe__Berlin, start, end)?;
        Some(((fee.begins - end).num_minutes(), fee.hour.normalize().to_string()))
    }

    const PRICE: &str = r#"{"components":[{"dimension":"parking_time","price":"6","vat":"19"}]"#;

    #[test]
    fn the_grace_of_the_tariff_is_found() {
        let grace = format!(r#",{PRICE},"restrictions":{{"min_idle_time":1800}}}}"#);
        assert_eq!(fee_of(&grace, 40), Some((30, "6".into())));
        // Counted from the beginning of the session: an hour of four has passed.
        let bay = format!(r#",{PRICE},"restrictions":{{"min_duration":14400}}}}"#);
        assert_eq!(fee_of(&bay, 60), Some((180, "6".into())));
        // The time is over already.
        assert_eq!(fee_of(&bay, 300), Some((0, "6".into())));
    }

    #[test]
    fn hours_of_the_day_count() {
        // 12:40 in Berlin; the fee holds from 14:00 to 14:30.
        let hours = format!(r#",{PRICE},"restrictions":{{"start_time":"14:00","end_time":"14:30"}}}}"#);
        assert_eq!(fee_of(&hours, 40), Some((80, "3".into())));
    }

    #[test]
    fn a_tariff_without_it_has_none() {
        assert_eq!(fee_of("", 40), None);
    }

    fn told(minute: i64, charging: Option<bool>) -> ReadingRow {
        let at = DateTime::from_timestamp(1_780_000_000 + 60 * minute, 0).unwrap();
        let body = serde_json::json!({ "charging": charging }).to_string();
        ReadingRow {
            session_id: 1,
            digest: minute,
            at,
            received_at: at,
            phase: "update".into(),
            seq: None,
            register_mwh: None,
            power_w: None,
            soc_percent: None,
            body,
        }
    }

    #[test]
    fn a_car_is_idle_since_the_last_word_that_began_it() {
        let minute =
            |readings: &[ReadingRow]| last_idle(readings).map(|at| (at.timestamp() - 1_780_000_000) / 60);
        assert_eq!(minute(&[]), None);
        assert_eq!(minute(&[told(0, Some(true)), told(5, None)]), None);
        let paused = [told(0, Some(true)), told(5, Some(false)), told(9, Some(false)), told(12, None)];
        assert_eq!(minute(&paused), Some(5));
        let resumed = [told(5, Some(false)), told(0, Some(true)), told(20, Some(false)), told(9, Some(true))];
        assert_eq!(minute(&resumed), Some(20));
    }
}
