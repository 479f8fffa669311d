//! Who comes to charge, when, and what goes wrong: decisions that follow from a seed and nothing else.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::battery::Battery;

/// One vehicle's visit to an EVSE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// How long the EVSE is free before, s.
    pub idle_s: i64,
    /// Which of the known tokens is presented; `None`: one that nobody knows.
    pub token: Option<usize>,
    /// The vehicle.
    pub battery: Battery,
    /// The driver comes back when so much has been charged, Wh; a full battery ends the visit before.
    pub wanted_wh: i64,
    /// Whether the driver stops at the station with the card; otherwise the cable is pulled.
    pub by_card: bool,
    /// How long the vehicle stays after it has stopped charging, s.
    pub linger_s: i64,
    /// What goes wrong during the visit.
    pub mishap: Option<Mishap>,
}

/// What goes wrong now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mishap {
    /// The network is lost for a moment.
    Reconnect,
    /// The connection ends in the middle of a message.
    DropMidCall,
    /// A message is sent twice.
    Duplicate,
    /// The station loses power and the session with it.
    PowerLoss,
    /// The connector reports a fault for a moment before the vehicle comes.
    ConnectorFault,
}

/// The visits to one EVSE, without end. The same seed, station and EVSE give the same visits.
#[derive(Debug, Clone)]
pub struct Visits {
    rng: StdRng,
    tokens: usize,
    mishaps: bool,
    invited: bool,
}

/// Nobody comes of his own accord: longer than anything lives here.
const NEVER_S: i64 = 100 * 365 * 86_400;

impl Visits {
    /// The visits to `evse` of the `station`th station, by holders of `tokens` known tokens. Without `mishaps`,
    /// everything goes well.
    pub fn new(seed: u64, station: usize, evse: i32, tokens: usize, mishaps: bool) -> Self {
        // Odd constants spread neighbouring numbers over the whole range.
        let station = (station as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let evse = u64::from(evse.unsigned_abs()).wrapping_mul(0xD1B5_4A32_D192_ED03);
        Visits { rng: StdRng::seed_from_u64(seed ^ station ^ evse), tokens, mishaps, invited: false }
    }

    /// The same vehicles, which come only when a session is started from afar; and nothing goes wrong.
    pub fn by_invitation(self) -> Visits {
        Visits { invited: true, mishaps: false, ..self }
    }
}

impl Iterator for Visits {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let rng = &mut self.rng;
        let soc = rng.random_range(80..650);
        let battery = match rng.random_range(0..3) {
            0 => Battery::city_car(soc),
            1 => Battery::family_car(soc),
            _ => Battery::tourer(soc),
        };
        let unknown = rng.random_ratio(1, 25);
        let token = rng.random_range(0..self.tokens.max(1));
        // Drawn always, so that the rest of the visit is the same with and without mishaps.
        let (unlucky, which) = (rng.random_ratio(1, 8), rng.random_range(0..5));
        let mishap = match which {
            0 => Mishap::Reconnect,
            1 => Mishap::DropMidCall,
            2 => Mishap::Duplicate,
            3 => Mishap::PowerLoss,
            _ => Mishap::ConnectorFault,
        };
        Some(Visit {
            idle_s: if self.invited { NEVER_S } else { rng.random_range(30..2_400) },
            token: (!unknown && self.tokens > 0).then_some(token),
            battery,
            wanted_wh: rng.random_range(4_000..45_000),
            by_card: rng.random_ratio(2, 3),
            linger_s: rng.random_range(20..900),
            mishap: (unlucky && self.mishaps).then_some(mishap),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn visits(seed: u64, station: usize, evse: i32) -> Vec<Visit> {
        Visits::new(seed, station, evse, 10, true).take(400).collect()
    }

    #[test]
    fn the_seed_decides_everything() {
        assert_eq!(visits(7, 3, 1), visits(7, 3, 1));
        assert_ne!(visits(7, 3, 1), visits(8, 3, 1), "another seed");
        assert_ne!(visits(7, 3, 1), visits(7, 4, 1), "another station");
        assert_ne!(visits(7, 3, 1), visits(7, 3, 2), "another EVSE");
    }

    #[test]
    fn mishaps_are_all_there_and_can_be_left_out() {
        let all: HashSet<Mishap> = visits(1, 0, 1).into_iter().filter_map(|v| v.mishap).collect();
        assert_eq!(all.len(), 5);
        let calm: Vec<Visit> = Visits::new(1, 0, 1, 10, false).take(400).collect();
        assert!(calm.iter().all(|v| v.mishap.is_none()));
        let same = |(a, b): (&Visit, Visit)| *a == Visit { mishap: None, ..b };
        assert!(calm.iter().zip(visits(1, 0, 1)).all(same), "the visits are the same otherwise");
    }

    #[test]
    fn by_invitation_nobody_comes_and_nothing_goes_wrong() {
        let visits: Vec<Visit> = Visits::new(1, 0, 1, 10, true).by_invitation().take(400).collect();
        assert!(visits.iter().all(|visit| visit.idle_s == NEVER_S && visit.mishap.is_none()));
    }

    #[test]
    fn few_tokens_are_unknown() {
        let unknown = visits(2, 0, 1).iter().filter(|v| v.token.is_none()).count();
        assert!((4..40).contains(&unknown), "{unknown} of 400");
        assert!(Visits::new(2, 0, 1, 0, true).take(9).all(|v| v.token.is_none()));
    }
}
