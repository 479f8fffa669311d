//! Benefits: what is taken off the tariff of some sessions. Memberships, personal vouchers, promotions of a site.

use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run};
use super::tariffs::{Change, shown};
use chrono::{DateTime, Utc};
use serde_json::json;

type At = DateTime<Utc>;

/// A row of `benefit`. Nothing said means at every site, to anyone, always.
#[derive(Debug, Clone, PartialEq, Default, sqlx::FromRow)]
pub struct BenefitRow {
    /// Given by [`add`]; several that hold at once are taken off in the order of it.
    pub id: i64,
    /// [`tariffs::Discount`] as JSON.
    pub body: String,
    /// ISO 4217: tariffs in another currency do not get it. Empty: whatever the tariff's.
    pub currency: String,
    pub site_id: Option<i64>,
    /// As compared: upper case. Not together with an identifier.
    pub group_uid: Option<String>,
    pub token_uid: Option<String>,
    /// What `token_uid` is, e.g. `ISO14443`.
    pub token_kind: String,
    /// For sessions that start at or after this …
    pub valid_from: Option<At>,
    /// … and before this.
    pub valid_to: Option<At>,
    pub created_at: At,
}

impl BenefitRow {
    fn told(&self) -> serde_json::Value {
        let discount = serde_json::from_str::<serde_json::Value>(&self.body).unwrap_or_default();
        json!({
            "benefit": self.id, "discount": discount, "currency": self.currency, "site": self.site_id,
            "group": self.group_uid, "token": shown(self.token_uid.as_deref(), &self.token_kind),
            "valid_from": self.valid_from, "valid_to": self.valid_to,
        })
    }
}

/// Adds a benefit and gives it its number.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such site.
pub async fn add(tx: &mut Tx, new: &BenefitRow, change: &Change<'_>) -> Result<i64, StoreError> {
    let new = BenefitRow { id: counter::take(tx, "benefit", 1).await?, ..new.clone() };
    run!(
        tx,
        "INSERT INTO benefit (id, body, currency, site_id, group_uid, token_uid, token_kind, valid_from, valid_to,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        &*new.body,
        &*new.currency,
        new.site_id,
        new.group_uid.as_deref(),
        new.token_uid.as_deref(),
        &*new.token_kind,
        new.valid_from,
        new.valid_to,
        new.created_at,
    )?;
    change.record(tx, "discount.added", new.told()).await?;
    Ok(new.id)
}

/// Ends a benefit now; one that has not begun is removed. `None` if there is none, or it has ended.
pub async fn end(tx: &mut Tx, id: i64, change: &Change<'_>) -> Result<Option<BenefitRow>, StoreError> {
    let Some(row) = find(tx, id).await?.filter(|row| row.valid_to.is_none_or(|to| to > change.at)) else {
        return Ok(None);
    };
    if row.valid_from.is_some_and(|from| from >= change.at) {
        run!(tx, "DELETE FROM benefit WHERE id = $1", id)?;
    } else {
        run!(tx, "UPDATE benefit SET valid_to = $2 WHERE id = $1", id, change.at)?;
    }
    let row = BenefitRow { valid_to: Some(change.at), ..row };
    change.record(tx, "discount.ended", row.told()).await?;
    Ok(Some(row))
}

/// The benefit, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<BenefitRow>, StoreError> {
    one!(tx, "SELECT * FROM benefit WHERE id = $1", id)
}

/// A page of benefits in the order they were made, those after `after`; without those that have ended by `until`.
pub async fn list(
    tx: &mut Tx,
    until: Option<At>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<BenefitRow>, StoreError> {
    Select::new("SELECT * FROM benefit")
        .and_if("(valid_to IS NULL OR valid_to > ?)", until)
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}
