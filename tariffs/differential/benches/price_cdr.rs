//! One CDR of 100 charging periods under a tariff of 20 elements, priced by both engines on the same texts in one run.
#![allow(clippy::unwrap_used, reason = "a benchmark, with a tariff and a CDR of its own")]

use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use criterion::{Criterion, criterion_group, criterion_main};
use ocpi_tariffs::price::TariffSource;
use ocpi_tariffs::{Version, json};
use rust_decimal::Decimal;
use tariffs::{Policy, ocpi};
use tariffs_differential::cdr::{Cdr, Kind, Period};
use tariffs_differential::tariff::{Component, Dimension, Element, Limit, Restrictions, Tariff};
use tariffs_differential::{ours, theirs};

const TZ: Tz = Tz::Europe__Amsterdam;
const PERIODS: i64 = 100;

/// Sixteen windows of 90 minutes, a price for long parking, parking, a fee, and the rest.
fn tariff() -> Tariff {
    let component = |dimension, cents, step_size| Component {
        dimension,
        price: Decimal::new(cents, 2),
        vat: Some(Decimal::from(21)),
        step_size,
    };
    let window = |index: u16| Element {
        components: vec![
            component(Dimension::Energy, i64::from(20 + index), 1),
            component(Dimension::Time, i64::from(100 + index), 60),
        ],
        restrictions: Restrictions {
            start_time: Some(index * 90),
            end_time: Some((index + 1) * 90 % 1_440),
            max_wh: Some(500_000),
            ..Restrictions::default()
        },
    };
    let of = |components, restrictions| Element { components, restrictions };
    let long = Restrictions { min_duration: Some(7_200), ..Restrictions::default() };
    let mut elements: Vec<Element> = (0..16).map(window).collect();
    elements.extend([
        of(vec![component(Dimension::ParkingTime, 600, 1)], long),
        of(vec![component(Dimension::ParkingTime, 0, 1)], Restrictions::default()),
        of(vec![component(Dimension::Flat, 50, 1)], Restrictions::default()),
        of(vec![component(Dimension::Energy, 50, 1)], Restrictions::default()),
    ]);
    let max_price = Some(Limit { excl: Decimal::from(9_999), incl: Some(Decimal::from(9_999)) });
    Tariff { elements, min_price: None, max_price }
}

/// Periods of a quarter of an hour: charging, and at last parking, over the night in which clocks are put back.
fn cdr() -> Cdr {
    let start: DateTime<Utc> = "2025-10-25T08:00:00Z".parse().unwrap();
    let at = |index: i64| start + TimeDelta::minutes(15 * index);
    let period = |index: i64| {
        let quarter = Decimal::new(25, 2);
        let dimensions = if index < PERIODS - 20 {
            vec![(Kind::Energy, Decimal::new(2_345 + index, 3)), (Kind::Time, quarter)]
        } else {
            vec![(Kind::ParkingTime, quarter)]
        };
        Period { start: at(index), dimensions }
    };
    Cdr { start, end: at(PERIODS), periods: (0..PERIODS).map(period).collect(), credit: false }
}

fn both(criterion: &mut Criterion) {
    let (tariff, cdr) = (tariff().to_string(), cdr().to_string());
    let told = theirs::totals(&theirs::report(&cdr, &tariff, TZ).unwrap());
    let found = ours::totals(&cdr, &tariff, TZ, Policy::default()).unwrap();
    assert!(found.differences(&told).is_empty(), "the engines agree: {found:#?} {told:#?}");

    let mut group = criterion.benchmark_group("read CDR, prepared tariff");
    let plan = ours::plan(&tariff, Policy::default()).unwrap();
    let ours = ocpi::read_cdr(&cdr, ocpi::Version::V2_2_1).unwrap();
    group.bench_function("tariffs", |bencher| {
        bencher.iter(|| ocpi::price(black_box(&ours), &plan, TZ).unwrap().totals());
    });
    let read = |text| json::parse_object(text).unwrap();
    let theirs = ocpi_tariffs::cdr::from_json(read(&cdr), Version::V221).ignore_warnings();
    let theirs_tariff = ocpi_tariffs::tariff::from_json(read(&tariff), Version::V221).ignore_warnings();
    group.bench_function("ocpi-tariffs", |bencher| {
        bencher.iter_batched(
            || TariffSource::single(theirs_tariff.clone()),
            |tariff| ocpi_tariffs::cdr::price(black_box(&theirs), tariff, TZ).unwrap(),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();

    let mut group = criterion.benchmark_group("texts of CDR and tariff");
    group.bench_function("tariffs", |bencher| {
        bencher.iter(|| ours::totals(black_box(&cdr), black_box(&tariff), TZ, Policy::default()).unwrap());
    });
    group.bench_function("ocpi-tariffs", |bencher| {
        bencher.iter(|| theirs::report(black_box(&cdr), black_box(&tariff), TZ).unwrap());
    });
    group.finish();
}

criterion_group!(benches, both);
criterion_main!(benches);
