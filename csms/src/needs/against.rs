//! Does the schedule that a vehicle will follow keep the plan (K15, K16)?

use super::vehicle::{VOLTS, whole};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use std::str::FromStr;

/// Periods that are looked at; the standard has 1024 at most.
const PERIODS_MAX: usize = 2_048;
/// Where neither says how many phases there are.
const PHASES: i64 = 3;

/// A step of a schedule: from an instant on so many milliwatts.
type Step = (DateTime<Utc>, i64);

/// Why the vehicle's schedule (NotifyEVChargingSchedule) exceeds the profile; `None`: it does not.
pub(crate) fn exceeds(profile: &Value, told: &Value, now: DateTime<Utc>) -> Option<String> {
    let schedule = &told["chargingSchedule"];
    let base = instant(&told["timeBase"]).unwrap_or(now);
    let (theirs, ends) = steps(schedule, base);
    // Of the schedules that it could choose from, it has chosen one (2.1), or the first.
    let all = profile["chargingSchedule"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = all.iter().find(|one| {
        !told["selectedChargingScheduleId"].is_null() && one["id"] == told["selectedChargingScheduleId"]
    });
    let (ours, over) = steps(chosen.or(all.first())?, now);
    let at = |steps: &[Step], instant: DateTime<Utc>| {
        steps.iter().take_while(|(from, _)| *from <= instant).last().map(|(_, power)| *power)
    };
    let looks = theirs.iter().chain(&ours).map(|(from, _)| *from);
    looks
        .filter(|look| ends.is_none_or(|ends| *look < ends) && over.is_none_or(|over| *look < over))
        .find_map(|look| {
            // Where it is to give back it takes nothing; how much it gives is its own affair.
            let (wants, may) = (at(&theirs, look)?, at(&ours, look)?.max(0));
            (wants > may).then(|| {
                format!("{} W are wanted from {look}, and the plan allows {} W", wants / 1000, may / 1000)
            })
        })
}

/// The steps of a schedule, and when it is over.
fn steps(schedule: &Value, base: DateTime<Utc>) -> (Vec<Step>, Option<DateTime<Utc>>) {
    let start = instant(&schedule["startSchedule"]).unwrap_or(base);
    let after = |value: &Value| start.checked_add_signed(TimeDelta::try_seconds(whole(value)?)?);
    let in_amps = schedule["chargingRateUnit"].as_str() == Some("A");
    let periods = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
    let step = |period: &Value| {
        let limit = thousandths(&period["limit"]).or_else(|| thousandths(&period["setpoint"]))?;
        let phases = whole(&period["numberPhases"]).unwrap_or(PHASES).clamp(1, 3);
        let power = if in_amps { limit.saturating_mul(phases * VOLTS) } else { limit };
        Some((after(&period["startPeriod"])?, power))
    };
    (periods.iter().take(PERIODS_MAX).filter_map(step).collect(), after(&schedule["duration"]))
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

fn thousandths(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else { return None };
    let exact = Decimal::from_str(&number.to_string()).ok()?;
    i64::try_from(exact.checked_mul(Decimal::ONE_THOUSAND)?.floor()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        "2026-03-02T18:00:00Z".parse().unwrap()
    }

    fn plan() -> Value {
        json!({"chargingSchedule": [{"id": 1, "startSchedule": "2026-03-02T18:00:00Z", "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16, "numberPhases": 3},
                {"startPeriod": 3600, "limit": 10, "numberPhases": 3}]}]})
    }

    fn told(unit: &str, duration: i64, periods: &Value) -> Value {
        json!({"timeBase": "2026-03-02T18:00:00Z", "evseId": 1, "chargingSchedule": {"id": 1, "chargingRateUnit": unit,
            "duration": duration, "chargingSchedulePeriod": periods}})
    }

    #[test]
    fn what_keeps_the_plan_is_taken() {
        let keeps =
            told("A", 7200, &json!([{"startPeriod": 0, "limit": 16}, {"startPeriod": 3600, "limit": 10}]));
        assert_eq!(exceeds(&plan(), &keeps, now()), None);
        let short = told("A", 3600, &json!([{"startPeriod": 0, "limit": 16}]));
        assert_eq!(exceeds(&plan(), &short, now()), None, "it is over before the plan allows less");
        let watts = told("W", 3600, &json!([{"startPeriod": 0, "limit": 11040}]));
        assert_eq!(exceeds(&plan(), &watts, now()), None);
    }

    #[test]
    fn what_exceeds_it_at_any_instant_is_not() {
        let more = told("A", 60, &json!([{"startPeriod": 0, "limit": 16.1}]));
        assert!(exceeds(&plan(), &more, now()).unwrap().contains("11109 W are wanted"));
        let later = told("A", 7200, &json!([{"startPeriod": 0, "limit": 16}]));
        assert!(exceeds(&plan(), &later, now()).unwrap().contains("19:00:00"), "the plan's own step counts");
        let watts = told("W", 3600, &json!([{"startPeriod": 0, "limit": 11041}]));
        assert!(exceeds(&plan(), &watts, now()).is_some());
    }
}
