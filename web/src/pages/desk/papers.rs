//! Documents and messages.

use super::super::{ROWS, next_link, turn};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{
        Pager,
        desk::{Choice, DocumentsPage, MessageLine, MessagesPage, PaperLine, step_tone},
    },
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use csms::{
    messages as telling, receipts,
    store::{
        documents::{self, DocumentRow},
        messages::{self, MessageRow},
        pay::orders,
    },
};
use serde::Deserialize;

/// Kinds of documents.
const KINDS: [&str; 3] = ["receipt", "invoice", "correction"];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/documents", get(list))
        .route("/driver-messages", get(told))
        .route("/orders/{id}/documents/{file}", get(pdf))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let kind = KINDS.into_iter().find(|kind| *kind == wanted.kind);
    let number = wanted.q.trim();
    let mut tx = state.app.db.read().await?;
    let mut found = if number.is_empty() {
        documents::list(&mut tx, kind, before, ROWS + 1).await?
    } else {
        // A number is whole; what belongs to its order is listed with it.
        match documents::by_number(&mut tx, number).await? {
            Some(row) => documents::of_order(&mut tx, row.order_id).await?,
            None => Vec::new(),
        }
    };
    drop(tx);
    let more = number.is_empty() && found.len() > ROWS as usize;
    if more {
        found.truncate(ROWS as usize);
    }
    let last = found.last().map(|row| row.id.to_string()).unwrap_or_default();
    let query = [("kind", kind.unwrap_or_default()), ("q", number)];
    visit.show(&DocumentsPage {
        kinds: KINDS
            .map(|word| Choice { value: word.to_owned(), name: word.to_owned(), chosen: Some(word) == kind })
            .to_vec(),
        narrowed: kind.is_some() || !number.is_empty(),
        pager: Pager {
            first: before.is_some().then(|| next_link("/documents", &query, ("before", ""))),
            next: more.then(|| next_link("/documents", &query, ("before", &last))),
        },
        rows: paper_lines(found),
        no_seller: state.app.config.receipts.seller.name.is_empty(),
        query: number.to_owned(),
    })
}

/// Documents as they are listed; one that a listed correction takes back is marked.
pub fn paper_lines(rows: Vec<DocumentRow>) -> Vec<PaperLine> {
    let corrected: Vec<i64> = rows.iter().filter_map(|row| row.corrects).collect();
    rows.into_iter()
        .map(|row| PaperLine {
            href: format!("/orders/{}/documents/{}.pdf", row.order_id, super::super::encoded(&row.number)),
            corrected: corrected.contains(&row.id),
            order: row.order_id,
            number: row.number,
            kind: row.kind,
            issued_at: row.issued_at,
        })
        .collect()
}

async fn pdf(
    State(state): State<WebState>,
    _visit: Visit,
    Path((order, file)): Path<(String, String)>,
) -> Result<Response, Fail> {
    let order: i64 = order.parse().map_err(|_| Fail::NotFound)?;
    let number = file.strip_suffix(".pdf").ok_or(Fail::NotFound)?;
    let mut tx = state.app.db.read().await?;
    let row = documents::by_number(&mut tx, number).await?;
    let row = row.filter(|row| row.order_id == order).ok_or(Fail::NotFound)?;
    let order = orders::find(&mut tx, order).await?.ok_or(Fail::NotFound)?;
    // Without a proof, which takes a minute, the document is no less one.
    let proof = receipts::proof(&mut tx, &order).await.unwrap_or_default();
    drop(tx);
    let notary = proof.and_then(|proof| receipts::notary(&state.app, &order, &proof));
    let number = row.number.clone();
    // Fonts and compression take some milliseconds, which are not those of other requests.
    let made =
        tokio::task::spawn_blocking(move || receipts::pdf(&row, notary)).await.map_err(|_| Fail::Busy)?;
    let bytes = made?;
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let name: String = number.chars().map(plain).collect();
    let disposition = format!("attachment; filename=\"{name}.pdf\"");
    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    before: String,
}

async fn told(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<From>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let mut tx = state.app.db.read().await?;
    let mut found = messages::list(&mut tx, None, before, ROWS + 1).await?;
    drop(tx);
    let from = ("before", before.is_some());
    visit.show(&MessagesPage {
        pager: turn(&mut found, "/driver-messages", &[], from, |row| row.id.to_string()),
        rows: found.into_iter().map(message_line).collect(),
        no_sender: !telling::possible(&state.app, "anybody@example.org"),
    })
}

/// A message as it is shown: never what it says, if that lets its reader in.
pub fn message_line(row: MessageRow) -> MessageLine {
    let secret = telling::Kind::is_secret(&row.kind);
    MessageLine {
        id: row.id,
        tone: step_tone(&row.state),
        text: if secret { String::new() } else { row.body },
        // A provider of messages may say in its error what it was given.
        trouble: if secret && !row.trouble.is_empty() { "…".to_owned() } else { row.trouble },
        secret,
        kind: row.kind,
        recipient: row.recipient,
        subject: if secret { String::new() } else { row.subject },
        state: row.state,
        tries: row.tries,
        order: row.order_id,
        created_at: row.created_at,
        sent_at: row.sent_at,
    }
}
