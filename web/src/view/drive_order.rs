//! An order as its driver sees it, from the click to the receipt: one page that always says what is happening, what
//! happens next and by when.

use super::{
    BillView, Page,
    drive_landing::{Choice, Near, Spot},
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// An order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderPage {
    pub number: String,
    pub href: String,
    /// What forms must carry.
    pub version: i64,
    pub token: String,
    pub spot: Spot,
    /// Word of the texts' families `drive.phase` and `drive.phase.why`: `choose`, `pay`, `checking`, `start`, `charging`,
    /// `full`, `settling`, `done`, `returned`, `owing`, `failed`, `expired`, `cancelled`.
    pub phase: &'static str,
    /// `wait` (yellow), `ok` (green), `bad` (red) or `off`: the colour of the ring.
    pub tone: &'static str,
    /// The order moves without the driver.
    pub moving: bool,
    /// The page keeps itself fresh: the order moves, or a receipt or a refund is still to come.
    pub fresh: bool,
    pub pay: Option<PayView>,
    /// Ways to pay, where one has to be chosen (again).
    pub choices: Vec<Choice>,
    /// Until the order expires, or until charging must have begun.
    pub seconds_left: Option<i64>,
    pub may_cancel: bool,
    pub live: Option<LiveView>,
    pub trouble: Option<TroubleView>,
    /// Of the ended session, or so far.
    pub bill: Option<BillView>,
    pub money: MoneyView,
    pub session: Option<EndedView>,
    /// Where to charge again.
    pub again: Option<String>,
    pub receipt: Option<String>,
    /// For the order's driver alone; `None`: nothing is sold.
    pub invoice: Option<InvoiceView>,
    /// A word of `drive.error` or `refusal`, of what was sent last.
    pub error: Option<&'static str>,
    /// Where the receipt goes; empty: nowhere yet.
    pub contact: String,
    /// The rules want a code typed, and nobody knows where to send it.
    pub asks_contact: bool,
    /// A code was sent, and is to be typed.
    pub asks_code: bool,
    /// The driver is known and may leave the card for the next time.
    pub keeps: String,
    /// How the choices secure it, a word of `drive.secure`: `hold`, `prepay`, or `mixed`, when each says it.
    pub secure: &'static str,
    /// For the order's driver alone, while there is something to be told.
    pub push: Option<PushView>,
}

/// How the driver gets to the provider's page.
#[derive(Debug, Clone, Serialize)]
pub struct PayView {
    /// Word of the texts' family `drive.method`.
    pub word: String,
    pub brand: &'static str,
    /// Tells this attempt from others, so that a page goes to the provider by itself only once.
    pub attempt: String,
    pub link: Option<String>,
    /// The browser comes back from there.
    pub been: bool,
    /// The call to the wallet's own bridge, as JSON: `app`, `call`, `with`.
    pub bridge: Option<String>,
    pub code: Option<Qr>,
    /// A wallet has told who the payer is: the form goes on by itself with this.
    pub identity: Option<[String; 2]>,
    /// What that form names as the way to pay.
    pub value: String,
}

/// A QR code as one path of an SVG.
#[derive(Debug, Clone, Serialize)]
pub struct Qr {
    /// Modules along an edge, with the quiet zone.
    pub size: usize,
    pub path: String,
}

/// A session that runs.
#[derive(Debug, Clone, Serialize)]
pub struct LiveView {
    pub power_w: Option<i64>,
    pub energy_mwh: i64,
    pub seconds: i64,
    pub soc_percent: Option<i64>,
    /// Of the ring, 0–100: the state of charge, or else how much of the security is used.
    pub ring: Option<i64>,
    pub full: Option<FullView>,
    pub cost: String,
    pub currency: String,
    /// Of the security, 0–100.
    pub used_percent: i64,
    pub idle: Option<IdleView>,
    /// The station has been asked to stop.
    pub stopping: bool,
    /// The last message of the station; told when it is old.
    pub silent_s: Option<i64>,
}

/// When the battery is full, as far as can be told.
#[derive(Debug, Clone, Serialize)]
pub struct FullView {
    pub minutes: i64,
    /// The battery's size that the estimate stands on, in kWh.
    pub battery_kwh: i64,
}

/// The fee for staying after charging.
#[derive(Debug, Clone, Serialize)]
pub struct IdleView {
    /// The car does not take energy any more.
    pub idle: bool,
    /// Seconds until it begins; `None`: it runs already.
    pub begins_s: Option<i64>,
    pub begins_at: Option<DateTime<Utc>>,
    /// Minutes after the end of charging, while the car still charges.
    pub grace_min: Option<i64>,
    /// Of an hour.
    pub amount: String,
    pub currency: String,
}

/// What went wrong, and what now.
#[derive(Debug, Clone, Serialize)]
pub struct TroubleView {
    /// Word of the texts' families `drive.trouble` and `drive.trouble.why`.
    pub word: String,
    /// The station's own code.
    pub code: String,
    pub at: Option<DateTime<Utc>>,
    /// Where: station and outlet.
    pub place: String,
    pub nearby: Vec<Near>,
}

/// Where the driver's money is.
#[derive(Debug, Clone, Serialize)]
pub struct MoneyView {
    pub currency: String,
    /// `hold` or `prepay`.
    pub mode: &'static str,
    /// To be held or paid up front.
    pub asked: String,
    /// Held now; empty: nothing.
    pub held: String,
    pub taken: String,
    /// Taken and not given back.
    pub kept: String,
    pub released: String,
    pub returned: String,
    pub owed: String,
    pub refunds: Vec<RefundView>,
    /// E.g. `visa ••4242`; empty: not told.
    pub instrument: String,
}

/// Money on its way back.
#[derive(Debug, Clone, Serialize)]
pub struct RefundView {
    /// Word of the texts' family `drive.refund`.
    pub kind: String,
    pub amount: String,
    /// `waiting`, `done` or `failed`.
    pub state: &'static str,
    pub due_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
}

/// The browser can be told while the page is closed.
#[derive(Debug, Clone, Serialize)]
pub struct PushView {
    /// Our public key, base64url.
    pub key: String,
}

/// An invoice with the driver's name on it, and what was typed for it last.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InvoiceView {
    /// `open`: it can be asked for; `asked`: it will be made; `issued`.
    pub state: &'static str,
    pub name: String,
    pub tax_id: String,
    /// Lines.
    pub address: String,
    pub email: String,
    /// A word of `drive.invoice.error`.
    pub error: Option<&'static str>,
}

/// What was charged.
#[derive(Debug, Clone, Serialize)]
pub struct EndedView {
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub seconds: i64,
    pub energy_mwh: i64,
    /// Power on average.
    pub mean_w: Option<i64>,
}

/// The picture of a state of an outlet or a phase of an order.
pub(super) fn icon_of(word: &str) -> &'static str {
    match word {
        "free" | "start" => "plug",
        "plugged" | "busy" | "charging" => "bolt",
        "paying" | "reserved" | "pay" | "checking" | "leaving" | "settling" | "full" | "expired" => "clock",
        "done" => "check",
        "returned" => "back",
        "cancelled" | "off" => "cross",
        "choose" => "doc",
        _ => "alert",
    }
}

impl Page for OrderPage {
    const TEMPLATE: &'static str = "drive_order.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        super::drive_samples::orders()
    }
}
