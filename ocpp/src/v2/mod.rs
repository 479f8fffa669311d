//! OCPP 2.0.1 and 2.1: every request and response, in one set of types that reads both.
//!
//! The other files here are generated from `schemas/v201.txt` and `schemas/v21.txt`. Field docs give the shape in its notation
//! ([`crate::schema::book`]). A default value is a blank form: where a field is required, the schema refuses it.

mod from_csms;
mod from_station;
mod objects;
mod words;

pub use from_csms::*;
pub use from_station::*;
pub use objects::*;
pub use words::*;
