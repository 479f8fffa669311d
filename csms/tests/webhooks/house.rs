//! A system with its worker, and a receiver that answers as it is told.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    event::{self, Wish},
    id::Ids,
    store::{
        Db, events,
        row::EventRow,
        testing::TestDb,
        webhooks::{self, DeliveryRow, WebhookRow},
    },
    webhook::{self, New},
};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// A row of an event of the house.
pub fn happened(ids: &Ids, kind: &str, station: &str) -> EventRow {
    EventRow {
        id: ids.next(),
        at: start(),
        station_id: Some(station.to_owned()),
        session_id: None,
        kind: kind.to_owned(),
        body: r#"{"by":"ada"}"#.to_owned(),
    }
}

/// Commits an event; gives back its row's id.
pub async fn commit(db: &Db, row: &EventRow) {
    let mut tx = db.write().await.unwrap();
    events::add(&mut tx, row).await.unwrap();
    tx.commit().await.unwrap();
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    stop: CancellationToken,
    _stop: DropGuard,
    works: Vec<tokio::task::JoinHandle<()>>,
}

impl House {
    pub async fn open(db: &TestDb) -> House {
        House::open_with(db, start(), |_| ()).await
    }

    pub async fn open_with(db: &TestDb, at: DateTime<Utc>, set: impl FnOnce(&mut Config)) -> House {
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        config.webhooks.private = true;
        set(&mut config);
        let clock = Clock::fixed(at);
        let app = App::open(config, clock.clone()).await.unwrap();
        let stop = CancellationToken::new();
        let works = vec![
            tokio::spawn(event::run(app.clone(), stop.clone())),
            tokio::spawn(webhook::run(app.clone(), stop.clone())),
        ];
        House { app, clock, _stop: stop.clone().drop_guard(), stop, works }
    }

    /// Ends as a server ends.
    pub async fn close(self) {
        self.stop.cancel();
        for work in self.works {
            work.await.unwrap();
        }
        self.app.close().await;
        self.app.db.close().await;
    }

    pub async fn hook(&self, url: &str, kinds: &str) -> WebhookRow {
        self.app.feed.turn(&self.app.db).await.unwrap();
        let mut tx = self.app.db.write().await.unwrap();
        let wish = Wish::new(kinds, None, false).unwrap();
        let new = New { name: "partner".into(), url: url.into(), wish, by: "ada".into() };
        let settings = &self.app.config.webhooks;
        let row = webhook::make(&mut tx, &self.app.ids, settings, new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        row
    }

    pub async fn happens(&self, kind: &str) {
        commit(&self.app.db, &happened(&self.app.ids, kind, "CP1")).await;
    }

    pub async fn row(&self, hook: i64) -> WebhookRow {
        webhooks::find(&mut self.app.db.read().await.unwrap(), hook).await.unwrap().unwrap()
    }

    /// The log once it is as wanted, the newest first.
    pub async fn log_when(&self, hook: i64, is: impl Fn(&[DeliveryRow]) -> bool) -> Vec<DeliveryRow> {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut last = Vec::new();
        let found = timeout(PATIENCE, async {
            loop {
                ticks.tick().await;
                let mut tx = self.app.db.read().await.unwrap();
                last = webhooks::log(&mut tx, hook, None, None, 200).await.unwrap();
                if is(&last) {
                    return;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("the log does not become so: {last:#?}"));
        last
    }

    /// Time passes, and the worker looks.
    pub fn later(&self, by: TimeDelta, hook: i64) {
        self.clock.advance(by);
        self.app.hooks.look(hook);
    }
}

/// What was posted.
#[derive(Debug, Clone)]
pub struct Posted {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Posted {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Which of the signatures is that of a secret, computed here anew.
    pub fn signed_by(&self, secret: &str) -> Option<usize> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let time = &self.headers["webhook-timestamp"];
        mac.update(format!("{}.{time}.{}", self.id(), self.body).as_bytes());
        let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').position(|one| one == wanted)
    }
}

/// Takes what is posted, and answers what it is told to; 204 if nothing.
pub struct Receiver {
    pub url: String,
    pub answers: Arc<Mutex<VecDeque<String>>>,
    posted: mpsc::Receiver<Posted>,
}

impl Receiver {
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (told, posted) = mpsc::channel(1_000);
        let next = answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(BufReader::new(stream), told.clone(), next.clone()));
            }
        });
        Receiver { url, answers, posted }
    }

    pub fn answer(&self, with: &str) {
        self.answers.lock().unwrap().push_back(with.to_owned());
    }

    pub async fn posted(&mut self) -> Posted {
        timeout(PATIENCE, self.posted.recv()).await.expect("nothing is posted").unwrap()
    }
}

async fn serve(
    mut stream: BufReader<TcpStream>,
    told: mpsc::Sender<Posted>,
    answers: Arc<Mutex<VecDeque<String>>>,
) -> Option<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).await.ok()?;
            let Some((name, value)) = header.trim().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
        stream.read_exact(&mut body).await.ok()?;
        let answer = answers.lock().unwrap().pop_front();
        told.send(Posted { headers, body: String::from_utf8(body).unwrap() }).await.ok()?;
        let answer = answer.unwrap_or_else(|| "204 No Content\r\ncontent-length: 0\r\n\r\n".to_owned());
        stream.get_mut().write_all(format!("HTTP/1.1 {answer}").as_bytes()).await.ok()?;
    }
}
