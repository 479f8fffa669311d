//! What a station's answer means.

use ocpp::{ErrorCode, Fault};
use serde_json::Value;

/// How a station took a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has done it, or will.
    Accepted,
    /// It could, and does not want to, or not now.
    Refused,
    /// It has no such function.
    Unsupported,
    /// What was asked, or how it was answered, is against the standard.
    Invalid,
}

impl Verdict {
    /// Of two, the worse.
    pub fn and(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Accepted, other) => other,
            (kept, Verdict::Accepted) => kept,
            // Some cannot, some will not: it will not.
            (kept, other) if kept == other => kept,
            _ => Verdict::Refused,
        }
    }

    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Refused => "refused",
            Verdict::Unsupported => "unsupported",
            Verdict::Invalid => "invalid",
        }
    }
}

/// The station's answer to a call, and its reason in its words.
pub fn of_answer(answer: &Value) -> (Verdict, String) {
    if let Some(status) = answer.get("status").and_then(Value::as_str) {
        let mut reason = reason(status, answer.get("statusInfo"));
        // SetDERControl: controls that this one is followed instead of.
        let others = answer.get("supersededIds").and_then(Value::as_array).into_iter().flatten();
        let others: Vec<&str> = others.filter_map(Value::as_str).collect();
        if !others.is_empty() {
            reason = format!("{reason} supersedes {}", others.join(", ")).trim().to_owned();
        }
        return (of_word(status), reason);
    }
    for (list, field) in [
        ("setVariableResult", "attributeStatus"),
        ("getVariableResult", "attributeStatus"),
        ("setMonitoringResult", "status"),
        ("clearMonitoringResult", "status"),
        ("clearTariffsResult", "status"),
    ] {
        if let Some(results) = answer.get(list).and_then(Value::as_array) {
            return of_results(results, field);
        }
    }
    // Questions without a yes or no: GetLocalListVersion, GetConfiguration, GetTransactionStatus, DataTransfer's kin.
    let unknown: Vec<&str> = answer
        .get("unknownKey")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let reason = if unknown.is_empty() { String::new() } else { format!("unknown: {}", unknown.join(", ")) };
    (Verdict::Accepted, reason)
}

/// A CALLERROR.
pub fn of_fault(fault: &Fault) -> (Verdict, String) {
    let verdict = match fault.code {
        ErrorCode::NotImplemented | ErrorCode::NotSupported => Verdict::Unsupported,
        _ => Verdict::Refused,
    };
    let code = fault.code.spelling(ocpp::Version::NEWEST);
    (verdict, format!("{code} {}", fault.description).trim().to_owned())
}

/// The worst of several results, with all reasons.
fn of_results(results: &[Value], field: &str) -> (Verdict, String) {
    let mut worst = Verdict::Accepted;
    let mut reasons = Vec::new();
    for result in results {
        let status = result.get(field).and_then(Value::as_str).unwrap_or_default();
        let verdict = of_word(status);
        if verdict != Verdict::Accepted || status == "RebootRequired" {
            let named = |object: &str| result.get(object)?.get("name")?.as_str();
            let info = result.get("attributeStatusInfo").or_else(|| result.get("statusInfo"));
            let subject = [named("component"), named("variable")].into_iter().flatten().collect::<Vec<_>>();
            // Of monitors: its kind; of those that shall go, which one.
            let kind = result.get("type").and_then(Value::as_str).unwrap_or_default();
            let number = result.get("id").filter(|_| subject.is_empty()).and_then(Value::as_i64);
            let number = number.map(|id| format!("monitor {id}")).unwrap_or_default();
            let words = [subject.join("."), kind.to_owned(), number, reason(status, info)];
            reasons.push(words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
        }
        worst = worst.and(verdict);
    }
    (worst, reasons.join("; "))
}

/// A status of the standard.
pub(super) fn of_word(status: &str) -> Verdict {
    match status {
        "Accepted" | "AcceptedCanceled" | "Processing" | "RebootRequired" | "Scheduled" | "Unlocked"
        | "Unpublished" => Verdict::Accepted,
        "NotImplemented"
        | "NotSupported"
        | "NotSupportedAttributeType"
        | "UnknownComponent"
        | "UnsupportedMonitorType"
        | "UnknownMessageId"
        | "UnknownVariable"
        | "UnknownVendorId" => Verdict::Unsupported,
        _ => Verdict::Refused,
    }
}

fn reason(status: &str, info: Option<&Value>) -> String {
    let of = |field: &str| info.and_then(|info| info.get(field)).and_then(Value::as_str).unwrap_or_default();
    let words = match status {
        "Accepted" => vec![of("reasonCode"), of("additionalInfo")],
        status => vec![status, of("reasonCode"), of("additionalInfo")],
    };
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_of_the_standard_are_understood() {
        let of = |answer: Value| of_answer(&answer);
        assert_eq!(of(json!({"status": "Accepted"})), (Verdict::Accepted, String::new()));
        assert_eq!(of(json!({"status": "Scheduled"})), (Verdict::Accepted, "Scheduled".into()));
        let told = json!({"status": "Rejected", "statusInfo": {"reasonCode": "NoCable", "additionalInfo": "plug in"}});
        assert_eq!(of(told), (Verdict::Refused, "Rejected NoCable plug in".into()));
        assert_eq!(of(json!({"status": "NotImplemented"})).0, Verdict::Unsupported);
        assert_eq!(of(json!({"listVersion": 3})), (Verdict::Accepted, String::new()));
        let keys = json!({"configurationKey": [], "unknownKey": ["A", "B"]});
        assert_eq!(of(keys), (Verdict::Accepted, "unknown: A, B".into()));
    }

    #[test]
    fn of_several_results_the_worst_counts() {
        let result = |name: &str, status: &str| json!({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}, "attributeStatus": status});
        let answer = |results: Vec<Value>| of_answer(&json!({"setVariableResult": results}));
        assert_eq!(answer(vec![result("A", "Accepted")]), (Verdict::Accepted, String::new()));
        let reboot = answer(vec![result("A", "Accepted"), result("B", "RebootRequired")]);
        assert_eq!(reboot, (Verdict::Accepted, "OCPPCommCtrlr.B RebootRequired".into()));
        let mixed = answer(vec![result("A", "UnknownVariable"), result("B", "Rejected")]);
        assert_eq!(mixed.0, Verdict::Refused);
        assert_eq!(
            answer(vec![result("A", "UnknownVariable"), result("B", "Accepted")]).0,
            Verdict::Unsupported
        );
    }

    #[test]
    fn each_monitor_that_was_not_taken_is_named() {
        let result = |kind: &str, status: &str| {
            json!({"component": {"name": "EVSE"}, "variable": {"name": "Power"},
            "type": kind, "severity": 4, "status": status})
        };
        let results = vec![result("Delta", "Accepted"), result("Periodic", "UnsupportedMonitorType")];
        assert_eq!(
            of_answer(&json!({"setMonitoringResult": results})),
            (Verdict::Unsupported, "EVSE.Power Periodic UnsupportedMonitorType".into())
        );
        let results = json!([{"id": 3, "status": "Accepted"}, {"id": 4, "status": "NotFound"}]);
        assert_eq!(
            of_answer(&json!({"clearMonitoringResult": results})),
            (Verdict::Refused, "monitor 4 NotFound".into())
        );
    }

    #[test]
    fn a_fault_is_a_refusal_unless_the_function_is_missing() {
        let fault = |code| of_fault(&Fault::new(code, "no"));
        assert_eq!(fault(ErrorCode::NotImplemented), (Verdict::Unsupported, "NotImplemented no".into()));
        assert_eq!(fault(ErrorCode::InternalError), (Verdict::Refused, "InternalError no".into()));
    }
}
