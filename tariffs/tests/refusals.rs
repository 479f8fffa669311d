//! Nonsense is refused with the path of the field.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::*;
use tariffs::{Plan, Tariff};

/// What `check` says of a tariff with this element.
fn problems(element: &str) -> Vec<String> {
    refused(&format!(r#"{{"id":"t","currency":"EUR","elements":[{element}]}}"#))
}

fn refused(json: &str) -> Vec<String> {
    let invalid = Tariff::from_json(json).unwrap_err();
    invalid.problems.iter().map(ToString::to_string).collect()
}

fn restricted(restrictions: &str) -> Vec<String> {
    let component = r#"{"dimension":"time","price":1}"#;
    let problems = problems(&format!(r#"{{"components":[{component}],"restrictions":{{{restrictions}}}}}"#));
    let prefix = "elements[0].restrictions.";
    problems.iter().map(|problem| problem.strip_prefix(prefix).unwrap_or(problem).to_owned()).collect()
}

fn component(component: &str) -> Vec<String> {
    let problems = problems(&format!(r#"{{"components":[{component}]}}"#));
    let prefix = "elements[0].components[0].";
    problems.iter().map(|problem| problem.strip_prefix(prefix).unwrap_or(problem).to_owned()).collect()
}

#[test]
fn restrictions_that_contradict_themselves() {
    assert_eq!(
        restricted(r#""start_time":"08:00","end_time":"08:00""#),
        ["end_time: is the same as start_time"]
    );
    assert_eq!(
        restricted(r#""start_date":"2026-02-01","end_date":"2026-02-01""#),
        ["end_date: is not after start_date"]
    );
    assert_eq!(restricted(r#""min_kwh":5,"max_kwh":5"#), ["max_kwh: leaves nothing between it and min_kwh"]);
    assert_eq!(restricted(r#""max_power":0"#), ["max_power: leaves nothing between it and min_power"]);
    assert_eq!(
        restricted(r#""min_duration":60,"max_duration":59"#),
        ["max_duration: leaves nothing between it and min_duration"]
    );
    assert_eq!(restricted(r#""min_current":"-1""#), ["min_current: is negative"]);
    assert_eq!(restricted(r#""min_kwh":"1e9""#).len(), 1);
    assert_eq!(restricted(r#""min_kwh":"1000000001""#), ["min_kwh: is absurdly large"]);
    assert_eq!(
        restricted(r#""day_of_week":["monday","friday","monday"]"#),
        ["day_of_week: names a day twice"]
    );
}

#[test]
fn values_that_cannot_be_read() {
    assert!(
        restricted(r#""start_time":"25:00""#)[0]
            .starts_with("start_time: \"25:00\" is not a time of day from 00:00 to 23:59")
    );
    assert!(restricted(r#""start_date":"2026-02-30""#)[0].starts_with("start_date: "));
    assert!(
        restricted(r#""day_of_week":["sunday","someday"]"#)[0].starts_with("day_of_week[1]: unknown variant")
    );
    assert!(restricted(r#""min_duration":-1"#)[0].starts_with("min_duration: invalid value"));
    assert!(component(r#"{"dimension":"energy","price":"1","step_size":0.5}"#)[0].starts_with("step_size: "));
}

#[test]
fn components_that_make_no_sense() {
    assert_eq!(component(r#"{"dimension":"energy","price":"-0.01"}"#), ["price: is negative"]);
    assert_eq!(
        component(r#"{"dimension":"energy","price":"0.1234567"}"#),
        ["price: has more than 6 decimals"]
    );
    assert_eq!(component(r#"{"dimension":"energy","price":1000000001}"#), ["price: is absurdly large"]);
    assert_eq!(component(r#"{"dimension":"energy","price":1,"vat":101}"#), ["vat: is absurdly large"]);
    assert_eq!(
        component(r#"{"dimension":"energy","price":1,"step_size":1000001}"#),
        ["step_size: is absurdly large"]
    );
    assert_eq!(
        problems(r#"{"components":[{"dimension":"time","price":1},{"dimension":"time","price":2}]}"#),
        ["elements[0].components[1].dimension: occurs twice in the element"]
    );
    assert_eq!(problems(r#"{"components":[]}"#), ["elements[0].components: needs at least one component"]);
    assert_eq!(
        problems(
            r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"reservation":"reservation"}}"#
        ),
        ["elements[0].components[0].dimension: cannot price a reservation; only time and flat can"]
    );
}

#[test]
fn limits_that_contradict_themselves() {
    let tariff = |fields: &str| {
        let components =
            r#"[{"dimension":"energy","price":1,"vat":7},{"dimension":"time","price":1,"vat":19}]"#;
        refused(&format!(
            r#"{{"id":"t","currency":"EUR",{fields},"elements":[{{"components":{components}}}]}}"#
        ))
    };
    assert_eq!(
        tariff(r#""min_price":{"excl":3,"incl":4},"max_price":{"excl":2,"incl":5}"#),
        ["max_price.excl: is below min_price.excl"]
    );
    assert_eq!(
        tariff(r#""min_price":{"excl":1,"incl":4},"max_price":{"excl":2,"incl":3}"#),
        ["max_price.incl: is below min_price.incl"]
    );
    assert_eq!(tariff(r#""min_price":{"excl":3,"incl":2}"#), ["min_price.incl: is below excl"]);
    assert_eq!(
        tariff(r#""max_price":{"excl":3}"#),
        ["max_price.incl: is needed, because the components have different taxes"]
    );
    assert_eq!(
        tariff(r#""valid_from":"2026-01-01T00:00:00Z","valid_to":"2026-01-01T00:00:00Z""#),
        ["valid_to: is not after valid_from"]
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let json = r#"{"id":"","currency":"EUR","elements":[]}"#;
    assert_eq!(refused(json), ["id: must not be empty", "elements: needs at least one element"]);
    assert_eq!(
        Tariff::from_json(json).unwrap_err().to_string(),
        "id: must not be empty; elements: needs at least one element"
    );
}

/// A tariff that went round the reader is still checked before it prices anything.
#[test]
fn nothing_is_priced_under_nonsense() {
    let mut tariff = tariff(r#"{"components":[{"dimension":"energy","price":1}]}"#);
    tariff.elements[0].components[0].price.0 = rust_decimal::Decimal::MAX;
    let invalid = Plan::new(std::sync::Arc::new(tariff)).unwrap_err();
    assert_eq!(invalid.problems[0].path, "elements[0].components[0].price");
}
