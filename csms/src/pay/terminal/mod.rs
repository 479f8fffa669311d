//! Card terminals of stations (OCPP 2.1, C18 to C22): the station pre-authorises at its own provider, charges, settles,
//! and tells what it took. What it took becomes an order like any other, with its place in the ledger, its receipt, and
//! its bill to be held against.

pub(super) mod adopt;
mod claim;
mod invoice;

pub(crate) use adopt::presented;

use super::{PayError, docket::Docket, number};
use crate::{
    app::App,
    model::{Settlement, StationId},
    store::{
        Tx,
        pay::{
            attempts::{self, AttemptRow},
            orders::{self, OrderRow},
        },
        row::SessionRow,
        sessions,
    },
};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{Event, Mode},
    provider::{Attempt, Capture, Method, Payer},
};
use serde_json::json;
use tariffs::Money;

/// Who asked for an order of a station's own terminal.
pub(super) const AGENT: &str = "terminal";
/// Characters of an order's key.
const KEY_MAX: usize = 200;

/// Where the driver finds the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptPlace {
    pub url: String,
    pub id: String,
}

/// May a session begin with a card at the terminal of a station?
pub(crate) fn takes_cards(app: &App) -> bool {
    let pay = &app.config.pay;
    app.pay.accounts.get(&pay.terminal_account).is_some() || !pay.terminal_providers.is_empty()
}

/// Keeps what a station has settled, or could not; told again it is the same order. `None`: it is of no session that is
/// known here, or terminals have no account in the settings; it is on the event list then, and nothing is in the books.
///
/// # Errors
/// The database.
pub(crate) async fn settled(
    app: &App,
    station: &StationId,
    settlement: &Settlement,
) -> Result<Option<ReceiptPlace>, PayError> {
    let (outcome, place) = match settlement.status.as_str() {
        "Settled" => taken(app, station, settlement).await?,
        "Rejected" | "Failed" => unsettled(app, station, settlement).await?,
        // Nothing was held in the end: a session that began costs nothing, and its own bill says so (C19, C20).
        "Canceled" => ("cancelled", None),
        _ => ("not_settled", None),
    };
    metrics::counter!("csms_pay_settlements_total", "outcome" => outcome).increment(1);
    Ok(place)
}

type Outcome = (&'static str, Option<ReceiptPlace>);

/// By what an order is found again.
pub(super) fn key(station: &str, reference: &str) -> String {
    let key = format!("terminal:{station}:{reference}");
    // The provider's number may be as long as an identifier.
    if key.len() <= KEY_MAX { key } else { format!("terminal:{}", sha256(&key)) }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}

async fn taken(app: &App, station: &StationId, settlement: &Settlement) -> Result<Outcome, PayError> {
    let account = app.pay.accounts.get(&app.config.pay.terminal_account);
    let Some(account) = account else {
        tracing::warn!(%station, reference = settlement.reference,
            "a station settled a card payment, and pay.terminal_account names no account: it is not in the books");
        return Ok(("no_account", None));
    };
    let key = key(station, &settlement.reference);
    let mut tx = app.db.write().await?;
    let known = orders::by_page(&mut tx, &key).await?;
    if let Some(order) = &known
        && (order.mode != Mode::Later.word() || is_kept(&mut tx, order, &account.name, settlement).await?)
    {
        return Ok(("again", Some(place(app, order))));
    }
    let Some(session) = session(&mut tx, station, settlement).await? else {
        tracing::warn!(%station, reference = settlement.reference,
            "a station settled a card payment of no session that is known: it is not in the books");
        return Ok(("no_session", None));
    };
    let currency = session.currency.parse().map_err(|_| PayError::NoPrice)?;
    let amount = Amount::of(Money { amount: settlement.amount, currency })?;
    let now = app.clock.now();
    // What could not be settled before is, after all: the open claim is paid.
    let order = match known {
        Some(order) => order,
        None => {
            let order = order(app, &session, key, amount, now)?;
            orders::create(&mut tx, &order).await?;
            order
        }
    };
    let attempt = attempt(app, &order, &account.name, &account.wallet, settlement, amount, now)?;
    attempts::create(&mut tx, &attempt).await?;
    attempts::update(&mut tx, &attempt).await?;
    let mut docket = Docket::open(app, &mut tx, order.id).await?.ok_or(PayError::NoOrder)?;
    docket.order.session_id = Some(session.id);
    let body = json!({"session": session.id, "reference": settlement.reference, "amount": amount.to_string(),
        "told_at": settlement.at.map(|told| told.at)});
    docket.tell(&mut tx, "terminal.settled", station, body).await?;
    // Somebody is paying the claim by its link at this moment: nobody shall any more, and what comes all the same goes back.
    if let Some(live) = docket.live().map(|row| row.id) {
        docket.take(&mut tx, &Event::Withdraw { attempt: live }, station).await?;
    }
    let event = Event::Taken { attempt: attempt.id, amount, free: true };
    docket.take(&mut tx, &event, station).await?;
    let twice = docket.attempt(attempt.id).is_some_and(|row| row.extra);
    invoice::wish(&mut tx, &order, settlement, now).await?;
    tx.commit().await?;
    app.pay.changed(app, station);
    let place = Some(place(app, &order)).filter(|_| settlement.receipt_url.is_empty());
    if twice {
        tracing::error!(%station, order = order.number, reference = settlement.reference, %amount,
            "a station settled a claim that was paid already: the driver has paid twice, and has to be given it back");
        return Ok(("twice", place));
    }
    Ok(("kept", place))
}

/// Is this settlement in the books of the order?
async fn is_kept(
    tx: &mut Tx,
    order: &OrderRow,
    account: &str,
    settlement: &Settlement,
) -> Result<bool, PayError> {
    let rows = attempts::of_order(tx, order.id).await?;
    let of = |row: &AttemptRow| serde_json::from_str::<Attempt>(&row.body).ok()?.reference;
    Ok(rows.iter().any(|row| row.account == account && of(row).as_ref() == Some(&settlement.reference)))
}

/// The terminal's provider said no, or was not reached: the bill is open.
async fn unsettled(app: &App, station: &StationId, settlement: &Settlement) -> Result<Outcome, PayError> {
    let key = key(station, &settlement.reference);
    let mut tx = app.db.write().await?;
    if let Some(order) = orders::by_page(&mut tx, &key).await? {
        return Ok(("again", Some(place(app, &order))));
    }
    let Some(session) = session(&mut tx, station, settlement).await? else {
        tracing::error!(%station, reference = settlement.reference, status = settlement.status,
            "a card payment of no session that is known was not settled: look at the station");
        return Ok(("no_session", None));
    };
    let currency = session.currency.parse().map_err(|_| PayError::NoPrice)?;
    let amount = Amount::of(Money { amount: settlement.amount, currency })?;
    let of = claim::Of {
        station,
        reference: &settlement.reference,
        status: &settlement.status,
        info: &settlement.info,
    };
    let Some(docket) = claim::open(app, &mut tx, &session, key, amount, &of).await? else {
        return Ok(("again", None));
    };
    invoice::wish(&mut tx, &docket.order, settlement, docket.now).await?;
    tx.commit().await?;
    app.pay.changed(app, station);
    Ok(("claim", Some(place(app, &docket.order))))
}

async fn session(
    tx: &mut Tx,
    station: &StationId,
    settlement: &Settlement,
) -> Result<Option<SessionRow>, PayError> {
    let Some(reference) = &settlement.transaction else { return Ok(None) };
    let found = sessions::by_reference(tx, station, reference).await?.into_iter().next();
    Ok(found.filter(|session| !session.currency.is_empty()))
}

fn place(app: &App, order: &OrderRow) -> ReceiptPlace {
    let url = format!("{}/o/{}", super::click::public_url(app), order.number);
    ReceiptPlace { url, id: order.number.clone() }
}

fn order(
    app: &App,
    session: &SessionRow,
    page_key: String,
    amount: Amount,
    now: DateTime<Utc>,
) -> Result<OrderRow, PayError> {
    let named = (app.ids.next(), number::order()?);
    Ok(OrderRow {
        station_id: session.station_id.clone(),
        evse: session.evse,
        site_id: session.site_id,
        token_uid: session.token_uid.clone(),
        tariff_hash: session.tariff_hash.clone().unwrap_or_default(),
        agent: AGENT.to_owned(),
        ..OrderRow::new(named, page_key, ("session", Mode::Prepay), amount, (now, now))
    })
}

fn attempt(
    app: &App,
    order: &OrderRow,
    account: &str,
    wallet: &str,
    settlement: &Settlement,
    amount: Amount,
    now: DateTime<Utc>,
) -> Result<AttemptRow, PayError> {
    let method = Method::Terminal { reader: order.station_id.clone() };
    let body = Attempt {
        number: number::merchant(now)?,
        amount,
        capture: Capture::Now,
        method: method.clone(),
        description: format!("Charging {} / {}", order.station_id, order.evse).chars().take(127).collect(),
        payer: Payer::default(),
        created_at: now,
        expires_at: now,
        notify_url: String::new(),
        return_url: String::new(),
        reference: Some(settlement.reference.clone()),
        charge: None,
    };
    let of = [account, wallet, method.word()];
    Ok(AttemptRow {
        // Nobody pays it any more, it was paid: it stands beside an attempt that somebody may be paying.
        state: "closed".to_owned(),
        body: serde_json::to_string(&body).unwrap_or_default(),
        reference: settlement.reference.clone(),
        ..AttemptRow::new(app.ids.next(), order.id, body.number.clone(), of, amount, now)
    })
}
