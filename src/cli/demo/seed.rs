//! The demo's world: sites, tariffs, stations and tokens. Seeding again changes nothing but the stations' passwords.

use super::super::tariff::{Hand, put_at};
use anyhow::Context;
use chrono::{DateTime, Utc};
use conformance::{
    battery::Supply,
    fleet::{self, FleetStation},
};
use csms::{
    id::Ids,
    link::auth::Vault,
    store::{
        Db, Tx,
        row::{StationRow, TokenRow},
        sites,
        sites::SiteRow,
        stations, tariffs as rows, tokens, versions,
    },
};
use tariffs::Tariff;

const TARIFFS: [&str; 3] = [
    include_str!("tariffs/city.json"),
    include_str!("tariffs/highway.json"),
    include_str!("tariffs/shanghai.json"),
];

/// A site and what stands there.
struct Place {
    name: &'static str,
    address: &'static str,
    city: &'static str,
    country: &'static str,
    time_zone: &'static str,
    latitude: &'static str,
    longitude: &'static str,
    tariff: &'static str,
    /// The stations' identities are this and a number.
    prefix: &'static str,
    stations: usize,
    /// Direct current, i.e. fast.
    fast: bool,
}

const PLACES: [Place; 3] = [
    Place {
        name: "Speicherstadt",
        address: "Am Sandtorkai 4",
        city: "Hamburg",
        country: "DEU",
        time_zone: "Europe/Berlin",
        latitude: "53.5437",
        longitude: "9.9884",
        tariff: "city",
        prefix: "HAM-SP",
        stations: 10,
        fast: false,
    },
    Place {
        name: "Rastplatz Elbmarsch",
        address: "A 39",
        city: "Winsen",
        country: "DEU",
        time_zone: "Europe/Berlin",
        latitude: "53.3573",
        longitude: "10.2129",
        tariff: "highway",
        prefix: "A39-EM",
        stations: 6,
        fast: true,
    },
    Place {
        name: "Zhangjiang Park",
        address: "Zuchongzhi Road 1239",
        city: "Shanghai",
        country: "CHN",
        time_zone: "Asia/Shanghai",
        latitude: "31.2037",
        longitude: "121.5930",
        tariff: "shanghai",
        prefix: "SHA-ZJ",
        stations: 8,
        fast: false,
    },
];

/// Who drives: identifier, holder, group.
const DRIVERS: [(&str, &str, Option<&str>); 12] = [
    ("04A1B2C3D4E501", "Ada Lindqvist", None),
    ("04A1B2C3D4E502", "Jonas Petersen", None),
    ("04A1B2C3D4E503", "Mei Chen", None),
    ("04A1B2C3D4E504", "Tomás Oliveira", None),
    ("04A1B2C3D4E505", "Harbour Taxi 1", Some("HARBOUR-TAXI")),
    ("04A1B2C3D4E506", "Harbour Taxi 2", Some("HARBOUR-TAXI")),
    ("04A1B2C3D4E507", "Harbour Taxi 3", Some("HARBOUR-TAXI")),
    ("04A1B2C3D4E508", "Amina Diallo", None),
    ("04A1B2C3D4E509", "Wang Lei", None),
    ("04A1B2C3D4E50A", "Ola Nordmann", None),
    ("04A1B2C3D4E50B", "Sofia Rossi", None),
    ("04A1B2C3D4E50C", "Kenji Sato", None),
];
/// A card that was lost.
const LOST: &str = "04DEADBEEF0001";

/// Who charges, and where: what the fleet needs to know.
#[derive(Debug, Clone)]
pub struct World {
    pub stations: Vec<FleetStation>,
    pub tokens: Vec<String>,
    /// Whose payment page is told: the first is left free by the fleet, the others are at several sites.
    pub pay_at: Vec<String>,
}

/// Outlets whose payment page is told.
const PAY_CODES: usize = 3;

/// With one outlet, nothing that happens at another one disturbs who pays there.
fn pay_at(stations: &[FleetStation]) -> Vec<String> {
    let free = stations.iter().find(|station| station.hardware.evses == 1);
    let apart = stations.len().div_ceil(PAY_CODES).max(1);
    let others =
        stations.iter().step_by(apart).filter(|station| free.is_none_or(|free| free.id != station.id));
    let found = free.into_iter().chain(others).take(PAY_CODES);
    found.map(|station| station.id.clone()).collect()
}

/// Makes what is missing, gives every station a new password, and tells what the fleet needs.
pub async fn seed(db: &Db, ids: &Ids, vault: &Vault, now: DateTime<Utc>) -> anyhow::Result<World> {
    let mut tx = db.write().await?;
    for text in TARIFFS {
        let tariff = Tariff::from_json(text).context("a tariff of the demo")?;
        if rows::find(&mut tx, &tariff.id).await?.is_none() {
            let hand = hand(ids, now);
            versions::publish(&mut tx, &tariff, None, "", &hand.change()).await?;
            if tariff.id == PLACES[0].tariff {
                put_at(&hand, &mut tx, (None, None), Some(&tariff.id), true).await?;
            }
        }
    }
    let mut fleet = Vec::new();
    for place in &PLACES {
        let site = site(&mut tx, place, ids, now).await?;
        for (number, model) in models(place.fast).take(place.stations).enumerate() {
            let password = Vault::generate()?;
            let secret = vault.seal_generated(&password)?;
            let id = format!("{}-{:02}", place.prefix, number + 1);
            station(&mut tx, &id, site, secret, now).await?;
            fleet.push(FleetStation { id, password: Some(password), ..model });
        }
    }
    for (uid, holder, group) in DRIVERS {
        token(&mut tx, ids, now, uid, holder, group, false).await?;
    }
    token(&mut tx, ids, now, LOST, "A lost card", None, true).await?;
    tx.commit().await?;
    let tokens = DRIVERS.iter().map(|(uid, _, _)| (*uid).to_owned()).collect();
    Ok(World { pay_at: pay_at(&fleet), stations: fleet, tokens })
}

/// Stations of many makes and all three protocols, without end: fast ones, or slow ones.
fn models(fast: bool) -> impl Iterator<Item = FleetStation> {
    let of_kind = move |station: &FleetStation| matches!(station.hardware.supply, Supply::Dc { .. }) == fast;
    fleet::stations(100).into_iter().filter(of_kind)
}

async fn site(tx: &mut Tx, place: &Place, ids: &Ids, now: DateTime<Utc>) -> anyhow::Result<i64> {
    let known = sites::list(tx, place.name, None, 10).await?;
    if let Some(site) = known.iter().find(|site| site.name == place.name) {
        return Ok(site.id);
    }
    let site = SiteRow {
        id: ids.next(),
        name: place.name.into(),
        address: place.address.into(),
        city: place.city.into(),
        country: place.country.into(),
        latitude: Some(place.latitude.into()),
        longitude: Some(place.longitude.into()),
        time_zone: place.time_zone.into(),
        created_at: now,
    };
    sites::create(tx, &site).await?;
    // For whatever has ever started there: the fleet tells of the hours before, too.
    put_at(&hand(ids, now), tx, (Some(site.id), None), Some(place.tariff), true).await?;
    Ok(site.id)
}

fn hand(ids: &Ids, now: DateTime<Utc>) -> Hand<'_> {
    Hand { ids, now, by: "demo" }
}

async fn station(tx: &mut Tx, id: &str, site: i64, secret: String, now: DateTime<Utc>) -> anyhow::Result<()> {
    if stations::set_secret(tx, id, &secret).await? {
        return Ok(());
    }
    let name = format!("Bay {}", id.rsplit('-').next().unwrap_or(id).trim_start_matches('0'));
    let row = StationRow {
        id: id.into(),
        name,
        site_id: Some(site),
        secret,
        created_at: now,
        ..StationRow::default()
    };
    stations::create(tx, &row).await?;
    Ok(())
}

async fn token(
    tx: &mut Tx,
    ids: &Ids,
    now: DateTime<Utc>,
    uid: &str,
    holder: &str,
    group: Option<&str>,
    blocked: bool,
) -> anyhow::Result<()> {
    if !tokens::by_key(tx, uid).await?.is_empty() {
        return Ok(());
    }
    let row = TokenRow {
        id: ids.next(),
        uid: uid.into(),
        kind: "ISO14443".into(),
        group_uid: group.map(str::to_owned),
        holder: holder.into(),
        language: String::new(),
        blocked,
        expires_at: None,
        concurrent: false,
        created_at: now,
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    tokens::create(tx, &row).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use csms::{clock::Clock, store::testing::TestDb};

    #[tokio::test]
    async fn seeding_twice_makes_one_world() {
        for test in TestDb::all().await.unwrap() {
            let db = test.open().await.unwrap();
            let clock = Clock::System;
            let (ids, vault) = (Ids::new(clock.clone(), 1), Vault::new([7; 32], 1).unwrap());
            let first = seed(&db, &ids, &vault, clock.now()).await.unwrap();
            let second = seed(&db, &ids, &vault, clock.now()).await.unwrap();
            assert_eq!(first.stations.len(), 24);
            let told = &first.pay_at;
            let free = first.stations.iter().find(|station| station.id == told[0]).unwrap();
            assert_eq!((told.len(), free.hardware.evses), (PAY_CODES, 1));
            assert!(told[1..].iter().all(|id| *id != told[0]));
            let mut tx = db.read().await.unwrap();
            assert_eq!(stations::count(&mut tx, &stations::Filter::default()).await.unwrap(), 24);
            assert_eq!(sites::list(&mut tx, "", None, 200).await.unwrap().len(), 3);
            assert_eq!(tokens::list(&mut tx, &tokens::Filter::default(), None, 200).await.unwrap().len(), 13);
            let station = stations::find(&mut tx, &second.stations[0].id).await.unwrap().unwrap();
            let right = |password: &Option<String>| {
                vault.check_quickly(Some(&station.secret), password.as_deref().unwrap().as_bytes())
            };
            assert_eq!(right(&second.stations[0].password), Some(csms::link::auth::Check::Right));
            assert_eq!(right(&first.stations[0].password), Some(csms::link::auth::Check::Wrong));
        }
    }

    #[test]
    fn every_site_has_a_tariff_and_a_time_zone() {
        let tariffs: Vec<Tariff> = TARIFFS.iter().map(|text| Tariff::from_json(text).unwrap()).collect();
        for place in &PLACES {
            assert!(tariffs.iter().any(|tariff| tariff.id == place.tariff), "{}", place.name);
            assert!(place.time_zone.parse::<chrono_tz::Tz>().is_ok(), "{}", place.name);
        }
    }
}
