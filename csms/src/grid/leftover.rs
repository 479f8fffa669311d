//! What stations keep of plans that they are in no more.

use super::plan::{self, Plan, PlanError};
use crate::store::{
    StoreError, Tx,
    grid::{self, LeftoverRow},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The stations of a plan, each with the numbers of its profiles: of an EVSE's default, and of its limits.
pub(super) fn profiles(plan: &Plan) -> BTreeSet<(String, i64)> {
    let each = plan.site.evses().iter().filter_map(|evse| {
        let (station, _) = plan.names.evses.get(&evse.id)?;
        let first = i64::from(evse.profile_id);
        Some([(station.clone(), first), (station.clone(), first + 1)])
    });
    each.flatten().collect()
}

/// Has stations rid of these: nobody else would ever look after them.
pub(super) async fn leave(
    tx: &mut Tx,
    profiles: impl IntoIterator<Item = &(String, i64)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (station, id) in profiles {
        let row = LeftoverRow { station_id: station.clone(), profile_id: *id, since: now };
        grid::add_leftover(tx, &row).await?;
    }
    Ok(())
}

/// Has stations rid of all that a site's plan has told them; of one that cannot be read any more it stays.
pub(super) async fn leave_all(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    match plan::load(tx, site).await {
        Ok(Some((_, plan))) => leave(tx, &profiles(&plan), now).await,
        Ok(None) => Ok(()),
        Err(PlanError::Unreadable(error)) => {
            tracing::error!(site, %error, "profiles cannot be taken back");
            Ok(())
        }
        Err(PlanError::Store(error)) => Err(error),
    }
}

/// These are counted on again, from now on: nobody is to take them away.
pub(super) async fn stay(tx: &mut Tx, profiles: &BTreeSet<(String, i64)>) -> Result<(), StoreError> {
    for row in grid::leftovers(tx).await? {
        if profiles.contains(&(row.station_id.clone(), row.profile_id)) {
            grid::remove_leftover(tx, &row).await?;
        }
    }
    Ok(())
}
