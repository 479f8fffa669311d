//! Prices as drivers see them: per kWh, per minute or once, before and after tax.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::model::currency::Currency;
use crate::model::money::padded;
use crate::model::tariff::{Component, Dimension, PriceLimit, Tariff, TaxIncluded};
use crate::model::tax::{Tax, TaxSet};
use crate::telling::explain::Language;

/// An amount before and after tax. The side that the tariff gives is exact; the other has two decimals more than the
/// currency, or as many as the side that is given if those are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    pub net: Decimal,
    pub gross: Decimal,
}

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    Kwh,
    Minute,
    Hour,
    Once,
}

impl Amount {
    pub const ZERO: Amount = Amount { net: Decimal::ZERO, gross: Decimal::ZERO };

    /// From an amount that is net or gross like the tariff's prices.
    pub fn new(given: Decimal, tariff: &Tariff, taxes: &TaxSet) -> Amount {
        let given = given.normalize();
        let fine = |value: Option<Decimal>| {
            let digits = (tariff.currency.digits() + 2).max(given.scale());
            let rounded = value.unwrap_or(given);
            rounded.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero).normalize()
        };
        if taxes.factor() == Decimal::ONE {
            return Amount { net: given, gross: given };
        }
        match tariff.tax_included {
            TaxIncluded::Yes => Amount { net: fine(given.checked_div(taxes.factor())), gross: given },
            _ => Amount { net: given, gross: fine(given.checked_mul(taxes.factor())) },
        }
    }

    /// Both sides of a limit, where they are known: else what is given, for both.
    pub fn of_limit(limit: PriceLimit, tariff: &Tariff) -> Amount {
        let sets = tariff.tax_sets();
        let factor = match sets.as_slice() {
            [one] => one.factor(),
            _ => Decimal::ONE,
        };
        let with_tax = || tariff.currency.round(limit.excl.checked_mul(factor).unwrap_or(limit.excl));
        Amount { net: limit.excl.normalize(), gross: limit.incl.unwrap_or_else(with_tax).normalize() }
    }
}

/// A component's price per kWh, per minute or hour, or once. Per minute where that is exact in four decimals.
pub(crate) fn price(component: &Component, tariff: &Tariff) -> (Amount, Per) {
    let taxes = tariff.taxes_of(component);
    let price = component.price.0;
    match component.dimension {
        Dimension::Energy | Dimension::Service => (Amount::new(price, tariff, &taxes), Per::Kwh),
        Dimension::Flat => (Amount::new(price, tariff, &taxes), Per::Once),
        Dimension::Time | Dimension::ParkingTime => match per_minute(price) {
            Some(minute) => (Amount::new(minute, tariff, &taxes), Per::Minute),
            None => (Amount::new(price, tariff, &taxes), Per::Hour),
        },
    }
}

/// An hour's price by the minute, if that has at most four decimals.
pub(crate) fn per_minute(hour: Decimal) -> Option<Decimal> {
    let minutes = Decimal::from(60);
    let minute = hour.checked_div(minutes)?.normalize();
    (minute.scale() <= 4 && minute.checked_mul(minutes) == Some(hour)).then_some(minute)
}

impl Per {
    /// "per kWh"; empty for what is due once.
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Per::Kwh => language.say("per kWh", "/kWh"),
            Per::Minute => language.say("per minute", "/分钟"),
            Per::Hour => language.say("per hour", "/小时"),
            Per::Once => "",
        }
    }
}

/// "0.39 EUR", at least with the decimals of the currency.
pub(crate) fn money(amount: Decimal, currency: Currency, language: Language) -> String {
    let amount = padded(amount, currency.digits());
    match language {
        Language::Chinese if currency.code() == "CNY" => format!("{amount} 元"),
        _ => format!("{amount} {currency}"),
    }
}

/// "19 % VAT"; several taxes one after the other, those on other taxes last. Empty: none.
pub(crate) fn tax(taxes: &TaxSet, language: Language) -> String {
    let vat = language.say("VAT", "增值税");
    if let Some(rate) = taxes.vat {
        return percent(rate, vat, language);
    }
    let lowest = taxes.taxes.first().map_or(0, |tax| tax.stack);
    let one = |tax: &Tax| {
        let name = if tax.name == crate::model::tax::VAT { vat } else { &tax.name };
        let text = percent(tax.percent, name, language);
        let on_top = language.say(" (also on the taxes before it)", "（含对前列税款计税）");
        if tax.stack > lowest { format!("{text}{on_top}") } else { text }
    };
    super::listed(&taxes.taxes.iter().map(one).collect::<Vec<_>>(), language)
}

fn percent(rate: Decimal, name: &str, language: Language) -> String {
    match language {
        Language::English => format!("{} % {name}", rate.normalize()),
        Language::Chinese => format!("{}% {name}", rate.normalize()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn minutes_are_shown_where_they_are_exact() {
        assert_eq!(per_minute(dec!(6.00)), Some(dec!(0.1)));
        assert_eq!(per_minute(dec!(0.006)), Some(dec!(0.0001)));
        assert_eq!(per_minute(dec!(0)), Some(dec!(0)));
        assert_eq!(per_minute(dec!(1)), None);
        assert_eq!(per_minute(dec!(0.0006)), None);
    }

    #[test]
    fn the_side_that_is_not_given_has_two_decimals_more_than_the_currency() {
        let json = r#"{"id":"t","currency":"EUR","tax_included":"TAX","elements":
            [{"components":[{"dimension":"energy","price":"0.39","vat":"19"}]}]}"#;
        let price = |tax: &str| {
            let tariff = Tariff::from_json(&json.replace("TAX", tax)).unwrap();
            price(&tariff.elements[0].components[0], &tariff)
        };
        assert_eq!(price("no"), (Amount { net: dec!(0.39), gross: dec!(0.4641) }, Per::Kwh));
        assert_eq!(price("yes"), (Amount { net: dec!(0.3277), gross: dec!(0.39) }, Per::Kwh));
        assert_eq!(price("not_applicable"), (Amount { net: dec!(0.39), gross: dec!(0.39) }, Per::Kwh));
    }
}
