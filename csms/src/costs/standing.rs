//! Where a session stands, as the prices of the next hours depend on it.

use crate::{
    session::fact::Fact,
    store::row::{ReadingRow, SessionRow},
};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tariffs::{Activity, Context, ocpp::california::Situation};

/// The situation of a session as of its last reading.
pub(super) fn of<'a>(row: &SessionRow, readings: &[ReadingRow], context: &'a Context) -> Situation<'a> {
    let mut told: Vec<(DateTime<Utc>, bool)> = readings
        .iter()
        .filter_map(|reading| Fact::of(reading).ok())
        .filter_map(|fact| Some((fact.at, fact.body.charging?)))
        .collect();
    told.sort_by_key(|(at, _)| *at);
    let (mut charged, mut idle) = (0, 0);
    for (nth, (from, charging)) in told.iter().enumerate() {
        let until = told.get(nth + 1).map_or(row.last_at, |(at, _)| *at);
        let seconds = (until - *from).num_seconds().max(0);
        match charging {
            true => (charged, idle) = (charged + seconds, 0),
            false => idle += seconds,
        }
    }
    let charges = told.last().is_none_or(|(_, charging)| *charging);
    Situation {
        at: row.last_at,
        started: row.started_at,
        activity: if charges { Activity::Charging } else { Activity::Parking },
        kwh: Decimal::new(row.energy_mwh, 6),
        charging_seconds: u32::try_from(charged).unwrap_or(u32::MAX),
        idle_seconds: u32::try_from(idle).unwrap_or(u32::MAX),
        power: row.power_w.map(|watts| Decimal::new(watts, 3)),
        current: None,
        context,
    }
}
