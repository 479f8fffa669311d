//! What decides at one instant whether an element holds, besides the calendar.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::policy::{Policy, PowerRange, UnknownPower};
use crate::model::tariff::{EvseKind, Restrictions, Tariff};

/// What does not change in a session and decides between elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// What the EVSE delivers; where that is not known, a price for one kind does not hold.
    pub evse_kind: Option<EvseKind>,
    /// The brand of card or app that pays, e.g. "VISA"; empty where none is known.
    pub payment_brand: String,
    /// How the payment is recognised, e.g. "CC"; empty where that is not known.
    pub payment_recognition: String,
}

impl Context {
    /// Does it meet what is asked of EVSE and payment?
    pub(crate) fn meets(&self, asked: &Restrictions) -> bool {
        let same = |asked: &str, is: &str| asked.is_empty() || asked.eq_ignore_ascii_case(is);
        (asked.evse_kind.is_none() || asked.evse_kind == self.evse_kind)
            && same(&asked.payment_brand, &self.payment_brand)
            && same(&asked.payment_recognition, &self.payment_recognition)
    }
}

impl Tariff {
    /// The tariff as it is for one session: what it asks of EVSE and payment and is so needs no asking any more. What is
    /// still asked afterwards is not so, or not known, and never holds. A session keeps this tariff, so that its bill
    /// can be computed again without asking where it was.
    pub fn at(&self, context: &Context) -> Tariff {
        let mut tariff = self.clone();
        for element in &mut tariff.elements {
            let asked = &mut element.restrictions;
            if context.meets(asked) {
                asked.evse_kind = None;
                asked.payment_brand.clear();
                asked.payment_recognition.clear();
            }
        }
        tariff
    }

    /// Is there a price that depends on the EVSE or the payment?
    pub fn asks_context(&self) -> bool {
        self.elements.iter().any(|element| !Context::default().meets(&element.restrictions))
    }
}

/// What decides between elements at one instant, besides the calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Taken so far, mWh.
    pub energy: i64,
    /// Since the session's start, µs.
    pub duration: i64,
    /// Charged so far, µs.
    pub charging: i64,
    /// Idle without a break, µs.
    pub idle: i64,
    /// mW.
    pub power: Range,
    /// mA.
    pub current: Range,
}

impl Moment {
    /// Before anything was used.
    pub const BEFORE: Moment = Moment {
        energy: 0,
        duration: 0,
        charging: 0,
        idle: 0,
        power: Range::UNKNOWN,
        current: Range::UNKNOWN,
    };
}

/// Between what a value was, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub least: Option<i64>,
    pub most: Option<i64>,
}

impl Range {
    pub const UNKNOWN: Range = Range { least: None, most: None };

    /// One value all the time.
    pub fn same(value: Option<i64>) -> Range {
        Range { least: value, most: value }
    }
}

/// The restrictions of an element that are not the calendar's.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    pub energy: Bounds,
    pub duration: Bounds,
    pub charging: Bounds,
    pub idle: Bounds,
    pub power: Bounds,
    pub current: Bounds,
}

/// `min <= value < max`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

impl Rule {
    pub fn new(given: &Restrictions) -> Rule {
        let bounds = |min: Option<Decimal>, max: Option<Decimal>, unit: u32| Bounds {
            min: min.map(|value| whole(value, unit)),
            max: max.map(|value| whole(value, unit)),
        };
        let micros = |value: Option<u32>| value.map(|value| i64::from(value) * 1_000_000);
        let seconds = |min, max| Bounds { min: micros(min), max: micros(max) };
        Rule {
            energy: bounds(given.min_kwh, given.max_kwh, 1_000_000),
            duration: seconds(given.min_duration, given.max_duration),
            charging: seconds(given.min_charging_time, given.max_charging_time),
            idle: seconds(given.min_idle_time, given.max_idle_time),
            power: bounds(given.min_power, given.max_power, 1_000_000),
            current: bounds(given.min_current, given.max_current, 1_000),
        }
    }

    pub fn met(&self, now: &Moment, policy: &Policy) -> bool {
        self.energy.met(now.energy)
            && self.duration.met(now.duration)
            && self.charging.met(now.charging)
            && self.idle.met(now.idle)
            && self.power.met_between(now.power, policy)
            && self.current.met_between(now.current, policy)
    }
}

impl Bounds {
    pub fn given(self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    fn met(self, value: i64) -> bool {
        self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value < max)
    }

    fn met_between(self, range: Range, policy: &Policy) -> bool {
        let unknown = policy.unknown_power == UnknownPower::Met;
        let (for_min, for_max) = match policy.power_range {
            PowerRange::Within => (range.least.or(range.most), range.most.or(range.least)),
            PowerRange::Touches => (range.most, range.least),
        };
        self.min.is_none_or(|min| for_min.map_or(unknown, |value| min <= value))
            && self.max.is_none_or(|max| for_max.map_or(unknown, |value| value < max))
    }
}

/// A checked quantity in its small unit, a finer part rounded to nearest even.
pub(crate) fn whole(value: Decimal, unit: u32) -> i64 {
    (value * Decimal::from(unit)).round().to_i64().unwrap_or(i64::MAX)
}
