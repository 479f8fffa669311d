//! Browsers that want to be told.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `push_subscription`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PushRow {
    pub id: i64,
    /// Where the browser's push service takes messages for it.
    pub endpoint: String,
    /// The browser's public key, base64url.
    pub p256dh: String,
    /// The secret that it shares with us, base64url.
    pub auth: String,
    pub device: String,
    /// Who its driver has shown to be; empty: nobody knows.
    pub contact: String,
    pub created_at: At,
    pub expires_at: At,
}

/// Keeps a subscription in place of one with the same endpoint, and of the device at most `most`; what has expired goes.
pub async fn put(tx: &mut Tx, row: &PushRow, most: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM push_subscription WHERE expires_at <= $1", row.created_at)?;
    run!(
        tx,
        "INSERT INTO push_subscription (id, endpoint, p256dh, auth, device, contact, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth,
            device = excluded.device, contact = excluded.contact, created_at = excluded.created_at,
            expires_at = excluded.expires_at",
        row.id,
        clean(&row.endpoint),
        clean(&row.p256dh),
        clean(&row.auth),
        clean(&row.device),
        clean(&row.contact),
        row.created_at,
        row.expires_at,
    )?;
    // The newest stay, of the device and of the contact.
    for (column, of) in [("device", &row.device), ("contact", &row.contact)] {
        if of.is_empty() {
            continue;
        }
        let sql = format!(
            "DELETE FROM push_subscription WHERE {column} = $1 AND id NOT IN
                (SELECT id FROM push_subscription WHERE {column} = $1 ORDER BY created_at DESC, id DESC LIMIT $2)"
        );
        run!(tx, super::db::text(sql), clean(of), most)?;
    }
    Ok(())
}

/// The subscription, if it is still there.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<PushRow>, StoreError> {
    one!(tx, "SELECT * FROM push_subscription WHERE id = $1", id)
}

/// Those of the order's device, and of its contact.
pub async fn of_order(tx: &mut Tx, order: i64, now: At, most: i64) -> Result<Vec<PushRow>, StoreError> {
    all!(
        tx,
        "SELECT s.* FROM push_subscription s JOIN pay_order o ON o.id = $1
            AND ((s.device = o.device AND o.device <> '') OR (s.contact = o.contact AND o.contact <> ''))
         WHERE s.expires_at > $2 ORDER BY s.created_at DESC, s.id DESC LIMIT $3",
        order,
        now,
        most,
    )
}

/// Nobody is there any more.
pub async fn remove(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM push_subscription WHERE id = $1", id)?;
    Ok(())
}

/// The driver does not want to be told on this device any more.
pub async fn forget(tx: &mut Tx, device: &str, endpoint: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM push_subscription WHERE device = $1 AND endpoint = $2";
    run!(tx, sql, clean(device), clean(endpoint))?;
    Ok(())
}
