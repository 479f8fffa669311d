//! A day of every year.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day of every year, in JSON as "MM-DD". 29 February is a day: in other years what begins there begins on 1 March.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: u8,
    day: u8,
}

/// The text is no day of a year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a day of the year like \"07-01\"")]
pub struct BadMonthDay(String);

impl MonthDay {
    /// Month 1–12 and day of the month; `None` if there is no such day in a leap year.
    pub fn new(month: u8, day: u8) -> Option<MonthDay> {
        let days = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(MonthDay { month, day })
    }

    /// 1–12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1–31.
    pub fn day(self) -> u8 {
        self.day
    }
}

impl FromStr for MonthDay {
    type Err = BadMonthDay;

    fn from_str(text: &str) -> Result<MonthDay, BadMonthDay> {
        let two = |part: &str| match part.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
            _ => None,
        };
        text.split_once('-')
            .and_then(|(month, day)| MonthDay::new(two(month)?, two(day)?))
            .ok_or_else(|| BadMonthDay(text.chars().take(20).collect()))
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl Serialize for MonthDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MonthDay, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_year_are_read_and_written() {
        for text in ["01-01", "02-29", "06-30", "12-31"] {
            assert_eq!(text.parse::<MonthDay>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "1-1", "13-01", "02-30", "04-31", "00-10", "01-00", "0101", "01-1x", "-1-01"] {
            assert!(text.parse::<MonthDay>().is_err(), "{text}");
        }
    }
}
