//! The fields of a command's form, made of the schema of its type: a new command has a form by itself.

use csms::command::Command;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::LazyLock};

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Text of several lines: a certificate.
    Lines,
    Number {
        least: Option<i64>,
    },
    /// A number that may have decimals.
    Decimal,
    /// One of these.
    Choice(Vec<String>),
    /// Yes or no.
    Tick,
    Instant,
    /// Whatever JSON says.
    Json,
}

/// A field. Parts of an inner object have its name before theirs: `token.uid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    /// It cannot be left empty, unless the object that it belongs to is left out as a whole.
    pub needed: bool,
    /// What an empty field means, where that is a value.
    pub default: String,
}

/// The fields of each command, by its word.
static FORMS: LazyLock<BTreeMap<String, Vec<Field>>> = LazyLock::new(|| {
    let mut generator =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let schema = Value::from(generator.root_schema_for::<Command>());
    let variants = schema["oneOf"].as_array().cloned().unwrap_or_default();
    let form = |variant: &Value| {
        let word = variant["properties"]["command"]["const"].as_str()?.to_owned();
        let mut fields = Vec::new();
        inner(variant, "", true, &mut fields);
        Some((word, fields))
    };
    variants.iter().filter_map(form).collect()
});

/// The words of all commands that a person can ask for.
pub fn words() -> impl Iterator<Item = &'static str> {
    FORMS.keys().map(String::as_str)
}

/// The fields of a command; `None`: there is no such command.
pub fn of(word: &str) -> Option<&'static [Field]> {
    FORMS.get(word).map(Vec::as_slice)
}

fn inner(schema: &Value, before: &str, needed: bool, into: &mut Vec<Field>) {
    let nothing = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&nothing);
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    // What must be given comes first, in the type's own order otherwise.
    let (first, then): (Vec<_>, Vec<_>) =
        properties.iter().filter(|(name, _)| *name != "command").partition(|(name, _)| required(name));
    for (name, schema) in first.into_iter().chain(then) {
        let (schema, optional) = bare(schema);
        let needed = needed && required(name) && !optional;
        let name = format!("{before}{name}");
        if before.is_empty() && is_flat(schema) {
            inner(schema, &format!("{name}."), needed, into);
            continue;
        }
        let default = match &schema["default"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        into.push(Field { kind: kind(&name, schema), name, needed, default });
    }
}

/// Without "or null".
fn bare(schema: &Value) -> (&Value, bool) {
    let null = |one: &Value| one["type"] == "null";
    match schema["anyOf"].as_array() {
        Some(some) if some.iter().any(null) => (some.iter().find(|one| !null(one)).unwrap_or(schema), true),
        _ => (schema, is(schema, "null")),
    }
}

/// An object whose parts are simple: it becomes fields of its own.
fn is_flat(schema: &Value) -> bool {
    is(schema, "object") && schema["properties"].as_object().is_some_and(|parts| !parts.is_empty())
}

/// Is it of this type, or of this type or null?
fn is(schema: &Value, wanted: &str) -> bool {
    let types = &schema["type"];
    types == wanted || types.as_array().is_some_and(|types| types.iter().any(|one| one == wanted))
}

fn kind(name: &str, schema: &Value) -> Kind {
    let consts = |all: &Vec<Value>| {
        all.iter()
            .map(|one| one["const"].as_str().or(one.as_str()).map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    };
    let choice = schema["oneOf"].as_array().or(schema["enum"].as_array()).and_then(consts);
    if let Some(words) = choice.filter(|words| !words.is_empty()) {
        return Kind::Choice(words);
    }
    match () {
        () if is(schema, "string") && schema["format"] == "date-time" => Kind::Instant,
        () if is(schema, "string") && name.ends_with("certificate") => Kind::Lines,
        () if is(schema, "string") => Kind::Text,
        () if is(schema, "integer") => Kind::Number { least: schema["minimum"].as_i64() },
        () if is(schema, "number") => Kind::Decimal,
        () if is(schema, "boolean") => Kind::Tick,
        () => Kind::Json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_ask_for_what_a_command_needs() {
        let shown = |word: &str| -> Vec<String> {
            let line = |field: &Field| {
                let mark = if field.needed { "!" } else { "" };
                format!("{}{mark} {:?} {}", field.name, field.kind, field.default).trim_end().to_owned()
            };
            of(word).unwrap().iter().map(line).collect()
        };
        assert_eq!(
            shown("reset"),
            [r#"kind! Choice(["immediate", "idle", "resume"])"#, "evse Number { least: Some(0) }"]
        );
        assert_eq!(
            shown("unlock"),
            ["evse! Number { least: Some(0) }", "connector Number { least: Some(0) } 1"]
        );
        assert_eq!(
            shown("start"),
            [
                "token.uid! Text",
                "token.kind Text Central",
                "token.more Json",
                "evse Number { least: Some(0) }",
                "group.uid Text",
                "group.kind Text Central",
                "group.more Json",
                "limit.max_cost Text",
                "limit.max_energy_wh Number { least: None }",
                "limit.max_time_s Number { least: None }",
                "number Number { least: None }",
                "profile Json",
            ]
        );
        assert_eq!(shown("install-certificate"), ["certificate! Lines", "kind! Text"]);
        assert_eq!(shown("clear-cache"), Vec::<String>::new());
        let control = shown("set-der-control");
        assert!(control.iter().any(|line| line == "fixed_pf.displacement Decimal"), "{control:?}");
        assert!(
            control.iter().any(|line| line.starts_with(r#"kind! Choice(["EnterService", "#)),
            "{control:?}"
        );
        assert!(control.iter().any(|line| line == "curve.curve_data Json"), "{control:?}");
    }
}
