//! What a code leads to: `GET /p/{code}` tells, `POST /p/{code}` makes the order.

use super::{
    acts::{self, Chosen, redirect},
    limit::Key,
    limited, nearby, place, refused, seal, stale,
    visitor::Visitor,
    ways, word_of,
};
use crate::{
    WebState,
    front::Fail,
    login::csrf,
    view::{LandingPage, Security, Tag},
};
use axum::{
    Form, Router,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    pay::{self, Offer, PayError, Readiness, Wish},
    store::{
        Tx,
        pay::{
            codes,
            orders::{self, OrderRow},
        },
        sites,
    },
};
use payments::code::Wanted;
use serde::Deserialize;
use std::time::Duration;
use tariffs::EvseKind;

/// Somebody else's payment is waited for so long to be closed at its provider.
const CLOSING: Duration = Duration::from_secs(8);
const CLOSING_STEP: Duration = Duration::from_millis(250);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/p/{code}", get(show).post(order))
        .route("/t/{station}/{evse}/{totp}/{version}", get(of_station))
}

/// A code that the station itself makes anew every minute (OCPP 2.1, C25). Whoever has just seen it on the display gets
/// one of ours that is good for as long as an offer is, with the limits that were chosen at the station.
async fn of_station(
    State(state): State<WebState>,
    Path((station, evse, totp, _)): Path<(String, i64, String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let now = state.app.clock.now();
    if state.app.codes.check(&station, &totp, now).is_none() {
        return super::Note(crate::view::DriveNote { status: 410, word: "expired", help: None })
            .into_response();
    }
    let query = query.unwrap_or_default();
    let wanted = Wanted::of(query.split('&').filter_map(|pair| pair.split_once('=')));
    let life = TimeDelta::minutes(i64::from(state.app.config.pay.offer_minutes.max(1)));
    let code = state.app.codes.sign(&station, evse, wanted, now, life);
    Redirect::to(&format!("{}/p/{code}", state.app.shed.base(&state.app))).into_response()
}

/// What was sent last, and what was wrong with it.
#[derive(Debug, Default)]
struct Last {
    error: Option<&'static str>,
    contact: String,
}

async fn show(
    State(state): State<WebState>,
    Path(code): Path<String>,
    visitor: Visitor,
) -> Result<Response, Response> {
    let page = page(&state, &visitor, &code, Last::default()).await?;
    visitor.show(200, &page).map_err(Fail::into_response)
}

/// The page, or why there is none.
async fn page(state: &WebState, visitor: &Visitor, code: &str, last: Last) -> Result<LandingPage, Response> {
    let now = visitor.shell.now;
    let offer = match pay::offer(&state.app, code, visitor.agent).await {
        Ok(offer) => Some(offer),
        Err(PayError::NoPrice) => None,
        Err(PayError::CodeExpired) => return Err(over(state, code).await),
        Err(error) => return Err(refused(error)),
    };
    let (station, evse) = match &offer {
        Some(offer) => (offer.station.clone(), offer.evse),
        None => pay::place(&state.app, code).await.map_err(refused)?,
    };
    let fail = |error: Fail| error.into_response();
    let mut tx = state.app.db.read().await.map_err(|e| fail(e.into()))?;
    let site = match &offer {
        Some(offer) => offer.site.clone(),
        None => sites::of_station(&mut tx, &station).await.map_err(|e| fail(e.into()))?,
    };
    let zone = offer.as_ref().map_or(chrono_tz::Tz::UTC, |offer| offer.zone);
    let operator = &state.app.config.pay.operator;
    let spot = place::spot(&mut tx, operator, site.as_ref(), &station, evse, zone.name())
        .await
        .map_err(|e| fail(e.into()))?;
    let orders = at_work(&mut tx, &station, evse, now).await.map_err(fail)?;
    let own = orders.iter().find(|order| order.device == visitor.device && has_begun(order));
    let other = orders.iter().find(|order| order.device != visitor.device && order.state == "pending");
    let readiness = offer.as_ref().map(|offer| offer.readiness);
    let state_word = state_of(readiness, other.is_some());
    let sellable = matches!(readiness, Some(Readiness::Ready { .. }));
    let nearby = if sellable && other.is_none() {
        None
    } else {
        let found = nearby::nearby(state, &mut tx, site.as_ref(), (&station, evse), visitor.apple);
        Some(found.await.map_err(fail)?)
    };
    let fault = fault(&mut tx, &station, evse).await.map_err(fail)?;
    let expires_at = match state.app.codes.read(code, now) {
        Some(signed) => signed.ok().map(|signed| signed.expires_at()),
        None => codes::find(&mut tx, code).await.map_err(|e| fail(e.into()))?.and_then(|row| row.expires_at),
    };
    drop(tx);
    let contact = visitor.contact(state).await.map_err(fail)?;
    let (mut choices, mut keeps) = (Vec::new(), String::new());
    if let Some(offer) = offer.as_ref().filter(|_| sellable) {
        let currency = offer.amount.currency;
        let left = pay::kept::of_contact(&state.app, &contact, Some(currency)).await.map_err(refused)?;
        choices.extend(ways::kept(&state.app.pay.accounts, &left));
        choices.extend(ways::choices(&offer.ways, visitor));
        keeps = ways::keeps(&state.app.pay.accounts, &offer.ways, &contact);
    }
    let unsupported = match &offer {
        None => "no-tariff",
        Some(_) if state.app.pay.accounts.is_empty() => "no-provider",
        Some(offer) if offer.ways.is_empty() => "no-method",
        Some(_) => "",
    };
    let token = seal(state).await.map_err(fail)?.of("pay", &subject(visitor, code));
    Ok(LandingPage {
        href: format!("/p/{code}"),
        spot,
        tone: tone_of(state_word),
        state: state_word,
        fault,
        price: offer.as_ref().map(|offer| price(offer, visitor)),
        security: offer.as_ref().map(security),
        unsupported,
        page_key: csrf::hex(&csrf::random::<16>().map_err(|_| fail(Fail::Busy))?),
        token,
        seconds_left: expires_at.map(|at| (at - now).num_seconds().max(0)),
        own: own.map(|order| format!("/o/{}", order.number)),
        other_until: other.map(|order| order.expires_at.with_timezone(&zone).format("%H:%M").to_string()),
        nearby,
        error: last.error,
        contact: last.contact,
        keeps,
        secure: ways::secure(&choices),
        choices,
    })
}

/// The code's time is over, or it was revoked: another reason, another advice.
async fn over(state: &WebState, code: &str) -> Response {
    let row = match state.app.db.read().await {
        Ok(mut tx) => codes::find(&mut tx, code).await.ok().flatten(),
        Err(error) => return Fail::Store(error).into_response(),
    };
    let word = if row.is_some_and(|row| row.revoked_at.is_some()) { "revoked" } else { "expired" };
    super::Note(crate::view::DriveNote { status: 410, word, help: None }).into_response()
}

/// What a form's token is for.
fn subject(visitor: &Visitor, code: &str) -> String {
    format!("{}|{code}", visitor.device)
}

/// The orders of an outlet that something may still happen to.
async fn at_work(tx: &mut Tx, station: &str, evse: i64, now: DateTime<Utc>) -> Result<Vec<OrderRow>, Fail> {
    let mut found = Vec::new();
    for id in orders::at_work_at(tx, station).await? {
        found.extend(orders::find(tx, id).await?.filter(|order| order.evse == evse));
    }
    found.retain(|order| order.expires_at > now || !matches!(order.state.as_str(), "created" | "pending"));
    Ok(found)
}

/// Somebody has clicked, or more.
fn has_begun(order: &OrderRow) -> bool {
    order.state != "created"
}

pub(super) fn state_of(readiness: Option<Readiness>, paying: bool) -> &'static str {
    match readiness {
        None => "",
        Some(Readiness::Ready { .. }) if paying => "paying",
        Some(Readiness::Ready { plugged: true }) => "plugged",
        Some(Readiness::Ready { plugged: false }) => "free",
        Some(Readiness::Busy) => "busy",
        Some(Readiness::Reserved) => "reserved",
        Some(Readiness::Faulted) => "faulted",
        Some(Readiness::Offline) => "offline",
        Some(Readiness::Unavailable) => "off",
    }
}

pub(super) fn tone_of(state: &str) -> &'static str {
    match state {
        "free" | "plugged" => "ok",
        "busy" | "paying" | "reserved" => "wait",
        "faulted" => "bad",
        _ => "off",
    }
}

async fn fault(tx: &mut Tx, station: &str, evse: i64) -> Result<String, Fail> {
    let connectors = csms::store::stations::connectors(tx, station).await?;
    let faulted = connectors.into_iter().find(|known| known.evse == evse && known.status == "Faulted");
    Ok(faulted.map(|known| known.error_code).filter(|code| code != "NoError").unwrap_or_default())
}

fn price(offer: &Offer, visitor: &Visitor) -> Tag {
    let kind = match offer.kind.as_str() {
        "ac" => Some(EvseKind::Ac),
        "dc" => Some(EvseKind::Dc),
        _ => None,
    };
    Tag::of(offer.tariff.tariff(), offer.zone, kind, visitor.shell.now, visitor.shell.lang)
}

fn security(offer: &Offer) -> Security {
    Security {
        amount: offer.amount.decimal().to_string(),
        currency: offer.amount.currency.to_string(),
        energy_mwh: offer.wanted.energy_wh.map(|wh| wh.saturating_mul(1_000)),
        seconds: offer.wanted.time_s,
        raised: offer.raised,
    }
}

#[derive(Deserialize)]
struct Sent {
    page_key: String,
    token: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    keep: String,
    #[serde(default)]
    take_over: String,
}

async fn order(
    State(state): State<WebState>,
    Path(code): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    let fail = Fail::into_response;
    if !seal(&state).await.map_err(fail)?.holds("pay", &subject(&visitor, &code), &sent.token) {
        return Err(stale(&format!("/p/{}", crate::pages::encoded(&code))).into_response());
    }
    if !state.drive.gate.pass(Key::Code(code.clone()), visitor.shell.now) {
        return Err(limited().into_response());
    }
    let again = async |status: u16, error| {
        let last = Last { error: Some(error), contact: sent.contact.chars().take(200).collect() };
        let page = page(&state, &visitor, &code, last).await?;
        visitor.show(status, &page).map_err(Fail::into_response)
    };
    let Some(contact) = contact_of(&sent.contact) else { return again(422, "contact").await };
    if !make_room(&state, &visitor, &code, sent.take_over == "yes").await? {
        return again(409, PayError::Changed.word()).await;
    }
    let wish = Wish {
        code: code.clone(),
        page_key: sent.page_key.clone(),
        device: visitor.device.clone(),
        address: visitor.address.to_string(),
        agent: visitor.agent,
        language: visitor.shell.lang_tag.to_owned(),
        contact,
    };
    let row = match pay::open(&state.app, &wish).await {
        Ok(row) => row,
        Err(error) => match word_of(&error) {
            Some(word) => return again(409, word).await,
            None => return Err(refused(error)),
        },
    };
    // The page was sent before: whatever became of its order is shown there.
    if row.state != "created" || sent.method.is_empty() {
        return Ok(redirect(&visitor, &row.number, None));
    }
    let chosen = Chosen { method: &sent.method, keep: sent.keep == "yes", identified: None };
    acts::begin(&state, &visitor, &headers, &row, row.version, chosen).await
}

/// Nobody else is paying at this outlet, or their payment was closed at its provider first.
async fn make_room(
    state: &WebState,
    visitor: &Visitor,
    code: &str,
    take_over: bool,
) -> Result<bool, Response> {
    let (station, evse) = pay::place(&state.app, code).await.map_err(refused)?;
    let others = async || -> Result<Vec<OrderRow>, Fail> {
        let mut tx = state.app.db.read().await?;
        let found = at_work(&mut tx, &station, evse, state.app.clock.now()).await?;
        Ok(found
            .into_iter()
            .filter(|order| order.device != visitor.device && order.state == "pending")
            .collect())
    };
    let found = others().await.map_err(Fail::into_response)?;
    if found.is_empty() {
        return Ok(true);
    }
    if !take_over {
        return Ok(false);
    }
    for order in &found {
        match pay::make_room(&state.app, &order.number, "another driver").await {
            // Paid in this very moment: it stays.
            Ok(()) | Err(PayError::NotNow(_)) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    let closed = tokio::time::timeout(CLOSING, async {
        loop {
            match others().await {
                Ok(left) if left.is_empty() => return Ok(()),
                Ok(_) => tokio::time::sleep(CLOSING_STEP).await,
                Err(error) => return Err(error),
            }
        }
    });
    match closed.await {
        Ok(done) => done.map(|()| true).map_err(Fail::into_response),
        Err(_) => Ok(false),
    }
}

/// An e-mail address in lower case, a phone number without spaces, or nothing; `None`: it is neither.
pub fn contact_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some(String::new());
    }
    if text.len() > 200 || text.chars().any(char::is_control) {
        return None;
    }
    if let Some((name, host)) = text.rsplit_once('@') {
        let plain = |part: &str| !part.is_empty() && !part.contains([' ', ',', ';', '<', '>', '"', '@']);
        let dotted = host.split('.').count() > 1 && host.split('.').all(|label| !label.is_empty());
        return (plain(name) && plain(host) && dotted).then(|| text.to_lowercase());
    }
    let (plus, rest) = text.strip_prefix('+').map_or(("", text), |rest| ("+", rest));
    let digits: String =
        rest.chars().filter(|letter| !matches!(letter, ' ' | '-' | '(' | ')' | '/' | '.')).collect();
    let phone = (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    phone.then(|| format!("{plus}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_addresses_or_phones_and_compare_alike() {
        for (text, kept) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("+49 (40) 123-456 78", "+494012345678"),
            ("138 0013 8000", "13800138000"),
            ("", ""),
        ] {
            assert_eq!(contact_of(text).as_deref(), Some(kept), "{text}");
        }
        for text in
            ["ada@", "@example.com", "ada@host", "a b@c.de", "12345", "call me", "a@b..de", "x@y.z\r\nBcc: q"]
        {
            assert_eq!(contact_of(text), None, "{text}");
        }
    }
}
