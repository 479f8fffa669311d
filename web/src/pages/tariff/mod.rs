//! One tariff: what a version of it says, its history, and where it counts.

mod content;
mod files;
mod history;

use super::{ROWS, encoded, next_link, station_href, tariff_href};
use crate::{
    WebState,
    front::Fail,
    i18n::Lang,
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
    sites::SiteRow,
    tariffs::{self as rows, TariffRow},
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

/// What the database holds of it.
struct Found {
    row: TariffRow,
    /// The active version and the next one.
    around: Vec<VersionRow>,
    chosen: VersionRow,
    history: history::Found,
    placed: Vec<PlacedRow>,
    sites: Vec<SiteRow>,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let (now, lang) = (visit.shell.now, visit.shell.lang);
    let mut tx = state.app.db.read().await?;
    let found = find(&mut tx, &id, &wanted, now).await?;
    drop(tx);
    // The words of a tariff with very many prices take their time, in which others are to be served.
    let page = tokio::task::spawn_blocking(move || page(found, &wanted, now, lang));
    visit.show(&page.await.map_err(|_| Fail::Busy)?)
}

async fn find(tx: &mut Tx, id: &str, wanted: &Wanted, now: DateTime<Utc>) -> Result<Found, Fail> {
    let row = rows::find(tx, id).await?.ok_or(Fail::NotFound)?;
    let around = offers::around(tx, id, id, now).await?;
    Ok(Found {
        row,
        chosen: chosen(tx, id, &wanted.version, &around).await?,
        around,
        history: history::find(tx, id, &wanted.before).await?,
        placed: offers::placed(tx, id, now, wanted.after.parse().ok(), ROWS + 1).await?,
        sites: offers::sites(tx, id, now).await?,
    })
}

fn page(found: Found, wanted: &Wanted, now: DateTime<Utc>, lang: Lang) -> TariffPage {
    let Found { row, around, chosen, history, mut placed, sites } = found;
    let href = tariff_href(&row.id);
    let more = placed.len() > ROWS as usize;
    placed.truncate(ROWS as usize);
    let last = placed.last().filter(|_| more).map(|one| one.assignment.id.to_string());
    let active = around.iter().find(|one| one.active_from <= now).map(|one| one.version);
    let next = around.iter().find(|one| one.active_from > now);
    let tariff = Tariff::from_json(&chosen.body)
        .inspect_err(|error| {
            let (tariff, version) = (&row.id, chosen.version);
            tracing::error!(tariff, version, %error, "a stored tariff cannot be read");
        })
        .ok();
    let asked = content::Asked {
        href: &href,
        version: (active != Some(chosen.version)).then_some(chosen.version),
        next,
        week: &wanted.week,
        site: &wanted.site,
        sites: &sites,
        now,
        lang,
    };
    let history = history::page(&history, &href, active, now, lang);
    TariffPage {
        active,
        next: next.map(|one| NextVersion { version: one.version, at: one.active_from }),
        shown: ShownVersion { version: chosen.version, state: history::state(&chosen, active, now) },
        content: tariff.as_ref().map(|tariff| content::of(tariff, &chosen, &asked)),
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
        // The row has the name of the version published last.
        name: tariff.map_or(row.name, |tariff| tariff.name),
        id: row.id,
        href,
        currency: row.currency,
        kind: row.kind,
    }
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
