//! `/api/docs`: the document as a page, made on our side; a browser needs nothing but HTML.

use super::openapi;
use crate::{
    WebState,
    front::Fail,
    login::frame_of,
    view::{self, ApiDocsPage, DocAnswer, DocField, DocGroup, DocKind, DocOperation, DocSchema},
};
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;

/// The page.
pub async fn show(State(state): State<WebState>, uri: Uri, headers: HeaderMap) -> Result<Response, Fail> {
    let shell = frame_of(&state, &uri, &headers);
    Ok(Html(view::render(&page(), &shell)?).into_response())
}

/// The document as a page.
pub fn page() -> ApiDocsPage {
    let document: Value = serde_json::from_str(&openapi::TEXT).unwrap_or_default();
    let mut groups: Vec<DocGroup> = Vec::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        groups.push(DocGroup { name: text(&tag["name"]), operations: Vec::new() });
    }
    for (path, verbs) in document["paths"].as_object().into_iter().flatten() {
        for (verb, said) in verbs.as_object().into_iter().flatten() {
            let tag = text(&said["tags"][0]);
            if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
                group.operations.push(operation(path, verb, said));
            }
        }
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    ApiDocsPage {
        version: text(&document["info"]["version"]),
        about: text(&document["info"]["description"])
            .split("\n\n")
            .map(|part| part.replace('`', ""))
            .collect(),
        groups,
        schemas: schemas.map(|(name, said)| schema(name, said)).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn operation(path: &str, verb: &str, said: &Value) -> DocOperation {
    let body = &said["requestBody"]["content"]["application/json"]["schema"];
    let parameters = said["parameters"].as_array().into_iter().flatten();
    let answers = said["responses"].as_object().into_iter().flatten();
    DocOperation {
        id: text(&said["operationId"]),
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        summary: text(&said["summary"]),
        says: text(&said["description"]).split("\n\n").next().unwrap_or_default().to_owned(),
        scope: text(&said["x-scope"]),
        parameters: parameters
            .map(|one| DocField {
                name: text(&one["name"]),
                place: text(&one["in"]),
                kind: kind(&one["schema"]),
                required: one["required"] == true,
                says: text(&one["description"]),
            })
            .collect(),
        body: (!body.is_null()).then(|| kind(body)),
        answers: answers
            .map(|(status, one)| DocAnswer {
                status: status.clone(),
                says: text(&one["description"]),
                kind: one["content"]
                    .as_object()
                    .and_then(|all| all.values().next())
                    .map(|one| kind(&one["schema"])),
            })
            .collect(),
        curl: curl(path, verb, said),
    }
}

fn curl(path: &str, verb: &str, said: &Value) -> String {
    let mut line = "curl -H \"Authorization: Bearer $KEY\"".to_owned();
    if verb != "get" {
        line += &format!(" -X {}", verb.to_uppercase());
    }
    let parameters = || said["parameters"].as_array().into_iter().flatten();
    if parameters().any(|one| one["name"] == "Idempotency-Key") {
        line += " -H \"Idempotency-Key: $(uuidgen)\"";
    }
    if parameters().any(|one| one["name"] == "If-Match") {
        line += " -H 'If-Match: *'";
    }
    let content = &said["requestBody"]["content"];
    if !content["application/json"].is_null() {
        line += " --json @body.json";
    } else if let Some(kind) = content.as_object().and_then(|all| all.keys().next()) {
        line += &format!(" -H \"Content-Type: {kind}\" --data-binary @FILE");
    }
    format!("{line} \"https://SERVER/api/v1{path}\"")
}

/// What a value is, in few words.
fn kind(schema: &Value) -> DocKind {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return DocKind { text: name.to_owned(), schema: Some(name.to_owned()) };
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let some = either.iter().find(|one| one["type"] != "null");
        return some.map(kind).unwrap_or_default();
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().filter(|word| !word.is_null()).map(word).collect();
        return DocKind { text: words.join(" | "), schema: None };
    }
    if !schema["const"].is_null() {
        return DocKind { text: word(&schema["const"]), schema: None };
    }
    if schema["type"] == "array" || schema["items"].is_object() {
        let of = kind(&schema["items"]);
        return DocKind { text: format!("[{}]", of.text), schema: of.schema };
    }
    let plain = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(all) => {
            all.iter().filter(|one| *one != "null").map(text).collect::<Vec<_>>().join(" | ")
        }
        _ => "JSON".to_owned(),
    };
    let text = match schema["format"].as_str() {
        Some("date-time") => "date-time".to_owned(),
        _ => plain,
    };
    DocKind { text, schema: None }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn schema(name: &str, said: &Value) -> DocSchema {
    let required =
        |field: &str| said["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field));
    let properties = said["properties"].as_object().into_iter().flatten();
    let forms = said["oneOf"].as_array().into_iter().flatten();
    let mut says = text(&said["description"]);
    if let Some(words) = said["enum"].as_array() {
        says = format!("{says} {}", words.iter().map(word).collect::<Vec<_>>().join(" | "));
    }
    DocSchema {
        name: name.to_owned(),
        says: says.trim().to_owned(),
        fields: properties
            .map(|(field, one)| DocField {
                name: field.clone(),
                place: String::new(),
                kind: kind(one),
                required: required(field),
                says: text(&one["description"]),
            })
            .collect(),
        forms: forms.map(|form| schema(&form_name(form), form)).collect(),
    }
}

/// A form is known by its constant: of the value itself, or of the field that tells forms apart.
fn form_name(form: &Value) -> String {
    if !form["const"].is_null() {
        return word(&form["const"]);
    }
    let properties = form["properties"].as_object().into_iter().flatten();
    let mut constants = properties.filter(|(_, one)| !one["const"].is_null());
    constants
        .next()
        .map(|(field, one)| format!("{field}: {}", word(&one["const"])))
        .unwrap_or_else(|| kind(form).text)
}
