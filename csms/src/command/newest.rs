//! Commands that only the newest edition of the standard has: tariffs that stations count with, battery swaps, streams of
//! monitored values.

use super::Identifier;
use crate::store::tokens;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// [`super::Command::SetTariff`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTariff {
    /// 0: all of them.
    #[serde(default)]
    pub evse: u32,
    /// TariffType of the standard.
    pub tariff: Value,
}

/// [`super::Command::ListTariffs`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTariffs {
    /// 0: all of them, and the tariffs of drivers.
    #[serde(default)]
    pub evse: u32,
}

/// [`super::Command::ClearTariffs`]: what fits all that is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearTariffs {
    /// Empty: whatever their id.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Absent: wherever they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
}

/// [`super::Command::ChangeTariff`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeTariff {
    /// The transaction id on the wire.
    pub transaction: String,
    /// TariffType of the standard.
    pub tariff: Value,
}

/// What a session that begins by a command may cost, take, and how long it may last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Including tax, in the currency of its tariff; a decimal text, e.g. `50.00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_energy_wh: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_s: Option<i64>,
}

impl Limit {
    /// Are these limits that a station can be told?
    pub fn is_sound(&self) -> bool {
        let numbers = [self.max_energy_wh, self.max_time_s].into_iter().flatten();
        self.max_cost.as_deref().is_none_or(tokens::is_cost)
            && numbers.into_iter().all(tokens::is_limit)
            && *self != Limit::default()
    }
}

/// [`super::Command::BatterySwap`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatterySwap {
    /// Who swaps.
    pub token: Identifier,
}

/// [`super::Command::AdjustStream`]; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustStream {
    /// As the station has numbered it.
    pub stream: u32,
    /// Values are sent at the latest after so long, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// … or when there are so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<u32>,
}
