//! Profiles as commands, and what stations say they can do with them.

use super::abilities::said;
use crate::{
    command::{Command, SetProfile},
    link::dialect,
    store::{StoreError, Tx},
};
use chrono::{DateTime, SecondsFormat, Utc};
use energy::{
    grid::{Evse, Method},
    profile::{
        check::Abilities,
        model::{Amount, Kind, Mode, Place, Profile, Purpose, Schedule, Unit},
    },
};
use ocpp::Version;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// The command that installs a profile.
pub(super) fn set(place: Place, profile: &Profile) -> Command {
    Command::SetProfile(SetProfile { evse: number(place), profile: body(profile) })
}

/// The EVSE's number on the wire; 0 is the station.
pub(super) fn number(place: Place) -> u32 {
    match place {
        Place::Station => 0,
        Place::Evse(number) => number.into(),
    }
}

/// ChargingProfileType of 2.x.
pub(crate) fn body(profile: &Profile) -> Value {
    let (kind, recurs) = match profile.kind {
        Kind::Absolute => ("Absolute", None),
        Kind::Daily => ("Recurring", Some("Daily")),
        Kind::Weekly => ("Recurring", Some("Weekly")),
        Kind::Relative => ("Relative", None),
        Kind::Dynamic => ("Dynamic", None),
    };
    let purpose = match profile.purpose {
        Purpose::StationMax => "ChargingStationMaxProfile",
        Purpose::TxDefault => "TxDefaultProfile",
        Purpose::Tx => "TxProfile",
        Purpose::External => "ChargingStationExternalConstraints",
        Purpose::Priority => "PriorityCharging",
        Purpose::LocalGeneration => "LocalGeneration",
    };
    let schedules = profile.schedules.iter().enumerate().map(|(nth, one)| schedule(profile.id, nth, one));
    fields([
        ("id", Some(profile.id.into())),
        ("stackLevel", Some(profile.stack_level.into())),
        ("chargingProfilePurpose", Some(purpose.into())),
        ("chargingProfileKind", Some(kind.into())),
        ("recurrencyKind", recurs.map(Into::into)),
        ("validFrom", profile.valid_from.map(instant)),
        ("validTo", profile.valid_to.map(instant)),
        ("transactionId", profile.transaction.clone().map(Into::into)),
        ("chargingSchedule", Some(schedules.collect())),
    ])
}

fn schedule(profile: i32, nth: usize, schedule: &Schedule) -> Value {
    let periods = schedule.periods.iter().map(|period| {
        let [l2, l3] = period.others;
        fields([
            ("startPeriod", Some(period.start_s.into())),
            ("limit", period.limit.map(amount)),
            ("limit_L2", l2.limit.map(amount)),
            ("limit_L3", l3.limit.map(amount)),
            ("dischargeLimit", period.discharge.map(amount)),
            ("dischargeLimit_L2", l2.discharge.map(amount)),
            ("dischargeLimit_L3", l3.discharge.map(amount)),
            ("setpoint", period.setpoint.map(amount)),
            ("setpoint_L2", l2.setpoint.map(amount)),
            ("setpoint_L3", l3.setpoint.map(amount)),
            ("numberPhases", period.phases.map(Into::into)),
            ("phaseToUse", period.phase_to_use.map(Into::into)),
            ("operationMode", (period.mode != Mode::ChargingOnly).then(|| mode(period.mode).into())),
        ])
    });
    fields([
        ("id", Some(profile.saturating_add(i32::try_from(nth).unwrap_or_default()).into())),
        ("startSchedule", schedule.start.map(instant)),
        ("duration", schedule.duration_s.map(Into::into)),
        ("chargingRateUnit", Some(unit(schedule.unit).into())),
        ("minChargingRate", schedule.min_rate.map(amount)),
        ("chargingSchedulePeriod", Some(periods.collect())),
    ])
}

/// OperationModeEnumType; charging only is what a period without one means.
fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::ChargingOnly => "ChargingOnly",
        Mode::CentralSetpoint => "CentralSetpoint",
        Mode::CentralFrequency => "CentralFrequency",
        Mode::ExternalSetpoint => "ExternalSetpoint",
        Mode::ExternalLimits => "ExternalLimits",
        Mode::LocalFrequency => "LocalFrequency",
        Mode::LocalLoadBalancing => "LocalLoadBalancing",
        Mode::Idle => "Idle",
    }
}

/// `A` or `W`.
pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Amps => "A",
        Unit::Watts => "W",
    }
}

fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

fn instant(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn amount(amount: Amount) -> Value {
    let number = Decimal::new(amount.0, 3).normalize().to_string();
    serde_json::from_str(&number).unwrap_or(Value::Null)
}

/// What a station has said of its abilities; where it has said nothing, what the way needs by which its operator has it told.
pub(super) async fn abilities(
    tx: &mut Tx,
    station: &str,
    evse: &Evse,
    version: Version,
) -> Result<Abilities, StoreError> {
    let rules = dialect::profile_rules(version);
    let said = said(tx, station, rules).await?;
    let modest = Abilities::modest(rules);
    let (level, periods) = match evse.method {
        Method::Tx => (0, 1),
        Method::Stacked => (1, 1),
        Method::Single | Method::StationMax => (0, 2),
    };
    Ok(Abilities {
        max_stack_level: said.level.unwrap_or(level),
        max_periods: said.periods.unwrap_or(periods),
        max_profiles: said.profiles.unwrap_or(modest.max_profiles),
        amps: said.amps.unwrap_or(true),
        watts: said.watts.unwrap_or(true),
        takes_zero: evse.takes_zero,
        ..modest
    })
}
