//! What a decision costs: rules over full windows, and the model over the last 32 payments. `cargo bench -p payments
//! --bench risk`.

use chrono::TimeDelta;
use criterion::{Criterion, criterion_group, criterion_main};
use payments::risk::{
    Decision,
    behaviour::{
        Asked, Finding, Plan,
        population::{Population, Scale},
        train,
    },
    rules::{Mode, Payment, RuleSet, SEEN_MAX, Seen, Subject, What, evaluate},
};
use std::hint::black_box;

fn decisions(criterion: &mut Criterion) {
    let population = Population::make(&Scale { seed: 1, drivers: 200, days: 60, fraud: false });
    let people = population.visits_until(60);
    let plan = Plan { epochs: 1, ..Plan::default() };
    let (Ok(Some(trained)), Some(before)) =
        (train(&people, &plan), people.iter().max_by_key(|one| one.len()))
    else {
        return;
    };
    let (before, visit) = before.split_at(before.len() - 1);
    let visit = &visit[0];
    let rules = RuleSet::defaults();
    let keys = Subject::KEPT.map(|subject| (subject, "0123456789abcdef0123456789abcdef".to_owned())).into();
    let payment = Payment { at: visit.at, amount: visit.amount, keys: &keys, segment: None };
    // Every window full, as in an attack.
    let seen = |n: usize| Seen {
        at: visit.at - TimeDelta::milliseconds(n as i64 * 100),
        what: if n.is_multiple_of(2) { What::Attempt } else { What::Refusal },
        amount: visit.amount,
        card: format!("{n:032x}"),
        driver: String::new(),
    };
    let (few, full): (Vec<Seen>, Vec<Seen>) =
        ((0..5).rev().map(seen).collect(), (0..SEEN_MAX).rev().map(seen).collect());
    let asked = Asked { before, visit, new_device: true, rests: false };
    let ask = || Finding::of(&trained.model, &trained.calibration, &rules.behaviour, &asked);
    let decide = |past: &[Seen]| {
        let hits = evaluate(&rules, &payment, |_| past);
        Decision::of(hits, ask().map(|finding| (finding, Mode::Live)), Vec::new(), false, "")
    };
    criterion.bench_function("rules, five events of each subject", |b| {
        b.iter(|| evaluate(black_box(&rules), black_box(&payment), |_| &few))
    });
    criterion.bench_function("rules, 2,000 events of each subject", |b| {
        b.iter(|| evaluate(black_box(&rules), black_box(&payment), |_| &full))
    });
    criterion.bench_function("model", |b| b.iter(|| black_box(ask())));
    criterion.bench_function("decision, five events of each subject", |b| b.iter(|| black_box(decide(&few))));
}

criterion_group!(benches, decisions);
criterion_main!(benches);
