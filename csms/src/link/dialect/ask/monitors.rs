//! Commands about monitors in 2.0.1 and 2.1, and what their answers say of them.

use super::{Given, Room, Unfit, Wire, invalid, object, some, unsupported, v2};
use crate::{
    command::{
        ClearMonitors, ListMonitors, Monitor, MonitorBase, MonitorKind, MonitorSort, MonitoringBase,
        MonitoringLevel, Name, SEVERITY_MAX, SetMonitors,
    },
    link::dialect::fields,
};
use ocpp::Version;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Lists of one call at most; a person who needs more asks twice.
const AT_ONCE: usize = 1_000;

pub(super) fn set(version: Version, set: &SetMonitors, given: &Given) -> Result<Vec<Wire>, Unfit> {
    if set.monitors.is_empty() {
        return invalid("say which variables shall be watched");
    }
    if set.monitors.len() > AT_ONCE {
        return invalid(format!("more than {AT_ONCE} monitors; set some of them first"));
    }
    let mut all: Vec<Value> = Vec::with_capacity(set.monitors.len());
    for (nth, monitor) in set.monitors.iter().enumerate() {
        let what = format!("monitor {} ({})", nth + 1, monitor.variable.name);
        let twin = |other: &Monitor| {
            (&other.variable, other.kind, other.severity)
                == (&monitor.variable, monitor.kind, monitor.severity)
                || other.id.is_some() && other.id == monitor.id
        };
        // The station would answer that it is a duplicate.
        if set.monitors[..nth].iter().any(twin) {
            return invalid(format!("{what} is there twice: same variable, kind and severity, or same id"));
        }
        all.push(one(version, monitor, &what)?);
    }
    let parts = in_parts(all, given.rooms.set_monitors);
    let wire = |part| Wire::new("SetVariableMonitoring", json!({"setMonitoringData": part}));
    Ok(parts.into_iter().map(wire).collect())
}

fn one(version: Version, monitor: &Monitor, what: &str) -> Result<Value, Unfit> {
    let kind = monitor.kind;
    severity(monitor.severity)?;
    if !matches!(monitor.variable.attribute.as_str(), "" | "Actual") {
        return invalid(format!("{what}: the value is watched, not {}", monitor.variable.attribute));
    }
    if version == Version::V201 && kind.is_of_21() {
        return unsupported(format!("2.0.1 has no monitors of the kind {}; 2.1 has", kind.standard()));
    }
    let value = fields::decimal(&Value::Number(monitor.value.clone())).unwrap_or_default();
    match kind {
        MonitorKind::UpperThreshold | MonitorKind::LowerThreshold => {}
        _ if value < Decimal::ZERO => {
            return invalid(format!("{what}: {} needs a value of 0 or more", kind.standard()));
        }
        _ if kind.is_periodic() && value < Decimal::ONE => {
            return invalid(format!("{what}: {} needs a second at least", kind.standard()));
        }
        _ => {}
    }
    let stream = match &monitor.stream {
        None => None,
        Some(_) if version == Version::V201 => {
            return unsupported("2.0.1 has no streams of monitored values; 2.1 has");
        }
        Some(_) if !kind.is_periodic() => {
            return invalid(format!("{what}: only periodic monitors send streams"));
        }
        Some(stream) => {
            Some(object([("interval", some(stream.interval_s)), ("values", some(stream.values))]))
        }
    };
    let (component, variable) = v2::component(&monitor.variable)?;
    Ok(object([
        ("id", some(monitor.id)),
        ("transaction", monitor.transaction.then_some(Value::Bool(true))),
        ("value", Some(Value::Number(monitor.value.clone()))),
        ("type", Some(json!(kind.standard()))),
        ("severity", Some(json!(monitor.severity))),
        ("component", Some(component)),
        ("variable", Some(variable)),
        ("periodicEventStream", stream),
    ]))
}

pub(super) fn clear(clear: &ClearMonitors, given: &Given) -> Result<Vec<Wire>, Unfit> {
    if clear.ids.is_empty() {
        return invalid("say which monitors shall go, by the station's numbers");
    }
    if clear.ids.len() > AT_ONCE {
        return invalid(format!("more than {AT_ONCE} monitors; clear some of them first"));
    }
    let mut ids = clear.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < clear.ids.len() {
        return invalid("a monitor is named twice");
    }
    let ids = clear.ids.iter().map(|id| json!(id)).collect();
    let parts = in_parts(ids, given.rooms.clear_monitors);
    Ok(parts.into_iter().map(|part| Wire::new("ClearVariableMonitoring", json!({"id": part}))).collect())
}

pub(super) fn list(list: &ListMonitors, given: &Given) -> Result<Wire, Unfit> {
    let sort = |sort: &MonitorSort| match sort {
        MonitorSort::Threshold => "ThresholdMonitoring",
        MonitorSort::Delta => "DeltaMonitoring",
        MonitorSort::Periodic => "PeriodicMonitoring",
    };
    let mut sorts: Vec<&str> = list.sorts.iter().map(sort).collect();
    sorts.sort_unstable();
    sorts.dedup();
    Ok(Wire::new(
        "GetMonitoringReport",
        object([
            ("requestId", Some(given.reference.into())),
            ("monitoringCriteria", (!sorts.is_empty()).then(|| json!(sorts))),
            ("componentVariable", places(&list.variables)?),
        ]),
    ))
}

/// Components with a variable, or with all of theirs.
pub(super) fn places(names: &[Name]) -> Result<Option<Value>, Unfit> {
    let place = |name: &Name| {
        if !matches!(name.attribute.as_str(), "" | "Actual") {
            return invalid(format!("{:?}: all attributes are told, none is chosen", name.name));
        }
        let (component, variable) = v2::component(name)?;
        let variable = (!name.name.is_empty()).then_some(variable);
        Ok(object([("component", Some(component)), ("variable", variable)]))
    };
    let all: Vec<Value> = names.iter().map(place).collect::<Result<_, _>>()?;
    Ok((!all.is_empty()).then(|| json!(all)))
}

pub(super) fn base(base: &MonitoringBase) -> Wire {
    let word = match base.base {
        MonitorBase::All => "All",
        MonitorBase::FactoryDefault => "FactoryDefault",
        MonitorBase::HardWiredOnly => "HardWiredOnly",
    };
    Wire::new("SetMonitoringBase", json!({"monitoringBase": word}))
}

pub(super) fn level(level: &MonitoringLevel) -> Result<Wire, Unfit> {
    severity(level.severity)?;
    Ok(Wire::new("SetMonitoringLevel", json!({"severity": level.severity})))
}

fn severity(severity: u8) -> Result<(), Unfit> {
    if severity > SEVERITY_MAX {
        return invalid(format!("severity {severity}: from 0 (danger) to {SEVERITY_MAX} (debug)"));
    }
    Ok(())
}

/// Lists as long as the station takes them; at least one entry each.
fn in_parts(entries: Vec<Value>, room: Room) -> Vec<Vec<Value>> {
    let (mut parts, mut bytes) = (vec![Vec::new()], 0);
    for entry in entries {
        let size = entry.to_string().len() + 1;
        let last = parts.last().map_or(0, Vec::len);
        if last > 0 && (last >= room.items || bytes + size > room.bytes) {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(part) = parts.last_mut() {
            part.push(entry);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_go_in_parts_of_the_size_that_a_station_takes() {
        let entries: Vec<Value> = (10..20).map(Value::from).collect();
        let lengths = |items, bytes| -> Vec<usize> {
            in_parts(entries.clone(), Room { items, bytes }).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(4, usize::MAX), [4, 4, 2]);
        assert_eq!(lengths(usize::MAX, 9), [3, 3, 3, 1]);
        assert_eq!(lengths(usize::MAX, 0), [1; 10]);
    }
}
