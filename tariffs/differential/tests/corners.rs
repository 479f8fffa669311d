//! One small example of each corner, with what each engine says: the figures of `docs/pricing-differences.md`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono_tz::Tz;
use rust_decimal::Decimal;
use tariffs::{
    CreditCdr, EndMidnight, EqualTimes, LimitSide, Policy, PowerRange, ReservationElements, StepBasis,
    TimeVolume, UnknownPower, ZeroVolume,
};
use tariffs_differential::totals::Amount;
use tariffs_differential::{corners, ours, theirs};

/// A tariff without VAT unless its components say so.
fn tariff(fields: &str, elements: &str) -> String {
    format!(
        r#"{{"country_code":"NL","party_id":"WAT","id":"T1","currency":"EUR",{fields}"elements":[{elements}],
        "last_updated":"2024-01-01T00:00:00Z"}}"#
    )
}

/// A CDR in UTC on 15 January 2024; a period is a time of day and its dimensions.
fn cdr(fields: &str, end: &str, periods: &[(&str, &str)]) -> String {
    let period = |(start, dimensions): &(&str, &str)| {
        let dimensions: Vec<String> = dimensions
            .split(", ")
            .map(|dimension| {
                let (kind, volume) = dimension.split_once(' ').unwrap();
                format!(r#"{{"type":"{kind}","volume":{volume}}}"#)
            })
            .collect();
        format!(r#"{{"start_date_time":"2024-01-15T{start}Z","dimensions":[{}]}}"#, dimensions.join(","))
    };
    let start = periods[0].0;
    let periods: Vec<String> = periods.iter().map(period).collect();
    format!(
        r#"{{"country_code":"NL","party_id":"WAT","id":"C1","start_date_time":"2024-01-15T{start}Z",
        "end_date_time":"2024-01-15T{end}Z","cdr_token":{{"country_code":"DE","party_id":"TNM","uid":"1","type":"RFID",
        "contract_id":"C"}},"auth_method":"WHITELIST","cdr_location":{{"id":"L1","address":"Quay 1","city":"Gent",
        "country":"BEL","coordinates":{{"latitude":"51.047599","longitude":"3.729944"}},"evse_uid":"1","evse_id":"NL*WAT*E1",
        "connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET",
        "connector_power_type":"AC_3_PHASE"}},"currency":"EUR",{fields}"charging_periods":[{}],
        "total_cost":{{"excl_vat":0}},"total_energy":0,"total_time":1,"last_updated":"2024-01-16T00:00:00Z"}}"#,
        periods.join(",")
    )
}

fn ours(cdr: &str, tariff: &str, policy: Policy) -> Amount {
    ours::totals(cdr, tariff, Tz::UTC, policy).unwrap().cost
}

fn theirs(cdr: &str, tariff: &str) -> Amount {
    theirs::totals(&theirs::report(cdr, tariff, Tz::UTC).unwrap()).cost
}

fn amount(excl: &str, incl: &str) -> Amount {
    Amount { excl: excl.parse().unwrap(), incl: Some(incl.parse().unwrap()) }
}

/// Without VAT.
fn net(amount: &str) -> Amount {
    self::amount(amount, amount)
}

#[track_caller]
fn assert_same(one: Amount, other: Amount) {
    let round = |amount: Amount| (amount.excl.round_dp(8), amount.incl.map(|incl| incl.round_dp(8)));
    assert_eq!(round(one), round(other));
}

#[test]
fn step_basis_the_standards_free_parking_example() {
    // OCPI 2.2.1, Tariffs, step_size, "switching to Free-of-Charge Tariff Element".
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"TIME","price":1.2,"step_size":1800},{"type":"PARKING_TIME","price":1,"step_size":900}],
            "restrictions":{"start_time":"00:00","end_time":"17:00"}},
           {"price_components":[{"type":"TIME","price":2.4,"step_size":900},{"type":"PARKING_TIME","price":1,"step_size":900}],
            "restrictions":{"start_time":"17:00","end_time":"20:00"}},
           {"price_components":[{"type":"TIME","price":2.4,"step_size":900}],
            "restrictions":{"start_time":"20:00","end_time":"00:00"}}"#,
    );
    let cdr = cdr(
        "",
        "20:12:00",
        &[("19:40:00", "TIME 0.2"), ("19:52:00", "PARKING_TIME 0.1333"), ("20:00:00", "PARKING_TIME 0.2")],
    );
    assert_same(ours(&cdr, &tariff, Policy::default()), net("0.73"));
    assert_same(
        ours(&cdr, &tariff, Policy { step_basis: StepBasis::Used, ..Policy::default() }),
        net("0.78"),
    );
    assert_same(theirs(&cdr, &tariff), net("0.78"));
}

#[test]
fn time_volume_forty_minutes_told_as_0_6667_hours() {
    let tariff = tariff("", r#"{"price_components":[{"type":"PARKING_TIME","price":15,"step_size":60}]}"#);
    let cdr = cdr("", "10:40:00", &[("10:00:00", "PARKING_TIME 0.6667")]);
    assert_same(ours(&cdr, &tariff, Policy::default()), net("10"));
    let as_given = Policy { time_volume: TimeVolume::AsGiven, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, as_given), net("10.25"));
    assert_same(theirs(&cdr, &tariff), net("10"));
}

#[test]
fn limit_side_a_maximum_without_vat() {
    let energy = r#"{"price_components":[{"type":"ENERGY","price":1,"vat":21,"step_size":1}]}"#;
    let tariff = tariff(r#""max_price":{"excl_vat":10},"#, energy);
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 20, TIME 1")]);
    let given_only = Policy { limit_side: LimitSide::GivenOnly, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, Policy::default()), amount("10", "12.10"));
    assert_same(ours(&cdr, &tariff, given_only), amount("10", "24.20"));
    assert_same(theirs(&cdr, &tariff), amount("10", "24.20"));
}

#[test]
fn limit_side_a_minimum_without_vat_above_the_cost_with_it() {
    let energy = r#"{"price_components":[{"type":"ENERGY","price":1,"vat":21,"step_size":1}]}"#;
    let tariff = tariff(r#""min_price":{"excl_vat":10},"#, energy);
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 1, TIME 1")]);
    assert_same(ours(&cdr, &tariff, Policy::default()), amount("10", "12.10"));
    // They do not know what it is with VAT.
    assert_same(theirs(&cdr, &tariff), Amount { excl: Decimal::TEN, incl: None });
}

#[test]
fn end_midnight_alone_is_the_end_of_the_day() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":1,"step_size":1}],"restrictions":{"end_time":"00:00"}}"#,
    );
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 2, TIME 1")]);
    assert_same(ours(&cdr, &tariff, Policy::default()), net("2"));
    let never = Policy { end_midnight: EndMidnight::Never, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, never), net("0"));
    assert_same(theirs(&cdr, &tariff), net("2"));
}

#[test]
fn equal_times_are_refused() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":5,"step_size":1}],
            "restrictions":{"start_time":"09:00","end_time":"09:00"}},
           {"price_components":[{"type":"ENERGY","price":1,"step_size":1}]}"#,
    );
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 2, TIME 1")]);
    let with = |equal_times| Policy { equal_times, ..Policy::default() };
    let refusal = ours::totals(&cdr, &tariff, Tz::UTC, Policy::default()).unwrap_err();
    assert!(refusal.contains("elements[0].restrictions.end_time"), "{refusal}");
    assert_same(ours(&cdr, &tariff, with(EqualTimes::Never)), net("2"));
    assert_same(ours(&cdr, &tariff, with(EqualTimes::Always)), net("10"));
    assert_same(theirs(&cdr, &tariff), net("2"));
}

#[test]
fn unknown_power_meets_no_restriction() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":0.2,"step_size":1}],"restrictions":{"max_power":16}},
           {"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}]}"#,
    );
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 10, TIME 1")]);
    let met = Policy { unknown_power: UnknownPower::Met, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, Policy::default()), net("5"));
    assert_same(ours(&cdr, &tariff, met), net("2"));
    assert_same(theirs(&cdr, &tariff), net("2"));
}

#[test]
fn power_range_a_period_across_the_bound() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":0.2,"step_size":1}],"restrictions":{"max_power":16}},
           {"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}]}"#,
    );
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY 10, TIME 1, MIN_POWER 5, MAX_POWER 20")]);
    let touches = Policy { power_range: PowerRange::Touches, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, Policy::default()), net("5"));
    assert_same(ours(&cdr, &tariff, touches), net("2"));
    assert_same(theirs(&cdr, &tariff), net("2"));
}

#[test]
fn zero_volume_is_not_the_last_use() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}],"restrictions":{"end_time":"11:00"}},
           {"price_components":[{"type":"ENERGY","price":0.3,"step_size":1000}]}"#,
    );
    let cdr = cdr("", "12:00:00", &[("10:00:00", "ENERGY 1.2, TIME 1"), ("11:00:00", "ENERGY 0, TIME 1")]);
    let counts = Policy { zero_volume: ZeroVolume::Counts, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, Policy::default()), net("0.6"));
    assert_same(ours(&cdr, &tariff, counts), net("0.84"));
    assert_same(theirs(&cdr, &tariff), net("0.84"));
}

#[test]
fn credit_turns_the_total_around() {
    let tariff = tariff("", r#"{"price_components":[{"type":"ENERGY","price":0.5,"vat":21,"step_size":1}]}"#);
    let cdr =
        cdr(r#""credit":true,"credit_reference_id":"C0","#, "11:00:00", &[("10:00:00", "ENERGY 10, TIME 1")]);
    assert_same(ours(&cdr, &tariff, Policy::default()), amount("-5", "-6.05"));
    let positive = Policy { credit: CreditCdr::Positive, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, positive), amount("5", "6.05"));
    assert_same(theirs(&cdr, &tariff), amount("-5", "-6.05"));
}

#[test]
fn reservation_the_standards_example_with_a_reservation_price() {
    // OCPI 2.2.1, Tariffs, examples/tariff_15_reservation_5_euro_per_hour.json
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"TIME","price":5,"vat":20,"step_size":60}],"restrictions":{"reservation":"RESERVATION"}},
           {"price_components":[{"type":"FLAT","price":0.5,"vat":20,"step_size":1},
                                {"type":"ENERGY","price":0.25,"vat":10,"step_size":1}]}"#,
    );
    let cdr =
        cdr("", "11:00:00", &[("09:45:00", "RESERVATION_TIME 0.25"), ("10:00:00", "ENERGY 20, TIME 1")]);
    let skipped = Policy { reservation: ReservationElements::Skipped, ..Policy::default() };
    assert_same(ours(&cdr, &tariff, Policy::default()), amount("6.75", "7.60"));
    assert_same(ours(&cdr, &tariff, skipped), amount("5.50", "6.10"));
    assert_same(theirs(&cdr, &tariff), amount("5.50", "6.10"));
}

/// What follows has no switch: the other engine's way has nothing to be said for it.
#[test]
fn without_a_switch_more_energy_is_fed_back_than_taken() {
    let tariff = tariff("", r#"{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1000}]}"#);
    let cdr = cdr("", "11:00:00", &[("10:00:00", "ENERGY -1.5, TIME 1")]);
    assert_same(ours(&cdr, &tariff, corners::theirs()), net("-0.75"));
    // Rounded up to -1 kWh.
    assert_same(theirs(&cdr, &tariff), net("-0.5"));
}

#[test]
fn without_a_switch_less_than_a_millisecond_above_a_step() {
    let tariff = tariff("", r#"{"price_components":[{"type":"TIME","price":36,"step_size":900}]}"#);
    // Twice 0.25000005 hours: 1800.00036 seconds of charging in an hour.
    let volumes = "TIME 0.25000005";
    let cdr = cdr("", "11:00:00", &[("10:00:00", volumes), ("10:30:00", volumes)]);
    assert_same(ours(&cdr, &tariff, corners::theirs()), net("27"));
    // Time is cut to whole milliseconds before it is rounded up.
    assert_same(theirs(&cdr, &tariff), net("18"));
}

#[test]
fn without_a_switch_a_first_period_after_the_start_of_the_session() {
    let tariff = tariff(
        "",
        r#"{"price_components":[{"type":"ENERGY","price":1,"step_size":1}],"restrictions":{"max_duration":1800}},
           {"price_components":[{"type":"ENERGY","price":2,"step_size":1}]}"#,
    );
    let late = cdr("", "11:00:00", &[("10:00:00", "ENERGY 5, TIME 0.5")]).replace(
        r#""start_date_time":"2024-01-15T10:00:00Z","dimensions""#,
        r#""start_date_time":"2024-01-15T10:30:00Z","dimensions""#,
    );
    assert_same(ours(&late, &tariff, corners::theirs()), net("10"));
    // The session begins with its first period.
    assert_same(theirs(&late, &tariff), net("5"));
}
