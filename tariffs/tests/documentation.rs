//! The example in the documentation is a sound tariff and costs what one would expect.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono_tz::Europe::Amsterdam;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Reason, Tariff};

const PAGE: &str = include_str!("../../docs/tariffs.md");

fn example() -> Tariff {
    let blocks: Vec<&str> = PAGE.split("```json\n").skip(1).collect();
    assert_eq!(blocks.len(), 1);
    Tariff::from_json(blocks[0].split("```").next().unwrap_or_default()).unwrap()
}

#[test]
fn the_example_prices_a_session() {
    // Monday 16:30–18:00 in Amsterdam, 20 kW.
    let readings = [read("15:30", 0), read("17:00", 30_000)];
    let bill = replay(&example(), Amsterdam, "15:30", &readings, "17:00");
    assert_adds_up(&bill);
    // 0.35 + 10 × 0.39 + 20 × 0.59
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(16.05), dec!(19.42)));
    let names: Vec<&str> = bill.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(names, ["session", "off-peak", "peak"]);
}

#[test]
fn the_example_has_a_highest_price() {
    let readings = [read("15:30", 0), read("17:00", 300_000)];
    let bill = replay(&example(), Amsterdam, "15:30", &readings, "17:00");
    assert_adds_up(&bill);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(60.00), dec!(72.60)));
    assert_eq!(bill.lines.last().map(|line| line.reason), Some(Reason::MaxPrice));
}

/// The page quotes a sentence of the bill that the snapshot test keeps.
#[test]
fn the_quoted_sentences_are_real() {
    let words = include_str!("snapshots/examples__whole_bill_in_words.snap");
    let quoted: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("    21:00")).collect();
    assert_eq!(quoted.len(), 2);
    for sentence in quoted {
        assert!(words.contains(&format!("\"21:00{sentence}\"")), "{sentence}");
    }
}
