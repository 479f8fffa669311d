//! Vehicles: when they come, what they need, when they leave.

use crate::chance::Chance;

/// A vehicle's visit.
#[derive(Debug, Clone)]
pub struct Visit {
    pub evse: usize,
    pub from: i64,
    pub until: i64,
    /// mA on each phase.
    pub most: i64,
    pub phases: u8,
    pub needs_wh: i64,
    /// mA times seconds over all phases.
    pub taken: i64,
}

impl Visit {
    pub fn wh(&self) -> i64 {
        self.taken / 1000 * 230 / 3600
    }

    pub fn still_needs(&self) -> i64 {
        (self.needs_wh - self.wh()).max(0)
    }
}

/// Three kinds of visits, in order: over night, at work, shopping. Nobody needs more than half of what the vehicle
/// could take in its time if it were alone.
pub fn visits(chance: &mut Chance) -> Vec<Visit> {
    let mut visits = Vec::new();
    for evse in 0..40 {
        let mut free_from = 0;
        if chance.happens(450) {
            visits.push(visit(evse, 0, chance.between(6 * 3600, 8 * 3600), 25_000, chance));
            free_from = visits[visits.len() - 1].until + 300;
        }
        if evse < 30 && chance.happens(850) {
            let from = free_from.max(chance.between(7 * 3600, 9 * 3600));
            visits.push(visit(evse, from, chance.between(15 * 3600, 17 * 3600), 30_000, chance));
            free_from = visits[visits.len() - 1].until + 300;
        }
        while free_from < 21 * 3600 {
            let from = free_from.max(8 * 3600) + chance.between(0, 5400);
            let until = from + chance.between(2400, 3 * 3600);
            if until >= 86_400 {
                break;
            }
            visits.push(visit(evse, from, until, 14_000, chance));
            free_from = until + 300;
        }
    }
    visits.sort_by_key(|visit| (visit.from, visit.evse));
    visits
}

fn visit(evse: usize, from: i64, until: i64, most_wh: i64, chance: &mut Chance) -> Visit {
    let direct = evse >= 38;
    let single = (16..30).contains(&evse) && evse.is_multiple_of(2);
    let (most, phases) = match chance.between(0, 9) {
        _ if direct => (48_000, 3),
        0..=2 => (32_000, 1),
        _ if single => (16_000, 1),
        3..=7 => (16_000, 3),
        _ => (32_000, 3),
    };
    let possible = most * i64::from(phases) / 1000 * 230 * (until - from) / 3600;
    let needs_wh = chance.between(most_wh / 4, most_wh).min(possible / 2);
    Visit { evse, from, until, most, phases, needs_wh, taken: 0 }
}
