//! Whether a payload is what its action asks for, in the version that is spoken.
//!
//! [`book`] holds the facts, [`render`] makes JSON Schemas of them, and [`check`] compiles each schema when it is first
//! needed.

pub mod book;
mod instant;
pub mod render;

use std::collections::HashMap;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

pub use book::{Book, Direction};
pub(crate) use instant::is_instant;

use crate::{ErrorCode, Fault, Version};

/// What a decimal of 96 bits holds, rounded down.
pub(crate) const DECIMAL_MAX: f64 = 7.9e28;

/// Request or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The payload of a CALL (or SEND).
    Request,
    /// The payload of a CALLRESULT.
    Response,
}

/// How a payload breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Violation {
    /// JSON pointer to the value at fault; empty for the payload itself.
    pub path: String,
    /// The keyword of JSON Schema that failed, e.g. `maxLength`.
    pub keyword: String,
    /// What to answer.
    pub code: ErrorCode,
    /// A sentence for people. It never quotes a value of the payload: that may be a secret.
    pub message: String,
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Fault {
        Fault::new(violation.code, violation.message)
    }
}

/// Checks a payload against the schema of its action, limits and all.
///
/// What passes can be decoded into its type. For that, integers must be written without a fraction (`1`, not `1.0`) and
/// fit 64 bits, and numbers must fit a decimal.
///
/// # Errors
/// [`ErrorCode::NotImplemented`] for an action (or a response) that the version does not have; else the code that the
/// standard gives to the first broken rule.
pub fn check(version: Version, action: &str, kind: Kind, payload: &Value) -> Result<(), Violation> {
    let validator = table(version).get(action).and_then(|entry| entry.validator(kind));
    let Some(validator) = validator else { return Err(unknown(version, action, kind)) };
    if validator.is_valid(payload) {
        return Ok(());
    }
    validator.validate(payload).map_err(|error| explain(&error))
}

/// The actions whose request that side may send, by name.
pub fn actions(version: Version, sender: Direction) -> impl Iterator<Item = &'static str> {
    let all = Book::of(version).actions.iter();
    all.filter(move |(_, action)| action.from.meets(sender)).map(|(name, _)| *name)
}

/// Who may send the request of an action; `None` if the version has no such action.
pub fn knows(version: Version, action: &str) -> Option<Direction> {
    table(version).get(action).map(|entry| entry.action.from)
}

/// The code that the standard gives to a keyword of JSON Schema.
///
/// A missing field is a matter of occurrence in both families (1.6J §4.2.3, 2.x Part 4 §4.3). `ProtocolError` would be
/// the alternative in 1.6 ("incomplete"), but 2.x gives that code to the frame alone; one rule for both is kept.
pub fn code(keyword: &str) -> ErrorCode {
    match keyword {
        "type" => ErrorCode::TypeConstraintViolation,
        "required" | "minItems" | "maxItems" => ErrorCode::OccurrenceConstraintViolation,
        "enum" | "maxLength" | "minLength" | "minimum" | "maximum" | "multipleOf" => {
            ErrorCode::PropertyConstraintViolation
        }
        _ => ErrorCode::FormatViolation,
    }
}

/// An action with its schemas, compiled when first needed.
struct Entry {
    book: &'static Book,
    action: &'static book::Action,
    request: OnceLock<Validator>,
    response: OnceLock<Validator>,
}

impl Entry {
    fn validator(&self, kind: Kind) -> Option<&Validator> {
        let (cell, object) = match kind {
            Kind::Request => (&self.request, &self.action.request),
            Kind::Response => (&self.response, self.action.response.as_ref()?),
        };
        Some(cell.get_or_init(|| compile(render::render(self.book, object))))
    }
}

fn table(version: Version) -> &'static HashMap<&'static str, Entry> {
    static V16: OnceLock<HashMap<&'static str, Entry>> = OnceLock::new();
    static V201: OnceLock<HashMap<&'static str, Entry>> = OnceLock::new();
    static V21: OnceLock<HashMap<&'static str, Entry>> = OnceLock::new();
    let cell = match version {
        Version::V16 => &V16,
        Version::V201 => &V201,
        Version::V21 => &V21,
    };
    cell.get_or_init(|| {
        let book = Book::of(version);
        let entry = |action| Entry { book, action, request: OnceLock::new(), response: OnceLock::new() };
        book.actions.iter().map(|(name, action)| (*name, entry(action))).collect()
    })
}

fn compile(mut schema: Value) -> Validator {
    bound(&mut schema);
    // Draft 4 is the one in which 1.0 is no integer; the schemas mean the same in all other respects.
    let options = jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_format("date-time", is_instant)
        .with_format("uri", is_uri);
    // The schemas are rendered from the program's own text, and a test compiles every one.
    options.build(&schema).expect("rendered schemas compile")
}

/// Limits numbers to what the typed messages hold, so that whatever passes can be decoded.
fn bound(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    match map.get("type").and_then(Value::as_str) {
        // Below the least i64, a JSON integer is read as a number with a fraction.
        Some("integer") => drop(map.entry("maximum").or_insert_with(|| i64::MAX.into())),
        Some("number") => {
            map.entry("minimum").or_insert_with(|| (-DECIMAL_MAX).into());
            map.entry("maximum").or_insert_with(|| DECIMAL_MAX.into());
        }
        _ => {}
    }
    for nested in ["properties", "definitions"] {
        if let Some(Value::Object(inner)) = map.get_mut(nested) {
            inner.values_mut().for_each(bound);
        }
    }
    if let Some(items) = map.get_mut("items") {
        bound(items);
    }
}

/// Whether a text starts like a URI: a scheme, a colon, and no blanks. Its reader finds out the rest.
pub(crate) fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    }) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

pub(crate) fn unknown(version: Version, action: &str, kind: Kind) -> Violation {
    let message = match kind {
        Kind::Response if table(version).contains_key(action) => "this action has no response".to_owned(),
        _ => format!("{} has no such action", version.subprotocol()),
    };
    Violation { path: String::new(), keyword: "action".to_owned(), code: ErrorCode::NotImplemented, message }
}

fn explain(error: &ValidationError<'_>) -> Violation {
    let keyword = error.kind().keyword().to_owned();
    let path = error.instance_path().as_str().to_owned();
    let place = if path.is_empty() { "the payload" } else { path.as_str() };
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("{place} lacks {}", property.as_str().unwrap_or("a field"))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("{place} has {} that the action does not know", count(unexpected.len()))
        }
        ValidationErrorKind::Type { kind: TypeKind::Single(wanted) } => format!("{place} is no {wanted}"),
        ValidationErrorKind::Enum { .. } => format!("{place} is none of the allowed words"),
        ValidationErrorKind::MaxLength { limit } => format!("{place} is longer than {limit} characters"),
        ValidationErrorKind::Minimum { limit } => format!("{place} is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("{place} is more than {limit}"),
        ValidationErrorKind::MinItems { limit } => format!("{place} has fewer than {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("{place} has more than {limit} items"),
        ValidationErrorKind::Format { format } => format!("{place} is no {format}"),
        _ => format!("{place} breaks the rule {keyword}"),
    };
    Violation { code: code(&keyword), path, keyword, message }
}

fn count(fields: usize) -> String {
    if fields == 1 { "a field".to_owned() } else { format!("{fields} fields") }
}

#[cfg(test)]
mod tests;
