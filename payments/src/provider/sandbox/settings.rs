//! The settings of a sandbox account.

use super::super::{Abilities, FileKind, Method};
use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::fmt;
use tariffs::Currency;

/// The words of `methods`.
const ALL: [&str; 7] = ["hosted", "phone_browser", "in_wallet", "code", "score", "terminal", "on_file"];
/// When real providers have made their files, by and large.
const STATEMENTS_AT: NaiveTime = NaiveTime::from_hms_opt(10, 0, 0).expect("a time of day");
/// A key must not be shorter.
const KEY_MIN: usize = 16;

/// An account at a sandbox: a provider that moves no real money.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The account's name at the sandbox.
    pub merchant: String,
    /// The secret of both sides, at least 16 characters; empty = `csms` makes one at every start.
    pub key: String,
    /// Where the sandbox is, e.g. `https://charge.example/sandbox`; empty = in this `csms` itself.
    pub base_url: String,
    /// Of `hosted`, `phone_browser`, `in_wallet`, `code`, `score`, `terminal`, `on_file`; best first.
    pub methods: Vec<String>,
    /// Of those, the ones that hold an amount; the others are paid at once.
    pub holds: Vec<String>,
    /// A hold can be raised.
    pub raises: bool,
    /// Notifications do not say which card it was, as with some real providers: a query does.
    pub cards_by_query: bool,
    /// Empty = all.
    pub currencies: Vec<Currency>,
    /// The sandbox's fee, in hundredths of a percent of what is taken.
    pub fee_bp: u32,
    /// A hold ends by itself after so many days.
    pub hold_days: u32,
    /// Whose days the statements are of.
    pub time_zone: Tz,
    /// The files of a day are there from then on, the day after, on that clock.
    pub statements_at: NaiveTime,
    /// The sandbox is a part of the program that has these settings: set by it, where `base_url` is empty.
    #[serde(skip)]
    pub here: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        let methods: Vec<String> = ALL.map(str::to_owned).to_vec();
        Settings {
            merchant: "wattline".to_owned(),
            key: String::new(),
            base_url: String::new(),
            holds: methods.clone(),
            methods,
            raises: true,
            cards_by_query: false,
            currencies: Vec::new(),
            fee_bp: 60,
            hold_days: 7,
            time_zone: Tz::UTC,
            statements_at: STATEMENTS_AT,
            here: false,
        }
    }
}

/// Without the key.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("merchant", &self.merchant)
            .field("base_url", &self.base_url)
            .field("methods", &self.methods)
            .field("holds", &self.holds)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// What the account can do; or which setting is wrong and what belongs there.
    pub(super) fn check(&self) -> Result<Abilities, String> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if self.merchant.is_empty() || self.merchant.len() > 64 || !self.merchant.chars().all(plain) {
            return Err("merchant: 1 to 64 of A-Z a-z 0-9 - _ . belong here".to_owned());
        }
        if self.key.len() < KEY_MIN {
            return Err(format!("key: at least {KEY_MIN} characters belong here"));
        }
        if !(self.base_url.starts_with("http://") || self.base_url.starts_with("https://")) {
            return Err(format!("base_url: an http or https address belongs here, not {:?}", self.base_url));
        }
        if self.fee_bp > 10_000 {
            return Err("fee_bp: at most 10000, which is the whole amount".to_owned());
        }
        if !(1..=365).contains(&self.hold_days) {
            return Err("hold_days: 1 to 365 belong here".to_owned());
        }
        let methods = parsed("methods", &self.methods)?;
        let mut holds = parsed("holds", &self.holds)?;
        // What is not offered is not held either: who names methods need not repeat them.
        holds.retain(|method| methods.iter().any(|known| known.same_kind(method)));
        if methods.is_empty() {
            return Err("methods: name at least one".to_owned());
        }
        Ok(Abilities {
            methods,
            holds,
            raises: self.raises,
            cards_by_query: self.cards_by_query,
            currencies: self.currencies.clone(),
            statements: vec![FileKind::Trades, FileKind::Funds],
        })
    }
}

fn parsed(key: &str, words: &[String]) -> Result<Vec<Method>, String> {
    words
        .iter()
        .map(|word| method(word).ok_or_else(|| format!("{key}: there is no method {word:?}")))
        .collect()
}

/// The method of that word, for nobody in particular.
fn method(word: &str) -> Option<Method> {
    [
        Method::InWallet,
        Method::PhoneBrowser,
        Method::Code,
        Method::Score,
        Method::Hosted,
        Method::Terminal { reader: String::new() },
        Method::OnFile { customer: String::new(), instrument: String::new() },
    ]
    .into_iter()
    .find(|method| method.word() == word)
}
