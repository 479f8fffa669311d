//! Values of configuration keys.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::now::{self, Situation};
use super::text::price_text;
use crate::model::check::Problem;
use crate::model::tariff::Tariff;
use crate::pricing::rule::Context;

/// What ChangeConfiguration takes as a value, in characters.
const MAX_VALUE: usize = 500;

/// A configuration key with its value, as ChangeConfiguration sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name, e.g. "DefaultPriceText,nl".
    pub name: String,
    /// At most 500 characters.
    pub value: String,
}

impl Key {
    pub(super) fn new(name: impl Into<String>, value: impl Into<String>) -> Key {
        Key { name: name.into(), value: value.into() }
    }
}

/// The key DefaultPrice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPrice {
    /// The key.
    pub key: Key,
    /// When its prices change next, so that it is to be sent anew; `None`: not in sight.
    pub until: Option<DateTime<Utc>>,
    /// What only the text, or not even that, tells.
    pub notes: Vec<Problem>,
}

/// The key DefaultPrice for sessions that begin now: the text that a station shows while nobody charges, and the unit
/// prices by which it counts in a session that begins while it is offline. It has no place for an idle price, which the
/// text tells.
pub fn default_price(
    tariff: &Tariff,
    tz: Tz,
    now: DateTime<Utc>,
    context: &Context,
    language: &str,
) -> DefaultPrice {
    let situation = Situation::start(now, context);
    let prices = now::prices(tariff, tz, &situation);
    let until = now::next_period(tariff, tz, &situation).map(|next| next.at);
    let mut notes = super::beyond(tariff, context);
    let mut map = Map::new();
    map.insert("chargingPrice".into(), prices.charging());
    let (value, cut) = with_text(map, &price_text(tariff, language));
    if cut {
        notes.push(Problem {
            path: "description".into(),
            message: "is cut: the key holds 500 characters".into(),
        });
    }
    DefaultPrice { key: Key::new("DefaultPrice", value), until, notes }
}

/// The keys DefaultPriceText, one per language, for stations with CustomMultiLanguageMessages. `supported` is the value
/// of their key SupportedLanguages, e.g. "en, nl, zh". A text that is too long for a key is cut at its end.
pub fn default_price_texts(tariff: &Tariff, supported: &str) -> Vec<Key> {
    let languages = supported.split(',').map(str::trim).filter(|code| !code.is_empty() && code.len() <= 35);
    let key = |code: &str| {
        Key::new(format!("DefaultPriceText,{code}"), with_text(Map::new(), &price_text(tariff, code)).0)
    };
    languages.take(50).map(key).collect()
}

/// The key Language: what the station speaks where nobody has chosen.
pub fn language(code: &str) -> Key {
    Key::new("Language", code)
}

/// The key CustomIdleFeeAfterStop: whether a session goes on after StopTransaction until the station tells that it was
/// unplugged (ConnectorUnplugged).
pub fn idle_fee_after_stop(on: bool) -> Key {
    Key::new("CustomIdleFeeAfterStop", if on { "true" } else { "false" })
}

/// The JSON with as much of the text as the key holds; and whether that is not all.
fn with_text(mut map: Map<String, Value>, text: &str) -> (String, bool) {
    let mut left = text.chars().count();
    loop {
        let short: String = text.chars().take(left).collect();
        let cut = short.len() < text.len();
        map.insert("priceText".into(), json!(if cut { format!("{short}…") } else { short }));
        let value = Value::Object(map.clone()).to_string();
        let over = value.chars().count().saturating_sub(MAX_VALUE);
        if over == 0 || left == 0 {
            return (value, cut);
        }
        // Escapes are longer than what they stand for, so that a step may be too large, but never leads astray.
        left = left.saturating_sub(over.max(1));
    }
}
