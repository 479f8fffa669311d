//! A car that stays after charging: its driver is told once, before the fee for that begins.

use super::{
    PayError,
    click::public_url,
    docket,
    status::{readings_of, tariff_of},
};
use crate::{
    app::App,
    messages::{self, Kind, Message},
    session::{
        stay::{self, Fee},
        zone,
    },
    store::{Tx, pay::orders::OrderRow, row::SessionRow, sessions},
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::order::State;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tariffs::{Currency, Money};

/// Told so long before the fee begins.
const AHEAD: TimeDelta = TimeDelta::minutes(30);
/// A car that has only paused goes on within this, and is told of nothing.
const SETTLES: TimeDelta = TimeDelta::minutes(2);
/// A car that has no fee soon is looked at again after this: it may have gone on charging meanwhile.
const LOOKS: TimeDelta = TimeDelta::minutes(10);
/// Sessions remembered at one time.
const REMEMBERED_MAX: usize = 10_000;

/// Which sessions need not be looked at yet: reckoning a fee reads all that the session has told.
#[derive(Debug, Default)]
pub(super) struct Staying(Mutex<HashMap<i64, DateTime<Utc>>>);

impl Staying {
    fn is_due(&self, session: i64, now: DateTime<Utc>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&session).is_none_or(|at| *at <= now)
    }

    fn again(&self, session: i64, at: DateTime<Utc>, now: DateTime<Utc>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, at| *at > now);
        }
        if known.len() < REMEMBERED_MAX {
            known.insert(session, at);
        }
    }
}

/// Looks whether the order's car stays, and tells its driver when the fee is near.
pub(super) async fn look(app: &App, order: &OrderRow) -> Result<(), PayError> {
    let now = app.clock.now();
    let Some(id) = order.session_id.filter(|id| app.pay.staying.is_due(*id, now)) else { return Ok(()) };
    if docket::state(order)? != State::Charging {
        return Ok(());
    }
    let mut tx = app.db.read().await?;
    let Some(session) = sessions::find(&mut tx, id).await?.filter(stay::may_be_idle) else { return Ok(()) };
    let (since, fee) = reckon(app, &mut tx, &session).await?;
    drop(tx);
    let Some(since) = since else { return Ok(()) };
    let Some((fee, currency)) = fee else {
        app.pay.staying.again(id, now + LOOKS, now);
        return Ok(());
    };
    if fee.begins > now + AHEAD {
        app.pay.staying.again(id, (fee.begins - AHEAD).min(now + LOOKS), now);
        return Ok(());
    }
    if now < since + SETTLES && fee.begins > now + SETTLES {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    tell(app, &mut tx, order, &session, &fee, currency, now).await?;
    tx.commit().await?;
    // Told once; after a restart the message's key says so.
    app.pay.staying.again(id, now + TimeDelta::days(1), now);
    Ok(())
}

type Reckoned = (Option<DateTime<Utc>>, Option<(Fee, Currency)>);

/// Since when the car takes nothing, and what that will cost.
async fn reckon(app: &App, tx: &mut Tx, session: &SessionRow) -> Result<Reckoned, PayError> {
    let Some(since) = stay::idle_since(session, &readings_of(tx, session).await?) else {
        return Ok((None, None));
    };
    let Some(tariff) = tariff_of(app, tx, session).await? else { return Ok((Some(since), None)) };
    let fee = stay::fee(&tariff, zone(session), session.started_at, since);
    Ok((Some(since), fee.map(|fee| (fee, tariff.currency))))
}

async fn tell(
    app: &App,
    tx: &mut Tx,
    order: &OrderRow,
    session: &SessionRow,
    fee: &Fee,
    currency: Currency,
    now: DateTime<Utc>,
) -> Result<(), PayError> {
    let minutes = ((fee.begins - now).num_seconds() + 59) / 60;
    let at = fee.begins.with_timezone(&zone(session)).format("%H:%M").to_string();
    let hour = Money { amount: fee.hour, currency }.to_string();
    let (subject, text) = words(&order.language, &order.station_id, minutes, &at, &hour);
    let message = Message {
        key: &format!("order:{}:idle", order.id),
        kind: Kind::Idle,
        to: &order.contact,
        language: &order.language,
        subject: &subject,
        text: &text,
        link: &format!("{}/o/{}", public_url(app), order.number),
        order: Some(order.id),
    };
    messages::add(app, tx, &message, now).await?;
    Ok(())
}

fn words(language: &str, station: &str, minutes: i64, at: &str, hour: &str) -> (String, String) {
    match (language.starts_with("zh"), minutes > 0) {
        (true, true) => (
            format!("{minutes} 分钟后开始收取占位费"),
            format!("您在 {station} 的充电已结束。{at} 起将收取占位费，约每小时 {hour}，请及时挪车。订单："),
        ),
        (true, false) => (
            "已开始收取占位费".to_owned(),
            format!("您在 {station} 的充电已结束，占位费约每小时 {hour}，请及时挪车。订单："),
        ),
        (false, true) => (
            format!("Idle fees begin in {minutes} minutes"),
            format!(
                "Charging at {station} has ended. From {at} on staying costs about {hour} an hour: please move the car. Your order:"
            ),
        ),
        (false, false) => (
            "Idle fees have begun".to_owned(),
            format!(
                "Charging at {station} has ended, and staying costs about {hour} an hour: please move the car. Your order:"
            ),
        ),
    }
}
