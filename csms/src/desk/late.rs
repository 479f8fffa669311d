//! Messages that come after their session ended, or out of order: everything is computed again from the stored
//! readings, so the order of arrival changes no number.

use super::{AtDesk, authorize::For, find::named_by_us, state::revive, terms::agree};
use crate::{
    error::Error,
    flags::{Flag, Flags},
    model::{Phase, Presented, TransactionReply, TransactionReport},
    session::{JITTER, fact::Fact, sequence::Sequence},
    store::{
        bills,
        row::{BillRow, SessionRow, Write},
        sessions,
    },
};
use chrono::TimeDelta;
use serde_json::json;

/// A message this much after the end of a closed session with its id is about another one.
const AFTER_END: TimeDelta = TimeDelta::seconds(60);

/// What became of a message for a closed session.
pub(super) enum Closed {
    Taken(Box<TransactionReply>),
    /// It is about another session that uses the same id.
    Another,
}

impl AtDesk<'_> {
    /// Makes an open session again from its stored readings and this message, which is older than what is known or
    /// changes what the session is. False if the message is stored already.
    pub(super) async fn replay_with(&mut self, index: usize, fact: &Fact) -> Result<bool, Error> {
        let session = &self.state.open[index];
        let mut row = session.row.clone();
        let (changed, late) = (session.changed, fact.oldest() + JITTER < row.last_at);
        row.flags = session.flags.to_string();
        let mut tx = self.app.db.read().await?;
        if sessions::has_reading(&mut tx, row.id, fact.digest).await? {
            return Ok(false);
        }
        drop(tx);
        let begins = fact.phase == Phase::Start || session.flags.has(Flag::StartMissing);
        let started_at = if begins { row.started_at.min(fact.oldest()) } else { row.started_at };
        let earlier = started_at != row.started_at;
        row.started_at = started_at;
        let mut again = revive(self.app, row, Some(*fact.row(session.row.id))).await?;
        if late {
            again.flags.set(Flag::OutOfOrder);
        }
        again.changed = changed || earlier;
        self.state.open[index] = again;
        Ok(true)
    }

    pub(super) async fn late(
        &mut self,
        row: SessionRow,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Result<Closed, Error> {
        let mut tx = self.app.db.read().await?;
        let again =
            row.start_digest == fact.digest || sessions::has_reading(&mut tx, row.id, fact.digest).await?;
        let billed = bills::latest(&mut tx, row.id).await?;
        drop(tx);
        let ended_at = row.ended_at.unwrap_or(row.last_at);
        let ends = report.phase == Phase::End;
        let flags = Flags::parse(&row.flags);
        let presumed = flags.has(Flag::StopMissing);
        if !again && fact.at > ended_at + AFTER_END {
            if report.metering_only {
                // A 1.6 station that keeps naming a transaction of the past.
                self.keep_readings(report.place.map_or(0, |p| p.evse), fact.body.readings.clone());
                return Ok(Closed::Taken(Box::default()));
            }
            // A station that makes its own ids may use one again. Where the end was only presumed, whatever
            // carries on is of this session, as far as it does not count from the beginning.
            let carries_on = ends || report.phase == Phase::Update && !counts_anew(&row, fact);
            if !(named_by_us(&row) || presumed && carries_on) {
                return Ok(Closed::Another);
            }
        }
        // Another start than the one that is known, after the end: however soon it comes, it is not of this session.
        if !again && report.phase == Phase::Start && fact.at > ended_at && !flags.has(Flag::StartMissing) {
            return Ok(Closed::Another);
        }
        let purpose = if report.phase == Phase::Start { For::Starting(Some(row.id)) } else { For::Asking };
        let verdict = match token {
            Some(token) => Some(self.verdict(token, purpose).await?),
            None => None,
        };
        let transaction = row.reference.parse().ok().filter(|_| report.transaction.is_none());
        let mut reply = TransactionReply { transaction, verdict, total_cost: None, running_cost: None };
        if again {
            reply.total_cost = if ends { row.cost.parse().ok() } else { None };
            return Ok(Closed::Taken(Box::new(reply)));
        }
        if ends && !presumed {
            // Two different stops: the first one is billed, the second is kept for whoever looks.
            reply.total_cost = row.cost.parse().ok();
            let (mut row, mut flags) = (row, flags);
            let body = json!({"at": fact.at, "body": fact.body, "reason": report.stop_reason});
            self.event(Some(row.id), "session.stop_repeated", body);
            if flags.set(Flag::StopRepeated) {
                row.flags = flags.to_string();
                self.write(Write::Session(Box::new(row)));
            }
            return Ok(Closed::Taken(Box::new(reply)));
        }
        let before = (row.cost.clone(), row.energy_mwh);
        let mut row = row;
        let mut end = ended_at;
        if presumed && report.phase == Phase::Update {
            // It went on longer than anybody knew.
            end = end.max(fact.at);
        }
        if fact.phase == Phase::Start || flags.has(Flag::StartMissing) {
            row.started_at = row.started_at.min(fact.oldest());
        }
        if ends {
            end = fact.at;
            row.stop_reason =
                if report.stop_reason.is_empty() { "Local".to_owned() } else { report.stop_reason.clone() };
            row.stop_token = token.map(Presented::key).unwrap_or_default();
        }
        if report.phase == Phase::Start && row.token_uid.is_empty() {
            row.token_uid = token.map(Presented::key).unwrap_or_default();
            row.token_kind = token.map(|t| t.kind.clone()).unwrap_or_default();
            row.group_uid = reply.verdict.as_ref().and_then(|v| v.group.as_ref()).map(|g| g.uid.clone());
        }
        if report.phase == Phase::Start
            && let Some(tariff) = agree(self.app, self.station, &mut row).await?
        {
            self.keep(&tariff);
        }
        let id = row.id;
        let mut session = revive(self.app, row, Some(*fact.row(id))).await?;
        session.flags.set(Flag::LateMessage);
        if ends {
            session.flags.clear(Flag::StopMissing);
        }
        if report.phase == Phase::Start {
            session.flags.clear(Flag::StartMissing);
        }
        let revision = billed.as_ref().map_or(0, |bill| bill.revision + 1);
        let bill = session.end(end, revision, self.now());
        reply.total_cost = bill.as_ref().and_then(|b| b.total_incl.parse().ok()).filter(|_| ends);
        let after = (session.row.cost.clone(), session.row.energy_mwh);
        self.hear_costs_at_end(&mut session, before != after);
        let progress = session.progress();
        self.write(progress);
        if before != after {
            let body = json!({"cost": {"before": before.0, "after": after.0},
                              "energy_mwh": {"before": before.1, "after": after.1}});
            self.event(Some(id), "session.rerated", body);
        }
        // Also with the same total: what the bill says of times and oddities is what the readings say.
        let same = |billed: &BillRow, bill: &BillRow| {
            (&billed.body, &billed.tariff_hash) == (&bill.body, &bill.tariff_hash)
        };
        if let Some(bill) = bill.filter(|bill| !billed.is_some_and(|billed| same(&billed, bill))) {
            self.billed(bill);
        }
        self.write(Write::Reading(fact.row(id)));
        Ok(Closed::Taken(Box::new(reply)))
    }
}

/// Has the session another message with this sequence number already? Where numbers repeat anyway they tell nothing.
fn counts_anew(row: &SessionRow, fact: &Fact) -> bool {
    let told = fact.seq.is_some_and(|seq| Sequence::parse(&row.seqs).has(seq));
    told && !Flags::parse(&row.flags).has(Flag::SequenceRepeats)
}
