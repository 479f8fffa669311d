//! Named values of the installation: keys, marks of what has been done.

use super::db::Tx;
use super::error::StoreError;
use super::query::{run, value};

/// The value, if it is set.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT value FROM setting WHERE name = $1", name)
}

/// Sets the value.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )?;
    Ok(())
}

/// Sets the value unless there is one, and says which one holds: two processes that start at once agree on it.
pub async fn set_if_absent(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    run!(tx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)?;
    Ok(get(tx, name).await?.unwrap_or_else(|| value.to_owned()))
}
