//! Messages of the usual size.

use serde_json::{Value, json};

/// A 1.6 MeterValues with seven samples.
pub fn meter_values() -> Value {
    let sample = |value: &str, measurand: &str, unit: &str, phase: Option<&str>| {
        let mut sample = json!({
            "value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit, "location": "Outlet",
        });
        if let Some(phase) = phase {
            sample["phase"] = json!(phase);
        }
        sample
    };
    json!({
        "connectorId": 1, "transactionId": 4711,
        "meterValue": [{ "timestamp": "2026-01-31T12:00:00Z", "sampledValue": [
            sample("1234567", "Energy.Active.Import.Register", "Wh", None),
            sample("10875.5", "Power.Active.Import", "W", None),
            sample("15.8", "Current.Import", "A", Some("L1")),
            sample("15.7", "Current.Import", "A", Some("L2")),
            sample("15.9", "Current.Import", "A", Some("L3")),
            sample("230.1", "Voltage", "V", Some("L1-N")),
            sample("41", "SoC", "Percent", None),
        ] }],
    })
}

/// A 2.0.1 TransactionEvent (Updated) with five samples.
pub fn transaction_event() -> Value {
    let sample = |value: f64, measurand: &str, unit: &str| {
        json!({
            "value": value, "context": "Sample.Periodic", "measurand": measurand, "location": "Outlet",
            "unitOfMeasure": { "unit": unit },
        })
    };
    json!({
        "eventType": "Updated", "timestamp": "2026-01-31T12:00:00.000Z", "triggerReason": "MeterValuePeriodic",
        "seqNo": 17, "offline": false, "numberOfPhasesUsed": 3,
        "transactionInfo": { "transactionId": "4fd3c1c2-3c10-4a2b-9d6c-6f0a2c8f5e11", "chargingState": "Charging" },
        "evse": { "id": 1, "connectorId": 1 },
        "meterValue": [{ "timestamp": "2026-01-31T12:00:00.000Z", "sampledValue": [
            sample(1_234_567.0, "Energy.Active.Import.Register", "Wh"),
            sample(10875.5, "Power.Active.Import", "W"),
            sample(15.8, "Current.Import", "A"),
            sample(230.1, "Voltage", "V"),
            sample(41.0, "SoC", "Percent"),
        ] }],
    })
}
