//! From quantities to money: steps, VAT, limits and rounding.
//!
//! Amounts stay exact until the end: a sum of price × quantity is kept in 3600ths, because an hour has 3600 seconds and
//! nothing else is ever divided. Each total is rounded once, per VAT rate; each line is rounded for itself; what is
//! between the two is a line of its own.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::bill::{Anomaly, Bill, DimensionTotal, Line, Reason, Total, Unit};
use crate::ledger::{Ledger, Span};
use crate::money::Money;
use crate::plan::{Limit, Plan};
use crate::pricer::instant;
use crate::quantity::Energy;
use crate::tariff::{Dimension, TaxIncluded};

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

/// Net and gross, rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Amount {
    net: Decimal,
    gross: Decimal,
}

/// The rest of the last step of a dimension, billed on top.
struct Rest {
    component: usize,
    /// mWh or µs.
    quantity: i64,
}

/// The sums of a session.
pub(crate) fn total(plan: &Plan, ledger: &Ledger, energy: Energy) -> Total {
    let priced = by_rate(plan, ledger, &rests(plan, ledger));
    let total = limited(plan, sum(plan, &priced)).total;
    let money = |amount| Money { amount, currency: plan.currency() };
    Total { excl: money(total.net), incl: money(total.gross), energy }
}

/// The bill of a session.
pub(crate) fn bill(session: Session<'_>) -> Bill {
    let Session { plan, ledger, .. } = session;
    let rests = rests(plan, ledger);
    let priced = by_rate(plan, ledger, &rests);
    let limited = limited(plan, sum(plan, &priced));
    let mut lines = flat_line(plan, ledger).into_iter().collect::<Vec<_>>();
    lines.extend(ledger.spans().iter().map(|span| span_line(plan, span)));
    lines.sort_by_key(|line| (line.from, line.dimension != Some(Dimension::Flat)));
    lines.extend(rests.iter().map(|rest| rest_line(plan, rest, session.to)));
    let adjustment = |reason, vat, amount: Amount| Line {
        reason,
        label: String::new(),
        from: session.from,
        to: session.to,
        dimension: None,
        quantity: Decimal::ONE,
        unit: Unit::Session,
        unit_price: if plan.tariff.tax_included == TaxIncluded::Yes { amount.gross } else { amount.net },
        net: amount.net,
        vat,
        tax: amount.gross - amount.net,
        gross: amount.gross,
    };
    let roundings: Vec<Line> = rounding(plan, &priced, &lines)
        .into_iter()
        .map(|(vat, amount)| adjustment(Reason::Rounding, vat, amount))
        .collect();
    lines.extend(roundings);
    let only_rate = plan.vat_rates.first().copied().flatten().filter(|_| plan.vat_rates.len() == 1);
    lines.extend(limited.steps.iter().map(|(reason, amount)| adjustment(*reason, only_rate, *amount)));
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

/// What the steps add. Energy has its own; time and parking time share one, and if parking was priced at all, even at
/// zero, only parking is rounded up (OCPI 2.2.1, Tariffs, step_size).
fn rests(plan: &Plan, ledger: &Ledger) -> Vec<Rest> {
    let time = match ledger.last(Dimension::ParkingTime) {
        Some(component) => Some((Dimension::ParkingTime, component)),
        None => ledger.last(Dimension::Time).map(|component| (Dimension::Time, component)),
    };
    let energy = ledger.last(Dimension::Energy).map(|component| (Dimension::Energy, component));
    let rest = |(dimension, component): (Dimension, usize)| {
        let total = (0..plan.components.len())
            .filter(|index| plan.components[*index].dimension == dimension)
            .fold(0_i64, |total, index| total.saturating_add(ledger.sum(index)));
        let over = total.checked_rem(plan.components[component].step)?;
        (over > 0).then(|| Rest { component, quantity: plan.components[component].step - over })
    };
    energy.into_iter().chain(time).filter_map(rest).collect()
}

/// Price × quantity in 3600ths of the currency.
fn exact(plan: &Plan, component: usize, quantity: i64) -> Decimal {
    let component = &plan.components[component];
    // kWh and seconds both have six decimals in their small unit; a checked price cannot make this overflow.
    let quantity = match component.dimension {
        Dimension::Energy | Dimension::Service => Decimal::new(quantity, 6) * HOUR,
        Dimension::Time | Dimension::ParkingTime => Decimal::new(quantity, 6),
        Dimension::Flat => HOUR,
    };
    component.price * quantity
}

const HOUR: Decimal = Decimal::from_parts(3_600, 0, 0, false, 0);

/// The exact sums per VAT rate of the plan, in 3600ths.
fn by_rate(plan: &Plan, ledger: &Ledger, rests: &[Rest]) -> Vec<Decimal> {
    let mut sums = vec![Decimal::ZERO; plan.vat_rates.len()];
    let mut add = |component: usize, quantity: i64| {
        sums[plan.components[component].vat] += exact(plan, component, quantity);
    };
    for component in 0..plan.components.len() {
        if ledger.sum(component) != 0 {
            add(component, ledger.sum(component));
        }
    }
    for rest in rests {
        add(rest.component, rest.quantity);
    }
    if let Some((component, _)) = ledger.flat {
        add(component, 1);
    }
    sums
}

/// Rounds an exact sum of one VAT rate, in 3600ths, to net and gross.
fn amount(plan: &Plan, exact: Decimal, vat: Option<Decimal>) -> Amount {
    let vat = vat.unwrap_or_default();
    let percent = Decimal::ONE_HUNDRED;
    let (net, gross) = match plan.tariff.tax_included {
        TaxIncluded::No => (exact / HOUR, exact * (percent + vat) / (HOUR * percent)),
        TaxIncluded::Yes => (exact * percent / (HOUR * (percent + vat)), exact / HOUR),
        TaxIncluded::NotApplicable => (exact / HOUR, exact / HOUR),
    };
    Amount { net: plan.currency().round(net), gross: plan.currency().round(gross) }
}

fn sum(plan: &Plan, priced: &[Decimal]) -> Amount {
    let zero = plan.currency().round(Decimal::ZERO);
    priced.iter().zip(&plan.vat_rates).fold(Amount { net: zero, gross: zero }, |sum, (exact, vat)| {
        let amount = amount(plan, *exact, *vat);
        Amount { net: sum.net + amount.net, gross: sum.gross + amount.gross }
    })
}

struct Limited {
    total: Amount,
    /// What was added for it, in order.
    steps: Vec<(Reason, Amount)>,
}

/// Holds net and gross within their limits, each for itself.
fn limited(plan: &Plan, total: Amount) -> Limited {
    let mut limited = Limited { total, steps: Vec::new() };
    let round = |limit: Limit| Amount {
        net: plan.currency().round(limit.excl),
        gross: plan.currency().round(limit.incl),
    };
    if let Some(min) = plan.min_price.map(round) {
        let raised = Amount { net: total.net.max(min.net), gross: total.gross.max(min.gross) };
        limited.move_to(Reason::MinPrice, raised);
    }
    if let Some(max) = plan.max_price.map(round) {
        let Amount { net, gross } = limited.total;
        limited.move_to(Reason::MaxPrice, Amount { net: net.min(max.net), gross: gross.min(max.gross) });
    }
    limited
}

impl Limited {
    fn move_to(&mut self, reason: Reason, to: Amount) {
        if to != self.total {
            let step = Amount { net: to.net - self.total.net, gross: to.gross - self.total.gross };
            self.steps.push((reason, step));
            self.total = to;
        }
    }
}

/// Per VAT rate, what is missing between the sum of rounded lines and the rounded sum; only where something is.
fn rounding(plan: &Plan, priced: &[Decimal], lines: &[Line]) -> Vec<(Option<Decimal>, Amount)> {
    let missing = |(exact, vat): (&Decimal, &Option<Decimal>)| {
        let mut missing = amount(plan, *exact, *vat);
        for line in lines.iter().filter(|line| line.vat == *vat) {
            missing.net -= line.net;
            missing.gross -= line.gross;
        }
        (*vat, missing)
    };
    priced
        .iter()
        .zip(&plan.vat_rates)
        .map(missing)
        .filter(|(_, missing)| !missing.net.is_zero() || !missing.gross.is_zero())
        .collect()
}

fn priced_line(plan: &Plan, reason: Reason, component: usize, quantity: i64, times: (i64, i64)) -> Line {
    let prepared = &plan.components[component];
    let vat = plan.vat_rates[prepared.vat];
    let Amount { net, gross } = amount(plan, exact(plan, component, quantity), vat);
    Line {
        reason,
        label: plan.tariff.elements[prepared.element].name.clone(),
        from: instant(times.0),
        to: instant(times.1),
        dimension: Some(prepared.dimension),
        quantity: shown(prepared.dimension, quantity),
        unit: unit(prepared.dimension),
        unit_price: prepared.price,
        net,
        vat,
        tax: gross - net,
        gross,
    }
}

fn flat_line(plan: &Plan, ledger: &Ledger) -> Option<Line> {
    let (component, at) = ledger.flat?;
    Some(priced_line(plan, Reason::Price, component, 1, (at, at)))
}

fn span_line(plan: &Plan, span: &Span) -> Line {
    if let Some(component) = span.component {
        return priced_line(plan, Reason::Price, component, span.quantity, (span.from, span.to));
    }
    let zero = plan.currency().round(Decimal::ZERO);
    Line {
        reason: Reason::Free,
        label: String::new(),
        from: instant(span.from),
        to: instant(span.to),
        dimension: Some(span.dimension),
        quantity: shown(span.dimension, span.quantity),
        unit: unit(span.dimension),
        unit_price: Decimal::ZERO,
        net: zero,
        vat: None,
        tax: zero,
        gross: zero,
    }
}

fn rest_line(plan: &Plan, rest: &Rest, at: DateTime<Utc>) -> Line {
    let component = &plan.components[rest.component];
    let given = &plan.tariff.elements[component.element].components;
    let size = given.iter().find(|given| given.dimension == component.dimension);
    let reason = Reason::Step { size: size.map_or(0, |given| given.step_size) };
    let at = at.timestamp_micros();
    priced_line(plan, reason, rest.component, rest.quantity, (at, at))
}

fn shown(dimension: Dimension, quantity: i64) -> Decimal {
    match dimension {
        Dimension::Flat => Decimal::ONE,
        _ => Decimal::new(quantity, 6).normalize(),
    }
}

fn unit(dimension: Dimension) -> Unit {
    match dimension {
        Dimension::Energy | Dimension::Service => Unit::Kwh,
        Dimension::Time | Dimension::ParkingTime => Unit::Second,
        Dimension::Flat => Unit::Session,
    }
}

fn dimension_totals(lines: &[Line]) -> Vec<DimensionTotal> {
    let total = |dimension| {
        let mut lines = lines.iter().filter(|line| line.dimension == Some(dimension)).peekable();
        lines.peek()?;
        let zero = DimensionTotal {
            dimension,
            quantity: Decimal::ZERO,
            net: Decimal::ZERO,
            tax: Decimal::ZERO,
            gross: Decimal::ZERO,
        };
        Some(lines.fold(zero, |mut total, line| {
            total.quantity += line.quantity;
            total.net += line.net;
            total.tax += line.tax;
            total.gross += line.gross;
            total
        }))
    };
    Dimension::ALL.into_iter().filter_map(total).collect()
}
