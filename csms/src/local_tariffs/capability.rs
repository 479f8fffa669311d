//! Does a station count costs itself? Its device model says so (TariffCostCtrlr.Enabled, instance Tariff: I07.FR.01); one
//! that never told its device model is asked, once.

use crate::{
    app::App,
    link::hub::AskError,
    model::StationId,
    store::row::{VariableRow, Write},
};
use serde_json::json;
use std::time::Duration;

/// The component, the variable and its instance.
pub(crate) const COMPONENT: &str = "TariffCostCtrlr";
pub(crate) const VARIABLE: &str = "Enabled";
const INSTANCE: &str = "Tariff";

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Counts {
    Yes,
    /// And in which words it says so.
    No(String),
    Unknown,
}

/// Reads it off the reported attributes of [`VARIABLE`].
pub(crate) fn told(rows: &[VariableRow]) -> Counts {
    let actual =
        |row: &&VariableRow| row.instance.eq_ignore_ascii_case(INSTANCE) && row.attribute == "Actual";
    match rows.iter().find(actual).and_then(|row| row.value.as_deref()) {
        Some(value) if value.eq_ignore_ascii_case("true") => Counts::Yes,
        Some(value) => Counts::No(format!("{COMPONENT}.{VARIABLE}[{INSTANCE}] is {value}")),
        None => Counts::Unknown,
    }
}

/// Asks the station, and keeps what it says with what it reports of itself.
pub(super) async fn ask(app: &App, station: &StationId) -> Result<Counts, AskError> {
    let asked =
        json!({"component": {"name": COMPONENT}, "variable": {"name": VARIABLE, "instance": INSTANCE}});
    let payload = json!({"getVariableData": [asked]});
    let timeout = Duration::from_secs(app.config.ocpp.call_timeout_s);
    let answer = app.hub.ask(station, "GetVariables", payload, timeout).await?;
    let result = &answer["getVariableResult"][0];
    let value = result["attributeValue"].as_str();
    let (Some(value), Some("Accepted")) = (value, result["attributeStatus"].as_str()) else {
        let status = result["attributeStatus"].as_str().unwrap_or_default();
        return Ok(Counts::No(format!("asked for {COMPONENT}.{VARIABLE}[{INSTANCE}] it says {status}")));
    };
    let row = VariableRow {
        station_id: station.to_string(),
        component: COMPONENT.to_owned(),
        component_instance: String::new(),
        evse: 0,
        connector: 0,
        name: VARIABLE.to_owned(),
        instance: INSTANCE.to_owned(),
        attribute: "Actual".to_owned(),
        value: Some(value.to_owned()),
        mutability: String::new(),
        characteristics: String::new(),
        reported_at: app.clock.now(),
    };
    let counts = told(std::slice::from_ref(&row));
    if let Err(error) = app.writer.commit(vec![Write::Variable(Box::new(row))]).await {
        tracing::warn!(%station, %error, "what the station says of its costs was not kept; it is asked again");
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(instance: &str, attribute: &str, value: Option<&str>) -> VariableRow {
        VariableRow {
            station_id: "CS1".into(),
            component: COMPONENT.into(),
            component_instance: String::new(),
            evse: 0,
            connector: 0,
            name: VARIABLE.into(),
            instance: instance.into(),
            attribute: attribute.into(),
            value: value.map(str::to_owned),
            mutability: String::new(),
            characteristics: String::new(),
            reported_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_the_actual_value_of_the_tariff_instance_counts() {
        assert_eq!(told(&[row("Cost", "Actual", Some("true"))]), Counts::Unknown);
        assert_eq!(told(&[row("Tariff", "Target", Some("true"))]), Counts::Unknown);
        assert_eq!(told(&[row("Tariff", "Actual", None)]), Counts::Unknown);
        assert_eq!(
            told(&[row("Cost", "Actual", Some("false")), row("tariff", "Actual", Some("True"))]),
            Counts::Yes
        );
        let no = Counts::No("TariffCostCtrlr.Enabled[Tariff] is false".into());
        assert_eq!(told(&[row("Tariff", "Actual", Some("false"))]), no);
    }
}
