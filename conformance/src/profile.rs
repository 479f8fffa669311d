//! What a charging schedule allows, in watts.

use serde_json::Value;

/// Nominal voltage between a phase and neutral, V.
const VOLTS: i64 = 230;
/// Phases when the schedule does not say (1.6 §7.14, 2.x ChargingSchedulePeriodType).
const PHASES: i64 = 3;

/// The limit of a schedule's first period, W, rounded down; `None` if the schedule is not understood.
///
/// A virtual station heeds the first period only: enough to see that a limit arrives and lowers the power.
pub(crate) fn limit_w(schedule: &Value) -> Option<i64> {
    let period = schedule.get("chargingSchedulePeriod")?.as_array()?.first()?;
    let limit = period.get("limit")?;
    // Limits have at most one decimal place (1.6 §7.14).
    let tenths = limit.as_i64().map(|l| l.saturating_mul(10)).or_else(|| tenths(&limit.to_string()))?;
    let phases = period.get("numberPhases").and_then(Value::as_i64).unwrap_or(PHASES);
    match schedule.get("chargingRateUnit")?.as_str()? {
        "W" => Some(tenths / 10),
        "A" => Some(tenths.saturating_mul(VOLTS * phases) / 10),
        _ => None,
    }
}

fn tenths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let first: i64 = fraction.get(..1)?.parse().ok()?;
    Some(whole.parse::<i64>().ok()?.saturating_mul(10).saturating_add(first))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn watts_and_amperes() {
        let limit = |unit: &str, period: Value| {
            limit_w(&json!({ "chargingRateUnit": unit, "chargingSchedulePeriod": [period] }))
        };
        assert_eq!(limit("W", json!({ "startPeriod": 0, "limit": 11000 })), Some(11_000));
        assert_eq!(limit("W", json!({ "startPeriod": 0, "limit": 11000.5 })), Some(11_000));
        assert_eq!(limit("A", json!({ "startPeriod": 0, "limit": 16 })), Some(11_040));
        assert_eq!(limit("A", json!({ "startPeriod": 0, "limit": 7.5, "numberPhases": 1 })), Some(1_725));
        assert_eq!(limit("hp", json!({ "startPeriod": 0, "limit": 16 })), None);
        assert_eq!(limit_w(&json!({ "chargingRateUnit": "A", "chargingSchedulePeriod": [] })), None);
    }
}
