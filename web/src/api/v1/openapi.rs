//! The OpenAPI 3.1 document, made of the operations that the router is made of.

use super::op::{Op, Verb};
use crate::api::{ROWS, ROWS_MAX};
use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use csms::api_key::Scope;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tower_http::set_header::SetResponseHeaderLayer;

/// The document.
pub static TEXT: LazyLock<String> = LazyLock::new(|| document(&super::operations()).to_string());

/// It is JSON.
pub fn as_json() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

const ABOUT: &str = "The API of Wattline. Ids are texts, energies whole milliwatt-hours, money decimal text beside its \
    currency, instants RFC 3339 in UTC. Whatever goes wrong is a problem (RFC 9457).\n\n\
    Send a key as `Authorization: Bearer wl_…`, or name and password of an account. Every POST takes an \
    `Idempotency-Key`: sent again within 24 hours, the first answer is given again. Answers have `RateLimit-Limit`, \
    `RateLimit-Remaining` and `RateLimit-Reset`.";

fn document(ops: &[Op]) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|with| with.definitions_path = "/components/schemas".into());
    let mut schemas = settings.into_generator();
    let mut paths = Map::new();
    for op in ops {
        let path = paths.entry(op.path).or_insert_with(|| json!({}));
        path[op.verb.word()] = operation(op, &mut schemas);
    }
    let mut tags: Vec<&str> = ops.iter().map(|op| op.tag).collect();
    tags.dedup();
    let mut schemas = schemas.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Wattline", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
                  "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "servers": [{ "url": "/api/v1" }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "security": [{ "key": [] }, { "account": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": scopes() },
                "account": { "type": "http", "scheme": "basic", "description": "Name and password of an account" },
            },
        },
    })
}

fn scopes() -> String {
    let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    format!("A key with scopes: {}", words.join(", "))
}

fn operation(op: &Op, schemas: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": op.name,
        "tags": [op.tag],
        "summary": op.says.split(". ").next().unwrap_or_default().split(": ").next(),
        "description": format!("{}\n\nNeeds the scope `{}`.", op.says, op.scope.word()),
        "x-scope": op.scope.word(),
        "parameters": parameters(op, schemas),
        "responses": responses(op, schemas),
    });
    if let Some(kind) = op.bytes {
        let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
        described["requestBody"] = json!({ "required": true, "content": { kind: bytes } });
    }
    if let Some(body) = op.body {
        described["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(schemas) } } });
    }
    if let Some(kind) = op.body_or_as {
        described["requestBody"]["required"] = true.into();
        described["requestBody"]["content"][kind] = json!({ "schema": { "type": "string" } });
    }
    described
}

fn parameters(op: &Op, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let mut found: Vec<Value> = op
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(query) = op.query {
        found.extend(query_parameters(&query(schemas), schemas));
    }
    let mut header = |name: &str, required: bool, says: &str, schema: Value| {
        found.push(
            json!({ "name": name, "in": "header", "required": required, "description": says, "schema": schema }),
        );
    };
    if op.verb == Verb::Post {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" });
        header("Idempotency-Key", false, "The caller's name for this request, e.g. a UUID", key);
    }
    if op.guarded {
        header(
            "If-Match",
            true,
            "The ETag of what is meant, or * for whatever is there",
            json!({ "type": "string" }),
        );
    }
    if op.tagged && op.verb == Verb::Get {
        header("If-None-Match", false, "The ETag that the caller has", json!({ "type": "string" }));
    }
    found
}

/// Each property of the query's schema is a parameter.
fn query_parameters(schema: &Schema, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let whole = match referred {
        // It is used for nothing else: it does not stay among the schemas.
        Some(name) => schemas.definitions_mut().remove(name).unwrap_or_default(),
        None => schema.clone().to_value(),
    };
    let required =
        |name: &str| whole["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = whole["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            if name == "limit" {
                schema["minimum"] = 1.into();
                schema["maximum"] = ROWS_MAX.into();
                schema["default"] = ROWS.into();
            }
            let says = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({ "name": name, "in": "query", "required": required(name),
                    "description": says.unwrap_or_else(|| usual(name).into()), "schema": not_null(schema) })
        })
        .collect()
}

fn usual(name: &str) -> &'static str {
    match name {
        "limit" => "Rows of a page: 1 to 199, 50 where nothing is said",
        "cursor" => "`next` of the page before",
        _ => "",
    }
}

/// A query says nothing of a parameter by leaving it out.
fn not_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<&Value> = kinds.iter().filter(|kind| *kind != "null").collect();
        if let [kind] = kinds[..] {
            schema["type"] = kind.clone();
        }
    }
    schema
}

fn responses(op: &Op, schemas: &mut SchemaGenerator) -> Value {
    let mut found = Map::new();
    for answer in &op.answers {
        let mut response = json!({ "description": answer.says });
        if let Some(schema) = answer.schema {
            response["content"] = json!({ "application/json": { "schema": schema(schemas) } });
        }
        if let Some(kind) = answer.or_as {
            // Where it is the only one it is bytes.
            let text = match answer.schema {
                Some(_) => json!({ "type": "string" }),
                None => json!({ "type": "string", "format": "binary" }),
            };
            response["content"][kind] = json!({ "schema": text });
        }
        if op.tagged {
            let says = "The state of what is answered; for If-None-Match and If-Match";
            response["headers"] = json!({ "ETag": { "description": says, "schema": { "type": "string" } } });
        }
        found.insert(answer.status.as_str().to_owned(), response);
    }
    if op.tagged && op.verb == Verb::Get {
        found.insert("304".into(), json!({ "description": "The caller has it already" }));
    }
    for (status, says) in usual_problems(op) {
        let content =
            json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
        found
            .entry(status.as_str().to_owned())
            .or_insert_with(|| json!({ "description": says, "content": content }));
    }
    found.into()
}

fn usual_problems(op: &Op) -> Vec<(StatusCode, &'static str)> {
    let mut found = op.problems.clone();
    if op.query.is_some() {
        found.push((StatusCode::UNPROCESSABLE_ENTITY, "A value is out of the range that can be kept"));
    }
    found.push((StatusCode::BAD_REQUEST, "The request does not fit; `detail` says where and why"));
    found.push((StatusCode::UNAUTHORIZED, "Nobody we know"));
    found.push((StatusCode::FORBIDDEN, "The caller lacks the scope"));
    found.push((StatusCode::TOO_MANY_REQUESTS, "Too fast; Retry-After says how long to wait"));
    found.push((StatusCode::SERVICE_UNAVAILABLE, "Busy; try again in a moment"));
    if op.bytes.is_some() {
        found.push((StatusCode::CONFLICT, "It does not go together with what is there"));
        found.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"));
        found.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not of the kind that is taken"));
        found.push((StatusCode::REQUEST_TIMEOUT, "The body comes too slowly, or stands still"));
    }
    if op.path.contains('{') || op.body.is_some() {
        found.push((StatusCode::NOT_FOUND, "It does not exist"));
    }
    if op.body.is_some() || op.body_or_as.is_some() {
        found.push((StatusCode::CONFLICT, "It does not go together with what is there"));
        found.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"));
        found.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"));
        found.push((StatusCode::UNPROCESSABLE_ENTITY, "A field cannot have this value"));
    }
    if op.verb == Verb::Post {
        found.push((StatusCode::CONFLICT, "The same request is under way"));
        found.push((StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another request"));
    }
    if op.guarded {
        found.push((StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"));
        found.push((StatusCode::PRECONDITION_REQUIRED, "If-Match is missing"));
    }
    found
}

/// RFC 9457.
fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "description": "What kind of problem, e.g. urn:wattline:problem:not-found" },
            "title": { "type": "string", "description": "The same for people" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What was wrong this time, and what to do" },
            "error": { "description": "Further facts, e.g. the command that was not taken" },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_a_name_of_its_own_and_words() {
        let ops = super::super::operations();
        let names: BTreeSet<&str> = ops.iter().map(|op| op.name).collect();
        assert_eq!(names.len(), ops.len());
        for op in &ops {
            assert!(!op.tag.is_empty() && !op.says.is_empty() && !op.answers.is_empty(), "{}", op.name);
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = document(&super::super::operations());
        let mut named = BTreeSet::new();
        references(&document, &mut named);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let there: BTreeSet<String> =
            schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
        assert_eq!(named, there);
    }

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, value)| match value.as_str() {
                Some(path) if name == "$ref" => drop(found.insert(path.to_owned())),
                _ => references(value, found),
            }),
            Value::Array(all) => all.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
}
