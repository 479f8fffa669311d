//! Trained models.

use crate::store::StoreError;
use crate::store::db::Tx;
use crate::store::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `risk_model`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ModelRow {
    pub id: String,
    pub body: String,
    pub calibration: String,
    pub revision: i64,
    pub calibrated_to: i64,
    pub drivers: i64,
    pub payments: i64,
    pub report: String,
    pub created_at: DateTime<Utc>,
}

/// Adds a model. One that is there already stays as it is.
pub async fn add(tx: &mut Tx, row: &ModelRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO risk_model (id, body, calibration, revision, calibrated_to, drivers, payments, report, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
        &*row.id,
        &*row.body,
        &*row.calibration,
        row.revision,
        row.calibrated_to,
        row.drivers,
        row.payments,
        &*row.report,
        row.created_at,
    )?;
    Ok(())
}

/// A model.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<ModelRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_model WHERE id = $1", id)
}

/// Which revision a model's calibration has.
pub async fn revision(tx: &mut Tx, id: &str) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = one!(tx, "SELECT revision FROM risk_model WHERE id = $1", id)?;
    Ok(row.map(|row| row.0))
}

/// The newest models.
pub async fn list(tx: &mut Tx) -> Result<Vec<ModelRow>, StoreError> {
    all!(tx, "SELECT * FROM risk_model ORDER BY created_at DESC, id LIMIT 100")
}

/// Keeps what a calibration has learnt, unless somebody else has been faster. False then.
pub async fn calibrate(
    tx: &mut Tx,
    id: &str,
    revision: i64,
    calibration: &str,
    to: i64,
) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE risk_model SET calibration = $3, calibrated_to = $4, revision = revision + 1
         WHERE id = $1 AND revision = $2",
        id,
        revision,
        calibration,
        to,
    )?;
    Ok(changed > 0)
}

/// Removes all but the newest models, and never the one that counts.
pub async fn prune(tx: &mut Tx, active: &str, keep: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM risk_model WHERE id <> $1 AND id NOT IN
            (SELECT id FROM risk_model ORDER BY created_at DESC, id LIMIT $2)",
        active,
        keep,
    )
}
