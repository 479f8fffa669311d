//! docs/events.md lists the events that there are, as they are.

use csms::event::list::{self, Told};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Write};

const BEGIN: &str =
    "<!-- From here on made by a test: CSMS_WRITE_DOCS=1 cargo nextest run -p csms documented -->\n";

fn schema(told: &Told) -> Value {
    let mut schemas =
        SchemaSettings::draft2020_12().with(|with| with.inline_subschemas = true).into_generator();
    (told.schema)(&mut schemas).to_value()
}

fn kind_of(field: &Value) -> String {
    match &field["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

fn rendered() -> String {
    let mut text = BEGIN.to_owned();
    for told in list::all() {
        write!(text, "\n## `{}`\n\n{}", told.kind, told.says).unwrap();
        if told.scope.word() != "read" {
            write!(text, " Needs the scope `{}`.", told.scope.word()).unwrap();
        }
        text.push('\n');
        let schema = schema(told);
        let fields = schema["properties"].as_object().into_iter().flatten();
        for (nth, (name, field)) in fields.enumerate() {
            let about = field["description"].as_str().map(|about| format!(": {}", about.replace('\n', " ")));
            let gap = if nth == 0 { "\n" } else { "" };
            writeln!(text, "{gap}- `{name}` ({}){}", kind_of(field), about.unwrap_or_default()).unwrap();
        }
    }
    text
}

#[test]
fn the_page_of_events_lists_those_that_there_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (words, _) = page.split_once(BEGIN).expect("the line that begins the list");
    let wanted = format!("{words}{}", rendered());
    if std::env::var_os("CSMS_WRITE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == wanted,
        "docs/events.md is not as the code has it: {BEGIN}"
    );
}

#[test]
fn every_event_has_a_name_of_its_own_in_an_area() {
    let kinds: Vec<&str> = list::all().map(|told| told.kind).collect();
    assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    assert!(kinds.iter().all(|kind| kind.contains('.') && list::find(kind).is_some()));
    assert!(list::all().all(|told| schema(told)["type"] == "object" && told.says.ends_with('.')));
}
