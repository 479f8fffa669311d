//! What a charging profile says.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Which edition of OCPP a station speaks, as far as profiles are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rules {
    /// OCPP 1.6 (§3.13 of its specification).
    #[serde(rename = "1.6")]
    Ocpp16,
    /// OCPP 2.0.1 (functional block K).
    #[serde(rename = "2.0.1")]
    Ocpp201,
    /// OCPP 2.1 (functional blocks K and Q).
    #[serde(rename = "2.1")]
    Ocpp21,
}

/// What a profile limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The whole station.
    StationMax,
    /// Any transaction that has no profile of its own.
    TxDefault,
    /// One transaction; counts instead of `TxDefault`.
    Tx,
    /// Set by somebody else, e.g. a grid operator's box behind the station. Never ours to set or to clear.
    External,
    /// Counts instead of `Tx` and `TxDefault` while the driver has asked for priority.
    Priority,
    /// What is generated beside the station; adds to `StationMax`.
    LocalGeneration,
}

/// When a profile's schedule starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// At the schedule's `start`.
    Absolute,
    /// At the schedule's `start`, and again each 24 hours.
    Daily,
    /// At the schedule's `start`, and again each seven days.
    Weekly,
    /// When the transaction starts.
    Relative,
    /// Its only period's values are updated while it runs.
    Dynamic,
}

impl Kind {
    /// After how many seconds the schedule starts again.
    pub const fn every_s(self) -> Option<u32> {
        match self {
            Kind::Daily => Some(86_400),
            Kind::Weekly => Some(604_800),
            Kind::Absolute | Kind::Relative | Kind::Dynamic => None,
        }
    }
}

/// What a schedule's values are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Amperes on each phase.
    Amps,
    /// Watts over all phases.
    Watts,
}

/// Thousandths of an ampere or of a watt, by the schedule's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amount(pub i64);

impl Amount {
    /// From whole A or W.
    pub const fn whole(units: i64) -> Amount {
        Amount(units.saturating_mul(1000))
    }
}

/// Who decides about power in a period, and by what (OCPP 2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Within the limit, no discharging.
    #[default]
    ChargingOnly,
    /// The vehicle follows our setpoint.
    CentralSetpoint,
    /// The vehicle follows our setpoint, which follows the grid's frequency.
    CentralFrequency,
    /// A box on site gives the setpoint.
    ExternalSetpoint,
    /// A box on site gives the limits.
    ExternalLimits,
    /// The station follows the frequency by a curve.
    LocalFrequency,
    /// The station balances the site's load.
    LocalLoadBalancing,
    /// No energy either way.
    Idle,
}

impl Mode {
    /// Can energy be given back in it?
    pub const fn gives_back(self) -> bool {
        !matches!(self, Mode::ChargingOnly | Mode::Idle)
    }
}

/// Values of one phase, where phases differ (OCPP 2.1). Those of the period are of L1 then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Values {
    /// As [`Period::limit`].
    pub limit: Option<Amount>,
    /// As [`Period::discharge`].
    pub discharge: Option<Amount>,
    /// As [`Period::setpoint`].
    pub setpoint: Option<Amount>,
}

impl Values {
    /// Says nothing.
    pub const NONE: Values = Values { limit: None, discharge: None, setpoint: None };
}

/// The values from `start_s` until the next period.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Seconds after the schedule's start.
    pub start_s: u32,
    /// At most this is taken. None: no limit by this period.
    pub limit: Option<Amount>,
    /// At most this is given back, as zero or a negative number.
    pub discharge: Option<Amount>,
    /// Exactly this, negative to discharge.
    pub setpoint: Option<Amount>,
    /// Phases that may be used; three if it does not say.
    pub phases: Option<u8>,
    /// Which phase, where only one may be used.
    pub phase_to_use: Option<u8>,
    /// Who decides.
    pub mode: Mode,
    /// Of L2 and L3, where they differ from L1.
    #[serde(default)]
    pub others: [Values; 2],
}

impl Period {
    /// A limit for charging, nothing else.
    pub const fn limit(start_s: u32, limit: Amount) -> Period {
        Period {
            start_s,
            limit: Some(limit),
            discharge: None,
            setpoint: None,
            phases: None,
            phase_to_use: None,
            mode: Mode::ChargingOnly,
            others: [Values::NONE; 2],
        }
    }

    /// The values of each phase; none: the phases do not differ.
    pub fn each(&self) -> Option<[Values; 3]> {
        let Period { limit, discharge, setpoint, others, .. } = *self;
        (others != [Values::NONE; 2]).then(|| {
            // A phase of which nothing is said has what L1 has.
            let or = |own: Values| Values {
                limit: own.limit.or(limit),
                discharge: own.discharge.or(discharge),
                setpoint: own.setpoint.or(setpoint),
            };
            [Values { limit, discharge, setpoint }, or(others[0]), or(others[1])]
        })
    }
}

/// Periods one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schedule {
    /// When it starts; none for relative ones.
    pub start: Option<DateTime<Utc>>,
    /// For how long it holds; after that it says nothing. None: without end, or until it recurs.
    pub duration_s: Option<u32>,
    /// Of all its values.
    pub unit: Unit,
    /// Below this the vehicle charges badly; a hint for the station.
    pub min_rate: Option<Amount>,
    /// From early to late; the first starts at 0.
    pub periods: Vec<Period>,
}

/// A charging profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Profile {
    /// A new one with the same id replaces it.
    pub id: i32,
    /// What it limits.
    pub purpose: Purpose,
    /// Higher ones count instead of lower ones of the same purpose.
    pub stack_level: u32,
    /// When its schedule starts.
    pub kind: Kind,
    /// From this instant on.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until before this instant.
    pub valid_to: Option<DateTime<Utc>>,
    /// The transaction it is for.
    pub transaction: Option<String>,
    /// One; up to three where a vehicle chooses by ISO 15118.
    pub schedules: Vec<Schedule>,
}

impl Profile {
    /// Is `now` within its validity?
    pub fn valid_at(&self, now: DateTime<Utc>) -> bool {
        self.valid_from.is_none_or(|from| from <= now) && self.valid_to.is_none_or(|to| now < to)
    }
}

/// Where a profile is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the station as a whole: EVSE 0, connector 0.
    Station,
    /// At one EVSE (a connector in 1.6), from 1.
    Evse(u16),
}

/// A profile at its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Installed {
    /// Where.
    pub place: Place,
    /// What.
    pub profile: Profile,
}
