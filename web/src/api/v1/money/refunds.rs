//! Refunds of all orders: what is on its way, what has failed and needs a person.

use super::{Numbers, refused};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            etag::Tagged,
            input::{Asked, At, Sent, text},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay,
    store::pay::refunds::{self, Filter, RefundRow},
};
use payments::provider::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Money";
const NOTE_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/refunds", "listAllRefunds", Scope::Money, list)
            .says(
                TAG,
                "Refunds of all orders, the newest first. One that has failed is asked for anew at its order",
            )
            .query::<Wanted>()
            .answers::<Page<Refund>>(StatusCode::OK, "A page"),
        Op::get("/refunds/{number}", "getRefund", Scope::Money, show)
            .says(TAG, "One refund, by its number")
            .answers::<Refund>(StatusCode::OK, "The refund")
            .tagged(),
        Op::post("/refunds/{number}/returned", "refundReturnedElsewhere", Scope::Money, returned)
            .says(
                TAG,
                "Say that a refund that has failed was given back elsewhere, e.g. at the provider of a station's \
                 terminal. It counts as done. Needs the scope `command` too",
            )
            .body::<ReturnedElsewhere>()
            .answers::<Refund>(StatusCode::OK, "The refund; said again it is the same")
            .problem(StatusCode::CONFLICT, "It is on its way, or another refund has made it good"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RefundFilter")]
struct Wanted {
    /// `new`, `sending`, `unknown`, `waiting`, `done` or `failed`.
    state: Option<String>,
    /// Why: by itself, or as goodwill.
    kind: Option<String>,
    /// Only those that are on their way.
    #[serde(default)]
    open: bool,
    /// Promised to be done before this instant.
    due_before: Option<DateTime<Utc>>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Money on its way back, with the order that it is of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refund {
    number: String,
    order: Option<String>,
    attempt_id: String,
    /// Why: by itself, or as goodwill.
    kind: String,
    currency: String,
    amount_minor: i64,
    reason: String,
    state: String,
    /// Why the provider has refused it, in its code and words.
    refusal: Option<String>,
    asked_by: String,
    due_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Refund>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter =
        Filter { state: wanted.state, kind: wanted.kind, due_before: wanted.due_before, open: wanted.open };
    let mut tx = state.app.db.read().await?;
    let found = refunds::list(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    let refund = |row: RefundRow| {
        let order = numbers.get(row.order_id);
        view(row, order)
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), refund)))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Refund>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = refunds::by_number(&mut tx, &number).await?;
    let row = row.ok_or_else(|| problem::missing("refund", &number))?;
    let numbers = Numbers::of(&mut tx, [row.order_id].into_iter()).await?;
    let order = numbers.get(row.order_id);
    Ok(Tagged(view(row, order)))
}

/// How it was given back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReturnedElsewhere {
    /// Where and how, for whoever reads the order later.
    note: String,
}

async fn returned(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(told): Sent<ReturnedElsewhere>,
) -> Result<Json<Refund>, Problem> {
    asker.may(Scope::Command)?;
    if refunds::by_number(&mut state.app.db.read().await?, &number).await?.is_none() {
        return Err(problem::missing("refund", &number));
    }
    let note = text("note", &told.note, NOTE_MAX)?;
    pay::returned_elsewhere(&state.app, &number, &note, &asker.name)
        .await
        .map_err(|error| refused(error, &number))?;
    tracing::info!(refund = number, by = asker.name, "a refund was given back elsewhere");
    let mut tx = state.app.db.read().await?;
    let row = refunds::by_number(&mut tx, &number).await?;
    let row = row.ok_or_else(|| problem::missing("refund", &number))?;
    let numbers = Numbers::of(&mut tx, [row.order_id].into_iter()).await?;
    let order = numbers.get(row.order_id);
    Ok(Json(view(row, order)))
}

pub fn view(row: RefundRow, order: Option<String>) -> Refund {
    let refusal = serde_json::from_str::<Refusal>(&row.refusal).ok();
    Refund {
        number: row.number,
        order,
        attempt_id: row.attempt_id.to_string(),
        kind: row.kind,
        currency: row.currency,
        amount_minor: row.amount_minor,
        reason: row.reason,
        state: row.state,
        refusal: refusal.map(|refusal| format!("{}: {}", refusal.code, refusal.text)),
        asked_by: row.asked_by,
        due_at: row.due_at,
        done_at: row.done_at,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}
