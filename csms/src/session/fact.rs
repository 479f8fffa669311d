//! What one message says about a session, as it is stored beside the session and replayed from there.

use crate::{
    meter,
    model::{Inbound, Phase, Reading, TransactionReport},
    store::row::ReadingRow,
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A station whose clock says less was never set: no OCPP station is older.
const CLOCK_MIN: i64 = 1_420_070_400; // 2015-01-01
/// Further in the future than this no clock is right.
const AHEAD_MAX: TimeDelta = TimeDelta::hours(24);

/// The trigger of a fact that no station told.
const INFERRED: &str = "Inferred";

/// A message about a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub digest: i64,
    /// When it happened: as told, or as received where the station's clock is wrong.
    pub at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
    pub phase: Phase,
    pub seq: Option<i64>,
    pub body: Body,
    /// The meter at the instants of this message, oldest first.
    pub moments: Vec<Moment>,
}

/// The part of a fact that only pricing and people read; JSON in `reading.body`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// 1.6 meterStart or meterStop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register_wh: Option<Decimal>,
    /// From this message on, does the car charge, or only stand there? `None`: as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charging: Option<bool>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charging_state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    #[serde(skip_serializing_if = "is_false")]
    pub offline: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub clock_wrong: bool,
    /// What else the message told, as it told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Value>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The meter at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    pub at: DateTime<Utc>,
    pub register_mwh: Option<i64>,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
}

/// The instant to work with, and whether the station's own was unusable.
pub fn plausible(told: DateTime<Utc>, received_at: DateTime<Utc>) -> (DateTime<Utc>, bool) {
    // Both databases keep microseconds; a station may send nanoseconds.
    let told = DateTime::from_timestamp_micros(told.timestamp_micros()).unwrap_or(told);
    if told.timestamp() < CLOCK_MIN || told > received_at + AHEAD_MAX {
        (received_at, true)
    } else {
        (told, false)
    }
}

impl Fact {
    /// What a report says. `charging` is what the caller knows of the flow of energy.
    pub fn from_report(report: &mut TransactionReport, inbound: &Inbound, charging: Option<bool>) -> Fact {
        let (at, clock_wrong) = plausible(report.at.at, inbound.received_at);
        let body = Body {
            readings: std::mem::take(&mut report.readings),
            register_wh: report.register_wh,
            charging,
            charging_state: std::mem::take(&mut report.charging_state),
            trigger: std::mem::take(&mut report.trigger),
            offline: report.offline,
            clock_wrong,
            other: report.other.take(),
        };
        Fact::new(inbound.digest, at, inbound.received_at, report.phase, report.seq, body)
    }

    /// A fact with its moments read off the body.
    pub fn new(
        digest: i64,
        at: DateTime<Utc>,
        received_at: DateTime<Utc>,
        phase: Phase,
        seq: Option<i64>,
        body: Body,
    ) -> Fact {
        let moments = moments(at, received_at, phase, &body);
        Fact { digest, at, received_at, phase, seq, body, moments }
    }

    /// The end of a session whose stop was lost, with the register that its connector shows now.
    pub fn inferred_end(
        digest: i64,
        at: DateTime<Utc>,
        received_at: DateTime<Utc>,
        register_mwh: Option<i64>,
    ) -> Fact {
        let body = Body {
            register_wh: register_mwh.map(|mwh| Decimal::new(mwh, 3)),
            charging: Some(false),
            trigger: INFERRED.to_owned(),
            ..Body::default()
        };
        Fact::new(digest, at, received_at, Phase::End, None, body)
    }

    /// What the station says that the session costs, if it counts costs itself.
    pub fn costs(&self) -> Option<&Value> {
        self.body.other.as_ref()?.get("costDetails")
    }

    /// Is it ours, of [`Fact::inferred_end`]?
    pub fn is_inferred(&self) -> bool {
        self.body.trigger == INFERRED
    }

    /// Reads a stored one.
    pub fn of(row: &ReadingRow) -> Result<Fact, serde_json::Error> {
        let phase = match row.phase.as_str() {
            "start" => Phase::Start,
            "end" => Phase::End,
            _ => Phase::Update,
        };
        let body = serde_json::from_str(&row.body)?;
        Ok(Fact::new(row.digest, row.at, row.received_at, phase, row.seq, body))
    }

    /// As it is stored.
    pub fn row(&self, session: i64) -> Box<ReadingRow> {
        let last = self.moments.last();
        Box::new(ReadingRow {
            session_id: session,
            digest: self.digest,
            at: self.at,
            received_at: self.received_at,
            phase: match self.phase {
                Phase::Start => "start",
                Phase::Update => "update",
                Phase::End => "end",
            }
            .to_owned(),
            seq: self.seq,
            register_mwh: last.and_then(|m| m.register_mwh),
            power_w: last.and_then(|m| m.power_w),
            soc_percent: last.and_then(|m| m.soc_percent),
            body: serde_json::to_string(&self.body).unwrap_or_default(),
        })
    }

    /// The oldest instant this message tells of.
    pub fn oldest(&self) -> DateTime<Utc> {
        self.moments.first().map_or(self.at, |m| m.at.min(self.at))
    }
}

/// 1.6 meterStart comes before the readings of its message and meterStop after them.
fn moments(at: DateTime<Utc>, received_at: DateTime<Utc>, phase: Phase, body: &Body) -> Vec<Moment> {
    let edge = body.register_wh.map(|wh| Moment {
        at,
        register_mwh: meter::mwh(wh),
        power_w: None,
        soc_percent: None,
    });
    let mut moments: Vec<Moment> = body
        .readings
        .iter()
        .map(|reading| Moment {
            at: if body.clock_wrong { at } else { plausible(reading.at, received_at).0 },
            register_mwh: meter::register_wh(&reading.samples).and_then(meter::mwh),
            power_w: meter::power_w(&reading.samples).and_then(|w| w.round().to_i64()),
            soc_percent: meter::soc_percent(&reading.samples).and_then(|p| p.round().to_i64()),
        })
        .collect();
    moments.sort_by_key(|m| m.at);
    match (edge, phase) {
        (Some(edge), Phase::End) => moments.push(edge),
        (Some(edge), _) => moments.insert(0, edge),
        (None, _) => {}
    }
    moments
}
