//! Tariffs and costs as charging stations speak of them: OCPP 2.1 (use cases I07–I12), and for OCPP 1.6 the messages
//! and keys of the Open Charge Alliance's paper on California's pricing requirements.
//!
//! What OCPP cannot say is refused with the path of the field in our tariff; what a station can do without is left out
//! and told as a note. Nothing here knows of a link: payloads come in and go out as JSON.

pub mod california;
pub mod cost_details;
pub mod messages;

mod compare;
mod conditions;
mod fields;
mod fold;
mod group;
mod merge;
mod numbers;
mod priced;
mod read;
mod seasons;
mod write;

use serde_json::Value;

pub use read::read_tariff;
pub use write::write_tariff;

use crate::model::check::Problem;
use crate::model::tariff::Tariff;

/// The most characters of a tariffId.
const MAX_ID: usize = 60;

/// A tariff that was read from OCPP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The tariff, sound.
    pub tariff: Tariff,
    /// What was left out or understood otherwise, which does not change a price; paths are those of OCPP.
    pub notes: Vec<Problem>,
}

/// A tariff as OCPP writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// A TariffType.
    pub json: Value,
    /// What was left out or is said otherwise; paths are those of our tariff.
    pub notes: Vec<Problem>,
}

/// An id that no other content ever has, for stations: they refuse a second tariff under an id that they know.
///
/// It begins with the tariff's own id, so that people recognise it, and ends with a part of the content's hash.
pub fn content_id(tariff: &Tariff) -> String {
    const HASH_DIGITS: usize = 16;
    let name: String = tariff.id.chars().take(MAX_ID - HASH_DIGITS - 1).collect();
    let hash: String = tariff.hash().chars().take(HASH_DIGITS).collect();
    format!("{name}-{hash}")
}
