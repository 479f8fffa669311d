//! What operators decide: which rule counts, which accounts are preferred or left alone.

use crate::{
    id::Ids,
    store::{
        Db, StoreError, Tx, events,
        routing::{self, OverrideRow, RuleRow, TriedRow},
        row::EventRow,
    },
};
use chrono::{DateTime, Utc};
use payments::routing::{Decision, Rule};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Attempts that one query of a trial reads, and that a trial looks at.
const PAGE: i64 = 200;
const TRIED_MAX: usize = 1_000_000;

/// Lets a rule count from now on; it was checked. Where it is the one that counts, nothing changes.
///
/// # Errors
/// The database.
pub async fn set_rule(
    tx: &mut Tx,
    ids: &Ids,
    rule: &Rule,
    note: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<RuleRow, StoreError> {
    let body = serde_json::to_string(rule).unwrap_or_default();
    if let Some(row) = routing::rule(tx).await?.filter(|row| row.body == body) {
        return Ok(row);
    }
    let row = routing::add_rule(tx, &body, note, by, now).await?;
    tell(tx, ids, "routing.rule", &json!({"version": row.version, "note": row.note, "by": by}), now).await?;
    Ok(row)
}

/// Keeps what is wanted of an account, in the place of what was wanted before.
///
/// # Errors
/// The database.
pub async fn want(tx: &mut Tx, ids: &Ids, row: &OverrideRow) -> Result<(), StoreError> {
    routing::put_override(tx, row).await?;
    let body = json!({"account": row.account, "method": row.method, "wish": row.wish, "note": row.note,
                      "until": row.until, "by": row.created_by});
    tell(tx, ids, "routing.wish", &body, row.created_at).await
}

/// The rule alone decides about an account again. False: nothing was wanted of it.
///
/// # Errors
/// The database.
pub async fn clear(
    tx: &mut Tx,
    ids: &Ids,
    account: &str,
    method: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if !routing::remove_override(tx, account, method).await? {
        return Ok(false);
    }
    let body = json!({"account": account, "method": method, "by": by});
    tell(tx, ids, "routing.cleared", &body, now).await?;
    Ok(true)
}

/// What an operator did, in the same transaction.
async fn tell(tx: &mut Tx, ids: &Ids, kind: &str, body: &Value, at: DateTime<Utc>) -> Result<(), StoreError> {
    let event = EventRow {
        id: ids.next(),
        at,
        station_id: None,
        session_id: None,
        kind: kind.to_owned(),
        body: body.to_string(),
    };
    events::add(tx, &event).await
}

/// What a rule would have chosen among the accounts as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trial {
    pub payments: usize,
    /// Of those, the ones whose choice was not kept in a way that can be read.
    pub unreadable: u64,
    /// How many payments went from one account (`none`: no account took them) to another, or stayed.
    pub moves: BTreeMap<(String, String), u64>,
}

/// Tries a rule on the payments made since then.
///
/// # Errors
/// The database.
pub async fn try_rule(db: &Db, rule: &Rule, since: DateTime<Utc>) -> Result<Trial, StoreError> {
    let (mut trial, mut before) = (Trial::default(), None);
    while trial.payments < TRIED_MAX {
        let page = routing::tried(&mut db.read().await?, since, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        trial.payments += page.len();
        page.iter().for_each(|row| trial.add(rule, row));
    }
    Ok(trial)
}

impl Trial {
    fn add(&mut self, rule: &Rule, row: &TriedRow) {
        let Ok(decision) = serde_json::from_str::<Decision>(&row.route) else {
            self.unreadable += 1;
            return;
        };
        let name = |account: Option<String>| account.unwrap_or_else(|| "none".to_owned());
        let other = decision.under(rule, &row.id.to_string());
        *self.moves.entry((name(decision.chosen), name(other.chosen))).or_default() += 1;
    }
}
