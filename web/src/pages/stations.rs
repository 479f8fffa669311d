//! The list of stations, and adding one.

use super::{ROWS, next_link, point_box, record, rows, station_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{NewStationPage, Pager, SecretPage, StationLine, StationsPage, Summary},
};
use axum::{
    Router,
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
    routing::get,
};
use csms::{
    link::auth::Vault,
    store::{
        Tx,
        console::{self, Only},
        query::PAGE_MAX,
        row::StationRow,
        sessions, sites, stations,
    },
};
use serde::Deserialize;
use std::collections::HashMap;

/// Pages of rows looked at for stations that are online (or not), which only memory knows.
const SCANS_MAX: usize = 200;
/// Rows of such a page.
const SCAN_ROWS: i64 = 200;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/stations", get(list)).route("/add-station", get(new).post(add))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    after: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let filter = StationsPage::FILTERS.into_iter().find(|filter| *filter == wanted.filter).unwrap_or("all");
    let mut tx = state.app.db.read().await?;
    let totals = console::summary(&mut tx).await?;
    let mut found = find(&state, &mut tx, &wanted, filter, now).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let lines = lines(&state, &mut tx, found, now).await?;
    let query = [("q", wanted.q.as_str()), ("filter", wanted.filter.as_str())];
    let last = lines.last().map(|line| line.id.as_str()).unwrap_or_default();
    visit.show(&StationsPage {
        summary: Summary {
            stations: totals.stations,
            online: i64::try_from(state.app.hub.count()).unwrap_or(i64::MAX),
            charging: totals.sessions,
            power_w: totals.power_w,
        },
        pager: Pager {
            first: (!wanted.after.is_empty()).then(|| next_link("/stations", &query, ("after", ""))),
            next: more.then(|| next_link("/stations", &query, ("after", last))),
        },
        rows: lines,
        query: wanted.q,
        filter: filter.to_owned(),
        filters: StationsPage::FILTERS,
    })
}

/// A page of stations and one more, if there is one.
async fn find(
    state: &WebState,
    tx: &mut Tx,
    wanted: &Wanted,
    filter: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<StationRow>, Fail> {
    let after = Some(wanted.after.as_str()).filter(|after| !after.is_empty());
    let only = match filter {
        "charging" => Only::Charging,
        "faulted" => Only::Faulted,
        "quarantined" => Only::Quarantined(now),
        "online" | "offline" => return find_by_link(state, tx, wanted, filter, now).await,
        _ => Only::All,
    };
    Ok(console::stations(tx, &wanted.q, only, after, ROWS + 1).await?)
}

/// Whether a station is online is known in memory alone, so rows are read until enough of them fit.
async fn find_by_link(
    state: &WebState,
    tx: &mut Tx,
    wanted: &Wanted,
    filter: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<StationRow>, Fail> {
    let mut after = Some(wanted.after.clone()).filter(|after| !after.is_empty());
    let mut found = Vec::new();
    for _ in 0..SCANS_MAX {
        let page = console::stations(tx, &wanted.q, Only::All, after.as_deref(), SCAN_ROWS).await?;
        let is_last = page.len() < SCAN_ROWS as usize;
        after = page.last().map(|row| row.id.clone());
        found.extend(page.into_iter().filter(|row| rows::link_state(state, row, now) == filter));
        if is_last || found.len() > ROWS as usize {
            break;
        }
    }
    Ok(found)
}

/// Adds connectors, sessions and sites to a page of stations.
async fn lines(
    state: &WebState,
    tx: &mut Tx,
    found: Vec<StationRow>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<StationLine>, Fail> {
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(Vec::new()) };
    let connectors = stations::connectors_between(tx, &first.id, &last.id).await?;
    let mut open = HashMap::<String, Vec<_>>::new();
    for row in sessions::open_between(tx, &first.id, &last.id).await? {
        open.entry(row.station_id.clone()).or_default().push(rows::live_session(row, now));
    }
    let sites: HashMap<i64, String> =
        sites::list(tx, "", None, PAGE_MAX).await?.into_iter().map(|site| (site.id, site.name)).collect();
    Ok(found
        .into_iter()
        .map(|row| {
            let own: Vec<_> = connectors.iter().filter(|c| c.station_id == row.id).collect();
            StationLine {
                href: station_href(&row.id),
                link: rows::link_state(state, &row, now),
                chips: rows::chips(&own),
                sessions: open.remove(&row.id).unwrap_or_default(),
                site: row.site_id.and_then(|site| sites.get(&site).cloned()).unwrap_or_default(),
                seen_at: row.seen_at,
                id: row.id,
                name: row.name,
                protocol: row.protocol,
                vendor: row.vendor,
                model: row.model,
            }
        })
        .collect())
}

async fn new(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    visit.operator()?;
    visit.show(&NewStationPage { sites: site_choices(&state).await?, ..NewStationPage::default() })
}

async fn site_choices(state: &WebState) -> Result<Vec<[String; 2]>, Fail> {
    let sites = sites::list(&mut state.app.db.read().await?, "", None, PAGE_MAX).await?;
    Ok(sites.into_iter().map(|site| [site.id.to_string(), site.name]).collect())
}

#[derive(Deserialize)]
struct NewStation {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    password: String,
}

async fn add(
    State(state): State<WebState>,
    headers: HeaderMap,
    signed: Signed<NewStation>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let id = form.id.trim().to_owned();
    let refuse = async |error: &str| {
        visit.show(&NewStationPage {
            id: form.id.clone(),
            name: form.name.clone(),
            sites: site_choices(&state).await?,
            site: form.site.clone(),
            password: form.password.clone(),
            error: Some(error.to_owned()),
        })
    };
    if !is_identity(&id) {
        return refuse("station-id-invalid").await;
    }
    let site_id = match form.site.as_str() {
        "" => None,
        site => match site.parse() {
            Ok(site) => Some(site),
            Err(_) => return refuse("site-unknown").await,
        },
    };
    let (secret, kept) = make_secret(&state, &form.password)?;
    let now = visit.shell.now;
    let row = StationRow {
        id: id.clone(),
        name: form.name.trim().chars().take(100).collect(),
        site_id,
        secret: kept,
        created_at: now,
        ..StationRow::default()
    };
    let mut tx = state.app.db.write().await?;
    match stations::create(&mut tx, &row).await {
        Ok(()) => {}
        Err(error) if error.is_duplicate() => {
            drop(tx);
            return refuse("station-exists").await;
        }
        Err(error) if error.is_reference() => {
            drop(tx);
            return refuse("site-unknown").await;
        }
        Err(error) => return Err(error.into()),
    }
    record(&state, &mut tx, now, &id, "station.created", &visit.account.name).await?;
    tx.commit().await?;
    state.app.live.touch(&id.as_str().into());
    visit.show(&SecretPage {
        href: station_href(&id),
        point: point_box(&state, &headers, &id),
        station: id,
        secret,
        created: true,
    })
}

/// A generated password and its kept form; both empty where none is wanted.
pub fn make_secret(state: &WebState, wanted: &str) -> Result<(String, String), Fail> {
    if wanted == "none" {
        return Ok((String::new(), String::new()));
    }
    let secret = Vault::generate()?;
    let kept = state.vault.seal_generated(&secret)?;
    Ok((secret, kept))
}

/// What can be a charging station's identity: the characters of identifierString (OCPP 2.0.1 Part 2, §4.2), 48 of
/// them at most, as in Part 4 §3.1.1; no slash, since it is a segment of a path.
pub fn is_identity(text: &str) -> bool {
    (1..=48).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:=+|@*".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_fit_a_url_and_the_standard() {
        for good in ["CP1", "DE*ABC*E1", "a.b:c=d+e|f@g_h-i", &"x".repeat(48)] {
            assert!(is_identity(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "a?b", "a%20", "ä", &"x".repeat(49)] {
            assert!(!is_identity(bad), "{bad}");
        }
    }
}
