//! The compact schemas: what every message of a version looks like, as facts in a notation of our own.
//!
//! One line is one statement; `#` starts a comment line.
//! ```text
//! every object has customData?: CustomDataType     a field that all messages and closed objects carry
//! call Authorize from station                      an action and who may send it: station, csms or both
//!   > idTag: string(20)                            a field of the request
//!   < idTagInfo?: IdTagInfo                        a field of the response; `?` = optional
//! send NotifyPeriodicEventStream from station      an unanswered message (2.1 SEND)
//! object IdTagInfo                                 a shared object; `open object` allows other fields too
//!   status: AuthorizationStatus
//! enum AuthorizationStatus                         a shared list of words; ` = word` after the name is its default
//!   Accepted Blocked
//! ```
//! Shapes: `string`, `string(maxLength)`, `time`, `uri`, `integer`, `integer(min..max)`, `number`, `number(min..max)`,
//! `number(step 0.1)`, `boolean`, `any`, or the name of an object or enum. `[]`, `[min..max]` after a shape make a list,
//! ` = word` after it gives the default.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::Version;

/// All messages of one version.
#[derive(Debug, Default, PartialEq)]
pub struct Book {
    /// By name.
    pub actions: BTreeMap<&'static str, Action>,
    /// Shared objects and enums by name.
    pub types: BTreeMap<&'static str, Type>,
}

/// One action.
#[derive(Debug, PartialEq)]
pub struct Action {
    /// Who may send the request.
    pub from: Direction,
    /// The request.
    pub request: Object,
    /// The response; `None` for a message that is never answered (2.1 SEND).
    pub response: Option<Object>,
}

/// Who may send the request of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The charging station.
    Station,
    /// The CSMS.
    Csms,
    /// Either side.
    Both,
}

impl Direction {
    /// Whether a sender of `self` may send what `other` may send: `Both` goes with everything.
    pub fn meets(self, other: Direction) -> bool {
        self == other || self == Direction::Both || other == Direction::Both
    }
}

/// A shared type.
#[derive(Debug, PartialEq)]
pub enum Type {
    /// A JSON object.
    Object(Object),
    /// A string out of a list.
    Enum {
        /// The words, as written on the wire.
        words: Vec<&'static str>,
        /// The word that an absent field means.
        default: Option<&'static str>,
    },
}

/// A JSON object.
#[derive(Debug, Default, PartialEq)]
pub struct Object {
    /// In the order of the file.
    pub fields: Vec<Field>,
    /// Whether fields outside the list are allowed.
    pub open: bool,
}

impl Object {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As on the wire.
    pub name: &'static str,
    /// Whether it may not be left out.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
    /// What its absence means, as the standard's schema tells it.
    pub default: Option<&'static str>,
}

/// What a field holds. `min` and `max` are limits, both included; `None` = no limit.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the limits are told once, above")]
pub enum Shape {
    /// A string of so many characters (Unicode code points).
    Text { max: Option<u32> },
    /// A date and time.
    Time,
    /// A URI.
    Uri,
    /// A whole number.
    Integer { min: Option<i64>, max: Option<i64> },
    /// A number; a multiple of `step` (decimal text).
    Number { min: Option<i64>, max: Option<i64>, step: Option<&'static str> },
    /// true or false.
    Boolean,
    /// Any JSON value.
    Any,
    /// A shared type.
    Named(&'static str),
    /// A list of so many items.
    List { item: Box<Shape>, min: Option<u32>, max: Option<u32> },
}

impl Book {
    /// The messages of a version, read once.
    pub fn of(version: Version) -> &'static Book {
        static V16: OnceLock<Book> = OnceLock::new();
        static V201: OnceLock<Book> = OnceLock::new();
        static V21: OnceLock<Book> = OnceLock::new();
        let (cell, text) = match version {
            Version::V16 => (&V16, include_str!("../../schemas/v16.txt")),
            Version::V201 => (&V201, include_str!("../../schemas/v201.txt")),
            Version::V21 => (&V21, include_str!("../../schemas/v21.txt")),
        };
        // The text is part of the program, and a test reads all three.
        cell.get_or_init(|| Book::read(text).expect("the compact schemas are well-formed"))
    }

    /// Reads the notation described above.
    ///
    /// # Errors
    /// The line that is not understood, or the name that is used but not defined.
    pub fn read(text: &'static str) -> Result<Book, String> {
        let mut reader = Reader::default();
        for (number, line) in text.lines().enumerate() {
            reader.line(line).map_err(|why| format!("line {}: {why}: {line}", number + 1))?;
        }
        reader.finish()
    }

    /// The object of that name.
    pub fn object(&self, name: &str) -> Option<&Object> {
        match self.types.get(name) {
            Some(Type::Object(object)) => Some(object),
            _ => None,
        }
    }
}

/// What the next indented line belongs to.
#[derive(Default)]
enum Under {
    #[default]
    Nothing,
    Action(&'static str),
    Type(&'static str),
}

#[derive(Default)]
struct Reader {
    book: Book,
    under: Under,
    everywhere: Vec<Field>,
}

impl Reader {
    fn line(&mut self, line: &'static str) -> Result<(), &'static str> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(inner) = line.strip_prefix("  ") {
            return self.inner(inner);
        }
        if let Some(text) = line.strip_prefix("every object has ") {
            self.everywhere.push(field(text)?);
            return Ok(());
        }
        let words: Vec<&str> = line.split(' ').collect();
        let fresh = match words[..] {
            [kind @ ("call" | "send"), name, "from", who] => self.action(kind, name, who)?,
            ["open", "object", name] => {
                self.define(name, Type::Object(Object { fields: Vec::new(), open: true }))
            }
            ["object", name] => self.define(name, Type::Object(Object::default())),
            ["enum", name] => self.define(name, Type::Enum { words: Vec::new(), default: None }),
            ["enum", name, "=", word] => {
                self.define(name, Type::Enum { words: Vec::new(), default: Some(word) })
            }
            _ => return Err("not a statement"),
        };
        if fresh { Ok(()) } else { Err("defined twice") }
    }

    fn action(&mut self, kind: &str, name: &'static str, who: &str) -> Result<bool, &'static str> {
        let from = match who {
            "station" => Direction::Station,
            "csms" => Direction::Csms,
            "both" => Direction::Both,
            _ => return Err("sender is not station, csms or both"),
        };
        self.under = Under::Action(name);
        let response = (kind == "call").then(Object::default);
        Ok(self.book.actions.insert(name, Action { from, request: Object::default(), response }).is_none())
    }

    fn define(&mut self, name: &'static str, what: Type) -> bool {
        self.under = Under::Type(name);
        self.book.types.insert(name, what).is_none()
    }

    fn inner(&mut self, text: &'static str) -> Result<(), &'static str> {
        match self.under {
            Under::Nothing => Err("belongs to nothing"),
            Under::Action(name) => {
                let action = self.book.actions.get_mut(name).ok_or("belongs to nothing")?;
                match (text.strip_prefix("> "), text.strip_prefix("< ")) {
                    (Some(text), _) => action.request.fields.push(field(text)?),
                    (_, Some(text)) => {
                        action.response.as_mut().ok_or("never answered")?.fields.push(field(text)?)
                    }
                    _ => return Err("neither > nor <"),
                }
                Ok(())
            }
            Under::Type(name) => {
                match self.book.types.get_mut(name).ok_or("belongs to nothing")? {
                    Type::Object(object) => object.fields.push(field(text)?),
                    Type::Enum { words, .. } => words.extend(text.split(' ')),
                }
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Result<Book, String> {
        let shared = self.book.types.values_mut().filter_map(|t| match t {
            Type::Object(object) if !object.open => Some(object),
            _ => None,
        });
        let messages = self
            .book
            .actions
            .values_mut()
            .flat_map(|a| std::iter::once(&mut a.request).chain(&mut a.response));
        for object in shared.chain(messages) {
            object.fields.extend(self.everywhere.iter().cloned());
        }
        let book = self.book;
        let shared = book.types.values().filter_map(|t| match t {
            Type::Object(object) => Some(object),
            Type::Enum { .. } => None,
        });
        let messages = book.actions.values().flat_map(|a| std::iter::once(&a.request).chain(&a.response));
        for field in shared.chain(messages).flat_map(|o| &o.fields) {
            if let Some(name) = field.shape.named().filter(|name| !book.types.contains_key(name)) {
                return Err(format!("{} is a {name}, which is not defined", field.name));
            }
        }
        Ok(book)
    }
}

impl Shape {
    /// The shared type that this shape, or the items of this list, refer to.
    pub fn named(&self) -> Option<&'static str> {
        match self {
            Shape::Named(name) => Some(name),
            Shape::List { item, .. } => item.named(),
            _ => None,
        }
    }
}

/// `name?: shape = default`
fn field(text: &'static str) -> Result<Field, &'static str> {
    let (name, rest) = text.split_once(": ").ok_or("not a field")?;
    let (name, required) = name.strip_suffix('?').map_or((name, true), |name| (name, false));
    let (what, default) = rest.split_once(" = ").map_or((rest, None), |(what, word)| (what, Some(word)));
    Ok(Field { name, required, shape: shape(what)?, default })
}

fn shape(text: &'static str) -> Result<Shape, &'static str> {
    if let Some(list) = text.strip_suffix(']') {
        let (item, range) = list.rsplit_once('[').ok_or("] without [")?;
        let (min, max) = if range.is_empty() { (None, None) } else { limits(range)? };
        return Ok(Shape::List { item: Box::new(shape(item)?), min, max });
    }
    let (word, inside) = match text.strip_suffix(')') {
        Some(text) => text.split_once('(').map(|(word, inside)| (word, Some(inside))).ok_or(") without (")?,
        None => (text, None),
    };
    Ok(match (word, inside) {
        ("string", None) => Shape::Text { max: None },
        ("string", Some(max)) => Shape::Text { max: Some(max.parse().map_err(|_| "not a length")?) },
        ("time", None) => Shape::Time,
        ("uri", None) => Shape::Uri,
        ("boolean", None) => Shape::Boolean,
        ("any", None) => Shape::Any,
        ("integer", None) => Shape::Integer { min: None, max: None },
        ("integer", Some(range)) => {
            let (min, max) = limits(range)?;
            Shape::Integer { min, max }
        }
        ("number", None) => Shape::Number { min: None, max: None, step: None },
        ("number", Some(inside)) => match inside.strip_prefix("step ") {
            Some(step) => Shape::Number { min: None, max: None, step: Some(step) },
            None => {
                let (min, max) = limits(inside)?;
                Shape::Number { min, max, step: None }
            }
        },
        (name, None) if name.starts_with(|c: char| c.is_ascii_uppercase()) => Shape::Named(name),
        _ => return Err("not a shape"),
    })
}

/// `min..max`, either side may be left out.
fn limits<T: std::str::FromStr>(text: &str) -> Result<(Option<T>, Option<T>), &'static str> {
    let (min, max) = text.split_once("..").ok_or("not a range")?;
    let one = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "not a number"),
    };
    Ok((one(min)?, one(max)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_all_its_actions() {
        let count = |version| Book::of(version).actions.len();
        assert_eq!((count(Version::V16), count(Version::V201), count(Version::V21)), (39, 64, 91));
        let unanswered: Vec<_> = Book::of(Version::V21)
            .actions
            .iter()
            .filter(|(_, a)| a.response.is_none())
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(unanswered, ["NotifyPeriodicEventStream"]);
    }

    #[test]
    fn every_kind_of_shape_is_read() {
        let list = |item, min, max| Shape::List { item: Box::new(item), min, max };
        assert_eq!(shape("string(20)[1..4]"), Ok(list(Shape::Text { max: Some(20) }, Some(1), Some(4))));
        assert_eq!(shape("string[]"), Ok(list(Shape::Text { max: None }, None, None)));
        assert_eq!(shape("integer(0..)"), Ok(Shape::Integer { min: Some(0), max: None }));
        assert_eq!(shape("number(..-1)"), Ok(Shape::Number { min: None, max: Some(-1), step: None }));
        assert_eq!(shape("number(step 0.1)"), Ok(Shape::Number { min: None, max: None, step: Some("0.1") }));
        assert_eq!(shape("Thing"), Ok(Shape::Named("Thing")));
        let read = field("unit?: string(20) = Wh").unwrap();
        assert_eq!((read.name, read.required, read.default), ("unit", false, Some("Wh")));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, why) in [
            ("object A\nobject A", "line 2: defined twice"),
            ("object A\n  b Text", "line 2: not a field"),
            ("object A\n  b: text", "line 2: not a shape"),
            ("object A\n  b: string(x)", "line 2: not a length"),
            ("object A\n  b: integer(1)", "line 2: not a range"),
            ("object A\n  b: C[]", "b is a C, which is not defined"),
            ("call A from me", "line 1: sender"),
            ("send A from csms\n  < b: time", "line 2: never answered"),
            ("  b: time", "line 1: belongs to nothing"),
            ("rabbit", "line 1: not a statement"),
        ] {
            let error = Book::read(text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }
}
