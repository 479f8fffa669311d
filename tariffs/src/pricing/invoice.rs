//! From exact sums to a bill in the currency's smallest unit: each total is rounded once per set of taxes, each line for
//! itself, and what is between the two is a line of its own.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::model::charge::Charge;
use crate::model::money::Money;
use crate::model::quantity::Energy;
use crate::model::tariff::TaxIncluded;
use crate::pricing::bill::{Anomaly, Bill, DimensionTotal, Line, Reason, TaxPart, Total, Unit};
use crate::pricing::ledger::{Excess, HOUR, Ledger, Span};
use crate::pricing::limit::{Limited, limited};
use crate::pricing::plan::Plan;
use crate::pricing::pricer::instant;
use crate::pricing::settle::{Amount, Off, Rest, Settled, exact_amount};

/// All that a bill is made of.
pub(crate) struct Session<'a> {
    pub plan: &'a Plan,
    pub ledger: &'a Ledger,
    pub energy: Energy,
    pub time_zone: Tz,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub anomalies: Vec<Anomaly>,
}

/// The sums of a session.
pub(crate) fn total(plan: &Plan, ledger: &Ledger, energy: Energy) -> Total {
    let total = rounded_total(plan, &Settled::new(plan, ledger)).total;
    let money = |amount| Money { amount, currency: plan.currency() };
    Total { excl: money(total.net), incl: money(total.gross), energy }
}

fn rounded_total(plan: &Plan, settled: &Settled) -> Limited {
    let round = |amount| plan.currency().round(amount);
    limited(plan, settled.total(plan, round), round)
}

/// The bill of a session.
pub(crate) fn bill(session: Session<'_>) -> Bill {
    let Session { plan, ledger, .. } = session;
    let settled = Settled::new(plan, ledger);
    let limited = rounded_total(plan, &settled);
    let writer = Writer { plan, from: session.from, to: session.to };
    let mut lines: Vec<Entry> = [Charge::ReservationFlat, Charge::Flat]
        .into_iter()
        .filter_map(|charge| ledger.flat(charge))
        .map(|(component, at)| writer.priced(Reason::Price, component, 1, (at, at)))
        .collect();
    lines.extend(ledger.spans().iter().map(|span| writer.span(span)));
    lines.sort_by_key(|entry| (entry.line.from, !entry.line.dimension.is_some_and(Charge::is_flat)));
    lines.extend(settled.rests.iter().map(|rest| writer.rest(rest)));
    lines.extend(ledger.excesses().iter().chain(&settled.rest_excesses).map(|excess| writer.excess(excess)));
    lines.extend(settled.offs.iter().map(|off| writer.off(off)));
    let roundings = writer.roundings(&settled, &lines);
    lines.extend(roundings);
    let only_taxes = (plan.taxes.len() == 1).then_some(0);
    let limits = limited.steps.iter().map(|(reason, step)| writer.adjustment(*reason, only_taxes, *step));
    let mut lines: Vec<Line> = lines.into_iter().map(|entry| entry.line).collect();
    lines.extend(limits);
    Bill {
        currency: plan.currency(),
        time_zone: session.time_zone,
        tax_included: plan.tariff.tax_included,
        from: session.from,
        to: session.to,
        energy: session.energy,
        totals: dimension_totals(&lines),
        lines,
        total_excl: limited.total.net,
        total_incl: limited.total.gross,
        anomalies: session.anomalies,
    }
}

/// A line, and which taxes of the plan it bears; `None`: it is of no amount.
struct Entry {
    line: Line,
    taxes: Option<usize>,
}

struct Writer<'a> {
    plan: &'a Plan,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// What a line says before money comes in.
struct Head {
    reason: Reason,
    label: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    dimension: Option<Charge>,
}

impl Writer<'_> {
    fn round(&self, amount: Amount) -> Amount {
        let currency = self.plan.currency();
        Amount { net: currency.round(amount.net), gross: currency.round(amount.gross) }
    }

    fn priced(&self, reason: Reason, component: usize, quantity: i64, times: (i64, i64)) -> Entry {
        let prepared = &self.plan.components[component];
        let head = Head {
            reason,
            label: self.plan.elements[prepared.element].label.clone(),
            from: instant(times.0),
            to: instant(times.1),
            dimension: Some(prepared.charge),
        };
        let exact = self.plan.exact(component, quantity);
        let measured = (shown(prepared.charge, quantity), unit(prepared.charge), prepared.price);
        self.line(head, measured, exact, prepared.taxes)
    }

    fn span(&self, span: &Span) -> Entry {
        if let Some(component) = span.component {
            return self.priced(Reason::Price, component, span.quantity, (span.from, span.to));
        }
        let zero = self.plan.currency().round(Decimal::ZERO);
        let line = Line {
            reason: Reason::Free,
            label: String::new(),
            from: instant(span.from),
            to: instant(span.to),
            dimension: Some(span.charge),
            quantity: shown(span.charge, span.quantity),
            unit: unit(span.charge),
            unit_price: Decimal::ZERO,
            net: zero,
            vat: None,
            taxes: Vec::new(),
            tax: zero,
            gross: zero,
        };
        Entry { line, taxes: None }
    }

    fn rest(&self, rest: &Rest) -> Entry {
        let component = &self.plan.components[rest.component];
        let micro = if component.charge.is_energy() { 1_000 } else { 1_000_000 };
        let size = u32::try_from(component.step / micro).unwrap_or(u32::MAX);
        let at = self.to.timestamp_micros();
        self.priced(Reason::Step { size }, rest.component, rest.quantity, (at, at))
    }

    /// What went beyond a cap, taken off.
    fn excess(&self, excess: &Excess) -> Entry {
        let cap = &self.plan.caps[excess.cap];
        let of_rest = excess.to == 0;
        let head = Head {
            reason: Reason::Cap { per: cap.per },
            label: cap.name.clone(),
            from: if of_rest { self.to } else { instant(excess.from) },
            to: if of_rest { self.to } else { instant(excess.to) },
            dimension: cap.charge,
        };
        let under = self.plan.components.iter().find(|component| component.cap == Some(excess.cap));
        let taxes = under.map_or(0, |component| component.taxes);
        self.line(
            head,
            (Decimal::ONE, Unit::Session, (-excess.amount / HOUR).normalize()),
            -excess.amount,
            taxes,
        )
    }

    fn off(&self, off: &Off) -> Entry {
        let head = Head {
            reason: Reason::Discount,
            label: self.plan.tariff.discounts[off.discount].name.clone(),
            from: self.from,
            to: self.to,
            dimension: None,
        };
        self.line(
            head,
            (Decimal::ONE, Unit::Session, (-off.amount / HOUR).normalize()),
            -off.amount,
            off.taxes,
        )
    }

    /// A line of an exact amount in the tariff's prices, 3600ths.
    fn line(&self, head: Head, measured: (Decimal, Unit, Decimal), exact: Decimal, taxes: usize) -> Entry {
        let set = &self.plan.taxes[taxes];
        let unrounded = exact_amount(self.plan, exact, set);
        let Amount { net, gross } = self.round(unrounded);
        let (quantity, unit, unit_price) = measured;
        let line = Line {
            reason: head.reason,
            label: head.label,
            from: head.from,
            to: head.to,
            dimension: head.dimension,
            quantity,
            unit,
            unit_price,
            net,
            vat: set.vat,
            taxes: self.parts(taxes, unrounded.net, gross - net),
            tax: gross - net,
            gross,
        };
        Entry { line, taxes: Some(taxes) }
    }

    /// Each of several taxes; rounded so that they add up to the tax.
    fn parts(&self, taxes: usize, net: Decimal, tax: Decimal) -> Vec<TaxPart> {
        let set = &self.plan.taxes[taxes];
        let (mut exact, mut given) = (Decimal::ZERO, Decimal::ZERO);
        let count = set.taxes.len();
        let part = |(index, (of, amount)): (usize, (&crate::model::tax::Tax, Decimal))| {
            exact += amount;
            let upto = if index + 1 == count { tax } else { self.plan.currency().round(exact) };
            let amount = upto - given;
            given = upto;
            TaxPart { name: of.name.clone(), percent: of.percent, amount }
        };
        set.taxes.iter().zip(set.amounts(net)).enumerate().map(part).collect()
    }

    /// Per set of taxes, what is missing between the sum of rounded lines and the rounded sum; only where something is.
    fn roundings(&self, settled: &Settled, lines: &[Entry]) -> Vec<Entry> {
        let missing = |(taxes, exact): (usize, &Decimal)| {
            let mut missing = self.round(exact_amount(self.plan, *exact, &self.plan.taxes[taxes]));
            for entry in lines.iter().filter(|entry| entry.taxes == Some(taxes)) {
                missing.net -= entry.line.net;
                missing.gross -= entry.line.gross;
            }
            let some = !missing.net.is_zero() || !missing.gross.is_zero();
            let line = || self.adjustment(Reason::Rounding, Some(taxes), missing);
            some.then(|| Entry { line: line(), taxes: Some(taxes) })
        };
        settled.by_taxes.iter().enumerate().filter_map(missing).collect()
    }

    /// A line of a rounded amount for the session as a whole.
    fn adjustment(&self, reason: Reason, taxes: Option<usize>, amount: Amount) -> Line {
        let gross_prices = self.plan.tariff.tax_included == TaxIncluded::Yes;
        let tax = amount.gross - amount.net;
        Line {
            reason,
            label: String::new(),
            from: self.from,
            to: self.to,
            dimension: None,
            quantity: Decimal::ONE,
            unit: Unit::Session,
            unit_price: if gross_prices { amount.gross } else { amount.net },
            net: amount.net,
            vat: taxes.and_then(|taxes| self.plan.taxes[taxes].vat),
            taxes: taxes.map(|taxes| self.parts(taxes, amount.net, tax)).unwrap_or_default(),
            tax,
            gross: amount.gross,
        }
    }
}

/// A quantity in kWh, seconds, or times.
fn shown(charge: Charge, quantity: i64) -> Decimal {
    if charge.is_flat() { Decimal::ONE } else { Decimal::new(quantity, 6).normalize() }
}

fn unit(charge: Charge) -> Unit {
    match charge {
        Charge::Energy | Charge::Service => Unit::Kwh,
        Charge::Time | Charge::ParkingTime | Charge::ReservationTime => Unit::Second,
        Charge::Flat | Charge::ReservationFlat => Unit::Session,
    }
}

fn dimension_totals(lines: &[Line]) -> Vec<DimensionTotal> {
    let total = |charge| {
        let mut lines = lines.iter().filter(|line| line.dimension == Some(charge)).peekable();
        lines.peek()?;
        let zero = DimensionTotal {
            dimension: charge,
            quantity: Decimal::ZERO,
            net: Decimal::ZERO,
            tax: Decimal::ZERO,
            gross: Decimal::ZERO,
        };
        Some(lines.fold(zero, |mut total, line| {
            if !matches!(line.reason, Reason::Cap { .. }) {
                total.quantity += line.quantity;
            }
            total.net += line.net;
            total.tax += line.tax;
            total.gross += line.gross;
            total
        }))
    };
    Charge::ALL.into_iter().filter_map(total).collect()
}
