//! What a text may say, and what it says at a station.

use crate::store::texts::TextRow;
use serde_json::{Value, json};

/// States in which stations show a text by themselves, with the standard's word for each.
pub const STATES: [(&str, &str); 4] =
    [("idle", "Idle"), ("charging", "Charging"), ("faulted", "Faulted"), ("unavailable", "Unavailable")];
/// How much a text counts beside others.
pub const PRIORITIES: [&str; 3] = ["NormalCycle", "InFront", "AlwaysFront"];
/// What stands for something else in a text.
const PLACEHOLDERS: [&str; 4] = ["price", "site", "phone", "station"];
/// What a message holds in every version.
const BODY_MAX: usize = 512;
const NAME_MAX: usize = 40;
const LANGUAGE_MAX: usize = 8;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Fault {
    pub field: &'static str,
    pub why: String,
}

/// Says what is wrong with a text, if something is.
///
/// # Errors
/// The first field that cannot be used.
pub fn check(row: &TextRow) -> Result<(), Fault> {
    let fault = |field, why: &str| Err(Fault { field, why: why.to_owned() });
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if row.name.is_empty() || row.name.len() > NAME_MAX || !row.name.chars().all(plain) {
        return fault("name", "1 to 40 of a-z, 0-9 and -");
    }
    if !STATES.iter().any(|(state, _)| *state == row.state) {
        return fault("state", "one of idle, charging, faulted, unavailable");
    }
    if !PRIORITIES.contains(&row.priority.as_str()) {
        return fault("priority", "one of NormalCycle, InFront, AlwaysFront");
    }
    let tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if row.language.is_empty() || row.language.len() > LANGUAGE_MAX || !row.language.chars().all(tag) {
        return fault("language", "a language as en, zh or de-AT, 8 characters at most");
    }
    if row.body.trim().is_empty() || row.body.chars().count() > BODY_MAX {
        return fault("body", "1 to 512 characters");
    }
    if row.station_id.is_some() && row.site_id.is_some() {
        return fault("site_id", "a text is for a station or for a site, not for both");
    }
    for part in row.body.split('{').skip(1) {
        let name = part.split('}').next().filter(|_| part.contains('}')).unwrap_or_default();
        if !PLACEHOLDERS.contains(&name) {
            return fault("body", "what stands in braces is one of {price}, {site}, {phone}, {station}");
        }
    }
    Ok(())
}

/// What stands for the placeholders at one station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place<'a> {
    pub price: String,
    pub site: &'a str,
    pub phone: &'a str,
    pub station: &'a str,
}

/// The text as it stands there, cut to what a message holds.
pub fn fill(body: &str, place: &Place<'_>) -> String {
    let mut out = String::with_capacity(body.len());
    for (nth, part) in body.split('{').enumerate() {
        let (name, rest) = match part.split_once('}') {
            Some((name, rest)) if nth > 0 => (name, rest),
            _ => ("", part),
        };
        out.push_str(match name {
            "price" => &place.price,
            "site" => place.site,
            "phone" => place.phone,
            "station" => place.station,
            _ => "",
        });
        out.push_str(rest);
    }
    out.chars().take(BODY_MAX).collect()
}

/// MessageInfo. `None`: the display takes no format that can say it.
pub(super) fn message(row: &TextRow, body: &str, formats: &str) -> Option<Value> {
    let takes = |format: &str| {
        formats.trim().is_empty() || formats.split(',').any(|known| known.trim().eq_ignore_ascii_case(format))
    };
    let format = match () {
        () if takes("UTF8") => "UTF8",
        () if takes("ASCII") && body.is_ascii() => "ASCII",
        () => return None,
    };
    let (_, state) = STATES.iter().find(|(state, _)| *state == row.state)?;
    Some(json!({
        "id": row.number,
        "priority": row.priority,
        "state": state,
        "message": {"format": format, "language": row.language, "content": body},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> TextRow {
        TextRow {
            name: "welcome-en".into(),
            number: 800_000_001,
            state: "idle".into(),
            language: "en".into(),
            body: "Welcome to {site}. {price}. Help: {phone}".into(),
            priority: "NormalCycle".into(),
            ..TextRow::default()
        }
    }

    #[test]
    fn a_text_says_what_holds_at_its_place() {
        let place = Place {
            price: "0.49 EUR per kWh".into(),
            site: "Harbour {x}",
            phone: "+49 40 1",
            station: "HALL-7",
        };
        assert_eq!(fill(&text().body, &place), "Welcome to Harbour {x}. 0.49 EUR per kWh. Help: +49 40 1");
        assert_eq!(fill(&"ä".repeat(600), &place).chars().count(), 512);
        let told = message(&text(), "Hallo", "ASCII, URI").unwrap();
        assert_eq!((&told["message"]["format"], &told["state"]), (&json!("ASCII"), &json!("Idle")));
        assert_eq!(message(&text(), "Grüße", "ASCII"), None);
        assert_eq!(message(&text(), "Grüße", "").unwrap()["message"]["format"], "UTF8");
    }

    #[test]
    fn what_cannot_be_shown_is_refused_with_its_field() {
        assert_eq!(check(&text()), Ok(()));
        for (wrong, field) in [
            (TextRow { name: "Welcome".into(), ..text() }, "name"),
            (TextRow { state: "preparing".into(), ..text() }, "state"),
            (TextRow { language: "english, please".into(), ..text() }, "language"),
            (TextRow { priority: "First".into(), ..text() }, "priority"),
            (TextRow { body: "x".repeat(513), ..text() }, "body"),
            (TextRow { body: "It costs {cost}".into(), ..text() }, "body"),
            (TextRow { body: "It costs {price".into(), ..text() }, "body"),
            (TextRow { site_id: Some(1), station_id: Some("A".into()), ..text() }, "site_id"),
        ] {
            assert_eq!(check(&wrong).unwrap_err().field, field, "{wrong:?}");
        }
    }
}
