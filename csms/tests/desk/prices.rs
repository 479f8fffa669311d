//! Which tariff a session has: versions, assignments to places and people, discounts.

use crate::harness::*;
use csms::store::{assignments::AssignmentRow, benefits::BenefitRow};

/// A session of ten kWh in half an hour.
async fn cost(desk: &mut TestDesk, connector: i32, tag: &str, minute: i64) -> String {
    let id = desk.start16(connector, tag, 0, minute).await;
    desk.stop16(id, 10_000, minute + 30).await;
    desk.session(&id.to_string()).await.cost
}

fn member(percent: &str) -> BenefitRow {
    BenefitRow {
        body: format!(r#"{{"name":"Member","percent":"{percent}"}}"#),
        group_uid: Some("FAMILY".to_owned()),
        created_at: at(0),
        ..BenefitRow::default()
    }
}

#[tokio::test]
async fn a_version_becomes_active_at_its_instant_without_a_look_at_the_database() {
    for mut desk in desks().await {
        desk.publish("t0.40", "0.60", Some(100)).await;
        assert_eq!(cost(&mut desk, 1, "TAG", 10).await, "4.00");
        desk.advance(200);
        assert_eq!(cost(&mut desk, 1, "TAG", 99).await, "4.00", "told late");
        assert_eq!(cost(&mut desk, 1, "TAG", 130).await, "6.00");
    }
}

#[tokio::test]
async fn a_session_across_the_change_keeps_the_version_of_its_start() {
    for mut desk in desks().await {
        desk.publish("t0.40", "0.60", Some(100)).await;
        let id = desk.start16(1, "TAG", 0, 90).await;
        desk.advance(110);
        desk.meter16(1, id, 5_000, 110).await;
        desk.restart().await;
        assert_eq!(desk.stop16(id, 10_000, 120).await, dec("4.00"));
    }
}

#[tokio::test]
async fn a_session_told_late_has_what_counted_at_its_start() {
    for mut desk in desks().await {
        desk.advance(60);
        desk.publish("other", "0.90", None).await;
        desk.assign(AssignmentRow { valid_from: Some(at(60)), ..assignment("other") }).await;
        desk.advance(60);
        assert_eq!(cost(&mut desk, 1, "TAG", 20).await, "4.00");
        assert_eq!(cost(&mut desk, 1, "TAG", 60).await, "9.00");
    }
}

#[tokio::test]
async fn who_belongs_to_a_group_has_its_tariff() {
    for mut desk in desks().await {
        desk.publish("family", "0.30", None).await;
        desk.assign(AssignmentRow { group_uid: Some("FAMILY".into()), ..assignment("family") }).await;
        assert_eq!(cost(&mut desk, 1, "TAG", 0).await, "3.00");
        assert_eq!(cost(&mut desk, 1, "OTHER", 40).await, "4.00");
    }
}

#[tokio::test]
async fn a_typed_code_does_not_pass_for_a_card_with_the_same_text() {
    for mut desk in desks_sqlite().await {
        desk.publish("card", "0.30", None).await;
        let card = AssignmentRow {
            token_uid: Some("4711".into()),
            token_kind: "ISO14443".into(),
            ..assignment("card")
        };
        desk.assign(card).await;
        desk.start_typed("tx-1", "4711", 0, 0).await;
        desk.event("tx-1", Ended, 1, None, Some(10_000), 30).await;
        assert_eq!(desk.session("tx-1").await.cost, "4.00");
    }
}

#[tokio::test]
async fn an_identifier_that_is_told_after_the_start_brings_its_tariff_from_the_start() {
    for mut desk in desks().await {
        desk.publish("family", "0.30", None).await;
        desk.assign(AssignmentRow { group_uid: Some("FAMILY".into()), ..assignment("family") }).await;
        desk.event("tx-1", Started, 0, None, Some(0), 0).await;
        desk.event("tx-1", Updated, 1, None, Some(5_000), 10).await;
        assert_eq!(desk.session("tx-1").await.cost, "2.00");
        desk.event("tx-1", Updated, 2, Some("TAG"), Some(6_000), 12).await;
        assert_eq!(desk.session("tx-1").await.cost, "1.80");
        // The snapshot was kept: another process bills the same.
        desk.restart().await;
        let reply = desk.event("tx-1", Ended, 3, None, Some(10_000), 30).await;
        assert_eq!(reply.total_cost, dec("3.00"));
    }
}

#[tokio::test]
async fn an_evse_that_is_told_after_the_start_brings_its_tariff_from_the_start() {
    for mut desk in desks().await {
        desk.publish("fast", "0.70", None).await;
        let here = AssignmentRow { station_id: Some("CP1".into()), evse: Some(1), ..assignment("fast") };
        desk.assign(here).await;
        desk.start_nowhere("tx-1", "TAG", 0, 0).await;
        assert_eq!(desk.session("tx-1").await.evse, 0);
        // What is assigned after the start changes nothing of the session.
        desk.advance(20);
        desk.publish("faster", "0.90", None).await;
        let later = AssignmentRow {
            station_id: Some("CP1".into()),
            evse: Some(1),
            valid_from: Some(at(20)),
            ..assignment("faster")
        };
        desk.assign(later).await;
        desk.event("tx-1", Updated, 1, None, Some(5_000), 25).await;
        assert_eq!(desk.session("tx-1").await.cost, "3.50");
        desk.restart().await;
        assert_eq!(desk.event("tx-1", Ended, 2, None, Some(10_000), 30).await.total_cost, dec("7.00"));
    }
}

#[tokio::test]
async fn an_ad_hoc_tariff_is_for_those_without_an_identifier() {
    for mut desk in desks_sqlite().await {
        desk.publish_kind("ad-hoc", "0.79", "ad_hoc_payment").await;
        desk.assign(AssignmentRow { priority: 1, ..assignment("ad-hoc") }).await;
        assert_eq!(cost(&mut desk, 1, "TAG", 0).await, "4.00");
        desk.event("tx-1", Started, 0, None, Some(0), 60).await;
        let reply = desk.event("tx-1", Ended, 1, None, Some(10_000), 90).await;
        assert_eq!(reply.total_cost, dec("7.90"));
    }
}

#[tokio::test]
async fn a_start_that_comes_after_the_end_brings_the_tariff_of_who_started() {
    for mut desk in desks().await {
        desk.publish("family", "0.30", None).await;
        desk.assign(AssignmentRow { group_uid: Some("FAMILY".into()), ..assignment("family") }).await;
        desk.event("tx-1", Ended, 2, None, Some(10_000), 30).await;
        desk.event("tx-1", Started, 0, Some("TAG"), Some(0), 0).await;
        let session = desk.session("tx-1").await;
        assert_eq!((session.cost.as_str(), session.group_uid.as_deref()), ("3.00", Some("FAMILY")));
        let bill = desk.bill(session.id).await;
        assert_eq!((bill.total_incl.as_str(), bill.tariff_hash), ("3.00", session.tariff_hash));
    }
}

#[tokio::test]
async fn a_session_keeps_the_discount_it_started_with() {
    for mut desk in desks().await {
        let plain = desk.start16(1, "TAG", 0, 0).await;
        desk.add_benefit(member("25")).await;
        let reduced = desk.start16(2, "TAG", 0, 1).await;
        let other = desk.start16(3, "OTHER", 0, 1).await;
        for (id, discounted, cost) in
            [(plain, false, "4.00"), (reduced, true, "3.00"), (other, false, "4.00")]
        {
            desk.restart().await;
            assert_eq!(desk.stop16(id, 10_000, 30).await, dec(cost));
            let session = desk.session(&id.to_string()).await;
            let body = desk.snapshot(session.tariff_hash.as_deref().unwrap()).await;
            assert_eq!(body.contains(r#""name":"Member""#), discounted, "{body}");
            let again = tariffs::Tariff::from_json(&body).unwrap();
            assert_eq!(Some(again.hash()), session.tariff_hash);
        }
    }
}

#[tokio::test]
async fn prices_may_differ_by_what_the_evse_delivers() {
    for mut desk in desks().await {
        desk.set_evse_kind(1, "dc").await;
        desk.set_evse_kind(2, "ac").await;
        desk.publish_json(
            r#"{"id":"t0.40","currency":"EUR","elements":[
                {"components":[{"dimension":"energy","price":"0.70"}],"restrictions":{"evse_kind":"dc"}},
                {"components":[{"dimension":"energy","price":"0.45"}]}]}"#,
            Some(5),
        )
        .await;
        desk.advance(10);
        assert_eq!(cost(&mut desk, 1, "TAG", 10).await, "7.00");
        assert_eq!(cost(&mut desk, 2, "OTHER", 10).await, "4.50");
        // A session that runs keeps what its EVSE was, also in the memory of another process.
        let id = desk.start16(1, "TAG", 0, 50).await;
        desk.set_evse_kind(1, "").await;
        desk.restart().await;
        assert_eq!(desk.stop16(id, 10_000, 70).await, dec("7.00"));
        assert_eq!(cost(&mut desk, 1, "TAG", 80).await, "4.50");
    }
}
