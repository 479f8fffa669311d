//! May a station be asked for this reservation, by what it says of itself? What it does not say it is asked.

use super::ReserveError;
use crate::{
    app::App,
    store::{StoreError, Tx, reservations::ReservationRow, stations, variables},
};

/// # Errors
/// [`ReserveError::Unsupported`] and [`ReserveError::UnknownEvse`].
pub(super) async fn check(app: &App, tx: &mut Tx, row: &ReservationRow) -> Result<(), ReserveError> {
    let station = &*row.station_id;
    let Some(known) = stations::find(tx, station).await? else {
        return Err(ReserveError::UnknownStation(station.into()));
    };
    let link = app.hub.info(&station.into());
    let protocol = link.map_or(known.protocol, |link| link.protocol.subprotocol().to_owned());
    let is_16 = protocol == "ocpp1.6";
    let (able, any) = if is_16 {
        let profiles = said(tx, station, "", "SupportedFeatureProfiles").await?;
        let able = profiles.map(|list| list.split(',').any(|word| word.trim() == "Reservation"));
        // Where nothing is said, a 1.6 station cannot (1.6 §9.4).
        (able, Some(is_true(tx, station, "", "ReserveConnectorZeroSupported").await?.unwrap_or(false)))
    } else {
        let component = "ReservationCtrlr";
        let available = is_true(tx, station, component, "Available").await?;
        let enabled = is_true(tx, station, component, "Enabled").await?;
        let able = if available == Some(false) { available } else { enabled };
        (able, is_true(tx, station, component, "NonEvseSpecific").await?)
    };
    let refuse = |why: &str| Err(ReserveError::Unsupported(format!("station {station} {why}")));
    if able == Some(false) {
        return refuse("says that it keeps no reservations");
    }
    if is_16 && !row.connector_type.is_empty() {
        return refuse("speaks OCPP 1.6, which keeps a connector or any, not one of a type; name the EVSE");
    }
    if row.evse == 0 && any == Some(false) && !protocol.is_empty() {
        return refuse(match is_16 {
            true => {
                "does not say ReserveConnectorZeroSupported=true: it keeps single connectors only; name the EVSE"
            }
            false => "says ReservationCtrlr.NonEvseSpecific=false: it keeps single EVSEs only; name the EVSE",
        });
    }
    let evses = stations::evses(tx, station).await?;
    match u32::try_from(row.evse) {
        Ok(evse) if evse > 0 && !evses.is_empty() && !evses.iter().any(|known| known.evse == row.evse) => {
            Err(ReserveError::UnknownEvse { station: station.into(), evse })
        }
        _ => Ok(()),
    }
}

async fn said(tx: &mut Tx, station: &str, component: &str, name: &str) -> Result<Option<String>, StoreError> {
    let rows = variables::named(tx, station, component, name).await?;
    Ok(rows.into_iter().find(|row| row.attribute == "Actual").and_then(|row| row.value))
}

async fn is_true(
    tx: &mut Tx,
    station: &str,
    component: &str,
    name: &str,
) -> Result<Option<bool>, StoreError> {
    let said = said(tx, station, component, name).await?;
    Ok(said.and_then(|value| value.trim().to_ascii_lowercase().parse().ok()))
}
