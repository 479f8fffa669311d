//! Stations that count costs themselves: what they say is held against our bill, and a difference is an alarm. The
//! bill stays as it is.

use super::AtDesk;
use crate::{
    flags::Flag,
    model::Phase,
    session::{Live, costs::Judgement, fact::Fact},
};
use serde_json::{Value, json};

impl AtDesk<'_> {
    /// Costs in a message of a session that runs. The first that differ make the alarm, however many follow.
    pub(super) fn hear_costs(&mut self, session: &mut Live, fact: &Fact) {
        if fact.phase == Phase::End {
            return; // see `hear_costs_at_end`
        }
        match session.judge_so_far(fact) {
            Some(Judgement::Differs { tariff, found }) if session.flags.set(Flag::CostDiffers) => {
                self.costs_differ(session, "running", &tariff, json!(found));
            }
            Some(Judgement::Failed { reason }) if session.flags.set(Flag::CostFailed) => {
                self.costs_failed(session, "running", &reason);
            }
            _ => {}
        }
    }

    /// The same for the nth open session.
    pub(super) fn hear_costs_of_open(&mut self, index: usize, fact: &Fact) {
        if fact.costs().is_some() {
            let mut session = self.state.open.remove(index);
            self.hear_costs(&mut session, fact);
            self.state.open.insert(index, session);
        }
    }

    /// The station's last word, once the session has its bill: it takes the place of what was found while it ran. `news`:
    /// the bill is another than when this was looked at last.
    pub(super) fn hear_costs_at_end(&mut self, session: &mut Live, news: bool) {
        let Some(judgement) = session.judge_at_end() else { return };
        let (differed, failed) = (session.flags.has(Flag::CostDiffers), session.flags.has(Flag::CostFailed));
        session.flags.put(Flag::CostDiffers, matches!(judgement, Judgement::Differs { .. }));
        session.flags.put(Flag::CostFailed, matches!(judgement, Judgement::Failed { .. }));
        match judgement {
            Judgement::Differs { tariff, found } if news || !differed => {
                self.costs_differ(session, "end", &tariff, json!(found));
            }
            Judgement::Failed { reason } if !failed => self.costs_failed(session, "end", &reason),
            Judgement::Agrees | Judgement::Differs { .. } | Judgement::Failed { .. } => {}
        }
    }

    fn costs_differ(&mut self, session: &Live, when: &'static str, tariff: &str, found: Value) {
        metrics::counter!("csms_cost_differences_total", "when" => when).increment(1);
        tracing::warn!(
            station = %self.station, session = session.row.id, when, tariff, differences = %found,
            "the station counts other costs than we do"
        );
        let body = json!({"when": when, "tariff": tariff, "differences": found});
        self.event(Some(session.row.id), "session.cost_differs", body);
    }

    fn costs_failed(&mut self, session: &Live, when: &'static str, reason: &str) {
        tracing::warn!(
            station = %self.station, session = session.row.id, when, reason,
            "the station could not count the costs, or not readably"
        );
        let body = json!({"when": when, "reason": reason});
        self.event(Some(session.row.id), "session.cost_failed", body);
    }
}
