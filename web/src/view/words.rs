//! What a tariff says, in plain sentences and as a list of prices: on its own page, and as a session has kept it.

use crate::i18n::Lang;
use rust_decimal::Decimal;
use serde::Serialize;
use tariffs::{Currency, Money, PriceGroup, Tariff};

/// A tariff in words.
#[derive(Debug, Clone, Serialize)]
pub struct TariffWords {
    /// Without full stops.
    pub sentences: Vec<String>,
    /// Per kWh, per minute, per session, other; those that have a price.
    pub groups: Vec<GroupView>,
}

/// Prices of one group, in the order in which European law wants them shown.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// Word of the texts' family `prices`.
    pub word: &'static str,
    pub rows: Vec<PriceView>,
}

/// One price.
#[derive(Debug, Clone, Serialize)]
pub struct PriceView {
    pub what: String,
    /// Empty: always.
    pub when: String,
    /// With tax and currency; empty: free.
    pub gross: String,
    pub net: String,
    pub unit: String,
}

impl TariffWords {
    /// In the reader's language.
    pub fn of(tariff: &Tariff, lang: Lang) -> TariffWords {
        let mut groups: Vec<GroupView> = Vec::new();
        for row in tariff.price_list(lang.of_tariffs()) {
            let word = match row.group {
                PriceGroup::PerKwh => "per_kwh",
                PriceGroup::PerMinute => "per_minute",
                PriceGroup::PerSession => "per_session",
                PriceGroup::Other => "other",
            };
            let price = PriceView {
                what: row.what,
                when: row.when,
                gross: if row.gross.is_zero() {
                    String::new()
                } else {
                    price_text(row.gross, tariff.currency)
                },
                net: price_text(row.net, tariff.currency),
                unit: row.unit,
            };
            match groups.last_mut() {
                Some(group) if group.word == word => group.rows.push(price),
                _ => groups.push(GroupView { word, rows: vec![price] }),
            }
        }
        TariffWords { sentences: tariff.sentences(lang.of_tariffs()), groups }
    }
}

/// `0.4641 EUR`, at least with the decimals of the currency.
pub fn price_text(amount: Decimal, currency: Currency) -> String {
    Money { amount, currency }.to_string().replace(' ', "\u{a0}")
}

/// `€0.4641`, as people read prices: the sign of the currency where it has one that everybody knows, and the price's own
/// digits, at least those of the currency.
pub fn price_as_read(amount: Decimal, currency: Currency) -> String {
    let text = Money { amount, currency }.to_string();
    let digits = text.split(' ').next().unwrap_or_default();
    match currency.code() {
        "EUR" => format!("€{digits}"),
        "GBP" => format!("£{digits}"),
        "USD" => format!("${digits}"),
        "CNY" | "JPY" => format!("¥{digits}"),
        _ => text.replace(' ', "\u{a0}"),
    }
}

#[cfg(test)]
pub(super) fn sample_tariff(name: &str) -> Tariff {
    let json = match name {
        "city" => include_str!("../../tests/tariffs/city.json"),
        _ => include_str!("../../tests/tariffs/shanghai.json"),
    };
    Tariff::from_json(json).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_read_a_price_with_the_sign_and_its_own_digits() {
        let read = |amount: &str, code: &str| price_as_read(amount.parse().unwrap(), code.parse().unwrap());
        assert_eq!(read("0.5831", "EUR"), "€0.5831");
        assert_eq!(read("0.5", "CNY"), "¥0.50");
        assert_eq!(read("30", "JPY"), "¥30");
        assert_eq!(read("0.4", "CHF"), "0.40\u{a0}CHF");
    }

    #[test]
    fn prices_stand_in_the_order_of_the_law_with_gross_and_net() {
        let words = TariffWords::of(&sample_tariff("city"), Lang::En);
        let groups: Vec<_> = words.groups.iter().map(|group| (group.word, group.rows.len())).collect();
        assert_eq!(groups, [("per_kwh", 2), ("per_minute", 2), ("per_session", 1), ("other", 1)]);
        let night = &words.groups[0].rows[0];
        assert_eq!((&*night.gross, &*night.net), ("0.39\u{a0}EUR", "0.3277\u{a0}EUR"));
        assert_eq!((&*night.when, &*night.unit), ("22:00–06:00", "per kWh"));
        assert!(TariffWords::of(&sample_tariff("city"), Lang::Zh).sentences[0].starts_with("充电费"));
    }

    #[test]
    fn prices_have_the_decimals_of_their_currency() {
        for (amount, currency, text) in
            [("0.1", "EUR", "0.10\u{a0}EUR"), ("30", "JPY", "30\u{a0}JPY"), ("0.05", "KWD", "0.050\u{a0}KWD")]
        {
            assert_eq!(price_text(amount.parse().unwrap(), currency.parse().unwrap()), text);
        }
    }
}
