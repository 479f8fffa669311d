//! The driver clicks "pay": the attempt is kept, the provider's order is made, and the page is told how to get there.

use super::{
    PayError,
    call::{self, Asked},
    docket::Docket,
    guard::{Guarded, guard},
    open::station,
    payment,
    route::{self, Choose},
    tasks::{self, Kind},
};
use crate::{
    app::App,
    command::{self, Ask, Command, CommandError},
    store::pay::{
        attempts::{self, AttemptRow, PER_ORDER_MAX},
        orders::{self, OrderRow},
        tasks as rows,
    },
    store::station_codes,
};
use chrono::TimeDelta;
use payments::{
    order::{Event, Mode, State},
    provider::{Answer, Attempt, Call, Capture, Method, Next, Payer, Refusal, RefusalKind, Told},
    routing::Decision,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// A browser waits so long; what is not known by then the page asks for again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Accounts that are tried for one click.
const ACCOUNTS_MAX: usize = 3;

/// A click on "pay".
#[derive(Debug, Clone)]
pub struct Click {
    /// Of the order, as the page shows it.
    pub version: i64,
    pub wallet: String,
    pub method: Method,
    /// What the wallet's login page gave, if the browser comes from there.
    pub payer_code: Option<String>,
    /// The account whose login page that was, as the address that it came back to says (`account`); or the one that the
    /// method was left with.
    pub account: Option<String>,
    /// Where the browser comes back to, from the wallet's login page and from the provider's.
    pub return_url: String,
    pub address: String,
    /// The driver agrees that the method is kept for later debits.
    pub keep: bool,
    /// Who the driver has shown to be: a link was sent there and opened. Empty: nobody knows.
    pub contact: String,
    /// Who clicked: the browser's random cookie.
    pub device: String,
}

/// What the page does now.
#[derive(Debug, Clone, PartialEq)]
pub enum Clicked {
    /// Goes to the provider's order.
    Next(Next),
    /// Goes there first, so that the wallet says who the payer is, and comes back with a code.
    Identify { url: String },
    /// Asks for the code that was sent to the driver, see [`super::verify`].
    Verify { expires_at: chrono::DateTime<chrono::Utc> },
    /// Asks where a code can be sent to: the order has no contact.
    Contact,
    /// Shows the order anew in a moment: the provider has not answered yet, or it is paid already.
    Wait,
}

/// Begins to pay.
///
/// # Errors
/// The page is out of date, the offer is over, or no account takes it.
pub async fn click(app: &App, number: &str, click: &Click) -> Result<Clicked, PayError> {
    let mut refused = None;
    let mut but: Vec<String> = Vec::new();
    for _ in 0..ACCOUNTS_MAX {
        let version = if but.is_empty() { Some(click.version) } else { None };
        let (attempt, task) = match begin(app, number, click, version, &but).await? {
            Begun::Attempt { attempt, task } => (attempt, task),
            Begun::Go(clicked) => return Ok(clicked),
            Begun::None => return Err(refused.map_or(PayError::NoWay, PayError::Refused)),
        };
        // It goes on if the browser goes away.
        let opening = tokio::spawn({
            let app = app.clone();
            async move { super::worker::do_now(&app, task).await }
        });
        if tokio::time::timeout(PATIENCE, opening).await.is_err() {
            return Ok(Clicked::Wait);
        }
        let mut tx = app.db.read().await?;
        let row = attempts::find(&mut tx, attempt).await?.ok_or(PayError::NoOrder)?;
        drop(tx);
        match row.state.as_str() {
            "open" => {
                let next = serde_json::from_str(&row.next).unwrap_or(Next::Wait);
                return Ok(Clicked::Next(next));
            }
            "failed" => {
                let refusal: Option<Refusal> = serde_json::from_str(&row.refusal).ok();
                let refusal = refusal.unwrap_or_else(|| Refusal::new(RefusalKind::Trouble, "", ""));
                if refusal.kind == RefusalKind::Payer {
                    return Err(PayError::Refused(refusal));
                }
                but.push(row.account);
                refused = Some(refusal);
            }
            _ => return Ok(Clicked::Wait),
        }
    }
    Err(refused.map_or(PayError::NoWay, PayError::Refused))
}

enum Begun {
    /// An attempt was made, and its provider's order is to be.
    Attempt {
        attempt: i64,
        task: i64,
    },
    Go(Clicked),
    /// No account is left.
    None,
}

async fn begin(
    app: &App,
    number: &str,
    click: &Click,
    version: Option<i64>,
    but: &[String],
) -> Result<Begun, PayError> {
    let mut tx = app.db.read().await?;
    let order = orders::by_number(&mut tx, number).await?.ok_or(PayError::NoOrder)?;
    let id = order.id;
    let amount = Docket::read(app, &mut tx, order).await?.asked()?;
    drop(tx);
    let ask = Choose {
        wallet: &click.wallet,
        method: &click.method,
        amount,
        known_at: click.account.as_deref().filter(|_| {
            // Only its own account can drive a terminal, and only the one where it was left can use a kept method.
            let named = matches!(click.method, Method::Terminal { .. }) || on_file(&click.method);
            named || click.payer_code.is_some()
        }),
        but,
        order: number,
    };
    let Some((account, decision)) = route::choose(app, &ask).await? else { return Ok(Begun::None) };
    if let Some(version) = version
        && let Some(clicked) = ready(app, id, version, click).await?
    {
        return Ok(Begun::Go(clicked));
    }
    let mark = if click.return_url.contains('?') { '&' } else { '?' };
    let back = format!("{}{mark}account={}", click.return_url, account.name);
    // Only inside the wallet's own browser can the wallet say who the payer is: its login page refuses any other.
    let login = match click.method {
        Method::InWallet => account.provider.identify_at(&back, number),
        _ => None,
    };
    let payer = match (&click.payer_code, login) {
        (None, Some(url)) => return Ok(Begun::Go(Clicked::Identify { url })),
        (Some(code), Some(_)) => match call::ask(app, &account, &Call::Identify { code }).await {
            Asked::Answer(Answer::Told(Told::Payer(payer))) => payer,
            Asked::Answer(Answer::Refused(refusal)) => return Err(PayError::Refused(refusal)),
            Asked::Answer(_) | Asked::NotAsked(_) => return Err(PayError::Waiting),
        },
        (_, None) => String::new(),
    };
    keep(app, id, click, &account, &decision, payer).await
}

/// Is the order as the page shows it, and can it be paid? An older attempt is closed at its provider first, and known to
/// be closed. `Some`: the browser has where to go already.
async fn ready(app: &App, order: i64, version: i64, click: &Click) -> Result<Option<Clicked>, PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = Docket::open(app, &mut tx, order).await?.ok_or(PayError::NoOrder)?;
    if docket.order.version != version {
        return Err(PayError::Changed);
    }
    payable(&docket)?;
    let Some(live) = docket.live().cloned() else { return Ok(None) };
    if live.wallet == click.wallet && live.method == click.method.word() && live.asked.is_empty() {
        return Ok(match serde_json::from_str(&live.next) {
            Ok(next) if live.state == "open" => Some(Clicked::Next(next)),
            _ => Some(Clicked::Wait),
        });
    }
    // Only its operator can say what becomes of it.
    if live.method == super::voucher::METHOD {
        return Err(PayError::Busy);
    }
    docket.take(&mut tx, &Event::Withdraw { attempt: live.id }, "driver").await?;
    let task = rows::by_key(&mut tx, &Kind::Close.key(live.id)).await?.map(|task| task.id);
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    if let Some(task) = task {
        let closing = tokio::spawn({
            let app = app.clone();
            async move { super::worker::do_now(&app, task).await }
        });
        // It goes on behind, and the page asks again.
        drop(tokio::time::timeout(PATIENCE, closing).await);
    }
    let row = attempts::find(&mut app.db.read().await?, live.id).await?;
    match row.map(|row| super::docket::standing(&row.state)) {
        Some(payments::order::Standing::Live) | None => Err(PayError::Busy),
        Some(_) => Ok(None),
    }
}

fn on_file(method: &Method) -> bool {
    matches!(method, Method::OnFile { .. })
}

fn payable(docket: &Docket<'_>) -> Result<(), PayError> {
    let state = docket.state()?;
    if docket.order.mode == Mode::Later.word() || docket.owes_rest()? {
        return payable_bill(docket);
    }
    if !matches!(state, State::Created | State::Pending) {
        return Err(PayError::NotNow(state));
    }
    if docket.order.expires_at <= docket.now || !docket.order.why.is_empty() {
        return Err(PayError::Expired);
    }
    if docket.attempts.len() >= PER_ORDER_MAX {
        return Err(PayError::TooMany);
    }
    Ok(())
}

/// A bill can be paid until it is.
fn payable_bill(docket: &Docket<'_>) -> Result<(), PayError> {
    let facts = docket.facts()?;
    if facts.outstanding() <= 0 {
        return Err(PayError::NotNow(facts.state));
    }
    if docket.attempts.len() >= PER_ORDER_MAX {
        return Err(PayError::TooMany);
    }
    Ok(())
}

/// What the payer reads.
pub(super) fn description(order: &OrderRow) -> String {
    let text = match order.purpose.as_str() {
        "top_up" => "Balance for charging".to_owned(),
        _ => format!("Charging {} / {}", order.station_id, order.evse),
    };
    text.chars().take(127).collect()
}

/// Keeps the attempt and what is to be done for it.
async fn keep(
    app: &App,
    order: i64,
    click: &Click,
    account: &Arc<super::Account>,
    decision: &Decision,
    payer: String,
) -> Result<Begun, PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = Docket::open(app, &mut tx, order).await?.ok_or(PayError::NoOrder)?;
    payable(&docket)?;
    if docket.live().is_some() {
        return Err(PayError::Busy);
    }
    super::kept::belong(&mut docket, &mut tx, click, &account.name, &payer).await?;
    match guard(&docket, &mut tx, click, &account.name, &payer).await? {
        Guarded::Go => {}
        guarded => {
            // What was decided is kept, and nobody is asked for money.
            tx.commit().await?;
            return match guarded {
                Guarded::Verify { expires_at } => Ok(Begun::Go(Clicked::Verify { expires_at })),
                Guarded::Deny(why) => Err(PayError::Denied(why)),
                Guarded::Go | Guarded::Contact => Ok(Begun::Go(Clicked::Contact)),
            };
        }
    }
    let keep = click.keep && account.keeps() && !on_file(&click.method);
    let abilities = account.provider.abilities();
    // What is left of a bill is known: it is taken at once.
    let session = docket.begins_session();
    let holds = session && abilities.can_hold(&click.method);
    let (now, row) = (docket.now, &docket.order);
    let attempt = Attempt {
        number: super::number::merchant(now)?,
        amount: docket.asked()?,
        capture: if holds { Capture::Later } else { Capture::Now },
        method: click.method.clone(),
        description: description(row),
        payer: Payer {
            id: payer.clone(),
            address: click.address.chars().take(64).collect(),
            language: row.language.clone(),
            email: Some(&row.contact).filter(|to| to.contains('@')).cloned().unwrap_or_default(),
            keep,
        },
        created_at: now,
        expires_at: if session { row.expires_at } else { now + offer_time(app) },
        notify_url: format!("{}/pay/notify/{}", public_url(app), account.name),
        return_url: click.return_url.clone(),
        reference: None,
        charge: None,
    };
    let id = app.ids.next();
    let of = [account.name.as_str(), account.wallet.as_str(), click.method.word()];
    let new = AttemptRow {
        body: serde_json::to_string(&attempt).unwrap_or_default(),
        payer,
        can_raise: holds && abilities.raises,
        route: serde_json::to_string(decision).unwrap_or_default(),
        ..AttemptRow::new(id, order, attempt.number.clone(), of, attempt.amount, now)
    };
    match attempts::create(&mut tx, &new).await {
        // The other phone was faster.
        Err(error) if error.is_duplicate() => return Err(PayError::Busy),
        other => other?,
    }
    if session {
        docket.order.mode = if holds { Mode::Hold } else { Mode::Prepay }.word().to_owned();
    }
    docket.take(&mut tx, &Event::Opened { attempt: id, can_raise: new.can_raise }, "driver").await?;
    docket.attempts.push(new);
    let about = tasks::About { attempt: id, ..tasks::About::default() };
    let open = tasks::row(&docket, Kind::Open, Kind::Open.key(id), about, now);
    rows::add(&mut tx, &open).await?;
    let first = now + TimeDelta::seconds(payment::POLLS[0]);
    rows::add(&mut tx, &tasks::row(&docket, Kind::Query, Kind::Query.key(id), about, first)).await?;
    let body = json!({"account": account.name, "method": click.method.word(), "attempt": attempt.number,
        "how": decision.how, "device": click.device.chars().take(64).collect::<String>()});
    docket.tell(&mut tx, "attempt.made", "driver", body).await?;
    tx.commit().await?;
    app.live.touch(&station(&docket.order));
    if session {
        announce(app, &docket.order).await;
    }
    Ok(Begun::Attempt { attempt: id, task: open.id })
}

fn offer_time(app: &App) -> TimeDelta {
    TimeDelta::minutes(i64::from(app.config.pay.offer_minutes.max(1)))
}

/// Tells a station whose own code was scanned that somebody is paying, so that nobody else begins there meanwhile (OCPP 2.1,
/// C25). Nothing waits for its answer.
async fn announce(app: &App, order: &orders::OrderRow) {
    let station = station(order);
    let speaks = app.hub.info(&station).is_some_and(|link| link.protocol.makes_codes());
    if !speaks {
        return;
    }
    let left = (order.expires_at - app.clock.now()).num_seconds().max(1);
    let payload = json!({"evseId": order.evse, "timeout": left});
    let call = command::Call { action: "NotifyWebPaymentStarted".to_owned(), payload };
    let told = async {
        let known = station_codes::find(&mut app.db.read().await?, &station).await?;
        if known.is_some_and(|row| row.state == "set") {
            command::issue(app, Ask::new(&station, Command::Call(call), "payments")).await?;
        }
        Ok::<(), CommandError>(())
    };
    if let Err(error) = told.await {
        tracing::info!(%station, order = order.number, %error, "the station is not told that somebody is paying");
    }
}

/// How providers and browsers reach us.
pub(super) fn public_url(app: &App) -> String {
    let public = app.config.web.public_url.trim_end_matches('/');
    if public.is_empty() { format!("http://{}", app.config.web.listen) } else { public.to_owned() }
}
