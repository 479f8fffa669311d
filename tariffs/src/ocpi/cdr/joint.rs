//! The tariffs of a CDR as one: a driver whose profile changes on the way goes on under another tariff, but it stays one
//! session (OCPI CDRs, ChargingPeriod tariff_id).
//!
//! The elements of all its tariffs are put one after the other, and in each period only those of its own tariff may
//! hold. So whatever counts over the whole session does so by itself: restrictions on energy and duration, the flat fee
//! that is due once, and steps, which are not applied where tariffs change.

use std::sync::Arc;

use super::{Cdr, Named};
use crate::model::check::{Invalid, Problem};
use crate::model::policy::{Policy, ReservationElements};
use crate::model::tariff::{Element, Tariff};
use crate::pricing::plan::Plan;

/// Several tariffs as one.
pub(super) struct Joint {
    pub plan: Plan,
    /// Per tariff which elements are its own; the last is of no tariff and has none.
    pub own: Vec<Arc<[bool]>>,
    /// Per period the index in `own`.
    pub by_period: Vec<usize>,
}

impl Joint {
    /// `named`: the tariffs that the periods name, at least one, as indexes in the CDR's tariffs.
    pub fn new(cdr: &Cdr, named: &[usize], policy: Policy) -> Result<Joint, Invalid> {
        let priced = |element: &&Element| {
            element.restrictions.reservation.is_none() || policy.reservation == ReservationElements::Priced
        };
        let mut elements: Vec<Element> = Vec::new();
        let mut ranges = Vec::with_capacity(named.len());
        for &index in named {
            let tariff = &cdr.tariffs[index].tariff;
            fits(tariff, &cdr.tariffs[named[0]].tariff, index)?;
            refuse(tariff.check_foreign(&policy), index)?;
            let from = elements.len();
            // On the bill the names tell the tariffs apart.
            let mine = tariff.elements.iter().filter(priced);
            elements.extend(mine.map(|element| Element { name: tariff.id.clone(), ..element.clone() }));
            ranges.push(from..elements.len());
        }
        let all = elements.len();
        let mut own: Vec<Arc<[bool]>> =
            ranges.iter().map(|range| (0..all).map(|index| range.contains(&index)).collect()).collect();
        own.push((0..all).map(|_| false).collect());
        let place = |tariff: Named| match tariff {
            Named::Carried(tariff) => named.iter().position(|other| *other == tariff),
            Named::No | Named::Absent => None,
        };
        let places = cdr.periods.iter().map(|period| place(period.tariff));
        let last = places.clone().flatten().last().unwrap_or(0);
        let by_period = places.map(|place| place.unwrap_or(named.len())).collect();
        let tariff = Tariff { elements, ..cdr.tariffs[named[last]].tariff.clone() };
        let plan = Plan::with_policy(Arc::new(tariff), policy).map_err(|invalid| Invalid {
            problems: invalid.problems.into_iter().map(|problem| together(&problem)).collect(),
        })?;
        Ok(Joint { plan, own, by_period })
    }
}

/// Amounts of one bill are in one currency and with or without taxes.
fn fits(tariff: &Tariff, first: &Tariff, index: usize) -> Result<(), Invalid> {
    let wrong = |field: &str| {
        let path = format!("tariffs[{index}].{field}");
        Err(Problem::new(path, &"is not that of the other tariffs that the periods name").into())
    };
    if tariff.currency != first.currency {
        return wrong("currency");
    }
    if tariff.tax_included != first.tax_included {
        return wrong("tax_included");
    }
    Ok(())
}

/// Errors with the problems of one of the CDR's tariffs, by the CDR's path.
pub(super) fn refuse(problems: Vec<Problem>, tariff: usize) -> Result<(), Invalid> {
    let under = |problem: Problem| Problem { path: format!("tariffs[{tariff}].{}", problem.path), ..problem };
    let problems: Vec<Problem> = problems.into_iter().map(under).collect();
    if problems.is_empty() { Ok(()) } else { Err(Invalid { problems }) }
}

/// A problem that no tariff has by itself.
fn together(problem: &Problem) -> Problem {
    Problem::new("tariffs".to_owned(), &format_args!("together: {problem}"))
}
