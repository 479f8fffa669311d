//! Taxes of a component: VAT alone, several taxes, taxes on taxes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::exact;

/// A tax (OCPP 2.1 TaxRateType, OCPI 2.3.0 TaxAmount).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// E.g. "VAT", "State", "City".
    pub name: String,
    /// The rate in percent.
    #[serde(with = "exact")]
    pub percent: Decimal,
    /// 0: a tax on the price. Higher: a tax on the price with all taxes of lower stacks.
    #[serde(default, skip_serializing_if = "crate::model::tariff::is_default")]
    pub stack: u8,
}

/// The name of the tax that a `vat` stands for.
pub(crate) const VAT: &str = "VAT";

/// All taxes that a price bears: what a rounded total is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaxSet {
    /// The VAT rate where that is all there is; `None` with `taxes` empty: no tax applies.
    pub vat: Option<Decimal>,
    /// By stack, in the order given.
    pub taxes: Vec<Tax>,
    /// What net is multiplied with to give gross.
    factor: Decimal,
}

impl TaxSet {
    /// No tax applies.
    pub fn none() -> TaxSet {
        TaxSet { vat: None, taxes: Vec::new(), factor: Decimal::ONE }
    }

    pub fn new(vat: Option<Decimal>, taxes: &[Tax]) -> TaxSet {
        let mut sorted = taxes.to_vec();
        sorted.sort_by_key(|tax| tax.stack);
        let mut set = TaxSet { vat, taxes: sorted, factor: Decimal::ONE };
        set.factor = match vat {
            Some(percent) => factor(percent),
            None => set.stacks().map(factor).product(),
        };
        set
    }

    /// What net is multiplied with to give gross; at least 1.
    pub fn factor(&self) -> Decimal {
        self.factor
    }

    /// The sum of percents of each stack, from the lowest.
    fn stacks(&self) -> impl Iterator<Item = Decimal> + '_ {
        self.taxes
            .chunk_by(|one, other| one.stack == other.stack)
            .map(|stack| stack.iter().map(|tax| tax.percent).sum())
    }

    /// The tax of each of `taxes` on an exact net.
    pub fn amounts(&self, net: Decimal) -> Vec<Decimal> {
        let mut base = net;
        let mut amounts = Vec::with_capacity(self.taxes.len());
        for stack in self.taxes.chunk_by(|one, other| one.stack == other.stack) {
            let taxes = stack.iter().map(|tax| base * tax.percent / Decimal::ONE_HUNDRED);
            let before = amounts.len();
            amounts.extend(taxes);
            base += amounts[before..].iter().sum::<Decimal>();
        }
        amounts
    }
}

fn factor(percent: Decimal) -> Decimal {
    (Decimal::ONE_HUNDRED + percent) / Decimal::ONE_HUNDRED
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn tax(name: &str, percent: Decimal, stack: u8) -> Tax {
        Tax { name: name.into(), percent, stack }
    }

    #[test]
    fn a_higher_stack_taxes_the_taxes_below() {
        let set = TaxSet::new(
            None,
            &[tax("luxury", dec!(10), 1), tax("state", dec!(5), 0), tax("city", dec!(3), 0)],
        );
        assert_eq!(set.factor(), dec!(1.188));
        // 100 + 5 + 3 = 108, and 10 % of that.
        assert_eq!(set.amounts(dec!(100)), [dec!(5), dec!(3), dec!(10.8)]);
    }

    #[test]
    fn no_tax_is_not_a_rate_of_zero() {
        assert_ne!(TaxSet::none(), TaxSet::new(Some(dec!(0)), &[]));
        assert_eq!(TaxSet::new(Some(dec!(0)), &[]).factor(), dec!(1));
    }
}
