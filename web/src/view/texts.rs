//! Texts for displays.

use super::Page;
use serde::Serialize;

/// The texts there are, and a form for one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TextsPage {
    pub rows: Vec<TextLine>,
    /// Words of the texts' family `text_state`.
    pub states: Vec<&'static str>,
    pub priorities: [&'static str; 3],
    /// As it was sent.
    pub form: TextForm,
    /// How it would look, where it could not be kept.
    pub error: Option<String>,
    /// Sites to choose from: number and name.
    pub sites: Vec<(String, String)>,
}

/// What was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TextForm {
    pub name: String,
    pub state: String,
    pub language: String,
    pub body: String,
    pub priority: String,
    pub station: String,
    pub site: String,
}

/// A text.
#[derive(Debug, Clone, Serialize)]
pub struct TextLine {
    pub name: String,
    pub state: String,
    pub language: String,
    pub priority: String,
    pub place: String,
    pub body: String,
    /// With samples for what stands in braces.
    pub preview: String,
}

impl Page for TextsPage {
    const TEMPLATE: &'static str = "texts.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = |name: &str, body: &str| TextLine {
            name: name.into(),
            state: "idle".into(),
            language: "en".into(),
            priority: "NormalCycle".into(),
            place: "Harbour".into(),
            body: body.into(),
            preview: body.replace("{price}", "0.49 EUR/kWh"),
        };
        let base = TextsPage {
            states: vec!["idle", "charging", "faulted", "unavailable"],
            priorities: ["NormalCycle", "InFront", "AlwaysFront"],
            sites: vec![("7".into(), "Harbour".into())],
            ..TextsPage::default()
        };
        vec![
            base.clone(),
            TextsPage {
                rows: vec![line("welcome-en", "Welcome. {price}"), line("odd", "<b>{price}</b>")],
                error: Some("body: 1 to 512 characters".into()),
                ..base
            },
        ]
    }
}
