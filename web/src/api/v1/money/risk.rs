//! What was decided about payments, and who may not pay.

use super::{Numbers, order_id};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id},
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
    risk::blocks,
    store::risk::{
        decisions::{self, DecisionRow, Filter},
        events::{self, SubjectRow},
    },
};
use payments::risk::{
    Decision as Decided,
    rules::{Language, Subject},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Risk";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/risk/decisions", "listRiskDecisions", Scope::Money, list)
            .says(TAG, "What was decided about payments, the newest first, with what spoke for and against them")
            .query::<Wanted>()
            .answers::<Page<Decision>>(StatusCode::OK, "A page"),
        Op::get("/risk/decisions/{id}", "getRiskDecision", Scope::Money, show)
            .says(TAG, "One decision, with all that was looked at")
            .answers::<Whole>(StatusCode::OK, "The decision"),
        Op::get("/risk/blocks", "listRiskBlocks", Scope::Money, list_blocks)
            .says(TAG, "Who may not pay now. `key` is a keyed hash: it says nothing of who it is")
            .query::<BlocksWanted>()
            .answers::<Page<Block>>(StatusCode::OK, "A page"),
        Op::put("/risk/blocks/{kind}/{key}", "putRiskBlock", Scope::Money, block)
            .says(
                TAG,
                "Refuse payments of a driver, device, card, address, phone or wallet that a payment was of before, until an \
                 instant. Needs the scope `config` too",
            )
            .body::<Until>()
            .answers::<Block>(StatusCode::OK, "It is blocked"),
        Op::delete("/risk/blocks/{kind}/{key}", "deleteRiskBlock", Scope::Money, unblock)
            .says(TAG, "Let payments of it go on again. Needs the scope `config` too")
            .done("It is not blocked any more"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskDecisionFilter")]
struct Wanted {
    /// Number of an order.
    order: Option<String>,
    /// `allow`, `review`, `step_up` or `deny`.
    outcome: Option<String>,
    /// At which this rule hit.
    rule: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A decision about a click on "pay".
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskDecision")]
struct Decision {
    id: String,
    order: Option<String>,
    at: DateTime<Utc>,
    /// `allow`, `review`, `step_up` or `deny`.
    outcome: String,
    rules_version: i64,
    /// The model that was asked; absent: none was.
    model: Option<String>,
    /// It was outside of what the model finds usual.
    outside: Option<bool>,
    /// What spoke for or against it.
    words: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WholeRiskDecision")]
struct Whole {
    #[serde(flatten)]
    decision: Decision,
    /// All that was looked at.
    body: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskBlockFilter")]
struct BlocksWanted {
    /// `driver`, `device`, `card`, `address`, `phone` or `wallet`.
    kind: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Somebody who may not pay.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskBlock")]
struct Block {
    kind: String,
    key: String,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    blocked_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRiskBlock")]
struct Until {
    until: DateTime<Utc>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Decision>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter = Filter {
        order: order_id(&mut tx, wanted.order.as_deref()).await?,
        outcome: wanted.outcome,
        rule: wanted.rule,
    };
    let found = decisions::page(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(row, &numbers))))
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Whole>, Problem> {
    let number = id("decision", &text)?;
    let mut tx = state.app.db.read().await?;
    let row = decisions::find(&mut tx, number).await?.ok_or_else(|| problem::missing("decision", &text))?;
    let numbers = Numbers::of(&mut tx, [row.order_id].into_iter()).await?;
    let body = super::story::json(&row.body);
    Ok(Json(Whole { decision: view(row, &numbers), body }))
}

/// What spoke for or against a payment, in sentences.
pub fn words(body: &str) -> Vec<String> {
    serde_json::from_str::<Decided>(body)
        .map(|decision| decision.words(Language::English))
        .unwrap_or_default()
}

fn view(row: DecisionRow, numbers: &Numbers) -> Decision {
    Decision {
        id: row.id.to_string(),
        order: numbers.get(row.order_id),
        at: row.at,
        outcome: row.outcome,
        rules_version: row.rules_version,
        model: Some(row.model).filter(|model| !model.is_empty()),
        outside: row.outside,
        words: words(&row.body),
    }
}

fn subject(kind: &str) -> Result<Subject, Problem> {
    let found = blocks::BLOCKABLE.into_iter().find(|subject| subject.word() == kind);
    found.ok_or_else(|| {
        let words: Vec<&str> = blocks::BLOCKABLE.iter().map(|subject| subject.word()).collect();
        Problem::not_found().detail(format!("{kind:?} is nobody who pays: {}", words.join(", ")))
    })
}

async fn list_blocks(
    State(state): State<WebState>,
    Asked(wanted): Asked<BlocksWanted>,
) -> Result<Json<Page<Block>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::parts::<2>(wanted.cursor.as_deref())?;
    let after = after.as_ref().map(|[kind, key]| (kind.as_str(), key.as_str()));
    let now = state.app.clock.now();
    let mut tx = state.app.db.read().await?;
    let found = events::blocked(&mut tx, wanted.kind.as_deref(), now, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| page::joined(&[&row.kind, &row.key]), view_block)))
}

fn view_block(row: SubjectRow) -> Block {
    Block {
        kind: row.kind,
        key: row.key,
        first_at: row.first_at,
        last_at: row.last_at,
        blocked_until: row.blocked_until,
    }
}

async fn block(
    State(state): State<WebState>,
    asker: Asker,
    At((kind, key)): At<(String, String)>,
    Sent(Until { until }): Sent<Until>,
) -> Result<Json<Block>, Problem> {
    asker.may(Scope::Config)?;
    let of = subject(&kind)?;
    let now = state.app.clock.now();
    if until <= now {
        return Err(problem::field("until", "it is over"));
    }
    let mut tx = state.app.db.write().await?;
    if !blocks::block(&mut tx, &state.app.ids, (of, &key), Some(until), &asker.name, now).await? {
        return Err(problem::missing(of.word(), &key));
    }
    let row = events::subject(&mut tx, &kind, &key).await?.ok_or_else(Problem::broken)?;
    tx.commit().await?;
    Ok(Json(view_block(row)))
}

async fn unblock(
    State(state): State<WebState>,
    asker: Asker,
    At((kind, key)): At<(String, String)>,
) -> Result<StatusCode, Problem> {
    asker.may(Scope::Config)?;
    let of = subject(&kind)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.write().await?;
    if !blocks::block(&mut tx, &state.app.ids, (of, &key), None, &asker.name, now).await? {
        return Err(problem::missing(of.word(), &key));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
