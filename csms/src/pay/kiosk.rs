//! Card terminals that are driven from here through their provider (OCPP 2.1, C24): a driver chooses the outlet on the
//! terminal's page, holds a card to the reader, and charges. Beyond choosing the reader, orders go the way of all others.

use super::{
    PayError,
    click::{self, Click, Clicked},
    number, offer,
    offer::{Offer, Way},
    open::{self, Wish},
};
use crate::{
    app::App,
    model::StationId,
    store::{
        Tx,
        pay::{
            attempts::AttemptRow,
            orders::{self, OrderRow},
        },
        readers::{self, ReaderRow},
        stations,
    },
};
use payments::{
    code::Agent,
    order::Standing,
    provider::{Method, RefusalKind},
};
use std::collections::BTreeSet;

/// Who asked for an order at a terminal.
pub const AGENT: &str = "kiosk";
/// Outlets of one reader at most.
const OUTLETS_MAX: usize = 64;
const STATIONS_MAX: i64 = 64;

/// What a driver chooses at a terminal.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Of the reader's page.
    pub code: String,
    pub station: StationId,
    pub evse: i64,
    /// Made by the page: asked again, it is the same order.
    pub page_key: String,
    /// BCP 47.
    pub language: String,
}

/// A reader that takes money for these places; `station` and `site` as its row has them.
///
/// # Errors
/// The account cannot drive terminals, or the reader has a place already.
pub async fn assign(app: &App, row: ReaderRow) -> Result<ReaderRow, PayError> {
    let account = app.pay.accounts.get(&row.account).ok_or(PayError::NoAccount(row.account.clone()))?;
    if !account.provider.abilities().takes(&Method::Terminal { reader: row.reader.clone() }) {
        return Err(PayError::NoWay);
    }
    let row = ReaderRow { id: app.ids.next(), code: number::code()?, created_at: app.clock.now(), ..row };
    let mut tx = app.db.write().await?;
    readers::create(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(row)
}

/// The reader whose page this is.
///
/// # Errors
/// There is none.
pub async fn reader(app: &App, code: &str) -> Result<ReaderRow, PayError> {
    readers::by_code(&mut app.db.read().await?, code).await?.ok_or(PayError::NoCode)
}

/// What can be paid at a reader, with the price of each; what has no price is left out.
///
/// # Errors
/// The database.
pub async fn outlets(app: &App, reader: &ReaderRow) -> Result<Vec<Offer>, PayError> {
    let mut tx = app.db.read().await?;
    let places = places(&mut tx, reader).await?;
    drop(tx);
    let mut offers = Vec::new();
    for (station, evse) in places {
        match offer_at(app, reader, &station, evse).await {
            Ok(offer) => offers.push(offer),
            Err(PayError::NoPrice | PayError::NoCode | PayError::NoWay) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(offers)
}

/// The stations and EVSEs that a reader takes money for.
async fn places(tx: &mut Tx, reader: &ReaderRow) -> Result<Vec<(StationId, i64)>, PayError> {
    let of = match (&reader.station_id, reader.site_id) {
        (Some(station), _) => vec![station.clone()],
        (None, Some(site)) => {
            let filter = stations::Filter { site: Some(site), ..stations::Filter::default() };
            stations::list(tx, &filter, None, STATIONS_MAX).await?.into_iter().map(|row| row.id).collect()
        }
        (None, None) => Vec::new(),
    };
    let mut places = Vec::new();
    for station in of {
        let mut evses =
            BTreeSet::from_iter(stations::evses(tx, &station).await?.into_iter().map(|row| row.evse));
        evses.extend(stations::connectors(tx, &station).await?.into_iter().map(|row| row.evse));
        if reader.evse > 0 {
            evses = BTreeSet::from([reader.evse]);
        }
        let id = StationId::from(station.as_str());
        places.extend(evses.into_iter().filter(|evse| *evse > 0).map(|evse| (id.clone(), evse)));
        if places.len() >= OUTLETS_MAX {
            tracing::warn!(reader = reader.reader, "a reader has more outlets than its page shows");
            places.truncate(OUTLETS_MAX);
            break;
        }
    }
    Ok(places)
}

/// What is offered at an outlet to whoever holds a card to the reader.
async fn offer_at(app: &App, reader: &ReaderRow, station: &StationId, evse: i64) -> Result<Offer, PayError> {
    let account = app.pay.accounts.get(&reader.account).ok_or(PayError::NoWay)?;
    let method = Method::Terminal { reader: reader.reader.clone() };
    let mut offer = offer::offer_at(app, station, evse, Agent::Browser).await?;
    if !account.takes(&method, offer.amount.currency) {
        return Err(PayError::NoWay);
    }
    let holds = account.provider.abilities().can_hold(&method);
    offer.ways = vec![Way { wallet: account.wallet.clone(), method, holds }];
    Ok(offer)
}

/// The driver has chosen: an order is made, and the reader asks for the card. Gives the order's number.
///
/// # Errors
/// Nobody can charge there now, or the reader cannot be asked; the order has ended then.
pub async fn choose(app: &App, choice: &Choice) -> Result<String, PayError> {
    let reader = reader(app, &choice.code).await?;
    let place = (choice.station.clone(), choice.evse);
    if !places(&mut app.db.read().await?, &reader).await?.contains(&place) {
        return Err(PayError::NoCode);
    }
    let offer = offer_at(app, &reader, &choice.station, choice.evse).await?;
    let way = offer.ways.first().cloned().ok_or(PayError::NoWay)?;
    // All drivers of a reader have the same device and address: they say nothing about any of them.
    let wish = Wish {
        code: String::new(),
        page_key: choice.page_key.clone(),
        device: String::new(),
        address: String::new(),
        agent: Agent::Browser,
        language: choice.language.clone(),
        contact: String::new(),
    };
    let order = open::at(app, &wish, &offer, AGENT).await?;
    if order.state != "created" {
        return Ok(order.number);
    }
    let click = Click {
        version: order.version,
        wallet: way.wallet,
        method: way.method,
        payer_code: None,
        account: Some(reader.account.clone()),
        return_url: format!("{}/k/{}", click::public_url(app), reader.code),
        address: String::new(),
        keep: false,
        contact: String::new(),
        device: String::new(),
    };
    let outcome = click::click(app, &order.number, &click).await;
    let word = match &outcome {
        Ok(Clicked::Next(_) | Clicked::Wait) => "shown",
        Ok(_) => "refused",
        Err(PayError::Refused(refusal)) if refusal.kind == RefusalKind::Trouble => "reader",
        Err(_) => "refused",
    };
    metrics::counter!("csms_pay_kiosk_total", "outcome" => word).increment(1);
    match outcome {
        Ok(Clicked::Next(_) | Clicked::Wait) => Ok(order.number),
        // Nobody at a terminal can type a code or go to another page.
        Ok(_) => {
            super::act::cancel(app, &order.number, "kiosk").await?;
            Err(PayError::NoWay)
        }
        Err(error) => {
            end_unpaid(app, &order).await?;
            Err(error)
        }
    }
}

/// The driver has thought better of it, at the terminal's page.
///
/// # Errors
/// It is no order of a terminal, or it cannot be cancelled any more.
pub async fn cancel(app: &App, number: &str) -> Result<(), PayError> {
    let order = orders::by_number(&mut app.db.read().await?, number).await?;
    order.filter(|order| order.agent == AGENT).ok_or(PayError::NoOrder)?;
    super::act::cancel(app, number, "kiosk").await
}

/// Nobody pays it any more: it does not wait until its time is over.
async fn end_unpaid(app: &App, order: &OrderRow) -> Result<(), PayError> {
    let row = orders::find(&mut app.db.read().await?, order.id).await?;
    if row.is_some_and(|row| matches!(row.state.as_str(), "created" | "pending")) {
        super::act::expire(app, &order.number).await?;
    }
    Ok(())
}

/// The card was refused, or the driver has stopped at the reader: whoever wants to try again chooses again.
pub(super) fn is_over(order: &OrderRow, attempts: &[AttemptRow]) -> bool {
    let live = attempts.iter().any(|row| super::docket::standing(&row.state) == Standing::Live);
    order.agent == AGENT && !attempts.is_empty() && !live
}

/// Of which kind the identifier is that a session of this order begins with, where the station's version can say it.
pub(super) fn is_direct(order: &OrderRow) -> bool {
    order.agent == AGENT
}
