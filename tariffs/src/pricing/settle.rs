//! From quantities to money: steps, caps, discounts, taxes and limits, all of it exact.
//!
//! A sum of price × quantity is kept in 3600ths of the currency ([`HOUR`]), because an hour has 3600 seconds and nothing
//! else is ever divided. What is rounded, and when, is decided by whoever asks: [`crate::pricing::invoice`] rounds each total once
//! to the currency's smallest unit, OCPI's totals are not rounded here at all.

use rust_decimal::Decimal;

use crate::model::adjust::Discount;
use crate::model::charge::Charge;
use crate::model::policy::StepBasis;
use crate::model::tariff::{Dimension, TaxIncluded};
use crate::model::tax::TaxSet;
use crate::pricing::ledger::{Excess, HOUR, Ledger};
use crate::pricing::plan::Plan;

/// Net and gross, in 3600ths or in whole units as its use says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub net: Decimal,
    pub gross: Decimal,
}

/// The rest of the last step of a charge, billed on top.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    pub component: usize,
    /// mWh or µs.
    pub quantity: i64,
}

/// What a discount takes off the prices with one set of taxes, 3600ths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Off {
    /// Index in the tariff's discounts.
    pub discount: usize,
    /// Index in the plan's taxes.
    pub taxes: usize,
    pub amount: Decimal,
}

/// A session's exact sums.
#[derive(Debug)]
pub(crate) struct Settled {
    pub rests: Vec<Rest>,
    /// What the rests of steps add beyond the caps.
    pub rest_excesses: Vec<Excess>,
    /// Per component what is charged for it after caps, 3600ths, before discounts.
    charged: Vec<Decimal>,
    pub offs: Vec<Off>,
    /// Per set of taxes what is charged in all, 3600ths, in the tariff's prices.
    pub by_taxes: Vec<Decimal>,
}

impl Settled {
    pub fn new(plan: &Plan, ledger: &Ledger) -> Settled {
        let rests = rests(plan, ledger);
        let mut charged = vec![Decimal::ZERO; plan.components.len()];
        for (component, charged) in charged.iter_mut().enumerate() {
            if ledger.sum(component) != 0 {
                *charged = plan.exact(component, ledger.sum(component));
            }
        }
        let mut rest_excesses = Vec::new();
        for rest in &rests {
            let amount = plan.exact(rest.component, rest.quantity);
            charged[rest.component] += amount;
            rest_excesses.extend(rest_excess(plan, ledger, rest, amount));
        }
        for charge in [Charge::Flat, Charge::ReservationFlat] {
            if let Some((component, _)) = ledger.flat(charge) {
                charged[component] += plan.exact(component, 1);
            }
        }
        let mut left = Left { plan, by_component: charged.clone(), offs: Vec::new() };
        for excess in ledger.excesses().iter().chain(&rest_excesses) {
            left.cut(excess);
        }
        let charged = left.by_component.clone();
        let mut by_taxes = left.by_taxes();
        if !plan.tariff.discounts.is_empty() {
            for (index, discount) in plan.tariff.discounts.iter().enumerate() {
                left.percent_off(index, discount);
            }
            by_taxes = left.by_taxes();
            for (index, discount) in plan.tariff.discounts.iter().enumerate() {
                left.amount_off(index, discount, &mut by_taxes);
            }
        }
        Settled { rests, rest_excesses, charged, offs: left.offs, by_taxes }
    }

    /// What is charged of some kinds, before discounts and limits, in whole units and exact.
    pub fn of(&self, plan: &Plan, charges: &[Charge]) -> Amount {
        let mut sum = Amount::default();
        for (component, charged) in plan.components.iter().zip(&self.charged) {
            if charges.contains(&component.charge) && !charged.is_zero() {
                let amount = exact_amount(plan, *charged, &plan.taxes[component.taxes]);
                sum.net += amount.net;
                sum.gross += amount.gross;
            }
        }
        sum
    }

    /// All that is charged, before limits, in whole units; `round` is applied once per set of taxes.
    pub fn total(&self, plan: &Plan, round: impl Fn(Decimal) -> Decimal) -> Amount {
        let mut sum = Amount { net: round(Decimal::ZERO), gross: round(Decimal::ZERO) };
        for (exact, taxes) in self.by_taxes.iter().zip(&plan.taxes) {
            let amount = exact_amount(plan, *exact, taxes);
            sum.net += round(amount.net);
            sum.gross += round(amount.gross);
        }
        sum
    }
}

/// Net and gross in whole units of a sum of prices in 3600ths, exact.
pub(crate) fn exact_amount(plan: &Plan, exact: Decimal, taxes: &TaxSet) -> Amount {
    match plan.tariff.tax_included {
        TaxIncluded::No | TaxIncluded::NotApplicable => {
            Amount { net: exact / HOUR, gross: exact * taxes.factor() / HOUR }
        }
        TaxIncluded::Yes => Amount { net: exact / (HOUR * taxes.factor()), gross: exact / HOUR },
    }
}

/// What the steps add. Energy and the service fee have each their own; time and parking time share one, and if parking
/// was priced at all, even at zero, only parking is rounded up (OCPI 2.2.1, Tariffs, step_size). A reservation is rounded
/// up by itself.
fn rests(plan: &Plan, ledger: &Ledger) -> Vec<Rest> {
    let parked = ledger.last(Charge::ParkingTime).is_some();
    let time = if parked { Charge::ParkingTime } else { Charge::Time };
    let rest = |charge: Charge| {
        let component = ledger.last(charge)?;
        let total = match plan.policy.step_basis {
            StepBasis::Used => ledger.used(charge),
            StepBasis::Priced => (0..plan.components.len())
                .filter(|index| plan.components[*index].charge == charge)
                .fold(0_i64, |total, index| total.saturating_add(ledger.sum(index))),
        };
        // What was fed back to the grid is not rounded.
        let over = total.checked_rem(plan.components[component].step).filter(|_| total > 0)?;
        (over > 0).then(|| Rest { component, quantity: plan.components[component].step - over })
    };
    [Charge::Energy, Charge::Service, time, Charge::ReservationTime].into_iter().filter_map(rest).collect()
}

fn rest_excess(plan: &Plan, ledger: &Ledger, rest: &Rest, amount: Decimal) -> Option<Excess> {
    let over = (amount - ledger.room(plan, rest.component)?).max(Decimal::ZERO);
    let cap = plan.components[rest.component].cap.filter(|_| !over.is_zero())?;
    Some(Excess { cap, day: 0, from: 0, to: 0, amount: over })
}

/// What is left of each component's amount while something is taken off.
struct Left<'a> {
    plan: &'a Plan,
    by_component: Vec<Decimal>,
    offs: Vec<Off>,
}

impl Left<'_> {
    /// Takes off what went beyond a cap. Which of its components bear it does not matter to any total: all of them bear
    /// the same taxes. For a discount on some dimensions it does; then those of the elements further up bear it first.
    fn cut(&mut self, excess: &Excess) {
        let mut open = excess.amount;
        for (component, left) in self.plan.components.iter().zip(&mut self.by_component) {
            if component.cap == Some(excess.cap) {
                let cut = open.min(*left);
                *left -= cut;
                open -= cut;
            }
        }
    }

    fn by_taxes(&self) -> Vec<Decimal> {
        let mut sums = vec![Decimal::ZERO; self.plan.taxes.len()];
        for (component, left) in self.plan.components.iter().zip(&self.by_component) {
            if !left.is_zero() {
                sums[component.taxes] += left;
            }
        }
        sums
    }

    fn percent_off(&mut self, index: usize, discount: &Discount) {
        let Some(percent) = discount.percent else { return };
        let mut off = vec![Decimal::ZERO; self.plan.taxes.len()];
        for (component, left) in self.plan.components.iter().zip(&mut self.by_component) {
            if discounted(discount, component.charge) && !left.is_zero() {
                let part = *left * percent / Decimal::ONE_HUNDRED;
                *left -= part;
                off[component.taxes] += part;
            }
        }
        self.note(index, &off);
    }

    /// Shared over the sets of taxes in proportion to what is charged with each.
    fn amount_off(&mut self, index: usize, discount: &Discount, by_taxes: &mut [Decimal]) {
        let Some(amount) = discount.amount else { return };
        let total: Decimal = by_taxes.iter().filter(|sum| sum.is_sign_positive()).sum();
        let wanted = (amount * HOUR).min(total);
        let mut open = wanted;
        let mut off = vec![Decimal::ZERO; by_taxes.len()];
        let last = by_taxes.iter().rposition(|sum| *sum > Decimal::ZERO);
        for (taxes, sum) in by_taxes.iter_mut().enumerate().filter(|(_, sum)| **sum > Decimal::ZERO) {
            let part = if Some(taxes) == last { open } else { *sum * wanted / total };
            *sum -= part;
            open -= part;
            off[taxes] = part;
        }
        self.note(index, &off);
    }

    fn note(&mut self, discount: usize, off: &[Decimal]) {
        let taken = off.iter().enumerate().filter(|(_, amount)| !amount.is_zero());
        self.offs.extend(taken.map(|(taxes, amount)| Off { discount, taxes, amount: *amount }));
    }
}

fn discounted(discount: &Discount, charge: Charge) -> bool {
    let named = |dimension: &Dimension| Charge::of(*dimension, false) == charge;
    discount.dimensions.is_empty() || discount.dimensions.iter().any(named)
}
