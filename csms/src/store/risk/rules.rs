//! Versions of rules.

use crate::store::db::Tx;
use crate::store::query::{all, one, run};
use crate::store::{StoreError, counter};
use chrono::{DateTime, Utc};

/// A row of `risk_rules`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RulesRow {
    pub version: i64,
    /// [`payments::risk::rules::RuleSet`] as JSON.
    pub body: String,
    pub by_whom: String,
    pub created_at: DateTime<Utc>,
}

/// Adds a version and says which one it is; the first is 1.
pub async fn add(tx: &mut Tx, body: &str, by: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let version = counter::take(tx, "risk.rules", 1).await?;
    run!(
        tx,
        "INSERT INTO risk_rules (version, body, by_whom, created_at) VALUES ($1, $2, $3, $4)",
        version,
        body,
        by,
        now,
    )?;
    Ok(version)
}

/// A version.
pub async fn find(tx: &mut Tx, version: i64) -> Result<Option<RulesRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_rules WHERE version = $1", version)
}

/// The newest versions.
pub async fn list(tx: &mut Tx) -> Result<Vec<RulesRow>, StoreError> {
    all!(tx, "SELECT * FROM risk_rules ORDER BY version DESC LIMIT 100")
}
