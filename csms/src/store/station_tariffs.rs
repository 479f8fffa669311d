//! The default tariffs that stations count with themselves.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, run};
use chrono::{DateTime, Utc};

/// A row of `station_tariff`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct StationTariffRow {
    pub station_id: String,
    /// 0 = every EVSE without a row of its own.
    pub evse: i64,
    /// Under which id it shall be at the station; empty = none shall be there.
    pub wanted_id: String,
    /// What the station holds, as it last said; empty = none.
    pub held_id: String,
    /// `held`, `none`, `refused`, `not_representable` or `unsupported`.
    pub state: String,
    /// The station's last word.
    pub answer: String,
    /// Why, for people.
    pub detail: String,
    /// How often in vain, one after the other.
    pub tries: i64,
    pub tried_at: Option<DateTime<Utc>>,
    /// It is not tried again before.
    pub next_at: Option<DateTime<Utc>>,
}

/// The rows of a station, by EVSE.
pub async fn of_station(tx: &mut Tx, station: &str) -> Result<Vec<StationTariffRow>, StoreError> {
    all!(tx, "SELECT * FROM station_tariff WHERE station_id = $1 ORDER BY evse LIMIT 1000", station)
}

/// Makes these the rows of the station: others of it go. Nothing happens if there is no such station any more.
pub async fn replace(tx: &mut Tx, station: &str, rows: &[StationTariffRow]) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM station_tariff WHERE station_id = $1", station)?;
    for row in rows {
        run!(
            tx,
            "INSERT INTO station_tariff (station_id, evse, wanted_id, held_id, state, answer, detail, tries,
                tried_at, next_at)
             SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM station WHERE id = $1",
            station,
            row.evse,
            &*row.wanted_id,
            clean(&row.held_id),
            &*row.state,
            clean(&row.answer),
            clean(&row.detail),
            row.tries,
            row.tried_at,
            row.next_at,
        )?;
    }
    Ok(())
}
