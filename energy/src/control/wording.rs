//! Limits and defaults as charging profiles.

use chrono::{DateTime, TimeDelta, Utc};

use crate::control::Policy;
use crate::grid::{Evse, Method, Voltage};
use crate::profile::model::{Amount, Kind, Mode, Period, Place, Profile, Purpose, Schedule};
use crate::safe::Grant;
use crate::units::Milliamps;

/// Where the EVSE's profiles are installed.
pub(super) fn place(evse: &Evse) -> Place {
    match evse.method {
        Method::StationMax => Place::Station,
        Method::Tx | Method::Stacked | Method::Single => Place::Evse(evse.number),
    }
}

/// The profile that holds while nothing else does.
pub(super) fn default(evse: &Evse, policy: &Policy, now: DateTime<Utc>, voltage: Voltage) -> Profile {
    let periods = vec![period(evse, 0, evse.default, evse.wiring.count(), voltage)];
    let purpose = if evse.method == Method::StationMax { Purpose::StationMax } else { Purpose::TxDefault };
    profile(evse.profile_id, purpose, 0, schedule(evse, policy, now, None, periods))
}

/// The profile of a limit. Its schedule starts a little before now, for clocks that are late, and ends so that it is over
/// by `grant.until` also there.
pub(super) fn limit(
    evse: &Evse,
    grant: Grant,
    transaction: &str,
    policy: &Policy,
    now: DateTime<Utc>,
    voltage: Voltage,
) -> Profile {
    let skew = TimeDelta::seconds(i64::from(policy.clock_skew_s));
    let start = now - skew;
    let ends = u32::try_from((grant.until - skew - start).num_seconds()).unwrap_or(0).max(1);
    let mut first = period(evse, 0, grant.limit, grant.phases, voltage);
    if grant.back > Milliamps::ZERO {
        let Amount(back) = evse.amount(grant.back, grant.phases, voltage);
        first.limit = None;
        first.setpoint = Some(Amount(-back));
        first.mode = Mode::CentralSetpoint;
    }
    let fallback = || period(evse, ends, evse.default, evse.wiring.count(), voltage);
    match evse.method {
        Method::Tx => {
            let schedule = schedule(evse, policy, now, Some(ends), vec![first]);
            let profile = profile(evse.profile_id + 1, Purpose::Tx, 0, schedule);
            Profile { transaction: Some(transaction.to_owned()), ..profile }
        }
        Method::Stacked => {
            let schedule = schedule(evse, policy, now, Some(ends), vec![first]);
            profile(evse.profile_id + 1, Purpose::TxDefault, 1, schedule)
        }
        Method::Single | Method::StationMax => {
            let purpose =
                if evse.method == Method::Single { Purpose::TxDefault } else { Purpose::StationMax };
            let schedule = schedule(evse, policy, now, None, vec![first, fallback()]);
            profile(evse.profile_id, purpose, 0, schedule)
        }
    }
}

fn period(evse: &Evse, start_s: u32, limit: Milliamps, phases: u8, voltage: Voltage) -> Period {
    let mut period = Period::limit(start_s, evse.amount(limit, phases, voltage));
    period.phases = (phases != 3).then_some(phases);
    period
}

fn schedule(
    evse: &Evse,
    policy: &Policy,
    now: DateTime<Utc>,
    duration_s: Option<u32>,
    periods: Vec<Period>,
) -> Schedule {
    let start = now - TimeDelta::seconds(i64::from(policy.clock_skew_s));
    Schedule { start: Some(start), duration_s, unit: evse.unit, min_rate: None, periods }
}

fn profile(id: i32, purpose: Purpose, stack_level: u32, schedule: Schedule) -> Profile {
    Profile {
        id,
        purpose,
        stack_level,
        kind: Kind::Absolute,
        valid_from: None,
        valid_to: None,
        transaction: None,
        schedules: vec![schedule],
    }
}
