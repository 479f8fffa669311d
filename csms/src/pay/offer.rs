//! What a driver is offered who has scanned a code: the place, the price, what is held, and how it can be paid. Looking
//! changes nothing: chat programs and virus scanners look too.

use super::{PayError, account::Accounts, hold};
use crate::{
    app::App,
    catalog::{Asked, Snapshot},
    codes::CodeFault,
    model::StationId,
    reservation,
    store::{
        Tx,
        pay::{codes, orders},
        row::ConnectorState,
        sessions,
        sites::{self, SiteRow},
        stations,
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
pub use payments::code::Agent;
use payments::{Amount, code::Wanted, provider::Method};
use std::sync::Arc;
use tariffs::Currency;

/// What is offered.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The code that led here.
    pub code: String,
    pub station: StationId,
    /// As people call it; its identity where it has no name.
    pub station_name: String,
    pub evse: i64,
    pub site: Option<SiteRow>,
    pub zone: Tz,
    pub max_power_w: Option<i64>,
    /// `ac`, `dc`, or empty.
    pub kind: String,
    pub readiness: Readiness,
    /// The price, as the session will have it: words come from [`tariffs::Tariff::price_list`] and `sentences`.
    pub tariff: Arc<Snapshot>,
    /// Held, or paid up front.
    pub amount: Amount,
    /// What the driver has limited at the station.
    pub wanted: Wanted,
    /// The driver wanted to pay even less: a session cannot be stopped so soon.
    pub raised: bool,
    /// How it can be paid, best first.
    pub ways: Vec<Way>,
}

/// Can a session begin there?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready {
        /// The cable is in.
        plugged: bool,
    },
    /// A session runs, or another driver has paid for one.
    Busy,
    Reserved,
    Faulted,
    Offline,
    Unavailable,
}

impl Readiness {
    /// The word for pages and logs.
    pub fn word(self) -> &'static str {
        match self {
            Readiness::Ready { .. } => "ready",
            Readiness::Busy => "busy",
            Readiness::Reserved => "reserved",
            Readiness::Faulted => "faulted",
            Readiness::Offline => "offline",
            Readiness::Unavailable => "unavailable",
        }
    }
}

/// One way to pay: which wallet, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// `wechat`, `alipay`, `stripe`, …
    pub wallet: String,
    pub method: Method,
    /// The amount is held, and only what is used is taken; else it is paid, and what is not used is given back.
    pub holds: bool,
}

/// Does this way work in the app that shows the page?
fn shows(agent: Agent, wallet: &str, method: &Method) -> bool {
    // The sandbox's own page works everywhere.
    if wallet == "sandbox" {
        return !matches!(method, Method::Terminal { .. } | Method::OnFile { .. });
    }
    match (agent, method) {
        (_, Method::Terminal { .. } | Method::OnFile { .. }) => false,
        (Agent::Browser | Agent::Unionpay, Method::InWallet) => false,
        (Agent::Browser | Agent::Unionpay, _) => true,
        (Agent::Wechat, Method::PhoneBrowser | Method::Code) | (_, Method::Code) => false,
        (Agent::Wechat | Agent::Alipay, _) => wallet == agent.word(),
    }
}

/// Where a code leads.
///
/// # Errors
/// Nobody here has made it, or it does not hold any more.
pub async fn place(app: &App, code: &str) -> Result<(StationId, i64), PayError> {
    let (station, evse, _) = led_to(app, code).await?;
    Ok((station, evse))
}

/// The same, and what the driver wants at most, if the station asked that.
async fn led_to(app: &App, code: &str) -> Result<(StationId, i64, Wanted), PayError> {
    let now = app.clock.now();
    if let Some(read) = app.codes.read(code, now) {
        return match read {
            Ok(signed) => Ok((signed.station.into(), signed.evse, signed.wanted)),
            Err(CodeFault::Unknown) => Err(PayError::NoCode),
            Err(CodeFault::Expired { .. }) => Err(PayError::CodeExpired),
        };
    }
    let mut tx = app.db.read().await?;
    let row = codes::find(&mut tx, code).await?.ok_or(PayError::NoCode)?;
    if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now) {
        return Err(PayError::CodeExpired);
    }
    Ok((row.station_id.into(), row.evse, Wanted::default()))
}

/// What is offered to whoever has scanned this code.
///
/// # Errors
/// The code is not known or does not hold, or there is no price.
pub async fn offer(app: &App, code: &str, agent: Agent) -> Result<Offer, PayError> {
    let (station, evse, wanted) = led_to(app, code).await?;
    let mut offer = offer_at(app, &station, evse, agent).await?;
    // A driver who wants to pay less is not asked for more, down to what can be kept to.
    if let Some(most) = wanted.hold(offer.amount.currency).filter(|most| most.minor < offer.amount.minor) {
        let now = app.clock.now();
        let least = hold::least(&offer.tariff, offer.zone, offer.max_power_w, &offer.kind, now);
        let least = least.map_or(offer.amount.minor, |least| least.minor.min(offer.amount.minor));
        offer.raised = most.minor < least;
        offer.amount = Amount { minor: most.minor.max(least), ..most };
    }
    offer.wanted = wanted;
    code.clone_into(&mut offer.code);
    Ok(offer)
}

/// What is offered at an EVSE.
///
/// # Errors
/// There is no such station, or no price.
pub async fn offer_at(app: &App, station: &StationId, evse: i64, agent: Agent) -> Result<Offer, PayError> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let row = stations::find(&mut tx, station).await?.ok_or(PayError::NoCode)?;
    let known = stations::evses(&mut tx, station).await?.into_iter().find(|known| known.evse == evse);
    let site = match row.site_id {
        Some(id) => sites::find(&mut tx, id).await?,
        None => None,
    };
    let readiness = readiness(app, &mut tx, station, evse, 0).await?;
    drop(tx);
    // Asked as the session will be: with an identifier for which there is nothing of its own.
    let asked =
        Asked { station, evse, site: row.site_id, token: Some(""), token_kind: "", group: None, at: now };
    let terms = app.catalog.terms(&asked);
    let tariff = terms.tariff.ok_or(PayError::NoPrice)?;
    let (max_power_w, kind) = known.map(|known| (known.max_power_w, known.kind)).unwrap_or_default();
    let amount = hold::amount(&app.config.pay, &tariff, terms.zone, max_power_w, &kind, now);
    Ok(Offer {
        code: String::new(),
        station_name: if row.name.is_empty() { row.id.clone() } else { row.name },
        station: station.clone(),
        evse,
        site,
        zone: terms.zone,
        max_power_w,
        kind,
        readiness,
        amount: amount.ok_or(PayError::NoPrice)?,
        wanted: Wanted::default(),
        raised: false,
        ways: ways(&app.pay.accounts, agent, tariff.currency),
        tariff,
    })
}

/// How it can be paid in this app; each wallet and method once, as the first account of the settings offers it.
pub fn ways(accounts: &Accounts, agent: Agent, currency: Currency) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    for account in accounts.iter() {
        let abilities = account.provider.abilities();
        for method in &abilities.methods {
            let same = |way: &Way| way.wallet == account.wallet && way.method.same_kind(method);
            if shows(agent, &account.wallet, method)
                && account.takes(method, currency)
                && !ways.iter().any(same)
            {
                let holds = abilities.can_hold(method);
                ways.push(Way { wallet: account.wallet.clone(), method: method.clone(), holds });
            }
        }
    }
    ways
}

/// Can a session begin there? `own`: the order that asks; 0 = none has been made.
pub(crate) async fn readiness(
    app: &App,
    tx: &mut Tx,
    station: &StationId,
    evse: i64,
    own: i64,
) -> Result<Readiness, PayError> {
    let open = sessions::open(tx, station).await?;
    if open.iter().any(|session| session.evse == evse)
        || orders::occupant(tx, station, evse, own).await?.is_some()
    {
        return Ok(Readiness::Busy);
    }
    if !app.hub.online(station) {
        return Ok(Readiness::Offline);
    }
    // Whoever holds the reservation presents his identifier at the station, and pays as that has it.
    if reservation::is_kept(app, tx, station, evse, app.clock.now()).await? {
        return Ok(Readiness::Reserved);
    }
    let connectors = stations::connectors(tx, station).await?;
    Ok(by_status(connectors.iter().filter(|known| known.evse == evse)))
}

/// By what the connectors say; the one that is best for the driver counts.
fn by_status<'a>(connectors: impl Iterator<Item = &'a ConnectorState>) -> Readiness {
    let of = |known: &ConnectorState| match known.status.as_str() {
        "Faulted" => Readiness::Faulted,
        "Unavailable" => Readiness::Unavailable,
        "Reserved" => Readiness::Reserved,
        "Available" => Readiness::Ready { plugged: false },
        "Charging" | "SuspendedEV" | "SuspendedEVSE" => Readiness::Busy,
        // Preparing, Finishing, Occupied: a cable, and no session.
        _ => Readiness::Ready { plugged: true },
    };
    let rank = |readiness: &Readiness| match readiness {
        Readiness::Ready { plugged: true } => 0,
        Readiness::Ready { plugged: false } => 1,
        Readiness::Busy => 2,
        Readiness::Reserved => 3,
        Readiness::Faulted => 4,
        Readiness::Unavailable | Readiness::Offline => 5,
    };
    connectors.map(of).min_by_key(rank).unwrap_or(Readiness::Ready { plugged: false })
}

/// When energy must flow, for a payment at this instant.
pub(super) fn start_by(app: &App, readiness: Readiness, now: DateTime<Utc>) -> DateTime<Utc> {
    let plugged = matches!(readiness, Readiness::Ready { plugged: true });
    let pay = &app.config.pay;
    now + chrono::TimeDelta::minutes(i64::from(if plugged { pay.start_minutes } else { pay.plug_minutes }))
}
