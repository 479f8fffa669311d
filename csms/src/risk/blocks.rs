//! Who may not pay: subjects of payments that somebody has blocked, outside of a case or after one.

use crate::{
    id::Ids,
    store::{StoreError, Tx, events as log, risk::events, row::EventRow},
};
use chrono::{DateTime, Utc};
use payments::risk::rules::Subject;
use serde_json::json;

/// Those that can be blocked. A station is not blocked for what was done at it.
pub const BLOCKABLE: [Subject; 6] =
    [Subject::Driver, Subject::Device, Subject::Card, Subject::Address, Subject::Phone, Subject::Wallet];

/// Blocks a subject of payments until then, or (`None`) lets it pay again. False: no payment was ever of such a subject.
///
/// # Errors
/// The database.
pub async fn block(
    tx: &mut Tx,
    ids: &Ids,
    (subject, key): (Subject, &str),
    until: Option<DateTime<Utc>>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(known) = events::subject(tx, subject.word(), key).await? else { return Ok(false) };
    if known.blocked_until == until {
        return Ok(true);
    }
    events::block(tx, subject, key, until, now).await?;
    let body = json!({"kind": subject.word(), "key": key, "until": until, "by": by});
    let event = EventRow {
        id: ids.next(),
        at: now,
        station_id: None,
        session_id: None,
        kind: "risk.block".to_owned(),
        body: body.to_string(),
    };
    log::add(tx, &event).await?;
    Ok(true)
}
