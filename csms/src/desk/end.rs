//! How sessions end: with their stop, or without one.

use super::AtDesk;
use crate::{
    error::Error,
    flags::Flag,
    model::{Presented, TransactionReport},
    session::fact::Fact,
    store::row::Write,
};
use chrono::{DateTime, Utc};
use serde_json::json;

impl AtDesk<'_> {
    /// Ends an open session with its stop message; gives the total.
    pub(super) fn stop(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Option<rust_decimal::Decimal> {
        let session = &mut self.state.open[index];
        session.row.stop_reason = if report.stop_reason.is_empty() {
            "Local".to_owned() // both protocols: absent means local
        } else {
            report.stop_reason.clone()
        };
        session.row.stop_token = token.map(Presented::key).unwrap_or_default();
        self.close(index, fact.at, 0)
    }

    /// Ends an open session and writes row, bill and event.
    pub(super) fn close(
        &mut self,
        index: usize,
        at: DateTime<Utc>,
        revision: i64,
    ) -> Option<rust_decimal::Decimal> {
        let now = self.now();
        let mut session = self.state.open.remove(index);
        let bill = session.end(at, revision, now);
        let total = bill.as_ref().and_then(|b| b.total_incl.parse().ok());
        self.hear_costs_at_end(&mut session, true);
        self.event_at(
            session.row.ended_at.unwrap_or(now),
            Some(session.row.id),
            "session.ended",
            json!({"evse": session.row.evse, "transaction": session.row.reference, "energy_mwh": session.row.energy_mwh,
                   "cost": session.row.cost, "currency": session.row.currency, "reason": session.row.stop_reason,
                   "flags": session.row.flags}),
        );
        let progress = session.progress();
        self.write(progress);
        if let Some(bill) = bill {
            self.write(Write::Bill(bill));
        }
        total
    }

    /// The stop of an open session was lost. `register`: what the connector's register says now.
    pub(super) fn presume_stopped(&mut self, index: usize, register: Option<i64>) {
        let fact = {
            let session = &self.state.open[index];
            Fact::inferred_end(self.app.ids.next(), session.row.last_at, self.inbound.received_at, register)
        };
        let session = &mut self.state.open[index];
        let id = session.row.id;
        session.flags.set(Flag::StopMissing);
        session.take(&fact);
        let at = session.row.last_at;
        self.close(index, at, 0);
        self.write(Write::Reading(fact.row(id)));
    }

    /// Gives up sessions that wait for a stop in vain.
    pub(super) fn give_up(
        &mut self,
        session: Option<i64>,
        silent_since: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let mut ended = 0;
        while let Some(index) = self.state.open.iter().position(|s| match session {
            Some(id) => s.row.id == id,
            None => s.flags.has(Flag::StopAwaited) && s.row.received_at < silent_since,
        }) {
            self.presume_stopped(index, None);
            ended += 1;
        }
        Ok(ended)
    }
}
