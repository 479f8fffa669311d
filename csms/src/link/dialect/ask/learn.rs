//! What answers say about a station's variables. A 1.6 configuration key is a variable without a component.

use super::Wire;
use crate::{
    link::{dialect::fields::Fields, mask},
    model::{Place, Variable},
};
use serde_json::Value;

/// Values read, and values that the station has taken over.
pub fn variables(wire: &Wire, answer: &Value) -> Vec<Variable> {
    let list = |of: &Value, field: &str| of.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    match wire.action.as_str() {
        "GetConfiguration" => {
            list(answer, "configurationKey").into_iter().map(|key| configuration(Fields::of(key))).collect()
        }
        "ChangeConfiguration" if is_taken(answer.get("status")) => {
            let mut asked = Fields::of(wire.payload.clone());
            let name = asked.text("key");
            let value = Some(asked.text("value"));
            vec![masked(Variable { name, value, mutability: "ReadWrite".into(), ..blank() })]
        }
        "GetVariables" => {
            let results = list(answer, "getVariableResult").into_iter();
            let read = results.filter(|result| is_taken(result.get("attributeStatus")));
            read.map(|result| component(result, "attributeValue", "")).collect()
        }
        "SetVariables" => {
            let asked = list(&wire.payload, "setVariableData");
            let results = list(answer, "setVariableResult");
            let taken = asked.into_iter().filter(|asked| {
                results.iter().any(|result| {
                    let same = |field: &str| result.get(field) == asked.get(field);
                    let attribute = |of: &Value| of.get("attributeType").cloned().unwrap_or("Actual".into());
                    same("component")
                        && same("variable")
                        && attribute(result) == attribute(asked)
                        && is_taken(result.get("attributeStatus"))
                })
            });
            taken.map(|asked| component(asked, "attributeValue", "ReadWrite")).collect()
        }
        _ => Vec::new(),
    }
}

/// A value that needs a reboot is not in force yet; the station tells it afterwards.
fn is_taken(status: Option<&Value>) -> bool {
    status.and_then(Value::as_str) == Some("Accepted")
}

fn configuration(mut key: Fields) -> Variable {
    let readonly = key.bool("readonly");
    masked(Variable {
        name: key.text("key"),
        value: key.some("value"),
        mutability: if readonly { "ReadOnly" } else { "ReadWrite" }.to_owned(),
        ..blank()
    })
}

fn component(told: Value, value: &str, mutability: &str) -> Variable {
    let mut told = Fields::of(told);
    let (mut component, mut variable) = (told.object("component"), told.object("variable"));
    let mut evse = component.object("evse");
    masked(Variable {
        place: Place { evse: evse.index("id"), connector: evse.index("connectorId") },
        component: component.text("name"),
        component_instance: component.text("instance"),
        name: variable.text("name"),
        instance: variable.text("instance"),
        attribute: told.some("attributeType").unwrap_or_else(|| "Actual".to_owned()),
        value: told.take(value).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        mutability: mutability.to_owned(),
        characteristics: String::new(),
    })
}

fn masked(variable: Variable) -> Variable {
    let hidden = mask::is_secret(&variable.name) && variable.value.is_some();
    if hidden { Variable { value: Some(mask::MASK.to_owned()), ..variable } } else { variable }
}

fn blank() -> Variable {
    Variable {
        component: String::new(),
        component_instance: String::new(),
        place: Place::default(),
        name: String::new(),
        instance: String::new(),
        attribute: "Actual".to_owned(),
        value: None,
        mutability: String::new(),
        characteristics: String::new(),
    }
}
