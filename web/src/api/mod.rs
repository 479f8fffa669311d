//! The REST API for programs. Ids are texts, since JavaScript's numbers end at 2⁵³; energies are whole milliwatt-hours, money is
//! decimal text beside its currency, instants are RFC 3339 in UTC.

mod problem;
mod sessions;
mod tariffs;
mod v1;

pub use problem::Problem;
pub use v1::Shared;
#[cfg(test)]
pub use v1::docs_page;

use crate::WebState;
use axum::{Router, routing::get};

/// Rows of a page when the caller does not say, and at most.
const ROWS: i64 = 50;
const ROWS_MAX: i64 = 199;

/// The routes, below `/api`.
pub fn routes(state: &WebState) -> Router<WebState> {
    Router::new().nest("/v1", v1::routes(state)).route("/docs", get(v1::docs))
}

/// Routes whose requests may take their time, below `/api` too.
pub fn slow_routes(state: &WebState) -> Router<WebState> {
    Router::new().nest("/v1", v1::slow_routes(state))
}
