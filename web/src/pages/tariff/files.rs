//! A tariff as files for others: our own JSON, OCPI and OCPP; or why it cannot be said like that.

use crate::{
    WebState,
    front::Fail,
    login::Visit,
    pages::encoded,
    view::{FileView, Finding},
};
use ::tariffs::{
    Invalid, Problem, Tariff,
    ocpi::{Publisher, Version},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use csms::{
    store::versions::{self, VersionRow},
    tariff_text::{self, Place, Reader},
};
use serde::Deserialize;
use serde_json::Value;

/// Their words are of the texts' family `file`, and the ends of addresses.
const FORMATS: [Reader; 4] =
    [Reader::Own, Reader::Ocpi(Version::V2_2_1), Reader::Ocpi(Version::V2_3_0), Reader::Ocpp21];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/tariffs/{id}/versions/{version}/{format}", get(download))
}

/// Whose tariff it is, for OCPI.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Party {
    country: String,
    party: String,
}

async fn download(
    State(state): State<WebState>,
    _visit: Visit,
    Path((id, version, format)): Path<(String, String, String)>,
    Query(party): Query<Party>,
) -> Result<Response, Fail> {
    let version = version.parse().map_err(|_| Fail::NotFound)?;
    let format = FORMATS.into_iter().find(|one| one.word() == format).ok_or(Fail::NotFound)?;
    let mut tx = state.app.db.read().await?;
    let row = versions::find(&mut tx, &id, version).await?.ok_or(Fail::NotFound)?;
    drop(tx);
    let tariff = Tariff::from_json(&row.body).map_err(|_| Fail::NotFound)?;
    let publisher = Publisher {
        country_code: party.country.trim().to_owned(),
        party_id: party.party.trim().to_owned(),
        last_updated: row.created_at,
    };
    // The page offers only what can be said; what is left is a party that is none.
    let (json, _) = write(&tariff, &publisher, format).map_err(|_| Fail::BadRequest)?;
    let name = format!("attachment; filename=\"{}-{version}.{}.json\"", plain(&id), format.word());
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, format!("{json:#}\n")).into_response())
}

/// In all formats, with why it cannot be said in some.
pub fn of(tariff: &Tariff, row: &VersionRow, href: &str) -> Vec<FileView> {
    // Whoever downloads says whose it is; what can be said does not depend on it.
    let anybody =
        Publisher { country_code: "XX".into(), party_id: "XXX".into(), last_updated: row.created_at };
    let file = |reader: Reader| {
        let word = reader.word();
        let (refused, notes) = match write(tariff, &anybody, reader) {
            Ok((_, notes)) => (Vec::new(), notes),
            Err(invalid) => (invalid.problems, Vec::new()),
        };
        FileView {
            word,
            href: format!("{href}/versions/{}/{}", row.version, encoded(word)),
            party: word.starts_with("ocpi"),
            refused: refused.into_iter().map(finding).collect(),
            notes: notes.into_iter().map(finding).collect(),
        }
    };
    FORMATS.into_iter().map(file).collect()
}

fn write(tariff: &Tariff, publisher: &Publisher, reader: Reader) -> Result<(Value, Vec<Problem>), Invalid> {
    // Neither time zone nor instant are asked by those that are offered here.
    let place = Place { publisher, time_zone: chrono_tz::Tz::UTC, now: publisher.last_updated };
    tariff_text::write(tariff, reader, &place)
}

fn finding(problem: Problem) -> Finding {
    Finding { path: problem.path, message: problem.message }
}

/// For the name of a file: letters, digits and the signs `-`, `_` and `.`.
fn plain(id: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    id.chars().take(60).map(kept).collect()
}
