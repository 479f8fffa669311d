//! The payment code on a station's display: what stands there, and whether it is wanted.

use super::{encoded, record};
use crate::{
    WebState,
    front::Fail,
    login::Signed,
    view::{DisplayBox, DisplayLine},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    display::{self, Displays},
    link::display::Ability,
    store::{Tx, displays},
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/stations/{id}/display", post(choose))
}

/// What stands on the displays of a station.
pub async fn shown(state: &WebState, tx: &mut Tx, station: &str) -> Result<DisplayBox, Fail> {
    let known = displays::find(tx, station).await?.unwrap_or_default();
    let ability: Option<Ability> = serde_json::from_str(&known.ability).ok();
    let rows = displays::messages(tx, station).await?;
    Ok(DisplayBox {
        nowhere: !Displays::can_be(&state.app),
        on: Displays::is_on(&state.app, &known.wanted),
        format: ability.and_then(|known| known.formats.first().cloned()).unwrap_or_default(),
        wanted: known.wanted,
        state: known.state,
        detail: known.detail,
        lines: rows
            .into_iter()
            .map(|row| DisplayLine {
                evse: row.evse,
                until: row.until.filter(|_| !row.stands.is_empty()),
                stands: if row.stands.is_empty() { "nothing".to_owned() } else { row.stands },
                asked: row.asked,
                asked_at: row.asked_at,
                answer: row.answer,
                again_at: row.next_at,
            })
            .collect(),
    })
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    wanted: String,
}

async fn choose(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Choice>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let wanted = match signed.form.wanted.as_str() {
        "on" => "on",
        "off" => "off",
        _ => "",
    };
    let mut tx = state.app.db.write().await?;
    match displays::choose(&mut tx, &id, wanted, visit.shell.now).await {
        Err(error) if error.is_reference() => return Err(Fail::NotFound),
        other => other?,
    }
    record(&state, &mut tx, visit.shell.now, &id, "station.display", &visit.account.name).await?;
    tx.commit().await?;
    // After the commit: the round reads what is wanted.
    display::chosen(&state.app, &id.as_str().into(), wanted);
    Ok(Redirect::to(&format!("/stations/{}?done=display-kept#display", encoded(&id))).into_response())
}
