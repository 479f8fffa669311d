//! A tariff in plain words: sentences, and the list of prices in the order that European law asks for.

pub(crate) mod amounts;
pub(crate) mod conditions;
mod list;
mod rules;
mod sentences;
pub(crate) mod steps;
pub(crate) mod time;

pub use list::{PriceGroup, PriceRow};

use crate::explain::Language;
use crate::ladder::Subject;
use crate::tariff::Dimension;

/// The text in the language.
pub(crate) fn say(language: Language, english: &'static str, chinese: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// What is priced; `apart`: electricity and service have prices of their own.
pub(crate) fn subject(subject: Subject, apart: bool, language: Language) -> &'static str {
    match subject {
        Subject::Energy if apart => say(language, "Electricity fee", "电费"),
        Subject::Energy => say(language, "Energy", "充电费"),
        Subject::Service => say(language, "Service fee", "服务费"),
        Subject::Charging => say(language, "Charging time", "充电时长费"),
        Subject::Idle => say(language, "Idle time after charging", "占位费"),
        Subject::Session => say(language, "Session fee", "单次费"),
        Subject::ReservedTime => say(language, "Reservation time", "预约时长费"),
        Subject::Reservation => say(language, "Reservation", "预约费"),
        Subject::ExpiredTime => say(language, "Time of a reservation that expires unused", "过期预约时长费"),
        Subject::Expired => say(language, "Reservation that expires unused", "过期预约费"),
    }
}

/// What a cap or a discount is on.
fn dimension(dimension: Dimension, apart: bool, language: Language) -> &'static str {
    match dimension {
        Dimension::Energy if apart => say(language, "electricity fee", "电费"),
        Dimension::Energy => say(language, "energy", "充电费"),
        Dimension::Service => say(language, "service fee", "服务费"),
        Dimension::Time => say(language, "charging time", "充电时长费"),
        Dimension::ParkingTime => say(language, "idle time", "占位费"),
        Dimension::Flat => say(language, "session fee", "单次费"),
    }
}

/// "a, b and c".
pub(crate) fn listed(parts: &[String], language: Language) -> String {
    match (parts, language) {
        ([first @ .., last], Language::English) if !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        (_, Language::English) => parts.concat(),
        (_, Language::Chinese) => parts.join("、"),
    }
}
