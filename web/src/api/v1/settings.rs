//! The settings in force. They are changed in the file, and count from the next start.

use super::{
    input::Asked,
    op::Op,
    page::{self, Page},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use csms::{
    api_key::Scope,
    config::shown::{Setting as Shown, in_force},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The operations' area.
pub const TAG: &str = "Installation";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/settings", "listSettings", Scope::Admin, list)
            .says(TAG, "The settings in force, secrets masked; docs/operations.md says where they come from")
            .query::<Wanted>()
            .answers::<Page<Setting>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettingFilter")]
struct Wanted {
    /// A key (`ocpp.listen`) or a section (`ocpp`).
    section: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A setting in force.
#[derive(Debug, Serialize, JsonSchema)]
struct Setting {
    name: String,
    /// What it does.
    about: String,
    value: Value,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Setting>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let within = |name: &str| match wanted.section.as_deref() {
        None => true,
        Some(section) => {
            name.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
    };
    let mut found = in_force(&state.app.config, false);
    found.retain(|setting| within(setting.name));
    if let Some(cursor) = wanted.cursor.as_deref() {
        let seen = found.iter().position(|setting| setting.name == cursor);
        let seen = seen.ok_or_else(page::lost)?;
        found.drain(..=seen);
    }
    let view = |setting: Shown| Setting {
        name: setting.name.to_owned(),
        about: setting.about.to_owned(),
        value: setting.value,
    };
    Ok(Json(Page::new(found, limit, |setting| setting.name.to_owned(), view)))
}
