//! Mends broken JSON as seen from real stations, where there is only one way to read it.

use super::{Oddity, parts::Parts};
use std::borrow::Cow;

/// How many frames one message may hold.
const GLUED_MAX: usize = 16;
/// How many bytes of rubbish may come before the first frame.
const LEADING_MAX: usize = 64;

/// The frames in a text that is no JSON as a whole; `None` if there is none or if one of them is beyond mending.
pub(super) fn frames(text: &str, oddities: &mut Vec<Oddity>) -> Option<Vec<Parts>> {
    let mended = mend(from_first_frame(text, oddities)?, oddities);
    let mut rest = mended.as_ref();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        if frames.len() == GLUED_MAX {
            return None;
        }
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Parts>();
        frames.push(stream.next()?.ok()?);
        let after = rest.get(stream.byte_offset()..)?;
        rest = match next_frame(after) {
            Some(start) => {
                oddities.push(Oddity::Glued);
                &after[start..]
            }
            None => {
                if !is_blank(after) {
                    oddities.push(Oddity::Trailing);
                }
                ""
            }
        };
    }
    (!frames.is_empty()).then_some(frames)
}

/// Whether there is nothing but what JSON allows around a value.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

/// The text from its first frame on.
fn from_first_frame<'a>(text: &'a str, oddities: &mut Vec<Oddity>) -> Option<&'a str> {
    let start = next_frame(text).filter(|start| *start <= LEADING_MAX)?;
    if !is_blank(&text[..start]) {
        oddities.push(Oddity::Leading);
    }
    Some(&text[start..])
}

/// Where the next frame starts: a bracket that is followed by a message type.
fn next_frame(text: &str) -> Option<usize> {
    text.match_indices('[').map(|(at, _)| at).take(LEADING_MAX).find(|at| {
        let inside = text[at + 1..].trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '"');
        inside.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Escapes bare control characters within texts and drops commas that separate nothing.
fn mend<'a>(text: &'a str, oddities: &mut Vec<Oddity>) -> Cow<'a, str> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut inside, mut escaped) = (false, false);
    let mut changed = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if inside {
            if c.is_ascii_control() {
                oddities.push(Oddity::ControlCharacter);
                changed = true;
                // An escape that stands before a control character would swallow ours.
                out.push_str(&format!("{}u{:04x}", if escaped { "" } else { "\\" }, u32::from(c)));
                escaped = false;
                continue;
            }
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == ',' && stray(before, &text[at + 1..]) {
            oddities.push(Oddity::StrayComma);
            changed = true;
            continue;
        } else {
            inside = c == '"';
        }
        if !c.is_whitespace() {
            before = c;
        }
        out.push(c);
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// A comma is stray after an opening bracket or another comma, and before a closing bracket.
fn stray(before: char, after: &str) -> bool {
    matches!(before, '[' | '{' | ',') || after.trim_start().starts_with([']', '}'])
}
