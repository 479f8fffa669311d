//! Seasons, which OCPI does not have: as long as the tariff ends, each of their years is an element with dates.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::rows::Row;
use crate::foreign::Report;
use crate::model::season::MonthDay;
use crate::model::tariff::Tariff;

/// Longer tariffs would become unreadable.
const MAX_DAYS: i64 = 5 * 366;
/// So long may a session go on, and a time zone be off UTC.
const TAIL_DAYS: i64 = 402;

/// Replaces each element with a season by one for each of its years.
pub(super) fn expand(tariff: &Tariff, rows: Vec<Row>, report: &mut Report) -> Vec<Row> {
    let days = match (tariff.valid_from, tariff.valid_to) {
        (Some(from), Some(to)) if (to - from).num_days() <= MAX_DAYS => {
            let first = from.date_naive().checked_sub_signed(TimeDelta::days(1));
            let last = to.date_naive().checked_add_signed(TimeDelta::days(TAIL_DAYS));
            first.zip(last)
        }
        _ => None,
    };
    let mut expanded = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(start), Some(end)) = (row.restrictions.start_day, row.restrictions.end_day) else {
            expanded.push(row);
            continue;
        };
        let path = format!("{}.restrictions.start_day", row.path);
        let Some((first, last)) = days else {
            report.refuse(
                path,
                "cannot be said in OCPI unless the tariff has valid_from and valid_to, at most 5 years apart",
            );
            // So that what else is wrong with it is found.
            expanded.push(row);
            continue;
        };
        report.note(path, "is written as dates, one element for each year");
        for (from, to) in seasons(start, end, first, last) {
            let given = &row.restrictions;
            let from = given.start_date.map_or(from, |date| date.max(from));
            let to = given.end_date.map_or(to, |date| date.min(to));
            if from < to {
                let mut dated = row.clone();
                dated.restrictions.start_day = None;
                dated.restrictions.end_day = None;
                dated.restrictions.start_date = Some(from);
                dated.restrictions.end_date = Some(to);
                expanded.push(dated);
            }
        }
    }
    expanded
}

/// The seasons that have a day between the two.
fn seasons(
    start: MonthDay,
    end: MonthDay,
    first: NaiveDate,
    last: NaiveDate,
) -> impl Iterator<Item = (NaiveDate, NaiveDate)> {
    (first.year() - 1..=last.year()).filter_map(move |year| {
        let from = day_of(start, year)?;
        let to = day_of(end, if start < end { year } else { year + 1 })?;
        (from <= last && first < to).then_some((from, to))
    })
}

/// The day in a year; 29 February is 1 March where there is none.
fn day_of(day: MonthDay, year: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, day.month().into(), day.day().into())
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(start: &str, end: &str, first: &str, last: &str) -> Vec<String> {
        let day = |text: &str| text.parse().unwrap();
        let date = |text: &str| text.parse().unwrap();
        seasons(day(start), day(end), date(first), date(last))
            .map(|(from, to)| format!("{from} {to}"))
            .collect()
    }

    #[test]
    fn each_year_has_its_season() {
        assert_eq!(
            between("07-01", "09-01", "2026-08-15", "2028-06-30"),
            ["2026-07-01 2026-09-01", "2027-07-01 2027-09-01"]
        );
        // Across New Year, also for the season that began in the year before.
        assert_eq!(
            between("12-01", "03-01", "2026-02-28", "2026-12-01"),
            ["2025-12-01 2026-03-01", "2026-12-01 2027-03-01"]
        );
        assert_eq!(between("12-01", "03-01", "2026-03-01", "2026-11-30"), Vec::<String>::new());
        assert_eq!(
            between("02-29", "04-01", "2027-01-01", "2028-12-31"),
            ["2027-03-01 2027-04-01", "2028-02-29 2028-04-01"]
        );
    }
}
