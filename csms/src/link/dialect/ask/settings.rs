//! What became of each setting of a command that writes some, and which password it tells a station.

use super::{Verdict, Wire, canonical, verdict};
use crate::command::Name;
use serde_json::Value;

/// How a station took one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// As [`canonical`] has it.
    pub name: Name,
    pub verdict: Verdict,
    /// In the station's words; empty where it just accepts.
    pub reason: String,
    /// It counts after the next boot.
    pub after_boot: bool,
    /// It will never be accepted: it cannot be written.
    pub read_only: bool,
    /// It was sent, and no answer came that could be read: it may count or not.
    pub unclear: bool,
}

/// Reads it off the record of a command's calls: what was sent, and what was answered. What is not in it was not asked.
pub fn settings(record: &[Value]) -> Vec<Taken> {
    let mut all = Vec::new();
    for entry in record {
        let payload = &entry["payload"];
        let answer = entry.get("answer");
        match entry["action"].as_str() {
            Some("ChangeConfiguration") => {
                let name = Name { name: text(&payload["key"]), ..Name::default() };
                let status = answer.and_then(|answer| answer["status"].as_str());
                all.extend(taken(name, status, None, entry));
            }
            Some("SetVariables") => {
                let results = answer.and_then(|answer| answer["setVariableResult"].as_array());
                for asked in payload["setVariableData"].as_array().into_iter().flatten() {
                    let name = named(asked);
                    let result = results.into_iter().flatten().find(|result| named(result) == name);
                    let status = result.and_then(|result| result["attributeStatus"].as_str());
                    all.extend(taken(
                        name,
                        status,
                        result.map(|result| &result["attributeStatusInfo"]),
                        entry,
                    ));
                }
            }
            _ => {}
        }
    }
    all
}

/// Which settings the calls of a record have asked for; `None`: for all.
pub fn asked_for(record: &[Value]) -> Option<Vec<Name>> {
    let mut names = Vec::new();
    for entry in record {
        let payload = &entry["payload"];
        match entry["action"].as_str() {
            Some("GetConfiguration") => {
                let keys = payload["key"].as_array()?;
                names.extend(keys.iter().map(|key| canonical(&Name { name: text(key), ..Name::default() })));
            }
            Some("GetVariables") => {
                names.extend(payload["getVariableData"].as_array().into_iter().flatten().map(named));
            }
            _ => {}
        }
    }
    Some(names)
}

/// The password that a call tells a station.
pub fn password(wire: &Wire) -> Option<&str> {
    match wire.action.as_str() {
        "ChangeConfiguration" => {
            let key = Name { name: text(&wire.payload["key"]), ..Name::default() };
            is_password(&key).then(|| wire.payload["value"].as_str())?
        }
        "SetVariables" => {
            let mut all = wire.payload["setVariableData"].as_array()?.iter();
            all.find(|asked| is_password(&named(asked)))?["attributeValue"].as_str()
        }
        "SetNetworkProfile" => wire.payload["connectionData"]["basicAuthPassword"].as_str(),
        _ => None,
    }
}

/// Is it what a station shows us when it connects?
pub fn is_password(name: &Name) -> bool {
    let name = canonical(name);
    let plain = name.component_instance.is_empty() && name.instance.is_empty() && name.attribute.is_empty();
    plain && name.component == "SecurityCtrlr" && name.name == "BasicAuthPassword"
}

fn taken(name: Name, status: Option<&str>, info: Option<&Value>, entry: &Value) -> Option<Taken> {
    let (verdict, reason) = match status {
        Some(status) => {
            let code = info.and_then(|info| info["reasonCode"].as_str()).unwrap_or_default();
            let more = info.and_then(|info| info["additionalInfo"].as_str()).unwrap_or_default();
            let word = if status == "Accepted" { "" } else { status };
            let words = [word, code, more].into_iter().filter(|word| !word.is_empty());
            (verdict::of_word(status), words.collect::<Vec<_>>().join(" "))
        }
        // Answered as a whole, by an error; without either it was not asked.
        None => match (entry.get("error"), entry.get("answer")) {
            (Some(error), _) => failed(error),
            (None, Some(_)) => (Verdict::Refused, "the station's answer leaves it out".to_owned()),
            (None, None) => return None,
        },
    };
    let read_only = verdict != Verdict::Accepted && reason.contains("ReadOnly");
    let is_unclear = |error: &Value| matches!(error["kind"].as_str(), Some("invalid-answer" | "no-answer"));
    Some(Taken {
        unclear: entry.get("error").is_some_and(is_unclear),
        name: canonical(&name),
        verdict,
        after_boot: status == Some("RebootRequired"),
        read_only,
        reason,
    })
}

fn failed(error: &Value) -> (Verdict, String) {
    let verdict = match (error["kind"].as_str(), error["code"].as_str()) {
        (Some("invalid-call"), _) => Verdict::Invalid,
        (_, Some("NotImplemented" | "NotSupported")) => Verdict::Unsupported,
        _ => Verdict::Refused,
    };
    let words = [&error["code"], &error["description"]].map(text);
    (verdict, words.join(" ").trim().to_owned())
}

fn named(told: &Value) -> Name {
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let (component, variable) = (&told["component"], &told["variable"]);
    canonical(&Name {
        component: text(&component["name"]),
        component_instance: text(&component["instance"]),
        evse: number(&component["evse"]["id"]),
        connector: number(&component["evse"]["connectorId"]),
        name: text(&variable["name"]),
        instance: text(&variable["instance"]),
        attribute: text(&told["attributeType"]),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variable(name: &str, more: Value) -> Value {
        let mut all = json!({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    }

    #[test]
    fn every_variable_has_its_own_answer() {
        let sent = json!({"setVariableData": [
            variable("A", json!({"attributeValue": "1"})),
            variable("B", json!({"attributeValue": "2"})),
            variable("C", json!({"attributeValue": "3"})),
            variable("D", json!({"attributeValue": "4"})),
        ]});
        let answer = json!({"setVariableResult": [
            variable("B", json!({"attributeStatus": "RebootRequired"})),
            variable("A", json!({"attributeStatus": "Accepted", "attributeType": "Actual"})),
            variable("C", json!({"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}})),
        ]});
        let all = settings(&[json!({"action": "SetVariables", "payload": sent, "answer": answer})]);
        let told: Vec<_> = all
            .iter()
            .map(|taken| {
                (
                    taken.name.name.as_str(),
                    taken.verdict,
                    taken.reason.as_str(),
                    taken.after_boot,
                    taken.read_only,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("A", Verdict::Accepted, "", false, false),
                ("B", Verdict::Accepted, "RebootRequired", true, false),
                ("C", Verdict::Refused, "Rejected ReadOnly", false, true),
                ("D", Verdict::Refused, "the station's answer leaves it out", false, false),
            ]
        );
    }

    #[test]
    fn keys_are_told_by_the_name_of_both_versions_and_what_was_not_asked_is_left_out() {
        let call = |key: &str, rest: Value| {
            let mut entry = json!({"action": "ChangeConfiguration", "payload": {"key": key, "value": "1"}});
            entry.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            entry
        };
        let error = json!({"error": {"kind": "refused", "code": "NotImplemented", "description": "no"}});
        let all = settings(&[
            call("HeartbeatInterval", json!({"answer": {"status": "Accepted"}})),
            call("Odd.Key", error),
            call("Later", json!({})),
        ]);
        assert_eq!(all.len(), 2);
        assert_eq!((&*all[0].name.component, all[0].verdict), ("OCPPCommCtrlr", Verdict::Accepted));
        assert_eq!(
            (&*all[1].name.name, all[1].verdict, &*all[1].reason),
            ("Odd.Key", Verdict::Unsupported, "NotImplemented no")
        );
    }

    #[test]
    fn a_password_is_known_in_every_version() {
        let old = Wire::new("ChangeConfiguration", json!({"key": "AuthorizationKey", "value": "geheim"}));
        let new = json!({"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"},
            "attributeValue": "geheim"});
        let other = variable("A", json!({"attributeValue": "1"}));
        let new = Wire::new("SetVariables", json!({"setVariableData": [other, new]}));
        assert_eq!((password(&old), password(&new)), (Some("geheim"), Some("geheim")));
        let profile =
            Wire::new("SetNetworkProfile", json!({"connectionData": {"basicAuthPassword": "geheim"}}));
        assert_eq!(password(&profile), Some("geheim"));
        let none = Wire::new("ChangeConfiguration", json!({"key": "HeartbeatInterval", "value": "1"}));
        assert_eq!(password(&none), None);
    }
}
