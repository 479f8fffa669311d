//! Words that an operator chooses from for a station.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How violations of the protocol are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// Harmless ones are repaired.
    #[default]
    Lenient,
    /// All with an error.
    Strict,
}

/// How a BootNotification is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    #[default]
    Accepted,
    Pending,
    Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Protocol {
    #[serde(rename = "ocpp1.6")]
    Ocpp16,
    #[serde(rename = "ocpp2.0.1")]
    Ocpp201,
    #[serde(rename = "ocpp2.1")]
    Ocpp21,
}

impl Validation {
    /// As the database has it.
    pub fn word(self) -> &'static str {
        match self {
            Validation::Lenient => "lenient",
            Validation::Strict => "strict",
        }
    }
}

impl Registration {
    /// As the database has it.
    pub fn word(self) -> &'static str {
        match self {
            Registration::Accepted => "accepted",
            Registration::Pending => "pending",
            Registration::Rejected => "rejected",
        }
    }
}

/// As the database has it; none = all.
pub fn joined(protocols: &[Protocol]) -> String {
    let word = |protocol: &Protocol| match protocol {
        Protocol::Ocpp16 => "ocpp1.6",
        Protocol::Ocpp201 => "ocpp2.0.1",
        Protocol::Ocpp21 => "ocpp2.1",
    };
    let mut words: Vec<&str> = protocols.iter().map(word).collect();
    words.sort_unstable();
    words.dedup();
    words.join(",")
}
