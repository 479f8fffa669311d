//! Discounts and caps, which OCPI does not have: percents can be taken off the prices, the rest is refused.

use rust_decimal::Decimal;

use super::rows::{Row, exact_product};
use crate::foreign::Report;
use crate::model::tariff::Tariff;

/// Takes the percents of the tariff's discounts off the prices.
pub(super) fn fold(tariff: &Tariff, rows: &mut [Row], report: &mut Report) {
    for (index, _) in tariff.caps.iter().enumerate() {
        report.refuse(
            format_args!("caps[{index}]"),
            "cannot be said in OCPI: it bounds a whole session only, with max_price",
        );
    }
    let reserving = rows.iter().any(|row| row.restrictions.reservation.is_some());
    for (index, discount) in tariff.discounts.iter().enumerate() {
        let path = format!("discounts[{index}]");
        let Some(percent) = discount.percent else {
            let advice = if discount.free_kwh.is_some() {
                "write an element with the price 0 and max_kwh before the others"
            } else {
                "take it off the prices"
            };
            report.refuse(path, format_args!("cannot be said in OCPI: {advice}"));
            continue;
        };
        if reserving {
            report.refuse(
                path,
                "cannot be said in OCPI beside prices for reservations: take it off the prices",
            );
            continue;
        }
        let left = (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
        for priced in rows.iter_mut().flat_map(|row| &mut row.prices) {
            let component = &mut priced.component;
            if discount.dimensions.is_empty() || discount.dimensions.contains(&component.dimension) {
                // Where the product has more decimals than OCPI's numbers, writing them finds it.
                match exact_product(component.price.0, left) {
                    Some(price) => component.price.0 = price,
                    None => report.refuse(&path, format_args!("leaves {} without end", priced.path)),
                }
            }
        }
        report.note(path, "is taken off the prices that are written");
    }
}
