//! Firmware, one-time addresses and uploads: the rows. The files themselves are looked after by [`crate::files`].

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `firmware`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FirmwareRow {
    pub id: i64,
    pub name: String,
    pub version: String,
    pub vendor: String,
    pub model: String,
    pub size: i64,
    pub sha256: String,
    pub signing_certificate: String,
    pub signature: String,
    pub added_by: String,
    pub added_at: At,
    pub removed_at: Option<At>,
}

/// Nobody else adds firmware, or takes its image away, until the transaction ends.
pub async fn lock_firmware(tx: &mut Tx) -> Result<(), StoreError> {
    super::settings::set(tx, "firmware.lock", "").await
}

/// Keeps firmware.
///
/// # Errors
/// [`StoreError::is_duplicate`] if there is one of that name and version for these stations.
pub async fn add_firmware(tx: &mut Tx, row: &FirmwareRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO firmware (id, name, version, vendor, model, size, sha256, signing_certificate, signature,
            added_by, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.id,
        clean(&row.name),
        clean(&row.version),
        clean(&row.vendor),
        clean(&row.model),
        row.size,
        &*row.sha256,
        clean(&row.signing_certificate),
        clean(&row.signature),
        clean(&row.added_by),
        row.added_at,
    )?;
    Ok(())
}

/// Firmware, also such as is not offered any more.
pub async fn firmware(tx: &mut Tx, id: i64) -> Result<Option<FirmwareRow>, StoreError> {
    one!(tx, "SELECT * FROM firmware WHERE id = $1", id)
}

/// The firmware of this name and version, for stations of this vendor and model, if it is offered.
pub async fn firmware_named(
    tx: &mut Tx,
    [name, version, vendor, model]: [&str; 4],
) -> Result<Option<FirmwareRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM firmware WHERE name = $1 AND version = $2 AND vendor = $3 AND model = $4 AND removed_at IS NULL",
        clean(name),
        clean(version),
        clean(vendor),
        clean(model),
    )
}

/// A page of the firmware that is offered, newest first, that before `before`.
pub async fn list_firmware(
    tx: &mut Tx,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<FirmwareRow>, StoreError> {
    Select::new("SELECT * FROM firmware")
        .and("removed_at IS NULL", [])
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// Takes firmware out of what is offered. False if it is not.
pub async fn remove_firmware(tx: &mut Tx, id: i64, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE firmware SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL";
    Ok(run!(tx, sql, id, now)? > 0)
}

/// Is the file of this content still offered to anybody?
pub async fn content_in_use(tx: &mut Tx, sha256: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM firmware WHERE sha256 = $1 AND removed_at IS NULL";
    let uses: Option<i64> = value!(tx, sql, sha256)?;
    Ok(uses.unwrap_or(0) > 0)
}

/// A row of `file_link`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LinkRow {
    pub id: i64,
    pub secret_hash: String,
    /// `download` or `upload`.
    pub kind: String,
    pub station_id: String,
    pub command_id: i64,
    pub firmware_id: Option<i64>,
    pub allowed: i64,
    pub done: i64,
    pub ends: i64,
    pub requests: i64,
    pub bytes: i64,
    pub created_at: At,
    pub expires_at: At,
    pub revoked_at: Option<At>,
    pub done_at: Option<At>,
}

/// Keeps an address; those that the command had before are revoked.
pub async fn add_link(tx: &mut Tx, row: &LinkRow) -> Result<(), StoreError> {
    revoke(tx, row.command_id, row.created_at).await?;
    run!(
        tx,
        "INSERT INTO file_link (id, secret_hash, kind, station_id, command_id, firmware_id, allowed, created_at,
            expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.id,
        &*row.secret_hash,
        &*row.kind,
        &*row.station_id,
        row.command_id,
        row.firmware_id,
        row.allowed,
        row.created_at,
        row.expires_at,
    )?;
    Ok(())
}

/// The address with this secret.
pub async fn link(tx: &mut Tx, secret_hash: &str) -> Result<Option<LinkRow>, StoreError> {
    one!(tx, "SELECT * FROM file_link WHERE secret_hash = $1", secret_hash)
}

/// The addresses of a command, newest first.
pub async fn links_of(tx: &mut Tx, command: i64) -> Result<Vec<LinkRow>, StoreError> {
    all!(tx, "SELECT * FROM file_link WHERE command_id = $1 ORDER BY id DESC LIMIT 20", command)
}

/// Counts a request. False: there were so many that this is no transfer any more.
pub async fn count_request(tx: &mut Tx, id: i64, most: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE file_link SET requests = requests + 1 WHERE id = $1 AND requests < $2";
    Ok(run!(tx, sql, id, most)? > 0)
}

/// What of a file of `size` was sent; `to_end`: its last byte too. With it a whole transfer may be done.
pub async fn sent(
    tx: &mut Tx,
    id: i64,
    bytes: i64,
    size: i64,
    to_end: bool,
    now: At,
) -> Result<(), StoreError> {
    let sql = "UPDATE file_link SET bytes = bytes + $2, ends = ends + $3 WHERE id = $1";
    run!(tx, sql, id, bytes, i64::from(to_end))?;
    // What an earlier connection has sent may be counted after the end that a later one has sent.
    let sql = "UPDATE file_link SET done = done + 1, done_at = $3
               WHERE id = $1 AND done < allowed AND ends > done AND bytes >= (done + 1) * $2";
    run!(tx, sql, id, size, now)?;
    Ok(())
}

/// A whole upload has come. False: as many as are allowed had come before.
pub async fn received(tx: &mut Tx, id: i64, bytes: i64, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE file_link SET done = done + 1, done_at = $3, bytes = bytes + $2
               WHERE id = $1 AND done < allowed AND revoked_at IS NULL";
    Ok(run!(tx, sql, id, bytes, now)? > 0)
}

/// The command of these addresses is not carried out.
pub async fn revoke(tx: &mut Tx, command: i64, now: At) -> Result<(), StoreError> {
    let sql = "UPDATE file_link SET revoked_at = $2 WHERE command_id = $1 AND revoked_at IS NULL";
    run!(tx, sql, command, now)?;
    Ok(())
}

/// Which of these addresses can still be used; ids are given in ascending order.
pub async fn open_links(tx: &mut Tx, now: At) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM file_link WHERE kind = 'upload' AND expires_at > $1 AND revoked_at IS NULL
               AND done < allowed ORDER BY id LIMIT 100000";
    let rows: Vec<(i64,)> = all!(tx, sql, now)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Forgets addresses that were of use before then, some at a time. How many?
pub async fn forget_links(tx: &mut Tx, before: At) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM file_link WHERE id IN
            (SELECT id FROM file_link WHERE expires_at < $1 ORDER BY expires_at LIMIT 1000)",
        before,
    )
}

/// A row of `upload`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UploadRow {
    pub id: i64,
    pub station_id: String,
    pub command_id: i64,
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub sha256: String,
    pub received_at: At,
    pub removed_at: Option<At>,
}

/// Keeps an upload.
pub async fn add_upload(tx: &mut Tx, row: &UploadRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO upload (id, station_id, command_id, name, content_type, size, sha256, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        &*row.station_id,
        row.command_id,
        clean(&row.name),
        clean(&row.content_type),
        row.size,
        &*row.sha256,
        row.received_at,
    )?;
    Ok(())
}

/// An upload.
pub async fn upload(tx: &mut Tx, id: i64) -> Result<Option<UploadRow>, StoreError> {
    one!(tx, "SELECT * FROM upload WHERE id = $1", id)
}

/// Which uploads to list.
#[derive(Debug, Clone, Default)]
pub struct UploadFilter {
    pub station: Option<String>,
    pub command: Option<i64>,
    /// With those whose file is no more.
    pub removed: bool,
}

/// A page of uploads, newest first, those before `before`.
pub async fn list_uploads(
    tx: &mut Tx,
    filter: &UploadFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<UploadRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM upload")
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("command_id = ?", filter.command);
    if !filter.removed {
        select = select.and("removed_at IS NULL", []);
    }
    select.and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// What came for a command, in order.
pub async fn uploads_of(tx: &mut Tx, command: i64) -> Result<Vec<UploadRow>, StoreError> {
    all!(tx, "SELECT * FROM upload WHERE command_id = $1 ORDER BY id LIMIT 100", command)
}

/// How many bytes the uploads take that are kept.
pub async fn uploads_size(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload WHERE removed_at IS NULL";
    Ok(value!(tx, sql)?.unwrap_or(0))
}

/// The oldest uploads that are kept.
pub async fn oldest_uploads(tx: &mut Tx) -> Result<Vec<UploadRow>, StoreError> {
    all!(tx, "SELECT * FROM upload WHERE removed_at IS NULL ORDER BY id LIMIT 100")
}

/// The file of an upload is no more.
pub async fn upload_removed(tx: &mut Tx, id: i64, now: At) -> Result<(), StoreError> {
    run!(tx, "UPDATE upload SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL", id, now)?;
    Ok(())
}
