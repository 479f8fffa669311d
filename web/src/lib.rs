//! Console and driver pages, REST API: thin views over the central system.
//!
//! [`router`] has every route; [`serve()`] runs it on a listener with deadlines and a bound on connections. A page is a
//! handler in `pages/` that reads rows, fills a typed context of `view/` and renders it. Whoever asks is known before
//! a handler runs: `login::Visit` and `login::Signed` are the proofs.

mod api;
mod assets;
mod drive;
mod files;
mod front;
mod health;
mod i18n;
mod live;
mod login;
mod pages;
mod peer;
mod sandbox;
mod serve;
mod shed;
mod state;
mod view;

pub use serve::{serve, serve_files};
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
        .merge(drive::routes(&state))
        .nest("/api", api::routes(&state))
        .merge(live::routes())
        .merge(health::routes())
        .merge(assets::routes())
        .merge(sandbox::routes(&state))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::wrong_method);
    let guarded = |routes: Router<WebState>| {
        routes
            .layer(middleware::from_fn_with_state(state.clone(), front::guard))
            .layer(middleware::from_fn_with_state(state.clone(), shed::admit))
    };
    let content = guarded(content)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT));
    // An image is large and may be slow: its form, and what programs bring, have limits of their own.
    let content = content
        .merge(guarded(pages::uploads()))
        .layer(CompressionLayer::new())
        .merge(guarded(Router::new().nest("/api", api::slow_routes(&state))));
    // Stations' files have limits of their own.
    let whole =
        if state.app.config.files.listen.is_empty() { content.merge(files::routes()) } else { content };
    whole.with_state(state)
}

/// The routes of a listener for stations' files alone.
fn files_router(state: WebState) -> Router {
    files::routes().with_state(state)
}
