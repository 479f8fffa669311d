//! The load generator against the smallest CSMS: what it counts is what arrived.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use conformance::CallError;
use conformance::load::{ClosedLoop, LoadOptions, Report, SteadyRate, run};
use conformance::responder::Responder;
use ocpp::Version;
use ocpp::schema::{self, Kind};
use serde_json::json;

fn options(responder: &Responder, stations: usize) -> LoadOptions {
    LoadOptions::new(&responder.url(), "LOAD", stations, Some("secret"))
}

fn version_of(station: &str) -> Version {
    let n: usize = station.trim_start_matches("LOAD-").parse().expect("a number");
    [Version::V16, Version::V201, Version::V21][(n - 1) % 3]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_is_what_arrived() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let mut options = options(&responder, 9);
    options.meter_values = 2;
    options.journal = true;
    options.hold = Some(Duration::from_millis(20));
    options.closed = Some(ClosedLoop { stations: 6, duration: Duration::from_secs(1) });
    let report = run(options).await.expect("runs");
    assert_eq!((report.connect.connected, report.errors()), (9, 0), "{report}");
    assert_eq!(report.hold.as_ref().map(|h| h.connections), Some(9));
    let closed = report.closed.expect("was asked for");
    assert!(closed.messages > 24, "{closed:?}");
    assert!(closed.latency.p50_ms > 0.0 && closed.latency.p50_ms <= closed.latency.max_ms);

    let seen = responder.seen();
    let boots = seen.iter().filter(|s| s.action == "BootNotification").count();
    assert_eq!(boots, 9);
    // Sessions under way are ended after the measured time: a few more messages arrive than were counted.
    let told = seen.len() as u64 - 9;
    assert!(told >= closed.messages && told <= closed.messages + 6 * 2, "{told} {}", closed.messages);
    assert_eq!(report.journal.len() as u64, told, "every answered message is in the journal");
    let stations: HashSet<&str> = seen[9..].iter().map(|s| s.station.as_str()).collect();
    assert_eq!(stations.len(), 6);
    let ids: HashSet<&str> = seen.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids.len(), seen.len(), "message ids are unique");
    for message in &seen {
        let checked =
            schema::check(version_of(&message.station), &message.action, Kind::Request, &message.payload);
        assert_eq!(checked, Ok(()), "{} {}", message.action, message.payload);
    }
    let mut open: HashMap<&str, i64> = HashMap::new();
    for acked in &report.journal {
        let seq = open.entry(&acked.transaction).or_default();
        assert_eq!(acked.seq, *seq, "{acked:?}");
        *seq += 1;
        if acked.ended {
            open.remove(acked.transaction.as_str());
        }
    }
    assert!(open.is_empty(), "no session stays open: {open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_rate_is_kept() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let mut options = options(&responder, 10);
    options.authorize = true;
    options.steady = Some(SteadyRate { stations: 10, per_second: 200, duration: Duration::from_secs(2) });
    let report = run(options).await.expect("runs");
    let steady = report.steady.expect("was asked for");
    assert!(steady.errors.is_empty(), "{steady:?}");
    assert!((200..=400).contains(&steady.messages), "200 a second for two seconds: {}", steady.messages);
    assert!(responder.seen().iter().any(|s| s.action == "Authorize"));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_counted_by_kind() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let error = CallError { code: "InternalError".into(), description: String::new(), details: json!({}) };
    responder.answer_with("StartTransaction", Err(error));
    let blocked = json!({ "idTokenInfo": { "status": "Blocked" } });
    responder.answer_with("TransactionEvent", Ok(blocked));
    let mut options = options(&responder, 3);
    options.closed = Some(ClosedLoop { stations: 2, duration: Duration::from_secs(2) });
    let closed = run(options).await.expect("runs").closed.expect("was asked for");
    assert_eq!(closed.messages, 0);
    let kinds: Vec<&str> = closed.errors.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["Blocked", "InternalError"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_an_error_for_each_station() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let options = options(&responder, 4);
    drop(responder);
    // The listening socket closes when its task has ended.
    let mut report = run(options.clone()).await.expect("runs");
    while report.errors() < 4 {
        report = run(options.clone()).await.expect("runs");
    }
    assert_eq!((report.connect.connected, report.errors()), (0, 4));
    assert!(report.to_string().contains("connect: "), "{report}");
    assert!(run(LoadOptions::new("wss://127.0.0.1/", "X", 1, None)).await.is_err(), "no TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn stations_come_back_in_the_middle_and_go_on() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let mut options = options(&responder, 2);
    options.closed = Some(ClosedLoop { stations: 2, duration: Duration::from_secs(4) });
    let running = tokio::spawn(run(options));
    responder.wait_for(|s| s.action == "MeterValues").await;
    responder.kick("LOAD-00001");
    let closed = running.await.expect("ends").expect("runs").closed.expect("was asked for");
    let lost: u64 = closed.errors.iter().filter(|(kind, _)| kind.starts_with("lost: ")).map(|(_, n)| n).sum();
    assert_eq!(lost, closed.errors.values().sum::<u64>(), "{:?}", closed.errors);
    assert_eq!(lost, 1);
    // Whatever was out when the connection ended came again, with the same id and text; nothing else did.
    let seen = responder.seen();
    let ids: HashSet<&str> = seen.iter().map(|s| s.id.as_str()).collect();
    assert!(seen.len() - ids.len() <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_json_and_a_table() {
    let responder = Responder::start("127.0.0.1:0", false).await.expect("a responder");
    let mut options = options(&responder, 5);
    options.hold = Some(Duration::from_millis(10));
    options.closed = Some(ClosedLoop { stations: 5, duration: Duration::from_millis(50) });
    let report = run(options).await.expect("runs");
    let text = serde_json::to_string(&report).expect("JSON");
    let back: Report = serde_json::from_str(&text).expect("a report");
    assert_eq!(back.connect, report.connect);
    let table = report.to_string();
    for line in ["connect rate", "memory per connection", "throughput", "p99", "server CPU", "errors"] {
        assert!(table.contains(line), "{line} in {table}");
    }
    if cfg!(target_os = "linux") {
        assert_eq!(report.server_pid, Some(std::process::id()), "the responder is in this process");
        assert!(report.closed.is_some_and(|c| c.server_cpu_s_per_1000.is_some()));
    }
}
