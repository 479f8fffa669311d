//! A setting's name as one text: `OCPPCommCtrlr.HeartbeatInterval`, `SampledDataCtrlr[x]@1:2.TxUpdatedInterval[y]/Target`, and for a
//! key that only 1.6 knows its name alone. A dot in front says that what follows has no component.

use crate::{command::Name, link::dialect::ask};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What parts of a name may hold as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b' ');
/// In a name without a component a dot means nothing.
const KEY: &AsciiSet = &PLAIN.remove(b'.');

/// The name as one text; the same whatever version has told it.
pub fn write(name: &Name) -> String {
    let name = ask::canonical(name);
    let part = |text: &str, set| utf8_percent_encode(text, set).to_string();
    let instance = |text: &str| match text {
        "" => String::new(),
        text => format!("[{}]", part(text, PLAIN)),
    };
    let mut all = String::new();
    if !name.component.is_empty() {
        all = part(&name.component, PLAIN) + &instance(&name.component_instance);
        if let Some(evse) = name.evse {
            all += &format!("@{evse}");
            if let Some(connector) = name.connector {
                all += &format!(":{connector}");
            }
        }
        all += ".";
        all += &part(&name.name, PLAIN);
    } else {
        let key = part(&name.name, KEY);
        if key.contains('.') {
            all += ".";
        }
        all += &key;
    }
    all += &instance(&name.instance);
    if !name.attribute.is_empty() {
        all += &format!("/{}", name.attribute);
    }
    all
}

/// Reads what [`write()`] writes, and what a person would write instead.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(text: &str) -> Result<Name, String> {
    let wrong = |why: &str| Err(format!("{text:?} is no name of a setting: {why}"));
    if text.chars().count() > 255 || text.chars().any(char::is_control) {
        return wrong("it has at most 255 printable characters");
    }
    let mut name = Name::default();
    let (before, attribute) = text.split_once('/').unwrap_or((text, ""));
    if !matches!(attribute, "" | "Actual" | "Target" | "MinSet" | "MaxSet") {
        return wrong("after the slash stands Actual, Target, MinSet or MaxSet");
    }
    attribute.clone_into(&mut name.attribute);
    let (component, variable) = match before.strip_prefix('.') {
        Some(key) => ("", key),
        None => before.split_once('.').unwrap_or(("", before)),
    };
    let (component, place) = component.split_once('@').unwrap_or((component, ""));
    let Some((component, component_instance)) = instance(component) else {
        return wrong("an instance stands in [ ]");
    };
    let Some((variable, variable_instance)) = instance(variable) else {
        return wrong("an instance stands in [ ]");
    };
    if variable.is_empty() {
        return wrong("the variable is missing");
    }
    if !place.is_empty() {
        let (evse, connector) = place.split_once(':').map_or((place, None), |(e, c)| (e, Some(c)));
        match (evse.parse(), connector.map(str::parse).transpose()) {
            (Ok(evse), Ok(connector)) => (name.evse, name.connector) = (Some(evse), connector),
            _ => return wrong("after the @ stands the EVSE, or EVSE:connector"),
        }
    }
    (name.component, name.component_instance) = (component, component_instance);
    (name.name, name.instance) = (variable, variable_instance);
    Ok(ask::canonical(&name))
}

/// `text[instance]`, decoded.
fn instance(part: &str) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
    match part.split_once('[') {
        Some((text, rest)) => Some((decoded(text)?, decoded(rest.strip_suffix(']')?)?)),
        None => Some((decoded(part)?, String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in [
            "OCPPCommCtrlr.HeartbeatInterval",
            "VendorKey",
            ".Vendor.Key",
            "Comp[a%2Eb]@1:2.Var[x%2Fy]/Target",
            "EVSE@3.Power/MaxSet",
            "Odd%2ECtrlr.Name with spaces",
        ] {
            assert_eq!(read(text).map(|name| write(&name)).as_deref(), Ok(text));
        }
    }

    #[test]
    fn both_versions_lead_to_one_name() {
        for (text, name) in [
            ("HeartbeatInterval", "OCPPCommCtrlr.HeartbeatInterval"),
            ("AuthorizationKey", "SecurityCtrlr.BasicAuthPassword"),
            ("OCPPCommCtrlr.HeartbeatInterval/Actual", "OCPPCommCtrlr.HeartbeatInterval"),
            ("Light", "Light"),
        ] {
            assert_eq!(read(text).map(|name| write(&name)).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_is_said() {
        for text in ["", "A.", "A.B/Most", "A@x.B", "A[b.C", "A.B[c", "A\u{7}", &"x".repeat(300)] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
