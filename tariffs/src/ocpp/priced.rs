//! The prices that a tariff of OCPP has: ours with discounts and service fees folded in.

use rust_decimal::Decimal;

use super::fold::exact_product;
use super::seasons;
use crate::foreign::Report;
use crate::model::adjust::Discount;
use crate::model::tariff::{Dimension, Element, Reservation, Restrictions, Tariff};
use crate::model::tax::TaxSet;

/// A price that is to be written, discounts and service fee folded in.
pub(super) struct Priced {
    /// Of the component, e.g. `elements[2].components[0]`.
    pub path: String,
    pub dimension: Dimension,
    /// As the tariff gives it: with or without tax.
    pub price: Decimal,
    pub taxes: TaxSet,
    pub reservation: bool,
    /// Of the restrictions.
    pub when_path: String,
    /// More than one where a season had to be written as dates.
    pub when: Vec<Restrictions>,
}

/// All prices of a tariff, in its order.
pub(super) fn of(tariff: &Tariff, findings: &mut Report) -> Vec<Priced> {
    let discounts = percents(tariff, findings);
    let services = Services::of(tariff);
    let mut priced = Vec::new();
    for (index, element) in tariff.elements.iter().enumerate() {
        let when_path = format!("elements[{index}].restrictions");
        if !element.name.is_empty() {
            findings.note(format!("elements[{index}].name"), "is left out: OCPP has no names for prices");
        }
        if element.restrictions.reservation == Some(Reservation::ReservationExpires) {
            findings.refuse(
                format!("{when_path}.reservation"),
                "OCPP has no price for reservations that expire, only for all reservations",
            );
            continue;
        }
        let when = seasons::as_dates(&element.restrictions, tariff, &when_path, findings);
        let first = priced.len();
        for (at, component) in element.components.iter().enumerate() {
            let path = format!("elements[{index}].components[{at}]");
            step(component.step_size, component.dimension, &path, findings);
            let mut price = component.price.0;
            for (discount, percent) in &discounts {
                let dimensions = &tariff.discounts[*discount].dimensions;
                let reserves = element.restrictions.reservation.is_some();
                let named = dimensions.contains(&component.dimension) && !reserves;
                if dimensions.is_empty() || named {
                    let left = (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
                    price = exact_product(price, left).unwrap_or_else(|| {
                        findings.refuse(
                            format!("discounts[{discount}].percent"),
                            format_args!(
                                "leaves more than 6 decimals of {path}.price; write the \
                                 reduced prices into the elements"
                            ),
                        );
                        price
                    });
                }
            }
            priced.push(Priced {
                path,
                dimension: component.dimension,
                price,
                taxes: tariff.taxes_of(component),
                reservation: element.restrictions.reservation.is_some(),
                when_path: when_path.clone(),
                when: when.clone(),
            });
        }
        services.join(element, &mut priced, first, findings);
    }
    priced
}

/// The percentages that are taken off every price; all other discounts are refused.
fn percents(tariff: &Tariff, findings: &mut Report) -> Vec<(usize, Decimal)> {
    let mut percents = Vec::new();
    for (index, discount) in tariff.discounts.iter().enumerate() {
        let path = format!("discounts[{index}]");
        match discount {
            Discount { percent: Some(percent), .. } => {
                findings.note(path, "is written into the prices");
                percents.push((index, *percent));
            }
            Discount { free_kwh: Some(_), .. } => findings.refuse(
                path,
                "OCPP has no free energy; put an element with energy at 0 and max_kwh before the others",
            ),
            Discount { free_seconds: Some(_), .. } => findings.refuse(
                path,
                "OCPP has no free time; put an element with time at 0 and \
                     max_charging_time before the others",
            ),
            _ => findings.refuse(path, "OCPP has no amounts that are taken off"),
        }
    }
    percents
}

fn step(size: u32, dimension: Dimension, path: &str, findings: &mut Report) {
    if dimension == Dimension::Flat || size == 0 {
        return;
    }
    let path = format!("{path}.step_size");
    if size == 1 {
        findings.note(path, "is left out: stations bill exactly");
    } else {
        findings.refuse(path, "OCPP has no steps, stations bill exactly; set it to 0");
    }
}

/// How the service fee for energy becomes a part of its price.
struct Services {
    energy: bool,
    service: bool,
}

impl Services {
    fn of(tariff: &Tariff) -> Services {
        let charging = || tariff.elements.iter().filter(|element| element.restrictions.reservation.is_none());
        let has = |dimension| {
            charging()
                .flat_map(|element| &element.components)
                .any(|component| component.dimension == dimension)
        };
        Services { energy: has(Dimension::Energy), service: has(Dimension::Service) }
    }

    /// Makes one price of those from `first` on that are for energy and for service. That is the same price at any
    /// moment only if every element has both or neither.
    fn join(&self, element: &Element, priced: &mut Vec<Priced>, first: usize, findings: &mut Report) {
        if !self.service {
            return;
        }
        let find = |priced: &[Priced], dimension| {
            priced.iter().skip(first).position(|price| price.dimension == dimension).map(|at| first + at)
        };
        let (energy, service) = (find(priced, Dimension::Energy), find(priced, Dimension::Service));
        match (energy, service) {
            (None, None) => {}
            (None, Some(service)) if !self.energy => {
                findings.note(priced[service].path.as_str(), "is written as the price of energy");
                priced[service].dimension = Dimension::Energy;
            }
            (Some(energy), Some(service)) => {
                let fee = priced.remove(service);
                let energy = if service < energy { energy - 1 } else { energy };
                if priced[energy].taxes == fee.taxes {
                    findings.note(fee.path, "is written into the price of energy");
                    priced[energy].price += fee.price;
                } else {
                    findings.refuse(
                        fee.path,
                        "OCPP has no service fee, and with taxes of its own it cannot be \
                         a part of the price of energy",
                    );
                }
            }
            (Some(alone), None) | (None, Some(alone)) => {
                let name =
                    if element.name.is_empty() { String::new() } else { format!(" (\"{}\")", element.name) };
                findings.refuse(
                    priced[alone].path.as_str(),
                    format_args!(
                        "OCPP has one price for energy and service: give both in each \
                         element that has one{name}"
                    ),
                );
            }
        }
    }
}
