//! The page beside a card terminal: `GET /k/{code}` lists the outlets, `POST /k/{code}` has the reader ask for the card, and
//! `GET /k/{code}/{number}` follows the order until the driver goes to the car. Whoever charges later looks with a phone.

use super::{
    acts::base_url,
    landing::{state_of, tone_of},
    limit::Key,
    limited, place, refused, seal, stale,
    visitor::Visitor,
    word_of,
};
use crate::{
    WebState,
    front::Fail,
    login::csrf,
    view::{KioskOrderPage, KioskOutlet, KioskPage, Tag, qr},
};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::pay::{self, PayError, Readiness, kiosk};
use payments::order::State as Order;
use serde::Deserialize;
use tariffs::EvseKind;

/// The list is made anew so often: outlets become free.
const LIST_S: u32 = 15;
/// Somebody holds a card to the reader.
const CARD_S: u32 = 2;
/// Whoever has paid reads what to do now; then the page is the next driver's.
const DONE_S: u32 = 30;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/k/{code}", get(show).post(choose))
        .route("/k/{code}/{number}", get(follow))
        .route("/k/{code}/{number}/cancel", post(cancel))
}

fn subject(visitor: &Visitor, code: &str) -> String {
    format!("{}|{code}", visitor.device)
}

async fn show(
    State(state): State<WebState>,
    Path(code): Path<String>,
    visitor: Visitor,
) -> Result<Response, Response> {
    list(&state, &visitor, &code, 200, None).await
}

async fn list(
    state: &WebState,
    visitor: &Visitor,
    code: &str,
    status: u16,
    error: Option<&'static str>,
) -> Result<Response, Response> {
    let fail = Fail::into_response;
    let reader = kiosk::reader(&state.app, code).await.map_err(refused)?;
    let offers = kiosk::outlets(&state.app, &reader).await.map_err(refused)?;
    let operator = &state.app.config.pay.operator;
    let mut tx = state.app.db.read().await.map_err(|e| fail(e.into()))?;
    let mut outlets = Vec::with_capacity(offers.len());
    for offer in offers {
        let kind = match offer.kind.as_str() {
            "ac" => Some(EvseKind::Ac),
            "dc" => Some(EvseKind::Dc),
            _ => None,
        };
        let (site, zone) = (offer.site.as_ref(), offer.zone.name());
        let spot = place::spot(&mut tx, operator, site, &offer.station, offer.evse, zone).await;
        let word = state_of(Some(offer.readiness), false);
        outlets.push(KioskOutlet {
            spot: spot.map_err(|e| fail(e.into()))?,
            state: word,
            tone: tone_of(word),
            price: Tag::of(offer.tariff.tariff(), offer.zone, kind, visitor.shell.now, visitor.shell.lang),
            amount: offer.amount.decimal().to_string(),
            currency: offer.amount.currency.to_string(),
            ready: matches!(offer.readiness, Readiness::Ready { .. }),
            station: offer.station.to_string(),
            evse: offer.evse,
        });
    }
    drop(tx);
    let page = KioskPage {
        href: format!("/k/{}", reader.code),
        name: reader.name,
        outlets,
        error,
        page_key: csrf::hex(&csrf::random::<16>().map_err(|_| fail(Fail::Busy))?),
        token: seal(state).await.map_err(fail)?.of("kiosk", &subject(visitor, code)),
        refresh_s: LIST_S,
    };
    visitor.show(status, &page).map_err(fail)
}

#[derive(Deserialize)]
struct Sent {
    token: String,
    #[serde(default)]
    page_key: String,
    #[serde(default)]
    station: String,
    #[serde(default)]
    evse: i64,
}

async fn check(state: &WebState, visitor: &Visitor, code: &str, sent: &Sent) -> Result<(), Response> {
    let seal = seal(state).await.map_err(Fail::into_response)?;
    if seal.holds("kiosk", &subject(visitor, code), &sent.token) {
        return Ok(());
    }
    Err(stale(&format!("/k/{}", crate::pages::encoded(code))).into_response())
}

async fn choose(
    State(state): State<WebState>,
    Path(code): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &code, &sent).await?;
    if !state.drive.gate.pass(Key::Code(code.clone()), visitor.shell.now) {
        return Err(limited().into_response());
    }
    let choice = kiosk::Choice {
        code: code.clone(),
        station: sent.station.as_str().into(),
        evse: sent.evse,
        page_key: sent.page_key,
        language: visitor.shell.lang_tag.to_owned(),
    };
    match kiosk::choose(&state.app, &choice).await {
        Ok(number) => Ok(visitor.greet(Redirect::to(&format!("/k/{code}/{number}")).into_response())),
        Err(error) => match word_of(&error) {
            Some(word) => list(&state, &visitor, &code, 409, Some(word)).await,
            None => Err(refused(error)),
        },
    }
}

async fn follow(
    State(state): State<WebState>,
    Path((code, number)): Path<(String, String)>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let fail = Fail::into_response;
    let reader = kiosk::reader(&state.app, &code).await.map_err(refused)?;
    let status = pay::status(&state.app, &number).await.map_err(refused)?;
    let order = &status.order;
    if order.agent != kiosk::AGENT {
        return Err(refused(PayError::NoOrder));
    }
    let mut tx = state.app.db.read().await.map_err(|e| fail(e.into()))?;
    let site =
        csms::store::sites::of_station(&mut tx, &order.station_id).await.map_err(|e| fail(e.into()))?;
    let zone = site.as_ref().map_or("UTC", |site| site.time_zone.as_str());
    let operator = &state.app.config.pay.operator;
    let spot = place::spot(&mut tx, operator, site.as_ref(), &order.station_id, order.evse, zone).await;
    let spot = spot.map_err(|e| fail(e.into()))?;
    drop(tx);
    let (word, tone) = match status.state {
        Order::Created | Order::Pending if status.refusal.is_some() => ("declined", "bad"),
        Order::Created | Order::Pending => ("card", "wait"),
        Order::Authorized => ("paid", "ok"),
        Order::Charging | Order::Settling => ("charging", "ok"),
        Order::Failed => ("declined", "bad"),
        Order::Expired => ("expired", "off"),
        Order::Cancelled | Order::Released => ("released", "off"),
        _ => ("ended", "ok"),
    };
    let link = format!("{}/o/{number}", base_url(&state, &headers));
    let href = format!("/k/{}", reader.code);
    let waits = word == "card";
    let page = KioskOrderPage {
        next: if waits { format!("{href}/{number}") } else { href.clone() },
        refresh_s: if waits { CARD_S } else { DONE_S },
        number: number.clone(),
        word,
        tone,
        spot,
        amount: status.amount.decimal().to_string(),
        currency: status.amount.currency.to_string(),
        can_cancel: waits && status.can_cancel,
        receipt: if matches!(word, "paid" | "charging" | "ended") { qr(&link) } else { None },
        token: seal(&state).await.map_err(fail)?.of("kiosk", &subject(&visitor, &code)),
        href,
    };
    visitor.show(200, &page).map_err(fail)
}

async fn cancel(
    State(state): State<WebState>,
    Path((code, number)): Path<(String, String)>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &code, &sent).await?;
    kiosk::cancel(&state.app, &number).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/k/{code}/{number}")).into_response())
}
