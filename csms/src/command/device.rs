//! Commands about a station itself: reports of its components, what it knows of a customer, how it reaches us (B08, B09, N09, N10).

use super::{CertificateHash, Identifier, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Components in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentState {
    Active,
    Available,
    Enabled,
    Problem,
}

/// [`super::Command::Report`]: components that fit one of the states, and the variables that are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<ComponentState>,
    /// With an empty `name`: all variables of the component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Name>,
}

/// [`super::Command::CustomerInformation`]: of one customer, named in one of three ways.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerInformation {
    /// The station is to tell what it knows.
    #[serde(default)]
    pub report: bool,
    /// The station is to forget it.
    #[serde(default)]
    pub clear: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Identifier>,
    /// A name, a number, or whatever else the station's maker knows customers by; not kept once it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateHash>,
}

/// An access point of a mobile network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessPoint {
    pub apn: String,
    /// `PAP`, `CHAP`, `NONE` or `AUTO`.
    pub authentication: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Masked once it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Masked once it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_pin: Option<u32>,
    /// Its number: country and network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(default)]
    pub only_this_network: bool,
}

/// A virtual private network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateNetwork {
    pub server: String,
    pub user: String,
    /// Masked once it was told.
    pub password: String,
    /// The pre-shared key; masked once it was told.
    pub shared_secret: String,
    /// `IKEv2`, `IPSec`, `L2TP` or `PPTP`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// [`super::Command::NetworkProfile`]. It counts once the setting `NetworkConfigurationPriority` of `OCPPCommCtrlr` names the
/// slot and the station was reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkProfile {
    /// What the slot held is replaced.
    #[schemars(range(min = 0))]
    pub slot: i32,
    /// Of the CSMS, without the station's identity: `wss://csms.example/ocpp`.
    pub url: String,
    /// 0 to 3; never below what the station has now.
    #[schemars(range(max = 3))]
    pub security_profile: u8,
    /// Seconds for an answer.
    #[serde(default = "half_a_minute")]
    #[schemars(range(min = 1))]
    pub message_timeout_s: u32,
    /// `Wired0` to `Wired3`, `Wireless0` to `Wireless3`; 2.1: `Any`.
    #[serde(default = "wired")]
    pub interface: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apn: Option<AccessPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<PrivateNetwork>,
    /// What the station calls itself there (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// What it shows there (2.1); masked once it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

fn half_a_minute() -> u32 {
    30
}

fn wired() -> String {
    "Wired0".to_owned()
}
