//! What stations say and are answered, in Wattline's own words.
//!
//! A dialect (`link::v16`, `link::v2`) turns an OCPP payload into a [`Report`], the desk handles it and gives a
//! [`Reply`], and the dialect turns that into a payload again. Nothing here names a protocol version, so sessions,
//! tokens and pricing are written once.

use crate::vat;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The identity of a charging station: the last segment of its connection URL, percent-decoded.
pub type StationId = std::sync::Arc<str>;

/// An instant as told by a station, with what was odd about its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The instant, UTC. Not yet checked for plausibility: a station without a clock says 1970.
    pub at: DateTime<Utc>,
}

/// One report of a station: a closed set, handled by one match.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// BootNotification.
    Boot(Boot),
    /// Heartbeat.
    Heartbeat,
    /// StatusNotification.
    Status(Status),
    /// Authorize.
    Authorize(Presented),
    /// StartTransaction, StopTransaction, MeterValues with a transaction, TransactionEvent.
    Transaction(TransactionReport),
    /// MeterValues without a transaction.
    Meter(MeterReport),
    /// One part of NotifyReport.
    Inventory(Inventory),
    /// NotifySettlement.
    Settlement(Settlement),
    /// VatNumberValidation: the number as it was typed, and the whole message.
    Vat { number: String, body: Value },
    /// DataTransfer.
    Vendor { vendor: String, message: Option<String>, data: Option<Value> },
    /// Everything else: kept as an event and answered with the answer that the standard fixes for the action.
    Notice(Notice),
}

/// BootNotification.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Boot {
    pub vendor: String,
    pub model: String,
    pub serial: String,
    pub firmware: String,
    pub iccid: String,
    pub imsi: String,
    pub meter_serial: String,
    /// 2.x only; empty in 1.6.
    pub reason: String,
}

/// Where on a station. `evse` 0 is the station itself (or "not told yet" in a transaction).
/// A 1.6 connector n is EVSE n, connector 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    pub evse: i32,
    /// 0 = not told.
    pub connector: i32,
}

/// The state of a connector, an EVSE or (place.evse = 0) the station.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub place: Place,
    /// The protocol's own word, e.g. `SuspendedEV` (1.6) or `Occupied` (2.x).
    pub status: String,
    pub error_code: String,
    pub info: String,
    pub at: Option<Stamp>,
}

/// An identifier as presented at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presented {
    /// As sent; compare with [`Presented::key`].
    pub uid: String,
    /// `ISO14443`, `eMAID`, …; empty where the protocol does not tell (1.6).
    pub kind: String,
}

impl Presented {
    /// Identifiers compare without case (1.6 CiString20Type, 2.x identifierString).
    pub fn key(&self) -> String {
        self.uid.trim().to_uppercase()
    }
}

/// Which phase of a transaction a message reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Start,
    Update,
    End,
}

/// One message about a transaction, of whatever protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionReport {
    pub phase: Phase,
    /// The transaction id on the wire; `None` for a 1.6 StartTransaction, whose id is ours to give.
    pub transaction: Option<String>,
    /// `None` where the message does not say (most 2.x events after the first, 1.6 StopTransaction).
    pub place: Option<Place>,
    pub at: Stamp,
    /// 2.x seqNo.
    pub seq: Option<i64>,
    /// 2.x: the event happened while there was no connection.
    pub offline: bool,
    /// 2.x triggerReason; empty in 1.6.
    pub trigger: String,
    /// The identifier, where one was presented with this message.
    pub token: Option<Presented>,
    /// Readings, in the order of the message.
    pub readings: Vec<Reading>,
    /// 1.6 meterStart or meterStop, Wh.
    pub register_wh: Option<Decimal>,
    /// 2.x chargingState; empty where not told.
    pub charging_state: String,
    /// Empty where not told.
    pub stop_reason: String,
    pub remote_start: Option<i64>,
    pub reservation: Option<i64>,
    /// True for 1.6 MeterValues: a message that may belong to an older transaction or to none.
    pub metering_only: bool,
    /// What else the message tells (2.1 costDetails, tariffId, transactionLimit, cableMaxCurrent, …), under its names
    /// on the wire; kept beside the readings.
    pub other: Option<Value>,
}

/// Meter values that name no transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterReport {
    pub place: Place,
    pub readings: Vec<Reading>,
}

/// The samples of one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub at: DateTime<Utc>,
    pub samples: Vec<Sample>,
}

/// One sampled value, defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// E.g. `Energy.Active.Import.Register`.
    pub measurand: String,
    /// In [`Sample::unit`], the multiplier applied; `None` for signed data and for values that are no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// `Wh`, `kWh`, `W`, `A`, `Percent`, …, spelt as the standard spells it.
    pub unit: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// Stored only where it is not the standards' default, `Sample.Periodic`.
    #[serde(default = "periodic", skip_serializing_if = "is_periodic")]
    pub context: String,
    /// Stored only where it is not the standards' default, `Outlet`.
    #[serde(default = "outlet", skip_serializing_if = "is_outlet")]
    pub location: String,
    /// Signed meter data (or an unreadable value), byte for byte, whatever its encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

fn periodic() -> String {
    "Sample.Periodic".to_owned()
}

fn is_periodic(context: &str) -> bool {
    context == "Sample.Periodic"
}

fn outlet() -> String {
    "Outlet".to_owned()
}

fn is_outlet(location: &str) -> bool {
    location == "Outlet"
}

/// One part of what a station was asked to report of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Our number of the question.
    pub request: i64,
    /// No more parts follow.
    pub last: bool,
    pub variables: Vec<Variable>,
}

/// One variable attribute of a NotifyReport.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub component: String,
    pub component_instance: String,
    pub place: Place,
    pub name: String,
    pub instance: String,
    /// `Actual`, `Target`, `MinSet`, `MaxSet`.
    pub attribute: String,
    pub value: Option<String>,
    pub mutability: String,
    /// variableCharacteristics as compact JSON; empty if absent.
    pub characteristics: String,
}

/// What a station's card terminal has settled, or not (C19 to C22).
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The terminal's provider's own number of the payment.
    pub reference: String,
    /// `Settled`, `Canceled`, `Rejected` or `Failed`.
    pub status: String,
    /// The transaction id on the wire; `None` before one began.
    pub transaction: Option<String>,
    /// In the currency of the session's tariff.
    pub amount: Decimal,
    pub at: Option<Stamp>,
    /// The station's own words about it.
    pub info: String,
    /// Where the driver finds the station's own receipt; empty: it has made none.
    pub receipt_url: String,
    /// That the driver has typed; empty: none.
    pub vat_number: String,
    pub company: Option<vat::Company>,
    /// The whole message, for the event list.
    pub body: Value,
}

/// A message that is recorded and acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Event kind, dotted: `station.security`, `station.firmware`, `station.log`, `station.event`, …
    pub kind: &'static str,
    pub body: Value,
    pub at: Option<Stamp>,
    /// States of connectors, EVSEs or the station that the message tells besides (2.x NotifyEvent about
    /// AvailabilityState); each is to be handled like a [`Report::Status`].
    pub statuses: Vec<Status>,
}

/// The answer to a [`Report`]; the dialect knows which payload it makes of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Boot {
        registration: Registration,
        interval_s: u32,
        now: DateTime<Utc>,
    },
    Heartbeat {
        now: DateTime<Utc>,
    },
    Authorize(Verdict),
    Transaction(TransactionReply),
    /// The data transfer's vendor is not known here.
    UnknownVendor,
    /// What a terminal settled is kept; where the driver finds the receipt, if there is one.
    Settled {
        receipt_url: String,
        receipt_id: String,
    },
    /// Whose VAT number it is.
    Vat(vat::Answer),
    /// What a station asked for is given, or not.
    Ruled {
        ruling: Ruling,
        /// Why not; for people.
        why: String,
        /// What was asked for.
        values: Option<Value>,
    },
    /// Taken note of: the dialect sends the answer that the standard fixes for the action.
    Noted,
}

/// Whether a wish of a station or its vehicle is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    Accepted,
    /// It comes later.
    Processing,
    Rejected,
    /// A vehicle gets no plan of its own: the station goes by its own limits.
    NoPlan,
}

impl Ruling {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Ruling::Accepted => "accepted",
            Ruling::Processing => "processing",
            Ruling::Rejected => "rejected",
            Ruling::NoPlan => "no_plan",
        }
    }
}

/// Whether a station may take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    Accepted,
    Pending,
    Rejected,
}

/// The answer to a [`TransactionReport`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TransactionReply {
    /// The 1.6 transaction id given to a StartTransaction.
    pub transaction: Option<i32>,
    /// Present where an identifier was presented.
    pub verdict: Option<Verdict>,
    /// Including tax, in the tariff's currency; present at the end of a priced session.
    pub total_cost: Option<Decimal>,
    /// The same so far, while the session runs; present when it has changed.
    pub running_cost: Option<Decimal>,
}

/// May this identifier charge?
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub status: AuthStatus,
    /// Group (2.x) or parent (1.6) identifier.
    pub group: Option<Presented>,
    pub expires_at: Option<DateTime<Utc>>,
    /// A station may rely on this answer until then; `None`: as long as it is used to.
    pub cache_until: Option<DateTime<Utc>>,
    /// BCP 47 language of the holder; empty if not known.
    pub language: String,
    /// A tariff of the holder's own for a station that counts costs itself, as such stations read it (TariffType).
    pub tariff: Option<Value>,
    /// A session of this identifier may cost so much, including tax.
    pub max_cost: Option<Decimal>,
    /// And take so much energy, watt-hours, …
    pub max_energy_wh: Option<i64>,
    /// … and last so long, seconds.
    pub max_time_s: Option<i64>,
}

/// 2.x AuthorizationStatusEnumType; 1.6 has a subset, the dialect maps the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthStatus {
    Accepted,
    Blocked,
    ConcurrentTx,
    Expired,
    Invalid,
    NoCredit,
    NotAllowedTypeEVSE,
    NotAtThisLocation,
    NotAtThisTime,
    Unknown,
}

/// How a message arrived.
#[derive(Debug, Clone, Copy)]
pub struct Inbound {
    pub received_at: DateTime<Utc>,
    /// Of action and payload, not of the message id: the same message sent again has the same digest.
    pub digest: i64,
    pub protocol: ocpp::Version,
    /// Spelt as the standard spells it.
    pub action: &'static str,
    /// We asked for it (TriggerMessage, GetBaseReport, …): allowed while the station is not accepted.
    pub asked: bool,
}
