//! Stations whose terminal pre-authorises, and leaves the capture to us (OCPP 2.1, C21 with SettlementByCSMS): an order is
//! made of what the terminal's provider holds, by the provider's own number of it. From then on it goes the way of all
//! holds: asked after, captured for the bill, released if nothing is due.

use super::{
    super::{
        PayError,
        account::Account,
        docket::{self, Docket},
        number,
        tasks::{self, Kind},
        terminal,
    },
    claim,
};
use crate::{
    app::App,
    model::{Presented, StationId},
    store::{
        StoreError, Tx,
        holds::{self, HoldRow},
        pay::{
            attempts::{self, AttemptRow},
            orders::{self, OrderRow},
            tasks as rows,
        },
        row::SessionRow,
        variables,
    },
};
use chrono::TimeDelta;
use payments::{
    Amount,
    order::{Event, Mode, Standing},
    provider::{Attempt, Capture, Method, Payer},
};
use serde_json::json;
use std::sync::Arc;

/// A session that comes to a pre-authorisation is waited for so long.
const WAITED: TimeDelta = TimeDelta::days(1);
/// A provider that does not know the number so long after has no such hold, …
const ABSENT: TimeDelta = TimeDelta::minutes(15);
/// … and one that has not answered for so long is not waited for any more: the session counts as unpaid.
const ASKED_FOR: TimeDelta = TimeDelta::hours(24);
const AT_ONCE: i64 = 200;
const COMPONENT: &str = "PaymentCtrlr";

/// A card that was pre-authorised at a station is presented here. Asks our own database alone.
pub(crate) async fn presented(app: &App, station: &StationId, token: &Presented) -> Result<(), StoreError> {
    if app.config.pay.terminal_providers.is_empty() {
        return Ok(());
    }
    let row = HoldRow {
        id: app.ids.next(),
        station_id: station.to_string(),
        token_uid: token.key(),
        reference: token.uid.trim().to_owned(),
        state: "seen".to_owned(),
        seen_at: app.clock.now(),
    };
    let mut tx = app.db.write().await?;
    holds::note(&mut tx, &row).await?;
    tx.commit().await
}

/// Makes the orders of what was presented and has its session.
pub(in crate::pay) async fn turn(app: &App) -> Result<(), PayError> {
    if app.config.pay.terminal_providers.is_empty() {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let page = holds::seen(&mut app.db.read().await?, after, AT_ONCE).await?;
        for hold in &page {
            look(app, hold).await?;
        }
        match page.last() {
            Some(last) if page.len() as i64 == AT_ONCE => after = last.id,
            _ => return Ok(()),
        }
    }
}

async fn look(app: &App, seen: &HoldRow) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let Some(session) = holds::session(&mut tx, seen).await? else {
        if app.clock.now() >= seen.seen_at + WAITED && holds::decide(&mut tx, seen.id, "over").await? {
            tx.commit().await?;
        }
        return Ok(());
    };
    let leaves = told(&mut tx, &seen.station_id, "SettlementByCSMS").await?;
    let ours = leaves.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if !holds::decide(&mut tx, seen.id, if ours { "taken" } else { "left" }).await? {
        return Ok(());
    }
    if !ours {
        return Ok(tx.commit().await?);
    }
    let outcome = adopt(app, &mut tx, seen, &session).await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_settlements_total", "outcome" => outcome).increment(1);
    app.pay.changed(app, &seen.station_id);
    Ok(())
}

/// What a station says of its terminals.
async fn told(tx: &mut Tx, station: &str, name: &str) -> Result<Option<String>, PayError> {
    let rows = variables::named(tx, station, COMPONENT, name).await?;
    Ok(rows.into_iter().find(|row| row.attribute == "Actual").and_then(|row| row.value))
}

/// The account that a station's provider is asked with.
async fn account(app: &App, tx: &mut Tx, station: &str) -> Result<(String, Option<Arc<Account>>), PayError> {
    let provider = told(tx, station, "PaymentServiceProvider").await?.unwrap_or_default();
    let known = app.config.pay.terminal_providers.iter();
    let set = known.into_iter().find(|set| set.name.eq_ignore_ascii_case(provider.trim()));
    let account = set.and_then(|set| app.pay.accounts.get(&set.account)).cloned();
    Ok((provider, account))
}

async fn adopt(
    app: &App,
    tx: &mut Tx,
    seen: &HoldRow,
    session: &SessionRow,
) -> Result<&'static str, PayError> {
    let currency = session.currency.parse().map_err(|_| PayError::NoPrice)?;
    let (provider, account) = account(app, tx, &seen.station_id).await?;
    let refused = match &account {
        None => format!("pay.terminal_providers has no {provider:?}"),
        Some(account) if foreign(tx, account, &seen.reference).await? => {
            "the number is that of another payment here".to_owned()
        }
        Some(_) if !(6..=64).contains(&seen.reference.len()) => {
            "the number cannot be one of a payment".to_owned()
        }
        Some(_) => String::new(),
    };
    let key = terminal::key(&seen.station_id, &seen.reference);
    let (Some(account), true) = (account, refused.is_empty()) else {
        let of = claim::Of {
            station: &seen.station_id,
            reference: &seen.reference,
            status: "not_captured",
            info: &refused,
        };
        claim::open(app, tx, session, key, Amount::zero(currency), &of).await?;
        return Ok("claim");
    };
    let amount = expected(app, tx, session, currency).await?;
    let now = app.clock.now();
    let named = (app.ids.next(), number::order()?);
    let order = OrderRow {
        station_id: session.station_id.clone(),
        evse: session.evse,
        site_id: session.site_id,
        token_uid: session.token_uid.clone(),
        tariff_hash: session.tariff_hash.clone().unwrap_or_default(),
        agent: terminal::AGENT.to_owned(),
        ..OrderRow::new(named, key, ("session", Mode::Hold), amount, (now, now + ASKED_FOR))
    };
    if !orders::create(tx, &order).await? {
        return Ok("again");
    }
    let method = Method::Terminal { reader: order.station_id.clone() };
    let body = Attempt {
        number: seen.reference.clone(),
        amount,
        capture: Capture::Later,
        method: method.clone(),
        description: super::super::click::description(&order),
        payer: Payer::default(),
        created_at: now,
        expires_at: now + ABSENT,
        notify_url: String::new(),
        return_url: String::new(),
        reference: Some(seen.reference.clone()),
        charge: Some(seen.reference.clone()),
    };
    let of = [account.name.as_str(), account.wallet.as_str(), method.word()];
    let attempt = AttemptRow {
        state: "unknown".to_owned(),
        body: serde_json::to_string(&body).unwrap_or_default(),
        next: r#"{"kind":"wait"}"#.to_owned(),
        reference: seen.reference.clone(),
        charge: seen.reference.clone(),
        ..AttemptRow::new(app.ids.next(), order.id, body.number.clone(), of, amount, now)
    };
    attempts::create(tx, &attempt).await?;
    attempts::update(tx, &attempt).await?;
    let mut docket = Docket::open(app, tx, order.id).await?.ok_or(PayError::NoOrder)?;
    docket.attempts.clear();
    docket.order.session_id = Some(session.id);
    let story = json!({"session": session.id, "transaction": session.reference, "reference": seen.reference,
        "account": account.name});
    docket.tell(tx, "terminal.adopted", &seen.station_id, story).await?;
    docket.take(tx, &Event::Opened { attempt: attempt.id, can_raise: false }, &seen.station_id).await?;
    docket.attempts.push(attempt.clone());
    let about = tasks::About { attempt: attempt.id, ..tasks::About::default() };
    let query = tasks::row(&docket, Kind::Query, Kind::Query.key(attempt.id), about, now);
    rows::add(tx, &query).await?;
    Ok("adopted")
}

/// Is the number that a station has told that of a payment which was made in another way? A station must not have others'
/// money captured.
async fn foreign(tx: &mut Tx, account: &Account, reference: &str) -> Result<bool, PayError> {
    Ok(attempts::by_number(tx, reference).await?.is_some()
        || attempts::by_charge(tx, &account.name, reference).await?.is_some())
}

/// What is held, as far as anybody can say before the provider does: what the station pre-authorises, or what would be
/// held here.
async fn expected(
    app: &App,
    tx: &mut Tx,
    session: &SessionRow,
    currency: tariffs::Currency,
) -> Result<Amount, PayError> {
    let told = told(tx, &session.station_id, "AuthorizationAmount").await?;
    let told = told.and_then(|text| text.parse().ok());
    let told = told.and_then(|amount| Amount::of(tariffs::Money { amount, currency }).ok());
    let least =
        app.config.pay.holds.iter().find(|limits| limits.currency == currency).map(|limits| limits.min);
    let least = least.and_then(|amount| Amount::of(tariffs::Money { amount, currency }).ok());
    Ok(told.filter(|amount| amount.minor > 0).or(least).unwrap_or(Amount::new(1, currency)))
}

/// Is this the order of a hold that a station's own terminal has made?
pub(in crate::pay) fn is_adopted(order: &OrderRow, attempt: &AttemptRow) -> bool {
    order.agent == terminal::AGENT && attempt.number == attempt.reference
}

/// The provider has said that there is no such hold (any more) before anything of it was taken.
pub(in crate::pay) fn is_lost(order: &OrderRow, attempts: &[AttemptRow]) -> bool {
    let live = attempts.iter().any(|row| docket::standing(&row.state) == Standing::Live);
    order.session_id.is_some() && attempts.iter().any(|row| is_adopted(order, row)) && !live
}

/// Its session is owed by a claim: a hold that shows after all is let go.
pub(in crate::pay) fn is_given_up(order: &OrderRow, attempt: &AttemptRow) -> bool {
    is_adopted(order, attempt) && !order.why.is_empty()
}

/// The session of an order whose hold is lost is to be paid all the same.
pub(in crate::pay) async fn lost(
    app: &App,
    tx: &mut Tx,
    (order, attempts): (&OrderRow, &[AttemptRow]),
    session: &SessionRow,
) -> Result<(), PayError> {
    let (status, info) = if is_lost(order, attempts) {
        ("no_hold", "the terminal's provider does not hold what the station has told of")
    } else {
        ("no_answer", "the terminal's provider has not said for a day what it holds")
    };
    let key = format!("claim:{}", order.number);
    let of = claim::Of { station: &order.station_id, reference: "", status, info };
    if let Some(mut docket) =
        claim::open(app, tx, session, key, Amount::zero(docket::currency(order)?), &of).await?
    {
        docket.take(tx, &Event::Stop, "").await?;
    }
    Ok(())
}
