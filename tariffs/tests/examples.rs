//! Worked examples: what a session costs and why, by hand.

mod common;

use chrono_tz::Europe::Amsterdam;
use chrono_tz::UTC;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Bill, Dimension, Language};

const ENERGY: &str = r#"{"components":[{"dimension":"energy","price":"0.25","vat":20}]}"#;

fn line_sums(bill: &Bill) -> Vec<(Option<Dimension>, String)> {
    assert_adds_up(bill);
    bill.lines.iter().map(|line| (line.dimension, line.net.to_string())).collect()
}

#[test]
fn energy_costs_what_the_register_says() {
    let mut session = begin(&tariff(ENERGY), Amsterdam, "10:00");
    session.push(read("10:00", 5_000_000)).unwrap();
    session.push(read("10:30", 5_010_000)).unwrap();
    assert_eq!(session.total(at("10:30")).incl.to_string(), "3.00 EUR");
    session.push(read("11:00", 5_020_450)).unwrap();
    let bill = session.bill(at("11:00"));
    assert_adds_up(&bill);
    // 20.45 kWh × 0.25 = 5.1125; with 20 %: 6.135
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(5.11), dec!(6.14)));
    assert_eq!(bill.energy, wh(20_450));
    assert_eq!(
        bill.explain(Language::English),
        ["11:00–12:00, 20.450 kWh × 0.25 = 5.11 EUR, with 20 % VAT 1.03: 6.14 EUR"]
    );
    assert_eq!(bill.anomalies, []);
}

#[test]
fn a_flat_fee_is_charged_once() {
    let both = format!(r#"{{"components":[{{"dimension":"flat","price":2.5,"vat":0}}]}},{ENERGY}"#);
    let mut session = begin(&tariff(&both), UTC, "10:00");
    assert_eq!(session.total(at("10:00")).excl.to_string(), "2.50 EUR");
    session.push(read("10:00", 0)).unwrap();
    session.push(read("11:00", 8_000)).unwrap();
    let bill = session.bill(at("11:00"));
    assert_eq!(
        line_sums(&bill),
        [(Some(Dimension::Flat), "2.50".into()), (Some(Dimension::Energy), "2.00".into())]
    );
    assert_eq!(bill.total_incl, dec!(4.90));
}
