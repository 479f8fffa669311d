//! One round with one station.

use super::{
    Known,
    ability::{self, Ability},
    words::{self, Call},
};
use crate::{
    app::App,
    catalog::{Asked, Snapshot},
    error::Error,
    link::hub::AskError,
    model::{Presented, StationId},
    store::{
        Tx, bills,
        costs::{self, CostRow},
        row::{SessionRow, StationRow},
        sessions, stations, tariffs,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use ocpp::ErrorCode;
use std::{sync::Arc, time::Duration};

/// A driver stands before the display no longer than this after the end.
const FINAL_WITHIN: TimeDelta = TimeDelta::hours(1);
/// A final cost is told so often, then it is left: the receipt has it too.
const TRIES_MAX: i64 = 5;
/// What has come to nothing is tried again after this, then after twice as long, …
const RETRY: TimeDelta = TimeDelta::seconds(10);
/// Two messages about one session are apart by this, whatever has changed.
const GAP: TimeDelta = TimeDelta::seconds(1);
/// What a station says that has no such function.
const LACKS: &str = "the station does not take it";

/// Does the round; gives when to look again at the latest. `None`: when something happens.
///
/// # Errors
/// The database.
pub async fn look(app: &App, station: &StationId) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(link) = app.hub.info(station) else { return Ok(None) };
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let row = stations::find(&mut tx, station).await?;
    let Some(row) = row.filter(|row| row.registration == "accepted") else { return Ok(None) };
    let ability = ability::of(&mut tx, station, link.protocol).await?;
    drop(tx);
    let presented = {
        let mut known = app.costs.known();
        let entry = known.entry(station.clone()).or_insert_with(|| Known {
            connection: link.connection,
            at: now,
            ability: None,
            presented: None,
        });
        (entry.connection, entry.at, entry.ability) = (link.connection, now, ability.clone());
        entry.presented.take()
    };
    let Some(ability) = ability else { return Ok(None) };
    let visit = Visit { app, station, row, ability, now };
    if let Some(presented) = presented {
        visit.price(&presented).await?;
    }
    let running = visit.running().await?;
    let finals = visit.finals().await?;
    Ok(running.into_iter().chain(finals).min())
}

struct Visit<'a> {
    app: &'a App,
    station: &'a StationId,
    row: StationRow,
    ability: Ability,
    now: DateTime<Utc>,
}

impl Visit<'_> {
    /// The price for whoever stands there, before the session begins.
    async fn price(&self, who: &Presented) -> Result<(), Error> {
        let Ability::California { language, several } = &self.ability else { return Ok(()) };
        let uid = who.key();
        let asked = Asked {
            station: self.station,
            evse: 0,
            site: self.row.site_id,
            token: Some(&uid),
            token_kind: &who.kind,
            group: None,
            at: self.now,
        };
        if let Some(tariff) = self.app.catalog.terms(&asked).tariff {
            let call = words::price(&tariff, &who.uid, language, *several);
            // Whether it was shown or not, the session costs the same; what went wrong was logged.
            let _ = self.send(call, "price").await;
        }
        Ok(())
    }

    async fn running(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let mut tx = self.app.db.read().await?;
        let open = sessions::open(&mut tx, self.station).await?;
        let told = costs::told(&mut tx, self.station, self.now - FINAL_WITHIN).await?;
        drop(tx);
        let mut next: Option<DateTime<Utc>> = None;
        for session in open.iter().filter(|session| !session.cost.is_empty()) {
            let before = told.iter().find(|row| row.session_id == session.id);
            let Some(due) = self.due(session, before) else { continue };
            let again = if due > self.now { Some(due) } else { self.tell_running(session, before).await? };
            next = again.into_iter().chain(next).min();
        }
        Ok(next)
    }

    /// When it is to be told; `None`: what it was told holds.
    fn due(&self, session: &SessionRow, before: Option<&CostRow>) -> Option<DateTime<Utc>> {
        let Some(before) = before else { return Some(self.now) };
        if before.answer == LACKS {
            return None;
        }
        let every = TimeDelta::seconds(self.app.config.displays.costs_every_s.into()).max(GAP);
        match before.tries {
            0 if before.state != session.charging_state => Some(before.told_at + GAP),
            0 if before.cost != session.cost => Some(before.told_at + every),
            0 => None,
            tries => Some(before.told_at + wait(tries).max(every)),
        }
    }

    async fn tell_running(
        &self,
        session: &SessionRow,
        before: Option<&CostRow>,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let mut tx = self.app.db.read().await?;
        let Some(tariff) = self.tariff(&mut tx, session).await? else { return Ok(None) };
        let readings = match self.ability {
            Ability::Updates => Vec::new(),
            Ability::California { .. } => sessions::readings(&mut tx, session.id).await?,
        };
        drop(tx);
        let Some(call) = words::running(&self.ability, session, &tariff, &readings) else { return Ok(None) };
        let answer = self.send(call, "running").await;
        self.keep(session, before, "running", answer).await
    }

    /// 2.x stations have the final cost in the answer to the end.
    async fn finals(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let Ability::California { language, several } = &self.ability else { return Ok(None) };
        let mut tx = self.app.db.read().await?;
        let ended = costs::ended(&mut tx, self.station, self.now - FINAL_WITHIN).await?;
        let told = costs::told(&mut tx, self.station, self.now - FINAL_WITHIN).await?;
        drop(tx);
        let mut next: Option<DateTime<Utc>> = None;
        for session in &ended {
            let before = told.iter().find(|row| row.session_id == session.id);
            let tries = before.filter(|row| row.state == "ended").map_or(0, |row| row.tries);
            if tries >= TRIES_MAX || before.is_some_and(|row| row.answer == LACKS) {
                continue;
            }
            if let Some(before) = before.filter(|_| tries > 0)
                && before.told_at + wait(tries) > self.now
            {
                next = next.into_iter().chain([before.told_at + wait(tries)]).min();
                continue;
            }
            let bill = bills::latest(&mut self.app.db.read().await?, session.id).await?;
            let call = bill.and_then(|bill| words::last(language, *several, session, &bill));
            let Some(call) = call else { continue };
            let answer = self.send(call, "final").await;
            let mut ended = session.clone();
            "ended".clone_into(&mut ended.charging_state);
            let again = self.keep(&ended, before.filter(|_| tries > 0), "final", answer).await?;
            next = next.into_iter().chain(again).min();
        }
        Ok(next)
    }

    async fn tariff(&self, tx: &mut Tx, session: &SessionRow) -> Result<Option<Arc<Snapshot>>, Error> {
        let Some(hash) = &session.tariff_hash else { return Ok(None) };
        if let Some(known) = self.app.catalog.by_hash(hash) {
            return Ok(Some(known));
        }
        let body = tariffs::snapshot(tx, hash).await?;
        Ok(body.and_then(|body| Snapshot::read(body).ok()).map(Arc::new))
    }

    /// The station's answer, or why there is none.
    async fn send(&self, (action, payload): Call, kind: &'static str) -> Result<(), String> {
        let timeout = Duration::from_secs(self.app.config.ocpp.call_timeout_s);
        let answer = match self.app.hub.ask(self.station, action, payload, timeout).await {
            // CostUpdatedResponse says nothing but that it came.
            Ok(answer) => match answer["status"].as_str() {
                None | Some("Accepted") => Ok(()),
                Some("UnknownVendorId" | "UnknownMessageId") => Err(LACKS.to_owned()),
                Some(other) => Err(format!("the station: {other}")),
            },
            Err(AskError::Refused(fault))
                if matches!(fault.code, ErrorCode::NotSupported | ErrorCode::NotImplemented) =>
            {
                Err(LACKS.to_owned())
            }
            Err(error) => Err(error.to_string()),
        };
        let outcome = if answer.is_ok() { "told" } else { "failed" };
        metrics::counter!("csms_costs_told_total", "kind" => kind, "outcome" => outcome).increment(1);
        if let Err(why) = &answer {
            tracing::info!(station = %self.station, kind, why, "a cost was not shown");
        }
        answer
    }

    /// Keeps what was told; gives when it is tried again.
    async fn keep(
        &self,
        session: &SessionRow,
        before: Option<&CostRow>,
        kind: &str,
        answer: Result<(), String>,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let now = self.now;
        let failed = answer.as_ref().is_err();
        let tries = if failed { before.map_or(0, |row| row.tries) + 1 } else { 0 };
        let row = CostRow {
            session_id: session.id,
            station_id: self.station.to_string(),
            // A final cost that was not told is still to be told.
            kind: if failed { "running" } else { kind }.to_owned(),
            state: session.charging_state.clone(),
            cost: session.cost.clone(),
            answer: answer.err().unwrap_or_else(|| "Accepted".to_owned()),
            told_at: now,
            tries,
        };
        let mut tx = self.app.db.write().await?;
        costs::keep(&mut tx, &row).await?;
        tx.commit().await?;
        Ok((failed && row.answer != LACKS).then(|| now + wait(tries)))
    }
}

fn wait(tries: i64) -> TimeDelta {
    RETRY * 2_i32.pow(u32::try_from((tries - 1).clamp(0, 6)).unwrap_or_default())
}
