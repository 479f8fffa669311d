//! The DataTransfer messages.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::now::{self, Situation, charging};
use super::text::{charge_name, price_text, span, texts};
use super::{VENDOR, instant};
use crate::foreign::{Report, strict};
use crate::model::charge::Charge;
use crate::model::check::{Invalid, Problem};
use crate::model::money::padded;
use crate::model::tariff::{Dimension, Tariff};
use crate::ocpp::fields::{open, parse};
use crate::ocpp::numbers::number;
use crate::pricing::bill::Bill;
use crate::pricing::session::Activity;
use crate::telling::explain::Language;

/// A DataTransfer to a station.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTransfer {
    /// The messageId.
    pub message_id: &'static str,
    /// What `data` says.
    pub data: Value,
    /// What it could not say.
    pub notes: Vec<Problem>,
}

impl DataTransfer {
    /// The payload of DataTransfer.req, in which `data` is a text.
    pub fn payload(&self) -> Value {
        json!({"vendorId": VENDOR, "messageId": self.message_id, "data": self.data.to_string()})
    }
}

/// SetUserPrice: the price for a driver, for display only; sent after Authorize.
pub fn set_user_price(tariff: &Tariff, id_token: &str, language: &str) -> DataTransfer {
    let mut map = Map::new();
    map.insert("idToken".into(), json!(id_token));
    put_texts(&mut map, price_text(tariff, language), language, texts(tariff));
    DataTransfer { message_id: "SetUserPrice", data: Value::Object(map), notes: Vec::new() }
}

/// What RunningCost tells.
#[derive(Debug, Clone, Copy)]
pub struct RunningCost<'a> {
    /// The session's tariff.
    pub tariff: &'a Tariff,
    /// The time zone of the site.
    pub tz: Tz,
    /// Where the session stands, as of the reading that the cost was computed for.
    pub situation: Situation<'a>,
    /// As in StartTransaction.
    pub transaction_id: i64,
    /// The standing of the register, in Wh; the message has it in whole Wh.
    pub register: Decimal,
    /// So far, after tax.
    pub cost: Decimal,
}

/// RunningCost: what a session costs so far, the prices by which the station counts on, and when it is to send a reading
/// because they change. Sent at the start, with every reading, and when the vehicle begins or ends to be idle.
/// `None` if the cost has more than the 15 digits that a JSON number keeps.
pub fn running_cost(of: &RunningCost<'_>) -> Option<DataTransfer> {
    let RunningCost { tariff, tz, situation, .. } = *of;
    let mut notes = super::beyond(tariff, situation.context);
    let prices = now::prices(tariff, tz, &situation);
    let mut map = Map::new();
    map.insert("transactionId".into(), json!(of.transaction_id));
    map.insert("timestamp".into(), json!(instant(situation.at)));
    map.insert("meterValue".into(), json!(of.register.round().to_i64().unwrap_or_default()));
    map.insert("cost".into(), number(of.cost)?);
    let state = match situation.activity {
        Activity::Charging => "Charging",
        Activity::Parking => "Idle",
    };
    map.insert("state".into(), json!(state));
    prices.put(&mut map);
    let next = now::next_period(tariff, tz, &situation);
    if let Some(next) = &next {
        let mut period = Map::new();
        period.insert("atTime".into(), json!(instant(next.at)));
        next.prices.put(&mut period);
        map.insert("nextPeriod".into(), Value::Object(period));
    }
    let triggers = triggers(tariff, tz, &situation, next.map(|next| next.at));
    if !triggers.is_empty() {
        map.insert("triggerMeterValue".into(), Value::Object(triggers));
    }
    if let Some(odd) = odd_grace(tariff) {
        notes.push(odd);
    }
    Some(DataTransfer { message_id: "RunningCost", data: Value::Object(map), notes })
}

/// When the station is to send a reading although none is due.
fn triggers(tariff: &Tariff, tz: Tz, now: &Situation<'_>, time: Option<DateTime<Utc>>) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(time) = time {
        map.insert("atTime".into(), json!(instant(time)));
    }
    if let Some(kwh) = now::next_energy(tariff, tz, now).and_then(number) {
        map.insert("atEnergykWh".into(), kwh);
    }
    if let Some(power) = now::next_power(tariff, tz, now).and_then(number) {
        map.insert("atPowerkW".into(), power);
    }
    let timed = charging(tariff)
        .flat_map(|element| &element.components)
        .any(|component| matches!(component.dimension, Dimension::Time | Dimension::ParkingTime));
    if timed {
        map.insert("atCPStatus".into(), json!(["Charging", "SuspendedEV", "SuspendedEVSE"]));
    }
    map
}

/// Stations count grace in minutes.
fn odd_grace(tariff: &Tariff) -> Option<Problem> {
    let odd = |seconds: Option<u32>| seconds.is_some_and(|seconds| seconds % 60 != 0);
    let (at, name) = tariff.elements.iter().enumerate().find_map(|(at, element)| {
        let given = &element.restrictions;
        let bounds = [("min_idle_time", given.min_idle_time), ("max_idle_time", given.max_idle_time)];
        bounds.into_iter().find(|(_, seconds)| odd(*seconds)).map(|(name, _)| (at, name))
    })?;
    let path = format!("elements[{at}].restrictions.{name}");
    Some(Problem { path, message: "is rounded up to whole minutes for the station".to_owned() })
}

/// What FinalCost tells.
#[derive(Debug, Clone, Copy)]
pub struct FinalCost<'a> {
    /// The bill.
    pub bill: &'a Bill,
    /// As in StartTransaction.
    pub transaction_id: i64,
    /// What the station speaks (RFC 5646).
    pub language: &'a str,
    /// Where the receipt is; shown as a QR code.
    pub receipt: Option<&'a str>,
}

/// FinalCost: what the session cost, for display and for a payment terminal in the station; sent after
/// StopTransaction. `None` if the cost has more than the 15 digits that a JSON number keeps.
pub fn final_cost(of: &FinalCost<'_>) -> Option<DataTransfer> {
    let words =
        |language| (if language == Language::Chinese { "zh" } else { "en" }, receipt(of.bill, language));
    let chinese = of.language.to_ascii_lowercase().starts_with("zh");
    let (first, second) =
        if chinese { (Language::Chinese, Language::English) } else { (Language::English, Language::Chinese) };
    let mut map = Map::new();
    map.insert("transactionId".into(), json!(of.transaction_id));
    map.insert("cost".into(), number(of.bill.total_incl)?);
    let (code, text) = words(first);
    let (other, translation) = words(second);
    put_texts(&mut map, text, code, vec![(other.to_owned(), translation)]);
    if let Some(receipt) = of.receipt {
        map.insert("qrCodeText".into(), json!(receipt));
    }
    Some(DataTransfer { message_id: "FinalCost", data: Value::Object(map), notes: Vec::new() })
}

/// The bill in one line, e.g. "energy 23.4 kWh 2.81 USD; idle time 30 min 0.50 USD; total 3.31 USD".
fn receipt(bill: &Bill, language: Language) -> String {
    let money = |amount| format!("{} {}", padded(amount, bill.currency.digits()), bill.currency);
    let mut parts: Vec<String> = Vec::new();
    for total in &bill.totals {
        let quantity = match total.dimension {
            Charge::Energy | Charge::Service => format!(" {} kWh", total.quantity.normalize()),
            Charge::Time | Charge::ParkingTime | Charge::ReservationTime => {
                format!(" {}", span(total.quantity.round().to_u32().unwrap_or_default(), language))
            }
            Charge::Flat | Charge::ReservationFlat => String::new(),
        };
        parts.push(format!("{}{quantity} {}", charge_name(total.dimension, language), money(total.gross)));
    }
    parts.push(format!("{} {}", language.say("total", "合计"), money(bill.total_incl)));
    parts.join(language.say("; ", "；"))
}

/// `priceText`, and `priceTextExtra` with the other languages.
fn put_texts(map: &mut Map<String, Value>, text: String, language: &str, all: Vec<(String, String)>) {
    let others = all.into_iter().filter(|(code, other)| code != language && *other != text);
    let extra: Vec<Value> = others
        .map(|(code, content)| json!({"format": "UTF8", "language": code, "content": content}))
        .collect();
    map.insert("priceText".into(), json!(text));
    if !extra.is_empty() {
        map.insert("priceTextExtra".into(), Value::Array(extra));
    }
}

/// ConnectorUnplugged of a station: the end of the idle time after StopTransaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unplugged {
    /// The transaction.
    pub transaction_id: i64,
    /// When.
    pub at: DateTime<Utc>,
}

/// Reads the `data` of ConnectorUnplugged.
pub fn read_unplugged(data: &str) -> Result<Unplugged, Invalid> {
    let json = parse(data)?;
    let mut findings = Report::default();
    let read = open(&json, "", &mut findings).and_then(|mut object| {
        let id = object.need("transactionId", &mut findings).map(Value::as_i64);
        if id == Some(None) {
            findings.refuse("transactionId", "is not a whole number");
        }
        let at = object.must("timestamp", &mut findings, strict::instant);
        Some(Unplugged { transaction_id: id??, at: at? })
    });
    let (problems, _) = findings.into_parts();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(Invalid { problems }),
    }
}
