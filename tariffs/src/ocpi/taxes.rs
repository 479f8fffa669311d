//! A component's price and taxes as OCPI has them: one rate of VAT; in 2.2.1 always on top.

use rust_decimal::Decimal;

use super::rows::{Priced, exact_product, exact_quotient};
use super::{DECIMALS, Version};
use crate::foreign::Report;
use crate::model::tariff::TaxIncluded;
use crate::model::tax::{Tax, VAT};

/// The price and the `vat` to be written.
pub(super) fn wire(
    priced: &Priced,
    included: TaxIncluded,
    version: Version,
    report: &mut Report,
) -> (Decimal, Option<Decimal>) {
    let (component, price) = (&priced.component, priced.component.price.0);
    let taxes = format!("{}.taxes", priced.path);
    if included == TaxIncluded::NotApplicable {
        if !component.taxes.is_empty() {
            report.note(taxes, "do not apply and are not written");
        }
        return match version {
            // No vat means that none applies.
            Version::V2_2_1 if component.vat.is_some() => {
                report.note(format_args!("{}.vat", priced.path), "does not apply and is not written");
                (price, None)
            }
            Version::V2_2_1 | Version::V2_3_0 => (price, component.vat),
        };
    }
    let vat = match component.taxes.as_slice() {
        [] => component.vat,
        several => match together(several) {
            Some(rate) => {
                let [Tax { name, .. }] = several else {
                    report.note(taxes, format_args!("are written as one vat of {rate} %"));
                    return (net(priced, Some(rate), included, version, report), Some(rate));
                };
                if !name.eq_ignore_ascii_case(VAT) {
                    report.note(taxes, format_args!("is written as vat, without the name {name}"));
                }
                Some(rate)
            }
            None => {
                report.refuse(taxes, "are together no rate of 4 decimals, and OCPI has one vat only");
                return (price, None);
            }
        },
    };
    (net(priced, vat, included, version, report), vat)
}

/// The price on the side of the tax that the version has prices on.
fn net(
    priced: &Priced,
    vat: Option<Decimal>,
    included: TaxIncluded,
    version: Version,
    report: &mut Report,
) -> Decimal {
    let price = priced.component.price.0;
    let gross = included == TaxIncluded::Yes && version == Version::V2_2_1;
    let Some(vat) = vat.filter(|_| gross) else { return price };
    let factor = (Decimal::ONE_HUNDRED + vat) / Decimal::ONE_HUNDRED;
    exact_quotient(price, factor).unwrap_or_else(|| {
        report.refuse(
            format_args!("{}.price", priced.path),
            format_args!(
                "contains {vat} % VAT and without it has more than {DECIMALS} decimals, but prices of OCPI 2.2.1 \
                 are without; change the price or use 2.3.0"
            ),
        );
        price
    })
}

/// The one rate in percent that has the effect of all of them, if it has OCPI's decimals.
fn together(taxes: &[Tax]) -> Option<Decimal> {
    let mut sorted: Vec<&Tax> = taxes.iter().collect();
    sorted.sort_by_key(|tax| tax.stack);
    let mut factor = Decimal::ONE;
    for stack in sorted.chunk_by(|one, other| one.stack == other.stack) {
        let percent: Decimal = stack.iter().map(|tax| tax.percent).sum();
        // At most eight taxes of at most 100 % with six decimals: both steps are exact.
        factor = exact_product(factor, (Decimal::ONE_HUNDRED + percent) / Decimal::ONE_HUNDRED)?.normalize();
    }
    let rate = ((factor - Decimal::ONE) * Decimal::ONE_HUNDRED).normalize();
    (rate.scale() <= DECIMALS).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn rate(taxes: &[(Decimal, u8)]) -> Option<Decimal> {
        let taxes: Vec<Tax> =
            taxes.iter().map(|&(percent, stack)| Tax { name: "x".into(), percent, stack }).collect();
        together(&taxes)
    }

    #[test]
    fn taxes_add_up_to_a_rate_if_it_is_exact() {
        assert_eq!(rate(&[(dec!(10), 1), (dec!(5), 0), (dec!(3), 0)]), Some(dec!(18.8)));
        assert_eq!(rate(&[(dec!(5), 0), (dec!(9.975), 0)]), Some(dec!(14.975)));
        assert_eq!(rate(&[(dec!(25), 0), (dec!(60), 3)]), Some(dec!(100)));
        assert_eq!(rate(&[(dec!(5), 0), (dec!(9.975), 1)]), None);
        assert_eq!(rate(&[(dec!(1.000001), 0); 8].map(|(percent, _)| (percent, 0))), None);
        let stacked: Vec<(Decimal, u8)> = (0..8).map(|stack| (dec!(1.000001), stack)).collect();
        assert_eq!(rate(&stacked), None);
    }
}
