//! Commands about messages on displays (O01 to O06).

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// RFC 5646, e.g. `zh`.
    pub language: String,
    pub text: String,
}

/// [`super::Command::SetDisplay`]. A message with the same number is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDisplay {
    pub text: String,
    /// `ASCII`, `HTML`, `URI`, `UTF8`; 2.1: `QRCODE`.
    #[serde(default = "utf8")]
    pub format: String,
    /// RFC 5646, e.g. `de`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `NormalCycle`, `InFront` or `AlwaysFront`.
    #[serde(default = "in_turn")]
    pub priority: String,
    /// Only in this state: `Charging`, `Faulted`, `Idle`, `Unavailable`; 2.1: `Suspended`, `Discharging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// Only during this transaction, by its id on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The display of this EVSE only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    /// The same in other languages, four at most (2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Words>,
    /// Absent: one of ours. Numbers of texts and payment codes are theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub id: Option<i64>,
}

fn utf8() -> String {
    "UTF8".to_owned()
}

fn in_turn() -> String {
    "NormalCycle".to_owned()
}

/// [`super::Command::ListDisplays`]: what fits all that is given; nothing given: all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListDisplays {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// [`super::Command::ClearDisplay`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearDisplay {
    #[schemars(range(min = 0))]
    pub id: i64,
}
