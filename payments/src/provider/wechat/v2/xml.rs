//! The XML of API v2: one element with texts in elements below it, and nothing else.
//!
//! What a signature is made over must be what is read: a document type, an element twice, one inside another or an
//! entity of its own is refused.

use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::collections::BTreeMap;

/// Larger messages are not read.
const BYTES: usize = 1 << 18;
/// More fields are not read.
const FIELDS: usize = 500;

/// Writes fields.
pub(in crate::provider::wechat) fn write(fields: &BTreeMap<String, String>) -> String {
    let mut text = String::from("<xml>");
    for (name, value) in fields {
        // A text must not end its own section.
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>"));
    }
    text.push_str("</xml>");
    text
}

/// Reads fields; the error says what is not allowed.
pub(in crate::provider::wechat) fn read(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    if bytes.len() > BYTES {
        return Err(format!("the XML has {} bytes", bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|why| format!("the XML is not UTF-8: {why}"))?;
    let mut reader = Reader::from_str(text);
    let mut fields = BTreeMap::new();
    let mut root = false;
    let mut open: Option<(String, String)> = None;
    let mut ended = false;
    loop {
        let event = reader.read_event().map_err(|why| format!("the XML is damaged: {why}"))?;
        if ended && !matches!(event, Event::Eof) && !blank(&event) {
            return Err("the XML goes on after its end".to_owned());
        }
        match event {
            Event::Decl(_) if !root => {}
            Event::Start(_) | Event::Empty(_) if open.is_some() => {
                return Err("the XML has elements inside a field".to_owned());
            }
            Event::Start(_) if !root => root = true,
            Event::Start(start) => open = Some((start.name().into_inner().to_owned(), String::new())),
            Event::Empty(empty) if root => {
                insert(&mut fields, empty.name().into_inner().to_owned(), String::new())?;
            }
            Event::End(_) => match open.take() {
                Some((name, value)) => insert(&mut fields, name, value)?,
                None => ended = true,
            },
            Event::Text(part) => match &mut open {
                Some((_, value)) => value.push_str(&part.xml10_content()),
                None if part.trim().is_empty() => {}
                None => return Err("the XML has text between its fields".to_owned()),
            },
            Event::CData(part) => match &mut open {
                Some((_, value)) => value.push_str(&part.xml10_content()),
                None => return Err("the XML has text between its fields".to_owned()),
            },
            Event::GeneralRef(entity) => {
                let Some((_, value)) = &mut open else {
                    return Err("the XML has text between its fields".to_owned());
                };
                value.push(character(&entity)?);
            }
            Event::DocType(_) => return Err("the XML has a document type, which is not allowed".to_owned()),
            Event::Eof if ended => return Ok(fields),
            Event::Eof => return Err("the XML ends too early".to_owned()),
            _ => return Err("the XML has a comment or an instruction, which is not allowed".to_owned()),
        }
    }
}

fn blank(event: &Event<'_>) -> bool {
    matches!(event, Event::Text(text) if text.trim().is_empty())
}

fn insert(fields: &mut BTreeMap<String, String>, name: String, value: String) -> Result<(), String> {
    if fields.len() >= FIELDS {
        return Err(format!("the XML has more than {FIELDS} fields"));
    }
    if fields.contains_key(&name) {
        return Err(format!("the XML has {name:.60} twice"));
    }
    fields.insert(name, value);
    Ok(())
}

/// A character by its number, or one of the five that XML itself knows.
fn character(entity: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    let known = match &**entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => entity.resolve_char_ref().ok().flatten(),
    };
    known.ok_or_else(|| format!("the XML has the entity {:.20}, which is not allowed", &**entity))
}
