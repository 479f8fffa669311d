//! Refused connections, and adopting a station.

use super::{ROWS, encoded, point_box, record, station_href, stations::make_secret};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{AttemptLine, AttemptsPage, Pager, SecretPage},
};
use axum::{
    Router,
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use chrono::DateTime;
use csms::{
    link::cause::Cause,
    store::{
        attempts::{self, Adopted},
        row::AttemptRow,
        stations,
    },
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/attempts", get(list)).route("/attempts/adopt", post(adopt))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = read_key(&wanted.before);
    let mut tx = state.app.db.read().await?;
    let mut found = attempts::list(&mut tx, "", before.as_ref(), ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next =
        found.last().filter(|_| more).map(|row| format!("/attempts?before={}", encoded(&write_key(row))));
    let mut lines = Vec::with_capacity(found.len());
    for row in found {
        let known = !row.identity.is_empty() && stations::find(&mut tx, &row.identity).await?.is_some();
        lines.push(AttemptLine {
            adoptable: !known && row.cause == Cause::UnknownStation.key(),
            station: known.then(|| station_href(&row.identity)),
            identity: row.identity,
            cause: row.cause,
            address: row.address,
            detail: row.detail,
            protocols: row.protocols.replace(',', ", "),
            agent: row.agent,
            count: row.count,
            first_at: row.first_at,
            last_at: row.last_at,
        });
    }
    drop(tx);
    visit.show(&AttemptsPage {
        rows: lines,
        pager: Pager { first: before.is_some().then(|| "/attempts".to_owned()), next },
        url: format!("{}/", point_box(&state, &headers, "").url),
    })
}

/// Where the next page begins: instant, cause, address, identity (the only one that may hold the separator).
fn write_key(row: &AttemptRow) -> String {
    format!("{}~{}~{}~{}", row.last_at.timestamp_micros(), row.cause, row.address, row.identity)
}

fn read_key(text: &str) -> Option<AttemptRow> {
    let mut parts = text.splitn(4, '~');
    let last_at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
    let mut part = || parts.next().map(str::to_owned);
    let (cause, address, identity) = (part()?, part()?, part()?);
    Some(AttemptRow {
        identity,
        cause,
        address,
        detail: String::new(),
        protocols: String::new(),
        agent: String::new(),
        count: 0,
        first_at: last_at,
        last_at,
    })
}

#[derive(Deserialize)]
struct Adoption {
    identity: String,
    #[serde(default)]
    password: String,
}

async fn adopt(
    State(state): State<WebState>,
    headers: HeaderMap,
    signed: Signed<Adoption>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let (secret, kept) = make_secret(&state, &form.password)?;
    let now = visit.shell.now;
    let mut tx = state.app.db.write().await?;
    match attempts::adopt(&mut tx, &form.identity, &kept, now).await? {
        Adopted::Created => {}
        // Registered meanwhile: its password stays as it is, so nothing is shown that would not work.
        Adopted::Known | Adopted::NoAttempt => return Err(Fail::NotFound),
    }
    record(&state, &mut tx, now, &form.identity, "station.adopted", &visit.account.name).await?;
    tx.commit().await?;
    state.app.live.touch(&form.identity.as_str().into());
    visit.show(&SecretPage {
        href: station_href(&form.identity),
        point: point_box(&state, &headers, &form.identity),
        station: form.identity,
        secret,
        created: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn the_key_of_the_next_page_survives_any_identity() {
        let row = read_key("1780000000000001~unknown-station~203.0.113.4~A~B ü").unwrap();
        assert_eq!((row.identity.as_str(), row.cause.as_str()), ("A~B ü", "unknown-station"));
        assert_eq!(write_key(&row), "1780000000000001~unknown-station~203.0.113.4~A~B ü");
        for bad in ["", "x~a~b~c", "1~2~3"] {
            assert!(read_key(bad).is_none());
        }
    }

    #[test]
    fn every_cause_is_explained_and_mended_in_plain_words() {
        for lang in Lang::ALL {
            for cause in Cause::ALL {
                for family in ["cause", "cause.mend"] {
                    assert!(
                        lang.catalog().has(&format!("{family}.{}", cause.key())),
                        "{lang:?} {family} {cause:?}"
                    );
                }
            }
        }
    }
}
