//! What vehicles tell through their stations: needs, the schedule that they will follow, priority; and what stations pull
//! of dynamic profiles. The answer is decided here; the plan is made afterwards ([`crate::needs`]).

use super::AtDesk;
use crate::{
    error::Error,
    model::{Notice, Reply, Ruling},
    needs::{Vehicle, against, dynamic, most, resumed},
    session::fact::plausible,
    store::{
        StoreError, Tx, needs as rows,
        needs::NeedRow,
        row::{SessionRow, Write},
        stations, variables,
    },
};
use serde_json::Value;

impl AtDesk<'_> {
    /// A message that wants more than to be kept.
    pub(super) async fn heed(&mut self, notice: Notice) -> Result<Reply, Error> {
        match notice.kind {
            "station.charging.needs" => self.needs(notice).await,
            "station.charging.schedule" => self.schedule(notice).await,
            "station.charging.priority" => self.priority(notice).await,
            "station.charging.pull" => self.pull(notice).await,
            "station.stream.opened" => self.open_stream(notice).await,
            "station.stream.closed" => self.close_stream(notice).await,
            "station.stream.data" => self.stream(notice).await,
            "station.monitoring" => self.listed(notice).await,
            "station.event" => self.monitored(notice).await,
            "station.customer" => self.customer(notice),
            _ => self.notice(notice),
        }
    }

    /// NotifyEVChargingNeeds (K15, K17).
    async fn needs(&mut self, notice: Notice) -> Result<Reply, Error> {
        let evse = notice.body["evseId"].as_i64().unwrap_or_default();
        let Some(session) = self.session_at(evse) else {
            self.notice(notice)?;
            return Ok(ruled(Ruling::NoPlan, "no session runs at this EVSE"));
        };
        let vehicle = Vehicle::read(&notice.body);
        let mut tx = self.app.db.read().await?;
        let before = rows::find(&mut tx, session.id).await?.unwrap_or_default();
        let (ruling, why) = match before.plans.as_str() {
            "off" => (Ruling::NoPlan, "an operator wants no plan for this session"),
            _ => rule(&mut tx, &session, &vehicle).await?,
        };
        drop(tx);
        let row = NeedRow {
            session_id: session.id,
            station_id: session.station_id.clone(),
            evse,
            round: before.round + 1,
            body: notice.body.to_string(),
            told_at: self.now(),
            energy_mwh: session.energy_mwh,
            answer: ruling.word().to_owned(),
            reason: why.to_owned(),
            schedule: String::new(),
            schedule_at: None,
            schedule_answer: String::new(),
            ..before
        };
        metrics::counter!("csms_needs_total", "answer" => ruling.word()).increment(1);
        self.write(Write::Need(Box::new(row)));
        self.about(&session, notice);
        Ok(ruled(ruling, why))
    }

    /// NotifyEVChargingSchedule: the vehicle may not take more than it was offered (K15.FR.10, K16, K17). If it wants to it
    /// is told its plan once more.
    async fn schedule(&mut self, notice: Notice) -> Result<Reply, Error> {
        let evse = notice.body["evseId"].as_i64().unwrap_or_default();
        let Some(session) = self.session_at(evse) else {
            self.notice(notice)?;
            return Ok(ruled(Ruling::Accepted, ""));
        };
        let mut tx = self.app.db.read().await?;
        let before = rows::find(&mut tx, session.id).await?;
        let plan = rows::plan(&mut tx, session.id).await?;
        let others = dynamic::by_others(&mut tx, self.station, &session.reference).await?;
        drop(tx);
        let ours = plan.filter(|plan| plan.state == "set" || plan.state == "sent");
        let ours = ours.and_then(|plan| Some((serde_json::from_str(&plan.profile).ok()?, plan.at)));
        let holds: Option<(Value, _)> = [ours, others].into_iter().flatten().max_by_key(|(_, at)| *at);
        let exceeds = holds.and_then(|(profile, _)| against::exceeds(&profile, &notice.body, self.now()));
        let ruling = if exceeds.is_some() { Ruling::Rejected } else { Ruling::Accepted };
        let before = before.unwrap_or_else(|| untold(&session));
        let row = NeedRow {
            round: before.round + i64::from(exceeds.is_some()),
            schedule: notice.body.to_string(),
            schedule_at: Some(self.now()),
            schedule_answer: ruling.word().to_owned(),
            ..before
        };
        self.write(Write::Need(Box::new(row)));
        self.about(&session, notice);
        Ok(Reply::Ruled { ruling, why: exceeds.unwrap_or_default(), values: None })
    }

    /// NotifyPriorityCharging (K22).
    async fn priority(&mut self, notice: Notice) -> Result<Reply, Error> {
        let reference = notice.body["transactionId"].as_str().unwrap_or_default();
        let session = self.state.open.iter().find(|session| session.row.reference == reference);
        let Some(session) = session.map(|session| session.row.clone()) else { return self.notice(notice) };
        let before = rows::find(&mut self.app.db.read().await?, session.id).await?;
        let on = notice.body["activated"].as_bool().unwrap_or_default();
        let row = NeedRow {
            priority: if on { "on" } else { "off" }.to_owned(),
            ..before.unwrap_or_else(|| untold(&session))
        };
        self.write(Write::Need(Box::new(row)));
        self.about(&session, notice);
        Ok(Reply::Noted)
    }

    /// PullDynamicScheduleUpdate (K28).
    async fn pull(&mut self, notice: Notice) -> Result<Reply, Error> {
        let profile = notice.body["chargingProfileId"].as_i64().unwrap_or_default();
        let values = dynamic::values(&mut self.app.db.read().await?, self.station, profile).await?;
        self.notice(notice)?;
        Ok(match values {
            Some(values) => {
                Reply::Ruled { ruling: Ruling::Accepted, why: String::new(), values: Some(values) }
            }
            None => ruled(Ruling::Rejected, "there is no such dynamic profile"),
        })
    }

    /// A transaction goes on after its station was away, and what it was given may be gone there.
    pub(super) async fn resumed(&mut self, index: usize, message: i64) -> Result<(), Error> {
        let session = self.state.open[index].row.clone();
        let before = rows::find(&mut self.app.db.read().await?, session.id).await?;
        if let Some(row) = before.filter(|row| !row.body.is_empty()) {
            self.write(Write::Need(Box::new(NeedRow { round: row.round + 1, ..row })));
            self.needs_told = true;
        }
        resumed::again(self.app, self.station, &session, message).await?;
        Ok(())
    }

    fn session_at(&self, evse: i64) -> Option<SessionRow> {
        // An old one may come late, and wait there for its stop.
        let here = self.state.open.iter().filter(|session| session.row.evse == evse);
        let newest = here.max_by_key(|session| (session.row.started_at, session.row.id));
        newest.map(|session| session.row.clone())
    }

    /// Keeps the message as an event of the session, and has its plan looked at after the commit.
    fn about(&mut self, session: &SessionRow, notice: Notice) {
        let at = notice.at.map_or(self.now(), |told| plausible(told.at, self.now()).0);
        self.event_at(at, Some(session.id), notice.kind, notice.body);
        self.needs_told = true;
    }
}

pub(super) fn ruled(ruling: Ruling, why: &str) -> Reply {
    Reply::Ruled { ruling, why: why.to_owned(), values: None }
}

fn untold(session: &SessionRow) -> NeedRow {
    NeedRow {
        session_id: session.id,
        station_id: session.station_id.clone(),
        evse: session.evse,
        energy_mwh: session.energy_mwh,
        told_at: session.started_at,
        ..NeedRow::default()
    }
}

/// Will there be a plan?
async fn rule(
    tx: &mut Tx,
    session: &SessionRow,
    vehicle: &Vehicle,
) -> Result<(Ruling, &'static str), StoreError> {
    let (station, evse) = (session.station_id.as_str(), session.evse);
    let known = stations::evses(tx, station).await?.into_iter().find(|row| row.evse == evse);
    let kind = known.as_ref().map(|row| row.kind.as_str()).unwrap_or_default();
    if vehicle.is_wireless() {
        let rows = variables::named(tx, station, "Connector", "ConnectorType").await?;
        let wireless = |value: &str| matches!(value, "wInductive" | "wResonant");
        if !rows.iter().any(|row| row.evse == evse && row.value.as_deref().is_some_and(wireless)) {
            return Ok((Ruling::Rejected, "the EVSE does not charge without a cable"));
        }
    } else if vehicle.phases.is_some() && kind == "dc" {
        return Ok((Ruling::Rejected, "the EVSE gives direct current"));
    } else if vehicle.phases.is_none() && kind == "ac" {
        return Ok((Ruling::Rejected, "the EVSE gives alternating current"));
    }
    if crate::needs::owned(tx, station, evse).await? {
        return Ok((Ruling::Processing, "load management heeds it"));
    }
    if most(vehicle, known.and_then(|row| row.max_power_w)).is_none() {
        return Ok((Ruling::NoPlan, "neither the EVSE nor the vehicle says how much goes"));
    }
    Ok((Ruling::Accepted, ""))
}
