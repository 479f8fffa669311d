//! The orders of a browser, and of a contact whose link it has opened: `/me`.

use super::{
    acts,
    landing::contact_of,
    limit::Key,
    limited, money, refused, seal, stale,
    visitor::{self, Visitor, contact_name},
    ways,
};
use crate::{
    WebState,
    front::Fail,
    i18n::NoSuchText,
    view::{HistoryPage, KeptCard, LinkOffer, PastOrder},
};
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::TimeDelta;
use csms::{
    messages::{self, Kind, Message},
    pay,
    store::{
        StoreError, Tx,
        pay::{history, orders::OrderRow},
        sessions, sites,
    },
};
use serde::Deserialize;
use std::collections::HashMap;

/// Orders of a page.
const ROWS: i64 = 20;
/// A browser that has opened a link keeps it so long.
const KEPT: TimeDelta = TimeDelta::days(30);
/// A link is good so long.
const LINK: TimeDelta = TimeDelta::minutes(15);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/me", get(show).post(ask))
        .route("/me/open", post(open))
        .route("/me/leave", post(leave))
        .route("/me/kept", post(remove))
}

#[derive(Default, Deserialize)]
struct Asked {
    /// Of a link that was sent to a contact.
    #[serde(default)]
    key: String,
    before: Option<i64>,
    /// A link was asked for.
    #[serde(default)]
    sent: String,
    /// A method that was left was removed.
    #[serde(default)]
    removed: String,
}

async fn show(
    State(state): State<WebState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fail> {
    let now = visitor.shell.now;
    let seal = seal(&state).await?;
    if !asked.key.is_empty() {
        let Some(contact) = seal.read("link", &asked.key, now) else {
            return show_page(&state, &visitor, String::new(), Some("link"), Asked::default()).await;
        };
        // A link that somebody else has sent must not make this browser his: whose it is is read before it counts.
        let token = seal.of("order", &acts::subject(&visitor, "me"));
        let offer = Some(LinkOffer { contact, key: asked.key });
        return visitor.show(200, &HistoryPage { offer, token, ..HistoryPage::default() });
    }
    let contact = visitor.contact(&state).await?;
    show_page(&state, &visitor, contact, None, asked).await
}

#[derive(Deserialize)]
struct Opening {
    token: String,
    key: String,
}

/// The driver is the one whom the link was sent to.
async fn open(
    State(state): State<WebState>,
    visitor: Visitor,
    Form(sent): Form<Opening>,
) -> Result<Response, Response> {
    let (now, fail) = (visitor.shell.now, |error: Fail| error.into_response());
    let seal = seal(&state).await.map_err(fail)?;
    if !seal.holds("order", &acts::subject(&visitor, "me"), &sent.token) {
        return Err(stale("/me").into_response());
    }
    let Some(contact) = seal.read("link", &sent.key, now) else {
        let page = show_page(&state, &visitor, String::new(), Some("link"), Asked::default());
        return page.await.map_err(fail);
    };
    let pass = seal.pass("me", &contact, now + KEPT);
    let mut response = visitor.greet(Redirect::to("/me").into_response());
    if let Some(kept) = visitor::kept(contact_name(state.secure), &pass, KEPT.num_seconds(), state.secure) {
        response.headers_mut().append(SET_COOKIE, kept);
    }
    Ok(response)
}

#[derive(Deserialize)]
struct Wanted {
    token: String,
    contact: String,
}

/// Sends a contact the link to its orders. The answer is the same whether it has any: nobody learns who charges here.
async fn ask(
    State(state): State<WebState>,
    visitor: Visitor,
    Form(sent): Form<Wanted>,
) -> Result<Response, Response> {
    let (now, fail) = (visitor.shell.now, |error: Fail| error.into_response());
    let seal = seal(&state).await.map_err(fail)?;
    if !seal.holds("order", &acts::subject(&visitor, "me"), &sent.token) {
        return Err(stale("/me").into_response());
    }
    let Some(contact) = contact_of(&sent.contact).filter(|contact| !contact.is_empty()) else {
        let page = show_page(&state, &visitor, String::new(), Some("contact"), Asked::default());
        return page.await.map_err(fail);
    };
    if !state.drive.gate.pass(Key::Contact(contact.clone()), now) {
        return Err(limited().into_response());
    }
    let done = async {
        let mut tx = state.app.db.write().await?;
        if !history::of_driver(&mut tx, "", &contact, None, 1).await?.is_empty() {
            // As the settings say it: what the asker calls us would lead the reader to whatever the asker likes.
            let base = acts::base_url(&state, &HeaderMap::new());
            let link = format!("{base}/me?key={}", seal.pass("link", &contact, now + LINK));
            let (texts, lang) = (visitor.shell.lang.catalog(), visitor.shell.lang.key());
            let say = |text: Result<String, NoSuchText>| text.unwrap_or_default();
            let message = Message {
                key: &format!("sign_in:{}", state.app.ids.next()),
                kind: Kind::SignIn,
                to: &contact,
                language: lang,
                subject: &say(texts.text("drive.link_subject", &[])),
                text: &say(texts.text("drive.link_text", &[])),
                link: &link,
                order: None,
            };
            messages::add(&state.app, &mut tx, &message, now).await?;
        }
        tx.commit().await
    };
    done.await.map_err(|error: StoreError| fail(Fail::Store(error)))?;
    Ok(visitor.greet(Redirect::to("/me?sent=yes").into_response()))
}

async fn show_page(
    state: &WebState,
    visitor: &Visitor,
    contact: String,
    error: Option<&'static str>,
    asked: Asked,
) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let mut rows = history::of_driver(&mut tx, &visitor.device, &contact, asked.before, ROWS + 1).await?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let next = rows.last().filter(|_| more).map(|last| format!("/me?before={}", last.id));
    let orders = lines(&mut tx, rows).await?;
    drop(tx);
    let kept = pay::kept::of_contact(&state.app, &contact, None).await?;
    let kept = kept.into_iter().map(|row| KeptCard {
        id: row.id.to_string(),
        name: ways::card(&row.brand, &row.last4),
        since: row.created_at,
    });
    let token = seal(state).await?.of("order", &acts::subject(visitor, "me"));
    let status = match error {
        Some("link") => 410,
        Some(_) => 422,
        None => 200,
    };
    let can_send = messages::possible(&state.app, "@");
    let (sent, removed) = (asked.sent == "yes", asked.removed == "yes");
    let kept = kept.collect();
    let page =
        HistoryPage { contact, error, offer: None, can_send, sent, removed, token, kept, orders, next };
    visitor.show(status, &page)
}

async fn lines(tx: &mut Tx, rows: Vec<OrderRow>) -> Result<Vec<PastOrder>, Fail> {
    let mut places: HashMap<i64, (String, String)> = HashMap::new();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = row.site_id
            && !places.contains_key(&id)
            && let Some(site) = sites::find(tx, id).await?
        {
            places.insert(id, (site.name, site.time_zone));
        }
        let (site, zone) = row.site_id.and_then(|id| places.get(&id).cloned()).unwrap_or_default();
        let session = match row.session_id {
            Some(id) => sessions::find(tx, id).await?,
            None => None,
        };
        let kept = row.taken_minor - row.returned_minor;
        let (phase, tone) = match row.state.as_str() {
            "pending" => ("pay", "wait"),
            "authorized" => ("start", "wait"),
            "charging" => ("charging", "ok"),
            "settling" => ("settling", "wait"),
            "owing" => ("owing", "bad"),
            "failed" => ("failed", "bad"),
            _ if kept > 0 => ("done", "ok"),
            _ => ("returned", "off"),
        };
        lines.push(PastOrder {
            href: format!("/o/{}", row.number),
            at: row.created_at,
            zone,
            station: row.station_id,
            site,
            phase,
            tone,
            energy_mwh: session.map(|session| session.energy_mwh).filter(|energy| *energy > 0),
            paid: if kept > 0 { money::text(kept, row.currency.parse().ok()) } else { String::new() },
            currency: row.currency,
        });
    }
    Ok(lines)
}

#[derive(Deserialize)]
struct Removing {
    token: String,
    card: i64,
}

/// What the driver has left is not debited any more.
async fn remove(
    State(state): State<WebState>,
    visitor: Visitor,
    Form(sent): Form<Removing>,
) -> Result<Response, Response> {
    let fail = |error: Fail| error.into_response();
    if !seal(&state).await.map_err(fail)?.holds("order", &acts::subject(&visitor, "me"), &sent.token) {
        return Err(stale("/me").into_response());
    }
    let contact = visitor.contact(&state).await.map_err(fail)?;
    let removed = pay::kept::remove(&state.app, &contact, sent.card).await.map_err(refused)?;
    Ok(Redirect::to(if removed { "/me?removed=yes" } else { "/me" }).into_response())
}

#[derive(Deserialize)]
struct Leaving {
    token: String,
}

/// Forgets the contact in this browser.
async fn leave(
    State(state): State<WebState>,
    visitor: Visitor,
    Form(sent): Form<Leaving>,
) -> Result<Response, Response> {
    let seal = seal(&state).await.map_err(Fail::into_response)?;
    if !seal.holds("order", &acts::subject(&visitor, "me"), &sent.token) {
        return Err(stale("/me").into_response());
    }
    let mut response = Redirect::to("/me").into_response();
    if let Some(gone) = visitor::kept(contact_name(state.secure), "", 0, state.secure) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}
