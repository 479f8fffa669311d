//! Rules for everything that a CSMS sends, whatever the case: beyond the schemas.

use std::collections::HashSet;

use serde_json::Value;

/// Whether a call breaks a rule that holds in every case.
///
/// # Errors
/// The rule that is broken, with its requirement.
pub(crate) fn check(action: &str, payload: &Value) -> Result<(), String> {
    match action {
        "SetChargingProfile" | "RequestStartTransaction" | "RemoteStartTransaction" => {
            let profile = ["chargingProfile", "csChargingProfiles"].iter().find_map(|name| payload.get(name));
            profile.map_or(Ok(()), profile_rules)
        }
        "SetVariables" => each_once(payload, "setVariableData")
            .map_err(|what| format!("{what} stands twice in one request (B05.FR.13)")),
        "SendLocalList" => {
            let version = payload.get("versionNumber").or_else(|| payload.get("listVersion"));
            match version.and_then(Value::as_i64) {
                Some(number) if number <= 0 => {
                    Err(format!("the list has version {number}, but has to be above 0 (D01.FR.18)"))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn profile_rules(profile: &Value) -> Result<(), String> {
    let purpose = profile.get("chargingProfilePurpose").and_then(Value::as_str).unwrap_or_default();
    let kind = profile.get("chargingProfileKind").and_then(Value::as_str).unwrap_or_default();
    if purpose == "ChargingStationExternalConstraints" {
        return Err("a CSMS must not set external constraints (K01.FR.22)".to_owned());
    }
    if purpose == "ChargingStationMaxProfile" && kind == "Relative" {
        return Err("a maximum of the station must not be relative (K01.FR.38)".to_owned());
    }
    let schedules = match profile.get("chargingSchedule") {
        Some(Value::Array(many)) => many.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for schedule in schedules {
        let starts = schedule.get("startSchedule").is_some();
        match kind {
            "Relative" if starts => {
                return Err("a relative schedule must not have a start (K01.FR.41)".to_owned());
            }
            "Absolute" | "Recurring" if !starts => {
                return Err(format!("a schedule of kind {kind} needs a start (K01.FR.40)"));
            }
            _ => {}
        }
        let periods = schedule.get("chargingSchedulePeriod").and_then(Value::as_array);
        let mut last = None;
        for period in periods.into_iter().flatten() {
            let start = period.get("startPeriod").and_then(Value::as_i64);
            match (last, start) {
                (None, Some(start)) if start != 0 => {
                    return Err(format!("the first period starts at {start}, not at 0 (K01.FR.31)"));
                }
                (Some(last), Some(start)) if start <= last => {
                    return Err(format!("a period at {start} comes after one at {last} (K01.FR.35)"));
                }
                _ => last = start,
            }
            let phases = period.get("numberPhases").and_then(Value::as_i64);
            if period.get("phaseToUse").is_some() && phases != Some(1) {
                return Err("phaseToUse goes with one phase only (K01.FR.19)".to_owned());
            }
        }
    }
    Ok(())
}

/// A component and variable (and attribute) that a list names twice.
fn each_once(payload: &Value, list: &str) -> Result<(), String> {
    let mut seen = HashSet::new();
    for item in payload.get(list).and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| item.get(name).map(Value::to_string).unwrap_or_default();
        let key = format!("{} {} {}", part("component"), part("variable"), part("attributeType"));
        if !seen.insert(key.to_ascii_lowercase()) {
            return Err(part("variable"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(purpose: &str, kind: &str, schedule: Value) -> Value {
        json!({ "chargingProfile": { "chargingProfilePurpose": purpose, "chargingProfileKind": kind,
            "chargingSchedule": [schedule] } })
    }

    #[test]
    fn each_rule_is_seen_to_be_broken() {
        let period = |start: i64| json!({ "startPeriod": start, "limit": 6 });
        let starting = |periods: Value| json!({ "startSchedule": "x", "chargingSchedulePeriod": periods });
        for (purpose, kind, schedule, rule) in [
            ("ChargingStationExternalConstraints", "Absolute", starting(json!([period(0)])), "K01.FR.22"),
            ("ChargingStationMaxProfile", "Relative", json!({}), "K01.FR.38"),
            ("TxProfile", "Relative", starting(json!([period(0)])), "K01.FR.41"),
            ("TxProfile", "Absolute", json!({}), "K01.FR.40"),
            ("TxProfile", "Absolute", starting(json!([period(5)])), "K01.FR.31"),
            ("TxProfile", "Absolute", starting(json!([period(0), period(9), period(8)])), "K01.FR.35"),
            (
                "TxProfile",
                "Absolute",
                starting(json!([{ "startPeriod": 0, "limit": 6, "phaseToUse": 1 }])),
                "K01.FR.19",
            ),
        ] {
            let told = check("SetChargingProfile", &profile(purpose, kind, schedule)).expect_err(rule);
            assert!(told.contains(rule), "{told}");
        }
        let fine = profile("TxProfile", "Absolute", starting(json!([period(0), period(9)])));
        assert_eq!(check("SetChargingProfile", &fine), Ok(()));
    }

    #[test]
    fn a_variable_stands_once_in_a_request() {
        let one = json!({ "component": { "name": "A" }, "variable": { "name": "B" }, "attributeValue": "1" });
        let twice = json!({ "setVariableData": [one, one] });
        assert!(check("SetVariables", &twice).is_err_and(|told| told.contains("B05.FR.13")));
        assert_eq!(check("SetVariables", &json!({ "setVariableData": [one] })), Ok(()));
        assert!(check("SendLocalList", &json!({ "versionNumber": 0 })).is_err());
        assert_eq!(check("SendLocalList", &json!({ "listVersion": 1 })), Ok(()));
    }
}
