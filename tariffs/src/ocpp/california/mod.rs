//! Prices and costs on the displays of OCPP 1.6 stations: the paper "OCPP & California Pricing Requirements" of the Open
//! Charge Alliance (3.0). Prices go out as configuration keys and as DataTransfer; the station counts on between two
//! messages with the unit prices that it was given, so these and the cost are both after tax.
//!
//! The paper's model is small: one price per kWh, per hour and once while charging, one per hour while idle, and the time
//! of the next change. What a tariff says beyond that goes into the text and is noted.

mod keys;
mod message;
mod now;
mod text;
mod zone;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::foreign::Report;
use crate::model::check::Problem;
use crate::model::tariff::Tariff;
use crate::ocpp::numbers;
use crate::pricing::rule::Context;

pub use keys::{DefaultPrice, Key, default_price, default_price_texts, idle_fee_after_stop, language};
pub use message::{
    DataTransfer, FinalCost, RunningCost, Unplugged, final_cost, read_unplugged, running_cost, set_user_price,
};
pub use now::Situation;
pub use text::{price_text, texts};
pub use zone::{TimeOffset, time_offset};

/// The vendor of all messages.
pub const VENDOR: &str = "org.openchargealliance.costmsg";

/// Unit prices, after tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// Per kWh of energy, service included.
    pub kwh: Option<Decimal>,
    /// Per hour of charging.
    pub hour: Option<Decimal>,
    /// Once.
    pub flat: Option<Decimal>,
    /// While idle.
    pub idle: Option<IdlePrice>,
}

/// What it costs to be plugged in without charging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdlePrice {
    /// So many minutes are free.
    pub grace_minutes: u32,
    /// Per hour.
    pub hour: Decimal,
}

/// A change of prices that only takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPeriod {
    /// When.
    pub at: DateTime<Utc>,
    /// The prices from then on.
    pub prices: Prices,
}

impl Prices {
    /// `chargingPrice`.
    fn charging(&self) -> Value {
        let fields = [("kWhPrice", self.kwh), ("hourPrice", self.hour), ("flatFee", self.flat)];
        let given = fields.into_iter().filter_map(|(name, price)| Some((name.to_owned(), number(price?)?)));
        Value::Object(given.collect())
    }

    /// Puts `chargingPrice` and, if there is one, `idlePrice` into an object.
    fn put(&self, map: &mut Map<String, Value>) {
        map.insert("chargingPrice".into(), self.charging());
        let idle = self.idle.and_then(|idle| Some((idle, number(idle.hour)?)));
        if let Some((idle, hour)) = idle {
            let price = match idle.grace_minutes {
                0 => json!({ "hourPrice": hour }),
                minutes => json!({"graceMinutes": minutes, "hourPrice": hour}),
            };
            map.insert("idlePrice".into(), price);
        }
    }
}

/// A price; a JSON number keeps at least its first 3 decimals, which is what stations count with unless told otherwise.
fn number(price: Decimal) -> Option<Value> {
    numbers::number(price).or_else(|| numbers::number(price.round_dp(3)))
}

/// Instants as the paper writes them: UTC, whole seconds.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What a tariff says beyond this model, as notes.
fn beyond(tariff: &Tariff, context: &Context) -> Vec<Problem> {
    let mut findings = Report::default();
    let only_text = "is told in the text only; the running cost of the CSMS has it";
    for (path, given) in [
        ("min_price", tariff.min_price.is_some()),
        ("max_price", tariff.max_price.is_some()),
        ("caps", !tariff.caps.is_empty()),
        ("discounts", !tariff.discounts.is_empty()),
    ] {
        if given {
            findings.note(path, only_text);
        }
    }
    for (index, element) in tariff.elements.iter().enumerate() {
        let (path, given) = (format!("elements[{index}].restrictions"), &element.restrictions);
        if given.reservation.is_some() {
            findings.note(&path, "has prices of reservations, which stations do not show");
            continue;
        }
        if given.evse_kind.is_some() && context.evse_kind.is_none() {
            findings.note(format!("{path}.evse_kind"), "is not met: the kind of the EVSE is not known");
        }
        let tiers = [
            ("min_kwh", given.min_kwh.is_some()),
            ("max_kwh", given.max_kwh.is_some()),
            ("min_current", given.min_current.is_some()),
            ("max_current", given.max_current.is_some()),
            ("min_power", given.min_power.is_some()),
            ("max_power", given.max_power.is_some()),
        ];
        for (name, _) in tiers.into_iter().filter(|(_, given)| *given) {
            findings.note(
                format!("{path}.{name}"),
                "is told in the text; stations learn of the new price when it is reached",
            );
        }
        for (name, given) in
            [("payment_brand", &given.payment_brand), ("payment_recognition", &given.payment_recognition)]
        {
            if !given.is_empty() && context.payment_brand.is_empty() && context.payment_recognition.is_empty()
            {
                findings.note(
                    format!("{path}.{name}"),
                    "is not known before the payment: the price is told in the text only",
                );
            }
        }
        for (at, _) in element.components.iter().enumerate().filter(|(_, component)| component.step_size > 1)
        {
            findings.note(
                format!("elements[{index}].components[{at}].step_size"),
                "is not told; the running cost of the CSMS has it",
            );
        }
    }
    findings.into_parts().1
}
