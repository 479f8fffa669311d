//! Rules of the standard that real firmware breaks harmlessly. Written by the group writer.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, containing, run};
use super::row::DeviationRow;

/// A page of deviations by kind of station, those after `after` (the last one of the page before); `text` anywhere
/// in vendor, model or action, whatever the case.
pub async fn list(
    tx: &mut Tx,
    text: &str,
    after: Option<&DeviationRow>,
    limit: i64,
) -> Result<Vec<DeviationRow>, StoreError> {
    const KEY: &str = "vendor, model, firmware, protocol, action, path, rule";
    let mut select = Select::new("SELECT * FROM deviation");
    if !text.trim().is_empty() {
        select = select.and(
            "(LOWER(vendor) LIKE ? ESCAPE '!' OR LOWER(model) LIKE ? ESCAPE '!' OR LOWER(action) LIKE ? ESCAPE '!')",
            [containing(text), containing(text), containing(text)],
        );
    }
    if let Some(row) = after {
        let key = [&row.vendor, &row.model, &row.firmware, &row.protocol, &row.action, &row.path, &row.rule];
        let condition = format!("({KEY}) > (?, ?, ?, ?, ?, ?, ?)");
        select = select.and(&condition, key.map(|value| value.as_str().into()));
    }
    select.page(tx, KEY, limit).await
}

/// Forgets the deviations of a firmware, after an upgrade for example. Says how many rows there were.
pub async fn forget(tx: &mut Tx, vendor: &str, model: &str, firmware: &str) -> Result<u64, StoreError> {
    let sql = "DELETE FROM deviation WHERE vendor = $1 AND model = $2 AND firmware = $3";
    run!(tx, sql, vendor, model, firmware)
}
