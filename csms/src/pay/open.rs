//! A driver's wish becomes an order: nothing is asked of anybody yet, and nothing is held.

use super::{Agent, Offer, PayError, Readiness, docket, number, offer};
use crate::{
    app::App,
    model::StationId,
    store::pay::{
        limits::{self, LimitRow},
        orders::{self, OrderRow},
        story::{self, StoryRow},
    },
};
use chrono::TimeDelta;
use payments::order::Mode;
use serde_json::json;

/// What a page asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The code that was scanned.
    pub code: String,
    /// Made by the page: asked again, it is the same order.
    pub page_key: String,
    /// The browser's random cookie; empty = none.
    pub device: String,
    /// Source address.
    pub address: String,
    pub agent: Agent,
    /// BCP 47.
    pub language: String,
    /// E-mail or phone for the receipt; empty = none.
    pub contact: String,
}

/// A page's key is so long.
const PAGE_KEY: std::ops::RangeInclusive<usize> = 16..=64;

/// Whatever a form says is its page's key. Keys that we make ourselves, of sessions, top-ups and claims, share the column and have
/// a colon: no page may find, or take, the order of one.
fn is_of_page(key: &str) -> bool {
    PAGE_KEY.contains(&key.len()) && !key.contains(':')
}

/// The order for this wish; the one that this page has asked for before, if it has.
///
/// # Errors
/// The code does not hold, or nobody can charge there now.
pub async fn open(app: &App, wish: &Wish) -> Result<OrderRow, PayError> {
    if !is_of_page(&wish.page_key) {
        return Err(PayError::Changed);
    }
    if let Some(order) = orders::by_page(&mut app.db.read().await?, &wish.page_key).await? {
        return Ok(order);
    }
    let offer = offer::offer(app, &wish.code, wish.agent).await?;
    at(app, wish, &offer, wish.agent.word()).await
}

/// The order for what is offered, whoever asks: `agent` says who.
pub(super) async fn at(app: &App, wish: &Wish, offer: &Offer, agent: &str) -> Result<OrderRow, PayError> {
    if !is_of_page(&wish.page_key) {
        return Err(PayError::Changed);
    }
    if let Some(order) = orders::by_page(&mut app.db.read().await?, &wish.page_key).await? {
        return Ok(order);
    }
    if !matches!(offer.readiness, Readiness::Ready { .. }) {
        return Err(PayError::NotReady(offer.readiness.word()));
    }
    if offer.ways.is_empty() {
        return Err(PayError::NoWay);
    }
    let now = app.clock.now();
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    let mode = if offer.ways.iter().all(|way| way.holds) { Mode::Hold } else { Mode::Prepay };
    let expires_at = now + TimeDelta::minutes(i64::from(app.config.pay.offer_minutes.max(1)));
    let named = (app.ids.next(), number::order()?);
    let order = OrderRow {
        station_id: offer.station.to_string(),
        evse: offer.evse,
        site_id: offer.site.as_ref().map(|site| site.id),
        tariff_hash: offer.tariff.hash.clone(),
        device: cut(&wish.device, 64),
        address: cut(&wish.address, 64),
        agent: agent.to_owned(),
        language: cut(&wish.language, 16),
        contact: cut(wish.contact.trim(), 200),
        ..OrderRow::new(named, wish.page_key.clone(), ("session", mode), offer.amount, (now, expires_at))
    };
    let mut tx = app.db.write().await?;
    if !orders::create(&mut tx, &order).await? {
        // The same page, on another connection, was faster.
        return orders::by_page(&mut tx, &wish.page_key).await?.ok_or(PayError::Changed);
    }
    let (energy_wh, time_s) = (offer.wanted.energy_wh, offer.wanted.time_s);
    if energy_wh.is_some() || time_s.is_some() {
        limits::create(&mut tx, &LimitRow { order_id: order.id, energy_wh, time_s }).await?;
    }
    // The price that was shown is kept: the receipt can prove it.
    crate::store::tariffs::keep_snapshot(&mut tx, &offer.tariff.hash, &offer.tariff.body).await?;
    let body = json!({"place": {"station": order.station_id, "evse": order.evse}, "amount": offer.amount.to_string(),
        "tariff": order.tariff_hash, "agent": order.agent, "energy_wh": energy_wh, "time_s": time_s});
    let line = StoryRow {
        id: app.ids.next(),
        order_id: order.id,
        at: now,
        kind: "order.created".to_owned(),
        by_whom: "driver".to_owned(),
        body: body.to_string(),
    };
    story::add(&mut tx, &line).await?;
    super::tell::changed(app, &mut tx, &order).await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_orders_total", "state" => "created").increment(1);
    app.pay.changed(app, &order.station_id);
    Ok(order)
}

/// Where the receipt and notices go, e-mail or phone; empty = nowhere. False: the order has a contact, and whoever asks is not
/// known to be its driver (`own`): he would get the driver's receipts and history.
///
/// # Errors
/// There is no such order.
pub async fn contact(app: &App, number: &str, contact: &str, own: bool) -> Result<bool, PayError> {
    let mut tx = app.db.write().await?;
    let id = orders::by_number(&mut tx, number).await?.ok_or(PayError::NoOrder)?.id;
    let mut docket = docket::Docket::open(app, &mut tx, id).await?.ok_or(PayError::NoOrder)?;
    if !own && !docket.order.contact.is_empty() && docket.order.contact != contact.trim() {
        return Ok(false);
    }
    docket.order.contact = contact.trim().chars().take(200).collect();
    docket.touched(&mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// The identity of a station.
pub(super) fn station(order: &OrderRow) -> StationId {
    StationId::from(order.station_id.as_str())
}
