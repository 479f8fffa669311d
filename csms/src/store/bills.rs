//! Bills. Written by the group writer; a late message makes a new revision.

use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one};
use super::row::BillRow;

/// The bill that counts, if the session has one.
pub async fn latest(tx: &mut Tx, session: i64) -> Result<Option<BillRow>, StoreError> {
    one!(tx, "SELECT * FROM bill WHERE session_id = $1 ORDER BY revision DESC LIMIT 1", session)
}

/// The revisions of a session's bill, newest first.
pub async fn revisions(tx: &mut Tx, session: i64) -> Result<Vec<BillRow>, StoreError> {
    all!(tx, "SELECT * FROM bill WHERE session_id = $1 ORDER BY revision DESC LIMIT 200", session)
}
