//! When a day begins and ends somewhere, whatever its clock does.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// No clock was ever put forward by more.
const GAP_MAX_MINUTES: i64 = 26 * 60;

/// The instant at which a clock there shows this first. Where the clock jumps over it, the instant of the jump.
pub fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return at.to_utc();
    }
    // In a gap: the first minute after it that exists is the jump, as all jumps are at whole minutes.
    (1..=GAP_MAX_MINUTES)
        .find_map(|minutes| zone.from_local_datetime(&(local + TimeDelta::minutes(minutes))).earliest())
        .map_or_else(|| local.and_utc(), |at| at.to_utc())
}

/// From its beginning to the next day's: 23, 24 or 25 hours.
pub fn bounds(zone: Tz, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let begin = |day: NaiveDate| instant(zone, day.and_time(NaiveTime::MIN));
    (begin(day), begin(next(day)))
}

/// The day it is there.
pub fn day(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// Is the day over there?
pub fn over(zone: Tz, day: NaiveDate, now: DateTime<Utc>) -> bool {
    day < self::day(zone, now)
}

/// The newest day that is over there, and whose work may begin: it begins the next day at this time.
pub fn due(zone: Tz, now: DateTime<Utc>, begins: NaiveTime) -> NaiveDate {
    let today = day(zone, now);
    let yesterday = previous(today);
    if now >= instant(zone, today.and_time(begins)) { yesterday } else { previous(yesterday) }
}

/// The day after it; the last day of the calendar has none and stays.
pub fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// The day before it; the first day of the calendar has none and stays.
pub fn previous(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_lasts_23_24_or_25_hours() {
        let hours = |zone: Tz, day: &str| {
            let (from, to) = bounds(zone, date(day));
            (to - from).num_hours()
        };
        assert_eq!(hours(chrono_tz::Europe::Berlin, "2026-03-29"), 23);
        assert_eq!(hours(chrono_tz::Europe::Berlin, "2026-03-30"), 24);
        assert_eq!(hours(chrono_tz::Europe::Berlin, "2026-10-25"), 25);
        // Its midnight does not exist: clocks go from 23:59 to 01:00.
        assert_eq!(hours(chrono_tz::Asia::Beirut, "2026-03-29"), 23);
        assert_eq!(bounds(chrono_tz::Asia::Beirut, date("2026-03-29")).0, at("2026-03-28T22:00:00Z"));
    }

    #[test]
    fn days_follow_each_other_without_a_gap() {
        for zone in [chrono_tz::Europe::Berlin, chrono_tz::Asia::Beirut, chrono_tz::America::Havana] {
            let mut day = date("2026-01-01");
            for _ in 0..365 {
                assert_eq!(bounds(zone, day).1, bounds(zone, next(day)).0, "{zone} {day}");
                day = next(day);
            }
        }
    }

    #[test]
    fn the_day_is_due_at_three_even_where_three_does_not_exist() {
        let three = NaiveTime::from_hms_opt(3, 0, 0).unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(due(berlin, at("2026-06-02T00:59:59Z"), three), date("2026-05-31"));
        assert_eq!(due(berlin, at("2026-06-02T01:00:00Z"), three), date("2026-06-01"));
        // Helsinki goes from 02:59 to 04:00.
        let helsinki = chrono_tz::Europe::Helsinki;
        assert_eq!(due(helsinki, at("2026-03-29T00:59:59Z"), three), date("2026-03-27"));
        assert_eq!(due(helsinki, at("2026-03-29T01:00:00Z"), three), date("2026-03-28"));
    }
}
