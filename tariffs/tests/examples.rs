//! Worked examples: what a session costs and why, computed by hand.

mod common;

use chrono_tz::Asia::Shanghai;
use chrono_tz::Europe::Amsterdam;
use chrono_tz::UTC;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Bill, Charge, Language, Power, Reading, Reason};

const ENERGY: &str = r#"{"components":[{"dimension":"energy","price":"0.25","vat":20}]}"#;

/// Label, first and last local-free instant, quantity and net of each line.
fn lines(bill: &Bill) -> Vec<String> {
    assert_adds_up(bill);
    let show = |line: &tariffs::Line| {
        let (from, to) = (line.from.format("%H:%M"), line.to.format("%H:%M"));
        format!("{from}-{to} {:?} {} {} = {}", line.reason, line.label, line.quantity, line.net)
    };
    bill.lines.iter().map(show).collect()
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
fn a_flat_fee_is_charged_once_even_without_energy() {
    let both = format!(r#"{{"components":[{{"dimension":"flat","price":2.5,"vat":0}}]}},{ENERGY}"#);
    let mut session = begin(&tariff(&both), UTC, "10:00");
    assert_eq!(session.total(at("10:00")).excl.to_string(), "2.50 EUR");
    session.push(read("10:00", 7)).unwrap();
    session.push(read("11:00", 7)).unwrap();
    let bill = session.bill(at("11:00"));
    assert_eq!(lines(&bill), ["10:00-10:00 Price  1 = 2.50"]);
    assert_eq!((bill.total_incl, bill.energy, bill.anomalies.len()), (dec!(2.50), wh(0), 0));
    session.push(read("12:00", 8_007)).unwrap();
    assert_eq!(session.bill(at("12:00")).total_incl, dec!(4.90));
}

#[test]
fn a_flat_fee_waits_until_its_element_holds() {
    let late = r#"{"components":[{"dimension":"flat","price":3}],"restrictions":{"min_duration":3600}}"#;
    let mut session = begin(&tariff(late), UTC, "10:00");
    session.push(charges("10:00")).unwrap();
    assert_eq!(session.total(at("10:59")).excl.amount, dec!(0));
    assert_eq!(session.total(at("11:00")).excl.amount, dec!(0));
    assert_eq!(lines(&session.bill(at("11:01"))), ["11:00-11:00 Price  1 = 3.00"]);
    session.push(parks("13:00")).unwrap();
    assert_eq!(session.bill(at("15:00")).total_excl, dec!(3.00));
}

/// Charging time and idle time have prices of their own; a pause by the station is not parking, that is what
/// `Activity` tells.
#[test]
fn time_and_parking_time_are_priced_apart() {
    let both = r#"{"components":[
        {"dimension":"time","price":"2.00","vat":10}, {"dimension":"parking_time","price":"6.00","vat":20}]}"#;
    let readings = [charges("10:00"), parks("11:30"), charges("12:00"), parks("12:15")];
    let bill = replay(&tariff(both), UTC, "10:00", &readings, "12:20");
    // 1.75 h × 2.00 = 3.50, and 35 min × 6.00/h = 3.50
    assert_eq!(lines(&bill), ["10:00-12:15 Price  6300 = 3.50", "11:30-12:20 Price  2100 = 3.50"]);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(7.00), dec!(8.05)));
    let rates = bill.vat_totals();
    assert_eq!((rates[0].tax, rates[1].tax), (dec!(0.35), dec!(0.70)));
}

/// Peak and valley: energy between two readings is shared evenly over time at the boundary.
#[test]
fn prices_change_at_local_times() {
    let periods = r#"
        {"name":"peak","components":[{"dimension":"energy","price":"1.20"}],
         "restrictions":{"start_time":"18:00","end_time":"22:00"}},
        {"name":"valley","components":[{"dimension":"energy","price":"0.40"}],
         "restrictions":{"start_time":"22:00","end_time":"08:00"}},
        {"name":"flat","components":[{"dimension":"energy","price":"0.80"}]}"#;
    // 17:30 to 22:30 in Shanghai, 6 kW throughout.
    let readings = [read("09:30", 0), read("14:30", 30_000)];
    let bill = replay(&tariff(periods), Shanghai, "09:30", &readings, "14:30");
    assert_eq!(
        lines(&bill),
        [
            "09:30-10:00 Price flat 3 = 2.40",
            "10:00-14:00 Price peak 24 = 28.80",
            "14:00-14:30 Price valley 3 = 1.20"
        ]
    );
    assert_eq!(bill.total_excl, dec!(32.40));
}

#[test]
fn the_first_element_that_holds_sets_the_price_of_its_dimensions_only() {
    let elements = format!(
        r#"{{"components":[{{"dimension":"time","price":1}}],"restrictions":{{"max_duration":1800}}}},
           {ENERGY},
           {{"components":[{{"dimension":"energy","price":9}},{{"dimension":"time","price":3}}]}}"#
    );
    let readings = [read("10:00", 0), read("11:00", 4_000)];
    let bill = replay(&tariff(&elements), UTC, "10:00", &readings, "11:00");
    assert_eq!(
        lines(&bill),
        ["10:00-11:00 Price  4 = 1.00", "10:00-10:30 Price  1800 = 0.50", "10:30-11:00 Price  1800 = 1.50"]
    );
}

#[test]
fn a_gap_in_the_tariff_is_free_and_says_so() {
    let night = r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"start_time":"11:00"}}"#;
    let readings = [read("10:00", 0), read("12:00", 10_000)];
    let bill = replay(&tariff(night), UTC, "10:00", &readings, "12:00");
    assert_eq!(lines(&bill), ["10:00-11:00 Free  5 = 0.00", "11:00-12:00 Price  5 = 5.00"]);
    assert_eq!(bill.explain(Language::English)[0], "10:00–11:00, 5.000 kWh free");
    assert_eq!(bill.energy, wh(10_000));
}

#[test]
fn prices_step_with_the_energy_taken() {
    let tiers = r#"
        {"components":[{"dimension":"energy","price":1},{"dimension":"time","price":6}],
         "restrictions":{"max_kwh":10}},
        {"components":[{"dimension":"energy","price":2}],"restrictions":{"min_kwh":10,"max_kwh":"12.5"}},
        {"components":[{"dimension":"energy","price":3}]}"#;
    let readings = [read("10:00", 1_000), read("11:00", 21_000)];
    let bill = replay(&tariff(tiers), UTC, "10:00", &readings, "11:00");
    assert_eq!(
        lines(&bill),
        [
            "10:00-10:30 Price  10 = 10.00",
            "10:00-10:30 Price  1800 = 3.00",
            "10:30-10:37 Price  2.5 = 5.00",
            // Time has no price in the other elements.
            "10:30-11:00 Free  1800 = 0.00",
            "10:37-11:00 Price  7.5 = 22.50"
        ]
    );
}

#[test]
fn power_decides_where_it_is_told_or_follows_from_the_register() {
    let by_power = r#"
        {"name":"fast","components":[{"dimension":"energy","price":2}],"restrictions":{"min_power":50}},
        {"name":"slow","components":[{"dimension":"energy","price":1}]}"#;
    let kw = |reading: Reading, kw: i64| reading.power(Power::from_kw(kw.into()).unwrap());
    let told = [kw(read("10:00", 0), 50), kw(Reading::at(at("10:30")), 49), read("11:00", 30_000)];
    let bill = replay(&tariff(by_power), UTC, "10:00", &told, "11:00");
    assert_eq!(lines(&bill), ["10:00-10:30 Price fast 15 = 30.00", "10:30-11:00 Price slow 15 = 15.00"]);
    let untold = [read("10:00", 0), read("10:30", 30_000), read("11:00", 40_000)];
    let bill = replay(&tariff(by_power), UTC, "10:00", &untold, "11:00");
    assert_eq!(lines(&bill), ["10:00-10:30 Price fast 30 = 60.00", "10:30-11:00 Price slow 10 = 10.00"]);
}

#[test]
fn a_restriction_on_what_nobody_measured_is_not_met() {
    let by_current = r#"
        {"name":"fast","components":[{"dimension":"energy","price":2}],"restrictions":{"min_current":0}},
        {"name":"slow","components":[{"dimension":"energy","price":1}]}"#;
    let bill = replay(&tariff(by_current), UTC, "10:00", &[read("10:00", 0), read("11:00", 1_000)], "11:00");
    assert_eq!(lines(&bill), ["10:00-11:00 Price slow 1 = 1.00"]);
    let amps = read("10:00", 0).current(tariffs::Current::from_a(dec!(16)).unwrap());
    let bill = replay(&tariff(by_current), UTC, "10:00", &[amps, read("11:00", 1_000)], "11:00");
    assert_eq!(lines(&bill), ["10:00-11:00 Price fast 1 = 2.00"]);
}

#[test]
fn elements_for_reservations_never_price_charging() {
    let elements = format!(
        r#"{{"components":[{{"dimension":"flat","price":5,"vat":7}}],"restrictions":{{"reservation":"reservation"}}}},{ENERGY}"#
    );
    let bill = replay(&tariff(&elements), UTC, "10:00", &[read("10:00", 0), read("11:00", 4_000)], "11:00");
    assert_eq!(lines(&bill), ["10:00-11:00 Price  4 = 1.00"]);
}

#[test]
fn prices_that_contain_vat_are_taken_apart() {
    let gross = full(
        r#"{"id":"g","currency":"EUR","tax_included":"yes",
            "elements":[{"components":[{"dimension":"energy","price":"0.59","vat":19}]}]}"#,
    );
    let bill = replay(&gross, UTC, "10:00", &[read("10:00", 0), read("11:00", 10_000)], "11:00");
    // 5.90 / 1.19 = 4.95798…
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(4.96), dec!(5.90)));
    assert_eq!(
        bill.explain(Language::English),
        ["10:00–11:00, 10.000 kWh × 0.59 = 5.90 EUR (with 19 % VAT: 0.94)"]
    );
    let untaxed = tariffs::Tariff { tax_included: tariffs::TaxIncluded::NotApplicable, ..gross };
    let bill = replay(&untaxed, UTC, "10:00", &[read("10:00", 0), read("11:00", 10_000)], "11:00");
    assert_eq!((bill.total_excl, bill.total_incl, bill.lines[0].vat), (dec!(5.90), dec!(5.90), None));
}

#[test]
fn the_total_is_rounded_once_and_the_difference_is_a_line() {
    let thirds = r#"
        {"components":[{"dimension":"energy","price":"0.333"}],"restrictions":{"max_kwh":1}},
        {"components":[{"dimension":"energy","price":"0.334"}],"restrictions":{"max_kwh":2}},
        {"components":[{"dimension":"energy","price":"0.332"}]}"#;
    let bill = replay(&tariff(thirds), UTC, "10:00", &[read("10:00", 0), read("11:00", 3_000)], "11:00");
    assert_adds_up(&bill);
    assert_eq!(bill.total_excl, dec!(1.00));
    let last = bill.lines.last().unwrap();
    assert_eq!((last.reason, last.net, last.dimension), (Reason::Rounding, dec!(0.01), None));
    assert_eq!(bill.explain(Language::English)[3], "rounding of the total, 0.01 EUR");
}

#[test]
fn currencies_have_their_own_decimals() {
    for (currency, excl, incl) in
        [("JPY", "51", "56"), ("KWD", "51.125", "56.238"), ("CNY", "51.13", "56.24")]
    {
        let json = format!(
            r#"{{"id":"c","currency":"{currency}","elements":[{{"components":[
                {{"dimension":"energy","price":"2.5","vat":10}}]}}]}}"#
        );
        let bill = replay(&full(&json), UTC, "10:00", &[read("10:00", 0), read("11:00", 20_450)], "11:00");
        assert_adds_up(&bill);
        assert_eq!((bill.total_excl.to_string(), bill.total_incl.to_string()), (excl.into(), incl.into()));
    }
}

#[test]
fn a_whole_bill() {
    let tariff = full(
        r#"{"id":"cn-1","name":"Time of use","currency":"CNY","min_price":{"excl":"1.00"},
        "elements":[
          {"name":"peak","components":[{"dimension":"energy","price":"1.20","vat":6,"step_size":100}],
           "restrictions":{"start_time":"18:00","end_time":"22:00"}},
          {"name":"valley","components":[{"dimension":"energy","price":"0.4525","vat":6,"step_size":100}]},
          {"name":"overstay","components":[{"dimension":"parking_time","price":"12","vat":6,"step_size":900}],
           "restrictions":{"min_duration":7200}},
          {"components":[{"dimension":"flat","price":"2","vat":6}]}]}"#,
    );
    let readings = [read("13:00", 100), read("14:00", 12_517), read("14:59", 15_642), parks("14:59")];
    let bill = replay(&tariff, Shanghai, "13:00", &readings, "15:10");
    assert_adds_up(&bill);
    let sentences = [bill.explain(Language::English), bill.explain(Language::Chinese)];
    insta::assert_json_snapshot!("whole_bill", bill);
    insta::assert_json_snapshot!("whole_bill_in_words", sentences);
    let stored = serde_json::to_string(&bill).unwrap();
    assert_eq!(serde_json::from_str::<Bill>(&stored).unwrap(), bill);
    let dimensions: Vec<_> = bill.totals.iter().map(|total| total.dimension).collect();
    assert_eq!(dimensions, [Charge::Energy, Charge::ParkingTime, Charge::Flat]);
}
