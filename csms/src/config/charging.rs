//! Settings of plans for single vehicles.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Plans for vehicles at EVSEs without load management.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Charging {
    /// Vehicles that offer it give back when a kWh costs most, and buy again when it costs least.
    pub give_back: bool,
    /// What a kWh given back has to earn beside what it costs to buy it again, in the tariff's currency.
    pub give_back_gain: Decimal,
    /// Of what is taken from the grid, so many thousandths can be given back.
    pub give_back_efficiency_permille: u16,
}

impl Default for Charging {
    fn default() -> Self {
        Charging { give_back: false, give_back_gain: Decimal::new(10, 2), give_back_efficiency_permille: 850 }
    }
}
