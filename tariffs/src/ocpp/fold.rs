//! Exact arithmetic on prices: what has no exact result of six decimals has none.

use rust_decimal::{Decimal, RoundingStrategy};

/// What we and OCPP keep of a price.
pub(super) const DECIMALS: u32 = 6;

/// `a` × `b`, if it has at most 6 decimals.
pub(super) fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = whole_product(a, b)?.normalize();
    (product.scale() <= DECIMALS).then_some(product)
}

/// `a` / `b`, if it has at most 6 decimals.
pub(super) fn exact_quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let quotient = near_quotient(a, b)?;
    (whole_product(quotient, b)? == a).then_some(quotient)
}

/// The number of 6 decimals that is nearest to `a` / `b`.
pub(super) fn near_quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let quotient = a.checked_div(b)?;
    Some(quotient.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero).normalize())
}

/// The product with all its digits; `None` if a decimal cannot hold them.
pub(super) fn whole_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.checked_mul(b)?;
    // A product that was shortened has fewer decimals than its factors together.
    (product.is_zero() || product.scale() == a.scale() + b.scale()).then_some(product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn only_exact_results_are_results() {
        assert_eq!(exact_quotient(dec!(1.20), dec!(60)), Some(dec!(0.02)));
        assert_eq!(exact_quotient(dec!(1), dec!(60)), None);
        assert_eq!(near_quotient(dec!(1), dec!(60)), Some(dec!(0.016667)));
        assert_eq!(exact_quotient(dec!(0.605), dec!(1.21)), Some(dec!(0.5)));
        assert_eq!(exact_quotient(dec!(1), dec!(0)), None);
        assert_eq!(exact_product(dec!(0.45), dec!(0.95)), Some(dec!(0.4275)));
        assert_eq!(exact_product(dec!(0.123456), dec!(0.95)), None);
    }

    #[test]
    fn a_product_that_would_be_rounded_is_none() {
        let long = dec!(1.234567890123456);
        assert_eq!(whole_product(long, long), None);
        assert_eq!(whole_product(Decimal::MAX, dec!(2)), None);
    }
}
