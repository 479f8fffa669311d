//! Defaults with which all stations may be offline at once.

use crate::grid::{Evse, Site};
use crate::share::{Draw, Turn, Want, share};
use crate::units::{Milliamps, PerPhase, Phase};

/// A fuse that the defaults of all EVSEs below it, and the reserve for other loads, exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fuse of node {node} carries {fuse} on {phase:?}, and defaults with other loads come to {load}")]
pub struct Overload {
    /// The node.
    pub node: u64,
    /// The phase.
    pub phase: Phase,
    /// What its fuse carries.
    pub fuse: Milliamps,
    /// What may come together.
    pub load: Milliamps,
}

/// What an EVSE draws at most when nothing but its default holds.
fn fallback(evse: &Evse, default: Milliamps) -> PerPhase {
    evse.load(if evse.forgets { evse.rated } else { default }, 3, 1)
}

/// The fuses that the site's defaults exceed: empty for a site that is safe whatever is offline.
pub fn overloads(site: &Site) -> Vec<Overload> {
    let loads: Vec<PerPhase> = site.evses().iter().map(|evse| fallback(evse, evse.default)).collect();
    let total = totals(site, &loads);
    let mut found = Vec::new();
    for (node, load) in site.nodes().iter().zip(total) {
        for phase in Phase::ALL {
            if load[phase] > node.fuse[phase] {
                let (fuse, load) = (node.fuse[phase], load[phase]);
                found.push(Overload { node: node.id.0, phase, fuse, load });
            }
        }
    }
    found
}

/// For each node, its reserve and what hangs below.
fn totals(site: &Site, loads: &[PerPhase]) -> Vec<PerPhase> {
    let mut total: Vec<PerPhase> = site.nodes().iter().map(|node| node.unmanaged.reserve).collect();
    site.sum_upwards(&mut total);
    for (at, load) in loads.iter().enumerate() {
        for node in site.path(at) {
            total[*node] += *load;
        }
    }
    total
}

/// A default for each EVSE, at most `wish` or the smallest that lets a vehicle charge, such that all of them and the reserves for other loads fit every fuse: the
/// least a vehicle charges with for as many as fit, in their order, then evenly more. What is a default cannot be lent to
/// others while it is not used, so the wish is best the least current; those left with 0 charge only while online.
///
/// An EVSE that forgets its profiles is counted at what it is rated for, and one that cannot be paused gets its least even
/// where it does not fit: [`overloads`] tells.
pub fn defaults(site: &Site, wish: Milliamps) -> Vec<Milliamps> {
    let forgetful: Vec<PerPhase> = site
        .evses()
        .iter()
        .map(|evse| if evse.forgets { fallback(evse, Milliamps::ZERO) } else { PerPhase::ZERO })
        .collect();
    let supply: Vec<Milliamps> = site
        .nodes()
        .iter()
        .zip(totals(site, &forgetful))
        .flat_map(|(node, used)| (node.fuse - used).0)
        .collect();
    let wants: Vec<Want> =
        site.evses().iter().enumerate().map(|(at, evse)| want(site, at, evse, wish)).collect();
    share(&supply, &wants)
}

fn want(site: &Site, at: usize, evse: &Evse, wish: Milliamps) -> Want {
    let free = if evse.forgets { evse.rated } else { Milliamps::ZERO };
    let draws = |node: &usize| {
        let cell = node * 3;
        let draw = move |(phase, halves): (Phase, u8)| Draw {
            cell: cell + phase.index(),
            free,
            halves,
            most: evse.rated,
        };
        evse.worst(3, 1).map(draw)
    };
    Want {
        draws: site.path(at).iter().flat_map(draws).collect(),
        lowest: evse.lowest(site.voltage()),
        least: evse.smallest(site.voltage()),
        most: wish.max(evse.smallest(site.voltage())).min(evse.rated),
        needed: Milliamps::ZERO,
        step: evse.step,
        class: 0,
        urgent: false,
        turn: Turn::Waits(0),
    }
}
