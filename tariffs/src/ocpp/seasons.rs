//! Days of every year as dates: OCPP has no seasons, but a season that is bounded is some stretches of dates.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::foreign::Report;
use crate::model::season::MonthDay;
use crate::model::tariff::{Restrictions, Tariff};

/// A session lasts no longer than this; see the pricer.
const MAX_SESSION_DAYS: i64 = 400;
/// Longer series are refused: stations hold few prices.
const MAX_YEARS: i32 = 10;

/// The restrictions with dates instead of days of the year: one for each year's season, in order of time. Without a
/// season it is the same, once. `path` is that of the restrictions.
pub(super) fn as_dates(
    given: &Restrictions,
    tariff: &Tariff,
    path: &str,
    findings: &mut Report,
) -> Vec<Restrictions> {
    let (Some(start), Some(end)) = (given.start_day, given.end_day) else { return vec![given.clone()] };
    let path = format!("{path}.start_day");
    let day = TimeDelta::days(1);
    // A day more on each side: the site's date may be another than that in UTC.
    let valid_from = tariff.valid_from.and_then(|from| from.date_naive().checked_sub_signed(day));
    let last = TimeDelta::days(MAX_SESSION_DAYS + 2);
    let valid_to = tariff.valid_to.and_then(|to| to.date_naive().checked_add_signed(last));
    let from = given.start_date.into_iter().chain(valid_from).max();
    let to = given.end_date.into_iter().chain(valid_to).min();
    let (Some(from), Some(to)) = (from, to) else {
        findings.refuse(
            path,
            "OCPP has no days of every year; bound the tariff with valid_from and \
                 valid_to, or the element with start_date and end_date, and it is written \
                 as dates",
        );
        return Vec::new();
    };
    if to.year().saturating_sub(from.year()) > MAX_YEARS {
        findings.refuse(path, "is to be written as dates, which OCPP has, but for more than 10 years");
        return Vec::new();
    }
    findings
        .note(path, format_args!("is written as dates from {from} to {to}; render it anew before they end"));
    let windows = (from.year() - 1..=to.year()).filter_map(|year| {
        let begins = date(year, start)?;
        let ends = date(if end <= start { year + 1 } else { year }, end)?;
        let (begins, ends) = (begins.max(from), ends.min(to));
        (begins < ends).then_some((begins, ends))
    });
    let dated = windows.map(|(begins, ends)| Restrictions {
        start_date: Some(begins),
        end_date: Some(ends),
        start_day: None,
        end_day: None,
        ..given.clone()
    });
    dated.collect()
}

/// The day in a year; 29 February is 1 March where there is none.
fn date(year: i32, day: MonthDay) -> Option<NaiveDate> {
    let exact = NaiveDate::from_ymd_opt(year, u32::from(day.month()), u32::from(day.day()));
    exact.or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}
