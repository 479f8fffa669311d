//! How sessions end: with their stop, or without one.

use super::AtDesk;
use crate::{
    event::list::{SessionBilled, SessionEnded},
    flags::Flag,
    model::{Presented, TransactionReport},
    session::{Live, fact::Fact},
    store::row::{BillRow, Write},
};
use chrono::{DateTime, Utc};

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
        let (id, row) = (session.row.id, &session.row);
        let told = SessionEnded {
            evse: row.evse,
            transaction: row.reference.clone(),
            energy_mwh: row.energy_mwh,
            cost: row.cost.clone(),
            currency: row.currency.clone(),
            reason: row.stop_reason.clone(),
            flags: row.flags.clone(),
        };
        self.tell(row.ended_at.unwrap_or(now), Some(id), &told);
        let progress = session.progress();
        self.write(progress);
        if let Some(bill) = bill {
            self.billed(bill);
        }
        total
    }

    /// Keeps a bill and tells of it.
    pub(super) fn billed(&mut self, bill: Box<BillRow>) {
        let told = SessionBilled {
            revision: bill.revision,
            currency: bill.currency.clone(),
            total_excl: bill.total_excl.clone(),
            total_incl: bill.total_incl.clone(),
            energy_mwh: bill.energy_mwh,
        };
        self.tell(self.now(), Some(bill.session_id), &told);
        self.write(Write::Bill(bill));
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

    /// Gives up the sessions that are to be; tells how many.
    pub(super) fn give_up(&mut self, due: impl Fn(&Live) -> bool) -> usize {
        let mut ended = 0;
        while let Some(index) = self.state.open.iter().position(&due) {
            self.presume_stopped(index, None);
            ended += 1;
        }
        ended
    }
}
