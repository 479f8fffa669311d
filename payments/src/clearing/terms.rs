//! What a provider's contract says about fees, and how revenue is split.

use crate::Amount;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A part of a whole in millionths: 0.6% is 6,000. At most the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(u32);

/// All of it.
const WHOLE: u32 = 1_000_000;

/// A text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no rate: write a percentage from 0% to 100% with at most four decimals, e.g. 0.6%")]
pub struct RateError(pub String);

impl Rate {
    /// So many millionths, at most a million.
    pub fn millionths(n: u32) -> Rate {
        Rate(n.min(WHOLE))
    }

    /// In millionths.
    pub fn as_millionths(self) -> u32 {
        self.0
    }

    /// That part of so many smallest units, a half away from zero.
    pub fn of(self, minor: i64) -> i64 {
        let exact = i128::from(minor) * i128::from(self.0);
        let half = i128::from(WHOLE) / 2 * exact.signum();
        // A part of an i64 is an i64.
        i64::try_from((exact + half) / i128::from(WHOLE)).unwrap_or(minor)
    }

    /// The part that `part` is of `whole`; `None` of nothing, or if it is more than the whole.
    pub fn learned(part: i64, whole: i64) -> Option<Rate> {
        if whole <= 0 || part < 0 || part > whole {
            return None;
        }
        let millionths = (i128::from(part) * i128::from(WHOLE) + i128::from(whole) / 2) / i128::from(whole);
        u32::try_from(millionths).ok().map(Rate)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Rate, RateError> {
        let wrong = || RateError(text.to_owned());
        let percent: Decimal =
            text.trim().strip_suffix('%').ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?;
        let millionths = percent.checked_mul(Decimal::from(WHOLE / 100)).ok_or_else(wrong)?;
        if !millionths.fract().is_zero() {
            return Err(wrong());
        }
        millionths.to_u32().filter(|n| *n <= WHOLE).map(Rate).ok_or_else(wrong)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Decimal::new(i64::from(self.0), 4).normalize())
    }
}

/// What the provider may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    pub rate: Rate,
    /// Smallest units on top of every payment.
    pub fixed: i64,
    /// The rate's part is given back for what is refunded.
    pub returns: bool,
    /// A fee may differ by so many smallest units: providers round in their own ways.
    pub tolerance: i64,
}

impl Contract {
    /// The fee of a payment.
    pub fn of_payment(&self, amount: Amount) -> Amount {
        Amount { minor: self.rate.of(amount.minor).saturating_add(self.fixed), ..amount }
    }

    /// The fee of a refund: nothing, or negative.
    pub fn of_refund(&self, amount: Amount) -> Amount {
        Amount { minor: if self.returns { -self.rate.of(amount.minor) } else { 0 }, ..amount }
    }
}

/// What was agreed as time went by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contracts(BTreeMap<NaiveDate, Option<Contract>>);

impl Contracts {
    /// Of what counts from some days on; of two from the same day the later one counts. `None`: from then on fees are
    /// taken as they are.
    pub fn of(all: impl IntoIterator<Item = (NaiveDate, Option<Contract>)>) -> Contracts {
        Contracts(all.into_iter().collect())
    }

    /// What counts on a day. `None`: fees are taken as they are.
    pub fn on(&self, day: NaiveDate) -> Option<Contract> {
        self.0.range(..=day).next_back().and_then(|(_, contract)| *contract)
    }
}

/// What somebody gets of a revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Index of the rate.
    pub rule: usize,
    pub minor: i64,
}

/// Splits a revenue by rates that are at most the whole together. Each part is rounded down (toward nothing), so that
/// the parts are never more than the revenue.
pub fn split(revenue: i64, rates: &[Rate]) -> Vec<Part> {
    let part = |rate: &Rate| {
        let exact = i128::from(revenue) * i128::from(rate.0) / i128::from(WHOLE);
        i64::try_from(exact).unwrap_or(revenue)
    };
    rates.iter().enumerate().map(|(rule, rate)| Part { rule, minor: part(rate) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn rates_are_percentages() {
        assert_eq!(rate("0.6%").as_millionths(), 6_000);
        assert_eq!(rate("0.6%").to_string(), "0.6%");
        assert_eq!(rate("100 %").to_string(), "100%");
        for wrong in ["0.6", "100.0001%", "-1%", "0.00001%", "x%", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn fees_are_rounded_half_up_and_given_back_where_the_contract_says_so() {
        let yuan = |minor| Amount::new(minor, "CNY".parse().unwrap());
        let contract = Contract { rate: rate("0.6%"), fixed: 25, returns: true, tolerance: 0 };
        assert_eq!(contract.of_payment(yuan(10_000)), yuan(85));
        assert_eq!(contract.of_payment(yuan(250)), yuan(27)); // 1.5 is 2
        assert_eq!(contract.of_refund(yuan(10_000)), yuan(-60));
        assert_eq!(Contract { returns: false, ..contract }.of_refund(yuan(10_000)), yuan(0));
    }

    #[test]
    fn what_is_agreed_counts_from_its_first_day() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
        let contract = |text| Contract { rate: rate(text), fixed: 0, returns: true, tolerance: 0 };
        let agreed = [
            (day(5), Some(contract("0.6%"))),
            (day(9), Some(contract("0.5%"))),
            (day(9), Some(contract("0.4%"))),
            (day(20), None),
        ];
        let contracts = Contracts::of(agreed);
        let told = |on| contracts.on(day(on)).map(|contract| contract.rate.to_string()).unwrap_or_default();
        assert_eq!([4, 5, 8, 9, 19, 20, 31].map(told), ["", "0.6%", "0.6%", "0.4%", "0.4%", "", ""]);
        assert_eq!(Contracts::default().on(day(1)), None);
    }

    #[test]
    fn a_rate_is_learned_from_what_was_kept() {
        assert_eq!(Rate::learned(38, 10_000), Some(rate("0.38%")));
        assert_eq!(Rate::learned(1, 0), None);
        assert_eq!(Rate::learned(-1, 10), None);
    }

    proptest! {
        #[test]
        fn parts_are_never_more_than_the_whole(
            revenue in any::<i64>(), cuts in proptest::collection::vec(0_u32..=250_000, 0..4)
        ) {
            let rates: Vec<Rate> = cuts.into_iter().map(Rate::millionths).collect();
            let sum: i128 = split(revenue, &rates).iter().map(|part| i128::from(part.minor)).sum();
            prop_assert!(sum.abs() <= i128::from(revenue).abs());
        }
    }
}
