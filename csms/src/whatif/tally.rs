//! How the cost of many sessions changes, in memory that does not grow with them.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::Serialize;
use std::collections::BTreeMap;
use tariffs::{Bill, Charge, Currency, Plan};

/// So many different changes are told apart; with more of them they are counted in tens of the smallest unit, and so on.
const CHANGES_MAX: usize = 100_000;
/// The largest rises, and falls, that are named.
const EXTREMES: usize = 10;
/// Bars of the histogram at most, beside the one for no change.
const BARS_MAX: i64 = 16;

/// What a session costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    pub net: Decimal,
    pub gross: Decimal,
    /// mWh.
    pub energy: i64,
    /// What is charged for what; the rest of the total are limits, discounts and rounding.
    pub parts: Vec<(Charge, Part)>,
}

/// What is charged for one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// kWh, seconds, or times.
    pub quantity: Decimal,
    pub net: Decimal,
    pub gross: Decimal,
}

impl Costs {
    /// What a bill says.
    pub fn of(bill: &Bill) -> Costs {
        let part = |total: &tariffs::DimensionTotal| {
            (total.dimension, Part { quantity: total.quantity, net: total.net, gross: total.gross })
        };
        Costs {
            net: bill.total_excl,
            gross: bill.total_incl,
            energy: bill.energy.mwh(),
            parts: bill.totals.iter().map(part).collect(),
        }
    }
}

/// Sessions that could not be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// They had no tariff.
    pub without_bill: u64,
    /// A reading, or the bill, cannot be read: csms audit tells more.
    pub unreadable: u64,
    /// They have more readings than are looked at.
    pub too_long: u64,
}

/// Sums on one side of the change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub net: Decimal,
    pub gross: Decimal,
    pub energy_kwh: Decimal,
}

/// What is charged for one thing, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PartChange {
    /// `None`: limits, discounts and rounding of the whole.
    pub charge: Option<Charge>,
    pub before: Part,
    pub after: Part,
}

/// How many sessions, and how much of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub sessions: u64,
    /// One decimal.
    pub percent: Decimal,
}

/// The change of the gross per session: so many percent of the sessions change by this or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Distribution {
    pub min: Decimal,
    pub p5: Decimal,
    pub p25: Decimal,
    pub median: Decimal,
    pub p75: Decimal,
    pub p95: Decimal,
    pub max: Decimal,
    /// The changes were counted as multiples of this.
    pub grain: Decimal,
}

/// Sessions whose gross changes by `from` or more and less than `to`. Those that stay the same have one of their own,
/// from 0 to 0, and are in no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub from: Decimal,
    pub to: Decimal,
    pub sessions: u64,
}

/// A session that changes much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extreme {
    pub session: String,
    pub before: Decimal,
    pub after: Decimal,
    pub change: Decimal,
}

/// The answer. All amounts are in `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The id of the other tariff.
    pub tariff: String,
    #[serde(serialize_with = "code")]
    pub currency: Currency,
    /// Those that are compared.
    pub sessions: u64,
    pub left_out: LeftOut,
    pub before: Sum,
    pub after: Sum,
    pub more: Share,
    pub less: Share,
    pub same: Share,
    /// `None` without any session.
    pub distribution: Option<Distribution>,
    pub histogram: Vec<Bar>,
    /// The largest first.
    pub rises: Vec<Extreme>,
    pub falls: Vec<Extreme>,
    /// In the order of a bill.
    pub parts: Vec<PartChange>,
}

fn code<S: serde::Serializer>(currency: &Currency, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(currency.code())
}

/// Counts sessions one by one.
#[derive(Debug)]
pub struct Tally {
    tariff: String,
    currency: Currency,
    pub left_out: LeftOut,
    sessions: u64,
    more: u64,
    less: u64,
    before: Sum,
    after: Sum,
    parts: BTreeMap<Option<Charge>, (Part, Part)>,
    changes: Changes,
    rises: Vec<Extreme>,
    falls: Vec<Extreme>,
}

impl Tally {
    /// Nothing yet.
    pub fn new(plan: &Plan) -> Tally {
        Tally {
            tariff: plan.tariff().id.clone(),
            currency: plan.tariff().currency,
            left_out: LeftOut::default(),
            sessions: 0,
            more: 0,
            less: 0,
            before: Sum::default(),
            after: Sum::default(),
            parts: BTreeMap::new(),
            changes: Changes { counts: BTreeMap::new(), grain: 1 },
            rises: Vec::new(),
            falls: Vec::new(),
        }
    }

    /// Counts a session.
    pub fn add(&mut self, session: &str, before: &Costs, after: &Costs) {
        self.sessions += 1;
        self.before.add(before);
        self.after.add(after);
        for (costs, side) in [(before, 0), (after, 1)] {
            let mut rest = Part { quantity: Decimal::ZERO, net: costs.net, gross: costs.gross };
            for (charge, part) in &costs.parts {
                (rest.net, rest.gross) = (rest.net - part.net, rest.gross - part.gross);
                self.part(Some(*charge), side, part);
            }
            if !rest.net.is_zero() || !rest.gross.is_zero() {
                self.part(None, side, &rest);
            }
        }
        let change = after.gross - before.gross;
        let units = change * Decimal::from(10_u64.pow(self.currency.digits()));
        let units = units.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let units = units.to_i64().unwrap_or(if units.is_sign_negative() { i64::MIN } else { i64::MAX });
        self.changes.add(units);
        if units == 0 {
            return;
        }
        let (list, count) =
            if units > 0 { (&mut self.rises, &mut self.more) } else { (&mut self.falls, &mut self.less) };
        *count += 1;
        let size = change.abs();
        let place = list.partition_point(|other| other.change.abs() >= size);
        if place < EXTREMES {
            let (before, after) = (before.gross, after.gross);
            list.insert(place, Extreme { session: session.to_owned(), before, after, change });
            list.truncate(EXTREMES);
        }
    }

    fn part(&mut self, charge: Option<Charge>, side: usize, part: &Part) {
        let (before, after) = self.parts.entry(charge).or_default();
        let sum = if side == 0 { before } else { after };
        sum.quantity += part.quantity;
        sum.net += part.net;
        sum.gross += part.gross;
    }

    /// The answer so far.
    pub fn outcome(self) -> Outcome {
        let all = self.sessions;
        let share = |sessions: u64| Share { sessions, percent: percent(sessions, all) };
        let part = |charge: &Option<Charge>, (before, after): (Part, Part)| PartChange {
            charge: *charge,
            before,
            after,
        };
        let (rest, parts): (Vec<_>, Vec<_>) = self
            .parts
            .iter()
            .map(|(charge, sums)| part(charge, *sums))
            .partition(|part| part.charge.is_none());
        Outcome {
            distribution: self.changes.distribution(self.currency),
            histogram: self.changes.histogram(self.currency),
            tariff: self.tariff,
            currency: self.currency,
            sessions: all,
            left_out: self.left_out,
            before: self.before,
            after: self.after,
            more: share(self.more),
            less: share(self.less),
            same: share(all - self.more - self.less),
            rises: self.rises,
            falls: self.falls,
            parts: parts.into_iter().chain(rest).collect(),
        }
    }
}

impl Sum {
    fn add(&mut self, costs: &Costs) {
        self.net += costs.net;
        self.gross += costs.gross;
        self.energy_kwh += Decimal::new(costs.energy, 6);
    }
}

fn percent(of: u64, all: u64) -> Decimal {
    let percent = Decimal::from(of) * Decimal::ONE_HUNDRED;
    let mut percent = percent.checked_div(Decimal::from(all)).unwrap_or_default();
    percent.rescale(1);
    percent
}

/// How many sessions change by how much, in smallest units of the currency.
#[derive(Debug)]
struct Changes {
    counts: BTreeMap<i64, u64>,
    /// All keys are multiples of it.
    grain: i64,
}

impl Changes {
    fn add(&mut self, units: i64) {
        *self.counts.entry(rounded(units, self.grain)).or_default() += 1;
        while self.counts.len() > CHANGES_MAX {
            self.grain = self.grain.saturating_mul(10);
            let finer = std::mem::take(&mut self.counts);
            for (units, sessions) in finer {
                *self.counts.entry(rounded(units, self.grain)).or_default() += sessions;
            }
        }
    }

    fn distribution(&self, currency: Currency) -> Option<Distribution> {
        let all: u64 = self.counts.values().sum();
        let (min, max) = (*self.counts.keys().next()?, *self.counts.keys().next_back()?);
        let money = |units: i64| Decimal::new(units, currency.digits());
        // The least change that so much of the sessions, or more, do not exceed.
        let at = |percent: u64| {
            let rank = (u128::from(all) * u128::from(percent)).div_ceil(100).max(1);
            let mut counted = 0_u128;
            let found = self.counts.iter().find(|(_, sessions)| {
                counted += u128::from(**sessions);
                counted >= rank
            });
            money(found.map_or(max, |(units, _)| *units))
        };
        Some(Distribution {
            min: money(min),
            p5: at(5),
            p25: at(25),
            median: at(50),
            p75: at(75),
            p95: at(95),
            max: money(max),
            grain: money(self.grain),
        })
    }

    fn histogram(&self, currency: Currency) -> Vec<Bar> {
        let (Some(min), Some(max)) = (self.counts.keys().next(), self.counts.keys().next_back()) else {
            return Vec::new();
        };
        let width = width(*min, *max);
        let money = |units: i64| Decimal::new(units, currency.digits());
        let mut bars: BTreeMap<(i64, bool), u64> = BTreeMap::new();
        for (units, sessions) in &self.counts {
            // No change comes before the bar that begins at 0.
            *bars.entry((units.div_euclid(width), *units != 0)).or_default() += sessions;
        }
        let bar = |((index, changes), sessions): ((i64, bool), u64)| {
            let from = index.saturating_mul(width);
            let to = if changes { from.saturating_add(width) } else { from };
            Bar { from: money(from), to: money(to), sessions }
        };
        bars.into_iter().map(bar).collect()
    }
}

/// To the next multiple, a half away from zero.
fn rounded(units: i64, grain: i64) -> i64 {
    let (whole, rest) = (units / grain, units % grain);
    let up = if rest.unsigned_abs() * 2 >= grain.unsigned_abs() { units.signum() } else { 0 };
    (whole + if grain == 1 { 0 } else { up }).saturating_mul(grain)
}

/// The least width of 1, 2 or 5 and zeros with which there are not too many bars.
fn width(min: i64, max: i64) -> i64 {
    let mut decade = 1_i64;
    loop {
        for step in [1, 2, 5] {
            let width = decade.saturating_mul(step);
            if max.div_euclid(width).saturating_sub(min.div_euclid(width)) < BARS_MAX || width == i64::MAX {
                return width;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let json = r#"{"id":"new","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"1"}]}]}"#;
        Plan::new(std::sync::Arc::new(tariffs::Tariff::from_json(json).unwrap())).unwrap()
    }

    fn costs(cents: i64) -> Costs {
        Costs {
            net: Decimal::new(cents, 2),
            gross: Decimal::new(cents, 2),
            energy: 1_000_000,
            parts: Vec::new(),
        }
    }

    fn outcome(changes: impl IntoIterator<Item = i64>) -> Outcome {
        let mut tally = Tally::new(&plan());
        for (n, change) in changes.into_iter().enumerate() {
            tally.add(&n.to_string(), &costs(1_000), &costs(1_000 + change));
        }
        tally.outcome()
    }

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn percentiles_are_changes_that_occurred() {
        let found = outcome((1..=100).map(|n| n - 20)).distribution.unwrap();
        let told = [found.min, found.p5, found.p25, found.median, found.p75, found.p95, found.max];
        assert_eq!(told, ["-0.19", "-0.15", "0.05", "0.30", "0.55", "0.75", "0.80"].map(dec));
        let one = outcome([-7]).distribution.unwrap();
        assert_eq!((one.min, one.median, one.max), (dec("-0.07"), dec("-0.07"), dec("-0.07")));
        assert_eq!(outcome([]).distribution, None);
    }

    #[test]
    fn shares_and_bars_count_every_session_once() {
        let outcome = outcome([0, 0, 0, 5, 10, 19, -1, -10]);
        assert_eq!((outcome.more.sessions, outcome.less.sessions, outcome.same.sessions), (3, 2, 3));
        assert_eq!(outcome.same.percent, dec("37.5"));
        let bars: Vec<(String, String, u64)> =
            outcome.histogram.iter().map(|b| (b.from.to_string(), b.to.to_string(), b.sessions)).collect();
        let bar = |from: &str, to: &str, sessions| (from.to_owned(), to.to_owned(), sessions);
        assert_eq!(
            bars,
            [
                bar("-0.10", "-0.08", 1),
                bar("-0.02", "0.00", 1),
                bar("0.00", "0.00", 3),
                bar("0.04", "0.06", 1),
                bar("0.10", "0.12", 1),
                bar("0.18", "0.20", 1),
            ]
        );
    }

    #[test]
    fn the_largest_changes_are_named() {
        let outcome = outcome((0..40).map(|n| if n % 2 == 0 { n } else { -n }));
        assert_eq!((outcome.rises.len(), outcome.falls.len()), (EXTREMES, EXTREMES));
        assert_eq!((outcome.rises[0].session.as_str(), outcome.rises[0].change), ("38", dec("0.38")));
        assert_eq!((outcome.falls[9].session.as_str(), outcome.falls[9].change), ("21", dec("-0.21")));
    }

    #[test]
    fn many_different_changes_are_counted_more_coarsely() {
        let found = outcome(0..=CHANGES_MAX as i64 + 10);
        assert_eq!(found.sessions, CHANGES_MAX as u64 + 11);
        assert_eq!(found.same.sessions, 1, "who pays the same is still counted exactly");
        let distribution = found.distribution.unwrap();
        assert_eq!(distribution.grain, dec("0.10"));
        assert_eq!(distribution.median, dec("500.10"));
        let counted: u64 = found.histogram.iter().map(|bar| bar.sessions).sum();
        assert_eq!(counted, found.sessions);
    }

    #[test]
    fn the_rest_of_a_total_is_limits_and_discounts() {
        let mut tally = Tally::new(&plan());
        let part = Part { quantity: dec("3"), net: dec("9"), gross: dec("9") };
        let before = Costs { parts: vec![(Charge::Energy, part)], ..costs(900) };
        let after = Costs { parts: vec![(Charge::Energy, part)], ..costs(800) };
        tally.add("1", &before, &after);
        let parts = tally.outcome().parts;
        assert_eq!(parts[0], PartChange { charge: Some(Charge::Energy), before: part, after: part });
        assert_eq!(
            (parts[1].charge, parts[1].before, parts[1].after.gross),
            (None, Part::default(), dec("-1"))
        );
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        let mut tally = Tally::new(&plan());
        let huge = |amount| Costs { gross: amount, ..Costs::default() };
        let most = Decimal::from(1_000_000_000_000_000_000_i64);
        tally.add("1", &huge(-most), &huge(most));
        tally.add("2", &huge(most), &huge(-most));
        let outcome = tally.outcome();
        assert_eq!((outcome.more.sessions, outcome.less.sessions), (1, 1));
        assert_eq!(outcome.histogram.iter().map(|bar| bar.sessions).sum::<u64>(), 2);
    }
}
