//! Instants on the wire: reads what stations send, writes what every station can read.
//!
//! 1.6 §3.15 asks for ISO 8601, 2.x for RFC 3339 with at most three fraction digits. Stations also send a blank for
//! the `T`, leave out the zone or the seconds, shorten `+02:00` to `+02`, or count seconds since 1970.

use crate::Version;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use std::fmt::Write;

/// An instant as read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The instant. Not checked for plausibility: a station without a clock says 1970.
    pub at: DateTime<Utc>,
    /// The text is not RFC 3339; a missing zone was taken for UTC.
    pub odd: bool,
    /// Fraction digits in the text; 2.x allows three.
    pub fraction_digits: u8,
}

/// Reads an instant; `None` if the text cannot be understood or lies outside the years 1 to 9999.
pub fn read(text: &str) -> Option<Read> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\0');
    let mut scan = Scan { rest: trimmed.as_bytes(), odd: trimmed.len() != text.len() };
    if let Some(read) = scan.epoch() {
        return Some(read);
    }
    let date = scan.date()?;
    scan.separator()?;
    let (time, next_day, nanos, fraction_digits) = scan.time()?;
    let offset_minutes = scan.zone()?;
    let naive = date.and_time(time) + TimeDelta::days(next_day) + TimeDelta::nanoseconds(i64::from(nanos))
        - TimeDelta::minutes(i64::from(offset_minutes));
    let at = naive.and_utc();
    (1..=9999).contains(&at.year()).then_some(Read { at, odd: scan.odd, fraction_digits })
}

/// Writes an instant for a station: whole seconds in 1.6 (some stations fail on fractions), milliseconds in 2.x.
pub fn write(at: DateTime<Utc>, version: Version) -> String {
    use chrono::Timelike;
    let mut out = String::with_capacity(24);
    let date = at.date_naive();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year().clamp(0, 9999),
        date.month(),
        date.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    if version != Version::V16 {
        let _ = write!(out, ".{:03}", at.timestamp_subsec_millis().min(999));
    }
    out.push('Z');
    out
}

/// What is left to read, and whether anything read so far was odd.
struct Scan<'a> {
    rest: &'a [u8],
    odd: bool,
}

impl Scan<'_> {
    /// Seconds (10 digits) or milliseconds (13 digits) since 1970, alone.
    fn epoch(&self) -> Option<Read> {
        let digits = self.rest.len();
        if !matches!(digits, 10 | 13) || !self.rest.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let count = self.rest.iter().fold(0i64, |sum, d| sum * 10 + i64::from(d - b'0'));
        let at = if digits == 10 {
            DateTime::from_timestamp(count, 0)
        } else {
            DateTime::from_timestamp_millis(count)
        };
        at.map(|at| Read { at, odd: true, fraction_digits: 0 })
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.digits(4)?;
        let dashes = self.mark(|b| matches!(b, b'-' | b'/'), |b| b == b'-');
        let month = self.digits(2)?;
        if dashes {
            self.mark(|b| matches!(b, b'-' | b'/'), |b| b == b'-').then_some(())?;
        } else {
            self.odd = true;
        }
        let day = self.digits(2)?;
        NaiveDate::from_ymd_opt(year as i32, month, day)
    }

    fn separator(&mut self) -> Option<()> {
        let mut any = false;
        while self.mark(|b| matches!(b, b'T' | b't' | b' ' | b'_'), |b| b == b'T' && !any) {
            any = true;
        }
        any.then_some(())
    }

    /// Time of day, days to add (24:00, leap second at midnight are handled by `nanos`), nanoseconds to add, digits.
    fn time(&mut self) -> Option<(NaiveTime, i64, u32, u8)> {
        let hour = self.digits(2)?;
        let colons = self.mark(|b| b == b':', |_| true);
        self.odd |= !colons;
        let minute = self.digits(2)?;
        let has_seconds = if colons {
            self.mark(|b| b == b':', |_| true)
        } else {
            self.rest.first().is_some_and(u8::is_ascii_digit)
        };
        let second = if has_seconds { self.digits(2)? } else { 0 };
        self.odd |= !has_seconds;
        let (fraction, digits) = if has_seconds { self.fraction()? } else { (0, 0) };
        let midnight = hour == 24 && minute == 0 && second == 0;
        let leap = second == 60;
        self.odd |= midnight;
        let time =
            NaiveTime::from_hms_opt(if midnight { 0 } else { hour }, minute, if leap { 59 } else { second })?;
        let nanos = if leap { 1_000_000_000 } else { 0 } + fraction;
        Some((time, i64::from(midnight), nanos, digits))
    }

    /// Nanoseconds and how many digits told them; digits beyond the ninth are dropped.
    fn fraction(&mut self) -> Option<(u32, u8)> {
        if !self.mark(|b| matches!(b, b'.' | b','), |b| b == b'.') {
            return Some((0, 0));
        }
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.odd |= count == 0;
        let nanos =
            (0..9).fold(0u32, |sum, i| sum * 10 + if i < count { u32::from(self.rest[i] - b'0') } else { 0 });
        self.rest = &self.rest[count..];
        Some((nanos, u8::try_from(count).unwrap_or(u8::MAX)))
    }

    /// Minutes east of UTC.
    fn zone(&mut self) -> Option<i32> {
        while self.mark(|b| b == b' ', |_| false) {}
        let word = self.rest;
        if word == b"Z" {
            return Some(0);
        }
        if word.is_empty()
            || word.eq_ignore_ascii_case(b"z")
            || word.eq_ignore_ascii_case(b"utc")
            || word.eq_ignore_ascii_case(b"gmt")
        {
            self.odd = true;
            return Some(0);
        }
        let sign = match word.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.rest = &word[1..];
        let hours = self.digits(2).or_else(|| self.digits(1))?;
        let colon = self.mark(|b| b == b':', |_| true);
        let minutes = if self.rest.is_empty() { 0 } else { self.digits(2)? };
        self.odd |= !colon || word.len() != 6;
        (self.rest.is_empty() && hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) as i32)
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.rest.get(..count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.rest = &self.rest[count..];
        Some(digits.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0')))
    }

    /// Takes one byte if `accepts` says so; it is odd unless `proper` says otherwise.
    fn mark(&mut self, accepts: impl Fn(u8) -> bool, proper: impl Fn(u8) -> bool) -> bool {
        match self.rest.first() {
            Some(&byte) if accepts(byte) => {
                self.odd |= !proper(byte);
                self.rest = &self.rest[1..];
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn reads_what_the_standard_asks_for() {
        for (text, want, digits) in [
            ("2026-08-22T10:20:30Z", "2026-08-22T10:20:30Z", 0),
            ("2026-08-22T10:20:30.123Z", "2026-08-22T10:20:30.123Z", 3),
            ("2026-08-22T12:20:30+02:00", "2026-08-22T10:20:30Z", 0),
            ("2026-08-22T10:20:30.123456789Z", "2026-08-22T10:20:30.123456789Z", 9),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(
                read(text),
                Some(Read { at: utc(want), odd: false, fraction_digits: digits }),
                "{text}"
            );
        }
    }

    #[test]
    fn reads_what_stations_send_and_says_that_it_is_odd() {
        for (text, want) in [
            ("2026-08-22T10:20:30", "2026-08-22T10:20:30Z"),
            ("2026-08-22 10:20:30", "2026-08-22T10:20:30Z"),
            ("2026-08-22t10:20:30z", "2026-08-22T10:20:30Z"),
            ("2026-08-22T12:20:30+02", "2026-08-22T10:20:30Z"),
            ("2026-08-22T12:20:30+0200", "2026-08-22T10:20:30Z"),
            ("2026-08-22T05:50:30 -04:30", "2026-08-22T10:20:30Z"),
            ("2026-08-22T10:20Z", "2026-08-22T10:20:00Z"),
            ("2026-08-22T10:20:30,5Z", "2026-08-22T10:20:30.5Z"),
            ("20260822T102030Z", "2026-08-22T10:20:30Z"),
            (" 2026-08-22T10:20:30Z\0", "2026-08-22T10:20:30Z"),
            ("2026/08/22 10:20:30 UTC", "2026-08-22T10:20:30Z"),
            ("2026-08-22T24:00:00Z", "2026-08-23T00:00:00Z"),
            ("1787394030", "2026-08-22T10:20:30Z"),
            ("1787394030000", "2026-08-22T10:20:30Z"),
        ] {
            let got = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((got.at, got.odd), (utc(want), true), "{text}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        for text in [
            "",
            "now",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-08-22T25:00:00Z",
            "2026-08-22",
            "2026-08-22T10:20:30X",
            "2026-08-22T10:20:30+99:00",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "2026-08-22T10:20:30ZZ",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn writes_whole_seconds_for_1_6_and_milliseconds_for_2_x() {
        let at = utc("2026-08-22T10:20:30.987654Z");
        assert_eq!(write(at, Version::V16), "2026-08-22T10:20:30Z");
        assert_eq!(write(at, Version::V201), "2026-08-22T10:20:30.987Z");
        assert_eq!(write(at, Version::V21), "2026-08-22T10:20:30.987Z");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn anything_like_an_instant_agrees_with_chrono(
            text in "[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])"
        ) {
            let want = DateTime::parse_from_rfc3339(&text).ok().map(|at| at.to_utc())
                .filter(|at| (1..=9999).contains(&at.year()));
            let got = read(&text);
            if let Some(want) = want {
                prop_assert_eq!(got.map(|read| (read.at, read.odd)), Some((want, false)));
            }
        }

        #[test]
        fn what_we_write_we_read(secs in 0i64..253_402_300_799, millis in 0u32..1000) {
            let at = DateTime::from_timestamp(secs, millis * 1_000_000).unwrap();
            prop_assert_eq!(read(&write(at, Version::V21)).map(|r| (r.at, r.odd)), Some((at, false)));
            prop_assert_eq!(
                read(&write(at, Version::V16)).map(|r| r.at.timestamp()), Some(secs));
        }
    }
}
