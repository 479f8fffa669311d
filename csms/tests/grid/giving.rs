//! A vehicle that gives back behind a fuse that others share.

use crate::hall::{Hall, NAMES, SITE, limits};
use chrono::{SecondsFormat, TimeDelta};
use conformance::battery::Battery;
use csms::store::{
    grid::{self, NeedRow},
    testing::TestDb,
};
use serde_json::{Value, json};

/// W that 1 A on three phases is.
const WATTS: i64 = 690;

/// Three EVSEs of 32 A at a fuse of 32 A; that of the 2.1 station gives back 16 A, and 12 A may be exported.
fn plan(export: i64) -> Value {
    let evse = |station: &str| {
        let back = if station == NAMES[2] { 16 } else { 0 };
        json!({"station": station, "evse": 1, "node": "connection", "rated": 32, "back": back})
    };
    json!({"node": [{"name": "connection", "fuse": 32, "export": export}], "evse": NAMES.map(evse)})
}

/// An operator wants 16 A of it for so long.
async fn wants(hall: &Hall, minutes: i64) {
    let mut tx = hall.app.db.write().await.unwrap();
    let session =
        grid::stations_sessions(&mut tx, SITE).await.unwrap().into_iter().find(|s| s.station_id == NAMES[2]);
    let need = NeedRow {
        session_id: session.unwrap().id,
        site_id: SITE,
        class: None,
        target_mwh: None,
        deadline: None,
        most_ma: None,
        phases: None,
        told_by: "operator".into(),
        event_id: hall.app.ids.next(),
        back_ma: None,
        give_ma: Some(16_000),
        give_until: Some(hall.clock.now() + TimeDelta::minutes(minutes)),
    };
    grid::set_need(&mut tx, &need).await.unwrap();
    tx.commit().await.unwrap();
}

async fn begins(hall: &Hall, transfer: &str) {
    let battery = Battery::tourer(500).gives_back(11_040, 100);
    hall.stations[2].plug_in_car(1, battery).await.unwrap();
    hall.stations[2].start(1, "TAG").await.unwrap();
    let departure = (hall.clock.now() + TimeDelta::hours(8)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let needs = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": transfer, "departureTime": departure,
        "v2xChargingParameters": {"maxChargePower": 11_040, "maxDischargePower": 11_040,
        "evTargetEnergyRequest": 5_000}}});
    let answer = hall.stations[2].call("NotifyEVChargingNeeds", needs).await.unwrap();
    assert_eq!(answer["status"], "Processing");
}

#[tokio::test]
async fn it_gives_what_may_be_exported_and_nobody_takes_more_for_it() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 32, &plan(12)).await;
        hall.connect().await;
        hall.charge(0).await;
        begins(&hall, "AC_BPT").await;
        hall.until("both charge", |_, look| limits(look)[0] >= 6 && limits(look)[2] >= 6).await;
        wants(&hall, 20).await;
        hall.until("it gives back", |hall, _| hall.stations[2].power_w(1) == -12 * WATTS).await;
        for _ in 0..24 {
            hall.round().await;
            let taken = hall.stations[0].power_w(1);
            assert!(taken <= 32 * WATTS, "what comes back may stop at any instant: {taken} W");
            assert!(hall.stations[2].power_w(1) >= -12 * WATTS);
        }
        // The defaults of the other two, 6 A each, are set aside for them whatever they do.
        assert_eq!(hall.stations[0].power_w(1), 20 * WATTS, "what it does not take any more is others'");
        assert!(hall.stations[2].exported_wh(1) > Some(0));
        hall.until("it charges again", |hall, _| hall.stations[2].power_w(1) > 0).await;
        let sessions = grid::stations_sessions(&mut hall.app.db.read().await.unwrap(), SITE).await.unwrap();
        let session = sessions.into_iter().find(|session| session.station_id == NAMES[2]).unwrap();
        let register = hall.stations[2].register_wh(1).unwrap() * 1_000;
        assert!(session.energy_mwh >= 0 && session.energy_mwh <= register, "{session:?}");
    }
}

#[tokio::test]
async fn nothing_is_given_where_the_vehicle_or_the_circuit_does_not_let_it() {
    for (export, transfer) in [(0, "AC_BPT"), (12, "AC_three_phase")] {
        let db = TestDb::sqlite().unwrap();
        let mut hall = Hall::open(&db, 32, &plan(export)).await;
        hall.connect().await;
        begins(&hall, transfer).await;
        wants(&hall, 20).await;
        hall.until("it charges", |_, look| limits(look)[2] >= 6).await;
        hall.pass(TimeDelta::minutes(2)).await;
        assert!(hall.stations[2].power_w(1) > 0, "{export} A, {transfer}");
    }
}
