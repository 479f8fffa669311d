//! Partners who follow what happens, by stream and by webhook, while the server is killed under them: nothing is lost, and what a
//! foreign library verifies is ours.

use crate::harness::{Csms, Engine, Place, eventually};
use conformance::{ConnectorState, Options, Station};
use ocpp::Version;
use reqwest::Response;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

const CARD: &str = "04A1B2C3D4E5F6";
const WITHIN: Duration = Duration::from_secs(90);

/// What a reader of the stream has seen: the numbers, in their order.
struct Reader {
    answer: Response,
    text: String,
}

impl Reader {
    async fn open(csms: &Csms, key: &str, last: Option<u64>) -> Reader {
        let request = csms.browser().get(csms.page("/api/v1/events?kind=station,connector,session"));
        let request = request.bearer_auth(key).header("accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Reader { answer, text: String::new() }
    }

    /// Reads until an event of this kind; gives the numbers on the way.
    async fn until(&mut self, kind: &str) -> Vec<u64> {
        let mut seen = Vec::new();
        let read = async {
            loop {
                while let Some((block, rest)) = self.text.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.text = rest;
                    let Some(data) = block.lines().find_map(|line| line.strip_prefix("data:")) else {
                        continue;
                    };
                    let event: Value = serde_json::from_str(data).unwrap();
                    seen.push(event["id"].as_str().unwrap().parse().unwrap());
                    if event["kind"] == kind {
                        return;
                    }
                }
                let chunk = self.answer.chunk().await.unwrap().expect("the stream has ended");
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        timeout(WITHIN, read).await.unwrap_or_else(|_| panic!("no {kind}"));
        seen
    }
}

async fn key(place: &Place) -> String {
    let told = place.done(&["key", "create", "partner", "--scopes", "read"]).await;
    told.lines().next().unwrap().to_owned()
}

/// All events of these kinds, as the list has them.
async fn listed(csms: &Csms, key: &str) -> Vec<Value> {
    let here = csms.page("/api/v1/events?kind=station,connector,session&after=0&limit=199");
    let page: Value = csms.browser().get(here).bearer_auth(key).send().await.unwrap().json().await.unwrap();
    page["items"].as_array().unwrap().clone()
}

async fn station(csms: &Csms, password: &str) -> Station {
    let options = Options::new(&csms.ready.ocpp_url, "S", Version::V201).password(password);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    station.status(1, ConnectorState::Available).await.unwrap();
    station
}

#[tokio::test]
async fn a_stream_is_gone_on_with_after_the_server_was_killed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("S", CARD).await;
        let key = key(&place).await;
        let csms = place.serve().await;
        let mut reader = Reader::open(&csms, &key, Some(0)).await;
        let first = station(&csms, &password).await;
        let mut seen = reader.until("connector.status").await;
        let place = csms.kill().await;
        drop((first, reader));

        let csms = place.serve().await;
        // Something happens before the reader is back.
        let second = station(&csms, &password).await;
        let mut reader = Reader::open(&csms, &key, seen.last().copied()).await;
        second.plug_in(1).await.unwrap();
        seen.extend(reader.until("connector.status").await);
        let all: Vec<u64> = listed(&csms, &key)
            .await
            .iter()
            .map(|event| event["id"].as_str().unwrap().parse().unwrap())
            .filter(|id| id <= seen.last().unwrap())
            .collect();
        assert_eq!(seen, all);
        csms.terminate().await;
    }
}

/// A receiver of webhooks in another language.
struct Receiver {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Receiver {
    async fn start(python: &str) -> Receiver {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/foreign/webhook.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = timeout(WITHIN, lines.next_line()).await.unwrap().unwrap().unwrap();
        Receiver { child, lines, url }
    }

    async fn knows(&mut self, secret: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(format!("{secret}\n").as_bytes()).await.unwrap();
        stdin.flush().await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line =
            timeout(WITHIN, self.lines.next_line()).await.expect("nothing is delivered").unwrap().unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["trouble"], "", "{said}");
        said
    }
}

#[tokio::test]
async fn every_event_reaches_a_foreign_receiver_that_verifies_it_though_the_server_is_killed() {
    let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
        eprintln!(
            "skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign/requirements.txt"
        );
        return;
    };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let place = place.set("webhooks.private=true");
        let password = place.furnish("S", CARD).await;
        let key = key(&place).await;
        let mut receiver = Receiver::start(&python).await;
        let kinds = "station,connector,session";
        let told = place.done(&["webhook", "add", "office", &receiver.url, "--kinds", kinds]).await;
        let mut told = told.lines();
        let (hook, secret) = (told.next().unwrap().to_owned(), told.next().unwrap().to_owned());
        receiver.knows(&secret).await;

        let csms = place.serve().await;
        let first = station(&csms, &password).await;
        let mut heard: BTreeMap<String, Value> = BTreeMap::new();
        let delivery = receiver.next().await;
        heard.insert(delivery["id"].as_str().unwrap().to_owned(), delivery["event"].clone());
        // In the middle of the others.
        let place = csms.kill().await;
        drop(first);
        let csms = place.serve().await;
        let second = station(&csms, &password).await;
        second.plug_in(1).await.unwrap();
        let wanted: BTreeMap<String, Value> = eventually("the events of the second visit", async || {
            let all = listed(&csms, &key).await;
            all.iter().filter(|event| event["kind"] == "station.booted").nth(1)?;
            let named = |event: Value| (format!("evt_{}", event["id"].as_str().unwrap()), event);
            // The station was registered before the webhook was made.
            Some(all.into_iter().filter(|event| event["kind"] != "station.created").map(named).collect())
        })
        .await;
        let missing = |heard: &BTreeMap<String, Value>| wanted.keys().any(|id| !heard.contains_key(id));
        while missing(&heard) {
            let delivery = receiver.next().await;
            heard.insert(delivery["id"].as_str().unwrap().to_owned(), delivery["event"].clone());
        }
        for (id, event) in &wanted {
            assert_eq!(&heard[id], event);
        }
        let states: BTreeSet<String> = eventually("a log without anything that waits", async || {
            let log = csms.place.done(&["webhook", "log", &hook, "--json"]).await;
            let log: Vec<Value> = serde_json::from_str(&log).unwrap();
            let states: BTreeSet<String> =
                log.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect();
            (!states.contains("waiting")).then_some(states)
        })
        .await;
        assert_eq!(states, BTreeSet::from(["done".to_owned()]));
        csms.terminate().await;
    }
}
