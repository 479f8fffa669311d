//! JSON for programs: the first floor of the REST API. Ids are texts, since JavaScript's numbers end at 2⁵³; energies
//! are whole milliwatt-hours, money is decimal text beside its currency, instants are RFC 3339 in UTC.

mod attempts;
mod call;
mod problem;
mod sessions;
mod stations;
mod tariffs;

pub use problem::Problem;

use crate::WebState;
use axum::{
    Router,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

/// Rows of a page when the caller does not say, and at most.
const ROWS: i64 = 50;
const ROWS_MAX: i64 = 199;

/// The routes, below `/api`.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations", get(stations::list))
        .route("/stations/{id}", get(stations::show))
        .route("/stations/{id}/call", post(call::call))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", get(sessions::show))
        .route("/tariffs", get(tariffs::list))
        .route("/tariffs/{id}", get(tariffs::show))
        .route("/attempts", get(attempts::list))
}

/// A page of a list.
#[derive(Debug, Serialize)]
struct Listing<T> {
    items: Vec<T>,
    /// To be given as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Listing<T> {
    /// `rows` may hold one more than `limit`: then there is a next page, which begins after the last one shown.
    fn new<R>(
        mut rows: Vec<R>,
        limit: i64,
        cursor: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Listing<T> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Listing { items: rows.into_iter().map(item).collect(), next }
    }
}

/// What every list takes.
#[derive(Debug, Default, Deserialize)]
struct Paging {
    limit: Option<i64>,
    cursor: Option<String>,
}

impl Paging {
    fn limit(&self) -> i64 {
        self.limit.unwrap_or(ROWS).clamp(1, ROWS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_given_only_where_there_is_more() {
        let page = Listing::new(vec![1, 2, 3], 2, ToString::to_string, |n| n);
        assert_eq!((page.items, page.next.as_deref()), (vec![1, 2], Some("2")));
        let page = Listing::new(vec![1, 2], 2, ToString::to_string, |n| n);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }

    #[test]
    fn limits_are_bounded() {
        let limit = |limit| Paging { limit, cursor: None }.limit();
        assert_eq!([limit(None), limit(Some(0)), limit(Some(10_000))], [ROWS, 1, ROWS_MAX]);
    }
}
