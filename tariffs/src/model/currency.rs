//! The currencies of ISO 4217 and the number of their decimals.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A currency of ISO 4217, with the number of its decimals ("minor unit").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    digits: u8,
}

/// The code is not an active currency of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a currency code of ISO 4217")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// Three capital letters, e.g. `CNY`.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Decimals of its smallest unit: 2 for most, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        u32::from(self.digits)
    }

    /// Rounds an amount to the smallest unit, a half away from zero, and keeps all decimals (`1.5` is `1.50`).
    pub fn round(self, amount: Decimal) -> Decimal {
        let mut rounded =
            amount.round_dp_with_strategy(self.digits(), RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(self.digits());
        // A rounded `-0` would print its sign.
        if rounded.is_zero() { rounded.abs() } else { rounded }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Currency, UnknownCurrency> {
        match TABLE.binary_search_by(|(known, _)| (*known).cmp(code)) {
            Ok(index) => Ok(Currency { code: TABLE[index].0, digits: TABLE[index].1 }),
            Err(_) => Err(UnknownCurrency(code.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Code and decimals, sorted by code. Funds codes, metals and test codes are left out: nobody pays with them.
#[rustfmt::skip]
const TABLE: &[(&str, u8)] = &[
    ("AED", 2), ("AFN", 2), ("ALL", 2), ("AMD", 2), ("ANG", 2), ("AOA", 2), ("ARS", 2), ("AUD", 2), ("AWG", 2),
    ("AZN", 2), ("BAM", 2), ("BBD", 2), ("BDT", 2), ("BGN", 2), ("BHD", 3), ("BIF", 0), ("BMD", 2), ("BND", 2),
    ("BOB", 2), ("BRL", 2), ("BSD", 2), ("BTN", 2), ("BWP", 2), ("BYN", 2), ("BZD", 2), ("CAD", 2), ("CDF", 2),
    ("CHF", 2), ("CLF", 4), ("CLP", 0), ("CNY", 2), ("COP", 2), ("CRC", 2), ("CUP", 2), ("CVE", 2), ("CZK", 2),
    ("DJF", 0), ("DKK", 2), ("DOP", 2), ("DZD", 2), ("EGP", 2), ("ERN", 2), ("ETB", 2), ("EUR", 2), ("FJD", 2),
    ("FKP", 2), ("GBP", 2), ("GEL", 2), ("GHS", 2), ("GIP", 2), ("GMD", 2), ("GNF", 0), ("GTQ", 2), ("GYD", 2),
    ("HKD", 2), ("HNL", 2), ("HTG", 2), ("HUF", 2), ("IDR", 2), ("ILS", 2), ("INR", 2), ("IQD", 3), ("IRR", 2),
    ("ISK", 0), ("JMD", 2), ("JOD", 3), ("JPY", 0), ("KES", 2), ("KGS", 2), ("KHR", 2), ("KMF", 0), ("KPW", 2),
    ("KRW", 0), ("KWD", 3), ("KYD", 2), ("KZT", 2), ("LAK", 2), ("LBP", 2), ("LKR", 2), ("LRD", 2), ("LSL", 2),
    ("LYD", 3), ("MAD", 2), ("MDL", 2), ("MGA", 2), ("MKD", 2), ("MMK", 2), ("MNT", 2), ("MOP", 2), ("MRU", 2),
    ("MUR", 2), ("MVR", 2), ("MWK", 2), ("MXN", 2), ("MYR", 2), ("MZN", 2), ("NAD", 2), ("NGN", 2), ("NIO", 2),
    ("NOK", 2), ("NPR", 2), ("NZD", 2), ("OMR", 3), ("PAB", 2), ("PEN", 2), ("PGK", 2), ("PHP", 2), ("PKR", 2),
    ("PLN", 2), ("PYG", 0), ("QAR", 2), ("RON", 2), ("RSD", 2), ("RUB", 2), ("RWF", 0), ("SAR", 2), ("SBD", 2),
    ("SCR", 2), ("SDG", 2), ("SEK", 2), ("SGD", 2), ("SHP", 2), ("SLE", 2), ("SOS", 2), ("SRD", 2), ("SSP", 2),
    ("STN", 2), ("SVC", 2), ("SYP", 2), ("SZL", 2), ("THB", 2), ("TJS", 2), ("TMT", 2), ("TND", 3), ("TOP", 2),
    ("TRY", 2), ("TTD", 2), ("TWD", 2), ("TZS", 2), ("UAH", 2), ("UGX", 0), ("USD", 2), ("UYU", 2), ("UYW", 4),
    ("UZS", 2), ("VED", 2), ("VES", 2), ("VND", 0), ("VUV", 0), ("WST", 2), ("XAF", 0), ("XCD", 2), ("XCG", 2),
    ("XOF", 0), ("XPF", 0), ("YER", 2), ("ZAR", 2), ("ZMW", 2), ("ZWG", 2),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn every_code_in_the_table_is_found() {
        assert!(TABLE.is_sorted());
        for (code, digits) in TABLE {
            assert_eq!(currency(code).digits(), u32::from(*digits));
        }
    }

    #[test]
    fn decimals_follow_the_currency() {
        assert_eq!(currency("CNY").round(dec!(1.005)), dec!(1.01));
        assert_eq!(currency("CNY").round(dec!(-1.005)), dec!(-1.01));
        assert_eq!(currency("JPY").round(dec!(1234.5)), dec!(1235));
        assert_eq!(currency("KWD").round(dec!(0.0005)), dec!(0.001));
        assert_eq!(currency("EUR").round(dec!(2)).to_string(), "2.00");
        assert_eq!(currency("EUR").round(dec!(-0.001)).to_string(), "0.00");
    }

    #[test]
    fn unknown_codes_are_refused() {
        for code in ["", "cny", "EURO", "XXX", "AAA", "ZZZ", "元"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency(code.to_owned())));
        }
    }
}
