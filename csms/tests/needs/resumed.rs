//! Transactions that go on after their station was away: what they were given is told again.

use crate::house::{House, ID, PATIENCE, start};
use chrono::TimeDelta;
use conformance::{Answer, Station};
use csms::{
    command::{self, Ask, Command, Until},
    store::{commands, sessions, testing::TestDb},
};
use ocpp::Version;
use serde_json::{Value, json};

async fn ask(house: &House, command: Value) {
    let command: Command = serde_json::from_value(command).unwrap();
    let row = command::issue(&house.app, Ask::new(&ID.into(), command, "ada")).await.unwrap();
    let row = command::wait(&house.app, row.id, Until::Answer, PATIENCE).await.unwrap().unwrap();
    assert_eq!(row.verdict, "accepted", "{row:?}");
}

fn profile(id: i64, level: i64, transaction: &str) -> Value {
    json!({"command": "set-profile", "evse": 1, "profile": {"id": id, "stackLevel": level,
        "chargingProfilePurpose": "TxProfile", "transactionId": transaction, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": start().to_rfc3339(), "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}]}})
}

#[tokio::test]
async fn a_transaction_that_goes_on_is_told_its_plan_and_its_profiles_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        let needs = json!({"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": (start() + TimeDelta::hours(2)).to_rfc3339(), "acChargingParameters": {
            "energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}}});
        station.call("NotifyEVChargingNeeds", needs).await.unwrap();
        house.plan("set", 1).await;
        let plan = station.profiles();
        let transaction = house.session().await.reference;
        ask(&house, profile(900, 7, &transaction)).await;
        ask(&house, profile(901, 8, &transaction)).await;
        ask(&house, json!({"command": "clear-profile", "id": 901})).await;

        station.cut().await;
        station.forget_profiles();
        station.reconnect().await.unwrap();
        let resumed = json!({"eventType": "Updated", "timestamp": start().to_rfc3339(), "triggerReason": "TxResumed",
            "seqNo": 40, "transactionInfo": {"transactionId": transaction, "chargingState": "EVConnected"}});
        for _ in 0..2 {
            station.call("TransactionEvent", resumed.clone()).await.unwrap();
        }
        house.plan("set", 2).await;
        house.when("the profile is there again", async || station.profiles().contains(&900)).await;
        let mut held = station.profiles();
        held.sort_unstable();
        let mut given = [plan, vec![900]].concat();
        given.sort_unstable();
        assert_eq!(held, given, "what was cleared is not set again");

        let filter = commands::Filter { kind: Some("set-profile".into()), ..commands::Filter::default() };
        let mut tx = house.app.db.read().await.unwrap();
        let told = commands::list(&mut tx, &filter, None, 100).await.unwrap();
        let again = told.iter().filter(|row| row.asked_by == "needs" && row.body.contains("900")).count();
        assert_eq!(again, 1, "the same message again has nothing told twice");
    }
}

/// Begins a session from here, with a profile that has no number of its own; gives the transaction and the number that it was given.
async fn begins(house: &House, station: &Station) -> (String, i64) {
    station.plug_in(1).await.unwrap();
    let mut profile = profile(0, 4, "")["profile"].take();
    let fields = profile.as_object_mut().unwrap();
    fields.remove("id");
    fields.remove("transactionId");
    let start = json!({"command": "start", "evse": 1, "token": {"uid": "TAG"}, "profile": profile});
    ask(house, start).await;
    house.when("it has begun", async || station.transaction(1).is_some()).await;
    let begun = async || {
        sessions::list(&mut house.app.db.read().await.unwrap(), &sessions::Filter::default(), None, 1)
            .await
            .unwrap()
            .len()
            == 1
    };
    house.when("it is kept", begun).await;
    let sent = station.expect_call("RequestStartTransaction").await.unwrap();
    let transaction = house.session().await.reference;
    let mut taken = sent["chargingProfile"].clone();
    taken["transactionId"] = transaction.as_str().into();
    station.install_profile(1, &taken).unwrap();
    (transaction, taken["id"].as_i64().unwrap())
}

async fn goes_on(house: &House, station: &Station, transaction: &str) -> Vec<Value> {
    station.cut().await;
    station.forget_profiles();
    station.reconnect().await.unwrap();
    let resumed = json!({"eventType": "Updated", "timestamp": start().to_rfc3339(), "triggerReason": "TxResumed",
        "seqNo": 40, "transactionInfo": {"transactionId": transaction, "chargingState": "EVConnected"}});
    station.call("TransactionEvent", resumed).await.unwrap();
    let filter = commands::Filter { kind: Some("set-profile".into()), ..commands::Filter::default() };
    let told = commands::list(&mut house.app.db.read().await.unwrap(), &filter, None, 100).await.unwrap();
    let again = told.iter().filter(|row| row.asked_by == "needs");
    again.map(|row| serde_json::from_str::<Value>(&row.body).unwrap()["profile"].clone()).collect()
}

#[tokio::test]
async fn the_profile_of_a_start_is_told_again_as_it_was_sent() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        // From before the start: it means another one.
        let mut earlier = profile(900, 4, "");
        earlier["profile"]["chargingProfilePurpose"] = "TxDefaultProfile".into();
        earlier["profile"].as_object_mut().unwrap().remove("transactionId");
        ask(&house, earlier).await;
        ask(&house, json!({"command": "clear-profile", "evse": 1})).await;
        let (transaction, number) = begins(&house, &station).await;
        let again = goes_on(&house, &station, &transaction).await;
        let told: Vec<_> = again.iter().map(|profile| (&profile["id"], &profile["transactionId"])).collect();
        assert_eq!(told, [(&json!(number), &json!(transaction))]);
        house.when("it is there again", async || station.profiles() == [number]).await;
    }
}

#[tokio::test]
async fn the_profile_of_a_start_that_was_cleared_by_its_number_stays_away() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        let (transaction, number) = begins(&house, &station).await;
        ask(&house, json!({"command": "clear-profile", "id": number})).await;
        assert_eq!(goes_on(&house, &station, &transaction).await, [Value::Null; 0]);
    }
}

#[tokio::test]
async fn a_profile_whose_answer_was_lost_is_told_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        let transaction = house.session().await.reference;
        station.answer_with("SetChargingProfile", Answer::Silence);
        let command: Command = serde_json::from_value(profile(900, 7, &transaction)).unwrap();
        let row = command::issue(&house.app, Ask::new(&ID.into(), command, "ada")).await.unwrap();
        station.expect_call("SetChargingProfile").await.unwrap();
        station.cut().await;
        let row = command::wait(&house.app, row.id, Until::Answer, PATIENCE).await.unwrap().unwrap();
        assert_eq!(row.state, "unknown", "{row:?}");
        station.answer_normally("SetChargingProfile");
        let again = goes_on(&house, &station, &transaction).await;
        assert_eq!(again.iter().map(|profile| &profile["id"]).collect::<Vec<_>>(), [&json!(900)]);
        house.when("it is there", async || station.profiles() == [900]).await;
    }
}
