//! Row ids: made by us, ordered by time, unique across nodes without asking anyone.

use crate::{
    clock::Clock,
    store::{Db, StoreError, counter},
};
use std::sync::atomic::{AtomicI64, Ordering};

/// 2024-01-01T00:00:00Z: ids count milliseconds from here, so that they fit 63 bits until 2093.
const ORIGIN_MS: i64 = 1_704_067_200_000;
/// Ten bits of node number, eleven bits of counter within a millisecond.
const NODE_BITS: u32 = 10;
const COUNT_BITS: u32 = 11;

/// Makes ids: 42 bits of milliseconds, 10 bits of node, 11 bits of counter.
#[derive(Debug)]
pub struct Ids {
    clock: Clock,
    node: i64,
    last: AtomicI64,
}

impl Ids {
    /// `node` tells this process from others on the same database; only its lowest ten bits count.
    pub fn new(clock: Clock, node: u16) -> Ids {
        Ids { clock, node: i64::from(node) & ((1 << NODE_BITS) - 1), last: AtomicI64::new(0) }
    }

    /// The next id, greater than every earlier one of this process. When more than 2,048 are asked for within one
    /// millisecond the ids run ahead of the clock instead of waiting.
    pub fn next(&self) -> i64 {
        let now = (self.clock.now().timestamp_millis() - ORIGIN_MS).max(0) << COUNT_BITS;
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)))
            .unwrap_or(0);
        let tick = now.max(previous + 1);
        let (ms, count) = (tick >> COUNT_BITS, tick & ((1 << COUNT_BITS) - 1));
        (ms << (NODE_BITS + COUNT_BITS)) | (self.node << COUNT_BITS) | count
    }

    /// When an id was made.
    pub fn instant(id: i64) -> chrono::DateTime<chrono::Utc> {
        let ms = ORIGIN_MS.saturating_add(id >> (NODE_BITS + COUNT_BITS));
        chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default()
    }

    /// The smallest id that could have been made at this instant: rows with smaller ids are older.
    pub fn floor(at: chrono::DateTime<chrono::Utc>) -> i64 {
        (at.timestamp_millis() - ORIGIN_MS).max(0) << (NODE_BITS + COUNT_BITS)
    }
}

/// 1.6 transaction ids: positive 32-bit numbers that are never given twice in one database (1.6 errata 3.54), taken
/// from it a block at a time. What is left of a block when the process ends is not used.
#[derive(Debug, Default)]
pub struct TransactionIds(tokio::sync::Mutex<std::ops::Range<i64>>);

/// Ids taken from the database at once.
const BLOCK: i64 = 1_000;

impl TransactionIds {
    /// The next id.
    pub async fn next(&self, db: &Db) -> Result<i32, StoreError> {
        let mut block = self.0.lock().await;
        if block.is_empty() {
            let mut tx = db.write().await?;
            let first = counter::take(&mut tx, "ocpp16.transaction", BLOCK).await?;
            tx.commit().await?;
            *block = first..first + BLOCK;
        }
        let id = block.start;
        block.start += 1;
        i32::try_from(id).map_err(|_| StoreError::Exhausted("1.6 transaction ids"))
    }
}
