//! Whether a visitor may become a link: known, not quarantined, right credentials, a version we share.
//!
//! What a stranger learns: an identity that nobody has registered is answered 404 if no credentials came with it, as
//! the standard asks (2.x Part 4 §3.2), and exactly like a wrong password if some did, at the same work and time.
//! With `ocpp.hide_unknown_stations` it is 401 in both cases.

use super::{
    auth::{Check, Credentials},
    cause::Cause,
    front::Front,
    handshake::{Agreed, Refusal, Request, negotiate, path},
    quarantine::Verdict,
};
use crate::{
    desired::password,
    event::{self, list::Quarantined},
    model::StationId,
    store::{
        row::{StationRow, Write},
        stations,
    },
};
use chrono::{DateTime, Utc};
use std::{net::IpAddr, time::Duration};
use tokio::time::Instant;

/// A refusal for wrong credentials leaves so long after they came, whatever it took to find out.
const WRONG_TAKES: Duration = Duration::from_millis(250);
/// One text for unknown stations and wrong passwords.
const WRONG: &str = "The credentials are not those of this station.";
const MISSING: &str = "This server wants Basic authentication: the identity as user name, and the password.";

/// Who comes in.
#[derive(Debug)]
pub(super) struct Admitted {
    pub id: StationId,
    pub row: StationRow,
    /// `None`: no version in common, but the operator wants the upgrade done and the link closed.
    pub agreed: Option<Agreed>,
}

/// Decides over a request. Touches nothing of a station before its credentials are right.
pub(super) async fn admit(front: &Front, request: &Request, address: IpAddr) -> Result<Admitted, Refusal> {
    let came = Instant::now();
    let app = &front.app;
    let id: StationId = request.identity.as_str().into();
    let now = app.clock.now();
    if let Some(until) = app.hub.quarantine().until(&id, now) {
        return Err(quarantined(until, now, ""));
    }
    app.desires.telling.settled(&id).await;
    let row = app.loads.station(&id).await.map_err(|error| {
        tracing::error!(station = %id, "cannot look up the station: {error}");
        Refusal::new(503, Cause::Busy, "The server cannot check who you are at the moment.")
            .retry_after(Duration::from_secs(5))
            .detail("database")
    })?;
    if let Some(row) = &row
        && let Some(until) = row.quarantined_until.filter(|until| now < *until)
    {
        return Err(quarantined(until, now, &row.quarantine_reason));
    }
    let row = match row {
        None if app.config.ocpp.open_registration && path::is_standard(&id) => register(front, &id).await?,
        row => authenticate(front, request, row, address, came).await?,
    };
    let settings = &app.config.ocpp;
    let agreed = negotiate::subprotocol(&request.offered, &row.protocols, settings.missing_subprotocol_is_16);
    if agreed.is_none() && settings.refuse_unknown_subprotocol {
        return Err(no_version(request, &row));
    }
    let limits = &settings.limits;
    match app.hub.quarantine().connect(&id, now, limits.flapping_connects, limits.quarantine_s) {
        Verdict::Free => Ok(Admitted { id, row, agreed }),
        Verdict::Lasts { until } => Err(quarantined(until, now, "")),
        Verdict::Begins { until, reason } => {
            tracing::warn!(station = %id, %until, "quarantined: {reason}");
            let told = Quarantined { until, reason: reason.clone(), address };
            app.writer.later(Write::Event(event::row(&app.ids, now, Some(&id), None, &told)));
            app.writer.later(Write::Quarantine {
                station: id.clone(),
                until: Some(until),
                reason: reason.clone(),
            });
            app.live.touch(&id);
            Err(quarantined(until, now, &reason))
        }
    }
}

async fn authenticate(
    front: &Front,
    request: &Request,
    row: Option<StationRow>,
    address: IpAddr,
    came: Instant,
) -> Result<StationRow, Refusal> {
    let id = &request.identity;
    // An empty secret: the operator has said that this station needs no password.
    let row = match row {
        Some(row) if row.secret.is_empty() => return unguarded(front, request, row).await,
        row => row,
    };
    let Some(credentials) = &request.credentials else {
        return Err(match row {
            Some(_) => Refusal::new(401, Cause::NoPassword, MISSING),
            None if front.app.config.ocpp.hide_unknown_stations => {
                Refusal::new(401, Cause::UnknownStation, MISSING).detail("")
            }
            None => Refusal::new(404, Cause::UnknownStation, "No station with this identity is registered."),
        });
    };
    match (judge(front, credentials, id, row.as_ref(), address).await, row) {
        (Ok(None), Some(row)) => Ok(row),
        (Ok(Some(next)), Some(row)) => adopt(front, row, next).await,
        (Err(Wrong::Wait(wait)), _) => {
            Err(Refusal::new(429, Cause::RateLimited, "Too many wrong passwords. Please wait.")
                .retry_after(wait)
                .detail("wrong passwords"))
        }
        (judged, _) => {
            let (cause, detail) = match judged {
                Err(Wrong::Credentials(cause, detail)) => (cause, detail),
                _ => (Cause::UnknownStation, String::new()),
            };
            front.guard.wrong_password(id, address);
            tokio::time::sleep_until(came + WRONG_TAKES).await;
            Err(Refusal::new(401, cause, WRONG).detail(detail))
        }
    }
}

/// Why credentials do not open the door.
enum Wrong {
    /// Too many wrong ones came before.
    Wait(Duration),
    Credentials(Cause, String),
}

/// A station that needs no password; if it shows the one that it was told, it needs that from now on.
async fn unguarded(front: &Front, request: &Request, row: StationRow) -> Result<StationRow, Refusal> {
    let shown = request.credentials.as_ref().filter(|shown| shown.user == row.id.as_bytes());
    let Some(shown) = shown else { return Ok(row) };
    let next = told(front, &row.next_secret, &shown.password).await.map(str::to_owned);
    match next {
        Some(next) => adopt(front, row, next).await,
        None => Ok(row),
    }
}

/// Which of the passwords that the station was told is it? In the kept form.
async fn told<'a>(front: &Front, next: &'a str, shown: &[u8]) -> Option<&'a str> {
    for sealed in password::open(next) {
        if front.app.vault.check(Some(sealed), shown).await == Check::Right {
            return Some(sealed);
        }
    }
    None
}

/// The station has come with the password that it was told: it is its only one before the station is let in.
async fn adopt(front: &Front, row: StationRow, sealed: String) -> Result<StationRow, Refusal> {
    let station: StationId = row.id.as_str().into();
    let later = password::later(&row.next_secret, &sealed);
    let used = Write::PasswordUsed { station, sealed: sealed.clone(), later: later.clone() };
    if let Err(error) = front.app.writer.commit(vec![used]).await {
        tracing::error!(station = row.id, %error, "the station's new password could not be kept");
        return Err(Refusal::new(503, Cause::Busy, "The server cannot check who you are at the moment.")
            .retry_after(Duration::from_secs(5))
            .detail("database"));
    }
    tracing::info!(station = row.id, "the station uses its new password; the old one is wrong from now on");
    metrics::counter!("csms_station_passwords_total", "step" => "used").increment(1);
    Ok(StationRow { secret: sealed, next_secret: later, ..row })
}

/// Are the credentials right? Gives back the kept form of the password that the station was told, if it is that one. What can be checked cheaply is checked even during a back-off, so that a station is not
/// locked out by somebody else's guessing, not even from its own address.
async fn judge(
    front: &Front,
    credentials: &Credentials,
    id: &str,
    row: Option<&StationRow>,
    address: IpAddr,
) -> Result<Option<String>, Wrong> {
    let vault = &front.app.vault;
    let kept = row.map(|row| row.secret.as_str());
    let next = row.map(|row| row.next_secret.as_str()).unwrap_or_default();
    let user_fits = credentials.user == id.as_bytes();
    let is_next = |next: &&str| vault.check_quickly(Some(next), &credentials.password) == Some(Check::Right);
    if let (Some(next), true) = (password::open(next).find(is_next), user_fits) {
        return Ok(Some(next.to_owned()));
    }
    let check = match (vault.check_quickly(kept, &credentials.password), front.guard.must_wait(id, address)) {
        (Some(Check::Right), _) if user_fits => Check::Right,
        (_, Some(wait)) => return Err(Wrong::Wait(wait)),
        (Some(check), None) => check,
        (None, None) => vault.check(kept, &credentials.password).await,
    };
    match check {
        _ if row.is_none() => Err(Wrong::Credentials(Cause::UnknownStation, "credentials were sent".into())),
        _ if !user_fits => {
            let user = String::from_utf8_lossy(&credentials.user);
            Err(Wrong::Credentials(Cause::UserMismatch, format!("user name: {user}")))
        }
        Check::Right => Ok(None),
        Check::Wrong => {
            if let Some(next) = told(front, next, &credentials.password).await {
                return Ok(Some(next.to_owned()));
            }
            let length = credentials.password.len();
            Err(Wrong::Credentials(Cause::WrongPassword, format!("a password of {length} bytes was sent")))
        }
    }
}

/// Open registration: a station that nobody knows is created, without a password.
async fn register(front: &Front, id: &StationId) -> Result<StationRow, Refusal> {
    let app = &front.app;
    let created = async {
        let mut tx = app.db.write().await?;
        stations::create_if_absent(&mut tx, id, app.clock.now()).await?;
        tx.commit().await?;
        app.loads.station(id).await
    };
    match created.await {
        Ok(Some(row)) => {
            tracing::info!(station = %id, "registered by itself (ocpp.open_registration)");
            Ok(row)
        }
        Ok(None) => {
            Err(Refusal::new(404, Cause::UnknownStation, "No station with this identity is registered."))
        }
        Err(error) => {
            tracing::error!(station = %id, "cannot register the station: {error}");
            Err(Refusal::new(503, Cause::Busy, "The server cannot register you at the moment.")
                .retry_after(Duration::from_secs(5))
                .detail("database"))
        }
    }
}

fn no_version(request: &Request, row: &StationRow) -> Refusal {
    let allowed = if row.protocols.is_empty() { "ocpp2.1,ocpp2.0.1,ocpp1.6" } else { &row.protocols };
    let body = if request.offered.is_empty() {
        format!("Sec-WebSocket-Protocol is missing. It has to name one of: {allowed}.")
    } else if negotiate::any_served(&request.offered) {
        format!("None of the offered OCPP versions is allowed for this station. Allowed: {allowed}.")
    } else {
        format!("None of the offered subprotocols is served. Allowed: {allowed}.")
    };
    Refusal::new(400, Cause::Subprotocol, body)
}

fn quarantined(until: DateTime<Utc>, now: DateTime<Utc>, reason: &str) -> Refusal {
    let wait = (until - now).to_std().unwrap_or_default();
    Refusal::new(429, Cause::Quarantined, "This station connected too often and has to wait.")
        .retry_after(wait)
        .detail(format!("until {}; {reason}", until.format("%Y-%m-%d %H:%M:%SZ")))
}
