//! Neither the order of arrival, nor duplicates, nor restarts change a number.

use crate::harness::*;
use chrono::TimeDelta;
use csms::model::Phase;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

#[test]
fn any_order_any_duplicates_any_restarts_give_one_bill() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let steps = proptest::collection::vec((1_i64..4_000, 1_i64..30), 1..8);
    let plan = steps.prop_flat_map(|steps| {
        let n = steps.len() + 1;
        let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
        let again = proptest::collection::vec((0..n, any::<bool>()), 0..4);
        // After which message a person ends the session, how much older the sample of the start is, and whether the
        // process ends before the station sends all that it remembers once more.
        (Just(steps), order, again, (0..2 * n, 0_i64..5_000, any::<bool>()))
    });
    runner
        .run(&plan, |(steps, order, again, (by_hand, older_ms, restart))| {
            runtime.block_on(async {
                for mut desk in desks_sqlite().await {
                    let mut messages = vec![(Started, 0_i64, 1_000_i64, 0_i64)];
                    for (n, (wh, minutes)) in steps.iter().enumerate() {
                        let (_, _, last_wh, last_minute) = messages[n];
                        let phase = if n + 1 == steps.len() { Ended } else { Updated };
                        messages.push((phase, n as i64 + 1, last_wh + wh, last_minute + minutes));
                    }
                    desk.advance(600);
                    let mut inferred = 0;
                    for n in &order {
                        tell(&mut desk, messages[*n], older_ms).await;
                        for (_, restart) in again.iter().filter(|(a, _)| a == n) {
                            if *restart {
                                desk.restart().await;
                            }
                            tell(&mut desk, messages[*n], older_ms).await;
                        }
                        if *n == by_hand {
                            inferred = desk.end_by_hand().await;
                        }
                    }
                    if restart {
                        desk.restart().await;
                    }
                    for message in &messages {
                        tell(&mut desk, *message, older_ms).await;
                    }
                    assert_eq!(desk.count().await, 1);
                    let session = desk.session("tx").await;
                    let (_, last, wh, minute) = messages[messages.len() - 1];
                    assert_eq!(session.energy_mwh, (wh - 1_000) * 1_000);
                    let began = at(0) - TimeDelta::milliseconds(older_ms);
                    assert_eq!((session.started_at, session.ended_at), (began, Some(at(minute))));
                    assert_eq!(session.seqs, format!("0-{last}"));
                    assert_eq!(desk.readings(session.id).await.len(), messages.len() + inferred);
                    let expected = dec("0.40").unwrap() * rust_decimal::Decimal::new(wh - 1_000, 3);
                    let expected = expected
                        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
                    assert_eq!(session.cost.parse(), Ok(expected));
                    assert_eq!(desk.bill(session.id).await.total_incl, session.cost);
                    assert_eq!(desk.assert_sound().await, 1);
                }
            });
            Ok(())
        })
        .unwrap();
}

/// A message of the transaction: phase, sequence number, register, minute.
async fn tell(desk: &mut TestDesk, (phase, seq, wh, minute): (Phase, i64, i64, i64), older_ms: i64) {
    if phase == Started {
        desk.start_sampled("tx", "TAG", wh, minute, older_ms).await;
    } else {
        desk.event("tx", phase, seq, None, Some(wh), minute).await;
    }
}
