//! What drivers are to be told.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `message`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageRow {
    pub id: i64,
    /// The same one is told once.
    pub key: String,
    pub kind: String,
    /// E-mail address or phone number.
    pub recipient: String,
    pub language: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
    pub link: String,
    pub order_id: Option<i64>,
    /// `waiting`, `sent`, `given_up`.
    pub state: String,
    pub tries: i64,
    pub due_at: At,
    pub trouble: String,
    pub created_at: At,
    pub sent_at: Option<At>,
}

/// Keeps a message to be sent. False: it was kept before.
pub async fn add(tx: &mut Tx, row: &MessageRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO message (id, key, kind, recipient, language, subject, body, link, order_id, state, tries, due_at,
            trouble, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, '', $11) ON CONFLICT (key) DO NOTHING",
        row.id,
        clean(&row.key),
        &*row.kind,
        clean(&row.recipient),
        &*row.language,
        clean(&row.subject),
        clean(&row.body),
        &*row.link,
        row.order_id,
        row.due_at,
        row.created_at,
    )?;
    Ok(added > 0)
}

/// Whom messages are for, by patterns of their recipients.
#[derive(Debug, Clone, Copy)]
pub struct Recipients {
    pub like: &'static str,
    /// Not these; empty = nobody.
    pub but: [&'static str; 2],
}

/// Takes those to some recipients that are due, oldest first; nobody else takes them before `until`.
pub async fn lease(
    tx: &mut Tx,
    whom: Recipients,
    now: At,
    until: At,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    all!(
        tx,
        "UPDATE message SET due_at = $2, tries = tries + 1 WHERE id IN
            (SELECT id FROM message WHERE state = 'waiting' AND due_at <= $1 AND recipient LIKE $4
                AND recipient NOT LIKE $5 AND recipient NOT LIKE $6 ORDER BY due_at LIMIT $3)
            AND state = 'waiting' AND due_at <= $1 RETURNING *",
        now,
        until,
        limit,
        whom.like,
        whom.but[0],
        whom.but[1],
    )
}

/// It was taken by whoever brings it. What it said is kept only where that is no secret. False: that was known.
pub async fn sent(tx: &mut Tx, id: i64, keep_body: bool, at: At) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE message SET state = 'sent', sent_at = $2, trouble = '',
            body = CASE WHEN $3 THEN body ELSE '' END, link = CASE WHEN $3 THEN link ELSE '' END
         WHERE id = $1 AND state <> 'sent'",
        id,
        at,
        keep_body,
    )?;
    Ok(changed > 0)
}

/// It was not taken at this try: tried again then, or never (`None`). False: it was taken meanwhile, or somebody else
/// tries it by now, whose word counts.
pub async fn failed(
    tx: &mut Tx,
    (id, tries): (i64, i64),
    again: Option<At>,
    trouble: &str,
) -> Result<bool, StoreError> {
    let state = if again.is_some() { "waiting" } else { "given_up" };
    let sql = "UPDATE message SET state = $2, due_at = COALESCE($3, due_at), trouble = $4
         WHERE id = $1 AND state = 'waiting' AND tries = $5";
    Ok(run!(tx, sql, id, state, again, clean(trouble), tries)? > 0)
}

/// A page of messages about an order (`None`: all), newest first.
pub async fn list(
    tx: &mut Tx,
    order: Option<i64>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    Select::new("SELECT * FROM message")
        .and_if("order_id = ?", order)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// Which messages to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub order: Option<i64>,
    /// `waiting`, `sent` or `given_up`.
    pub state: Option<String>,
    pub kind: Option<String>,
    /// E-mail address or phone number, whole.
    pub recipient: Option<String>,
}

/// A page of messages, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    Select::new("SELECT * FROM message")
        .and_if("order_id = ?", filter.order)
        .and_if("state = ?", filter.state.as_deref())
        .and_if("kind = ?", filter.kind.as_deref())
        .and_if("recipient = ?", filter.recipient.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// The message, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<MessageRow>, StoreError> {
    super::query::one!(tx, "SELECT * FROM message WHERE id = $1", id)
}
