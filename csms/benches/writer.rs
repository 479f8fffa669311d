//! What the group writer carries: many stations in a closed loop, each committing {Reading, Progress} again and again.
//!
//! `cargo bench -p csms --bench writer -- [sqlite|postgres] [stations] [seconds]`. PostgreSQL needs `CSMS_TEST_PG`.
//! Prints causes a second, waiting times, and CPU time per cause: of this process (which is also the load) and, for
//! PostgreSQL on this machine, of the server's process that serves the writer.

use chrono::{DateTime, Utc};
use csms::store::row::{ProgressRow, ReadingRow, SessionRow, StationRow, Write};
use csms::store::testing::TestDb;
use csms::store::{Db, Engine, Writer, stations};
use std::error::Error;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const BODY: &str = r#"{"readings":[{"at":"2026-05-04T10:00:00Z","samples":[{"measurand":"Energy.Active.Import.Register","value":"12345.6","unit":"Wh"},{"measurand":"Power.Active.Import","value":"10980","unit":"W"},{"measurand":"SoC","value":"54","unit":"Percent"}]}],"trigger":"MeterValuePeriodic"}"#;

fn main() -> Outcome<()> {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |place: usize| arguments.get(place).map(|word| word.parse::<u64>()).transpose();
    let engine = arguments.first().map(String::as_str);
    let stations = number(1)?.map_or(vec![200, 2_000], |stations| vec![stations]);
    let seconds = number(2)?.unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        println!("engine    stations  causes/s  p50 ms  p99 ms  max ms  CPU us/cause  of the server");
        for stations in stations {
            if engine.is_none_or(|engine| engine == "sqlite") {
                measure(TestDb::sqlite()?, stations as i64, seconds).await?;
            }
            if engine.is_none_or(|engine| engine == "postgres")
                && let Some(test) = TestDb::postgres().await?
            {
                measure(test, stations as i64, seconds).await?;
            }
        }
        Ok(())
    })
}

async fn measure(test: TestDb, stations: i64, seconds: u64) -> Outcome<()> {
    let db = test.open().await?;
    let writer = Writer::start(db.clone(), test.config.group_max);
    prepare(&db, &writer, stations).await?;
    let (began, cpu, server) = (Instant::now(), cpu_of("self"), cpu_of_postgres());
    let until = began + Duration::from_secs(seconds);
    let tasks: Vec<_> = (1..=stations).map(|id| tokio::spawn(station(writer.clone(), id, until))).collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    let took = began.elapsed().as_secs_f64();
    let (cpu, server) = (cpu_of("self") - cpu, cpu_of_postgres() - server);
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let causes = waits.len() as f64;
    let name = if db.engine() == Engine::Sqlite { "sqlite" } else { "postgres" };
    let beside = if db.engine() == Engine::Sqlite { 0.0 } else { server * 1e6 / causes };
    println!(
        "{name:<9} {stations:>8} {:>9.0} {:>7.1} {:>7.1} {:>7.1} {:>13.1} {beside:>14.1}",
        causes / took,
        at(0.5),
        at(0.99),
        at(1.0),
        cpu * 1e6 / causes,
    );
    writer.shutdown().await;
    db.close().await;
    Ok(())
}

async fn prepare(db: &Db, writer: &Writer, count: i64) -> Outcome<()> {
    let mut tx = db.write().await?;
    for n in 1..=count {
        let row = StationRow { id: format!("CP{n:06}"), created_at: Utc::now(), ..StationRow::default() };
        stations::create(&mut tx, &row).await?;
    }
    tx.commit().await?;
    writer.commit((1..=count).map(|id| Write::Session(Box::new(session(id)))).collect()).await?;
    Ok(())
}

async fn station(writer: Writer, id: i64, until: Instant) -> Result<Vec<Duration>, csms::store::StoreError> {
    let mut waits = Vec::new();
    // Digests are as good as random.
    let mut digest: i64 = id.wrapping_mul(0x5851_F42D_4C95_7F2D);
    for n in 1.. {
        let now = Utc::now();
        digest = digest.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let asked = Instant::now();
        if asked > until {
            break;
        }
        let cause = vec![
            Write::Reading(Box::new(reading(id, digest, n, now))),
            Write::Progress(Box::new(progress(id, n, now))),
        ];
        writer.commit(cause).await?;
        waits.push(asked.elapsed());
    }
    Ok(waits)
}

/// A session with an id as the system would give it.
fn session_id(n: i64) -> i64 {
    (70_000_000_000 + n) << 21
}

fn reading(id: i64, digest: i64, n: i64, now: DateTime<Utc>) -> ReadingRow {
    ReadingRow {
        session_id: session_id(id),
        digest,
        at: now,
        received_at: now,
        phase: "update".into(),
        seq: Some(n),
        register_mwh: Some(1_000_000 + n),
        power_w: Some(10_980),
        soc_percent: Some(54),
        body: BODY.into(),
    }
}

fn progress(id: i64, n: i64, now: DateTime<Utc>) -> ProgressRow {
    ProgressRow {
        id: session_id(id),
        last_at: now,
        received_at: now,
        last_mwh: Some(1_000_000 + n),
        energy_mwh: n,
        power_w: Some(10_980),
        soc_percent: Some(54),
        charging_state: "Charging".into(),
        cost: format!("{}.{:02}", n / 100, n % 100),
        seqs: format!("0-{n}"),
        messages: n,
        flags: String::new(),
    }
}

fn session(n: i64) -> SessionRow {
    let now = Utc::now();
    SessionRow {
        id: session_id(n),
        station_id: format!("CP{n:06}"),
        evse: 1,
        connector: 1,
        reference: format!("6a1c2f5e-0d6b-4c1e-9a55-{n:012}"),
        generation: 0,
        protocol: "ocpp2.0.1".into(),
        start_digest: n,
        state: "open".into(),
        token_uid: "04A2B3C4D5E680".into(),
        token_kind: "ISO14443".into(),
        group_uid: None,
        verdict: "Accepted".into(),
        site_id: None,
        time_zone: "Europe/Berlin".into(),
        tariff_hash: Some("3c1f4dd2a8f04a4cb6f3f2e2c0a5b8d9".into()),
        currency: "EUR".into(),
        started_at: now,
        ended_at: None,
        last_at: now,
        received_at: now,
        start_mwh: Some(1_000_000),
        last_mwh: Some(1_000_000),
        stop_mwh: None,
        energy_mwh: 0,
        power_w: None,
        soc_percent: None,
        charging_state: "Charging".into(),
        cost: "0.00".into(),
        seqs: "0".into(),
        messages: 1,
        stop_reason: String::new(),
        stop_token: String::new(),
        remote_start: None,
        reservation: None,
        flags: String::new(),
    }
}

/// CPU seconds that a process of this machine has used, user and system; 0 where that cannot be told.
fn cpu_of(process: &str) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return 0.0 };
    let Some((_, fields)) = stat.rsplit_once(')') else { return 0.0 };
    // Fields 14 and 15 of proc(5), counted from the process state; ticks are hundredths of a second on Linux.
    fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / 100.0
}

/// The same for all processes of PostgreSQL.
fn cpu_of_postgres() -> f64 {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0.0 };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|id| {
            std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "postgres")
        })
        .map(|id| cpu_of(&id))
        .sum()
}
