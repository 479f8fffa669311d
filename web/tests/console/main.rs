//! The console as a browser and a program see it: a real listener, a real database, no station.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on has failed; it explains itself"
)]

mod api_again;
mod api_books;
mod api_entities;
mod api_events;
mod api_files;
mod api_grid;
mod api_house;
mod api_map;
mod api_money;
mod api_sessions;
mod api_tariffs;
mod api_v1;
mod ask;
mod clearing;
mod desk;
mod desk_seed;
mod display;
mod drive;
mod drive_driver;
mod drive_kiosk;
mod drive_order;
mod firmware;
mod forms;
mod live;
mod login;
mod owed;
mod pages;
mod plans;
mod reservations;
mod stickers;
mod tariffs;
mod till;

use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    link::auth::Vault,
    pay::Accounts,
    store::{
        accounts::{self, AccountRow},
        findings::{self, FindingRow},
        row::{AttemptRow, BillRow, ConnectorRow, EventRow, JournalRow, ReadingRow, SessionRow, Write},
        sites::SiteRow,
        stations,
        testing::TestDb,
    },
};
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use web::{Outside, WebState};

pub const PASSWORD: &str = "correct horse battery";

/// A console that runs until it is dropped.
pub struct Console {
    pub app: App,
    pub vault: Arc<Vault>,
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub server: Option<JoinHandle<()>>,
    _db: TestDb,
}

/// A browser: it keeps cookies and follows no redirect by itself.
pub struct Browser {
    client: Client,
    base: String,
}

impl Console {
    /// With the accounts ada (admin) and vic (viewer).
    pub async fn start() -> Console {
        Console::start_with(Config::default()).await
    }

    pub async fn start_with(config: Config) -> Console {
        Console::start_selling(config, Accounts::default()).await
    }

    /// With providers to pay at.
    pub async fn start_selling(config: Config, accounts: Accounts) -> Console {
        let db = TestDb::sqlite().unwrap();
        let clock = Clock::fixed(now());
        let config = Config { database: db.config.clone(), ..config };
        let app = App::open_with(config, clock, accounts).await.unwrap();
        let vault = Arc::new(Vault::open(&app.db, 2).await.unwrap());
        let kept = tokio::task::spawn_blocking(|| Vault::seal_chosen(PASSWORD).unwrap()).await.unwrap();
        let mut tx = app.db.write().await.unwrap();
        for (id, name, role) in [(1, "ada", "admin"), (2, "vic", "viewer")] {
            let account = AccountRow {
                id,
                name: name.into(),
                password: kept.clone(),
                role: role.into(),
                language: String::new(),
                created_at: now(),
                last_login_at: None,
            };
            accounts::create(&mut tx, &account).await.unwrap();
        }
        tx.commit().await.unwrap();
        let shutdown = CancellationToken::new();
        let outside = Outside {
            metrics: Box::new(|| "csms_links 0\n".to_owned()),
            accepting: Box::new(|| true),
            shutdown: shutdown.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = WebState::new(app.clone(), vault.clone(), outside);
        let server = tokio::spawn(web::serve(listener, state, shutdown.clone()));
        Console { app, vault, address, shutdown, server: Some(server), _db: db }
    }

    pub fn browser(&self) -> Browser {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap();
        Browser { client, base: format!("http://{}", self.address) }
    }

    /// A browser that is logged in.
    pub async fn as_user(&self, name: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.login(name, PASSWORD).await;
        assert_eq!(answer.status(), 303, "{:?}", answer.text().await);
        browser
    }

    /// A station with a session that runs, one that has ended with a bill, messages, events and a refusal.
    pub async fn populate(&self) {
        let mut tx = self.app.db.write().await.unwrap();
        assert!(stations::create_if_absent(&mut tx, "CP<1>", now()).await.unwrap());
        tx.commit().await.unwrap();
        let station: Arc<str> = "CP<1>".into();
        let mut writes = vec![
            Write::Connector(ConnectorRow {
                station,
                evse: 1,
                connector: 1,
                status: "Charging".into(),
                error_code: String::new(),
                info: String::new(),
                status_at: now(),
            }),
            Write::Session(Box::new(session(10, "ended"))),
            Write::Session(Box::new(session(11, "open"))),
            Write::Bill(Box::new(bill())),
            Write::Event(EventRow {
                id: 5,
                at: now(),
                station_id: Some("CP<1>".into()),
                session_id: Some(10),
                kind: "session.rerated".into(),
                body: r#"{"note":"<b>late</b>"}"#.into(),
            }),
            Write::Attempt(Box::new(attempt("CP2"))),
            Write::Journal(JournalRow {
                id: 6,
                station_id: "CP<1>".into(),
                from_at: now(),
                to_at: now(),
                frames: 1,
                body:
                    r#"["2026-05-01T12:00:00Z","in",[2,"7","BootNotification",{"chargePointVendor":"<i>"}]]"#
                        .into(),
            }),
        ];
        for session_id in [10, 11] {
            for n in 0..300 {
                writes.push(Write::Reading(Box::new(reading(session_id, n))));
            }
        }
        self.app.writer.commit(writes).await.unwrap();
        let mut tx = self.app.db.write().await.unwrap();
        for (kind, cleared) in [("cost", false), ("register", true)] {
            let detail = r#"[{"field":"session.cost","is":"4.62","should":"<b>5.50</b>"}]"#.to_owned();
            let (session_id, bill_revision, cleared_at) = (10, 1, None);
            let (first_at, last_at) = (now(), now());
            let kind = kind.to_owned();
            let row = FindingRow { session_id, kind, detail, bill_revision, first_at, last_at, cleared_at };
            findings::put(&mut tx, &row).await.unwrap();
            assert!(!cleared || findings::clear(&mut tx, 10, &row.kind, now()).await.unwrap());
        }
        tx.commit().await.unwrap();
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Browser {
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    pub fn put(&self, path: &str) -> RequestBuilder {
        self.client.put(format!("{}{path}", self.base))
    }

    pub fn patch(&self, path: &str) -> RequestBuilder {
        self.client.patch(format!("{}{path}", self.base))
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("{}{path}", self.base))
    }

    pub async fn login(&self, name: &str, password: &str) -> Response {
        let form = [("name", name), ("password", password), ("next", "/sessions")];
        self.post("/login").form(&form).send().await.unwrap()
    }

    /// The page's text, which must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Sends a form with the token that a page carries.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = csrf_of(&self.page("/account").await);
        let mut form = vec![("csrf", token.as_str())];
        form.extend_from_slice(fields);
        self.post(path).form(&form).send().await.unwrap()
    }
}

pub fn csrf_of(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").expect("a form with a token");
    rest.split('"').next().unwrap().to_owned()
}

/// A site as somebody has just added it.
pub fn site(id: i64, name: &str) -> SiteRow {
    SiteRow {
        id,
        name: name.into(),
        address: String::new(),
        city: String::new(),
        country: String::new(),
        latitude: None,
        longitude: None,
        time_zone: "Europe/Berlin".into(),
        created_at: now(),
    }
}

pub fn now() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn session(id: i64, state: &str) -> SessionRow {
    let ended = state == "ended";
    SessionRow {
        id,
        station_id: "CP<1>".into(),
        evse: 1,
        connector: 1,
        reference: id.to_string(),
        generation: 0,
        protocol: "ocpp1.6".into(),
        start_digest: id,
        state: state.into(),
        token_uid: "TAG1".into(),
        token_kind: String::new(),
        group_uid: None,
        verdict: "Accepted".into(),
        site_id: None,
        time_zone: "Europe/Berlin".into(),
        tariff_hash: None,
        currency: "EUR".into(),
        started_at: now() - TimeDelta::hours(1),
        ended_at: ended.then(now),
        last_at: now(),
        received_at: now(),
        start_mwh: Some(1_000_000),
        last_mwh: Some(12_000_000),
        stop_mwh: ended.then_some(12_000_000),
        energy_mwh: 11_000_000,
        power_w: Some(11_000),
        soc_percent: Some(55),
        charging_state: String::new(),
        cost: "4.62".into(),
        seqs: String::new(),
        messages: 300,
        stop_reason: String::new(),
        stop_token: String::new(),
        remote_start: None,
        reservation: None,
        flags: "register-shrank,offline".into(),
    }
}

fn reading(session_id: i64, n: i64) -> ReadingRow {
    let at = now() - TimeDelta::hours(1) + TimeDelta::seconds(12 * n);
    ReadingRow {
        session_id,
        digest: n,
        at,
        received_at: at + TimeDelta::seconds(if n == 200 { 500 } else { 0 }),
        phase: if n == 0 { "start" } else { "update" }.into(),
        seq: None,
        register_mwh: Some(1_000_000 + n * 36_000),
        power_w: Some(11_000),
        soc_percent: None,
        body: r#"{"trigger":"MeterValuePeriodic"}"#.into(),
    }
}

fn bill() -> BillRow {
    let body = serde_json::json!({
        "currency": "EUR", "time_zone": "Europe/Berlin", "tax_included": "no",
        "from": "2026-05-01T11:00:00Z", "to": "2026-05-01T12:00:00Z", "energy": "11",
        "lines": [{
            "reason": "price", "from": "2026-05-01T11:00:00Z", "to": "2026-05-01T12:00:00Z", "dimension": "energy",
            "quantity": "11", "unit": "kwh", "unit_price": "0.42", "net": "4.62", "vat": "19", "tax": "0.88",
            "gross": "5.50",
        }],
        "totals": [], "total_excl": "4.62", "total_incl": "5.50", "anomalies": [],
    });
    BillRow {
        session_id: 10,
        revision: 1,
        tariff_hash: None,
        currency: "EUR".into(),
        total_excl: "4.62".into(),
        total_incl: "5.50".into(),
        energy_mwh: 11_000_000,
        body: body.to_string(),
        created_at: now(),
    }
}

pub fn attempt(identity: &str) -> AttemptRow {
    AttemptRow {
        identity: identity.into(),
        cause: "unknown-station".into(),
        address: "203.0.113.9".into(),
        detail: String::new(),
        protocols: "ocpp1.6".into(),
        agent: "<script>x</script>".into(),
        count: 3,
        first_at: now(),
        last_at: now(),
    }
}
