//! The list of events.

use super::{ROWS, rows, turn};
use crate::{WebState, front::Fail, login::Visit, view::EventsPage};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use csms::store::events;
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/events", get(list))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    station: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = events::Filter { station: some(&wanted.station), session: None, kind: some(&wanted.kind) };
    let mut tx = state.app.db.read().await?;
    let mut found = events::list(&mut tx, &filter, before, ROWS + 1).await?;
    drop(tx);
    let query = [("station", wanted.station.as_str()), ("kind", wanted.kind.as_str())];
    visit.show(&EventsPage {
        pager: turn(&mut found, "/events", &query, ("before", before.is_some()), |row| row.id.to_string()),
        rows: found.into_iter().map(rows::event_line).collect(),
        station: wanted.station,
        kind: wanted.kind,
    })
}
