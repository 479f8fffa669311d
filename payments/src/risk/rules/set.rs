//! The document of rules.

use crate::risk::Outcome;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tariffs::Currency;

/// The rules that a new installation has.
const DEFAULTS: &str = include_str!("defaults.json");

/// All rules, the segments that they treat differently, and what the behaviour model may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleSet {
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// The first one that a payment belongs to counts.
    #[serde(rename = "segment")]
    pub segments: Vec<Segment>,
    pub behaviour: Gate,
}

impl RuleSet {
    /// The rules that a new installation has.
    pub fn defaults() -> RuleSet {
        // A test reads the document; were it broken all the same, no rule would count and nothing would stand still.
        serde_json::from_str(DEFAULTS).unwrap_or_default()
    }

    /// Reads a document and checks it.
    ///
    /// # Errors
    /// Every problem, in words.
    pub fn from_json(text: &str) -> Result<RuleSet, Vec<String>> {
        let set: RuleSet = serde_json::from_str(text).map_err(|error| vec![error.to_string()])?;
        let problems = set.check();
        if problems.is_empty() { Ok(set) } else { Err(problems.iter().map(ToString::to_string).collect()) }
    }

    /// The segment that a payment belongs to, if any.
    pub fn segment(&self, group: &str, site: Option<i64>, station: &str) -> Option<&str> {
        let of = |segment: &&Segment| {
            (!group.is_empty() && segment.groups.iter().any(|one| one == group))
                || site.is_some_and(|site| segment.sites.contains(&site))
                || (!station.is_empty() && segment.stations.iter().any(|one| one == station))
        };
        self.segments.iter().find(of).map(|segment| segment.name.as_str())
    }
}

/// One rule. It hits when the value is above the limit; the payment that is asked about is part of the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Lower case, unique; what people and statistics call it.
    pub id: String,
    pub subject: Subject,
    pub count: Measure,
    /// The window; not for a single amount.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub within_minutes: u32,
    /// The limit of a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u32>,
    /// The limits of an amount or a sum; in other currencies the rule is silent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub above_amount: BTreeMap<Currency, Decimal>,
    pub outcome: Outcome,
    #[serde(default)]
    pub mode: Mode,
    /// By the segment's name.
    #[serde(default, rename = "segment", skip_serializing_if = "BTreeMap::is_empty")]
    pub segments: BTreeMap<String, Override>,
}

fn is_zero(minutes: &u32) -> bool {
    *minutes == 0
}

/// What is different for a segment. What is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Override {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<u32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub above_amount: BTreeMap<Currency, Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Who or what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The payment alone.
    Payment,
    Driver,
    /// The browser's random cookie.
    Device,
    /// The provider's fingerprint of the card.
    Card,
    /// The source network: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
    Address,
    Station,
    Phone,
    /// The payer's own account at the wallet.
    Wallet,
}

impl Subject {
    /// Those that are remembered.
    pub const KEPT: [Subject; 7] = [
        Subject::Driver,
        Subject::Device,
        Subject::Card,
        Subject::Address,
        Subject::Station,
        Subject::Phone,
        Subject::Wallet,
    ];

    /// As stored.
    pub const fn word(self) -> &'static str {
        match self {
            Subject::Payment => "payment",
            Subject::Driver => "driver",
            Subject::Device => "device",
            Subject::Card => "card",
            Subject::Address => "address",
            Subject::Station => "station",
            Subject::Phone => "phone",
            Subject::Wallet => "wallet",
        }
    }
}

/// What of it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Clicks on "pay", whatever became of them.
    Attempts,
    /// Payments that succeeded, and this one.
    Charges,
    /// Payments that the provider refused.
    Refusals,
    /// Payments given back in full or on request. What a prepayment leaves over is none.
    Refunds,
    /// Different cards.
    Cards,
    /// Different drivers.
    Drivers,
    /// What was paid together, and this one, in the payment's currency.
    Sum,
    /// This payment's amount.
    Amount,
}

impl Measure {
    /// Is its limit an amount?
    pub const fn is_money(self) -> bool {
        matches!(self, Measure::Sum | Measure::Amount)
    }
}

/// Does a hit count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Live,
    /// It is written down and changes nothing.
    DryRun,
    Off,
}

/// Payments that are treated differently together: a fleet, a taxi company, a hub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Segment {
    pub name: String,
    /// Groups of identifiers.
    pub groups: Vec<String>,
    pub sites: Vec<i64>,
    pub stations: Vec<String>,
}

/// What the behaviour model may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    pub mode: Mode,
    /// With fewer payments than this a driver has only the rules.
    pub payments_min: u32,
    /// What is unusual asks for a second verification above these amounts, or at a new place, or from a new device.
    /// In a currency without a floor only the latter two.
    pub floor: BTreeMap<Currency, Decimal>,
    /// After a passed verification it does not ask the same driver on the same device for so long.
    pub rest_hours: u32,
}

impl Default for Gate {
    fn default() -> Self {
        Gate { mode: Mode::DryRun, payments_min: 8, floor: BTreeMap::new(), rest_hours: 24 }
    }
}
