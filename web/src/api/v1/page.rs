//! Lists: a page of rows and the way to the next one.

use super::problem;
use crate::api::{Problem, ROWS, ROWS_MAX};
use schemars::JsonSchema;
use serde::Serialize;

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// To be given as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Rows of a page: as many as wanted, within bounds.
///
/// # Errors
/// It is out of bounds.
pub fn limit(wanted: Option<i64>) -> Result<i64, Problem> {
    match wanted.unwrap_or(ROWS) {
        rows @ 1..=ROWS_MAX => Ok(rows),
        _ => Err(problem::query(format!("limit: from 1 to {ROWS_MAX}"))),
    }
}

/// A cursor that no page has given.
pub fn lost() -> Problem {
    problem::query("cursor: give the `next` of the page before")
}

/// A cursor that is a row's number.
///
/// # Errors
/// It is not one of ours.
pub fn after(cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    match cursor {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(lost()),
        },
    }
}

/// A cursor of several texts: the last row's, as JSON.
pub fn joined(parts: &[&str]) -> String {
    serde_json::to_string(parts).unwrap_or_default()
}

/// Reads a cursor of so many texts.
///
/// # Errors
/// It is not one of ours.
pub fn parts<const N: usize>(cursor: Option<&str>) -> Result<Option<[String; N]>, Problem> {
    let Some(text) = cursor else { return Ok(None) };
    let parts = serde_json::from_str::<Vec<String>>(text).ok().and_then(|parts| parts.try_into().ok());
    parts.map(Some).ok_or_else(lost)
}

/// A number of ours in the query.
///
/// # Errors
/// It is none.
pub fn number(name: &str, text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| problem::query(format!("{name}: {text:?} is no id of ours")))
}

impl<T> Page<T> {
    /// `rows` may hold one more than `limit`: then there is a next page, which begins after the last one shown.
    pub fn new<R>(
        mut rows: Vec<R>,
        limit: i64,
        cursor: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Page { items: rows.into_iter().map(item).collect(), next }
    }
}
