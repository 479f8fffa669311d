//! A tariff in one paragraph, for displays: after tax, shortest words first.

use rust_decimal::Decimal;

use super::now::{after_tax, charging};
use crate::model::adjust::CapPeriod;
use crate::model::charge::Charge;
use crate::model::money::padded;
use crate::model::tariff::{Dimension, EvseKind, Restrictions, Tariff, TaxIncluded};
use crate::telling::explain::Language;
use crate::telling::words::conditions::Conditions;

/// The price text in a language (RFC 5646): the prices in Chinese or English, and then the tariff's own description in
/// the language if there is one.
pub fn price_text(tariff: &Tariff, language: &str) -> String {
    let wanted = primary(language);
    let prices = in_words(tariff, if wanted == "zh" { Language::Chinese } else { Language::English });
    match tariff.description.iter().find(|text| primary(&text.language) == wanted) {
        Some(text) if wanted == "zh" => format!("{prices}。{}", text.text),
        Some(text) => format!("{prices}. {}", text.text),
        None => prices,
    }
}

/// The price text in all languages of the description, English and Chinese.
pub fn texts(tariff: &Tariff) -> Vec<(String, String)> {
    let mut languages: Vec<String> = tariff.description.iter().map(|text| text.language.clone()).collect();
    for language in ["en", "zh"] {
        if !languages.iter().any(|other| primary(other) == language) {
            languages.push(language.to_owned());
        }
    }
    languages
        .into_iter()
        .map(|language| (price_text(tariff, &language), language))
        .map(|(text, language)| (language, text))
        .collect()
}

/// The language without its region, in lower case.
fn primary(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

fn in_words(tariff: &Tariff, language: Language) -> String {
    let mut parts = Vec::new();
    for dimension in Dimension::ALL {
        let components = charging(tariff).flat_map(|element| {
            let mine = element.components.iter().filter(move |component| component.dimension == dimension);
            mine.map(move |component| (&element.restrictions, after_tax(tariff, component)))
        });
        let mut listed: Vec<String> = Vec::new();
        for (when, price) in components {
            let when = conditions(when, language);
            let last = when.is_empty();
            let when = if last && !listed.is_empty() {
                language.say(" otherwise", "（其余时段）").to_owned()
            } else {
                when
            };
            listed.push(format!("{}{when}", unit(tariff, dimension, price, language)));
            if last {
                break;
            }
        }
        if !listed.is_empty() {
            parts.push(listed.join(language.say(", ", "，")));
        }
    }
    bounds(tariff, language, &mut parts);
    parts.join(language.say("; ", "；"))
}

/// A price with what it is for.
fn unit(tariff: &Tariff, dimension: Dimension, price: Decimal, language: Language) -> String {
    let money = money(tariff, price);
    match (dimension, language) {
        (Dimension::Energy, _) => format!("{money}/kWh"),
        (Dimension::Service, Language::English) => format!("service {money}/kWh"),
        (Dimension::Service, Language::Chinese) => format!("服务费 {money}/kWh"),
        (Dimension::Time, Language::English) => format!("charging {money}/h"),
        (Dimension::Time, Language::Chinese) => format!("充电时长费 {money}/小时"),
        (Dimension::ParkingTime, Language::English) => format!("idle {money}/h"),
        (Dimension::ParkingTime, Language::Chinese) => format!("占位费 {money}/小时"),
        (Dimension::Flat, Language::English) => format!("{money} per session"),
        (Dimension::Flat, Language::Chinese) => format!("每次 {money}"),
    }
}

fn money(tariff: &Tariff, amount: Decimal) -> String {
    format!("{} {}", padded(amount, tariff.currency.digits()), tariff.currency)
}

/// Limits, caps and discounts.
fn bounds(tariff: &Tariff, language: Language, parts: &mut Vec<String>) {
    let limits = [(tariff.min_price, "at least", "最低"), (tariff.max_price, "at most", "最高")];
    for (limit, english, chinese) in limits {
        let Some(limit) = limit else { continue };
        let factor = tariff.tax_sets().first().map_or(Decimal::ONE, |set| set.factor());
        let amount = limit.incl.unwrap_or_else(|| tariff.currency.round(limit.excl * factor));
        parts.push(format!("{} {}", language.say(english, chinese), money(tariff, amount)));
    }
    for cap in &tariff.caps {
        let names: Vec<&str> = cap
            .dimensions
            .iter()
            .map(|dimension| charge_name(Charge::of(*dimension, false), language))
            .collect();
        let names = names.join(language.say(" and ", "和"));
        let per = match cap.per {
            CapPeriod::Session => language.say("per session", "每次"),
            CapPeriod::Day => language.say("per day", "每天"),
        };
        let tax = if tariff.tax_included == TaxIncluded::No {
            language.say(" before tax", "（不含税）")
        } else {
            ""
        };
        let amount = money(tariff, cap.amount);
        parts.push(match language {
            Language::English => format!("{names} at most {amount}{tax} {per}"),
            Language::Chinese => format!("{names}{per}最高 {amount}{tax}"),
        });
    }
    for discount in &tariff.discounts {
        let off = match (discount.percent, discount.amount, discount.free_kwh, discount.free_seconds) {
            (Some(percent), ..) => format!("−{} %", percent.normalize()),
            (_, Some(amount), ..) => format!("−{}", money(tariff, amount)),
            (_, _, Some(kwh), _) => format!("{} kWh {}", kwh.normalize(), language.say("free", "免费")),
            (_, _, _, seconds) => {
                format!("{} {}", span(seconds.unwrap_or_default(), language), language.say("free", "免费"))
            }
        };
        parts.push(format!("{}{}{off}", discount.name, language.say(": ", "：")));
    }
}

pub(super) fn charge_name(charge: Charge, language: Language) -> &'static str {
    match charge {
        Charge::Energy => language.say("energy", "电费"),
        Charge::Service => language.say("service", "服务费"),
        Charge::Time => language.say("charging time", "充电时长费"),
        Charge::ParkingTime => language.say("idle time", "占位费"),
        Charge::Flat => language.say("session fee", "单次费"),
        Charge::ReservationTime => language.say("reservation", "预约时长费"),
        Charge::ReservationFlat => language.say("reservation fee", "预约费"),
    }
}

/// When a price holds, in parentheses; empty: always. Days and hours are in the words of all other readers; the rest is not,
/// because their sentences are for a page and several times as long as a display's line.
fn conditions(given: &Restrictions, language: Language) -> String {
    let mut words: Vec<String> = Vec::new();
    match given.evse_kind {
        Some(EvseKind::Ac) => words.push("AC".into()),
        Some(EvseKind::Dc) => words.push("DC".into()),
        None => {}
    }
    if let (Some(start), Some(end)) = (given.start_day, given.end_day) {
        words.push(format!("{start}–{end}"));
    }
    if let Some(start) = given.start_date {
        words.push(format!("{} {start}", language.say("from", "自")));
    }
    if let Some(end) = given.end_date {
        words.push(format!("{} {end}", language.say("before", "早于")));
    }
    let calendar = Conditions::of(given, language).calendar(language);
    words.extend(Some(calendar).filter(|calendar| !calendar.is_empty()));
    let amounts = [
        (given.min_kwh, given.max_kwh, "kWh"),
        (given.min_power, given.max_power, "kW"),
        (given.min_current, given.max_current, "A"),
    ];
    for (min, max, unit) in amounts {
        words.extend(min.map(|min| format!("{} {} {unit}", language.say("from", "满"), min.normalize())));
        words.extend(max.map(|max| format!("{} {} {unit}", language.say("below", "低于"), max.normalize())));
    }
    let spans = [
        (given.min_duration, given.max_duration, "of the session", "接入"),
        (given.min_charging_time, given.max_charging_time, "of charging", "充电"),
        (given.min_idle_time, given.max_idle_time, "", "占位"),
    ];
    for (min, max, english, chinese) in spans {
        for (bound, after, later) in [(min, "after", "后"), (max, "until", "内")] {
            let Some(bound) = bound else { continue };
            let span = span(bound, language);
            words.push(match language {
                Language::English => format!("{after} {span} {english}").trim_end().to_owned(),
                Language::Chinese => format!("{chinese} {span}{later}"),
            });
        }
    }
    words.extend(
        [&given.payment_brand, &given.payment_recognition].into_iter().filter(|t| !t.is_empty()).cloned(),
    );
    match language {
        _ if words.is_empty() => String::new(),
        Language::English => format!(" ({})", words.join(" ")),
        Language::Chinese => format!("（{}）", words.join(" ")),
    }
}

/// Seconds in the largest unit that is whole.
pub(super) fn span(seconds: u32, language: Language) -> String {
    match seconds {
        whole if whole >= 3_600 && whole % 3_600 == 0 => {
            format!("{} {}", whole / 3_600, language.say("h", "小时"))
        }
        whole if whole >= 60 && whole % 60 == 0 => format!("{} {}", whole / 60, language.say("min", "分钟")),
        other => format!("{other} {}", language.say("s", "秒")),
    }
}
