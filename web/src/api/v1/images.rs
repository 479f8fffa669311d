//! Images of firmware: brought, looked at, removed.

use super::{
    caller::Asker,
    etag::Tagged,
    firmware::{Firmware, TAG, image},
    input::{Asked, At, id},
    op::Op,
    problem,
};
use crate::{WebState, api::Problem, front::Fail};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use csms::{
    api_key::Scope,
    files::{
        self, Refusal,
        firmware::{self, About, FirmwareError, Incoming},
    },
    store::files as rows,
};
use futures::StreamExt;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const KIND: &str = "application/octet-stream";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::put("/firmware", "uploadFirmware", Scope::Config, upload)
            .says(
                TAG,
                "Keep an image of firmware for stations; the body is the image. `files.firmware_mib_max` bounds it. Brought again it \
                 is kept once; of the same name and version another image is a 409",
            )
            .query::<Told>()
            .bytes(KIND)
            .answers::<Firmware>(StatusCode::CREATED, "It is kept")
            .answers::<Firmware>(StatusCode::OK, "It was there already")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "It is not the image of that checksum, or it cannot be called so"),
        Op::get("/firmware/{id}", "getFirmware", Scope::Read, show)
            .says(TAG, "Firmware, also such as is not offered any more")
            .answers::<Firmware>(StatusCode::OK, "The firmware")
            .tagged(),
        Op::delete("/firmware/{id}", "removeFirmware", Scope::Config, remove)
            .says(TAG, "Take firmware out of what is offered. Transfers that run go on to their end")
            .done("It is not offered any more"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FirmwareUpload")]
struct Told {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// As stations tell it when they boot with it.
    #[schemars(length(min = 1, max = 100))]
    version: String,
    /// SHA-256 of the image in hex.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{64}$"))]
    sha256: String,
    /// For stations of this vendor; empty = not said.
    #[serde(default)]
    #[schemars(length(max = 100))]
    vendor: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    model: String,
    /// Of the signature, PEM; with it.
    #[serde(default)]
    #[schemars(length(max = 5_500))]
    signing_certificate: String,
    /// Base64.
    #[serde(default)]
    #[schemars(length(max = 800))]
    signature: String,
}

async fn upload(
    State(state): State<WebState>,
    asker: Asker,
    Asked(told): Asked<Told>,
    request: Request,
) -> Result<Response, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(KIND) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "wrong-content-type",
            "The body must be the image",
        )
        .detail(format!("Send Content-Type: {KIND}")));
    }
    let checksum = told.sha256.to_ascii_lowercase();
    if checksum.len() != 64 || !checksum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(problem::field("sha256", "64 hexadecimal digits"));
    }
    let about = About {
        name: told.name,
        version: told.version,
        vendor: told.vendor,
        model: told.model,
        signing_certificate: told.signing_certificate,
        signature: told.signature,
        sha256: checksum.clone(),
    };
    if let Some(why) = about.fault() {
        return Err(refused(FirmwareError::Unfit(why)));
    }
    if let Some(row) = firmware::known(&state.app, &about).await? {
        return same(row, &checksum);
    }
    let _place = state.app.files.place().map_err(|refusal| refused(refusal.into()))?;
    let mut incoming = Incoming::begin(&state.app).await.map_err(refused)?;
    pump(&state, &mut incoming, request.into_body()).await?;
    match incoming.keep(about.clone(), &asker.name).await {
        Ok(row) => {
            let location = super::location("firmware", &row.id.to_string());
            Ok((StatusCode::CREATED, [(LOCATION, location)], Json(image(row))).into_response())
        }
        // Somebody else has brought it meanwhile.
        Err(FirmwareError::Known) => match firmware::known(&state.app, &about).await? {
            Some(row) => same(row, &checksum),
            None => Err(Fail::Busy.into()),
        },
        Err(error) => Err(refused(error)),
    }
}

fn same(row: rows::FirmwareRow, checksum: &str) -> Result<Response, Problem> {
    if row.sha256 == checksum {
        return Ok(Json(image(row)).into_response());
    }
    let why = format!(
        "Firmware {} has this name and version, and another image (SHA-256 {}); remove it, or give another version",
        row.id, row.sha256
    );
    Err(problem::conflict("exists", why))
}

/// Writes what comes until it ends, within the time that it may take.
async fn pump(state: &WebState, coming: &mut Incoming<'_>, body: Body) -> Result<(), Problem> {
    let settings = &state.app.config.files;
    let idle = Duration::from_secs(settings.idle_timeout_s);
    let (began, mut body) = (Instant::now(), body.into_data_stream());
    loop {
        let deadline = (Instant::now() + idle).min(began + files::patience(settings, coming.size()));
        match timeout_at(deadline, body.next()).await {
            Err(_) => return Err(refused(Refusal::Slow.into())),
            Ok(Some(Err(_))) => return Err(refused(Refusal::Cut.into())),
            Ok(Some(Ok(chunk))) => coming.write(&chunk).await.map_err(refused)?,
            Ok(None) => return Ok(()),
        }
    }
}

fn refused(error: FirmwareError) -> Problem {
    let why = error.to_string();
    let new = |status, word: &str, title| Problem::new(status, word, title).detail(why.clone());
    match error {
        FirmwareError::Unfit(_) => {
            new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-firmware", "The firmware cannot be kept")
        }
        FirmwareError::Known => problem::conflict("exists", why),
        FirmwareError::Refused(Refusal::TooLarge(_)) => {
            new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The image is too large")
        }
        FirmwareError::Refused(Refusal::Slow) => {
            new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The image comes too slowly")
        }
        FirmwareError::Refused(Refusal::Cut) => {
            new(StatusCode::BAD_REQUEST, "invalid-body", "The image broke off")
        }
        FirmwareError::Refused(Refusal::Busy) => Fail::Busy.into(),
        FirmwareError::Refused(other) => {
            tracing::error!(error = %other, "firmware cannot be kept");
            Fail::from(other).into()
        }
    }
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Firmware>, Problem> {
    let row = rows::firmware(&mut state.app.db.read().await?, id("firmware", &number)?).await?;
    Ok(Tagged(image(row.ok_or_else(|| problem::missing("firmware", &number))?)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<StatusCode, Problem> {
    let wanted = id("firmware", &number)?;
    if firmware::remove(&state.app, wanted, &asker.name).await.map_err(Fail::from)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(problem::missing("firmware that is offered,", &number))
    }
}
