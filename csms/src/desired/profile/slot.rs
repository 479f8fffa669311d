//! Where a profile is installed and what for: of one purpose, on one stack level, at one place there is one.

use energy::profile::model::{Place, Purpose};
use std::fmt;

/// Stack levels that can be wished; no station has more.
const LEVEL_MAX: u32 = 999;
/// EVSEs of a station.
const EVSE_MAX: u16 = 10_000;
/// The numbers on the wire begin here: above those of load management (9000 and up) and of plans for vehicles
/// (1,600,000,000 and up), whose places are not ours.
const IDS: i32 = 1_700_000_000;

/// The purposes that can be wished, as 2.x names them.
const PURPOSES: [(&str, Purpose); 4] = [
    ("ChargingStationMaxProfile", Purpose::StationMax),
    ("TxDefaultProfile", Purpose::TxDefault),
    ("PriorityCharging", Purpose::Priority),
    ("LocalGeneration", Purpose::LocalGeneration),
];

/// A place for a profile: `TxDefaultProfile/3@2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub purpose: Purpose,
    pub level: u32,
    pub place: Place,
}

impl Slot {
    /// Reads `PURPOSE/LEVEL@PLACE`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Slot, String> {
        let wrong = || {
            let words = PURPOSES.map(|(word, _)| word).join(", ");
            format!(
                "{text:?}: say PURPOSE/LEVEL@PLACE, e.g. TxDefaultProfile/0@1; purposes are {words}, levels 0 to \
                 {LEVEL_MAX}, places station or an EVSE from 1"
            )
        };
        let (word, rest) = text.split_once('/').ok_or_else(wrong)?;
        let purpose = purpose(word).map_err(|why| why.unwrap_or_else(wrong))?;
        let (level, place) = rest.split_once('@').ok_or_else(wrong)?;
        let level = level.parse().ok().filter(|level| *level <= LEVEL_MAX).ok_or_else(wrong)?;
        let place = match place {
            "station" => Place::Station,
            evse => {
                let evse = evse.parse().ok().filter(|evse| (1..=EVSE_MAX).contains(evse));
                Place::Evse(evse.ok_or_else(wrong)?)
            }
        };
        if matches!(purpose, Purpose::StationMax | Purpose::LocalGeneration) && place != Place::Station {
            return Err(format!("{text:?}: a {word} is for the station as a whole; say @station"));
        }
        Ok(Slot { purpose, level, place })
    }

    /// The purpose as 2.x names it.
    pub fn word(&self) -> &'static str {
        PURPOSES.iter().find(|(_, purpose)| *purpose == self.purpose).map_or("", |(word, _)| word)
    }

    /// The profile's number on the wire: always the same for the same slot, and of no other.
    pub fn id(&self) -> i32 {
        let purpose = PURPOSES.iter().position(|(_, purpose)| *purpose == self.purpose).unwrap_or_default();
        let purpose = i32::try_from(purpose).unwrap_or_default();
        let level = i32::try_from(self.level.min(LEVEL_MAX)).unwrap_or_default();
        let levels = i32::try_from(LEVEL_MAX).unwrap_or_default() + 1;
        IDS + (purpose * levels + level) * (i32::from(EVSE_MAX) + 1) + i32::from(self.evse())
    }

    /// The EVSE on the wire; 0 is the station.
    pub fn evse(&self) -> u16 {
        match self.place {
            Place::Station => 0,
            Place::Evse(evse) => evse,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, level) = (self.word(), self.level);
        match self.place {
            Place::Station => write!(f, "{word}/{level}@station"),
            Place::Evse(evse) => write!(f, "{word}/{level}@{evse}"),
        }
    }
}

/// A purpose that can be wished; else why not, where there is more to say than that there is none.
fn purpose(word: &str) -> Result<Purpose, Option<String>> {
    let known = |word: &str| PURPOSES.iter().find(|(known, _)| *known == word).map(|(_, purpose)| *purpose);
    match word {
        "TxProfile" => Err(Some(
            "a TxProfile belongs to one session and ends with it; a wish lasts. Send it with set-profile, or give every \
             session a TxDefaultProfile"
                .to_owned(),
        )),
        "ChargingStationExternalConstraints" => Err(Some(
            "external constraints are never set or cleared by a CSMS (K01.FR.22); wish a ChargingStationMaxProfile"
                .to_owned(),
        )),
        // As 1.6 names it.
        "ChargePointMaxProfile" => Ok(Purpose::StationMax),
        word => known(word).ok_or(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_slot_is_read_as_it_is_written() {
        for text in [
            "ChargingStationMaxProfile/0@station",
            "TxDefaultProfile/3@2",
            "TxDefaultProfile/0@station",
            "PriorityCharging/999@10000",
            "LocalGeneration/1@station",
        ] {
            assert_eq!(Slot::read(text).map(|slot| slot.to_string()).as_deref(), Ok(text));
        }
        let old = Slot::read("ChargePointMaxProfile/00@station").map(|slot| slot.to_string());
        assert_eq!(old.as_deref(), Ok("ChargingStationMaxProfile/0@station"));
    }

    #[test]
    fn what_is_no_slot_is_said() {
        for (text, why) in [
            ("TxProfile/0@1", "belongs to one session"),
            ("ChargingStationExternalConstraints/0@station", "K01.FR.22"),
            ("ChargingStationMaxProfile/0@1", "say @station"),
            ("LocalGeneration/0@1", "say @station"),
            ("TxDefaultProfile/1000@1", "levels 0 to 999"),
            ("TxDefaultProfile/-1@1", "levels"),
            ("TxDefaultProfile/0@0", "an EVSE from 1"),
            ("TxDefaultProfile/0@10001", "an EVSE from 1"),
            ("TxDefaultProfile/0", "PURPOSE/LEVEL@PLACE"),
            ("Tx", "PURPOSE/LEVEL@PLACE"),
        ] {
            let told = Slot::read(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn no_two_slots_have_one_number() {
        let mut seen = BTreeSet::new();
        for (_, purpose) in PURPOSES {
            for level in [0, 1, 2, 500, LEVEL_MAX] {
                for place in [Place::Station, Place::Evse(1), Place::Evse(2), Place::Evse(EVSE_MAX)] {
                    let id = Slot { purpose, level, place }.id();
                    assert!(id >= IDS && seen.insert(id), "{purpose:?} {level} {place:?}");
                }
            }
        }
    }
}
