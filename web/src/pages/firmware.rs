//! Firmware, and files that stations have brought.

use super::{Click, ROWS, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{FileWish, FirmwareForm, FirmwareLine, FirmwarePage, UploadLine, size_text},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    files::firmware::{self, size_max},
    store::{
        Tx, campaigns,
        commands::{self, CommandRow},
        files::{self as rows, UploadRow},
    },
};
use serde::Deserialize;
use tokio::{fs::File, io::AsyncReadExt};

/// Campaigns shown beside the firmware.
const CAMPAIGNS: i64 = 20;
/// Commands about files on the page of a station.
const WISHES: i64 = 5;
/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/firmware", get(list))
        .route("/firmware/{id}/remove", post(remove))
        .route("/uploads/{id}", get(upload))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    before: String,
}

pub(super) fn id_of(text: &str) -> Result<i64, Fail> {
    text.parse().map_err(|_| Fail::NotFound)
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    shown(&state, &visit, wanted.before.parse().ok(), FirmwareForm::default(), None).await
}

/// The page, with the form for another image as it was sent, and why that is not kept.
pub(super) async fn shown(
    state: &WebState,
    visit: &Visit,
    before: Option<i64>,
    form: FirmwareForm,
    error: Option<String>,
) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let mut found = rows::list_firmware(&mut tx, before, ROWS + 1).await?;
    let mut lines = Vec::new();
    for row in campaigns::list(&mut tx, None, CAMPAIGNS).await? {
        lines.push(super::campaigns::line(&mut tx, row).await?);
    }
    drop(tx);
    visit.show(&FirmwarePage {
        pager: turn(&mut found, "/firmware", &[], ("before", before.is_some()), |row| row.id.to_string()),
        rows: found
            .into_iter()
            .map(|row| FirmwareLine {
                id: row.id.to_string(),
                stations: format!("{} {}", row.vendor, row.model).trim().to_owned(),
                size: size_text(row.size),
                signed: !row.signature.is_empty(),
                name: row.name,
                version: row.version,
                sha256: row.sha256,
                added_by: row.added_by,
                added_at: row.added_at,
            })
            .collect(),
        campaigns: lines,
        most: size_text(i64::try_from(size_max(&state.app)).unwrap_or(i64::MAX)),
        form,
        error,
    })
}

async fn remove(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    signed.visit.operator()?;
    let removed = firmware::remove(&state.app, id_of(&id)?, &signed.visit.account.name).await?;
    if removed {
        Ok(Redirect::to("/firmware?done=firmware-removed").into_response())
    } else {
        Err(Fail::NotFound)
    }
}

/// What a station was asked about files of late, with what came.
pub(super) async fn wishes(tx: &mut Tx, station: &str) -> Result<Vec<FileWish>, Fail> {
    let mut found = Vec::new();
    for kind in ["get-log", "update-firmware"] {
        let filter = commands::Filter {
            station: Some(station.to_owned()),
            kind: Some(kind.to_owned()),
            ..commands::Filter::default()
        };
        found.extend(commands::list(tx, &filter, None, WISHES).await?);
    }
    found.sort_by_key(|row| std::cmp::Reverse(row.id));
    found.truncate(WISHES as usize);
    let mut wishes = Vec::new();
    for row in found {
        let uploads = rows::uploads_of(tx, row.id).await?;
        let (progress, tone) = progress(&row);
        let detail = if row.outcome_word.is_empty() { row.reason } else { row.outcome_word };
        wishes.push(FileWish {
            kind: row.kind,
            by: row.asked_by,
            at: row.created_at,
            progress,
            tone,
            detail,
            uploads: uploads
                .into_iter()
                .map(|row| UploadLine {
                    href: if row.removed_at.is_none() {
                        format!("/uploads/{}", row.id)
                    } else {
                        String::new()
                    },
                    name: row.name,
                    size: size_text(row.size),
                })
                .collect(),
        });
    }
    Ok(wishes)
}

/// How far a command is, in one word, and its colour.
fn progress(row: &CommandRow) -> (String, &'static str) {
    let word = match (row.state.as_str(), row.verdict.as_str(), row.outcome.as_str()) {
        ("answered", "accepted", "") => "accepted",
        ("answered", "accepted", outcome) => outcome,
        ("answered", verdict, _) => verdict,
        (state, ..) => state,
    };
    let tone = match word {
        "done" | "accepted" => "ok",
        "queued" | "sent" | "pending" => "run",
        "failed" | "lost" | "refused" | "unsupported" | "invalid" => "bad",
        _ => "off",
    };
    (word.to_owned(), tone)
}

/// A file that a station has brought, as a file and nothing else: what is in it is the station's.
async fn upload(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Fail> {
    visit.operator()?;
    let row = rows::upload(&mut state.app.db.read().await?, id_of(&id)?).await?;
    let row = row.filter(|row| row.removed_at.is_none()).ok_or(Fail::NotFound)?;
    kept_as_a_file(&state, &row, &visit.account.name).await
}

/// An upload as a file and nothing else, whoever reads it.
pub async fn kept_as_a_file(state: &WebState, row: &UploadRow, by: &str) -> Result<Response, Fail> {
    let file = File::open(state.app.files.storage.upload(row.id)).await.map_err(|_| Fail::NotFound)?;
    tracing::info!(upload = row.id, station = row.station_id, by, "an upload is read");
    let pieces = futures::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, disposition(&row.name, row.id)),
        (CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// To be kept as a file, under the station's name for it as far as that is harmless.
fn disposition(name: &str, id: i64) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let plain: String = name.trim_start_matches('.').chars().map(plain).collect();
    format!("attachment; filename=\"{id}-{plain}\"")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_of_a_station_cannot_leave_its_place_in_the_header() {
        for (name, told) in [
            ("day.log.gz", "attachment; filename=\"5-day.log.gz\""),
            ("..\\\"\r\nx: y", "attachment; filename=\"5-____x__y\""),
            ("日志", "attachment; filename=\"5-__\""),
        ] {
            assert_eq!(super::disposition(name, 5), told);
        }
    }
}
