//! A profile in a few words that are the same in all languages, for tables.

use super::profile;
use chrono::{DateTime, Utc};
use energy::profile::model::{Amount, Kind, Period, Unit};
use rust_decimal::Decimal;

/// The value of a wish in a line: `16 A, daily 22:00 UTC for 8:00 h`. What is no profile is given back as it is.
pub fn summary(key: &str, value: &str) -> String {
    let Some(profile) = profile(key, value) else { return value.to_owned() };
    let Some(schedule) = profile.schedules.first() else { return value.to_owned() };
    let unit = match schedule.unit {
        Unit::Amps => "A",
        Unit::Watts => "W",
    };
    let periods: Vec<String> = schedule.periods.iter().map(|one| period(one, unit)).collect();
    let mut all = periods.join(" → ");
    let start =
        |format: &str| schedule.start.map(|start| start.format(format).to_string()).unwrap_or_default();
    match profile.kind {
        Kind::Daily => all += &format!(", daily {} UTC", start("%H:%M")),
        Kind::Weekly => all += &format!(", weekly {} UTC", start("%a %H:%M")),
        Kind::Relative => all += ", from each session's start",
        Kind::Absolute | Kind::Dynamic => {}
    }
    if let Some(duration) = schedule.duration_s {
        let (minutes, seconds) = (duration / 60, duration % 60);
        let begins = if profile.kind == Kind::Absolute {
            format!(" from {}", start("%F %R UTC"))
        } else {
            String::new()
        };
        all += &format!("{begins} for {}:{:02}", minutes / 60, minutes % 60);
        if seconds > 0 {
            all += &format!(":{seconds:02}");
        }
        all += " h";
    }
    let day = |at: DateTime<Utc>| at.format("%F %R UTC").to_string();
    for (word, at) in [("valid from", profile.valid_from), ("until", profile.valid_to)] {
        if let Some(at) = at {
            all += &format!(", {word} {}", day(at));
        }
    }
    all
}

fn period(period: &Period, unit: &str) -> String {
    let number = |amount: Amount| Decimal::new(amount.0, 3).normalize().to_string();
    let mut text = match period.limit {
        Some(limit) => format!("{} {unit}", number(limit)),
        None => "no limit".to_owned(),
    };
    if let Some(phases) = period.phases {
        text += &format!(" ({phases} ph)");
    }
    if period.start_s > 0 {
        text = format!("+{} s {text}", period.start_s);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_told_in_a_line() {
        let schedule = |more: &str, periods: &str| {
            format!(
                r#""chargingSchedule":[{{{more}"chargingRateUnit":"A","chargingSchedulePeriod":[{periods}]}}]"#
            )
        };
        let (one, two) = (
            r#"{"startPeriod":0,"limit":16}"#,
            r#"{"startPeriod":0,"limit":16},{"startPeriod":60,"limit":6.5,"numberPhases":1}"#,
        );
        let start = r#""startSchedule":"2026-03-02T22:00:00Z","#;
        for (profile, told) in [
            (format!(r#"{{"chargingProfileKind":"Absolute",{}}}"#, schedule(start, one)), "16 A"),
            (
                format!(
                    r#"{{"chargingProfileKind":"Recurring","recurrencyKind":"Weekly",{}}}"#,
                    schedule(start, two)
                ),
                "16 A → +60 s 6.5 A (1 ph), weekly Mon 22:00 UTC",
            ),
            (
                format!(
                    r#"{{"chargingProfileKind":"Relative","validTo":"2026-04-01T00:00:00Z",{}}}"#,
                    schedule("", one)
                ),
                "16 A, from each session's start, until 2026-04-01 00:00 UTC",
            ),
            (
                format!(
                    r#"{{"chargingProfileKind":"Absolute",{}}}"#,
                    schedule(&format!(r#"{start}"duration":3661,"#), one)
                ),
                "16 A from 2026-03-02 22:00 UTC for 1:01:01 h",
            ),
            ("absent".to_owned(), "absent"),
        ] {
            assert_eq!(summary("TxDefaultProfile/0@1", &profile), told);
        }
    }
}
