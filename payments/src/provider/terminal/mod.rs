//! Card terminals that stations bring along and settle themselves (OCPP 2.1, C18 to C22): the station tells what was
//! taken, and nobody here can ask the terminal's own provider for anything. Its statements can be read like others'.

use super::{
    Abilities, Answer, Call, Notice, NoticeFault, Provider, Refusal, RefusalKind, Response, Step, setup::Read,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Nothing has to be set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who runs the terminals' payments, for people: a name, a phone number.
    pub operator: String,
}

/// One contract for terminals.
#[derive(Debug)]
pub struct Terminals {
    operator: String,
    abilities: Abilities,
}

/// The account of these settings.
///
/// # Errors
/// None; the signature is that of all providers.
pub fn build(settings: &Settings, _read: Read<'_>) -> Result<Terminals, String> {
    Ok(Terminals { operator: settings.operator.clone(), abilities: Abilities::default() })
}

impl Provider for Terminals {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, _now: DateTime<Utc>) -> Result<Step, Refusal> {
        let whom = if self.operator.is_empty() { "its provider" } else { &self.operator };
        let text = format!("the terminal is not reached from here: give it back at {whom}");
        Err(Refusal::new(RefusalKind::Unsupported, call.name(), &text))
    }

    fn answer(&self, call: &Call<'_>, _response: &Response, _now: DateTime<Utc>) -> Answer {
        Answer::Unknown(format!("{} is not asked for at terminals", call.name()))
    }

    fn notice(&self, _call: &Response, _now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        Err(NoticeFault::Forged("terminals send nothing here: stations tell what they took".to_owned()))
    }

    fn acknowledgement(&self, took: bool) -> Response {
        Response::text(if took { 200 } else { 404 }, "text/plain", "")
    }
}
