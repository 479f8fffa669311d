//! Records as cells of CSV and back.
//!
//! A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula, and runs it. Such a text (and one that begins
//! with a tab, a carriage return or the apostrophe itself) gets an apostrophe before it, which is taken away when it
//! is read.

use super::records::{Cell, Sheet};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a sheet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv",
            Format::Json => "application/json",
        }
    }

    /// How a file's name ends.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }
}

/// A text that no spreadsheet takes for a formula.
pub fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text again.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => rest,
        _ => text,
    }
}

/// The cells of a record.
pub(super) fn cells(sheet: Sheet, record: &impl Serialize) -> Vec<String> {
    let value = serde_json::to_value(record).unwrap_or_default();
    let cell = |(name, cell): &(&str, Cell)| match (&value[*name], cell) {
        (Value::Null, _) => String::new(),
        (Value::String(text), Cell::Text) => guarded(text),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    sheet.columns().iter().map(cell).collect()
}

/// A record of cells whose columns are named by `head`. What is empty is absent.
///
/// # Errors
/// The column and what is wrong there.
pub(super) fn record(
    sheet: Sheet,
    head: &[String],
    row: &csv::StringRecord,
) -> Result<Value, (String, String)> {
    let mut fields = Map::new();
    for (name, text) in head.iter().zip(row) {
        let Some((_, cell)) = sheet.columns().iter().find(|(column, _)| column == name) else { continue };
        if text.is_empty() {
            continue;
        }
        let value = match cell {
            Cell::Text => Value::from(unguarded(text)),
            Cell::Plain => Value::from(text),
            Cell::Flag => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Value::from(true),
                "false" | "0" | "no" => Value::from(false),
                _ => return Err((name.clone(), format!("{text:?} is neither true nor false"))),
            },
            Cell::Json => serde_json::from_str(text)
                .map_err(|error| (name.clone(), format!("it is not JSON: {error}")))?,
        };
        fields.insert(name.clone(), value);
    }
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_a_text() {
        for (text, kept) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("it's", "it's"),
        ] {
            assert_eq!((guarded(text).as_str(), unguarded(kept)), (kept, text));
        }
        // Written by hand, without need.
        assert_eq!(unguarded("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn a_text_comes_back_as_it_was(text in "['=+@a\\t\\r-]{0,5}") {
            let kept = guarded(&text);
            prop_assert_eq!(unguarded(&kept), text);
            prop_assert!(!kept.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
