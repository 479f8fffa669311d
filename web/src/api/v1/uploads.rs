//! Uploads: the logs and diagnostics that stations have brought.

use super::{
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, id},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem, front::Fail, pages::kept_as_a_file};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    files::sweep,
    store::files::{self as rows, UploadFilter, UploadRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Files";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/uploads", "listUploads", Scope::Command, list)
            .says(TAG, "Logs and diagnostics that stations have brought, the newest first; the command `get-log` asks for them")
            .query::<Wanted>()
            .answers::<Page<Upload>>(StatusCode::OK, "A page"),
        Op::get("/uploads/{id}", "getUpload", Scope::Command, show)
            .says(TAG, "One upload")
            .answers::<Upload>(StatusCode::OK, "The upload")
            .tagged(),
        Op::get("/uploads/{id}/content", "downloadUpload", Scope::Command, content)
            .says(TAG, "The file itself. What is in it is the station's: treat it as what a stranger has sent")
            .sends("application/octet-stream", "The file"),
        Op::delete("/uploads/{id}", "removeUpload", Scope::Config, remove)
            .says(TAG, "Remove the file of an upload before its time (`files.upload_days`)")
            .done("It is removed"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UploadFilter")]
struct Wanted {
    /// Of this station.
    station: Option<String>,
    /// That came for this command.
    command_id: Option<String>,
    /// With those whose file is no more.
    #[serde(default)]
    removed: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A file that a station has brought.
#[derive(Debug, Serialize, JsonSchema)]
struct Upload {
    id: String,
    station_id: String,
    command_id: String,
    /// The station's name for it.
    name: String,
    /// The station's word; it is given as bytes.
    content_type: String,
    size: i64,
    sha256: String,
    received_at: DateTime<Utc>,
    /// Absent: the file is there.
    removed_at: Option<DateTime<Utc>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Upload>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter = UploadFilter {
        station: wanted.station,
        command: wanted.command_id.as_deref().map(|id| page::number("command_id", id)).transpose()?,
        removed: wanted.removed,
    };
    let found = rows::list_uploads(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<UploadRow, Problem> {
    let number = id("upload", text)?;
    let row = rows::upload(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("upload", text))
}

/// With its file.
async fn there(state: &WebState, text: &str) -> Result<UploadRow, Problem> {
    let row = find(state, text).await?;
    match row.removed_at {
        None => Ok(row),
        Some(_) => Err(problem::missing("file any more of upload", text)),
    }
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Upload>, Problem> {
    Ok(Tagged(view(find(&state, &number).await?)))
}

async fn content(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Response, Problem> {
    let row = there(&state, &number).await?;
    Ok(kept_as_a_file(&state, &row, &asker.name).await?)
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<StatusCode, Problem> {
    let row = there(&state, &number).await?;
    tracing::info!(upload = row.id, by = asker.name, "an upload is removed by somebody");
    sweep::drop_upload(&state.app, &row, "asked").await.map_err(Fail::from)?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(row: UploadRow) -> Upload {
    Upload {
        id: row.id.to_string(),
        station_id: row.station_id,
        command_id: row.command_id.to_string(),
        name: row.name,
        content_type: row.content_type,
        size: row.size,
        sha256: row.sha256,
        received_at: row.received_at,
        removed_at: row.removed_at,
    }
}
