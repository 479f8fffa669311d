//! What the linter says, and where it keeps quiet.

mod common;

use common::*;
use rust_decimal_macros::dec;
use tariffs::{AdviceLevel, Profile, Tariff};

const FAST: Profile = Profile::Afir { max_power_kw: dec!(50) };
const SLOW: Profile = Profile::Afir { max_power_kw: dec!(49.9) };

/// All advice, one line each.
fn advice(tariff: &Tariff, profiles: &[Profile]) -> Vec<String> {
    let level = |level| if level == AdviceLevel::Warning { "warning" } else { "hint" };
    tariff.lint(profiles).iter().map(|advice| format!("{} {advice}", level(advice.level))).collect()
}

/// Each tariff's elements with what is said of them.
fn table(profiles: &[Profile], cases: &[(&str, &[&str])]) {
    for (elements, expected) in cases {
        assert_eq!(advice(&tariff(elements), profiles), *expected, "{elements}");
    }
}

const FLAT_RATE: &str = r#"{"components":[{"dimension":"energy","price":"0.4"}]}"#;

/// Elements as JSON from a dimension, a price and restrictions each.
fn elements(given: &[(&str, &str, &str)]) -> String {
    let element = |(dimension, price, restrictions): &(&str, &str, &str)| {
        format!(
            r#"{{"components":[{{"dimension":"{dimension}","price":"{price}"}}],"restrictions":{{{restrictions}}}}}"#
        )
    };
    given.iter().map(element).collect::<Vec<_>>().join(",")
}

#[test]
fn a_plain_tariff_is_left_in_peace() {
    let night =
        elements(&[("energy", "0.2", r#""start_time":"22:00","end_time":"06:00""#), ("energy", "0.4", "")]);
    let apart = elements(&[
        ("energy", "0.2", r#""start_time":"22:00","end_time":"06:00""#),
        ("energy", "0.4", r#""start_time":"06:00","end_time":"22:00""#),
    ]);
    let fee = format!("{FLAT_RATE},{}", elements(&[("parking_time", "6", r#""min_idle_time":900"#)]));
    let free = elements(&[("energy", "0", ""), ("parking_time", "0", "")]);
    for (profiles, elements) in [
        (&[][..], FLAT_RATE),
        (&[], &night),
        (&[], &apart),
        (&[FAST, Profile::Pangv], &free),
        (&[FAST, SLOW], &fee),
    ] {
        table(profiles, &[(elements, &[])]);
    }
}

#[test]
fn elements_that_never_decide() {
    table(
        &[],
        &[
            (
                &elements(&[("energy", "0.4", ""), ("energy", "0.2", r#""start_time":"22:00""#)]),
                &[
                    "warning elements[1]: never sets a price, because elements[0] comes first whenever it holds; \
                   remove it or move it up",
                ],
            ),
            (
                &elements(&[
                    ("energy", "0.4", r#""end_time":"12:00""#),
                    ("energy", "0.2", r#""start_time":"12:00""#),
                    ("energy", "0.1", r#""min_kwh":5"#),
                ]),
                &[
                    "warning elements[2]: never sets a price, because elements[0] and elements[1] together come first \
                   whenever it holds; remove it or move it up",
                ],
            ),
            (
                r#"{"components":[{"dimension":"energy","price":"0.4"}]},
                   {"components":[{"dimension":"energy","price":"0.4"},{"dimension":"flat","price":"1"}]}"#,
                &[
                    "warning elements[1].components[0]: never sets a price, because elements[0] comes first whenever it \
                   holds; remove it or move it up",
                ],
            ),
            (
                // 1 to 3 July 2026 are Wednesday to Friday.
                &elements(&[
                    (
                        "energy",
                        "0.2",
                        r#""start_date":"2026-07-01","end_date":"2026-07-04","day_of_week":["sunday"]"#,
                    ),
                    ("energy", "0.4", ""),
                ]),
                &[
                    "warning elements[0].restrictions: never holds: no day from start_date to end_date is one of its days \
                   of the week and of the year",
                ],
            ),
        ],
    );
    let over = full(&format!(
        r#"{{"id":"t","currency":"EUR","valid_from":"2026-07-01T00:00:00Z","elements":[{},{FLAT_RATE}]}}"#,
        elements(&[("energy", "0.2", r#""end_date":"2026-06-30""#)])
    ));
    let expected =
        ["warning elements[0].restrictions: never holds: its end_date is before the tariff's valid_from"];
    assert_eq!(advice(&over, &[]), expected);
}

#[test]
fn gaps_in_which_energy_is_free() {
    let end = "if that is not meant, end with an element without restrictions";
    table(
        &[],
        &[
            (
                &elements(&[(
                    "energy",
                    "0.4",
                    r#""start_time":"06:00","end_time":"22:00","day_of_week":["monday","tuesday","wednesday","thursday","friday"]"#,
                )]),
                &[&format!(
                    "warning elements: energy is free 00:00–06:00, 22:00–24:00 and Sat–Sun 06:00–22:00; {end}"
                )],
            ),
            (
                &elements(&[("energy", "0.4", r#""start_day":"07-01","end_day":"01-01""#)]),
                &[&format!("warning elements: energy is free 1 January to 30 June each year; {end}")],
            ),
            (
                &elements(&[("energy", "0.4", r#""min_kwh":"2.5""#)]),
                &[&format!("hint elements: energy is free from 0 to 2.5 kWh taken; {end}")],
            ),
            (
                &elements(&[("energy", "0.6", r#""min_power":11"#), ("energy", "0.4", r#""max_power":11"#)]),
                &[&format!("hint elements: energy is free while no power is known; {end}")],
            ),
            (
                &elements(&[("energy", "0.6", r#""payment_brand":"VISA""#)]),
                &[&format!("hint elements: energy is free for some ways of paying; {end}")],
            ),
            (&elements(&[("energy", "0", r#""start_time":"06:00""#)]), &[]),
        ],
    );
    let dated = full(&format!(
        r#"{{"id":"t","currency":"EUR","valid_from":"2026-01-01T00:00:00Z","valid_to":"2027-01-01T00:00:00Z",
            "elements":[{}]}}"#,
        elements(&[
            ("energy", "0.2", r#""start_date":"2025-12-31","end_date":"2026-07-01""#),
            ("energy", "0.3", r#""start_date":"2026-08-01","end_date":"2027-01-03""#),
        ])
    ));
    let expected = [format!("warning elements: energy is free from 1 July 2026 until 31 July 2026; {end}")];
    assert_eq!(advice(&dated, &[]), expected);
}

#[test]
fn overlaps_where_the_order_decides() {
    table(
        &[],
        &[
            (
                &elements(&[
                    ("energy", "0.6", r#""start_time":"17:00","end_time":"21:00""#),
                    ("energy", "0.3", r#""day_of_week":["saturday","sunday"]"#),
                    ("energy", "0.4", ""),
                ]),
                &[
                    "hint elements[1].components[0]: overlaps elements[0] Sat–Sun 17:00–21:00: the order decides, and \
                   elements[0] sets the price of energy",
                ],
            ),
            (
                // The same price either way, and an exception within another.
                &elements(&[
                    ("energy", "0.3", r#""start_time":"17:00","end_time":"21:00","day_of_week":["monday"]"#),
                    ("energy", "0.4", r#""start_time":"12:00","end_time":"21:00""#),
                    ("energy", "0.4", r#""day_of_week":["monday"]"#),
                    ("energy", "0.5", ""),
                ]),
                &[],
            ),
        ],
    );
}

#[test]
fn steps_taxes_and_a_least_price() {
    table(
        &[],
        &[
            (
                r#"{"components":[{"dimension":"energy","price":"0.4","step_size":1},{"dimension":"time","price":"6","step_size":300},
                   {"dimension":"flat","price":"1","step_size":9}]}"#,
                &[
                    "hint elements[0].components[1].step_size: rounds a session's total up to 300 s; 1 bills what was used, \
                   as OCPI recommends",
                ],
            ),
            (
                r#"{"components":[{"dimension":"energy","price":"0.4","vat":"19"},{"dimension":"flat","price":"1"}]}"#,
                &[
                    "warning elements[0].components[1].vat: is missing where others have one: no tax applies; write 0 for a \
                   rate of zero",
                ],
            ),
        ],
    );
    let with = |fields: &str, elements: &str| {
        advice(&full(&format!(r#"{{"id":"t","currency":"EUR",{fields},"elements":[{elements}]}}"#)), &[])
    };
    let vat = r#"{"components":[{"dimension":"energy","price":"0.4","vat":"19"}]}"#;
    assert_eq!(
        with(r#""tax_included":"not_applicable""#, vat),
        ["hint tax_included: is not_applicable, so the taxes of components are not looked at"]
    );
    assert_eq!(
        with(r#""tax_included":"yes""#, FLAT_RATE),
        [
            "hint tax_included: is yes, but no component names a tax: before and after tax are taken to be the same"
        ]
    );
    assert_eq!(with(r#""min_price":{"excl":"8"}"#, FLAT_RATE), [""; 0]);
    assert_eq!(
        with(r#""min_price":{"excl":"8.01"}"#, FLAT_RATE),
        [
            "warning min_price: is 8.01 EUR, more than 20 kWh with an hour of charging and an hour idle cost at the highest \
          prices (8.00 EUR)"
        ]
    );
}

#[test]
fn fast_ad_hoc_charging_in_the_union() {
    table(
        &[FAST],
        &[
            (
                &elements(&[("time", "6", ""), ("flat", "1", ""), ("parking_time", "1", "")]),
                &[
                    "warning elements: have no price per kWh, which ad-hoc charging at 50 kW or more must be based on",
                    "warning elements[0].components[0]: prices charging time; at 50 kW or more only an occupancy fee may \
                     come with the price per kWh",
                    "warning elements[1].components[0]: is a session fee; at 50 kW or more only an occupancy fee may come \
                     with the price per kWh",
                    "hint elements[2].components[0].price: is told per minute, and a sixtieth of it is not exact in four \
                     decimals",
                ],
            ),
            (&elements(&[("energy", "0.5", ""), ("parking_time", "6", "")]), &[]),
        ],
    );
    let json = r#"{"id":"t","currency":"EUR",KIND"min_price":{"excl":"1"},
        "elements":[{"components":[{"dimension":"energy","price":"0.5","vat":"19"}]}]}"#;
    let lint = |kind: &str| advice(&full(&json.replace("KIND", kind)), &[FAST, Profile::Pangv]);
    let expected = ["warning min_price: works like a session fee, which is not allowed at 50 kW or more"];
    assert_eq!(lint(""), expected);
    assert_eq!(lint(r#""kind":"ad_hoc_payment","#), expected);
    assert_eq!(lint(r#""kind":"regular","#), [""; 0]);
}

#[test]
fn slow_ad_hoc_charging_in_the_union() {
    let late = "comes late: prices are shown in the order per kWh, per minute, per session, other";
    table(
        &[SLOW],
        &[
            (&elements(&[("energy", "0.5", ""), ("time", "6", ""), ("flat", "1", "")]), &[]),
            (
                &elements(&[("flat", "1", ""), ("energy", "0.5", ""), ("time", "6", "")]),
                &[
                    &format!("hint elements[1].components[0]: {late}"),
                    &format!("hint elements[2].components[0]: {late}"),
                ],
            ),
        ],
    );
}

#[test]
fn ad_hoc_charging_in_germany() {
    table(
        &[Profile::Pangv],
        &[
            (
                &elements(&[("time", "6", "")]),
                &[
                    "warning elements: price charging by time alone, which is held inadmissible; give a price per kWh",
                ],
            ),
            (
                &elements(&[("flat", "6", "")]),
                &["warning elements: have no price per kWh, which must be told at the point"],
            ),
            (
                r#"{"components":[{"dimension":"energy","price":"0.4","step_size":100}]}"#,
                &[
                    "warning elements[0].components[0].vat: is missing, so the gross price per kWh that must be told is \
                     not known",
                    "warning elements[0].components[0].step_size: bills more than was measured; the unit of the price is \
                     1 kWh",
                    "hint elements[0].components[0].step_size: rounds a session's total up to 100 Wh; 1 bills what was \
                     used, as OCPI recommends",
                ],
            ),
            (
                r#"{"components":[{"dimension":"energy","price":"0.4","vat":"19"},
                    {"dimension":"service","price":"0.1","vat":"19"}]}"#,
                &["hint elements: price energy in two parts; the price per kWh that is told is their sum"],
            ),
        ],
    );
}

#[test]
fn public_charging_in_china() {
    let shanghai = full(include_str!("../../src/cli/demo/tariffs/shanghai.json"));
    let apart = "electricity fee and service fee are told and invoiced apart";
    let json = r#"{"id":"t","currency":"CNY","elements":[ELEMENTS]}"#;
    let lint = |elements: &str| advice(&full(&json.replace("ELEMENTS", elements)), &[Profile::China]);
    let warned = lint(r#"{"components":[{"dimension":"energy","price":"1.2"}]}"#);
    assert_eq!(warned, [format!("warning elements: have no service component; {apart}")]);
    assert!(advice(&shanghai, &[Profile::China]).iter().all(|found| !found.contains(apart)));
    assert_eq!(
        lint(&elements(&[("service", "0.4", ""), ("parking_time", "6", "")])),
        [
            format!("warning elements: have no energy component; {apart}"),
            "hint elements[1].restrictions.min_idle_time: is not given; an occupancy fee begins after a grace, usually \
             10 to 15 minutes"
                .to_owned(),
            "hint caps: name no parking_time; an occupancy fee has a highest amount per session or day".to_owned(),
        ]
    );
    let good =
        r#"{"components":[{"dimension":"energy","price":"0.8"},{"dimension":"service","price":"0.4"}]}"#;
    assert_eq!(lint(good), [""; 0]);
    let net = r#"{"components":[{"dimension":"energy","price":"0.8","vat":"13"},{"dimension":"service","price":"0.4","vat":"13"}]}"#;
    assert_eq!(lint(net), ["hint tax_included: is no; drivers are told prices with tax"]);
}

#[test]
fn windows_that_the_clocks_repeat_or_leave_out() {
    let amsterdam =
        Profile::Site { time_zone: chrono_tz::Europe::Amsterdam, from: "2026-01-01".parse().unwrap() };
    let start = |index: usize| format!("hint elements[{index}].restrictions.start_time: the window");
    let spring = "on 29 March 2026, when 02:00–03:00 is left out in Europe/Amsterdam";
    let autumn = "on 25 October 2026, when 02:00–03:00 is repeated in Europe/Amsterdam";
    let window = |restrictions: &str| elements(&[("energy", "0.2", restrictions), ("energy", "0.4", "")]);
    table(
        &[amsterdam],
        &[
            (
                &window(r#""start_time":"02:00","end_time":"03:00""#),
                &[
                    &format!("{} does not occur {spring}", start(0)),
                    &format!("{} lasts twice as long {autumn}", start(0)),
                ],
            ),
            (
                &window(r#""start_time":"02:30","end_time":"05:00""#),
                &[&format!("{} opens twice {autumn}", start(0))],
            ),
            (&window(r#""start_time":"22:00","end_time":"06:00""#), &[]),
            (&window(r#""start_time":"02:00","end_time":"03:00","day_of_week":["monday"]"#), &[]),
            (
                &window(r#""start_time":"02:00","end_time":"03:00","start_day":"06-01","end_day":"09-01""#),
                &[],
            ),
        ],
    );
    let shanghai =
        Profile::Site { time_zone: chrono_tz::Asia::Shanghai, from: "2026-01-01".parse().unwrap() };
    table(&[shanghai], &[(&window(r#""start_time":"02:00","end_time":"03:00""#), &[])]);
    let lord_howe =
        Profile::Site { time_zone: chrono_tz::Australia::Lord_Howe, from: "2026-01-01".parse().unwrap() };
    table(
        &[lord_howe],
        &[(
            &window(r#""start_time":"01:45","end_time":"02:00""#),
            &[&format!(
                "{} opens twice on 5 April 2026, when 01:30–02:00 is repeated in Australia/Lord_Howe",
                start(0)
            )],
        )],
    );
}

#[test]
fn clocks_may_change_at_midnight() {
    let cairo = Profile::Site { time_zone: chrono_tz::Africa::Cairo, from: "2026-01-01".parse().unwrap() };
    let window = |restrictions: &str| elements(&[("energy", "0.2", restrictions), ("energy", "0.4", "")]);
    let path = "hint elements[0].restrictions.start_time: the window";
    table(
        &[cairo],
        &[
            (
                &window(r#""start_time":"00:00","end_time":"00:30""#),
                &[&format!(
                    "{path} does not occur on 24 April 2026, when 00:00–01:00 is left out in Africa/Cairo"
                )],
            ),
            (
                &window(r#""start_time":"23:30","end_time":"06:00""#),
                &[&format!(
                    "{path} opens twice on 29 October 2026, when 23:00–24:00 is repeated in Africa/Cairo"
                )],
            ),
        ],
    );
}

#[test]
fn advice_has_an_end() {
    let many = vec![("energy", "0.4", ""); 1_000];
    let told = tariff(&elements(&many)).lint(&[]);
    assert_eq!(told.len(), 200);
}
