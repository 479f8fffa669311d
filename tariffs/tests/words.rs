//! Tariffs in words, and the list of prices.

mod common;

use common::*;
use rust_decimal_macros::dec;
use tariffs::{Language, PriceGroup, PriceRow, Tariff};

const CITY: &str = include_str!("../../src/cli/demo/tariffs/city.json");
const HIGHWAY: &str = include_str!("../../src/cli/demo/tariffs/highway.json");
const SHANGHAI: &str = include_str!("../../src/cli/demo/tariffs/shanghai.json");
const EVERYTHING: &str = include_str!("tariffs/everything.json");

fn sentences(tariff: &Tariff) -> String {
    let languages =
        [Language::English, Language::Chinese].map(|language| tariff.sentences(language).join("\n"));
    languages.join("\n\n")
}

fn rows(tariff: &Tariff) -> String {
    let row = |row: &PriceRow| {
        let PriceRow { group, what, gross, net, unit, when } = row;
        format!("{group:?} | {what} | {gross} | {net} | {unit} | {when}\n")
    };
    [Language::English, Language::Chinese]
        .map(|language| tariff.price_list(language).iter().map(row).collect::<String>())
        .join("\n")
}

#[test]
fn the_demo_tariffs_and_one_with_everything_in_words() {
    let tariffs = [("city", CITY), ("highway", HIGHWAY), ("shanghai", SHANGHAI), ("everything", EVERYTHING)];
    for (name, json) in tariffs {
        let tariff = full(json);
        insta::assert_snapshot!(format!("sentences_{name}"), sentences(&tariff));
        insta::assert_snapshot!(format!("prices_{name}"), rows(&tariff));
    }
}

#[test]
fn what_never_holds_is_not_told() {
    let dead = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.5"}]},
           {"components":[{"dimension":"energy","price":"0.1"}],"restrictions":{"start_time":"22:00"}}"#,
    );
    let expected = ["Energy: 0.50 EUR per kWh", "No VAT applies"];
    assert_eq!(dead.sentences(Language::English), expected);
    assert_eq!(dead.price_list(Language::English).len(), 1);
}

#[test]
fn otherwise_is_said_only_where_the_order_decides() {
    let apart = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.3"}],"restrictions":{"end_time":"12:00"}},
           {"components":[{"dimension":"energy","price":"0.4"}],"restrictions":{"start_time":"12:00"}}"#,
    );
    let expected =
        ["Energy: 0.30 EUR per kWh, 00:00–12:00", "Energy: 0.40 EUR per kWh, 12:00–24:00", "No VAT applies"];
    assert_eq!(apart.sentences(Language::English), expected);
}

#[test]
fn a_gap_is_told_as_free() {
    let gap =
        tariff(r#"{"components":[{"dimension":"time","price":"6"}],"restrictions":{"max_duration":3600}}"#);
    let told = gap.sentences(Language::English);
    assert_eq!(
        told[..2],
        ["Charging time: 0.10 EUR per minute, for the first 1 hour", "Charging time: otherwise free"]
    );
    let list = gap.price_list(Language::English);
    assert_eq!((list[1].gross, list[1].when.as_str()), (dec!(0), "otherwise"));
}

#[test]
fn net_prices_are_told_with_what_they_come_to() {
    let net = tariff(r#"{"components":[{"dimension":"energy","price":"0.39","vat":"21"}]}"#);
    assert_eq!(net.sentences(Language::English), ["Energy: 0.39 EUR per kWh plus 21 % VAT (0.4719 EUR)"]);
    assert_eq!(net.sentences(Language::Chinese), ["充电费：0.39 EUR/kWh，另加 21% 增值税（合 0.4719 EUR）"]);
    let row = net.price_list(Language::English).remove(0);
    assert_eq!((row.net, row.gross, row.group), (dec!(0.39), dec!(0.4719), PriceGroup::PerKwh));
}

#[test]
fn an_expired_reservation_costs_what_any_does_where_nothing_else_is_said() {
    let reserved = tariff(
        r#"{"components":[{"dimension":"time","price":"3"}],"restrictions":{"reservation":"reservation"}},
           {"components":[{"dimension":"time","price":"6"}],
            "restrictions":{"reservation":"reservation_expires","day_of_week":["saturday","sunday"]}}"#,
    );
    let expected = [
        "Reservation time: 0.05 EUR per minute",
        "Time of a reservation that expires unused: 0.10 EUR per minute, Sat–Sun",
        "No VAT applies",
    ];
    assert_eq!(reserved.sentences(Language::English), expected);
}

#[test]
fn prices_that_do_not_divide_stay_by_the_hour() {
    let odd = tariff(r#"{"components":[{"dimension":"parking_time","price":"1"}]}"#);
    let row = odd.price_list(Language::Chinese).remove(0);
    assert_eq!((row.gross, row.unit.as_str(), row.group), (dec!(1), "每小时", PriceGroup::PerMinute));
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    for (currency, price, told) in [
        ("JPY", "60", "Energy: 60 JPY per kWh"),
        ("KWD", "0.05", "Energy: 0.050 KWD per kWh"),
        ("EUR", "0.4525", "Energy: 0.4525 EUR per kWh"),
    ] {
        let tariff = full(&format!(
            r#"{{"id":"t","currency":"{currency}","elements":[{{"components":[{{"dimension":"energy","price":"{price}"}}]}}]}}"#
        ));
        assert_eq!(tariff.sentences(Language::English)[0], told);
    }
}
