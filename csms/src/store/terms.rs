//! What the catalog holds in memory: sites, kinds of EVSEs, versions of tariffs, assignments and benefits, back to some instant.

use super::StoreError;
use super::assignments::AssignmentRow;
use super::benefits::BenefitRow;
use super::db::Tx;
use super::query::all;
use super::sites::SiteRow;
use super::versions::VersionRow;
use chrono::{DateTime, Utc};

/// So many rows of each kind one process holds in memory.
const ROWS_MAX: i64 = 100_000;

/// All sites.
pub async fn sites(tx: &mut Tx) -> Result<Vec<SiteRow>, StoreError> {
    all!(tx, "SELECT * FROM site ORDER BY id LIMIT $1", ROWS_MAX)
}

/// The EVSEs of which it is known what they deliver: station, EVSE and kind.
pub async fn evse_kinds(tx: &mut Tx) -> Result<Vec<(String, i64, String)>, StoreError> {
    let sql = "SELECT station_id, evse, kind FROM evse WHERE kind <> '' ORDER BY station_id, evse LIMIT $1";
    all!(tx, sql, ROWS_MAX)
}

/// The versions that count, have counted since, or will; of each tariff in the order of their activation.
pub async fn versions(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<VersionRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM tariff_version AS kept WHERE withdrawn_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM tariff_version AS next WHERE next.tariff_id = kept.tariff_id AND next.withdrawn_at IS NULL
                AND next.active_from > kept.active_from AND next.active_from <= $1)
         ORDER BY tariff_id, active_from, version LIMIT $2",
        since,
        ROWS_MAX,
    )
}

/// The assignments that count, have counted since, or will.
pub async fn assignments(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<AssignmentRow>, StoreError> {
    let sql = "SELECT * FROM assignment WHERE valid_to IS NULL OR valid_to > $1 ORDER BY id DESC LIMIT $2";
    all!(tx, sql, since, ROWS_MAX)
}

/// The benefits that hold, have held since, or will.
pub async fn benefits(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<BenefitRow>, StoreError> {
    let sql = "SELECT * FROM benefit WHERE valid_to IS NULL OR valid_to > $1 ORDER BY id LIMIT $2";
    all!(tx, sql, since, ROWS_MAX)
}
