//! What has happened to one order: its story, what providers have told, its limits, and how its accounts were chosen.

use super::order;
use crate::{
    WebState,
    api::{
        Problem,
        v1::{input::At, op::Op, page::Page},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::pay::{
        attempts,
        inbox::{self, InboxRow},
        limits,
        story::{self, StoryRow},
    },
};
use payments::routing::{Considered, Decision};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

const TAG: &str = "Money";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/orders/{number}/story", "getOrderStory", Scope::Money, tell)
            .says(TAG, "All that has happened to an order, from the beginning; at most 500 lines")
            .answers::<Page<Line>>(StatusCode::OK, "All of it, 500 lines at most"),
        Op::get("/orders/{number}/notices", "listNoticesOfOrder", Scope::Money, notices)
            .says(TAG, "What providers have told of an order by themselves, and what was made of it")
            .answers::<Page<Notice>>(StatusCode::OK, "All of them, 200 at most"),
        Op::get("/orders/{number}/limits", "getOrderLimits", Scope::Money, limits_of)
            .says(TAG, "What the driver wants at most: energy, time. Absent where the driver wants no limit")
            .answers::<Limits>(StatusCode::OK, "The limits"),
        Op::get("/orders/{number}/routes", "listRoutesOfOrder", Scope::Money, routes)
            .says(
                TAG,
                "Which merchant account each attempt went to, and what spoke for and against the others",
            )
            .answers::<Page<Route>>(StatusCode::OK, "All of them, 200 at most"),
    ]
}

/// A line of a story.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StoryLine")]
struct Line {
    at: DateTime<Utc>,
    kind: String,
    /// A merchant account, `driver`, who works here; empty: it happened by itself.
    by: String,
    body: Value,
}

/// A notification of a provider.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProviderNotice")]
pub struct Notice {
    id: String,
    account: String,
    order: Option<String>,
    /// What it says, in our words.
    fact: Value,
    /// What was made of it; `review:…`: it contradicts the books, and somebody has to look.
    verdict: String,
    /// How often it came.
    times: i64,
    received_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderLimits")]
struct Limits {
    energy_wh: Option<i64>,
    time_s: Option<i64>,
}

/// How the account of an attempt was chosen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AttemptRoute")]
struct Route {
    attempt_id: String,
    number: String,
    account: String,
    /// Absent: the choice was not made by the rule.
    decision: Option<Choice>,
}

/// A choice among merchant accounts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RouteDecision")]
pub struct Choice {
    chosen: Option<String>,
    /// `by_rule`, `wanted`, `fallback`, `refused` or `unable`.
    how: String,
    rule_version: i64,
    considered: Vec<One>,
}

/// An account, and what spoke for or against it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConsideredAccount")]
struct One {
    account: String,
    /// `chosen`, `good`, `method`, `cannot_hold`, `currency`, `amount`, `disabled`, `resting`, `too_expensive` or
    /// `too_unreliable`.
    verdict: String,
    /// Of the amount; decimal text.
    fee_percent: String,
    /// From statements, and not only agreed.
    fee_learnt: bool,
    tried: u64,
    succeeded: u64,
    /// With the rule's prior; decimal text.
    success_percent: String,
}

/// The word of an enum, as it is kept.
pub fn word<T: Serialize>(value: T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A decision as it goes out.
pub fn choice(decision: Decision) -> Choice {
    let one = |one: Considered| One {
        account: one.account,
        verdict: word(one.verdict),
        fee_percent: one.fee_percent.normalize().to_string(),
        fee_learnt: one.fee_learnt,
        tried: one.tried,
        succeeded: one.succeeded,
        success_percent: one.success_percent.normalize().to_string(),
    };
    Choice {
        chosen: decision.chosen,
        how: word(decision.how),
        rule_version: decision.rule_version,
        considered: decision.considered.into_iter().map(one).collect(),
    }
}

async fn tell(State(state): State<WebState>, At(number): At<String>) -> Result<Json<Page<Line>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = order(&mut tx, &number).await?;
    let found = story::of_order(&mut tx, row.id).await?;
    let line = |row: StoryRow| Line { at: row.at, kind: row.kind, by: row.by_whom, body: json(&row.body) };
    Ok(Json(Page { items: found.into_iter().map(line).collect(), next: None }))
}

async fn notices(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<Json<Page<Notice>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = order(&mut tx, &number).await?;
    let found = inbox::of_order(&mut tx, row.id).await?;
    let items = found.into_iter().map(|notice| view(notice, Some(row.number.clone()))).collect();
    Ok(Json(Page { items, next: None }))
}

/// A fact without the provider's names of the payer and of what is left with it.
fn nameless(mut fact: Value) -> Value {
    match &mut fact {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "payer" | "on_file" | "customer"));
            fields.values_mut().for_each(|value| *value = nameless(value.take()));
        }
        Value::Array(all) => all.iter_mut().for_each(|value| *value = nameless(value.take())),
        _ => {}
    }
    fact
}

/// A notification as it goes out. What it said word by word stays here.
pub fn view(row: InboxRow, order: Option<String>) -> Notice {
    Notice {
        id: row.id.to_string(),
        account: row.account,
        order,
        fact: nameless(json(&row.fact)),
        verdict: row.verdict,
        times: row.times,
        received_at: row.received_at,
    }
}

async fn limits_of(State(state): State<WebState>, At(number): At<String>) -> Result<Json<Limits>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = order(&mut tx, &number).await?;
    let found = limits::of_order(&mut tx, row.id).await?;
    let (energy_wh, time_s) = found.map(|row| (row.energy_wh, row.time_s)).unwrap_or_default();
    Ok(Json(Limits { energy_wh, time_s }))
}

async fn routes(State(state): State<WebState>, At(number): At<String>) -> Result<Json<Page<Route>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = order(&mut tx, &number).await?;
    let found = attempts::of_order(&mut tx, row.id).await?;
    let route = |row: attempts::AttemptRow| Route {
        attempt_id: row.id.to_string(),
        decision: serde_json::from_str(&row.route).ok().map(choice),
        number: row.number,
        account: row.account,
    };
    Ok(Json(Page { items: found.into_iter().map(route).collect(), next: None }))
}

/// JSON that is kept as text; what is none is `null`.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_goes_out_without_the_providers_names_of_the_payer() {
        let fact = serde_json::json!({
            "Payment": { "state": "Held", "payer": "cus_1", "instrument": { "last4": "4242", "on_file": ["cus_1", "pm_1"] } },
            "more": [{ "customer": "cus_1" }],
        });
        let told = serde_json::json!({
            "Payment": { "state": "Held", "instrument": { "last4": "4242" } }, "more": [{}],
        });
        assert_eq!(nameless(fact), told);
    }
}
