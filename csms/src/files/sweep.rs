//! What time and room do to files: uploads past their time or over the quota are removed, oldest first; so are parts of
//! uploads that nobody can go on with, and files that no row tells of.

use super::{Refusal, storage};
use crate::{
    app::App,
    id::Ids,
    store::files::{self, UploadRow},
};
use chrono::TimeDelta;

/// A file without a row is left alone for so long: its row may be on its way.
const ORPHAN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Addresses are told of for so long after their end.
const LINK_AFTER: TimeDelta = TimeDelta::days(90);

/// Removes the oldest uploads until the rest is within the quota. The newest stays, whatever its size.
///
/// # Errors
/// The disk or the database fails.
pub async fn make_room(app: &App) -> Result<(), Refusal> {
    let quota =
        i64::try_from(app.config.files.uploads_mib_max.saturating_mul(1024 * 1024)).unwrap_or(i64::MAX);
    loop {
        let mut tx = app.db.read().await?;
        let mut size = files::uploads_size(&mut tx).await?;
        metrics::gauge!("csms_uploads_bytes").set(size as f64);
        if size <= quota {
            return Ok(());
        }
        let oldest = files::oldest_uploads(&mut tx).await?;
        drop(tx);
        if oldest.len() <= 1 {
            return Ok(());
        }
        for row in &oldest[..oldest.len() - 1] {
            if size <= quota {
                break;
            }
            size -= row.size;
            drop_upload(app, row, "room").await?;
        }
    }
}

/// A turn of the job.
///
/// # Errors
/// The disk or the database fails.
pub async fn turn(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let before = now - TimeDelta::days(i64::from(app.config.files.upload_days));
    loop {
        let oldest = files::oldest_uploads(&mut app.db.read().await?).await?;
        let old: Vec<&UploadRow> = oldest.iter().filter(|row| row.received_at < before).collect();
        for row in &old {
            drop_upload(app, row, "age").await?;
        }
        if old.is_empty() || old.len() < oldest.len() {
            break;
        }
    }
    make_room(app).await?;
    parts(app).await?;
    orphans(app).await?;
    let mut tx = app.db.write().await?;
    files::forget_links(&mut tx, now - LINK_AFTER).await?;
    Ok(tx.commit().await?)
}

/// Removes an upload. The row first: a file without a row is found later, a row without a file would promise one.
///
/// # Errors
/// The disk or the database fails.
pub async fn drop_upload(app: &App, row: &UploadRow, why: &'static str) -> Result<(), Refusal> {
    let mut tx = app.db.write().await?;
    files::upload_removed(&mut tx, row.id, app.clock.now()).await?;
    tx.commit().await?;
    storage::remove(&app.files.storage.upload(row.id))?;
    metrics::counter!("csms_uploads_removed_total", "why" => why).increment(1);
    tracing::info!(upload = row.id, station = row.station_id, size = row.size, why, "an upload was removed");
    Ok(())
}

/// Parts of uploads whose address is over.
async fn parts(app: &App) -> Result<(), Refusal> {
    let ids = app.files.storage.ids("incoming")?;
    if ids.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let open = files::open_links(&mut app.db.read().await?, now).await?;
    for id in ids {
        // An image that is being added has a young id and no address.
        let is_young = Ids::instant(id) > now - ORPHAN_AFTER;
        if !is_young && open.binary_search(&id).is_err() && !app.files.is_busy(id) {
            storage::remove(&app.files.storage.incoming(id))?;
            storage::remove(&app.files.storage.adding(id))?;
        }
    }
    Ok(())
}

/// Uploads that came to the disk and not into the database.
async fn orphans(app: &App) -> Result<(), Refusal> {
    let before = app.clock.now() - ORPHAN_AFTER;
    for id in app.files.storage.ids("uploads")? {
        if Ids::instant(id) < before {
            let row = files::upload(&mut app.db.read().await?, id).await?;
            if row.is_none_or(|row| row.removed_at.is_some()) {
                storage::remove(&app.files.storage.upload(id))?;
            }
        }
    }
    Ok(())
}
