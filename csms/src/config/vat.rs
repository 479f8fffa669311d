//! Settings of VAT numbers that stations ask about.

use serde::{Deserialize, Serialize};

/// The register of VAT numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vat {
    pub register: VatRegister,
    /// Where VIES answers.
    pub base_url: String,
    /// The register may take so long: less than stations wait, and less than `ocpp.handle_timeout_s`.
    pub timeout_ms: u64,
    /// What the register says of a number that is in use is believed for so long.
    pub valid_hours: u32,
    /// What a station is told while the register does not answer.
    pub unreachable: Unreachable,
}

/// Which register is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VatRegister {
    /// None: every number is refused.
    Off,
    /// The European Commission's.
    Vies,
}

/// What is said of a number that nobody can look up now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unreachable {
    /// It is refused: the driver gets a receipt, and may ask for an invoice on its page.
    Reject,
    /// It is taken as it was typed, if it has its country's form.
    Accept,
}

impl Default for Vat {
    fn default() -> Self {
        Vat {
            register: VatRegister::Off,
            base_url: "https://ec.europa.eu/taxation_customs/vies/rest-api".to_owned(),
            timeout_ms: 5_000,
            valid_hours: 24,
            unreachable: Unreachable::Reject,
        }
    }
}
