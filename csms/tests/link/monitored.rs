//! Monitors that tell something while others are still being set.

use crate::{
    client::Client,
    house::{House, within},
};
use csms::{
    command::{self, Ask, Command, Until},
    model::StationId,
    store::{events, monitors},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);

/// The next call that sets monitors; whatever else is asked, this station does not do.
async fn asked(client: &mut Client) -> Value {
    loop {
        let message = client.message().await;
        if message[0] != 2 {
            continue;
        }
        if message[2] == "SetVariableMonitoring" {
            return message;
        }
        client.say(&json!([4, message[1], "NotImplemented", "", {}]).to_string()).await;
    }
}

/// Takes them over, with numbers from `first` on.
async fn accept(client: &mut Client, call: &Value, first: usize) {
    let data = call[3]["setMonitoringData"].as_array().unwrap();
    let results: Vec<Value> = data
        .iter()
        .zip(first..)
        .map(|(one, id)| {
            json!({"id": id, "status": "Accepted", "type": one["type"], "severity": one["severity"],
                "component": one["component"], "variable": one["variable"]})
        })
        .collect();
    client.say(&json!([3, call[1], {"setMonitoringResult": results}]).to_string()).await;
}

#[tokio::test]
async fn what_a_monitor_tells_while_others_are_being_set_is_an_alert_as_well() {
    let house = House::open(|_| {}).await;
    let stop = CancellationToken::new();
    let commands = tokio::spawn(command::run(house.app.clone(), stop.clone()));
    house.station("CP1", "").await;
    let mut client = house.again("CP1", "ocpp2.0.1").await;
    let boot = json!({"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}});
    assert_eq!(client.call(&json!([2, "boot", "BootNotification", boot]).to_string()).await[1], "boot");

    // Ten go with one call; 2.0.1 tells no severity with what they tell.
    let variables: Vec<Value> = (1..=11)
        .map(|nth| {
            json!({"variable": {"component": "Fan", "name": format!("Speed{nth}")}, "kind": "upper-threshold",
                "value": 9, "severity": 2})
        })
        .collect();
    let wanted: Command =
        serde_json::from_value(json!({"command": "set-monitors", "monitors": variables})).unwrap();
    let station: StationId = "CP1".into();
    let row = command::issue(&house.app, Ask::new(&station, wanted, "ada")).await.unwrap();
    let first = asked(&mut client).await;
    accept(&mut client, &first, 1).await;
    let second = asked(&mut client).await;
    let event = json!({"generatedAt": "2026-03-02T08:00:00Z", "seqNo": 0, "eventData": [{"eventId": 1,
        "timestamp": "2026-03-02T08:00:00Z", "trigger": "Alerting", "actualValue": "12", "variableMonitoringId": 3,
        "eventNotificationType": "CustomMonitor", "component": {"name": "Fan"}, "variable": {"name": "Speed3"}}]});
    let answer = client.call(&json!([2, "event", "NotifyEvent", event]).to_string()).await;
    assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("event")));
    accept(&mut client, &second, 11).await;
    let row = command::wait(&house.app, row.id, Until::Outcome, PATIENCE).await.unwrap().unwrap();
    assert_eq!((&*row.state, &*row.verdict), ("answered", "accepted"), "{}", row.reason);

    let mut tx = house.app.db.read().await.unwrap();
    let known = monitors::list(&mut tx, "CP1").await.unwrap();
    let raised: Vec<_> =
        known.iter().filter(|row| row.raised).map(|row| (row.monitor_id, &*row.last_value)).collect();
    assert_eq!((known.len(), raised), (11, vec![(3, "12")]));
    let filter = events::Filter { kind: Some("monitor.alert".into()), ..events::Filter::default() };
    let alerts = events::list(&mut tx, &filter, None, 10).await.unwrap();
    assert_eq!(alerts.len(), 1);
    let alert: Value = serde_json::from_str(&alerts[0].body).unwrap();
    assert_eq!((&alert["monitor_id"], &alert["severity"]), (&json!(3), &json!(2)));
    drop(tx);
    stop.cancel();
    within(commands).await.unwrap();
}
