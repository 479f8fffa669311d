//! What a station has reported of itself, and how another one differs.

use super::{encoded, station_href};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{DifferenceLine, VariableLine, VariablesPage},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use csms::{
    inventory::{self, Inventory},
    store::{stations, variables::VariableRow},
};
use serde::Deserialize;

/// Lines of a page; what is left over is found by the filter.
const LINES: usize = 500;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/stations/{id}/variables", get(show))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    /// Another station.
    #[serde(default)]
    with: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let other = wanted.with.trim();
    let mut tx = state.app.db.read().await?;
    if stations::find(&mut tx, &id).await?.is_none() {
        return Err(Fail::NotFound);
    }
    let here = inventory::of(&mut tx, &id).await?;
    let unknown = !other.is_empty() && stations::find(&mut tx, other).await?.is_none();
    let there = match other.is_empty() || unknown {
        true => None,
        false => Some(inventory::of(&mut tx, other).await?),
    };
    drop(tx);
    let wanted_text = wanted.q.trim().to_lowercase();
    let mut page = VariablesPage {
        station: id.clone(),
        href: station_href(&id),
        q: wanted.q.clone(),
        with: other.to_owned(),
        unknown,
        reported: here.rows.iter().map(|row| row.reported_at).max(),
        cut: here.cut || there.as_ref().is_some_and(|there| there.cut),
        ask: format!("{}/ask/inventory", station_href(&id)),
        export: format!("/api/v1/stations/{}/variables", encoded(&id)),
        ..VariablesPage::default()
    };
    match there {
        Some(there) => compare(&mut page, &here, &there, &wanted_text),
        None => list(&mut page, here.rows, &wanted_text),
    }
    visit.show(&page)
}

fn list(page: &mut VariablesPage, rows: Vec<VariableRow>, wanted: &str) {
    let line = |row: VariableRow| {
        let key = inventory::key(&row);
        VariableLine {
            place: key.place(),
            variable: key.variable(),
            value: row.value,
            mutability: row.mutability,
            at: row.reported_at,
        }
    };
    let mut lines: Vec<VariableLine> = rows
        .into_iter()
        .map(line)
        .filter(|line| {
            fits(wanted, &[&line.place, &line.variable, line.value.as_deref().unwrap_or_default()])
        })
        .collect();
    page.found = lines.len();
    lines.truncate(LINES);
    page.rows = lines;
}

fn compare(page: &mut VariablesPage, here: &Inventory, there: &Inventory, wanted: &str) {
    let mut lines: Vec<DifferenceLine> = inventory::differences(&here.rows, &there.rows)
        .into_iter()
        .map(|one| DifferenceLine {
            place: one.key.place(),
            variable: one.key.variable(),
            here: one.here.map(Option::unwrap_or_default),
            there: one.there.map(Option::unwrap_or_default),
        })
        .filter(|line| fits(wanted, &[&line.place, &line.variable]))
        .collect();
    page.found = lines.len();
    lines.truncate(LINES);
    page.differences = Some(lines);
}

fn fits(wanted: &str, texts: &[&str]) -> bool {
    wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(wanted))
}
