//! A JSON object whose fields are asked for one by one, and where each of them stands.

use std::fmt;

use serde_json::{Map, Value};

use super::report::Report;

/// Of the name of an unknown field so many characters are told.
const MAX_NAME: usize = 64;

/// Where a value stands; written out only where there is something to say about it.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// What goes before all paths; may be empty.
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    pub fn field<'a>(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    pub fn index(&self, index: usize) -> Path<'_> {
        Path::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root(text) => f.write_str(text),
            Path::Field(Path::Root(""), name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A JSON object whose fields are asked for one by one.
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    path: Path<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Object<'a> {
    /// `None` if it is none, which is then refused.
    pub fn open(value: &'a Value, path: &Path<'a>, report: &mut Report) -> Option<Object<'a>> {
        match value.as_object() {
            Some(fields) => Some(Object { fields, path: *path, asked: Vec::new() }),
            None => {
                report.refuse(path, "is not an object");
                None
            }
        }
    }

    /// The field, unless it is absent or `null`.
    pub fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Where a field would stand.
    pub fn place(&self, name: &str) -> String {
        self.path.field(name).to_string()
    }

    /// Reads a field that may be absent. `None` if it is, or is refused.
    pub fn may<T>(
        &mut self,
        name: &'static str,
        report: &mut Report,
        read: impl FnOnce(&'a Value, &Path<'_>, &mut Report) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        read(value, &self.path.field(name), report)
    }

    /// Reads a field that must be there. `None` if it is not, or is refused.
    pub fn must<T>(
        &mut self,
        name: &'static str,
        report: &mut Report,
        read: impl FnOnce(&'a Value, &Path<'_>, &mut Report) -> Option<T>,
    ) -> Option<T> {
        let value = self.need(name, report)?;
        read(value, &self.path.field(name), report)
    }

    /// The field, refused if it is not there.
    pub fn need(&mut self, name: &'static str, report: &mut Report) -> Option<&'a Value> {
        let value = self.get(name);
        if value.is_none() {
            report.refuse(self.path.field(name), "is missing");
        }
        value
    }

    /// Notes the fields that nobody asked for.
    pub fn close(self, report: &mut Report, message: &str) {
        for name in self.unknown() {
            report.note(self.path.field(&name), message);
        }
    }

    /// Refuses them, where to leave one out would change the meaning of the others.
    pub fn close_strictly(self, report: &mut Report, message: &str) {
        for name in self.unknown() {
            report.refuse(self.path.field(&name), message);
        }
    }

    /// A name is the partner's and may be of any length and of anything.
    fn unknown(&self) -> impl Iterator<Item = String> {
        let there = self.fields.iter().filter(|(_, value)| !value.is_null());
        let unknown = there.map(|(name, _)| name).filter(|name| !self.asked.contains(&name.as_str()));
        unknown.map(|name| name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect())
    }
}
