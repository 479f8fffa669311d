//! What our books say was taken or given back: made of effects, page by page, so that no transaction lasts long.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `clearing_item`, as far as it is held against lines.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ItemRow {
    pub kind: String,
    pub ref_id: i64,
    pub number: String,
    pub order_id: i64,
    pub currency: String,
    pub amount_minor: i64,
    pub at: At,
    /// Of the item; of an attempt or a refund that is not done, its own.
    pub state: String,
}

/// An effect as they are gone through: when, of which order, which.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Place {
    pub at: At,
    pub order_id: i64,
    pub effect: String,
}

/// A day of a zone, and its bounds.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    pub zone: &'a str,
    /// The zone of orders without a site.
    pub usual: &'a str,
    pub day: &'a str,
    pub from: At,
    pub to: At,
}

/// The last effect of the next page of so many after `after`; `None` if there are none.
pub async fn page_end(
    tx: &mut Tx,
    span: &Span<'_>,
    after: &Place,
    rows: i64,
) -> Result<Option<Place>, StoreError> {
    one!(
        tx,
        "SELECT at, order_id, effect FROM
            (SELECT at, order_id, effect FROM pay_effect
             WHERE (at, order_id, effect) > ($1, $2, $3) AND at >= $4 AND at < $5
             ORDER BY at, order_id, effect LIMIT $6) AS page
         ORDER BY at DESC, order_id DESC, effect DESC LIMIT 1",
        after.at,
        after.order_id,
        &*after.effect,
        span.from,
        span.to,
        rows,
    )
}

/// Makes items of the effects of a page that belong to the zone. One that is there keeps what was found about it.
/// Gives how many are new.
pub async fn make(tx: &mut Tx, span: &Span<'_>, after: &Place, last: &Place) -> Result<u64, StoreError> {
    let mut made = 0;
    for (kind, sql) in [("payment", PAYMENTS), ("refund", REFUNDS)] {
        made += run!(
            tx,
            sql,
            kind,
            span.zone,
            span.day,
            span.usual,
            after.at,
            after.order_id,
            &*after.effect,
            last.at,
            last.order_id,
            &*last.effect,
        )?;
    }
    Ok(made)
}

const PAYMENTS: &str = "INSERT INTO clearing_item (kind, ref_id, account, number, order_id, site_id, zone, day, currency,
        amount_minor, at, state)
    SELECT $1, a.id, a.account, a.number, a.order_id, COALESCE(o.site_id, 0), $2, $3, a.currency, a.taken_minor, e.at,
        'open'
    FROM pay_effect e
        JOIN pay_order o ON o.id = e.order_id
        JOIN pay_attempt a ON a.order_id = e.order_id AND e.effect = 'taken:' || a.id
        LEFT JOIN site s ON s.id = o.site_id
    WHERE (e.at, e.order_id, e.effect) > ($5, $6, $7) AND (e.at, e.order_id, e.effect) <= ($8, $9, $10)
        AND COALESCE(s.time_zone, $4) = $2 AND a.account <> '' AND a.taken_minor > 0
    ON CONFLICT (kind, ref_id) DO NOTHING";

const REFUNDS: &str = "INSERT INTO clearing_item (kind, ref_id, account, number, order_id, site_id, zone, day, currency,
        amount_minor, at, state)
    SELECT $1, r.id, a.account, r.number, r.order_id, COALESCE(o.site_id, 0), $2, $3, r.currency, r.amount_minor, e.at,
        'open'
    FROM pay_effect e
        JOIN pay_order o ON o.id = e.order_id
        JOIN pay_refund r ON r.order_id = e.order_id AND e.effect = 'returned:' || r.id
        JOIN pay_attempt a ON a.id = r.attempt_id
        LEFT JOIN site s ON s.id = o.site_id
    WHERE (e.at, e.order_id, e.effect) > ($5, $6, $7) AND (e.at, e.order_id, e.effect) <= ($8, $9, $10)
        AND COALESCE(s.time_zone, $4) = $2 AND a.account <> ''
    ON CONFLICT (kind, ref_id) DO NOTHING";

/// The zones that sites are in, beside the usual one, with the day of nothing before: (zone, first effect).
pub async fn zones(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(tx, "SELECT DISTINCT time_zone FROM site ORDER BY time_zone LIMIT 1000")?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// When the first thing happened that there is to settle.
pub async fn first_effect(tx: &mut Tx) -> Result<Option<At>, StoreError> {
    let row: Option<(At,)> = one!(tx, "SELECT at FROM pay_effect ORDER BY at LIMIT 1")?;
    Ok(row.map(|row| row.0))
}

/// A page of an account's open items, sorted as lines are.
pub async fn open(
    tx: &mut Tx,
    account: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<ItemRow>, StoreError> {
    all!(
        tx,
        "SELECT kind, ref_id, number, order_id, currency, amount_minor, at, state FROM clearing_item
         WHERE account = $1 AND state = 'open' AND (kind, number) > ($2, $3) ORDER BY kind, number LIMIT $4",
        account,
        after.0,
        after.1,
        limit,
    )
}

/// A page of attempts that open lines speak of and that have not been paid in our books, sorted by number.
pub async fn attempts_not_done(
    tx: &mut Tx,
    account: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<ItemRow>, StoreError> {
    all!(
        tx,
        "SELECT DISTINCT l.kind, a.id AS ref_id, l.number, a.order_id, a.currency, a.amount_minor, a.created_at AS at,
            a.state
         FROM clearing_line l JOIN pay_attempt a ON a.number = l.number
         WHERE l.account = $1 AND l.state = 'open' AND l.kind = 'payment' AND l.number > $2 AND a.account = $1
            AND a.taken_minor = 0
         ORDER BY l.kind, l.number LIMIT $3",
        account,
        after,
        limit,
    )
}

/// The same of refunds.
pub async fn refunds_not_done(
    tx: &mut Tx,
    account: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<ItemRow>, StoreError> {
    all!(
        tx,
        "SELECT DISTINCT l.kind, r.id AS ref_id, l.number, r.order_id, r.currency, r.amount_minor, r.created_at AS at,
            r.state
         FROM clearing_line l JOIN pay_refund r ON r.number = l.number
         WHERE l.account = $1 AND l.state = 'open' AND l.kind = 'refund' AND l.number > $2 AND r.state <> 'done'
         ORDER BY l.kind, l.number LIMIT $3",
        account,
        after,
        limit,
    )
}

/// What has become of the item of this number.
pub async fn state(
    tx: &mut Tx,
    account: &str,
    kind: &str,
    number: &str,
) -> Result<Option<ItemRow>, StoreError> {
    one!(
        tx,
        "SELECT kind, ref_id, number, order_id, currency, amount_minor, at, state FROM clearing_item
         WHERE account = $1 AND number = $2 AND kind = $3",
        account,
        number,
        kind,
    )
}

/// Puts items of a kind into a state: open ones, and those of cases into `open`.
pub async fn put(tx: &mut Tx, kind: &str, state: &str, ids: &[i64]) -> Result<u64, StoreError> {
    let sql = match (kind, state) {
        ("payment", "matched" | "case") => {
            "UPDATE clearing_item SET state = $1 WHERE kind = 'payment' AND state = 'open' AND ref_id IN ({ids})"
        }
        ("refund", "matched" | "case") => {
            "UPDATE clearing_item SET state = $1 WHERE kind = 'refund' AND state = 'open' AND ref_id IN ({ids})"
        }
        ("payment", _) => {
            "UPDATE clearing_item SET state = $1 WHERE kind = 'payment' AND state = 'case' AND ref_id IN ({ids})"
        }
        _ => {
            "UPDATE clearing_item SET state = $1 WHERE kind = 'refund' AND state = 'case' AND ref_id IN ({ids})"
        }
    };
    super::for_ids(tx, sql, state, ids).await
}

/// What a zone's day came to, for each site, account and currency.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Sum {
    pub site_id: i64,
    pub account: String,
    pub currency: String,
    pub paid: i64,
    pub paid_minor: i64,
    pub returned: i64,
    pub returned_minor: i64,
}

/// The sums of a zone's day, a page of them after a site, account and currency.
pub async fn sums(tx: &mut Tx, zone: &str, day: &str) -> Result<Vec<Sum>, StoreError> {
    all!(
        tx,
        "SELECT site_id, account, currency,
            CAST(SUM(CASE WHEN kind = 'payment' THEN 1 ELSE 0 END) AS BIGINT) AS paid,
            CAST(SUM(CASE WHEN kind = 'payment' THEN amount_minor ELSE 0 END) AS BIGINT) AS paid_minor,
            CAST(SUM(CASE WHEN kind = 'refund' THEN 1 ELSE 0 END) AS BIGINT) AS returned,
            CAST(SUM(CASE WHEN kind = 'refund' THEN amount_minor ELSE 0 END) AS BIGINT) AS returned_minor
         FROM clearing_item WHERE zone = $1 AND day = $2
         GROUP BY site_id, account, currency ORDER BY site_id, account, currency LIMIT 100000",
        zone,
        day,
    )
}
