//! A session of an identifier with a contract gets its order by itself: while it runs, or when it is found afterwards.

use super::{
    super::{PayError, docket::Docket, number, wallet},
    contract::PaysBy,
    credit::{self, Allowed},
};
use crate::{
    app::App,
    id::Ids,
    store::{
        Tx,
        contracts::{self, ContractRow},
        pay::orders::{self, OrderRow},
        row::SessionRow,
    },
};
use chrono::TimeDelta;
use payments::{
    Amount,
    order::{Event, Mode},
};
use serde_json::json;
use std::sync::atomic::Ordering;
use tariffs::Currency;

/// New sessions are looked for so far back …
const RECENT: TimeDelta = TimeDelta::minutes(10);
/// … and once an hour, and when the process begins, so far: what was told late.
const LONG: TimeDelta = TimeDelta::days(3);
const EVERY: i64 = 3_600;
const AT_ONCE: i64 = 200;

/// Makes the orders of sessions that have none.
pub(super) async fn turn(app: &App) -> Result<(), PayError> {
    let now = app.clock.now();
    let last = app.pay.looked_back.load(Ordering::Relaxed);
    let long = last == 0 || now.timestamp() - last >= EVERY;
    let floor = Ids::floor(now - if long { LONG } else { RECENT });
    let found = contracts::without_order(&mut app.db.read().await?, floor, AT_ONCE).await?;
    let all = (found.len() as i64) < AT_ONCE;
    for (session, driver) in found {
        begin(app, session, driver).await?;
    }
    if long && all {
        app.pay.looked_back.store(now.timestamp(), Ordering::Relaxed);
    }
    Ok(())
}

async fn begin(app: &App, session: i64, driver: i64) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let (Some(session), Some(driver)) =
        (contracts::session_without_order(&mut tx, session).await?, contracts::find(&mut tx, driver).await?)
    else {
        return Ok(());
    };
    let Ok(currency) = session.currency.parse::<Currency>() else { return Ok(()) };
    let limit = limit(app, &mut tx, &driver, currency).await?;
    let order = row(app, &session, &driver, limit)?;
    if !orders::create(&mut tx, &order).await? {
        tracing::error!(
            session = session.id,
            key = order.page_key,
            "a session without an order: its key is taken"
        );
        return Ok(());
    }
    let mut docket = Docket::open(app, &mut tx, order.id).await?.ok_or(PayError::NoOrder)?;
    docket.session = Some(session.id);
    let body = json!({"session": session.id, "transaction": session.reference, "driver": driver.id.to_string(),
        "limit": limit.to_string()});
    docket.tell(&mut tx, "order.created", "", body).await?;
    docket.take(&mut tx, &Event::Started, "").await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_orders_total", "state" => "created").increment(1);
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// What the session may cost. Nothing: its station let it begin although nobody may, and it is to end.
async fn limit(app: &App, tx: &mut Tx, driver: &ContractRow, currency: Currency) -> Result<Amount, PayError> {
    if driver.pays_by == PaysBy::Balance.word() {
        return wallet::available(tx, driver.id, currency).await;
    }
    Ok(match credit::allowed(app, tx, driver, currency, true).await? {
        Allowed::UpTo(amount) => amount,
        Allowed::No(_) => Amount::zero(currency),
    })
}

fn row(app: &App, session: &SessionRow, driver: &ContractRow, limit: Amount) -> Result<OrderRow, PayError> {
    let now = app.clock.now();
    // Of one session there is one such order.
    let key = format!("session:{}", session.id);
    let named = (app.ids.next(), number::order()?);
    Ok(OrderRow {
        station_id: session.station_id.clone(),
        evse: session.evse,
        site_id: session.site_id,
        driver_id: Some(driver.id),
        tariff_hash: session.tariff_hash.clone().unwrap_or_default(),
        agent: "contract".to_owned(),
        language: driver.language.clone(),
        contact: driver.contact().to_owned(),
        ..OrderRow::new(named, key, ("bill", Mode::Later), limit, (now, now))
    })
}
