//! Streams of monitored values.

use crate::house::{House, ID, PATIENCE};
use conformance::Answer;
use csms::{
    command::{self, Ask, Command, Until},
    store::{streams, testing::TestDb},
};
use ocpp::Version;
use serde_json::{Value, json};

async fn sent(station: &conformance::Station, payload: Value) {
    let text = json!([6, "stream-1", "NotifyPeriodicEventStream", payload]);
    station.send_text(text.to_string()).await.unwrap();
    // It is answered by nothing; whatever is sent next is handled after it.
    station.heartbeat().await.unwrap();
}

#[tokio::test]
async fn a_stream_is_opened_told_adjusted_and_closed() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        let open = json!({"constantStreamData": {"id": 3, "variableMonitoringId": 9, "params": {"interval": 10, "values": 2}}});
        let answer = station.call("OpenPeriodicEventStream", open).await.unwrap();
        assert_eq!(answer["status"], "Accepted");
        let base = "2026-03-02T17:59:00Z";
        let values = json!([{"t": 0.5, "v": "1000"}, {"t": 10, "v": "1010"}]);
        sent(&station, json!({"id": 3, "pending": 4, "basetime": base, "data": values})).await;
        sent(&station, json!({"id": 8, "pending": 0, "basetime": base, "data": values})).await;
        let mut tx = house.app.db.read().await.unwrap();
        let found = streams::values(&mut tx, ID, 3, None, 10).await.unwrap();
        let told: Vec<_> = found.iter().map(|row| (row.at.to_rfc3339(), row.value.as_str())).collect();
        assert_eq!(
            told,
            [("2026-03-02T17:59:10+00:00".into(), "1010"), ("2026-03-02T17:59:00.500+00:00".into(), "1000")]
        );
        assert_eq!(streams::values(&mut tx, ID, 8, None, 10).await.unwrap(), [], "nobody has opened it");
        let row = streams::find(&mut tx, ID, 3).await.unwrap().unwrap();
        assert_eq!((row.monitor_id, row.interval_s, row.values_max, row.pending), (9, Some(10), Some(2), 4));
        drop(tx);

        station.answer_with("AdjustPeriodicEventStream", Answer::Result(json!({"status": "Accepted"})));
        let adjust = json!({"command": "call", "action": "AdjustPeriodicEventStream", "payload":
            {"id": 3, "params": {"interval": 60}}});
        let adjust: Command = serde_json::from_value(adjust).unwrap();
        let row = command::issue(&house.app, Ask::new(&ID.into(), adjust, "ada")).await.unwrap();
        command::wait(&house.app, row.id, Until::Answer, PATIENCE).await.unwrap();
        let row = streams::find(&mut house.app.db.read().await.unwrap(), ID, 3).await.unwrap().unwrap();
        assert_eq!((row.interval_s, row.values_max), (Some(60), Some(2)));

        station.call("ClosePeriodicEventStream", json!({"id": 3})).await.unwrap();
        let row = streams::find(&mut house.app.db.read().await.unwrap(), ID, 3).await.unwrap().unwrap();
        assert!(row.closed_at.is_some());

        let keep = csms::config::Retention::default();
        let later = house.clock.now() + chrono::TimeDelta::days(8);
        let removed = csms::store::retention::run(&house.app.db, &keep, later).await.unwrap();
        assert_eq!(removed.stream_values, 2, "a week is enough");
    }
}

#[tokio::test]
async fn a_station_does_not_open_more_streams_than_there_may_be() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.connect(Version::V21).await;
    for id in 0..=100 {
        let open = json!({"constantStreamData": {"id": id, "variableMonitoringId": 1, "params": {}}});
        let answer = station.call("OpenPeriodicEventStream", open).await.unwrap();
        assert_eq!(answer["status"], if id < 100 { "Accepted" } else { "Rejected" }, "{id}");
    }
}
