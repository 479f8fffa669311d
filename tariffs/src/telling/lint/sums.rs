//! Taxes, steps and limits that hardly anybody means.

use rust_decimal::Decimal;

use super::{Found, SAME_KIND_MAX, ladder};
use crate::model::tariff::{Component, Dimension, Tariff, TaxIncluded};
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Subject};
use crate::telling::words::amounts::{Amount, money};

/// A session that is cheap for hardly anybody: kWh, and hours of charging and of idling.
const USUAL_KWH: u32 = 20;
const USUAL_HOURS: u32 = 1;

pub(super) fn taxes(tariff: &Tariff, found: &mut Found) {
    let taxed = |component: &Component| component.vat.is_some() || !component.taxes.is_empty();
    let mut components = tariff.elements.iter().flat_map(|element| &element.components);
    let some = components.any(taxed);
    match (tariff.tax_included, some) {
        (TaxIncluded::NotApplicable, true) => {
            found.hint("tax_included", "is not_applicable, so the taxes of components are not looked at");
        }
        (TaxIncluded::Yes, false) => {
            found.hint(
                "tax_included",
                "is yes, but no component names a tax: before and after tax are taken to be the same",
            );
        }
        (TaxIncluded::No | TaxIncluded::Yes, true) => {
            for (path, _) in each(tariff).filter(|(_, component)| !taxed(component)).take(SAME_KIND_MAX) {
                found.warn(
                    format!("{path}.vat"),
                    "is missing where others have one: no tax applies; write 0 for a rate of zero",
                );
            }
        }
        (TaxIncluded::No | TaxIncluded::NotApplicable, false) => {}
    }
}

pub(super) fn steps(tariff: &Tariff, found: &mut Found) {
    let rounding = each(tariff).filter(|(_, one)| one.step_size > 1 && one.dimension != Dimension::Flat);
    for (path, component) in rounding.take(SAME_KIND_MAX) {
        let unit = match component.dimension {
            Dimension::Energy | Dimension::Service => "Wh",
            Dimension::Time | Dimension::ParkingTime | Dimension::Flat => "s",
        };
        let message = format!(
            "rounds a session's total up to {} {unit}; 1 bills what was used, as OCPI recommends",
            component.step_size
        );
        found.hint(format!("{path}.step_size"), message);
    }
}

pub(super) fn least_price(tariff: &Tariff, ladders: &[Ladder<'_>; 9], found: &mut Found) {
    let Some(limit) = tariff.min_price else { return };
    let dearest = |subject: Subject| {
        let prices = ladder(ladders, subject).live().map(|rung| rung.component.price.0);
        prices.max().unwrap_or_default()
    };
    let kwh = dearest(Subject::Energy) + dearest(Subject::Service);
    let hour = dearest(Subject::Charging) + dearest(Subject::Idle);
    let usual =
        kwh * Decimal::from(USUAL_KWH) + hour * Decimal::from(USUAL_HOURS) + dearest(Subject::Session);
    let limit = Amount::of_limit(limit, tariff);
    let least = if tariff.tax_included == TaxIncluded::Yes { limit.gross } else { limit.net };
    if least > usual {
        let [least, usual] = [least, usual].map(|amount| money(amount, tariff.currency, Language::English));
        let message = format!(
            "is {least}, more than {USUAL_KWH} kWh with an hour of charging and an hour idle cost at the highest prices ({usual})"
        );
        found.warn("min_price", message);
    }
}

/// All components with their paths.
fn each(tariff: &Tariff) -> impl Iterator<Item = (String, &Component)> {
    tariff.elements.iter().enumerate().flat_map(|(index, element)| {
        let components = element.components.iter().enumerate();
        components.map(move |(at, component)| (format!("elements[{index}].components[{at}]"), component))
    })
}
