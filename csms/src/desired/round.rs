//! Rounds: a station that is connected here is brought to what it shall be, one question after the other, until nothing is to be
//! done or its time has not come. Whatever is cut off goes on from its rows.

use super::{
    ASKER, Kind, State, View, WishError, availability, learn, look, profile, question, question::Step,
    template,
};
use crate::{
    app::App,
    command::{self, Ask, Command, CommandError, Until},
    model::StationId,
    rounds::Crew,
    store::{
        StoreError, commands,
        desired::{self, DesiredRow},
        row::StationRow,
        stations,
    },
};
use ocpp::Version;
use serde_json::Value;
use std::{collections::HashSet, time::Duration};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Stations looked after at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 64;
/// What another process wishes, and what nobody has hinted at, is found this often.
const SWEEP: Duration = Duration::from_secs(10);
/// A station that is being looked after is looked at again so soon.
const BUSY: Duration = Duration::from_secs(1);
/// After trouble with the database, or while an earlier question waits for its turn.
const LATER: Duration = Duration::from_secs(10);
/// Questions in one round; the rest waits for the next.
const QUESTIONS_MAX: usize = 50;
const PAGE: i64 = 500;

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    // A pass over all stations takes its time, and no station should wait for it.
    tokio::join!(rounds(&app, &stop), template::run(&app, &stop));
}

async fn rounds(app: &App, stop: &CancellationToken) {
    let mut crew = Crew::new("desired state", AT_ONCE, BUSY);
    let mut sweeps = tokio::time::interval(SWEEP);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        crew.begin(&app.desires.rounds, |station, fresh| {
            let app = app.clone();
            async move { round(&app, &station, fresh).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => {
                let again = outcome.unwrap_or_else(|error| {
                    failed(&error);
                    Some(LATER)
                });
                if let Some(again) = again {
                    app.desires.rounds.look(&station, again, false);
                }
            }
            _ = sweeps.tick() => if let Err(error) = sweep(app).await {
                failed(&error);
            },
            () = app.desires.rounds.ready(), if crew.has_room() => {}
        }
    }
}

/// A wish was refused, or not kept.
fn refused(wish: &DesiredRow) {
    metrics::counter!("csms_desired_refusals_total", "kind" => wish.kind.clone()).increment(1);
    let DesiredRow { station_id: station, kind, key, tries, trouble, .. } = wish;
    let again = wish.due_at;
    tracing::warn!(station, kind, key, tries, ?again, trouble, "the station is not what it shall be");
}

pub(super) fn failed(error: &WishError) {
    metrics::counter!("csms_job_failures_total", "job" => "desired").increment(1);
    tracing::warn!(job = "desired", %error, "a job failed; it is tried again in its next turn");
}

/// Looks at the stations of which something is due, and learns of which anything is wished.
async fn sweep(app: &App) -> Result<(), WishError> {
    let now = app.clock.now();
    let mut after = String::new();
    loop {
        let page = desired::due(&mut app.db.read().await?, now, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        for station in page {
            let station = StationId::from(station);
            if app.hub.online(&station) {
                app.desires.rounds.look(&station, Duration::ZERO, false);
            }
        }
    }
    app.desires.reading();
    let (mut wished, mut after) = (HashSet::new(), String::new());
    loop {
        let page = desired::stations(&mut app.db.read().await?, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        wished.extend(page.into_iter().map(StationId::from));
    }
    app.desires.read(wished);
    let (all, due, person) = desired::counts(&mut app.db.read().await?).await?;
    metrics::gauge!("csms_desired_wishes").set(all as f64);
    metrics::gauge!("csms_desired_due").set(due as f64);
    metrics::gauge!("csms_desired_refused").set(person as f64);
    Ok(())
}

/// One station's round; `fresh`: it has just come, and may be of other groups than before. Gives back when to look again, if not at
/// a hint.
///
/// # Errors
/// The database fails; what was done stays done.
pub async fn round(app: &App, station: &StationId, fresh: bool) -> Result<Option<Duration>, WishError> {
    if fresh {
        join(app, station).await?;
    }
    for _ in 0..QUESTIONS_MAX {
        let Some(link) = app.hub.info(station) else { return Ok(None) };
        // Whoever wants it now: what it was asked before it boots, it would be asked again after.
        if let Some(wait) = app.hub.may_boot(station, super::AFTER_CONNECT) {
            return Ok(Some(wait));
        }
        let Some((row, wishes)) = read(app, station).await? else { return Ok(None) };
        if wishes.is_empty() {
            return Ok(None);
        }
        if !settle(app, station, &wishes).await? {
            return Ok(Some(LATER));
        }
        let Some(wishes) = note(app, &row, link.protocol).await? else { continue };
        let now = app.clock.now();
        let view = View { station: &row, protocol: link.protocol, now };
        let Some(step) = next(app, &view, &wishes).await? else {
            let due = wishes.iter().filter(|wish| look::state(wish, true) != State::InStep);
            let soonest = due.filter_map(|wish| wish.due_at).min();
            return Ok(soonest.map(|due| (due - now).to_std().unwrap_or_default().max(LATER)));
        };
        match step {
            Step::Ask { command, wishes } => {
                if !ask(app, station, *command, &wishes).await? {
                    return Ok(Some(LATER));
                }
            }
            Step::Unfit { wish, why } => {
                let heard = learn::Heard::Refused { why, for_good: true };
                let asked = DesiredRow { asked_revision: wish.revision, ..(*wish).clone() };
                let next = learn::after(&asked, heard, 0, false, now);
                let mut tx = app.db.write().await?;
                if desired::advance(&mut tx, &next, &wish).await? {
                    tx.commit().await?;
                    refused(&next);
                }
            }
        }
        app.live.touch(station);
    }
    // That many at once are odd; the station shall have a rest.
    Ok(Some(LATER))
}

/// Brings the station's wishes to what the templates of its groups want.
async fn join(app: &App, station: &StationId) -> Result<(), WishError> {
    let row = stations::find(&mut app.db.read().await?, station).await?;
    let Some(mut row) = row else { return Ok(()) };
    // What it speaks is kept a moment later.
    if let Some(link) = app.hub.info(station) {
        row.protocol = link.protocol.subprotocol().to_owned();
    }
    if template::apply(app, &row).await? > 0 {
        app.desires.made(station);
        app.live.touch(station);
    }
    Ok(())
}

async fn read(app: &App, station: &StationId) -> Result<Option<(StationRow, Vec<DesiredRow>)>, StoreError> {
    let mut tx = app.db.read().await?;
    let Some(row) = stations::find(&mut tx, station).await? else { return Ok(None) };
    // Nothing may be asked of it before it is accepted.
    if row.registration != "accepted" {
        return Ok(None);
    }
    Ok(Some((row, desired::of_station(&mut tx, station).await?)))
}

async fn next(app: &App, view: &View<'_>, wishes: &[DesiredRow]) -> Result<Option<Step>, StoreError> {
    for kind in Kind::ALL {
        let of_kind: Vec<DesiredRow> =
            wishes.iter().filter(|wish| wish.kind == kind.word()).cloned().collect();
        if let Some(step) = question::next(app, kind, view, &of_kind).await? {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

/// Keeps what is known now without asking: what connectors tell, what is in step, what the station has left. `None`: more has come
/// to be known meanwhile.
async fn note(app: &App, row: &StationRow, protocol: Version) -> Result<Option<Vec<DesiredRow>>, StoreError> {
    let station = &StationId::from(row.id.as_str());
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let connectors = stations::connectors(&mut tx, station).await?;
    let mut wishes = desired::of_station(&mut tx, station).await?;
    drop(tx);
    let all = wishes.clone();
    let mut changed = Vec::new();
    for wish in &mut wishes {
        let mut next = match Kind::of(&wish.kind) {
            Some(Kind::Availability) => availability::noted(wish, &all, row, &connectors, now),
            Some(Kind::Profile) => profile::noted(wish, row, protocol.tells_profiles(), now),
            _ => wish.clone(),
        };
        if let Some(noted) = look::noted(&next, now) {
            next = noted;
        }
        if next != *wish {
            let was = std::mem::replace(wish, next.clone());
            changed.push((was, next));
        }
    }
    if changed.is_empty() {
        return Ok(Some(wishes));
    }
    let (mut tx, many) = (app.db.write().await?, changed.len());
    let mut kept = Vec::with_capacity(many);
    for (was, next) in changed {
        if desired::advance(&mut tx, &next, &was).await? {
            kept.push((was, next));
        }
    }
    tx.commit().await?;
    for (was, next) in &kept {
        if next.tries > was.tries {
            refused(next);
        }
        if next.drifts > was.drifts {
            metrics::counter!("csms_desired_drifts_total", "kind" => next.kind.clone()).increment(1);
            tracing::info!(%station, kind = next.kind, key = next.key, "the station has left what it shall be");
        }
    }
    app.live.touch(station);
    Ok((kept.len() == many).then_some(wishes))
}

/// Asks. The wishes belong to the question before there is a command, and the command is known by the question: whatever is cut
/// off in between, the station is not asked twice. False: it will be asked later.
async fn ask(
    app: &App,
    station: &StationId,
    command: Command,
    wishes: &[DesiredRow],
) -> Result<bool, StoreError> {
    let asked = app.ids.next();
    let mut tx = app.db.write().await?;
    for wish in wishes {
        if !desired::claim(&mut tx, wish, asked).await? {
            // Changed meanwhile, or asked for by another process.
            return Ok(true);
        }
    }
    tx.commit().await?;
    let word = command.word();
    let row = match command::issue(app, Ask::new(station, command, ASKER).keyed(asked.to_string())).await {
        Ok(row) => row,
        Err(CommandError::Store(error)) => return Err(error),
        Err(error) => {
            tracing::info!(%station, %error, "the station is asked later for what it shall be");
            return Ok(false);
        }
    };
    metrics::counter!("csms_desired_steps_total", "step" => word).increment(1);
    let at_most = Duration::from_secs(app.config.ocpp.call_timeout_s) * 3;
    command::wait(app, row.id, Until::Answer, at_most).await?;
    Ok(true)
}

/// Learns from the questions that were asked. False: one of them still has no answer, or more was told while it was learnt from.
async fn settle(app: &App, station: &StationId, wishes: &[DesiredRow]) -> Result<bool, StoreError> {
    let questions: HashSet<i64> = wishes.iter().map(|wish| wish.asked).filter(|asked| *asked != 0).collect();
    let mut all = true;
    for asked in questions {
        let mut tx = app.db.write().await?;
        let row = commands::by_key(&mut tx, ASKER, &asked.to_string()).await?;
        if row.as_ref().is_some_and(|row| !row.is_answered()) {
            all = false;
            continue;
        }
        let now = app.clock.now();
        if row.as_ref().is_some_and(|row| question::is_pending(row, now)) {
            // What else is wished need not wait for it.
            continue;
        }
        let parts = match row.as_ref().filter(|row| !row.watch.is_empty()) {
            Some(row) => commands::parts(&mut tx, row.id).await?,
            None => Vec::new(),
        };
        let parts: Vec<Value> =
            parts.iter().filter_map(|part| serde_json::from_str(&part.body).ok()).collect();
        for wish in desired::of_station(&mut tx, station).await?.iter().filter(|wish| wish.asked == asked) {
            let next = match &row {
                Some(row) => question::learn(wish, row, &parts, now),
                // It never became a command.
                None => DesiredRow { asked: 0, ..wish.clone() },
            };
            let kept = desired::advance(&mut tx, &next, wish).await?;
            if kept && next.tries > wish.tries {
                refused(&next);
            }
            all &= kept;
        }
        tx.commit().await?;
        app.live.touch(station);
    }
    Ok(all)
}
