//! What it costs to take one message in: parse, check against the schema, decode into its type.

#![allow(missing_docs, reason = "criterion's macros")]

mod payloads;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ocpp::schema::{Kind, check};
use ocpp::{Call, Version, lenient, v2, v16};
use serde_json::Value;

fn take<T: Call>(version: Version, text: &str) -> Option<T> {
    let payload: Value = serde_json::from_str(text).ok()?;
    check(version, T::ACTION, Kind::Request, &payload).ok()?;
    serde_json::from_value(payload).ok()
}

fn wire(c: &mut Criterion) {
    let meter = payloads::meter_values().to_string();
    let event = payloads::transaction_event().to_string();
    assert!(take::<v16::MeterValuesRequest>(Version::V16, &meter).is_some());
    assert!(take::<v2::TransactionEventRequest>(Version::V201, &event).is_some());
    c.bench_function(&format!("wire/1.6 MeterValues, {} bytes", meter.len()), |b| {
        b.iter(|| take::<v16::MeterValuesRequest>(Version::V16, black_box(&meter)))
    });
    c.bench_function(&format!("wire/2.0.1 TransactionEvent, {} bytes", event.len()), |b| {
        b.iter(|| take::<v2::TransactionEventRequest>(Version::V201, black_box(&event)))
    });
    for (name, text) in [("1.6 MeterValues", &meter), ("2.0.1 TransactionEvent", &event)] {
        c.bench_function(&format!("parse alone/{name}"), |b| {
            b.iter(|| serde_json::from_str::<Value>(black_box(text)))
        });
    }
    let odd = meter.replace("\"Wh\"", "\"wh\"").replace("\"connectorId\":1", "\"connectorId\":\"1\"");
    c.bench_function("lenient/1.6 MeterValues with two deviations, parse and repair", |b| {
        b.iter(|| {
            let mut payload: Value = serde_json::from_str(black_box(&odd)).ok()?;
            lenient::accept(Version::V16, "MeterValues", Kind::Request, &mut payload).ok()
        })
    });
}

criterion_group!(benches, wire);
criterion_main!(benches);
