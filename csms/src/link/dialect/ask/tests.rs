//! What commands are on the wire of each version; every payload fits the schema.

use super::*;
use crate::link::dialect;
use insta::assert_snapshot;
use serde_json::from_value;
use std::fmt::Write as _;

fn given() -> Given {
    Given {
        now: "2026-03-02T08:00:00Z".parse().unwrap_or_default(),
        reference: 77,
        read_max: 2,
        write_max: 2,
        list_max: 2,
        list_bytes: usize::MAX,
        rooms: Rooms { report: 2, ..Rooms::default() },
        call_max: Some(2),
    }
}

/// Every command, with all that it can say.
fn all() -> Vec<Value> {
    let token = json!({"uid": "TAG1", "kind": "ISO14443"});
    let profile = json!({
        "id": 5, "stackLevel": 1, "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute", "validFrom": "2026-03-02T08:00:00Z",
        "chargingSchedule": [{"id": 1, "startSchedule": "2026-03-02T08:00:00Z", "duration": 600,
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8, "numberPhases": 3}]}],
    });
    let hash = json!({"command": "delete-certificate", "hash_algorithm": "SHA256", "issuer_name_hash": "aa",
        "issuer_key_hash": "bb", "serial_number": "1"});
    vec![
        json!({"command": "start", "evse": 1, "token": {"uid": "TAG1", "kind": "DirectPayment",
            "more": [{"kind": "CardLast4Digits", "text": "4242"}]}, "group": token}),
        json!({"command": "start", "token": token, "limit": {"max_cost": "50.00"}}),
        json!({"command": "start", "token": token, "limit": {"max_time_s": 0}}),
        json!({"command": "stop", "transaction": "12"}),
        json!({"command": "reset", "kind": "immediate"}),
        json!({"command": "reset", "kind": "idle", "evse": 1}),
        json!({"command": "reset", "kind": "resume"}),
        json!({"command": "unlock", "evse": 2}),
        json!({"command": "availability", "operative": false}),
        json!({"command": "availability", "operative": true, "evse": 1, "connector": 1}),
        json!({"command": "availability", "operative": true, "connector": 1}),
        json!({"command": "inventory"}),
        json!({"command": "inventory", "base": "summary"}),
        json!({"command": "read", "variables": [{"name": "A"}, {"name": "B"}, {"name": "C"}]}),
        json!({"command": "read", "variables": [{"component": "Conn", "evse": 1, "connector": 1, "name": "A",
            "attribute": "Target"}]}),
        json!({"command": "read", "variables": []}),
        json!({"command": "write", "variables": [{"variable": {"name": "A"}, "value": "1"}]}),
        json!({"command": "write", "variables": [{"variable": {"component": "C", "name": "A"}, "value": "1"},
            {"variable": {"component": "C", "name": "A"}, "value": "2"}]}),
        json!({"command": "clear-cache"}),
        json!({"command": "list-version"}),
        json!({"command": "send-list", "version": 9, "full": true, "entries": [
            {"token": token, "status": "Accepted", "expires_at": "2027-01-01T00:00:00Z"},
            {"token": token, "status": "NoCredit", "group": token}, {"token": token}]}),
        json!({"command": "send-list", "version": 1, "full": true}),
        json!({"command": "send-list", "version": 1, "full": false}),
        json!({"command": "reserve", "evse": 1, "token": token, "group": token,
            "expires_at": "2026-03-02T09:00:00Z"}),
        json!({"command": "reserve", "number": 3, "connector_type": "cCCS2", "token": token,
            "expires_at": "2026-03-02T09:00:00Z"}),
        json!({"command": "cancel-reservation", "number": 3}),
        json!({"command": "set-profile", "evse": 0, "profile": profile}),
        json!({"command": "clear-profile"}),
        json!({"command": "clear-profile", "id": 5}),
        json!({"command": "clear-profile", "evse": 1, "purpose": "TxDefaultProfile", "stack_level": 1}),
        json!({"command": "composite", "evse": 1, "duration_s": 600, "unit": "A"}),
        json!({"command": "trigger", "message": "StatusNotification", "evse": 1}),
        json!({"command": "trigger", "message": "SignChargingStationCertificate"}),
        json!({"command": "trigger", "message": "CustomTrigger", "custom": "x"}),
        json!({"command": "get-log", "url": "http://f/u", "from": "2026-03-01T00:00:00Z", "retries": 2}),
        json!({"command": "get-log", "kind": "security", "url": "http://f/u"}),
        json!({"command": "get-log", "kind": "data-collector", "url": "http://f/u"}),
        json!({"command": "update-firmware", "url": "http://f/d"}),
        json!({"command": "update-firmware", "url": "http://f/d", "install_at": "2026-03-03T00:00:00Z"}),
        json!({"command": "update-firmware", "url": "http://f/d", "signing_certificate": "PEM", "signature": "c2ln"}),
        json!({"command": "install-certificate", "kind": "CSMSRootCertificate", "certificate": "PEM"}),
        json!({"command": "install-certificate", "kind": "V2GRootCertificate", "certificate": "PEM"}),
        json!({"command": "list-certificates"}),
        json!({"command": "list-certificates", "kinds": ["ManufacturerRootCertificate"]}),
        hash,
        json!({"command": "data-transfer", "vendor": "v", "message": "m", "data": {"a": 1}}),
        json!({"command": "set-tariff", "evse": 1, "tariff": {"tariffId": "T1", "currency": "EUR",
            "energy": {"prices": [{"priceKwh": 0.25}]}}}),
        json!({"command": "list-tariffs"}),
        json!({"command": "clear-tariffs"}),
        json!({"command": "clear-tariffs", "ids": ["T1"], "evse": 1}),
        json!({"command": "change-tariff", "transaction": "12", "tariff": {"tariffId": "T2", "currency": "EUR"}}),
        json!({"command": "battery-swap", "token": token}),
        json!({"command": "list-streams"}),
        json!({"command": "adjust-stream", "stream": 1, "interval_s": 20}),
        json!({"command": "adjust-stream", "stream": 1}),
        json!({"command": "call", "action": "ClearVariableMonitoring", "payload": {"id": [1, 2, 3]}}),
        json!({"command": "call", "action": "Heartbeat"}),
        json!({"command": "call", "action": "GetReport"}),
        json!({"command": "set-der-control", "id": "C1", "default": true, "kind": "FixedPFInject",
            "fixed_pf": {"priority": 1, "displacement": 0.95, "excitation": true}}),
        json!({"command": "set-der-control", "id": "C2", "kind": "FreqDroop", "freq_droop": {"priority": 2,
            "over_freq": 0.2, "under_freq": 0.2, "over_droop": 5, "under_droop": 5, "response_time_s": 1.5,
            "start_time": "2026-03-02T09:00:00Z", "duration_s": 900}}),
        json!({"command": "set-der-control", "id": "C3", "default": true, "kind": "HVMustTrip", "curve": {
            "priority": 1, "y_unit": "PctEffectiveV", "curve_data": [{"x": 0.16, "y": 120}],
            "hysteresis": {"hysteresis_high": 1, "hysteresis_delay_s": 3},
            "voltage_params": {"hv10_min_mean_value": 253, "power_during_cessation": "Active"}}}),
        json!({"command": "set-der-control", "id": "C4", "default": true, "kind": "EnterService", "enter_service": {
            "priority": 1, "high_voltage": 253, "low_voltage": 207, "high_freq": 50.1, "low_freq": 49.5,
            "delay_s": 60}}),
        json!({"command": "set-der-control", "id": "C5", "default": true, "kind": "FixedVar", "fixed_var": {
            "priority": 1, "setpoint": -20, "unit": "PctMaxVar"}}),
        json!({"command": "set-der-control", "id": "C6", "default": true, "kind": "Gradients", "gradient": {
            "priority": 1, "gradient": 10, "soft_gradient": 60}}),
        json!({"command": "get-der-control", "kind": "VoltVar", "default": false}),
        json!({"command": "clear-der-control", "default": false, "id": "C2"}),
        json!({"command": "afrr-signal", "signal": -3, "at": "2026-03-02T07:59:58Z"}),
        json!({"command": "allow-energy-transfer", "transaction": "T", "allowed": ["AC_three_phase", "DC_ACDP_BPT"]}),
        json!({"command": "use-priority", "transaction": "T", "on": false}),
        json!({"command": "update-schedule", "profile": 7, "limit": 16.5, "limit_l2": 10, "discharge_limit": -3,
            "setpoint_reactive": 1}),
    ]
    .into_iter()
    .chain(device())
    .collect()
}

/// Those that 1.6 has nothing for.
fn device() -> Vec<Value> {
    let power = json!({"component": "EVSE", "evse": 1, "name": "Power"});
    let monitor =
        |kind: &str, value: Value| json!({"variable": power, "kind": kind, "value": value, "severity": 4});
    let stream = json!({"variable": power, "kind": "periodic", "value": 60, "severity": 8, "transaction": true,
        "stream": {"interval_s": 10, "values": 2}});
    let hash = json!({"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "1"});
    let token = json!({"uid": "TAG1", "kind": "ISO14443"});
    vec![
        json!({"command": "set-monitors", "monitors": [monitor("upper-threshold", json!(11000)),
            monitor("lower-threshold", json!(-0.5)), monitor("periodic-clock-aligned", json!(900))]}),
        json!({"command": "set-monitors", "monitors": [monitor("target-delta-relative", json!(0.1))]}),
        json!({"command": "set-monitors", "monitors": [stream]}),
        json!({"command": "set-monitors", "monitors": []}),
        json!({"command": "clear-monitors", "ids": [3, 1, 2]}),
        json!({"command": "clear-monitors", "ids": [3, 3]}),
        json!({"command": "list-monitors"}),
        json!({"command": "list-monitors", "sorts": ["threshold", "delta"], "variables": [power]}),
        json!({"command": "monitoring-base", "base": "hard-wired-only"}),
        json!({"command": "monitoring-level", "severity": 4}),
        json!({"command": "report", "states": ["problem", "active"]}),
        json!({"command": "report", "variables": [{"component": "EVSE", "evse": 1, "name": ""}, power]}),
        json!({"command": "report", "variables": [power, power, power]}),
        json!({"command": "report"}),
        json!({"command": "customer-information", "report": true, "clear": true, "token": token}),
        json!({"command": "customer-information", "clear": true, "certificate": hash}),
        json!({"command": "customer-information", "report": true, "customer_identifier": "x", "token": token}),
        json!({"command": "network-profile", "slot": 1, "url": "wss://csms.example/ocpp", "security_profile": 2,
            "vpn": {"server": "s", "user": "u", "password": "p", "shared_secret": "k", "kind": "IPSec"},
            "apn": {"apn": "a", "authentication": "AUTO", "only_this_network": true}}),
        json!({"command": "network-profile", "slot": 1, "url": "ws://csms.example/ocpp", "security_profile": 1,
            "interface": "Any", "identity": "A", "password": "0123456789abcdef"}),
        json!({"command": "set-display", "text": "Hello", "from": "2026-03-02T09:00:00Z", "to": "2026-03-02T10:00:00Z",
            "transaction": "T", "priority": "InFront", "evse": 1}),
        json!({"command": "set-display", "text": "Hello", "language": "en", "state": "Suspended", "id": 4,
            "others": [{"language": "zh", "text": "你好"}]}),
        json!({"command": "set-display", "text": "", "from": "2026-03-02T09:00:00Z"}),
        json!({"command": "list-displays"}),
        json!({"command": "list-displays", "ids": [1, 2], "priority": "InFront", "state": "Idle"}),
        json!({"command": "clear-display", "id": 4}),
    ]
}

fn on_the_wire(version: Version) -> String {
    let mut page = String::new();
    for wish in all() {
        let command: Command = from_value(wish.clone()).unwrap_or_else(|error| panic!("{wish}: {error}"));
        let _ = writeln!(page, "{wish}");
        match calls(version, &command, &given()) {
            Err(unfit) => {
                let _ = writeln!(page, "  {unfit:?}");
            }
            Ok(calls) => {
                for wire in calls {
                    let fits = match dialect::of(version).request(&wire.action, &wire.payload) {
                        Ok(()) => String::new(),
                        Err(fault) => format!("  ! {}", fault.description),
                    };
                    let _ = writeln!(page, "  {} {}{fits}", wire.action, wire.payload);
                }
            }
        }
    }
    page
}

#[test]
fn commands_in_1_6() {
    assert_snapshot!(on_the_wire(Version::V16));
}

#[test]
fn commands_in_2_0_1() {
    assert_snapshot!(on_the_wire(Version::V201));
}

#[test]
fn commands_in_2_1() {
    assert_snapshot!(on_the_wire(Version::V21));
}

#[test]
fn a_profile_without_an_id_is_given_one_of_ours() {
    let profile = json!({"stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": "2026-03-02T08:00:00Z", "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}]});
    let set: Command = from_value(json!({"command": "set-profile", "evse": 1, "profile": profile})).unwrap();
    let token = json!({"uid": "TAG1"});
    let start: Command = from_value(json!({"command": "start", "token": token, "profile": profile})).unwrap();
    for (version, command, place) in [
        (Version::V16, &set, "/csChargingProfiles/chargingProfileId"),
        (Version::V16, &start, "/chargingProfile/chargingProfileId"),
        (Version::V21, &set, "/chargingProfile/id"),
        (Version::V21, &start, "/chargingProfile/id"),
    ] {
        let wires = calls(version, command, &given()).unwrap();
        assert_eq!(wires[0].payload.pointer(place), Some(&json!(1_200_000_077)), "{version:?} {wires:?}");
    }
    assert_eq!(fits(Version::V21, &set), Ok(()), "what is checked before it is asked has one as well");
}
