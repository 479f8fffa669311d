//! Sites, versions of tariffs and their assignment in memory: what every session start needs and nothing changes often.
//!
//! Loaded at start, after every change made by this process, and once in a while for changes made by another. It
//! holds what is to come, so that a version becomes active at its instant and not at the next load, and what has
//! counted for so long as sessions are told late.

mod benefits;
mod people;
mod places;
mod snapshot;
#[cfg(test)]
mod tests;

pub use snapshot::Snapshot;

use crate::store::{Db, StoreError, terms};
use benefits::Benefits;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use places::Places;
use snapshot::Versions;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};
use tariffs::EvseKind;

/// How long a station may keep a session to itself and still have the tariff of its start.
const KEPT: TimeDelta = TimeDelta::days(400);
/// Hashes of snapshots remembered as stored; storing one again does no harm.
const STORED_MAX: usize = 65_536;

#[derive(Debug, Default)]
struct Content {
    zones: HashMap<i64, Tz>,
    /// Per station its EVSEs whose kind is known.
    evses: HashMap<String, Vec<(i64, EvseKind)>>,
    tariffs: HashMap<Arc<str>, Arc<Versions>>,
    by_hash: HashMap<String, Arc<Snapshot>>,
    places: Places,
    benefits: Benefits,
}

/// The catalog; one per process.
#[derive(Debug, Default)]
pub struct Catalog {
    /// One reads at a time.
    reading: tokio::sync::Mutex<()>,
    content: RwLock<Arc<Content>>,
    /// Tariffs with the benefits of somebody, or at a kind of EVSE.
    reduced: benefits::Cache,
    /// Snapshots that are known to be in the database.
    kept: Mutex<HashSet<String>>,
}

/// Who asks for the price of a session, where, and as of when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub station: &'a str,
    /// 0 = not told yet.
    pub evse: i64,
    pub site: Option<i64>,
    /// The identifier as compared (upper case). `None`: the session is ad hoc, or it is not told yet.
    pub token: Option<&'a str>,
    /// What it is, e.g. `KeyCode`; empty = not told.
    pub token_kind: &'a str,
    pub group: Option<&'a str>,
    /// When the session starts.
    pub at: DateTime<Utc>,
}

impl Asked<'_> {
    /// Nobody identified themselves by something that has a contract behind it.
    fn is_ad_hoc(&self) -> bool {
        self.token.is_none() || matches!(self.token_kind, "NoAuthorization" | "DirectPayment")
    }
}

/// At what price a session runs, and in which time zone.
#[derive(Debug, Clone)]
pub struct Terms {
    pub zone: Tz,
    /// `None`: none is assigned, or the version that counts cannot be read.
    pub tariff: Option<Arc<Snapshot>>,
    /// Why it is this tariff; `None` if none is assigned.
    pub chosen: Option<Chosen>,
}

/// What decided about a session's tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub tariff: Arc<str>,
    pub version: i64,
    /// The row of `assignment`.
    pub assignment: i64,
    /// The rows of `benefit` that are taken off, in order.
    pub benefits: Vec<i64>,
}

impl Catalog {
    /// Reads it from the database; `now` decides how far back.
    pub async fn load(db: &Db, now: DateTime<Utc>) -> Result<Catalog, StoreError> {
        let catalog = Catalog::default();
        catalog.reload(db, now).await?;
        Ok(catalog)
    }

    /// Reads it again. A row that cannot be read is logged and left out; the rest serves.
    pub async fn reload(&self, db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
        // Of two readings the one that began later has the last word.
        let _turn = self.reading.lock().await;
        let since = now - KEPT;
        let mut tx = db.read().await?;
        let zones = zones(terms::sites(&mut tx).await?);
        let evses = evse_kinds(terms::evse_kinds(&mut tx).await?);
        let tariffs = Versions::of(terms::versions(&mut tx, since).await?, &self.content().tariffs);
        let places = Places::new(terms::assignments(&mut tx, since).await?, &tariffs);
        let benefits = Benefits::new(terms::benefits(&mut tx, since).await?);
        drop(tx);
        let snapshots = tariffs.values().flat_map(|versions| versions.snapshots());
        let by_hash = snapshots.map(|snapshot| (snapshot.hash.clone(), snapshot.clone())).collect();
        let mut current = self.content.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        *current = Arc::new(Content { zones, evses, tariffs, by_hash, places, benefits });
        Ok(())
    }

    /// The terms of a session: of the tariffs assigned to this place, these people and this instant the one with the
    /// highest priority, then at the nearest place, then to the narrowest circle; with the benefits of who asks.
    pub fn terms(&self, asked: &Asked<'_>) -> Terms {
        let content = self.content();
        let zone = asked.site.and_then(|site| content.zones.get(&site).copied()).unwrap_or(Tz::UTC);
        let Some(found) = content.places.find(asked) else {
            return Terms { zone, tariff: None, chosen: None };
        };
        let mut chosen = Chosen {
            tariff: found.tariff.clone(),
            version: found.version,
            assignment: found.assignment,
            benefits: Vec::new(),
        };
        let tariff = found.snapshot.map(|snapshot| {
            let held = content.benefits.held(asked, snapshot.currency);
            let (tariff, ids) = self.reduced.get(snapshot, &held, content.evse_kind(asked));
            chosen.benefits = ids;
            tariff
        });
        Terms { zone, tariff, chosen: Some(chosen) }
    }

    /// The tariff of a session that starts then with an identifier for which there is nothing of its own.
    pub fn usual_tariff(&self, station: &str, site: Option<i64>, at: DateTime<Utc>) -> Option<Arc<str>> {
        let asked = Asked { station, evse: 0, site, token: Some(""), token_kind: "", group: None, at };
        self.content().places.find(&asked).map(|found| found.tariff.clone())
    }

    /// Is this snapshot known to be in the database?
    pub fn is_kept(&self, hash: &str) -> bool {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(hash)
    }

    /// A commit with this snapshot succeeded.
    pub fn kept(&self, hash: String) {
        let mut kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.len() >= STORED_MAX {
            kept.clear();
        }
        kept.insert(hash);
    }

    /// A tariff that is in use now, by the hash of its content.
    pub fn by_hash(&self, hash: &str) -> Option<Arc<Snapshot>> {
        self.content().by_hash.get(hash).cloned().or_else(|| self.reduced.by_hash(hash))
    }

    fn content(&self) -> Arc<Content> {
        self.content.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Content {
    /// What the EVSE delivers, if that is known.
    fn evse_kind(&self, asked: &Asked<'_>) -> Option<EvseKind> {
        let known = self.evses.get(asked.station)?;
        known.iter().find(|(evse, _)| *evse == asked.evse).map(|(_, kind)| *kind)
    }
}

fn evse_kinds(rows: Vec<(String, i64, String)>) -> HashMap<String, Vec<(i64, EvseKind)>> {
    let mut kinds: HashMap<String, Vec<(i64, EvseKind)>> = HashMap::new();
    for (station, evse, kind) in rows {
        let kind = match kind.as_str() {
            "ac" => EvseKind::Ac,
            "dc" => EvseKind::Dc,
            _ => {
                tracing::error!(
                    station,
                    evse,
                    kind,
                    "unknown kind of EVSE; prices that ask for it do not hold"
                );
                continue;
            }
        };
        kinds.entry(station).or_default().push((evse, kind));
    }
    kinds
}

fn zones(sites: Vec<crate::store::sites::SiteRow>) -> HashMap<i64, Tz> {
    let mut zones = HashMap::with_capacity(sites.len());
    for site in sites {
        match site.time_zone.parse() {
            Ok(zone) => drop(zones.insert(site.id, zone)),
            Err(_) => {
                tracing::error!(site = site.id, zone = site.time_zone, "unknown time zone; UTC is used")
            }
        }
    }
    zones
}
