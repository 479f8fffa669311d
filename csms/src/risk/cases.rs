//! Cases: payments that went on and that somebody has to look at.

use crate::{
    id::Ids,
    store::{
        StoreError, Tx, events as log,
        risk::{cases, events},
        row::EventRow,
    },
};
use chrono::{DateTime, Utc};
use payments::risk::rules::Subject;
use serde_json::json;

/// What somebody found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Honest,
    /// Its payment teaches the model nothing.
    Fraud,
    Unclear,
}

impl Verdict {
    /// As stored.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Honest => "honest",
            Verdict::Fraud => "fraud",
            Verdict::Unclear => "unclear",
        }
    }
}

/// How a case is resolved.
#[derive(Debug, Clone)]
pub struct Resolution<'a> {
    pub verdict: Verdict,
    pub note: &'a str,
    /// Which of the payment's subjects to block, and until when.
    pub block: &'a [Subject],
    pub block_until: DateTime<Utc>,
    /// Who resolves it.
    pub by: &'a str,
}

/// Resolves an open case. Gives the subjects that were known and are blocked now; `None` if there is no such open case.
pub async fn resolve(
    tx: &mut Tx,
    ids: &Ids,
    case: i64,
    resolution: &Resolution<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Subject>>, StoreError> {
    let Resolution { verdict, note, by, .. } = *resolution;
    let Some(row) = cases::find(tx, case).await? else { return Ok(None) };
    if !cases::resolve(tx, case, verdict.word(), note, by, now).await? {
        return Ok(None);
    }
    let mut blocked = Vec::new();
    if let Some(event) = events::newest_of(tx, row.order_id).await? {
        for subject in resolution.block {
            let key = match subject {
                Subject::Driver => &event.driver,
                Subject::Device => &event.device,
                Subject::Card => &event.card,
                Subject::Address => &event.address,
                Subject::Phone => &event.phone,
                Subject::Wallet => &event.wallet,
                // A station is not blocked for what was done at it.
                Subject::Station | Subject::Payment => continue,
            };
            if !key.is_empty() {
                events::block(tx, *subject, key, Some(resolution.block_until), now).await?;
                blocked.push(*subject);
            }
        }
    }
    let words: Vec<&str> = blocked.iter().map(|subject| subject.word()).collect();
    let body =
        json!({"case": case, "order": row.order_id, "verdict": verdict.word(), "blocked": words, "by": by});
    let event = EventRow {
        id: ids.next(),
        at: now,
        station_id: None,
        session_id: None,
        kind: "risk.case".to_owned(),
        body: body.to_string(),
    };
    log::add(tx, &event).await?;
    Ok(Some(blocked))
}
