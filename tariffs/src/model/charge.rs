//! What a bill charges for.

use serde::{Deserialize, Serialize};

use crate::model::tariff::Dimension;

/// What is charged: the dimensions of a session, and those of the reservation before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// Energy taken, in kWh; beside a service fee the electricity fee.
    Energy,
    /// The service fee for the same energy, in kWh.
    Service,
    /// Time while charging.
    Time,
    /// Time plugged in without asking for power.
    ParkingTime,
    /// Time from making a reservation to its use or its expiry.
    ReservationTime,
    /// Once per session.
    Flat,
    /// Once per reservation.
    ReservationFlat,
}

impl Charge {
    /// How many there are.
    pub(crate) const COUNT: usize = 7;
    /// The first so many have a quantity that is metered.
    pub(crate) const METERED: usize = 5;
    /// All, in the order of a bill.
    pub const ALL: [Charge; Charge::COUNT] = [
        Charge::Energy,
        Charge::Service,
        Charge::Time,
        Charge::ParkingTime,
        Charge::ReservationTime,
        Charge::Flat,
        Charge::ReservationFlat,
    ];

    /// What a component of this dimension charges for. Only time and flat fees price reservations.
    pub(crate) fn of(dimension: Dimension, reservation: bool) -> Charge {
        match (dimension, reservation) {
            (Dimension::Time, true) => Charge::ReservationTime,
            (Dimension::Flat, true) => Charge::ReservationFlat,
            (Dimension::Energy, _) => Charge::Energy,
            (Dimension::Service, _) => Charge::Service,
            (Dimension::Time, false) => Charge::Time,
            (Dimension::ParkingTime, _) => Charge::ParkingTime,
            (Dimension::Flat, false) => Charge::Flat,
        }
    }

    /// Is it due once, without a quantity?
    pub fn is_flat(self) -> bool {
        matches!(self, Charge::Flat | Charge::ReservationFlat)
    }

    /// Is its quantity energy?
    pub fn is_energy(self) -> bool {
        matches!(self, Charge::Energy | Charge::Service)
    }
}
