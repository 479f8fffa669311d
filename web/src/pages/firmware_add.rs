//! Firmware that a person brings: a form whose last field is the image, written to the disk while it comes.

use super::firmware::shown;
use crate::{WebState, front::Fail, login::Visit, view::FirmwareForm};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Multipart, State, multipart::Field},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    files::{
        self, Refusal,
        firmware::{About, FirmwareError, Incoming, size_max},
        patience,
    },
    store::files::FirmwareRow,
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Bytes of a field that is not the image: a certificate is the longest.
const FIELD_MAX: usize = 8 * 1024;
/// Fields before the image.
const FIELDS_MAX: usize = 20;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/firmware", post(take)).layer(DefaultBodyLimit::disable())
}

/// Why an image is not kept.
enum NotKept {
    /// The request is at fault; there is nothing to fill in again.
    Fail(Fail),
    Because(FirmwareError),
}

impl From<FirmwareError> for NotKept {
    fn from(error: FirmwareError) -> NotKept {
        NotKept::Because(error)
    }
}

impl From<Refusal> for NotKept {
    fn from(refusal: Refusal) -> NotKept {
        NotKept::Because(refusal.into())
    }
}

/// Takes the image, whole or not at all.
async fn take(State(state): State<WebState>, visit: Visit, form: Multipart) -> Result<Response, Fail> {
    visit.operator()?;
    let mut said = FirmwareForm::default();
    let error = match read(&state, &visit, form, &mut said).await {
        Ok(_) => return Ok(Redirect::to("/firmware?done=firmware-added").into_response()),
        Err(NotKept::Fail(fail)) => return Err(fail),
        Err(NotKept::Because(error)) => error,
    };
    tracing::info!(%error, name = said.name, version = said.version, by = visit.account.name, "firmware is not kept");
    match &error {
        FirmwareError::Refused(refusal) => {
            files::refused(refusal);
            if let Refusal::Disk(_) | Refusal::Store(_) = refusal {
                tracing::error!(%error, "firmware cannot be kept");
            }
        }
        FirmwareError::Unfit(_) | FirmwareError::Known => {}
    }
    shown(&state, &visit, None, said, Some(error.to_string())).await
}

async fn read(
    state: &WebState,
    visit: &Visit,
    mut form: Multipart,
    said: &mut FirmwareForm,
) -> Result<FirmwareRow, NotKept> {
    let still = Duration::from_secs(state.app.config.files.idle_timeout_s);
    // The words before the image have their time, too, however slowly they come.
    let by = Instant::now() + patience(&state.app.config.files, 0);
    let mut signed = false;
    for _ in 0..FIELDS_MAX {
        let field = timeout_at(by, form.next_field()).await.map_err(|_| Refusal::Slow)?;
        let Some(field) = field.map_err(|_| Refusal::Cut)? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "csrf" {
            visit.signed(&text(field, by, still).await?).map_err(NotKept::Fail)?;
            signed = true;
            continue;
        }
        // Who has not shown that the form is his may not fill our disk.
        if !signed {
            return Err(NotKept::Fail(Fail::StaleForm));
        }
        let target = match name.as_str() {
            "name" => &mut said.name,
            "version" => &mut said.version,
            "vendor" => &mut said.vendor,
            "model" => &mut said.model,
            "sha256" => &mut said.sha256,
            "certificate" => &mut said.certificate,
            "signature" => &mut said.signature,
            "image" => return image(state, field, about(said), &visit.account.name, still).await,
            _ => return Err(NotKept::Fail(Fail::BadRequest)),
        };
        *target = text(field, by, still).await?;
    }
    Err(FirmwareError::Unfit("choose the file of the image".to_owned()).into())
}

fn about(said: &FirmwareForm) -> About {
    About {
        name: said.name.clone(),
        version: said.version.clone(),
        vendor: said.vendor.clone(),
        model: said.model.clone(),
        sha256: said.sha256.clone(),
        signing_certificate: said.certificate.clone(),
        // Tools print it in lines.
        signature: said.signature.split_whitespace().collect(),
    }
}

/// Writes the image while it comes. What is not kept is read to its end all the same, because a browser shows an answer only to
/// what it has sent whole; but no more than twice what an image may have.
async fn image(
    state: &WebState,
    mut field: Field<'_>,
    about: About,
    by: &str,
    still: Duration,
) -> Result<FirmwareRow, NotKept> {
    let _place = state.app.files.place()?;
    let mut incoming = Incoming::begin(&state.app).await?;
    let mut fault = about.fault().map(FirmwareError::Unfit);
    let (begun, mut size, most) = (Instant::now(), 0, size_max(&state.app));
    while let Some(piece) = next(&mut field, begun + patience(&state.app.config.files, size), still).await? {
        size += piece.len() as u64;
        if size > most.saturating_mul(2) {
            return Err(Refusal::TooLarge(most).into());
        }
        if fault.is_none() {
            fault = incoming.write(&piece).await.err();
        }
    }
    match fault {
        Some(fault) => Err(fault.into()),
        None if size == 0 => {
            Err(FirmwareError::Unfit("choose the file of the image: there is nothing in this one".to_owned())
                .into())
        }
        None => Ok(incoming.keep(about, by).await?),
    }
}

/// The next bytes, if they come in time.
async fn next(field: &mut Field<'_>, by: Instant, still: Duration) -> Result<Option<Bytes>, Refusal> {
    let by = by.min(Instant::now() + still);
    timeout_at(by, field.chunk()).await.map_err(|_| Refusal::Slow)?.map_err(|_| Refusal::Cut)
}

async fn text(mut field: Field<'_>, by: Instant, still: Duration) -> Result<String, NotKept> {
    let mut bytes = Vec::new();
    while let Some(piece) = next(&mut field, by, still).await? {
        if bytes.len() + piece.len() > FIELD_MAX {
            return Err(NotKept::Fail(Fail::BadRequest));
        }
        bytes.extend_from_slice(&piece);
    }
    let text = String::from_utf8(bytes).map_err(|_| NotKept::Fail(Fail::BadRequest))?;
    Ok(text.trim().to_owned())
}
