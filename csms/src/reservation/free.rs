//! Is there an outlet left: for another reservation, and for whoever comes by?

use super::{OPEN_MAX, ReserveError};
use crate::{
    app::App,
    store::{
        StoreError, Tx,
        pay::orders,
        reservations::{self, ReservationRow},
        sessions, stations, variables,
    },
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Two reservations may not keep the same outlet at the same time. The station's reservations are locked.
///
/// # Errors
/// [`ReserveError::Taken`], [`ReserveError::Full`], [`ReserveError::InUse`], [`ReserveError::Crowded`].
pub(super) async fn check(
    tx: &mut Tx,
    wish: &ReservationRow,
    now: DateTime<Utc>,
) -> Result<(), ReserveError> {
    let open = reservations::open_at(tx, &wish.station_id).await?;
    if open.len() >= OPEN_MAX {
        return Err(ReserveError::Crowded { station: wish.station_id.as_str().into() });
    }
    let meets = |other: &&ReservationRow| other.from_at < wish.expires_at && wish.from_at < other.expires_at;
    let meeting: Vec<&ReservationRow> = open.iter().filter(meets).collect();
    if wish.evse != 0 {
        if let Some(other) = meeting.iter().find(|other| other.evse == wish.evse) {
            let (by, from, until) = (other.id, other.from_at, other.expires_at);
            return Err(ReserveError::Taken { evse: wish.evse, by, from, until });
        }
        let is_now = wish.from_at <= now;
        if is_now && in_use(tx, &wish.station_id, wish.evse).await? {
            return Err(ReserveError::InUse(wish.evse));
        }
    }
    let known = stations::evses(tx, &wish.station_id).await?;
    let mut outlets: BTreeSet<i64> = known.into_iter().map(|evse| evse.evse).collect();
    if outlets.is_empty() {
        return Ok(()); // The station will say so itself.
    }
    let all = outlets.len();
    if at_once(&meeting, wish) >= all {
        return Err(ReserveError::Full { outlets: all });
    }
    if wish.connector_type.is_empty() {
        return Ok(());
    }
    // Where the station has told the types of its connectors.
    let types = variables::named(tx, &wish.station_id, "Connector", "ConnectorType").await?;
    if types.is_empty() {
        return Ok(());
    }
    let fits = |evse: &i64| {
        let same = |value: &str| value.eq_ignore_ascii_case(&wish.connector_type);
        types.iter().any(|row| row.evse == *evse && row.value.as_deref().is_some_and(same))
    };
    outlets.retain(fits);
    let kept = |other: &&ReservationRow| {
        outlets.contains(&other.evse) || other.connector_type.eq_ignore_ascii_case(&wish.connector_type)
    };
    let kept: Vec<&ReservationRow> = meeting.into_iter().filter(kept).collect();
    if at_once(&kept, wish) >= outlets.len() {
        return Err(ReserveError::Full { outlets: outlets.len() });
    }
    Ok(())
}

/// The most of them that keep an outlet at one instant of the wish: one that follows another takes no second one.
fn at_once(meeting: &[&ReservationRow], wish: &ReservationRow) -> usize {
    let begins = meeting.iter().map(|row| row.from_at.max(wish.from_at));
    let kept = |at| meeting.iter().filter(|row| row.from_at <= at && at < row.expires_at).count();
    begins.map(kept).max().unwrap_or(0)
}

/// Is somebody charging there, or about to who has paid?
async fn in_use(tx: &mut Tx, station: &str, evse: i64) -> Result<bool, StoreError> {
    let open = sessions::open(tx, station).await?;
    Ok(open.iter().any(|session| session.evse == evse)
        || orders::occupant(tx, station, evse, 0).await?.is_some())
}

/// Is this outlet kept for somebody now, so that nobody else may be sold a session there? Where reservations do not say which
/// outlet, as many free ones are kept as there are reservations.
pub(crate) async fn is_kept(
    app: &App,
    tx: &mut Tx,
    station: &str,
    evse: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if !app.reservations.may_have(station) {
        return Ok(false);
    }
    let mut kept = reservations::open_at(tx, station).await?;
    kept.retain(|row| row.keeps(now));
    if kept.is_empty() || kept.iter().any(|row| row.evse == evse) {
        return Ok(!kept.is_empty());
    }
    let busy = sessions::open(tx, station).await?;
    let mut free: BTreeSet<i64> =
        stations::evses(tx, station).await?.into_iter().map(|known| known.evse).collect();
    free.insert(evse);
    free.retain(|evse| {
        !busy.iter().any(|session| session.evse == *evse) && !kept.iter().any(|row| row.evse == *evse)
    });
    let anywhere = kept.iter().filter(|row| row.evse == 0).count();
    Ok(anywhere > 0 && free.len() <= anywhere)
}
