//! Currents and words of a plan, from fields and into them.

use csms::grid::amps::{Amps, PhaseAmps};
use serde::Serialize;
use serde_json::Value;

/// A current as a field has it: `16`, or `62.5`.
pub fn amps(current: Amps) -> String {
    match serde_json::to_value(current) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

/// The currents of three phases.
pub fn phases_of(current: PhaseAmps) -> [String; 3] {
    current.0.0.map(|current| amps(Amps(current)))
}

/// The word of a choice, as the plan has it.
pub fn word(choice: &impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The words of several.
pub fn words<T: Serialize>(choices: &[T]) -> Vec<String> {
    choices.iter().map(word).collect()
}

/// A current on each phase, of three fields; where the second and the third are empty, the first is for all. `None`: all are
/// empty.
///
/// # Errors
/// What is wrong.
pub fn phase_amps(what: &str, fields: [&str; 3]) -> Result<Option<PhaseAmps>, String> {
    let [first, second, third] = fields.map(str::trim);
    let text = match (first, second, third) {
        ("", "", "") => return Ok(None),
        (all, "", "") => all.to_owned(),
        _ if first.is_empty() || second.is_empty() || third.is_empty() => {
            return Err(format!("{what}: give all three phases, or only the first for all of them"));
        }
        _ => format!("{first},{second},{third}"),
    };
    text.parse().map(Some).map_err(|error| format!("{what}: {error}"))
}

/// A whole number.
///
/// # Errors
/// What is wrong.
pub fn number<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{what}: {text:?} is no whole number that can be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currents_of_fields_are_those_of_plans() {
        let read = |fields| phase_amps("fuse", fields).map(|amps| amps.map(|amps| phases_of(amps).join(" ")));
        assert_eq!(read(["63", "", ""]), Ok(Some("63 63 63".into())));
        assert_eq!(read([" 63 ", "62.5", "50"]), Ok(Some("63 62.5 50".into())));
        assert_eq!(read(["", " ", ""]), Ok(None));
        for wrong in
            [["", "63", ""], ["63", "63", ""], ["much", "", ""], ["63,5", "1", "1"], ["1.0001", "", ""]]
        {
            assert!(read(wrong).unwrap_err().starts_with("fuse: "), "{wrong:?}");
        }
    }
}
