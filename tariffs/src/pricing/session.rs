//! What a session tells the pricer.

use chrono::{DateTime, Utc};

use crate::model::quantity::{Current, Energy, Power};

/// What was told about a session at one instant. What is `None` was not told and stays as it was.
///
/// Readings have a total order: instant, then `order`, then content. [`crate::Pricer::replay`] sorts by it, so give an
/// `order` where readings of one instant contradict each other and their order of arrival is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// When, as told by the station.
    pub at: DateTime<Utc>,
    /// Which of several readings of one instant came first, e.g. their sequence number; 0 where that is not known.
    pub order: i64,
    /// The standing of the import register.
    pub register: Option<Energy>,
    /// What the vehicle does from now on.
    pub activity: Option<Activity>,
    /// The power from now on.
    pub power: Option<Power>,
    /// The current from now on, the sum over the phases.
    pub current: Option<Current>,
}

/// What a vehicle that is plugged in does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Activity {
    /// It charges, or would if the station let it (OCPP SuspendedEVSE): priced as [`crate::Dimension::Time`].
    Charging,
    /// It does not ask for power (OCPP SuspendedEV, or finished): priced as [`crate::Dimension::ParkingTime`].
    Parking,
}

impl Reading {
    /// A reading that tells nothing yet.
    pub fn at(at: DateTime<Utc>) -> Reading {
        Reading { at, order: 0, register: None, activity: None, power: None, current: None }
    }

    /// With the standing of the import register.
    pub fn register(self, register: Energy) -> Reading {
        Reading { register: Some(register), ..self }
    }

    /// With what the vehicle does from now on.
    pub fn activity(self, activity: Activity) -> Reading {
        Reading { activity: Some(activity), ..self }
    }

    /// With the power from now on.
    pub fn power(self, power: Power) -> Reading {
        Reading { power: Some(power), ..self }
    }

    /// With the current from now on, the sum over the phases.
    pub fn current(self, current: Current) -> Reading {
        Reading { current: Some(current), ..self }
    }
}
