//! One tariff: what a version of it says, its history, and where it counts.

mod content;
mod files;
mod history;

use super::{ROWS, encoded, next_link, station_href, tariff_href};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{AssignmentLine, NextVersion, Pager, PlaceView, ShownVersion, TariffPage},
};
use ::tariffs::Tariff;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use chrono::{DateTime, Utc};
use csms::store::{
    Tx,
    offers::{self, PlacedRow},
    tariffs as rows,
    versions::{self, VersionRow},
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/tariffs/{id}", get(show)).merge(files::routes())
}

/// What the address may say beside the tariff's id.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// A number; else the version that is active, or the first that will be.
    version: String,
    /// A day of the week to be shown.
    week: String,
    /// The site whose time counts.
    site: String,
    /// Where the history goes on.
    before: String,
    /// Where the assignments go on.
    after: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let mut tx = state.app.db.read().await?;
    let row = rows::find(&mut tx, &id).await?.ok_or(Fail::NotFound)?;
    let around = offers::around(&mut tx, &id, &id, now).await?;
    let chosen = chosen(&mut tx, &id, &wanted.version, &around).await?;
    let history = history::page(&mut tx, &id, &wanted.before, now, visit.shell.lang).await?;
    let mut placed = offers::placed(&mut tx, &id, now, wanted.after.parse().ok(), ROWS + 1).await?;
    let sites = offers::sites(&mut tx, &id, now).await?;
    drop(tx);

    let href = tariff_href(&id);
    let more = placed.len() > ROWS as usize;
    placed.truncate(ROWS as usize);
    let last = placed.last().filter(|_| more).map(|one| one.assignment.id.to_string());
    let active = around.iter().find(|one| one.active_from <= now);
    let next = around.iter().find(|one| one.active_from > now);
    let mut name = row.name;
    let content = match Tariff::from_json(&chosen.body) {
        Ok(tariff) => {
            name.clone_from(&tariff.name);
            let chosen_by_hand = active.is_none_or(|active| active.version != chosen.version);
            let asked = content::Asked {
                href: &href,
                version: chosen_by_hand.then_some(chosen.version),
                week: &wanted.week,
                site: &wanted.site,
                sites: &sites,
                now,
                lang: visit.shell.lang,
            };
            Some(content::of(&tariff, &chosen, &asked))
        }
        Err(error) => {
            tracing::error!(tariff = id, version = chosen.version, %error, "a stored tariff cannot be read");
            None
        }
    };
    visit.show(&TariffPage {
        active: active.map(|one| one.version),
        next: next.map(|one| NextVersion { version: one.version, at: one.active_from }),
        shown: ShownVersion {
            version: chosen.version,
            state: history::state(&chosen, active.map(|one| one.version), now),
        },
        content,
        versions: history.lines,
        versions_pager: Pager {
            first: (!wanted.before.is_empty()).then(|| format!("{href}#versions")),
            next: history.next.map(|key| format!("{}#versions", next_link(&href, &[], ("before", &key)))),
        },
        assignments: placed.iter().map(|one| assignment(one, now)).collect(),
        assignments_pager: Pager {
            first: (!wanted.after.is_empty()).then(|| format!("{href}#assignments")),
            next: last.map(|key| format!("{}#assignments", next_link(&href, &[], ("after", &key)))),
        },
        id: row.id,
        href,
        name,
        currency: row.currency,
        kind: row.kind,
    })
}

/// The version that is asked for: by its number, or the active one, or the first that will be, or the newest.
async fn chosen(tx: &mut Tx, id: &str, number: &str, around: &[VersionRow]) -> Result<VersionRow, Fail> {
    if !number.is_empty() {
        let number = number.parse().map_err(|_| Fail::NotFound)?;
        return versions::find(tx, id, number).await?.ok_or(Fail::NotFound);
    }
    match around.first() {
        Some(first) => Ok(first.clone()),
        // All have been withdrawn.
        None => versions::list(tx, id, None, 1).await?.pop().ok_or(Fail::NotFound),
    }
}

fn assignment(row: &PlacedRow, now: DateTime<Utc>) -> AssignmentLine {
    let told = &row.assignment;
    AssignmentLine {
        id: told.id,
        place: PlaceView { from: None, ..place(row, now) },
        priority: told.priority,
        from: told.valid_from,
        to: told.valid_to,
        counts: told.valid_from.is_none_or(|from| from <= now),
    }
}

/// Where, and for whom.
pub(super) fn place(row: &PlacedRow, now: DateTime<Utc>) -> PlaceView {
    let told = &row.assignment;
    let token = rows::shown(told.token_uid.as_deref(), &told.token_kind).unwrap_or_default();
    PlaceView {
        site: row.site_name.clone().unwrap_or_default(),
        station: told.station_id.clone().unwrap_or_default(),
        station_href: told.station_id.as_deref().map(station_href).unwrap_or_default(),
        evse: told.evse,
        group: told.group_uid.clone().unwrap_or_default(),
        token: token.to_owned(),
        from: told.valid_from.filter(|from| *from > now),
    }
}

/// The address of the page for a version (`None`: the one that is active), a site and a day.
fn page_href(href: &str, version: Option<i64>, site: &str, day: &str) -> String {
    let version = version.map(|version| version.to_string()).unwrap_or_default();
    let query = [("version", version.as_str()), ("site", site), ("week", day)];
    let pairs: Vec<String> = query
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if pairs.is_empty() { href.to_owned() } else { format!("{href}?{}", pairs.join("&")) }
}
