//! A book as Rust.

use std::fmt::Write;

use ocpp::schema::book::{Action, Book, Direction, Field, Object, Shape, Type};

use crate::names;

/// The generated files of one module: name and text.
pub fn module(book: &Book, older: Option<&Book>) -> Vec<(&'static str, String)> {
    let emit = Emit { book, older };
    vec![
        ("from_station.rs", emit.messages(|from| from != Direction::Csms)),
        ("from_csms.rs", emit.messages(|from| from == Direction::Csms)),
        ("objects.rs", emit.objects()),
        ("words.rs", emit.words()),
    ]
}

const HEAD: &str =
    "// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.\n";

/// See [`Emit::is_boxed`].
const BOXED_FROM: usize = 400;

struct Emit<'a> {
    book: &'a Book,
    /// The version before, if the module serves two.
    older: Option<&'a Book>,
}

impl Emit<'_> {
    fn messages(&self, wanted: impl Fn(Direction) -> bool) -> String {
        let mut out = String::new();
        for (name, action) in self.book.actions.iter().filter(|(_, a)| wanted(a.from)) {
            self.message(&mut out, name, action);
        }
        self.file(&out)
    }

    fn message(&self, out: &mut String, name: &str, action: &Action) {
        let older = self.older.map(|book| book.actions.get(name));
        let since = if older == Some(None) { " (2.1)" } else { "" };
        let sender = match action.from {
            Direction::Station => "the station",
            Direction::Csms => "the CSMS",
            Direction::Both => "either side",
        };
        let before = |pick: fn(&Action) -> Option<&Object>| older.flatten().and_then(pick);
        let docs = format!("{name}{since}, sent by {sender}.");
        self.structure(out, &format!("{name}Request"), &docs, &action.request, before(|a| Some(&a.request)));
        match &action.response {
            Some(response) => {
                write!(
                    out,
                    "\nimpl Call for {name}Request {{\n    const ACTION: &'static str = \"{name}\";\n    type Answer = {name}Response;\n}}\n"
                )
                .unwrap();
                let docs = format!("The answer to [`{name}Request`].");
                let before = before(|a| a.response.as_ref());
                self.structure(out, &format!("{name}Response"), &docs, response, before);
            }
            None => write!(
                out,
                "\nimpl Unanswered for {name}Request {{\n    const ACTION: &'static str = \"{name}\";\n}}\n"
            )
            .unwrap(),
        }
    }

    fn objects(&self) -> String {
        let mut out = String::new();
        for (name, what) in &self.book.types {
            let Type::Object(object) = what else { continue };
            if object.open {
                continue; // customData: kept as JSON
            }
            let before = self.older.map(|book| book.object(name));
            let since = if before == Some(None) { " (2.1)" } else { "" };
            let docs = format!("{name}{since}.");
            self.structure(&mut out, names::shared(name, true), &docs, object, before.flatten());
        }
        self.file(&out)
    }

    fn words(&self) -> String {
        let mut out = format!("{HEAD}\nuse crate::wire::words;\n\nwords! {{\n");
        for (name, what) in &self.book.types {
            let Type::Enum { words, .. } = what else { continue };
            writeln!(out, "    {} {{", names::shared(name, false)).unwrap();
            for word in words.iter().filter(|word| **word != "Other") {
                writeln!(out, "        {} = {word:?}", names::variant(word)).unwrap();
            }
            out.push_str("    }\n");
        }
        out + "}\n"
    }

    fn structure(&self, out: &mut String, name: &str, docs: &str, object: &Object, before: Option<&Object>) {
        let body: String = object.fields.iter().map(|f| self.field(f, before)).collect();
        let renamed = if object.fields.is_empty() { "" } else { "#[serde(rename_all = \"camelCase\")]\n" };
        let body = if body.is_empty() { "{}".to_owned() } else { format!("{{\n{body}}}") };
        write!(
            out,
            "\n/// {docs}\n#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]\n{renamed}pub struct {name} {body}\n"
        )
        .unwrap();
    }

    fn field(&self, field: &Field, before: Option<&Object>) -> String {
        let mut docs = format!("`{}`", notation(&field.shape));
        if let Some(word) = field.default {
            write!(docs, ", absent means `{word}`").unwrap();
        }
        if before.is_some_and(|object| object.field(field.name).is_none()) {
            docs += ", 2.1 only";
        }
        let rust = names::field(field.name);
        let mut serde = Vec::new();
        if names::camel(&rust) != field.name {
            serde.push(format!("rename = {:?}", field.name));
        }
        if !field.required {
            serde.push("default".to_owned());
            serde.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        if matches!(field.shape, Shape::Number { .. }) {
            let with = if field.required { "decimal" } else { "decimal_option" };
            serde.push(format!("with = \"crate::wire::{with}\""));
        }
        let mut kind = self.rust(&field.shape);
        if self.is_boxed(field) {
            kind = format!("Box<{kind}>");
        }
        let kind = if field.required { kind } else { format!("Option<{kind}>") };
        let serde = match serde.join(", ") {
            text if text.is_empty() => text,
            text if text.len() <= 92 => format!("    #[serde({text})]\n"),
            text => format!("    #[serde(\n        {}\n    )]\n", text.replace(", ", ",\n        ")),
        };
        format!("    /// {docs}\n{serde}    pub {rust}: {kind},\n")
    }

    /// Large objects that are often absent are kept apart, so that every message stays cheap to move.
    fn is_boxed(&self, field: &Field) -> bool {
        !field.required && matches!(field.shape, Shape::Named(_)) && self.weight(&field.shape) > BOXED_FROM
    }

    /// About how many bytes a value takes in place.
    fn weight(&self, shape: &Shape) -> usize {
        match shape {
            Shape::Text { .. } | Shape::Uri | Shape::Time | Shape::List { .. } => 24,
            Shape::Integer { .. } | Shape::Number { .. } => 16,
            Shape::Boolean => 1,
            Shape::Any => 32,
            Shape::Named(name) => match &self.book.types[name] {
                Type::Enum { .. } => 24,
                Type::Object(object) if object.open => 32,
                Type::Object(object) => {
                    let one = |f: &Field| if self.is_boxed(f) { 8 } else { self.weight(&f.shape) };
                    object.fields.iter().map(one).sum()
                }
            },
        }
    }

    fn rust(&self, shape: &Shape) -> String {
        match shape {
            Shape::Text { .. } | Shape::Uri => "String".to_owned(),
            Shape::Time => "Timestamp".to_owned(),
            Shape::Integer { .. } => "i64".to_owned(),
            Shape::Number { .. } => "Decimal".to_owned(),
            Shape::Boolean => "bool".to_owned(),
            Shape::Any => "Value".to_owned(),
            Shape::List { item, .. } => {
                assert!(
                    !matches!(**item, Shape::Number { .. }),
                    "a list of numbers needs a helper of its own"
                );
                format!("Vec<{}>", self.rust(item))
            }
            Shape::Named(name) => match &self.book.types[name] {
                Type::Object(object) if object.open => "Value".to_owned(),
                what => names::shared(name, matches!(what, Type::Object(_))).to_owned(),
            },
        }
    }

    /// The head of a file, with the names that its body uses.
    fn file(&self, body: &str) -> String {
        let uses =
            |name: &str| body.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        let mut head = HEAD.to_owned() + "\n";
        if uses("Decimal") {
            head += "use rust_decimal::Decimal;\n";
        }
        head += "use serde::{Deserialize, Serialize};\n";
        if uses("Value") {
            head += "use serde_json::Value;\n";
        }
        let objects = self.book.types.iter().any(|(name, what)| {
            matches!(what, Type::Object(o) if !o.open) && uses(names::shared(name, true))
        });
        // objects.rs defines its objects itself.
        let objects = objects && (uses("Call") || uses("Unanswered"));
        head += "\n";
        if objects {
            head += "use super::objects::*;\n";
        }
        head += "use super::words::*;\n";
        let ours: Vec<_> = [("Call", "Call"), ("Unanswered", "Unanswered"), ("Timestamp", "wire::Timestamp")]
            .into_iter()
            .filter(|(name, _)| uses(name))
            .map(|(_, path)| path)
            .collect();
        match ours[..] {
            [] => {}
            [one] => head += &format!("use crate::{one};\n"),
            _ => head += &format!("use crate::{{{}}};\n", ours.join(", ")),
        }
        head + body
    }
}

/// A shape as the compact schemas write it.
fn notation(shape: &Shape) -> String {
    let range = |min: Option<String>, max: Option<String>| match (min, max) {
        (None, None) => String::new(),
        (min, max) => format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default()),
    };
    let inside =
        |word: &str, text: String| if text.is_empty() { word.to_owned() } else { format!("{word}({text})") };
    let text = |n: &Option<i64>| n.map(|n| n.to_string());
    match shape {
        Shape::Text { max } => inside("string", max.map(|m| m.to_string()).unwrap_or_default()),
        Shape::Time => "time".to_owned(),
        Shape::Uri => "uri".to_owned(),
        Shape::Integer { min, max } => inside("integer", range(text(min), text(max))),
        Shape::Number { step: Some(step), .. } => format!("number(step {step})"),
        Shape::Number { min, max, .. } => inside("number", range(text(min), text(max))),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Any => "any".to_owned(),
        Shape::Named(name) => (*name).to_owned(),
        Shape::List { item, min, max } => {
            format!("{}[{}]", notation(item), range(min.map(|n| n.to_string()), max.map(|n| n.to_string())))
        }
    }
}

/// A match that sends every message of a version through its type and back, for tests.
pub fn codec(books: &[(&str, &str, &Book)]) -> String {
    let mut out = format!("{HEAD}\nuse ocpp::schema::Kind::{{Request, Response}};\n\nuse super::*;\n\n");
    out += "pub fn recode(version: Version, action: &str, kind: Kind, payload: &Value) -> serde_json::Result<Value> {\n";
    out += "    match (version, action, kind) {\n";
    for (versions, module, book) in books {
        for (name, action) in &book.actions {
            let kinds = ["Request", "Response"];
            for kind in kinds.iter().take(if action.response.is_some() { 2 } else { 1 }) {
                let line = format!(
                    "        ({versions}, {name:?}, {kind}) => again::<{module}::{name}{kind}>(payload),"
                );
                // As rustfmt would have it.
                let line = match line.len() {
                    0..=110 => line,
                    _ => line
                        .replace(" again", " {\n            again")
                        .replace("(payload),", "(payload)\n        }"),
                };
                out += &(line + "\n");
            }
        }
    }
    out + "        _ => panic!(\"no such message\"),\n    }\n}\n"
}
