//! What a tariff tells of itself beside prices: for whom it is, in which words, and from which energy.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::exact;

/// For whom or for which way of charging a tariff is (OCPI TariffType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Paid on the spot, without a contract.
    AdHocPayment,
    /// When the driver prefers a low price.
    ProfileCheap,
    /// When the driver prefers speed.
    ProfileFast,
    /// When the driver prefers clean energy.
    ProfileGreen,
    /// Without any preference.
    Regular,
}

/// A text in one language (OCPI DisplayText).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// ISO 639-1, e.g. "en".
    pub language: String,
    /// Plain text, up to 512 characters.
    pub text: String,
}

/// Where the energy comes from (OCPI EnergyMix).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyMix {
    /// Is all of it from sources that regenerate, without CO2 and nuclear waste?
    pub green: bool,
    /// Shares of the sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<EnergySource>,
    /// What comes of making it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impacts: Vec<EnvironmentalImpact>,
    /// Who sells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub supplier: String,
    /// The supplier's name for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub product: String,
}

/// A source and its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergySource {
    /// Which.
    pub source: Source,
    /// Percent of the energy.
    #[serde(with = "exact")]
    pub percent: Decimal,
}

/// What energy is made from (OCPI EnergySourceCategory).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sources speak for themselves")]
pub enum Source {
    Nuclear,
    GeneralFossil,
    Coal,
    Gas,
    GeneralGreen,
    Solar,
    Wind,
    Water,
}

/// Something made beside the energy, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentalImpact {
    /// What.
    pub category: Impact,
    /// g per kWh.
    #[serde(with = "exact")]
    pub amount: Decimal,
}

/// What is made beside the energy (OCPI EnvironmentalImpactCategory).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Radioactive waste.
    NuclearWaste,
    /// Carbon dioxide.
    CarbonDioxide,
}
