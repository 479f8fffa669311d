//! One station, and what an operator does with it.

use super::{
    Click, desired, display, encoded, firmware, local_list, point_box, record, reservations, rows,
    station_href, stations::make_secret,
};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{Chip, DeviationLine, Message, SecretPage, StationPage, WishForm, read_frames},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::store::{Tx, console, events, journal, row::StationRow, sessions, sites, stations};
use serde::Deserialize;

/// Messages shown.
const MESSAGES: usize = 100;
/// Rows of the journal read for them; a row holds up to 16 KiB of frames.
const JOURNAL_ROWS: i64 = 12;
/// Sessions and events shown.
const RECENT: i64 = 8;
const DEVIATIONS: i64 = 20;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations/{id}", get(show))
        .route("/stations/{id}/lift", post(lift))
        .route("/stations/{id}/password", post(new_password))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    action: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let mut tx = state.app.db.read().await?;
    let row = stations::find(&mut tx, &id).await?.ok_or(Fail::NotFound)?;
    let connectors = stations::connectors(&mut tx, &id).await?;
    let live = sessions::open(&mut tx, &id).await?;
    let of_station = sessions::Filter { station: Some(id.clone()), ..sessions::Filter::default() };
    let recent = sessions::list(&mut tx, &of_station, None, RECENT).await?;
    let of_station = events::Filter { station: Some(id.clone()), ..events::Filter::default() };
    let events = events::list(&mut tx, &of_station, None, RECENT).await?;
    let deviations = if row.vendor.is_empty() && row.model.is_empty() {
        Vec::new()
    } else {
        console::deviations(&mut tx, &row.vendor, &row.model, DEVIATIONS).await?
    };
    let site = sites::of_station(&mut tx, &id).await?;
    let messages = messages(&state, &mut tx, &id, &wanted.action).await?;
    let display = display::shown(&state, &mut tx, &id).await?;
    let desired = desired::shown(&state, &mut tx, &id).await?;
    let files = firmware::wishes(&mut tx, &id).await?;
    let reservations = reservations::of_station(&mut tx, &id).await?;
    let list = local_list::shown(&state, &mut tx, &id).await?;
    drop(tx);
    let href = station_href(&id);
    visit.show(&StationPage {
        link: rows::link_state(&state, &row, now),
        protocol: row.protocol.clone(),
        facts: facts(&state, &row, &visit),
        own: (!row.status.is_empty()).then(|| Chip::new(String::new(), &row.status, &row.error_code, "")),
        chips: rows::chips(&connectors.iter().collect::<Vec<_>>()),
        live: live.into_iter().map(|row| rows::live_session(row, now)).collect(),
        sessions: recent.into_iter().map(|row| rows::session_line(row, now)).collect(),
        events: events.into_iter().map(rows::event_line).collect(),
        deviations: deviations
            .into_iter()
            .map(|row| DeviationLine {
                action: row.action,
                path: row.path,
                rule: row.rule,
                sample: row.sample,
                count: row.count,
                last_at: row.last_at,
            })
            .collect(),
        quarantined_until: rows::quarantined_until(&state, &row, now),
        has_password: !row.secret.is_empty(),
        display,
        desired,
        wish: WishForm::default(),
        files,
        reservations,
        list,
        point: point_box(&state, &headers, &id),
        stickers: site.as_ref().map(|site| format!("/sites/{}/stickers", site.id)),
        site: site.map(|site| site.name).unwrap_or_default(),
        seen_at: row.seen_at,
        name: row.name,
        quarantine_reason: row.quarantine_reason,
        action: wanted.action,
        messages,
        href,
        id,
    })
}

/// `[key of the text, value]` of what is known.
fn facts(state: &WebState, row: &StationRow, visit: &Visit) -> Vec<[String; 2]> {
    let zone = crate::view::zone_of(&visit.shell.zone);
    let local =
        |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let mut facts = Vec::new();
    let mut fact = |key: &str, value: &str| {
        if !value.is_empty() {
            facts.push([key.to_owned(), value.to_owned()]);
        }
    };
    fact("station.vendor", &row.vendor);
    fact("station.model", &row.model);
    fact("station.serial", &row.serial);
    fact("station.firmware", &row.firmware);
    fact("station.meter_serial", &row.meter_serial);
    fact("station.iccid", &row.iccid);
    fact("station.imsi", &row.imsi);
    match state.app.hub.info(&row.id.as_str().into()) {
        Some(link) => {
            fact("station.address", &link.address.to_string());
            fact("station.connected", &local(link.since));
            fact("station.messages", &format!("{} / {}", link.received, link.sent));
        }
        None => fact("station.address", &row.address),
    }
    fact("station.booted", &row.booted_at.map(local).unwrap_or_default());
    fact("station.boot_reason", &row.boot_reason);
    fact("station.registration", &row.registration);
    fact("station.validation", &row.validation);
    fact("station.protocols", &row.protocols.replace(',', ", "));
    let usual = state.app.catalog.usual_tariff(&row.id, row.site_id, state.app.clock.now());
    fact("station.tariff", usual.as_deref().unwrap_or_default());
    facts
}

/// The newest messages: what is written, and what the link still holds.
async fn messages(state: &WebState, tx: &mut Tx, id: &str, action: &str) -> Result<Vec<Message>, Fail> {
    let mut written = journal::of_station(tx, id, journal::Span::default(), None, JOURNAL_ROWS).await?;
    written.reverse();
    let tail = state.app.hub.tail(&id.into()).unwrap_or_default();
    let bodies = written.iter().map(|row| row.body.as_str()).chain([tail.as_str()]);
    Ok(read_frames(bodies, action, MESSAGES))
}

async fn lift(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let mut tx = state.app.db.write().await?;
    if !stations::set_quarantine(&mut tx, &id, None, "").await? {
        return Err(Fail::NotFound);
    }
    record(&state, &mut tx, visit.shell.now, &id, "station.released", &visit.account.name).await?;
    tx.commit().await?;
    // After the commit: a station that comes back at once must not be turned away by its old row.
    state.app.hub.quarantine().lift(&id.as_str().into());
    state.app.live.touch(&id.as_str().into());
    Ok(Redirect::to(&format!("/stations/{}?done=lifted", encoded(&id))).into_response())
}

async fn new_password(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let (secret, kept) = make_secret(&state, "generate")?;
    let mut tx = state.app.db.write().await?;
    if !stations::set_secret(&mut tx, &id, &kept).await? {
        return Err(Fail::NotFound);
    }
    record(&state, &mut tx, visit.shell.now, &id, "station.password", &visit.account.name).await?;
    tx.commit().await?;
    visit.show(&SecretPage {
        href: station_href(&id),
        point: point_box(&state, &headers, &id),
        station: id,
        secret,
        created: false,
    })
}
