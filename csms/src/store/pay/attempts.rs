//! Attempts: one order at one account of one provider.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};
use payments::Amount;

type At = DateTime<Utc>;

/// Attempts of one order at most.
pub const PER_ORDER_MAX: usize = 20;

/// A row of `pay_attempt`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct AttemptRow {
    pub id: i64,
    pub order_id: i64,
    pub number: String,
    pub account: String,
    pub wallet: String,
    pub method: String,
    pub state: String,
    pub extra: bool,
    pub body: String,
    pub next: String,
    pub reference: String,
    pub charge: String,
    pub instrument: String,
    pub payer: String,
    pub currency: String,
    pub amount_minor: i64,
    pub held_minor: i64,
    pub taken_minor: i64,
    pub returned_minor: i64,
    pub asked: String,
    pub asked_minor: i64,
    pub raise_minor: i64,
    pub can_raise: bool,
    pub holds_until: Option<At>,
    pub refusal: String,
    pub route: String,
    pub created_at: At,
    pub changed_at: At,
}

impl AttemptRow {
    /// A new one, of which nobody has said anything; `of`: account, wallet and method.
    pub fn new(id: i64, order: i64, number: String, of: [&str; 3], amount: Amount, now: At) -> AttemptRow {
        let [account, wallet, method] = of.map(str::to_owned);
        AttemptRow {
            id,
            order_id: order,
            number,
            account,
            wallet,
            method,
            state: "new".to_owned(),
            extra: false,
            body: String::new(),
            next: String::new(),
            reference: String::new(),
            charge: String::new(),
            instrument: String::new(),
            payer: String::new(),
            currency: amount.currency.code().to_owned(),
            amount_minor: amount.minor,
            held_minor: 0,
            taken_minor: 0,
            returned_minor: 0,
            asked: String::new(),
            asked_minor: 0,
            raise_minor: 0,
            can_raise: false,
            holds_until: None,
            refusal: String::new(),
            route: String::new(),
            created_at: now,
            changed_at: now,
        }
    }
}

/// Adds an attempt.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the order has one already that can be paid.
pub async fn create(tx: &mut Tx, attempt: &AttemptRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO pay_attempt (id, order_id, number, account, wallet, method, state, body, payer, currency,
            amount_minor, can_raise, route, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        attempt.id,
        attempt.order_id,
        &*attempt.number,
        &*attempt.account,
        &*attempt.wallet,
        &*attempt.method,
        &*attempt.state,
        clean(&attempt.body),
        clean(&attempt.payer),
        &*attempt.currency,
        attempt.amount_minor,
        attempt.can_raise,
        clean(&attempt.route),
        attempt.created_at,
        attempt.changed_at,
    )?;
    Ok(())
}

/// Keeps what has changed. The order's row must be locked.
pub async fn update(tx: &mut Tx, attempt: &AttemptRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE pay_attempt SET state = $2, extra = $3, next = $4, reference = $5, charge = $6, instrument = $7,
            payer = $8, held_minor = $9, taken_minor = $10, returned_minor = $11, asked = $12, asked_minor = $13,
            raise_minor = $14, can_raise = $15, holds_until = $16, refusal = $17, changed_at = $18
         WHERE id = $1",
        attempt.id,
        &*attempt.state,
        attempt.extra,
        clean(&attempt.next),
        clean(&attempt.reference),
        clean(&attempt.charge),
        clean(&attempt.instrument),
        clean(&attempt.payer),
        attempt.held_minor,
        attempt.taken_minor,
        attempt.returned_minor,
        &*attempt.asked,
        attempt.asked_minor,
        attempt.raise_minor,
        attempt.can_raise,
        attempt.holds_until,
        clean(&attempt.refusal),
        attempt.changed_at,
    )?;
    Ok(())
}

/// The attempt, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<AttemptRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_attempt WHERE id = $1", id)
}

/// The attempt with our number, at whatever account.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<AttemptRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_attempt WHERE number = $1", clean(number))
}

/// The attempt whose money the provider of this account numbers so; the newest.
pub async fn by_charge(tx: &mut Tx, account: &str, charge: &str) -> Result<Option<AttemptRow>, StoreError> {
    let sql = "SELECT * FROM pay_attempt WHERE account = $1 AND charge = $2 AND charge <> '' ORDER BY id DESC LIMIT 1";
    one!(tx, sql, account, clean(charge))
}

/// The attempt that a payment belongs to, by either of the names that its provider has for it.
pub async fn by_payment(tx: &mut Tx, account: &str, name: &str) -> Result<Option<AttemptRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM pay_attempt WHERE account = $1 AND charge = $2 AND charge <> ''
         UNION ALL SELECT * FROM pay_attempt WHERE account = $1 AND reference = $2 AND reference <> '' LIMIT 1",
        account,
        clean(name),
    )
}

/// The attempts of an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<AttemptRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_attempt WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}
