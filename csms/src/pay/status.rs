//! An order as its page shows it: state, power, energy, cost so far by line, what is wrong, and what goes back by when.

use super::{
    PayError,
    docket::{self, Docket},
};
use crate::{
    app::App,
    catalog::Snapshot,
    session::Live,
    store::{
        StoreError, Tx, bills, console,
        pay::{
            attempts::{self, AttemptRow},
            orders::{self, OrderRow},
            refunds::{self, RefundRow},
        },
        row::{ReadingRow, SessionRow},
        sessions, stations, tariffs as snapshots,
    },
};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{Mode, Standing, State},
    provider::{Instrument, Next, Refusal},
};
use std::sync::Arc;
use tariffs::{Bill, Money};

/// Readings of a session from which something is foreseen; of one with more nothing is.
const READINGS_MAX: i64 = 2_000;

/// An order as it stands.
#[derive(Debug, Clone)]
pub struct Status {
    pub order: OrderRow,
    pub state: State,
    pub amount: Amount,
    /// As people call it.
    pub station_name: String,
    /// The station is connected.
    pub online: bool,
    /// What is wrong with the connector or the station.
    pub fault: Option<Fault>,
    /// The attempt that counts: the one that paid, else the newest; the newest too while a rest is to be paid.
    pub attempt: Option<AttemptRow>,
    /// How the payer gets to the provider's order, while it can be paid.
    pub next: Option<Next>,
    /// Why the newest attempt did not succeed.
    pub refusal: Option<Refusal>,
    pub instrument: Option<Instrument>,
    pub session: Option<Running>,
    /// So far, or in the end. Its lines explain every cent.
    pub bill: Option<Bill>,
    pub refunds: Vec<RefundRow>,
    /// The price that was shown before paying.
    pub tariff: Option<Arc<Snapshot>>,
    pub can_pay: bool,
    pub can_cancel: bool,
    pub can_stop: bool,
    /// Its session goes on, however its money stands.
    pub runs: bool,
}

/// A session as it runs, or as it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub id: i64,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub last_at: DateTime<Utc>,
    pub energy_mwh: i64,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    /// The station's word: `Charging`, `SuspendedEV`, …; empty = not told.
    pub charging_state: String,
    pub stop_reason: String,
}

/// What is wrong, in the station's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub status: String,
    pub error_code: String,
    pub info: String,
}

/// The order as it stands.
///
/// # Errors
/// There is no such order.
pub async fn status(app: &App, number: &str) -> Result<Status, PayError> {
    status_in(app, &mut app.db.read().await?, number).await
}

/// The same, for who shows it beside what else is read in the transaction: both are of one moment then.
///
/// # Errors
/// There is no such order.
pub async fn status_in(app: &App, tx: &mut Tx, number: &str) -> Result<Status, PayError> {
    let now = app.clock.now();
    let order = orders::by_number(tx, number).await?.ok_or(PayError::NoOrder)?;
    let state = docket::state(&order)?;
    let attempts = attempts::of_order(tx, order.id).await?;
    let paid = |row: &&AttemptRow| {
        !row.extra
            && matches!(docket::standing(&row.state), Standing::Held | Standing::Taken | Standing::Released)
    };
    let known = Docket::read(app, tx, order.clone()).await?;
    let later = order.mode == Mode::Later.word();
    let bill_open =
        (state == State::Owing || (later && state == State::Settling)) && known.facts()?.outstanding() > 0;
    let amount = known.asked()?;
    // What is left of a bill is paid by another than the one that paid before.
    let attempt = attempts.iter().find(|row| paid(row) && !bill_open).or(attempts.last()).cloned();
    let station = stations::find(tx, &order.station_id).await?;
    let session = match order.session_id {
        Some(id) => sessions::find(tx, id).await?,
        None => None,
    };
    let bill = match &session {
        Some(session) => bill(app, tx, session, now).await?,
        None => None,
    };
    let runs = session.as_ref().is_some_and(|session| session.state == "open");
    let running = session.map(running);
    let fault = fault(tx, &order).await?;
    let tariff = snapshot(app, tx, &order.tariff_hash).await?;
    let refunds = refunds::of_order(tx, order.id).await?;
    let live = attempt.as_ref().filter(|row| docket::standing(&row.state) == Standing::Live);
    let open = matches!(state, State::Created | State::Pending) && order.why.is_empty();
    let name = station.map(|row| row.name).filter(|name| !name.is_empty());
    Ok(Status {
        amount,
        station_name: name.unwrap_or_else(|| order.station_id.clone()),
        online: app.hub.online(&order.station_id.as_str().into()),
        fault,
        next: live
            .filter(|row| row.state == "open" && row.asked.is_empty())
            .and_then(|row| serde_json::from_str(&row.next).ok()),
        refusal: attempt.as_ref().and_then(|row| serde_json::from_str(&row.refusal).ok()),
        instrument: attempt.as_ref().and_then(|row| serde_json::from_str(&row.instrument).ok()),
        attempt,
        session: running,
        bill,
        refunds,
        tariff,
        can_pay: (open && order.expires_at > now) || bill_open,
        can_cancel: open || (state == State::Authorized && order.why.is_empty()),
        can_stop: runs && order.stop_asked_at.is_none(),
        runs,
        order,
        state,
    })
}

/// The bill; while the session runs, what it would be now.
async fn bill(
    app: &App,
    tx: &mut Tx,
    session: &SessionRow,
    now: DateTime<Utc>,
) -> Result<Option<Bill>, PayError> {
    if session.state != "open" {
        let row = bills::latest(tx, session.id).await?;
        return Ok(row.and_then(|row| serde_json::from_str(&row.body).ok()));
    }
    let Some(tariff) = tariff_of(app, tx, session).await? else { return Ok(None) };
    let readings = sessions::readings(tx, session.id).await?;
    let live = Live::replay(session.clone(), Some(&tariff), &readings);
    Ok(live.bill(now.min(session.last_at)))
}

/// The tariff that a session began with.
///
/// # Errors
/// The database.
pub async fn tariff_of(
    app: &App,
    tx: &mut Tx,
    session: &SessionRow,
) -> Result<Option<Arc<Snapshot>>, StoreError> {
    match &session.tariff_hash {
        Some(hash) => snapshot(app, tx, hash).await,
        None => Ok(None),
    }
}

async fn snapshot(app: &App, tx: &mut Tx, hash: &str) -> Result<Option<Arc<Snapshot>>, StoreError> {
    if let Some(known) = app.catalog.by_hash(hash) {
        return Ok(Some(known));
    }
    let body = snapshots::snapshot(tx, hash).await?;
    Ok(body.and_then(|body| Snapshot::read(body).ok()).map(Arc::new))
}

/// The readings of a session that something is foreseen from, in the order of time; none where there are too many.
///
/// # Errors
/// The database.
pub async fn readings_of(tx: &mut Tx, session: &SessionRow) -> Result<Vec<ReadingRow>, StoreError> {
    if console::count_readings(tx, session.id).await? > READINGS_MAX {
        return Ok(Vec::new());
    }
    sessions::readings(tx, session.id).await
}

fn running(session: SessionRow) -> Running {
    Running {
        id: session.id,
        started_at: session.started_at,
        ended_at: session.ended_at,
        last_at: session.last_at,
        energy_mwh: session.energy_mwh,
        power_w: session.power_w,
        soc_percent: session.soc_percent,
        charging_state: session.charging_state,
        stop_reason: session.stop_reason,
    }
}

async fn fault(tx: &mut Tx, order: &OrderRow) -> Result<Option<Fault>, PayError> {
    let connectors = stations::connectors(tx, &order.station_id).await?;
    let bad = connectors
        .into_iter()
        .find(|known| known.evse == order.evse && matches!(known.status.as_str(), "Faulted" | "Unavailable"));
    Ok(bad.map(|known| Fault { status: known.status, error_code: known.error_code, info: known.info }))
}

/// A sum of money as an amount of the order.
pub(super) fn cost(text: &str, order: &OrderRow) -> Option<Amount> {
    let currency = docket::currency(order).ok()?;
    Amount::of(Money { amount: text.parse().ok()?, currency }).ok()
}
