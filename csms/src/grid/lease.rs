//! Which process steps a site: the one that its stations are connected to. Two that step one site take what the other has told for lost,
//! and tell everything anew; so each site is leased. Who has none of its stations gives way to who has some, who says nothing for a while
//! has gone, and who ends says so.

use crate::{
    app::App,
    model::StationId,
    store::{
        StoreError, Tx,
        grid::{self, GridRow, LeaseRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeSet, HashMap};

/// A process that has said nothing for so long has gone …
pub(super) const HOLDS: TimeDelta = TimeDelta::seconds(60);
/// … and says something when only so much of it is left.
const RENEWS: TimeDelta = TimeDelta::seconds(40);

/// What is known of sites, to see what is here of them.
#[derive(Default)]
pub(super) struct Leases {
    /// The stations of each site, with the plan that has them.
    stations: HashMap<i64, (GridRow, Vec<StationId>)>,
}

impl Leases {
    /// Those of these sites that are to be looked after here and now: leases are taken, kept or left to others.
    pub(super) async fn ours(&mut self, app: &App, rows: &[GridRow]) -> Result<BTreeSet<i64>, StoreError> {
        let now = app.clock.now();
        let known = grid::leases(&mut app.db.read().await?).await?;
        let known: HashMap<i64, LeaseRow> = known.into_iter().map(|row| (row.site_id, row)).collect();
        self.stations.retain(|site, _| rows.iter().any(|row| row.site_id == *site));
        let mut ours = BTreeSet::new();
        for row in rows.iter().filter(|row| row.mode != "off") {
            let here = self.here(app, row).await?;
            let is_ours = match known.get(&row.site_id) {
                Some(lease) if stands(lease, holder(app), here, now) => true,
                Some(lease) if !is_free(lease, holder(app), here, now) => false,
                _ => take(app, row.site_id, here, now).await?,
            };
            if is_ours {
                ours.insert(row.site_id);
            }
        }
        Ok(ours)
    }

    /// How many of a site's stations are connected here.
    async fn here(&mut self, app: &App, row: &GridRow) -> Result<i64, StoreError> {
        let is_known = self.stations.get(&row.site_id).is_some_and(|(known, _)| known == row);
        if !is_known {
            let evses = grid::evses(&mut app.db.read().await?, row.site_id).await?;
            let all: BTreeSet<String> = evses.into_iter().map(|evse| evse.station_id).collect();
            let all = all.iter().map(|station| station.as_str().into()).collect();
            self.stations.insert(row.site_id, (row.clone(), all));
        }
        let all = self.stations.get(&row.site_id).map(|(_, all)| all.as_slice()).unwrap_or_default();
        Ok(all.iter().filter(|station| app.hub.online(station)).count() as i64)
    }
}

/// Who this process is: the same after a restart, so that it goes on at once even if it broke off.
pub(super) fn holder(app: &App) -> i64 {
    app.config.database.node.into()
}

/// Is it ours, with nothing to be said anew?
fn stands(lease: &LeaseRow, holder: i64, here: i64, now: DateTime<Utc>) -> bool {
    lease.holder == holder && now + RENEWS <= lease.until_at && (lease.stations > 0) == (here > 0)
}

/// Can it be taken, or kept?
fn is_free(lease: &LeaseRow, holder: i64, here: i64, now: DateTime<Utc>) -> bool {
    lease.holder == holder || lease.until_at <= now || (lease.stations == 0 && here > 0)
}

async fn take(app: &App, site: i64, here: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let row = LeaseRow { site_id: site, holder: holder(app), stations: here, until_at: now + HOLDS };
    let mut tx = app.db.write().await?;
    // Its plan may have been removed meanwhile.
    let taken = grid::find(&mut tx, site).await?.is_some() && grid::lease(&mut tx, &row, now).await?;
    tx.commit().await?;
    Ok(taken)
}

/// This process ends: others need not wait.
pub(super) async fn release(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    grid::release(&mut tx, holder(app)).await?;
    tx.commit().await
}

/// When a site was looked after last, here or by another process that goes on doing so. `None`: nobody does.
///
/// # Errors
/// The database fails.
pub async fn stepped_at(app: &App, tx: &mut Tx, site: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
    if let Some(at) = app.grid.last(site) {
        return Ok(Some(at));
    }
    let lease = grid::lease_of(tx, site).await?;
    let other = lease.filter(|row| row.holder != holder(app) && app.clock.now() < row.until_at);
    Ok(other.map(|row| row.until_at - HOLDS))
}
