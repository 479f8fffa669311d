//! A tariff prepared for pricing: whole numbers, and a list of candidates per dimension.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::calendar::{Calendar, Window};
use crate::check::Invalid;
use crate::currency::Currency;
use crate::tariff::{Dimension, PriceLimit, Restrictions, Tariff};

/// A checked tariff, prepared for pricing any number of sessions.
#[derive(Debug)]
pub struct Plan {
    pub(crate) tariff: Arc<Tariff>,
    /// All components of elements that can price charging, in order of their elements.
    pub(crate) components: Vec<PlanComponent>,
    /// Per dimension the indexes of its components, first come first.
    candidates: [Vec<usize>; 5],
    rules: Vec<Rule>,
    pub(crate) calendar: Calendar,
    /// Where the energy of a session, in mWh, may change prices; ascending.
    energy_edges: Vec<i64>,
    /// Where the duration of a session, in µs, may change prices; ascending.
    duration_edges: Vec<i64>,
    pub(crate) uses_power: bool,
    pub(crate) uses_current: bool,
    /// The different VAT rates; components refer to them by index.
    pub(crate) vat_rates: Vec<Option<Decimal>>,
    pub(crate) min_price: Option<Limit>,
    pub(crate) max_price: Option<Limit>,
}

/// A component, prepared.
#[derive(Debug)]
pub(crate) struct PlanComponent {
    pub element: usize,
    pub dimension: Dimension,
    pub price: Decimal,
    /// Index in [`Plan::vat_rates`].
    pub vat: usize,
    /// In mWh or µs; 0: none.
    pub step: i64,
}

/// A limit with both its sides known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub excl: Decimal,
    pub incl: Decimal,
}

/// What decides between elements at one instant, besides the calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Taken so far, mWh.
    pub energy: i64,
    /// Since the session's start, µs.
    pub duration: i64,
    /// mW, if known.
    pub power: Option<i64>,
    /// mA, if known.
    pub current: Option<i64>,
}

#[derive(Debug)]
struct Rule {
    energy: Bounds,
    duration: Bounds,
    power: Bounds,
    current: Bounds,
}

/// `min <= value < max`; a value that is not known meets no bound.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    min: Option<i64>,
    max: Option<i64>,
}

impl Plan {
    /// Checks and prepares a tariff.
    pub fn new(tariff: Arc<Tariff>) -> Result<Plan, Invalid> {
        let problems = tariff.check();
        if !problems.is_empty() {
            return Err(Invalid { problems });
        }
        let sets = tariff.tax_sets();
        let vat_rates: Vec<Option<Decimal>> = sets.iter().map(|set| set.vat).collect();
        let mut components = Vec::new();
        let mut candidates: [Vec<usize>; 5] = Default::default();
        for (element, content) in tariff.elements.iter().enumerate() {
            if content.restrictions.reservation.is_some() {
                continue;
            }
            for component in &content.components {
                candidates[component.dimension as usize].push(components.len());
                components.push(PlanComponent {
                    element,
                    dimension: component.dimension,
                    price: component.price.0,
                    vat: sets.iter().position(|set| *set == tariff.taxes_of(component)).unwrap_or(0),
                    step: i64::from(component.step_size) * step_unit(component.dimension),
                });
            }
        }
        let restrictions = || tariff.elements.iter().map(|element| &element.restrictions);
        let rules: Vec<Rule> = restrictions().map(Rule::new).collect();
        let energy_edges = edges(rules.iter().map(|rule| rule.energy));
        let duration_edges = edges(rules.iter().map(|rule| rule.duration));
        Ok(Plan {
            components,
            candidates,
            calendar: Calendar::new(restrictions().map(window).collect()),
            energy_edges,
            duration_edges,
            uses_power: rules.iter().any(|rule| rule.power.given()),
            uses_current: rules.iter().any(|rule| rule.current.given()),
            rules,
            min_price: tariff.min_price.map(|limit| full_limit(limit, &vat_rates, tariff.currency)),
            max_price: tariff.max_price.map(|limit| full_limit(limit, &vat_rates, tariff.currency)),
            vat_rates,
            tariff,
        })
    }

    /// The tariff that this is made of.
    pub fn tariff(&self) -> &Arc<Tariff> {
        &self.tariff
    }

    pub(crate) fn currency(&self) -> Currency {
        self.tariff.currency
    }

    /// Does the tariff price this dimension at any time?
    pub(crate) fn prices(&self, dimension: Dimension) -> bool {
        !self.candidates[dimension as usize].is_empty()
    }

    /// The component that prices a dimension now; `open` tells of each element whether the calendar lets it hold.
    pub(crate) fn component(&self, dimension: Dimension, open: &[bool], now: Moment) -> Option<usize> {
        self.candidates[dimension as usize].iter().copied().find(|&index| {
            let element = self.components[index].element;
            open[element] && self.rules[element].met(now)
        })
    }

    /// The least energy above `energy` at which prices may change, mWh.
    pub(crate) fn next_energy_edge(&self, energy: i64) -> Option<i64> {
        next(&self.energy_edges, energy)
    }

    /// The least duration above `duration` at which prices may change, µs.
    pub(crate) fn next_duration_edge(&self, duration: i64) -> Option<i64> {
        next(&self.duration_edges, duration)
    }
}

impl Rule {
    fn new(given: &Restrictions) -> Rule {
        let bounds = |min: Option<Decimal>, max: Option<Decimal>, unit: u32| Bounds {
            min: min.map(|value| whole(value, unit)),
            max: max.map(|value| whole(value, unit)),
        };
        let seconds = |value: Option<u32>| value.map(|value| i64::from(value) * 1_000_000);
        Rule {
            energy: bounds(given.min_kwh, given.max_kwh, 1_000_000),
            duration: Bounds { min: seconds(given.min_duration), max: seconds(given.max_duration) },
            power: bounds(given.min_power, given.max_power, 1_000_000),
            current: bounds(given.min_current, given.max_current, 1_000),
        }
    }

    fn met(&self, now: Moment) -> bool {
        self.energy.met(Some(now.energy))
            && self.duration.met(Some(now.duration))
            && self.power.met(now.power)
            && self.current.met(now.current)
    }
}

impl Bounds {
    fn given(self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    fn met(self, value: Option<i64>) -> bool {
        match value {
            Some(value) => self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value < max),
            None => !self.given(),
        }
    }
}

/// mWh per Wh, µs per second.
fn step_unit(dimension: Dimension) -> i64 {
    match dimension {
        Dimension::Energy | Dimension::Service => 1_000,
        Dimension::Time | Dimension::ParkingTime => 1_000_000,
        Dimension::Flat => 0,
    }
}

/// A checked quantity in its small unit, a finer part rounded to nearest even.
fn whole(value: Decimal, unit: u32) -> i64 {
    (value * Decimal::from(unit)).round().to_i64().unwrap_or(i64::MAX)
}

fn window(given: &Restrictions) -> Option<Window> {
    let days_since_1970 = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
    let start = given.start_time.map_or(0, |time| time.minutes());
    let end = given.end_time.map_or(0, |time| time.minutes());
    let days = given.day_of_week.iter().fold(0_u8, |days, day| days | 1 << *day as u8);
    let window = Window {
        from_minute: start,
        // 00:00 ends the day that the window begins on.
        to_minute: if end == 0 { 24 * 60 } else { end },
        from_day: given.start_date.map_or(i64::MIN, days_since_1970),
        to_day: given.end_date.map_or(i64::MAX, days_since_1970),
        days: if days == 0 { Window::ALL_DAYS } else { days },
    };
    (window != Window::ALWAYS).then_some(window)
}

fn full_limit(limit: PriceLimit, rates: &[Option<Decimal>], currency: Currency) -> Limit {
    let vat = rates.first().copied().flatten().unwrap_or_default();
    let with_vat = || currency.round(limit.excl * (Decimal::ONE_HUNDRED + vat) / Decimal::ONE_HUNDRED);
    Limit { excl: limit.excl, incl: limit.incl.unwrap_or_else(with_vat) }
}

fn edges(bounds: impl Iterator<Item = Bounds>) -> Vec<i64> {
    let mut edges: Vec<i64> = bounds.flat_map(|bounds| [bounds.min, bounds.max]).flatten().collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn next(edges: &[i64], value: i64) -> Option<i64> {
    edges.get(edges.partition_point(|edge| *edge <= value)).copied()
}
