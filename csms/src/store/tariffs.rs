//! Tariffs, and the snapshots of them that sessions keep. What a tariff says is in its versions
//! ([`super::versions`]); where and to whom it applies is in its assignments ([`super::assignments`]).

use super::assignments::{self, AssignmentRow};
use super::db::Tx;
use super::error::StoreError;
use super::events;
use super::query::{Select, one, run, value};
use super::row::EventRow;
use chrono::{DateTime, Utc};
use tariffs::Kind;

/// A row of `tariff`: what all versions of it have in common.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TariffRow {
    pub id: String,
    /// As of the version published last.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// OCPI's TariffType as of [`kind_word`]; empty = for all.
    pub kind: String,
    pub created_at: DateTime<Utc>,
}

/// A change of tariffs by a person: what its event needs.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Of the event.
    pub id: i64,
    pub at: DateTime<Utc>,
    /// Who makes it, e.g. `command line`.
    pub by: &'a str,
}

impl Change<'_> {
    /// Records what has changed in the same transaction; what is not said is left out.
    pub(super) async fn record(
        self,
        tx: &mut Tx,
        kind: &str,
        mut body: serde_json::Value,
    ) -> Result<(), StoreError> {
        body["by"] = self.by.into();
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let event = EventRow {
            id: self.id,
            at: self.at,
            station_id: body["station"].as_str().map(str::to_owned),
            session_id: None,
            kind: kind.to_owned(),
            body: body.to_string(),
        };
        events::add(tx, &event).await
    }
}

/// An identifier as events and pages may show it: what is typed at a pad is a secret.
pub fn shown<'a>(uid: Option<&'a str>, kind: &str) -> Option<&'a str> {
    uid.map(|uid| if kind == "KeyCode" { "***" } else { uid })
}

/// The same of a row's own text.
pub fn masked(uid: String, kind: &str) -> String {
    shown(Some(&uid), kind).map_or_else(String::new, str::to_owned)
}

/// The word for a tariff's kind in the database; empty = for all.
pub fn kind_word(kind: Option<Kind>) -> &'static str {
    match kind {
        None => "",
        Some(Kind::AdHocPayment) => "ad_hoc_payment",
        Some(Kind::ProfileCheap) => "profile_cheap",
        Some(Kind::ProfileFast) => "profile_fast",
        Some(Kind::ProfileGreen) => "profile_green",
        Some(Kind::Regular) => "regular",
    }
}

/// The tariff, if there is one.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<TariffRow>, StoreError> {
    one!(tx, "SELECT * FROM tariff WHERE id = $1", &*super::clean(id))
}

/// A page of tariffs in the order of their ids, those after `after`.
pub async fn list(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<TariffRow>, StoreError> {
    Select::new("SELECT * FROM tariff").and_if("id > ?", after).page(tx, "id", limit).await
}

/// What became of a tariff that was to be removed.
#[derive(Debug, Clone, PartialEq)]
pub enum Removed {
    Done,
    /// It stays: this assignment counts, or will.
    Assigned(Box<AssignmentRow>),
    Missing,
}

/// Removes a tariff that is not assigned any more, with its versions and past assignments; sessions keep the snapshot
/// that they started with.
pub async fn delete(tx: &mut Tx, id: &str, change: &Change<'_>) -> Result<Removed, StoreError> {
    let filter = assignments::Filter { tariff: Some(id), until: Some(change.at) };
    if let Some(row) = assignments::list(tx, &filter, None, 1).await?.pop() {
        return Ok(Removed::Assigned(Box::new(row)));
    }
    run!(tx, "DELETE FROM assignment WHERE tariff_id = $1", id)?;
    if run!(tx, "DELETE FROM tariff WHERE id = $1", id)? == 0 {
        return Ok(Removed::Missing);
    }
    change.record(tx, "tariff.removed", serde_json::json!({ "tariff": id })).await?;
    Ok(Removed::Done)
}

/// A tariff as it was when a session started: the JSON kept under this hash.
pub async fn snapshot(tx: &mut Tx, hash: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT body FROM tariff_snapshot WHERE hash = $1", hash)
}

/// Keeps a tariff as it is, once for all that share it.
pub async fn keep_snapshot(tx: &mut Tx, hash: &str, body: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO tariff_snapshot (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    run!(tx, sql, hash, body)?;
    Ok(())
}
