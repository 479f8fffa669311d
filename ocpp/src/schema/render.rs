//! Compact schemas as JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::book::{Book, Object, Shape, Type};

/// The JSON Schema of one message: closed, with the definitions it needs and nothing else.
pub fn render(book: &Book, message: &Object) -> Value {
    let mut names = BTreeSet::new();
    collect(book, message, &mut names);
    let definitions: Map<String, Value> = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), definition(book.types.get(name)?))))
        .collect();
    let mut schema = object(message);
    if !definitions.is_empty() {
        schema["definitions"] = Value::Object(definitions);
    }
    schema
}

/// The names of all shared types that an object leads to.
fn collect(book: &Book, from: &Object, names: &mut BTreeSet<&'static str>) {
    for name in from.fields.iter().filter_map(|f| f.shape.named()) {
        if names.insert(name)
            && let Some(inner) = book.object(name)
        {
            collect(book, inner, names);
        }
    }
}

fn definition(what: &Type) -> Value {
    match what {
        Type::Object(inner) => object(inner),
        Type::Enum { words, default } => {
            let mut schema = json!({ "type": "string", "enum": words });
            if let Some(word) = default {
                schema["default"] = json!(word);
            }
            schema
        }
    }
}

fn object(from: &Object) -> Value {
    let mut properties = Map::new();
    for field in &from.fields {
        let mut schema = shape(&field.shape);
        if let Some(word) = field.default {
            // A word that is no JSON (`Wh`) stands for itself.
            schema["default"] = match field.shape {
                Shape::Text { .. } => json!(word),
                _ => serde_json::from_str(word).unwrap_or_else(|_| json!(word)),
            };
        }
        properties.insert(field.name.to_owned(), schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<_> = from.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !from.open {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn shape(from: &Shape) -> Value {
    match from {
        Shape::Text { max } => limited("string", [("maxLength", max.map(Value::from))]),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Uri => json!({ "type": "string", "format": "uri" }),
        Shape::Integer { min, max } => {
            limited("integer", [("minimum", min.map(Value::from)), ("maximum", max.map(Value::from))])
        }
        Shape::Number { min, max, step } => {
            let step = step.and_then(|text| serde_json::from_str(text).ok());
            let limits = [min.map(Value::from), max.map(Value::from), step];
            limited("number", ["minimum", "maximum", "multipleOf"].into_iter().zip(limits))
        }
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Any => json!({}),
        Shape::Named(name) => json!({ "$ref": format!("#/definitions/{name}") }),
        Shape::List { item, min, max } => {
            let mut schema =
                limited("array", [("minItems", min.map(Value::from)), ("maxItems", max.map(Value::from))]);
            schema["items"] = shape(item);
            schema
        }
    }
}

fn limited(kind: &str, limits: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let mut schema = json!({ "type": kind });
    for (keyword, limit) in limits {
        if let Some(limit) = limit {
            schema[keyword] = limit;
        }
    }
    schema
}
