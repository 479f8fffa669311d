//! How sessions end: with their stop, or without one.

use super::AtDesk;
use crate::{
    error::Error,
    event::list::{SessionBilled, SessionEnded},
    flags::Flag,
    model::{Presented, TransactionReport},
    session::{Live, fact::Fact},
    store::row::{BillRow, Write},
};
use chrono::{DateTime, Utc};

impl AtDesk<'_> {
    /// Ends an open session with its stop message; gives the total.
    pub(super) async fn stop(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Result<Option<rust_decimal::Decimal>, Error> {
        let session = &mut self.state.open[index];
        session.row.stop_reason = if report.stop_reason.is_empty() {
            "Local".to_owned() // both protocols: absent means local
        } else {
            report.stop_reason.clone()
        };
        session.row.stop_token = token.map(Presented::key).unwrap_or_default();
        self.close(index, fact.at, fact).await
    }

    /// Ends an open session by a message of its end and writes row, bill and event.
    async fn close(
        &mut self,
        index: usize,
        at: DateTime<Utc>,
        fact: &Fact,
    ) -> Result<Option<rust_decimal::Decimal>, Error> {
        let now = self.now();
        let billed = self.app.loads.billed(self.state.open[index].row.id).await?;
        if billed.is_some() {
            // Another process on the same database has given it up: what it has kept of it is not known here.
            self.replay_with(index, fact).await?;
        }
        let revision = billed.map_or(0, |newest| newest + 1);
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
        Ok(total)
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
    pub(super) async fn presume_stopped(&mut self, index: usize, register: Option<i64>) -> Result<(), Error> {
        let fact = {
            let session = &self.state.open[index];
            Fact::inferred_end(self.app.ids.next(), session.row.last_at, self.inbound.received_at, register)
        };
        let session = &mut self.state.open[index];
        let id = session.row.id;
        session.flags.set(Flag::StopMissing);
        session.take(&fact);
        let at = session.row.last_at;
        self.close(index, at, &fact).await?;
        self.write(Write::Reading(fact.row(id)));
        Ok(())
    }

    /// Gives up the sessions that are to be; tells how many.
    pub(super) async fn give_up(&mut self, due: impl Fn(&Live) -> bool) -> Result<usize, Error> {
        let mut ended = 0;
        while let Some(index) = self.state.open.iter().position(&due) {
            self.presume_stopped(index, None).await?;
            ended += 1;
        }
        Ok(ended)
    }
}
