//! Charging periods: without gaps or overlaps they fill the session, and their energy is its energy.

use super::{Found, Kind, metering::kwh};
use crate::store::row::SessionRow;
use chrono::{DateTime, Utc};
use tariffs::{AnomalyKind, Bill, ChargingPeriod};

/// `reached`: the newest instant that the readings tell of; a bill reaches at least as far.
pub(super) fn check(
    session: &SessionRow,
    bill: &Bill,
    periods: &[ChargingPeriod],
    reached: DateTime<Utc>,
) -> Found {
    let mut found = Found::new(Kind::Periods);
    found.same("bill.from", bill.from, session.started_at);
    // What comes from a broken clock, 400 days late, has no time.
    let too_late = bill.anomalies.iter().any(|anomaly| anomaly.kind == AnomalyKind::TooLate);
    if let Some(ended_at) = session.ended_at.filter(|_| !too_late) {
        found.same("bill.to", bill.to, ended_at.max(reached));
    }
    let energy = periods.iter().map(|period| i128::from(period.energy.mwh())).sum::<i128>();
    if energy != i128::from(bill.energy.mwh()) {
        let energy = i64::try_from(energy).map_or_else(|_| energy.to_string(), kwh);
        found.note("periods.energy", energy, kwh(bill.energy.mwh()));
    }
    let mut at = bill.from;
    for (index, period) in periods.iter().enumerate() {
        found.same(format!("periods[{index}].from"), period.from, at);
        if period.to < period.from {
            found.note(format!("periods[{index}].to"), period.to, format!("not before {}", period.from));
        }
        at = period.to;
    }
    // A session in which nothing happened at one instant has no period.
    found.same("periods.to", at, bill.to);
    found
}
