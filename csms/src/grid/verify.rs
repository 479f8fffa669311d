//! Reading back: what a station says it will allow, once it has taken its default, and again and again while a vehicle charges.

use super::{
    NAME,
    plan::{self, Plan},
    wire,
};
use crate::{
    app::App,
    command::{self, Ask, Command, Composite, Until},
    flags::{Flag, Flags},
    store::{
        StoreError,
        commands::CommandRow,
        grid::{self, EvseRow, SessionAt},
        needs,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{
    control::State,
    grid::{Evse, EvseId, Method},
    profile::model::{Amount, Place, Unit},
    safe::{Grant, What},
    units::Milliamps,
};
use futures::{StreamExt, stream};
use rust_decimal::Decimal;
use serde_json::Value;
use std::{collections::BTreeMap, str::FromStr, time::Duration};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of the composite schedule, beyond the end of the limit that holds: there the default shows.
const WINDOW_S: i64 = 60;
/// While a vehicle charges it is asked again after this.
const AGAIN: TimeDelta = TimeDelta::minutes(15);
/// So many of a site are asked at once.
const AT_ONCE: usize = 4;

/// Asks for the composite schedule where a default was installed. True if the EVSE counts otherwise from now on.
pub(super) async fn verify(app: &App, site: i64, evse: EvseId) -> bool {
    match ask(app, site, evse).await {
        Ok(changed) => changed,
        Err(error) => {
            tracing::warn!(site, %error, "a default could not be read back");
            false
        }
    }
}

/// The same for all that charge and have not been asked for a while: stations lose defaults, and learn to keep them.
pub(super) async fn round(app: &App, site: i64) -> bool {
    let due = match due(app, site).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(site, %error, "defaults could not be read back");
            return false;
        }
    };
    let looks: Vec<_> = due.into_iter().map(|evse| verify(app, site, evse)).collect();
    stream::iter(looks)
        .buffer_unordered(AT_ONCE)
        .fold(false, |any, changed| async move { any || changed })
        .await
}

/// Those that are connected, charge, and were not asked for a while; who was not asked for longest first.
async fn due(app: &App, site: i64) -> Result<Vec<EvseId>, StoreError> {
    let mut tx = app.db.read().await?;
    let sessions = grid::stations_sessions(&mut tx, site).await?;
    let began: BTreeMap<(&str, i64), DateTime<Utc>> = sessions
        .iter()
        .filter(|session| charges(session))
        .map(|session| ((session.station_id.as_str(), session.evse), session.started_at))
        .collect();
    let late = app.clock.now() - AGAIN;
    // Without a vehicle a station may leave its default out of account: such a look is none.
    let is_late = |row: &EvseRow| {
        let began = began.get(&(row.station_id.as_str(), row.evse));
        began.is_some_and(|began| row.checked_at.is_none_or(|at| at <= late || at < *began))
    };
    let mut due = grid::evses(&mut tx, site).await?;
    due.retain(|row| is_late(row) && app.hub.info(&row.station_id.as_str().into()).is_some());
    due.sort_by_key(|row| row.checked_at);
    Ok(due.into_iter().filter_map(|row| u64::try_from(row.id).ok().map(EvseId)).collect())
}

/// Is a vehicle there, as far as is known? One whose session waits for its stop has gone.
fn charges(session: &SessionAt) -> bool {
    !Flags::parse(&session.flags).has(Flag::StopAwaited)
}

async fn ask(app: &App, site: i64, id: EvseId) -> Result<bool, StoreError> {
    let Ok(Some((_, plan))) = plan::load(&mut app.db.read().await?, site).await else { return Ok(false) };
    let (Some(evse), Some((station, number))) = (plan.site.evse(id), plan.names.evses.get(&id)) else {
        return Ok(false);
    };
    // As long as its vehicle has a plan of its own, that shows instead.
    let beside = needs::planned_beside(&mut app.db.read().await?, site).await?;
    if beside.contains(&(station.clone(), (*number).into())) {
        return Ok(false);
    }
    let before = limits(app, site, id).await?;
    let asked = app.clock.now();
    let holds_s = ends(&before).map_or(0, |until| (until - asked).num_seconds().max(0));
    let composite = Composite {
        evse: wire::number(place(evse)),
        duration_s: u32::try_from(holds_s + WINDOW_S).unwrap_or(u32::MAX),
        unit: Some(wire::unit(evse.unit).to_owned()),
    };
    let row =
        command::issue(app, Ask::new(&station.as_str().into(), Command::Composite(composite), NAME)).await;
    let Ok(row) = row else { return Ok(false) };
    let Some(row) = command::wait(app, row.id, Until::Answer, PATIENCE).await? else { return Ok(false) };
    // What it was told in between may be in its answer or not.
    let told: Vec<Grant> = before.into_iter().chain(limits(app, site, id).await?).collect();
    let mut tx = app.db.read().await?;
    let sessions = grid::stations_sessions(&mut tx, site).await?;
    let known = grid::evses(&mut tx, site).await?;
    drop(tx);
    let charges = sessions
        .iter()
        .any(|one| one.station_id == *station && one.evse == i64::from(*number) && charges(one));
    let most = told.iter().map(|grant| grant.limit).fold(evse.default, Ord::max);
    let ends_s = ends(&told).map_or(0, |until| (until - asked).num_seconds().max(0));
    let (mut word, mut words) = judge(&row, &plan, evse, (most, ends_s), charges);
    let row_id = i64::try_from(id.0).unwrap_or(i64::MAX);
    let was = known.into_iter().find(|row| row.id == row_id);
    let differed = was.as_ref().is_some_and(|row| row.checked == "differs");
    if let Some(was) = was.filter(|_| differed && word == "unknown") {
        // Nothing was found out, so it stays.
        (word, words) = ("differs", was.words);
    } else if word == "differs" {
        metrics::counter!("csms_grid_defaults_differ_total").increment(1);
        tracing::warn!(%station, evse = *number, words, "a station has taken its default, and allows more: it counts with what it is rated for");
    }
    let mut tx = app.db.write().await?;
    grid::checked(&mut tx, site, row_id, word, &words, app.clock.now()).await?;
    tx.commit().await?;
    Ok(differed != (word == "differs"))
}

fn place(evse: &Evse) -> Place {
    match evse.method {
        Method::StationMax => Place::Station,
        Method::Tx | Method::Stacked | Method::Single => Place::Evse(evse.number),
    }
}

/// The limits that an EVSE has, or may have.
async fn limits(app: &App, site: i64, evse: EvseId) -> Result<Vec<Grant>, StoreError> {
    let row = grid::state(&mut app.db.read().await?, site).await?;
    let state = row.and_then(|row| serde_json::from_str::<State>(&row.body).ok()).unwrap_or_default();
    let Some(track) = state.track(evse) else { return Ok(Vec::new()) };
    let sent = track.promise().sent().iter().filter_map(|sent| match sent.what {
        What::Limit(grant) => Some(grant),
        What::Default(_) => None,
    });
    Ok(sent.chain(track.promise().held()).collect())
}

/// When the last of them is over for certain.
fn ends(limits: &[Grant]) -> Option<DateTime<Utc>> {
    limits.iter().map(|grant| grant.until).max()
}

/// What the answer says, of an EVSE that may have `most` until `ends_s` seconds from when it was asked, and its default from then on.
/// Without a transaction some stations leave defaults out of account: that is no proof against them.
fn judge(
    row: &CommandRow,
    plan: &Plan,
    evse: &Evse,
    (most, ends_s): (Milliamps, i64),
    charges: bool,
) -> (&'static str, String) {
    if row.verdict != "accepted" {
        let said = if row.reason.is_empty() { row.state.clone() } else { row.reason.clone() };
        return ("unknown", format!("the station does not tell its composite schedule: {said}"));
    }
    let Some((unit, periods)) = schedule(row).filter(|(_, periods)| !periods.is_empty()) else {
        return ("unknown", "the station's composite schedule has no limit".to_owned());
    };
    let text = |amount: Amount| Decimal::new(amount.0, 3).normalize();
    let letter = wire::unit(unit);
    // Some stations tell the limit of now for all of the time: only what is told to begin after it ended is of the default.
    let beyond = periods.iter().find_map(|(start_s, limit)| {
        let told = if *start_s > ends_s { evse.default } else { most };
        let told = amount(plan, evse, unit, told);
        (limit.0 > told.0).then(|| {
            let words = format!("it says {} {letter}, and was told {} {letter}", text(*limit), text(told));
            if *start_s > ends_s && ends_s > 0 { format!("{words} from {start_s} s on") } else { words }
        })
    });
    match beyond {
        None => {
            let most = periods.iter().map(|(_, limit)| *limit).max().unwrap_or_default();
            ("holds", format!("it says {} {letter}", text(most)))
        }
        Some(words) if charges => ("differs", words),
        Some(words) => ("unknown", words + "; no session runs"),
    }
}

/// A limit as the station may say it.
fn amount(plan: &Plan, evse: &Evse, unit: Unit, limit: Milliamps) -> Amount {
    let count = evse.wiring.count();
    match unit {
        Unit::Amps if evse.unit == Unit::Amps => Amount(limit.0),
        // What its vehicle may make of it.
        Unit::Amps => Amount(evse.load(limit, count, 1).largest().0),
        Unit::Watts if evse.unit == Unit::Watts => evse.amount(limit, count, plan.site.voltage()),
        // Told in A and answered in W: where voltage is usual it cannot be more than where it is high.
        Unit::Watts => Amount(limit.0.saturating_mul(i64::from(plan.site.voltage().high)).saturating_mul(3)),
    }
}

/// The periods of a composite schedule, each with the second it begins: 1.6 has it beside `connectorId`, 2.x within `schedule`.
fn schedule(row: &CommandRow) -> Option<(Unit, Vec<(i64, Amount)>)> {
    let calls: Value = serde_json::from_str(&row.calls).ok()?;
    let answer = calls.as_array()?.last()?.get("answer")?;
    let schedule = answer.get("schedule").or_else(|| answer.get("chargingSchedule"))?;
    let unit = match schedule.get("chargingRateUnit")?.as_str()? {
        "A" => Unit::Amps,
        "W" => Unit::Watts,
        _ => return None,
    };
    let periods = schedule.get("chargingSchedulePeriod")?.as_array()?.iter().map(|period| {
        let limit = Decimal::from_str(&period.get("limit")?.to_string()).ok()?;
        let limit = i64::try_from(limit.checked_mul(Decimal::ONE_THOUSAND)?.ceil()).ok()?;
        Some((period.get("startPeriod")?.as_i64()?, Amount(limit)))
    });
    Some((unit, periods.collect::<Option<Vec<_>>>()?))
}
