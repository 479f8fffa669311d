//! A statement that somebody brings: a file of a form, of limited size.

use super::clearing;
use crate::{WebState, front::Fail, login::Visit};
use axum::{
    extract::{Multipart, State, multipart::Field},
    response::{IntoResponse, Redirect, Response},
};
use csms::clearing::{
    ClearingError,
    import::{Incoming, Which},
};
use payments::clearing::read::Format;

/// Of a file at most. Larger ones are dropped in the folder, or given to `csms clearing import`.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of any other field.
const FIELD_MAX: usize = 300;

/// What the form said.
#[derive(Debug, Default)]
struct Brought {
    csrf: String,
    account: String,
    file: String,
    format: String,
    day: String,
    name: String,
    bytes: Vec<u8>,
}

/// Takes the file, whole or not at all, and compares the account's sides.
pub async fn take(State(state): State<WebState>, visit: Visit, form: Multipart) -> Result<Response, Fail> {
    visit.operator()?;
    let brought = match read(form).await {
        Ok(brought) => brought,
        Err(NotRead::TooLarge) => {
            let limit = BYTES_MAX / 1024 / 1024;
            return clearing::refused(&state, &visit, format!("A file has at most {limit} MiB here.")).await;
        }
        Err(NotRead::Broken) => return Err(Fail::BadRequest),
    };
    visit.signed(&brought.csrf)?;
    let (which, format, day) = match wanted(&brought) {
        Ok(wanted) => wanted,
        Err(why) => return clearing::refused(&state, &visit, why).await,
    };
    let clearing = clearing::of(&state);
    let incoming = Incoming {
        account: &brought.account,
        file: which,
        day,
        format,
        name: &brought.name,
        bytes: &brought.bytes,
        by: &visit.account.name,
    };
    match clearing.import(&incoming).await {
        Ok(imported) => {
            clearing.compare_all(&brought.account).await?;
            let done = if imported.known { "file-known" } else { "file-taken" };
            Ok(Redirect::to(&format!("/clearing?done={done}")).into_response())
        }
        Err(error @ (ClearingError::Statement(_) | ClearingError::Refused(_) | ClearingError::Busy(_))) => {
            clearing::refused(&state, &visit, format!("{}: {error}", brought.name)).await
        }
        Err(error) => Err(error.into()),
    }
}

type Wanted = (Which, Option<Format>, Option<chrono::NaiveDate>);

/// What kind of file it is, and of which day.
fn wanted(brought: &Brought) -> Result<Wanted, String> {
    if brought.account.is_empty() {
        return Err("Whose statement is it? Choose an account.".to_owned());
    }
    if brought.bytes.is_empty() {
        return Err("Choose a file: there is nothing in this one.".to_owned());
    }
    let which = Which::of(&brought.file).ok_or("Is it a file of trades, funds, or a bank?")?;
    let format = match brought.format.as_str() {
        "" => None,
        word => Some(Format::of(word).ok_or_else(|| format!("{word:?} is no format that is read here."))?),
    };
    let day = match brought.day.as_str() {
        "" => None,
        day => Some(day.parse().map_err(|_| format!("{day:?} is no day: write it like 2026-05-01."))?),
    };
    Ok((which, format, day))
}

enum NotRead {
    TooLarge,
    Broken,
}

async fn read(mut form: Multipart) -> Result<Brought, NotRead> {
    let mut brought = Brought::default();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "csrf" => brought.csrf = text(field).await?,
            "account" => brought.account = text(field).await?,
            "file" => brought.file = text(field).await?,
            "format" => brought.format = text(field).await?,
            "day" => brought.day = text(field).await?,
            "statement" => {
                let path = field.file_name().unwrap_or_default();
                // Some browsers tell where it lay.
                let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
                brought.name = name.chars().filter(|c| !c.is_control()).take(200).collect();
                brought.bytes = whole(field, BYTES_MAX).await?;
            }
            _ => return Err(NotRead::Broken),
        }
    }
    Ok(brought)
}

async fn text(field: Field<'_>) -> Result<String, NotRead> {
    let bytes = whole(field, FIELD_MAX).await?;
    String::from_utf8(bytes).map(|text| text.trim().to_owned()).map_err(|_| NotRead::Broken)
}

async fn whole(mut field: Field<'_>, limit: usize) -> Result<Vec<u8>, NotRead> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > limit {
            return Err(NotRead::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn broken(error: axum::extract::multipart::MultipartError) -> NotRead {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        NotRead::TooLarge
    } else {
        NotRead::Broken
    }
}
