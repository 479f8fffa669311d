//! The parts of a NotifyReport: a station's device model.

use serde_json::{Value, json};

use crate::settings;
use crate::state::State;

/// How many variables a part carries.
const ITEMS_PER_PART: usize = 12;
/// How long the padding of one variable is with [`crate::Fault::HugeReport`]; 12 of them make about 32 kB.
const PADDING: usize = 2_450;

/// The parts of the report that answers GetBaseReport or GetReport.
pub(crate) fn report(state: &State, request_id: i64, at: &str) -> Vec<Value> {
    let mut items: Vec<Value> = state
        .config
        .iter()
        .filter_map(|(key, value)| {
            let (component, variable) = key.split_once('.')?;
            let access = if settings::is_read_only(state.version, key) { "ReadOnly" } else { "ReadWrite" };
            let mut told = item(json!({ "name": component }), variable, value, access, "string");
            if let Some((name, instance)) = variable.strip_suffix(']').and_then(|v| v.split_once('[')) {
                told["variable"] = json!({ "name": name, "instance": instance });
            }
            Some(told)
        })
        .collect();
    for evse in 1..=state.hardware.evses {
        let power = state.hardware.supply.limit_w().to_string();
        let on_evse = json!({ "name": "EVSE", "evse": { "id": evse } });
        let on_connector = json!({ "name": "Connector", "evse": { "id": evse, "connectorId": 1 } });
        items.push(item(on_evse.clone(), "AvailabilityState", "Available", "ReadOnly", "OptionList"));
        items.push(item(on_evse, "Power", &power, "ReadOnly", "decimal"));
        items.push(item(on_connector, "ConnectorType", "cType2", "ReadOnly", "OptionList"));
    }
    if state.faults.huge_report {
        for n in 0..ITEMS_PER_PART {
            let component = json!({ "name": "VendorDiagnostics", "instance": n.to_string() });
            items.push(item(component, "Trace", &"x".repeat(PADDING), "ReadOnly", "string"));
        }
        // The long ones together in one part.
        items.rotate_right(ITEMS_PER_PART);
    }
    let count = items.len().div_ceil(ITEMS_PER_PART);
    let part = |(n, items): (usize, &[Value])| {
        json!({
            "requestId": request_id,
            "generatedAt": at,
            "seqNo": n,
            "tbc": n + 1 < count,
            "reportData": items,
        })
    };
    items.chunks(ITEMS_PER_PART).enumerate().map(part).collect()
}

fn item(component: Value, variable: &str, value: &str, mutability: &str, data_type: &str) -> Value {
    let mut characteristics = json!({ "dataType": data_type, "supportsMonitoring": false });
    if data_type == "OptionList" {
        characteristics["valuesList"] = json!(value);
    }
    json!({
        "component": component,
        "variable": { "name": variable },
        "variableAttribute": [{ "type": "Actual", "value": value, "mutability": mutability }],
        "variableCharacteristics": characteristics,
    })
}
