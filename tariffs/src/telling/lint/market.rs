//! What the rules of a market ask of a tariff.

use rust_decimal::Decimal;

use super::{Found, ladder};
use crate::model::adjust::Cap;
use crate::model::offer::Kind;
use crate::model::tariff::{Dimension, Element, Tariff, TaxIncluded};
use crate::telling::ladder::{Ladder, Rung, Subject};
use crate::telling::words::amounts::per_minute;

/// From here on Regulation (EU) 2023/1804 allows a price per kWh and an occupancy fee only.
const FAST_KW: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

fn ad_hoc(tariff: &Tariff) -> bool {
    tariff.kind.is_none_or(|kind| kind == Kind::AdHocPayment)
}

/// Those with a price above 0 that may decide.
fn costing<'a, 'b>(ladder: &'b Ladder<'a>) -> impl Iterator<Item = &'b Rung<'a>> {
    ladder.live().filter(|rung| rung.component.price.0 > Decimal::ZERO)
}

fn per_kwh(ladders: &[Ladder<'_>; 9]) -> bool {
    ladder(ladders, Subject::Energy).costs() || ladder(ladders, Subject::Service).costs()
}

pub(super) fn afir(tariff: &Tariff, ladders: &[Ladder<'_>; 9], max_power_kw: Decimal, found: &mut Found) {
    if !ad_hoc(tariff) {
        return;
    }
    let [charging, idle, session] =
        [Subject::Charging, Subject::Idle, Subject::Session].map(|subject| ladder(ladders, subject));
    if max_power_kw >= FAST_KW {
        if !per_kwh(ladders) && [charging, idle, session].into_iter().any(Ladder::costs) {
            found.warn(
                "elements",
                "have no price per kWh, which ad-hoc charging at 50 kW or more must be based on",
            );
        }
        for rung in costing(charging) {
            found.warn(rung.path(), "prices charging time; at 50 kW or more only an occupancy fee may come with the price per kWh");
        }
        for rung in costing(session) {
            found.warn(
                rung.path(),
                "is a session fee; at 50 kW or more only an occupancy fee may come with the price per kWh",
            );
        }
        if tariff.min_price.is_some_and(|limit| limit.excl > Decimal::ZERO) {
            found.warn("min_price", "works like a session fee, which is not allowed at 50 kW or more");
        }
    } else {
        display_order(tariff, found);
    }
    for rung in costing(charging).chain(costing(idle)) {
        if per_minute(rung.component.price.0).is_none() {
            let path = format!("{}.price", rung.path());
            found.hint(path, "is told per minute, and a sixtieth of it is not exact in four decimals");
        }
    }
}

/// Apps show components in the order in which they stand.
fn display_order(tariff: &Tariff, found: &mut Found) {
    let rank = |dimension: Dimension| match dimension {
        Dimension::Energy | Dimension::Service => 0,
        Dimension::Time | Dimension::ParkingTime => 1,
        Dimension::Flat => 2,
    };
    let charging = |element: &&Element| element.restrictions.reservation.is_none();
    let mut seen = [false; 3];
    for (index, element) in tariff.elements.iter().enumerate().filter(|(_, element)| charging(element)) {
        for (at, component) in element.components.iter().enumerate() {
            let mine = rank(component.dimension);
            if !seen[mine] && seen[mine..].contains(&true) {
                let path = format!("elements[{index}].components[{at}]");
                found.hint(
                    path,
                    "comes late: prices are shown in the order per kWh, per minute, per session, other",
                );
            }
            seen[mine] = true;
        }
    }
}

pub(super) fn pangv(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    if !ad_hoc(tariff) {
        return;
    }
    let costs = |subject: Subject| ladder(ladders, subject).costs();
    if !per_kwh(ladders) {
        if costs(Subject::Charging) {
            found.warn(
                "elements",
                "price charging by time alone, which is held inadmissible; give a price per kWh",
            );
        } else if costs(Subject::Session) || costs(Subject::Idle) {
            found.warn("elements", "have no price per kWh, which must be told at the point");
        }
    }
    let energy = [Subject::Energy, Subject::Service].map(|subject| ladder(ladders, subject));
    for rung in energy.into_iter().flat_map(costing) {
        let component = rung.component;
        if tariff.tax_included == TaxIncluded::No && component.vat.is_none() && component.taxes.is_empty() {
            found.warn(
                format!("{}.vat", rung.path()),
                "is missing, so the gross price per kWh that must be told is not known",
            );
        }
        if component.step_size > 1 {
            found.warn(
                format!("{}.step_size", rung.path()),
                "bills more than was measured; the unit of the price is 1 kWh",
            );
        }
    }
    if costs(Subject::Energy) && costs(Subject::Service) {
        found.hint("elements", "price energy in two parts; the price per kWh that is told is their sum");
    }
}

pub(super) fn china(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    let [energy, service, idle] =
        [Subject::Energy, Subject::Service, Subject::Idle].map(|subject| ladder(ladders, subject));
    if energy.costs() && service.rungs.is_empty() {
        found.warn(
            "elements",
            "have no service component; electricity fee and service fee are told and invoiced apart",
        );
    }
    if service.costs() && energy.rungs.is_empty() {
        found.warn(
            "elements",
            "have no energy component; electricity fee and service fee are told and invoiced apart",
        );
    }
    if tariff.currency.code() != "CNY" {
        found.hint("currency", format!("is {}, not CNY", tariff.currency));
    }
    if tariff.tax_included == TaxIncluded::No
        && tariff.tax_sets().iter().any(|set| set.factor() > Decimal::ONE)
    {
        found.hint("tax_included", "is no; drivers are told prices with tax");
    }
    for rung in costing(idle) {
        if rung.element.restrictions.min_idle_time.unwrap_or(0) == 0 {
            let path = format!("elements[{}].restrictions.min_idle_time", rung.index);
            found.hint(path, "is not given; an occupancy fee begins after a grace, usually 10 to 15 minutes");
        }
    }
    let capped = |cap: &Cap| cap.dimensions.contains(&Dimension::ParkingTime);
    if idle.costs() && !tariff.caps.iter().any(capped) && tariff.max_price.is_none() {
        found.hint("caps", "name no parking_time; an occupancy fee has a highest amount per session or day");
    }
}
