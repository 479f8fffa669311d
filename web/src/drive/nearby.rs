//! Chargers that are free now, on the same ground first, then by distance.

use super::place::evse_label;
use crate::{WebState, front::Fail, view::Near};
use chrono::{DateTime, TimeDelta, Utc};
use csms::store::{Tx, sessions, sites::SiteRow, stations, terms};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Sites are read anew after this.
const FRESH: TimeDelta = TimeDelta::minutes(2);
/// As the crow flies.
const METRES_MAX: i64 = 25_000;
/// Sites that are looked at, and that are shown.
const SITES_TRIED: usize = 12;
const SITES_SHOWN: usize = 4;
/// Outlets that are named.
const NAMED: usize = 4;
const METRES_PER_DEGREE: f64 = 111_195.0;

/// A site that has coordinates.
#[derive(Debug)]
struct Placed {
    row: SiteRow,
    latitude: f64,
    longitude: f64,
}

/// Sites with coordinates, kept for a while: a fault at a busy site brings many drivers at once.
#[derive(Debug, Default)]
pub struct Map(Mutex<Option<Kept>>);

/// Since when, and what.
type Kept = (DateTime<Utc>, Arc<Vec<Placed>>);

impl Map {
    async fn sites(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Arc<Vec<Placed>>, Fail> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, sites)) = kept
            && now - at < FRESH
        {
            return Ok(sites);
        }
        let sites: Arc<Vec<Placed>> =
            Arc::new(terms::sites(tx).await?.into_iter().filter_map(placed).collect());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, sites.clone()));
        Ok(sites)
    }
}

fn placed(row: SiteRow) -> Option<Placed> {
    let degrees = |text: &Option<String>, most: f64| {
        text.as_deref()?.trim().parse::<f64>().ok().filter(|value| value.abs() <= most)
    };
    let (latitude, longitude) = (degrees(&row.latitude, 90.0)?, degrees(&row.longitude, 180.0)?);
    Some(Placed { row, latitude, longitude })
}

/// Good enough for a few kilometres: the earth is flat there.
fn metres(from: (f64, f64), to: (f64, f64)) -> i64 {
    let north = to.0 - from.0;
    let east = (to.1 - from.1 + 540.0).rem_euclid(360.0) - 180.0;
    let east = east * ((from.0 + to.0) / 2.0).to_radians().cos();
    (north.hypot(east) * METRES_PER_DEGREE).round() as i64
}

/// Free outlets near a station, but for this one outlet.
pub async fn nearby(
    state: &WebState,
    tx: &mut Tx,
    site: Option<&SiteRow>,
    but: (&str, i64),
    apple: bool,
) -> Result<Vec<Near>, Fail> {
    let Some(site) = site else { return Ok(Vec::new()) };
    let mut found: Vec<Near> = free(state, tx, site, Some(but), None, apple).await?.into_iter().collect();
    let Some(home) = placed(site.clone()) else { return Ok(found) };
    let sites = state.drive.map.sites(tx, state.app.clock.now()).await?;
    let here = (home.latitude, home.longitude);
    let mut others: Vec<(i64, &Placed)> = sites
        .iter()
        .filter(|other| other.row.id != site.id)
        .map(|other| (metres(here, (other.latitude, other.longitude)), other))
        .filter(|(metres, _)| *metres <= METRES_MAX)
        .collect();
    others.sort_by_key(|(metres, other)| (*metres, other.row.id));
    for (metres, other) in others.into_iter().take(SITES_TRIED) {
        found.extend(free(state, tx, &other.row, None, Some(metres), apple).await?);
        if found.len() >= SITES_SHOWN {
            break;
        }
    }
    Ok(found)
}

/// The free outlets of a site; `None` where there are none.
async fn free(
    state: &WebState,
    tx: &mut Tx,
    site: &SiteRow,
    but: Option<(&str, i64)>,
    metres: Option<i64>,
    apple: bool,
) -> Result<Option<Near>, Fail> {
    let filter = stations::Filter { site: Some(site.id), ..stations::Filter::default() };
    let rows = stations::list(tx, &filter, None, csms::store::query::PAGE_MAX).await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| state.app.hub.online(&row.id.as_str().into())).collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
    let busy: HashSet<(String, i64)> = sessions::open_between(tx, &first.id, &last.id)
        .await?
        .into_iter()
        .map(|session| (session.station_id, session.evse))
        .collect();
    let ours: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut outlets: Vec<(String, i64)> = Vec::new();
    for connector in stations::connectors_between(tx, &first.id, &last.id).await? {
        let outlet = (connector.station_id, connector.evse);
        if connector.status == "Available"
            && ours.contains(outlet.0.as_str())
            && but.is_none_or(|but| but != (outlet.0.as_str(), outlet.1))
            && !busy.contains(&outlet)
            && outlets.last() != Some(&outlet)
        {
            outlets.push(outlet);
        }
    }
    if outlets.is_empty() {
        return Ok(None);
    }
    let map = match (site.latitude.as_deref(), site.longitude.as_deref()) {
        (Some(latitude), Some(longitude)) if apple => {
            format!("https://maps.apple.com/?daddr={},{}", latitude.trim(), longitude.trim())
        }
        (Some(latitude), Some(longitude)) => format!("geo:{},{}", latitude.trim(), longitude.trim()),
        _ => String::new(),
    };
    Ok(Some(Near {
        site: site.name.clone(),
        address: address_of(site),
        here: metres.is_none(),
        free: outlets.len(),
        metres,
        map,
        stations: outlets.iter().take(NAMED).map(|(station, evse)| evse_label(station, *evse)).collect(),
        max_power_w: None,
    }))
}

/// Street and town, as far as they are told.
pub fn address_of(site: &SiteRow) -> String {
    [site.address.trim(), site.city.trim()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_right_within_a_percent() {
        // Hamburg, Rathaus to Elbphilharmonie: 1.2 km; across the date line: 11 km.
        let near = metres((53.5503, 9.9927), (53.5413, 9.9841));
        assert!((1_100..1_200).contains(&near), "{near}");
        let across = metres((0.0, 179.95), (0.0, -179.95));
        assert!((11_000..11_200).contains(&across), "{across}");
    }

    #[test]
    fn sites_without_usable_coordinates_are_nowhere() {
        let site = |latitude: &str, longitude: &str| SiteRow {
            id: 1,
            name: String::new(),
            address: String::new(),
            city: String::new(),
            country: String::new(),
            latitude: Some(latitude.into()),
            longitude: Some(longitude.into()),
            time_zone: String::new(),
            created_at: DateTime::UNIX_EPOCH,
        };
        assert!(placed(site("53.5", " 9.99 ")).is_some());
        for (latitude, longitude) in [("", ""), ("91", "0"), ("0", "181"), ("NaN", "0"), ("x", "1")] {
            assert!(placed(site(latitude, longitude)).is_none(), "{latitude} {longitude}");
        }
    }
}
