//! Databases and rows to test with.

use chrono::{DateTime, TimeDelta, Utc};
use csms::store::row::{ProgressRow, ReadingRow, SessionRow, StationRow};
use csms::store::{Db, stations};

/// Runs the body once per engine, each time on an empty database.
macro_rules! on_both {
    ($(async fn $name:ident($db:ident) $body:block)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for test in csms::store::testing::TestDb::all().await.unwrap() {
                let $db = test.open().await.unwrap();
                $body
                $db.close().await;
            }
        }
    )+ };
}
pub(crate) use on_both;

/// 2026-05-04T10:00:00Z and so many seconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_888_800, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// Registers a station.
pub async fn station(db: &Db, id: &str) {
    let mut tx = db.write().await.unwrap();
    let row = StationRow { id: id.into(), created_at: at(0), ..StationRow::default() };
    stations::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

/// An open session of `station` that began at `at(id)`.
pub fn session(id: i64, station: &str) -> SessionRow {
    SessionRow {
        id,
        station_id: station.into(),
        evse: 1,
        connector: 1,
        reference: format!("T{id}"),
        generation: 0,
        protocol: "ocpp2.0.1".into(),
        start_digest: id * 7,
        state: "open".into(),
        token_uid: "04AB".into(),
        token_kind: "ISO14443".into(),
        group_uid: Some("FLEET".into()),
        verdict: "Accepted".into(),
        site_id: None,
        time_zone: "Europe/Berlin".into(),
        tariff_hash: Some("hash".into()),
        currency: "EUR".into(),
        started_at: at(id),
        ended_at: None,
        last_at: at(id),
        received_at: at(id),
        start_mwh: Some(1_000),
        last_mwh: Some(1_000),
        stop_mwh: None,
        energy_mwh: 0,
        power_w: None,
        soc_percent: Some(20),
        charging_state: "Charging".into(),
        cost: "0.00".into(),
        seqs: "0".into(),
        messages: 1,
        stop_reason: String::new(),
        stop_token: String::new(),
        remote_start: Some(5),
        reservation: None,
        flags: String::new(),
    }
}

/// The session has used so much energy.
pub fn progress(id: i64, energy_mwh: i64) -> ProgressRow {
    ProgressRow {
        id,
        last_at: at(id + energy_mwh),
        received_at: at(id + energy_mwh + 1),
        last_mwh: Some(1_000 + energy_mwh),
        energy_mwh,
        power_w: Some(11_000),
        soc_percent: None,
        charging_state: "SuspendedEV".into(),
        cost: "1.23".into(),
        seqs: "0-1".into(),
        messages: 2,
        flags: "gap".into(),
    }
}

/// A reading of a session.
pub fn reading(session_id: i64, digest: i64) -> ReadingRow {
    ReadingRow {
        session_id,
        digest,
        at: at(digest),
        received_at: at(digest) + TimeDelta::milliseconds(250),
        phase: "update".into(),
        seq: Some(digest),
        register_mwh: Some(digest * 10),
        power_w: None,
        soc_percent: Some(50),
        body: format!("{{\"n\":{digest}}}"),
    }
}
