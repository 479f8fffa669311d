//! Console and driver pages, REST API: thin views over the central system.
//!
//! [`router`] has every route; [`serve()`] runs it on a listener with deadlines and a bound on connections. A page is a
//! handler in `pages/` that reads rows, fills a typed context of `view/` and renders it. Whoever asks is known before
//! a handler runs: `login::Visit` and `login::Signed` are the proofs.

mod api;
mod assets;
mod front;
mod health;
mod i18n;
mod live;
mod login;
mod pages;
mod serve;
mod state;
mod view;

pub use serve::serve;
pub use state::{Outside, WebState};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
use std::time::Duration;
use tower_http::{compression::CompressionLayer, timeout::TimeoutLayer};

/// A form or a JSON body at most.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// From the request to the head of the answer. Calls of ours to a station may take their own time-out and a wait in
/// the queue; everything else is done in milliseconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);

/// All routes.
pub fn router(state: WebState) -> Router {
    let content = Router::new()
        .merge(pages::routes())
        .merge(login::routes())
        .nest("/api", api::routes())
        .merge(live::routes())
        .merge(health::routes())
        .merge(assets::routes())
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(state.clone(), front::guard));
    content
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(CompressionLayer::new())
        .with_state(state)
}
