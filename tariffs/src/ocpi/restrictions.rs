//! TariffRestrictions, read and written.

use chrono::Datelike;
use serde_json::{Map, Value};

use super::rows::put_number;
use super::words::{self, word_for};
use crate::foreign::lenient::{date, list, number, time, whole, word};
use crate::foreign::{Object, Path, Report};
use crate::model::tariff::{Day, Restrictions};

/// A restriction that is ignored makes the element hold where its author did not want it.
const UNKNOWN: &str =
    "is an unknown restriction and was left out: the element may hold more often than it should";

pub(super) fn read(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Restrictions> {
    let mut object = Object::open(value, path, report)?;
    if object.get("booking").is_some() {
        report.refuse(path.field("booking"), "prices bookings, which no tariff here can");
    }
    let restrictions = Restrictions {
        start_time: object.may("start_time", report, time),
        end_time: object.may("end_time", report, time),
        start_date: object.may("start_date", report, date),
        end_date: object.may("end_date", report, date),
        min_kwh: object.may("min_kwh", report, number),
        max_kwh: object.may("max_kwh", report, number),
        min_current: object.may("min_current", report, number),
        max_current: object.may("max_current", report, number),
        min_power: object.may("min_power", report, number),
        max_power: object.may("max_power", report, number),
        min_duration: object.may("min_duration", report, whole),
        max_duration: object.may("max_duration", report, whole),
        day_of_week: object.may("day_of_week", report, days).unwrap_or_default(),
        reservation: object.may("reservation", report, word(words::RESERVATIONS)),
        ..Restrictions::default()
    };
    object.close(report, UNKNOWN);
    Some(restrictions)
}

fn days(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Vec<Day>> {
    let mut days = Vec::new();
    for day in list(value, path, report, |value, path, report| word(words::DAYS)(value, path, report))? {
        if days.contains(&day) {
            report.note(path, format_args!("names {} twice", word_for(words::DAYS, &day)));
        } else {
            days.push(day);
        }
    }
    Some(days)
}

/// `None`: there are none. Those that OCPI does not have must be gone.
pub(super) fn write(given: &Restrictions, path: &str, report: &mut Report) -> Option<Value> {
    let mut object = Map::new();
    for (name, date) in [("start_date", given.start_date), ("end_date", given.end_date)] {
        if date.is_some_and(|date| !(0..=9_999).contains(&date.year())) {
            report.refuse(format_args!("{path}.{name}"), "is not in the years 0 to 9999");
        }
    }
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.into());
        }
    };
    put("start_time", given.start_time.map(|time| time.to_string()));
    put("end_time", given.end_time.map(|time| time.to_string()));
    put("start_date", given.start_date.map(|date| date.to_string()));
    put("end_date", given.end_date.map(|date| date.to_string()));
    put("reservation", given.reservation.map(|kind| word_for(words::RESERVATIONS, &kind).to_owned()));
    for (name, value) in [
        ("min_kwh", given.min_kwh),
        ("max_kwh", given.max_kwh),
        ("min_current", given.min_current),
        ("max_current", given.max_current),
        ("min_power", given.min_power),
        ("max_power", given.max_power),
    ] {
        if let Some(value) = value {
            put_number(&mut object, name, value, &format!("{path}.{name}"), report);
        }
    }
    for (name, value) in [("min_duration", given.min_duration), ("max_duration", given.max_duration)] {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.into());
        }
    }
    if !given.day_of_week.is_empty() {
        let days = given.day_of_week.iter().map(|day| word_for(words::DAYS, day)).collect::<Vec<_>>();
        object.insert("day_of_week".to_owned(), days.into());
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

/// Refuses the restrictions that OCPI does not have.
pub(super) fn refuse_foreign(given: &Restrictions, path: &str, report: &mut Report) {
    let whole_session = "which counts from the start of the session only; use min_duration and max_duration";
    let payment = "which does not know how a session is paid; make a tariff of the kind ad_hoc_payment";
    for (name, there, advice) in [
        ("min_charging_time", given.min_charging_time.is_some(), whole_session),
        ("max_charging_time", given.max_charging_time.is_some(), whole_session),
        ("min_idle_time", given.min_idle_time.is_some(), whole_session),
        ("max_idle_time", given.max_idle_time.is_some(), whole_session),
        (
            "evse_kind",
            given.evse_kind.is_some(),
            "which does not know the kind of an EVSE; make one tariff for AC and one for DC",
        ),
        ("payment_brand", !given.payment_brand.is_empty(), payment),
        ("payment_recognition", !given.payment_recognition.is_empty(), payment),
    ] {
        if there {
            report.refuse(format_args!("{path}.{name}"), format_args!("cannot be said in OCPI, {advice}"));
        }
    }
}
