//! Keeps secrets out of the journal: passwords, keys, typed codes (C04.FR.04), card data of direct payments.

use crate::files::links::{DOWN, UP};
use serde_json::Value;
use std::borrow::Cow;

/// What stands in the place of a secret.
pub const MASK: &str = "***";
/// How deep JSON is looked for within texts of JSON.
const TEXT_DEPTH: usize = 3;

/// The frame with its secrets masked. A frame that may hold a secret but is no JSON is left out as a whole.
pub fn mask(frame: &str) -> Cow<'_, str> {
    if !may_hold_secret(frame.as_bytes()) {
        return Cow::Borrowed(frame);
    }
    let Ok(mut value) = serde_json::from_str::<Value>(frame) else {
        return Cow::Borrowed("\"a frame that is no JSON and may hold a secret\"");
    };
    let before = value.clone();
    walk(&mut value, TEXT_DEPTH);
    if value == before { Cow::Borrowed(frame) } else { Cow::Owned(value.to_string()) }
}

/// One look at every byte, which is all that most frames cost: without one of these words there is no secret.
fn may_hold_secret(frame: &[u8]) -> bool {
    frame.iter().enumerate().any(|(at, byte)| {
        let words: &[&str] = match byte {
            b'@' => return true,
            b'-' => &["-signed\""],
            b'A' | b'a' => &["authorizationkey"],
            b'C' | b'c' => &["customeridentifier"],
            b'D' | b'd' => &["directpayment"],
            b'F' | b'f' => &["files/up/", "files/down/"],
            b'K' | b'k' => &["keycode"],
            b'N' | b'n' => &["notifycustomerinformation"],
            b'P' | b'p' => &["password"],
            b'S' | b's' => &["secret", "simpin"],
            b'V' | b'v' => &["vpn\""],
            _ => return false,
        };
        words.iter().any(|word| {
            frame.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
        })
    })
}

/// Masks the secrets within a payload that is kept for longer than the journal.
pub fn mask_value(value: &mut Value) {
    walk(value, TEXT_DEPTH);
}

fn walk(value: &mut Value, depth: usize) {
    match value {
        Value::Array(items) => {
            let is_signed =
                items.get(2).and_then(Value::as_str).is_some_and(|action| action.ends_with("-Signed"));
            // What a station knows of a customer is shown to whoever has asked for it, and to nobody else.
            let is_personal = items.get(2).is_some_and(|action| action == "NotifyCustomerInformation");
            if let Some(Value::Object(envelope)) = items.get_mut(3) {
                if is_signed {
                    hide(envelope.get_mut("payload"));
                }
                if is_personal {
                    hide(envelope.get_mut("data"));
                }
            }
            items.iter_mut().for_each(|item| walk(item, depth));
        }
        Value::Object(fields) => {
            object(fields);
            fields.values_mut().for_each(|field| walk(field, depth));
        }
        Value::String(text) => within(text, depth),
        _ => {}
    }
}

fn object(fields: &mut serde_json::Map<String, Value>) {
    // A token: KeyCode is what a driver typed in; a direct payment carries what is known of the card.
    match fields.get("type").and_then(Value::as_str) {
        Some("KeyCode") => hide(fields.get_mut("idToken")),
        Some("DirectPayment") => {
            for info in fields.get_mut("additionalInfo").and_then(Value::as_array_mut).into_iter().flatten() {
                hide(info.get_mut("additionalIdToken"));
            }
        }
        _ => {}
    }
    // The same in a command of ours.
    if fields.get("kind").and_then(Value::as_str) == Some("KeyCode") {
        hide(fields.get_mut("uid"));
    }
    // A named setting: 1.6 {key, value}; 2.x {variable: {name}, attributeValue, …}.
    let named = |name: Option<&Value>| name.and_then(Value::as_str).is_some_and(is_secret);
    if named(fields.get("key")) {
        hide(fields.get_mut("value"));
    }
    if named(fields.get("variable").and_then(|variable| variable.get("name"))) {
        for field in ["attributeValue", "actualValue"] {
            hide(fields.get_mut(field));
        }
        for attribute in
            fields.get_mut("variableAttribute").and_then(Value::as_array_mut).into_iter().flatten()
        {
            hide(attribute.get_mut("value"));
        }
    }
    // A virtual private network: its key is a pre-shared secret.
    if let Some(vpn) = fields.get_mut("vpn") {
        hide(vpn.get_mut("key"));
    }
    for (name, field) in fields.iter_mut() {
        if is_secret(name) {
            hide(Some(field));
        }
    }
}

/// Whether a setting, variable or field of this name holds a secret, in whatever spelling.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("password")
        || name.ends_with("secret")
        || matches!(name.as_str(), "authorizationkey" | "simpin" | "customeridentifier")
}

fn hide(field: Option<&mut Value>) {
    match field {
        Some(Value::Array(_) | Value::Object(_) | Value::Null) | None => {}
        Some(field) => *field = MASK.into(),
    }
}

/// Within a text: JSON as text (DataTransfer), or user and password in a URL, or the secret of one of ours.
fn within(text: &mut String, depth: usize) {
    if depth > 0 && text.trim_start().starts_with(['{', '[']) {
        let Ok(mut inner) = serde_json::from_str::<Value>(text) else { return };
        let before = inner.clone();
        walk(&mut inner, depth - 1);
        if inner != before {
            *text = inner.to_string();
        }
        return;
    }
    let Some(start) = text.find("://").map(|at| at + 3) else { return };
    let host_end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    // The secret of an address of our files; from the end, so that what is before it stays where it is.
    for path in [UP, DOWN] {
        let Some(at) = text[host_end..].find(path).map(|at| host_end + at + path.len()) else { continue };
        let end = text[at..].find(['/', '?', '#']).map_or(text.len(), |end| at + end);
        text.replace_range(at..end, MASK);
    }
    if let Some(at) = text[start..host_end].rfind('@') {
        text.replace_range(start..start + at, MASK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each frame holds the word `hush` and must not hold it afterwards; what is kept must be kept.
    #[test]
    fn secrets_do_not_reach_the_journal() {
        for (frame, kept) in [
            (r#"[2,"1","Authorize",{"idToken":{"idToken":"hush","type":"KeyCode"}}]"#, "KeyCode"),
            (
                r#"[3,"1",{"idTokenInfo":{"status":"Accepted","groupIdToken":{"idToken":"hush","type":"KeyCode"}}}]"#,
                "Accepted",
            ),
            (
                r#"[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush"}]"#,
                "ChangeConfiguration",
            ),
            (
                r#"[3,"1",{"configurationKey":[{"key":"authorizationKey","readonly":false,"value":"hush"},{"key":"A","value":"b"}]}]"#,
                r#""b""#,
            ),
            (
                r#"[2,"1","SetVariables",{"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"hush"}]}]"#,
                "SecurityCtrlr",
            ),
            (
                r#"[2,"1","NotifyReport",{"reportData":[{"component":{"name":"WebPaymentsCtrlr"},"variable":{"name":"SharedSecret"},"variableAttribute":[{"type":"Actual","value":"hush"}]}]}]"#,
                "Actual",
            ),
            (
                r#"[2,"1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"hush","vpn":{"server":"s","user":"u","password":"hush","key":"hush"},"apn":{"apn":"a","apnPassword":"hush","simPin":4321}}}]"#,
                r#""server":"s""#,
            ),
            (
                r#"[2,"1","GetLog",{"log":{"remoteLocation":"ftp://user:hush@logs.example/up?a=b@c"}}]"#,
                "@logs.example/up?a=b@c",
            ),
            (
                r#"[2,"1","GetDiagnostics",{"location":"http://csms.example/files/up/hush/"}]"#,
                "csms.example/files/up/***/",
            ),
            (
                r#"[2,"1","UpdateFirmware",{"firmware":{"location":"https://u:hush@x/y/files/down/hush/fw.bin"}}]"#,
                "@x/y/files/down/***/fw.bin",
            ),
            (
                r#"[2,"1","DataTransfer",{"vendorId":"x","data":"{\"idToken\":{\"idToken\":\"hush\",\"type\":\"KeyCode\"}}"}]"#,
                "vendorId",
            ),
            (
                r#"[2,"1","TransactionEvent",{"idToken":{"idToken":"psp-1","type":"DirectPayment","additionalInfo":[{"additionalIdToken":"hush","type":"CardLast4Digits"}]}}]"#,
                "psp-1",
            ),
            (
                r#"[2,"1","CustomerInformation",{"requestId":1,"report":true,"clear":false,"customerIdentifier":"hush"}]"#,
                "report",
            ),
            (
                r#"[2,"1","NotifyCustomerInformation",{"data":"name: hush","seqNo":0,"requestId":1}]"#,
                "requestId",
            ),
            (r#"[2,"1","Authorize-Signed",{"payload":"hush","signature":"abc"}]"#, "abc"),
            (r#"{"password": "hush", broken"#, "may hold a secret"),
        ] {
            let masked = mask(frame);
            assert!(!masked.contains("hush") && !masked.contains("4321"), "{masked}");
            assert!(masked.contains(kept), "{kept} in {masked}");
            assert!(serde_json::from_str::<Value>(&masked).is_ok(), "{masked}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        for frame in [
            r#"[2,"1","Heartbeat",{}]"#,
            r#"[2, "1", "Authorize", {"idToken": {"idToken": "04A2", "type": "ISO14443"}}]"#,
            r#"[2, "1", "StatusNotification", {"info": "mail to ops@example.com"}]"#,
            "no JSON at all",
        ] {
            assert!(matches!(mask(frame), Cow::Borrowed(same) if same == frame), "{frame}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_masked(text in "\\PC{0,60}(password|://)?\\PC{0,20}@?\\PC{0,20}") {
            let _ = mask(&text);
            let frame = Value::from(vec![Value::from(2), Value::from("1"), Value::from(text)]).to_string();
            prop_assert!(serde_json::from_str::<Value>(&mask(&frame)).is_ok());
        }
    }
}
