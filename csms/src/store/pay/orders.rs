//! Orders: what shall be paid.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, containing, one, run, value};
use super::super::{clean, row::SessionRow};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{Mode, State},
};

type At = DateTime<Utc>;

/// A row of `pay_order`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct OrderRow {
    pub id: i64,
    pub number: String,
    pub purpose: String,
    pub mode: String,
    pub state: String,
    pub version: i64,
    pub page_key: String,
    pub station_id: String,
    pub evse: i64,
    pub site_id: Option<i64>,
    pub driver_id: Option<i64>,
    pub token_uid: String,
    pub session_id: Option<i64>,
    pub bill_revision: i64,
    pub tariff_hash: String,
    pub currency: String,
    pub amount_minor: i64,
    pub due_minor: Option<i64>,
    pub held_minor: i64,
    pub taken_minor: i64,
    pub returned_minor: i64,
    pub written_off_minor: i64,
    pub device: String,
    pub address: String,
    pub agent: String,
    pub language: String,
    pub contact: String,
    pub why: String,
    pub expires_at: At,
    pub start_by: Option<At>,
    pub stop_asked_at: Option<At>,
    pub settled_at: Option<At>,
    pub created_at: At,
    pub changed_at: At,
}

impl OrderRow {
    /// A new one, of which nothing is known but what it is for: no place, no driver, no price. `page_key`: asked again with
    /// the same, it is the same order.
    pub fn new(
        (id, number): (i64, String),
        page_key: String,
        (purpose, mode): (&str, Mode),
        amount: Amount,
        (now, expires_at): (At, At),
    ) -> OrderRow {
        OrderRow {
            id,
            number,
            purpose: purpose.to_owned(),
            mode: mode.word().to_owned(),
            state: State::Created.word().to_owned(),
            version: 1,
            page_key,
            station_id: String::new(),
            evse: 0,
            site_id: None,
            driver_id: None,
            token_uid: String::new(),
            session_id: None,
            bill_revision: -1,
            tariff_hash: String::new(),
            currency: amount.currency.code().to_owned(),
            amount_minor: amount.minor,
            due_minor: None,
            held_minor: 0,
            taken_minor: 0,
            returned_minor: 0,
            written_off_minor: 0,
            device: String::new(),
            address: String::new(),
            agent: String::new(),
            language: String::new(),
            contact: String::new(),
            why: String::new(),
            expires_at,
            start_by: None,
            stop_asked_at: None,
            settled_at: None,
            created_at: now,
            changed_at: now,
        }
    }
}

/// States that something may still happen to by itself, as in the index `pay_order_at_work`.
const AT_WORK: &str = "state IN ('created', 'pending', 'authorized', 'charging', 'settling')";

/// States in which the money is where it belongs, as [`State::is_settled`] has them.
const SETTLED: &str = "state IN ('captured', 'released', 'partly_refunded', 'refunded', 'owing')";

/// Which orders to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A number of the order or of an attempt (whole), a contact, or a part of the station's identity.
    pub text: String,
    pub state: Option<String>,
    pub station: Option<String>,
    pub site: Option<i64>,
    pub driver: Option<i64>,
    pub session: Option<i64>,
    /// Tried at this account.
    pub account: Option<String>,
    /// Made at this instant or later.
    pub from: Option<At>,
    /// Made before this instant.
    pub to: Option<At>,
}

impl Filter {
    fn select(&self, head: &str) -> Select {
        let mut select = Select::new(head)
            .and_if("state = ?", self.state.as_deref())
            .and_if("station_id = ?", self.station.as_deref())
            .and_if("site_id = ?", self.site)
            .and_if("driver_id = ?", self.driver)
            .and_if("session_id = ?", self.session)
            .and_if("created_at >= ?", self.from)
            .and_if("created_at < ?", self.to)
            .and_if(
                "id IN (SELECT a.order_id FROM pay_attempt a WHERE a.account = ?)",
                self.account.as_deref(),
            );
        let text = self.text.trim();
        if !text.is_empty() {
            select = select.and(
                "(number = ? OR contact = ? OR LOWER(station_id) LIKE ? ESCAPE '!'
                  OR id IN (SELECT a.order_id FROM pay_attempt a WHERE a.number = ? OR a.reference = ? OR a.charge = ?)
                  OR id IN (SELECT r.order_id FROM pay_refund r WHERE r.number = ?))",
                [
                    text.into(),
                    text.into(),
                    containing(text),
                    text.into(),
                    text.into(),
                    text.into(),
                    text.into(),
                ],
            );
        }
        select
    }
}

/// Adds an order. False if this page has asked for one already.
pub async fn create(tx: &mut Tx, order: &OrderRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO pay_order (id, number, purpose, mode, state, version, page_key, station_id, evse, site_id,
            driver_id, token_uid, tariff_hash, currency, amount_minor, due_minor, device, address, agent, language,
            contact, expires_at, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, $23, $24) ON CONFLICT (page_key) DO NOTHING",
        order.id,
        &*order.number,
        &*order.purpose,
        &*order.mode,
        &*order.state,
        order.version,
        clean(&order.page_key),
        &*order.station_id,
        order.evse,
        order.site_id,
        order.driver_id,
        &*order.token_uid,
        &*order.tariff_hash,
        &*order.currency,
        order.amount_minor,
        order.due_minor,
        clean(&order.device),
        clean(&order.address),
        &*order.agent,
        clean(&order.language),
        clean(&order.contact),
        order.expires_at,
        order.created_at,
        order.changed_at,
    )?;
    Ok(added > 0)
}

/// Keeps what has changed; number, purpose, page, place, price and origin stay. The row must be locked.
pub async fn update(tx: &mut Tx, order: &OrderRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE pay_order SET mode = $2, state = $3, version = $4, driver_id = $5, token_uid = $6, session_id = $7,
            bill_revision = $8, amount_minor = $9, due_minor = $10, held_minor = $11, taken_minor = $12,
            returned_minor = $13, contact = $14, why = $15, start_by = $16, stop_asked_at = $17, settled_at = $18,
            changed_at = $19, agent = $20, written_off_minor = $21 WHERE id = $1",
        order.id,
        &*order.mode,
        &*order.state,
        order.version,
        order.driver_id,
        &*order.token_uid,
        order.session_id,
        order.bill_revision,
        order.amount_minor,
        order.due_minor,
        order.held_minor,
        order.taken_minor,
        order.returned_minor,
        clean(&order.contact),
        &*order.why,
        order.start_by,
        order.stop_asked_at,
        order.settled_at,
        order.changed_at,
        &*order.agent,
        order.written_off_minor,
    )?;
    Ok(())
}

/// The order, and nobody else changes it until this transaction ends.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "UPDATE pay_order SET version = version WHERE id = $1 RETURNING *", id)
}

/// The order, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_order WHERE id = $1", id)
}

/// The order with this number.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_order WHERE number = $1", clean(number))
}

/// The order that this page has asked for.
pub async fn by_page(tx: &mut Tx, page_key: &str) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_order WHERE page_key = $1", clean(page_key))
}

/// The newest order whose session this is.
pub async fn by_session(tx: &mut Tx, session: i64) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_order WHERE session_id = $1 ORDER BY id DESC LIMIT 1", session)
}

/// A page of orders, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<OrderRow>, StoreError> {
    filter.select("SELECT * FROM pay_order").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// How many orders have which state and why, in all.
pub async fn counts(tx: &mut Tx, since: At) -> Result<Vec<(String, i64)>, StoreError> {
    let sql =
        "SELECT state, COUNT(*) FROM pay_order WHERE created_at >= $1 GROUP BY state ORDER BY state LIMIT 50";
    all!(tx, sql, since)
}

/// A page of orders that something may still happen to, those after `after`: their ids and stations.
pub async fn at_work(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let sql =
        format!("SELECT id, station_id FROM pay_order WHERE {AT_WORK} AND id > $1 ORDER BY id LIMIT $2");
    all!(tx, super::super::db::text(sql), after, limit)
}

/// The orders of a station that something may still happen to, oldest first.
pub async fn at_work_at(tx: &mut Tx, station: &str) -> Result<Vec<i64>, StoreError> {
    let sql = format!("SELECT id FROM pay_order WHERE {AT_WORK} AND station_id = $1 ORDER BY id LIMIT 200");
    let rows: Vec<(i64,)> = all!(tx, super::super::db::text(sql), clean(station))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Orders that were settled without a session and have one by now, of the sessions since `floor`.
pub async fn begun_late(tx: &mut Tx, floor: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT o.id FROM session s JOIN pay_order o ON o.token_uid = s.token_uid AND o.station_id = s.station_id
         WHERE s.id >= $1 AND o.token_uid <> '' AND o.session_id IS NULL AND o.mode IN ('hold', 'prepay')
            AND o.{SETTLED} ORDER BY o.id LIMIT $2"
    );
    let rows: Vec<(i64,)> = all!(tx, super::super::db::text(sql), floor, limit)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Orders that are settled while their session goes on: their ids and stations, oldest first. The sign keeps databases
/// from reading all orders in the order of their ids: open sessions are few.
pub async fn settled_and_running(tx: &mut Tx, limit: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = format!(
        "SELECT id, station_id FROM pay_order WHERE {SETTLED}
            AND session_id IN (SELECT s.id FROM session s WHERE s.state = 'open') ORDER BY +id LIMIT $1"
    );
    all!(tx, super::super::db::text(sql), limit)
}

/// The same at a station.
pub async fn settled_and_running_at(tx: &mut Tx, station: &str) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT id FROM pay_order WHERE {SETTLED}
            AND session_id IN (SELECT s.id FROM session s WHERE s.state = 'open' AND s.station_id = $1)
         ORDER BY +id LIMIT 200"
    );
    let rows: Vec<(i64,)> = all!(tx, super::super::db::text(sql), clean(station))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Another order at the place that has been paid and whose session is to begin or runs.
pub async fn occupant(tx: &mut Tx, station: &str, evse: i64, but: i64) -> Result<Option<i64>, StoreError> {
    value!(
        tx,
        "SELECT id FROM pay_order WHERE station_id = $1 AND evse = $2 AND id <> $3
            AND state IN ('authorized', 'charging') ORDER BY id LIMIT 1",
        clean(station),
        evse,
        but,
    )
}

/// The price under which somebody paid for a session at a station that begins with this identifier, by its hash.
pub async fn price_of(tx: &mut Tx, station: &str, token_uid: &str) -> Result<Option<String>, StoreError> {
    value!(
        tx,
        "SELECT tariff_hash FROM pay_order WHERE token_uid = $1 AND token_uid <> '' AND station_id = $2
            AND mode IN ('hold', 'prepay') AND start_by IS NOT NULL AND tariff_hash <> '' ORDER BY id LIMIT 1",
        clean(token_uid),
        clean(station),
    )
}

/// The newest order at a place, of those since `floor`, whose payment was settled after `since`: its number, and when.
pub async fn settled(
    tx: &mut Tx,
    station: &str,
    evse: i64,
    floor: i64,
    since: At,
) -> Result<Option<(String, At)>, StoreError> {
    one!(
        tx,
        "SELECT number, settled_at FROM pay_order WHERE station_id = $1 AND evse = $2 AND id >= $3
            AND purpose = 'session' AND state IN ('captured', 'partly_refunded') AND settled_at > $4
         ORDER BY id DESC LIMIT 1",
        clean(station),
        evse,
        floor,
        since,
    )
}

/// The order that holds a part of a balance for a session with this identifier, which has not been told yet.
pub async fn held_for(
    tx: &mut Tx,
    station: &str,
    evse: i64,
    token_uid: &str,
) -> Result<Option<OrderRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM pay_order WHERE token_uid = $1 AND token_uid <> '' AND station_id = $2 AND evse = $3
            AND mode = 'balance' AND session_id IS NULL AND state = 'authorized' ORDER BY id LIMIT 1",
        clean(token_uid),
        clean(station),
        evse,
    )
}

/// The session that such an order is for: the first at its place with its identifier that no other order is for.
pub async fn session_held_for(
    tx: &mut Tx,
    order: &OrderRow,
    floor: i64,
) -> Result<Option<SessionRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM session s WHERE s.station_id = $1 AND s.id >= $2 AND s.token_uid = $3 AND s.evse = $4
            AND NOT EXISTS (SELECT 1 FROM pay_order o WHERE o.session_id = s.id) ORDER BY s.id LIMIT 1",
        clean(&order.station_id),
        floor,
        clean(&order.token_uid),
        order.evse,
    )
}

/// The top-ups of a driver that were paid, newest first.
pub async fn top_ups(tx: &mut Tx, driver: i64, currency: &str, limit: i64) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "SELECT id FROM pay_order WHERE driver_id = $1 AND purpose = 'top_up' AND currency = $2 AND taken_minor > 0
         ORDER BY id DESC LIMIT $3",
        driver,
        currency,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The session that began with the identifier of an order; `floor`: ids of sessions made since the order.
pub async fn session_of(
    tx: &mut Tx,
    station: &str,
    token_uid: &str,
    floor: i64,
) -> Result<Option<SessionRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM session WHERE station_id = $1 AND id >= $2 AND token_uid = $3 ORDER BY id LIMIT 1",
        clean(station),
        floor,
        clean(token_uid),
    )
}

/// Orders whose session has another bill than the one that they were settled by; bills made since `since`. What ended
/// without anybody's money is paid by none.
pub async fn billed_anew(tx: &mut Tx, since: At, limit: i64) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "SELECT DISTINCT o.id FROM bill b JOIN pay_order o ON o.session_id = b.session_id
         WHERE b.created_at >= $1 AND b.revision > o.bill_revision AND o.state NOT IN ('failed', 'expired', 'cancelled')
         ORDER BY o.id LIMIT $2",
        since,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
