//! What was tried and given back of an order, and giving something back.

use super::{
    amount, order,
    refunds::{Refund, view},
    refused,
};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            again::Once,
            caller::Asker,
            input::{At, Sent, reference, text},
            op::Op,
            page::Page,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::{self, RefundWish},
    store::pay::{
        attempts::{self, AttemptRow},
        refunds,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Money";
const REASON_MAX: usize = 80;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/orders/{number}/attempts", "listAttempts", Scope::Money, list_attempts)
            .says(TAG, "Where and how an order was tried to be paid, in the order of time")
            .answers::<Page<Attempt>>(StatusCode::OK, "The first 200"),
        Op::get("/orders/{number}/refunds", "listRefunds", Scope::Money, list_refunds)
            .says(TAG, "What was given back of an order, or is to be")
            .answers::<Page<Refund>>(StatusCode::OK, "The first 200"),
        Op::post("/orders/{number}/refunds", "refund", Scope::Money, refund)
            .says(
                TAG,
                "Give something back of what an attempt took. Needs the scope `command` too: who may only look gives \
                 nothing back",
            )
            .body::<NewRefund>()
            .answers::<Page<Refund>>(StatusCode::ACCEPTED, "The order's refunds; it is on its way"),
    ]
}

/// A try at one merchant account. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentAttempt")]
struct Attempt {
    id: String,
    number: String,
    account: String,
    method: String,
    state: String,
    currency: String,
    amount_minor: i64,
    held_minor: i64,
    taken_minor: i64,
    returned_minor: i64,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    /// Of the order; it took the money.
    attempt_id: String,
    /// Whole smallest units, more than nothing.
    #[schemars(range(min = 1))]
    amount_minor: i64,
    #[serde(default)]
    #[schemars(length(max = 80))]
    reason: String,
}

async fn list_attempts(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<Json<Page<Attempt>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let order = order(&mut tx, &number).await?;
    let found = attempts::of_order(&mut tx, order.id).await?;
    Ok(Json(Page { items: found.into_iter().map(attempt).collect(), next: None }))
}

async fn list_refunds(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<Json<Page<Refund>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let order = order(&mut tx, &number).await?;
    let found = refunds::of_order(&mut tx, order.id).await?;
    Ok(Json(Page {
        items: found.into_iter().map(|row| view(row, Some(number.clone()))).collect(),
        next: None,
    }))
}

async fn refund(
    state: State<WebState>,
    asker: Asker,
    once: Once,
    At(number): At<String>,
    Sent(wish): Sent<NewRefund>,
) -> Result<(StatusCode, Json<Page<Refund>>), Problem> {
    asker.may(Scope::Command)?;
    let order = order(&mut state.app.db.read().await?, &number).await?;
    let attempt = reference("attempt_id", &wish.attempt_id)?;
    let reason = text("reason", &wish.reason, REASON_MAX)?;
    let amount = amount(wish.amount_minor, &order.currency)?;
    let key = once.name().map(|name| format!("{} {name}", asker.id()));
    let asked = RefundWish { attempt, amount, reason: &reason, by: &asker.name, key: key.as_deref() };
    pay::refund(&state.app, &number, &asked).await.map_err(|error| refused(error, &number))?;
    tracing::info!(order = number, %amount, by = asker.name, "a refund was asked for");
    Ok((StatusCode::ACCEPTED, list_refunds(state, At(number)).await?))
}

fn attempt(row: AttemptRow) -> Attempt {
    Attempt {
        id: row.id.to_string(),
        number: row.number,
        account: row.account,
        method: row.method,
        state: row.state,
        currency: row.currency,
        amount_minor: row.amount_minor,
        held_minor: row.held_minor,
        taken_minor: row.taken_minor,
        returned_minor: row.returned_minor,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}
