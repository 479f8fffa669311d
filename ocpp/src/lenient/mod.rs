//! Serves a station that breaks the schema harmlessly: repairs what can be read, tells what was wrong, and refuses only
//! what cannot be understood.
//!
//! One rule decides what is lost: a part that cannot be read is left out, as narrow a part as possible, and if the
//! message needs that part, the message is refused. So a sample without a value costs the sample, never the message.
//! Nothing else is taken away: what is too long, out of range or unknown stays as it came.

mod scalar;

use serde_json::{Map, Value, json};

use crate::schema::book::{Book, Field, Object, Shape, Type};
use crate::schema::{self, Kind, Violation};
use crate::{ErrorCode, Version};

/// The most deviations that one message tells of; the rest is repaired silently.
pub const DEVIATIONS_MAX: usize = 32;
/// The longest [`Deviation::sample`], in characters.
pub const SAMPLE_MAX: usize = 64;

/// How a message departs from its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// JSON pointer to the value, as the message came.
    pub path: String,
    /// Which rule was broken, and what was done:
    ///
    /// | rule | what came | what became of it |
    /// |---|---|---|
    /// | `unknown-field` | a field that the action does not have | kept, ignored |
    /// | `field-case` | `idtag` for `idTag` | renamed |
    /// | `missing` | a required field is absent | a neutral value, e.g. `NoError` |
    /// | `null`, `empty` | `null` or `""` for a field without value | left out |
    /// | `empty-list` | a list that must not be empty | left out, or kept if required |
    /// | `unreadable` | a part that makes no sense | left out |
    /// | `single-for-list`, `list-for-single` | an item without its list, a list around the item | put right |
    /// | `string-for-number`, `string-for-boolean`, `number-for-boolean` | `"5"`, `"true"`, `1` | converted |
    /// | `number-for-string`, `boolean-for-string`, `json-for-string` | `5`, `true`, `{…}` | its text |
    /// | `fraction`, `rounded` | `1.0`, `1.4` for an integer | the integer, the nearest one |
    /// | `word-case` | `charging` for `Charging` | the listed word |
    /// | `unknown-word`, `too-long`, `out-of-range`, `too-many` | a value beyond its limits | kept |
    /// | `odd-time` | an instant that is not RFC 3339 | kept; [`crate::stamp::read`] reads it |
    /// | `unreadable-time` | a time that nothing reads | kept; its reader decides |
    /// | `odd-uri` | something that is no URI | kept |
    pub rule: &'static str,
    /// The value as it came, at most [`SAMPLE_MAX`] characters; empty where it may be a secret or is no scalar.
    pub sample: String,
}

/// Makes a payload that failed [`schema::check`] fit for decoding, in place.
///
/// What is accepted can be decoded into its type, and is left alone when it is given again. A payload that passes the
/// strict check has no deviations and stays as it is. A [`crate::Timestamp`] may still be unreadable (`missing` leaves
/// it blank): its reader takes the time of arrival.
///
/// # Errors
/// A required part is missing or unreadable. The payload may have been changed in part by then.
pub fn accept(
    version: Version,
    action: &str,
    kind: Kind,
    payload: &mut Value,
) -> Result<Vec<Deviation>, Violation> {
    let book = Book::of(version);
    let object = book.actions.get(action).and_then(|found| match kind {
        Kind::Request => Some(&found.request),
        Kind::Response => found.response.as_ref(),
    });
    let Some(object) = object else { return Err(schema::unknown(version, action, kind)) };
    let mut repair = Repair { book, found: Vec::new(), path: String::new(), depth: 0 };
    if payload.is_null() {
        repair.note("null", None);
        *payload = json!({});
    }
    repair.object(action, object, payload)?;
    Ok(repair.found)
}

/// The walk through one payload.
struct Repair {
    book: &'static Book,
    found: Vec<Deviation>,
    /// JSON pointer to where the walk is.
    path: String,
    /// How many steps down.
    depth: usize,
}

impl Repair {
    fn object(&mut self, owner: &str, object: &'static Object, value: &mut Value) -> Result<(), Violation> {
        if let Value::Array(items) = value
            && let [only @ Value::Object(_)] = &mut items[..]
        {
            *value = only.take();
            self.note("list-for-single", None);
        }
        let Value::Object(map) = value else { return Err(self.broken("type", "is no object")) };
        if !object.open {
            self.names(object, map);
        }
        for field in &object.fields {
            self.at(field.name, |this| this.field(owner, field, map))?;
        }
        Ok(())
    }

    /// Fields that the object does not have: another case of a field that is absent, or something else.
    fn names(&mut self, object: &Object, map: &mut Map<String, Value>) {
        let unknown: Vec<String> = map.keys().filter(|key| object.field(key).is_none()).cloned().collect();
        for key in unknown {
            let meant = object.fields.iter().find(|f| f.name.eq_ignore_ascii_case(&key));
            match meant.filter(|field| !map.contains_key(field.name)) {
                Some(field) => {
                    if let Some(value) = map.remove(&key) {
                        map.insert(field.name.to_owned(), value);
                    }
                    self.at(field.name, |this| this.note("field-case", Some(&key)));
                }
                None => {
                    let name: String = key.chars().take(SAMPLE_MAX).collect();
                    // The value may be anything, also a secret: its kind is enough.
                    let kind = json!(kind_of(map.get(&key)));
                    self.at(&name, |this| this.note("unknown-field", kind.as_str()));
                }
            }
        }
    }

    fn field(
        &mut self,
        owner: &str,
        field: &'static Field,
        map: &mut Map<String, Value>,
    ) -> Result<(), Violation> {
        let Some(value) = map.get_mut(field.name) else { return self.absent(owner, field, map) };
        let blank = match value {
            Value::Null if field.shape != Shape::Any => Some("null"),
            Value::String(text) if text.is_empty() && !field.required => match field.shape {
                Shape::Text { .. } | Shape::Any => None,
                _ => Some("empty"),
            },
            _ => None,
        };
        if let Some(rule) = blank {
            self.note(rule, None);
            map.remove(field.name);
            return self.absent(owner, field, map);
        }
        match self.value(field.name, &field.shape, value) {
            Ok(()) => Ok(()),
            Err(violation) if field.required => {
                // The message itself may go without items: an empty list says that there is nothing.
                let nothing =
                    violation.keyword == "minItems" && violation.path == self.path && self.depth == 1;
                if !nothing {
                    return Err(violation);
                }
                self.note("empty-list", None);
                Ok(())
            }
            Err(violation) => {
                let rule = if violation.keyword == "minItems" { "empty-list" } else { "unreadable" };
                self.note(rule, None);
                map.remove(field.name);
                Ok(())
            }
        }
    }

    /// A required field that is not there, with the few that are readily understood.
    fn absent(&mut self, owner: &str, field: &Field, map: &mut Map<String, Value>) -> Result<(), Violation> {
        if !field.required {
            return Ok(());
        }
        let value = match (owner, field.name) {
            ("StatusNotification", "errorCode") => json!("NoError"),
            ("KeyValue", "readonly") => json!(false),
            // The protocol "does not tell", as in 1.6.
            ("IdTokenType", "type") => json!(""),
            // The time of receipt stands in for it: a refused transaction message is a lost one.
            (
                "MeterValue" | "MeterValueType" | "StartTransaction" | "StopTransaction" | "TransactionEvent",
                "timestamp",
            ) => json!(""),
            ("BootNotification", "chargePointVendor" | "chargePointModel") => json!(""),
            ("ChargingStationType", "vendorName" | "model") => json!(""),
            ("BootNotification", "reason") => json!("Unknown"),
            ("TransactionEvent", "triggerReason") => json!(""),
            ("TransactionEvent", "seqNo") => json!(0),
            _ => return Err(self.broken("required", "is missing")),
        };
        self.note("missing", None);
        map.insert(field.name.to_owned(), value);
        Ok(())
    }

    fn value(&mut self, name: &str, shape: &'static Shape, value: &mut Value) -> Result<(), Violation> {
        match shape {
            Shape::Any => Ok(()),
            Shape::List { item, min, max } => self.list(name, item, (*min, *max), value),
            Shape::Named(shared) => match self.book.types.get(shared) {
                Some(Type::Object(object)) if object.open => {
                    self.open(object, value);
                    Ok(())
                }
                Some(Type::Object(object)) => self.object(shared, object, value),
                Some(Type::Enum { words, .. }) => self.word(words, value),
                None => Ok(()),
            },
            Shape::Text { max } => self.text(name, *max, value),
            Shape::Time => self.time(value),
            Shape::Uri => self.uri(value),
            Shape::Integer { min, max } => self.integer((*min, *max), value),
            Shape::Number { min, max, step } => self.number((*min, *max), *step, value),
            Shape::Boolean => self.boolean(value),
        }
    }

    fn list(
        &mut self,
        name: &str,
        item: &'static Shape,
        (min, max): (Option<u32>, Option<u32>),
        value: &mut Value,
    ) -> Result<(), Violation> {
        if !value.is_array() {
            self.note("single-for-list", None);
            *value = Value::Array(vec![value.take()]);
        }
        let Value::Array(items) = value else { return Ok(()) };
        let mut index = 0usize;
        items.retain_mut(|one| {
            let kept = self.at(&index.to_string(), |this| {
                let kept = this.value(name, item, one).is_ok();
                if !kept {
                    this.note("unreadable", None);
                }
                kept
            });
            index += 1;
            kept
        });
        if max.is_some_and(|max| items.len() > max as usize) {
            self.note("too-many", None);
        }
        if min.is_some_and(|min| items.len() < min as usize) {
            if items.is_empty() {
                return Err(self.broken("minItems", "has no items"));
            }
            self.note("out-of-range", None);
        }
        Ok(())
    }

    /// customData is kept as JSON, whatever it is.
    fn open(&mut self, object: &Object, value: &Value) {
        for field in &object.fields {
            let fits = match (value.get(field.name), &field.shape) {
                (None, _) => !field.required,
                (Some(Value::String(text)), Shape::Text { max }) => {
                    max.is_none_or(|max| text.chars().count() <= max as usize)
                }
                (Some(_), _) => false,
            };
            if !fits {
                self.at(field.name, |this| this.note("unreadable", None));
            }
        }
    }

    /// Goes one step down for the time of a call.
    fn at<T>(&mut self, step: &str, work: impl FnOnce(&mut Repair) -> T) -> T {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        self.path.truncate(length);
        result
    }

    fn note(&mut self, rule: &'static str, sample: Option<&str>) {
        if self.found.len() < DEVIATIONS_MAX {
            let sample = sample.unwrap_or_default().chars().take(SAMPLE_MAX).collect();
            self.found.push(Deviation { path: self.path.clone(), rule, sample });
        }
    }

    fn broken(&self, keyword: &str, what: &str) -> Violation {
        let place = if self.path.is_empty() { "the payload" } else { self.path.as_str() };
        let code: ErrorCode = schema::code(keyword);
        Violation {
            path: self.path.clone(),
            keyword: keyword.to_owned(),
            code,
            message: format!("{place} {what}"),
        }
    }
}

fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None | Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}
