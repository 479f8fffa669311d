//! When a price holds, in words.

use rust_decimal::Decimal;

use crate::model::tariff::{EvseKind, Restrictions};
use crate::telling::explain::Language;
use crate::telling::words::time;

/// The conditions of an element; those that are not given are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// Days of the week; empty: all.
    days: String,
    /// Hours of the day; empty: all.
    hours: Vec<String>,
    /// All others, each by itself.
    others: Vec<String>,
}

impl Conditions {
    pub fn of(given: &Restrictions, language: Language) -> Conditions {
        let mut days: Vec<i64> = given.day_of_week.iter().map(|day| *day as i64).collect();
        days.sort_unstable();
        days.dedup();
        let runs: Vec<(i64, i64)> =
            days.chunk_by(|one, next| *next == one + 1).map(|run| (run[0], run[run.len() - 1] + 1)).collect();
        let every_day = days.is_empty() || days.len() == 7;
        Conditions {
            days: if every_day { String::new() } else { time::weekdays(&runs, language) },
            hours: hours(given, every_day),
            others: others(given, language),
        }
    }

    /// Does it hold always?
    pub fn none(&self) -> bool {
        self.days.is_empty() && self.hours.is_empty() && self.others.is_empty()
    }

    /// Any of them: "08:00–11:00 and 18:00–21:00" where they differ in hours only.
    pub fn either(all: &[Conditions], language: Language) -> String {
        if all.iter().any(Conditions::none) {
            return String::new();
        }
        let alike = |one: &Conditions| {
            one.days == all[0].days && one.others == all[0].others && !one.hours.is_empty()
        };
        if all.len() > 1 && all.iter().all(alike) {
            let hours = all.iter().flat_map(|one| one.hours.iter().cloned()).collect();
            return Conditions { hours, ..all[0].clone() }.text(language);
        }
        let texts: Vec<String> = all.iter().map(|one| one.text(language)).collect();
        texts.join(language.say(" or ", "或"))
    }

    /// "Mon–Fri 08:00–18:00"; empty: at all times.
    pub fn calendar(&self, language: Language) -> String {
        let hours = super::listed(&self.hours, language);
        let parts = [self.days.clone(), hours].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }

    fn text(&self, language: Language) -> String {
        let parts = [self.calendar(language)]
            .into_iter()
            .chain(self.others.iter().cloned())
            .filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(language.say(", ", "，"))
    }
}

fn hours(given: &Restrictions, every_day: bool) -> Vec<String> {
    let day = 24 * 60;
    let start = given.start_time.map_or(0, |time| i64::from(time.minutes()));
    let end = given.end_time.map_or(0, |time| i64::from(time.minutes()));
    let end = if end == 0 { day } else { end };
    match (start, end) {
        (0, end) if end == day => vec![],
        // A night of some days is the early morning and the late evening of each of them.
        (start, end) if start >= end && !every_day => vec![time::hours(0, end), time::hours(start, day)],
        (start, end) => vec![time::hours(start, end)],
    }
}

fn others(given: &Restrictions, language: Language) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(start), Some(end)) = (given.start_day, given.end_day) {
        let (start, end) = (time::every_year(start, language), time::last_day(end, language));
        parts.push(match language {
            Language::English => format!("{start} to {end} each year"),
            Language::Chinese => format!("每年{start}至{end}"),
        });
    }
    let from = given.start_date.map(|date| time::date(date, language));
    let to = given.end_date.map(|date| time::last_date(date, language));
    parts.extend(span(
        (from, to),
        language,
        [("from {} to {}", "{}至{}"), ("from {}", "{}起"), ("until {}", "{}止")],
    ));
    parts.extend(span(
        (kilo(given.min_kwh.filter(|kwh| !kwh.is_zero()), "kWh"), kilo(given.max_kwh, "kWh")),
        language,
        [
            ("from {} to {} taken", "已充{}至{}之间"),
            ("once {} are taken", "已充满{}后"),
            ("for the first {}", "前{}内"),
        ],
    ));
    let length = |seconds: Option<u32>| seconds.map(|seconds| time::length(seconds, language));
    // At least nothing is no condition.
    let after = |seconds: Option<u32>| length(seconds.filter(|seconds| *seconds > 0));
    parts.extend(span(
        (after(given.min_duration), length(given.max_duration)),
        language,
        [
            ("from {} to {} after the start", "开始后{}至{}"),
            ("after the first {}", "开始{}后"),
            ("for the first {}", "开始后{}内"),
        ],
    ));
    parts.extend(span(
        (after(given.min_charging_time), length(given.max_charging_time)),
        language,
        [
            ("from {} to {} of charging", "累计充电{}至{}"),
            ("after {} of charging", "累计充电{}后"),
            ("for the first {} of charging", "累计充电{}内"),
        ],
    ));
    parts.extend(span(
        (after(given.min_idle_time), length(given.max_idle_time)),
        language,
        [
            ("from {} to {} idle", "连续占位{}至{}"),
            ("after {} idle", "连续占位{}后"),
            ("up to {} idle", "连续占位不足{}"),
        ],
    ));
    parts.extend(span(
        (kilo(given.min_power, "kW"), kilo(given.max_power, "kW")),
        language,
        [
            ("while the power is from {} to below {}", "功率{}以上、{}以下时"),
            ("while the power is {} or more", "功率不低于{}时"),
            ("while the power is below {}", "功率低于{}时"),
        ],
    ));
    parts.extend(span(
        (kilo(given.min_current, "A"), kilo(given.max_current, "A")),
        language,
        [
            ("while the current is from {} to below {}", "电流{}以上、{}以下时"),
            ("while the current is {} or more", "电流不低于{}时"),
            ("while the current is below {}", "电流低于{}时"),
        ],
    ));
    if let Some(kind) = given.evse_kind {
        let place = match kind {
            EvseKind::Ac => language.say("at AC chargers", "交流桩"),
            EvseKind::Dc => language.say("at DC chargers", "直流桩"),
        };
        parts.push(place.to_owned());
    }
    let payment = [
        (&given.payment_brand, "with {}", "使用{}支付"),
        (&given.payment_recognition, "when paid as {}", "支付类型为{}"),
    ];
    for (name, english, chinese) in payment.into_iter().filter(|(name, ..)| !name.is_empty()) {
        parts.push(fill(language.say(english, chinese), &[name]));
    }
    parts
}

/// Both bounds, the lower alone or the upper alone, in the words for each.
fn span(
    bounds: (Option<String>, Option<String>),
    language: Language,
    words: [(&'static str, &'static str); 3],
) -> Option<String> {
    let text = |which: usize, values: &[&str]| fill(language.say(words[which].0, words[which].1), values);
    match (&bounds.0, &bounds.1) {
        (Some(min), Some(max)) => Some(text(0, &[min, max])),
        (Some(min), None) => Some(text(1, &[min])),
        (None, Some(max)) => Some(text(2, &[max])),
        (None, None) => None,
    }
}

/// Puts the values in place of each `{}`.
fn fill(words: &str, values: &[&str]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    for (at, part) in words.split("{}").enumerate() {
        if at > 0 {
            text.push_str(values.next().copied().unwrap_or_default());
        }
        text.push_str(part);
    }
    text
}

fn kilo(value: Option<Decimal>, unit: &str) -> Option<String> {
    value.map(|value| format!("{} {unit}", value.normalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_as_a_driver_would_say_them() {
        let cases = [
            (r#"{}"#, "", ""),
            (r#"{"start_time":"22:00","end_time":"06:00"}"#, "22:00–06:00", "22:00–06:00"),
            (r#"{"start_time":"17:00","end_time":"00:00"}"#, "17:00–24:00", "17:00–24:00"),
            (r#"{"start_time":"00:00","end_time":"00:00"}"#, "", ""),
            (
                r#"{"start_time":"22:00","end_time":"06:00","day_of_week":["friday"]}"#,
                "Fri 00:00–06:00 and 22:00–24:00",
                "周五 00:00–06:00、22:00–24:00",
            ),
            (
                r#"{"day_of_week":["sunday","monday","tuesday","wednesday"]}"#,
                "Mon–Wed and Sun",
                "周一至周三、周日",
            ),
            (
                r#"{"start_day":"07-01","end_day":"09-01"}"#,
                "1 July to 31 August each year",
                "每年7月1日至8月31日",
            ),
            (
                r#"{"start_date":"2026-07-01","end_date":"2026-09-01"}"#,
                "from 1 July 2026 to 31 August 2026",
                "2026年7月1日至2026年8月31日",
            ),
            (r#"{"end_date":"2026-01-01"}"#, "until 31 December 2025", "2025年12月31日止"),
            (r#"{"min_kwh":"20"}"#, "once 20 kWh are taken", "已充满20 kWh后"),
            (r#"{"min_duration":14400}"#, "after the first 4 hours", "开始4小时后"),
            (r#"{"min_duration":0,"max_duration":1800}"#, "for the first 30 minutes", "开始后30分钟内"),
            (r#"{"min_idle_time":900}"#, "after 15 minutes idle", "连续占位15分钟后"),
            (
                r#"{"min_power":7.4,"max_power":11,"evse_kind":"dc"}"#,
                "while the power is from 7.4 kW to below 11 kW, at DC chargers",
                "功率7.4 kW以上、11 kW以下时，直流桩",
            ),
            (
                r#"{"payment_brand":"VISA","payment_recognition":"Debit"}"#,
                "with VISA, when paid as Debit",
                "使用VISA支付，支付类型为Debit",
            ),
        ];
        for (json, english, chinese) in cases {
            let given: Restrictions = serde_json::from_str(json).unwrap();
            for (language, expected) in [(Language::English, english), (Language::Chinese, chinese)] {
                let conditions = Conditions::of(&given, language);
                assert_eq!(conditions.text(language), expected, "{json}");
                assert_eq!(conditions.none(), expected.is_empty(), "{json}");
            }
        }
    }
}
