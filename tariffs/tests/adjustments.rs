//! Caps, discounts, several taxes: what changes a sum of prices.

mod common;

use chrono_tz::Asia::Shanghai;
use chrono_tz::UTC;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Bill, Charge, Language, Reason, Tariff};

/// A tariff in euros with these elements, and more fields.
fn with(elements: &str, more: &str) -> Tariff {
    full(&format!(r#"{{"id":"test","currency":"EUR",{more},"elements":[{elements}]}}"#))
}

/// Reason, label and net of each line.
fn lines(bill: &Bill) -> Vec<String> {
    assert_adds_up(bill);
    bill.lines.iter().map(|line| format!("{:?} {} {}", line.reason, line.label, line.net)).collect()
}

const IDLE: &str = r#"{"name":"idle","components":[{"dimension":"parking_time","price":6,"vat":20}],
    "restrictions":{"min_idle_time":900}}"#;
const ENERGY: &str = r#"{"components":[{"dimension":"energy","price":"0.5","vat":20}]}"#;

/// The grace begins anew with each idle period: two breaks of ten minutes cost nothing.
#[test]
fn idle_time_is_free_for_its_grace_and_capped_by_the_day() {
    let tariff = with(
        &format!("{ENERGY},{IDLE}"),
        r#""caps":[{"name":"idle cap","dimensions":["parking_time"],"per":"day","amount":20}]"#,
    );
    let start = "2026-11-23T08:00:00Z";
    let readings = [
        read(start, 0),
        parks("2026-11-23T09:00:00Z"),
        charges("2026-11-23T09:10:00Z"),
        parks("2026-11-23T09:30:00Z"),
        charges("2026-11-23T09:40:00Z"),
        read("2026-11-23T10:00:00Z", 30_000),
        parks("2026-11-23T10:00:00Z"),
    ];
    let bill = replay(&tariff, UTC, start, &readings, "2026-11-25T01:00:00Z");
    // 13 h 45 min of the first day are 82.50, the second day is 144.00, the last hour 6.00.
    assert_eq!(
        lines(&bill),
        [
            "Price  15.00",
            "Free  0.00",
            "Price idle 232.50",
            "Cap { per: Day } idle cap -62.50",
            "Cap { per: Day } idle cap -124.00",
        ]
    );
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(61.00), dec!(73.20)));
    let parking = bill.totals.iter().find(|total| total.dimension == Charge::ParkingTime).unwrap();
    assert_eq!((parking.net, parking.quantity), (dec!(46.00), dec!(141600)));
    assert_eq!(
        bill.explain(Language::English)[3],
        "11-23 above the day's cap idle cap, -62.50 EUR, with 20 % VAT -12.50: -75.00 EUR"
    );
}

/// A day is the site's: in Shanghai it ends at 16:00 UTC.
#[test]
fn the_day_of_a_cap_is_the_sites_own() {
    let tariff = with(
        r#"{"components":[{"dimension":"time","price":10}]}"#,
        r#""caps":[{"dimensions":["time"],"per":"day","amount":15}]"#,
    );
    let start = "2026-11-23T14:00:00Z";
    let bill = replay(&tariff, Shanghai, start, &[charges(start)], "2026-11-23T18:00:00Z");
    assert_eq!(bill.total_excl, dec!(30.00));
    let bill = replay(&tariff, UTC, start, &[charges(start)], "2026-11-23T18:00:00Z");
    assert_eq!(bill.total_excl, dec!(15.00));
}

/// The rest of a step does not break through a cap.
#[test]
fn a_cap_of_the_session_holds_for_steps_too() {
    let tariff = with(
        r#"{"components":[{"dimension":"time","price":10,"step_size":3600}]}"#,
        r#""caps":[{"dimensions":["time"],"per":"session","amount":"14.50"}]"#,
    );
    let bill = replay(&tariff, UTC, "10:00", &[charges("10:00")], "11:15");
    assert_eq!(lines(&bill), ["Price  12.50", "Step { size: 3600 }  7.50", "Cap { per: Session }  -5.50"]);
    assert_eq!(bill.total_excl, dec!(14.50));
}

/// Which of two caps is reached first is seen by a meter that reads often only: the bill is in the caps' order.
#[test]
fn the_order_of_two_caps_does_not_depend_on_how_often_a_meter_reads() {
    let caps = |first: &str, second: &str| format!(r#""caps":[{first},{second}]"#);
    let energy = r#"{"name":"energy cap","dimensions":["energy"],"per":"session","amount":8}"#;
    let time = r#"{"name":"time cap","dimensions":["time"],"per":"day","amount":1}"#;
    let elements = r#"{"components":[{"dimension":"energy","price":1},{"dimension":"time","price":10}]}"#;
    for (more, order) in
        [(caps(energy, time), ["energy cap", "time cap"]), (caps(time, energy), ["time cap", "energy cap"])]
    {
        let tariff = with(elements, &more);
        let seldom = replay(&tariff, UTC, "10:00", &[read("10:00", 0), read("11:00", 10_000)], "11:00");
        let often = [read("10:00", 0), read("10:12", 2_000), read("10:54", 9_000), read("11:00", 10_000)];
        assert_eq!(replay(&tariff, UTC, "10:00", &often, "11:00"), seldom);
        let labels: Vec<_> =
            seldom.lines.iter().filter(|line| !line.label.is_empty()).map(|line| &*line.label).collect();
        assert_eq!(labels, order);
    }
}

/// Percents come one after the other, amounts off after them, then the least price.
#[test]
fn discounts_come_in_their_order() {
    let elements = r#"{"components":[{"dimension":"energy","price":"0.5","vat":20},
        {"dimension":"flat","price":2,"vat":10}]}"#;
    let tariff = with(
        elements,
        r#""discounts":[{"name":"Member","percent":10,"dimensions":["energy"]},{"name":"Sunday","percent":50},
            {"name":"V-1","amount":1}]"#,
    );
    let readings = [read("10:00", 0), read("11:00", 20_000)];
    let bill = replay(&tariff, UTC, "10:00", &readings, "11:00");
    // 10.00 + 2.00; − 1.00; − 5.50; of the 4.50 and 1.00 that are left the voucher takes 9/11 and 2/11 of 1.00.
    assert_eq!(
        lines(&bill),
        [
            "Price  2.00",
            "Price  10.00",
            "Discount Member -1.00",
            "Discount Sunday -4.50",
            "Discount Sunday -1.00",
            "Discount V-1 -0.82",
            "Discount V-1 -0.18",
        ]
    );
    // 3.6818 × 1.2 + 0.8182 × 1.1
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(4.50), dec!(5.32)));
    assert_eq!(
        bill.explain(Language::Chinese)[2],
        "优惠 Member，-1.00 EUR，加 20% 增值税 -0.20，共 -1.20 EUR"
    );
}

#[test]
fn a_voucher_never_pays_out() {
    let tariff = with(ENERGY, r#""discounts":[{"name":"V","amount":100}]"#);
    let bill = replay(&tariff, UTC, "10:00", &[read("10:00", 0), read("11:00", 7_777)], "11:00");
    assert_eq!(lines(&bill), ["Price  3.89", "Discount V -3.89"]);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(0), dec!(0)));
    let gross = Tariff { tax_included: tariffs::TaxIncluded::Yes, ..tariff };
    let bill = replay(&gross, UTC, "10:00", &[read("10:00", 0), read("11:00", 7_777)], "11:00");
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(0), dec!(0)));
}

#[test]
fn the_first_kwh_and_the_first_minutes_can_be_free() {
    let prices = r#"{"components":[{"dimension":"energy","price":"0.5"},{"dimension":"service","price":"0.1"},
        {"dimension":"time","price":6}]}"#;
    let tariff = with(
        prices,
        r#""discounts":[{"name":"5 kWh","free_kwh":5},{"name":"half an hour","free_seconds":1800}]"#,
    );
    let bill = replay(&tariff, UTC, "10:00", &[read("10:00", 0), read("11:00", 20_000)], "11:00");
    assert_eq!(
        lines(&bill),
        [
            "Price 5 kWh 0.00",
            "Price 5 kWh 0.00",
            "Price half an hour 0.00",
            "Price  7.50",
            "Price  1.50",
            "Price  3.00"
        ]
    );
}

/// British Columbia: 5 % GST and 7 % PST on the price; and a tax on both.
#[test]
fn each_of_several_taxes_is_told() {
    let tariff = with(
        r#"{"components":[{"dimension":"energy","price":"0.333","taxes":[
            {"name":"GST","percent":5},{"name":"PST","percent":7},{"name":"levy","percent":"1.5","stack":1}]}]}"#,
        r#""name":"several""#,
    );
    let bill = replay(&tariff, UTC, "10:00", &[read("10:00", 0), read("11:00", 10_000)], "11:00");
    assert_adds_up(&bill);
    // 3.33; GST 0.1665, PST 0.2331, levy 1.5 % of 3.7296; in all 3.785544.
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(3.33), dec!(3.79)));
    let parts: Vec<_> = bill.lines[0].taxes.iter().map(|part| (part.name.as_str(), part.amount)).collect();
    assert_eq!(parts, [("GST", dec!(0.17)), ("PST", dec!(0.23)), ("levy", dec!(0.06))]);
    assert_eq!(
        bill.explain(Language::English),
        [
            "10:00–11:00, 10.000 kWh × 0.333 = 3.33 EUR, with 5 % GST 0.17, 7 % PST 0.23, 1.5 % levy 0.06: 3.79 EUR"
        ]
    );
    assert_eq!(bill.vat_totals()[0].taxes[1].amount, dec!(0.23));
}

/// Limits hold last, whatever was taken off.
#[test]
fn the_least_price_holds_after_discounts() {
    let tariff = with(ENERGY, r#""min_price":{"excl":2},"discounts":[{"name":"all","percent":100}]"#);
    let bill = replay(&tariff, UTC, "10:00", &[read("10:00", 0), read("11:00", 20_000)], "11:00");
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(2.00), dec!(2.40)));
    assert_eq!(bill.lines.last().unwrap().reason, Reason::MinPrice);
}
