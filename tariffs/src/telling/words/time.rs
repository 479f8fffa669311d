//! Lengths of time, days, dates and hours in words.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::model::season::MonthDay;
use crate::telling::explain::Language;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [(&str, &str); 7] = [
    ("Mon", "周一"),
    ("Tue", "周二"),
    ("Wed", "周三"),
    ("Thu", "周四"),
    ("Fri", "周五"),
    ("Sat", "周六"),
    ("Sun", "周日"),
];

/// "4 hours", "1 hour 30 minutes", "45 seconds".
pub(crate) fn length(seconds: u32, language: Language) -> String {
    let parts = [
        (seconds / 3_600, "hour", "小时"),
        (seconds % 3_600 / 60, "minute", "分钟"),
        (seconds % 60, "second", "秒"),
    ];
    let named = parts.iter().enumerate().filter(|(at, (count, ..))| *count > 0 || (*at == 2 && seconds == 0));
    let words = named.map(|(_, (count, english, chinese))| match language {
        Language::English => format!("{count} {english}{}", if *count == 1 { "" } else { "s" }),
        Language::Chinese => format!("{count}{chinese}"),
    });
    words.collect::<Vec<_>>().join(language.say(" ", ""))
}

/// Days of the week from sorted runs (0 is Monday, the end exclusive): "Mon–Fri and Sun".
pub(crate) fn weekdays(runs: &[(i64, i64)], language: Language) -> String {
    let name = |day: i64| {
        let (english, chinese) = usize::try_from(day).ok().and_then(|day| DAYS.get(day)).unwrap_or(&DAYS[6]);
        language.say(english, chinese)
    };
    let runs: Vec<String> = runs
        .iter()
        .map(|&(from, to)| match to - from {
            1 => name(from).to_owned(),
            _ => format!("{}{}{}", name(from), language.say("–", "至"), name(to - 1)),
        })
        .collect();
    super::listed(&runs, language)
}

/// Minutes of a day as "17:00–21:00".
pub(crate) fn hours(from: i64, to: i64) -> String {
    format!("{:02}:{:02}–{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

/// "1 July 2026".
pub(crate) fn date(date: NaiveDate, language: Language) -> String {
    let day = day_of_year(date.month(), date.day(), language);
    match language {
        Language::English => format!("{day} {}", date.year()),
        Language::Chinese => format!("{}年{day}", date.year()),
    }
}

/// A date that is no longer meant, told by the last that is.
pub(crate) fn last_date(end: NaiveDate, language: Language) -> String {
    date(end.pred_opt().unwrap_or(end), language)
}

/// A day of every year.
pub(crate) fn every_year(day: MonthDay, language: Language) -> String {
    day_of_year(day.month().into(), day.day().into(), language)
}

/// A day of every year that is no longer meant, told by the last that is.
pub(crate) fn last_day(end: MonthDay, language: Language) -> String {
    let (month, day) = (u32::from(end.month()), u32::from(end.day()));
    match (month, day) {
        // The last day of February is not the same every year.
        (3, 1) => language.say("the end of February", "2月底").to_owned(),
        (1, 1) => day_of_year(12, 31, language),
        (_, 1) => {
            let last = (28..=31).rev().find(|day| MonthDay::new(end.month() - 1, *day).is_some());
            day_of_year(month - 1, last.unwrap_or(28).into(), language)
        }
        _ => day_of_year(month, day - 1, language),
    }
}

/// A day of a leap year, counted from 0 on 1 January.
pub(crate) fn nth_day(index: i64, language: Language) -> String {
    let date = NaiveDate::from_ymd_opt(2024, 1, 1)
        .and_then(|first| first.checked_add_signed(TimeDelta::days(index)));
    date.map(|date| day_of_year(date.month(), date.day(), language)).unwrap_or_default()
}

fn day_of_year(month: u32, day: u32, language: Language) -> String {
    let index = usize::try_from(month).unwrap_or(1).clamp(1, 12) - 1;
    match language {
        Language::English => format!("{day} {}", MONTHS[index]),
        Language::Chinese => format!("{month}月{day}日"),
    }
}

/// An instant in UTC.
pub(crate) fn instant(at: DateTime<Utc>, language: Language) -> String {
    format!("{} {} UTC", date(at.date_naive(), language), at.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_the_units_they_need() {
        let cases = [
            (0, "0 seconds", "0秒"),
            (1, "1 second", "1秒"),
            (5_400, "1 hour 30 minutes", "1小时30分钟"),
            (14_400, "4 hours", "4小时"),
            (3_661, "1 hour 1 minute 1 second", "1小时1分钟1秒"),
        ];
        for (seconds, english, chinese) in cases {
            assert_eq!(length(seconds, Language::English), english);
            assert_eq!(length(seconds, Language::Chinese), chinese);
        }
    }

    #[test]
    fn the_last_day_of_a_season_is_the_one_before_its_end() {
        let cases = [
            ("09-01", "31 August"),
            ("03-01", "the end of February"),
            ("02-29", "28 February"),
            ("01-01", "31 December"),
            ("05-01", "30 April"),
            ("12-25", "24 December"),
        ];
        for (end, last) in cases {
            assert_eq!(last_day(end.parse().unwrap(), Language::English), last);
        }
    }
}
