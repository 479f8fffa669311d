//! Finding the session that a message of a transaction belongs to.

use super::AtDesk;
use crate::{
    error::Error,
    flags::{Flag, Flags},
    model::{Phase, Presented, TransactionReport},
    session::{JITTER, Live, fact::Fact},
    store::row::SessionRow,
};
use chrono::TimeDelta;
use ocpp::Version;

/// A message this much after the end of a closed session with its id is about another one.
const AFTER_END: TimeDelta = TimeDelta::seconds(60);
/// A 1.6 start that repeats connector, identifier and register within this time is the same start with a new
/// timestamp.
const RESTAMPED: TimeDelta = TimeDelta::minutes(10);

/// The session a report belongs to.
pub(super) enum Found {
    /// The nth open one.
    Open(usize),
    /// One that has ended.
    Closed(Box<SessionRow>),
    None,
}

impl AtDesk<'_> {
    /// The session that the report belongs to, if there is one.
    pub(super) async fn find(
        &mut self,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Result<Found, Error> {
        match &report.transaction {
            Some(reference) => self.find_by_reference(reference, report, token, fact).await,
            None => self.find_start(report, token, fact).await,
        }
    }

    /// 2.x events; 1.6 StopTransaction and MeterValues.
    async fn find_by_reference(
        &mut self,
        reference: &str,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Result<Found, Error> {
        // The newest of that id: a station that uses its ids again has older ones too.
        let open = self.state.open.iter().rposition(|s| s.row.reference == reference);
        if let Some(index) = open {
            let session = &self.state.open[index];
            // Older than the session: is it of one before it, and known there?
            if fact.at + JITTER < session.row.started_at
                && let Some(row) = self.told_before(fact).await?
                && row.state == "ended"
            {
                return Ok(Found::Closed(Box::new(row)));
            }
            let starts_anew = report.phase == Phase::Start
                && fact.digest != session.row.start_digest
                && !session.flags.has(Flag::StartMissing)
                && fact.at > session.row.last_at
                && report.seq.unwrap_or(0) == 0
                && fact.at > session.row.started_at + AFTER_END;
            if !starts_anew {
                return Ok(Found::Open(index));
            }
            self.presume_stopped(index, None).await?;
            return Ok(Found::None);
        }
        let starts = report.phase == Phase::Start;
        // A session begins at the oldest reading of its start, which may be before the start itself.
        if starts
            && !fact.body.clock_wrong
            && self.state.last_session_at.is_none_or(|last| fact.oldest() > last)
        {
            return Ok(Found::None);
        }
        let mut tx = self.app.db.read().await?;
        let closed =
            crate::store::sessions::by_reference(&mut tx, self.station, reference).await?.into_iter().next();
        drop(tx);
        if !self.inbound.protocol.csms_names_transactions() {
            let closed = closed.filter(|row| !starts || may_repeat(row, fact));
            return Ok(closed.map_or(Found::None, |row| Found::Closed(Box::new(row))));
        }
        // A number that we have not given (0, -1, the station's own) says nothing about another message that has it.
        if let Some(row) =
            closed.filter(|row| named_by_us(row) && !Flags::parse(&row.flags).has(Flag::StartMissing))
        {
            return Ok(Found::Closed(Box::new(row)));
        }
        let Some(row) = self.told_before(fact).await? else {
            return Ok(self.match_without_reference(report, token, fact));
        };
        let open = self.state.open.iter().position(|s| s.row.id == row.id);
        Ok(open.map_or_else(|| Found::Closed(Box::new(row)), Found::Open))
    }

    /// The session with which this very message is stored already, among the latest of the station.
    async fn told_before(&self, fact: &Fact) -> Result<Option<SessionRow>, Error> {
        let mut tx = self.app.db.read().await?;
        let row = crate::store::sessions::by_reading(&mut tx, self.station, fact.digest).await?;
        Ok(row.filter(|row| may_repeat(row, fact)))
    }

    /// 1.6 stops and meter values with an id that is not ours (0, -1, the station's own): the session they must
    /// mean, if there is just one.
    fn match_without_reference(
        &mut self,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Found {
        let fits = |session: &Live| {
            let place = report.place.is_none_or(|p| p.evse == 0 || session.row.evse == i64::from(p.evse));
            let register = fact.moments.last().and_then(|m| m.register_mwh).zip(session.row.start_mwh);
            place
                && session.row.started_at <= fact.at
                && token.is_none_or(|t| t.key() == session.row.token_uid)
                && register.is_none_or(|(now, start)| now >= start)
        };
        let mut fitting = self.state.open.iter().enumerate().filter(|(_, s)| fits(s)).map(|(n, _)| n);
        let (Some(index), None) = (fitting.next(), fitting.next()) else { return Found::None };
        let flag = if report.phase == Phase::End { Flag::StopMatched } else { Flag::ReadingMatched };
        self.state.open[index].flags.set(flag);
        Found::Open(index)
    }

    /// 1.6 StartTransaction: the id is ours to give, and the same start must get the same id.
    async fn find_start(
        &mut self,
        report: &TransactionReport,
        token: Option<&Presented>,
        fact: &Fact,
    ) -> Result<Found, Error> {
        if let Some(index) = self.state.open.iter().position(|s| s.row.start_digest == fact.digest) {
            return Ok(Found::Open(index));
        }
        let restamped = self.state.open.iter().position(|s| {
            report.place.is_some_and(|p| s.row.evse == i64::from(p.evse))
                && token.is_some_and(|t| t.key() == s.row.token_uid)
                && s.row.start_mwh.is_some()
                && s.row.start_mwh == fact.moments.first().and_then(|m| m.register_mwh)
                && s.row.messages <= 2
                && s.row.energy_mwh == 0
                && (fact.at - s.row.started_at).abs() < RESTAMPED
        });
        if let Some(index) = restamped {
            return Ok(Found::Open(index));
        }
        // Where the clock is wrong the time of receipt stands in for the start, and tells nothing about a retry.
        if fact.body.clock_wrong || self.state.last_session_at.is_some_and(|last| fact.at <= last) {
            let mut tx = self.app.db.read().await?;
            let row = crate::store::sessions::by_start(&mut tx, self.station, fact.digest).await?;
            if let Some(row) = row.filter(|row| may_repeat(row, fact)) {
                return Ok(Found::Closed(Box::new(row)));
            }
        }
        // The connector had a session whose stop was lost: this start's register tells where it ended.
        let register = fact.moments.first().and_then(|m| m.register_mwh);
        while let Some(index) = self.state.open.iter().position(|s| {
            report.place.is_some_and(|p| s.row.evse == i64::from(p.evse)) && s.row.started_at <= fact.at
        }) {
            self.presume_stopped(index, register).await?;
        }
        Ok(Found::None)
    }
}

/// Was the session's id ours to give (1.6)? Such ids are never given twice.
pub(super) fn named_by_us(row: &SessionRow) -> bool {
    Version::from_subprotocol(&row.protocol).is_some_and(Version::csms_names_transactions)
}

/// May this message repeat one of that session? Where the clock is wrong two can be alike to the letter, a reboot
/// apart; only one that comes soon after is taken for a retry.
fn may_repeat(row: &SessionRow, fact: &Fact) -> bool {
    !fact.body.clock_wrong || fact.received_at - row.received_at < RESTAMPED
}
