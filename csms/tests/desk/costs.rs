//! Stations that count costs themselves, beside what they are billed. The tariff is 0.40 EUR/kWh, without tax.

use crate::harness::*;
use csms::{
    model::{Phase, Place, TransactionReply, TransactionReport},
    store::{events, row::SessionRow},
};
use ocpp::Version;
use serde_json::{Value, json};

/// What a station says of a session of so much energy and so many minutes.
fn costs(total: &str, wh: i64, minutes: i64) -> Value {
    let total: Value = serde_json::from_str(total).unwrap();
    json!({
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": total, "inclTax": total},
                      "energy": {"exclTax": total}},
        "totalUsage": {"energy": wh, "chargingTime": minutes * 60, "idleTime": 0},
        "chargingPeriods": [{"startPeriod": "2026-03-01T08:00:00Z", "tariffId": "t0.40-1",
                             "dimensions": [{"type": "Energy", "volume": wh}]}]
    })
}

impl TestDesk {
    /// A TransactionEvent of a station that counts the costs itself.
    async fn counted(
        &mut self,
        transaction: &str,
        phase: Phase,
        seq: i64,
        wh: Option<i64>,
        minute: i64,
        costs: Option<Value>,
    ) -> TransactionReply {
        let report = TransactionReport {
            transaction: Some(transaction.to_owned()),
            place: Some(Place { evse: 1, connector: 1 }),
            seq: Some(seq),
            readings: wh.map(|wh| reading(wh, minute)).into_iter().collect(),
            charging_state: if phase == Ended { String::new() } else { "Charging".to_owned() },
            other: costs.map(|costs| json!({"costDetails": costs})),
            ..self.report(phase, minute)
        };
        self.transaction(report, Version::V21).await
    }

    /// The events of a session of this kind, oldest first.
    async fn events(&self, session: i64, kind: &str) -> Vec<Value> {
        let mut tx = self.app.db.read().await.unwrap();
        let filter = events::Filter {
            session: Some(session),
            kind: Some(kind.to_owned()),
            ..events::Filter::default()
        };
        let rows = events::since(&mut tx, &filter, 0, 100).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
    }
}

fn change(mut costs: Value, pointer: &str, to: Value) -> Value {
    *costs.pointer_mut(pointer).unwrap() = to;
    costs
}

/// An hour, 10 kWh: 4.00 EUR. The station says this in the end.
async fn ended_with(desk: &mut TestDesk, costs: Option<Value>) -> SessionRow {
    desk.counted("T", Started, 0, Some(0), 0, None).await;
    let reply = desk.counted("T", Ended, 1, Some(10_000), 60, costs).await;
    assert_eq!(reply.total_cost, dec("4.00"), "what the station says never changes our bill");
    let session = desk.session("T").await;
    assert_eq!((&*session.cost, &*desk.bill(session.id).await.total_incl), ("4.00", "4.00"));
    session
}

#[tokio::test]
async fn equal_costs_make_no_alarm() {
    for told in ["4.00", "4.0000000000000004", "3.996", "4.01"] {
        for mut desk in desks_sqlite().await {
            let session = ended_with(&mut desk, Some(costs(told, 10_000, 60))).await;
            assert_eq!(session.flags, "", "{told}");
            assert!(desk.events(session.id, "session.cost_differs").await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_difference_of_more_than_a_cent_is_an_alarm_with_both_figures() {
    for mut desk in desks().await {
        let session = ended_with(&mut desk, Some(costs("4.02", 10_000, 60))).await;
        assert_eq!(session.flags, "cost-differs");
        let events = desk.events(session.id, "session.cost_differs").await;
        let difference =
            |path: &str| json!({"path": path, "finding": "value", "theirs": "4.02", "ours": "4.00"});
        let found = ["totalCost.total.exclTax", "totalCost.total.inclTax", "totalCost.energy.exclTax"];
        let expected =
            json!({"when": "end", "tariff": "t0.40-1", "differences": found.map(difference).to_vec()});
        assert_eq!(events, [expected]);
    }
}

#[tokio::test]
async fn another_currency_is_told_instead_of_amounts() {
    for mut desk in desks_sqlite().await {
        let told = change(costs("4.00", 10_000, 60), "/totalCost/currency", json!("USD"));
        let session = ended_with(&mut desk, Some(told)).await;
        assert_eq!(session.flags, "cost-differs");
        let events = desk.events(session.id, "session.cost_differs").await;
        assert_eq!(
            events[0]["differences"],
            json!([{"path": "totalCost.currency", "finding": "currency", "theirs": "USD", "ours": "EUR"}])
        );
    }
}

#[tokio::test]
async fn a_station_that_could_not_count_or_not_readably_is_told_of() {
    let mut failed = costs("0", 0, 0);
    failed["failureToCalculate"] = json!(true);
    failed["failureReason"] = json!("no tariff");
    let unreadable = json!({"totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 1}});
    for (told, reason) in [(failed, "no tariff"), (unreadable, "totalCost: is missing")] {
        for mut desk in desks_sqlite().await {
            let session = ended_with(&mut desk, Some(told.clone())).await;
            assert_eq!(session.flags, "cost-failed");
            let events = desk.events(session.id, "session.cost_failed").await;
            assert_eq!(events, [json!({"when": "end", "reason": reason})]);
        }
    }
}

#[tokio::test]
async fn a_cost_where_we_have_no_price_is_a_difference() {
    for mut desk in desks_without_tariff().await {
        desk.counted("T", Started, 0, Some(0), 0, None).await;
        desk.counted("T", Ended, 1, Some(10_000), 60, Some(costs("4.00", 10_000, 60))).await;
        let session = desk.session("T").await;
        assert_eq!(session.flags, "no-tariff,cost-differs");
        let events = desk.events(session.id, "session.cost_differs").await;
        assert_eq!(events[0]["differences"][0]["theirs"], "4 EUR");
    }
}

#[tokio::test]
async fn a_running_session_alarms_once_and_the_end_has_the_last_word() {
    for mut desk in desks().await {
        desk.counted("T", Started, 0, Some(0), 0, Some(costs("0", 0, 0))).await;
        desk.counted("T", Updated, 1, Some(5_000), 30, Some(costs("2.00", 5_000, 30))).await;
        assert_eq!(desk.session("T").await.flags, "");
        desk.counted("T", Updated, 2, Some(6_000), 36, Some(costs("9.00", 6_000, 36))).await;
        desk.counted("T", Updated, 3, Some(7_000), 42, Some(costs("9.50", 7_000, 42))).await;
        let session = desk.session("T").await;
        assert_eq!(session.flags, "cost-differs");
        assert_eq!(desk.events(session.id, "session.cost_differs").await.len(), 1);
        desk.counted("T", Ended, 4, Some(10_000), 60, Some(costs("4.00", 10_000, 60))).await;
        assert_eq!(desk.session("T").await.flags, "", "what it wants in the end is right");
        let events = desk.events(session.id, "session.cost_differs").await;
        assert_eq!(
            events.iter().map(|e| &e["when"]).collect::<Vec<_>>(),
            ["running"],
            "and what was, is kept"
        );
    }
}

#[tokio::test]
async fn a_station_that_knows_more_than_its_readings_tell_is_given_room() {
    for mut desk in desks_sqlite().await {
        desk.counted("T", Started, 0, Some(0), 0, None).await;
        // No reading in this message: ours are half an hour old, and 5 kWh behind.
        desk.counted("T", Updated, 1, None, 30, Some(costs("2.00", 5_000, 30))).await;
        assert_eq!(desk.session("T").await.flags, "");
        desk.counted("T", Updated, 2, None, 31, Some(costs("2.10", 5_000, 31))).await;
        assert_eq!(desk.session("T").await.flags, "cost-differs", "5 kWh never cost more than 2.00");
    }
}

#[tokio::test]
async fn messages_sent_again_change_nothing() {
    for mut desk in desks().await {
        let session = ended_with(&mut desk, Some(costs("5.00", 10_000, 60))).await;
        let reply = desk.counted("T", Ended, 1, Some(10_000), 60, Some(costs("5.00", 10_000, 60))).await;
        assert_eq!(reply.total_cost, dec("4.00"), "the total is told again");
        desk.restart().await;
        desk.counted("T", Ended, 1, Some(10_000), 60, Some(costs("5.00", 10_000, 60))).await;
        assert_eq!(desk.session("T").await.flags, "cost-differs");
        assert_eq!(desk.events(session.id, "session.cost_differs").await.len(), 1);
    }
}

#[tokio::test]
async fn the_order_of_arrival_does_not_change_the_verdict() {
    // The station has counted 2 kWh that it tells us of only after the end.
    for mut desk in desks().await {
        desk.counted("T", Started, 0, Some(0), 0, None).await;
        desk.counted("T", Ended, 2, None, 60, Some(costs("0.80", 2_000, 60))).await;
        let session = desk.session("T").await;
        assert_eq!((&*session.cost, &*session.flags), ("0.00", "sequence-gap,cost-differs"));
        desk.counted("T", Updated, 1, Some(2_000), 30, None).await;
        let session = desk.session("T").await;
        assert_eq!((&*session.cost, &*session.flags), ("0.80", "late-message"));
        assert_eq!(desk.events(session.id, "session.cost_differs").await.len(), 1);
    }
}

#[tokio::test]
async fn the_cost_so_far_is_told_when_it_has_changed_to_stations_that_do_not_count() {
    for mut desk in desks_sqlite().await {
        let begun = desk.counted("T", Started, 0, Some(0), 0, None).await;
        assert_eq!((begun.total_cost, begun.running_cost), (None, None));
        let running = desk.counted("T", Updated, 1, Some(5_000), 30, None).await;
        assert_eq!((running.total_cost, running.running_cost), (None, dec("2.00")));
        let same = desk.counted("T", Updated, 2, Some(5_000), 31, None).await;
        assert_eq!(same.running_cost, None);
        let counted = desk.counted("T", Updated, 3, Some(6_000), 36, Some(costs("2.40", 6_000, 36))).await;
        assert_eq!(counted.running_cost, None, "it knows better than to ask");
        let ended = desk.counted("T", Ended, 4, Some(6_000), 40, None).await;
        assert_eq!((ended.total_cost, ended.running_cost), (dec("2.40"), None));
    }
}
