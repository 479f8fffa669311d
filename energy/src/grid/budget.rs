//! How much EVSEs may take below each node, now.

use chrono::{DateTime, TimeDelta, Utc};

use crate::grid::{Limit, Load, Site};
use crate::units::PerPhase;

/// For each node of a site, what is left for EVSEs below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// By the fuses alone. Below zero where other loads take too much already.
    pub fuse: Vec<PerPhase>,
    /// By fuses and by limits from outside that hold now or within the lead.
    pub limit: Vec<PerPhase>,
}

impl Budget {
    /// Counts other loads with their margin, or with their reserve where nothing fresh is known; never with more than the
    /// reserve, which is by definition the most. Limits are kept `lead` before they start, so that stations are told in time.
    pub fn new(site: &Site, now: DateTime<Utc>, lead: TimeDelta, loads: &[Load], limits: &[Limit]) -> Budget {
        let mut others: Vec<PerPhase> = site.nodes().iter().map(|node| node.unmanaged.reserve).collect();
        for load in loads {
            let Some(at) = site.node_place(load.node) else { continue };
            let unmanaged = site.nodes()[at].unmanaged;
            if load.fresh(now, unmanaged.max_age_s) {
                others[at] = (load.current.max(PerPhase::ZERO) + unmanaged.margin).min(unmanaged.reserve);
            }
        }
        site.sum_upwards(&mut others);
        let fuse: Vec<PerPhase> =
            site.nodes().iter().zip(&others).map(|(node, others)| node.fuse - *others).collect();
        let mut limit = fuse.clone();
        for outside in limits.iter().filter(|limit| limit.holds_within(now, now + lead)) {
            if let Some(at) = site.node_place(outside.node) {
                limit[at] = limit[at].min(outside.per_phase(site.voltage()) - others[at]);
            }
        }
        Budget { fuse, limit }
    }

    /// The first instant after `after` and before `until` at which a limit starts: what was granted before ends there.
    pub fn next_start(limits: &[Limit], after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        limits.iter().map(|limit| limit.from).filter(|from| after < *from && *from < until).min()
    }
}
