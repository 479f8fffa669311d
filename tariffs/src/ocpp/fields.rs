//! Objects of OCPP as they are read.

use serde_json::Value;

use crate::foreign::{self, Object, Path, Report};
use crate::model::check::Invalid;

/// What becomes of a field that OCPP does not have.
pub(super) const UNKNOWN: &str = "is not a field of OCPP 2.1 and is left out";
/// The same where no field can be left out.
pub(super) const FOREIGN: &str = "is not a field that OCPP 2.1 has here";

/// Parses a JSON text.
pub(super) fn parse(json: &str) -> Result<Value, Invalid> {
    foreign::parse(json, 1)
}

/// Refuses what is no object. What is custom is not looked at.
pub(super) fn open<'a>(value: &'a Value, path: &'a str, report: &mut Report) -> Option<Object<'a>> {
    let mut object = Object::open(value, &Path::Root(path), report)?;
    object.get("customData");
    Some(object)
}
