//! A person at the keyboard as the operator.

use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;

use super::hook::{HookError, Operator, Told, Wish};

/// Prints what to do and waits for Enter.
#[derive(Debug, Clone, Default)]
pub struct Keyboard {
    /// One question at a time.
    asking: Arc<Mutex<()>>,
}

impl Operator for Keyboard {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<Told, HookError>> {
        let (text, asking) = (sentence(wish), self.asking.clone());
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || {
                let _turn = asking.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                question(&text, &mut std::io::stdin().lock(), &mut std::io::stderr().lock())
            });
            asked.await.map_err(|error| HookError::Failed(error.to_string()))?
        })
    }

    fn is_person(&self) -> bool {
        true
    }
}

/// What a person is to do.
pub fn sentence(wish: &Wish) -> String {
    match wish {
        Wish::Call { station, version, action, payload, .. } => {
            let payload = serde_json::to_string_pretty(payload).unwrap_or_default();
            format!("Make the CSMS send {action} to {station} ({version}) with\n{payload}")
        }
        Wish::Station { station, password, registration } => {
            let registration = format!("{registration:?}");
            format!(
                "Let station {station} connect with the password {password}; the next BootNotification is to be answered {registration}."
            )
        }
        Wish::Token { token, token_type, state, group, balance, language } => {
            let mut text = format!("Make the token {token} (type {token_type}) {state:?}");
            let more = [("in group", group), ("prepaid, with a balance of", balance), ("language", language)];
            for (words, value) in more {
                if let Some(value) = value {
                    text += &format!(", {words} {value}");
                }
            }
            text + "."
        }
        Wish::Tariff { token, tariff, .. } => {
            let whom = token.as_ref().map_or_else(|| "all".to_owned(), |token| format!("token {token}"));
            let tariff = serde_json::to_string_pretty(tariff).unwrap_or_default();
            format!("Make this the price for {whom}:\n{tariff}")
        }
        Wish::Other { station, what, facts, .. } => {
            let facts = if facts.is_null() { String::new() } else { format!("\n{facts}") };
            format!("Station {station}: {what}{facts}")
        }
    }
}

fn question(text: &str, answer: &mut impl BufRead, screen: &mut impl Write) -> Result<Told, HookError> {
    let failed = |error: std::io::Error| HookError::Failed(error.to_string());
    writeln!(screen, "\n{text}\n[Enter] done   [s] skip   [n] the CSMS does not have this")
        .map_err(failed)?;
    let mut line = String::new();
    if answer.read_line(&mut line).map_err(failed)? == 0 {
        return Err(HookError::Unable("standard input has ended".to_owned()));
    }
    match line.trim() {
        "s" => Err(HookError::Unable("skipped".to_owned())),
        "n" => Err(HookError::NotOffered("by the operator's word".to_owned())),
        _ => Ok(Told::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_may_do_it_or_skip_it() {
        let wish = Wish::Call {
            station: "CS-1".into(),
            version: "ocpp1.6".into(),
            action: "Reset".into(),
            payload: json!({"type": "Hard"}),
            free: Vec::new(),
        };
        let mut screen = Vec::new();
        let text = sentence(&wish);
        assert_eq!(question(&text, &mut &b"\n"[..], &mut screen), Ok(Told::default()));
        assert!(matches!(question(&text, &mut &b"s\n"[..], &mut screen), Err(HookError::Unable(_))));
        assert!(matches!(question(&text, &mut &b"n\n"[..], &mut screen), Err(HookError::NotOffered(_))));
        assert!(matches!(question(&text, &mut &b""[..], &mut screen), Err(HookError::Unable(_))));
        let shown = String::from_utf8_lossy(&screen);
        assert!(shown.contains("send Reset to CS-1") && shown.contains(r#""type": "Hard""#), "{shown}");
    }
}
