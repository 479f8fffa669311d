//! What the catalog holds in memory: sites, tariffs, and which EVSEs have a tariff of their own.

use super::StoreError;
use super::db::Tx;
use super::query::all;
use super::sites::SiteRow;
use super::tariffs::TariffRow;

/// So many sites, tariffs and EVSEs with a tariff of their own one process holds in memory.
const ROWS_MAX: i64 = 100_000;

/// All sites.
pub async fn sites(tx: &mut Tx) -> Result<Vec<SiteRow>, StoreError> {
    all!(tx, "SELECT * FROM site ORDER BY id LIMIT $1", ROWS_MAX)
}

/// All tariffs.
pub async fn tariffs(tx: &mut Tx) -> Result<Vec<TariffRow>, StoreError> {
    all!(tx, "SELECT * FROM tariff ORDER BY id LIMIT $1", ROWS_MAX)
}

/// Station, EVSE and tariff of every EVSE with a tariff of its own.
pub async fn evses(tx: &mut Tx) -> Result<Vec<(String, i64, String)>, StoreError> {
    all!(
        tx,
        "SELECT station_id, evse, tariff_id FROM evse WHERE tariff_id IS NOT NULL ORDER BY station_id, evse LIMIT $1",
        ROWS_MAX
    )
}
