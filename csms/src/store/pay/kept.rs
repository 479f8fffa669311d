//! Whose a payment is: by the contact that a driver has shown to be, by a method that was left with a provider, by the
//! payer's own account at a wallet.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::mandates::MandateRow;
use super::super::query::{all, one, value};
use super::drivers::DriverRow;

/// The driver of this contact, the oldest of several; e-mail addresses compare in lower case.
pub async fn driver(tx: &mut Tx, contact: &str) -> Result<Option<DriverRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM driver WHERE $1 <> '' AND (email = $1 OR phone = $1) ORDER BY id LIMIT 1",
        clean(contact)
    )
}

/// What can be debited of all drivers of this contact, newest first.
pub async fn of_contact(tx: &mut Tx, contact: &str) -> Result<Vec<MandateRow>, StoreError> {
    all!(
        tx,
        "SELECT m.* FROM mandate m JOIN driver d ON d.id = m.driver_id
         WHERE $1 <> '' AND (d.email = $1 OR d.phone = $1) AND m.state = 'active' ORDER BY m.id DESC LIMIT 10",
        clean(contact)
    )
}

/// The mandate that names this method, if it can be debited.
pub async fn by_method(
    tx: &mut Tx,
    account: &str,
    customer: &str,
    instrument: &str,
) -> Result<Option<MandateRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM mandate WHERE account = $1 AND customer = $2 AND instrument = $3 AND state = 'active'
         ORDER BY id DESC LIMIT 1",
        clean(account),
        clean(customer),
        clean(instrument),
    )
}

/// The driver of the newest session that this payer has paid at a merchant account. A bill, what is left of one, or a balance
/// may be paid for somebody else, and who only looks at the page has paid nothing.
pub async fn of_payer(tx: &mut Tx, account: &str, payer: &str) -> Result<Option<i64>, StoreError> {
    value!(
        tx,
        "SELECT o.driver_id FROM pay_attempt a JOIN pay_order o ON o.id = a.order_id
         WHERE a.account = $1 AND a.payer = $2 AND a.payer <> '' AND o.purpose = 'session' AND o.driver_id IS NOT NULL
            AND NOT a.extra AND (a.taken_minor > 0 OR a.held_minor > 0 OR a.state = 'released')
            AND NOT EXISTS (SELECT 1 FROM pay_attempt p WHERE p.order_id = o.id AND p.id < a.id
                AND NOT p.extra AND (p.taken_minor > 0 OR p.held_minor > 0 OR p.state = 'released'))
         ORDER BY a.id DESC LIMIT 1",
        clean(account),
        clean(payer),
    )
}

/// What providers have told of a mandate's method: with the payment that left it, and when it was debited since; newest
/// first, as they are stored with the attempts.
pub async fn instruments(tx: &mut Tx, mandate: &MandateRow) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT a.instrument FROM pay_order o JOIN pay_attempt a ON a.order_id = o.id
         WHERE o.driver_id = $1 AND a.account = $2 AND a.instrument <> ''
            AND (a.order_id = $3 OR (a.method = 'on_file' AND a.created_at >= $4))
         ORDER BY a.id DESC LIMIT 20",
        mandate.driver_id,
        &*mandate.account,
        mandate.order_id.unwrap_or_default(),
        mandate.created_at,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
