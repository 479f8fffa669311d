//! The list of sessions.

use super::{ROWS, rows, turn};
use crate::{WebState, front::Fail, login::Visit, view::SessionsPage};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use csms::store::console;
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/sessions", get(list))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let filter = SessionsPage::FILTERS.into_iter().find(|filter| *filter == wanted.filter).unwrap_or("all");
    let only = Some(filter).filter(|filter| *filter != "all");
    let before = wanted.before.parse().ok();
    let mut tx = state.app.db.read().await?;
    let mut found = console::sessions(&mut tx, &wanted.q, only, before, ROWS + 1).await?;
    drop(tx);
    let query = [("q", wanted.q.as_str()), ("filter", wanted.filter.as_str())];
    visit.show(&SessionsPage {
        pager: turn(&mut found, "/sessions", &query, ("before", before.is_some()), |row| row.id.to_string()),
        rows: found.into_iter().map(|row| rows::session_line(row, now)).collect(),
        query: wanted.q,
        filter: filter.to_owned(),
        filters: SessionsPage::FILTERS,
    })
}
