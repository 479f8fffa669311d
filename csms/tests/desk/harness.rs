//! A desk on a fresh database, a clock that is moved by hand, and short words for what stations say.

use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    app::App,
    audit::run::Auditor,
    clock::Clock,
    config::Config,
    error::Error,
    model::*,
    store::{
        assignments::AssignmentRow,
        bills,
        row::{BillRow, ReadingRow, SessionRow, TokenRow},
        sessions, stations,
        testing::TestDb,
        tokens,
    },
    whatif::{Ask, WhatIfError, tally::Outcome},
};
use ocpp::Version;
use rust_decimal::Decimal;
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::Arc,
};

pub use Phase::{End as Ended, Start as Started, Update as Updated};

/// Minutes after the beginning of time in these tests.
pub fn at(minute: i64) -> DateTime<Utc> {
    "2026-03-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
}

pub fn dec(text: &str) -> Option<Decimal> {
    Some(Decimal::from_str(text).unwrap())
}

pub struct TestDesk {
    db: Arc<TestDb>,
    pub(super) app: App,
    pub(super) station: StationId,
    pub(super) clock: Clock,
    desk: Arc<csms::desk::Desk>,
    /// The station says 1970.
    pub clock_unset: bool,
}

/// A desk on each engine; one tariff (0.40 EUR/kWh, default) and a few tokens are there.
pub async fn desks() -> Vec<TestDesk> {
    let mut desks = Vec::new();
    for db in TestDb::all().await.unwrap() {
        desks.push(TestDesk::new(db, true).await);
    }
    desks
}

/// One that may have another process beside it, where there is a server for it.
pub async fn desk_postgres() -> Option<TestDesk> {
    Some(TestDesk::new(TestDb::postgres().await.unwrap()?, true).await)
}

pub async fn desks_sqlite() -> Vec<TestDesk> {
    vec![TestDesk::new(TestDb::sqlite().unwrap(), true).await]
}

pub async fn desks_without_tariff() -> Vec<TestDesk> {
    let mut desks = Vec::new();
    for db in TestDb::all().await.unwrap() {
        desks.push(TestDesk::new(db, false).await);
    }
    desks
}

impl TestDesk {
    async fn new(db: TestDb, tariff: bool) -> TestDesk {
        let clock = Clock::fixed(at(0));
        let app = open(&db, &clock).await;
        let mut tx = app.db.write().await.unwrap();
        for id in ["CP1", "CP2"] {
            assert!(stations::create_if_absent(&mut tx, id, at(-60)).await.unwrap());
        }
        for (n, (uid, kind)) in [
            ("TAG", "ISO14443"),
            ("OTHER", "ISO14443"),
            ("FLEET", "ISO14443"),
            ("BLOCKED", "ISO14443"),
            ("EXPIRED", "ISO14443"),
            ("4711", "KeyCode"),
        ]
        .into_iter()
        .enumerate()
        {
            let token = TokenRow {
                id: n as i64 + 1,
                uid: uid.to_owned(),
                kind: kind.to_owned(),
                group_uid: (uid == "TAG").then(|| "FAMILY".to_owned()),
                holder: String::new(),
                language: String::new(),
                blocked: uid == "BLOCKED",
                expires_at: (uid == "EXPIRED").then(|| at(-1)),
                concurrent: uid == "FLEET",
                created_at: at(-60),
                max_cost: String::new(),
                max_energy_wh: None,
                max_time_s: None,
            };
            tokens::create(&mut tx, &token).await.unwrap();
        }
        tx.commit().await.unwrap();
        let station: StationId = "CP1".into();
        let desk = app.desk(&station);
        let mut made = TestDesk { db: Arc::new(db), app, station, clock, desk, clock_unset: false };
        if tariff {
            made.set_tariff("0.40").await;
        }
        made
    }

    /// Another station of the same system.
    pub async fn neighbour(&self) -> TestDesk {
        let station: StationId = "CP2".into();
        TestDesk {
            db: self.db.clone(),
            app: self.app.clone(),
            desk: self.app.desk(&station),
            station,
            clock: self.clock.clone(),
            clock_unset: false,
        }
    }

    /// The same station at another process on the same database.
    pub async fn beside(&self) -> TestDesk {
        let config = Config { database: self.db.config.clone(), ..Config::default() };
        let database = csms::config::Database { node: config.database.node + 1, ..config.database };
        let app = App::open(Config { database, ..config }, self.clock.clone()).await.unwrap();
        TestDesk {
            db: self.db.clone(),
            desk: app.desk(&self.station),
            app,
            station: self.station.clone(),
            clock: self.clock.clone(),
            clock_unset: false,
        }
    }

    /// Looks again at what others may have changed.
    pub async fn reload(&self) {
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
    }

    /// Ends the process and starts it again on the same database.
    pub async fn restart(&mut self) {
        self.app.close().await;
        // No process comes back within a millisecond; ids are made of the clock.
        self.clock.advance(TimeDelta::milliseconds(1));
        self.app = open(&self.db, &self.clock).await;
        self.desk = self.app.desk(&self.station);
    }

    pub fn advance(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }

    /// What the sessions of this database would cost.
    pub async fn what_if(&self, ask: &Ask) -> Result<Outcome, WhatIfError> {
        let mut told = 0;
        let outcome = csms::whatif::replay(&self.app.db, ask, |seen| told = seen).await?;
        assert!(told >= outcome.sessions);
        Ok(outcome)
    }

    pub async fn set_registration(&self, word: &str) {
        let mut tx = self.app.db.write().await.unwrap();
        let row = stations::find(&mut tx, &self.station).await.unwrap().unwrap();
        let settings = stations::Settings {
            name: row.name,
            site_id: row.site_id,
            protocols: row.protocols,
            validation: row.validation,
            registration: word.to_owned(),
        };
        stations::update(&mut tx, &self.station, &settings).await.unwrap();
        tx.commit().await.unwrap();
        // The desk sees it within a minute.
        self.advance(2);
    }

    fn inbound(&self, content: impl Hash, protocol: Version, asked: bool) -> Inbound {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Inbound { received_at: self.clock.now(), digest: hasher.finish() as i64, protocol, action: "", asked }
    }

    pub async fn handle(&self, report: Report) -> Result<Reply, Error> {
        let inbound = self.inbound(format!("{report:?}"), Version::V201, false);
        self.desk.handle(report, inbound).await
    }

    pub async fn handle_asked(&self, report: Report) -> Result<Reply, Error> {
        let inbound = self.inbound(format!("{report:?}"), Version::V201, true);
        self.desk.handle(report, inbound).await
    }

    pub async fn boot(&mut self) -> Registration {
        let boot = Boot { vendor: "Acme".into(), model: "One".into(), ..Boot::default() };
        match self.handle(Report::Boot(boot)).await.unwrap() {
            Reply::Boot { registration, .. } => registration,
            other => panic!("{other:?}"),
        }
    }

    pub async fn authorize(&self, uid: &str, kind: &str) -> Verdict {
        match self.handle(Report::Authorize(presented(uid, kind))).await.unwrap() {
            Reply::Authorize(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn transaction(&self, report: TransactionReport, protocol: Version) -> TransactionReply {
        let inbound = self.inbound(format!("{report:?}"), protocol, false);
        match self.desk.handle(Report::Transaction(report), inbound).await.unwrap() {
            Reply::Transaction(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn report(&self, phase: Phase, minute: i64) -> TransactionReport {
        let at =
            if self.clock_unset { DateTime::from_timestamp(minute * 60, 0).unwrap() } else { at(minute) };
        TransactionReport {
            phase,
            transaction: None,
            place: None,
            at: Stamp { at },
            seq: None,
            offline: false,
            trigger: String::new(),
            token: None,
            readings: Vec::new(),
            register_wh: None,
            charging_state: String::new(),
            stop_reason: String::new(),
            remote_start: None,
            reservation: None,
            metering_only: false,
            other: None,
        }
    }

    pub async fn start16_reply(
        &mut self,
        connector: i32,
        tag: &str,
        wh: i64,
        minute: i64,
    ) -> TransactionReply {
        let report = TransactionReport {
            place: Some(Place { evse: connector, connector: 1 }),
            token: Some(presented(tag, "")),
            register_wh: Some(wh.into()),
            ..self.report(Started, minute)
        };
        self.transaction(report, Version::V16).await
    }

    pub async fn start16(&mut self, connector: i32, tag: &str, wh: i64, minute: i64) -> i32 {
        self.start16_reply(connector, tag, wh, minute).await.transaction.unwrap()
    }

    pub async fn meter16(&mut self, connector: i32, id: i32, wh: i64, minute: i64) {
        let report = TransactionReport {
            transaction: Some(id.to_string()),
            place: Some(Place { evse: connector, connector: 1 }),
            readings: vec![reading(wh, minute)],
            metering_only: true,
            ..self.report(Updated, minute)
        };
        self.transaction(report, Version::V16).await;
    }

    pub async fn stop16(&mut self, id: i32, wh: i64, minute: i64) -> Option<Decimal> {
        let report = TransactionReport {
            transaction: Some(id.to_string()),
            register_wh: Some(wh.into()),
            ..self.report(Ended, minute)
        };
        self.transaction(report, Version::V16).await.total_cost
    }

    pub async fn status16(&mut self, connector: i32, status: &str, minute: i64) {
        self.status(Version::V16, connector, status, minute).await;
    }

    pub async fn status2(&mut self, evse: i32, status: &str, minute: i64) {
        self.status(Version::V201, evse, status, minute).await;
    }

    async fn status(&mut self, version: Version, connector: i32, status: &str, minute: i64) {
        let status = Status {
            place: Place { evse: connector, connector: 1 },
            status: status.to_owned(),
            error_code: "NoError".to_owned(),
            info: String::new(),
            at: Some(Stamp { at: at(minute) }),
        };
        let inbound = self.inbound(format!("{status:?}"), version, false);
        self.desk.handle(Report::Status(status), inbound).await.unwrap();
    }

    pub async fn meter_without_transaction(&mut self, connector: i32, wh: i64, minute: i64) {
        let report = MeterReport {
            place: Place { evse: connector, connector: 1 },
            readings: vec![reading(wh, minute)],
        };
        let inbound = self.inbound(format!("{report:?}"), Version::V16, false);
        self.desk.handle(Report::Meter(report), inbound).await.unwrap();
    }

    /// A 2.x TransactionEvent on EVSE 1.
    pub async fn event(
        &mut self,
        transaction: &str,
        phase: Phase,
        seq: i64,
        tag: Option<&str>,
        wh: Option<i64>,
        minute: i64,
    ) -> TransactionReply {
        let state = if phase == Ended { "" } else { "Charging" };
        self.event_in(state, transaction, phase, seq, tag, wh, minute).await
    }

    /// The same with what the car does.
    #[expect(clippy::too_many_arguments, reason = "as many as a TransactionEvent has")]
    pub async fn event_in(
        &mut self,
        state: &str,
        transaction: &str,
        phase: Phase,
        seq: i64,
        tag: Option<&str>,
        wh: Option<i64>,
        minute: i64,
    ) -> TransactionReply {
        let report = TransactionReport {
            transaction: Some(transaction.to_owned()),
            place: Some(Place { evse: 1, connector: 1 }),
            seq: Some(seq),
            token: tag.map(|t| presented(t, "ISO14443")),
            readings: wh.map(|wh| reading(wh, minute)).into_iter().collect(),
            charging_state: state.to_owned(),
            ..self.report(phase, minute)
        };
        self.transaction(report, Version::V201).await
    }

    /// A 2.x session whose start carries a sample that is a little older.
    pub async fn start_sampled(&mut self, transaction: &str, tag: &str, wh: i64, minute: i64, older_ms: i64) {
        let mut sample = reading(wh, minute);
        sample.at -= TimeDelta::milliseconds(older_ms);
        let report = TransactionReport {
            transaction: Some(transaction.to_owned()),
            place: Some(Place { evse: 1, connector: 1 }),
            seq: Some(0),
            token: Some(presented(tag, "ISO14443")),
            readings: vec![sample],
            charging_state: "Charging".to_owned(),
            ..self.report(Started, minute)
        };
        self.transaction(report, Version::V201).await;
    }

    /// A person ends all sessions.
    pub async fn end_by_hand(&self) -> usize {
        let mut ended = 0;
        for session in self.sessions().await.iter().filter(|session| session.state == "open") {
            ended += self.desk.give_up(Some(session.id), self.clock.now()).await.unwrap();
        }
        ended
    }

    /// The jobs that give sessions up.
    pub async fn jobs(&self) {
        csms::jobs::give_up_stops(&self.app).await.unwrap();
        csms::jobs::give_up_silent(&self.app).await.unwrap();
    }

    /// A 2.x session that somebody starts by typing a code.
    pub async fn start_typed(&mut self, transaction: &str, code: &str, wh: i64, minute: i64) {
        let place = Some(Place { evse: 1, connector: 1 });
        self.start2(transaction, place, presented(code, "KeyCode"), wh, minute).await;
    }

    /// A 2.x session that does not tell its EVSE yet.
    pub async fn start_nowhere(&mut self, transaction: &str, tag: &str, wh: i64, minute: i64) {
        self.start2(transaction, None, presented(tag, "ISO14443"), wh, minute).await;
    }

    async fn start2(
        &mut self,
        transaction: &str,
        place: Option<Place>,
        token: Presented,
        wh: i64,
        minute: i64,
    ) {
        let report = TransactionReport {
            transaction: Some(transaction.to_owned()),
            place,
            seq: Some(0),
            token: Some(token),
            readings: vec![reading(wh, minute)],
            charging_state: "Charging".to_owned(),
            ..self.report(Started, minute)
        };
        self.transaction(report, Version::V201).await;
    }

    pub async fn give_up_before(&self, minute: i64) -> usize {
        self.desk.give_up(None, at(minute)).await.unwrap()
    }

    pub async fn sessions(&self) -> Vec<SessionRow> {
        let mut tx = self.app.db.read().await.unwrap();
        let filter = sessions::Filter { station: Some(self.station.to_string()), ..Default::default() };
        sessions::list(&mut tx, &filter, None, 100).await.unwrap()
    }

    pub async fn count(&self) -> usize {
        self.sessions().await.len()
    }

    pub async fn session(&self, reference: &str) -> SessionRow {
        let mut tx = self.app.db.read().await.unwrap();
        sessions::by_reference(&mut tx, &self.station, reference).await.unwrap().remove(0)
    }

    pub async fn readings(&self, session: i64) -> Vec<ReadingRow> {
        let mut tx = self.app.db.read().await.unwrap();
        sessions::readings(&mut tx, session).await.unwrap()
    }

    /// The tariff kept under this hash.
    pub async fn snapshot(&self, hash: &str) -> String {
        let mut tx = self.app.db.read().await.unwrap();
        csms::store::tariffs::snapshot(&mut tx, hash).await.unwrap().unwrap()
    }

    /// Audits every session that has ended and has a bill; nothing may differ. Gives how many there were.
    pub async fn assert_sound(&self) -> usize {
        let auditor = Auditor { db: &self.app.db, ids: &self.app.ids, clock: &self.clock };
        let mut audited = 0;
        for session in self.sessions().await {
            let Some(done) = auditor.audit(session.id).await.unwrap() else { continue };
            assert_eq!(done.differences, [], "session {}", session.reference);
            audited += 1;
        }
        audited
    }

    pub async fn bill(&self, session: i64) -> BillRow {
        let mut tx = self.app.db.read().await.unwrap();
        bills::latest(&mut tx, session).await.unwrap().unwrap()
    }
}

/// A tariff assigned everywhere, to anyone, always.
pub fn assignment(tariff: &str) -> AssignmentRow {
    AssignmentRow { tariff_id: tariff.to_owned(), created_at: at(0), ..AssignmentRow::default() }
}

async fn open(db: &TestDb, clock: &Clock) -> App {
    let config = Config { database: db.config.clone(), ..Config::default() };
    App::open(config, clock.clone()).await.unwrap()
}

fn presented(uid: &str, kind: &str) -> Presented {
    Presented { uid: uid.to_owned(), kind: kind.to_owned() }
}

pub(super) fn reading(wh: i64, minute: i64) -> Reading {
    Reading {
        at: at(minute),
        samples: vec![Sample {
            measurand: "Energy.Active.Import.Register".to_owned(),
            value: Some(wh.into()),
            unit: "Wh".to_owned(),
            phase: String::new(),
            context: String::new(),
            location: String::new(),
            raw: None,
        }],
    }
}
