//! What pricing costs: one reading of a live session, and whole sessions.

#![expect(clippy::unwrap_used, reason = "a benchmark, with a tariff of its own")]

use std::hint::black_box;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tariffs::{Activity, Energy, Plan, Pricer, Reading, Tariff};

const TZ: chrono_tz::Tz = chrono_tz::Europe::Amsterdam;

/// Twenty elements: 16 windows of 90 minutes, a price for long sessions, idle time, a fee, and the rest.
fn tariff() -> Arc<Tariff> {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let window = |index: u32| {
        format!(
            r#"{{"name":"w{index}","components":[
                {{"dimension":"energy","price":"0.{}","vat":21,"step_size":1}},
                {{"dimension":"time","price":"1.{index:02}","vat":21,"step_size":60}}],
              "restrictions":{{"start_time":"{}","end_time":"{}","max_kwh":500}}}}"#,
            20 + index,
            clock(index * 90),
            clock(index * 90 + 90)
        )
    };
    let mut elements: Vec<String> = (0..16).map(window).collect();
    elements.extend([
        r#"{"components":[{"dimension":"parking_time","price":6,"vat":21}],"restrictions":{"min_duration":7200}}"#.into(),
        r#"{"components":[{"dimension":"parking_time","price":0,"vat":21}]}"#.into(),
        r#"{"components":[{"dimension":"flat","price":"0.5","vat":21}]}"#.into(),
        r#"{"components":[{"dimension":"energy","price":"0.5","vat":21}]}"#.into(),
    ]);
    let json = format!(
        r#"{{"id":"bench","currency":"EUR","max_price":{{"excl":9999}},"elements":[{}]}}"#,
        elements.join(",")
    );
    Arc::new(Tariff::from_json(&json).unwrap())
}

fn start() -> DateTime<Utc> {
    "2026-10-24T08:00:00Z".parse().unwrap()
}

fn reading(index: i64, seconds: i64) -> Reading {
    let at = start() + TimeDelta::seconds(index * seconds);
    Reading::at(at).register(Energy::from_mwh(index * seconds * 2_000)).activity(Activity::Charging)
}

fn one_reading(criterion: &mut Criterion) {
    const BATCH: i64 = 1_000;
    let plan = Arc::new(Plan::new(tariff()).unwrap());
    let mut group = criterion.benchmark_group("one reading");
    for earlier in [10, 100_000] {
        let readings = (0..earlier).map(|index| reading(index, 10));
        let pricer = Pricer::replay(plan.clone(), TZ, start(), readings);
        let next: Vec<Reading> = (earlier..earlier + BATCH).map(|index| reading(index, 10)).collect();
        group.throughput(Throughput::Elements(BATCH.unsigned_abs()));
        group.bench_function(format!("push, after {earlier} readings, × {BATCH}"), |bencher| {
            bencher.iter_batched_ref(
                || pricer.clone(),
                |pricer| next.iter().for_each(|reading| pricer.push(*black_box(reading)).unwrap()),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    let readings: Vec<Reading> = (0..101).map(|index| reading(index, 900)).collect();
    let pricer = Pricer::replay(plan, TZ, start(), readings.iter().copied());
    let end = readings[100].at;
    criterion.bench_function("running total after 100 periods", |bencher| {
        bencher.iter(|| black_box(&pricer).total(black_box(end)));
    });
}

fn whole_sessions(criterion: &mut Criterion) {
    let readings: Vec<Reading> = (0..101).map(|index| reading(index, 900)).collect();
    let end = readings[100].at;
    let tariff = tariff();
    let plan = Arc::new(Plan::new(tariff.clone()).unwrap());
    let price = |plan: Arc<Plan>| Pricer::replay(plan, TZ, start(), black_box(&readings).iter().copied());
    criterion.bench_function("100 periods, 20 elements: total", |bencher| {
        bencher.iter(|| price(plan.clone()).total(end));
    });
    criterion.bench_function("100 periods, 20 elements: bill", |bencher| {
        bencher.iter(|| price(plan.clone()).bill(end));
    });
    criterion.bench_function("100 periods, 20 elements: bill, with preparing the tariff", |bencher| {
        bencher.iter(|| price(Arc::new(Plan::new(tariff.clone()).unwrap())).bill(end));
    });
}

criterion_group!(benches, one_reading, whole_sessions);
criterion_main!(benches);
