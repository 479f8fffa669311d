//! Sites, tariffs and their assignment in memory: what every session start needs and nothing changes often.
//!
//! Loaded at start, after every change made by this process, and once in a while for changes made by another.

use crate::store::{Db, StoreError, terms};
use chrono_tz::Tz;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};
use tariffs::{Currency, Invalid, Plan, Tariff};

/// A tariff with what a session keeps of it.
#[derive(Debug)]
pub struct Snapshot {
    /// Of the content; the key of `tariff_snapshot`.
    pub hash: String,
    /// As stored.
    pub body: String,
    /// In which currency.
    pub currency: Currency,
    /// Ready to price with.
    pub plan: Arc<Plan>,
}

impl Snapshot {
    /// Reads a stored tariff; the error says which field is wrong.
    pub fn read(body: String) -> Result<Snapshot, Invalid> {
        let tariff = Tariff::from_json(&body)?;
        let (hash, currency) = (tariff.hash(), tariff.currency);
        Ok(Snapshot { hash, body, currency, plan: Arc::new(Plan::new(Arc::new(tariff))?) })
    }
}

#[derive(Debug, Default)]
struct Content {
    zones: HashMap<i64, Tz>,
    site_tariffs: HashMap<i64, String>,
    evse_tariffs: HashMap<(String, i64), String>,
    tariffs: HashMap<String, Arc<Snapshot>>,
    default: Option<String>,
}

/// The catalog; one per process.
#[derive(Debug, Default)]
pub struct Catalog {
    content: RwLock<Arc<Content>>,
    /// Snapshots that are known to be in the database.
    kept: Mutex<HashSet<String>>,
}

/// Where and at what price a session runs.
#[derive(Debug, Clone)]
pub struct Terms {
    pub zone: Tz,
    pub tariff: Option<Arc<Snapshot>>,
}

impl Catalog {
    /// Reads it from the database.
    pub async fn load(db: &Db) -> Result<Catalog, StoreError> {
        let catalog = Catalog::default();
        catalog.reload(db).await?;
        Ok(catalog)
    }

    /// Reads it again. A row that cannot be read is logged and left out; the rest serves.
    pub async fn reload(&self, db: &Db) -> Result<(), StoreError> {
        let mut content = Content::default();
        let mut tx = db.read().await?;
        for site in terms::sites(&mut tx).await? {
            match site.time_zone.parse() {
                Ok(zone) => drop(content.zones.insert(site.id, zone)),
                Err(_) => {
                    tracing::error!(site = site.id, zone = site.time_zone, "unknown time zone; UTC is used")
                }
            }
            if let Some(tariff) = site.tariff_id {
                content.site_tariffs.insert(site.id, tariff);
            }
        }
        for row in terms::tariffs(&mut tx).await? {
            match Snapshot::read(row.body) {
                Ok(snapshot) => {
                    if row.is_default {
                        content.default = Some(row.id.clone());
                    }
                    content.tariffs.insert(row.id, Arc::new(snapshot));
                }
                Err(error) => {
                    tracing::error!(tariff = row.id, %error, "a stored tariff cannot be read; it is not used")
                }
            }
        }
        content.evse_tariffs =
            terms::evses(&mut tx).await?.into_iter().map(|(s, e, t)| ((s, e), t)).collect();
        let mut current = self.content.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        *current = Arc::new(content);
        Ok(())
    }

    /// The terms at an EVSE: its own tariff, else the station's, else the site's, else the default.
    pub fn terms(&self, station: &str, evse: i32, station_tariff: Option<&str>, site: Option<i64>) -> Terms {
        let content = self.content.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let own = if content.evse_tariffs.is_empty() {
            None
        } else {
            content.evse_tariffs.get(&(station.to_owned(), i64::from(evse))).map(String::as_str)
        };
        let tariff = own
            .or(station_tariff)
            .or_else(|| content.site_tariffs.get(&site?).map(String::as_str))
            .or(content.default.as_deref())
            .and_then(|id| content.tariffs.get(id).cloned());
        Terms { zone: site.and_then(|s| content.zones.get(&s).copied()).unwrap_or(Tz::UTC), tariff }
    }

    /// Is this snapshot known to be in the database?
    pub fn is_kept(&self, hash: &str) -> bool {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(hash)
    }

    /// A commit with this snapshot succeeded.
    pub fn kept(&self, hash: String) {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(hash);
    }

    /// A tariff that is in use now, by the hash of its content.
    pub fn by_hash(&self, hash: &str) -> Option<Arc<Snapshot>> {
        let content = self.content.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        content.tariffs.values().find(|t| t.hash == hash).cloned()
    }
}
