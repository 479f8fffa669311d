//! A session that is priced from meter readings costs what the CDR of it says, however that was cut.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use tariffs::{Activity, Current, Energy, Policy, Power, Pricer, Reading, Reserved};
use tariffs_differential::ours;
use tariffs_differential::pair::Pair;
use tariffs_differential::session::{Kind, Session};

/// What a station tells: the standing of the register, what goes on from then on, and every ten minutes the register.
fn readings(session: &Session) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut mwh = 0;
    let reading = |at: DateTime<Utc>, mwh: i64, kind: Kind| {
        let rate = kind.rate();
        let activity = if kind == Kind::Parking { Activity::Parking } else { Activity::Charging };
        let power = Power::from_kw(Decimal::new(rate * 36, 1)).unwrap();
        let current = Current::from_a(Decimal::from(rate * 16)).unwrap();
        Reading::at(at).register(Energy::from_mwh(mwh)).activity(activity).power(power).current(current)
    };
    for (from, stretch) in session.timed() {
        for second in (0..stretch.seconds).step_by(600) {
            let taken = stretch.kind.rate() * second * 1_000;
            found.push(reading(from + TimeDelta::seconds(second), mwh + taken, stretch.kind));
        }
        mwh += stretch.kind.rate() * stretch.seconds * 1_000;
    }
    found.push(Reading::at(session.end()).register(Energy::from_mwh(mwh)));
    found
}

#[test]
fn the_bill_of_the_readings_is_the_total_of_the_cdr() {
    let mut count = 0;
    for pair in (0..6_000).map(Pair::draw).filter(|pair| pair.faithful) {
        let (cdr, tariff) = (pair.cdr.to_string(), pair.tariff.to_string());
        let tz = pair.session.tz;
        let Ok(plan) = ours::plan(&tariff, Policy::default()) else { continue };
        let told = ours::totals(&cdr, &tariff, tz, Policy::default()).unwrap().cost;
        let mut pricer = Pricer::with_plan(plan, tz, pair.session.start);
        if pair.session.reserved.is_some() {
            let (from, until) = (pair.session.begin(), pair.session.start);
            pricer.reserve(Reserved { from, until, expired: false });
        }
        for reading in readings(&pair.session) {
            pricer.push(reading).unwrap();
        }
        let total = pricer.total(pair.session.end());
        // The bill is rounded once for each of at most four rates of VAT, the CDR's total is exact.
        let near = |one: Decimal, other: Decimal| (one - other).abs() <= Decimal::new(2, 2);
        let same = near(total.excl.amount, told.excl) && near(total.incl.amount, told.incl.unwrap());
        assert!(same, "seed {}: {total:?} {told:?}\n{tariff}\n{cdr}\n{:?}", pair.seed, pair.session);
        count += 1;
    }
    println!("{count} sessions cost the same by their readings and by their CDRs");
    assert!(count > 1_500);
}
