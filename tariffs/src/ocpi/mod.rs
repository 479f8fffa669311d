//! Tariff objects of OCPI 2.2.1 and 2.3.0 (module Tariffs), read into and written from a [`Tariff`].
//!
//! Reading refuses what a [`Tariff`] cannot represent, and writing what OCPI cannot say; both name every such field,
//! all at once. What is merely untidy is understood, and what has no place on the other side and does not change a
//! price is left out; each of these gives a note. `docs/tariff-renderings.md` has the whole mapping.

pub mod cdr;
mod discount;
mod read;
mod restrictions;
mod rows;
mod season;
mod service;
mod taxes;
mod translate;
mod window;
mod words;
mod write;

pub use cdr::{Cdr, Cost, Priced, Totals, price, price_by_own, read_cdr};

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::foreign::{self, Path, Report};
use crate::model::check::{Invalid, Problem};
use crate::model::tariff::Tariff;

/// No honest tariff has more elements.
const MAX_ELEMENTS: usize = 1_000;
/// What a `number` of OCPI has unless it says otherwise.
const DECIMALS: u32 = 4;

/// A version of OCPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// OCPI 2.2.1.
    V2_2_1,
    /// OCPI 2.3.0.
    V2_3_0,
}

/// The text is no version of OCPI that is spoken here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a version of OCPI that is spoken here: 2.2.1 or 2.3.0")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Version, UnknownVersion> {
        match text {
            "2.2.1" => Ok(Version::V2_2_1),
            "2.3.0" => Ok(Version::V2_3_0),
            _ => Err(UnknownVersion(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V2_2_1 => "2.2.1",
            Version::V2_3_0 => "2.3.0",
        })
    }
}

/// Whose tariff it is and of when: what OCPI tells of a tariff and a [`Tariff`] does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// ISO 3166 alpha-2, as written by its owner; compare it without regard to case.
    pub country_code: String,
    /// Three letters or digits, as written by its owner; compare it without regard to case.
    pub party_id: String,
    /// When the tariff was last changed. Written in whole milliseconds, rounded down.
    pub last_updated: DateTime<Utc>,
}

/// A tariff object that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What it says. [`Tariff::check`] may still find what only the operator's own tariffs must not have, such as an
    /// element that never holds; each has a note. [`crate::Plan::with_policy`] takes it nevertheless.
    pub tariff: Tariff,
    /// Whose it is. Always there after [`read_tariff`]; what is read only to price by it need not tell, which gives notes.
    pub publisher: Option<Publisher>,
    /// What was left out or understood leniently, with OCPI's path.
    pub notes: Vec<Problem>,
}

/// A tariff object that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The tariff object.
    pub json: Value,
    /// What it says in another way than the tariff, or no longer, with the tariff's path. Prices are never in it.
    pub notes: Vec<Problem>,
}

/// Reads a tariff object. Errors name the fields by OCPI's path, e.g. `elements[2].restrictions.end_time`.
pub fn read_tariff(json: &str, version: Version) -> Result<Imported, Invalid> {
    read_tariff_value(&foreign::parse(json, 1)?, "", version)
}

/// Reads a tariff object that need not tell whose it is: enough to price by it, but not to exchange it.
pub fn read_tariff_to_price(json: &str, version: Version) -> Result<Imported, Invalid> {
    read(&foreign::parse(json, 1)?, "", version, Signed::Maybe)
}

/// Reads a tariff object that is part of something else, whose `path` goes before all paths, e.g. `data[0]`.
pub fn read_tariff_value(value: &Value, path: &str, version: Version) -> Result<Imported, Invalid> {
    read(value, path, version, Signed::Must)
}

/// Must a tariff object tell whose it is?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signed {
    Must,
    Maybe,
}

fn read(value: &Value, path: &str, version: Version, signed: Signed) -> Result<Imported, Invalid> {
    let mut report = Report::default();
    let read = read::tariff(value, &Path::Root(path), version, signed, &mut report);
    match (read, report.into_parts()) {
        (Some((tariff, publisher)), (problems, notes)) if problems.is_empty() => {
            Ok(Imported { tariff, publisher, notes })
        }
        (_, (problems, _)) => Err(Invalid { problems }),
    }
}

/// Writes a tariff as a tariff object. Errors name the fields of the tariff that OCPI cannot say.
pub fn write_tariff(tariff: &Tariff, publisher: &Publisher, version: Version) -> Result<Exported, Invalid> {
    write::tariff(tariff, publisher, version)
}
