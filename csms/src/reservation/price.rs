//! What a reservation costs, by the elements of its tariff that are for reservations. It is shown with the reservation; nobody
//! is charged for it from here.

use crate::{
    app::App,
    catalog::Asked,
    model::Presented,
    store::{
        StoreError, Tx,
        reservations::{Price, ReservationRow},
        sessions, stations,
    },
};
use rust_decimal::Decimal;
use std::sync::Arc;
use tariffs::{Charge, Pricer, Reserved};

/// The price of one that is over. Nothing is due for what was never kept, or what the station has let go.
pub(super) async fn of(app: &App, tx: &mut Tx, row: &ReservationRow) -> Result<Price, StoreError> {
    let (until, expired) = match row.state.as_str() {
        "used" => {
            let session = sessions::find(tx, row.session_id.unwrap_or(0)).await?;
            (session.map_or(row.expires_at, |session| session.started_at), false)
        }
        "no-show" => (row.expires_at, true),
        "cancelled" if row.told_at.is_some() => (row.ended_at.unwrap_or(row.expires_at), false),
        _ => return Ok(Price::default()),
    };
    let station = stations::find(tx, &row.station_id).await?;
    let key = Presented { uid: row.token_uid.clone(), kind: String::new() }.key();
    let terms = app.catalog.terms(&Asked {
        station: &row.station_id,
        evse: row.evse,
        site: station.and_then(|station| station.site_id),
        token: Some(&key),
        token_kind: &row.token_kind,
        group: row.group_uid.as_deref(),
        at: row.from_at,
    });
    let Some(tariff) = terms.tariff else { return Ok(Price::default()) };
    let mut pricer = Pricer::with_plan(Arc::clone(&tariff.plan), terms.zone, until);
    let from = row.from_at.min(until);
    pricer.reserve(Reserved { from, until, expired });
    let bill = pricer.bill(until);
    let of_reservation = |charge: Charge| matches!(charge, Charge::ReservationTime | Charge::ReservationFlat);
    let totals: Vec<_> = bill.totals.iter().filter(|total| of_reservation(total.dimension)).collect();
    if totals.is_empty() {
        return Ok(Price::default());
    }
    Ok(Price {
        tariff_hash: Some(tariff.hash.clone()),
        currency: tariff.currency.to_string(),
        total_excl: totals.iter().map(|total| total.net).sum::<Decimal>().to_string(),
        total_incl: totals.iter().map(|total| total.gross).sum::<Decimal>().to_string(),
    })
}
