//! What holds for every tariff on its way to OCPP and back, and for everything that a station may send.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono_tz::Europe::Amsterdam;
use common::*;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tariffs::ocpp::{messages, read_tariff, write_tariff};
use tariffs::{Activity, Component, Dimension, Energy, Reading, Tariff};

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
