//! When a price holds: TariffConditionsType and TariffConditionsFixedType, and our restrictions.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::fields::{FOREIGN, open};
use super::numbers::{fits, number};
use crate::foreign::{Object, Report, strict};
use crate::model::tariff::{Day, EvseKind, Restrictions};

/// Ours and theirs; prices and limits too, to translate what the check of a tariff says.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("start_time", "startTimeOfDay"),
    ("end_time", "endTimeOfDay"),
    ("start_date", "validFromDate"),
    ("end_date", "validToDate"),
    ("day_of_week", "dayOfWeek"),
    ("evse_kind", "evseKind"),
    ("min_kwh", "minEnergy"),
    ("max_kwh", "maxEnergy"),
    ("min_current", "minCurrent"),
    ("max_current", "maxCurrent"),
    ("min_power", "minPower"),
    ("max_power", "maxPower"),
    ("min_duration", "minTime"),
    ("max_duration", "maxTime"),
    ("min_charging_time", "minChargingTime"),
    ("max_charging_time", "maxChargingTime"),
    ("min_idle_time", "minIdleTime"),
    ("max_idle_time", "maxIdleTime"),
    ("payment_brand", "paymentBrand"),
    ("payment_recognition", "paymentRecognition"),
    ("restrictions", "conditions"),
    ("min_price", "minCost"),
    ("max_price", "maxCost"),
    ("excl", "exclTax"),
    ("incl", "inclTax"),
    ("valid_from", "validFrom"),
    ("percent", "tax"),
    ("name", "type"),
    ("text", "content"),
    ("id", "tariffId"),
];

const DAYS: [(Day, &str); 7] = [
    (Day::Monday, "Monday"),
    (Day::Tuesday, "Tuesday"),
    (Day::Wednesday, "Wednesday"),
    (Day::Thursday, "Thursday"),
    (Day::Friday, "Friday"),
    (Day::Saturday, "Saturday"),
    (Day::Sunday, "Sunday"),
];

const MAX_PAYMENT: usize = 20;
/// Parts of our kWh and kW, in which we keep 6 decimals.
const WH_DECIMALS: u32 = 3;

pub(super) fn read(value: &Value, path: &str, fixed: bool, findings: &mut Report) -> Restrictions {
    let Some(mut object) = open(value, path, findings) else { return Restrictions::default() };
    let mut read = Restrictions {
        start_time: object.may("startTimeOfDay", findings, strict::parsed),
        end_time: object.may("endTimeOfDay", findings, strict::parsed),
        start_date: date(&mut object, "validFromDate", findings),
        end_date: date(&mut object, "validToDate", findings),
        ..Restrictions::default()
    };
    for (path, member) in strict::members(&mut object, "dayOfWeek", DAYS.len(), findings) {
        match DAYS.iter().find(|(_, name)| member.as_str() == Some(name)) {
            Some((day, _)) => read.day_of_week.push(*day),
            None => findings.refuse(path, "is not a day from Monday to Sunday"),
        }
    }
    read.evse_kind = match object.get("evseKind").map(Value::as_str) {
        None => None,
        Some(Some("AC")) => Some(EvseKind::Ac),
        Some(Some("DC")) => Some(EvseKind::Dc),
        Some(_) => {
            findings.refuse(object.place("evseKind"), "is neither AC nor DC");
            None
        }
    };
    if fixed {
        for (name, field) in
            [("paymentBrand", &mut read.payment_brand), ("paymentRecognition", &mut read.payment_recognition)]
        {
            *field = object.may(name, findings, strict::text(MAX_PAYMENT)).unwrap_or_default().to_owned();
        }
    } else {
        quantities(&mut object, &mut read, findings);
    }
    // Without a condition that it should have a price would hold when it must not.
    object.close_strictly(findings, FOREIGN);
    read
}

fn quantities(object: &mut Object<'_>, read: &mut Restrictions, findings: &mut Report) {
    let thousandth = Decimal::new(1, 3);
    for (name, field) in [
        ("minEnergy", &mut read.min_kwh),
        ("maxEnergy", &mut read.max_kwh),
        ("minPower", &mut read.min_power),
        ("maxPower", &mut read.max_power),
    ] {
        let given = object.may(name, findings, strict::decimal);
        if given.is_some_and(|given| !fits(given, WH_DECIMALS)) {
            findings.refuse(object.place(name), "has more than 3 decimals");
            continue;
        }
        *field = given.map(|given| (given * thousandth).normalize());
    }
    for (name, field) in [("minCurrent", &mut read.min_current), ("maxCurrent", &mut read.max_current)] {
        *field = object.may(name, findings, strict::decimal).map(|given| given.normalize());
    }
    for (name, field) in [
        ("minTime", &mut read.min_duration),
        ("maxTime", &mut read.max_duration),
        ("minChargingTime", &mut read.min_charging_time),
        ("maxChargingTime", &mut read.max_charging_time),
        ("minIdleTime", &mut read.min_idle_time),
        ("maxIdleTime", &mut read.max_idle_time),
    ] {
        *field = object.may(name, findings, strict::whole);
    }
}

fn date(object: &mut Object<'_>, name: &'static str, findings: &mut Report) -> Option<NaiveDate> {
    let text = object.may(name, findings, strict::text(10))?;
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = if plain { text.parse().ok() } else { None };
    if date.is_none() {
        findings.refuse(object.place(name), "is not a date like 2026-12-24");
    }
    date
}

/// Writes the conditions of a price; `path` is that of our restrictions. Reservations and days of the year are not
/// looked at here.
pub(super) fn write(
    given: &Restrictions,
    path: &str,
    fixed: bool,
    findings: &mut Report,
) -> Map<String, Value> {
    let mut map = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    };
    put("startTimeOfDay", given.start_time.map(|time| json!(time)));
    put("endTimeOfDay", given.end_time.map(|time| json!(time)));
    for (ours, theirs, date) in
        [("start_date", "validFromDate", given.start_date), ("end_date", "validToDate", given.end_date)]
    {
        if date.is_some_and(|date| !(1_000..10_000).contains(&date.year())) {
            findings.refuse(format!("{path}.{ours}"), "is not between the years 1000 and 9999");
        }
        put(theirs, date.map(|date| json!(date.to_string())));
    }
    if !given.day_of_week.is_empty() {
        let days = DAYS.iter().filter(|(day, _)| given.day_of_week.contains(day)).map(|(_, name)| *name);
        put("dayOfWeek", Some(days.collect()));
    }
    put(
        "evseKind",
        given.evse_kind.map(|kind| match kind {
            EvseKind::Ac => json!("AC"),
            EvseKind::Dc => json!("DC"),
        }),
    );
    let thousand = Decimal::ONE_THOUSAND;
    let numbers = [
        ("min_kwh", "minEnergy", given.min_kwh.map(|kwh| kwh * thousand)),
        ("max_kwh", "maxEnergy", given.max_kwh.map(|kwh| kwh * thousand)),
        ("min_current", "minCurrent", given.min_current),
        ("max_current", "maxCurrent", given.max_current),
        ("min_power", "minPower", given.min_power.map(|kw| kw * thousand)),
        ("max_power", "maxPower", given.max_power.map(|kw| kw * thousand)),
        ("min_duration", "minTime", given.min_duration.map(Decimal::from)),
        ("max_duration", "maxTime", given.max_duration.map(Decimal::from)),
        ("min_charging_time", "minChargingTime", given.min_charging_time.map(Decimal::from)),
        ("max_charging_time", "maxChargingTime", given.max_charging_time.map(Decimal::from)),
        ("min_idle_time", "minIdleTime", given.min_idle_time.map(Decimal::from)),
        ("max_idle_time", "maxIdleTime", given.max_idle_time.map(Decimal::from)),
    ];
    for (ours, theirs, value) in numbers {
        let Some(value) = value else { continue };
        match number(value) {
            _ if fixed => findings.refuse(
                format!("{path}.{ours}"),
                "is no condition of a fixed fee in OCPP: it is due at the start of \
                     the session or not at all",
            ),
            None => findings.refuse(format!("{path}.{ours}"), "has more digits than OCPP's numbers keep"),
            value => put(theirs, value),
        }
    }
    for (ours, theirs, text) in [
        ("payment_brand", "paymentBrand", &given.payment_brand),
        ("payment_recognition", "paymentRecognition", &given.payment_recognition),
    ] {
        match (text.is_empty(), fixed) {
            (true, _) => {}
            (false, false) => {
                findings.refuse(format!("{path}.{ours}"), "is a condition of fixed fees only in OCPP");
            }
            (false, true) if text.chars().count() > MAX_PAYMENT => {
                findings.refuse(format!("{path}.{ours}"), "has more than OCPP's 20 characters");
            }
            (false, true) => put(theirs, Some(json!(text))),
        }
    }
    map
}
