//! What a profile may say of energy in both directions: nothing before 2.1, and in 2.1 what its mode of operation has.

use super::{Unfit, invalid, unsupported};
use crate::link::dialect::decimal;
use ocpp::Version;
use rust_decimal::Decimal;
use serde_json::Value;

/// Fields of ChargingSchedulePeriodType that are new in 2.1.
const FIELDS: [&str; 17] = [
    "dischargeLimit",
    "dischargeLimit_L2",
    "dischargeLimit_L3",
    "evseSleep",
    "limit_L2",
    "limit_L3",
    "operationMode",
    "preconditioningRequest",
    "setpoint",
    "setpointReactive",
    "setpointReactive_L2",
    "setpointReactive_L3",
    "setpoint_L2",
    "setpoint_L3",
    "v2xBaseline",
    "v2xFreqWattCurve",
    "v2xSignalWattCurve",
];
/// Points that a curve needs to be one (Q08).
const POINTS_LEAST: usize = 2;

/// May a profile be sent in this version?
///
/// # Errors
/// `Unsupported` for what only 2.1 has, `Invalid` for what contradicts its mode.
pub(super) fn check(version: Version, profile: &Value) -> Result<(), Unfit> {
    let name = if version == Version::V16 { "1.6" } else { "2.0.1" };
    let word = |field: &str| profile[field].as_str().unwrap_or_default();
    if version != Version::V21 {
        if word("chargingProfileKind") == "Dynamic" {
            return unsupported(format!("{name} has no dynamic profiles; 2.1 has"));
        }
        if let purpose @ ("PriorityCharging" | "LocalGeneration") = word("chargingProfilePurpose") {
            return unsupported(format!("{name} has no profiles of purpose {purpose}; 2.1 has"));
        }
    }
    let schedules = match &profile["chargingSchedule"] {
        Value::Array(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    };
    let is_priority = word("chargingProfilePurpose") == "PriorityCharging";
    for (nth, schedule) in schedules.iter().enumerate() {
        let periods = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (at, period) in periods.iter().enumerate() {
            if version != Version::V21 {
                if let Some(field) = FIELDS.iter().find(|field| period.get(**field).is_some()) {
                    return unsupported(format!("{name} profiles have no {field}; those of 2.1 have"));
                }
                continue;
            }
            let wrong = period_wrong(schedule, period).or_else(|| {
                let only = period["operationMode"].as_str().is_none_or(|mode| mode == "ChargingOnly");
                (is_priority && !only).then(|| "priority is for charging only (K21)".to_owned())
            });
            if let Some(wrong) = wrong {
                return invalid(format!("chargingSchedule[{nth}].chargingSchedulePeriod[{at}]: {wrong}"));
            }
        }
    }
    Ok(())
}

fn period_wrong(schedule: &Value, period: &Value) -> Option<String> {
    let has = |field: &str| period.get(field).is_some();
    let any = |fields: &[&str]| fields.iter().copied().find(|field| has(field)).map(str::to_owned);
    let limits =
        ["limit", "limit_L2", "limit_L3", "dischargeLimit", "dischargeLimit_L2", "dischargeLimit_L3"];
    let setpoints = ["setpoint", "setpoint_L2", "setpoint_L3"];
    let mode = period["operationMode"].as_str().unwrap_or("ChargingOnly");
    let has_no =
        |fields: &[&str], rule: &str| any(fields).map(|field| format!("mode {mode} has no {field} ({rule})"));
    let points = |field: &str| period[field].as_array().map_or(0, Vec::len);
    match mode {
        "ChargingOnly" => has_no(&setpoints, "Q02.FR.02").or_else(|| has_no(&limits[3..], "Q02.FR.02")),
        "CentralSetpoint" => has_no(&limits, "Q03.FR.02").or_else(|| {
            (!has("setpoint")).then(|| "mode CentralSetpoint needs a setpoint (Q03.FR.02)".to_owned())
        }),
        "CentralFrequency" => has_no(&limits, "Q06").or_else(|| {
            let led = has("setpoint") || has("v2xSignalWattCurve");
            (!led).then(|| {
                "mode CentralFrequency needs a setpoint, or a v2xSignalWattCurve (Q06, Q07)".to_owned()
            })
        }),
        "LocalFrequency" => has_no(&limits, "Q08").or_else(|| has_no(&setpoints, "Q08")).or_else(|| {
            let watts = schedule["chargingRateUnit"] == "W";
            let led = has("v2xBaseline") && points("v2xFreqWattCurve") >= POINTS_LEAST && watts;
            let needs =
                "mode LocalFrequency needs v2xBaseline and a v2xFreqWattCurve of two points in W (Q08)";
            (!led).then(|| needs.to_owned())
        }),
        "Idle" => has_no(&limits, "Q01").or_else(|| has_no(&setpoints, "Q01")),
        _ => None,
    }
    .or_else(|| values_wrong(period))
}

/// Limits have their signs, setpoints lie between them, and L1 has what L2 and L3 have.
fn values_wrong(period: &Value) -> Option<String> {
    for kind in ["limit", "dischargeLimit", "setpoint"] {
        for other in ["_L2", "_L3"] {
            let field = format!("{kind}{other}");
            if period.get(&field).is_some() && period.get(kind).is_none() {
                return Some(format!("{field} without {kind}, which is that of L1 then"));
            }
        }
    }
    for phase in ["", "_L2", "_L3"] {
        let of =
            |kind: &str| period.get(format!("{kind}{phase}")).or_else(|| period.get(kind)).and_then(decimal);
        let (limit, back, setpoint) = (of("limit"), of("dischargeLimit"), of("setpoint"));
        if limit.is_some_and(|limit| limit < Decimal::ZERO) {
            return Some(format!("limit{phase} is negative; what is given back is dischargeLimit"));
        }
        if back.is_some_and(|back| back > Decimal::ZERO) {
            return Some(format!("dischargeLimit{phase} is zero or negative (Q01)"));
        }
        let beyond = setpoint.is_some_and(|setpoint| {
            limit.is_some_and(|limit| setpoint > limit) || back.is_some_and(|back| setpoint < back)
        });
        if beyond {
            return Some(format!("setpoint{phase} lies beyond its limits"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(version: Version, unit: &str, period: &Value) -> String {
        let profile = json!({"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
            "chargingSchedule": [{"chargingRateUnit": unit, "chargingSchedulePeriod": [period]}]});
        check(version, &profile).err().map(|unfit| unfit.to_string()).unwrap_or_default()
    }

    #[test]
    fn older_versions_do_not_give_back() {
        for version in [Version::V16, Version::V201] {
            let back = json!({"startPeriod": 0, "limit": 16, "dischargeLimit": -5});
            assert!(
                told(version, "A", &back).ends_with("profiles have no dischargeLimit; those of 2.1 have")
            );
            assert_eq!(told(version, "A", &json!({"startPeriod": 0, "limit": 16, "numberPhases": 1})), "");
            let dynamic = json!({"chargingProfileKind": "Dynamic", "chargingSchedule": []});
            assert!(matches!(check(version, &dynamic), Err(Unfit::Unsupported(_))));
            let priority = json!({"chargingProfilePurpose": "PriorityCharging", "chargingSchedule": []});
            assert!(matches!(check(version, &priority), Err(Unfit::Unsupported(_))));
        }
    }

    #[test]
    fn each_mode_has_its_values() {
        let curve = json!([{"frequency": 49, "power": -5}, {"frequency": 51, "power": 5}]);
        for (period, wrong) in [
            (json!({"limit": 16}), ""),
            (
                json!({"limit": 16, "operationMode": "ChargingOnly", "setpoint": 5}),
                "ChargingOnly has no setpoint",
            ),
            (json!({"limit": 16, "dischargeLimit": -5}), "ChargingOnly has no dischargeLimit"),
            (json!({"operationMode": "CentralSetpoint", "setpoint": -5, "setpoint_L2": -4}), ""),
            (
                json!({"operationMode": "CentralSetpoint", "limit": 5, "setpoint": 5}),
                "CentralSetpoint has no limit",
            ),
            (json!({"operationMode": "CentralSetpoint"}), "needs a setpoint"),
            (json!({"operationMode": "CentralFrequency", "setpoint": 5}), ""),
            (json!({"operationMode": "CentralFrequency", "v2xSignalWattCurve": []}), ""),
            (json!({"operationMode": "CentralFrequency"}), "CentralFrequency needs a setpoint"),
            (json!({"operationMode": "LocalFrequency", "v2xBaseline": 0, "v2xFreqWattCurve": curve}), ""),
            (json!({"operationMode": "LocalFrequency", "v2xFreqWattCurve": curve}), "needs v2xBaseline"),
            (json!({"operationMode": "Idle"}), ""),
            (json!({"operationMode": "Idle", "limit": 0}), "Idle has no limit"),
            (json!({"operationMode": "ExternalLimits", "limit": 16, "dischargeLimit": -5}), ""),
            (json!({"operationMode": "LocalLoadBalancing"}), ""),
            (json!({"operationMode": "ExternalLimits", "limit": -1}), "limit is negative"),
            (json!({"operationMode": "ExternalLimits", "dischargeLimit": 1}), "zero or negative"),
            (json!({"operationMode": "ExternalLimits", "limit": 5, "limit_L2": -1}), "limit_L2 is negative"),
            (json!({"operationMode": "ExternalLimits", "dischargeLimit_L3": -1}), "without dischargeLimit"),
            (json!({"operationMode": "ExternalSetpoint", "limit": 5, "setpoint": 6}), "beyond its limits"),
            (
                json!({"operationMode": "ExternalSetpoint", "dischargeLimit": -5, "setpoint": -4, "setpoint_L2": -6}),
                "setpoint_L2 lies beyond",
            ),
        ] {
            let said = told(Version::V21, "W", &period);
            assert!(
                if wrong.is_empty() { said.is_empty() } else { said.contains(wrong) },
                "{period}: {said}"
            );
        }
        let amps = json!({"operationMode": "LocalFrequency", "v2xBaseline": 0, "v2xFreqWattCurve": curve});
        assert!(told(Version::V21, "A", &amps).contains("in W"));
    }
}
