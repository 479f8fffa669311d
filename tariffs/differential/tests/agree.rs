//! Thousands of random pairs: where the engines differ, a named corner explains it, and with the corners decided as
//! theirs decides them they do not differ at all.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use tariffs::Policy;
use tariffs_differential::corners::{self, CORNERS, Corner};
use tariffs_differential::pair::Pair;
use tariffs_differential::totals::Totals;
use tariffs_differential::{ours, theirs};

const PAIRS: u64 = 8_000;

/// Where the two engines differ, as text; empty if nowhere.
fn differences(pair: &Pair, told: &Totals, policy: Policy) -> Vec<String> {
    let (cdr, tariff) = (pair.cdr.to_string(), pair.tariff.to_string());
    match ours::totals(&cdr, &tariff, pair.session.tz, policy) {
        Ok(totals) => totals.differences(told).into_iter().map(str::to_owned).collect(),
        Err(error) => vec![error],
    }
}

fn following<'a>(corners: impl IntoIterator<Item = &'a Corner>) -> Policy {
    let mut policy = Policy::default();
    for corner in corners {
        (corner.follow)(&mut policy);
    }
    policy
}

fn story(pair: &Pair, told: &Totals, policy: Policy) -> String {
    let (cdr, tariff) = (pair.cdr.to_string(), pair.tariff.to_string());
    let ours = ours::totals(&cdr, &tariff, pair.session.tz, policy);
    format!("seed {}, {}\n{tariff}\n{cdr}\ntheirs {told:#?}\nours {ours:#?}", pair.seed, pair.session.tz)
}

#[test]
fn with_our_policy_each_difference_has_a_corner_that_explains_it() {
    let (mut equal, mut explained) = (0, BTreeMap::<&str, u32>::new());
    for pair in (0..PAIRS).map(Pair::draw) {
        let report =
            theirs::report(&pair.cdr.to_string(), &pair.tariff.to_string(), pair.session.tz).unwrap();
        let told = theirs::totals(&report);
        if differences(&pair, &told, Policy::default()).is_empty() {
            equal += 1;
            continue;
        }
        let near: Vec<&Corner> = CORNERS.iter().filter(|corner| (corner.holds)(&pair, &report)).collect();
        let all = following(near.iter().copied());
        let left = differences(&pair, &told, all);
        assert!(left.is_empty(), "unexplained: {left:?}\n{}", story(&pair, &told, all));
        // Those without which it is not explained; where two do the same work, both.
        let without = |corner: &Corner| following(near.iter().copied().filter(|it| it.name != corner.name));
        let needed: Vec<&Corner> =
            near.iter().copied().filter(|it| !differences(&pair, &told, without(it)).is_empty()).collect();
        for corner in if needed.is_empty() { &near } else { &needed } {
            *explained.entry(corner.name).or_default() += 1;
        }
    }
    println!("{PAIRS} pairs: {equal} equal; the others differ in these corners: {explained:#?}");
    let named: Vec<&str> = explained.keys().copied().collect();
    let mut all: Vec<&str> = CORNERS.iter().map(|corner| corner.name).collect();
    all.sort_unstable();
    assert_eq!(named, all, "every corner is met, and no other");
    assert!(equal > PAIRS / 2, "most pairs are in no corner");
}

#[test]
fn with_their_policy_there_is_no_difference() {
    for pair in (0..PAIRS).map(Pair::draw) {
        let report =
            theirs::report(&pair.cdr.to_string(), &pair.tariff.to_string(), pair.session.tz).unwrap();
        let told = theirs::totals(&report);
        let left = differences(&pair, &told, corners::theirs());
        assert!(left.is_empty(), "{left:?}\n{}", story(&pair, &told, corners::theirs()));
    }
}
