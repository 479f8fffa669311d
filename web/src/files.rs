//! The file server for stations: firmware goes out, logs come in. Who has the secret of a one-time address may use it; nothing
//! else is asked, no page is made, and none of what people's requests pass (sizes, time-outs, compression) counts here.

use crate::{WebState, peer::Peer};
use axum::{
    Router,
    body::{Body, BodyDataStream},
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_RANGES, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_LENGTH,
            CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    response::{IntoResponse, Response},
    routing::{get, put},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use csms::{
    files::{
        self, Form, Part, Piece, Receiving, Refusal, Wanted,
        links::{self, DOWN, UP, Visitor, Way},
        receive,
    },
    store::{files as rows, files::LinkRow},
};
use futures::StreamExt;
use percent_encoding::percent_decode_str;
use std::{net::SocketAddr, time::Duration};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Cancelled to end the connection of a request.
#[derive(Debug, Clone)]
pub(crate) struct HangUp(pub CancellationToken);

/// The routes.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/files/down/{*rest}", get(down).head(down))
        .route("/files/up/{*rest}", put(up).post(up))
}

async fn down(State(state): State<WebState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    deliver(&state, &parts).await.unwrap_or_else(|refusal| refused(&parts, &refusal))
}

async fn up(State(state): State<WebState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    receive(&state, &parts, body.into_data_stream()).await.unwrap_or_else(|refusal| refused(&parts, &refusal))
}

/// What stands after the path of a way: the secret, and whatever the station has put behind it.
fn split<'a>(parts: &'a Parts, way: &str) -> (&'a str, &'a str) {
    let rest = parts.uri.path().strip_prefix(way).unwrap_or_default();
    rest.split_once('/').unwrap_or((rest, ""))
}

/// The row of the address, if whoever comes may use it so.
async fn open(state: &WebState, parts: &Parts, secret: &str, way: Way) -> Result<LinkRow, Refusal> {
    let Peer(address) = Peer::of(parts).ok_or(Refusal::Foreign)?;
    let name = basic_name(&parts.headers);
    let visitor = Visitor { address, name: name.as_deref() };
    links::open(&state.app, secret, way, visitor).await
}

/// Who a station says it is, if it says so (HTTP Basic).
fn basic_name(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, said) = text.split_once(' ')?;
    let said = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(said.trim()).ok())??;
    let said = String::from_utf8_lossy(&said);
    Some(said.split_once(':').map_or(&*said, |(name, _)| name).to_owned())
}

async fn deliver(state: &WebState, parts: &Parts) -> Result<Response, Refusal> {
    let app = &state.app;
    let (secret, _) = split(parts, DOWN);
    let link = open(state, parts, secret, Way::Download).await?;
    let firmware = rows::firmware(&mut app.db.read().await?, link.firmware_id.unwrap_or(0)).await?;
    let firmware = firmware.filter(|row| row.removed_at.is_none()).ok_or(Refusal::Gone)?;
    let size = u64::try_from(firmware.size).unwrap_or(0);
    let etag = format!("\"{}\"", firmware.sha256);
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    // Of another file than ours it may not go on in the middle.
    let range = text(RANGE).filter(|_| text(IF_RANGE).is_none_or(|known| known == etag));
    let wanted = files::wanted(range, size);
    let part = match wanted {
        Wanted::All => Part { start: 0, end: size },
        Wanted::Part(part) => part,
        Wanted::Nothing => {
            let response = (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{size}"))]);
            return Ok(safe(response.into_response()));
        }
    };
    links::may_fetch(&link, part.start, app.clock.now())?;
    let body = if parts.method == Method::HEAD {
        Body::empty()
    } else {
        let hang_up =
            parts.extensions.get::<HangUp>().map_or_else(CancellationToken::new, |token| token.0.clone());
        let pieces = files::deliver(app, link, &firmware, part, hang_up).await?;
        Body::from_stream(futures::stream::unfold(pieces, |mut pieces| async move {
            pieces.recv().await.map(|piece| (piece, pieces))
        }))
    };
    let mut response = Response::new(body);
    if wanted != Wanted::All {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        put_header(&mut response, CONTENT_RANGE, &range);
    }
    put_header(&mut response, CONTENT_LENGTH, &part.len().to_string());
    put_header(&mut response, CONTENT_TYPE, "application/octet-stream");
    put_header(&mut response, CONTENT_DISPOSITION, "attachment");
    put_header(&mut response, ACCEPT_RANGES, "bytes");
    put_header(&mut response, ETAG, &etag);
    Ok(safe(response))
}

/// Which bytes of a file an upload brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brings {
    All,
    /// From here to there (the last one included), of so many if that is known.
    Range {
        start: u64,
        last: u64,
        total: Option<u64>,
    },
    /// None: it asks how much is here.
    Question,
}

/// Reads `Content-Range` of an upload.
fn brings(headers: &HeaderMap) -> Result<Brings, Refusal> {
    let wrong = || Refusal::Malformed("Content-Range");
    let Some(value) = headers.get(CONTENT_RANGE) else { return Ok(Brings::All) };
    let text = value.to_str().map_err(|_| wrong())?.trim();
    let (range, total) =
        text.strip_prefix("bytes ").and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    if range.trim() == "*" {
        return Ok(Brings::Question);
    }
    let (start, last) = range.split_once('-').ok_or_else(wrong)?;
    let (start, last) = (number(start)?, number(last)?);
    let total = if total.trim() == "*" { None } else { Some(number(total)?) };
    if last < start || total.is_some_and(|total| last >= total) {
        return Err(wrong());
    }
    Ok(Brings::Range { start, last, total })
}

async fn receive(state: &WebState, parts: &Parts, body: BodyDataStream) -> Result<Response, Refusal> {
    let app = &state.app;
    let (secret, tail) = split(parts, UP);
    let link = open(state, parts, secret, Way::Upload).await?;
    let brings = brings(&parts.headers)?;
    let start = match brings {
        Brings::Question => return Ok(so_far(receive::here(app, &link).await?)),
        Brings::All => 0,
        Brings::Range { start, .. } => start,
    };
    let content_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = Form::of(content_type).map_err(|error| Refusal::Malformed(error.0))?;
    let is_form = form.is_some();
    if is_form && brings != Brings::All {
        return Err(Refusal::Malformed("a form has no Content-Range"));
    }
    let mut file = Receiving::begin(app, link, start).await?;
    let announced =
        parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced
        && !is_form
    {
        file.announce(start.saturating_add(length))?;
    }
    let mut told = Told { name: decoded(tail), content_type: content_type.to_owned() };
    match pump(state, &mut file, body, form, &mut told).await {
        // It may go on from here, if it can.
        Err(cut @ (Refusal::Cut | Refusal::Slow)) => {
            file.pause().await?;
            return Err(cut);
        }
        other => other?,
    }
    if let Brings::Range { last, total, .. } = brings {
        if file.size() != last + 1 {
            file.pause().await?;
            return Err(Refusal::Malformed("Content-Range tells of more or less than came"));
        }
        if total.is_some_and(|total| last + 1 < total) {
            return Ok(so_far(file.pause().await?));
        }
    }
    if file.size() == 0 {
        return Err(Refusal::Malformed("it is empty"));
    }
    file.finish(&told.name, &told.content_type).await?;
    let status = if parts.method == Method::PUT { StatusCode::CREATED } else { StatusCode::OK };
    Ok(safe((status, "received\n").into_response()))
}

/// What a station says of its file.
struct Told {
    name: String,
    content_type: String,
}

/// Writes what comes until it ends, within the time that it may take.
async fn pump(
    state: &WebState,
    file: &mut Receiving,
    mut body: BodyDataStream,
    mut form: Option<Form>,
    told: &mut Told,
) -> Result<(), Refusal> {
    let settings = &state.app.config.files;
    let idle = Duration::from_secs(settings.idle_timeout_s);
    let (began, mut received, mut ended) = (Instant::now(), 0, form.is_none());
    loop {
        let deadline = (Instant::now() + idle).min(began + files::patience(settings, received));
        let chunk = match timeout_at(deadline, body.next()).await {
            Err(_) => return Err(Refusal::Slow),
            Ok(Some(Err(_))) => return Err(Refusal::Cut),
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) if ended => return Ok(()),
            Ok(None) => return Err(Refusal::Malformed("the form ends before its file does")),
        };
        received += chunk.len() as u64;
        let Some(form) = &mut form else {
            file.write(&chunk).await?;
            continue;
        };
        // What surrounds the file in a form has an end too.
        file.announce(received.saturating_sub(FORM_MAX))?;
        for piece in form.feed(&chunk).map_err(|error| Refusal::Malformed(error.0))? {
            match piece {
                Piece::File { name, content_type } => {
                    if !name.is_empty() {
                        told.name = name;
                    }
                    told.content_type = content_type;
                }
                Piece::Bytes(bytes) => file.write(&bytes).await?,
                Piece::End => ended = true,
            }
        }
    }
}

/// What may stand around the file in a form, bytes.
const FORM_MAX: u64 = 1024 * 1024;

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An upload that is not whole, as resumable uploads are answered elsewhere: `308` and what is here.
fn so_far(bytes: u64) -> Response {
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if bytes > 0 {
        put_header(&mut response, RANGE, &format!("bytes=0-{}", bytes - 1));
    }
    safe(response)
}

fn put_header(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Nobody keeps it, nobody takes it for a page.
fn safe(mut response: Response) -> Response {
    put_header(&mut response, CACHE_CONTROL, "no-store");
    put_header(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// Why not, in a line: stations keep it in their log, if anywhere.
fn refused(parts: &Parts, refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Unknown => StatusCode::NOT_FOUND,
        Refusal::Expired | Refusal::Used | Refusal::Gone => StatusCode::GONE,
        Refusal::Foreign => StatusCode::FORBIDDEN,
        Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Underway => StatusCode::CONFLICT,
        Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Elsewhere(_) => StatusCode::RANGE_NOT_SATISFIABLE,
        Refusal::Full => StatusCode::INSUFFICIENT_STORAGE,
        Refusal::Slow => StatusCode::REQUEST_TIMEOUT,
        Refusal::Cut | Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::Busy | Refusal::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    files::refused(refusal);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.to_string());
    if status.is_server_error() && !matches!(refusal, Refusal::Busy) {
        tracing::error!(peer, method = %parts.method, error = %refusal, "a transfer failed");
    } else {
        tracing::warn!(peer, method = %parts.method, reason = %refusal, "a transfer was refused");
    }
    // What a failing disk or database says is for us.
    let text = if status.is_server_error() && !matches!(refusal, Refusal::Busy | Refusal::Full) {
        "the server cannot take or give the file now; try again later\n".to_owned()
    } else {
        format!("{refusal}\n")
    };
    let mut response = (status, text).into_response();
    match refusal {
        Refusal::Busy | Refusal::Store(_) | Refusal::Underway => put_header(&mut response, RETRY_AFTER, "30"),
        Refusal::Elsewhere(here) if *here > 0 => {
            put_header(&mut response, RANGE, &format!("bytes=0-{}", here - 1))
        }
        _ => {}
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        // Whatever is still to come is not read.
        put_header(&mut response, CONNECTION, "close");
    }
    safe(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn an_upload_says_which_bytes_it_brings() {
        let read = |value: &str| brings(&headers(CONTENT_RANGE, value));
        assert_eq!(brings(&HeaderMap::new()).unwrap(), Brings::All);
        let range = |start, last, total| Brings::Range { start, last, total };
        assert_eq!(read("bytes 5-9/10").unwrap(), range(5, 9, Some(10)));
        assert_eq!(read("bytes 5-9/*").unwrap(), range(5, 9, None));
        assert_eq!(read("bytes */10").unwrap(), Brings::Question);
        for wrong in ["bytes 9-5/10", "bytes 5-10/10", "bytes 5/10", "5-9/10", "bytes -5/10", "bytes a-b/c"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_station_may_say_who_it_is() {
        let said = format!("Basic {}", STANDARD.encode("CP 1:pass:word"));
        assert_eq!(basic_name(&headers(AUTHORIZATION, &said)).as_deref(), Some("CP 1"));
        assert_eq!(basic_name(&headers(AUTHORIZATION, "Bearer abc")), None);
    }
}
