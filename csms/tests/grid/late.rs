//! Sessions that wait for their stop: they are there beside the one that runs, and are nobody who charges.

use crate::hall::{Hall, NAMES, limits, of, plan_of, says};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use conformance::ConnectorState;
use csms::store::{needs, sessions, testing::TestDb};
use serde_json::json;

/// The station tells that a transaction has begun at this instant.
async fn begins(hall: &Hall, nth: usize, transaction: &str, at: DateTime<Utc>) {
    let told = json!({"eventType": "Started", "timestamp": at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "triggerReason": "Authorized", "seqNo": 0, "offline": true, "transactionInfo": {"transactionId": transaction},
        "evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": "TAG", "type": "ISO14443"}});
    hall.stations[nth].call("TransactionEvent", told).await.unwrap();
}

#[tokio::test]
async fn an_old_session_that_comes_late_takes_nothing_from_the_vehicle_that_charges() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.all_share().await;
        begins(&hall, 1, "OLD", hall.clock.now() - TimeDelta::hours(1)).await;
        hall.pass(TimeDelta::minutes(3)).await;
        assert_eq!(limits(&hall.look().await), [20, 20, 20]);

        let departure = (hall.clock.now() + TimeDelta::hours(2)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let told = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase",
            "departureTime": departure,
            "acChargingParameters": {"energyAmount": 11_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}}});
        hall.stations[1].call("NotifyEVChargingNeeds", told).await.unwrap();
        hall.until("it is taken over", |_, look| of(look, NAMES[1]).deadline.is_some()).await;
        let mut tx = hall.app.db.read().await.unwrap();
        let of_it = needs::open(&mut tx, NAMES[1]).await.unwrap();
        let session = sessions::find(&mut tx, of_it[0].session_id).await.unwrap().unwrap();
        assert_eq!((of_it.len(), Some(session.reference)), (1, hall.stations[1].transaction(1)));
    }
}

#[tokio::test]
async fn a_session_that_waits_for_its_stop_proves_nothing_against_a_default() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
    hall.connect().await;
    // It tells late of one that has left by now.
    for state in [ConnectorState::Preparing, ConnectorState::Available] {
        hall.stations[1].status(1, state).await.unwrap();
    }
    begins(&hall, 1, "GONE", hall.clock.now()).await;
    // Without a transaction some stations leave defaults out of account.
    hall.stations[1].answer_with("GetCompositeSchedule", says(&[(0, 32), (640, 32)]));
    hall.pass(TimeDelta::minutes(18)).await;
    let look = hall.look().await;
    assert_eq!((&*of(&look, NAMES[1]).checked, of(&look, NAMES[1]).charges), ("holds", true));
}
