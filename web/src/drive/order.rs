//! The page of an order: `GET /o/{number}`, and the hints that keep it fresh.

use super::{
    acts::subject,
    invoice::{self, Typed},
    landing::contact_of,
    money, nearby,
    phase::{has_begun, phase, refusal, seconds_left, tone, trouble},
    place, push, refused,
    running::running,
    seal,
    visitor::Visitor,
    way::{identity, pay_view, web_link},
    ways,
};
use crate::{
    WebState,
    front::Fail,
    live,
    pages::bill_view,
    view::{EndedView, OrderPage, PayView, TroubleView},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    pay::{self, PayError, Status, Way},
    receipts,
    store::{
        Tx,
        pay::{attempts, codes, orders},
        sessions, sites,
    },
};
use serde::Deserialize;

/// Words of `drive.error` that an address may carry, beside those of `refusal`.
const ERRORS: [&str; 5] = ["contact", "contact-kept", "contact-wanted", "code-wrong", "code-over"];
/// The page of an order that is over is kept fresh for so long after the last change, if something is still to come.
const LINGERS: TimeDelta = TimeDelta::minutes(10);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/o/{number}", get(show)).route("/o/{number}/live", get(hints))
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// What was wrong with what was sent last.
    #[serde(default)]
    pub e: String,
    /// The way that was chosen before the wallet was asked who the payer is.
    #[serde(default)]
    pub m: String,
    /// What a wallet's login page gave.
    #[serde(default, alias = "auth_code")]
    pub code: String,
    #[serde(default)]
    pub state: String,
    /// The account whose login page that was.
    #[serde(default)]
    pub account: String,
    /// What was typed for an invoice and could not be used, and the word of `drive.invoice.error` for it.
    #[serde(skip)]
    pub invoice: Option<(Typed, &'static str)>,
}

async fn show(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let mut tx = state.app.db.read().await.map_err(|error| Fail::Store(error).into_response())?;
    let status = pay::status_in(&state.app, &mut tx, &number).await.map_err(refused)?;
    let page = page(&state, &visitor, tx, status, &asked).await.map_err(Fail::into_response)?;
    visitor.show(200, &page).map_err(Fail::into_response)
}

/// The page again, with what could not be used and why.
pub async fn again_with(
    state: &WebState,
    visitor: &Visitor,
    number: &str,
    asked: &Asked,
) -> Result<Response, Response> {
    let mut tx = state.app.db.read().await.map_err(|error| Fail::Store(error).into_response())?;
    let status = pay::status_in(&state.app, &mut tx, number).await.map_err(refused)?;
    let page = page(state, visitor, tx, status, asked).await.map_err(Fail::into_response)?;
    visitor.show(422, &page).map_err(Fail::into_response)
}

/// The page that leads to a wallet's login page, right after the click.
pub async fn identify(
    state: &WebState,
    visitor: &Visitor,
    number: &str,
    way: &Way,
    url: &str,
) -> Result<Response, Response> {
    let mut tx = state.app.db.read().await.map_err(|error| Fail::Store(error).into_response())?;
    let status = pay::status_in(&state.app, &mut tx, number).await.map_err(refused)?;
    let mut page = page(state, visitor, tx, status, &Asked::default()).await.map_err(Fail::into_response)?;
    page.phase = "pay";
    page.moving = false;
    page.fresh = false;
    page.choices.clear();
    page.pay = Some(PayView {
        word: ways::word(&way.wallet, &way.method),
        brand: ways::brand(&way.wallet),
        attempt: format!("{number}.{}", page.version),
        link: web_link(url),
        bridge: None,
        code: None,
        been: false,
        identity: None,
        value: ways::value(way),
    });
    visitor.show(200, &page).map_err(Fail::into_response)
}

/// Server-sent hints about the order's station.
async fn hints(State(state): State<WebState>, Path(number): Path<String>) -> Result<Response, Response> {
    let found = async { orders::by_number(&mut state.app.db.read().await?, &number).await };
    let order = found.await.map_err(|error| Fail::Store(error).into_response())?;
    let order = order.ok_or_else(|| refused(PayError::NoOrder))?;
    let Ok(seat) = state.drive.live.clone().try_acquire_owned() else {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    Ok(live::stream(&state, order.station_id, seat))
}

/// `tx` is the one that the order was read in: what is shown of its session is of the same moment.
async fn page(
    state: &WebState,
    visitor: &Visitor,
    mut tx: Tx,
    status: Status,
    asked: &Asked,
) -> Result<OrderPage, Fail> {
    let order = &status.order;
    let now = visitor.shell.now;
    let tried = attempts::of_order(&mut tx, order.id).await?;
    let session = match order.session_id {
        Some(id) => sessions::find(&mut tx, id).await?,
        None => None,
    };
    let site = match order.site_id {
        Some(id) => sites::find(&mut tx, id).await?,
        None => None,
    };
    let zone = session.as_ref().map(|row| row.time_zone.clone()).filter(|zone| !zone.is_empty());
    let zone =
        zone.or_else(|| site.as_ref().map(|site| site.time_zone.clone())).unwrap_or_else(|| "UTC".to_owned());
    let operator = &state.app.config.pay.operator;
    let spot = place::spot(&mut tx, operator, site.as_ref(), &order.station_id, order.evse, &zone).await?;
    let at_work = match session.clone().filter(|_| status.runs && has_begun(status.state)) {
        Some(row) => Some(running(state, &mut tx, &visitor.shell, &status, row, &spot.kind).await?),
        None => None,
    };
    let phase = phase(&status, at_work.as_ref());
    let trouble = trouble(&status, phase);
    let trouble = match trouble {
        Some(word) => {
            let but = (order.station_id.as_str(), order.evse);
            Some(TroubleView {
                nearby: nearby::nearby(state, &mut tx, site.as_ref(), but, visitor.apple).await?,
                code: status.fault.as_ref().map(|fault| fault.error_code.clone()).unwrap_or_default(),
                at: session.as_ref().and_then(|row| row.ended_at).or(order.settled_at),
                place: place::evse_label(&order.station_id, order.evse),
                word: word.to_owned(),
            })
        }
        None => None,
    };
    let ended = matches!(phase, "done" | "returned" | "failed" | "expired" | "cancelled");
    let again = if ended || trouble.is_some() {
        again(&mut tx, &order.station_id, order.evse, now).await?
    } else {
        None
    };
    let documents = receipts::of_order(&mut tx, order).await.unwrap_or_default();
    let document = receipts::current(&documents);
    let issued = document.is_some();
    let contact = visitor.contact(state).await?;
    let invoice = match visitor.owns(order, &contact) {
        true => invoice::view(&mut tx, &status, document, asked.invoice.as_ref()).await?,
        false => None,
    };
    drop(tx);
    let told = matches!(phase, "start" | "leaving" | "charging" | "full" | "settling")
        && visitor.owns(order, &contact);
    let push = if told { push::view(state).await } else { None };
    let choose = matches!(phase, "choose") && status.can_pay;
    let code_until = pay::awaits_code(&state.app, order.id).await.unwrap_or_default().filter(|_| choose);
    let offered = pay::ways(&state.app.pay.accounts, visitor.agent, status.amount.currency);
    let (mut choices, mut keeps) = (Vec::new(), String::new());
    if choose {
        let left = pay::kept::of_contact(&state.app, &contact, Some(status.amount.currency)).await?;
        choices.extend(ways::kept(&state.app.pay.accounts, &left));
        choices.extend(ways::choices(&offered, visitor));
        keeps = ways::keeps(&state.app.pay.accounts, &offered, &contact);
    }
    let money = money::view(&status, &tried);
    // The receipt is made a moment after the money has moved, and what comes back takes its time.
    let writes = phase == "done"
        && !issued
        && order.due_minor.is_some_and(|due| due > 0)
        && order.written_off_minor == 0;
    let returns = status.refunds.iter().any(|refund| !matches!(refund.state.as_str(), "done" | "failed"));
    let lingers = (writes || returns) && now - order.changed_at < LINGERS;
    let moving = !ended && phase != "owing" && phase != "choose";
    let running = at_work.is_some();
    let (live, lines) = at_work.map_or((None, None), |run| (Some(run.live), run.bill));
    let bill = match (&status.bill, running) {
        (_, true) => lines,
        (Some(bill), false) if session.is_some() => Some(bill_view(bill, false, visitor.shell.lang)),
        _ => None,
    };
    Ok(OrderPage {
        href: format!("/o/{}", order.number),
        version: order.version,
        token: seal(state).await?.of("order", &subject(visitor, &order.number)),
        phase,
        tone: tone(phase, trouble.is_some()),
        moving,
        fresh: moving || lingers,
        pay: if phase == "pay" {
            pay_view(&status, visitor, !asked.m.is_empty())
        } else {
            identity(asked, &status, &offered)
        },
        secure: ways::secure(&choices),
        choices,
        keeps,
        push,
        seconds_left: seconds_left(&status, phase, now),
        may_cancel: status.can_cancel && matches!(phase, "choose" | "pay" | "checking" | "start"),
        live,
        trouble,
        bill,
        money,
        session: session.filter(|row| row.state != "open").map(|row| ended_view(&row)),
        again,
        receipt: issued.then(|| format!("/o/{}/receipt.pdf", order.number)),
        invoice,
        error: ERRORS
            .into_iter()
            .chain(PayError::WORDS)
            .find(|word| *word == asked.e)
            .filter(|_| !ended)
            .or(refusal(&status, phase)),
        contact: contact_of(&order.contact).unwrap_or_default(),
        asks_contact: choose && matches!(&*asked.e, "contact" | "contact-wanted"),
        asks_code: code_until.is_some(),
        number: order.number.clone(),
        spot,
    })
}

fn ended_view(row: &csms::store::row::SessionRow) -> EndedView {
    let seconds = row.ended_at.map_or(0, |end| (end - row.started_at).num_seconds().max(0));
    // 1 mWh is 3.6 Ws.
    let mean_w = row.energy_mwh.checked_mul(36).and_then(|energy| energy.checked_div(10 * seconds));
    EndedView {
        started_at: row.started_at,
        ended_at: row.ended_at,
        seconds,
        energy_mwh: row.energy_mwh,
        mean_w: mean_w.filter(|watts| *watts > 0),
    }
}

/// Where to pay at this outlet again: its sticker, or what its display shows now.
async fn again(tx: &mut Tx, station: &str, evse: i64, now: DateTime<Utc>) -> Result<Option<String>, Fail> {
    let mut known = codes::of_station(tx, station, now).await?;
    known.retain(|row| row.evse == evse);
    let found = known.iter().find(|row| row.kind == "static").or(known.first());
    Ok(found.map(|row| format!("/p/{}", row.code)))
}
