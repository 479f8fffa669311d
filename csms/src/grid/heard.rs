//! What stations say by themselves: limits that somebody on site has set, and what vehicles need.

use super::plan::Plan;
use crate::{
    id::Ids,
    needs::Vehicle,
    store::{
        StoreError, Tx,
        grid::{self, LimitRow, NeedRow, SaidRow, SessionAt},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{
    grid::Most,
    units::{Milliamps, PerPhase, Watts},
};
use rust_decimal::Decimal;
use serde_json::Value;
use std::str::FromStr;

/// Periods of a limit that are kept; a station that tells more is followed so far.
const PERIODS_MAX: usize = 100;

/// Takes messages over, oldest first. What is known already changes nothing.
pub(super) async fn take(
    tx: &mut Tx,
    ids: &Ids,
    (site, plan): (i64, &Plan),
    said: &[SaidRow],
    sessions: &[SessionAt],
) -> Result<(), StoreError> {
    let mut late = Vec::new();
    for row in said {
        let Ok(body) = serde_json::from_str::<Value>(&row.body) else { continue };
        match row.kind.as_str() {
            "station.limit" => {
                let evse = number(&body["evseId"]).unwrap_or(0);
                let source = source(&body["chargingLimit"]["chargingLimitSource"]);
                let limits = limits(ids, site, row, evse, &source, &body);
                let left_out =
                    grid::replace_said(tx, (&row.station_id, evse, &source), row.id, &limits).await?;
                if left_out > 0 {
                    tracing::warn!(
                        station = row.station_id,
                        left_out,
                        "a station tells more limits than are kept of one"
                    );
                }
            }
            "station.limit.cleared" => {
                let source = source(&body["chargingLimitSource"]);
                match number(&body["evseId"]).filter(|evse| *evse > 0) {
                    Some(evse) => {
                        grid::replace_said(tx, (&row.station_id, evse, &source), row.id, &[]).await?;
                    }
                    None => {
                        let of = plan.names.evses.values().filter(|(station, _)| *station == row.station_id);
                        let all = of.map(|(_, evse)| i64::from(*evse)).chain([0]);
                        for evse in all {
                            grid::replace_said(tx, (&row.station_id, evse, &source), row.id, &[]).await?;
                        }
                    }
                }
            }
            _ => {
                if let Some(need) = need(site, row, &body, sessions)
                    && !grid::set_need(tx, &need).await?
                {
                    late.push(need);
                }
            }
        }
    }
    // An operator may have said something before this was heard, about something else: of what is older the newest counts.
    for need in late.iter().rev() {
        grid::fill_need(tx, need).await?;
    }
    Ok(())
}

/// Whoever has set the limit, as the station says.
fn source(value: &Value) -> String {
    let word: String = value.as_str().unwrap_or_default().chars().take(40).collect();
    format!("station: {word}")
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64()
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

fn thousandths(value: &Value) -> Option<i64> {
    i64::try_from(decimal(value)?.checked_mul(Decimal::ONE_THOUSAND)?.floor()).ok()
}

/// The periods of the schedule. A limit without one says nothing that could be counted on.
fn limits(ids: &Ids, site: i64, row: &SaidRow, evse: i64, source: &str, body: &Value) -> Vec<LimitRow> {
    let schedules = body["chargingSchedule"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for schedule in schedules {
        let start = schedule["startSchedule"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let start = start.unwrap_or(row.at);
        let seconds = |s: i64| start.checked_add_signed(TimeDelta::try_seconds(s)?);
        let ends = number(&schedule["duration"]).and_then(seconds);
        let periods = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (at, period) in periods.iter().enumerate() {
            let most =
                thousandths(&period["limit"]).and_then(|limit| match schedule["chargingRateUnit"].as_str() {
                    Some("A") => Some(Most::Current(PerPhase::all(Milliamps(limit)))),
                    Some("W") => Some(Most::Power(Watts(limit / 1000))),
                    _ => None,
                });
            let next = periods.get(at + 1).and_then(|next| number(&next["startPeriod"])).and_then(seconds);
            let from = number(&period["startPeriod"]).and_then(seconds);
            let (Some(most), Some(from)) = (most, from) else { continue };
            found.push(LimitRow {
                id: ids.next(),
                site_id: site,
                node_id: None,
                station_id: row.station_id.clone(),
                evse,
                source: "on_site".to_owned(),
                most: serde_json::to_string(&most).unwrap_or_default(),
                from_at: from,
                until_at: next.or(ends),
                told_by: source.to_owned(),
                event_id: row.id,
            });
        }
    }
    found.truncate(PERIODS_MAX);
    found
}

/// What a vehicle has said it needs, as long as its session runs: the vehicle that is there now may be another one.
fn need(site: i64, row: &SaidRow, body: &Value, sessions: &[SessionAt]) -> Option<NeedRow> {
    let session = sessions.iter().find(|session| Some(session.id) == row.session_id)?;
    let needs = &body["chargingNeeds"];
    let (ac, dc) = (&needs["acChargingParameters"], &needs["dcChargingParameters"]);
    let ac_current = thousandths(&ac["evMaxCurrent"]);
    let both = &needs["v2xChargingParameters"]["evTargetEnergyRequest"];
    let wh = number(&ac["energyAmount"]).or_else(|| number(&dc["energyAmount"])).or_else(|| number(both));
    Some(NeedRow {
        session_id: session.id,
        site_id: site,
        class: None,
        target_mwh: wh.and_then(|wh| session.energy_mwh.checked_add(wh.checked_mul(1000)?)),
        deadline: needs["departureTime"].as_str().and_then(|at| at.parse().ok()),
        most_ma: ac_current.filter(|most| *most > 0),
        phases: match needs["requestedEnergyTransfer"].as_str() {
            Some("AC_single_phase") => Some(1),
            Some("AC_two_phase") => Some(2),
            Some("AC_three_phase") => Some(3),
            _ => None,
        },
        told_by: "vehicle".to_owned(),
        event_id: row.id,
        back_ma: Some(Vehicle::read(body).offers_ma()),
        give_ma: None,
        give_until: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use serde_json::json;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn said(kind: &str, body: &Value) -> SaidRow {
        let (kind, body) = (kind.to_owned(), body.to_string());
        let station_id = "S".to_owned();
        SaidRow { id: 7, at: at("2026-03-02T08:00:00Z"), station_id, session_id: None, kind, body }
    }

    #[test]
    fn a_limit_is_kept_period_by_period() {
        let ids = Ids::new(Clock::fixed(at("2026-03-02T08:00:00Z")), 0);
        let body = json!({"evseId": 2, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [{
            "id": 1, "duration": 3600, "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}, {"startPeriod": 600, "limit": 16}]}]});
        let found = limits(&ids, 1, &said("station.limit", &body), 2, "station: EMS", &body);
        let told: Vec<_> = found.iter().map(|row| (&*row.most, row.from_at, row.until_at)).collect();
        let (first, second, last) =
            (at("2026-03-02T08:00:00Z"), at("2026-03-02T08:10:00Z"), at("2026-03-02T09:00:00Z"));
        assert_eq!(
            told,
            [
                (r#"{"current":[10500,10500,10500]}"#, first, Some(second)),
                (r#"{"current":[16000,16000,16000]}"#, second, Some(last))
            ]
        );
    }
}
