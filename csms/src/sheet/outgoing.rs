//! The rows of sheets that go out only, and their columns.

use super::records::Cell::{self, Json, Plain, Text};
use crate::store::{
    assignments::AssignmentRow, benefits::BenefitRow, documents::DocumentRow, events::NumberedRow,
    pay::orders::OrderRow, sites::SiteRow, stations::EvseRow, tariffs::shown,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

type Columns = &'static [(&'static str, Cell)];

pub(super) const SITES: Columns = &[
    ("id", Plain),
    ("name", Text),
    ("address", Text),
    ("city", Text),
    ("country", Text),
    ("latitude", Plain),
    ("longitude", Plain),
    ("time_zone", Text),
];
pub(super) const EVSES: Columns =
    &[("station_id", Text), ("evse", Plain), ("kind", Plain), ("max_power_w", Plain)];
pub(super) const ASSIGNMENTS: Columns = &[
    ("id", Plain),
    ("tariff", Text),
    ("site", Text),
    ("station_id", Text),
    ("evse", Plain),
    ("group", Text),
    ("token", Text),
    ("token_kind", Text),
    ("priority", Plain),
    ("valid_from", Plain),
    ("valid_to", Plain),
];
pub(super) const DISCOUNTS: Columns = &[
    ("id", Plain),
    ("discount", Json),
    ("currency", Plain),
    ("site", Text),
    ("group", Text),
    ("token", Text),
    ("token_kind", Text),
    ("valid_from", Plain),
    ("valid_to", Plain),
];
pub(super) const ORDERS: Columns = &[
    ("number", Text),
    ("purpose", Plain),
    ("mode", Plain),
    ("state", Plain),
    ("why", Text),
    ("station_id", Text),
    ("evse", Plain),
    ("site", Text),
    ("session_id", Plain),
    ("currency", Plain),
    ("amount_minor", Plain),
    ("due_minor", Plain),
    ("held_minor", Plain),
    ("taken_minor", Plain),
    ("returned_minor", Plain),
    ("written_off_minor", Plain),
    ("created_at", Plain),
    ("settled_at", Plain),
];
pub(super) const RECEIPTS: Columns = &[
    ("number", Text),
    ("kind", Plain),
    ("session_id", Plain),
    ("hash", Plain),
    ("issued_at", Plain),
    ("body", Json),
];
pub(super) const EVENTS: Columns = &[
    ("id", Plain),
    ("at", Plain),
    ("kind", Plain),
    ("station_id", Text),
    ("session_id", Plain),
    ("body", Json),
];

/// A site.
#[derive(Debug, Serialize)]
pub(super) struct SiteRecord {
    id: String,
    name: String,
    address: String,
    city: String,
    country: String,
    latitude: Option<String>,
    longitude: Option<String>,
    time_zone: String,
}

impl SiteRecord {
    pub(super) fn of(row: SiteRow) -> SiteRecord {
        SiteRecord {
            id: row.id.to_string(),
            name: row.name,
            address: row.address,
            city: row.city,
            country: row.country,
            latitude: row.latitude,
            longitude: row.longitude,
            time_zone: row.time_zone,
        }
    }
}

/// What is decided about an EVSE.
#[derive(Debug, Serialize)]
pub(super) struct EvseRecord {
    station_id: String,
    evse: i64,
    kind: String,
    max_power_w: Option<i64>,
}

impl EvseRecord {
    pub(super) fn of(row: EvseRow) -> EvseRecord {
        EvseRecord {
            station_id: row.station_id,
            evse: row.evse,
            kind: row.kind,
            max_power_w: row.max_power_w,
        }
    }
}

/// Where, for whom and when a tariff counts. Key codes are secrets.
#[derive(Debug, Serialize)]
pub(super) struct AssignmentRecord {
    id: String,
    tariff: String,
    site: String,
    station_id: Option<String>,
    evse: Option<i64>,
    group: Option<String>,
    token: Option<String>,
    token_kind: String,
    priority: i64,
    valid_from: Option<DateTime<Utc>>,
    valid_to: Option<DateTime<Utc>>,
}

impl AssignmentRecord {
    pub(super) fn of(row: AssignmentRow, site: String) -> AssignmentRecord {
        AssignmentRecord {
            id: row.id.to_string(),
            token: shown(row.token_uid.as_deref(), &row.token_kind).map(str::to_owned),
            tariff: row.tariff_id,
            site,
            station_id: row.station_id,
            evse: row.evse,
            group: row.group_uid,
            token_kind: row.token_kind,
            priority: row.priority,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// What is taken off the tariff of some sessions. Key codes are secrets.
#[derive(Debug, Serialize)]
pub(super) struct DiscountRecord {
    id: String,
    discount: Value,
    currency: String,
    site: String,
    group: Option<String>,
    token: Option<String>,
    token_kind: String,
    valid_from: Option<DateTime<Utc>>,
    valid_to: Option<DateTime<Utc>>,
}

impl DiscountRecord {
    pub(super) fn of(row: BenefitRow, site: String) -> DiscountRecord {
        DiscountRecord {
            id: row.id.to_string(),
            token: shown(row.token_uid.as_deref(), &row.token_kind).map(str::to_owned),
            discount: serde_json::from_str(&row.body).unwrap_or_default(),
            currency: row.currency,
            site,
            group: row.group_uid,
            token_kind: row.token_kind,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// An order, without who has paid it.
#[derive(Debug, Serialize)]
pub(super) struct OrderRecord {
    number: String,
    purpose: String,
    mode: String,
    state: String,
    why: String,
    station_id: String,
    evse: i64,
    site: String,
    session_id: Option<String>,
    currency: String,
    amount_minor: i64,
    due_minor: Option<i64>,
    held_minor: i64,
    taken_minor: i64,
    returned_minor: i64,
    written_off_minor: i64,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

impl OrderRecord {
    pub(super) fn of(row: OrderRow, site: String) -> OrderRecord {
        OrderRecord {
            number: row.number,
            purpose: row.purpose,
            mode: row.mode,
            state: row.state,
            why: row.why,
            station_id: row.station_id,
            evse: row.evse,
            site,
            session_id: row.session_id.map(|id| id.to_string()),
            currency: row.currency,
            amount_minor: row.amount_minor,
            due_minor: row.due_minor,
            held_minor: row.held_minor,
            taken_minor: row.taken_minor,
            returned_minor: row.returned_minor,
            written_off_minor: row.written_off_minor,
            created_at: row.created_at,
            settled_at: row.settled_at,
        }
    }
}

/// A document as issued.
#[derive(Debug, Serialize)]
pub(super) struct ReceiptRecord {
    number: String,
    kind: String,
    session_id: Option<String>,
    hash: String,
    issued_at: DateTime<Utc>,
    body: Value,
}

impl ReceiptRecord {
    pub(super) fn of(row: DocumentRow) -> ReceiptRecord {
        ReceiptRecord {
            number: row.number,
            kind: row.kind,
            session_id: row.session_id.map(|id| id.to_string()),
            hash: row.hash,
            issued_at: row.issued_at,
            body: serde_json::from_str(&row.body).unwrap_or_default(),
        }
    }
}

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct EventRecord {
    id: String,
    at: DateTime<Utc>,
    kind: String,
    station_id: Option<String>,
    session_id: Option<String>,
    body: Value,
}

impl EventRecord {
    pub(super) fn of(row: NumberedRow) -> EventRecord {
        EventRecord {
            id: row.seq.to_string(),
            at: row.event.at,
            kind: row.event.kind,
            station_id: row.event.station_id,
            session_id: row.event.session_id.map(|id| id.to_string()),
            body: serde_json::from_str(&row.event.body).unwrap_or_default(),
        }
    }
}
