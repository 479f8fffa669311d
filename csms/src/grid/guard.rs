//! What others may not ask of a station that load management leads: the profiles that it has told count for fuses, and nobody would
//! notice that they are gone or outranked.

use super::slots::competes;
use crate::{
    command::{Call, ClearProfile, Command, UsePriority},
    store::{StoreError, Tx, grid, sites},
};
use energy::{
    grid::{Evse, Method},
    profile::model::{Place, Purpose},
};
use serde_json::Value;

/// What a command does to the profiles of its station.
pub(super) enum Touch {
    /// Installs one; without a place the station chooses.
    Set { id: Option<i64>, purpose: Option<Purpose>, place: Option<Place> },
    /// Removes those that fit all that is given.
    Clear { id: Option<i64>, purpose: Option<Purpose>, level: Option<i64>, place: Option<Place> },
}

/// Why a command is not sent; `None`: load management has nothing against it.
///
/// # Errors
/// The database fails.
pub(crate) async fn forbids(
    tx: &mut Tx,
    station: &str,
    command: &Command,
) -> Result<Option<String>, StoreError> {
    let Some(touch) = Touch::of(command) else { return Ok(None) };
    for row in grid::led(tx, station).await? {
        // What cannot be read is not given away.
        let evse = serde_json::from_str::<Evse>(&row.body).ok();
        if evse.is_none_or(|evse| touch.hits(&evse)) {
            let site = sites::find(tx, row.site_id).await?.map(|site| site.name).unwrap_or_default();
            return Ok(Some(touch.words(&site, row.evse)));
        }
    }
    Ok(None)
}

impl Touch {
    fn of(command: &Command) -> Option<Touch> {
        match command {
            Command::SetProfile(set) => Some(Touch::set(Some(set.evse.into()), &set.profile)),
            Command::Start(start) => Some(Touch::set(start.evse.map(Into::into), start.profile.as_ref()?)),
            Command::ClearProfile(ClearProfile { id, evse, purpose, stack_level }) => Some(Touch::Clear {
                id: id.map(Into::into),
                purpose: purpose.as_deref().and_then(self::purpose),
                level: stack_level.map(Into::into),
                place: evse.map(|evse| place(evse.into())),
            }),
            Command::UsePriority(UsePriority { on: true, .. }) => Some(Touch::priority()),
            Command::Call(Call { action, payload }) => Touch::call(action, payload),
            _ => None,
        }
    }

    /// As it is on the wire, in 1.6 or in 2.x.
    pub(super) fn call(action: &str, payload: &Value) -> Option<Touch> {
        let number = |body: &Value, names: [&str; 2]| names.into_iter().find_map(|name| body[name].as_i64());
        let evse = number(payload, ["evseId", "connectorId"]);
        match action {
            "SetChargingProfile" | "RemoteStartTransaction" | "RequestStartTransaction" => {
                Some(Touch::set(evse, profile(payload)?))
            }
            "UsePriorityCharging" if payload["activate"] == true => Some(Touch::priority()),
            "ClearChargingProfile" => {
                let filter = match &payload["chargingProfileCriteria"] {
                    Value::Null => payload,
                    criteria => criteria,
                };
                Some(Touch::Clear {
                    id: number(payload, ["chargingProfileId", "id"]),
                    purpose: filter["chargingProfilePurpose"].as_str().and_then(self::purpose),
                    level: filter["stackLevel"].as_i64(),
                    place: number(filter, ["evseId", "connectorId"]).map(place),
                })
            }
            _ => None,
        }
    }

    /// Has the profile count that the station has for it, wherever that is from.
    fn priority() -> Touch {
        Touch::Set { id: None, purpose: Some(Purpose::Priority), place: None }
    }

    fn set(evse: Option<i64>, profile: &Value) -> Touch {
        Touch::Set {
            id: ["id", "chargingProfileId"].into_iter().find_map(|name| profile[name].as_i64()),
            purpose: profile["chargingProfilePurpose"].as_str().and_then(self::purpose),
            place: evse.map(place),
        }
    }

    /// Would what load management has told this EVSE be gone, or not be what holds?
    fn hits(&self, evse: &Evse) -> bool {
        let ours = |id: i64| (i64::from(evse.profile_id)..=i64::from(evse.profile_id) + 1).contains(&id);
        match *self {
            // A number that is used already is replaced, wherever it is (K01.FR.05).
            Touch::Set { id: Some(id), .. } if ours(id) => true,
            Touch::Set { purpose, place, .. } => holds_instead(evse, purpose, place),
            Touch::Clear { id: Some(id), .. } => ours(id),
            Touch::Clear { id: None, purpose, level, place } => told(evse).into_iter().any(|(is, at, on)| {
                purpose.is_none_or(|purpose| purpose == is)
                    && level.is_none_or(|level| level == at)
                    && place.is_none_or(|place| place == on)
            }),
        }
    }

    fn words(&self, site: &str, evse: i64) -> String {
        let whose = format!(
            "load management of {site} tells EVSE {evse} of this station, and counts on it for fuses"
        );
        match self {
            Touch::Set { .. } => format!(
                "{whose}: another profile would hold instead of what it tells. Limit the EVSE there (default or rated in its \
                 plan, csms grid limit add for a node), take it out of the plan, or turn the plan off (csms grid off)"
            ),
            Touch::Clear { .. } => format!(
                "{whose}: this would take it away. Clear a profile of somebody else by its number, or take the EVSE out of \
                 the plan, or the plan away (csms grid clear)"
            ),
        }
    }
}

/// Would a profile hold instead of what an EVSE is told? What is not known is not let through.
pub(super) fn holds_instead(evse: &Evse, purpose: Option<Purpose>, place: Option<Place>) -> bool {
    let purposes = purpose.map_or(vec![Purpose::StationMax, Purpose::TxDefault], |one| vec![one]);
    let place = place.unwrap_or(Place::Evse(evse.number));
    purposes.into_iter().any(|purpose| competes(evse.method, evse.number.into(), purpose, place))
}

/// The profile that a call brings.
pub(super) fn profile(payload: &Value) -> Option<&Value> {
    let profile = ["chargingProfile", "csChargingProfiles"].map(|name| &payload[name]);
    profile.into_iter().find(|profile| profile.is_object())
}

/// Purpose, level and place of the profiles that an EVSE is told.
fn told(evse: &Evse) -> Vec<(Purpose, i64, Place)> {
    let here = Place::Evse(evse.number);
    match evse.method {
        Method::Tx => vec![(Purpose::TxDefault, 0, here), (Purpose::Tx, 0, here)],
        Method::Stacked => vec![(Purpose::TxDefault, 0, here), (Purpose::TxDefault, 1, here)],
        Method::Single => vec![(Purpose::TxDefault, 0, here)],
        Method::StationMax => vec![(Purpose::StationMax, 0, Place::Station)],
    }
}

pub(super) fn place(evse: i64) -> Place {
    match u16::try_from(evse) {
        Ok(0) | Err(_) => Place::Station,
        Ok(number) => Place::Evse(number),
    }
}

/// The purpose with this word; none: no version has it.
fn purpose(word: &str) -> Option<Purpose> {
    Some(match word {
        "ChargingStationMaxProfile" | "ChargePointMaxProfile" => Purpose::StationMax,
        "TxDefaultProfile" => Purpose::TxDefault,
        "TxProfile" => Purpose::Tx,
        "ChargingStationExternalConstraints" => Purpose::External,
        "PriorityCharging" => Purpose::Priority,
        "LocalGeneration" => Purpose::LocalGeneration,
        _ => return None,
    })
}
