//! From when to when: a calendar month where the session was, or two instants.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use std::str::FromStr;

/// No local time is further from UTC.
const OFFSET_MAX: TimeDelta = TimeDelta::hours(15);

/// When a session has to have started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// In this month, by the clock of its site.
    Month(Month),
    /// At `from` or later, and before `to`.
    Between { from: DateTime<Utc>, to: DateTime<Utc> },
}

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: NaiveDate,
}

/// It is no month like `2026-10`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a month like 2026-10")]
pub struct BadMonth;

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Month, BadMonth> {
        let plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = plain.then(|| format!("{text}-01").parse().ok()).flatten();
        first.map(|first| Month { first }).ok_or(BadMonth)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

impl Month {
    /// The last one that is over at `now` in this zone.
    pub fn before(now: DateTime<Utc>, zone: Tz) -> Month {
        let today = now.with_timezone(&zone).date_naive();
        let first = today.with_day(1).unwrap_or(today);
        Month { first: first.checked_sub_months(Months::new(1)).unwrap_or(first) }
    }

    fn next(self) -> NaiveDate {
        self.first
            .checked_add_months(Months::new(1))
            .or(self.first.checked_add_days(Days::new(31)))
            .unwrap_or(self.first)
    }
}

impl Period {
    /// Instants that the whole of it is between, whatever the time zone.
    pub fn bounds(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
        match self {
            Period::Month(month) => (midnight(month.first) - OFFSET_MAX, midnight(month.next()) + OFFSET_MAX),
            Period::Between { from, to } => (*from, *to),
        }
    }

    /// Is this instant in it, where the clock is of this zone?
    pub fn has(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        match self {
            Period::Month(month) => {
                let day = at.with_timezone(&zone).date_naive();
                (month.first..month.next()).contains(&day)
            }
            Period::Between { from, to } => (*from..*to).contains(&at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_one_of_the_sites_clock() {
        let month = Period::Month("2026-10".parse().unwrap());
        for (text, zone, inside) in [
            ("2026-09-30T15:59:59Z", Tz::Asia__Shanghai, false),
            ("2026-09-30T16:00:00Z", Tz::Asia__Shanghai, true),
            ("2026-10-31T16:00:00Z", Tz::Asia__Shanghai, false),
            ("2026-10-31T22:59:59Z", Tz::Europe__Berlin, true),
            ("2026-11-01T09:59:59Z", Tz::Pacific__Honolulu, true),
            ("2026-09-30T10:00:00Z", Tz::Pacific__Kiritimati, true),
        ] {
            assert_eq!(month.has(at(text), zone), inside, "{text} {zone}");
            let (from, to) = month.bounds();
            assert!(!inside || (from..to).contains(&at(text)), "{text} {zone}");
        }
    }

    #[test]
    fn the_last_month_is_the_one_that_is_over() {
        assert_eq!(Month::before(at("2027-01-01T00:00:00Z"), Tz::UTC).to_string(), "2026-12");
        assert_eq!(Month::before(at("2027-01-01T00:00:00Z"), Tz::America__New_York).to_string(), "2026-11");
        assert_eq!(Month::before(at("2026-03-31T12:00:00Z"), Tz::UTC).to_string(), "2026-02");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["2026", "2026-13", "26-10", "2026-10-01", "+026-10", "october"] {
            assert_eq!(text.parse::<Month>(), Err(BadMonth), "{text}");
        }
    }
}
