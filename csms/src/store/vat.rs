//! What registers of VAT numbers have said, for as long as it is believed.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `vat_number`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct VatRow {
    pub number: String,
    pub valid: bool,
    pub name: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
    pub checked_at: At,
    pub good_until: At,
}

/// What is believed of a number at this instant.
pub async fn find(tx: &mut Tx, number: &str, now: At) -> Result<Option<VatRow>, StoreError> {
    one!(tx, "SELECT * FROM vat_number WHERE number = $1 AND good_until > $2", number, now)
}

/// Keeps it in the place of what was said before; what is not believed any more is forgotten.
pub async fn keep(tx: &mut Tx, row: &VatRow) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM vat_number WHERE number = $1 OR good_until <= $2", &*row.number, row.checked_at)?;
    run!(
        tx,
        "INSERT INTO vat_number (number, valid, name, address1, address2, city, postal_code, country, checked_at,
            good_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (number) DO UPDATE SET valid = excluded.valid, name = excluded.name,
            address1 = excluded.address1, address2 = excluded.address2, city = excluded.city,
            postal_code = excluded.postal_code, country = excluded.country, checked_at = excluded.checked_at,
            good_until = excluded.good_until",
        &*row.number,
        row.valid,
        clean(&row.name),
        clean(&row.address1),
        clean(&row.address2),
        clean(&row.city),
        clean(&row.postal_code),
        clean(&row.country),
        row.checked_at,
        row.good_until,
    )?;
    Ok(())
}

/// A page of what is believed at this instant, by number, those after `after`.
pub async fn page(
    tx: &mut Tx,
    valid: Option<bool>,
    now: At,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<VatRow>, StoreError> {
    let select = Select::new("SELECT * FROM vat_number")
        .and("good_until > ?", [now.into()])
        .and_if("number > ?", after);
    let select = match valid {
        Some(true) => select.and("valid", []),
        Some(false) => select.and("NOT valid", []),
        None => select,
    };
    select.page(tx, "number", limit).await
}
