//! The rule by which accounts are chosen: data, not code. Read from TOML or JSON, checked, given a version when stored.

use crate::Amount;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Hundred percent.
const ALL: Decimal = Decimal::ONE_HUNDRED;

/// What an account must be like, and what happens if none is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Given when it is stored; 0 = the built-in one.
    #[serde(skip)]
    pub version: i64,
    /// The fee must be below this share of the amount, in percent; absent = any.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub fee_below_percent: Option<Decimal>,
    /// The success rate must be above this, in percent.
    #[serde(with = "rust_decimal::serde::str")]
    pub success_above_percent: Decimal,
    /// Payments of so many hours back are counted.
    pub window_hours: u32,
    /// An account without payments is taken to have had so many …
    pub prior_payments: u32,
    /// … with this success rate, in percent. So a new one is tried, and a failure among few payments weighs.
    #[serde(with = "rust_decimal::serde::str")]
    pub prior_success_percent: Decimal,
    /// Where no account passes.
    pub fallback: Fallback,
}

/// What happens where no account passes the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The most reliable that can take the payment.
    BestAvailable,
    /// None: the driver is told to pay another way.
    Refuse,
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            version: 0,
            fee_below_percent: Some(Decimal::new(6, 1)),
            success_above_percent: Decimal::from(99),
            window_hours: 24,
            prior_payments: 50,
            prior_success_percent: Decimal::new(995, 1),
            fallback: Fallback::BestAvailable,
        }
    }
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct RuleError {
    pub field: &'static str,
    pub why: &'static str,
}

impl Rule {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first field that makes no sense.
    pub fn check(&self) -> Result<(), RuleError> {
        let percent = |value: Decimal| value >= Decimal::ZERO && value <= ALL;
        let wrong = |field, why| Err(RuleError { field, why });
        if self.fee_below_percent.is_some_and(|fee| !percent(fee)) {
            return wrong("fee_below_percent", "a share from 0 to 100");
        }
        if !percent(self.success_above_percent) {
            return wrong("success_above_percent", "a share from 0 to 100");
        }
        if !percent(self.prior_success_percent) {
            return wrong("prior_success_percent", "a share from 0 to 100");
        }
        if !(1..=24 * 31).contains(&self.window_hours) {
            return wrong("window_hours", "from 1 to 744, a month");
        }
        if !(1..=100_000).contains(&self.prior_payments) {
            return wrong("prior_payments", "from 1 to 100,000");
        }
        Ok(())
    }

    /// What these payments tell of an account, in percent, beside the prior.
    pub fn success_percent(&self, tried: u64, succeeded: u64) -> Decimal {
        let prior = Decimal::from(self.prior_payments.max(1));
        let succeeded = Decimal::from(succeeded) + prior * self.prior_success_percent / ALL;
        succeeded * ALL / (Decimal::from(tried) + prior)
    }
}

/// What an account takes of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fee {
    /// A share of the amount, in percent.
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: Decimal,
    /// And this for every payment, in the smallest unit of its currency.
    pub fixed_minor: i64,
}

impl Default for Fee {
    /// The list rate of the Chinese wallets.
    fn default() -> Self {
        Fee { percent: Decimal::new(6, 1), fixed_minor: 0 }
    }
}

impl Fee {
    /// What is to be expected for an amount, rounded to the smallest unit, a half away from zero.
    pub fn of(self, amount: Amount) -> Amount {
        use rust_decimal::prelude::ToPrimitive;
        let share = Decimal::from(amount.minor) * self.percent / ALL;
        let share = share.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        Amount::new(share.to_i64().unwrap_or(i64::MAX).saturating_add(self.fixed_minor), amount.currency)
    }

    /// All of it as a share of an amount, in percent.
    pub fn percent_of(self, amount: Amount) -> Decimal {
        if amount.minor <= 0 {
            return self.percent;
        }
        self.percent + Decimal::from(self.fixed_minor) * ALL / Decimal::from(amount.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn the_built_in_rule_makes_sense() {
        assert_eq!(Rule::default().check(), Ok(()));
    }

    #[test]
    fn a_share_above_all_is_refused() {
        let rule = Rule { success_above_percent: dec!(101), ..Rule::default() };
        assert_eq!(rule.check().unwrap_err().to_string(), "success_above_percent: a share from 0 to 100");
    }

    #[test]
    fn a_fee_is_rounded_to_the_smallest_unit() {
        let fee = Fee { percent: dec!(0.54), fixed_minor: 0 };
        assert_eq!(fee.of(Amount::new(1_234, "CNY".parse().unwrap())).minor, 7);
        let fee = Fee { percent: dec!(1.5), fixed_minor: 25 };
        assert_eq!(fee.of(Amount::new(1_000, "EUR".parse().unwrap())).minor, 40);
    }

    #[test]
    fn success_is_held_against_the_prior() {
        let rule = Rule::default();
        assert_eq!(rule.success_percent(0, 0), dec!(99.5));
        assert_eq!(rule.success_percent(50, 49).round_dp(2), dec!(98.75));
    }
}
