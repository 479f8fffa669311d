//! Whatever stations do, session, readings, bill and CDR carry the same numbers.

use crate::harness::*;
use csms::flags::Flag;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// Times of use, a flat fee, parking in steps, VAT: whatever OCPI can say that a session can meet.
const RICH: &str = r#"{"id":"rich","currency":"EUR","elements":[
    {"name":"peak","restrictions":{"start_time":"08:30","end_time":"09:10"},"components":[
        {"dimension":"energy","price":"0.61","vat":"19"},{"dimension":"time","price":"1.20","vat":"19"}]},
    {"name":"first","restrictions":{"max_kwh":"3.5"},"components":[
        {"dimension":"energy","price":"0.37","vat":"19"}]},
    {"components":[
        {"dimension":"energy","price":"0.43","vat":"19","step_size":10},{"dimension":"flat","price":"0.35","vat":"7"},
        {"dimension":"parking_time","price":"2.90","vat":"19","step_size":300}]}]}"#;

/// The same prices as China's operators have them, with a cap: OCPI cannot say it.
const CAPPED: &str = r#"{"id":"capped","currency":"CNY","tax_included":"yes",
    "caps":[{"name":"day","dimensions":["parking_time"],"per":"day","amount":"3.00"}],"elements":[
    {"name":"peak","restrictions":{"start_time":"08:30","end_time":"09:10"},"components":[
        {"dimension":"energy","price":"1.2","vat":"6"},{"dimension":"service","price":"0.8","vat":"6"}]},
    {"components":[{"dimension":"energy","price":"0.7","vat":"6"},{"dimension":"service","price":"0.4","vat":"6"},
        {"dimension":"parking_time","price":"6.00","vat":"6"}]}]}"#;

/// A fee that becomes due in the middle, and a price that only a high power has.
const LATE: &str = r#"{"id":"late","currency":"EUR","tax_included":"yes","min_price":{"excl":"0.9"},
    "max_price":{"excl":"9","incl":"10.71"},"elements":[
    {"name":"late","restrictions":{"start_time":"08:40"},"components":[{"dimension":"flat","price":"1","vat":"19"}]},
    {"name":"long","restrictions":{"min_duration":4000},"components":[{"dimension":"time","price":"0.9","vat":"19"}]},
    {"name":"fast","restrictions":{"min_power":"7"},"components":[{"dimension":"energy","price":"0.61","vat":"19"}]},
    {"components":[{"dimension":"energy","price":"0.43","vat":"19"}]}]}"#;

#[tokio::test]
async fn a_fleet_of_odd_sessions_has_no_finding() {
    for mut desk in desks().await {
        let mut audited = 0;
        for (n, (name, tariff)) in
            [("rich", RICH), ("capped", CAPPED), ("late", LATE)].into_iter().enumerate()
        {
            desk.set_tariff_of(name, tariff.to_owned()).await;
            let (t, id) = (n as i64 * 10_000, |name: &str| format!("{name}{n}"));
            // Charges, waits, is parked, charges again.
            desk.event(&id("a"), Started, 0, Some("FLEET"), Some(1_000), t).await;
            desk.event_in("SuspendedEVSE", &id("a"), Updated, 1, None, Some(4_217), t + 31).await;
            desk.event_in("SuspendedEV", &id("a"), Updated, 2, None, Some(5_003), t + 47).await;
            desk.event_in("Charging", &id("a"), Updated, 3, None, Some(5_003), t + 62).await;
            desk.event(&id("a"), Ended, 4, None, Some(9_341), t + 99).await;
            // Ends before it is told of, with a register that goes back and one that glitches.
            desk.event(&id("b"), Started, 0, Some("FLEET"), Some(50_000), t + 200).await;
            desk.event(&id("b"), Ended, 4, None, Some(3_333), t + 290).await;
            desk.event(&id("b"), Updated, 3, None, Some(1_900), t + 250).await;
            desk.event(&id("b"), Updated, 2, None, Some(0), t + 240).await;
            desk.event_in("SuspendedEV", &id("b"), Updated, 1, None, Some(52_001), t + 220).await;
            // No register, no start, one instant.
            desk.event(&id("c"), Started, 0, Some("FLEET"), None, t + 300).await;
            desk.event(&id("c"), Ended, 1, None, None, t + 333).await;
            desk.event(&id("d"), Ended, 7, None, Some(7_000), t + 400).await;
            desk.event(&id("e"), Started, 0, Some("FLEET"), Some(7_000), t + 500).await;
            desk.event(&id("e"), Ended, 1, None, Some(7_000), t + 500).await;
            audited = desk.assert_sound().await;
        }
        assert_eq!(audited, 15);
        // Audited again nothing is found either.
        assert_eq!(desk.assert_sound().await, 15);
    }
}

#[tokio::test]
async fn a_glitch_before_the_stop_loses_no_energy_and_moves_none() {
    for mut desk in desks().await {
        desk.set_tariff_of("rich", RICH.to_owned()).await;
        // Eight hours without a word, then a zero, then the stop.
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx", Updated, 1, None, Some(0), 480).await;
        desk.event("tx", Ended, 2, None, Some(241_000), 481).await;
        let session = desk.session("tx").await;
        assert_eq!(session.flags, Flag::RegisterShrank.key());
        let bill: ::tariffs::Bill = serde_json::from_str(&desk.bill(session.id).await.body).unwrap();
        assert_eq!((session.energy_mwh, bill.energy.mwh()), (240_000_000, 240_000_000));
        let peak = bill.lines.iter().find(|l| l.label == "peak" && l.unit == ::tariffs::Unit::Kwh).unwrap();
        // Forty minutes of 481.
        assert_eq!(Some(peak.quantity.round_dp(3)), dec("19.958"));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn without_a_clock_all_of_the_energy_is_billed() {
    for mut desk in desks().await {
        desk.clock_unset = true;
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        // Both messages come out of the station's memory within a minute.
        assert_eq!(desk.stop16(id, 401_000, 300).await, dec("160.00"));
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.flags.as_str()), (400_000_000, Flag::ClockWrong.key()));
        desk.assert_sound().await;
    }
}

/// What one message of a random session says: minutes later, Wh more, and what is odd about it.
type Step = (i64, i64, u8, u8);

#[test]
fn no_session_in_any_order_has_a_finding() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    let steps = proptest::collection::vec((0_i64..50, 0_i64..9_000, 0_u8..12, 0_u8..4), 1..9);
    let plan = steps.prop_flat_map(|steps: Vec<Step>| {
        let n = steps.len() + 1;
        (Just(steps), Just((0..n).collect::<Vec<_>>()).prop_shuffle(), any::<bool>(), 0_usize..3)
    });
    runner
        .run(&plan, |(steps, order, shuffled, tariff)| {
            runtime.block_on(async {
                for mut desk in desks_sqlite().await {
                    let (id, body) = [("rich", RICH), ("capped", CAPPED), ("late", LATE)][tariff];
                    desk.set_tariff_of(id, body.to_owned()).await;
                    desk.advance(1_000);
                    let mut messages = vec![("Charging", Started, Some(100_000), 0)];
                    let (mut wh, mut minute) = (100_000, 0);
                    for (n, (minutes, more, odd, state)) in steps.iter().enumerate() {
                        (wh, minute) = (wh + more, minute + minutes);
                        let register = match odd {
                            0 => Some(0),
                            1 => None,
                            2 => Some(9_000_000_000),
                            3 => {
                                wh = *more;
                                Some(wh)
                            }
                            _ => Some(wh),
                        };
                        let state = ["Charging", "SuspendedEV", "SuspendedEVSE", ""][usize::from(*state)];
                        let last = n + 1 == steps.len();
                        messages.push((state, if last { Ended } else { Updated }, register, minute));
                    }
                    let inorder: Vec<usize> = (0..messages.len()).collect();
                    for n in if shuffled { &order } else { &inorder } {
                        let (state, phase, wh, minute) = messages[*n];
                        let tag = (*n == 0).then_some("TAG");
                        desk.event_in(state, "tx", phase, *n as i64, tag, wh, minute).await;
                    }
                    assert_eq!(desk.assert_sound().await, 1);
                }
            });
            Ok(())
        })
        .unwrap();
}
