//! Receipts, invoices and corrections: as issued, as PDF, with the proof that the ledger has them; asking for an invoice.

use super::{order, refused};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            etag::Tagged,
            input::{Asked, At, Sent, text, word},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{
    Json,
    extract::State,
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay,
    receipts::{self, ReceiptError},
    store::{
        documents::{self, DocumentRow},
        pay::orders,
    },
};
use payments::{ledger::PortableProof, receipt::Buyer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Money";
/// Characters of a line of an invoice's head, and lines of an address.
const LINE_MAX: usize = 120;
const LINES_MAX: usize = 5;
const TAX_MAX: usize = 30;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/receipts", "listReceipts", Scope::Money, list)
            .says(TAG, "Receipts, invoices and corrections as issued, the newest first")
            .query::<ReceiptsWanted>()
            .answers::<Page<Receipt>>(StatusCode::OK, "A page"),
        Op::get("/receipts/{number}", "getReceipt", Scope::Money, show)
            .says(TAG, "One receipt, invoice or correction, by its number")
            .answers::<Receipt>(StatusCode::OK, "The document")
            .tagged(),
        Op::get("/receipts/{number}/pdf", "getReceiptPdf", Scope::Money, pdf)
            .says(TAG, "The document as PDF, with where the ledger has what was billed, as soon as that is sealed")
            .sends("application/pdf", "The document"),
        Op::get("/receipts/{number}/proof", "getReceiptProof", Scope::Money, prove)
            .says(
                TAG,
                "The proof that the sealed ledger has what the document bills. It stands alone: `csms ledger check-proof` \
                 checks it without this server",
            )
            .answers::<Proof>(StatusCode::OK, "The proof")
            .problem(StatusCode::CONFLICT, "It is not sealed yet: ask again in a minute"),
        Op::get("/orders/{number}/receipts", "listReceiptsOfOrder", Scope::Money, of_order)
            .says(TAG, "All documents of an order, in the order in which they were issued")
            .answers::<Page<Receipt>>(StatusCode::OK, "All of them, 200 at most"),
        Op::post("/orders/{number}/receipts", "issueReceipts", Scope::Money, issue)
            .says(
                TAG,
                "Issue what an order is due now, and not with the next turn: a first document, or, where its bill has \
                 changed, a correction of the old one and a new one. Needs the scope `command` too",
            )
            .answers::<Page<Receipt>>(StatusCode::OK, "What was issued by this; nothing, if nothing was due")
            .problem(StatusCode::CONFLICT, "The order is not settled, or nothing was sold"),
        Op::post("/orders/{number}/invoice", "askForInvoice", Scope::Money, ask)
            .says(
                TAG,
                "Ask for an invoice to somebody's name. A receipt that is out already is taken back by a correction; before \
                 the order is settled the wish is kept. What was asked for first counts. Needs the scope `command` too",
            )
            .body::<NewInvoice>()
            .answers::<Page<Receipt>>(StatusCode::ACCEPTED, "The order's documents as they are now")
            .problem(StatusCode::CONFLICT, "Nothing is sold with this order, or an invoice to another name was asked for or issued"),
    ]
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ReceiptKind")]
enum Kind {
    Receipt,
    Invoice,
    Correction,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReceiptFilter")]
struct ReceiptsWanted {
    kind: Option<Kind>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A document as issued; it is never changed.
#[derive(Debug, Serialize, JsonSchema)]
struct Receipt {
    number: String,
    /// `receipt`, `invoice` or `correction`.
    kind: String,
    session_id: Option<String>,
    /// SHA-256 of the body as issued.
    hash: String,
    issued_at: DateTime<Utc>,
    /// All that it says.
    body: Value,
}

/// The proof of a leaf of the ledger's tree.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerProof")]
pub struct Proof {
    /// Of this form of proofs.
    format: String,
    /// What is proved: the entry with its postings.
    subject: Value,
    /// Of the leaf, from 0.
    index: u64,
    /// Hexadecimal, from the leaf upwards.
    hashes: Vec<String>,
    /// The signed note of the checkpoint.
    checkpoint: String,
}

/// A proof as it goes out; its words are those of `csms ledger prove`.
pub fn proof(proof: &PortableProof) -> Result<Json<Value>, Problem> {
    serde_json::to_value(proof).map(Json).map_err(|error| {
        tracing::error!(%error, "a proof of the ledger cannot be written");
        Problem::broken()
    })
}

/// It takes a minute.
pub fn unsealed() -> Problem {
    problem::conflict("not-sealed", "No checkpoint of the ledger covers it yet: ask again in a minute")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewInvoice {
    /// Whose invoice it is.
    #[schemars(length(min = 1, max = 120))]
    name: String,
    /// Lines.
    #[serde(default)]
    #[schemars(length(max = 5))]
    address: Vec<String>,
    #[serde(default)]
    #[schemars(length(max = 30))]
    tax_id: String,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<ReceiptsWanted>,
) -> Result<Json<Page<Receipt>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let kind = wanted.kind.map(|kind| match kind {
        Kind::Receipt => "receipt",
        Kind::Invoice => "invoice",
        Kind::Correction => "correction",
    });
    let found = documents::list(&mut state.app.db.read().await?, kind, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), receipt)))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Receipt>, Problem> {
    let row = documents::by_number(&mut state.app.db.read().await?, &number).await?;
    Ok(Tagged(receipt(row.ok_or_else(|| problem::missing("receipt", &number))?)))
}

async fn find(state: &WebState, number: &str) -> Result<DocumentRow, Problem> {
    let row = documents::by_number(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("receipt", number))
}

async fn pdf(State(state): State<WebState>, At(number): At<String>) -> Result<Response, Problem> {
    let row = find(&state, &number).await?;
    let mut tx = state.app.db.read().await?;
    let order = orders::find(&mut tx, row.order_id).await?.ok_or_else(Problem::broken)?;
    // Without a proof, which takes a minute, the document is no less one.
    let proof = receipts::proof(&mut tx, &order).await.unwrap_or_default();
    drop(tx);
    let notary = proof.and_then(|proof| receipts::notary(&state.app, &order, &proof));
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let name: String = row.number.chars().map(plain).collect();
    // Fonts and compression take some milliseconds, which are not those of other requests.
    let made = tokio::task::spawn_blocking(move || receipts::pdf(&row, notary)).await;
    let bytes = made.map_err(|_| Problem::broken())?.map_err(not_issued)?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.pdf\"")),
    ];
    Ok((headers, bytes).into_response())
}

async fn prove(State(state): State<WebState>, At(number): At<String>) -> Result<Json<Value>, Problem> {
    let row = find(&state, &number).await?;
    let mut tx = state.app.db.read().await?;
    let order = orders::find(&mut tx, row.order_id).await?.ok_or_else(Problem::broken)?;
    let found = receipts::proof(&mut tx, &order).await.map_err(super::ledger::unreadable)?;
    proof(&found.ok_or_else(unsealed)?)
}

async fn of_order(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<Json<Page<Receipt>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = order(&mut tx, &number).await?;
    let found = documents::of_order(&mut tx, row.id).await?;
    Ok(Json(Page { items: found.into_iter().map(receipt).collect(), next: None }))
}

async fn issue(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Page<Receipt>>, Problem> {
    asker.may(Scope::Command)?;
    let row = order(&mut state.app.db.read().await?, &number).await?;
    let issued = receipts::issue(&state.app, row.id).await.map_err(not_issued)?;
    Ok(Json(Page { items: issued.into_iter().map(receipt).collect(), next: None }))
}

async fn ask(
    state: State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(new): Sent<NewInvoice>,
) -> Result<(StatusCode, Json<Page<Receipt>>), Problem> {
    asker.may(Scope::Command)?;
    if new.address.len() > LINES_MAX {
        return Err(problem::field("address", format!("at most {LINES_MAX} lines")));
    }
    let lines = new.address.iter().map(|line| text("address", line, LINE_MAX));
    let buyer = Buyer {
        name: word("name", &new.name, LINE_MAX)?,
        address: lines
            .filter(|line| line.as_ref().map_or(true, |line| !line.is_empty()))
            .collect::<Result<_, _>>()?,
        tax_id: text("tax_id", &new.tax_id, TAX_MAX)?,
    };
    let status = pay::status(&state.app, &number).await.map_err(|error| refused(error, &number))?;
    if !crate::drive::may_ask(&status) {
        return Err(problem::conflict(
            "not-now",
            "Nothing is sold with this order: there is nothing to make an invoice of",
        ));
    }
    let known = documents::wished(&mut state.app.db.read().await?, status.order.id).await?;
    let other = |wish: &documents::WishRow| {
        (&wish.name, &wish.tax_id, &wish.address) != (&buyer.name, &buyer.tax_id, &buyer.address.join("\n"))
    };
    match known {
        Some(wish) if other(&wish) => {
            return Err(problem::conflict(
                "asked",
                format!("An invoice to {:?} was asked for; that counts", wish.name),
            ));
        }
        Some(_) => {}
        None => {
            match receipts::want_invoice(&state.app, &status.order, &buyer, state.app.clock.now()).await {
                Ok(()) => {}
                Err(error @ (ReceiptError::Settings(..) | ReceiptError::Unreadable(_))) => {
                    // It is kept; the next turn of the receipts tries again, and says the same in the log.
                    tracing::error!(order = number, %error, "the invoice that was asked for was not made yet");
                }
                Err(error) => return Err(not_issued(error)),
            }
        }
    }
    tracing::info!(order = number, by = asker.name, "an invoice was asked for");
    Ok((StatusCode::ACCEPTED, of_order(state, At(number)).await?))
}

fn not_issued(error: ReceiptError) -> Problem {
    match error {
        ReceiptError::Store(error) => error.into(),
        ReceiptError::NotYet => problem::conflict(
            "not-now",
            "The order is not settled, or nothing was sold: there is nothing to issue yet",
        ),
        ReceiptError::Issued => {
            problem::conflict("issued", "The invoice was issued already, and what was issued never changes")
        }
        ReceiptError::Buyer(field, why) => problem::field(field, why),
        error @ (ReceiptError::Settings(..) | ReceiptError::Unreadable(_)) => {
            tracing::error!(%error, "a document cannot be made");
            Problem::broken()
        }
    }
}

fn receipt(row: DocumentRow) -> Receipt {
    Receipt {
        number: row.number,
        kind: row.kind,
        session_id: row.session_id.map(|id| id.to_string()),
        hash: row.hash,
        issued_at: row.issued_at,
        body: serde_json::from_str(&row.body).unwrap_or(Value::Null),
    }
}
