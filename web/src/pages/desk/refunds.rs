//! The list of refunds.

use super::{
    super::{ROWS, turn},
    refusal_text,
};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::desk::{RefundLine, RefundsPage, amount, step_tone},
};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use chrono::{DateTime, Utc};
use csms::store::pay::refunds::{self, Filter, RefundRow};
use serde::Deserialize;

/// Refunds that failed and are listed above the others.
const FAILED: i64 = 50;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/refunds", get(list))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let before = wanted.before.parse().ok();
    let filter = RefundsPage::FILTERS.into_iter().find(|filter| *filter == wanted.filter).unwrap_or("open");
    let open = filter == "open";
    let mut tx = state.app.db.read().await?;
    let of = Filter { open, ..Filter::default() };
    let mut found = refunds::list(&mut tx, &of, before, ROWS + 1).await?;
    let mut failed = if open && before.is_none() {
        let of = Filter { state: Some("failed".to_owned()), ..Filter::default() };
        refunds::list(&mut tx, &of, None, FAILED + 1).await?
    } else {
        Vec::new()
    };
    drop(tx);
    let more_failed = failed.len() > FAILED as usize;
    failed.truncate(FAILED as usize);
    let query = [("filter", wanted.filter.as_str())];
    visit.show(&RefundsPage {
        filter: filter.to_owned(),
        filters: RefundsPage::FILTERS,
        failed: failed.into_iter().map(|row| line(row, now)).collect(),
        more_failed,
        pager: turn(&mut found, "/refunds", &query, ("before", before.is_some()), |row| row.id.to_string()),
        rows: found.into_iter().map(|row| line(row, now)).collect(),
    })
}

/// A refund as it is shown.
pub fn line(row: RefundRow, now: DateTime<Utc>) -> RefundLine {
    let open = !matches!(row.state.as_str(), "done" | "failed");
    RefundLine {
        id: row.id,
        order: row.order_id,
        amount: amount(row.amount_minor, &row.currency),
        refusal: refusal_text(&row.refusal),
        overdue: open && row.due_at < now,
        tone: step_tone(&row.state),
        number: row.number,
        reference: row.reference,
        kind: row.kind,
        state: row.state,
        reason: row.reason,
        asked_by: row.asked_by,
        due_at: row.due_at,
        done_at: row.done_at,
        created_at: row.created_at,
    }
}
