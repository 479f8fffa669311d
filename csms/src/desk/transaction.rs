//! Transactions of every protocol: finding the session a message belongs to, and taking the message.
//!
//! 1.6 StartTransaction, MeterValues and StopTransaction and 2.x TransactionEvent come here as one kind of report.
//! A report is never refused: what is odd about it becomes a flag on the session.

use super::{AtDesk, authorize::For, late::Closed, status::charging_16};
use crate::{
    app::App,
    catalog::{Asked, Snapshot, Terms},
    error::Error,
    flags::Flag,
    model::{
        AuthStatus, Phase, Presented, Reading, Reply, Stamp, StationId, TransactionReply, TransactionReport,
        Verdict,
    },
    session::{Live, Taken, fact::Fact},
    store::row::{SessionRow, Write},
};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;

/// A message this much after the end of a closed session with its id is about another one.
const AFTER_END: TimeDelta = TimeDelta::seconds(60);
/// A 1.6 start that repeats connector, identifier and register within this time is the same start with a new
/// timestamp.
const RESTAMPED: TimeDelta = TimeDelta::minutes(10);
/// A start that is older came out of a station's memory.
const PAST: TimeDelta = TimeDelta::minutes(5);
/// Open sessions of one station at most: the oldest is given up when a station never stops any.
const OPEN_MAX: usize = 64;

/// The session a report belongs to.
enum Found {
    /// The nth open one.
    Open(usize),
    /// One that has ended.
    Closed(Box<SessionRow>),
    None,
}

impl AtDesk<'_> {
    pub(super) async fn transaction(&mut self, mut report: TransactionReport) -> Result<Reply, Error> {
        let charging = self.charging(&report);
        let token = report.token.take();
        let fact = Fact::from_report(&mut report, &self.inbound, charging);
        let reply = match self.find(&report, token.as_ref(), &fact).await? {
            Found::Open(index) => self.carry_on(index, &report, token, fact).await?,
            Found::Closed(row) => match self.late(*row, &report, token.as_ref(), &fact).await? {
                Closed::Taken(reply) => reply,
                Closed::Another => self.begin(&report, token, fact, true).await?,
            },
            // A meter value alone makes no session: it may be of a session that another system ran.
            Found::None if report.metering_only => {
                self.keep_readings(report.place.map_or(0, |p| p.evse), fact.body.readings);
                TransactionReply::default()
            }
            Found::None => self.begin(&report, token, fact, false).await?,
        };
        Ok(Reply::Transaction(reply))
    }

    fn charging(&self, report: &TransactionReport) -> Option<bool> {
        if !self.inbound.protocol.tells_charging_state() {
            return match report.phase {
                // Energy flows from the start unless the connector says otherwise.
                Phase::Start => {
                    let status = report.place.and_then(|place| self.state.status(place));
                    Some(status.and_then(charging_16).unwrap_or(true))
                }
                Phase::Update => None,
                Phase::End => Some(false),
            };
        }
        match (report.charging_state.as_str(), report.phase) {
            (_, Phase::End) => Some(false),
            ("", _) => None,
            // A station that holds back power keeps the car waiting: that is not parking.
            (state, _) => Some(matches!(state, "Charging" | "SuspendedEVSE")),
        }
    }

    async fn find(
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
            let starts_anew = report.phase == Phase::Start
                && fact.digest != session.row.start_digest
                && !session.flags.has(Flag::StartMissing)
                && fact.at > session.row.last_at
                && report.seq.unwrap_or(0) == 0
                && fact.at > session.row.started_at + AFTER_END;
            if !starts_anew {
                return Ok(Found::Open(index));
            }
            self.presume_stopped(index, None);
            return Ok(Found::None);
        }
        let starts = report.phase == Phase::Start;
        if starts && !fact.body.clock_wrong && self.state.last_session_at.is_none_or(|last| fact.at > last) {
            return Ok(Found::None);
        }
        let mut tx = self.app.db.read().await?;
        let closed =
            crate::store::sessions::by_reference(&mut tx, self.station, reference).await?.into_iter().next();
        drop(tx);
        if let Some(row) = closed.filter(|row| !starts || may_repeat(row, fact)) {
            return Ok(Found::Closed(Box::new(row)));
        }
        if self.inbound.protocol.csms_names_transactions() {
            return Ok(self.match_without_reference(report, token, fact));
        }
        Ok(Found::None)
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
            self.presume_stopped(index, register);
        }
        Ok(Found::None)
    }

    /// A new session.
    async fn begin(
        &mut self,
        report: &TransactionReport,
        token: Option<Presented>,
        fact: Fact,
        reused: bool,
    ) -> Result<TransactionReply, Error> {
        while self.state.open.len() >= OPEN_MAX {
            self.presume_stopped(0, None);
        }
        let starts = report.phase == Phase::Start;
        // What a station tells of the past says nothing about who charges at this moment.
        let now = !report.offline && (fact.received_at - fact.at).abs() < PAST;
        let purpose = if starts && now { For::Starting(None) } else { For::Asking };
        let verdict = match &token {
            Some(token) => Some(self.verdict(token, purpose).await?),
            None => None,
        };
        let given = match (&report.transaction, self.inbound.protocol) {
            (None, _) => Some(self.app.transaction_ids.next(&self.app.db).await?),
            (Some(_), _) => None,
        };
        let reference = match (&report.transaction, given) {
            (Some(reference), _) => reference.clone(),
            (None, id) => id.map(|id| id.to_string()).unwrap_or_default(),
        };
        let place = report.place.unwrap_or_default();
        let id = self.app.ids.next();
        let mut row = SessionRow {
            id,
            station_id: self.station.to_string(),
            evse: place.evse.into(),
            connector: place.connector.into(),
            reference,
            generation: id,
            protocol: self.inbound.protocol.subprotocol().to_owned(),
            start_digest: fact.digest,
            state: "open".to_owned(),
            token_uid: token.as_ref().map(Presented::key).unwrap_or_default(),
            token_kind: token.as_ref().map(|t| t.kind.clone()).unwrap_or_default(),
            group_uid: verdict.as_ref().and_then(|v| v.group.as_ref()).map(|g| g.uid.clone()),
            verdict: verdict.as_ref().map(|v| format!("{:?}", v.status)).unwrap_or_default(),
            site_id: self.state.site_id,
            time_zone: String::new(),
            tariff_hash: None,
            currency: String::new(),
            started_at: fact.oldest(),
            ended_at: None,
            last_at: fact.at,
            received_at: fact.received_at,
            start_mwh: None,
            last_mwh: None,
            stop_mwh: None,
            energy_mwh: 0,
            power_w: None,
            soc_percent: None,
            charging_state: String::new(),
            cost: String::new(),
            seqs: String::new(),
            messages: 0,
            stop_reason: String::new(),
            stop_token: String::new(),
            remote_start: report.remote_start,
            reservation: report.reservation,
            flags: String::new(),
        };
        row.time_zone = terms(self.app, self.station, &row).zone.name().to_owned();
        let tariff = agree(self.app, self.station, &mut row);
        let mut session = Live::new(row, tariff.as_ref());
        session.flags.put(Flag::StartMissing, !starts);
        session.flags.put(Flag::TransactionIdReused, reused);
        session
            .flags
            .put(Flag::Unauthorized, verdict.as_ref().is_some_and(|v| v.status != AuthStatus::Accepted));
        session.changed = true;
        session.take(&fact);
        self.hear_costs(&mut session, &fact);
        if let Some(tariff) = tariff {
            self.keep(&tariff);
        }
        let last = self.state.last_session_at;
        self.state.last_session_at = last.max(Some(session.row.started_at));
        self.event_at(
            session.row.started_at,
            Some(id),
            "session.started",
            json!({"evse": place.evse, "transaction": session.row.reference, "token": masked(token.as_ref()),
                   "verdict": session.row.verdict}),
        );
        self.state.open.push(session);
        let index = self.state.open.len() - 1;
        let total_cost = if report.phase == Phase::End {
            self.stop(index, report, token.as_ref(), &fact)
        } else {
            let progress = self.state.open[index].progress();
            self.write(progress);
            None
        };
        self.write(Write::Reading(fact.row(id)));
        Ok(TransactionReply { transaction: given, verdict, total_cost, running_cost: None })
    }

    /// A message of an open session.
    async fn carry_on(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<Presented>,
        fact: Fact,
    ) -> Result<TransactionReply, Error> {
        let id = self.state.open[index].row.id;
        let starts = report.phase == Phase::Start;
        let purpose = if starts { For::Starting(Some(id)) } else { For::Asking };
        let verdict = match &token {
            Some(token) => Some(self.verdict(token, purpose).await?),
            None => None,
        };
        let given = report.transaction.is_none();
        let transaction = self.state.open[index].row.reference.parse().ok().filter(|_| given);
        let reply = TransactionReply { transaction, verdict, total_cost: None, running_cost: None };
        if self.state.open[index].has(fact.digest) || (starts && given) {
            // Sent again. Under another digest it is a 1.6 start with a new timestamp: the first one counts.
            let session = &mut self.state.open[index];
            if !session.has(fact.digest) && session.flags.set(Flag::StartRepeated) {
                let progress = session.progress();
                self.write(progress);
            }
            return Ok(reply);
        }
        let anew = self.learn(index, report, token.as_ref(), reply.verdict.as_ref(), &fact);
        let session = &mut self.state.open[index];
        if session.flags.has(Flag::StopAwaited) && fact.at > session.row.last_at {
            session.flags.clear(Flag::StopAwaited);
        }
        match if anew { Taken::Late } else { session.take(&fact) } {
            Taken::Again => return Ok(reply),
            // Samples that were off by a moment are put where they belong before the bill is made.
            Taken::Yes if report.phase == Phase::End && self.state.open[index].blurred => {
                self.replay_with(index, &fact).await?;
            }
            Taken::Yes => self.hear_costs_of_open(index, &fact),
            Taken::Late => {
                if !self.replay_with(index, &fact).await? {
                    return Ok(reply);
                }
            }
        }
        let (mut total_cost, mut running_cost) = (None, None);
        if report.phase == Phase::End {
            total_cost = self.stop(index, report, token.as_ref(), &fact);
        } else {
            let session = &mut self.state.open[index];
            let progress = session.progress();
            // What a station counts itself, and what is over, it need not be told.
            if report.phase == Phase::Update && !report.offline && fact.costs().is_none() {
                running_cost = session.news();
            }
            self.write(progress);
        }
        self.write(Write::Reading(fact.row(id)));
        Ok(TransactionReply { total_cost, running_cost, ..reply })
    }

    /// What a message tells once and the session keeps: place, identifier, references (E01.FR.16). True if the
    /// price has to be computed anew: the session began earlier, or where and by whom it is has another tariff.
    fn learn(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<&Presented>,
        verdict: Option<&Verdict>,
        fact: &Fact,
    ) -> bool {
        let (mut anew, mut other_terms) = (false, false);
        let place = report.place.filter(|p| p.evse != 0);
        let session = &mut self.state.open[index];
        let row = &mut session.row;
        if let (0, Some(place)) = (row.evse, place) {
            row.evse = place.evse.into();
            row.connector = place.connector.into();
            session.changed = true;
            other_terms = true;
        } else if let Some(place) = place
            && row.connector == 0
            && place.connector != 0
        {
            row.connector = place.connector.into();
            session.changed = true;
        }
        if let (Some(token), true) = (token, report.phase != Phase::End && row.token_uid.is_empty()) {
            row.token_uid = token.key();
            row.token_kind.clone_from(&token.kind);
            row.verdict = verdict.map(|v| format!("{:?}", v.status)).unwrap_or_default();
            row.group_uid = verdict.and_then(|v| v.group.as_ref()).map(|g| g.uid.clone());
            session.flags.put(Flag::Unauthorized, verdict.is_some_and(|v| v.status != AuthStatus::Accepted));
            session.changed = true;
            other_terms = true;
        }
        if report.remote_start.is_some() && row.remote_start.is_none() {
            row.remote_start = report.remote_start;
            session.changed = true;
        }
        if report.reservation.is_some() && row.reservation.is_none() {
            row.reservation = report.reservation;
            session.changed = true;
        }
        if report.phase == Phase::Start && session.flags.has(Flag::StartMissing) {
            session.flags.clear(Flag::StartMissing);
            row.started_at = row.started_at.min(fact.oldest());
            row.start_digest = fact.digest;
            session.changed = true;
            anew = true;
            other_terms = true;
        }
        if other_terms && let Some(tariff) = agree(self.app, self.station, row) {
            session.flags.clear(Flag::NoTariff);
            session.changed = true;
            self.keep(&tariff);
            anew = true;
        }
        anew
    }

    /// Has the tariff stored with what is written, if it is not yet: the session needs it as long as it is kept.
    pub(super) fn keep(&mut self, tariff: &Snapshot) {
        if !self.app.catalog.is_kept(&tariff.hash) {
            self.snapshot = Some(tariff.hash.clone());
            self.write(Write::Snapshot { hash: tariff.hash.clone(), body: tariff.body.clone() });
        }
    }

    /// Meter values without a transaction id that belong to an open session.
    pub(super) async fn adopt_readings(&mut self, index: usize, readings: Vec<Reading>) -> Result<(), Error> {
        let at = readings.last().map_or(self.now(), |r| r.at);
        let session = &mut self.state.open[index];
        session.flags.set(Flag::ReadingMatched);
        let report = TransactionReport {
            phase: Phase::Update,
            transaction: Some(session.row.reference.clone()),
            place: None,
            at: Stamp { at },
            seq: None,
            offline: false,
            trigger: String::new(),
            token: None,
            readings,
            register_wh: None,
            charging_state: String::new(),
            stop_reason: String::new(),
            remote_start: None,
            reservation: None,
            metering_only: true,
            other: None,
        };
        self.transaction(report).await.map(|_| ())
    }
}

/// The terms of a session as far as it is known: where it is, by whom, as of its start.
fn terms(app: &App, station: &StationId, row: &SessionRow) -> Terms {
    app.catalog.terms(&Asked {
        station,
        evse: row.evse,
        site: row.site_id,
        token: Some(&*row.token_uid).filter(|uid| !uid.is_empty()),
        token_kind: &row.token_kind,
        group: row.group_uid.as_deref(),
        at: row.started_at,
    })
}

/// Gives the session the tariff of its terms. `None` if it has that, or there is none: it keeps what it has.
pub(super) fn agree(app: &App, station: &StationId, row: &mut SessionRow) -> Option<Arc<Snapshot>> {
    let tariff = terms(app, station, row).tariff.filter(|t| row.tariff_hash.as_ref() != Some(&t.hash))?;
    row.currency = tariff.currency.code().to_owned();
    row.tariff_hash = Some(tariff.hash.clone());
    Some(tariff)
}

/// May this start repeat that of an ended session? Where the clock is wrong two starts can be alike to the letter, a
/// reboot apart; only one that comes soon after is taken for a retry.
fn may_repeat(row: &SessionRow, fact: &Fact) -> bool {
    !fact.body.clock_wrong || fact.received_at - row.received_at < RESTAMPED
}

/// An identifier as events may show it: what is typed at a pad is a secret (C04.FR.04).
fn masked(token: Option<&Presented>) -> Option<&str> {
    token.map(|t| if t.kind == "KeyCode" { "***" } else { t.uid.as_str() })
}
