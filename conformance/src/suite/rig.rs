//! What the user tells about the CSMS under test, and how patient the suite is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hook::{Operator, TokenState};
use super::secure::Trust;

/// The CSMS under test.
#[derive(Clone)]
pub struct Rig {
    /// Where stations connect, without the identity.
    pub url: String,
    /// What the user tells about it.
    pub rules: Rules,
    /// How patient the suite is.
    pub pace: Pace,
    /// Who triggers and prepares.
    pub operator: Option<Arc<dyn Operator>>,
    /// Whom stations trust, for `wss://`.
    pub trust: Option<Trust>,
    prepared: Arc<Mutex<HashSet<String>>>,
}

/// What the user tells: a TOML or JSON file, or flags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Identities of the stations: `{n}` stands for a number, so that cases can run beside each other.
    pub station: Option<String>,
    /// Their password.
    pub password: Option<String>,
    /// What the CSMS claims: features of the certification's questionnaire (`C-29.1`, `R-2`, …) and ours.
    pub features: BTreeSet<String>,
    /// Tokens that the CSMS knows already, by [`TokenKind::name`]; `{n}` as in `station`.
    pub tokens: BTreeMap<String, String>,
    /// Other values that cases use, by name; see `docs/conformance.md`.
    pub values: BTreeMap<String, String>,
}

/// How patient the suite is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long the CSMS may take to answer.
    pub answer: Duration,
    /// How long something may take that the CSMS does by itself, e.g. a certificate that it has signed.
    pub follow_up: Duration,
    /// How long a station under test may take to come back after a reset, or after its network did.
    pub back: Duration,
    /// How long it may take to plan for a vehicle that has told its needs; the standard gives it a minute (K15.FR.08).
    pub plan: Duration,
    /// How long to listen before it is said that something did not come.
    pub quiet: Duration,
    /// How long an operator may take.
    pub operator: Duration,
    /// How long a case may take, beside the operator.
    pub case: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            answer: Duration::from_secs(10),
            follow_up: Duration::from_secs(10),
            back: Duration::from_secs(180),
            plan: Duration::from_secs(60),
            quiet: Duration::from_secs(2),
            operator: Duration::from_secs(30),
            case: Duration::from_secs(180),
        }
    }
}

/// What a case needs a token to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// It may charge.
    Valid,
    /// It may charge too, and belongs to somebody else.
    Other,
    /// It is blocked.
    Blocked,
    /// Its time is over.
    Expired,
    /// The CSMS has never heard of it.
    Unknown,
    /// It is known, but may not charge.
    Invalid,
    /// It may charge, and belongs to the group.
    GroupA,
    /// It may charge, and belongs to the same group.
    GroupB,
    /// It ends the sessions of others.
    Master,
    /// It may charge for what is left of its balance.
    Prepaid,
    /// Nothing is left.
    NoCredit,
}

impl TokenKind {
    /// All of them.
    pub const ALL: [TokenKind; 11] = [
        TokenKind::Valid,
        TokenKind::Other,
        TokenKind::Blocked,
        TokenKind::Expired,
        TokenKind::Unknown,
        TokenKind::Invalid,
        TokenKind::GroupA,
        TokenKind::GroupB,
        TokenKind::Master,
        TokenKind::Prepaid,
        TokenKind::NoCredit,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            TokenKind::Valid => "valid",
            TokenKind::Other => "other",
            TokenKind::Blocked => "blocked",
            TokenKind::Expired => "expired",
            TokenKind::Unknown => "unknown",
            TokenKind::Invalid => "invalid",
            TokenKind::GroupA => "group_a",
            TokenKind::GroupB => "group_b",
            TokenKind::Master => "master",
            TokenKind::Prepaid => "prepaid",
            TokenKind::NoCredit => "no_credit",
        }
    }

    /// What the CSMS is to say about it.
    pub const fn state(self) -> TokenState {
        match self {
            TokenKind::Blocked => TokenState::Blocked,
            TokenKind::Expired => TokenState::Expired,
            TokenKind::Unknown => TokenState::Unknown,
            TokenKind::Invalid => TokenState::Invalid,
            _ => TokenState::Accepted,
        }
    }

    /// The balance that is wished for.
    pub const fn balance(self) -> Option<&'static str> {
        match self {
            TokenKind::Prepaid => Some("25.00"),
            TokenKind::NoCredit => Some("0.00"),
            _ => None,
        }
    }
}

impl Rig {
    /// A CSMS at a URL, with nobody to trigger it.
    pub fn new(url: impl Into<String>) -> Rig {
        Rig {
            url: url.into(),
            rules: Rules::default(),
            pace: Pace::default(),
            operator: None,
            trust: None,
            prepared: Arc::default(),
        }
    }

    /// With somebody to trigger it.
    #[must_use]
    pub fn operator(mut self, operator: Arc<dyn Operator>) -> Rig {
        self.operator = Some(operator);
        self
    }

    /// The identity that the case in a slot plays.
    pub fn identity(&self, slot: usize) -> String {
        let template = self.rules.station.as_deref().unwrap_or("CERT-{n}");
        template.replace("{n}", &slot.to_string())
    }

    /// Whether cases can run beside each other: each has an identity of its own.
    pub fn can_run_beside(&self) -> bool {
        self.rules.station.as_deref().is_none_or(|template| template.contains("{n}"))
            && self.rules.tokens.values().all(|token| token.contains("{n}"))
            && self.operator.as_ref().is_none_or(|operator| !operator.is_person())
    }

    /// Whether something was claimed; `all` claims everything.
    pub fn claims(&self, feature: &str) -> bool {
        let fits = |claimed: &String| claimed == "all" || claimed.eq_ignore_ascii_case(feature);
        self.rules.features.iter().any(fits)
    }

    /// A value, or what stands for it.
    pub fn value(&self, name: &str, otherwise: &str) -> String {
        self.rules.values.get(name).map_or_else(|| otherwise.to_owned(), Clone::clone)
    }

    pub(crate) fn prepared(&self) -> MutexGuard<'_, HashSet<String>> {
        self.prepared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rig").field("url", &self.url).field("pace", &self.pace).finish_non_exhaustive()
    }
}
