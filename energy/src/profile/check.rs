//! What is wrong with a profile before it is sent. Rules are named by the requirement of OCPP 2.x, where there is one;
//! `house` marks a rule of ours, `quirk` one that only this station has.

use std::fmt;

use serde::Serialize;

use crate::profile::model::{
    Amount, Kind, Mode, Period, Place, Profile, Purpose, Rules, Schedule, Unit, Values,
};

/// What a station can do with profiles: its configuration, and what is known of its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// What it speaks.
    pub rules: Rules,
    /// Does it take amperes?
    pub amps: bool,
    /// Does it take watts?
    pub watts: bool,
    /// The highest stack level (`ChargeProfileMaxStackLevel`).
    pub max_stack_level: u32,
    /// Periods of one schedule (`ChargingScheduleMaxPeriods`, `PeriodsPerSchedule`).
    pub max_periods: usize,
    /// Profiles at a time (`MaxChargingProfilesInstalled`, `Entries`).
    pub max_profiles: usize,
    /// Can it change the phase in use (`ACPhaseSwitchingSupported`)?
    pub phase_switching: bool,
    /// Does the vehicle choose among schedules by ISO 15118?
    pub iso15118: bool,
    /// Does it take a limit of 0? Some refuse it.
    pub takes_zero: bool,
    /// The ids up to here belong to others (`MaxExternalConstraintsId`, OCPP 2.1).
    pub max_external_id: Option<i32>,
}

impl Abilities {
    /// What the standard's own minimum is, for a station that has told nothing yet.
    pub const fn modest(rules: Rules) -> Abilities {
        Abilities {
            rules,
            amps: true,
            watts: true,
            max_stack_level: 0,
            max_periods: 1,
            max_profiles: 3,
            phase_switching: false,
            iso15118: false,
            takes_zero: true,
            max_external_id: None,
        }
    }
}

/// How a profile reaches its station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// By its own message.
    Alone,
    /// Inside the request to start a transaction, whose id nobody knows yet.
    WithStart,
}

/// One thing wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The requirement that is broken, or its use case where several together say it.
    pub rule: &'static str,
    /// The field, e.g. `schedules[0].periods[2].limit`.
    pub path: String,
    /// What is wrong and what to do, as a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.rule)
    }
}

/// The largest value anyone sends: 10 MW, or 10 kA. Within it no sum overflows.
const MOST: Amount = Amount::whole(10_000_000);

/// All that is wrong with the profile for this place of this station; empty if it may be sent.
pub fn check(profile: &Profile, place: Place, sending: Sending, abilities: &Abilities) -> Vec<Problem> {
    let mut found = Findings { abilities, problems: Vec::new() };
    found.purpose(profile, place, sending);
    found.frame(profile);
    for (index, schedule) in profile.schedules.iter().enumerate() {
        found.schedule(profile, schedule, &format!("schedules[{index}]"));
    }
    found.problems
}

struct Findings<'a> {
    abilities: &'a Abilities,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn must(&mut self, good: bool, rule: &'static str, path: &str, message: &str) {
        if !good {
            self.problems.push(Problem { rule, path: path.to_owned(), message: message.to_owned() });
        }
    }

    fn purpose(&mut self, profile: &Profile, place: Place, sending: Sending) {
        let rules = self.abilities.rules;
        let at_evse = matches!(place, Place::Evse(_));
        self.must(place != Place::Evse(0), "house", "place", "EVSEs are counted from 1; use the station");
        let (good, rule, message) = match profile.purpose {
            Purpose::StationMax => (!at_evse, "K01", "a station maximum is installed at the station only"),
            Purpose::Tx => (at_evse, "K01", "a profile of a transaction is installed at its EVSE"),
            Purpose::External => (false, "K01.FR.22", "external constraints are never set by a CSMS"),
            Purpose::LocalGeneration => (!at_evse, "K04", "local generation belongs to the station"),
            Purpose::TxDefault | Purpose::Priority => (true, "", ""),
        };
        self.must(good, rule, "purpose", message);
        let late = matches!(profile.purpose, Purpose::Priority | Purpose::LocalGeneration);
        self.must(
            !late || rules >= Rules::Ocpp21,
            "house",
            "purpose",
            "only stations of OCPP 2.1 know this purpose",
        );
        match (profile.purpose, sending) {
            (Purpose::Tx, Sending::Alone) => {
                let named = profile.transaction.is_some();
                let message = "name the transaction; without one it can only go with a remote start";
                self.must(named, "K01", "transaction", message);
            }
            (Purpose::Tx, Sending::WithStart) => {
                let message = "a transaction that is still to be started has no id";
                self.must(profile.transaction.is_none(), "F01", "transaction", message);
            }
            (_, Sending::Alone) => {
                let message = "only profiles of purpose Tx are for a transaction";
                self.must(profile.transaction.is_none(), "house", "transaction", message);
            }
            (_, Sending::WithStart) => {
                self.must(false, "F01", "purpose", "with a remote start goes a profile of purpose Tx only");
            }
        }
    }

    fn frame(&mut self, profile: &Profile) {
        let abilities = self.abilities;
        let level = profile.stack_level <= abilities.max_stack_level;
        let message = format!("the station's highest stack level is {}", abilities.max_stack_level);
        self.must(level, "K01", "stack_level", &message);
        if let Some(theirs) = abilities.max_external_id {
            let message = format!("ids up to {theirs} belong to external constraints; take a higher one");
            self.must(profile.id > theirs, "K01.FR.80", "id", &message);
        }
        if let (Some(from), Some(to)) = (profile.valid_from, profile.valid_to) {
            self.must(from < to, "K01.FR.36", "valid_to", "ends before it starts; it would never be valid");
        }
        let relative_max = profile.purpose == Purpose::StationMax && profile.kind == Kind::Relative;
        self.must(
            !relative_max,
            "K01.FR.38",
            "kind",
            "a station maximum has no transaction to be relative to",
        );
        let dynamic = profile.kind == Kind::Dynamic;
        let knows = abilities.rules >= Rules::Ocpp21;
        self.must(!dynamic || knows, "K28", "kind", "only stations of OCPP 2.1 know dynamic profiles");
        let single = profile.schedules.len() == 1 && profile.schedules.iter().all(|s| s.periods.len() == 1);
        self.must(!dynamic || single, "K28", "schedules", "a dynamic profile has one schedule of one period");
        let most = if abilities.iso15118 && profile.purpose == Purpose::Tx { 3 } else { 1 };
        let count = profile.schedules.len();
        let message =
            format!("has {count} schedules; it must have 1, or up to 3 where a vehicle chooses by ISO 15118");
        self.must((1..=most).contains(&count), "K01.FR.34", "schedules", &message);
    }

    fn schedule(&mut self, profile: &Profile, schedule: &Schedule, path: &str) {
        let abilities = self.abilities;
        let at = |field: &str| format!("{path}.{field}");
        match profile.kind {
            Kind::Absolute | Kind::Daily | Kind::Weekly => {
                let message = "absolute and recurring schedules need a start";
                self.must(schedule.start.is_some(), "K01.FR.40", &at("start"), message);
            }
            Kind::Relative => {
                let message = "a relative schedule starts with its transaction; leave the start out";
                self.must(schedule.start.is_none(), "K01.FR.41", &at("start"), message);
            }
            Kind::Dynamic => {}
        }
        let (takes, name) = match schedule.unit {
            Unit::Amps => (abilities.amps, "A"),
            Unit::Watts => (abilities.watts, "W"),
        };
        self.must(takes, "K01", &at("unit"), &format!("the station does not take limits in {name}"));
        let count = schedule.periods.len();
        self.must(count > 0, "K01.FR.31", &at("periods"), "needs at least one period");
        let message = format!("has {count} periods; the station takes {}", abilities.max_periods);
        self.must(count <= abilities.max_periods, "K01", &at("periods"), &message);
        self.must(
            schedule.duration_s != Some(0),
            "house",
            &at("duration_s"),
            "a schedule of 0 s never holds",
        );
        if profile.purpose == Purpose::Priority {
            let message = "priority lasts as long as the driver wants; leave the duration out";
            self.must(schedule.duration_s.is_none(), "K21", &at("duration_s"), message);
        }
        let ends = match (schedule.duration_s, profile.kind.every_s()) {
            (Some(duration), Some(every)) => {
                self.must(
                    duration <= every,
                    "house",
                    &at("duration_s"),
                    "is longer than the time after which it recurs",
                );
                Some(duration.min(every))
            }
            (duration, every) => duration.or(every),
        };
        let mut last = None;
        for (index, period) in schedule.periods.iter().enumerate() {
            let path = format!("{path}.periods[{index}]");
            let start = format!("{path}.start_s");
            match last {
                None => self.must(period.start_s == 0, "K01.FR.31", &start, "the first period starts at 0"),
                Some(last) => {
                    self.must(
                        period.start_s > last,
                        "K01.FR.35",
                        &start,
                        "periods must be in order of their start",
                    );
                }
            }
            last = Some(period.start_s);
            let reached = ends.is_none_or(|ends| period.start_s < ends);
            self.must(reached, "house", &start, "lies after the schedule's end; it would never hold");
            self.period(profile, schedule, period, &path);
        }
    }

    fn period(&mut self, profile: &Profile, schedule: &Schedule, period: &Period, path: &str) {
        let abilities = self.abilities;
        let at = |field: &str| format!("{path}.{field}");
        let (limit, values) = (period.limit, [period.limit, period.discharge, period.setpoint]);
        let bounded = values.iter().flatten().all(|value| value.0.abs() <= MOST.0);
        self.must(bounded, "house", path, "has a value beyond 10 MW or 10 kA");
        self.must(limit.is_none_or(|l| l.0 >= 0), "house", &at("limit"), "a limit is not negative");
        let zero = abilities.takes_zero || limit.is_none_or(|l| l.0 != 0);
        self.must(
            zero,
            "quirk",
            &at("limit"),
            "the station refuses a limit of 0; use its smallest, or stop the transaction",
        );
        let discharge = period.discharge.is_none_or(|d| d.0 <= 0);
        self.must(discharge, "Q01", &at("discharge"), "what is given back is zero or negative");
        if abilities.rules < Rules::Ocpp21 {
            self.must(limit.is_some(), "house", &at("limit"), "this station needs a limit in every period");
            let fine = limit.is_none_or(|l| l.0 % 100 == 0);
            self.must(fine, "house", &at("limit"), "this station takes one decimal only; round down");
            let plain =
                period.discharge.is_none() && period.setpoint.is_none() && period.mode == Mode::ChargingOnly;
            self.must(plain, "house", path, "only stations of OCPP 2.1 discharge or follow a setpoint");
        }
        let phases = period.phases.unwrap_or(3);
        self.must(
            (1..=3).contains(&phases),
            "K01.FR.49",
            &at("phases"),
            "there are one, two or three phases",
        );
        if let Some(phase) = period.phase_to_use {
            let path = at("phase_to_use");
            self.must((1..=3).contains(&phase), "K01.FR.19", &path, "phases are called 1, 2 and 3");
            self.must(
                phases == 1,
                "K01.FR.19",
                &path,
                "a phase is chosen only where one phase is used; say phases = 1",
            );
            let able = abilities.phase_switching && abilities.rules > Rules::Ocpp16;
            self.must(able, "K01.FR.20", &path, "the station cannot choose its phase");
        }
        self.phases(period, path);
        self.mode(profile, schedule, period, path);
    }

    /// Values of single phases, and setpoints within their limits.
    fn phases(&mut self, period: &Period, path: &str) {
        let at = |field: &str| format!("{path}.{field}");
        let phases = usize::from(period.phases.unwrap_or(3));
        for (place, own) in period.others.iter().enumerate() {
            let path = at(&format!("others[{place}]"));
            let said = *own != Values::NONE;
            let knows = !said || self.abilities.rules >= Rules::Ocpp21;
            self.must(knows, "house", &path, "only stations of OCPP 2.1 tell phases apart");
            let used = !said || phases > place + 1;
            self.must(used, "K01.FR.49", &path, "is of a phase that is not used");
            let sane = [own.limit, own.discharge, own.setpoint].iter().flatten().all(|v| v.0.abs() <= MOST.0);
            self.must(sane, "house", &path, "has a value beyond 10 MW or 10 kA");
            self.must(own.limit.is_none_or(|l| l.0 >= 0), "house", &path, "a limit is not negative");
            self.must(
                own.discharge.is_none_or(|d| d.0 <= 0),
                "Q01",
                &path,
                "what is given back is zero or negative",
            );
            let first = (own.limit.is_none() || period.limit.is_some())
                && (own.discharge.is_none() || period.discharge.is_some())
                && (own.setpoint.is_none() || period.setpoint.is_some());
            self.must(first, "house", &path, "has a value of which L1 has none");
        }
        let first = Values { limit: period.limit, discharge: period.discharge, setpoint: period.setpoint };
        let each = period.each().unwrap_or([first; 3]);
        let within = each.iter().all(|values| {
            values.setpoint.is_none_or(|setpoint| {
                values.limit.is_none_or(|limit| setpoint.0 <= limit.0)
                    && values.discharge.is_none_or(|discharge| discharge.0 <= setpoint.0)
            })
        });
        self.must(within, "house", &at("setpoint"), "lies beyond its limits");
    }

    fn mode(&mut self, profile: &Profile, schedule: &Schedule, period: &Period, path: &str) {
        let (limits, setpoint) =
            (period.limit.is_some() || period.discharge.is_some(), period.setpoint.is_some());
        let (good, rule, message) = match period.mode {
            Mode::ChargingOnly => (
                !setpoint && period.discharge.is_none(),
                "Q02.FR.02",
                "charging only has a limit, no setpoint and nothing to discharge",
            ),
            Mode::CentralSetpoint | Mode::CentralFrequency => {
                (setpoint && !limits, "Q03.FR.02", "a setpoint from here needs its value and no limits")
            }
            Mode::LocalFrequency => (
                !limits && !setpoint && schedule.unit == Unit::Watts,
                "Q08",
                "following the frequency has a curve in W and no limits",
            ),
            Mode::Idle => (!limits && !setpoint, "Q01", "idle has no values"),
            Mode::ExternalSetpoint | Mode::ExternalLimits | Mode::LocalLoadBalancing => (true, "", ""),
        };
        self.must(good, rule, path, message);
        let only = profile.purpose != Purpose::Priority || period.mode == Mode::ChargingOnly;
        self.must(only, "K21", &format!("{path}.mode"), "priority is for charging only");
    }
}
