//! Pages of drivers: what a code leads to, an order from the click to the receipt, and the orders of a browser. Nobody
//! logs in; whoever has an order's number may look at it and act on it.
//!
//! A GET changes nothing, whoever sends it: chat programs and virus scanners look at links too. What changes something
//! is a form of ours, with a token that belongs to the browser's cookie and to the order.

mod acts;
mod history;
mod invoice;
mod kiosk;
mod landing;
mod limit;
mod money;
mod nearby;
mod notify;
mod order;
mod phase;
mod place;
mod push;
mod receipt;
mod running;
mod seal;
mod visitor;
mod way;
mod ways;

pub(crate) use acts::base_url;

use crate::{
    WebState,
    api::Problem,
    front::Fail,
    login::frame_of,
    peer::{Peer, network},
    view::{self, DriveNote, ErrorPage},
};
use axum::{
    RequestExt, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::RETRY_AFTER},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};
use csms::pay::PayError;
pub use invoice::may_ask;
use limit::{Gate, Key};
use seal::Seal;
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};

/// Pages of drivers that are kept fresh at one time; beyond, a page asks by itself.
const LIVE_MAX: usize = 1_000;

/// What the pages of drivers share.
#[derive(Debug)]
pub struct Shared {
    pub gate: Gate,
    pub map: nearby::Map,
    pub live: Arc<Semaphore>,
    seal: OnceCell<Seal>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            gate: Gate::default(),
            map: nearby::Map::default(),
            live: Arc::new(Semaphore::new(LIVE_MAX)),
            seal: OnceCell::new(),
        }
    }
}

/// The seal of this installation.
async fn seal(state: &WebState) -> Result<&Seal, Fail> {
    state.drive.seal.get_or_try_init(|| Seal::load(&state.app.db)).await.map_err(|error| match error {
        seal::SealError::Store(error) => Fail::Store(error),
        seal::SealError::Random(error) => {
            tracing::error!(%error, "the system has no randomness");
            Fail::Busy
        }
    })
}

/// The routes. Notifications of providers come before everything that drivers can crowd.
pub fn routes(state: &WebState) -> Router<WebState> {
    let pages = Router::new()
        .merge(landing::routes())
        .merge(order::routes())
        .merge(acts::routes())
        .merge(history::routes())
        .merge(kiosk::routes())
        .merge(receipt::routes())
        .merge(invoice::routes())
        .merge(push::routes());
    pages.layer(middleware::from_fn_with_state(state.clone(), frame)).merge(notify::routes())
}

/// Limits what an address may ask for, and says in a driver's words why a page cannot be shown.
async fn frame(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let now = state.app.clock.now();
    let mut shell = frame_of(&state, request.uri(), request.headers());
    shell.fragment = false;
    let address = match request.extract_parts_with_state::<Peer, _>(&state).await {
        Ok(Peer(peer)) => network(peer),
        Err(problem) => return Problem::into_response(problem),
    };
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let key = if looks { Key::Look(address) } else { Key::Act(address) };
    let open = state.drive.gate.is_open(Key::Miss(address), now) && state.drive.gate.pass(key, now);
    let mut response = if open { next.run(request).await } else { limited().into_response() };
    if response.status() == StatusCode::NOT_FOUND {
        state.drive.gate.pass(Key::Miss(address), now);
    }
    let note =
        match (response.extensions_mut().remove::<Note>(), response.extensions_mut().remove::<ErrorPage>()) {
            (Some(Note(note)), _) => note,
            (None, Some(page)) => of_error(&page),
            (None, None) => return response,
        };
    let status = StatusCode::from_u16(note.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match view::render(&note, &shell) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a note to a driver could not be made");
            status.into_response()
        }
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

/// A note on its way to [`frame`].
#[derive(Debug, Clone)]
struct Note(DriveNote);

impl IntoResponse for Note {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn limited() -> Note {
    Note(DriveNote { status: 429, word: "limited", help: None })
}

/// The form was not made for this browser, or long ago.
fn stale(back: &str) -> Note {
    Note(DriveNote { status: 403, word: "stale", help: Some([back.to_owned(), "try-again".to_owned()]) })
}

fn of_error(page: &ErrorPage) -> DriveNote {
    let word = match page.word {
        "not-found" => "not-found",
        "busy" => "busy",
        "stale-form" | "bad-request" | "forbidden" => "stale",
        _ => "broken",
    };
    DriveNote { status: page.status, word, help: None }
}

/// Why there is no page: what is told to the driver as a note, and what is our own failure.
fn refused(error: PayError) -> Response {
    let note = |status, word| Note(DriveNote { status, word, help: None }).into_response();
    match error {
        PayError::NoCode => note(404, "unknown-code"),
        PayError::CodeExpired => note(410, "expired"),
        PayError::NoOrder => note(404, "unknown-order"),
        error => Fail::Pay(error).into_response(),
    }
}

/// The word of `refusal` for a click that did not work; `None`: there is no page to say it on.
fn word_of(error: &PayError) -> Option<&'static str> {
    match error {
        PayError::Changed
        | PayError::Busy
        | PayError::NotReady(_)
        | PayError::NotNow(_)
        | PayError::Expired
        | PayError::TooMany
        | PayError::Denied(_)
        | PayError::Refused(_)
        | PayError::Waiting
        | PayError::NoWay
        | PayError::NoPrice
        | PayError::Amount(_)
        | PayError::Voucher(_) => Some(error.word()),
        PayError::NoCode
        | PayError::CodeExpired
        | PayError::NoOrder
        | PayError::NoDriver
        | PayError::TakenToken
        | PayError::NoAccount(_)
        | PayError::Random(_)
        | PayError::Store(_)
        | PayError::Ledger(_)
        | PayError::Unreadable { .. } => None,
    }
}
