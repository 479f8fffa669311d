//! Which tariff applies: assignments by place, so that a session's start looks at those of its place only.

use super::{
    Asked,
    people::{Bounds, Circle, People},
    snapshot::{Snapshot, Version, Versions},
};
use crate::store::assignments::AssignmentRow;
use std::{cmp::Reverse, collections::HashMap, sync::Arc};
use tariffs::Kind;

/// All assignments.
#[derive(Debug, Default)]
pub(super) struct Places {
    stations: HashMap<Box<str>, Station>,
    sites: HashMap<i64, People<Entry>>,
    everywhere: People<Entry>,
}

#[derive(Debug, Default)]
struct Station {
    whole: People<Entry>,
    evses: HashMap<i64, People<Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: i64,
    priority: i64,
    versions: Arc<Versions>,
}

/// Priority, distance, circle, for this kind of session only, number: the greatest decides.
type Rank = (i64, Reverse<usize>, Reverse<Circle>, bool, i64);

/// The assignment that decides, and what it gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub assignment: i64,
    pub tariff: &'a Arc<str>,
    pub version: i64,
    pub snapshot: Option<&'a Arc<Snapshot>>,
}

impl Places {
    /// From rows in any order. One whose tariff has no version is left out.
    pub fn new(rows: Vec<AssignmentRow>, tariffs: &HashMap<Arc<str>, Arc<Versions>>) -> Places {
        let mut places = Places::default();
        for row in rows {
            let Some(versions) = tariffs.get(&*row.tariff_id) else { continue };
            let people = match (row.station_id, row.evse, row.site_id) {
                (Some(station), Some(evse), _) => {
                    places.stations.entry(station.into()).or_default().evses.entry(evse).or_default()
                }
                (Some(station), None, _) => &mut places.stations.entry(station.into()).or_default().whole,
                (None, _, Some(site)) => places.sites.entry(site).or_default(),
                (None, _, None) => &mut places.everywhere,
            };
            let bounds =
                Bounds { from: row.valid_from, to: row.valid_to, typed: row.token_kind == "KeyCode" };
            let entry = Entry { id: row.id, priority: row.priority, versions: versions.clone() };
            people.add(row.token_uid, row.group_uid, bounds, entry);
        }
        places
    }

    /// The one that decides: the highest priority, then the nearest place, then the narrowest circle, then a tariff
    /// of the session's kind before one for all, then the newest. One whose tariff is not to be had at that instant
    /// gives way to the next.
    pub fn find(&self, asked: &Asked<'_>) -> Option<Found<'_>> {
        let station = self.stations.get(asked.station);
        let near = [
            station.and_then(|station| station.evses.get(&asked.evse)),
            station.map(|station| &station.whole),
            asked.site.and_then(|site| self.sites.get(&site)),
            Some(&self.everywhere),
        ];
        let mut best: Option<(Rank, &Entry, &Version)> = None;
        for (distance, people) in near.into_iter().enumerate() {
            for (circle, entry) in people.into_iter().flat_map(|people| people.of(asked)) {
                let Some(version) = entry.versions.at(asked.at) else { continue };
                let Some(special) = fits(version, asked, circle) else { continue };
                let rank = (entry.priority, Reverse(distance), Reverse(circle), special, entry.id);
                if best.as_ref().is_none_or(|(highest, ..)| rank > *highest) {
                    best = Some((rank, entry, version));
                }
            }
        }
        best.map(|(_, entry, version)| Found {
            assignment: entry.id,
            tariff: &entry.versions.tariff,
            version: version.number,
            snapshot: version.snapshot.as_ref(),
        })
    }
}

/// May this session have this version? True if it is for sessions of its kind only. A version that cannot be read
/// stands where it stood.
fn fits(version: &Version, asked: &Asked<'_>, circle: Circle) -> Option<bool> {
    let Some(snapshot) = &version.snapshot else { return Some(false) };
    let tariff = snapshot.tariff();
    let kind = match tariff.kind {
        None => true,
        Some(Kind::AdHocPayment) => asked.is_ad_hoc(),
        Some(Kind::Regular) => !asked.is_ad_hoc(),
        // No station tells what the driver prefers: who has such a tariff has it by name.
        Some(Kind::ProfileCheap | Kind::ProfileFast | Kind::ProfileGreen) => circle != Circle::Anyone,
    };
    (kind && tariff.valid_at(asked.at)).then_some(tariff.kind.is_some())
}
