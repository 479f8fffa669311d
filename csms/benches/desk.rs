//! How many messages a second the desks take, commit included, without sockets: many stations in a closed loop, each
//! with running sessions. Run with `cargo bench -p csms --bench desk`; `CSMS_TEST_PG` adds PostgreSQL.

use chrono::{TimeDelta, Utc};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    model::{
        Inbound, Phase, Place, Presented, Reading, Reply, Report, Sample, Stamp, StationId, TransactionReport,
    },
    store::{
        assignments::{self, AssignmentRow},
        stations,
        tariffs::Change,
        testing::TestDb,
        versions,
    },
};
use ocpp::Version;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const TARIFF: &str =
    r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.40"}]}]}"#;
const ROUNDS: i64 = 12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --benches` only wants to know that it runs.
    let seconds = if std::env::args().any(|a| a == "--bench") { 5 } else { 0 };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for stations in [200, 2_000] {
            for db in TestDb::all().await? {
                measure(&db, stations, Duration::from_secs(seconds)).await?;
            }
        }
        Ok(())
    })
}

async fn measure(db: &TestDb, count: usize, time: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config { database: db.config.clone(), ..Config::default() };
    let engine = config.database.url.split(':').next().unwrap_or_default().to_owned();
    let app = App::open(config, Clock::System).await?;
    let mut tx = app.db.write().await?;
    for n in 0..count {
        stations::create_if_absent(&mut tx, &format!("CP{n}"), Utc::now()).await?;
    }
    let now = app.clock.now();
    let change = |id: i64| Change { id, at: now, by: "bench" };
    let tariff = tariffs::Tariff::from_json(TARIFF)?;
    versions::publish(&mut tx, &tariff, None, "", &change(1)).await?;
    let everywhere = AssignmentRow { tariff_id: tariff.id, created_at: now, ..AssignmentRow::default() };
    assignments::assign(&mut tx, &everywhere, false, &change(2)).await?;
    tx.commit().await?;
    app.catalog.reload(&app.db, now).await?;
    let (digests, done) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicU64::new(0)));
    let (begin, cpu) = (Instant::now(), cpu());
    let mut tasks = Vec::new();
    for n in 0..count {
        let (app, digests, done) = (app.clone(), digests.clone(), done.clone());
        tasks.push(tokio::spawn(async move {
            let station: StationId = format!("CP{n}").into();
            while sessions(&app, &station, &digests, &done).await && begin.elapsed() < time {}
        }));
    }
    for task in tasks {
        task.await?;
    }
    let (seconds, done) = (begin.elapsed().as_secs_f64(), done.load(Ordering::Relaxed) as f64);
    println!(
        "{engine:9} {count:5} stations: {:7.0} messages/s, {:5.1} µs CPU a message",
        done / seconds,
        (self::cpu() - cpu) * 1e6 / done
    );
    app.close().await;
    Ok(())
}

/// One session from start to stop.
async fn sessions(app: &App, station: &StationId, digests: &AtomicI64, done: &AtomicU64) -> bool {
    let desk = app.desk(station);
    let begin = Utc::now();
    let mut id = None;
    for n in 0..ROUNDS {
        let at = begin + TimeDelta::seconds(n * 60);
        let report = report(id, n, at);
        let inbound = Inbound {
            received_at: Utc::now(),
            digest: digests.fetch_add(1, Ordering::Relaxed),
            protocol: Version::V16,
            action: "",
            asked: false,
        };
        match desk.handle(Report::Transaction(report), inbound).await {
            Ok(Reply::Transaction(reply)) => id = id.or(reply.transaction),
            other => {
                eprintln!("{other:?}");
                return false;
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    true
}

fn report(id: Option<i32>, n: i64, at: chrono::DateTime<Utc>) -> TransactionReport {
    let edge = n == 0 || n == ROUNDS - 1;
    TransactionReport {
        phase: match n {
            0 => Phase::Start,
            n if n == ROUNDS - 1 => Phase::End,
            _ => Phase::Update,
        },
        transaction: id.map(|id| id.to_string()),
        place: (n != ROUNDS - 1).then_some(Place { evse: 1, connector: 1 }),
        at: Stamp { at },
        seq: None,
        offline: false,
        trigger: String::new(),
        token: (n == 0).then(|| Presented { uid: "TAG".to_owned(), kind: String::new() }),
        readings: if edge {
            Vec::new()
        } else {
            let sample = |measurand: &str, value: i64, unit: &str| Sample {
                measurand: measurand.to_owned(),
                value: Some(value.into()),
                unit: unit.to_owned(),
                phase: String::new(),
                context: String::new(),
                location: String::new(),
                raw: None,
            };
            let samples = vec![
                sample("Energy.Active.Import.Register", 1_000 + n * 370, "Wh"),
                sample("Power.Active.Import", 22_000, "W"),
            ];
            vec![Reading { at, samples }]
        },
        register_wh: edge.then(|| (1_000 + n * 370).into()),
        charging_state: String::new(),
        stop_reason: String::new(),
        remote_start: None,
        reservation: None,
        metering_only: !edge,
        other: None,
    }
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
