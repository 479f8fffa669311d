//! The six lists of prices that a tariff of OCPP has.

use crate::model::tariff::Dimension;

/// A list of prices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// The field of the tariff.
    pub name: &'static str,
    /// The field of each price.
    pub price: &'static str,
    pub dimension: Dimension,
    /// Prices reservations, not charging.
    pub reservation: bool,
}

impl Group {
    /// In the order of a tariff.
    pub const ALL: [Group; 6] = [
        Group::new("energy", "priceKwh", Dimension::Energy, false),
        Group::new("chargingTime", "priceMinute", Dimension::Time, false),
        Group::new("idleTime", "priceMinute", Dimension::ParkingTime, false),
        Group::new("fixedFee", "priceFixed", Dimension::Flat, false),
        Group::new("reservationTime", "priceMinute", Dimension::Time, true),
        Group::new("reservationFixed", "priceFixed", Dimension::Flat, true),
    ];

    const fn new(name: &'static str, price: &'static str, dimension: Dimension, reservation: bool) -> Group {
        Group { name, price, dimension, reservation }
    }

    /// Is the price for a minute, where ours is for an hour?
    pub fn per_minute(self) -> bool {
        matches!(self.dimension, Dimension::Time | Dimension::ParkingTime)
    }

    /// Is it a fixed fee, which knows other conditions and looks at them once, at the start?
    pub fn fixed(self) -> bool {
        self.dimension == Dimension::Flat
    }
}
