//! Versions of tariffs: what a tariff says from when on. A version that has been active is never changed, so that it
//! stays known what was offered when; one that is not active yet may be withdrawn or replaced.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use super::tariffs::{Change, TariffRow, kind_word};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tariffs::Tariff;

type At = DateTime<Utc>;

/// The first version of a tariff counts from here unless something else is said: nothing else was offered before it.
pub const BEGINNING: At = DateTime::UNIX_EPOCH;

/// A version this close to its activation counts as active: running servers see a change only when they look again.
pub const SETTLED: TimeDelta = TimeDelta::seconds(30);

/// Versions of a tariff that are looked through when one is published: those that are active or to come, newest first.
const LOOKED_AT: i64 = 10_000;

/// A row of `tariff_version`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct VersionRow {
    pub tariff_id: String,
    /// Counts from 1; a number is never given twice.
    pub version: i64,
    /// For sessions that start at or after this, until the next version's.
    pub active_from: At,
    /// [`Tariff`] as its canonical JSON.
    pub body: String,
    pub note: String,
    pub created_by: String,
    pub created_at: At,
    /// It never became active.
    pub withdrawn_at: Option<At>,
}

impl VersionRow {
    fn is_settled(&self, now: At) -> bool {
        self.active_from <= now + SETTLED
    }
}

/// What became of a version that was to be published. Commit only after [`Published::Added`].
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    Added {
        version: VersionRow,
        /// The number of the one that it takes the place of, which was to be active from the same instant.
        replaced: Option<i64>,
    },
    /// The version before says the same.
    Unchanged(VersionRow),
    Refused(Refusal),
}

/// Why a version cannot be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The tariff's other versions are in this currency.
    Currency(String),
    /// The tariff's other versions are of this kind.
    Kind(String),
    /// Sessions that have started since then were offered what this version of the tariff says.
    Offered(i64),
}

/// Adds a version to the tariff with its id; makes the tariff if there is none. `from` is the instant from which it
/// counts: not before now, if another version is active. `None`: from now on; the first version from the
/// [`BEGINNING`].
pub async fn publish(
    tx: &mut Tx,
    tariff: &Tariff,
    from: Option<At>,
    note: &str,
    change: &Change<'_>,
) -> Result<Published, StoreError> {
    let row = TariffRow {
        id: tariff.id.clone(),
        name: tariff.name.clone(),
        currency: tariff.currency.code().to_owned(),
        kind: kind_word(tariff.kind).to_owned(),
        created_at: change.at,
    };
    let known = lock(tx, &row).await?;
    if known.currency != row.currency {
        return Ok(Published::Refused(Refusal::Currency(known.currency)));
    }
    if known.kind != row.kind {
        return Ok(Published::Refused(Refusal::Kind(known.kind)));
    }
    let others = standing(tx, &row.id).await?;
    let from = from.unwrap_or(if others.is_empty() { BEGINNING } else { change.at });
    let active = others.iter().find(|other| other.active_from <= change.at);
    if let Some(active) = active
        && (from < change.at || from == active.active_from)
    {
        let offered = others.iter().find(|other| other.active_from <= from).unwrap_or(active);
        return Ok(Published::Refused(Refusal::Offered(offered.version)));
    }
    let rival = others.iter().find(|other| other.active_from == from);
    let body = tariff.to_json();
    if let Some(before) = rival.or_else(|| others.iter().find(|other| other.active_from < from))
        && before.body == body
    {
        return Ok(Published::Unchanged(before.clone()));
    }
    if let Some(rival) = rival {
        if rival.is_settled(change.at) {
            return Ok(Published::Refused(Refusal::Offered(rival.version)));
        }
        mark_withdrawn(tx, rival, change.at).await?;
    }
    let newest: Option<i64> =
        value!(tx, "SELECT MAX(version) FROM tariff_version WHERE tariff_id = $1", &*row.id)
            .map(Option::flatten)?;
    let version = VersionRow {
        tariff_id: row.id,
        version: newest.unwrap_or(0) + 1,
        active_from: from,
        body,
        note: super::clean(note).into_owned(),
        created_by: change.by.to_owned(),
        created_at: change.at,
        withdrawn_at: None,
    };
    insert(tx, &version).await?;
    run!(tx, "UPDATE tariff SET name = $2 WHERE id = $1", &*version.tariff_id, &*tariff.name)?;
    let replaced = rival.map(|rival| rival.version);
    let told = json!({ "tariff": version.tariff_id, "version": version.version, "active_from": from,
                       "replaced": replaced, "note": version.note });
    change.record(tx, "tariff.published", told).await?;
    Ok(Published::Added { version, replaced })
}

/// What became of a version that was to be withdrawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Withdrawn {
    Done(VersionRow),
    /// It is active, or will be within moments: it stays.
    Active(VersionRow),
    /// There is no such version, or it is withdrawn already.
    Missing,
}

/// Withdraws a version that is not active yet.
pub async fn withdraw(
    tx: &mut Tx,
    tariff: &str,
    version: i64,
    change: &Change<'_>,
) -> Result<Withdrawn, StoreError> {
    // One after the other.
    run!(tx, "UPDATE tariff SET name = name WHERE id = $1", tariff)?;
    let found = find(tx, tariff, version).await?.filter(|found| found.withdrawn_at.is_none());
    let Some(found) = found else { return Ok(Withdrawn::Missing) };
    if found.is_settled(change.at) {
        return Ok(Withdrawn::Active(found));
    }
    mark_withdrawn(tx, &found, change.at).await?;
    // The name is again that of the version published before.
    let left = standing(tx, tariff).await?.into_iter().max_by_key(|left| left.version);
    if let Some(left) = left.and_then(|left| Tariff::from_json(&left.body).ok()) {
        run!(tx, "UPDATE tariff SET name = $2 WHERE id = $1", tariff, &*left.name)?;
    }
    let told = json!({ "tariff": tariff, "version": version, "active_from": found.active_from });
    change.record(tx, "tariff.withdrawn", told).await?;
    Ok(Withdrawn::Done(VersionRow { withdrawn_at: Some(change.at), ..found }))
}

/// One version, withdrawn or not.
pub async fn find(tx: &mut Tx, tariff: &str, version: i64) -> Result<Option<VersionRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM tariff_version WHERE tariff_id = $1 AND version = $2",
        &*super::clean(tariff),
        version
    )
}

/// The version for sessions that start at this instant.
pub async fn active(tx: &mut Tx, tariff: &str, at: At) -> Result<Option<VersionRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM tariff_version WHERE tariff_id = $1 AND withdrawn_at IS NULL AND active_from <= $2
         ORDER BY active_from DESC, version DESC LIMIT 1",
        tariff,
        at,
    )
}

/// A page of the versions of a tariff, newest first, those before `before`; withdrawn ones too.
pub async fn list(
    tx: &mut Tx,
    tariff: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<VersionRow>, StoreError> {
    Select::new("SELECT * FROM tariff_version")
        .and("tariff_id = ?", [tariff.into()])
        .and_if("version < ?", before)
        .page(tx, "version DESC", limit)
        .await
}

/// Those that are not withdrawn, from the one that is active last.
pub async fn standing(tx: &mut Tx, tariff: &str) -> Result<Vec<VersionRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM tariff_version WHERE tariff_id = $1 AND withdrawn_at IS NULL
         ORDER BY active_from DESC, version DESC LIMIT $2",
        tariff,
        LOOKED_AT,
    )
}

/// The tariff as it is known, made of `row` if it is not; whoever else changes it waits for our end.
async fn lock(tx: &mut Tx, row: &TariffRow) -> Result<TariffRow, StoreError> {
    let known = one!(
        tx,
        "INSERT INTO tariff (id, name, currency, kind, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING *",
        &*row.id,
        &*row.name,
        &*row.currency,
        &*row.kind,
        row.created_at,
    )?;
    known.ok_or_else(|| sqlx::Error::RowNotFound.into())
}

async fn mark_withdrawn(tx: &mut Tx, row: &VersionRow, at: At) -> Result<(), StoreError> {
    let sql = "UPDATE tariff_version SET withdrawn_at = $3 WHERE tariff_id = $1 AND version = $2";
    run!(tx, sql, &*row.tariff_id, row.version, at)?;
    Ok(())
}

async fn insert(tx: &mut Tx, row: &VersionRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO tariff_version (tariff_id, version, active_from, body, note, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &*row.tariff_id,
        row.version,
        row.active_from,
        &*row.body,
        &*row.note,
        &*row.created_by,
        row.created_at,
    )?;
    Ok(())
}
