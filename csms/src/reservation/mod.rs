//! Reservations: an outlet of a station that is kept for somebody. A reservation is a row from the moment it is wished: the
//! station is asked with its id (ReserveNow) when its time comes, and what becomes of it is told by sessions, by the station,
//! and by the clock.

mod able;
mod free;
mod price;
mod turn;

pub(crate) use free::is_kept;
pub use turn::{run, turn};

use crate::{
    app::App,
    command::{self, Identifier, Until},
    model::{Presented, StationId},
    store::{
        StoreError, Tx,
        api_requests::{self, Request},
        events,
        reservations::{self, ReservationRow},
        row::EventRow,
        stations,
        tokens::{self, TokenRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// An outlet is kept no longer.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// Nobody reserves further ahead.
const AHEAD: TimeDelta = TimeDelta::days(90);
/// Reservations of one station that are not over.
const OPEN_MAX: usize = 64;
/// Letters of a group: as long as OCPP 2.1 lets an identifier be.
const GROUP_MAX: usize = 255;
/// Who asks, in the rows of commands.
const ASKER: &str = "reservation";

/// Which stations have reservations that are not over: a copy of the rows that costs a look, where reading them would cost
/// each start of a session a query.
#[derive(Debug, Default)]
pub struct Reservations {
    known: Mutex<Known>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// `None`: not read yet.
    stations: Option<HashSet<String>>,
    /// Made since the last reading began.
    made: HashSet<String>,
}

impl Reservations {
    /// May there be one at this station?
    pub(crate) fn may_have(&self, station: &str) -> bool {
        let known = self.known();
        known.made.contains(station) || known.stations.as_ref().is_none_or(|all| all.contains(station))
    }

    fn made(&self, station: &str) {
        self.known().made.insert(station.to_owned());
    }

    /// The rows are going to be read.
    fn reading(&self) {
        let mut known = self.known();
        let made = std::mem::take(&mut known.made);
        if let Some(stations) = known.stations.as_mut() {
            stations.extend(made);
        }
    }

    fn read(&self, stations: Vec<String>) {
        self.known().stations = Some(stations.into_iter().collect());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What somebody wants kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub station: StationId,
    /// `None`: any of the station.
    pub evse: Option<u32>,
    /// Of this type, e.g. `cCCS2` (2.x only).
    pub connector_type: Option<String>,
    /// An identifier of ours; its group may use the reservation as well.
    pub token: String,
    /// Where several identifiers have the same text: which.
    pub token_kind: Option<String>,
    /// Members of this group may use it; `None`: those of the identifier's own group, if it has one.
    pub group: Option<String>,
    /// `None`: from now.
    pub from: Option<DateTime<Utc>>,
    pub expires_at: DateTime<Utc>,
}

/// The reservation cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    #[error("there is no station {0}")]
    UnknownStation(StationId),
    #[error("there is no identifier {0:?}; add it first")]
    UnknownToken(String),
    #[error("the identifier {token:?} is {why}: nothing is kept for it")]
    BadToken { token: String, why: &'static str },
    #[error("{0}")]
    Time(&'static str),
    #[error("the connector type has 1 to 20 letters and digits, e.g. cCCS2")]
    ConnectorType,
    #[error("a group has at most {GROUP_MAX} letters, all of them printable")]
    Group,
    #[error("station {station} has no EVSE {evse}")]
    UnknownEvse { station: StationId, evse: u32 },
    /// What the station says of itself is against it.
    #[error("{0}")]
    Unsupported(String),
    #[error(
        "EVSE {evse} is kept already by reservation {by}, from {from} to {until}; give that up, or choose another time or EVSE"
    )]
    Taken { evse: i64, by: i64, from: DateTime<Utc>, until: DateTime<Utc> },
    #[error("all {outlets} outlets that fit are kept already at that time; choose another time or station")]
    Full { outlets: usize },
    #[error("EVSE {0} is in use now; wait until the session is over, or choose another")]
    InUse(i64),
    #[error("station {station} has {OPEN_MAX} reservations that are not over; wait until some are")]
    Crowded { station: StationId },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps a reservation. The station is asked by [`ask`], or by the next turn of the job; for one that begins later, when its
/// time comes. The `request` that it is made for finds it when it is sent again.
///
/// # Errors
/// See [`ReserveError`].
pub async fn make(
    app: &App,
    wish: Wish,
    by: &str,
    request: Option<Request<'_>>,
) -> Result<ReservationRow, ReserveError> {
    let now = app.clock.now();
    let from = wish.from.unwrap_or(now).max(now);
    if wish.expires_at <= from {
        return Err(ReserveError::Time("it ends after it begins, and in the future"));
    }
    if wish.expires_at - from > LONGEST || from - now > AHEAD {
        return Err(ReserveError::Time("an outlet is kept for 7 days at most, and 90 days ahead at most"));
    }
    let connector_type = wish.connector_type.unwrap_or_default();
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if connector_type.len() > 20 || !connector_type.chars().all(is_letter) {
        return Err(ReserveError::ConnectorType);
    }
    let group = wish.group.map(|group| group.trim().to_owned()).filter(|group| !group.is_empty());
    if group.as_ref().is_some_and(|group| group.len() > GROUP_MAX || group.chars().any(char::is_control)) {
        return Err(ReserveError::Group);
    }
    let id = app.commands.number(&app.db).await?;
    let mut tx = app.db.write().await?;
    let token = token_of(&mut tx, &wish.token, wish.token_kind.as_deref(), now).await?;
    if !stations::lock(&mut tx, &wish.station).await? {
        return Err(ReserveError::UnknownStation(wish.station));
    }
    let row = ReservationRow {
        id: id.into(),
        station_id: wish.station.to_string(),
        evse: wish.evse.unwrap_or(0).into(),
        connector_type,
        token_uid: wish.token.trim().to_owned(),
        token_kind: token.kind,
        group_uid: group.or(token.group_uid.filter(|group| !group.is_empty())),
        from_at: from,
        expires_at: wish.expires_at,
        asked_by: by.to_owned(),
        created_at: now,
        state: "planned".to_owned(),
        reason: String::new(),
        tries: 0,
        command_id: None,
        told_at: None,
        cancelled_by: String::new(),
        cancel_tries: 0,
        cancel_id: None,
        session_id: None,
        ended_at: None,
        priced_at: None,
        tariff_hash: None,
        currency: String::new(),
        total_excl: String::new(),
        total_incl: String::new(),
    };
    able::check(app, &mut tx, &row).await?;
    free::check(&mut tx, &row, now).await?;
    reservations::create(&mut tx, &row).await?;
    if let Some(request) = request {
        api_requests::note(&mut tx, request, &row.id.to_string()).await?;
    }
    told(app, &mut tx, &row, "made", by).await?;
    app.reservations.made(&row.station_id);
    tx.commit().await?;
    // Who has read in between has not seen it.
    app.reservations.made(&row.station_id);
    tracing::info!(station = row.station_id, reservation = row.id, by, "a reservation is wished");
    app.live.touch(&wish.station);
    Ok(row)
}

/// The identifier of ours for whom something is to be kept: it must be good.
async fn token_of(
    tx: &mut Tx,
    text: &str,
    kind: Option<&str>,
    now: DateTime<Utc>,
) -> Result<TokenRow, ReserveError> {
    let key = Presented { uid: text.to_owned(), kind: String::new() }.key();
    let found = tokens::by_key(tx, &key).await?;
    let mut fitting = found.into_iter().filter(|token| kind.is_none_or(|kind| kind == token.kind));
    let token = fitting.next().ok_or_else(|| ReserveError::UnknownToken(text.to_owned()))?;
    let why = match () {
        () if token.blocked => "blocked",
        () if token.expires_at.is_some_and(|at| at <= now) => "expired",
        () => return Ok(token),
    };
    Err(ReserveError::BadToken { token: text.to_owned(), why })
}

/// Has the station asked now, if the time has come, and waits for its answer so long. Gives back how it stands.
///
/// # Errors
/// The database fails.
pub async fn ask(app: &App, id: i64, at_most: Duration) -> Result<Option<ReservationRow>, StoreError> {
    let find = async || reservations::find(&mut app.db.read().await?, id).await;
    let Some(row) = find().await? else { return Ok(None) };
    turn::visit(app, &row).await?;
    let Some(row) = find().await? else { return Ok(None) };
    let waits = if row.cancelled_by.is_empty() { row.command_id } else { row.cancel_id };
    if row.is_open()
        && let Some(command) = waits
    {
        command::wait(app, command, Until::Answer, at_most).await?;
        turn::visit(app, &row).await?;
    }
    find().await
}

/// Gives a reservation up: at once if the station does not know of it yet, else when it has been told. False if it is over.
///
/// # Errors
/// The database fails.
pub async fn cancel(app: &App, id: i64, by: &str) -> Result<bool, StoreError> {
    let mut tx = app.db.write().await?;
    let done = reservations::give_up(&mut tx, id, by).await?;
    tx.commit().await?;
    if done {
        app.reservations.woken.notify_one();
    }
    Ok(done)
}

/// For whom it is, as a command names them.
fn identifier(uid: &str, kind: &str) -> Identifier {
    Identifier { uid: uid.to_owned(), kind: kind.to_owned(), more: Vec::new() }
}

/// What happened to a reservation, in the same transaction.
async fn told(app: &App, tx: &mut Tx, row: &ReservationRow, what: &str, by: &str) -> Result<(), StoreError> {
    let event = EventRow {
        id: app.ids.next(),
        at: app.clock.now(),
        station_id: Some(row.station_id.clone()),
        session_id: None,
        kind: format!("reservation.{what}"),
        body: json!({"reservation": row.id, "evse": row.evse, "reason": by}).to_string(),
    };
    events::add(tx, &event).await
}
