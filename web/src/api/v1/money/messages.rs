//! Messages to drivers: what they were told, and whether it came.

use super::{Numbers, order_id};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            input::{Asked, At, id},
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
    messages::Kind,
    store::messages::{self, Filter, MessageRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Messages to drivers";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/messages", "listMessages", Scope::Money, list)
            .says(TAG, "What drivers were told, the newest first. What lets its reader in is not shown")
            .query::<Wanted>()
            .answers::<Page<Message>>(StatusCode::OK, "A page"),
        Op::get("/messages/{id}", "getMessage", Scope::Money, show)
            .says(TAG, "One message")
            .answers::<Message>(StatusCode::OK, "The message"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MessageFilter")]
struct Wanted {
    /// About the order of this number.
    order: Option<String>,
    /// `waiting`, `sent` or `given_up`.
    state: Option<String>,
    /// `receipt`, `interrupted`, `refund`, `sign_in`, `code`, `idle` or `owing`.
    kind: Option<String>,
    /// E-mail address or phone number, whole.
    recipient: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DriverMessage")]
struct Message {
    id: String,
    kind: String,
    order: Option<String>,
    /// E-mail address, phone number, or a browser that wants to be told.
    recipient: String,
    language: String,
    /// Absent where the message is secret, and so is the text.
    subject: Option<String>,
    text: Option<String>,
    /// `waiting`, `sent` or `given_up`.
    state: String,
    tries: i64,
    /// Why it did not go out.
    trouble: Option<String>,
    due_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Message>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter = Filter {
        order: order_id(&mut tx, wanted.order.as_deref()).await?,
        state: wanted.state,
        kind: wanted.kind,
        recipient: wanted.recipient,
    };
    let found = messages::page(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().filter_map(|row| row.order_id)).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(row, &numbers))))
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Message>, Problem> {
    let number = id("message", &text)?;
    let mut tx = state.app.db.read().await?;
    let row = messages::find(&mut tx, number).await?.ok_or_else(|| problem::missing("message", &text))?;
    let numbers = Numbers::of(&mut tx, row.order_id.into_iter()).await?;
    Ok(Json(view(row, &numbers)))
}

fn view(row: MessageRow, numbers: &Numbers) -> Message {
    let secret = Kind::is_secret(&row.kind);
    // A provider of messages may say in its error what it was given.
    let trouble = if secret && !row.trouble.is_empty() { "…".to_owned() } else { row.trouble };
    Message {
        id: row.id.to_string(),
        kind: row.kind,
        order: row.order_id.and_then(|order| numbers.get(order)),
        recipient: row.recipient,
        language: row.language,
        subject: (!secret).then_some(row.subject),
        text: (!secret).then_some(row.body),
        state: row.state,
        tries: row.tries,
        trouble: Some(trouble).filter(|text| !text.is_empty()),
        due_at: row.due_at,
        created_at: row.created_at,
        sent_at: row.sent_at,
    }
}
