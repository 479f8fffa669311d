//! Transactions of every protocol: taking the message, once [`super::find`] has the session that it belongs to.
//!
//! 1.6 StartTransaction, MeterValues and StopTransaction and 2.x TransactionEvent come here as one kind of report.
//! A report is never refused: what is odd about it becomes a flag on the session.

use super::{
    AtDesk,
    authorize::For,
    find::{Found, named_by_us},
    late::Closed,
    reserved::Use,
    status::charging_16,
    terms::{agree, terms},
};
use crate::{
    catalog::Snapshot,
    error::Error,
    event::list::{SessionProgress, SessionStarted},
    flags::Flag,
    model::{
        AuthStatus, Phase, Presented, Reading, Reply, Stamp, TransactionReply, TransactionReport, Verdict,
    },
    needs::resumed,
    session::{Live, Taken, fact::Fact},
    store::row::{SessionRow, Write},
};
use chrono::{DateTime, TimeDelta, Utc};

/// A start that is older came out of a station's memory.
const PAST: TimeDelta = TimeDelta::minutes(5);
/// Open sessions of one station at most: the oldest is given up when a station never stops any.
const OPEN_MAX: usize = 64;

impl AtDesk<'_> {
    pub(super) async fn transaction(&mut self, mut report: TransactionReport) -> Result<Reply, Error> {
        let charging = self.charging(&report);
        let token = report.token.take();
        let fact = Fact::from_report(&mut report, &self.inbound, charging);
        let reply = match self.find(&report, token.as_ref(), &fact).await? {
            Found::Open(index) => self.carry_on(index, &report, token, fact).await?,
            Found::Closed(row) => match self.late(*row, &report, token.as_ref(), &fact).await? {
                Closed::Taken(reply) => *reply,
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

    /// A new session.
    async fn begin(
        &mut self,
        report: &TransactionReport,
        token: Option<Presented>,
        fact: Fact,
        reused: bool,
    ) -> Result<TransactionReply, Error> {
        while self.state.open.len() >= OPEN_MAX {
            self.presume_stopped(0, None).await?;
        }
        let starts = report.phase == Phase::Start;
        let place = report.place.unwrap_or_default();
        if report.phase != Phase::End && report.transaction.is_some() {
            self.succeeded(place.evse.into(), fact.oldest());
        }
        // What a station tells of the past says nothing about who charges at this moment.
        let now = !report.offline && (fact.received_at - fact.at).abs() < PAST;
        let purpose = if starts && now { For::Starting(None) } else { For::Asking };
        let id = self.app.ids.next();
        let mut verdict = match &token {
            Some(token) => Some(self.verdict(token, purpose).await?),
            None => None,
        };
        let key = token.as_ref().map(Presented::key).unwrap_or_default();
        let group = verdict.as_ref().and_then(|verdict| verdict.group.clone());
        let wish = Use {
            session: id,
            evse: place.evse.into(),
            at: fact.oldest(),
            told: report.reservation,
            token: &key,
            group: group.as_ref().map(|group| &*group.uid),
        };
        let judged = verdict.as_mut().filter(|_| purpose != For::Asking);
        let reservation = self.reserved(wish, judged).await?;
        if let (Some(token), Some(verdict)) = (&token, &mut verdict)
            && purpose != For::Asking
        {
            self.reserve(token, place, verdict).await?;
        }
        self.limited(report.remote_start, verdict.as_mut()).await?;
        let given = match (&report.transaction, self.inbound.protocol) {
            (None, _) => Some(self.app.transaction_ids.next(&self.app.db).await?),
            (Some(_), _) => None,
        };
        let reference = match (&report.transaction, given) {
            (Some(reference), _) => reference.clone(),
            (None, id) => id.map(|id| id.to_string()).unwrap_or_default(),
        };
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
            reservation: report.reservation.or(reservation),
            flags: String::new(),
        };
        row.time_zone = terms(self.app, self.station, &row).zone.name().to_owned();
        let tariff = agree(self.app, self.station, &mut row).await?;
        let mut session = Live::new(row, tariff.as_ref());
        session.flags.put(Flag::StartMissing, !starts);
        session.flags.put(Flag::TransactionIdReused, reused);
        session
            .flags
            .put(Flag::Unauthorized, verdict.as_ref().is_some_and(|v| v.status != AuthStatus::Accepted));
        session.changed = true;
        session.take(&fact);
        let stations_own = report.transaction.is_some();
        session.flags.put(Flag::StopAwaited, stations_own && self.stop_is_due(&session));
        self.hear_costs(&mut session, &fact);
        if let Some(tariff) = tariff {
            self.keep(&tariff);
        }
        let last = self.state.last_session_at;
        self.state.last_session_at = last.max(Some(session.row.started_at));
        let told = SessionStarted {
            evse: place.evse,
            transaction: session.row.reference.clone(),
            token: masked(token.as_ref()).map(str::to_owned),
            verdict: session.row.verdict.clone(),
        };
        self.tell(session.row.started_at, Some(id), &told);
        self.state.open.push(session);
        let index = self.state.open.len() - 1;
        let total_cost = if report.phase == Phase::End {
            self.stop(index, report, token.as_ref(), &fact).await?
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
        let mut verdict = match &token {
            Some(token) => Some(self.verdict(token, purpose).await?),
            None => None,
        };
        self.limited(report.remote_start, verdict.as_mut()).await?;
        let used = self.reserved_meanwhile(index, report, token.as_ref(), verdict.as_mut(), &fact).await?;
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
        let anew = self.learn(index, report, token.as_ref(), reply.verdict.as_ref(), &fact).await?;
        // A message from before the newest start tells nothing of now.
        let old = self.state.last_session_at.is_some_and(|last| fact.at <= last);
        let session = &mut self.state.open[index];
        let stations_own = !named_by_us(&session.row);
        let heard_before = session.row.received_at;
        if used.is_some() && session.row.reservation.is_none() {
            session.row.reservation = used;
            session.changed = true;
        }
        if session.flags.has(Flag::StopAwaited) && fact.at > session.row.last_at && !(stations_own && old) {
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
            total_cost = self.stop(index, report, token.as_ref(), &fact).await?;
        } else {
            let awaited = stations_own && self.stop_is_due(&self.state.open[index]);
            let session = &mut self.state.open[index];
            if awaited {
                session.flags.set(Flag::StopAwaited);
            }
            let progress = session.progress();
            // What a station counts itself, and what is over, it need not be told.
            if report.phase == Phase::Update && !report.offline && fact.costs().is_none() {
                running_cost = session.news();
            }
            self.write(progress);
            self.tell_progress(index, heard_before);
        }
        if fact.body.trigger == resumed::WORD && report.phase == Phase::Update {
            self.resumed(index, fact.digest).await?;
        }
        self.write(Write::Reading(fact.row(id)));
        Ok(TransactionReply { total_cost, running_cost, ..reply })
    }

    /// Tells how far a session is, where this is the first message of another span of time: no memory is needed for that, and
    /// a restart tells nothing twice.
    fn tell_progress(&mut self, index: usize, heard_before: DateTime<Utc>) {
        let every = i64::from(self.app.config.api.progress_every_s);
        let span = |at: DateTime<Utc>| at.timestamp().checked_div(every);
        if span(heard_before) == span(self.now()) {
            return;
        }
        let row = &self.state.open[index].row;
        let told = SessionProgress {
            energy_mwh: row.energy_mwh,
            power_w: row.power_w,
            soc_percent: row.soc_percent,
            charging_state: row.charging_state.clone(),
            cost: row.cost.clone(),
            currency: row.currency.clone(),
        };
        self.tell(row.last_at, Some(row.id), &told);
    }

    /// The same as at the start, where it is told only now whose the session is, where, or for which reservation.
    async fn reserved_meanwhile(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<&Presented>,
        mut verdict: Option<&mut Verdict>,
        fact: &Fact,
    ) -> Result<Option<i64>, Error> {
        let row = &self.state.open[index].row;
        // Who was told at the start that it is not his turn is told the same when the message is sent again.
        if report.phase == Phase::Start
            && row.verdict == "NotAtThisTime"
            && let Some(verdict) = verdict.as_deref_mut()
            && verdict.status == AuthStatus::Accepted
        {
            verdict.status = AuthStatus::NotAtThisTime;
        }
        let place = report.place.filter(|place| place.evse != 0);
        let (who, whereabouts) =
            (token.is_some() && row.token_uid.is_empty(), place.is_some() && row.evse == 0);
        let told = report.reservation.filter(|_| row.reservation.is_none());
        if row.reservation.is_some() || !(who || whereabouts || told.is_some()) || report.phase == Phase::End
        {
            return Ok(None);
        }
        let key = token.filter(|_| who).map_or_else(|| row.token_uid.clone(), Presented::key);
        let shown =
            verdict.as_deref().and_then(|verdict| verdict.group.as_ref()).map(|group| group.uid.clone());
        let group = if who { shown } else { row.group_uid.clone() };
        let evse = place.map_or(row.evse, |place| place.evse.into());
        let judged = verdict.filter(|_| who && !report.offline);
        let (session, at, group) = (row.id, fact.at, group.as_deref());
        self.reserved(Use { session, evse, at, told, token: &key, group }, judged).await
    }

    /// What a message tells once and the session keeps: place, identifier, references (E01.FR.16). True if the
    /// price has to be computed anew: the session began earlier, or where and by whom it is has another tariff.
    async fn learn(
        &mut self,
        index: usize,
        report: &TransactionReport,
        token: Option<&Presented>,
        verdict: Option<&Verdict>,
        fact: &Fact,
    ) -> Result<bool, Error> {
        let (mut anew, mut other_terms, mut whereabouts) = (false, false, false);
        let place = report.place.filter(|p| p.evse != 0);
        let session = &mut self.state.open[index];
        let row = &mut session.row;
        if let (0, Some(place)) = (row.evse, place) {
            row.evse = place.evse.into();
            row.connector = place.connector.into();
            session.changed = true;
            other_terms = true;
            whereabouts = true;
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
        if other_terms && let Some(tariff) = agree(self.app, self.station, row).await? {
            session.flags.clear(Flag::NoTariff);
            session.changed = true;
            self.keep(&tariff);
            anew = true;
        }
        let row = &self.state.open[index].row;
        if whereabouts && !named_by_us(row) {
            self.succeeded(row.evse, row.started_at);
        }
        Ok(anew)
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

/// An identifier as events may show it: what is typed at a pad is a secret (C04.FR.04).
fn masked(token: Option<&Presented>) -> Option<&str> {
    token.map(|t| if t.kind == "KeyCode" { "***" } else { t.uid.as_str() })
}
