//! A profile as a value that can be compared: what is written in several ways is kept in one.

use super::slot::Slot;
use crate::grid::body;
use chrono::{DateTime, Utc};
use energy::profile::model::{Amount, Kind, Mode, Period, Profile, Schedule, Unit, Values};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::str::FromStr;

/// Characters of a value, also of what a station tells.
pub(super) const VALUE_MAX: usize = 20_000;
/// As many as the standard allows (2.x ChargingScheduleType).
const PERIODS_MAX: usize = 1_024;

/// A profile that was read, and what it has beside what is known here: `path: value`.
pub(super) struct Found {
    pub profile: Profile,
    pub more: Map<String, Value>,
}

/// The profile as 2.x writes it, without the numbers that are ours, always in the same form.
pub(super) fn write(profile: &Profile) -> String {
    let mut text = body(profile);
    if let Some(fields) = text.as_object_mut() {
        fields.remove("id");
    }
    for schedule in text["chargingSchedule"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = schedule.as_object_mut() {
            fields.remove("id");
        }
    }
    text.to_string()
}

/// Reads a profile of 2.x that is for a slot.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(slot: &Slot, value: &Value) -> Result<Found, String> {
    let Value::Object(given) = value else {
        return Err("a charging profile is an object, as 2.x writes it (ChargingProfileType)".to_owned());
    };
    let mut fields = Fields { at: String::new(), given: given.clone() };
    let mut more = Map::new();
    // The number is ours.
    fields.take("id");
    match fields.take("stackLevel") {
        Some(level) if level.as_u64() != Some(slot.level.into()) => {
            return Err(format!("stackLevel is {level}, and the key says {}", slot.level));
        }
        _ => {}
    }
    match fields.take("chargingProfilePurpose") {
        Some(purpose) if purpose != *slot.word() => {
            return Err(format!("chargingProfilePurpose is {purpose}, and the key says {}", slot.word()));
        }
        _ => {}
    }
    let recurs = fields.text("recurrencyKind")?;
    let kind = match (fields.text("chargingProfileKind")?.as_deref(), recurs.as_deref()) {
        (Some("Absolute"), None) => Kind::Absolute,
        (Some("Relative"), None) => Kind::Relative,
        (Some("Recurring"), Some("Daily")) => Kind::Daily,
        (Some("Recurring"), Some("Weekly")) => Kind::Weekly,
        (Some("Recurring"), _) => {
            return Err("recurrencyKind: a recurring profile is Daily or Weekly".to_owned());
        }
        (Some("Dynamic"), _) => {
            return Err("chargingProfileKind: a dynamic profile changes while it runs; send it with \
                        set-profile"
                .to_owned());
        }
        _ => {
            return Err("chargingProfileKind: say Absolute, Relative, or Recurring with its recurrencyKind"
                .to_owned());
        }
    };
    if fields.take("transactionId").is_some() {
        return Err("transactionId: only a TxProfile is for a transaction".to_owned());
    }
    let (valid_from, valid_to) = (fields.instant("validFrom")?, fields.instant("validTo")?);
    let one = match fields.take("chargingSchedule") {
        Some(Value::Array(all)) if all.len() == 1 => all.into_iter().next().unwrap_or_default(),
        // As 1.6 writes it.
        Some(one @ Value::Object(_)) => one,
        _ => return Err("chargingSchedule: a profile that lasts has one schedule".to_owned()),
    };
    let schedule = schedule(one, &mut more)?;
    fields.rest(&mut more);
    let profile = Profile {
        id: slot.id(),
        purpose: slot.purpose,
        stack_level: slot.level,
        kind,
        valid_from,
        valid_to,
        transaction: None,
        schedules: vec![schedule],
    };
    Ok(Found { profile, more })
}

fn schedule(value: Value, more: &mut Map<String, Value>) -> Result<Schedule, String> {
    let Value::Object(given) = value else {
        return Err("chargingSchedule: an object".to_owned());
    };
    let mut fields = Fields { at: "chargingSchedule.".to_owned(), given };
    fields.take("id");
    let start = fields.instant("startSchedule")?;
    let duration_s = fields.seconds("duration")?;
    let unit = match fields.text("chargingRateUnit")?.as_deref() {
        Some("A") => Unit::Amps,
        Some("W") => Unit::Watts,
        _ => return Err("chargingSchedule.chargingRateUnit: A or W".to_owned()),
    };
    let min_rate = fields.amount("minChargingRate")?;
    let Some(Value::Array(told)) = fields.take("chargingSchedulePeriod") else {
        return Err("chargingSchedule.chargingSchedulePeriod: the periods, from early to late".to_owned());
    };
    if told.len() > PERIODS_MAX {
        return Err(format!("chargingSchedule.chargingSchedulePeriod: at most {PERIODS_MAX} periods"));
    }
    let mut periods = Vec::with_capacity(told.len());
    for (nth, value) in told.into_iter().enumerate() {
        periods.push(period(nth, value, more)?);
    }
    fields.rest(more);
    Ok(Schedule { start, duration_s, unit, min_rate, periods })
}

fn period(nth: usize, value: Value, more: &mut Map<String, Value>) -> Result<Period, String> {
    let at = format!("chargingSchedule.chargingSchedulePeriod[{nth}].");
    let Value::Object(given) = value else { return Err(format!("{at}: an object")) };
    let mut fields = Fields { at, given };
    let start_s =
        fields.seconds("startPeriod")?.ok_or_else(|| format!("{}startPeriod: seconds", fields.at))?;
    let limit = fields.amount("limit")?;
    let phases = fields.phases("numberPhases")?.filter(|phases| *phases != 3);
    let phase_to_use = fields.phases("phaseToUse")?;
    if fields.given.get("operationMode").is_some_and(|mode| mode == "ChargingOnly") {
        fields.take("operationMode");
    }
    fields.rest(more);
    Ok(Period {
        start_s,
        limit,
        discharge: None,
        setpoint: None,
        phases,
        phase_to_use,
        mode: Mode::ChargingOnly,
        others: [Values::NONE; 2],
    })
}

/// The fields of an object, taken out one by one.
struct Fields {
    at: String,
    given: Map<String, Value>,
}

impl Fields {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.given.remove(name).filter(|value| !value.is_null())
    }

    fn wrong<T>(&self, name: &str, what: &str) -> Result<T, String> {
        Err(format!("{}{name}: {what}", self.at))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(name, "a text"),
            None => Ok(None),
        }
    }

    /// To the second, as it is sent.
    fn instant(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let at =
            text.parse::<DateTime<Utc>>().ok().and_then(|at| DateTime::from_timestamp(at.timestamp(), 0));
        match at {
            Some(at) => Ok(Some(at)),
            None => self.wrong(name, "an instant, e.g. 2026-03-02T22:00:00Z"),
        }
    }

    fn seconds(&mut self, name: &str) -> Result<Option<u32>, String> {
        match self.take(name).map(|value| value.as_u64().and_then(|seconds| u32::try_from(seconds).ok())) {
            None => Ok(None),
            Some(Some(seconds)) => Ok(Some(seconds)),
            Some(None) => self.wrong(name, "whole seconds"),
        }
    }

    fn phases(&mut self, name: &str) -> Result<Option<u8>, String> {
        match self.take(name).map(|value| value.as_u64().filter(|phases| (1..=3).contains(phases))) {
            None => Ok(None),
            Some(Some(phases)) => Ok(u8::try_from(phases).ok()),
            Some(None) => self.wrong(name, "1, 2 or 3"),
        }
    }

    /// In thousandths; what is finer than that no station holds.
    fn amount(&mut self, name: &str) -> Result<Option<Amount>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = match &value {
            Value::Number(number) => number.to_string(),
            _ => return self.wrong(name, "a number"),
        };
        let read = Decimal::from_str(&number).or_else(|_| Decimal::from_scientific(&number)).ok();
        let thousandths = read.and_then(|read| read.checked_mul(Decimal::ONE_THOUSAND));
        match thousandths.and_then(|thousandths| i64::try_from(thousandths.round()).ok()) {
            Some(thousandths) => Ok(Some(Amount(thousandths))),
            None => self.wrong(name, "a number that means A or W"),
        }
    }

    /// What is left over and says something: what is off, nothing or zero is as if it was left out.
    fn rest(self, more: &mut Map<String, Value>) {
        let says = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(all) => !all.is_empty(),
            Value::Object(all) => !all.is_empty(),
            Value::Bool(true) => true,
        };
        let left = self.given.into_iter().filter(|(name, value)| name != "customData" && says(value));
        more.extend(left.map(|(name, value)| (format!("{}{name}", self.at), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slot() -> Slot {
        Slot::read("TxDefaultProfile/3@2").unwrap()
    }

    fn night() -> Value {
        json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "validTo": "2026-05-01T00:00:00Z",
            "chargingSchedule": [{"startSchedule": "2026-03-02T22:00:00Z", "duration": 28800, "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}, {"startPeriod": 3600, "limit": 10.5, "numberPhases": 1}]}]})
    }

    fn kept(value: &Value) -> String {
        write(&read(&slot(), value).ok().unwrap().profile)
    }

    #[test]
    fn what_means_the_same_is_kept_in_one_form() {
        let plain = kept(&night());
        let mut other = night();
        other["id"] = json!(77);
        other["stackLevel"] = json!(3);
        other["chargingProfilePurpose"] = json!("TxDefaultProfile");
        other["customData"] = json!({"vendorId": "x"});
        other["validTo"] = json!("2026-05-01T02:00:00.000+02:00");
        let schedule = &mut other["chargingSchedule"][0];
        schedule["id"] = json!(5);
        schedule["startSchedule"] = json!("2026-03-02T23:00:00+01:00");
        schedule["useLocalTime"] = json!(false);
        schedule["randomizedDelay"] = json!(0);
        schedule["chargingSchedulePeriod"][0] =
            json!({"limit": 16.0, "numberPhases": 3, "startPeriod": 0, "operationMode": "ChargingOnly"});
        schedule["chargingSchedulePeriod"][1]["limit"] = json!(1.05e1);
        let found = read(&slot(), &other).ok().unwrap();
        assert!(found.more.is_empty(), "{:?}", found.more);
        assert_eq!(write(&found.profile), plain);
        // It is read back as it is written, and is what 2.x writes but for numbers.
        let again: Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(kept(&again), plain);
        assert_eq!((&again["stackLevel"], &again["chargingSchedule"][0]["id"]), (&json!(3), &Value::Null));
    }

    #[test]
    fn what_differs_is_kept_apart() {
        let plain = kept(&night());
        for (pointer, value) in [
            ("/validTo", json!("2026-05-01T00:00:01Z")),
            ("/recurrencyKind", json!("Weekly")),
            ("/chargingSchedule/0/duration", json!(28_801)),
            ("/chargingSchedule/0/chargingRateUnit", json!("W")),
            ("/chargingSchedule/0/chargingSchedulePeriod/0/limit", json!(16.1)),
            ("/chargingSchedule/0/chargingSchedulePeriod/1/numberPhases", json!(3)),
        ] {
            let mut other = night();
            *other.pointer_mut(pointer).unwrap() = value;
            assert_ne!(kept(&other), plain, "{pointer}");
        }
        let mut more = night();
        more["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit_L2"] = json!(6);
        let found = read(&slot(), &more).ok().unwrap();
        assert_eq!(found.more["chargingSchedule.chargingSchedulePeriod[0].limit_L2"], json!(6));
    }

    #[test]
    fn what_is_no_profile_of_the_slot_is_said() {
        for (name, value, why) in [
            ("stackLevel", json!(4), "the key says 3"),
            ("chargingProfilePurpose", json!("TxProfile"), "the key says TxDefaultProfile"),
            ("chargingProfileKind", json!("Dynamic"), "changes while it runs"),
            ("chargingProfileKind", json!("Sometimes"), "say Absolute"),
            ("recurrencyKind", json!(null), "Daily or Weekly"),
            ("transactionId", json!("7"), "only a TxProfile"),
            ("validFrom", json!("soon"), "an instant"),
            ("chargingSchedule", json!([]), "one schedule"),
            ("chargingSchedule", json!([{"chargingRateUnit": "hp"}]), "A or W"),
            ("chargingSchedule", json!([{"chargingRateUnit": "A"}]), "the periods"),
            ("chargingSchedule", json!([{"chargingRateUnit": "A", "duration": 1.5}]), "whole seconds"),
        ] {
            let mut other = night();
            other[name] = value;
            let told = read(&slot(), &other).err().unwrap_or_default();
            assert!(told.contains(why), "{name}: {told}");
        }
    }
}
