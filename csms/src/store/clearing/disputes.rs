//! Lines of statements that are about disputes of ours.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::all;

/// A line that is held against no payment, and a dispute that it may be about: by the provider's id of it, or by a number of
/// the payment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DisputedRow {
    pub line_id: i64,
    pub day: String,
    pub number: String,
    pub reference: String,
    pub currency: String,
    /// Positive where we gain.
    pub amount_minor: i64,
    pub order_id: i64,
    pub dispute_id: i64,
    pub dispute_currency: String,
    pub withdrawn_minor: i64,
    pub reinstated_minor: i64,
}

/// A page of them, by line.
pub async fn lines(tx: &mut Tx, account: &str, limit: i64) -> Result<Vec<DisputedRow>, StoreError> {
    all!(
        tx,
        "SELECT l.id AS line_id, l.day, l.number, l.reference, l.currency, l.amount_minor, d.order_id, d.id AS dispute_id,
            d.currency AS dispute_currency, d.withdrawn_minor, d.reinstated_minor
         FROM clearing_line l JOIN pay_dispute d ON d.account = l.account JOIN pay_attempt a ON a.id = d.attempt_id
         WHERE l.account = $1 AND l.state = 'kept' AND l.kind = 'other' AND (d.reference = l.reference
            OR (a.number = l.number) OR (a.charge = l.reference AND a.charge <> '')
            OR (a.reference = l.reference AND a.reference <> ''))
         ORDER BY l.id, d.id LIMIT $2",
        account,
        limit,
    )
}
