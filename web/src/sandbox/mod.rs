//! The sandbox's front: its API for merchants, the page on which a person plays the payer, its books. There only where
//! the settings have an account of a sandbox that is kept here.

mod books;
mod page;
mod service;

use crate::WebState;
use axum::{
    Router,
    routing::{any, get, post},
};

/// The routes.
pub fn routes(state: &WebState) -> Router<WebState> {
    if state.app.sandbox.accounts().is_empty() {
        return Router::new();
    }
    Router::new()
        .route("/sandbox", get(books::show))
        .route("/sandbox/answers", post(books::answers))
        .route("/sandbox/pay/{reference}", get(page::show).post(page::play))
        .route("/sandbox/v1/{*path}", any(service::serve))
}
