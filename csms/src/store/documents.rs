//! Receipts, invoices and correction notes as issued.

use super::clean;
use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `document`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DocumentRow {
    pub id: i64,
    pub number: String,
    /// `receipt`, `invoice`, `correction`.
    pub kind: String,
    pub order_id: i64,
    pub session_id: Option<i64>,
    pub bill_revision: i64,
    /// The document that this takes back.
    pub corrects: Option<i64>,
    /// [`payments::receipt::Document`] as JSON.
    pub body: String,
    /// SHA-256 of the body.
    pub hash: String,
    pub issued_at: At,
    /// What was still to be paid then.
    pub open_minor: i64,
}

/// Who wants an invoice.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WishRow {
    pub order_id: i64,
    pub name: String,
    /// Lines.
    pub address: String,
    pub tax_id: String,
    pub created_at: At,
}

/// An order whose documents are to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DueRow {
    pub id: i64,
    /// How often they could not be made.
    pub tries: i64,
}

/// The next number of a series. No gaps: it is taken back if the transaction is.
pub async fn next_number(tx: &mut Tx, series: &str) -> Result<i64, StoreError> {
    counter::take(tx, &format!("document.{series}"), 1).await
}

/// Keeps a document.
///
/// # Errors
/// [`StoreError::is_duplicate`] if its number was given, or what it corrects is corrected.
pub async fn create(tx: &mut Tx, row: &DocumentRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO document (id, number, kind, order_id, session_id, bill_revision, corrects, body, hash, issued_at,
            open_minor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.id,
        &*row.number,
        &*row.kind,
        row.order_id,
        row.session_id,
        row.bill_revision,
        row.corrects,
        clean(&row.body),
        &*row.hash,
        row.issued_at,
        row.open_minor,
    )?;
    Ok(())
}

/// All documents of an order, in the order they were issued.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<DocumentRow>, StoreError> {
    all!(tx, "SELECT * FROM document WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}

/// The document with this number.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<DocumentRow>, StoreError> {
    one!(tx, "SELECT * FROM document WHERE number = $1", clean(number))
}

/// A page of documents, newest first.
pub async fn list(
    tx: &mut Tx,
    kind: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DocumentRow>, StoreError> {
    Select::new("SELECT * FROM document")
        .and_if("kind = ?", kind)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// Orders whose documents are to be looked at by now. A trigger notes each that is settled, or whose state or bill
/// changes after that.
pub async fn due(tx: &mut Tx, now: At, limit: i64) -> Result<Vec<DueRow>, StoreError> {
    all!(
        tx,
        "SELECT order_id AS id, tries FROM document_due WHERE due_at <= $1 ORDER BY due_at, order_id LIMIT $2",
        now,
        limit,
    )
}

/// The documents of the order are to be looked at.
pub async fn look(tx: &mut Tx, order: i64, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO document_due (order_id, due_at) VALUES ($1, $2)
         ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at, tries = 0",
        order,
        now,
    )?;
    Ok(())
}

/// They are being looked at, in the transaction that holds the order.
pub async fn looked(tx: &mut Tx, order: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM document_due WHERE order_id = $1", order)?;
    Ok(())
}

/// That came to nothing: they are looked at again later, unless the order has changed meanwhile.
pub async fn look_later(tx: &mut Tx, row: &DueRow, at: At) -> Result<(), StoreError> {
    let sql = "UPDATE document_due SET due_at = $3, tries = tries + 1 WHERE order_id = $1 AND tries = $2";
    run!(tx, sql, row.id, row.tries, at)?;
    Ok(())
}

/// Keeps who wants an invoice; what was told first counts until the invoice is made.
pub async fn wish(tx: &mut Tx, row: &WishRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO invoice_wish (order_id, name, address, tax_id, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (order_id) DO NOTHING",
        row.order_id,
        clean(&row.name),
        clean(&row.address),
        clean(&row.tax_id),
        row.created_at,
    )?;
    look(tx, row.order_id, row.created_at).await
}

/// Who wants an invoice for the order.
pub async fn wished(tx: &mut Tx, order: i64) -> Result<Option<WishRow>, StoreError> {
    one!(tx, "SELECT * FROM invoice_wish WHERE order_id = $1", order)
}
