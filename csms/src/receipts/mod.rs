//! Receipts, invoices and correction notes of orders: made when the money has moved, made again, with a correction, when
//! the bill changes or what was open is paid, and taken back when nothing is due any more. What was issued never changes.

mod compose;
mod issue;

pub use issue::{due_turn, issue};

use crate::{
    app::App,
    ledger::{LedgerError, prove::prove},
    store::{
        StoreError, Tx,
        documents::{self, DocumentRow, WishRow},
        ledger::entries,
        pay::orders::OrderRow,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use payments::ledger::{Checkpoint, Note, PortableProof};
use payments::receipt::{Buyer, Document, Notary, write};

/// Lines of an address at most, and characters of anything.
const ADDRESS_LINES_MAX: usize = 5;
const TEXT_MAX: usize = 120;

/// Why there is no document.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReceiptError {
    /// The order is not paid, or nothing was sold.
    #[error("there is nothing to issue a document about yet")]
    NotYet,
    /// An invoice for this order was made before; what stands on it cannot change.
    #[error("the invoice was issued already")]
    Issued,
    /// The driver's data are not usable.
    #[error("{0}: {1}")]
    Buyer(&'static str, &'static str),
    /// Seller and number formats come from the settings.
    #[error("receipts.{0}: {1}")]
    Settings(&'static str, &'static str),
    #[error("document {0} cannot be read")]
    Unreadable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The documents of an order, in the order they were issued.
///
/// # Errors
/// The database.
pub async fn of_order(tx: &mut Tx, order: &OrderRow) -> Result<Vec<DocumentRow>, ReceiptError> {
    Ok(documents::of_order(tx, order.id).await?)
}

/// The document that counts: the newest that no correction takes back.
pub fn current(rows: &[DocumentRow]) -> Option<&DocumentRow> {
    let corrected = |row: &DocumentRow| rows.iter().any(|other| other.corrects == Some(row.id));
    rows.iter().rev().find(|row| row.kind != "correction" && !corrected(row))
}

/// The proof that the ledger has what the order was billed; `None` until it is sealed, which takes about a minute.
///
/// # Errors
/// The database, or a ledger that cannot be read.
pub async fn proof(tx: &mut Tx, order: &OrderRow) -> Result<Option<PortableProof>, LedgerError> {
    let billed = entries::of_order(tx, order.id).await?.into_iter().rfind(|entry| entry.kind == "billed");
    match billed {
        Some(entry) => prove(tx, entry.id).await,
        None => Ok(None),
    }
}

/// What a receipt says of its proof.
pub fn notary(app: &App, order: &OrderRow, proof: &PortableProof) -> Option<Notary> {
    let checkpoint = Checkpoint::of(&Note::read(&proof.checkpoint).ok()?).ok()?;
    let base = app.config.web.public_url.trim_end_matches('/');
    Some(Notary {
        leaf: proof.index,
        size: checkpoint.size,
        root: STANDARD.encode(checkpoint.root.0),
        url: format!("{base}/o/{}/proof", order.number),
    })
}

/// A document as PDF; with the proof that the ledger has it, where there is one.
///
/// # Errors
/// The row cannot be read.
pub fn pdf(row: &DocumentRow, notary: Option<Notary>) -> Result<Vec<u8>, ReceiptError> {
    let document: Document =
        serde_json::from_str(&row.body).map_err(|_| ReceiptError::Unreadable(row.number.clone()))?;
    Ok(write(&Document { notary, ..document }))
}

/// The driver wants an invoice to this name; it is made with the next turn, or after the order is paid.
///
/// # Errors
/// The name is missing or something is too long; or an invoice was made already.
pub async fn want_invoice(
    app: &App,
    order: &OrderRow,
    buyer: &Buyer,
    now: DateTime<Utc>,
) -> Result<(), ReceiptError> {
    check(buyer)?;
    let mut tx = app.db.write().await?;
    let rows = documents::of_order(&mut tx, order.id).await?;
    if current(&rows).is_some_and(|row| row.kind == "invoice") {
        return Err(ReceiptError::Issued);
    }
    let row = WishRow {
        order_id: order.id,
        name: buyer.name.trim().to_owned(),
        address: buyer.address.join("\n"),
        tax_id: buyer.tax_id.trim().to_owned(),
        created_at: now,
    };
    documents::wish(&mut tx, &row).await?;
    tx.commit().await?;
    // A receipt that is out already is taken back for the invoice; else the turn after the payment makes it.
    match issue(app, order.id).await {
        Err(ReceiptError::NotYet) => Ok(()),
        other => other.map(|_| ()),
    }
}

fn check(buyer: &Buyer) -> Result<(), ReceiptError> {
    let long = |text: &str| text.chars().count() > TEXT_MAX;
    if buyer.name.trim().is_empty() {
        return Err(ReceiptError::Buyer("name", "whose invoice is it?"));
    }
    if long(&buyer.name) || long(&buyer.tax_id) || buyer.address.iter().any(|line| long(line)) {
        return Err(ReceiptError::Buyer("name", "at most 120 characters a line"));
    }
    if buyer.address.len() > ADDRESS_LINES_MAX {
        return Err(ReceiptError::Buyer("address", "at most five lines"));
    }
    Ok(())
}

/// Number formats make sense and a seller is named: said at the start, not when the first driver wants a receipt.
///
/// # Errors
/// Which setting is wrong, and how.
pub fn check_settings(settings: &crate::config::Receipts) -> Result<(), ReceiptError> {
    for (name, format) in [
        ("receipt_number", &settings.receipt_number),
        ("invoice_number", &settings.invoice_number),
        ("correction_number", &settings.correction_number),
    ] {
        if !format.contains("{n}") {
            return Err(ReceiptError::Settings(name, "must have {n}, the running number, in it"));
        }
    }
    let all = [&settings.receipt_number, &settings.invoice_number, &settings.correction_number];
    if all[0] == all[1] || all[1] == all[2] || all[0] == all[2] {
        return Err(ReceiptError::Settings(
            "receipt_number",
            "each kind of document needs a format of its own",
        ));
    }
    Ok(())
}
