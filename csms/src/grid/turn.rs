//! One turn of a site: everything that is known goes into a step, and what it decides is kept, then sent.

use super::{
    gather, heard, lease,
    plan::{self, Plan, PlanError},
    tell,
};
use crate::{
    app::App,
    store::{
        StoreError, commands,
        grid::{self, IntentRow, LimitRow, NeedRow, SaidRow, SessionAt},
        needs,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{
    control::{Event, Inputs, Intent, State, step},
    grid::{EvseId, StationId},
};
use std::collections::{BTreeMap, BTreeSet};

/// What stations said is looked at again for so long: messages of one instant are not committed in their order.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);
/// At the start, so far back.
const HISTORY: TimeDelta = TimeDelta::hours(24);

type Links = BTreeMap<StationId, u64>;
type Boots = BTreeMap<StationId, Option<DateTime<Utc>>>;

/// What a process knows of a site beside its rows.
#[derive(Default)]
pub(super) struct Runtime {
    pub site: i64,
    /// Of the plan that was read last.
    plan: Option<(i64, Plan)>,
    /// EVSEs whose vehicles had a plan of their own when it was read.
    beside: Vec<(String, i64)>,
    /// What is remembered, and its version in the database.
    state: Option<(i64, State)>,
    /// The number of the connection of each station, at the last turn.
    links: Links,
    /// When each station had booted last, at the last turn.
    boots: Boots,
    /// What is being told by this process.
    telling: BTreeSet<u64>,
    /// What has become of what was told, until the state knows it.
    told: BTreeMap<u64, Told>,
    heard: BTreeSet<i64>,
}

/// What has become of an intent.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub seq: u64,
    pub evse: EvseId,
    /// `acked`, `refused` or `unanswered`.
    pub outcome: &'static str,
    pub words: String,
}

impl Told {
    fn event(&self) -> Event {
        match self.outcome {
            "acked" => Event::Acked(self.evse, self.seq),
            "refused" => Event::Refused(self.evse, self.seq),
            _ => Event::Unanswered(self.evse, self.seq),
        }
    }
}

/// A turn could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was switched meanwhile, or another process has stepped it.
    #[error("what is remembered of this site was changed by somebody else; it is read again")]
    Raced,
    /// Another process has the site's lease.
    #[error("another process steps this site now")]
    Elsewhere,
}

/// What is to be sent now.
pub(super) struct Due {
    pub plan: Plan,
    pub intents: Vec<Intent>,
    /// When it was decided: within its time from here on it has to be sent and answered.
    pub at: DateTime<Utc>,
}

/// What was read of a site in one transaction.
struct Known {
    open: Vec<IntentRow>,
    sessions: Vec<SessionAt>,
    needs: Vec<NeedRow>,
    limits: Vec<LimitRow>,
    loads: Vec<grid::LoadRow>,
    said: Vec<SaidRow>,
    boots: Vec<(String, Option<DateTime<Utc>>)>,
}

impl Runtime {
    pub(super) fn new(site: i64) -> Runtime {
        Runtime { site, ..Runtime::default() }
    }

    /// An answer has come, or will not.
    pub(super) fn answered(&mut self, told: Told) {
        self.telling.remove(&told.seq);
        self.told.insert(told.seq, told);
    }

    /// The plan has to be read again although it has not changed: something was found out about an EVSE.
    pub(super) fn found_out(&mut self) {
        self.plan = None;
    }

    /// Does a turn. `None`: the site has no plan that is on any more.
    pub(super) async fn turn(&mut self, app: &App) -> Result<Option<Due>, TurnError> {
        let now = app.clock.now();
        let Some(plan) = self.read_plan(app).await? else { return Ok(None) };
        let known = self.read(app, now).await?;
        let known = self.hear(app, &plan, known, now).await?;
        let (version, state) = self.remembered(app).await?;
        let told = self.outcomes(app, &known.open).await?;
        let mut events: Vec<Event> = told.values().map(Told::event).collect();
        let (links, boots) = self.connected(app, &plan, &known, &mut events);
        let inputs = Inputs {
            sessions: gather::sessions(&plan, &known.sessions, &known.needs, &known.limits, now),
            loads: gather::loads(&known.loads),
            limits: gather::limits(&known.limits),
            events,
        };
        let (next, intents) = step(&plan.site, &plan.policy, now, &state, &inputs);
        let mut kept = version;
        if version == 0 || next != state || !intents.is_empty() || !told.is_empty() {
            kept = self.keep(app, version, &next, &plan, &intents, &told, now).await?;
        }
        for seq in told.keys() {
            self.told.remove(seq);
        }
        (self.links, self.boots) = (links, boots);
        self.state = Some((kept, next));
        self.telling.extend(intents.iter().map(|intent| intent.seq));
        Ok(Some(Due { plan, intents, at: now }))
    }

    async fn read_plan(&mut self, app: &App) -> Result<Option<Plan>, TurnError> {
        let mut tx = app.db.read().await?;
        let Some(row) = grid::find(&mut tx, self.site).await?.filter(|row| row.mode == "on") else {
            return Ok(None);
        };
        if let Some((revision, plan)) = &self.plan
            && *revision == row.revision
        {
            return Ok(Some(plan.clone()));
        }
        // Turned off and on again, or cleared, between two turns: what was remembered is not what is known here.
        let kept = grid::state(&mut tx, self.site).await?.map_or(0, |row| row.version);
        if self.state.as_ref().is_some_and(|(version, _)| *version != kept) {
            *self = Runtime::new(self.site);
        }
        let Some((row, plan)) = plan::load_for_steps(&mut tx, self.site).await? else { return Ok(None) };
        // Plans of vehicles give way to what is told here; until they have, it is looked at again in each turn.
        let beside = needs::planned_beside(&mut tx, self.site).await?;
        for (station, _) in beside.iter().filter(|one| !self.beside.contains(one)) {
            app.needs.told(&station.as_str().into());
        }
        self.plan = beside.is_empty().then(|| (row.revision, plan.clone()));
        self.beside = beside;
        Ok(Some(plan))
    }

    async fn read(&self, app: &App, now: DateTime<Utc>) -> Result<Known, StoreError> {
        let mut tx = app.db.read().await?;
        let since = if self.state.is_some() { OVERLAP } else { HISTORY };
        Ok(Known {
            open: grid::open_intents(&mut tx, self.site).await?,
            sessions: grid::stations_sessions(&mut tx, self.site).await?,
            needs: grid::needs(&mut tx, self.site).await?,
            limits: grid::limits(&mut tx, self.site, now).await?,
            loads: grid::loads(&mut tx, self.site).await?,
            said: grid::said(&mut tx, self.site, now - since).await?,
            boots: grid::boots(&mut tx, self.site).await?,
        })
    }

    /// Takes over what stations have said, and reads again what that has changed.
    async fn hear(
        &mut self,
        app: &App,
        plan: &Plan,
        mut known: Known,
        now: DateTime<Utc>,
    ) -> Result<Known, StoreError> {
        let fresh: Vec<SaidRow> =
            known.said.iter().filter(|row| !self.heard.contains(&row.id)).cloned().collect();
        if fresh.is_empty() {
            return Ok(known);
        }
        let mut tx = app.db.write().await?;
        heard::take(&mut tx, &app.ids, (self.site, plan), &fresh, &known.sessions).await?;
        known.needs = grid::needs(&mut tx, self.site).await?;
        known.limits = grid::limits(&mut tx, self.site, now).await?;
        tx.commit().await?;
        self.heard = known.said.iter().map(|row| row.id).collect();
        Ok(known)
    }

    /// What is remembered. What cannot be read is forgotten, which is safe: all count with what they are rated for.
    async fn remembered(&mut self, app: &App) -> Result<(i64, State), StoreError> {
        if let Some((version, state)) = &self.state {
            return Ok((*version, state.clone()));
        }
        let Some(row) = grid::state(&mut app.db.read().await?, self.site).await? else {
            return Ok((0, State::default()));
        };
        match serde_json::from_str(&row.body) {
            Ok(state) => Ok((row.version, state)),
            Err(error) => {
                tracing::error!(site = self.site, %error, "what load management remembered cannot be read; it begins anew");
                let mut tx = app.db.write().await?;
                grid::forget(&mut tx, self.site).await?;
                tx.commit().await?;
                Ok((0, State::default()))
            }
        }
    }

    /// What has become of the intents that the state waits for. Those that this process did not send are looked up: they
    /// were sent by one that has ended, or never.
    async fn outcomes(&self, app: &App, open: &[IntentRow]) -> Result<BTreeMap<u64, Told>, StoreError> {
        let mut found = BTreeMap::new();
        for row in open {
            let Ok(seq) = u64::try_from(row.seq) else { continue };
            if self.telling.contains(&seq) {
                continue;
            }
            if let Some(told) = self.told.get(&seq) {
                found.insert(seq, told.clone());
                continue;
            }
            let evse = EvseId(u64::try_from(row.evse_id).unwrap_or_default());
            let key = tell::key(self.site, seq, row.at);
            let command = commands::by_key(&mut app.db.read().await?, super::NAME, &key).await?;
            let (outcome, words) = match &command {
                Some(command) => tell::outcome(command),
                None => ("unanswered", "the server went down before it was sent".to_owned()),
            };
            found.insert(seq, Told { seq, evse, outcome, words });
        }
        Ok(found)
    }

    /// Who is connected, who is not any more, and who has restarted. At the first turn everybody has: nobody was watched.
    fn connected(&self, app: &App, plan: &Plan, known: &Known, events: &mut Vec<Event>) -> (Links, Boots) {
        let first = self.state.is_none();
        let (mut links, mut boots) = (BTreeMap::new(), BTreeMap::new());
        let booted: BTreeMap<&str, Option<DateTime<Utc>>> =
            known.boots.iter().map(|(station, at)| (station.as_str(), *at)).collect();
        for (id, name) in &plan.names.stations {
            let (was, now) =
                (self.links.get(id), app.hub.info(&name.as_str().into()).map(|link| link.connection));
            if first || (was.is_some() && was.copied() != now) {
                events.push(Event::Offline(*id));
            }
            let boot = booted.get(name.as_str()).copied().flatten();
            if first || self.boots.get(id).is_none_or(|before| *before != boot) {
                events.push(Event::Booted(*id));
            }
            if let Some(connection) = now {
                links.insert(*id, connection);
                if was.copied() != now {
                    events.push(Event::Online(*id));
                }
            }
            boots.insert(*id, boot);
        }
        (links, boots)
    }

    #[expect(clippy::too_many_arguments, reason = "one transaction has all of it")]
    async fn keep(
        &mut self,
        app: &App,
        version: i64,
        state: &State,
        plan: &Plan,
        intents: &[Intent],
        told: &BTreeMap<u64, Told>,
        now: DateTime<Utc>,
    ) -> Result<i64, TurnError> {
        let body = serde_json::to_string(state).unwrap_or_default();
        let mut tx = app.db.write().await?;
        let until = now + lease::HOLDS;
        if !grid::hold(&mut tx, self.site, lease::holder(app), until).await? {
            return Err(TurnError::Elsewhere);
        }
        if !grid::save(&mut tx, self.site, version, &body, now).await? {
            // Everything is read again: what the other one has told is not known here.
            *self = Runtime::new(self.site);
            return Err(TurnError::Raced);
        }
        for told in told.values() {
            let seq = i64::try_from(told.seq).unwrap_or(i64::MAX);
            grid::end_intent(&mut tx, self.site, seq, told.outcome, &told.words, now).await?;
        }
        for intent in intents {
            grid::add_intent(&mut tx, &row(self.site, plan, intent, now)).await?;
        }
        tx.commit().await?;
        Ok(version + 1)
    }
}

fn row(site: i64, plan: &Plan, intent: &Intent, now: DateTime<Utc>) -> IntentRow {
    let (station, evse) = plan.names.evses.get(&intent.evse).cloned().unwrap_or_default();
    IntentRow {
        site_id: site,
        seq: i64::try_from(intent.seq).unwrap_or(i64::MAX),
        station_id: station,
        evse_id: i64::try_from(intent.evse.0).unwrap_or(i64::MAX),
        evse: evse.into(),
        body: serde_json::to_string(intent).unwrap_or_default(),
        at: now,
        outcome: String::new(),
        words: String::new(),
        outcome_at: None,
    }
}
