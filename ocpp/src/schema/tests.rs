use serde_json::json;

use super::*;

#[test]
fn every_schema_compiles() {
    for version in Version::ALL {
        for entry in table(version).values() {
            assert!(entry.validator(Kind::Request).is_some());
            assert_eq!(entry.validator(Kind::Response).is_some(), entry.action.response.is_some());
        }
    }
}

#[test]
fn the_broken_rule_decides_the_code() {
    use ErrorCode::*;
    let meter = |sample: Value| json!({ "connectorId": 1, "meterValue": [{ "timestamp": "2026-01-31T12:00:00Z", "sampledValue": [sample] }] });
    for (version, action, payload, keyword, path, code) in [
        (Version::V16, "Authorize", json!({}), "required", "", OccurrenceConstraintViolation),
        (Version::V16, "Authorize", json!({ "idTag": 5 }), "type", "/idTag", TypeConstraintViolation),
        (
            Version::V16,
            "Authorize",
            json!({ "idTag": "x".repeat(21) }),
            "maxLength",
            "/idTag",
            PropertyConstraintViolation,
        ),
        (
            Version::V16,
            "Authorize",
            json!({ "idTag": "a", "x": 1 }),
            "additionalProperties",
            "",
            FormatViolation,
        ),
        (Version::V16, "Reset", json!({ "type": "hard" }), "enum", "/type", PropertyConstraintViolation),
        (
            Version::V16,
            "MeterValues",
            meter(json!({ "value": 1 })),
            "type",
            "/meterValue/0/sampledValue/0/value",
            TypeConstraintViolation,
        ),
        (
            Version::V16,
            "MeterValues",
            json!({ "connectorId": 1, "meterValue": [] }),
            "minItems",
            "/meterValue",
            OccurrenceConstraintViolation,
        ),
        (
            Version::V16,
            "MeterValues",
            json!({ "connectorId": 1.0, "meterValue": [{ "timestamp": "2026-01-31T12:00:00Z", "sampledValue": [] }] }),
            "type",
            "/connectorId",
            TypeConstraintViolation,
        ),
        (
            Version::V16,
            "StopTransaction",
            json!({ "transactionId": 1, "meterStop": 2, "timestamp": "yesterday" }),
            "format",
            "/timestamp",
            FormatViolation,
        ),
        (
            Version::V201,
            "CostUpdated",
            json!({ "totalCost": "1", "transactionId": "t" }),
            "type",
            "/totalCost",
            TypeConstraintViolation,
        ),
        (
            Version::V201,
            "GetReport",
            json!({ "requestId": 1, "componentCriteria": ["Active", "Active", "Active", "Active", "Active"] }),
            "maxItems",
            "/componentCriteria",
            OccurrenceConstraintViolation,
        ),
        (
            Version::V21,
            "TransactionEvent",
            json!({
                "eventType": "Started", "timestamp": "2026-01-31T12:00:00Z", "triggerReason": "Authorized",
                "seqNo": -1, "transactionInfo": { "transactionId": "t" },
            }),
            "minimum",
            "/seqNo",
            PropertyConstraintViolation,
        ),
    ] {
        let violation = check(version, action, Kind::Request, &payload).unwrap_err();
        assert_eq!(
            (violation.keyword.as_str(), violation.path.as_str(), violation.code),
            (keyword, path, code),
            "{action} {payload}"
        );
    }
}

#[test]
fn tenths_of_an_ampere_are_exact() {
    let profile = |limit: f64| {
        json!({ "connectorId": 1, "csChargingProfiles": {
            "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative", "chargingSchedule": {
                "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit }] } } })
    };
    for tenths in 0..=5000 {
        let limit = f64::from(tenths) / 10.0;
        assert_eq!(
            check(Version::V16, "SetChargingProfile", Kind::Request, &profile(limit)),
            Ok(()),
            "{limit}"
        );
    }
    let violation = check(Version::V16, "SetChargingProfile", Kind::Request, &profile(16.25)).unwrap_err();
    assert_eq!(
        (violation.keyword.as_str(), violation.code),
        ("multipleOf", ErrorCode::PropertyConstraintViolation)
    );
}

#[test]
fn no_value_of_the_payload_is_quoted() {
    let secret = "hunter2hunter2hunter2hunter2";
    for (version, action, payload) in [
        (Version::V16, "Authorize", json!({ "idTag": secret })),
        (Version::V16, "Authorize", json!({ "idTag": [secret] })),
        (Version::V16, "Authorize", json!({ "idTag": "a", secret: secret })),
        (Version::V16, "Reset", json!({ "type": secret })),
        (Version::V16, "StopTransaction", json!({ "transactionId": 1, "meterStop": 2, "timestamp": secret })),
        (Version::V201, "Authorize", json!({ "idToken": { "idToken": secret, "type": secret } })),
        (Version::V201, "Authorize", json!(secret)),
    ] {
        let violation = check(version, action, Kind::Request, &payload).unwrap_err();
        assert!(!format!("{violation:?}").contains(secret), "{violation:?}");
    }
}

#[test]
fn what_a_version_does_not_have_is_not_implemented() {
    let code = |version, action, kind| check(version, action, kind, &json!({})).unwrap_err().code;
    assert_eq!(code(Version::V16, "TransactionEvent", Kind::Request), ErrorCode::NotImplemented);
    assert_eq!(code(Version::V201, "StartTransaction", Kind::Request), ErrorCode::NotImplemented);
    assert_eq!(code(Version::V21, "NotifyPeriodicEventStream", Kind::Response), ErrorCode::NotImplemented);
    assert_eq!(check(Version::V21, "Heartbeat", Kind::Request, &json!({})), Ok(()));
}

#[test]
fn senders() {
    assert_eq!(knows(Version::V16, "Authorize"), Some(Direction::Station));
    assert_eq!(knows(Version::V16, "Reset"), Some(Direction::Csms));
    assert_eq!(knows(Version::V21, "DataTransfer"), Some(Direction::Both));
    assert_eq!(knows(Version::V16, "authorize"), None);
    let count = |version, from| actions(version, from).count();
    // 1.6: 13 of the station and DataTransfer, 25 of the CSMS and DataTransfer.
    assert_eq!((count(Version::V16, Direction::Station), count(Version::V16, Direction::Csms)), (14, 26));
    assert_eq!((count(Version::V201, Direction::Station), count(Version::V201, Direction::Csms)), (25, 40));
    assert_eq!((count(Version::V21, Direction::Station), count(Version::V21, Direction::Csms)), (37, 55));
}
