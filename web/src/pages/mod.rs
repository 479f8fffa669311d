//! The pages of the console: one file per area.

mod account;
mod attempts;
mod events;
mod rows;
mod session;
mod session_tariff;
mod sessions;
mod station;
mod stations;
mod tariff;
mod tariffs;

use crate::{WebState, api::Problem, front::Fail, view::PointBox};
use axum::{
    Router,
    extract::OriginalUri,
    http::{HeaderMap, header::HOST},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use csms::store::{Tx, events as event_rows, row::EventRow};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Rows of a list.
const ROWS: i64 = 50;
/// What a path segment may hold as it is (RFC 3986 §3.3, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/stations") }))
        .merge(stations::routes())
        .merge(station::routes())
        .merge(sessions::routes())
        .merge(session::routes())
        .merge(session_tariff::routes())
        .merge(tariffs::routes())
        .merge(tariff::routes())
        .merge(attempts::routes())
        .merge(events::routes())
        .merge(account::routes())
}

/// What no route knows.
pub async fn not_found(OriginalUri(uri): OriginalUri) -> Response {
    if uri.path().starts_with("/api/") {
        Problem::not_found().into_response()
    } else {
        Fail::NotFound.into_response()
    }
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
fn encoded(text: &str) -> String {
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
