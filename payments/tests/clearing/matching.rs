use payments::Amount;
use payments::clearing::matching::{Found, Matcher, Ours, Reason, Rules, Step, Theirs};
use payments::clearing::{Contract, Contracts, Kind, Line, Rate, Standing};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn day(n: i64) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + chrono::TimeDelta::days(n)
}

fn amount(minor: i64) -> Amount {
    Amount::new(minor, "CNY".parse().unwrap())
}

fn contract() -> Contract {
    Contract { rate: Rate::millionths(6_000), fixed: 0, returns: true, tolerance: 0 }
}

fn ours(n: usize, kind: Kind, minor: i64, on: i64) -> Ours {
    let number = format!("N{n:06}");
    Ours { id: n as i64, kind, number, amount: amount(minor), day: day(on), standing: Standing::Done }
}

fn theirs(ours: &Ours, id: i64, on: i64) -> Theirs {
    let fee = match ours.kind {
        Kind::Refund => contract().of_refund(ours.amount),
        _ => contract().of_payment(ours.amount),
    };
    let line = Line {
        kind: ours.kind,
        number: ours.number.clone(),
        reference: format!("P{id}"),
        amount: ours.amount,
        fee: Some(fee),
        at: None,
        day: day(on),
        standing: Standing::Done,
        text: String::new(),
        row: 1,
    };
    Theirs { id, line, since: day(on) }
}

/// Runs a matcher over both sides, sorted here, in pages of so many rows.
fn found(mut all_ours: Vec<Ours>, mut all_theirs: Vec<Theirs>, until: i64, page: usize) -> Vec<Found> {
    all_ours.sort_by(|a, b| a.key().cmp(&b.key()));
    all_theirs.sort_by(|a, b| a.key().cmp(&b.key()));
    let covered = (0..=until).map(day).collect();
    let rules = Rules {
        until: day(until),
        parked_days: 3,
        covered,
        contracts: Contracts::of([(day(-1_000), Some(contract()))]),
    };
    let mut matcher = Matcher::new(rules);
    let mut out = Vec::new();
    loop {
        match matcher.step() {
            Step::WantOurs => {
                let rest = all_ours.split_off(page.min(all_ours.len()));
                matcher.ours(std::mem::replace(&mut all_ours, rest), all_ours.is_empty()).unwrap();
            }
            Step::WantTheirs => {
                let rest = all_theirs.split_off(page.min(all_theirs.len()));
                matcher.theirs(std::mem::replace(&mut all_theirs, rest), all_theirs.is_empty()).unwrap();
            }
            Step::Found(found) => out.push(found),
            Step::End => return out,
        }
    }
}

/// The differences by the number they are of.
fn differences(found: &[Found]) -> BTreeMap<String, Vec<Reason>> {
    let mut all: BTreeMap<String, Vec<Reason>> = BTreeMap::new();
    for found in found {
        let (number, reasons) = match found {
            Found::Pair { ours, reasons, .. } => (&ours.number, reasons.clone()),
            Found::OnlyOurs(ours) => (&ours.number, vec![Reason::MissingThere]),
            Found::OnlyTheirs(theirs) if theirs.line.standing == Standing::Done => {
                (&theirs.line.number, vec![Reason::MissingHere])
            }
            Found::Again(theirs) => (&theirs.line.number, vec![Reason::Duplicate]),
            Found::OnlyTheirs(_) | Found::Parked => continue,
        };
        if !reasons.is_empty() {
            let known = all.entry(number.clone()).or_default();
            known.extend(reasons);
            known.sort();
        }
    }
    all
}

/// What is done to a pair, and what must be found then.
const SEEDS: usize = 14;

fn seed(kind: usize, o: Ours, id: i64) -> (Vec<Ours>, Vec<Theirs>, Vec<Reason>) {
    let t = theirs(&o, id, 0);
    let line = |change: fn(&mut Line)| {
        let mut t = t.clone();
        change(&mut t.line);
        t
    };
    let not_done = |standing| Ours { standing, ..o.clone() };
    match kind {
        0 => (vec![o], vec![], vec![Reason::MissingThere]),
        1 => (vec![], vec![t], vec![Reason::MissingHere]),
        2 => (
            vec![o.clone()],
            vec![theirs(&Ours { amount: amount(o.amount.minor + 1), ..o }, id, 0)],
            vec![Reason::Amount],
        ),
        3 => {
            let other = Amount { currency: "EUR".parse().unwrap(), ..o.amount };
            (vec![o.clone()], vec![theirs(&Ours { amount: other, ..o }, id, 0)], vec![Reason::Currency])
        }
        4 => (vec![o], vec![line(|l| l.standing = Standing::Failed)], vec![Reason::DoneHereOnly]),
        5 => (vec![not_done(Standing::Open)], vec![t], vec![Reason::DoneThereOnly]),
        6 => (vec![not_done(Standing::Failed)], vec![t], vec![Reason::DoneThereOnly]),
        7 => (vec![o], vec![line(|l| l.fee = l.fee.map(|fee| amount(fee.minor + 1)))], vec![Reason::Fee]),
        8 => (vec![o], vec![t.clone(), Theirs { id: id + 1, ..t.clone() }], vec![Reason::Duplicate]),
        9 => {
            let wrong = Theirs { id: id + 1, ..line(|l| l.amount = amount(l.amount.minor + 7)) };
            (vec![o], vec![wrong, t.clone()], vec![Reason::Duplicate])
        }
        // No differences: the days cut between them, neither has happened, they do not tell the fee.
        10 => (vec![o.clone()], vec![theirs(&o, id, 1)], vec![]),
        11 => (vec![not_done(Standing::Failed)], vec![], vec![]),
        12 => (vec![], vec![line(|l| l.standing = Standing::Failed)], vec![]),
        _ => (vec![o], vec![line(|l| l.fee = None)], vec![]),
    }
}

proptest! {
    #[test]
    fn every_seeded_difference_is_found_and_none_invented(
        seeds in proptest::collection::vec((0..SEEDS * 3, any::<bool>(), 1_i64..1_000_000), 0..120), page in 1_usize..40
    ) {
        let (mut all_ours, mut all_theirs, mut expected) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (n, (kind, refund, minor)) in seeds.into_iter().enumerate() {
            let o = ours(n, if refund { Kind::Refund } else { Kind::Payment }, minor, 0);
            // Two of three agree.
            let (o, t, reasons) = if kind < SEEDS {
                seed(kind, o, n as i64 * 10)
            } else {
                (vec![o.clone()], vec![theirs(&o, n as i64 * 10, 0)], vec![])
            };
            if !reasons.is_empty() {
                expected.insert(format!("N{n:06}"), reasons);
            }
            all_ours.extend(o);
            all_theirs.extend(t);
        }
        let counted = all_theirs.len();
        all_theirs.reverse();
        let found = found(all_ours, all_theirs, 3, page);
        prop_assert_eq!(differences(&found), expected);
        let lines = found.iter().filter(|found| !matches!(found, Found::OnlyOurs(_) | Found::Parked)).count();
        prop_assert!(lines <= counted, "no line is told twice");
    }
}

#[test]
fn a_row_waits_three_days_for_its_partner() {
    let o = ours(1, Kind::Payment, 500, 0);
    for until in 0..3 {
        assert_eq!(found(vec![o.clone()], vec![], until, 10), [Found::Parked]);
        assert_eq!(found(vec![], vec![theirs(&o, 1, 0)], until, 10), [Found::Parked]);
    }
    assert_eq!(found(vec![o.clone()], vec![], 3, 10), [Found::OnlyOurs(o.clone())]);
    let crossing = theirs(&o, 1, 1);
    let pair = Found::Pair { ours: o.clone(), theirs: crossing.clone(), reasons: vec![] };
    assert_eq!(found(vec![o], vec![crossing], 1, 10), [pair]);
}

#[test]
fn nothing_is_missing_in_a_statement_that_is_not_there() {
    let rules =
        Rules { until: day(9), parked_days: 3, covered: [day(9)].into(), contracts: Contracts::default() };
    let mut matcher = Matcher::new(rules);
    matcher.ours(vec![ours(1, Kind::Payment, 500, 0)], true).unwrap();
    matcher.theirs(vec![], true).unwrap();
    assert_eq!(matcher.step(), Step::Found(Found::Parked));
}

#[test]
fn a_refund_on_its_way_in_both_books_waits() {
    let o = Ours { standing: Standing::Open, ..ours(1, Kind::Refund, 500, 0) };
    let mut t = theirs(&o, 1, 0);
    t.line.standing = Standing::Open;
    assert_eq!(found(vec![o.clone()], vec![t.clone()], 9, 10), [Found::Parked]);
    let done = Ours { standing: Standing::Done, ..o };
    assert!(
        matches!(&found(vec![done], vec![t], 9, 10)[..], [Found::Pair { reasons, .. }] if reasons.is_empty())
    );
}

#[test]
fn rows_out_of_order_are_refused() {
    let mut matcher = Matcher::new(Rules::default());
    let page = vec![ours(2, Kind::Payment, 1, 0), ours(1, Kind::Payment, 1, 0)];
    assert_eq!(
        matcher.ours(page, true).unwrap_err().to_string(),
        "rows of ours come out of order at N000001"
    );
}
