//! What the schema check of one payload costs.

#![allow(missing_docs, reason = "criterion's macros")]

mod payloads;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ocpp::Version;
use ocpp::schema::{Kind, check};

fn checks(c: &mut Criterion) {
    let meter = payloads::meter_values();
    c.bench_function("check/1.6 MeterValues", |b| {
        b.iter(|| check(Version::V16, "MeterValues", Kind::Request, black_box(&meter)).is_ok())
    });
    let event = payloads::transaction_event();
    c.bench_function("check/2.0.1 TransactionEvent", |b| {
        b.iter(|| check(Version::V201, "TransactionEvent", Kind::Request, black_box(&event)).is_ok())
    });
    c.bench_function("check/2.1 TransactionEvent", |b| {
        b.iter(|| check(Version::V21, "TransactionEvent", Kind::Request, black_box(&event)).is_ok())
    });
}

criterion_group!(benches, checks);
criterion_main!(benches);
