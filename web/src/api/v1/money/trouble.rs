//! What of payments needs a person: tasks that were given up, notifications that contradict the books, disputes.

use super::{Numbers, order_id, story};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            input::Asked,
            op::Op,
            page::{self, Page},
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::pay::{
        disputes::{self, DisputeRow},
        inbox,
        tasks::{self, TaskRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Money";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/payment-tasks", "listPaymentTasks", Scope::Money, list_tasks)
            .says(
                TAG,
                "What has to be done outside for orders, the newest first. What was given up waits for `/orders/{number}/retry`",
            )
            .query::<TasksWanted>()
            .answers::<Page<Task>>(StatusCode::OK, "A page"),
        Op::get("/payment-notices", "listPaymentNotices", Scope::Money, list_notices)
            .says(TAG, "What providers have told by themselves, the newest first; `verdict=review`: what contradicts the books")
            .query::<NoticesWanted>()
            .answers::<Page<story::Notice>>(StatusCode::OK, "A page"),
        Op::get("/disputes", "listDisputes", Scope::Money, list_disputes)
            .says(TAG, "Payments that payers' banks have contested, the newest first")
            .query::<DisputesWanted>()
            .answers::<Page<Dispute>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaymentTaskFilter")]
struct TasksWanted {
    /// Number of an order.
    order: Option<String>,
    /// `waiting`, `done` or `given_up`.
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Something that is to be done outside.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentTask")]
struct Task {
    id: String,
    kind: String,
    order: Option<String>,
    attempt_id: Option<String>,
    amount_minor: i64,
    /// `waiting`, `done` or `given_up`.
    state: String,
    tries: i64,
    due_at: DateTime<Utc>,
    /// Why it came to nothing the last time.
    trouble: String,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaymentNoticeFilter")]
struct NoticesWanted {
    /// A beginning, e.g. `review`.
    verdict: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DisputeFilter")]
struct DisputesWanted {
    /// Only those that nobody has decided.
    #[serde(default)]
    open: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A payment that was contested. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
struct Dispute {
    id: String,
    order: Option<String>,
    attempt_id: String,
    account: String,
    /// The provider's name of it.
    reference: String,
    /// `open`, `won`, `lost`, …
    ruling: String,
    reason: String,
    currency: String,
    amount_minor: i64,
    /// Taken from us for now, or for good.
    withdrawn_minor: i64,
    reinstated_minor: i64,
    fee_currency: String,
    fee_minor: i64,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

async fn list_tasks(
    State(state): State<WebState>,
    Asked(wanted): Asked<TasksWanted>,
) -> Result<Json<Page<Task>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter =
        tasks::Filter { order: order_id(&mut tx, wanted.order.as_deref()).await?, state: wanted.state };
    let found = tasks::page(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    let task = |row: TaskRow| Task {
        id: row.id.to_string(),
        kind: row.kind,
        order: numbers.get(row.order_id),
        attempt_id: (row.attempt_id != 0).then(|| row.attempt_id.to_string()),
        amount_minor: row.amount_minor,
        state: row.state,
        tries: row.tries,
        due_at: row.due_at,
        trouble: row.trouble,
        created_at: row.created_at,
        done_at: row.done_at,
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), task)))
}

async fn list_notices(
    State(state): State<WebState>,
    Asked(wanted): Asked<NoticesWanted>,
) -> Result<Json<Page<story::Notice>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let found = inbox::list(&mut tx, wanted.verdict.as_deref(), before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().filter_map(|row| row.order_id)).await?;
    let view = |row: inbox::InboxRow| {
        let order = row.order_id.and_then(|order| numbers.get(order));
        story::view(row, order)
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn list_disputes(
    State(state): State<WebState>,
    Asked(wanted): Asked<DisputesWanted>,
) -> Result<Json<Page<Dispute>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let found = disputes::list(&mut tx, wanted.open, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    let dispute = |row: DisputeRow| Dispute {
        id: row.id.to_string(),
        order: numbers.get(row.order_id),
        attempt_id: row.attempt_id.to_string(),
        account: row.account,
        reference: row.reference,
        ruling: row.ruling,
        reason: row.reason,
        currency: row.currency,
        amount_minor: row.amount_minor,
        withdrawn_minor: row.withdrawn_minor,
        reinstated_minor: row.reinstated_minor,
        fee_currency: row.fee_currency,
        fee_minor: row.fee_minor,
        opened_at: row.opened_at,
        changed_at: row.changed_at,
        ended_at: row.ended_at,
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), dispute)))
}
