//! The compact schemas against the official files of the Open Charge Alliance.
//!
//! `OCPP_OFFICIAL_SCHEMAS` names the directory that holds `v16/schemas`, `v201/schemas` and `v21/schemas`, as the PyPI
//! package `ocpp` 2.1.0 lays them out. Without it there is nothing to compare with, and the test says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;

use ocpp::Version;
use ocpp::schema::Book;
use ocpp::schema::render::render;
use serde_json::{Map, Value, json};

/// Where we mean to differ from the official files. Nothing else may differ.
struct Difference {
    version: Version,
    /// File name without `.json`.
    file: &'static str,
    /// JSON pointer into the official schema, references resolved.
    pointer: &'static str,
    /// What the official file says there; null for nothing.
    official: Value,
    /// What we say.
    ours: Value,
    /// Why.
    why: &'static str,
}

fn differences() -> Vec<Difference> {
    let empty = "the official schema of StopTransaction allows an empty list, that of MeterValues does not; the type \
                 is one, and an empty list takes nothing away";
    let hertz = "1.6 §7.45 lists the unit for one type; the official schema of StopTransaction forgot it";
    let idle = "2.1 misspells IdleTime; both spellings are accepted";
    let units = |hertz: bool| {
        let all = "Wh kWh varh kvarh W kW VA kVA var kvar A V K Celcius Celsius Fahrenheit Percent Hertz";
        json!(all.split(' ').filter(|w| hertz || *w != "Hertz").collect::<Vec<_>>())
    };
    let dimensions = |idle: bool| {
        let all = "Energy MaxCurrent MinCurrent MaxPower MinPower IdleTIme IdleTime ChargingTime";
        json!(all.split(' ').filter(|w| idle || *w != "IdleTime").collect::<Vec<_>>())
    };
    vec![
        Difference {
            version: Version::V16,
            file: "MeterValues",
            pointer: "/properties/meterValue/items/properties/sampledValue/minItems",
            official: json!(1),
            ours: Value::Null,
            why: empty,
        },
        Difference {
            version: Version::V16,
            file: "StopTransaction",
            pointer: "/properties/transactionData/items/properties/sampledValue/items/properties/unit/enum",
            official: units(false),
            ours: units(true),
            why: hertz,
        },
        Difference {
            version: Version::V21,
            file: "TransactionEventRequest",
            pointer: "/properties/costDetails/properties/chargingPeriods/items/properties/dimensions/items/properties/type/enum",
            official: dimensions(false),
            ours: dimensions(true),
            why: idle,
        },
    ]
}

#[test]
fn compact_schemas_mean_what_the_official_ones_mean() {
    let Some(root) = std::env::var_os("OCPP_OFFICIAL_SCHEMAS") else {
        println!("skipped: OCPP_OFFICIAL_SCHEMAS is not set");
        return;
    };
    for (version, folder, count) in
        [(Version::V16, "v16", 78), (Version::V201, "v201", 128), (Version::V21, "v21", 181)]
    {
        let mut official = read(&Path::new(&root).join(folder).join("schemas"));
        assert_eq!(official.len(), count, "{folder}");
        for d in differences().into_iter().filter(|d| d.version == version) {
            let schema = official.get_mut(d.file).expect("the file of a difference");
            apply(schema, &d);
        }
        let ours = rendered(version);
        let names = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&official), names(&ours));
        for (name, schema) in official {
            let other = &ours[&name];
            assert!(schema == *other, "{folder} {name}\nofficial {schema:#}\nours {other:#}");
        }
    }
}

/// Puts our fact in the place of the official one, which must be as the difference tells it.
fn apply(schema: &mut Value, d: &Difference) {
    let (parent, key) = d.pointer.rsplit_once('/').expect("a pointer");
    let parent = schema.pointer_mut(parent).and_then(Value::as_object_mut).expect(d.pointer);
    assert_eq!(parent.remove(key).unwrap_or_default(), sorted(&d.official), "{}", d.why);
    if !d.ours.is_null() {
        parent.insert(key.to_owned(), sorted(&d.ours));
    }
}

/// Sorted like a list of words in [`plain`].
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Array(items) = &mut value {
        items.sort_by_key(Value::to_string);
    }
    value
}

fn rendered(version: Version) -> BTreeMap<String, Value> {
    let book = Book::of(version);
    let mut all = BTreeMap::new();
    for (name, action) in &book.actions {
        let request = match (version, &action.response) {
            (Version::V16, _) | (_, None) => (*name).to_owned(),
            _ => format!("{name}Request"),
        };
        all.insert(request, plain(&render(book, &action.request)));
        if let Some(response) = &action.response {
            all.insert(format!("{name}Response"), plain(&render(book, response)));
        }
    }
    all
}

fn read(folder: &Path) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder of official schemas") {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            let schema: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            all.insert(path.file_stem().unwrap().to_string_lossy().into_owned(), plain(&schema));
        }
    }
    all
}

/// What a schema means: without prose and names, references resolved, lists of words sorted, numbers as such.
fn plain(schema: &Value) -> Value {
    let none = Map::new();
    let definitions = schema.get("definitions").and_then(Value::as_object).unwrap_or(&none);
    let mut out = strip(schema, definitions);
    out.as_object_mut().expect("an object").remove("definitions");
    out
}

fn strip(schema: &Value, definitions: &Map<String, Value>) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut out = Map::new();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.strip_prefix("#/definitions/").expect("a local reference");
        let Value::Object(target) = strip(&definitions[name], definitions) else {
            panic!("{name} is no object")
        };
        out = target;
    }
    let textual = schema.get("type").is_some_and(|t| t == "string");
    for (key, value) in schema {
        let value = match key.as_str() {
            "title" | "description" | "$id" | "id" | "$schema" | "comment" | "javaType" | "$ref"
            | "definitions" => {
                continue;
            }
            // Rules for arrays of a fixed length and for objects say nothing about lists and strings.
            "additionalItems" => continue,
            "additionalProperties" if textual => continue,
            "properties" if value.as_object().is_some_and(Map::is_empty) => continue,
            "properties" => Value::Object(
                value.as_object().unwrap().iter().map(|(n, v)| (n.clone(), strip(v, definitions))).collect(),
            ),
            "items" => strip(value, definitions),
            "required" | "enum" => sorted(value),
            // 0 and 0.0 are one limit.
            "minimum" | "maximum" | "multipleOf" => json!(value.as_f64()),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}
