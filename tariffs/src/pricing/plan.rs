//! A tariff prepared for pricing: whole numbers, and a list of candidates per dimension.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::adjust::{Cap, CapPeriod, Discount};
use crate::model::charge::Charge;
use crate::model::check::Invalid;
use crate::model::currency::Currency;
use crate::model::policy::{EndMidnight, EqualTimes, LimitSide, Policy, ReservationElements};
use crate::model::tariff::{Dimension, Element, PriceLimit, Reservation, Restrictions, Tariff};
use crate::model::tax::TaxSet;
use crate::pricing::calendar::{Calendar, Window};
use crate::pricing::ledger::HOUR;
use crate::pricing::rule::{Bounds, Context, Moment, Rule, whole};

/// A checked tariff, prepared for pricing any number of sessions.
#[derive(Debug)]
pub struct Plan {
    pub(crate) tariff: Arc<Tariff>,
    pub(crate) policy: Policy,
    /// The elements in order; what discounts make free comes first.
    pub(crate) elements: Vec<PlanElement>,
    /// All components, in order of their elements.
    pub(crate) components: Vec<PlanComponent>,
    /// Per [`Charge`] the indexes of its components, first come first.
    candidates: [Vec<usize>; Charge::COUNT],
    /// The same for a reservation that expired: its own components before those of any reservation.
    expired: [Vec<usize>; Charge::COUNT],
    pub(crate) calendar: Calendar,
    edges: Edges,
    pub(crate) uses_power: bool,
    pub(crate) uses_current: bool,
    /// The different taxes; components refer to them by index.
    pub(crate) taxes: Vec<TaxSet>,
    pub(crate) caps: Vec<PlanCap>,
    pub(crate) min_price: Option<Limit>,
    pub(crate) max_price: Option<Limit>,
}

/// An element, prepared.
#[derive(Debug)]
pub(crate) struct PlanElement {
    /// For the lines of the bill.
    pub label: String,
    rule: Rule,
}

/// A component, prepared.
#[derive(Debug)]
pub(crate) struct PlanComponent {
    /// Index in [`Plan::elements`].
    pub element: usize,
    pub charge: Charge,
    pub price: Decimal,
    /// Index in [`Plan::taxes`].
    pub taxes: usize,
    /// In mWh or µs; 0: none.
    pub step: i64,
    /// Index in [`Plan::caps`].
    pub cap: Option<usize>,
}

/// A cap, prepared.
#[derive(Debug)]
pub(crate) struct PlanCap {
    pub name: String,
    pub per: CapPeriod,
    pub amount: Decimal,
    /// What it is on, where that is one thing.
    pub charge: Option<Charge>,
}

/// A limit; `incl` is `None` where it follows from what was charged, or does not matter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub excl: Decimal,
    pub incl: Option<Decimal>,
}

/// Where prices may change on the way; ascending.
#[derive(Debug, Default)]
struct Edges {
    /// mWh of the session.
    energy: Vec<i64>,
    /// µs since the session's start.
    duration: Vec<i64>,
    /// µs of charging.
    charging: Vec<i64>,
    /// µs of idleness.
    idle: Vec<i64>,
}

impl Plan {
    /// Checks and prepares a tariff of ours; see [`Tariff::check`].
    pub fn new(tariff: Arc<Tariff>) -> Result<Plan, Invalid> {
        let problems = tariff.check();
        if problems.is_empty() {
            Ok(Plan::prepared(tariff, Policy::default()))
        } else {
            Err(Invalid { problems })
        }
    }

    /// Prepares a tariff as a partner's engine may read it: refused is only what cannot be priced at all.
    pub fn with_policy(tariff: Arc<Tariff>, policy: Policy) -> Result<Plan, Invalid> {
        let problems = tariff.check_foreign(&policy);
        if problems.is_empty() { Ok(Plan::prepared(tariff, policy)) } else { Err(Invalid { problems }) }
    }

    fn prepared(tariff: Arc<Tariff>, policy: Policy) -> Plan {
        let mut taxes = tariff.tax_sets();
        if taxes.is_empty() {
            taxes.push(TaxSet::none());
        }
        let mut builder = Builder { elements: Vec::new(), components: Vec::new(), windows: Vec::new() };
        for discount in &tariff.discounts {
            builder.free(&tariff, discount, &taxes);
        }
        for element in &tariff.elements {
            builder.element(&tariff, element, &taxes, &policy);
        }
        let Builder { elements, components, windows } = builder;
        let mut candidates: [Vec<usize>; Charge::COUNT] = Default::default();
        let mut expired: [Vec<usize>; Charge::COUNT] = Default::default();
        for (index, (component, reservation)) in components.iter().enumerate() {
            match reservation {
                Some(Reservation::ReservationExpires) => expired[component.charge as usize].push(index),
                Some(Reservation::Reservation) | None => candidates[component.charge as usize].push(index),
            }
        }
        for (own, any) in expired.iter_mut().zip(&candidates) {
            own.extend(any);
        }
        let daily = tariff.caps.iter().any(|cap| cap.per == CapPeriod::Day);
        let rules = || elements.iter().map(|element: &PlanElement| &element.rule);
        let limit = |limit: PriceLimit| Limit {
            excl: limit.excl,
            incl: limit.incl.or_else(|| with_tax(limit, &taxes, &policy)),
        };
        Plan {
            calendar: Calendar::new(windows, daily),
            edges: Edges {
                energy: edges(rules().map(|rule| rule.energy)),
                duration: edges(rules().map(|rule| rule.duration)),
                charging: edges(rules().map(|rule| rule.charging)),
                idle: edges(rules().map(|rule| rule.idle)),
            },
            uses_power: rules().any(|rule| rule.power.given()),
            uses_current: rules().any(|rule| rule.current.given()),
            caps: tariff.caps.iter().map(PlanCap::new).collect(),
            min_price: tariff.min_price.map(limit),
            max_price: tariff.max_price.map(limit),
            components: components.into_iter().map(|(component, _)| component).collect(),
            candidates,
            expired,
            elements,
            taxes,
            policy,
            tariff,
        }
    }

    /// The tariff that this is made of.
    pub fn tariff(&self) -> &Arc<Tariff> {
        &self.tariff
    }

    /// How corners are decided.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn currency(&self) -> Currency {
        self.tariff.currency
    }

    /// Price × quantity in 3600ths of the currency; the quantity in mWh or µs, of flat fees it does not matter.
    pub(crate) fn exact(&self, component: usize, quantity: i64) -> Decimal {
        let component = &self.components[component];
        // kWh and seconds both have six decimals in their small unit; a checked price cannot make this overflow.
        let quantity = match component.charge {
            Charge::Energy | Charge::Service => Decimal::new(quantity, 6) * HOUR,
            Charge::Time | Charge::ParkingTime | Charge::ReservationTime => Decimal::new(quantity, 6),
            Charge::Flat | Charge::ReservationFlat => HOUR,
        };
        component.price * quantity
    }

    /// Does the tariff price this at any time?
    pub(crate) fn prices(&self, charge: Charge) -> bool {
        !self.candidates[charge as usize].is_empty() || !self.expired[charge as usize].is_empty()
    }

    /// The component that prices a charge now; `open` tells of each element whether the calendar lets it hold.
    pub(crate) fn component(&self, charge: Charge, open: &[bool], now: &Moment) -> Option<usize> {
        self.first_of(&self.candidates[charge as usize], open, now)
    }

    /// The same for a reservation that expired.
    pub(crate) fn expired_component(&self, charge: Charge, open: &[bool], now: &Moment) -> Option<usize> {
        self.first_of(&self.expired[charge as usize], open, now)
    }

    fn first_of(&self, candidates: &[usize], open: &[bool], now: &Moment) -> Option<usize> {
        candidates.iter().copied().find(|&index| {
            let element = self.components[index].element;
            open[element] && self.elements[element].rule.met(now, &self.policy)
        })
    }

    /// The least energy above `energy` at which prices may change, mWh.
    pub(crate) fn next_energy_edge(&self, energy: i64) -> Option<i64> {
        next(&self.edges.energy, energy)
    }

    /// How long after a moment prices may change by the passing of time, µs.
    pub(crate) fn lasts(&self, now: &Moment, charges: bool) -> Option<i64> {
        let left = |edges: &[i64], value: i64| next(edges, value).map(|edge| edge - value);
        let duration = left(&self.edges.duration, now.duration);
        let activity =
            if charges { left(&self.edges.charging, now.charging) } else { left(&self.edges.idle, now.idle) };
        duration.into_iter().chain(activity).min()
    }
}

/// Elements, components with the reservations they are for, and windows, while they are put together.
struct Builder {
    elements: Vec<PlanElement>,
    components: Vec<(PlanComponent, Option<Reservation>)>,
    windows: Vec<Option<Window>>,
}

impl Builder {
    fn element(&mut self, tariff: &Tariff, given: &Element, taxes: &[TaxSet], policy: &Policy) {
        let reservation = given.restrictions.reservation;
        if reservation.is_some() && policy.reservation == ReservationElements::Skipped {
            return;
        }
        for component in &given.components {
            let charge = Charge::of(component.dimension, reservation.is_some());
            let set = tariff.taxes_of(component);
            let prepared = PlanComponent {
                element: self.elements.len(),
                charge,
                price: component.price.0,
                taxes: taxes.iter().position(|other| *other == set).unwrap_or(0),
                step: i64::from(component.step_size) * step_unit(component.dimension),
                cap: tariff
                    .caps
                    .iter()
                    .position(|cap| reservation.is_none() && cap.dimensions.contains(&component.dimension)),
            };
            self.components.push((prepared, reservation));
        }
        self.elements.push(PlanElement { label: given.name.clone(), rule: Rule::new(&given.restrictions) });
        self.windows.push(window(&given.restrictions, policy));
    }

    /// The first kWh or seconds that a discount makes free.
    fn free(&mut self, tariff: &Tariff, discount: &Discount, taxes: &[TaxSet]) {
        let upto = |max| Bounds { min: None, max: Some(max) };
        let (dimensions, rule): (&[Dimension], Rule) = match (discount.free_kwh, discount.free_seconds) {
            (Some(kwh), _) => (
                &[Dimension::Energy, Dimension::Service],
                Rule { energy: upto(whole(kwh, 1_000_000)), ..Rule::default() },
            ),
            (None, Some(seconds)) => (
                &[Dimension::Time],
                Rule { charging: upto(i64::from(seconds) * 1_000_000), ..Rule::default() },
            ),
            (None, None) => return,
        };
        for dimension in dimensions {
            let charging =
                tariff.elements.iter().filter(|element| element.restrictions.reservation.is_none());
            let mut priced = charging
                .flat_map(|element| &element.components)
                .filter(|other| other.dimension == *dimension);
            let Some(first) = priced.next() else { continue };
            let set = tariff.taxes_of(first);
            let prepared = PlanComponent {
                element: self.elements.len(),
                charge: Charge::of(*dimension, false),
                price: Decimal::ZERO,
                taxes: taxes.iter().position(|other| *other == set).unwrap_or(0),
                step: 0,
                cap: None,
            };
            self.components.push((prepared, None));
        }
        self.elements.push(PlanElement { label: discount.name.clone(), rule });
        self.windows.push(None);
    }
}

impl PlanCap {
    fn new(cap: &Cap) -> PlanCap {
        let charge = match cap.dimensions.as_slice() {
            [only] => Some(Charge::of(*only, false)),
            _ => None,
        };
        PlanCap { name: cap.name.clone(), per: cap.per, amount: cap.amount, charge }
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

fn window(given: &Restrictions, policy: &Policy) -> Option<Window> {
    let days_since_1970 = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
    let start = given.start_time.map_or(0, |time| time.minutes());
    let end = given.end_time.map_or(0, |time| time.minutes());
    let mut window = Window {
        from_minute: start,
        // 00:00 ends the day that the window begins on.
        to_minute: if end == 0 { 24 * 60 } else { end },
        from_day: given.start_date.map_or(i64::MIN, days_since_1970),
        to_day: given.end_date.map_or(i64::MAX, days_since_1970),
        season: given.start_day.zip(given.end_day),
        days: given.day_of_week.iter().fold(0_u8, |days, day| days | 1 << *day as u8),
    };
    if window.days == 0 {
        window.days = Window::ALL_DAYS;
    }
    let equal = given.start_time.is_some() && given.start_time == given.end_time && start != 0;
    let midnight = given.start_time.is_none() && given.end_time.is_some() && end == 0;
    if equal && policy.equal_times == EqualTimes::Always {
        (window.from_minute, window.to_minute) = (0, 24 * 60);
    }
    // Where it is not known, or where it is not so: see Tariff::at.
    let elsewhere = !Context::default().meets(given);
    if elsewhere
        || equal && policy.equal_times == EqualTimes::Never
        || midnight && policy.end_midnight == EndMidnight::Never
    {
        window.days = 0;
    }
    (window != Window::ALWAYS).then_some(window)
}

/// The side of a limit that is not given, where one rate makes it certain.
fn with_tax(limit: PriceLimit, taxes: &[TaxSet], policy: &Policy) -> Option<Decimal> {
    let only = taxes.first().filter(|_| taxes.len() == 1 && policy.limit_side == LimitSide::Proportional)?;
    Some(limit.excl * only.factor())
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
