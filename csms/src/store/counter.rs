//! Numbers that are never given twice, handed out in blocks.

use super::db::Tx;
use super::error::StoreError;
use super::query::value;

/// Takes `n` numbers (at least one) and says which is the first of them; the very first is 1.
/// They are spent even if they are not used.
pub async fn take(tx: &mut Tx, name: &str, n: i64) -> Result<i64, StoreError> {
    let n = n.max(1);
    let next: Option<i64> = value!(
        tx,
        "INSERT INTO counter (name, next) VALUES ($1, 1 + $2)
         ON CONFLICT (name) DO UPDATE SET next = counter.next + $2 RETURNING next",
        name,
        n,
    )?;
    next.map(|next| next - n).ok_or_else(|| sqlx::Error::RowNotFound.into())
}
