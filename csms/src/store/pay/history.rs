//! What a driver has charged before.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, Value};
use super::orders::OrderRow;

/// A page of the orders of a browser or a contact, newest first, those before `before`. An order that nobody has begun to
/// pay tells a driver nothing and is left out.
pub async fn of_driver(
    tx: &mut Tx,
    device: &str,
    contact: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<OrderRow>, StoreError> {
    let text = |text: &str| Value::from(text);
    Select::new("SELECT * FROM pay_order")
        .and(
            "((device = ? AND device <> '') OR (contact = ? AND contact <> ''))",
            [text(device), text(contact)],
        )
        .and("state NOT IN ('created', 'expired', 'cancelled')", [])
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
