//! Variables of 2.x, reports, and the authorization cache.

use std::collections::BTreeSet;

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;
use crate::testbed::settings::{HEARTBEAT, SAMPLE};

pub(super) mod new {
    use super::{HEARTBEAT, SAMPLE, Value, Version, ensure, json, read, report, written};
    crate::suite::case::cases! {
        Station; "B" in &[Version::V201, Version::V21];
        "TC_B_06_CS" "A variable is read" ["B06"] => |b| {
            let told = b.setting(&HEARTBEAT).await?;
            ensure(told.as_ref().is_some_and(|text| text.parse::<u64>().is_ok()), || format!("HeartbeatInterval reads {told:?}"))?;
        }
        "TC_B_07_CS" "Two variables are read by one request" ["B06"] => |b| {
            let item = |component: &str, variable: &str| json!({ "component": { "name": component }, "variable": { "name": variable } });
            let items = [item("OCPPCommCtrlr", "HeartbeatInterval"), item("SampledDataCtrlr", "TxUpdatedInterval")];
            let answer = b.ask("GetVariables", json!({ "getVariableData": items })).await?;
            let told: Vec<&Value> = answer["getVariableResult"].as_array().into_iter().flatten().collect();
            ensure(told.len() == 2 && told.iter().all(|result| result["attributeStatus"] == "Accepted"), || format!("two were asked for, and told is {told:?}"))?;
            ensure(told[0]["variable"] != told[1]["variable"], || "both answers are about the same variable".to_owned())?;
        }
        "TC_B_09_CS" "A variable is set, and reads back as it was set" ["B05"] => |b| {
            b.need(&SAMPLE, "61").await?;
            let told = b.setting(&SAMPLE).await?;
            ensure(told.as_deref() == Some("61"), || format!("TxUpdatedInterval was set to 61 and reads {told:?}"))?;
        }
        "TC_B_11_CS" "A value that is none is Rejected, and the old one stays" ["B05"] => |b| {
            let before = b.setting(&SAMPLE).await?;
            written(b, "SampledDataCtrlr", "TxUpdatedInterval", "often", None, &["Rejected"]).await?;
            let after = b.setting(&SAMPLE).await?;
            ensure(before == after, || format!("TxUpdatedInterval was {before:?} and is {after:?}"))?;
        }
        "TC_B_32_CS" "A component that the station does not have is read: UnknownComponent" ["B06"] => |b| {
            read(b, "NoSuchCtrlr", "Enabled", None, &["UnknownComponent"]).await?;
        }
        "TC_B_33_CS" "A variable that the component does not have is read: UnknownVariable" ["B06"] => |b| {
            read(b, "OCPPCommCtrlr", "NoSuchVariable", None, &["UnknownVariable"]).await?;
        }
        "TC_B_34_CS" "An attribute that the variable does not have is read: NotSupportedAttributeType" ["B06"] => |b| {
            read(b, "OCPPCommCtrlr", "HeartbeatInterval", Some("Target"), &["NotSupportedAttributeType"]).await?;
        }
        "TC_B_35_CS" "A component that the station does not have is set: UnknownComponent" ["B05"] => |b| {
            written(b, "NoSuchCtrlr", "Enabled", "true", None, &["UnknownComponent"]).await?;
        }
        "TC_B_36_CS" "A variable that the component does not have is set: UnknownVariable" ["B05"] => |b| {
            written(b, "OCPPCommCtrlr", "NoSuchVariable", "1", None, &["UnknownVariable"]).await?;
        }
        "TC_B_37_CS" "An attribute that the variable does not have is set: NotSupportedAttributeType" ["B05"] => |b| {
            written(b, "OCPPCommCtrlr", "HeartbeatInterval", "300", Some("Target"), &["NotSupportedAttributeType"]).await?;
        }
        "TC_B_39_CS" "A variable that can only be read is set: Rejected" ["B05"] => |b| {
            written(b, "ChargingStation", "AvailabilityState", "Faulted", None, &["Rejected"]).await?;
        }
        "TC_B_12_CS" "A report of the configuration, in parts that belong together" ["B07"] => |b| { report(b, "ConfigurationInventory").await?; }
        "TC_B_13_CS" "A report of everything, in parts that belong together" ["B07"] => |b| { report(b, "FullInventory").await?; }
        "WL_CS_CACHE_01" "The authorization cache is cleared" ["C11"] => |b| {
            b.ask_status("ClearCache", json!({}), &["Accepted", "Rejected"]).await?;
        }
        "WL_CS_DATA_01" "DataTransfer of a vendor that the station does not know" ["P01"] => |b| {
            b.ask_status("DataTransfer", json!({ "vendorId": "org.example.nobody" }), &["UnknownVendorId", "Rejected"]).await?;
        }
    }
}

fn item(component: &str, variable: &str, attribute: Option<&str>) -> Value {
    let mut item = json!({ "component": { "name": component }, "variable": { "name": variable } });
    if let Some(attribute) = attribute {
        item["attributeType"] = attribute.into();
    }
    item
}

async fn read(
    b: &mut Bed,
    component: &str,
    variable: &str,
    attribute: Option<&str>,
    wanted: &[&str],
) -> Play {
    let item = item(component, variable, attribute);
    let answer = b.ask("GetVariables", json!({ "getVariableData": [item] })).await?;
    let result = &answer["getVariableResult"][0];
    same(&item, result)?;
    status(result, wanted)?;
    ensure(result.get("attributeValue").is_none(), || "a value is told with it".to_owned())
}

async fn written(
    b: &mut Bed,
    component: &str,
    variable: &str,
    value: &str,
    attribute: Option<&str>,
    wanted: &[&str],
) -> Play {
    let mut item = item(component, variable, attribute);
    item["attributeValue"] = value.into();
    let answer = b.ask("SetVariables", json!({ "setVariableData": [item] })).await?;
    let result = &answer["setVariableResult"][0];
    same(&item, result)?;
    status(result, wanted)
}

/// The result is about what was asked for.
fn same(item: &Value, result: &Value) -> Play {
    for part in ["component", "variable"] {
        let (asked, told) = (item[part]["name"].as_str(), result[part]["name"].as_str());
        let alike = asked.zip(told).is_some_and(|(asked, told)| asked.eq_ignore_ascii_case(told));
        ensure(alike, || format!("{part} {asked:?} was asked for, and told is {told:?}"))?;
    }
    Ok(())
}

fn status(result: &Value, wanted: &[&str]) -> Play {
    let got = result["attributeStatus"].as_str().unwrap_or_default();
    ensure(wanted.contains(&got), || format!("the status is {got} instead of {}", wanted.join(" or ")))
}

async fn report(b: &mut Bed, base: &str) -> Play {
    let id = i64::from(rand::random::<u16>()) + 1;
    let answer = b.ask("GetBaseReport", json!({ "requestId": id, "reportBase": base })).await?;
    match answer["status"].as_str() {
        Some("Accepted") => {}
        Some("NotSupported") => return Err(Broken::NotApplicable(format!("the station has no {base}"))),
        other => return Err(Broken::fail(format!("GetBaseReport is answered {other:?}"))),
    }
    let mut seen = BTreeSet::new();
    for number in 0.. {
        let part = b.expect("NotifyReport", json!({ "requestId": id }), "after GetBaseReport").await?;
        ensure(part["seqNo"] == number, || format!("seqNo is {} where {number} comes next", part["seqNo"]))?;
        for entry in part["reportData"].as_array().into_iter().flatten() {
            let key = format!("{}.{}", entry["component"], entry["variable"]);
            ensure(seen.insert(key.clone()), || format!("{key} is reported twice"))?;
            let attributes = entry["variableAttribute"].as_array().map_or(0, Vec::len);
            ensure(attributes >= 1, || format!("{key} has no attribute"))?;
        }
        if part["tbc"] != true {
            break;
        }
    }
    let named = |text: &str| seen.iter().any(|key| key.contains(text));
    for wanted in ["HeartbeatInterval", "TxUpdatedInterval"] {
        ensure(named(wanted), || format!("{wanted} is missing in the report"))?;
    }
    let quiet = b.pace().quiet / 2;
    b.never(&["NotifyReport"], quiet, "after the last part").await
}
