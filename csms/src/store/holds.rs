//! Cards that stations' own terminals have had pre-authorised.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use super::row::SessionRow;
use chrono::{DateTime, TimeDelta, Utc};

/// Nobody asks for an older one.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A row of `terminal_hold`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HoldRow {
    pub id: i64,
    pub station_id: String,
    pub token_uid: String,
    pub reference: String,
    pub state: String,
    pub seen_at: DateTime<Utc>,
}

/// Notes that it was presented, once; and forgets what is long over. True: it is new.
pub async fn note(tx: &mut Tx, row: &HoldRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO terminal_hold (id, station_id, token_uid, reference, state, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (station_id, reference) DO NOTHING",
        row.id,
        &*row.station_id,
        clean(&row.token_uid),
        clean(&row.reference),
        &*row.state,
        row.seen_at,
    )?;
    if added > 0 {
        run!(tx, "DELETE FROM terminal_hold WHERE seen_at < $1", row.seen_at - KEPT)?;
    }
    Ok(added > 0)
}

/// Those that nobody has decided about, oldest first, after `after`.
pub async fn seen(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<HoldRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM terminal_hold WHERE state = 'seen' AND id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    )
}

/// It is decided. False: somebody else has.
pub async fn decide(tx: &mut Tx, id: i64, state: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE terminal_hold SET state = $2 WHERE id = $1 AND state = 'seen'", id, state)? > 0)
}

/// The session that began with it, once its price is known.
pub async fn session(tx: &mut Tx, hold: &HoldRow) -> Result<Option<SessionRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM session WHERE station_id = $1 AND token_uid = $2 AND token_kind = 'DirectPayment'
            AND currency <> '' AND received_at >= $3 ORDER BY id DESC LIMIT 1",
        &*hold.station_id,
        clean(&hold.token_uid),
        hold.seen_at - TimeDelta::days(1),
    )
}

/// Which holds to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    /// `seen`, `taken`, `left` or `over`.
    pub state: Option<String>,
}

/// A page of holds, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<HoldRow>, StoreError> {
    Select::new("SELECT * FROM terminal_hold")
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("state = ?", filter.state.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
