//! "Tell me on this phone": a browser subscribes itself to Web Push, and the file that shows what comes.

use super::{acts, refused, seal, stale, visitor::Visitor};
use crate::{WebState, front::Fail, view::PushView};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use csms::{
    messages::push::{self, PushFault, Subscription},
    pay::PayError,
    store::pay::orders,
};
use serde::Deserialize;

/// Shows what a push service brings. Its path decides which pages it is for, and browsers ask for it anew by
/// themselves, so it has no tag of its content.
const WORKER: &str = include_str!("../../assets/worker.js");

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/o/worker.js", get(worker)).route("/o/{number}/push", post(keep))
}

async fn worker() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, WORKER).into_response()
}

/// What the button needs; `None`: nothing is pushed.
pub async fn view(state: &WebState) -> Option<PushView> {
    match push::public_key(&state.app).await {
        Ok(key) => key.map(|key| PushView { key }),
        Err(error) => {
            tracing::error!(%error, "drivers cannot be offered to be told on their phones");
            None
        }
    }
}

#[derive(Deserialize)]
struct Sent {
    token: String,
    endpoint: String,
    #[serde(default)]
    p256dh: String,
    #[serde(default)]
    auth: String,
    /// `yes`: the browser is not to be told any more.
    #[serde(default)]
    off: String,
}

async fn keep(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    let fail = |error: Fail| error.into_response();
    let foreign = || stale(&format!("/o/{}", crate::pages::encoded(&number))).into_response();
    if !seal(&state).await.map_err(fail)?.holds("order", &acts::subject(&visitor, &number), &sent.token) {
        return Err(foreign());
    }
    let found = async { orders::by_number(&mut state.app.db.read().await?, &number).await };
    let order = found.await.map_err(|error| fail(Fail::Store(error)))?;
    let order = order.ok_or_else(|| refused(PayError::NoOrder))?;
    let contact = visitor.contact(&state).await.map_err(fail)?;
    if !visitor.owns(&order, &contact) {
        return Err(foreign());
    }
    if sent.off == "yes" {
        let done = push::unsubscribe(&state.app, &visitor.device, &sent.endpoint).await;
        done.map_err(|error| fail(Fail::Store(error)))?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let new = Subscription {
        endpoint: &sent.endpoint,
        p256dh: &sent.p256dh,
        auth: &sent.auth,
        device: &visitor.device,
        contact: &contact,
    };
    match push::subscribe(&state.app, &new).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(PushFault::Store(error)) => Err(fail(Fail::Store(error))),
        Err(PushFault::Key(error)) => Err(fail(Fail::Vault(error))),
        Err(fault) => {
            tracing::warn!(order = order.number, %fault, "a browser is not told: its subscription is not taken");
            Ok((StatusCode::UNPROCESSABLE_ENTITY, format!("{fault}\n")).into_response())
        }
    }
}
