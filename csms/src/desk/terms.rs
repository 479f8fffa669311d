//! At what price a session runs: the one that its driver paid under, else the one that its place, its people and its
//! instant have.

use super::state::snapshot;
use crate::{
    app::App,
    catalog::{Asked, Snapshot, Terms},
    error::Error,
    model::StationId,
    pay,
    store::{pay::orders, row::SessionRow},
};
use std::sync::Arc;

/// The terms of a session as far as it is known: where it is, by whom, as of its start.
pub(super) fn terms(app: &App, station: &StationId, row: &SessionRow) -> Terms {
    app.catalog.terms(&Asked {
        station,
        evse: row.evse,
        site: row.site_id,
        token: Some(&*row.token_uid).filter(|uid| !uid.is_empty()),
        token_kind: &row.token_kind,
        group: row.group_uid.as_deref(),
        at: row.started_at,
    })
}

/// Gives the session its tariff. `None` if it has that, or there is none: it keeps what it has.
pub(super) async fn agree(
    app: &App,
    station: &StationId,
    row: &mut SessionRow,
) -> Result<Option<Arc<Snapshot>>, Error> {
    let tariff = match promised(app, station, &row.token_uid).await? {
        None => terms(app, station, row).tariff,
        tariff => tariff,
    };
    let Some(tariff) = tariff.filter(|tariff| row.tariff_hash.as_ref() != Some(&tariff.hash)) else {
        return Ok(None);
    };
    row.currency = tariff.currency.code().to_owned();
    row.tariff_hash = Some(tariff.hash.clone());
    Ok(Some(tariff))
}

/// What the driver was shown and paid under, if the identifier is that of an order: whatever has been published since, that is
/// the price.
pub(super) async fn promised(
    app: &App,
    station: &StationId,
    token_uid: &str,
) -> Result<Option<Arc<Snapshot>>, Error> {
    if !pay::is_token(token_uid) {
        return Ok(None);
    }
    let mut tx = app.db.read().await?;
    match orders::price_of(&mut tx, station, token_uid).await? {
        Some(hash) => snapshot(app, &mut tx, &hash).await,
        None => Ok(None),
    }
}
