//! Where a driver stands, in words.

use super::nearby::address_of;
use crate::view::Spot;
use csms::store::{StoreError, Tx, sites::SiteRow, stations};

/// `HARBOUR-001`, or `HARBOUR-001 / 2`.
pub fn evse_label(station: &str, evse: i64) -> String {
    if evse == 0 { station.to_owned() } else { format!("{station} / {evse}") }
}

/// An outlet as a page tells of it. A station that has only one does not number it.
pub async fn spot(
    tx: &mut Tx,
    operator: &str,
    site: Option<&SiteRow>,
    station: &str,
    evse: i64,
    zone: &str,
) -> Result<Spot, StoreError> {
    let row = stations::find(tx, station).await?;
    let evses = stations::evses(tx, station).await?;
    let known = evses.iter().find(|known| known.evse == evse);
    let name = row.map(|row| row.name).filter(|name| !name.is_empty());
    Ok(Spot {
        operator: operator.to_owned(),
        site: site.map(|site| site.name.clone()).unwrap_or_default(),
        address: site.map(address_of).unwrap_or_default(),
        station: name.unwrap_or_else(|| station.to_owned()),
        evse: if evse > 0 && evses.len() > 1 { evse.to_string() } else { String::new() },
        kind: known.map(|known| known.kind.clone()).unwrap_or_default(),
        max_power_w: known.and_then(|known| known.max_power_w),
        zone: zone.to_owned(),
    })
}
