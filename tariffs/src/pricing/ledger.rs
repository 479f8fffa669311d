//! What a session has used so far, by component, in whole mWh and µs.

use rust_decimal::Decimal;

use crate::model::adjust::CapPeriod;
use crate::model::charge::Charge;
use crate::model::policy::ZeroVolume;
use crate::pricing::plan::Plan;

/// Beyond this many stretches those of the same price become one: a bill stays readable and memory bounded.
const MAX_SPANS: usize = 500;

/// Amounts are kept in 3600ths, because an hour has 3600 seconds and prices of time are per hour.
pub(crate) const HOUR: Decimal = Decimal::from_parts(3_600, 0, 0, false, 0);

/// A stretch in which a metered charge had one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub charge: Charge,
    /// `None`: free, no element held.
    pub component: Option<usize>,
    /// µs since 1970.
    pub from: i64,
    pub to: i64,
    /// mWh or µs.
    pub quantity: i64,
}

/// What went beyond a cap on one day, or in the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Excess {
    pub cap: usize,
    /// The local day, counted from 1970; 0 for a cap of the session.
    pub day: i64,
    /// The first and the last use that counts for the cap.
    pub from: i64,
    pub to: i64,
    /// Price × quantity in 3600ths of the currency.
    pub amount: Decimal,
}

/// How much of a cap is used.
#[derive(Debug, Clone, Copy, Default)]
struct Filled {
    day: i64,
    /// The first use that counted; `None`: nothing yet.
    since: Option<i64>,
    /// 3600ths of the currency.
    amount: Decimal,
}

/// Quantities by component, and the stretches they were used in.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Per component, mWh or µs.
    sums: Vec<i64>,
    /// Per metered charge, all that was used, priced or free.
    used: [i64; Charge::METERED],
    /// Per metered charge the stretch that goes on.
    open: [Option<Span>; Charge::METERED],
    closed: Vec<Span>,
    folded: bool,
    /// Per metered charge the component that priced it last.
    last: [Option<usize>; Charge::METERED],
    /// The flat components that were charged, and when: of the session, and of the reservation before it.
    flats: [Option<(usize, i64)>; 2],
    /// Per cap of the plan.
    filled: Vec<Filled>,
    excesses: Vec<Excess>,
}

impl Ledger {
    pub fn new(plan: &Plan) -> Ledger {
        Ledger {
            sums: vec![0; plan.components.len()],
            used: [0; Charge::METERED],
            open: [None; Charge::METERED],
            closed: Vec::new(),
            folded: false,
            last: [None; Charge::METERED],
            flats: [None; 2],
            filled: vec![Filled::default(); plan.caps.len()],
            excesses: Vec::new(),
        }
    }

    /// Takes note of a use of a metered charge on a local day. A use of nothing leaves no trace, unless the plan's
    /// policy wants it.
    pub fn add(&mut self, plan: &Plan, used: Span, day: i64) {
        let slot = used.charge as usize;
        if used.quantity == 0 {
            if plan.policy.zero_volume == ZeroVolume::Counts && used.component.is_some() {
                self.last[slot] = used.component;
            }
            return;
        }
        self.used[slot] = self.used[slot].saturating_add(used.quantity);
        if let Some(component) = used.component {
            self.sums[component] = self.sums[component].saturating_add(used.quantity);
            self.last[slot] = Some(component);
            self.fill(plan, &used, component, day);
        }
        match &mut self.open[slot] {
            Some(open) if open.component == used.component => extend(open, used),
            open => {
                if let Some(done) = open.replace(used) {
                    self.close(done);
                }
            }
        }
    }

    /// Charges a flat component once.
    pub fn charge_flat(&mut self, charge: Charge, component: usize, at: i64) {
        self.flats[flat_slot(charge)].get_or_insert((component, at));
    }

    /// The flat component that was charged, and when.
    pub fn flat(&self, charge: Charge) -> Option<(usize, i64)> {
        self.flats[flat_slot(charge)]
    }

    /// What a component has priced, mWh or µs.
    pub fn sum(&self, component: usize) -> i64 {
        self.sums[component]
    }

    /// All that was used of a metered charge, mWh or µs.
    pub fn used(&self, charge: Charge) -> i64 {
        self.used[charge as usize]
    }

    /// The component that priced a metered charge last.
    pub fn last(&self, charge: Charge) -> Option<usize> {
        self.last[charge as usize]
    }

    /// What went beyond the caps, by cap and time.
    pub fn excesses(&self) -> &[Excess] {
        &self.excesses
    }

    /// How much of a component's price × quantity still fits under its cap, in 3600ths; `None`: it has none.
    pub fn room(&self, plan: &Plan, component: usize) -> Option<Decimal> {
        let cap = plan.components[component].cap?;
        Some(plan.caps[cap].amount * HOUR - self.filled[cap].amount)
    }

    /// All stretches, by their beginning.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = self.closed.clone();
        for open in self.open.iter().flatten() {
            match spans.iter_mut().find(|span| self.folded && same_price(span, open)) {
                Some(span) => extend(span, *open),
                None => spans.push(*open),
            }
        }
        spans.sort_by_key(|span| (span.from, span.charge));
        spans
    }

    /// Counts a use against the component's cap; what does not fit is noted.
    fn fill(&mut self, plan: &Plan, used: &Span, component: usize, day: i64) {
        let Some(cap) = plan.components[component].cap else { return };
        let day = if plan.caps[cap].per == CapPeriod::Day { day } else { 0 };
        let filled = &mut self.filled[cap];
        if filled.day != day {
            *filled = Filled { day, ..Filled::default() };
        }
        let since = *filled.since.get_or_insert(used.from);
        let amount = plan.exact(component, used.quantity);
        let room = plan.caps[cap].amount * HOUR - filled.amount;
        let over = (amount - room).max(Decimal::ZERO);
        filled.amount += amount - over;
        let folds = self.excesses.len() >= MAX_SPANS;
        let same = |old: &&mut Excess| old.cap == cap && (folds || old.day == day);
        match self.excesses.iter_mut().rev().find(same) {
            Some(old) => {
                old.to = used.to;
                old.amount += over;
            }
            None if over.is_zero() => {}
            None => {
                // By cap and time, whichever cap was noticed first: how finely a meter reads must not order a bill's lines.
                let at = self.excesses.partition_point(|old| (old.cap, old.from) <= (cap, since));
                self.excesses.insert(at, Excess { cap, day, from: since, to: used.to, amount: over });
            }
        }
    }

    fn close(&mut self, span: Span) {
        if self.folded
            && let Some(earlier) = self.closed.iter_mut().find(|earlier| same_price(earlier, &span))
        {
            extend(earlier, span);
            return;
        }
        self.closed.push(span);
        if self.closed.len() > MAX_SPANS && !self.folded {
            self.fold();
        }
    }

    fn fold(&mut self) {
        self.folded = true;
        for span in std::mem::take(&mut self.closed) {
            self.close(span);
        }
    }
}

fn flat_slot(charge: Charge) -> usize {
    usize::from(charge == Charge::ReservationFlat)
}

fn same_price(a: &Span, b: &Span) -> bool {
    a.charge == b.charge && a.component == b.component
}

fn extend(span: &mut Span, by: Span) {
    span.to = by.to;
    span.quantity = span.quantity.saturating_add(by.quantity);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tariff;
    use std::sync::Arc;

    fn plan() -> Plan {
        let json = r#"{"id":"t","currency":"EUR","elements":[
            {"components":[{"dimension":"time","price":1}],"restrictions":{"max_duration":5}},
            {"components":[{"dimension":"time","price":2}]}],
            "caps":[{"dimensions":["time"],"per":"day","amount":"0.001"}]}"#;
        Plan::new(Arc::new(Tariff::from_json(json).unwrap())).unwrap()
    }

    fn used(component: usize, from: i64) -> Span {
        Span { charge: Charge::Time, component: Some(component), from, to: from + 1, quantity: 1 }
    }

    #[test]
    fn uses_at_one_price_become_one_stretch() {
        let plan = plan();
        let mut ledger = Ledger::new(&plan);
        for at in 0..10 {
            ledger.add(&plan, used(at / 5, i64::try_from(at).unwrap()), 0);
        }
        let spans = ledger.spans();
        assert_eq!(spans.len(), 2);
        assert_eq!((spans[1].from, spans[1].to, spans[1].quantity), (5, 10, 5));
        assert_eq!((ledger.sum(0), ledger.sum(1), ledger.last(Charge::Time)), (5, 5, Some(1)));
        assert_eq!(ledger.used(Charge::Time), 10);
    }

    #[test]
    fn stretches_that_alternate_without_end_are_folded() {
        let plan = plan();
        let mut ledger = Ledger::new(&plan);
        for at in 0..10_000 {
            ledger.add(&plan, used(at % 2, i64::try_from(at).unwrap()), 0);
            assert!(ledger.closed.len() <= MAX_SPANS + 1);
        }
        let spans = ledger.spans();
        assert_eq!(spans.len(), 2);
        assert_eq!((spans[0].from, spans[0].to, spans[0].quantity), (0, 9_999, 5_000));
        assert_eq!(ledger.sum(1), 5_000);
    }

    #[test]
    fn a_cap_begins_anew_each_day_and_its_excesses_stay_bounded() {
        let plan = plan();
        let mut ledger = Ledger::new(&plan);
        for day in 0..2_000 {
            // 9 s at 2.00 an hour are 0.005.
            ledger.add(&plan, Span { quantity: 9_000_000, ..used(1, day) }, day);
        }
        assert_eq!(ledger.excesses().len(), MAX_SPANS);
        let over: Decimal = ledger.excesses().iter().map(|excess| excess.amount).sum();
        assert_eq!(over, Decimal::from(2_000) * (Decimal::new(5, 3) - Decimal::new(1, 3)) * HOUR);
        assert_eq!(ledger.room(&plan, 1), Some(Decimal::ZERO));
    }
}
