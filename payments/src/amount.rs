//! Amounts that move: whole smallest units of a currency, as providers, banks and the ledger count them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use std::fmt;
use tariffs::{Currency, Money};

/// Whole smallest units of a currency: 1234 EUR cents, 500 JPY. Prices and bills are [`Money`]; what is moved between
/// accounts is an `Amount`, so that two systems that add it up agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amount {
    /// In the smallest unit. Negative where money flows back.
    pub minor: i64,
    /// The currency of `minor`.
    pub currency: Currency,
}

/// Two amounts cannot be put together, or one cannot be said in whole units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// They are in different currencies.
    #[error("{0} and {1} cannot be put together")]
    Currencies(Currency, Currency),
    /// More than an `i64` of the smallest unit.
    #[error("the amount is too large")]
    TooLarge,
    /// More decimals than the currency has.
    #[error("{0} has more decimals than {1} has")]
    Fraction(Decimal, Currency),
}

impl Amount {
    /// So many smallest units.
    pub fn new(minor: i64, currency: Currency) -> Amount {
        Amount { minor, currency }
    }

    /// Nothing.
    pub fn zero(currency: Currency) -> Amount {
        Amount { minor: 0, currency }
    }

    /// A sum of money rounded to the smallest unit, a half away from zero.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`].
    pub fn of(money: Money) -> Result<Amount, AmountError> {
        let rounded = money.rounded();
        Amount::exact(rounded.amount, rounded.currency)
    }

    /// A decimal as a provider writes it (`12.34`), without rounding.
    ///
    /// # Errors
    /// [`AmountError::Fraction`] if it has more decimals than the currency, [`AmountError::TooLarge`].
    pub fn exact(decimal: Decimal, currency: Currency) -> Result<Amount, AmountError> {
        let factor = Decimal::from(10_i64.pow(currency.digits()));
        let scaled = decimal.checked_mul(factor).ok_or(AmountError::TooLarge)?;
        if !scaled.fract().is_zero() {
            return Err(AmountError::Fraction(decimal, currency));
        }
        Ok(Amount { minor: scaled.to_i64().ok_or(AmountError::TooLarge)?, currency })
    }

    /// In whole units of the currency, with all its decimals: `12.30`.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }

    /// As money.
    pub fn money(self) -> Money {
        Money { amount: self.decimal(), currency: self.currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// Different currencies, or too large.
    pub fn plus(self, other: Amount) -> Result<Amount, AmountError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(AmountError::TooLarge)?;
        Ok(Amount { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// Different currencies, or too large.
    pub fn minus(self, other: Amount) -> Result<Amount, AmountError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(AmountError::TooLarge)?;
        Ok(Amount { minor, ..self })
    }

    /// Nothing at all.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// More than nothing.
    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    fn same(self, other: Amount) -> Result<(), AmountError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(AmountError::Currencies(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn decimals_of_the_currency_count() {
        assert_eq!(Amount::exact(dec!(12.3), currency("CNY")).unwrap().minor, 1230);
        assert_eq!(Amount::exact(dec!(500), currency("JPY")).unwrap().minor, 500);
        assert_eq!(Amount::exact(dec!(1.234), currency("KWD")).unwrap().to_string(), "1.234 KWD");
        assert!(matches!(Amount::exact(dec!(0.005), currency("EUR")), Err(AmountError::Fraction(..))));
        assert_eq!(Amount::exact(Decimal::MAX, currency("EUR")), Err(AmountError::TooLarge));
    }

    #[test]
    fn money_is_rounded_half_away_from_zero() {
        let money = |amount| Money { amount, currency: currency("EUR") };
        assert_eq!(Amount::of(money(dec!(1.005))).unwrap().minor, 101);
        assert_eq!(Amount::of(money(dec!(-1.005))).unwrap().minor, -101);
    }

    #[test]
    fn unlike_amounts_are_not_added() {
        let (euro, yuan) = (Amount::new(1, currency("EUR")), Amount::new(1, currency("CNY")));
        assert!(euro.plus(yuan).is_err() && euro.minus(yuan).is_err());
        assert_eq!(Amount::new(i64::MAX, euro.currency).plus(euro), Err(AmountError::TooLarge));
    }
}
