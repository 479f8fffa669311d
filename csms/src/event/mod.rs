//! Domain events: what partners hear of. An event is a row of the cause's transaction; numbering it ([`feed`]) gives it its
//! place in a sequence that can be followed without gaps. The list is [`list`].

pub mod feed;
pub mod list;
mod wish;

pub use feed::{Feed, run};
pub use wish::{Wish, WishFault};

use crate::{id::Ids, store::row::EventRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// What an event of one kind says.
pub trait Body: Serialize + JsonSchema {
    const KIND: &'static str;
}

/// The row of an event, to be written with its cause.
pub fn row<B: Body>(
    ids: &Ids,
    at: DateTime<Utc>,
    station: Option<&str>,
    session: Option<i64>,
    body: &B,
) -> EventRow {
    EventRow {
        id: ids.next(),
        at,
        station_id: station.map(str::to_owned),
        session_id: session,
        kind: B::KIND.to_owned(),
        // Texts and numbers: this does not fail.
        body: serde_json::to_string(body).unwrap_or_default(),
    }
}

/// An event as list, stream and webhooks tell it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct Event {
    /// Its number. They grow, and those of one installation have an order; gaps mean nothing.
    pub id: String,
    /// When it happened; where a station says so, that is its word.
    pub at: DateTime<Utc>,
    pub kind: String,
    pub station_id: Option<String>,
    pub session_id: Option<String>,
    /// What it says; docs/events.md and `/event-kinds` have its fields.
    pub body: serde_json::Value,
}

impl Event {
    pub fn new(seq: i64, row: &EventRow) -> Event {
        Event {
            id: seq.to_string(),
            at: row.at,
            kind: row.kind.clone(),
            station_id: row.station_id.clone(),
            session_id: row.session_id.map(|id| id.to_string()),
            body: serde_json::from_str(&row.body).unwrap_or_default(),
        }
    }
}
