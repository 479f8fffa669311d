//! Payments that went on with a question mark: somebody looks at them, and says what they were.

use super::{Numbers, order_id, risk};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id, text},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    risk::cases::{self as acts, Resolution, Verdict},
    store::{
        Tx,
        risk::{
            cases::{self, CaseRow, Filter},
            decisions,
        },
    },
};
use payments::risk::rules::Subject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Risk";
const NOTE_MAX: usize = 500;
/// Of one payment: each kind once.
const BLOCKED_MAX: usize = 6;
/// What is blocked without an end is blocked for so long: a card changes hands, a phone number too.
const BLOCK: TimeDelta = TimeDelta::days(180);

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/risk/cases", "listRiskCases", Scope::Money, list)
            .says(TAG, "Payments that somebody has to look at, or has, the newest first")
            .query::<Wanted>()
            .answers::<Page<Case>>(StatusCode::OK, "A page"),
        Op::get("/risk/cases/{id}", "getRiskCase", Scope::Money, show)
            .says(TAG, "One case")
            .answers::<Case>(StatusCode::OK, "The case"),
        Op::post("/risk/cases/{id}/resolution", "resolveRiskCase", Scope::Money, resolve)
            .says(
                TAG,
                "Say what it was; later payments of the same can be refused. The model learns nothing from fraud. Needs the \
                 scope `command` too",
            )
            .body::<New>()
            .answers::<Case>(StatusCode::OK, "It is resolved; the same verdict again changes nothing")
            .problem(StatusCode::CONFLICT, "It was resolved otherwise"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskCaseFilter")]
struct Wanted {
    /// Number of an order.
    order: Option<String>,
    /// `open`, `honest`, `fraud` or `unclear`.
    verdict: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A case.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskCase")]
struct Case {
    id: String,
    order: Option<String>,
    decision_id: String,
    opened_at: DateTime<Utc>,
    /// Why it was opened.
    words: Vec<String>,
    /// `open`, `honest`, `fraud` or `unclear`.
    verdict: String,
    note: String,
    resolved_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RiskVerdict")]
enum Word {
    Honest,
    Fraud,
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RiskSubject")]
enum Who {
    Driver,
    Device,
    Card,
    Address,
    Phone,
    Wallet,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskResolution")]
struct New {
    verdict: Word,
    /// Why, for whoever asks later.
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
    /// Refuse later payments of the same.
    #[serde(default)]
    #[schemars(length(max = 6))]
    block: Vec<Who>,
    /// Until then; 180 days if nothing is said.
    #[serde(default)]
    block_until: Option<DateTime<Utc>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Case>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter = Filter { order: order_id(&mut tx, wanted.order.as_deref()).await?, verdict: wanted.verdict };
    let found = cases::page(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    let mut views = Vec::with_capacity(found.len());
    for row in found {
        views.push((row.id, view(&mut tx, row, &numbers).await?));
    }
    Ok(Json(Page::new(views, limit, |(id, _)| id.to_string(), |(_, case)| case)))
}

async fn find(tx: &mut Tx, text: &str) -> Result<CaseRow, Problem> {
    let number = id("case", text)?;
    cases::find(tx, number).await?.ok_or_else(|| problem::missing("case", text))
}

async fn whole(tx: &mut Tx, row: CaseRow) -> Result<Json<Case>, Problem> {
    let numbers = Numbers::of(tx, [row.order_id].into_iter()).await?;
    Ok(Json(view(tx, row, &numbers).await?))
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Case>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &text).await?;
    whole(&mut tx, row).await
}

async fn resolve(
    State(state): State<WebState>,
    asker: Asker,
    At(text_of): At<String>,
    Sent(new): Sent<New>,
) -> Result<Json<Case>, Problem> {
    asker.may(Scope::Command)?;
    let note = text("note", &new.note, NOTE_MAX)?;
    let verdict = match new.verdict {
        Word::Honest => Verdict::Honest,
        Word::Fraud => Verdict::Fraud,
        Word::Unclear => Verdict::Unclear,
    };
    let now = state.app.clock.now();
    if new.block_until.is_some_and(|until| until <= now) {
        return Err(problem::field("block_until", "it is over"));
    }
    if new.block.len() > BLOCKED_MAX {
        return Err(problem::field("block", format!("at most {BLOCKED_MAX} words")));
    }
    let block: Vec<Subject> = new.block.into_iter().map(subject).collect();
    let resolution = Resolution {
        verdict,
        note: &note,
        block: &block,
        block_until: new.block_until.unwrap_or(now + BLOCK),
        by: &asker.name,
    };
    let mut tx = state.app.db.write().await?;
    let row = find(&mut tx, &text_of).await?;
    if acts::resolve(&mut tx, &state.app.ids, row.id, &resolution, now).await?.is_none() {
        let row = find(&mut tx, &text_of).await?;
        if row.verdict != verdict.word() {
            return Err(problem::conflict("resolved", format!("It was resolved already: {}", row.verdict)));
        }
    }
    tx.commit().await?;
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &text_of).await?;
    whole(&mut tx, row).await
}

fn subject(who: Who) -> Subject {
    match who {
        Who::Driver => Subject::Driver,
        Who::Device => Subject::Device,
        Who::Card => Subject::Card,
        Who::Address => Subject::Address,
        Who::Phone => Subject::Phone,
        Who::Wallet => Subject::Wallet,
    }
}

async fn view(tx: &mut Tx, row: CaseRow, numbers: &Numbers) -> Result<Case, Problem> {
    let decision = decisions::find(tx, row.decision_id).await?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Case {
        id: row.id.to_string(),
        order: numbers.get(row.order_id),
        decision_id: row.decision_id.to_string(),
        opened_at: row.opened_at,
        words: decision.map(|row| risk::words(&row.body)).unwrap_or_default(),
        verdict: given(row.verdict).unwrap_or_else(|| "open".to_owned()),
        note: row.note,
        resolved_by: given(row.resolved_by),
        resolved_at: row.resolved_at,
    })
}
