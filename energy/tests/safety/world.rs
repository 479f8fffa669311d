//! Stations as they are: a queue of messages, profiles, a clock of their own, a vehicle that nobody has to know of.

use chrono::{DateTime, TimeDelta, Utc};
use energy::composite::{Question, Supply, at};
use energy::control::{Drawn, Event, Inputs, Session, State, step};
use energy::grid::{Current, Evse, Limit, LimitSource, Load, Most, NodeId, Site};
use energy::profile::check::{Abilities, Sending, check};
use energy::profile::model::{Installed, Purpose, Rules, Unit};
use energy::units::{Milliamps, PerPhase, Phase};

use super::Policy;
use super::action::{Action, Station};

/// A site at work.
pub struct World {
    pub now: DateTime<Utc>,
    pub limits: Vec<Limit>,
    pub site: Site,
    policy: Policy,
    pub state: State,
    pub stations: Vec<Station>,
    sessions: Vec<Option<Session>>,
    /// What other loads really take.
    loads: Vec<PerPhase>,
    measured: Vec<Option<DateTime<Utc>>>,
    worst_at_first: Vec<PerPhase>,
    transactions: u32,
}

impl World {
    pub fn new(site: Site, commissioned: bool, skew: &[i64], percent: &[i64]) -> World {
        let now = "2026-03-28T12:00:00Z".parse().expect("an instant");
        let reserves = site.nodes().iter().map(|node| node.unmanaged.reserve);
        let loads = reserves
            .zip(percent)
            .map(|(reserve, percent)| PerPhase(reserve.0.map(|current| Milliamps(current.0 * percent / 100))))
            .collect();
        let mut world = World {
            now,
            limits: Vec::new(),
            policy: Policy::default(),
            state: State::default(),
            stations: Vec::new(),
            sessions: vec![None; site.evses().len()],
            loads,
            measured: vec![None; site.nodes().len()],
            worst_at_first: Vec::new(),
            transactions: 0,
            site,
        };
        for (evse, skew) in world.site.evses().iter().zip(skew) {
            world.stations.push(Station {
                vehicle: 3,
                skew: TimeDelta::seconds(*skew),
                ..Station::default()
            });
            if commissioned {
                world.state.commission(evse.id, evse.default);
            }
        }
        if commissioned {
            // What a step tells uncommissioned stations is what commissioned ones have.
            let connect = world.site.evses().iter().map(|evse| Event::Online(evse.station)).collect();
            let inputs = Inputs { events: connect, ..Inputs::default() };
            let (_, intents) = step(&world.site, &world.policy, now, &State::default(), &inputs);
            for intent in intents {
                let place = world.site.place(intent.evse).expect("ours");
                world.stations[place]
                    .profiles
                    .push(Installed { place: intent.place, profile: intent.profile });
            }
        }
        world.worst_at_first = world.drawn();
        world
    }

    fn index(&self, who: usize) -> usize {
        who % self.stations.len()
    }

    pub fn act(&mut self, action: Action) {
        let mut events = Vec::new();
        match action {
            Action::Wait(seconds) => self.now += TimeDelta::seconds(seconds),
            Action::Deliver(who) => {
                let who = self.index(who);
                self.deliver(who);
                events.extend(self.stations[who].answers.drain(..));
            }
            Action::DeliverWithoutAnswer(who) => self.deliver(self.index(who)),
            Action::Answer(who) => {
                let who = self.index(who);
                events.extend(self.stations[who].answers.pop_front());
            }
            Action::Refuse(who) => {
                let who = self.index(who);
                if let Some(intent) = self.stations[who].queue.pop_front() {
                    events.push(Event::Refused(intent.evse, intent.seq));
                }
            }
            Action::DeliverAll => {
                for who in 0..self.stations.len() {
                    while !self.stations[who].queue.is_empty() {
                        self.deliver(who);
                    }
                    events.extend(self.stations[who].answers.drain(..));
                }
            }
            Action::Cut(who, told) => self.both(who, |station| {
                station.linked = false;
                station.told_offline = told;
                station.queue.clear();
            }),
            Action::Connect(who) => {
                self.both(who, |station| {
                    station.linked = true;
                    station.queue.clear();
                });
                events.push(Event::Online(self.evse(who).station));
            }
            Action::Restart(who) => {
                let forgets: Vec<bool> = self.site.evses().iter().map(|evse| evse.forgets).collect();
                let station = self.evse(who).station;
                for (at, forgets) in forgets.into_iter().enumerate() {
                    if forgets && self.site.evses()[at].station == station {
                        self.stations[at].profiles.clear();
                    }
                }
                self.both(who, |station| {
                    station.linked = true;
                    station.queue.clear();
                });
                events.extend([Event::Online(station), Event::Booted(station)]);
            }
            Action::Plug(who, said, has) => self.plug(self.index(who), said, has, &mut events),
            Action::Unplug(who) => self.unplug(self.index(who), &mut events),
            Action::Swap(who) => {
                let who = self.index(who);
                if self.stations[who].transaction.is_some() {
                    self.leave(who);
                    self.transactions += 1;
                    self.stations[who].transaction = Some(format!("unseen {}", self.transactions));
                    self.stations[who].vehicle = self.nobody_knows();
                }
            }
            Action::Give(who, amps) => {
                let who = self.index(who);
                if let Some(session) = &mut self.sessions[who] {
                    session.gives = Milliamps::from_amps(amps);
                }
            }
            Action::Draw(who, percent) => {
                let who = self.index(who);
                let own = self.own_phases(who, percent);
                let at = self.now;
                if let Some(session) = &mut self.sessions[who] {
                    session.drawn = Some(Drawn { current: own, each: true, at });
                }
            }
            Action::Measure(node, fresh) => {
                self.measured[node as usize % self.loads.len()] = fresh.then_some(self.now);
            }
            Action::Limit(node, amps, after) => self.limits.push(Limit {
                node: NodeId(node),
                source: LimitSource::Signal,
                most: Most::Current(PerPhase::amps(amps)),
                from: self.now + TimeDelta::seconds(after),
                until: Some(self.now + TimeDelta::seconds(after + 300)),
            }),
        }
        for at in 0..self.stations.len() {
            if std::mem::take(&mut self.stations[at].told_offline) {
                events.push(Event::Offline(self.site.evses()[at].station));
            }
        }
        self.step(events);
    }

    fn evse(&self, who: usize) -> &Evse {
        &self.site.evses()[self.index(who)]
    }

    /// All EVSEs of the station share its connection.
    fn both(&mut self, who: usize, change: impl Fn(&mut Station)) {
        let station = self.evse(who).station;
        for (evse, own) in self.site.evses().iter().zip(&mut self.stations) {
            if evse.station == station {
                change(own);
            }
        }
    }

    fn deliver(&mut self, who: usize) {
        let station = &mut self.stations[who];
        let Some(intent) = station.queue.pop_front() else { return };
        let profile = intent.profile;
        if profile.purpose == Purpose::Tx && profile.transaction != station.transaction {
            station.answers.push_back(Event::Refused(intent.evse, intent.seq));
            return;
        }
        station.profiles.retain(|one| one.profile.id != profile.id);
        station.profiles.push(Installed { place: intent.place, profile });
        station.answers.push_back(Event::Acked(intent.evse, intent.seq));
    }

    fn plug(&mut self, who: usize, said: Option<u8>, has: u8, events: &mut Vec<Event>) {
        self.unplug(who, events);
        self.transactions += 1;
        let transaction = format!("t{}", self.transactions);
        let has = said.unwrap_or(has);
        let station = &mut self.stations[who];
        (station.transaction, station.vehicle) = (Some(transaction.clone()), has);
        let mut session = Session::new(self.site.evses()[who].id, &transaction);
        session.phases = said;
        session.class = 1 + (self.transactions % 2) as u8;
        self.sessions[who] = Some(session);
    }

    fn unplug(&mut self, who: usize, events: &mut Vec<Event>) {
        self.leave(who);
        if self.sessions[who].take().is_some() {
            events.push(Event::Ended(self.site.evses()[who].id));
        }
    }

    /// Phases of a vehicle that comes where nobody sees it.
    fn nobody_knows(&self) -> u8 {
        1 + (self.transactions % 3) as u8
    }

    fn leave(&mut self, who: usize) {
        let vehicle = self.nobody_knows();
        let station = &mut self.stations[who];
        station.transaction = None;
        station.vehicle = vehicle;
        station.profiles.retain(|one| one.profile.purpose != Purpose::Tx);
    }

    fn step(&mut self, events: Vec<Event>) {
        let inputs = Inputs {
            sessions: self.sessions.iter().flatten().cloned().collect(),
            loads: self.loads_told(),
            limits: self.limits.clone(),
            events,
        };
        let (state, intents) = step(&self.site, &self.policy, self.now, &self.state, &inputs);
        self.state = state;
        for intent in intents {
            let who = self.site.place(intent.evse).expect("ours");
            let abilities = Abilities {
                max_stack_level: 1,
                max_periods: 2,
                takes_zero: self.evse(who).takes_zero,
                ..Abilities::modest(self.rules(who))
            };
            assert_eq!(check(&intent.profile, intent.place, Sending::Alone, &abilities), [], "{intent:?}");
            if self.stations[who].linked {
                self.stations[who].queue.push_back(intent);
            }
        }
    }

    pub fn loads_told(&self) -> Vec<Load> {
        let nodes = self.site.nodes().iter().zip(&self.loads).zip(&self.measured);
        nodes
            .filter_map(|((node, load), at)| Some(Load { node: node.id, current: *load, at: (*at)? }))
            .collect()
    }

    /// Only stations of 2.1 give back.
    fn rules(&self, who: usize) -> Rules {
        if self.evse(who).back > Milliamps::ZERO { Rules::Ocpp21 } else { Rules::Ocpp16 }
    }

    /// What the station allows its vehicle, by its own clock and its own reading of its profiles.
    pub fn allowed(&self, who: usize) -> Milliamps {
        self.cap(who).0
    }

    /// What its vehicle is told to give back on each phase, and does if it is the kind that can.
    pub fn given(&self, who: usize) -> Milliamps {
        self.cap(who).1
    }

    fn cap(&self, who: usize) -> (Milliamps, Milliamps) {
        let (evse, station) = (&self.site.evses()[who], &self.stations[who]);
        if station.ignores {
            return (evse.rated, Milliamps::ZERO);
        }
        let own = self.now + station.skew;
        let phases = self.used(who).min(evse.wiring.count());
        let question = Question {
            rules: self.rules(who),
            evse: evse.number,
            transaction: station.transaction.as_deref(),
            begins: own,
            priority: false,
            supply: Supply { volts: self.site.voltage().low, phases },
            unit: Unit::Amps,
        };
        let cap = at(&station.profiles, &question, own);
        if let Some(setpoint) = cap.setpoint {
            assert!(setpoint.0 <= 0 && cap.limit.is_none_or(|limit| limit.0 >= 0), "{cap:?}");
            let back = Milliamps(-setpoint.0);
            // Told in W, it is more where voltage is low: what the EVSE can ends that.
            if evse.unit == Unit::Amps || matches!(evse.current, Current::Dc { .. }) {
                assert!(back <= evse.back, "{back:?} of {:?}", evse.back);
            }
            return (Milliamps::ZERO, back.min(evse.back));
        }
        let limit = cap.limit.map_or(evse.rated, |limit| Milliamps(limit.0));
        // A limit on DC is on what comes out.
        let limit = match evse.current {
            Current::Dc { efficiency_permille } => Milliamps(limit.0 * 1000 / i64::from(efficiency_permille)),
            Current::Ac => limit,
        };
        (limit.min(evse.rated), Milliamps::ZERO)
    }

    fn own_phases(&self, who: usize, percent: i64) -> PerPhase {
        let current = Milliamps((self.allowed(who).0 - self.given(who).0) * percent / 100);
        let used = self.used(who).min(self.site.evses()[who].wiring.count());
        let mut own = PerPhase::ZERO;
        for phase in Phase::ALL.into_iter().take(usize::from(used)) {
            own[phase] = current;
        }
        own
    }

    /// Phases that are loaded by what it takes: DC comes of all of them.
    pub fn used(&self, who: usize) -> u8 {
        let direct = matches!(self.site.evses()[who].current, Current::Dc { .. });
        if direct { 3 } else { self.stations[who].vehicle }
    }

    /// For each node what other loads there and below take.
    pub fn others(&self) -> Vec<PerPhase> {
        let mut flows = self.loads.clone();
        for (at, node) in self.site.nodes().iter().enumerate().rev() {
            let below = flows[at];
            if let Some(parent) = node.parent {
                flows[parent.0 as usize] += below;
            }
        }
        flows
    }

    /// For each node the most that flows through it now.
    pub fn drawn(&self) -> Vec<PerPhase> {
        let mut flows = self.others();
        for who in 0..self.stations.len() {
            let load = self.site.evses()[who].wiring.load(self.allowed(who), self.used(who));
            for node in self.site.path(who) {
                flows[*node] += load;
            }
        }
        flows
    }

    /// For each node the most that flows back through it now, if everything else drops out.
    fn exported(&self) -> Vec<PerPhase> {
        let mut flows = vec![PerPhase::ZERO; self.site.nodes().len()];
        for who in 0..self.stations.len() {
            let load = self.site.evses()[who].wiring.load(self.given(who), self.used(who));
            for node in self.site.path(who) {
                flows[*node] += load;
            }
        }
        flows
    }

    /// No fuse carries more than it can, or than it did before anybody was told anything; and no more is given back
    /// through any node than may be, with all that is taken left out of account.
    pub fn check(&self) -> Result<(), String> {
        for (at, flow) in self.exported().into_iter().enumerate() {
            let most = self.site.nodes()[at].export;
            if !flow.within(most) {
                return Err(format!("{flow:?} is given back through node {at}, which lets {most:?} through"));
            }
        }
        for (at, flow) in self.drawn().into_iter().enumerate() {
            let most = self.site.nodes()[at].fuse.max(self.worst_at_first[at]);
            if !flow.within(most) {
                return Err(format!("node {at} carries {flow:?}, its fuse {most:?}"));
            }
        }
        Ok(())
    }

    /// A minute in which everything is answered.
    pub fn settle(&mut self) {
        for _ in 0..6 {
            self.act(Action::Wait(10));
            self.act(Action::DeliverAll);
        }
    }

    /// Everybody is connected, everything is answered, for half an hour.
    pub fn calm(&mut self) {
        for who in 0..self.stations.len() {
            self.act(Action::Connect(who));
        }
        for _ in 0..180 {
            self.act(Action::Wait(10));
            self.act(Action::DeliverAll);
        }
    }

    /// Nobody waits while there is room for the least of it, with everybody else counted at the worst; and whoever was
    /// given something has it, at the latest a few answers later.
    pub fn check_use(&mut self) -> Result<(), String> {
        let mut waits = Ok(());
        for _ in 0..5 {
            waits = self.somebody_waits().map_or(Ok(()), Err);
            if waits.is_ok() {
                break;
            }
            self.act(Action::Wait(10));
            self.act(Action::DeliverAll);
        }
        waits
    }

    fn somebody_waits(&self) -> Option<String> {
        let mut left: Vec<PerPhase> = self.site.nodes().iter().map(|node| node.fuse).collect();
        for (left, others) in left.iter_mut().zip(self.others()) {
            *left = *left - others;
        }
        let tracks: Vec<_> = self.site.evses().iter().filter_map(|evse| self.state.track(evse.id)).collect();
        for (who, evse) in self.site.evses().iter().enumerate() {
            for node in self.site.path(who) {
                left[*node] = left[*node] - tracks[who].may(evse);
            }
        }
        for (who, session) in self.sessions.iter().enumerate() {
            let (Some(session), evse) = (session, &self.site.evses()[who]) else { continue };
            if self.stations[who].transaction.as_ref() != Some(&session.transaction) {
                continue; // It refuses everything: its transaction is another one by now.
            }
            if tracks[who].back() > Milliamps::ZERO {
                // A change that is not worth a message waits for the renewal.
                let (told, gives) = (tracks[who].back(), self.given(who) + Milliamps::from_amps(3));
                if gives < told.min(tracks[who].may_give(evse).largest()) {
                    return Some(format!("EVSE {who} is to give back {told} and gives {gives}"));
                }
                continue;
            }
            let least = evse.smallest(self.site.voltage());
            let (given, has) = (tracks[who].target(), self.allowed(who) + Milliamps::from_amps(1));
            if given >= least && has < least {
                return Some(format!("EVSE {who} was given {given} and has {has}"));
            }
            let may = tracks[who].may(evse);
            let worst = evse.load(least, 3, 1);
            let fits = |node: &usize| {
                evse.wiring.used(3).all(|phase| left[*node][phase] + may[phase] >= worst[phase])
            };
            if given < least && self.site.path(who).iter().all(fits) {
                return Some(format!("EVSE {who} waits, though there is room: {left:?}"));
            }
        }
        None
    }
}
