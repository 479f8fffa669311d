//! Which profiles of a station are load management's: nobody else may wish them, for what counts on them are fuses.

use super::{before, plan};
use crate::{
    desired::{self, ABSENT, Kind, Slot},
    store::{
        StoreError, Tx,
        desired::{DesiredRow, profiles},
        grid::{self, EvseRow},
        sites,
    },
};
use chrono::{DateTime, Utc};
use energy::{
    control::State,
    grid::{Evse, Method},
    profile::model::{Place, Purpose},
    units::Milliamps,
};
use std::collections::BTreeMap;

/// Why a profile cannot be wished of a station: load management tells one there, or one that would count instead of it.
///
/// # Errors
/// The database fails.
pub(crate) async fn owner(tx: &mut Tx, station: &str, slot: &Slot) -> Result<Option<String>, StoreError> {
    for row in grid::led(tx, station).await? {
        // What cannot be read is not given away.
        let method = serde_json::from_str::<Evse>(&row.body).ok().map(|evse| evse.method);
        if method.is_none_or(|method| competes(method, row.evse, slot.purpose, slot.place)) {
            let site = sites::find(tx, row.site_id).await?.map(|site| site.name).unwrap_or_default();
            return Ok(Some(format!(
                "load management of {site} tells EVSE {} of this station, and counts on it: {slot} would hold instead of what \
                 it tells. Limit the EVSE there (default or rated in its plan, csms grid limit add for a node), or take it \
                 out of the plan",
                row.evse
            )));
        }
    }
    Ok(None)
}

/// Would a profile of this purpose at this place hold instead of, or beside and above, what an EVSE is told by this method? Of one
/// purpose a higher level counts instead of a lower one, so no level is free; a station maximum only narrows what the others allow.
pub(super) fn competes(method: Method, evse: i64, purpose: Purpose, place: Place) -> bool {
    match (method, purpose) {
        (Method::StationMax, Purpose::StationMax | Purpose::LocalGeneration) => true,
        (Method::StationMax, _) | (_, Purpose::StationMax | Purpose::LocalGeneration) => false,
        (Method::Tx | Method::Stacked | Method::Single, _) => match place {
            Place::Station => true,
            Place::Evse(number) => i64::from(number) == evse,
        },
    }
}

/// What a plan would take out of the hands of those who wish it: each in words.
pub(super) fn taken(method: Method, station: &str, evse: u16, wishes: &[DesiredRow]) -> Vec<String> {
    let wished = wishes.iter().filter(|row| row.kind == Kind::Profile.word());
    let taken = wished.filter(|row| {
        let slot = Slot::read(&row.key);
        let accepted = row.acknowledged.as_deref() == Some(ABSENT);
        let is_gone =
            row.value == ABSENT && (accepted || desired::state(row, true) == desired::State::InStep);
        !is_gone && slot.is_ok_and(|slot| competes(method, evse.into(), slot.purpose, slot.place))
    });
    let words = |row: &DesiredRow| match row.value == ABSENT {
        true => format!(
            "EVSE {evse} of {station}: the profile {} is to go, and the station has not taken it away yet; wait until it has \
             (csms desired show {station})",
            row.key
        ),
        false => format!(
            "EVSE {evse} of {station}: the profile {} is wished by {}; want it absent first (csms desired profile {station} {} absent)",
            row.key, row.wanted_by, row.key
        ),
    };
    taken.map(words).collect()
}

/// The default that load management keeps at an EVSE, as a state beside those that are wished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    pub evse: i64,
    /// Purpose, level and place, as profiles are wished.
    pub key: String,
    /// The site whose plan it is.
    pub site: String,
    pub wanted: Milliamps,
    /// What the station has accepted; none: it counts with what it is rated for.
    pub acknowledged: Option<Milliamps>,
    /// `holds`, `differs`, `unknown`, or empty where nobody has asked; and the same in words.
    pub checked: String,
    pub words: String,
    pub checked_at: Option<DateTime<Utc>>,
}

impl Fallback {
    /// How it stands, for a station that is connected or not.
    pub fn state(&self, online: bool) -> desired::State {
        match (self.acknowledged == Some(self.wanted), online) {
            _ if self.checked == "differs" => desired::State::Drifted,
            (true, _) => desired::State::InStep,
            (false, true) => desired::State::OnItsWay,
            (false, false) => desired::State::Waits,
        }
    }
}

/// The defaults that load management keeps at a station.
///
/// # Errors
/// The database fails.
pub async fn fallbacks(tx: &mut Tx, station: &str) -> Result<Vec<Fallback>, StoreError> {
    let mut found = Vec::new();
    for row in grid::led(tx, station).await? {
        let Ok(evse) = serde_json::from_str::<Evse>(&row.body) else { continue };
        let site = sites::find(tx, row.site_id).await?.map(|site| site.name).unwrap_or_default();
        let state = grid::state(tx, row.site_id).await?;
        let state = state.and_then(|row| serde_json::from_str::<State>(&row.body).ok());
        let acknowledged = state
            .as_ref()
            .and_then(|state| state.track(evse.id))
            .and_then(|track| track.promise().fallback());
        found.push(of(row, &evse, site, acknowledged));
    }
    Ok(found)
}

fn of(row: EvseRow, evse: &Evse, site: String, acknowledged: Option<Milliamps>) -> Fallback {
    let (purpose, place) = match evse.method {
        Method::StationMax => (Purpose::StationMax, Place::Station),
        Method::Tx | Method::Stacked | Method::Single => (Purpose::TxDefault, Place::Evse(evse.number)),
    };
    Fallback {
        evse: row.evse,
        key: Slot { purpose, level: 0, place }.to_string(),
        site,
        wanted: evse.default,
        acknowledged,
        checked: row.checked,
        words: row.words,
        checked_at: row.checked_at,
    }
}

/// What the wishes of its stations, and what others have set there, have against a plan that is to be told.
///
/// # Errors
/// The database fails.
pub(super) async fn against(tx: &mut Tx, plan: &plan::Plan) -> Result<Vec<String>, StoreError> {
    let (mut found, mut known) = (Vec::new(), BTreeMap::new());
    for evse in plan.site.evses() {
        let Some((station, number)) = plan.names.evses.get(&evse.id) else { continue };
        if !known.contains_key(station) {
            known.insert(station, (profiles(tx, station).await?, before::at(tx, station).await?));
        }
        let Some((wishes, set)) = known.get(station) else { continue };
        found.extend(taken(evse.method, station, *number, wishes));
        found.extend(set.iter().filter_map(|one| one.against(evse, station, wishes)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_hold_instead_of_load_managements_profiles_is_its_own() {
        let owns = |method, key: &str| {
            let slot = Slot::read(key).unwrap();
            competes(method, 2, slot.purpose, slot.place)
        };
        for method in [Method::Tx, Method::Stacked, Method::Single] {
            for key in [
                "TxDefaultProfile/0@2",
                "TxDefaultProfile/7@2",
                "TxDefaultProfile/3@station",
                "PriorityCharging/0@2",
            ] {
                assert!(owns(method, key), "{method:?} {key}");
            }
            for key in
                ["TxDefaultProfile/0@1", "ChargingStationMaxProfile/0@station", "LocalGeneration/0@station"]
            {
                assert!(!owns(method, key), "{method:?} {key}");
            }
        }
        for (key, owned) in [
            ("ChargingStationMaxProfile/5@station", true),
            ("LocalGeneration/0@station", true),
            ("TxDefaultProfile/0@2", false),
            ("PriorityCharging/0@2", false),
        ] {
            assert_eq!(owns(Method::StationMax, key), owned, "{key}");
        }
    }
}
