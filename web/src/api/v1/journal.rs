//! What was said between a station and us: its messages, meter values outside sessions, and where it departs from the standard.

use super::{
    input::{Asked, At},
    op::Op,
    page::{self, Page},
    stations::find,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    link::frames::{self, Frame},
    store::{
        Tx, deviations,
        journal::{self as rows, Span},
        row::{DeviationRow, MeterValueRow},
        sessions,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TAG: &str = "Journal";
/// Rows read at one time; a row holds up to 16 KiB of frames.
const ROWS: i64 = 12;
/// Rows looked at for one page; where few messages fit, the page is short and says where to go on.
const ROWS_MAX: i64 = 60;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/messages", "listStationMessages", Scope::Read, messages)
            .says(
                TAG,
                "The messages between a station and us as they were, secrets masked, the newest first; those of a connection \
                 that another process has come half a minute late. A page may hold fewer than `limit` and have a `next`",
            )
            .query::<Wanted>()
            .answers::<Page<Message>>(StatusCode::OK, "A page"),
        Op::get("/stations/{id}/meter-values", "listMeterValues", Scope::Read, meter_values)
            .says(TAG, "What the meters of a station have told outside any session, the newest first")
            .query::<Paging>()
            .answers::<Page<MeterValue>>(StatusCode::OK, "A page"),
        Op::get("/deviations", "listDeviations", Scope::Read, list_deviations)
            .says(TAG, "Where kinds of stations depart from the standard, and were understood nevertheless")
            .query::<DeviationsWanted>()
            .answers::<Page<Deviation>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "MessageDirection")]
enum Direction {
    /// From the station.
    In,
    /// To it.
    Out,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MessageFilter")]
struct Wanted {
    /// Calls and answers whose action contains this, whatever the case, e.g. `BootNotification`.
    #[serde(default)]
    action: String,
    direction: Option<Direction>,
    /// At this instant or later.
    from: Option<DateTime<Utc>>,
    /// Before this instant.
    to: Option<DateTime<Utc>>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MeterValueFilter")]
struct Paging {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeviationFilter")]
struct DeviationsWanted {
    /// Anywhere in vendor, model or action.
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A message between a station and us.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OcppMessage")]
struct Message {
    at: DateTime<Utc>,
    /// `in`: from the station.
    direction: &'static str,
    /// `call`, `result`, `error`, `send`, or `other` for what is no message of OCPP.
    kind: &'static str,
    /// Of an answer that of its call, where that is still known.
    action: String,
    message_id: String,
    /// The payload; of an error `code`, `description` and `details`.
    payload: Value,
}

/// What a meter has told outside any session.
#[derive(Debug, Serialize, JsonSchema)]
struct MeterValue {
    id: String,
    /// 0 = of the station.
    evse: i64,
    at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    /// All samples of the message.
    body: Value,
}

/// Where a kind of station departs from the standard.
#[derive(Debug, Serialize, JsonSchema)]
struct Deviation {
    vendor: String,
    model: String,
    firmware: String,
    protocol: String,
    action: String,
    /// The field.
    path: String,
    /// What the standard wants there.
    rule: String,
    /// What came, cut.
    sample: String,
    /// That did so last.
    station_id: String,
    count: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

/// How far a reader is: the instant of the last message seen, and how many of that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    at: DateTime<Utc>,
    seen: usize,
}

impl Place {
    fn read(cursor: &str) -> Result<Place, Problem> {
        let read = || {
            let (at, seen) = cursor.split_once('_')?;
            Some(Place { at: DateTime::from_timestamp_micros(at.parse().ok()?)?, seen: seen.parse().ok()? })
        };
        read().ok_or_else(page::lost)
    }

    fn text(self) -> String {
        format!("{}_{}", self.at.timestamp_micros(), self.seen)
    }
}

/// A page that is being filled.
struct Filling<'a> {
    wanted: &'a Wanted,
    from: Option<Place>,
    /// Of `from.at` that were passed over.
    passed: usize,
    last: Option<Place>,
    limit: usize,
    items: Vec<Message>,
}

impl Filling<'_> {
    /// Looks at the next message, a newer one before an older one. False: the page is full.
    fn see(&mut self, frame: Frame) -> bool {
        if let Some(from) = self.from {
            if frame.at > from.at {
                return true;
            }
            if frame.at == from.at && self.passed < from.seen {
                self.passed += 1;
                return true;
            }
        }
        if self.items.len() >= self.limit {
            return false;
        }
        let before = self.last.or(self.from);
        let seen = before.filter(|last| last.at == frame.at).map_or(0, |last| last.seen);
        self.last = Some(Place { at: frame.at, seen: seen + 1 });
        let action = self.wanted.action.trim().to_lowercase();
        let fits = (action.is_empty() || frame.action.to_lowercase().contains(&action))
            && self.wanted.direction.is_none_or(|way| frame.inbound == (way == Direction::In))
            && self.wanted.from.is_none_or(|from| frame.at >= from)
            && self.wanted.to.is_none_or(|to| frame.at < to);
        if fits {
            self.items.push(message(frame));
        }
        true
    }
}

async fn messages(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Message>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let from = wanted.cursor.as_deref().map(Place::read).transpose()?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let tail = state.app.hub.tail(&id.as_str().into()).unwrap_or_default();
    let mut filling = Filling {
        wanted: &wanted,
        from,
        passed: 0,
        last: None,
        limit: usize::try_from(limit).unwrap_or(0),
        items: Vec::new(),
    };
    let more = fill(&mut tx, &id, &tail, &mut filling).await?;
    let next = filling.last.or(from).filter(|_| more).map(Place::text);
    Ok(Json(Page { items: filling.items, next }))
}

/// Reads the journal backwards until the page is full. True: there is more.
async fn fill(tx: &mut Tx, id: &str, tail: &str, page: &mut Filling<'_>) -> Result<bool, Problem> {
    // Rows that end before what is asked for, or begin after it, need not be read. What is kept is exact to the millisecond.
    let until = page.from.and_then(|from| from.at.checked_add_signed(TimeDelta::milliseconds(1)));
    let to = [until, page.wanted.to].into_iter().flatten().min();
    let span = Span { from: page.wanted.from, to };
    let (mut before, mut seen) = (None, 0);
    loop {
        let mut found = rows::of_station(tx, id, span, before, ROWS + 1).await?;
        // The oldest is read for the calls of the answers after it, and shown in the next round.
        let more = found.len() as i64 > ROWS;
        before = found.iter().rev().nth(usize::from(more)).map(|row| row.id);
        found.reverse();
        let newest = if seen == 0 { tail } else { "" };
        let bodies = found.iter().map(|row| row.body.as_str()).chain([newest]);
        let context = usize::from(more);
        let mut frames = frames::read(bodies);
        frames.retain(|(body, _)| *body >= context);
        for (_, frame) in frames.into_iter().rev() {
            if !page.see(frame) {
                return Ok(true);
            }
        }
        seen += ROWS;
        if !more || seen >= ROWS_MAX {
            return Ok(more);
        }
    }
}

fn message(frame: Frame) -> Message {
    Message {
        at: frame.at,
        direction: if frame.inbound { "in" } else { "out" },
        kind: frame.kind,
        action: frame.action,
        message_id: frame.id,
        payload: frame.said,
    }
}

async fn meter_values(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Paging>,
) -> Result<Json<Page<MeterValue>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = sessions::meter_values(&mut tx, &id, before, limit + 1).await?;
    let view = |row: MeterValueRow| MeterValue {
        id: row.id.to_string(),
        evse: row.evse,
        at: row.at,
        received_at: row.received_at,
        body: serde_json::from_str(&row.body).unwrap_or(Value::Null),
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn list_deviations(
    State(state): State<WebState>,
    Asked(wanted): Asked<DeviationsWanted>,
) -> Result<Json<Page<Deviation>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = wanted.cursor.as_deref().map(deviation_after).transpose()?;
    let found =
        deviations::list(&mut state.app.db.read().await?, &wanted.q, after.as_ref(), limit + 1).await?;
    let cursor = |row: &DeviationRow| {
        json!([row.vendor, row.model, row.firmware, row.protocol, row.action, row.path, row.rule]).to_string()
    };
    Ok(Json(Page::new(found, limit, cursor, deviation)))
}

/// The key of a deviation has seven parts.
fn deviation_after(cursor: &str) -> Result<DeviationRow, Problem> {
    let [vendor, model, firmware, protocol, action, path, rule]: [String; 7] =
        serde_json::from_str(cursor).map_err(|_| page::lost())?;
    Ok(DeviationRow {
        vendor,
        model,
        firmware,
        protocol,
        action,
        path,
        rule,
        sample: String::new(),
        station_id: String::new(),
        count: 0,
        first_at: DateTime::UNIX_EPOCH,
        last_at: DateTime::UNIX_EPOCH,
    })
}

fn deviation(row: DeviationRow) -> Deviation {
    Deviation {
        vendor: row.vendor,
        model: row.model,
        firmware: row.firmware,
        protocol: row.protocol,
        action: row.action,
        path: row.path,
        rule: row.rule,
        sample: row.sample,
        station_id: row.station_id,
        count: row.count,
        first_at: row.first_at,
        last_at: row.last_at,
    }
}
