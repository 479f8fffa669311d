//! JSON of others, read field by field: everything wrong with it is told at once, each with its path, and what is left out
//! or understood leniently is noted.
//!
//! [`object`] has the fields, [`report`] what is found. Values are read in one of two ways: [`lenient`] for what partners
//! write by hand and by habit (OCPI), [`strict`] for what follows a schema (OCPP).

pub(crate) mod lenient;
mod object;
mod report;
pub(crate) mod strict;

pub(crate) use object::{Object, Path};
pub(crate) use report::Report;

use serde_json::Value;

use crate::model::check::{Invalid, Problem};

/// Parses a JSON text of reasonable size.
pub(crate) fn parse(json: &str, most_mib: usize) -> Result<Value, Invalid> {
    if json.len() > most_mib << 20 {
        return Err(Problem::new(String::new(), &format_args!("is longer than {most_mib} MiB")).into());
    }
    serde_json::from_str(json).map_err(|error| Problem::new(String::new(), &error).into())
}
