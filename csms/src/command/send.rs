//! Sending: the commands of a station go out one after the other, those of many stations at once.

use super::{
    Command, check, limits, monitors,
    sweep::{self, Sweep},
    tell, watch,
};
use crate::{
    app::App,
    desired::{self, password},
    files::prepare,
    grid,
    link::{
        dialect::ask::{self, Given, Unfit, Verdict, Wire},
        hub::AskError,
        mask,
    },
    local_tariffs,
    model::StationId,
    needs,
    rounds::Crew,
    store::{
        self, StoreError, Tx,
        commands::{self, AnsweredRow, CommandRow},
        row::{VariableRow, Write},
        stations,
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Stations asked at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 256;
/// A station that is being asked is looked at again so soon.
const BUSY: Duration = Duration::from_millis(200);
/// After trouble with the database.
const TROUBLE: Duration = Duration::from_secs(5);
/// Commands that wait in vain are looked for this often.
const SWEEP: Duration = Duration::from_secs(5);
/// What a station has answered is kept as soon as the database takes it, tried so often: that is a minute and more.
const KEEP_TRIES: u32 = 12;

/// Runs until `stop` is cancelled. What is on its way then is told as not known at the next start.
pub async fn run(app: App, stop: CancellationToken) {
    let mut sweep = Sweep::default();
    while let Err(error) = sweep.resume(&app).await {
        tracing::error!(%error, "commands of before the start cannot be read; tried again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TROUBLE) => {}
        }
    }
    let mut crew = Crew::new("commands", AT_ONCE, BUSY);
    let mut sweeps = tokio::time::interval(SWEEP);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        crew.begin(&app.commands.rounds, |station, fresh| {
            let app = app.clone();
            async move { visit(&app, &station, fresh).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => if let Err(error) = outcome {
                tracing::error!(%station, %error, "commands could not be sent; tried again");
                app.commands.rounds.look(&station, TROUBLE, false);
            },
            _ = sweeps.tick() => if let Some(Err(error)) = stop.run_until_cancelled(sweep.turn(&app)).await {
                metrics::counter!("csms_job_failures_total", "job" => "commands").increment(1);
                tracing::warn!(job = "commands", %error, "a job failed; it is tried again in its next turn");
            },
            () = app.commands.rounds.ready(), if crew.has_room() => {}
        }
    }
}

/// Sends all that waits for a station. `fresh`: it has just come, with many others perhaps, and mostly nothing does.
async fn visit(app: &App, station: &StationId, fresh: bool) -> Result<(), StoreError> {
    if fresh && !app.loads.is_queued_for(station).await? {
        return Ok(());
    }
    loop {
        let next = commands::next(&mut app.db.read().await?, station).await?;
        let Some(row) = next else { return Ok(()) };
        let at_work = app.commands.at_work(row.id);
        let sent = send(app, station, &row).await;
        drop(at_work);
        app.commands.changed(row.id);
        app.live.touch(station);
        if sent? {
            continue;
        }
        // What may wait does.
        match app.hub.online(station) {
            true => app.commands.rounds.look(station, TROUBLE, false),
            false => sweep::left(app, station).await?,
        }
        return Ok(());
    }
}

/// Sends one command and keeps the answer. False if the station has gone and the rest has to wait.
async fn send(app: &App, station: &StationId, row: &CommandRow) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let Some(link) = app.hub.info(station) else { return Ok(false) };
    if row.expires_at.is_some_and(|until| until <= now) {
        close(app, row.id, "queued", "expired", "its time was over before its turn came").await?;
        return Ok(true);
    }
    let Ok(command) = serde_json::from_str::<Command>(&row.body) else {
        close(app, row.id, "queued", "cancelled", "this version does not know the command").await?;
        return Ok(true);
    };
    let mut tx = app.db.read().await?;
    let about = stations::find(&mut tx, station).await?.unwrap_or_default();
    let limits = limits::of(&mut tx, station, &command).await?;
    let wrong = check::command(&mut tx, &about, &command).await?;
    let why_not = match forbidden(&about.registration, &command) {
        Some(why) => Some(why.to_owned()),
        None => owned(&mut tx, station, &row.asked_by, &command).await?,
    };
    drop(tx);
    let given = Given {
        now,
        reference: i32::try_from(row.reference).unwrap_or(i32::MAX),
        read_max: limits.read,
        write_max: limits.write,
        list_max: limits.list,
        list_bytes: limits.list_bytes,
        rooms: limits.rooms,
        call_max: limits.call,
    };
    let calls = match (why_not, prepare::command(app, row, &command).await?) {
        (Some(why), _) => Err((Verdict::Refused, why)),
        (None, Err(why)) => Err((Verdict::Invalid, why)),
        (None, Ok(command)) => match ask::calls(link.protocol, &command, &given) {
            Err(Unfit::Unsupported(why)) => Err((Verdict::Unsupported, why)),
            Err(Unfit::Invalid(why)) => Err((Verdict::Invalid, why)),
            Ok(calls) => wrong.map(|()| calls),
        },
    };
    // The station may come back with its new password before the answer is kept.
    let told = match &calls {
        Ok(calls) => password::told(app, station, calls, &about.next_secret).await?,
        Err(_) => None,
    };
    let (calls, password) = match told {
        Some(sealed) if !password::has_room(&about.next_secret, &sealed) => {
            (Err((Verdict::Refused, password::CROWDED.to_owned())), None)
        }
        told => (calls, told),
    };
    let watched = calls.as_ref().ok().and_then(|calls| watch::of_call(calls.last()?, now));
    let record = calls.as_deref().map(|calls| calls.iter().map(|wire| log(wire, None)).collect());
    let record: Vec<Value> = record.unwrap_or_default();

    // It was told before, and may have been taken then: what comes of telling it again does not close it.
    let was_open = password.as_deref().is_some_and(|sealed| password::is_open(&about.next_secret, sealed));
    let _telling = password.as_ref().map(|_| app.desires.telling.begin(station));
    let mut tx = app.db.write().await?;
    let watch = watched.as_ref().map_or(("", "", None), |w| (w.kind, w.reference.as_str(), Some(w.until)));
    let node = app.config.database.node.into();
    let ours = commands::sent(&mut tx, row.id, node, &json!(record).to_string(), watch, now).await?;
    let touches = calls.as_ref().is_ok_and(|calls| calls.iter().any(touches_profiles)) && is_strange(row);
    if touches && ours {
        store::desired::touch_profiles(&mut tx, station, !link.protocol.tells_profiles(), now).await?;
    }
    if let Some(sealed) = password.as_deref().filter(|_| ours) {
        stations::add_next_secret(&mut tx, station, sealed).await?;
    }
    tx.commit().await?;
    if !ours {
        return Ok(true); // taken back meanwhile
    }
    let over = match calls {
        Err((verdict, reason)) => {
            Over { verdict: Some(verdict), is_known: true, reason, record, learnt: Vec::new() }
        }
        Ok(calls) => {
            // What follows may come before the answer does.
            if let Some(watched) = watched {
                app.commands.watches.add(station, row.id, watched);
            }
            match exchange(app, station, &command, &calls).await {
                Exchange::Over(over) => over,
                Exchange::NotSent(why) => {
                    app.commands.watches.remove(station, row.id);
                    if let Some(sealed) = password.filter(|_| !was_open) {
                        app.writer.commit(vec![password::untold(station, sealed)]).await?;
                    }
                    let waits = row.expires_at.is_some_and(|until| until > app.clock.now());
                    if waits {
                        let mut tx = app.db.write().await?;
                        commands::unsent(&mut tx, row.id).await?;
                        tx.commit().await?;
                        return Ok(false);
                    }
                    close(app, row.id, "sent", "offline", &why).await?;
                    return Ok(true);
                }
            }
        }
    };
    let Over { verdict, is_known, reason, record, learnt } = over;
    let is_accepted = verdict == Some(Verdict::Accepted);
    // What may have been done may have its outcome as well.
    let goes_on = !is_known || (is_accepted && !is_done(&command, &reason));
    if !goes_on {
        app.commands.watches.remove(station, row.id);
    }
    if let Some(verdict) = verdict {
        metrics::counter!("csms_command_answers_total", "verdict" => verdict.word()).increment(1);
    }
    let answered = AnsweredRow {
        id: row.id,
        at: app.clock.now(),
        state: if is_known { "answered" } else { "unknown" },
        body: command.masked().to_string(),
        calls: json!(&record).to_string(),
        verdict: verdict.map_or("", Verdict::word),
        reason,
        goes_on,
    };
    let event = tell::answered(app, row, (answered.state, answered.verdict, &answered.reason), answered.at);
    let mut writes = Vec::with_capacity(learnt.len() + 3);
    let tells = matches!(&command, Command::Read(_) | Command::Inventory(_) | Command::Call(_));
    for row in learnt {
        if tells {
            writes.extend(desired::reported(app, &row));
        }
        writes.push(Write::Variable(Box::new(row)));
    }
    writes.extend(password.and_then(|sealed| password::answered(station, &sealed, was_open, &record)));
    writes.push(Write::Answered(Box::new(answered)));
    writes.push(Write::Event(event));
    keep(app, station, &record, now, writes).await?;
    if tells || touches {
        app.desires.heard(station);
    }
    if is_known && !is_accepted && moves_files(&command) {
        prepare::revoke(app, row.id).await?;
    }
    Ok(true)
}

/// Keeps what a station has answered to calls that were begun at `since`. It is said once: while the database is away for a moment, it is
/// held and tried again.
async fn keep(
    app: &App,
    station: &StationId,
    record: &[Value],
    since: DateTime<Utc>,
    writes: Vec<Write>,
) -> Result<(), StoreError> {
    let is_about_monitors = monitors::tells(record);
    for tries in 1.. {
        let kept = async {
            let mut all = writes.clone();
            all.extend(super::streams::learnt(app, station, record).await?);
            if is_about_monitors {
                all.extend(monitors::learnt(app, station, record, since).await?);
            }
            app.writer.commit(all).await
        };
        let kept = match is_about_monitors {
            // What they tell next is heard when they are known, and what they have told is there.
            true => app.desk(station).between(kept).await,
            false => kept.await,
        };
        match kept {
            Err(error) if error.is_retryable() && tries < KEEP_TRIES => {
                tracing::warn!(%station, %error, tries, "a station's answer could not be kept; tried again");
                tokio::time::sleep(TROUBLE).await;
            }
            outcome => return outcome,
        }
    }
    Ok(())
}

/// What a station that is not accepted may not be asked (1.6 §4.2; 2.x B02.FR.05, B03.FR.03).
fn forbidden(registration: &str, command: &Command) -> Option<&'static str> {
    match registration {
        "rejected" => Some("the station is rejected: nothing may be asked of it before it is accepted"),
        "pending" if matches!(command, Command::Start(_) | Command::Stop(_)) => {
            Some("the station is not accepted yet: no session may be begun or ended from here")
        }
        _ => None,
    }
}

/// May the station have other profiles after this call?
fn touches_profiles(wire: &Wire) -> bool {
    matches!(wire.action.as_str(), "SetChargingProfile" | "ClearChargingProfile")
}

/// Does somebody ask whose profiles may be those that are wished? The house's own parts keep to their places.
fn is_strange(row: &CommandRow) -> bool {
    ![desired::ASKER, grid::NAME, needs::NAME].contains(&row.asked_by.as_str())
}

/// What another part of the house looks after: it would undo what is asked, or be undone by it.
async fn owned(
    tx: &mut Tx,
    station: &StationId,
    by: &str,
    command: &Command,
) -> Result<Option<String>, StoreError> {
    let is_tariff =
        matches!(command, Command::SetTariff(_) | Command::ClearTariffs(_) | Command::ChangeTariff(_));
    if is_tariff && local_tariffs::keeps(tx, station).await? {
        let why = "the station counts with the tariffs of the catalog, and its sessions are billed by them: publish or assign a \
                   tariff there, and the station is told";
        return Ok(Some(why.to_owned()));
    }
    match by {
        // What it has queued to take away may be counted on again meanwhile.
        grid::NAME if !matches!(command, Command::ClearProfile(_)) => Ok(None),
        _ => grid::forbids(tx, station, command).await,
    }
}

/// May it have been given an address of our files?
fn moves_files(command: &Command) -> bool {
    matches!(command, Command::GetLog(_) | Command::UpdateFirmware(_))
}

/// Availability changes at once, unless the station says that it is for later; of an empty list nothing follows.
fn is_done(command: &Command, reason: &str) -> bool {
    let is_change = match command {
        Command::ListMonitors(_) | Command::Report(_) => return reason.starts_with("EmptyResultSet"),
        Command::ListDisplays(_) => return reason.starts_with("Unknown"),
        Command::Availability(_) => true,
        Command::Call(call) => call.action == "ChangeAvailability",
        _ => false,
    };
    is_change && !reason.starts_with("Scheduled")
}

/// Does it leave the station as it is, whatever comes of it?
fn is_question(command: &Command) -> bool {
    match command {
        Command::Inventory(_)
        | Command::Read(_)
        | Command::ListVersion(_)
        | Command::Composite(_)
        | Command::ListCertificates(_)
        | Command::ListMonitors(_)
        | Command::Report(_)
        | Command::ListDisplays(_)
        | Command::GetDerControl(_)
        | Command::ListTariffs(_)
        | Command::ListStreams(_) => true,
        Command::Call(call) => call.action.starts_with("Get"),
        _ => false,
    }
}

/// How it went on the wire.
enum Exchange {
    /// No frame has left.
    NotSent(String),
    Over(Over),
}

/// What a command has come to.
struct Over {
    /// `None`: no answer came.
    verdict: Option<Verdict>,
    /// Is it known what the station made of it?
    is_known: bool,
    reason: String,
    /// What was sent, and what was answered.
    record: Vec<Value>,
    learnt: Vec<VariableRow>,
}

/// Sends the calls one after the other, until one is not accepted. What a station does not know of the variables that it is asked for
/// stops no question: each has its own answer; and of monitors each stands for itself.
async fn exchange(app: &App, station: &StationId, command: &Command, calls: &[Wire]) -> Exchange {
    let timeout = Duration::from_secs(app.config.ocpp.call_timeout_s);
    let (mut record, mut learnt, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    let each = matches!(command, Command::Read(_) | Command::SetMonitors(_) | Command::ClearMonitors(_));
    let mut verdict = Verdict::Accepted;
    for (nth, wire) in calls.iter().enumerate() {
        let answer = app.hub.ask(station, wire.action.as_str(), wire.payload.clone(), timeout).await;
        let (of_this, reason) = match &answer {
            Ok(answer) => {
                let at = app.clock.now();
                learnt.extend(ask::learn(wire, answer).into_iter().map(|variable| VariableRow {
                    station_id: station.to_string(),
                    component: variable.component,
                    component_instance: variable.component_instance,
                    evse: variable.place.evse.into(),
                    connector: variable.place.connector.into(),
                    name: variable.name,
                    instance: variable.instance,
                    attribute: variable.attribute,
                    value: variable.value,
                    mutability: variable.mutability,
                    characteristics: variable.characteristics,
                    reported_at: at,
                }));
                of_answer(command, answer)
            }
            Err(AskError::Refused(fault)) => ask::of_fault(fault),
            Err(error @ AskError::Invalid(_)) => (Verdict::Invalid, error.to_string()),
            Err(error @ AskError::InvalidAnswer(_)) if is_question(command) => {
                (Verdict::Invalid, error.to_string())
            }
            Err(error @ (AskError::Offline | AskError::QueueFull | AskError::NotSent)) if nth == 0 => {
                return Exchange::NotSent(error.to_string());
            }
            // It was done or not, wholly or in part.
            Err(error) => {
                let has_left = !matches!(error, AskError::Offline | AskError::QueueFull | AskError::NotSent);
                record.extend(has_left.then(|| log(wire, Some(&answer))));
                let is_odd = matches!(error, AskError::InvalidAnswer(_));
                let verdict = is_odd.then_some(Verdict::Invalid);
                return Exchange::Over(Over {
                    verdict,
                    is_known: false,
                    reason: error.to_string(),
                    record,
                    learnt,
                });
            }
        };
        record.push(log(wire, Some(&answer)));
        if !reason.is_empty() {
            reasons.push(reason);
        }
        verdict = verdict.and(of_this);
        if of_this != Verdict::Accepted && !(each && answer.is_ok()) {
            break;
        }
    }
    let (verdict, reason) = (Some(verdict), reasons.join("; "));
    Exchange::Over(Over { verdict, is_known: true, reason, record, learnt })
}

/// What an answer means for this command. That there is nothing to list is no refusal to list it.
fn of_answer(command: &Command, answer: &Value) -> (Verdict, String) {
    let (verdict, reason) = ask::of_answer(answer);
    let nothing = match command {
        Command::ListMonitors(_) | Command::Report(_) => "EmptyResultSet",
        Command::ListDisplays(_) => "Unknown",
        Command::NetworkProfile(profile) if verdict == Verdict::Accepted => {
            return (verdict, tell::kept_profile(profile.slot, &reason));
        }
        _ => return (verdict, reason),
    };
    let is_empty = answer["status"] == nothing;
    (if is_empty { Verdict::Accepted } else { verdict }, reason)
}

/// A call and its answer, without secrets, as it is kept.
fn log(wire: &Wire, answer: Option<&Result<Value, AskError>>) -> Value {
    let mut payload = wire.payload.clone();
    mask::mask_value(&mut payload);
    let mut entry = json!({"action": wire.action, "payload": payload});
    match answer {
        Some(Ok(answer)) => {
            let mut answer = answer.clone();
            mask::mask_value(&mut answer);
            entry["answer"] = answer;
        }
        Some(Err(error)) => entry["error"] = fault(error),
        None => {}
    }
    entry
}

fn fault(error: &AskError) -> Value {
    let (kind, fault) = match error {
        AskError::Refused(fault) => ("refused", fault),
        AskError::Invalid(fault) => ("invalid-call", fault),
        AskError::InvalidAnswer(fault) => ("invalid-answer", fault),
        other => return json!({"kind": "no-answer", "description": other.to_string()}),
    };
    json!({
        "kind": kind,
        "code": fault.code.spelling(ocpp::Version::NEWEST),
        "description": fault.description,
        "details": fault.details,
    })
}

async fn close(app: &App, id: i64, from: &str, state: &str, why: &str) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    tell::close(app, &mut tx, id, (from, state), why).await?;
    tx.commit().await
}
