//! The parts of a NotifyReport: a station's device model.

use serde_json::{Value, json};

use crate::settings;
use crate::state::State;
use crate::v2::monitors::is_at;

/// How many variables a part carries.
const ITEMS_PER_PART: usize = 12;
/// How long the padding of one variable is with [`crate::Fault::HugeReport`]; 12 of them make about 32 kB.
const PADDING: usize = 2_450;

/// What a report is to be about; by default all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wanted {
    /// componentVariable.
    places: Option<Vec<Value>>,
    /// Components in trouble only, of which there are none.
    problems: bool,
}

impl Wanted {
    /// What GetReport asks for; GetBaseReport asks for all.
    pub(crate) fn of(payload: &Value) -> Wanted {
        let states = payload["componentCriteria"].as_array();
        Wanted {
            places: payload["componentVariable"].as_array().cloned(),
            problems: states.is_some_and(|states| states.iter().all(|state| state == "Problem")),
        }
    }

    fn has(&self, item: &Value) -> bool {
        let places = self.places.as_ref();
        !self.problems && places.is_none_or(|places| places.iter().any(|place| is_at(place, item)))
    }
}

/// Has a report nothing to tell?
pub(crate) fn is_empty(state: &State, wanted: &Wanted) -> bool {
    items(state).iter().all(|item| !wanted.has(item))
}

/// The parts of the report that answers GetBaseReport or GetReport.
pub(crate) fn report(state: &State, request_id: i64, wanted: &Wanted, at: &str) -> Vec<Value> {
    let items: Vec<Value> = items(state).into_iter().filter(|item| wanted.has(item)).collect();
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

fn items(state: &State) -> Vec<Value> {
    let mut items: Vec<Value> = state
        .config
        .iter()
        .filter_map(|(key, value)| {
            let (component, variable) = key.split_once('.')?;
            let access = if settings::is_read_only(state.version, key) { "ReadOnly" } else { "ReadWrite" };
            let mut told = item(json!({ "name": component }), variable, value, access, data_type(value));
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
    items
}

/// Of a setting: as its value is now.
fn data_type(value: &str) -> &'static str {
    match value {
        "true" | "false" => "boolean",
        value if value.parse::<i64>().is_ok() => "integer",
        _ => "string",
    }
}

fn item(component: Value, variable: &str, value: &str, mutability: &str, data_type: &str) -> Value {
    let mut characteristics = json!({ "dataType": data_type, "supportsMonitoring": data_type != "boolean" });
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
