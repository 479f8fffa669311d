//! B: boot, variables, reports, network profiles.

use ocpp::Version;
use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::defaults::{get_variables, set_variables};
use crate::suite::entry::now;
use crate::suite::hook::Registration;
use crate::suite::stage::{Reply, Stage};
use crate::suite::template::fits;
use crate::suite::verbs16::{is, one_of};

/// A variable of a component.
fn named(component: &str, variable: &str) -> Value {
    json!({ "component": { "name": component }, "variable": { "name": variable } })
}

/// A variable, without the attribute or with Actual: both mean the same.
async fn read(s: &mut Stage, variables: &[(&str, &str)]) -> Play {
    s.ready().await?;
    let list: Vec<Value> = variables.iter().map(|(component, variable)| named(component, variable)).collect();
    let asked = s
        .ask(
            "GetVariables",
            json!({ "getVariableData": list }),
            Reply::By(|payload| get_variables(payload, "Accepted", Some("123"))),
        )
        .await?;
    for item in asked["getVariableData"].as_array().into_iter().flatten() {
        let attribute = item.get("attributeType").and_then(Value::as_str).unwrap_or("Actual").to_owned();
        ensure(attribute == "Actual", || format!("the attribute is {attribute} instead of Actual"))?;
    }
    s.heartbeat().await
}

async fn write(s: &mut Stage, variables: &[(&str, &str, &str)]) -> Play {
    s.ready().await?;
    let item = |(component, variable, value): &(&str, &str, &str)| {
        let mut item = named(component, variable);
        item["attributeValue"] = (*value).into();
        item
    };
    let list: Vec<Value> = variables.iter().map(item).collect();
    s.ask(
        "SetVariables",
        json!({ "setVariableData": list }),
        Reply::By(|payload| set_variables(payload, "Accepted")),
    )
    .await?;
    s.heartbeat().await
}

/// One row of a report.
pub(crate) fn row(component: &str, variable: &str, value: &str) -> Value {
    let mut row = named(component, variable);
    row["variableAttribute"] = json!([{ "value": value }]);
    row
}

/// One row of a report, of a variable that has instances.
pub(crate) fn instance(component: &str, variable: &str, instance: &str, value: &str) -> Value {
    let mut row = row(component, variable, value);
    row["variable"]["instance"] = instance.into();
    row
}

/// The CSMS asks what there is, and the station has these.
pub(crate) async fn told(s: &mut Stage, rows: &[Value]) -> Play {
    let bases = "?one FullInventory|ConfigurationInventory";
    let wanted = json!({ "requestId": "?int 1", "reportBase": bases });
    let asked = s.ask_status("GetBaseReport", wanted, "Accepted").await?;
    let id = s.request_id(&asked)?;
    report(s, id, rows).await
}

/// The parts of a report, in order.
pub(crate) async fn report(s: &mut Stage, id: i64, rows: &[Value]) -> Play {
    for (number, row) in rows.iter().enumerate() {
        s.call(
            "NotifyReport",
            json!({ "requestId": id, "generatedAt": now(), "seqNo": number,
            "tbc": number + 1 < rows.len(), "reportData": [row] }),
        )
        .await?;
    }
    Ok(())
}

async fn base_report(s: &mut Stage, base: &str) -> Play {
    s.ready().await?;
    let asked = s
        .ask_status("GetBaseReport", json!({ "requestId": "?int 1", "reportBase": base }), "Accepted")
        .await?;
    let id = s.request_id(&asked)?;
    report(
        s,
        id,
        &[
            row("OCPPCommCtrlr", "OfflineThreshold", "60"),
            row("AuthCtrlr", "Enabled", "true"),
            row("ChargingStation", "AvailabilityState", "Available"),
        ],
    )
    .await
}

/// The version in a network profile: 2.0.1 has to name it, in 2.1 the handshake decides.
pub(super) fn spoken(version: Version, data: &mut Value) {
    if version == Version::V201 {
        data["ocppVersion"] = "?one OCPP20|OCPP201|OCPP21".into();
    }
}

/// SetNetworkProfile with all fields the case names.
async fn network(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    let url = s.value("network_url", "ws://localhost:9000/ocpp");
    let mut data = json!({ "ocppTransport": "JSON", "ocppCsmsUrl": format!("?text {url}"), "messageTimeout": "?int 30",
        "securityProfile": "?int 1", "ocppInterface": "?one Wired0|Wireless0|Any" });
    spoken(s.version, &mut data);
    let wanted = json!({ "configurationSlot": "?int 1", "connectionData": data });
    s.ask_status("SetNetworkProfile", wanted, status).await?;
    s.heartbeat().await
}

/// Requests that have nothing to do with a case are passed over, this many.
const OTHERS_MAX: usize = 20;

/// Waits for requests until each of the wished items has stood in one; none of these has more than `most`.
pub(crate) async fn struck_off(
    s: &mut Stage,
    wished: Vec<Value>,
    action: &'static str,
    list: &'static str,
    answer: fn(&Value) -> Value,
    most: usize,
) -> Play {
    let (mut left, mut others) = (wished, 0);
    while !left.is_empty() {
        let missing = left.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        let why = format!("with {missing}");
        let asked = s.expect(action, json!({ (list): "?list" }), Reply::By(answer), &why).await?;
        let items = asked[list].as_array().cloned().unwrap_or_default();
        let before = left.len();
        left.retain(|wish| !items.iter().any(|item| fits(wish, item).is_ok()));
        if left.len() == before {
            others += 1;
            ensure(others < OTHERS_MAX, || format!("{OTHERS_MAX} {action} came, and none with {missing}"))?;
            continue;
        }
        let count = items.len();
        ensure(count <= most, || format!("{count} items in one {action}: the station takes {most}"))?;
    }
    Ok(())
}

/// Boot has to be answered so, and the interval has to be one to wait.
async fn held(s: &mut Stage) -> Result<(), Broken> {
    s.register(Registration::Pending).await?;
    s.connect().await?;
    let answer = s.boot_answer("PowerUp").await?;
    one_of(&answer, "status", &["Pending", "Rejected"], "BootNotification")
}

cases! { "B" in BOTH;
    "TC_B_01_CSMS" "A cold boot is accepted" ["B01.FR.06"] => |s| {
        s.ready().await?;
        s.heartbeat().await?;
    }
    "TC_B_02_CSMS" "A cold boot is first Pending, then accepted" ["B02.FR.01", "B02.FR.08"] => |s| {
        s.register(Registration::Pending).await?;
        s.connect().await?;
        let answer = s.boot_answer("PowerUp").await?;
        is(&answer, "status", "Pending", "BootNotification")?;
        s.register(Registration::Accepted).await?;
        s.boot("PowerUp").await?;
        s.all_status("Available").await?;
    }
    "TC_B_30_CSMS" "Before it is accepted, a station may tell nothing: SecurityError" ["B02.FR.09", "B03.FR.07"] => |s| {
        held(s).await?;
        let status = json!({ "timestamp": now(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1 });
        match s.try_call("StatusNotification", status).await? {
            Ok(_) => return Err(Broken::fail("StatusNotification was taken before the station was accepted")),
            Err(error) => ensure(error.code == "SecurityError", || {
                format!("StatusNotification was answered {} instead of SecurityError", error.code)
            })?,
        }
    }
    "TC_B_31_CSMS" "Pending: the CSMS asks for a new BootNotification and accepts it" ["B02.FR.06", "F06.FR.17"] => |s| {
        held(s).await?;
        s.register(Registration::Accepted).await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "BootNotification" }), "Accepted").await?;
        s.boot("Triggered").await?;
        s.all_status("Available").await?;
    }
    "TC_B_06_CSMS" "GetVariables of one" ["B06"] => |s| {
        read(s, &[("OCPPCommCtrlr", "OfflineThreshold")]).await?;
    }
    "TC_B_07_CSMS" "GetVariables of two in one request" ["B06"] => |s| {
        read(s, &[("OCPPCommCtrlr", "OfflineThreshold"), ("AuthCtrlr", "AuthorizeRemoteStart")]).await?;
    }
    "TC_B_08_CSMS" "GetVariables keeps to the station's items per message: 4, then 1" ["B06.FR.05"] => |s| {
        s.ready().await?;
        let wished = [("OCPPCommCtrlr", "OfflineThreshold"), ("AuthCtrlr", "AuthorizeRemoteStart"),
            ("OCPPCommCtrlr", "MessageTimeout"), ("OCPPCommCtrlr", "HeartbeatInterval"), ("AuthCtrlr", "Enabled")];
        let wished: Vec<Value> = wished.iter().map(|(component, variable)| named(component, variable)).collect();
        s.keep("GetVariables");
        s.other("items_per_message", "Make the CSMS read five variables of a station with ItemsPerMessage=4 for \
            GetVariables.", json!({ "action": "GetVariables", "items": 4, "payload": { "getVariableData": wished } })).await?;
        let answer = |payload: &Value| get_variables(payload, "Accepted", Some("4"));
        struck_off(s, wished, "GetVariables", "getVariableData", answer, 4).await?;
    }
    "TC_B_09_CSMS" "SetVariables of one" ["B05"] => |s| {
        write(s, &[("OCPPCommCtrlr", "OfflineThreshold", "123")]).await?;
    }
    "TC_B_10_CSMS" "SetVariables of two in one request" ["B05"] => |s| {
        write(s, &[("OCPPCommCtrlr", "OfflineThreshold", "123"), ("AuthCtrlr", "AuthorizeRemoteStart", "false")])
            .await?;
    }
    "TC_B_12_CSMS" "GetBaseReport of the configuration, in three parts" ["B07"] => |s| {
        base_report(s, "ConfigurationInventory").await?;
    }
    "TC_B_13_CSMS" "GetBaseReport of everything, in three parts" ["B07"] => |s| {
        base_report(s, "FullInventory").await?;
    }
    "TC_B_14_CSMS" "GetBaseReport of the summary, in three parts" ["B07"] => |s| {
        base_report(s, "SummaryInventory").await?;
    }
    "TC_B_18_CSMS" "GetReport of problems, then of what is available" ["B08"] => |s| {
        s.ready().await?;
        let variable = json!({ "component": { "name": "EVSE", "evse": { "id": 1 } },
            "variable": { "name": "AvailabilityState" } });
        s.ask_status("GetReport", json!({ "requestId": "?int 1", "componentCriteria": ["Problem"],
            "componentVariable": [variable] }), "EmptyResultSet").await?;
        let asked = s.ask_status("GetReport", json!({ "requestId": "?int 2", "componentCriteria": ["Available"],
            "componentVariable": [variable] }), "Accepted").await?;
        let id = s.request_id(&asked)?;
        report(s, id, &[row("EVSE", "AvailabilityState", "Available")]).await?;
    }
    "TC_B_42_CSMS" "SetNetworkProfile: Accepted" ["B09"] => |s| { network(s, "Accepted").await?; }
    "TC_B_44_CSMS" "SetNetworkProfile: Failed" ["B09"] => |s| { network(s, "Failed").await?; }
    "TC_B_58_CSMS" "Subprotocols: an unknown one alone is refused, beside ours it is passed over" ["J3.1.2", "J3.3"] => |s| {
        s.register(Registration::Accepted).await?;
        let own = s.version.subprotocol();
        let mut knock = s.knock();
        knock.offered = vec!["ocpp0.1".to_owned()];
        s.without_subprotocol(&knock).await?;
        knock.offered = vec!["ocpp0.1".to_owned(), own.to_owned()];
        let (greeting, _) = s.try_connect(&knock).await?;
        let picked = greeting.subprotocol().unwrap_or("none").to_owned();
        ensure(greeting.status == 101 && picked == own, || {
            format!("HTTP {} with the subprotocol {picked} instead of {own}", greeting.status)
        })?;
    }
}
