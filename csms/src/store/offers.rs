//! What pages show of tariffs: the versions around an instant, one after the other, and where tariffs are assigned.

use super::assignments::AssignmentRow;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all};
use super::sites::SiteRow;
use super::versions::VersionRow;
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// Rows for a page of tariffs together, at most.
const TOGETHER_MAX: i64 = 2_000;
/// Sites to choose from, at most.
const SITES_MAX: i64 = 50;

/// An assignment and the site that it is at, or that its station is at.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct PlacedRow {
    #[sqlx(flatten)]
    pub assignment: AssignmentRow,
    pub at_site: Option<i64>,
    pub site_name: Option<String>,
    /// IANA name.
    pub site_zone: Option<String>,
}

/// Of each tariff with an id from `first` to `last` the version that is active then and the one that follows it, in
/// the order of their ids and instants.
pub async fn around(tx: &mut Tx, first: &str, last: &str, at: At) -> Result<Vec<VersionRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM tariff_version AS told WHERE tariff_id >= $1 AND tariff_id <= $2 AND withdrawn_at IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM tariff_version AS other
                WHERE other.tariff_id = told.tariff_id AND other.withdrawn_at IS NULL AND (
                    (told.active_from <= $3 AND other.active_from > told.active_from AND other.active_from <= $3)
                    OR (told.active_from > $3 AND other.active_from < told.active_from AND other.active_from > $3)))
         ORDER BY tariff_id, active_from LIMIT $4",
        first,
        last,
        at,
        TOGETHER_MAX,
    )
}

/// A page of the versions of a tariff, from the one that is active last back; withdrawn ones too. Those before the
/// instant and the number of `before`.
pub async fn history(
    tx: &mut Tx,
    tariff: &str,
    before: Option<(At, i64)>,
    limit: i64,
) -> Result<Vec<VersionRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM tariff_version").and("tariff_id = ?", [tariff.into()]);
    if let Some((at, version)) = before {
        let condition = "(active_from < ? OR (active_from = ? AND version < ?))";
        select = select.and(condition, [at.into(), at.into(), version.into()]);
    }
    select.page(tx, "active_from DESC, version DESC", limit).await
}

/// Of each tariff with an id from `first` to `last` the first `each` assignments that have not ended by then.
pub async fn assigned(
    tx: &mut Tx,
    first: &str,
    last: &str,
    until: At,
    each: i64,
) -> Result<Vec<PlacedRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM (
            SELECT assignment.*, site.id AS at_site, site.name AS site_name, site.time_zone AS site_zone,
                ROW_NUMBER() OVER (PARTITION BY assignment.tariff_id ORDER BY assignment.id) AS nth
            FROM assignment LEFT JOIN station ON station.id = assignment.station_id
            LEFT JOIN site ON site.id = COALESCE(assignment.site_id, station.site_id)
            WHERE assignment.tariff_id >= $1 AND assignment.tariff_id <= $2
                AND (assignment.valid_to IS NULL OR assignment.valid_to > $3)) AS told
         WHERE nth <= $4 ORDER BY tariff_id, nth LIMIT $5",
        first,
        last,
        until,
        each,
        TOGETHER_MAX,
    )
}

/// A page of the assignments of a tariff that have not ended by then, in the order they were made, those after
/// `after`.
pub async fn placed(
    tx: &mut Tx,
    tariff: &str,
    until: At,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<PlacedRow>, StoreError> {
    Select::new(
        "SELECT assignment.*, site.id AS at_site, site.name AS site_name, site.time_zone AS site_zone
         FROM assignment LEFT JOIN station ON station.id = assignment.station_id
         LEFT JOIN site ON site.id = COALESCE(assignment.site_id, station.site_id)",
    )
    .and("assignment.tariff_id = ?", [tariff.into()])
    .and("(assignment.valid_to IS NULL OR assignment.valid_to > ?)", [until.into()])
    .and_if("assignment.id > ?", after)
    .page(tx, "assignment.id", limit)
    .await
}

/// The sites where a tariff is assigned, or will be, after `until`; behind them, if it is assigned everywhere, the
/// others. The first fifty.
pub async fn sites(tx: &mut Tx, tariff: &str, until: At) -> Result<Vec<SiteRow>, StoreError> {
    all!(
        tx,
        "SELECT site.* FROM site LEFT JOIN (
            SELECT DISTINCT COALESCE(assignment.site_id, station.site_id) AS site_id
            FROM assignment LEFT JOIN station ON station.id = assignment.station_id
            WHERE assignment.tariff_id = $1 AND (assignment.valid_to IS NULL OR assignment.valid_to > $2)
         ) AS own ON own.site_id = site.id
         WHERE own.site_id IS NOT NULL OR EXISTS (
            SELECT 1 FROM assignment WHERE tariff_id = $1 AND site_id IS NULL AND station_id IS NULL
                AND (valid_to IS NULL OR valid_to > $2))
         ORDER BY own.site_id IS NULL, site.id LIMIT $3",
        tariff,
        until,
        SITES_MAX,
    )
}
