//! The elements on their way into OCPI: what each came from is kept, so that problems name the tariff's own fields.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use super::DECIMALS;
use crate::foreign::Report;
use crate::model::tariff::{Component, Dimension, Restrictions, Tariff};

/// An element to be written.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The element it came from, e.g. `elements[2]`.
    pub path: String,
    pub restrictions: Restrictions,
    pub prices: Vec<Priced>,
}

/// A component to be written.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    /// The component it came from, e.g. `elements[2].components[0]`.
    pub path: String,
    pub component: Component,
}

impl Row {
    /// One row for each element.
    pub fn of(tariff: &Tariff) -> Vec<Row> {
        let rows = tariff.elements.iter().enumerate().map(|(index, element)| {
            let path = format!("elements[{index}]");
            let prices = element.components.iter().enumerate().map(|(index, component)| Priced {
                path: format!("{path}.components[{index}]"),
                component: component.clone(),
            });
            Row { prices: prices.collect(), restrictions: element.restrictions.clone(), path }
        });
        rows.collect()
    }

    /// The price of a dimension.
    pub fn price(&self, dimension: Dimension) -> Option<&Priced> {
        self.prices.iter().find(|priced| priced.component.dimension == dimension)
    }

    /// Does it hold at all times?
    pub fn unrestricted(&self) -> bool {
        self.restrictions == Restrictions::default()
    }
}

/// A decimal as a JSON number that everybody reads as the same decimal; `None` if OCPI's numbers do not reach.
pub(super) fn number(value: Decimal) -> Option<Number> {
    let value = value.normalize();
    // Fifteen digits survive binary floats, which most partners read numbers into.
    let short = value.mantissa().unsigned_abs() < 1_000_000_000_000_000;
    if value.scale() > DECIMALS || !short {
        return None;
    }
    serde_json::from_str(&value.to_string()).ok()
}

/// Writes a number into an object, or refuses it.
pub(super) fn put_number(
    object: &mut Map<String, Value>,
    name: &str,
    value: Decimal,
    path: &str,
    report: &mut Report,
) {
    match number(value) {
        Some(number) => {
            object.insert(name.to_owned(), number.into());
        }
        None => report.refuse(
            path,
            format_args!(
                "would be {}, but numbers of OCPI have at most {DECIMALS} decimals",
                value.normalize()
            ),
        ),
    }
}

/// The product, if it has no more digits than a decimal holds.
pub(super) fn exact_product(one: Decimal, other: Decimal) -> Option<Decimal> {
    let (one, other) = (one.normalize(), other.normalize());
    if one.is_zero() || other.is_zero() {
        return Some(Decimal::ZERO);
    }
    let product = one.checked_mul(other)?;
    // A product that was rounded has lost decimals.
    (product.scale() == one.scale() + other.scale()).then_some(product)
}

/// The quotient, if it has no more decimals than OCPI's numbers.
pub(super) fn exact_quotient(dividend: Decimal, divisor: Decimal) -> Option<Decimal> {
    let quotient = dividend.checked_div(divisor)?.round_dp(DECIMALS);
    (exact_product(quotient, divisor)? == dividend).then_some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn numbers_are_written_as_they_are_or_not_at_all() {
        for (value, text) in [
            (dec!(0), "0"),
            (dec!(2.50), "2.5"),
            (dec!(25.00), "25"),
            (dec!(0.0001), "0.0001"),
            (dec!(0.1), "0.1"),
            (dec!(99999999999.9999), "99999999999.9999"),
            (dec!(999999999999999), "999999999999999"),
        ] {
            assert_eq!(number(value).unwrap().to_string(), text);
        }
        for value in [dec!(0.00001), dec!(1000000000000000), dec!(999999999999.9999)] {
            assert_eq!(number(value), None, "{value}");
        }
    }

    #[test]
    fn products_and_quotients_are_exact_or_none() {
        assert_eq!(exact_product(dec!(1.25), dec!(1.60)), Some(dec!(2)));
        assert_eq!(exact_product(dec!(0), dec!(0.123)), Some(dec!(0)));
        assert_eq!(exact_product(dec!(1.00000000000001), dec!(1.000000000000001)), None);
        assert_eq!(exact_quotient(dec!(0.605), dec!(1.21)), Some(dec!(0.5)));
        assert_eq!(exact_quotient(dec!(0.6), dec!(1.21)), None);
        assert_eq!(exact_quotient(dec!(1), dec!(0)), None);
    }
}
