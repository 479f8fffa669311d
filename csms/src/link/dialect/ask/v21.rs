//! Commands that only 2.1 has: controls of the grid, energy in both directions, priority, the values of dynamic profiles,
//! tariffs that stations count with, battery swaps, streams of monitored values; and limits of a session.

use super::{Given, Unfit, Wire, invalid, object, some, unsupported, v2::token};
use crate::command::{
    ClearDerControl, Command, DerCurve, DerKind, GetDerControl, Quantity, SetDerControl, Start,
    UpdateSchedule,
};
use chrono::{DateTime, Utc};
use ocpp::{Version, stamp};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Characters of a control's id.
const ID_MAX: usize = 36;
/// Points of a curve.
const POINTS_MAX: usize = 10;

/// A version before 2.1, as people call it.
fn short(version: Version) -> &'static str {
    if version == Version::V16 { "1.6" } else { "2.0.1" }
}

/// Can the session that is to begin be limited as is wished? The limits are told when it begins (E16).
pub(super) fn limited(version: Version, start: &Start) -> Result<(), Unfit> {
    match &start.limit {
        None => Ok(()),
        Some(_) if version != Version::V21 => unsupported(format!(
            "{} stations cannot be told limits of a session; 2.1 stations can",
            short(version)
        )),
        Some(limit) if limit.is_sound() => Ok(()),
        Some(_) => invalid("limits are above 0: a cost with four decimals at most, watt-hours, seconds"),
    }
}

/// What the versions before it have not.
pub(super) fn calls(version: Version, command: &Command, given: &Given) -> Result<Vec<Wire>, Unfit> {
    if version != Version::V21 {
        return unsupported(format!("{} has no {}; 2.1 has", short(version), command.word()));
    }
    Ok(vec![match command {
        Command::SetTariff(set) => {
            Wire::new("SetDefaultTariff", json!({"evseId": set.evse, "tariff": set.tariff}))
        }
        Command::ListTariffs(list) => Wire::new("GetTariffs", json!({"evseId": list.evse})),
        Command::ClearTariffs(clear) => {
            let ids = (!clear.ids.is_empty()).then(|| json!(clear.ids));
            Wire::new("ClearTariffs", object([("tariffIds", ids), ("evseId", some(clear.evse))]))
        }
        Command::ChangeTariff(change) => Wire::new(
            "ChangeTransactionTariff",
            json!({"transactionId": change.transaction, "tariff": change.tariff}),
        ),
        Command::BatterySwap(swap) => Wire::new(
            "RequestBatterySwap",
            json!({"idToken": token(version, &swap.token), "requestId": given.reference}),
        ),
        Command::ListStreams(_) => Wire::new("GetPeriodicEventStream", json!({})),
        Command::AdjustStream(adjust) => {
            let params = object([("interval", some(adjust.interval_s)), ("values", some(adjust.values))]);
            if params == json!({}) {
                return invalid("say which interval or how many values the stream shall have");
            }
            Wire::new("AdjustPeriodicEventStream", json!({"id": adjust.stream, "params": params}))
        }
        Command::SetDerControl(control) => Wire::new("SetDERControl", set(control)?),
        Command::GetDerControl(GetDerControl { id, kind, default }) => {
            alone(id.as_deref(), kind.is_some() || default.is_some())?;
            let fields = [
                ("requestId", Some(given.reference.into())),
                ("controlId", some(id.as_deref())),
                ("controlType", kind.map(|kind| json!(kind))),
                ("isDefault", some(*default)),
            ];
            Wire::new("GetDERControl", object(fields))
        }
        Command::ClearDerControl(ClearDerControl { default, id, kind }) => {
            alone(id.as_deref(), kind.is_some())?;
            let fields = [
                ("isDefault", Some((*default).into())),
                ("controlId", some(id.as_deref())),
                ("controlType", kind.map(|kind| json!(kind))),
            ];
            Wire::new("ClearDERControl", object(fields))
        }
        Command::AfrrSignal(afrr) => {
            let at = stamp::write(afrr.at.unwrap_or(given.now), version);
            Wire::new("AFRRSignal", json!({"timestamp": at, "signal": afrr.signal}))
        }
        Command::AllowEnergyTransfer(allow) => {
            let twice = allow.allowed.iter().enumerate().any(|(at, mode)| allow.allowed[..at].contains(mode));
            if allow.allowed.is_empty() || twice {
                return invalid("name at least one way to transfer energy, and each once");
            }
            Wire::new(
                "NotifyAllowedEnergyTransfer",
                json!({"transactionId": allow.transaction, "allowedEnergyTransfer": allow.allowed}),
            )
        }
        Command::UsePriority(wish) => {
            Wire::new("UsePriorityCharging", json!({"transactionId": wish.transaction, "activate": wish.on}))
        }
        Command::UpdateSchedule(update) => Wire::new("UpdateDynamicSchedule", values(update)?),
        other => return unsupported(format!("{} is not a command of 2.1 alone", other.word())),
    }])
}

/// A control is named by its id, or by what it is.
fn alone(id: Option<&str>, else_named: bool) -> Result<(), Unfit> {
    if id.is_some() && else_named {
        return invalid(
            "name the control by its id, or by its kind and whether it is a default, not by both",
        );
    }
    id.map_or(Ok(()), fits)
}

fn fits(id: &str) -> Result<(), Unfit> {
    match id.chars().count() {
        1..=ID_MAX => Ok(()),
        _ => invalid(format!("the id of a control has 1 to {ID_MAX} characters")),
    }
}

/// The name that the parameters of a kind have on the wire.
fn parameters(kind: DerKind) -> &'static str {
    match kind {
        DerKind::EnterService => "enterService",
        DerKind::FreqDroop => "freqDroop",
        DerKind::FixedPFAbsorb => "fixedPFAbsorb",
        DerKind::FixedPFInject => "fixedPFInject",
        DerKind::FixedVar => "fixedVar",
        DerKind::Gradients => "gradient",
        DerKind::LimitMaxDischarge => "limitMaxDischarge",
        DerKind::FreqWatt
        | DerKind::HFMustTrip
        | DerKind::HFMayTrip
        | DerKind::HVMustTrip
        | DerKind::HVMomCess
        | DerKind::HVMayTrip
        | DerKind::LFMustTrip
        | DerKind::LVMustTrip
        | DerKind::LVMomCess
        | DerKind::LVMayTrip
        | DerKind::PowerMonitoringMustTrip
        | DerKind::VoltVar
        | DerKind::VoltWatt
        | DerKind::WattPF
        | DerKind::WattVar => "curve",
    }
}

fn set(control: &SetDerControl) -> Result<Value, Unfit> {
    fits(&control.id)?;
    check(control)?;
    let wanted = parameters(control.kind);
    let pf = if control.kind == DerKind::FixedPFInject { "fixedPFInject" } else { "fixedPFAbsorb" };
    let mut given: Vec<(&str, Value)> = [
        ("curve", told(control.curve.as_ref())),
        ("enterService", told(control.enter_service.as_ref())),
        (pf, told(control.fixed_pf.as_ref())),
        ("fixedVar", told(control.fixed_var.as_ref())),
        ("freqDroop", told(control.freq_droop.as_ref())),
        ("gradient", told(control.gradient.as_ref())),
        ("limitMaxDischarge", told(control.limit_max_discharge.as_ref())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let parameters = match given.pop() {
        Some((name, value)) if name == wanted && given.is_empty() => value,
        _ => return invalid(format!("a control of kind {:?} has {wanted}, and nothing else", control.kind)),
    };
    let scheduled = !matches!(control.kind, DerKind::EnterService | DerKind::Gradients);
    let times = ["startTime", "duration"].map(|field| parameters.get(field).is_some());
    if control.default && times.contains(&true) {
        return invalid("a default control holds always: leave start_time and duration_s out");
    }
    if !control.default && scheduled && times.contains(&false) {
        return invalid("a scheduled control needs start_time and duration_s");
    }
    let mut payload =
        json!({"isDefault": control.default, "controlId": control.id, "controlType": control.kind});
    payload[wanted] = parameters;
    Ok(payload)
}

/// Values that cannot be meant.
fn check(control: &SetDerControl) -> Result<(), Unfit> {
    let percent = Decimal::ONE_HUNDRED;
    if let Some(curve) = &control.curve {
        check_curve(curve)?;
    }
    if let Some(enter) = &control.enter_service {
        let above = |high: &Quantity, low: &Quantity, what: &str| match (high.decimal(), low.decimal()) {
            (Some(high), Some(low)) if high > low && low >= Decimal::ZERO => Ok(()),
            _ => invalid(format!("the high {what} is above the low one, and neither is negative")),
        };
        above(&enter.high_voltage, &enter.low_voltage, "voltage")?;
        above(&enter.high_freq, &enter.low_freq, "frequency")?;
        for (field, value) in [
            ("delay_s", &enter.delay_s),
            ("random_delay_s", &enter.random_delay_s),
            ("ramp_rate", &enter.ramp_rate),
        ] {
            within(field, value.as_ref(), Decimal::ZERO, Decimal::MAX)?;
        }
    }
    if let Some(pf) = &control.fixed_pf {
        within("displacement", Some(&pf.displacement), Decimal::ZERO, Decimal::ONE)?;
        lasts(pf.duration_s.as_ref())?;
    }
    if let Some(fixed) = &control.fixed_var {
        within("setpoint", Some(&fixed.setpoint), -percent, percent)?;
        lasts(fixed.duration_s.as_ref())?;
    }
    if let Some(droop) = &control.freq_droop {
        for (field, value) in [
            ("over_freq", &droop.over_freq),
            ("under_freq", &droop.under_freq),
            ("over_droop", &droop.over_droop),
            ("under_droop", &droop.under_droop),
            ("response_time_s", &droop.response_time_s),
        ] {
            within(field, Some(value), Decimal::ZERO, Decimal::MAX)?;
        }
        lasts(droop.duration_s.as_ref())?;
    }
    if let Some(gradient) = &control.gradient {
        within("gradient", Some(&gradient.gradient), Decimal::ZERO, Decimal::MAX)?;
        within("soft_gradient", Some(&gradient.soft_gradient), Decimal::ZERO, Decimal::MAX)?;
    }
    if let Some(limit) = &control.limit_max_discharge {
        if limit.pct_max_discharge_power.is_none() && limit.power_monitoring_must_trip.is_none() {
            return invalid("say how much is discharged at the most, or when it trips");
        }
        within("pct_max_discharge_power", limit.pct_max_discharge_power.as_ref(), Decimal::ZERO, percent)?;
        if let Some(curve) = &limit.power_monitoring_must_trip {
            check_curve(curve)?;
        }
        lasts(limit.duration_s.as_ref())?;
    }
    Ok(())
}

fn check_curve(curve: &DerCurve) -> Result<(), Unfit> {
    if !(1..=POINTS_MAX).contains(&curve.curve_data.len()) {
        return invalid(format!("a curve has 1 to {POINTS_MAX} points"));
    }
    within("response_time_s", curve.response_time_s.as_ref(), Decimal::ZERO, Decimal::MAX)?;
    lasts(curve.duration_s.as_ref())
}

fn lasts(duration: Option<&Quantity>) -> Result<(), Unfit> {
    within("duration_s", duration, Decimal::ONE, Decimal::MAX)
}

fn within(field: &str, value: Option<&Quantity>, least: Decimal, most: Decimal) -> Result<(), Unfit> {
    let Some(value) = value else { return Ok(()) };
    match value.decimal() {
        Some(exact) if (least..=most).contains(&exact) => Ok(()),
        _ if most == Decimal::MAX => invalid(format!("{field} is at least {least}")),
        _ => invalid(format!("{field} is from {least} to {most}")),
    }
}

fn values(update: &UpdateSchedule) -> Result<Value, Unfit> {
    let nothing_below = (Decimal::ZERO, Decimal::MAX);
    let nothing_above = (Decimal::MIN, Decimal::ZERO);
    let any = (Decimal::MIN, Decimal::MAX);
    let mut told = Map::new();
    for (name, value, (least, most)) in [
        ("limit", &update.limit, nothing_below),
        ("limit_L2", &update.limit_l2, nothing_below),
        ("limit_L3", &update.limit_l3, nothing_below),
        ("dischargeLimit", &update.discharge_limit, nothing_above),
        ("dischargeLimit_L2", &update.discharge_limit_l2, nothing_above),
        ("dischargeLimit_L3", &update.discharge_limit_l3, nothing_above),
        ("setpoint", &update.setpoint, any),
        ("setpoint_L2", &update.setpoint_l2, any),
        ("setpoint_L3", &update.setpoint_l3, any),
        ("setpointReactive", &update.setpoint_reactive, any),
        ("setpointReactive_L2", &update.setpoint_reactive_l2, any),
        ("setpointReactive_L3", &update.setpoint_reactive_l3, any),
    ] {
        let Some(value) = value else { continue };
        match value.decimal() {
            Some(exact) if (least..=most).contains(&exact) => told.insert(name.to_owned(), json!(value)),
            _ if most == Decimal::ZERO => return invalid(format!("{name} is zero or negative")),
            _ => return invalid(format!("{name} is not negative, and no more than anybody means")),
        };
    }
    for (first, others) in [
        ("limit", ["limit_L2", "limit_L3"]),
        ("dischargeLimit", ["dischargeLimit_L2", "dischargeLimit_L3"]),
        ("setpoint", ["setpoint_L2", "setpoint_L3"]),
        ("setpointReactive", ["setpointReactive_L2", "setpointReactive_L3"]),
    ] {
        if !told.contains_key(first) && others.iter().any(|other| told.contains_key(*other)) {
            return invalid(format!("{first} is of L1 where L2 or L3 has one of its own: give it as well"));
        }
    }
    if told.is_empty() {
        return invalid("say which values change");
    }
    Ok(json!({"chargingProfileId": update.profile, "scheduleUpdate": told}))
}

/// Parameters as they are on the wire.
fn told<T: Serialize>(parameters: Option<&T>) -> Option<Value> {
    Some(named(&serde_json::to_value(parameters?).ok()?))
}

/// Our names are the standard's, in our spelling and with their unit: `start_time` is `startTime`, `duration_s` is `duration`.
fn named(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(named).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let at = value.as_str().filter(|_| name == "start_time");
                let at = at.and_then(|text| text.parse::<DateTime<Utc>>().ok());
                let value = at.map_or_else(|| named(value), |at| json!(stamp::write(at, Version::V21)));
                (camel(name), value)
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

fn camel(name: &str) -> String {
    let mut words = name.strip_suffix("_s").unwrap_or(name).split('_');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        joined.push_str(letters.as_str());
    }
    joined
}
