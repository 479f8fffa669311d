//! What a station has told of its transactions, and what holds for all of it, whatever the case.

use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::Value;

/// How many transactions are kept; older ones are forgotten first.
const KEPT_MAX: usize = 512;
/// How many readings of a transaction are kept.
const READINGS_MAX: usize = 4096;

/// A transaction as the station told it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// The id on the wire.
    pub(crate) id: String,
    /// Where: EVSE, or connector of 1.6.
    pub(crate) evse: i64,
    /// Whether its end was told.
    pub(crate) ended: bool,
    /// What told of it, in order.
    pub(crate) messages: Vec<(&'static str, Value)>,
    /// Its readings of the energy register, in order: when, Wh, context.
    pub(crate) readings: Vec<Reading>,
    /// It began before the run: what it lacks is nobody's fault.
    foreign: bool,
    next_seq: i64,
    last_at: Option<DateTime<Utc>>,
}

/// A reading of the energy register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// When, by the station.
    pub(crate) at: DateTime<Utc>,
    /// mWh.
    pub(crate) milliwatthours: i64,
    /// `Transaction.Begin`, `Sample.Periodic`, …
    pub(crate) context: String,
}

/// All transactions of the station.
#[derive(Debug, Default)]
pub(crate) struct Book {
    records: Vec<Record>,
    next: i64,
    /// Before the first case: transactions that began earlier are no surprise.
    pub(crate) early: bool,
}

impl Book {
    pub(crate) fn new() -> Book {
        Book { records: Vec::new(), next: 0, early: true }
    }

    /// The transactions whose end was not told.
    pub(crate) fn open(&self) -> Vec<(String, i64)> {
        self.records.iter().filter(|r| !r.ended).map(|r| (r.id.clone(), r.evse)).collect()
    }

    pub(crate) fn record(&self, id: &str) -> Option<&Record> {
        self.records.iter().rev().find(|record| record.id == id)
    }

    /// The id for a StartTransaction: the one that it has if it is told again.
    pub(crate) fn number(&mut self, payload: &Value) -> i64 {
        let same = |record: &&Record| record.messages.first().is_some_and(|(_, first)| first == payload);
        if let Some(record) = self.records.iter().find(same) {
            return record.id.parse().unwrap_or_default();
        }
        if self.next == 0 {
            // Ids of one run are not those of another: stations remember.
            self.next = i64::from(rand::random::<u32>() % 1_000_000) * 1000;
        }
        self.next += 1;
        self.open_record(self.next.to_string(), payload["connectorId"].as_i64().unwrap_or_default(), false);
        if let Some(record) = self.records.last_mut() {
            record.messages.push(("StartTransaction", payload.clone()));
        }
        self.next
    }

    fn open_record(&mut self, id: String, evse: i64, foreign: bool) {
        if self.records.len() >= KEPT_MAX {
            self.records.remove(0);
        }
        self.records.push(Record {
            id,
            evse,
            ended: false,
            messages: Vec::new(),
            readings: Vec::new(),
            foreign,
            next_seq: 0,
            last_at: None,
        });
    }

    /// Takes in what a station tells, and holds it against the rules.
    ///
    /// # Errors
    /// The rule that is broken, with its requirement.
    pub(crate) fn hear(&mut self, version: Version, action: &str, payload: &Value) -> Result<(), String> {
        match (version, action) {
            (Version::V16, "StartTransaction") => self.started(payload),
            (Version::V16, "MeterValues") => self.metered(payload),
            (Version::V16, "StopTransaction") => self.stopped(payload),
            (_, "TransactionEvent") => self.event(payload),
            _ => Ok(()),
        }
    }

    fn started(&mut self, payload: &Value) -> Result<(), String> {
        if payload["connectorId"].as_i64().unwrap_or_default() < 1 {
            return Err("a transaction runs at a connector from 1 up (§4.8)".to_owned());
        }
        let id = self.number(payload).to_string();
        let Some(record) = self.records.iter_mut().rev().find(|record| record.id == id) else {
            return Ok(());
        };
        if record.readings.is_empty() {
            let wh = payload["meterStart"].as_i64().unwrap_or_default();
            record.read(instant(payload)?, wh.saturating_mul(1000), "Transaction.Begin")?;
        }
        Ok(())
    }

    fn metered(&mut self, payload: &Value) -> Result<(), String> {
        let Some(id) = payload["transactionId"].as_i64() else { return Ok(()) };
        let id = id.to_string();
        let Some(record) = self.records.iter_mut().rev().find(|record| record.id == id) else {
            return Ok(());
        };
        record.messages.push(("MeterValues", payload.clone()));
        record.read_all(&payload["meterValue"])
    }

    fn stopped(&mut self, payload: &Value) -> Result<(), String> {
        let id = payload["transactionId"].as_i64().unwrap_or_default().to_string();
        let Some(record) = self.records.iter_mut().rev().find(|record| record.id == id) else {
            return Ok(());
        };
        if record.ended {
            let same = record.messages.last().is_some_and(|(_, last)| last == payload);
            return match same {
                true => Ok(()),
                false => Err(format!("transaction {id} is stopped twice, and not alike (§4.10)")),
            };
        }
        record.messages.push(("StopTransaction", payload.clone()));
        record.read_all(&payload["transactionData"])?;
        let wh = payload["meterStop"].as_i64().unwrap_or_default();
        record.read(instant(payload)?, wh.saturating_mul(1000), "Transaction.End")?;
        record.ended = true;
        Ok(())
    }

    fn event(&mut self, payload: &Value) -> Result<(), String> {
        let id = payload["transactionInfo"]["transactionId"].as_str().unwrap_or_default().to_owned();
        let (kind, seq) = (payload["eventType"].as_str().unwrap_or_default(), payload["seqNo"].as_i64());
        let seq = seq.unwrap_or_default();
        let evse = payload["evse"]["id"].as_i64();
        let early = self.early;
        if self.record(&id).is_none() {
            self.open_record(id.clone(), evse.unwrap_or_default(), early);
        }
        let Some(record) = self.records.iter_mut().rev().find(|record| record.id == id) else {
            return Ok(());
        };
        if record.messages.iter().any(|(_, before)| before == payload) {
            return Ok(());
        }
        let first = record.messages.is_empty();
        record.messages.push(("TransactionEvent", payload.clone()));
        if let Some(evse) = evse {
            record.evse = evse;
        }
        if !record.foreign {
            if first && kind != "Started" {
                return Err(format!("the first message of transaction {id} is {kind}, not Started (E01)"));
            }
            if !first && kind == "Started" {
                return Err(format!("transaction {id} is Started twice (E01)"));
            }
            if record.ended {
                return Err(format!("{kind} comes after transaction {id} has Ended (E06)"));
            }
            if seq != record.next_seq {
                let next = record.next_seq;
                record.next_seq = seq.saturating_add(1);
                return Err(format!("seqNo is {seq} where {next} comes next (E01.FR.07)"));
            }
        }
        record.next_seq = seq.saturating_add(1);
        record.ended = kind == "Ended";
        let at = instant(payload)?;
        if record.last_at.is_some_and(|last| at < last) {
            return Err(format!("the message with seqNo {seq} is older than the one before it"));
        }
        record.last_at = Some(at);
        record.read_all(&payload["meterValue"])
    }
}

impl Record {
    /// Takes the readings of the energy register out of meter values, of any version.
    fn read_all(&mut self, values: &Value) -> Result<(), String> {
        for value in values.as_array().into_iter().flatten() {
            let at = instant(value)?;
            for sample in value["sampledValue"].as_array().into_iter().flatten() {
                let measurand = sample["measurand"].as_str().unwrap_or("Energy.Active.Import.Register");
                let signed = sample["format"].as_str() == Some("SignedData");
                let part = sample.get("phase").is_some()
                    || sample["location"].as_str().is_some_and(|place| place != "Outlet");
                if measurand != "Energy.Active.Import.Register" || signed || part {
                    continue;
                }
                let context = sample["context"].as_str().unwrap_or("Sample.Periodic");
                self.read(at, milliwatthours(sample)?, context)?;
            }
        }
        Ok(())
    }

    /// An energy register does not run backwards within a transaction. What the end repeats of earlier readings, in
    /// `transactionData` or in Ended, is sorted in by its time.
    fn read(&mut self, at: DateTime<Utc>, milliwatthours: i64, context: &str) -> Result<(), String> {
        let place = self.readings.partition_point(|before| before.at <= at);
        let before = place.checked_sub(1).and_then(|last| self.readings.get(last));
        let after = self.readings.get(place);
        if let Some(before) = before.filter(|before| before.milliwatthours > milliwatthours) {
            let (then, now) = (before.milliwatthours, milliwatthours);
            return Err(format!(
                "the energy register falls from {then} to {now} mWh in transaction {}",
                self.id
            ));
        }
        if let Some(after) = after.filter(|after| after.milliwatthours < milliwatthours) {
            let (then, now) = (milliwatthours, after.milliwatthours);
            return Err(format!(
                "the energy register falls from {then} to {now} mWh in transaction {}",
                self.id
            ));
        }
        if self.readings.len() < READINGS_MAX {
            self.readings.insert(place, Reading { at, milliwatthours, context: context.to_owned() });
        }
        Ok(())
    }
}

/// The `timestamp` of a payload.
pub(crate) fn instant(payload: &Value) -> Result<DateTime<Utc>, String> {
    let text = payload["timestamp"].as_str().unwrap_or_default();
    let read = DateTime::parse_from_rfc3339(text);
    read.map(|at| at.to_utc()).map_err(|_| format!("the timestamp {text} is none of RFC 3339"))
}

/// The energy of a sample: a text in 1.6, a number with a unit and perhaps a multiplier in 2.x.
fn milliwatthours(sample: &Value) -> Result<i64, String> {
    let value = &sample["value"];
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    let number = number.filter(|number: &f64| number.is_finite());
    let number = number.ok_or_else(|| format!("the reading {value} is no number"))?;
    let unit = sample["unit"].as_str().or_else(|| sample["unitOfMeasure"]["unit"].as_str()).unwrap_or("Wh");
    let power = sample["unitOfMeasure"]["multiplier"].as_i64().unwrap_or_default().clamp(-12, 12);
    let power = i32::try_from(power).unwrap_or_default() + if unit == "kWh" { 6 } else { 3 };
    let scaled = number * 10_f64.powi(power);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a register is far from the ends of 64 bits; `as` saturates"
    )]
    Ok(scaled.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: &str, seq: i64, at: &str, wh: i64) -> Value {
        json!({ "eventType": kind, "seqNo": seq, "timestamp": at, "evse": { "id": 1 },
            "transactionInfo": { "transactionId": "T" },
            "meterValue": [{ "timestamp": at, "sampledValue": [{ "value": wh }] }] })
    }

    fn book() -> Book {
        Book { early: false, ..Book::new() }
    }

    fn told(events: &[Value]) -> Result<(), String> {
        let mut book = book();
        events.iter().try_for_each(|event| book.hear(Version::V201, "TransactionEvent", event))
    }

    const A: &str = "2026-01-01T00:00:00Z";
    const B: &str = "2026-01-01T00:01:00Z";

    #[test]
    fn a_transaction_as_it_should_be_breaks_nothing() {
        let events = [event("Started", 0, A, 1), event("Updated", 1, A, 1), event("Ended", 2, B, 5)];
        assert_eq!(told(&events), Ok(()));
        let again = [event("Started", 0, A, 1), event("Started", 0, A, 1), event("Ended", 1, B, 5)];
        assert_eq!(told(&again), Ok(()), "a message that is sent again is the same message");
    }

    #[test]
    fn each_rule_is_seen_to_be_broken() {
        for (events, why) in [
            (vec![event("Updated", 0, A, 1)], "not Started"),
            (vec![event("Started", 1, A, 1)], "seqNo is 1 where 0"),
            (vec![event("Started", 0, A, 1), event("Updated", 2, B, 1)], "seqNo is 2 where 1"),
            (vec![event("Started", 0, A, 1), event("Started", 1, B, 1)], "Started twice"),
            (vec![event("Started", 0, A, 1), event("Ended", 1, B, 1), event("Updated", 2, B, 1)], "after"),
            (vec![event("Started", 0, B, 1), event("Updated", 1, A, 1)], "older"),
            (vec![event("Started", 0, A, 9), event("Updated", 1, B, 1)], "falls from 9000 to 1000"),
            (vec![event("Started", 0, "noon", 9)], "none of RFC 3339"),
        ] {
            let told = told(&events).expect_err(why);
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_start_that_is_told_again_has_its_number() {
        let start = json!({ "connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": A });
        let mut book = book();
        assert_eq!(book.hear(Version::V16, "StartTransaction", &start), Ok(()));
        let id = book.number(&start);
        assert_eq!(book.number(&start), id);
        assert_eq!(book.open(), [(id.to_string(), 1)]);
        let stop = json!({ "transactionId": id, "meterStop": 4, "timestamp": B });
        assert!(book.hear(Version::V16, "StopTransaction", &stop).is_err_and(|why| why.contains("falls")));
        let stop = json!({ "transactionId": id, "meterStop": 6, "timestamp": B });
        assert_eq!(book.hear(Version::V16, "StopTransaction", &stop), Ok(()));
        assert_eq!(book.hear(Version::V16, "StopTransaction", &stop), Ok(()));
        let other = json!({ "transactionId": id, "meterStop": 7, "timestamp": B });
        assert!(book.hear(Version::V16, "StopTransaction", &other).is_err_and(|why| why.contains("twice")));
    }

    #[test]
    fn units_and_multipliers_are_heeded() {
        for (sample, expected) in [
            (json!({ "value": "1.5", "unit": "kWh" }), 1_500_000),
            (json!({ "value": 1.5, "unitOfMeasure": { "unit": "Wh", "multiplier": 2 } }), 150_000),
            (json!({ "value": 7 }), 7_000),
        ] {
            assert_eq!(milliwatthours(&sample), Ok(expected));
        }
        assert!(milliwatthours(&json!({ "value": "much" })).is_err());
    }
}
