//! A tariff in plain words: sentences, and the list of prices in the order that European law asks for.

pub(crate) mod amounts;
pub(crate) mod conditions;
mod list;
mod rules;
mod sentences;
pub(crate) mod steps;
pub(crate) mod time;

pub use list::{PriceGroup, PriceRow};

use crate::model::tariff::Dimension;
use crate::telling::explain::Language;
use crate::telling::ladder::Subject;

/// What is priced; `apart`: electricity and service have prices of their own.
pub(crate) fn subject(subject: Subject, apart: bool, language: Language) -> &'static str {
    match subject {
        Subject::Energy if apart => language.say("Electricity fee", "电费"),
        Subject::Energy => language.say("Energy", "充电费"),
        Subject::Service => language.say("Service fee", "服务费"),
        Subject::Charging => language.say("Charging time", "充电时长费"),
        Subject::Idle => language.say("Idle time after charging", "占位费"),
        Subject::Session => language.say("Session fee", "单次费"),
        Subject::ReservedTime => language.say("Reservation time", "预约时长费"),
        Subject::Reservation => language.say("Reservation fee", "预约费"),
        Subject::ExpiredTime => language.say("Time of a reservation that expires unused", "过期预约时长费"),
        Subject::Expired => language.say("Fee for a reservation that expires unused", "过期预约费"),
    }
}

/// What a cap or a discount is on.
fn dimension(dimension: Dimension, apart: bool, language: Language) -> &'static str {
    match dimension {
        Dimension::Energy if apart => language.say("electricity fee", "电费"),
        Dimension::Energy => language.say("energy", "充电费"),
        Dimension::Service => language.say("service fee", "服务费"),
        Dimension::Time => language.say("charging time", "充电时长费"),
        Dimension::ParkingTime => language.say("idle time", "占位费"),
        Dimension::Flat => language.say("session fee", "单次费"),
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
