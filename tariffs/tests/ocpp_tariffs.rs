//! Tariffs as OCPP 2.1 writes them: there and back without loss, and refused where it would lose something.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono_tz::Europe::Amsterdam;
use common::*;
use insta::assert_json_snapshot;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpp::{content_id, messages, read_tariff, write_tariff};
use tariffs::{Activity, Component, Dimension, Energy, Invalid, Reading, Tariff};

/// Peak and off-peak, a start fee by card, an idle fee after half an hour of grace by day, bounds, two languages.
const TIME_OF_USE: &str = include_str!("data/time_of_use.json");

fn paths(invalid: &Invalid) -> Vec<String> {
    invalid.problems.iter().map(ToString::to_string).collect()
}

fn notes(notes: &[tariffs::ocpp::Note]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_tariff_in_the_words_of_ocpp() {
    let written = write_tariff(&full(TIME_OF_USE)).unwrap();
    let shown = json!({"tariff": written.json, "notes": notes(&written.notes)});
    assert_json_snapshot!("time_of_use_in_ocpp", shown);
    let read = read_tariff(&written.json.to_string()).unwrap();
    assert_eq!(write_tariff(&read.tariff).unwrap().json, written.json);
    let shown = json!({"tariff": read.tariff, "notes": notes(&read.notes)});
    assert_json_snapshot!("time_of_use_read_back", shown);
}

#[test]
fn conditions_that_two_lists_share_become_one_element() {
    let read = read_tariff(
        r#"{"tariffId":"t","currency":"EUR",
            "energy":{"prices":[{"priceKwh":0.5,"conditions":{"evseKind":"DC"}},{"priceKwh":0.3}]},
            "chargingTime":{"prices":[{"priceMinute":0.01,"conditions":{"evseKind":"DC"}},
                                      {"priceMinute":0.02,"conditions":{"maxTime":60}},{"priceMinute":0.03}]},
            "idleTime":{"prices":[{"priceMinute":0.1},{"priceMinute":0.2,"conditions":{"evseKind":"DC"}}]}}"#,
    )
    .unwrap();
    // The idle prices keep their order, so that the second, which can never hold, does not begin to.
    let elements: Vec<String> = read
        .tariff
        .elements
        .iter()
        .map(|element| {
            let prices = element.components.iter().map(|c| format!("{:?} {}", c.dimension, c.price.0));
            format!("{} {:?}", prices.collect::<Vec<_>>().join(", "), element.restrictions.evse_kind)
        })
        .collect();
    assert_eq!(
        elements,
        [
            "Energy 0.5, Time 0.6 Some(Dc)",
            "Time 1.2 None",
            "Energy 0.3, Time 1.8, ParkingTime 6 None",
            "ParkingTime 12 Some(Dc)"
        ]
    );
}

#[test]
fn taxes_are_vat_where_that_is_all_they_are() {
    let taxed = |rates: &str| {
        let json = format!(
            r#"{{"tariffId":"t","currency":"USD","energy":{{"prices":[{{"priceKwh":1}}],"taxRates":[{rates}]}}}}"#
        );
        read_tariff(&json).unwrap().tariff.elements.remove(0).components.remove(0)
    };
    let vat = taxed(r#"{"type":"vat","tax":19.0}"#);
    assert_eq!((vat.vat, vat.taxes.len()), (Some(dec!(19)), 0));
    let state = taxed(r#"{"type":"State","tax":5},{"type":"VAT","tax":2,"stack":1}"#);
    assert_eq!(state.vat, None);
    let names: Vec<_> = state.taxes.iter().map(|tax| (tax.name.as_str(), tax.stack)).collect();
    assert_eq!(names, [("State", 0), ("VAT", 1)]);
}

#[test]
fn limits_follow_from_one_side_where_that_is_exact() {
    let limit = |cost: &str| {
        let json = format!(
            r#"{{"tariffId":"t","currency":"EUR","minCost":{cost},
                "energy":{{"prices":[{{"priceKwh":1}}],"taxRates":[{{"type":"VAT","tax":21}}]}}}}"#
        );
        read_tariff(&json).map(|read| {
            let limit = read.tariff.min_price.unwrap();
            (limit.excl, limit.incl)
        })
    };
    assert_eq!(limit(r#"{"exclTax":1,"inclTax":1.2}"#).unwrap(), (dec!(1), Some(dec!(1.2))));
    assert_eq!(limit(r#"{"exclTax":1}"#).unwrap(), (dec!(1), None));
    assert_eq!(limit(r#"{"exclTax":1,"taxRates":[{"type":"VAT","tax":21}]}"#).unwrap(), (dec!(1), None));
    assert_eq!(
        limit(r#"{"exclTax":1,"taxRates":[{"type":"VAT","tax":6}]}"#).unwrap(),
        (dec!(1), Some(dec!(1.06)))
    );
    assert_eq!(limit(r#"{"inclTax":1.21}"#).unwrap(), (dec!(1), Some(dec!(1.21))));
    assert_eq!(
        paths(&limit(r#"{"inclTax":1}"#).unwrap_err()),
        ["minCost.exclTax: is needed: it does not follow exactly from inclTax"]
    );
    assert_eq!(paths(&limit("{}").unwrap_err()), ["minCost: needs exclTax, inclTax or both"]);
}

/// One tariff with everything wrong, so that the words stand side by side.
#[test]
fn what_cannot_be_read_is_refused_with_its_path_all_at_once() {
    let bad = r#"{"tariffId":"","currency":"EURO","validFrom":"tomorrow","speed":9,"customData":{"vendorId":"x"},
        "description":[{"format":"UTF8","language":"x","content":"a\u0007"},{"format":"TEXT","content":"b"},
                       {"format":"HTML","content":"<b>"}],
        "energy":{"prices":[{"priceKwh":-0.1},{"priceKwh":"0.1"},{"priceKwh":0.1234567},{"conditions":{}},
            {"priceKwh":1,"conditions":{"startTimeOfDay":"7:00","endTimeOfDay":"24:00","dayOfWeek":["Funday"],
             "validFromDate":"24.12.2026","evseKind":"HVDC","minEnergy":0.0001,"minTime":-1,"maxTime":1.5,
             "paymentBrand":"VISA","maxPower":0.1234567890123456}}],
            "taxRates":[{"type":"a tax with a long, long name","tax":1},{"type":"x","tax":1,"stack":300}]},
        "chargingTime":{"prices":[]},"idleTime":{},"fixedFee":{"prices":[{"priceFixed":1,"conditions":{"minEnergy":1}}]},
        "minCost":{}}"#;
    let sound = r#"{"tariffId":"t","currency":"EUR","energy":{"prices":[
            {"priceKwh":1,"conditions":{"startTimeOfDay":"10:00","endTimeOfDay":"10:00"}},
            {"priceKwh":1,"conditions":{"validFromDate":"2026-02-01","validToDate":"2026-01-01"}},
            {"priceKwh":1,"conditions":{"minEnergy":2000,"maxEnergy":2000,"minPower":-5}},
            {"priceKwh":1,"conditions":{"dayOfWeek":["Monday","Monday"]}}],
            "taxRates":[{"type":"State","tax":101,"stack":9}]},
        "minCost":{"exclTax":2,"inclTax":3},"maxCost":{"exclTax":1,"inclTax":1}}"#;
    let refusals = json!({
        "cannot be read": paths(&read_tariff(bad).unwrap_err()),
        "makes no sense": paths(&read_tariff(sound).unwrap_err()),
        "no JSON": paths(&read_tariff("[").unwrap_err()),
        "no object": paths(&read_tariff("[]").unwrap_err()),
        "nothing": paths(&read_tariff("{}").unwrap_err()),
    });
    assert_json_snapshot!(refusals);
}

#[test]
fn what_ocpp_cannot_say_is_refused_with_our_path_and_advice() {
    let refused = |fields: &str, elements: &str| {
        let json = format!(r#"{{"id":"t","currency":"EUR",{fields}"elements":[{elements}]}}"#);
        paths(&write_tariff(&full(&json)).unwrap_err())
    };
    let energy = r#"{"components":[{"dimension":"energy","price":"0.5"}]}"#;
    let taxed = r#"{"components":[{"dimension":"energy","price":"0.5","vat":"21"}]}"#;
    let both = |other: &str| format!("{energy},{other}");
    let refusals = json!({
        "an id that is too long": write_tariff(&Tariff { id: "x".repeat(61), ..tariff(energy) }).map_err(|e| paths(&e)).unwrap_err(),
        "a price per hour that is none per minute":
            refused("", r#"{"components":[{"dimension":"time","price":"1.00"}]}"#),
        "a gross price": refused(r#""tax_included":"yes","#, taxed),
        "a step": refused("", r#"{"components":[{"dimension":"energy","price":"0.5","step_size":1000}]}"#),
        "two taxes in one list": refused("", &both(r#"{"components":[{"dimension":"energy","price":"0.5","vat":"6"}]}"#)),
        "expired reservations": refused("", &both(
            r#"{"components":[{"dimension":"flat","price":"2"}],"restrictions":{"reservation":"reservation_expires"}}"#)),
        "a season without end": refused("", &both(
            r#"{"components":[{"dimension":"energy","price":"1"}],"restrictions":{"start_day":"07-01","end_day":"09-01"}}"#)),
        "a cap": refused(r#""caps":[{"dimensions":["energy"],"per":"day","amount":"10"}],"#, energy),
        "discounts": refused(
            r#""discounts":[{"name":"a","amount":"1"},{"name":"b","free_kwh":"5"},{"name":"c","free_seconds":600}],"#, energy),
        "a percentage that is not exact": refused(r#""discounts":[{"name":"a","percent":"33.333333"}],"#, energy),
        "a service fee with other hours": refused("", &both(
            r#"{"name":"day","components":[{"dimension":"service","price":"0.1"}],"restrictions":{"start_time":"08:00"}}"#)),
        "a service fee with other taxes": refused("",
            r#"{"components":[{"dimension":"energy","price":"0.5","vat":"13"},{"dimension":"service","price":"0.1","vat":"6"}]}"#),
        "a flat fee by energy": refused("", &both(
            r#"{"components":[{"dimension":"flat","price":"2"}],"restrictions":{"min_kwh":"5"}}"#)),
        "energy by card": refused("",
            r#"{"components":[{"dimension":"energy","price":"2"}],"restrictions":{"payment_brand":"VISA"}}"#),
        "a long brand": refused("",
            r#"{"components":[{"dimension":"flat","price":"2"}],"restrictions":{"payment_brand":"a brand with a long name"}}"#),
    });
    assert_json_snapshot!(refusals);
}

#[test]
fn nonsense_is_refused_before_it_is_written() {
    let invalid = write_tariff(&Tariff { elements: vec![], ..full(TIME_OF_USE) }).unwrap_err();
    assert_eq!(invalid.problems[0].path, "elements");
}

#[test]
fn what_no_price_depends_on_is_left_out_and_told() {
    let tariff = full(
        r#"{"id":"t","name":"n","currency":"CNY","kind":"regular","url":"https://example.com",
            "valid_to":"2027-01-01T00:00:00Z","energy_mix":{"green":true},"tax_included":"not_applicable",
            "elements":[{"name":"day","components":[{"dimension":"energy","price":"0.6","step_size":1},
                {"dimension":"service","price":"0.4"},{"dimension":"flat","price":"1"}],
                "restrictions":{"start_time":"08:00"}},
              {"components":[{"dimension":"energy","price":"0.3"},{"dimension":"service","price":"0.2"}]}]}"#,
    );
    let written = write_tariff(&tariff).unwrap();
    assert_eq!(written.json["energy"]["prices"][0]["priceKwh"], json!(1));
    assert_eq!(written.json["energy"]["prices"][1]["priceKwh"], json!(0.5));
    let told = notes(&written.notes);
    assert_json_snapshot!(told);
}

#[test]
fn a_gross_tariff_is_written_net_where_that_is_exact() {
    let tariff = full(
        r#"{"id":"t","currency":"EUR","tax_included":"yes","elements":[{"components":[
            {"dimension":"energy","price":"0.605","vat":"21"},{"dimension":"time","price":"3.63","vat":"21"}]}]}"#,
    );
    let written = write_tariff(&tariff).unwrap().json;
    assert_eq!(written["energy"], json!({"prices":[{"priceKwh":0.5}],"taxRates":[{"type":"VAT","tax":21}]}));
    assert_eq!(written["chargingTime"]["prices"][0]["priceMinute"], json!(0.05));
}

#[test]
fn percentages_are_folded_into_the_prices_that_they_are_for() {
    let tariff = full(
        r#"{"id":"t","currency":"EUR","discounts":[{"name":"a","percent":"10"},
            {"name":"b","percent":"50","dimensions":["energy"]}],
            "elements":[{"components":[{"dimension":"energy","price":"0.5"},{"dimension":"flat","price":"1"}]},
              {"components":[{"dimension":"flat","price":"3"}],"restrictions":{"reservation":"reservation"}}]}"#,
    );
    let written = write_tariff(&tariff).unwrap().json;
    assert_eq!(written["energy"]["prices"][0]["priceKwh"], json!(0.225));
    assert_eq!(written["fixedFee"]["prices"][0]["priceFixed"], json!(0.9));
    assert_eq!(written["reservationFixed"]["prices"][0]["priceFixed"], json!(2.7));
}

#[test]
fn a_season_that_is_bounded_is_written_as_dates() {
    let dates = |season: &str, from: &str, to: &str| -> Vec<String> {
        let tariff = full(&format!(
            r#"{{"id":"t","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"1"}}],
                "restrictions":{{{season},"start_date":"{from}","end_date":"{to}"}}}},
                {{"components":[{{"dimension":"energy","price":"2"}}]}}]}}"#
        ));
        let written = write_tariff(&tariff).unwrap().json;
        let prices = written["energy"]["prices"].as_array().unwrap().clone();
        let of = |price: &Value, name: &str| price["conditions"][name].as_str().unwrap_or("").to_owned();
        prices
            .iter()
            .map(|price| format!("{}..{}", of(price, "validFromDate"), of(price, "validToDate")))
            .collect()
    };
    let winter = r#""start_day":"11-01","end_day":"02-29""#;
    assert_eq!(
        dates(winter, "2026-01-15", "2028-06-01"),
        ["2026-01-15..2026-03-01", "2026-11-01..2027-03-01", "2027-11-01..2028-02-29", ".."]
    );
    assert_eq!(dates(r#""start_day":"07-01","end_day":"09-01""#, "2026-10-01", "2026-11-01"), [".."]);
    let bounded = full(
        r#"{"id":"t","currency":"EUR","valid_from":"2026-06-01T00:00:00Z","valid_to":"2026-07-01T00:00:00Z",
            "elements":[{"components":[{"dimension":"energy","price":"1"}],
                         "restrictions":{"start_day":"07-01","end_day":"09-01"}}]}"#,
    );
    // A session may last into the next summer.
    assert_eq!(write_tariff(&bounded).unwrap().json["energy"]["prices"].as_array().unwrap().len(), 2);
}

#[test]
fn other_content_has_another_id() {
    let tariff = full(TIME_OF_USE);
    let id = content_id(&tariff);
    assert!(id.starts_with("harbour-") && id.chars().count() <= 60, "{id}");
    assert_ne!(id, content_id(&Tariff { name: "x".into(), ..tariff.clone() }));
    let long = content_id(&Tariff { id: "电".repeat(255), ..tariff });
    assert_eq!(long.chars().count(), 60);
}

#[test]
fn a_driver_tariff_does_not_tell_since_when() {
    let written = write_tariff(&full(TIME_OF_USE)).unwrap();
    assert!(written.json["validFrom"].is_string());
    assert!(messages::driver_tariff(&written).get("validFrom").is_none());
}

#[test]
fn answers_of_stations_are_read() {
    let answer = messages::read_answer(
        &json!({"status":"TooManyElements","statusInfo":{"reasonCode":"Full","additionalInfo":"at most 8"}}),
    );
    let answer = answer.unwrap();
    assert_eq!(
        (answer.outcome, answer.info.as_str()),
        (messages::Outcome::TooManyElements, "Full: at most 8")
    );
    let (answer, held) = messages::read_assignments(&json!({"status":"Accepted","tariffAssignments":[
        {"tariffId":"a","tariffKind":"DefaultTariff","evseIds":[1,2],"validFrom":"2026-01-01T00:00:00Z"},
        {"tariffId":"b","tariffKind":"DriverTariff","idTokens":["ABC"]}]}))
    .unwrap();
    assert_eq!(answer.outcome, messages::Outcome::Accepted);
    assert_eq!((held[0].evse_ids.as_slice(), held[1].kind), (&[1, 2][..], messages::AssignmentKind::Driver));
    let cleared = messages::read_cleared(
        &json!({"clearTariffsResult":[{"tariffId":"a","status":"Accepted"},{"status":"NoTariff"}]}),
    );
    let ids: Vec<_> = cleared.unwrap().into_iter().map(|cleared| cleared.tariff_id).collect();
    assert_eq!(ids, [Some("a".to_owned()), None]);
    let wrong = messages::read_assignments(
        &json!({"status":"Accepted","tariffAssignments":[{"tariffKind":"X","evseIds":[-1]}]}),
    );
    assert_eq!(paths(&wrong.unwrap_err()), ["tariffAssignments[0].tariffId: is missing"]);
}

/// What OCPP can say, in our words.
fn any_tariff() -> impl Strategy<Value = Tariff> {
    let charging = select(vec![
        "",
        r#""start_time":"02:15","end_time":"02:45""#,
        r#""start_time":"23:00","end_time":"03:10","day_of_week":["sunday","monday"]"#,
        r#""max_kwh":"3.333""#,
        r#""end_date":"2026-10-26","min_kwh":"1.001","min_power":"7.4""#,
        r#""max_power":"11","min_duration":777"#,
        r#""max_duration":5555,"min_current":"6.5""#,
        r#""min_duration":3600,"end_time":"00:00""#,
    ]);
    let fixed = select(vec![
        "",
        r#""start_time":"02:15","end_time":"02:45""#,
        r#""day_of_week":["sunday"],"start_date":"2026-10-25""#,
    ]);
    let component = |dimension: &'static str| {
        // Even prices, so that half of one has no more decimals than OCPP keeps.
        (0_i64..4_999).prop_map(move |half| {
            let price = half * 2;
            let (price, vat) = match dimension {
                "energy" => (Decimal::new(price, 4), r#","vat":"21""#),
                "time" => (Decimal::new(price * 60, 6), ""),
                "parking_time" => (
                    Decimal::new(price * 6, 4),
                    r#","taxes":[{"name":"City","percent":"1.5"},{"name":"State","percent":"7","stack":1}]"#,
                ),
                _ => (Decimal::new(price, 2), r#","vat":"0""#),
            };
            format!(r#"{{"dimension":"{dimension}","price":"{price}"{vat}}}"#)
        })
    };
    let all = (component("energy"), component("time"), component("parking_time"));
    let element = (charging, all, subsequence(vec![0_usize, 1, 2], 1..=3)).prop_map(|(when, all, chosen)| {
        let all = [all.0, all.1, all.2];
        let components: Vec<&str> = chosen.iter().map(|index| all[*index].as_str()).collect();
        format!(r#"{{"components":[{}],"restrictions":{{{when}}}}}"#, components.join(","))
    });
    let fee = (fixed, component("flat"))
        .prop_map(|(when, fee)| format!(r#"{{"components":[{fee}],"restrictions":{{{when}}}}}"#));
    let element = prop_oneof![4 => element, 1 => fee];
    let limits = select(vec![
        "",
        r#""min_price":{"excl":"0.5","incl":"0.6"},"#,
        r#""max_price":{"excl":"2","incl":"2.4"},"valid_from":"2026-01-01T00:00:00Z","#,
        r#""discounts":[{"name":"half","percent":"50"}],"#,
        r#""description":[{"language":"en","text":"by day"},{"language":"zh","text":"白天"}],"#,
    ]);
    (proptest::collection::vec(element, 1..8), limits, any::<bool>()).prop_map(
        |(elements, limits, service)| {
            let elements = elements.join(",");
            let mut tariff =
                full(&format!(r#"{{"id":"p","currency":"EUR",{limits}"elements":[{elements}]}}"#));
            for element in tariff.elements.iter_mut().filter(|_| service) {
                let energy =
                    element.components.iter().find(|component| component.dimension == Dimension::Energy);
                let fee = energy.cloned().map(|energy| Component { dimension: Dimension::Service, ..energy });
                element.components.extend(fee);
            }
            tariff
        },
    )
}

fn any_session() -> impl Strategy<Value = Vec<Reading>> {
    let activity = select(vec![Activity::Charging, Activity::Charging, Activity::Parking]);
    proptest::collection::vec((1_i64..4_000, 0_i64..6_000, activity), 1..8).prop_map(|stretches| {
        let (mut now, mut energy) = (at("2026-10-25T00:00:00Z"), 0);
        let mut readings = vec![Reading::at(now).register(Energy::ZERO)];
        for (seconds, rate, activity) in stretches {
            readings.push(Reading::at(now).activity(activity));
            now += chrono::TimeDelta::seconds(seconds);
            energy += if activity == Activity::Charging { seconds * rate } else { 0 };
            readings.push(Reading::at(now).register(Energy::from_mwh(energy)));
        }
        readings
    })
}

/// Any tariff of OCPP that we can keep, in the one way that we write it.
fn any_ocpp_tariff() -> impl Strategy<Value = Value> {
    let conditions = select(vec![
        json!(null),
        json!({"startTimeOfDay":"22:00","endTimeOfDay":"06:00"}),
        json!({"dayOfWeek":["Monday","Sunday"],"evseKind":"DC"}),
        json!({"minIdleTime":1800}),
        json!({"maxChargingTime":600,"minEnergy":0.001,"maxEnergy":20000}),
        json!({"minPower":7400.5,"maxCurrent":32.123456,"minTime":60}),
        json!({"validFromDate":"2026-02-01","validToDate":"2026-03-01"}),
    ]);
    let fixed = select(vec![
        json!(null),
        json!({"paymentBrand":"VISA","paymentRecognition":"Debit"}),
        json!({"validFromDate":"2026-02-01","validToDate":"2026-03-01"}),
        json!({"dayOfWeek":["Monday","Sunday"],"evseKind":"DC"}),
    ]);
    let rates = select(vec![
        json!(null),
        json!([{"type":"VAT","tax":21}]),
        json!([{"type":"State","tax":5.25},{"type":"City","tax":1},{"type":"VAT","tax":7,"stack":2}]),
    ]);
    let limit =
        select(vec![json!(null), json!({"exclTax":1,"inclTax":1.25}), json!({"exclTax":2.5,"inclTax":2.5})]);
    let group = move |fixed_fee: bool, name: &'static str| {
        let when = if fixed_fee { fixed.clone() } else { conditions.clone() };
        let price = (0_i64..2_000_000, when).prop_map(move |(price, when)| {
            let price: Value = serde_json::from_str(&Decimal::new(price, 6).normalize().to_string()).unwrap();
            if when.is_null() { json!({name: price}) } else { json!({name: price, "conditions": when}) }
        });
        (proptest::collection::vec(price, 0..5), rates.clone()).prop_map(|(prices, rates)| match rates {
            _ if prices.is_empty() => Value::Null,
            Value::Null => json!({"prices": prices}),
            rates => json!({"prices": prices, "taxRates": rates}),
        })
    };
    let groups = (
        group(false, "priceKwh"),
        group(false, "priceMinute"),
        group(false, "priceMinute"),
        group(true, "priceFixed"),
        group(false, "priceMinute"),
        group(true, "priceFixed"),
    );
    (groups, limit).prop_map(|((energy, charging, idle, fixed, reservation, reserved), limit)| {
        let fields = [
            ("energy", energy),
            ("chargingTime", charging),
            ("idleTime", idle),
            ("fixedFee", fixed),
            ("reservationTime", reservation),
            ("reservationFixed", reserved),
            ("minCost", limit),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.is_null());
        let mut tariff: Value = given.map(|(name, value)| (name.to_owned(), value)).collect();
        tariff["tariffId"] = json!("t");
        tariff["currency"] = json!("KWD");
        tariff
    })
}

/// Any JSON, also such that looks like a tariff.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| serde_json::Number::from_f64(float).map_or(Value::Null, Value::Number)),
        select(vec![
            "EUR",
            "22:00",
            "2026-01-01",
            "AC",
            "Monday",
            "UTF8",
            "VAT",
            "NormalCost",
            "",
            "\u{0}",
            "2026-01-01T00:00:00Z"
        ])
        .prop_map(Value::from),
    ];
    let name = select(vec![
        "tariffId",
        "currency",
        "description",
        "format",
        "content",
        "language",
        "energy",
        "prices",
        "priceKwh",
        "priceMinute",
        "priceFixed",
        "conditions",
        "startTimeOfDay",
        "dayOfWeek",
        "minEnergy",
        "maxTime",
        "taxRates",
        "type",
        "tax",
        "stack",
        "chargingTime",
        "fixedFee",
        "reservationTime",
        "minCost",
        "exclTax",
        "inclTax",
        "totalCost",
        "total",
        "typeOfCost",
        "totalUsage",
        "idleTime",
        "chargingPeriods",
        "startPeriod",
        "dimensions",
        "volume",
        "status",
        "statusInfo",
        "tariffAssignments",
        "evseIds",
        "clearTariffsResult",
        "x",
    ]);
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..8).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// One way and back again ends where it began, from either side, and the station's tariff bills what ours does.
    #[test]
    fn there_and_back_nothing_is_lost(tariff in any_tariff(), session in any_session()) {
        let written = write_tariff(&tariff).unwrap();
        let read = read_tariff(&written.json.to_string()).unwrap().tariff;
        prop_assert_eq!(&write_tariff(&read).unwrap().json, &written.json);
        prop_assert_eq!(&read_tariff(&write_tariff(&read).unwrap().json.to_string()).unwrap().tariff, &read);
        let end = session.last().unwrap().at.to_rfc3339();
        let ours = replay(&tariff, Amsterdam, "2026-10-25T00:00:00Z", &session, &end);
        let theirs = replay(&read, Amsterdam, "2026-10-25T00:00:00Z", &session, &end);
        prop_assert_eq!((ours.total_excl, ours.total_incl), (theirs.total_excl, theirs.total_incl));
    }

    #[test]
    fn what_was_read_is_written_as_it_was(json in any_ocpp_tariff()) {
        let read = read_tariff(&json.to_string()).unwrap();
        let written = write_tariff(&read.tariff).unwrap().json;
        let free = json.as_object().unwrap().keys().all(|name| ["tariffId", "currency", "minCost"].contains(&name.as_str()));
        if free {
            prop_assert_eq!(&written["energy"], &json!({"prices":[{"priceKwh":0}]}));
        } else {
            prop_assert_eq!(&written, &json);
        }
    }

    #[test]
    fn no_json_makes_a_reader_panic(json in any_json()) {
        let _ = read_tariff(&json.to_string());
        let _ = tariffs::ocpp::cost_details::read(&json);
        let _ = messages::read_answer(&json);
        let _ = messages::read_assignments(&json);
        let _ = messages::read_cleared(&json);
        let _ = tariffs::ocpp::california::read_unplugged(&json.to_string());
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,200}") {
        let _ = read_tariff(&text);
    }
}
