//! Prepaid balances. A balance is the ledger's account `balance:<driver>`: what was paid in less what was held, taken and
//! given back. It never falls below nothing, because whoever takes from it holds the driver's row meanwhile.
//!
//! An order that is paid from a balance is like one that is held at a provider, only that the answer comes at once: the
//! same machine, the same entries, and the account `balance` in the place of the provider's.

use super::{
    PayError,
    docket::{Docket, TakeError},
    hold,
    later::{self, Allowed, PaysBy},
    number,
};
use crate::{
    app::App,
    catalog::Asked as Terms,
    ledger::{self, Account},
    model::StationId,
    store::{
        Tx,
        contracts::{self, ContractRow, ReturnRow},
        ledger::entries,
        pay::{
            attempts::{self, AttemptRow},
            orders::{self, OrderRow},
            story::{self, StoryRow},
        },
        stations,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    order::{Event, Mode, State},
};
use rust_decimal::Decimal;
use serde_json::json;
use tariffs::{Currency, Money};

/// In the place of a provider's account, of a wallet, and of a method.
pub(super) const ACCOUNT: &str = "balance";
/// A link to pay into a balance is sent to somebody, who opens it some day: it can be paid for so long.
const TOP_UP_FOR: TimeDelta = TimeDelta::days(7);
/// Attempts of top-ups that a balance is given back to in one go.
const TOP_UPS_MAX: i64 = 200;

/// What a driver can spend: what is there, less what is held of it.
///
/// # Errors
/// The database.
pub async fn available(tx: &mut Tx, driver: i64, currency: Currency) -> Result<Amount, PayError> {
    let rows = ledger::balances(tx, &Account::Balance(driver)).await?;
    let row = rows.into_iter().find(|row| row.currency == currency.code());
    let minor = row.map_or(0, |row| row.posted_minor.saturating_add(row.pending_minor).saturating_neg());
    Ok(Amount::new(minor, currency))
}

/// May a session begin that is paid from the balance?
pub(super) async fn allowed(
    app: &App,
    tx: &mut Tx,
    driver: &ContractRow,
    currency: Currency,
) -> Result<Allowed, PayError> {
    match driver.standing.as_str() {
        "" => {}
        "owing" => return Ok(Allowed::No("owing")),
        _ => return Ok(Allowed::No("blocked")),
    }
    let available = available(tx, driver.id, currency).await?;
    Ok(if available.minor >= least(app, currency) { Allowed::UpTo(available) } else { Allowed::No("empty") })
}

/// Nothing begins with less.
fn least(app: &App, currency: Currency) -> i64 {
    let money = Money { amount: app.config.pay.balance.least, currency };
    Amount::of(money).map_or(1, |amount| amount.minor.max(1))
}

/// A session begins at a station with the identifier of a driver who pays from a balance: its amount is held. The answer is
/// what may be spent, or why nothing may.
///
/// # Errors
/// The database.
pub async fn reserve(
    app: &App,
    station: &StationId,
    evse: i64,
    key: &str,
    kind: &str,
) -> Result<Option<Allowed>, PayError> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let Some(driver) = contracts::by_token(&mut tx, key).await? else { return Ok(None) };
    if driver.pays_by != PaysBy::Balance.word() {
        return Ok(None);
    }
    contracts::lock(&mut tx, driver.id).await?;
    let Some(row) = stations::find(&mut tx, station).await? else { return Ok(None) };
    let outlet = stations::evses(&mut tx, station).await?.into_iter().find(|outlet| outlet.evse == evse);
    let site = row.site_id;
    let terms = Terms { station, evse, site, token: Some(key), token_kind: kind, group: None, at: now };
    let terms = app.catalog.terms(&terms);
    // What has no price costs nothing.
    let Some(tariff) = terms.tariff else { return Ok(None) };
    // The station asks again, because the session's start was not stored.
    if let Some(held) = orders::held_for(&mut tx, station, evse, key).await? {
        let free = available(&mut tx, driver.id, tariff.currency).await?;
        return Ok(Some(Allowed::UpTo(Amount::new(free.minor + held.held_minor, tariff.currency))));
    }
    let free = match allowed(app, &mut tx, &driver, tariff.currency).await? {
        Allowed::UpTo(free) => free,
        no @ Allowed::No(_) => return Ok(Some(no)),
    };
    let (power, kind) = outlet.map(|outlet| (outlet.max_power_w, outlet.kind)).unwrap_or_default();
    let wanted = hold::amount(&app.config.pay, &tariff, terms.zone, power, &kind, now);
    let amount =
        Amount::new(wanted.map_or(free.minor, |wanted| wanted.minor.min(free.minor)), tariff.currency);

    let order = OrderRow {
        station_id: station.to_string(),
        evse,
        site_id: site,
        token_uid: key.to_owned(),
        tariff_hash: tariff.hash.clone(),
        start_by: Some(now + TimeDelta::minutes(i64::from(app.config.pay.start_minutes))),
        ..order(app, &driver, "session", Mode::Balance, amount)?
    };
    orders::create(&mut tx, &order).await?;
    crate::store::tariffs::keep_snapshot(&mut tx, &tariff.hash, &tariff.body).await?;
    let mut docket = Docket::open(app, &mut tx, order.id).await?.ok_or(PayError::NoOrder)?;
    docket.order.start_by = order.start_by;
    let body =
        json!({"driver": driver.id.to_string(), "amount": amount.to_string(), "available": free.to_string()});
    docket.tell(&mut tx, "order.created", "", body).await?;
    let attempt = open(&mut docket, &mut tx, amount, true).await?;
    docket.take(&mut tx, &Event::Held { attempt, amount, free: true }, ACCOUNT).await?;
    tx.commit().await?;
    app.pay.changed(app, station);
    metrics::counter!("csms_pay_balance_holds_total").increment(1);
    // More of the balance is held as the session goes on.
    Ok(Some(Allowed::UpTo(free)))
}

pub(super) fn order(
    app: &App,
    driver: &ContractRow,
    purpose: &str,
    mode: Mode,
    amount: Amount,
) -> Result<OrderRow, PayError> {
    let (id, now) = (app.ids.next(), app.clock.now());
    let expires_at = now + TimeDelta::minutes(i64::from(app.config.pay.offer_minutes.max(1)));
    let (named, key) = ((id, number::order()?), format!("{ACCOUNT}:{id}"));
    Ok(OrderRow {
        driver_id: Some(driver.id),
        agent: "contract".to_owned(),
        language: driver.language.clone(),
        contact: driver.contact().to_owned(),
        ..OrderRow::new(named, key, (purpose, mode), amount, (now, expires_at))
    })
}

/// Begins to pay an order from the balance.
async fn open(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    amount: Amount,
    can_raise: bool,
) -> Result<i64, PayError> {
    let (id, now) = (docket.app.ids.next(), docket.now);
    let of = [ACCOUNT; 3];
    let row = AttemptRow {
        state: "open".to_owned(),
        can_raise,
        ..AttemptRow::new(id, docket.order.id, number::merchant(now)?, of, amount, now)
    };
    attempts::create(tx, &row).await?;
    docket.take(tx, &Event::Opened { attempt: id, can_raise }, ACCOUNT).await?;
    docket.attempts.push(row);
    Ok(id)
}

/// Is this paid from a balance? Then nobody outside is asked for anything.
pub(super) fn is_ours(docket: &Docket<'_>, attempt: i64) -> bool {
    docket.attempt(attempt).is_some_and(|row| row.account == ACCOUNT)
}

/// Does what the order asks of the balance: it is there and answers at once.
pub(super) async fn follow(docket: &mut Docket<'_>, tx: &mut Tx) -> Result<(), TakeError> {
    let ours: Vec<i64> =
        docket.attempts.iter().filter(|row| row.account == ACCOUNT).map(|row| row.id).collect();
    for id in ours {
        let Some(row) = docket.attempt(id).cloned() else { continue };
        let amount = |minor| Amount::new(minor, docket.currency);
        let event = match row.asked.as_str() {
            "capture" => Some(Event::Taken { attempt: id, amount: amount(row.asked_minor), free: true }),
            "release" => Some(Event::Released { attempt: id }),
            "close" => Some(Event::Closed { attempt: id }),
            _ if row.raise_minor > 0 => Some(raise(docket, tx, &row).await?),
            _ => None,
        };
        if let Some(event) = event {
            Box::pin(docket.take(tx, &event, ACCOUNT)).await?;
        }
        let open = docket.refunds.iter().find(|refund| refund.attempt_id == id && refund.state == "new");
        if let Some(refund) = open.map(|refund| refund.id) {
            Box::pin(docket.take(tx, &Event::Returned { refund }, ACCOUNT)).await?;
        }
    }
    Ok(())
}

/// More is held while the session goes on, as far as there is more.
async fn raise(docket: &Docket<'_>, tx: &mut Tx, row: &AttemptRow) -> Result<Event, PayError> {
    let refused = Event::RaiseRefused { attempt: row.id };
    let Some(driver) = docket.order.driver_id else { return Ok(refused) };
    contracts::lock(tx, driver).await?;
    let free = available(tx, driver, docket.currency).await?;
    let more = free.minor.min(row.raise_minor - row.held_minor);
    if more <= 0 {
        return Ok(refused);
    }
    let amount = Amount::new(row.held_minor + more, docket.currency);
    Ok(Event::Held { attempt: row.id, amount, free: true })
}

/// The bill of a session that is paid from the balance: what it asks beyond what is held is held too, as far as there is more.
pub(super) async fn cover(docket: &mut Docket<'_>, tx: &mut Tx, due: Amount) -> Result<(), TakeError> {
    let (true, Some(driver)) = (docket.order.mode == Mode::Balance.word(), docket.order.driver_id) else {
        return Ok(());
    };
    let short =
        |row: &&AttemptRow| row.account == ACCOUNT && row.held_minor > 0 && row.held_minor < due.minor;
    let Some((attempt, held)) = docket.attempts.iter().find(short).map(|row| (row.id, row.held_minor)) else {
        return Ok(());
    };
    contracts::lock(tx, driver).await?;
    let more = available(tx, driver, docket.currency).await?.minor.min(due.minor - held);
    if more > 0 {
        let amount = Amount::new(held + more, docket.currency);
        Box::pin(docket.take(tx, &Event::Held { attempt, amount, free: true }, ACCOUNT)).await?;
    }
    Ok(())
}

/// An order that is paid from a balance has come to another state. Who owes what was not there begins nothing until it is
/// paid.
pub(super) async fn moved(docket: &mut Docket<'_>, tx: &mut Tx, to: State) -> Result<(), PayError> {
    let Some(driver) = docket.order.driver_id else { return Ok(()) };
    if to == State::Owing {
        return later::short(docket, tx, driver).await;
    }
    if to.is_settled() {
        later::cleared(docket, tx, driver).await?;
    }
    Ok(())
}

/// Pays what is due of an order from the balance, if there is enough. False: there is not.
pub(super) async fn pay_bill(docket: &mut Docket<'_>, tx: &mut Tx) -> Result<bool, PayError> {
    let (Some(driver), amount) = (docket.order.driver_id, docket.outstanding()?) else {
        return Ok(false);
    };
    contracts::lock(tx, driver).await?;
    if amount.is_zero() || available(tx, driver, docket.currency).await?.minor < amount.minor {
        return Ok(false);
    }
    let attempt = open(docket, tx, amount, false).await?;
    docket.take(tx, &Event::Taken { attempt, amount, free: true }, ACCOUNT).await?;
    Ok(true)
}

/// An order that pays into the balance; it is paid at `/o/NUMBER` like any other. `reference`: what whoever asks calls it;
/// asked again with the same it is the same order.
///
/// # Errors
/// There is no such driver, the amount is not one that can be paid in, or the reference was used for another amount.
pub async fn top_up(
    app: &App,
    driver: i64,
    amount: Amount,
    reference: Option<&str>,
) -> Result<OrderRow, PayError> {
    let limits = &app.config.pay.balance.top_ups;
    let limits = limits.iter().find(|limits| limits.currency == amount.currency);
    let fits = limits.is_some_and(|limits| (limits.min..=limits.max).contains(&amount.decimal()));
    if !fits {
        let why = match limits {
            Some(limits) => format!("{} to {} {} can be paid in", limits.min, limits.max, limits.currency),
            None => format!("pay.balance.top_ups has no {}", amount.currency),
        };
        return Err(PayError::Amount(why));
    }
    let mut tx = app.db.write().await?;
    let driver = contracts::find(&mut tx, driver).await?.ok_or(PayError::NoDriver)?;
    let mut order = OrderRow {
        due_minor: Some(amount.minor),
        expires_at: app.clock.now() + TOP_UP_FOR,
        ..order(app, &driver, "top_up", Mode::Prepay, amount)?
    };
    if let Some(reference) = reference {
        order.page_key = format!("top_up:{}:{reference}", driver.id);
    }
    if !orders::create(&mut tx, &order).await? {
        let known = orders::by_page(&mut tx, &order.page_key).await?.ok_or(PayError::Changed)?;
        let same = (&known.currency, known.amount_minor) == (&order.currency, order.amount_minor);
        return if same { Ok(known) } else { Err(taken_reference(known.amount_minor, &known.currency)) };
    }
    let body = json!({"driver": driver.id.to_string(), "amount": amount.to_string()});
    let line = StoryRow {
        id: app.ids.next(),
        order_id: order.id,
        at: app.clock.now(),
        kind: "order.created".to_owned(),
        by_whom: String::new(),
        body: body.to_string(),
    };
    story::add(&mut tx, &line).await?;
    super::tell::changed(app, &mut tx, &order).await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_orders_total", "state" => "created").increment(1);
    Ok(order)
}

fn taken_reference(minor: i64, code: &str) -> PayError {
    let amount = code.parse().map_or_else(|_| code.to_owned(), |code| Amount::new(minor, code).to_string());
    PayError::Amount(format!("the reference was used for {amount}"))
}

/// Gives so much of the balance back the way it came: to the newest top-ups first, to each at most what it brought.
/// `reference`: what whoever asks calls it; what was given back under that name is not given back again, and the answer is
/// false.
///
/// # Errors
/// There is not so much on the balance, or not so much of it came by top-ups that can be given back; the reference was used
/// for another amount.
pub async fn give_back(
    app: &App,
    driver: i64,
    amount: Amount,
    reference: Option<&str>,
    by: &str,
) -> Result<bool, PayError> {
    if !amount.is_positive() {
        return Err(PayError::Amount("more than nothing is given back".to_owned()));
    }
    let mut tx = app.db.write().await?;
    if let Some(reference) = reference {
        if contracts::find(&mut tx, driver).await?.is_none() {
            return Err(PayError::NoDriver);
        }
        let row = ReturnRow {
            driver_id: driver,
            reference: reference.to_owned(),
            currency: amount.currency.code().to_owned(),
            amount_minor: amount.minor,
            by_whom: by.to_owned(),
            at: app.clock.now(),
        };
        // Whoever asks for the same waits here for our end.
        if !contracts::note_return(&mut tx, &row).await? {
            let known = contracts::returned(&mut tx, driver, reference).await?;
            let known = known.ok_or(PayError::Changed)?;
            let same = (&known.currency, known.amount_minor) == (&row.currency, row.amount_minor);
            return if same { Ok(false) } else { Err(taken_reference(known.amount_minor, &known.currency)) };
        }
    }
    let top_ups = orders::top_ups(&mut tx, driver, amount.currency.code(), TOP_UPS_MAX).await?;
    let mut left = amount.minor;
    let mut parts = Vec::new();
    for id in top_ups {
        if left == 0 {
            break;
        }
        // All orders are locked before the driver's row is.
        let Some(docket) = Docket::open(app, &mut tx, id).await? else { continue };
        let Some(winner) = docket.facts()?.winner().cloned() else { continue };
        let rest = winner.taken - docket.facts()?.outgoing(winner.id);
        let part = rest.min(left);
        if part <= 0 {
            continue;
        }
        parts.push((docket, winner.id, Amount::new(part, amount.currency)));
        left -= part;
    }
    if left > 0 {
        let why = format!("only {} of it came by top-ups", Amount::new(amount.minor - left, amount.currency));
        return Err(PayError::Amount(why));
    }
    for (mut docket, attempt, amount) in parts {
        docket.take(&mut tx, &Event::Return { attempt, amount }, by).await?;
    }
    tx.commit().await?;
    app.pay.woken.notify_one();
    Ok(true)
}

/// Is there so much on the balance that it can leave it? The driver's row is locked by this.
pub(super) async fn must_have(tx: &mut Tx, driver: i64, amount: Amount) -> Result<(), PayError> {
    contracts::lock(tx, driver).await?;
    let free = available(tx, driver, amount.currency).await?;
    if free.minor < amount.minor {
        return Err(PayError::Amount(format!("only {free} are on the balance")));
    }
    Ok(())
}

/// One movement of a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub at: DateTime<Utc>,
    /// Of the entry: `taken` (of a top-up: paid in), `held`, `released`, `returned`, …
    pub kind: String,
    /// `pending` and `void` change only what can be spent.
    pub phase: String,
    pub order: Option<i64>,
    /// What came to the balance; negative: what left it.
    pub amount: Decimal,
    pub currency: String,
}

/// The movements of a balance, newest first, those before entry `before`.
///
/// # Errors
/// The database.
pub async fn statement(
    app: &App,
    driver: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Movement)>, PayError> {
    let mut tx = app.db.read().await?;
    let rows = entries::of_account(&mut tx, &Account::Balance(driver).to_string(), before, limit).await?;
    let movement = |row: entries::AccountRow| {
        let currency = row.currency.parse::<Currency>().ok()?;
        let movement = Movement {
            at: row.at,
            kind: row.kind,
            phase: row.phase,
            order: row.order_id,
            amount: Amount::new(row.amount_minor.saturating_neg(), currency).decimal(),
            currency: row.currency,
        };
        Some((row.id, movement))
    };
    Ok(rows.into_iter().filter_map(movement).collect())
}
