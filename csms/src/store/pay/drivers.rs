//! Drivers: who pays, as far as is known.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{one, run};
use chrono::{DateTime, Utc};

/// A row of `driver`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DriverRow {
    pub id: i64,
    pub email: String,
    pub phone: String,
    pub language: String,
    pub token_uid: String,
    pub standing: String,
    pub created_at: DateTime<Utc>,
}

/// Adds a driver.
pub async fn create(tx: &mut Tx, driver: &DriverRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO driver (id, email, phone, language, token_uid, standing, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        driver.id,
        clean(&driver.email),
        clean(&driver.phone),
        clean(&driver.language),
        clean(&driver.token_uid),
        &*driver.standing,
        driver.created_at,
    )?;
    Ok(())
}

/// The driver, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<DriverRow>, StoreError> {
    one!(tx, "SELECT * FROM driver WHERE id = $1", id)
}

/// The driver with this e-mail address (as compared: lower case), the oldest of several.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<DriverRow>, StoreError> {
    one!(tx, "SELECT * FROM driver WHERE email = $1 AND email <> '' ORDER BY id LIMIT 1", clean(email))
}
