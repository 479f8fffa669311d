//! The pages of the console: one file per area.

mod account;
mod ask;
mod attempts;
mod campaigns;
mod commands;
mod desired;
mod desk;
mod display;
mod events;
mod firmware;
mod firmware_add;
mod grid;
mod grid_acts;
mod keys;
mod local_list;
mod moment;
mod monitors;
mod plan;
mod reservations;
mod rows;
mod session;
mod session_needs;
mod session_tariff;
mod sessions;
mod station;
mod stations;
mod stickers;
mod tariff;
mod tariffs;
mod templates;
mod texts;
mod variables;
mod webhooks;

pub(crate) use session::bill_view;

pub use desk::Figures;
pub use firmware::kept_as_a_file;
pub use stations::{is_identity, make_secret};

use crate::{
    WebState,
    api::Problem,
    front::Fail,
    login::Visit,
    view::{Pager, PointBox},
};
use axum::{
    Router,
    extract::OriginalUri,
    http::{
        HeaderMap, Method, StatusCode,
        header::{ACCEPT, HOST},
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use csms::{
    event,
    store::{StoreError, Tx, events as event_rows, row::EventRow, sites},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Rows of a list.
const ROWS: i64 = 50;
/// Sites that can be chosen from.
const SITES: i64 = 200;
/// What a path segment may hold as it is (RFC 3986 §3.3, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/stations") }))
        .merge(stations::routes())
        .merge(stickers::routes())
        .merge(station::routes())
        .merge(display::routes())
        .merge(ask::routes())
        .merge(variables::routes())
        .merge(monitors::routes())
        .merge(commands::routes())
        .merge(desired::routes())
        .merge(templates::routes())
        .merge(local_list::routes())
        .merge(sessions::routes())
        .merge(session::routes())
        .merge(reservations::routes())
        .merge(session_needs::routes())
        .merge(session_tariff::routes())
        .merge(tariffs::routes())
        .merge(tariff::routes())
        .merge(grid::routes())
        .merge(plan::routes())
        .merge(attempts::routes())
        .merge(events::routes())
        .merge(firmware::routes())
        .merge(campaigns::routes())
        .merge(account::routes())
        .merge(keys::routes())
        .merge(webhooks::routes())
        .merge(texts::routes())
        .merge(desk::routes())
}

/// Forms with files that are too large and too slow for the limits of all others.
pub fn uploads() -> Router<WebState> {
    firmware_add::routes()
}

/// What no route knows.
pub async fn not_found(OriginalUri(uri): OriginalUri) -> Response {
    if uri.path().starts_with("/api/") {
        Problem::not_found().into_response()
    } else {
        Fail::NotFound.into_response()
    }
}

/// Tells partners what was done, in the transaction that does it.
async fn tell<B: event::Body>(
    state: &WebState,
    tx: &mut Tx,
    visit: &Visit,
    body: &B,
) -> Result<(), StoreError> {
    event_rows::add(tx, &event::row(&state.app.ids, visit.shell.now, None, None, body)).await
}

/// What a form sends cannot be looked at: who comes there by a browser (who has loaded an answer anew, or chosen another language on
/// it) is led to the page that it belongs to.
pub async fn wrong_method(method: Method, headers: HeaderMap, uri: OriginalUri) -> Response {
    let looks = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"));
    if method == Method::GET && looks && !uri.path().starts_with("/pay/") {
        let above = uri.path().rsplit_once('/').map_or("", |(above, _)| above);
        return Redirect::to(if above.is_empty() { "/" } else { above }).into_response();
    }
    let mut response = not_found(uri).await;
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// The page of a station.
fn station_href(id: &str) -> String {
    format!("/stations/{}", encoded(id))
}

/// The page of a tariff.
fn tariff_href(id: &str) -> String {
    format!("/tariffs/{}", encoded(id))
}

/// For a segment of a path or a value of a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// What to type into a charger, as seen from where the reader is.
fn point_box(state: &WebState, headers: &HeaderMap, identity: &str) -> PointBox {
    let config = &state.app.config;
    let public =
        config.web.public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let asked = headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = host_of(public.filter(|host| !host.is_empty()).or(asked).unwrap_or("localhost"));
    let url =
        format!("ws://{host}:{}{}", config.ocpp.listen.port(), config.ocpp.path_prefix.trim_end_matches('/'));
    PointBox { whole: format!("{url}/{}", encoded(identity)), identity: identity.to_owned(), url }
}

/// A host without its port; an IPv6 address keeps its brackets.
fn host_of(authority: &str) -> &str {
    match authority.find(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// Sites to choose from: number and name.
async fn site_choices(tx: &mut Tx) -> Result<Vec<[String; 2]>, Fail> {
    let found = sites::list(tx, "", None, SITES).await?;
    Ok(found.into_iter().map(|site| [site.id.to_string(), site.name]).collect())
}

/// A form with nothing in it but the token.
#[derive(serde::Deserialize)]
struct Click {}

/// What an operator did, in the same transaction as what it tells of.
async fn record(
    state: &WebState,
    tx: &mut Tx,
    at: DateTime<Utc>,
    station: &str,
    kind: &str,
    by: &str,
) -> Result<(), Fail> {
    let event = EventRow {
        id: state.app.ids.next(),
        at,
        station_id: Some(station.to_owned()),
        session_id: None,
        kind: kind.to_owned(),
        body: serde_json::json!({ "by": by }).to_string(),
    };
    Ok(event_rows::add(tx, &event).await?)
}

/// Cuts a list to a page, and links to its other pages. One row more than [`ROWS`] was asked for. `from` names the key in the address,
/// and says whether this is a page after the first one.
fn turn<T>(
    found: &mut Vec<T>,
    path: &str,
    query: &[(&str, &str)],
    from: (&str, bool),
    key: impl Fn(&T) -> String,
) -> Pager {
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().filter(|_| more);
    Pager {
        first: from.1.then(|| next_link(path, query, (from.0, ""))),
        next: last.map(|row| next_link(path, query, (from.0, &key(row)))),
    }
}

/// Links of a list that goes on by a key; `query` is what else the address has.
fn next_link(path: &str, query: &[(&str, &str)], key: (&str, &str)) -> String {
    let pairs: Vec<String> = query
        .iter()
        .copied()
        .chain([key])
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_port_only() {
        for (authority, host) in
            [("a.example:8080", "a.example"), ("a.example", "a.example"), ("[::1]:8080", "[::1]")]
        {
            assert_eq!(host_of(authority), host);
        }
    }

    #[test]
    fn identities_with_signs_stay_one_segment() {
        assert_eq!(station_href("A/B ?#ä"), "/stations/A%2FB%20%3F%23%C3%A4");
        assert_eq!(
            next_link("/stations", &[("q", "a b"), ("filter", "")], ("after", "C&D")),
            "/stations?q=a%20b&after=C%26D"
        );
    }
}
