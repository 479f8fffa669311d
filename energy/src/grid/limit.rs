//! Limits from outside, and measurements of other loads.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::grid::{NodeId, Voltage};
use crate::units::{Milliamps, PerPhase, Watts};

/// Who limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// The grid operator.
    GridOperator,
    /// A signal with a start and an end, e.g. an OpenADR event.
    Signal,
    /// The site's own contract, or its price of power.
    Price,
    /// A person.
    Operator,
    /// A box on site, told by a station (`NotifyChargingLimit`).
    OnSite,
}

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Most {
    /// On each phase.
    Current(PerPhase),
    /// Over all phases; each gets a third.
    Power(Watts),
}

/// A limit on all that flows through a node, other loads included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limit {
    /// The node.
    pub node: NodeId,
    /// Who says so.
    pub source: LimitSource,
    /// How much.
    pub most: Most,
    /// From this instant.
    pub from: DateTime<Utc>,
    /// Until before this one; none: until it is taken back.
    pub until: Option<DateTime<Utc>>,
}

impl Limit {
    /// Does it hold at some instant of `from..=to`?
    pub fn holds_within(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.from <= to && self.until.is_none_or(|until| from < until)
    }

    /// As current on each phase; a limit on power holds at the highest voltage.
    pub fn per_phase(&self, voltage: Voltage) -> PerPhase {
        match self.most {
            Most::Current(current) => current,
            Most::Power(watts) => {
                let milliamps = watts.0.saturating_mul(1000) / 3 / i64::from(voltage.high.max(1));
                PerPhase::all(Milliamps(milliamps.max(0)))
            }
        }
    }
}

/// What the other loads directly at a node were measured to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Load {
    /// The node.
    pub node: NodeId,
    /// How much. Below zero where something generates; that is counted as none.
    pub current: PerPhase,
    /// When.
    pub at: DateTime<Utc>,
}

impl Load {
    /// Is it young enough to be believed? One from the future is not.
    pub fn fresh(&self, now: DateTime<Utc>, max_age_s: u32) -> bool {
        self.at <= now && now - self.at < TimeDelta::seconds(i64::from(max_age_s))
    }
}
