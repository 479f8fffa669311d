//! What is wrong with a command at this very station, as far as is known of it: said before the station is asked.

use super::{Command, Monitor, MonitorKind, NetworkProfile};
use crate::{
    link::{
        dialect::{
            self,
            ask::{Verdict, canonical},
        },
        display,
    },
    store::{
        StoreError, Tx,
        row::{StationRow, VariableRow},
        variables,
    },
    texts,
};
use rust_decimal::Decimal;
use serde_json::Value;

type Wrong = Result<(), (Verdict, String)>;

fn refused(why: String) -> Wrong {
    Err((Verdict::Refused, why))
}

fn invalid(why: String) -> Wrong {
    Err((Verdict::Invalid, why))
}

/// Looks for it. `Err` within: the verdict, and why.
pub(super) async fn command(
    tx: &mut Tx,
    station: &StationRow,
    command: &Command,
) -> Result<Wrong, StoreError> {
    Ok(match command {
        Command::SetMonitors(set) => {
            for monitor in &set.monitors {
                let wrong = monitored(tx, &station.id, monitor).await?;
                if wrong.is_err() {
                    return Ok(wrong);
                }
            }
            Ok(())
        }
        Command::SetProfile(set) => others_profile(tx, &station.id, &set.profile).await?,
        Command::NetworkProfile(profile) => network(tx, station, profile).await?,
        Command::SetDisplay(set) => set.id.map_or(Ok(()), is_free),
        Command::ClearDisplay(clear) => is_free(clear.id),
        _ => Ok(()),
    })
}

/// Jobs look after their own messages: what was done to one would be undone within a minute.
fn is_free(id: i64) -> Wrong {
    if texts::owns(id) {
        return refused(format!(
            "message {id} is one of the texts on displays: change or remove the text instead"
        ));
    }
    if display::owns(id) {
        return refused(format!(
            "message {id} is a payment code: whether this station shows them is decided on its page"
        ));
    }
    Ok(())
}

/// K01.FR.80: the lowest ids of profiles belong to others, where the station says so.
async fn others_profile(tx: &mut Tx, station: &str, profile: &Value) -> Result<Wrong, StoreError> {
    let Some(id) = profile["id"].as_i64() else { return Ok(Ok(())) };
    let rows = variables::named(tx, station, "SmartChargingCtrlr", "MaxExternalConstraintsId").await?;
    let told = rows.iter().find(|row| row.attribute == "Actual");
    let most = told.and_then(|row| row.value.as_deref()?.trim().parse::<i64>().ok());
    Ok(match most.filter(|most| id <= *most) {
        Some(most) => refused(format!(
            "the station keeps the ids of profiles up to {most} for limits from elsewhere: choose one above, or none"
        )),
        None => Ok(()),
    })
}

/// B09: what protects the connection is never made weaker from here.
async fn network(tx: &mut Tx, station: &StationRow, profile: &NetworkProfile) -> Result<Wrong, StoreError> {
    let rows = variables::named(tx, &station.id, "SecurityCtrlr", "SecurityProfile").await?;
    let told = rows.iter().find(|row| row.attribute == "Actual");
    let told = told.and_then(|row| row.value.as_deref()?.trim().parse::<u8>().ok());
    let has = told.unwrap_or(u8::from(!station.secret.is_empty()));
    Ok(if profile.security_profile < has {
        refused(format!(
            "the station has security profile {has}, which is not lowered from here: choose {has} or above"
        ))
    } else {
        Ok(())
    })
}

/// Can the variable be watched so? What the station has not reported is left to it.
async fn monitored(tx: &mut Tx, station: &str, monitor: &Monitor) -> Result<Wrong, StoreError> {
    let name = canonical(&monitor.variable);
    let (evse, connector) = (name.evse.unwrap_or(0), name.connector.unwrap_or(0));
    let rows = variables::named(tx, station, &name.component, &name.name).await?;
    let row = rows.iter().find(|row| {
        row.component_instance == name.component_instance
            && row.instance == name.instance
            && (row.evse, row.connector) == (evse.into(), connector.into())
            && row.attribute == "Actual"
    });
    Ok(row.map_or(Ok(()), |row| fits(row, monitor)))
}

fn fits(row: &VariableRow, monitor: &Monitor) -> Wrong {
    let what = format!("{}.{}", row.component, row.name);
    let Ok(told) = serde_json::from_str::<Value>(&row.characteristics) else { return Ok(()) };
    if told["supportsMonitoring"] == false {
        return refused(format!("the station has said that {what} cannot be watched"));
    }
    let kind = monitor.kind;
    let word = kind.standard();
    let Some(data_type) = told["dataType"].as_str() else { return Ok(()) };
    let is_number = matches!(data_type, "decimal" | "integer");
    if kind.is_periodic() || kind == MonitorKind::Delta && !is_number {
        return Ok(());
    }
    if !is_number {
        return invalid(format!("{what} is no number ({data_type}): {word} watches numbers, delta anything"));
    }
    let Some(value) = dialect::decimal(&Value::Number(monitor.value.clone())) else {
        return invalid(format!("{what}: {} is out of reach", monitor.value));
    };
    if data_type == "integer" && kind != MonitorKind::TargetDeltaRelative && !value.fract().is_zero() {
        return invalid(format!("{what} is a whole number: {value} is none"));
    }
    let limit = |field: &str| dialect::decimal(&told[field]);
    if matches!(kind, MonitorKind::UpperThreshold | MonitorKind::LowerThreshold) {
        if let Some(least) = limit("minLimit").filter(|least| value < *least) {
            return invalid(format!("{what} is {least} at least: {word} at {value} would never tell"));
        }
        if let Some(most) = limit("maxLimit").filter(|most| value > *most) {
            return invalid(format!("{what} is {most} at most: {word} at {value} would never tell"));
        }
        return Ok(());
    }
    let span = limit("maxLimit").zip(limit("minLimit")).map(|(most, least)| most - least);
    match span
        .filter(|span| kind != MonitorKind::TargetDeltaRelative && value > *span && *span > Decimal::ZERO)
    {
        Some(span) => invalid(format!("{what} moves by {span} at most: {word} of {value} would never tell")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(characteristics: Value) -> VariableRow {
        VariableRow {
            station_id: "S".into(),
            component: "EVSE".into(),
            component_instance: String::new(),
            evse: 1,
            connector: 0,
            name: "Power".into(),
            instance: String::new(),
            attribute: "Actual".into(),
            value: None,
            mutability: "ReadOnly".into(),
            characteristics: characteristics.to_string(),
            reported_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_monitor_fits_what_the_station_has_said_of_the_variable() {
        let monitor = |kind: &str, value: Value| -> Monitor {
            let told = json!({"variable": {"component": "EVSE", "name": "Power"}, "kind": kind, "value": value,
                "severity": 4});
            serde_json::from_value(told).unwrap()
        };
        let number =
            row(json!({"dataType": "integer", "supportsMonitoring": true, "minLimit": 0, "maxLimit": 100}));
        let word = row(json!({"dataType": "OptionList", "supportsMonitoring": true}));
        let closed = row(json!({"dataType": "integer", "supportsMonitoring": false}));
        for (row, kind, value, said) in [
            (&number, "upper-threshold", json!(80), ""),
            (&number, "upper-threshold", json!(101), "100 at most"),
            (&number, "lower-threshold", json!(-1), "0 at least"),
            (&number, "upper-threshold", json!(80.5), "whole number"),
            (&number, "delta", json!(5), ""),
            (&number, "delta", json!(101), "moves by 100"),
            (&number, "periodic", json!(3600), ""),
            (&number, "target-delta-relative", json!(0.5), ""),
            (&word, "delta", json!(1), ""),
            (&word, "lower-threshold", json!(1), "no number"),
            (&closed, "periodic", json!(60), "cannot be watched"),
        ] {
            let why = fits(row, &monitor(kind, value.clone())).err().map(|(_, why)| why).unwrap_or_default();
            assert!(why.contains(said) && said.is_empty() == why.is_empty(), "{kind} {value}: {why}");
        }
    }

    #[test]
    fn messages_of_jobs_are_left_to_them() {
        assert_eq!(is_free(12), Ok(()));
        let whose = |id| is_free(id).unwrap_err().1;
        assert!(whose(800_000_001).contains("texts"));
        assert!(whose(0x5741_0001).contains("payment code"));
    }
}
