//! OCPP 1.6J with the security extension: every request and response.
//!
//! The other files here are generated from `schemas/v16.txt`. Field docs give the shape in its notation
//! ([`crate::schema::book`]). A default value is a blank form: where a field is required, the schema refuses it.

mod from_csms;
mod from_station;
mod objects;
mod words;

pub use from_csms::*;
pub use from_station::*;
pub use objects::*;
pub use words::*;
