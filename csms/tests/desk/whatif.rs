//! What if: the sessions of a database under another tariff.

use crate::harness::*;
use ::tariffs::{Charge, Plan, Tariff};
use chrono::TimeDelta;
use csms::whatif::{Ask, period::Period};
use rust_decimal::Decimal;
use std::sync::Arc;

fn plan(kwh: &str, currency: &str) -> Arc<Plan> {
    let json = format!(
        r#"{{"id":"new{kwh}","currency":"{currency}","elements":[{{"components":[{{"dimension":"energy","price":"{kwh}"}}]}}]}}"#
    );
    Arc::new(Plan::new(Arc::new(Tariff::from_json(&json).unwrap())).unwrap())
}

/// Everything, under so much for a kWh.
fn all(kwh: &str) -> Ask {
    let period = Period::Between { from: at(-100_000), to: at(100_000) };
    Ask { plan: plan(kwh, "EUR"), period, site: None, station: None, tariff: None, most: None }
}

fn amount(text: &str) -> Decimal {
    dec(text).unwrap()
}

/// More sessions than a page has: every one takes 1 kWh more than the one before.
async fn many(desk: &mut TestDesk, count: i64) {
    desk.advance(count * 10);
    for n in 0..count {
        let (id, t) = (format!("tx{n}"), n * 10);
        desk.event(&id, Started, 0, Some("FLEET"), Some(5_000), t).await;
        desk.event(&id, Ended, 1, None, Some(5_000 + n * 1_000), t + 9).await;
    }
}

#[tokio::test]
async fn the_same_tariff_changes_no_session() {
    for mut desk in desks().await {
        many(&mut desk, 12).await;
        // Odd ones too: a register that began anew, one without a register, one that was told late.
        let id = desk.start16(2, "FLEET", 50_000, 1_000).await;
        for (wh, minute) in [(52_000, 1_010), (0, 1_020), (1_000, 1_030)] {
            desk.meter16(2, id, wh, minute).await;
        }
        desk.stop16(id, 3_000, 1_050).await;
        desk.event("bare", Started, 0, Some("FLEET"), None, 1_100).await;
        desk.event("bare", Ended, 1, None, None, 1_110).await;
        desk.event("late", Ended, 2, None, Some(9_000), 1_250).await;
        desk.event("late", Updated, 1, None, Some(7_000), 1_220).await;
        let outcome = desk.what_if(&all("0.40")).await.unwrap();
        assert_eq!((outcome.sessions, outcome.same.sessions), (15, 15));
        assert_eq!(outcome.before, outcome.after);
        let spread = outcome.distribution.unwrap();
        assert_eq!((spread.min, spread.max), (Decimal::ZERO, Decimal::ZERO));
        assert!(outcome.rises.is_empty() && outcome.falls.is_empty());
        assert!(outcome.parts.iter().all(|part| part.before == part.after));
    }
}

#[tokio::test]
async fn another_tariff_changes_each_session_by_its_energy() {
    for mut desk in desks().await {
        many(&mut desk, 205).await;
        let outcome = desk.what_if(&all("0.45")).await.unwrap();
        // 0 + 1 + … + 204 kWh.
        assert_eq!(outcome.before.energy_kwh, amount("20910"));
        assert_eq!((outcome.before.gross, outcome.after.gross), (amount("8364.00"), amount("9409.50")));
        assert_eq!((outcome.sessions, outcome.more.sessions, outcome.same.sessions), (205, 204, 1));
        let spread = outcome.distribution.unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (amount("0"), amount("5.10"), amount("10.20")));
        let dearest = desk.session("tx204").await.id.to_string();
        assert_eq!(
            (outcome.rises[0].session.as_str(), outcome.rises[0].change),
            (&*dearest, amount("10.20"))
        );
        let energy = outcome.parts.iter().find(|part| part.charge == Some(Charge::Energy)).unwrap();
        assert_eq!((energy.before.gross, energy.after.gross), (amount("8364.00"), amount("9409.50")));
        assert_eq!(outcome.histogram.iter().map(|bar| bar.sessions).sum::<u64>(), 205);
    }
}

#[tokio::test]
async fn sessions_are_chosen_by_place_time_and_present_tariff() {
    for mut desk in desks().await {
        many(&mut desk, 3).await;
        desk.set_tariff("0.50").await;
        // Where it is still February.
        let site = desk.set_site("America/Los_Angeles").await;
        desk.event("west", Started, 0, Some("FLEET"), Some(0), -30).await;
        desk.event("west", Ended, 1, None, Some(2_000), 200).await;
        let mut other = desk.neighbour().await;
        other.event("next door", Started, 0, Some("FLEET"), Some(0), 100).await;
        other.event("next door", Ended, 1, None, Some(4_000), 130).await;
        other.event("open", Started, 0, Some("FLEET"), Some(0), 140).await;
        let month = |text: &str| Period::Month(text.parse().unwrap());
        let between = |from, to| Period::Between { from: at(from), to: at(to) };
        for (what, ask, sessions) in [
            ("all that ended", all("1"), 5),
            ("a station", Ask { station: Some("CP2".into()), ..all("1") }, 1),
            ("a site", Ask { site: Some(site), ..all("1") }, 1),
            // The one in the west began before that tariff counted, though it was told later.
            ("the present tariff", Ask { tariff: Some("t0.50".into()), ..all("1") }, 1),
            ("no tariff of that name", Ask { tariff: Some("t9".into()), ..all("1") }, 0),
            ("an hour, its end not included", Ask { period: between(0, 20), ..all("1") }, 2),
            ("March", Ask { period: month("2026-03"), ..all("1") }, 4),
            ("February", Ask { period: month("2026-02"), ..all("1") }, 1),
            ("April", Ask { period: month("2026-04"), ..all("1") }, 0),
        ] {
            assert_eq!(desk.what_if(&ask).await.unwrap().sessions, sessions, "{what}");
        }
    }
}

#[tokio::test]
async fn sessions_without_a_price_are_left_out_and_counted() {
    for mut desk in desks_without_tariff().await {
        many(&mut desk, 2).await;
        let outcome = desk.what_if(&all("1")).await.unwrap();
        assert_eq!((outcome.sessions, outcome.left_out.without_bill), (0, 2));
        assert_eq!((outcome.distribution, outcome.histogram.len()), (None, 0));
    }
}

#[tokio::test]
async fn another_currency_is_refused_with_words() {
    for mut desk in desks().await {
        many(&mut desk, 1).await;
        let ask = Ask { plan: plan("1", "CNY"), ..all("1") };
        let words = desk.what_if(&ask).await.unwrap_err().to_string();
        let session = desk.session("tx0").await.id;
        assert!(words.starts_with(&format!("session {session} was priced in EUR, and the tariff is in CNY")));
        assert!(words.contains("Give a tariff in EUR"), "{words}");
        // None of them is in the time that is asked for.
        let early = Period::Between { from: at(-9), to: at(-9) + TimeDelta::seconds(1) };
        assert_eq!(desk.what_if(&Ask { period: early, ..ask }).await.unwrap().sessions, 0);
    }
}
