//! The numbers that drivers know orders by, for lists of what belongs to them.

use super::super::db::{Tx, text};
use super::super::error::StoreError;
use super::super::query::all;
use std::collections::HashMap;

/// Ids in one statement.
const IDS: usize = 100;

/// The number of each of these orders.
pub async fn of(tx: &mut Tx, orders: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
    let mut wanted = orders.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = HashMap::new();
    for ids in wanted.chunks(IDS) {
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let sql = format!("SELECT id, number FROM pay_order WHERE id IN ({list}) LIMIT {IDS}");
        let rows: Vec<(i64, String)> = all!(tx, text(sql))?;
        found.extend(rows);
    }
    Ok(found)
}
