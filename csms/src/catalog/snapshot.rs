//! Tariffs ready to price with, and the versions of each.

use crate::store::versions::VersionRow;
use chrono::{DateTime, Utc};
use std::{collections::HashMap, sync::Arc};
use tariffs::{Currency, Invalid, Plan, Tariff};

/// A tariff with what a session keeps of it.
#[derive(Debug)]
pub struct Snapshot {
    /// Of the content; the key of `tariff_snapshot`.
    pub hash: String,
    /// The canonical JSON.
    pub body: String,
    /// In which currency.
    pub currency: Currency,
    /// Some price depends on the EVSE or the payment.
    pub asks_context: bool,
    /// Ready to price with.
    pub plan: Arc<Plan>,
}

impl Snapshot {
    /// Reads a stored tariff; the error says which field is wrong.
    pub fn read(body: String) -> Result<Snapshot, Invalid> {
        Snapshot::of(Tariff::from_json(&body)?)
    }

    /// Prepares a tariff; the error says which field is wrong.
    pub fn of(tariff: Tariff) -> Result<Snapshot, Invalid> {
        let (hash, body, currency) = (tariff.hash(), tariff.to_json(), tariff.currency);
        let asks_context = tariff.asks_context();
        Ok(Snapshot { hash, body, currency, asks_context, plan: Arc::new(Plan::new(Arc::new(tariff))?) })
    }

    /// What it says.
    pub fn tariff(&self) -> &Tariff {
        self.plan.tariff()
    }
}

/// The versions of a tariff that have counted of late, count, or will.
#[derive(Debug)]
pub(super) struct Versions {
    pub tariff: Arc<str>,
    /// In the order of their activation.
    list: Vec<Version>,
}

#[derive(Debug)]
pub(super) struct Version {
    pub number: i64,
    pub from: DateTime<Utc>,
    /// `None`: it cannot be read. No price is better than the price of another version.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl Versions {
    /// Of all tariffs, from rows in order; what `known` has of them is taken from there, since versions never change.
    pub fn of(
        rows: Vec<VersionRow>,
        known: &HashMap<Arc<str>, Arc<Versions>>,
    ) -> HashMap<Arc<str>, Arc<Versions>> {
        let mut found: HashMap<Arc<str>, Versions> = HashMap::new();
        for row in rows {
            let old = known.get(&*row.tariff_id).and_then(|versions| versions.numbered(&row));
            let snapshot = old.or_else(|| match Snapshot::read(row.body) {
                Ok(snapshot) => Some(Arc::new(snapshot)),
                Err(error) => {
                    let (tariff, version) = (&row.tariff_id, row.version);
                    tracing::error!(tariff, version, %error, "a stored tariff cannot be read; its sessions have no price");
                    None
                }
            });
            let id: Arc<str> = row.tariff_id.into();
            let versions =
                found.entry(id.clone()).or_insert_with(|| Versions { tariff: id, list: Vec::new() });
            versions.list.push(Version { number: row.version, from: row.active_from, snapshot });
        }
        found.into_iter().map(|(id, versions)| (id, Arc::new(versions))).collect()
    }

    /// The one for sessions that start at this instant.
    pub fn at(&self, at: DateTime<Utc>) -> Option<&Version> {
        let later = self.list.partition_point(|version| version.from <= at);
        self.list.get(later.checked_sub(1)?)
    }

    pub fn snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.list.iter().filter_map(|version| version.snapshot.as_ref())
    }

    /// What is known of this row. A tariff that was removed and made again counts its versions from 1 again.
    fn numbered(&self, row: &VersionRow) -> Option<Arc<Snapshot>> {
        let is_it = |known: &&Version| known.number == row.version;
        let known = self.list.iter().find(is_it)?.snapshot.clone()?;
        (known.body == row.body).then_some(known)
    }
}
