//! Orders by the thousand for tests: paid, some of them partly given back, with their effects.

use super::super::db::{Tx, on};
use super::super::error::StoreError;
use chrono::{DateTime, Utc};

/// A payment that is in our books, and a refund of it.
#[derive(Debug, Clone)]
pub struct Paid {
    /// Of order and attempt; the refund's is a million millions more.
    pub id: i64,
    pub number: String,
    pub account: &'static str,
    pub site: Option<i64>,
    pub currency: &'static str,
    pub minor: i64,
    /// `None`: the attempt was made and never paid.
    pub taken_at: Option<DateTime<Utc>>,
    /// Given back: how much, its number, when.
    pub returned: Option<(i64, String, DateTime<Utc>)>,
}

/// What a refund's id is more than its attempt's.
pub const REFUND: i64 = 1_000_000_000_000;
/// Rows of one INSERT.
const TOGETHER: usize = 500;

/// Adds them all.
pub async fn add(tx: &mut Tx, all: &[Paid], at: DateTime<Utc>) -> Result<(), StoreError> {
    for rows in all.chunks(TOGETHER) {
        on!(tx, c => {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO pay_order (id, number, purpose, mode, state, version, page_key, site_id, currency,
                    amount_minor, due_minor, taken_minor, expires_at, created_at, changed_at) ",
            );
            insert.push_values(rows, |mut row, paid| {
                let taken = if paid.taken_at.is_some() { paid.minor } else { 0 };
                row.push_bind(paid.id)
                    .push_bind(format!("O{}", paid.number))
                    .push_bind("session")
                    .push_bind("prepay")
                    .push_bind(if taken > 0 { "captured" } else { "pending" })
                    .push_bind(1_i64)
                    .push_bind(format!("page-{}", paid.number))
                    .push_bind(paid.site)
                    .push_bind(paid.currency)
                    .push_bind(paid.minor)
                    .push_bind(Some(taken))
                    .push_bind(taken)
                    .push_bind(at)
                    .push_bind(at)
                    .push_bind(at);
            });
            insert.build().execute(&mut *c).await?;
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO pay_attempt (id, order_id, number, account, wallet, method, state, body, currency, amount_minor,
                    taken_minor, created_at, changed_at) ",
            );
            insert.push_values(rows, |mut row, paid| {
                let taken = paid.taken_at.is_some();
                row.push_bind(paid.id)
                    .push_bind(paid.id)
                    .push_bind(&*paid.number)
                    .push_bind(paid.account)
                    .push_bind("wechat")
                    .push_bind("code")
                    .push_bind(if taken { "taken" } else { "open" })
                    .push_bind("{}")
                    .push_bind(paid.currency)
                    .push_bind(paid.minor)
                    .push_bind(if taken { paid.minor } else { 0 })
                    .push_bind(at)
                    .push_bind(at);
            });
            insert.build().execute(&mut *c).await?;
            let returned: Vec<_> = rows.iter().filter_map(|paid| Some((paid, paid.returned.as_ref()?))).collect();
            if !returned.is_empty() {
                let mut insert = sqlx::QueryBuilder::new(
                    "INSERT INTO pay_refund (id, order_id, attempt_id, number, kind, currency, amount_minor, state,
                        due_at, done_at, created_at, changed_at) ",
                );
                insert.push_values(&returned, |mut row, (paid, (minor, number, done))| {
                    row.push_bind(paid.id + REFUND)
                        .push_bind(paid.id)
                        .push_bind(paid.id)
                        .push_bind(number)
                        .push_bind("rest")
                        .push_bind(paid.currency)
                        .push_bind(*minor)
                        .push_bind("done")
                        .push_bind(at)
                        .push_bind(*done)
                        .push_bind(at)
                        .push_bind(at);
                });
                insert.build().execute(&mut *c).await?;
            }
            let taken = rows.iter().filter_map(|paid| Some((paid.id, format!("taken:{}", paid.id), paid.taken_at?)));
            let back = returned.iter().map(|(paid, (_, _, at))| (paid.id, format!("returned:{}", paid.id + REFUND), *at));
            let effects: Vec<_> = taken.chain(back).collect();
            if !effects.is_empty() {
                let mut insert = sqlx::QueryBuilder::new("INSERT INTO pay_effect (order_id, effect, at) ");
                insert.push_values(&effects, |mut row, (order, effect, at)| {
                    row.push_bind(*order).push_bind(effect).push_bind(*at);
                });
                insert.build().execute(&mut *c).await?;
            }
            Ok::<(), sqlx::Error>(())
        })?;
    }
    Ok(())
}
