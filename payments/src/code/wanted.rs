//! What a driver wants at most, as a station's code says (C25: maxtime, maxenergy, maxcost).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tariffs::Currency;

use crate::Amount;

/// Limits that the driver has chosen at the station. What cannot be read is not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// `maxenergy`, watt-hours.
    pub energy_wh: Option<i64>,
    /// `maxtime`, seconds.
    pub time_s: Option<i64>,
    /// `maxcost`, in whole units of the tariff's currency.
    pub cost: Option<Decimal>,
}

impl Wanted {
    /// Reads the parameters of a code's query; others are ignored (C25.FR.59, C25.FR.60).
    pub fn of<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Wanted {
        let mut wanted = Wanted::default();
        let whole = |value: &str| value.parse().ok().filter(|number: &i64| *number > 0);
        for (name, value) in query.into_iter().take(20) {
            match name {
                "maxenergy" => wanted.energy_wh = whole(value),
                "maxtime" => wanted.time_s = whole(value),
                "maxcost" => {
                    wanted.cost = tariffs::parse_decimal(value).ok().filter(|cost| *cost > Decimal::ZERO);
                }
                _ => {}
            }
        }
        wanted
    }

    /// What is to be held at most, if the driver said so.
    pub fn hold(&self, currency: Currency) -> Option<Amount> {
        Amount::exact(currency.round(self.cost?), currency).ok().filter(|amount| amount.is_positive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn limits_are_read_and_nonsense_is_none() {
        let wanted = Wanted::of([("maxenergy", "20000"), ("maxtime", "-5"), ("maxcost", "12.5"), ("x", "1")]);
        assert_eq!(wanted, Wanted { energy_wh: Some(20_000), time_s: None, cost: Some(dec!(12.5)) });
        assert_eq!(wanted.hold("EUR".parse().unwrap()).unwrap().minor, 1_250);
        let nonsense = Wanted::of([("maxenergy", "much"), ("maxcost", "NaN"), ("maxtime", "0")]);
        assert_eq!(nonsense, Wanted::default());
        assert_eq!(nonsense.hold("EUR".parse().unwrap()), None);
    }
}
