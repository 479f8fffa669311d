//! SIGKILL under load: not one acknowledged message is missing, no session is doubled, stations are back.

use crate::{
    harness::{Csms, Engine, LOOKS_EVERY, Place, TARIFF, text},
    records,
};
use conformance::load::{self, Acked, ClosedLoop, LoadOptions};
use csms::{
    clock::Clock,
    id::Ids,
    link::auth::Vault,
    store::{
        row::{StationRow, TokenRow},
        stations, tokens,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::timeout;

const STATIONS: usize = 40;
const LOAD_FOR: Duration = Duration::from_secs(30);
/// The process is killed once it has handled so many messages.
const MESSAGES_FIRST: u64 = 2_000;
const BACK_WITHIN: Duration = Duration::from_secs(60);

async fn nothing_acknowledged_is_lost(engine: Engine) {
    let Some(place) = Place::new(engine).await else { return };
    let password = furnish(&place).await;
    let csms = place.serve().await;
    let url = csms.ready.ocpp_url.clone();

    // The stations connect again by themselves, and send again what was not answered.
    let load = tokio::spawn(load::run(LoadOptions {
        closed: Some(ClosedLoop { stations: STATIONS, duration: LOAD_FOR }),
        retry_for: BACK_WITHIN,
        journal: true,
        ..LoadOptions::new(&url, "KILL", STATIONS, Some(&password))
    }));
    let handled =
        timeout(BACK_WITHIN, handled(&csms, MESSAGES_FIRST)).await.expect("the load does not begin");
    let place = csms.kill().await;
    let csms = place.serve().await;
    assert_eq!(csms.ready.ocpp_url, url, "the same address again");
    let report = load.await.unwrap().unwrap();

    let traffic = report.closed.as_ref().unwrap();
    let lost: u64 =
        traffic.errors.iter().filter(|(why, _)| why.starts_with("lost")).map(|(_, count)| count).sum();
    assert!(lost > 0, "the kill hit nobody: {:?}", traffic.errors);
    assert!(traffic.messages > handled, "nothing was handled after the restart");
    for why in traffic.errors.keys() {
        assert!(why.starts_with("lost") || why.starts_with("connect"), "refused: {why}");
    }
    compare(&csms.place, &report.journal).await;

    let again = LoadOptions::new(&url, "KILL", STATIONS, Some(&password));
    let back = timeout(BACK_WITHIN, load::run(again)).await.expect("stations are not back").unwrap();
    assert_eq!((back.connect.connected, back.errors()), (STATIONS, 0), "{:?}", back.connect.errors);
}

/// Every acknowledged message is stored, and every session is there once.
async fn compare(place: &Place, journal: &[Acked]) {
    assert!(journal.len() as u64 > MESSAGES_FIRST, "{} acknowledged", journal.len());
    let mut by_station: BTreeMap<&str, Vec<&Acked>> = BTreeMap::new();
    for acked in journal {
        by_station.entry(&acked.station).or_default().push(acked);
    }
    assert_eq!(by_station.len(), STATIONS);
    for (station, journal) in by_station {
        let stored = records::of_station(place, station).await;
        let told: BTreeSet<&str> = journal.iter().map(|acked| acked.transaction.as_str()).collect();
        let found: BTreeSet<&str> = stored.iter().map(|record| record.session.reference.as_str()).collect();
        assert_eq!(found, told, "{station}: sessions stored, and sessions told of");
        assert_eq!(stored.len(), told.len(), "{station}: a session is doubled");
        for acked in journal {
            let record = stored.iter().find(|record| record.session.reference == acked.transaction).unwrap();
            let same = |row: &&csms::store::row::ReadingRow| {
                row.register_mwh == Some(acked.register_wh * 1_000)
                    && row.seq.is_none_or(|seq| seq == acked.seq)
            };
            let times = record.readings.iter().filter(same).count();
            assert!(times >= 1, "{station}: acknowledged and missing: {acked:?}");
            if acked.ended {
                assert_eq!(record.session.state, "ended", "{station}: {acked:?}");
                let bill = record.bill.as_ref().expect("an ended session is billed");
                assert_eq!(bill.energy_mwh, record.session.energy_mwh);
            }
        }
        for record in &stored {
            let digests: BTreeSet<i64> = record.readings.iter().map(|row| row.digest).collect();
            assert_eq!(digests.len(), record.readings.len(), "{station}: a message is stored twice");
        }
    }
}

/// Stations and identifiers of the load generator; gives the stations' password.
async fn furnish(place: &Place) -> String {
    let added = place.feed(&["tariff", "add", "-", "--default"], TARIFF).await;
    assert!(added.status.success(), "{}", text(&added.stderr));
    let db = place.db().await;
    let (clock, vault) = (Clock::System, Vault::open(&db, 1).await.unwrap());
    let (ids, password) = (Ids::new(clock.clone(), 7), Vault::generate().unwrap());
    let mut tx = db.write().await.unwrap();
    for number in 1..=STATIONS {
        let secret = vault.seal_generated(&password).unwrap();
        let station = StationRow {
            id: format!("KILL-{number:05}"),
            secret,
            created_at: clock.now(),
            ..StationRow::default()
        };
        stations::create(&mut tx, &station).await.unwrap();
        let token = TokenRow {
            id: ids.next(),
            uid: format!("BENCH{number:05}"),
            kind: "ISO14443".into(),
            group_uid: None,
            holder: String::new(),
            language: String::new(),
            blocked: false,
            expires_at: None,
            concurrent: false,
            created_at: clock.now(),
            max_cost: String::new(),
            max_energy_wh: None,
            max_time_s: None,
        };
        tokens::create(&mut tx, &token).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.close().await;
    password
}

/// Asks for the metrics until so many messages have come in; gives how many.
async fn handled(csms: &Csms, least: u64) -> u64 {
    let browser = csms.browser();
    loop {
        let metrics = browser.get(csms.page("/metrics")).send().await.unwrap().text().await.unwrap();
        let incoming =
            metrics.lines().filter(|line| line.starts_with("csms_messages_total{direction=\"in\""));
        let sum = incoming.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
        if sum >= least {
            return sum;
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_under_load_loses_and_doubles_nothing_on_sqlite() {
    nothing_acknowledged_is_lost(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_under_load_loses_and_doubles_nothing_on_postgres() {
    nothing_acknowledged_is_lost(Engine::Postgres).await;
}
