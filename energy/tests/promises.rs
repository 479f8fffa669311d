//! What an EVSE may draw while answers are late, lost, or of something older.

use chrono::{DateTime, TimeDelta, Utc};
use energy::grid::{Current, Evse, EvseId, Method, NodeId, StationId, Wiring};
use energy::profile::model::Unit;
use energy::safe::{Grant, Promise, What};
use energy::units::{Milliamps, PerPhase, Phase};

fn evse() -> Evse {
    Evse {
        id: EvseId(1),
        station: StationId(1),
        number: 1,
        node: NodeId(0),
        wiring: Wiring::three(Phase::L2),
        current: Current::Ac,
        rated: Milliamps::from_amps(32),
        least: Milliamps::from_amps(6),
        step: Milliamps::from_amps(1),
        default: Milliamps::from_amps(6),
        unit: Unit::Amps,
        method: Method::Tx,
        takes_zero: true,
        forgets: false,
        profile_id: 10,
        back: Milliamps::ZERO,
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn limit(amps: i64, phases: u8) -> What {
    let until = noon() + TimeDelta::seconds(600);
    What::Limit(Grant { limit: Milliamps::from_amps(amps), phases, fewest: 1, until, back: Milliamps::ZERO })
}

fn may(promise: &Promise) -> [i64; 3] {
    promise.may(&evse()).0.map(|current| current.0 / 1000)
}

fn commissioned() -> Promise {
    Promise::with_default(Milliamps::from_amps(6))
}

#[test]
fn without_a_default_it_may_draw_all_it_can() {
    let mut promise = Promise::default();
    assert_eq!(may(&promise), [32; 3]);
    promise.send(1, noon(), What::Default(Milliamps::from_amps(6)));
    assert_eq!(may(&promise), [32; 3], "sent is not acknowledged");
    promise.acked(1, None);
    assert_eq!(may(&promise), [6; 3]);
    assert_eq!(promise.may(&Evse { forgets: true, ..evse() }), PerPhase::amps(32));
}

#[test]
fn a_default_that_is_doubted_counts_no_more_and_limits_do_until_they_end() {
    let mut promise = commissioned();
    promise.send(1, noon(), limit(20, 3));
    promise.acked(1, None);
    promise.send(2, noon(), limit(24, 3));
    promise.doubt();
    assert_eq!(may(&promise), [32; 3]);
    assert!(!promise.awaits(), "no answer is waited for");
    promise.send(3, noon(), What::Default(Milliamps::from_amps(6)));
    promise.acked(3, None);
    assert_eq!(may(&promise), [24; 3], "it may have what it was told before");
    promise.expire(noon() + TimeDelta::seconds(600));
    assert_eq!(may(&promise), [6; 3]);
}

#[test]
fn what_is_under_way_counts_beside_what_holds() {
    let mut promise = commissioned();
    promise.send(1, noon(), limit(20, 3));
    assert_eq!(may(&promise), [20; 3]);
    promise.acked(1, None);
    promise.send(2, noon(), limit(10, 3));
    assert_eq!(may(&promise), [20; 3], "less counts only once it is acknowledged");
    assert!(promise.refused(2));
    assert_eq!(may(&promise), [20; 3]);
    promise.send(3, noon(), limit(10, 3));
    promise.acked(3, None);
    assert_eq!(may(&promise), [10; 3]);
    promise.send(4, noon(), limit(0, 3));
    promise.acked(4, None);
    assert_eq!(may(&promise), [6; 3], "the default is never far");
    assert_eq!(promise.expected(&evse()), PerPhase::ZERO, "but expected is what it holds");
}

#[test]
fn an_answer_to_something_older_says_nothing_of_what_came_later() {
    let mut promise = commissioned();
    promise.send(1, noon(), limit(10, 3));
    promise.lose(|_| true);
    promise.send(2, noon(), limit(30, 3));
    promise.acked(1, None);
    assert_eq!(may(&promise), [30; 3]);
    promise.acked(2, None);
    assert_eq!(may(&promise), [30; 3]);
    promise.acked(1, None);
    assert_eq!(may(&promise), [30; 3], "again, and too late");
}

#[test]
fn what_is_lost_counts_until_something_later_is_acknowledged_or_it_ends() {
    let mut promise = commissioned();
    promise.send(1, noon(), limit(30, 3));
    promise.lose(|sent| sent.seq == 1);
    assert!(!promise.refused(1), "a refusal of what was given up is not believed");
    assert_eq!(may(&promise), [30; 3]);
    let mut ended = promise.clone();
    ended.expire(noon() + TimeDelta::seconds(600));
    assert_eq!(may(&ended), [6; 3]);
    promise.send(2, noon(), limit(8, 3));
    promise.acked(2, None);
    assert_eq!(may(&promise), [8; 3]);
}

#[test]
fn any_number_of_lost_ones_is_counted_as_few() {
    let mut promise = commissioned();
    for seq in 1..=50 {
        promise.send(seq, noon(), limit(if seq == 7 { 31 } else { 8 }, 3));
        promise.lose(|_| true);
        assert!(promise.sent().len() <= 4);
    }
    assert_eq!(may(&promise), [31; 3]);
    promise.send(51, noon(), limit(7, 3));
    assert!(promise.refused(51), "the last one is still known by itself");
    assert_eq!(may(&promise), [31; 3]);
}

#[test]
fn fewer_phases_count_where_the_evse_has_them_and_the_default_on_all() {
    let mut promise = commissioned();
    promise.send(1, noon(), limit(20, 1));
    promise.acked(1, None);
    assert_eq!(may(&promise), [6, 20, 6], "its L1 hangs on the site's L2");
    promise.end();
    assert_eq!(may(&promise), [6; 3]);
}

#[test]
fn a_limit_that_brings_its_default_replaces_both() {
    let default = Some(Milliamps::from_amps(6));
    let mut promise = Promise::default();
    promise.send(1, noon(), limit(20, 3));
    promise.acked(1, default);
    assert_eq!((may(&promise), promise.fallback()), ([20; 3], default));
    promise.send(2, noon(), What::Default(Milliamps::from_amps(6)));
    promise.acked(2, default);
    assert_eq!((may(&promise), promise.held()), ([6; 3], None));
}
