//! Tariffs as OCPP 2.1 writes them: there and back without loss, and refused where it would lose something.

mod common;

use common::*;
use insta::assert_json_snapshot;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpp::{content_id, messages, read_tariff, write_tariff};
use tariffs::{Invalid, Problem, Tariff};

/// Peak and off-peak, a start fee by card, an idle fee after half an hour of grace by day, bounds, two languages.
const TIME_OF_USE: &str = include_str!("data/time_of_use.json");

fn paths(invalid: &Invalid) -> Vec<String> {
    invalid.problems.iter().map(ToString::to_string).collect()
}

fn notes(notes: &[Problem]) -> Vec<String> {
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
fn what_does_not_matter_is_left_out_and_told() {
    let read = read_tariff(
        r#"{"tariffId":"free","currency":"EUR","customData":{"vendorId":"x","price":9},"speed":9,
            "description":[{"format":"HTML","content":"<b>","shade":1},{"format":"ASCII","content":"free of charge"}]}"#,
    )
    .unwrap();
    assert_eq!(
        notes(&read.notes),
        [
            "description[0].shade: is not a field of OCPP 2.1 and is left out",
            "description[0]: is not plain text and is left out",
            "has no prices: all is free, kept as energy at 0",
            "speed: is not a field of OCPP 2.1 and is left out",
        ]
    );
    assert_eq!(read.tariff.description.len(), 1);
    // A text that names no language does not get one on the way back either.
    let written = write_tariff(&read.tariff).unwrap().json;
    assert_eq!(written["description"], json!([{"format":"UTF8","content":"free of charge"}]));
}

#[test]
fn more_findings_than_help_anybody_are_not_listed() {
    let fields: Vec<String> = (0..1_000).map(|index| format!(r#""f{index}":0"#)).collect();
    let read = read_tariff(&format!(r#"{{"tariffId":"t","currency":"EUR",{}}}"#, fields.join(","))).unwrap();
    assert_eq!(read.notes.len(), 201);
    assert_eq!(read.notes[200].message, "and more of the like");
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
    // So much tax that no decimal could hold the amount.
    let absurd: Vec<Value> =
        (0..5).map(|stack| json!({"type":"x","tax":9_000_000_000_000_000_000_u64,"stack":stack})).collect();
    let absurd = json!({"exclTax":1,"taxRates":absurd}).to_string();
    assert_eq!(limit(&absurd).unwrap_err().problems[0].path, "minCost.taxRates[0].tax");
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
        "free, but not at all": paths(&read_tariff(
            r#"{"tariffId":"t","currency":"EUR","minCost":{"exclTax":2},"maxCost":{"exclTax":1}}"#).unwrap_err()),
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
