//! Charging profiles that a station holds, and what they allow together, in watts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::{Value, json};

/// Nominal voltage between a phase and neutral, V.
const VOLTS: i64 = 230;
/// Phases when the schedule does not say (1.6 §7.14, 2.x ChargingSchedulePeriodType).
const PHASES: i64 = 3;
/// Profiles that a station holds.
const PROFILES_MAX: usize = 32;

/// What a profile limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Station,
    Default,
    /// The transaction with this local number.
    Transaction(u64),
    /// Held until a driver may charge before others (2.1).
    Priority,
}

/// Values from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Seconds after the schedule's start.
    start_s: i64,
    /// At most this is taken, W.
    limit_w: i64,
    /// Exactly this, negative to give back, W (2.1).
    setpoint_w: Option<i64>,
}

/// A profile as it is held.
#[derive(Debug, Clone)]
struct Held {
    id: i64,
    evse: i32,
    purpose: Purpose,
    level: i64,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// When its schedule starts, and after how many seconds it starts again.
    start: DateTime<Utc>,
    every_s: Option<i64>,
    duration_s: Option<i64>,
    /// From early to late.
    periods: Vec<Step>,
    /// As it was told, with what was changed since.
    told: Value,
    /// Its schedule, the same.
    schedule: Value,
    /// Its values may be changed (2.1, K28).
    is_dynamic: bool,
}

/// All profiles of a station.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles(Vec<Held>);

impl Profiles {
    /// Installs a profile, or says why not. `transaction`: the wire id and the local number of what runs at the EVSE.
    pub(crate) fn set(
        &mut self,
        version: Version,
        evse: i32,
        profile: &Value,
        transaction: Option<(&str, u64)>,
        now: DateTime<Utc>,
    ) -> Result<(), &'static str> {
        let held = read(version, evse, profile, transaction, now)?;
        // 1.6 replaces what has the same purpose, level and place as well (§5.16).
        let same = |old: &Held| {
            old.id == held.id
                || old.evse == held.evse
                    && old.level == held.level
                    && old.purpose == held.purpose
                    && version == Version::V16
        };
        self.0.retain(|old| !same(old));
        if self.0.len() >= PROFILES_MAX {
            return Err("NoMemory");
        }
        self.0.push(held);
        Ok(())
    }

    /// Removes what fits all that is given. False if nothing did.
    pub(crate) fn clear(&mut self, version: Version, payload: &Value) -> bool {
        let (id, criteria) = match version {
            Version::V16 => (&payload["id"], payload),
            Version::V201 | Version::V21 => {
                (&payload["chargingProfileId"], &payload["chargingProfileCriteria"])
            }
        };
        let evse = if version == Version::V16 { &criteria["connectorId"] } else { &criteria["evseId"] };
        let before = self.0.len();
        self.0.retain(|held| {
            let fits = id.as_i64().is_none_or(|id| id == held.id)
                && evse.as_i64().is_none_or(|evse| evse == i64::from(held.evse))
                && criteria["stackLevel"].as_i64().is_none_or(|level| level == held.level)
                && criteria["chargingProfilePurpose"].as_str().is_none_or(|purpose| match held.purpose {
                    Purpose::Station => purpose.ends_with("MaxProfile"),
                    Purpose::Default => purpose == "TxDefaultProfile",
                    Purpose::Transaction(_) => purpose == "TxProfile",
                    Purpose::Priority => purpose == "PriorityCharging",
                });
            !fits
        });
        self.0.len() < before
    }

    /// The transaction with this local number is over.
    pub(crate) fn ended(&mut self, local: u64) {
        self.0.retain(|held| held.purpose != Purpose::Transaction(local));
    }

    /// What the profiles allow at an EVSE where the transaction with this local number runs, W; `None`: no limit.
    pub(crate) fn limit_w(
        &self,
        version: Version,
        evse: i32,
        transaction: Option<u64>,
        now: DateTime<Utc>,
    ) -> Option<i64> {
        let station = self.highest(now, &|held| held.purpose == Purpose::Station);
        let own = self.own(version, evse, transaction, now);
        match (station.map(|step| step.limit_w), own.map(|step| step.limit_w)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The power that is set for the transaction with this local number, W; negative: given back.
    pub(crate) fn setpoint_w(&self, evse: i32, transaction: Option<u64>, now: DateTime<Utc>) -> Option<i64> {
        self.own(Version::V21, evse, transaction, now)?.setpoint_w
    }

    /// What counts for a transaction, or by default.
    fn own(&self, version: Version, evse: i32, transaction: Option<u64>, now: DateTime<Utc>) -> Option<Step> {
        let own = transaction.and_then(|local| {
            self.highest(now, &|held| held.evse == evse && held.purpose == Purpose::Transaction(local))
        });
        let default = |places: &[i32]| {
            self.highest(now, &|held| held.purpose == Purpose::Default && places.contains(&held.evse))
        };
        own.or_else(|| match version {
            // In 1.6 the connector's own counts before the station's, in 2.x both are one stack.
            Version::V16 => default(&[evse]).or_else(|| default(&[0])),
            Version::V201 | Version::V21 => default(&[evse, 0]),
        })
    }

    fn highest(&self, now: DateTime<Utc>, fits: &dyn Fn(&Held) -> bool) -> Option<Step> {
        let active =
            self.0.iter().filter(|held| fits(held)).filter_map(|held| Some((held.level, held.at(now)?)));
        active.max_by_key(|(level, _)| *level).map(|(_, step)| step)
    }

    /// Changes the values of a dynamic profile. False if there is none of this id.
    pub(crate) fn update(&mut self, id: i64, values: &Value) -> bool {
        let Some(held) = self.0.iter_mut().find(|held| held.id == id && held.is_dynamic) else {
            return false;
        };
        let mut schedule = held.schedule.clone();
        for (name, value) in values.as_object().into_iter().flatten() {
            schedule["chargingSchedulePeriod"][0][name] = value.clone();
        }
        let Some(read) = periods(&schedule) else { return false };
        if let Some(told) = held.told.pointer_mut("/chargingSchedule/0") {
            told.clone_from(&schedule);
        }
        (held.schedule, held.periods) = (schedule, read);
        true
    }

    /// Has any profile a period with this field?
    pub(crate) fn any_has(&self, field: &str) -> bool {
        let periods =
            self.0.iter().filter_map(|held| held.schedule.get("chargingSchedulePeriod")?.as_array());
        periods.flatten().any(|period| period.get(field).is_some())
    }

    /// Is there one that is held for priority?
    pub(crate) fn has_priority(&self) -> bool {
        self.0.iter().any(|held| held.purpose == Purpose::Priority)
    }

    /// The numbers of those that are held, in the order in which they came.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        self.0.iter().map(|held| held.id).collect()
    }

    /// The one with this number as it was told, and its EVSE (0: the station).
    pub(crate) fn told(&self, id: i64) -> Option<(i32, Value)> {
        self.0.iter().find(|held| held.id == id).map(|held| (held.evse, held.told.clone()))
    }

    /// The messages that answer a GetChargingProfiles of 2.x, one for each EVSE; none: no profile fits.
    pub(crate) fn reports(&self, payload: &Value) -> Vec<Value> {
        let criteria = &payload["chargingProfile"];
        let among = |list: &Value, one: &Value| list.as_array().is_none_or(|list| list.contains(one));
        let fits = |held: &&Held| {
            payload["evseId"].as_i64().is_none_or(|evse| evse == i64::from(held.evse))
                && criteria["stackLevel"].as_i64().is_none_or(|level| level == held.level)
                && criteria["chargingProfilePurpose"].as_str().is_none_or(|purpose| {
                    held.told["chargingProfilePurpose"] == *purpose
                })
                && among(&criteria["chargingProfileId"], &held.id.into())
                // What is held here came from the CSMS.
                && among(&criteria["chargingLimitSource"], &"CSO".into())
        };
        let mut by_evse: BTreeMap<i32, Vec<&Value>> = BTreeMap::new();
        for held in self.0.iter().filter(fits) {
            by_evse.entry(held.evse).or_default().push(&held.told);
        }
        let count = by_evse.len();
        let message = |(nth, (evse, profiles)): (usize, (i32, Vec<&Value>))| {
            let more = nth + 1 < count;
            json!({ "requestId": payload["requestId"], "chargingLimitSource": "CSO", "evseId": evse,
                "tbc": more, "chargingProfile": profiles })
        };
        by_evse.into_iter().enumerate().map(message).collect()
    }
}

impl Held {
    /// What it allows at this instant, if it says anything then.
    fn at(&self, now: DateTime<Utc>) -> Option<Step> {
        if self.from.is_some_and(|from| now < from) || self.to.is_some_and(|to| to <= now) || now < self.start
        {
            return None;
        }
        let since = (now - self.start).num_seconds();
        let since = self.every_s.map_or(since, |every| since % every);
        if self.duration_s.is_some_and(|duration| since >= duration) {
            return None;
        }
        self.periods.iter().rev().find(|step| step.start_s <= since).copied()
    }
}

fn read(
    version: Version,
    evse: i32,
    profile: &Value,
    transaction: Option<(&str, u64)>,
    now: DateTime<Utc>,
) -> Result<Held, &'static str> {
    let id = if version == Version::V16 { &profile["chargingProfileId"] } else { &profile["id"] };
    let schedule = match &profile["chargingSchedule"] {
        Value::Array(several) => several.first().ok_or("NoSchedule")?,
        one => one,
    };
    let purpose = match profile["chargingProfilePurpose"].as_str() {
        Some("ChargePointMaxProfile" | "ChargingStationMaxProfile") if evse == 0 => Purpose::Station,
        Some("TxDefaultProfile") => Purpose::Default,
        Some("PriorityCharging") if version == Version::V21 => Purpose::Priority,
        Some("TxProfile") => {
            let (wire, local) = transaction.ok_or("TxNotFound")?;
            let wanted = match &profile["transactionId"] {
                Value::String(wanted) => Some(wanted.clone()),
                Value::Number(wanted) => Some(wanted.to_string()),
                _ => None,
            };
            if wanted.is_some_and(|wanted| wanted != wire) {
                return Err("TxNotFound");
            }
            Purpose::Transaction(local)
        }
        _ => return Err("InvalidProfile"),
    };
    let instant = |value: &Value| value.as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let every_s = match profile["recurrencyKind"].as_str() {
        Some("Daily") => Some(86_400),
        Some("Weekly") => Some(604_800),
        _ => None,
    };
    Ok(Held {
        id: id.as_i64().ok_or("InvalidProfile")?,
        evse,
        purpose,
        level: profile["stackLevel"].as_i64().ok_or("InvalidStackLevel")?,
        from: instant(&profile["validFrom"]),
        to: instant(&profile["validTo"]),
        // What is relative starts when it arrives: it is told for what runs.
        start: instant(&schedule["startSchedule"]).unwrap_or(now),
        every_s,
        duration_s: schedule["duration"].as_i64(),
        periods: periods(schedule).ok_or("InvalidSchedule")?,
        told: profile.clone(),
        schedule: schedule.clone(),
        is_dynamic: profile["chargingProfileKind"] == "Dynamic",
    })
}

/// What no limit is held for, W: more than any EVSE gives.
const ALL_W: i64 = 10_000_000;

/// The periods of a schedule in W, rounded down; `None` if it is not understood. Since 2.1 a period can do without a limit
/// where its mode says who decides.
fn periods(schedule: &Value) -> Option<Vec<Step>> {
    let unit = schedule.get("chargingRateUnit")?.as_str()?;
    let all = schedule.get("chargingSchedulePeriod")?.as_array()?.iter().map(|period| {
        let phases = period.get("numberPhases").and_then(Value::as_i64).unwrap_or(PHASES);
        let watts = |field: &str| {
            let value = period.get(field)?;
            // Limits have at most one decimal place (1.6 §7.14).
            let tenths =
                value.as_i64().map(|l| l.saturating_mul(10)).or_else(|| tenths(&value.to_string()))?;
            match unit {
                "W" => Some(tenths / 10),
                "A" => Some(tenths.saturating_mul(VOLTS * phases) / 10),
                _ => None,
            }
        };
        let setpoint_w = watts("setpoint");
        let limit_w = match period.get("operationMode").and_then(Value::as_str).unwrap_or("ChargingOnly") {
            "ChargingOnly" => watts("limit")?,
            "CentralSetpoint" | "CentralFrequency" => setpoint_w?.max(0),
            "Idle" | "LocalFrequency" => 0,
            _ => watts("limit").unwrap_or(ALL_W),
        };
        Some(Step { start_s: period.get("startPeriod")?.as_i64()?, limit_w, setpoint_w })
    });
    all.collect::<Option<Vec<_>>>().filter(|periods| !periods.is_empty())
}

fn tenths(text: &str) -> Option<i64> {
    if let Some(positive) = text.strip_prefix('-') {
        return tenths(positive).map(|tenths| -tenths);
    }
    let (whole, fraction) = text.split_once('.')?;
    let first: i64 = fraction.get(..1)?.parse().ok()?;
    Some(whole.parse::<i64>().ok()?.saturating_mul(10).saturating_add(first))
}

/// A limit in W as the periods of a composite schedule, in the unit that was asked for.
pub(crate) fn composite(limit_w: i64, unit: Option<&str>) -> (&'static str, Value) {
    match unit {
        Some("A") => {
            let tenths = limit_w.saturating_mul(10) / (VOLTS * PHASES);
            let limit: Value =
                serde_json::from_str(&format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default();
            ("A", json!([{ "startPeriod": 0, "limit": limit }]))
        }
        _ => ("W", json!([{ "startPeriod": 0, "limit": limit_w }])),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T08:00:00Z".parse().expect("an instant")
    }

    fn schedule(unit: &str, period: Value) -> Value {
        json!({ "chargingRateUnit": unit, "chargingSchedulePeriod": [period] })
    }

    fn profile(id: i64, purpose: &str, level: i64, schedule: &Value) -> Value {
        json!({ "id": id, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
                "chargingSchedule": [schedule] })
    }

    #[test]
    fn watts_and_amperes() {
        let limit = |unit: &str, period: Value| periods(&schedule(unit, period)).map(|all| all[0].limit_w);
        assert_eq!(limit("W", json!({ "startPeriod": 0, "limit": 11000 })), Some(11_000));
        assert_eq!(limit("W", json!({ "startPeriod": 0, "limit": 11000.5 })), Some(11_000));
        assert_eq!(limit("A", json!({ "startPeriod": 0, "limit": 16 })), Some(11_040));
        assert_eq!(limit("A", json!({ "startPeriod": 0, "limit": 7.5, "numberPhases": 1 })), Some(1_725));
        assert_eq!(limit("hp", json!({ "startPeriod": 0, "limit": 16 })), None);
        assert_eq!(periods(&json!({ "chargingRateUnit": "A", "chargingSchedulePeriod": [] })), None);
    }

    #[test]
    fn a_setpoint_takes_or_gives_and_a_dynamic_one_changes() {
        let mut held = Profiles::default();
        let mut back = profile(
            3,
            "TxProfile",
            0,
            &schedule(
                "W",
                json!({ "startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -4000.5 }),
            ),
        );
        back["chargingProfileKind"] = json!("Dynamic");
        assert_eq!(held.set(Version::V21, 1, &back, Some(("T", 7)), now()), Ok(()));
        let at = |held: &Profiles| {
            (held.setpoint_w(1, Some(7), now()), held.limit_w(Version::V21, 1, Some(7), now()))
        };
        assert_eq!(at(&held), (Some(-4000), Some(0)));
        assert!(held.update(3, &json!({ "setpoint": 2000 })));
        assert_eq!(at(&held), (Some(2000), Some(2000)));
        assert!(!held.update(4, &json!({ "setpoint": 2000 })));
        assert!(held.any_has("setpoint") && !held.any_has("v2xSignalWattCurve") && !held.has_priority());
    }

    #[test]
    fn a_transactions_profile_counts_until_it_ends_and_then_the_default() {
        let mut held = Profiles::default();
        let default = schedule("W", json!({ "startPeriod": 0, "limit": 4000 }));
        let mut limit = schedule("W", json!({ "startPeriod": 0, "limit": 9000 }));
        limit["startSchedule"] = json!("2026-03-02T08:00:00Z");
        limit["duration"] = json!(600);
        let set = |held: &mut Profiles, profile: Value, transaction| {
            held.set(Version::V201, 1, &profile, transaction, now())
        };
        assert_eq!(set(&mut held, profile(1, "TxDefaultProfile", 0, &default), None), Ok(()));
        assert_eq!(set(&mut held, profile(2, "TxProfile", 0, &limit), None), Err("TxNotFound"));
        assert_eq!(set(&mut held, profile(2, "TxProfile", 0, &limit), Some(("T", 7))), Ok(()));
        let at = |held: &Profiles, transaction, s| {
            held.limit_w(Version::V201, 1, transaction, now() + TimeDelta::seconds(s))
        };
        assert_eq!(at(&held, Some(7), 599), Some(9000));
        assert_eq!(at(&held, Some(7), 600), Some(4000), "it is over");
        assert_eq!(at(&held, Some(8), 0), Some(4000), "it is another's");
        held.ended(7);
        assert_eq!(at(&held, Some(7), 0), Some(4000));
        assert_eq!(held.numbers(), [1]);
        assert!(held.clear(Version::V201, &json!({ "chargingProfileId": 1 })));
        assert_eq!(at(&held, Some(7), 0), None);
    }
}
