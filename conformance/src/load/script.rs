//! What a station of the load generator says: whole sessions, written straight into a buffer.

use std::io::Write;

use chrono::{DateTime, Utc};
use ocpp::Version;

use super::wire::find;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Authorize,
    Start,
    Meter,
    Stop,
}

/// The state of one station's script.
#[derive(Debug)]
pub(crate) struct Script {
    version: Version,
    token: String,
    /// Part of all ids: they differ from run to run and station to station.
    prefix: String,
    meter_values: u32,
    authorize: bool,
    messages: u64,
    sessions: u64,
    /// Which message of the session comes next; 0 is the first.
    position: u32,
    seq: i64,
    register_wh: i64,
    /// 1.6: the id that the CSMS gave.
    given: i64,
    stamp: Stamp,
    id: String,
}

/// What an answered message said, for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// The station's identity.
    pub station: String,
    /// The transaction id on the wire.
    pub transaction: String,
    /// 2.x seqNo; in 1.6 the message's place in the transaction, counted from 0.
    pub seq: i64,
    /// What the register showed, Wh.
    pub register_wh: i64,
    /// Whether the message ended the transaction.
    pub ended: bool,
}

/// How the CSMS answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As wanted.
    Good,
    /// With a CALLERROR, or a status other than Accepted: what it said.
    Bad(String),
    /// This is no answer to the message that is out.
    Other,
    /// A call of the CSMS; the message id.
    Call(String),
}

impl Script {
    /// `prefix`: at most 16 characters.
    pub(crate) fn new(
        version: Version,
        token: String,
        prefix: String,
        meter_values: u32,
        authorize: bool,
    ) -> Self {
        Script {
            version,
            token,
            prefix,
            meter_values,
            authorize,
            messages: 0,
            sessions: 0,
            position: 0,
            seq: 0,
            register_wh: 1_000,
            given: 0,
            stamp: Stamp::default(),
            id: String::new(),
        }
    }

    /// What comes next in the session.
    pub(crate) fn kind(&self) -> Kind {
        match (self.position, self.authorize) {
            (0, true) => Kind::Authorize,
            (0, false) | (1, true) => Kind::Start,
            (n, _) if n <= self.meter_values + u32::from(self.authorize) => Kind::Meter,
            _ => Kind::Stop,
        }
    }

    /// Whether a transaction is under way.
    pub(crate) fn is_within(&self) -> bool {
        matches!(self.kind(), Kind::Meter | Kind::Stop)
    }

    /// Skips the rest of the readings: the session's end comes next.
    pub(crate) fn hurry(&mut self) {
        if self.is_within() {
            self.position = self.meter_values + u32::from(self.authorize) + 1;
        }
    }

    /// The CSMS does not want the message: the present session is over, the next one begins.
    pub(crate) fn give_up(&mut self) {
        self.position = 0;
    }

    /// Writes BootNotification.
    pub(crate) fn write_boot(&mut self, out: &mut Vec<u8>) {
        self.begin(out, "BootNotification");
        out.extend_from_slice(match self.version {
            Version::V16 => br#"{"chargePointVendor":"Hafenwerk","chargePointModel":"Duo 22","firmwareVersion":"4.2.1"}]"#,
            _ => br#"{"reason":"PowerUp","chargingStation":{"vendorName":"Voltbahn","model":"HPC 150","firmwareVersion":"2.8.0"}}]"#,
        });
    }

    /// Writes the next message of the session. It stays the next one until [`Script::answered`].
    pub(crate) fn write_next(&mut self, out: &mut Vec<u8>, now: DateTime<Utc>) {
        let kind = self.kind();
        self.stamp.set(now);
        if kind == Kind::Start {
            self.sessions += 1;
            self.seq = 0;
        } else if kind == Kind::Meter {
            self.register_wh += 31;
        }
        if self.version == Version::V16 { self.write_16(out, kind) } else { self.write_2(out, kind) }
    }

    /// The message has been answered as wanted: takes what matters from the answer, and goes on.
    pub(crate) fn answered(&mut self, answer: &[u8]) {
        match self.kind() {
            Kind::Start => {
                if let Some(id) = number_after(answer, br#""transactionId":"#) {
                    self.given = id;
                }
                self.seq += 1;
            }
            Kind::Meter | Kind::Stop => self.seq += 1,
            Kind::Authorize => {}
        }
        self.position = if self.kind() == Kind::Stop { 0 } else { self.position + 1 };
    }

    /// What the message that is out says, if it is about a transaction. To be asked after the answer was read and
    /// before [`Script::answered`].
    pub(crate) fn journal(&self, station: &str, answer: &[u8]) -> Option<Acked> {
        let kind = self.kind();
        if kind == Kind::Authorize {
            return None;
        }
        let transaction = match (self.version, kind) {
            (Version::V16, Kind::Start) => number_after(answer, br#""transactionId":"#)?.to_string(),
            (Version::V16, _) => self.given.to_string(),
            _ => format!("{}-t{}", self.prefix, self.sessions),
        };
        let ended = kind == Kind::Stop;
        Some(Acked {
            station: station.to_owned(),
            transaction,
            seq: self.seq,
            register_wh: self.register_wh,
            ended,
        })
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// The message id of a call of the CSMS; `None` if the text is something else.
    pub(crate) fn call_id(text: &[u8]) -> Option<String> {
        let (kind, mut strings) = begin(text)?;
        (kind == b'2').then(|| strings.next().map(|id| String::from_utf8_lossy(id).into_owned()))?
    }

    /// Reads an answer. Stations and tokens want to be Accepted.
    pub(crate) fn read(&self, text: &[u8]) -> Reading {
        let Some((kind, mut strings)) = begin(text) else { return Reading::Other };
        let Some(id) = strings.next() else { return Reading::Other };
        match kind {
            b'2' => Reading::Call(String::from_utf8_lossy(id).into_owned()),
            b'3' | b'4' if id != self.id.as_bytes() => Reading::Other,
            b'4' => Reading::Bad(String::from_utf8_lossy(strings.next().unwrap_or_default()).into_owned()),
            b'3' => match status(text) {
                None | Some(b"Accepted") => Reading::Good,
                Some(other) => Reading::Bad(String::from_utf8_lossy(other).into_owned()),
            },
            _ => Reading::Other,
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>, action: &str) {
        self.messages += 1;
        self.id.clear();
        self.id.push_str(&self.prefix);
        self.id.push('-');
        let digits = itoa(self.messages);
        self.id.push_str(digits.as_str());
        out.clear();
        put(out, &[r#"[2,""#, &self.id, r#"",""#, action, r#"","#]);
    }

    fn write_16(&mut self, out: &mut Vec<u8>, kind: Kind) {
        let given = itoa(self.given.unsigned_abs());
        let wh = itoa(self.register_wh.unsigned_abs());
        let (given, wh) = (given.as_str(), wh.as_str());
        match kind {
            Kind::Authorize => {
                self.begin(out, "Authorize");
                put(out, &[r#"{"idTag":""#, &self.token, r#""}]"#]);
            }
            Kind::Start => {
                self.begin(out, "StartTransaction");
                put(out, &[r#"{"connectorId":1,"idTag":""#, &self.token, r#"","meterStart":"#, wh]);
                put(out, &[r#","timestamp":""#, self.stamp.as_str(), r#""}]"#]);
            }
            Kind::Meter => {
                self.begin(out, "MeterValues");
                put(
                    out,
                    &[r#"{"connectorId":1,"transactionId":"#, given, r#","meterValue":[{"timestamp":""#],
                );
                put(out, &[self.stamp.as_str(), r#"","sampledValue":[{"value":""#, wh]);
                put(
                    out,
                    &[
                        r#"","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},"#,
                    ],
                );
                put(
                    out,
                    &[
                        r#"{"value":"11000","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}]}]}]"#,
                    ],
                );
            }
            Kind::Stop => {
                self.begin(out, "StopTransaction");
                put(out, &[r#"{"transactionId":"#, given, r#","meterStop":"#, wh]);
                put(out, &[r#","timestamp":""#, self.stamp.as_str(), r#"","reason":"EVDisconnected"}]"#]);
            }
        }
    }

    fn write_2(&mut self, out: &mut Vec<u8>, kind: Kind) {
        let (event, trigger, context, info) = match kind {
            Kind::Authorize => {
                self.begin(out, "Authorize");
                put(out, &[r#"{"idToken":{"idToken":""#, &self.token, r#"","type":"ISO14443"}}]"#]);
                return;
            }
            Kind::Start => ("Started", "Authorized", "Transaction.Begin", r#""Charging""#),
            Kind::Meter => ("Updated", "MeterValuePeriodic", "Sample.Periodic", r#""Charging""#),
            Kind::Stop => {
                ("Ended", "EVDeparted", "Transaction.End", r#""Idle","stoppedReason":"EVDisconnected""#)
            }
        };
        let (seq, wh, session) =
            (itoa(self.seq.unsigned_abs()), itoa(self.register_wh.unsigned_abs()), itoa(self.sessions));
        self.begin(out, "TransactionEvent");
        put(out, &[r#"{"eventType":""#, event, r#"","timestamp":""#, self.stamp.as_str()]);
        put(out, &[r#"","triggerReason":""#, trigger, r#"","seqNo":"#, seq.as_str()]);
        put(out, &[r#","transactionInfo":{"transactionId":""#, &self.prefix, "-t", session.as_str()]);
        put(out, &[r#"","chargingState":"#, info, "},"]);
        if kind == Kind::Start {
            put(out, &[r#""evse":{"id":1,"connectorId":1},"idToken":{"idToken":""#, &self.token]);
            put(out, &[r#"","type":"ISO14443"},"#]);
        }
        put(out, &[r#""meterValue":[{"timestamp":""#, self.stamp.as_str(), r#"","sampledValue":[{"value":"#]);
        put(out, &[wh.as_str(), r#","context":""#, context]);
        put(
            out,
            &[
                r#"","measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}},{"value":11000,"#,
            ],
        );
        put(out, &[r#""context":""#, context]);
        put(out, &[r#"","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}}]}]}]"#]);
    }
}

/// An instant as text; only the milliseconds are written anew within the same second.
#[derive(Debug, Default)]
struct Stamp {
    second: i64,
    text: String,
}

impl Stamp {
    fn set(&mut self, now: DateTime<Utc>) {
        if self.second != now.timestamp() || self.text.is_empty() {
            self.second = now.timestamp();
            self.text = now.format("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        }
        let ms = now.timestamp_subsec_millis().min(999);
        self.text.truncate(20);
        for digit in [ms / 100, ms / 10 % 10, ms % 10] {
            self.text.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
        self.text.push('Z');
    }

    fn as_str(&self) -> &str {
        &self.text
    }
}

/// A number's decimal digits, on the stack.
struct Digits {
    bytes: [u8; 20],
    length: usize,
}

impl Digits {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

fn itoa(number: u64) -> Digits {
    let mut digits = Digits { bytes: [0; 20], length: 0 };
    let mut room = &mut digits.bytes[..];
    // 20 bytes are enough for every u64.
    let _ = write!(room, "{number}");
    digits.length = 20 - room.len();
    digits
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// The message type of a frame, as a digit, and the strings in it.
fn begin(text: &[u8]) -> Option<(u8, Strings<'_>)> {
    let text = text.trim_ascii_start().strip_prefix(b"[")?;
    Some((*text.trim_ascii_start().first()?, Strings { rest: text }))
}

/// The first `status` in an answer.
fn status(text: &[u8]) -> Option<&[u8]> {
    let at = find(text, br#""status""#)? + br#""status""#.len();
    Strings { rest: text.get(at..)? }.next()
}

/// The whole number after `key`.
fn number_after(text: &[u8], key: &[u8]) -> Option<i64> {
    let rest = text.get(find(text, key)? + key.len()..)?;
    let rest = rest.trim_ascii_start();
    let end = rest.iter().position(|b| !b.is_ascii_digit() && *b != b'-').unwrap_or(rest.len());
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

/// The quoted strings of a JSON text, escapes left as they are.
struct Strings<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let begin = self.rest.iter().position(|b| *b == b'"')? + 1;
        let mut end = begin;
        while *self.rest.get(end)? != b'"' {
            end += if self.rest[end] == b'\\' { 2 } else { 1 };
        }
        let string = self.rest.get(begin..end)?;
        self.rest = self.rest.get(end + 1..)?;
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use ocpp::schema::{self, Kind as Side};
    use serde_json::Value;

    use super::*;

    fn script(version: Version, authorize: bool) -> Script {
        Script::new(version, "BENCH00001".into(), "0a1b2c3d-7".into(), 2, authorize)
    }

    /// Writes a message and checks it against the schema.
    fn written(script: &mut Script, version: Version, out: &mut Vec<u8>) -> Value {
        let now = "2026-08-01T12:00:00.007Z".parse().expect("an instant");
        script.write_next(out, now);
        let frame: Value = serde_json::from_slice(out).expect("JSON");
        let action = frame[2].as_str().expect("an action");
        assert_eq!(schema::check(version, action, Side::Request, &frame[3]), Ok(()), "{frame}");
        frame
    }

    #[test]
    fn whole_sessions_that_keep_to_the_schema() {
        for version in Version::ALL {
            for authorize in [false, true] {
                let mut script = script(version, authorize);
                let mut out = Vec::new();
                script.write_boot(&mut out);
                let boot: Value = serde_json::from_slice(&out).expect("JSON");
                assert_eq!(schema::check(version, "BootNotification", Side::Request, &boot[3]), Ok(()));
                let mut kinds = Vec::new();
                for _ in 0..(4 + usize::from(authorize)) * 2 {
                    kinds.push(script.kind());
                    let frame = written(&mut script, version, &mut out);
                    let answer =
                        format!(r#"[3, "{}", {{"transactionId": 42}}]"#, frame[1].as_str().expect("an id"));
                    assert_eq!(script.read(answer.as_bytes()), Reading::Good);
                    script.answered(answer.as_bytes());
                }
                let session = [Kind::Start, Kind::Meter, Kind::Meter, Kind::Stop];
                let whole =
                    if authorize { [&[Kind::Authorize], &session[..]].concat() } else { session.to_vec() };
                assert_eq!(kinds, [whole.clone(), whole].concat());
            }
        }
    }

    #[test]
    fn ids_and_registers_follow_the_session() {
        let mut script = script(Version::V16, false);
        let mut out = Vec::new();
        written(&mut script, Version::V16, &mut out);
        script.answered(br#"[3,"x",{"idTagInfo":{"status":"Accepted"},"transactionId":4711}]"#);
        let meter = written(&mut script, Version::V16, &mut out);
        assert_eq!(meter[3]["transactionId"], 4711);
        assert_eq!(meter[3]["meterValue"][0]["sampledValue"][0]["value"], "1031");
        assert_eq!(meter[3]["meterValue"][0]["timestamp"], "2026-08-01T12:00:00.007Z");
        let acked = script.journal("CS", b"").expect("is about a transaction");
        assert_eq!((acked.transaction.as_str(), acked.seq, acked.register_wh), ("4711", 1, 1_031));
        script.hurry();
        assert_eq!(script.kind(), Kind::Stop);
    }

    #[test]
    fn answers_are_told_apart() {
        let mut script = script(Version::V201, false);
        let mut out = Vec::new();
        script.write_boot(&mut out);
        let read = |text: &str| script.read(text.as_bytes());
        assert_eq!(read(r#"[3,"0a1b2c3d-7-1",{"status":"Accepted"}]"#), Reading::Good);
        assert_eq!(
            read(r#" [ 3 , "0a1b2c3d-7-1" , {"status" : "Pending"}]"#),
            Reading::Bad("Pending".into())
        );
        assert_eq!(read(r#"[4,"0a1b2c3d-7-1","SecurityError","",{}]"#), Reading::Bad("SecurityError".into()));
        assert_eq!(read(r#"[3,"another",{}]"#), Reading::Other);
        assert_eq!(read(r#"[2,"c\"1","Reset",{}]"#), Reading::Call(r#"c\"1"#.into()));
        for rubbish in ["", "[", "[3", r#"[3,""#, "{}", r#"[3,"\"#] {
            assert_eq!(read(rubbish), Reading::Other, "{rubbish}");
        }
    }
}
