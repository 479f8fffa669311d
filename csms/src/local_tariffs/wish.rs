//! What the catalog wants a station to hold.

use crate::{catalog::Snapshot, store::row::StationRow};
use serde_json::Value;
use std::sync::Arc;
use tariffs::{
    Tariff,
    ocpp::{Exported, content_id, messages::driver_tariff, write_tariff},
};

/// The most characters of a tariffId.
const ID_MAX: usize = 60;
/// So many of them tell one content from another: a hyphen and a part of its hash.
const CONTENT: usize = 17;

/// Where a station has a tariff: 0 is all its EVSEs.
pub(super) type Place = i64;

/// A station and its EVSEs, as far as prices depend on them.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub station: StationRow,
    /// In order; empty = none is known.
    pub evses: Vec<i64>,
}

/// What shall be at a place; `None`: no tariff.
pub(super) type Wanted = Vec<(Place, Option<Arc<Snapshot>>)>;

/// What shall be at the places of a station: at all EVSEs together where they have one tariff, else at each.
pub(super) fn wanted(evses: &[i64], tariff_at: impl Fn(i64) -> Option<Arc<Snapshot>>) -> Wanted {
    let mut wanted: Wanted = evses.iter().map(|evse| (*evse, tariff_at(*evse))).collect();
    let hash = |snapshot: &Option<Arc<Snapshot>>| snapshot.as_ref().map(|snapshot| snapshot.hash.clone());
    match wanted.first() {
        None => vec![(0, tariff_at(0))],
        Some((_, first)) if wanted.iter().all(|(_, other)| hash(other) == hash(first)) => {
            let (_, first) = wanted.swap_remove(0);
            vec![(0, first)]
        }
        Some(_) => wanted,
    }
}

/// Is it the same at the same places?
pub(super) fn same(one: &Wanted, other: &Wanted) -> bool {
    let content = |wanted: &Wanted| -> Vec<(Place, Option<String>)> {
        wanted.iter().map(|(place, tariff)| (*place, tariff.as_ref().map(|t| t.hash.clone()))).collect()
    };
    content(one) == content(other)
}

/// What shall be at a place, in the words of the station.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// No tariff is assigned.
    Nothing,
    /// One that a station cannot be told. Then it has none, and the CSMS counts.
    Unsayable { why: String },
    /// A TariffType under this id.
    Tariff { id: String, json: Value },
}

impl Wish {
    pub fn of(place: Place, tariff: Option<&Arc<Snapshot>>) -> Wish {
        let Some(tariff) = tariff.map(|snapshot| snapshot.plan.tariff()) else { return Wish::Nothing };
        let id = id_at(place, tariff);
        // It counts now, whatever it says of its beginning: a station keeps what has none until the next one comes.
        match write_tariff(&Tariff { id: id.clone(), valid_from: None, ..Tariff::clone(tariff) }) {
            Ok(exported) => Wish::Tariff { id, json: exported.json },
            Err(invalid) => Wish::Unsayable { why: invalid.to_string() },
        }
    }

    /// Under which id; `None`: nothing shall be there.
    pub fn id(&self) -> Option<&str> {
        match self {
            Wish::Tariff { id, .. } => Some(id),
            Wish::Nothing | Wish::Unsayable { .. } => None,
        }
    }
}

/// The tariff of a driver, for the answer to an Authorize. `None`: a station cannot be told it.
pub(crate) fn for_driver(tariff: &Tariff) -> Option<Value> {
    let id = id_at(0, tariff);
    let written = write_tariff(&Tariff { id, valid_from: None, ..tariff.clone() });
    written.ok().map(|Exported { json, notes }| driver_tariff(&Exported { json, notes }))
}

/// A station takes an id once: a tariff that is put at several EVSEs one by one has an id at each.
fn id_at(place: Place, tariff: &Tariff) -> String {
    let id = content_id(tariff);
    if place == 0 {
        return id;
    }
    let end = format!("-e{place}");
    let name_max = ID_MAX - CONTENT - end.len();
    let name: String = tariff.id.chars().take(name_max).collect();
    let content: String = id.chars().rev().take(CONTENT).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{name}{content}{end}")
}
