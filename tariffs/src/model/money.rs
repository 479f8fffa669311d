//! Amounts of money and prices.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::currency::Currency;
use crate::model::exact;

/// An amount in one currency. Two currencies are never added up: the sum of unlike amounts is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In whole units of the currency, e.g. euros.
    pub amount: Decimal,
    /// The currency of `amount`.
    pub currency: Currency,
}

/// Two amounts cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// They are in different currencies.
    #[error("{0} and {1} cannot be added up")]
    Currencies(Currency, Currency),
    /// The result has more digits than a decimal can hold.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// No money, in a currency.
    pub fn zero(currency: Currency) -> Money {
        Money { amount: currency.round(Decimal::ZERO), currency }
    }

    /// The sum. Errors if the currencies differ or the sum is too large.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?;
        Ok(Money { amount, ..self })
    }

    /// The difference. Errors if the currencies differ or the difference is too large.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::TooLarge)?;
        Ok(Money { amount, ..self })
    }

    /// Rounded to the currency's smallest unit, a half away from zero.
    pub fn rounded(self) -> Money {
        Money { amount: self.currency.round(self.amount), ..self }
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", padded(self.amount, self.currency.digits()), self.currency)
    }
}

/// What one unit of a dimension costs: a kWh, an hour, or a session. The currency is the tariff's.
/// In JSON a decimal as string or number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Price(#[serde(with = "exact")] pub Decimal);

/// At least `digits` decimals, more where the value has them: `1.2` with 2 is `1.20`, `0.4525` stays.
pub(crate) fn padded(value: Decimal, digits: u32) -> Decimal {
    let mut value = value.normalize();
    if value.scale() < digits {
        value.rescale(digits);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn money(amount: Decimal, code: &str) -> Money {
        Money { amount, currency: code.parse().unwrap() }
    }

    #[test]
    fn like_amounts_add_up() {
        let sum = money(dec!(1.10), "EUR").checked_add(money(dec!(2.20), "EUR")).unwrap();
        assert_eq!(sum, money(dec!(3.30), "EUR"));
        assert_eq!(sum.checked_sub(money(dec!(3.30), "EUR")).unwrap().amount, dec!(0));
        assert_eq!(sum.to_string(), "3.30 EUR");
    }

    #[test]
    fn unlike_amounts_do_not() {
        let error = money(dec!(1), "EUR").checked_add(money(dec!(1), "CNY")).unwrap_err();
        assert_eq!(error.to_string(), "EUR and CNY cannot be added up");
        assert!(money(dec!(1), "EUR").checked_sub(money(dec!(1), "JPY")).is_err());
    }

    #[test]
    fn too_large_is_an_error() {
        let most = money(Decimal::MAX, "EUR");
        assert_eq!(most.checked_add(most), Err(MoneyError::TooLarge));
    }

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        assert_eq!(money(dec!(1.5), "KWD").to_string(), "1.500 KWD");
        assert_eq!(money(dec!(1500), "JPY").to_string(), "1500 JPY");
        assert_eq!(money(dec!(0.4525), "EUR").to_string(), "0.4525 EUR");
        assert_eq!(money(dec!(2.345), "EUR").rounded().to_string(), "2.35 EUR");
        assert_eq!(Money::zero("EUR".parse().unwrap()).to_string(), "0.00 EUR");
    }
}
