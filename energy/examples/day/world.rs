//! A day, second by second.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use energy::composite::{Question, Supply, at};
use energy::control::{Drawn, Event, Inputs, Intent, Policy, Session, State, step};
use energy::grid::{Current, Evse, Load, NodeId, Site, Voltage};
use energy::profile::model::{Installed, Purpose, Rules, Unit};
use energy::units::{Milliamps, PerPhase, Phase};

use crate::building::{Building, limits, site, start};
use crate::cars::{Visit, visits};
use crate::chance::Chance;

/// One row of the table: a minute.
#[derive(Debug, Clone)]
pub struct Row {
    pub minute: i64,
    /// For each node, other loads and all together, in mA on the most loaded phase at the worst second.
    pub nodes: Vec<(i64, i64)>,
    pub charging: usize,
    pub waiting: usize,
    pub offline: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Day {
    pub rows: Vec<Row>,
    /// Seconds in which a fuse carried more than it can, for each node.
    pub over_fuse_s: Vec<i64>,
    /// Seconds in which the grid operator's limit was exceeded.
    pub over_limit_s: i64,
    /// The highest share of its fuse that each node carried, in thousandths.
    pub peak_permille: Vec<i64>,
    pub deadlines: usize,
    pub met: usize,
    /// Of those that were not met, how many got 90 % or more.
    pub nearly: usize,
    pub wh: i64,
    pub needed_wh: i64,
    pub told: usize,
    pub refused: usize,
    pub unanswered: usize,
    pub offline_s: i64,
    pub steps: usize,
}

#[derive(Default)]
struct Station {
    offline_until: i64,
    profiles: Vec<Installed>,
    /// What is under way to it, with the second of arrival.
    queue: VecDeque<(i64, Intent)>,
    /// Its vehicle, as place among the visits.
    visit: Option<usize>,
    /// The visit that was heard of: what happens while a station is offline is heard of later.
    heard: Option<usize>,
    /// What its profiles allow: looked at when one arrives, and every five seconds.
    allowed: i64,
    looked_at: i64,
    drawn: i64,
}

struct World {
    site: Site,
    policy: Policy,
    state: State,
    chance: Chance,
    building: Building,
    visits: Vec<Visit>,
    stations: Vec<Station>,
    loads: [PerPhase; 2],
    events: Vec<Event>,
    day: Day,
}

/// How stations are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By load management.
    Managed,
    /// Once, an even share of what is always there.
    Static,
}

/// Lives through the day of this seed.
pub fn live(seed: u64, way: Way) -> Day {
    let site = site(Milliamps::from_amps(if way == Way::Managed { 6 } else { 100 }));
    let mut chance = Chance::new(seed);
    let visits = visits(&mut chance);
    let stations = site.evses().iter().map(|_| Station::default()).collect();
    let nodes = site.nodes().len();
    let day = Day { over_fuse_s: vec![0; nodes], peak_permille: vec![0; nodes], ..Day::default() };
    let mut world = World {
        events: site.evses().iter().map(|evse| Event::Online(evse.station)).collect(),
        site,
        policy: Policy { answer_within_s: 15, ..Policy::default() },
        state: State::default(),
        chance,
        building: Building::new(),
        visits,
        stations,
        loads: [PerPhase::ZERO; 2],
        day,
    };
    // Stations are commissioned on the day before.
    for _ in 0..5 {
        world.control(0);
        world.stations.iter_mut().for_each(|station| station.queue.iter_mut().for_each(|(at, _)| *at = 0));
        world.arrive(0);
    }
    for second in 0..86_400 {
        world.second(second, way);
    }
    world.day.wh = world.visits.iter().map(Visit::wh).sum();
    world.day
}

impl World {
    fn second(&mut self, second: i64, way: Way) {
        self.come_and_go(second);
        self.outages(second);
        self.arrive(second);
        if second % 10 == 0 {
            self.loads = self.building.next(second, &mut self.chance);
            if way == Way::Managed {
                self.control(second);
            }
        }
        self.draw(second);
        self.look(second);
    }

    fn come_and_go(&mut self, second: i64) {
        for station in &mut self.stations {
            if let Some(visit) = station.visit.filter(|visit| self.visits[*visit].until == second) {
                let visit = &self.visits[visit];
                self.day.deadlines += 1;
                self.day.met += usize::from(visit.still_needs() == 0);
                let nearly = visit.still_needs() > 0 && visit.wh() * 10 >= visit.needs_wh * 9;
                self.day.nearly += usize::from(nearly);
                self.day.needed_wh += visit.needs_wh;
                station.visit = None;
                station.profiles.retain(|one| one.profile.purpose != Purpose::Tx);
            }
        }
        for (at, visit) in self.visits.iter().enumerate().filter(|(_, visit)| visit.from == second) {
            self.stations[visit.evse].visit = Some(at);
        }
    }

    /// Single stations drop out at any time; at 18:10 half of them do, as the operator's limit holds.
    fn outages(&mut self, second: i64) {
        for (at, station) in self.stations.iter_mut().enumerate() {
            let online = station.offline_until <= second;
            let falls = if second == 18 * 3600 + 600 {
                at % 2 == 0
            } else {
                second % 60 == 0 && self.chance.happens(2)
            };
            if online && falls {
                station.offline_until = second + self.chance.between(300, 2400);
                station.queue.clear();
                self.events.push(Event::Offline(self.site.evses()[at].station));
            }
            if station.offline_until == second && second > 0 {
                self.events.push(Event::Online(self.site.evses()[at].station));
            }
            self.day.offline_s += i64::from(station.offline_until > second);
        }
    }

    fn arrive(&mut self, second: i64) {
        for station in &mut self.stations {
            while let Some((_, intent)) = station.queue.pop_front_if(|(at, _)| *at <= second) {
                let named = station.visit.map(transaction);
                let mine = intent.profile.purpose != Purpose::Tx || intent.profile.transaction == named;
                if !mine || self.chance.happens(10) {
                    self.day.refused += 1;
                    self.events.push(Event::Refused(intent.evse, intent.seq));
                    continue;
                }
                let id = intent.profile.id;
                station.profiles.retain(|one| one.profile.id != id);
                station.profiles.push(Installed { place: intent.place, profile: intent.profile });
                station.looked_at = second - 5;
                if self.chance.happens(20) {
                    self.day.unanswered += 1;
                } else {
                    self.events.push(Event::Acked(intent.evse, intent.seq));
                }
            }
        }
    }

    fn control(&mut self, second: i64) {
        let now = start() + TimeDelta::seconds(second);
        let mut sessions = Vec::new();
        for (evse, station) in self.site.evses().iter().zip(&mut self.stations) {
            let online = station.offline_until <= second;
            if online && station.heard != station.visit {
                if station.heard.is_some() {
                    self.events.push(Event::Ended(evse.id));
                }
                station.heard = station.visit;
            }
            let Some(place) = station.heard else { continue };
            let visit = &self.visits[place];
            let mut session = Session::new(evse.id, &transaction(place));
            session.needs_wh = Some(visit.still_needs());
            session.deadline = Some(start() + TimeDelta::seconds(visit.until));
            session.asleep = visit.wh() * 10 >= visit.needs_wh * 12;
            let mut own = PerPhase::ZERO;
            for phase in Phase::ALL.into_iter().take(usize::from(visit.phases)) {
                own[phase] = Milliamps(station.drawn);
            }
            session.drawn = online.then_some(Drawn { current: own, each: true, at: now });
            sessions.push(session);
        }
        let loads = [0, 1].map(|node| Load { node: NodeId(node as u64), current: self.loads[node], at: now });
        let events = std::mem::take(&mut self.events);
        let inputs = Inputs { sessions, loads: loads.to_vec(), limits: limits(), events };
        let (state, intents) = step(&self.site, &self.policy, now, &self.state, &inputs);
        self.state = state;
        self.day.steps += 1;
        for intent in intents {
            let Some(place) = self.site.place(intent.evse) else { continue };
            self.day.told += 1;
            if self.stations[place].offline_until <= second {
                self.stations[place].queue.push_back((second + self.chance.between(1, 3), intent));
            }
        }
    }

    /// What the station allows by its profiles, and what the vehicle takes of that.
    fn draw(&mut self, second: i64) {
        let now = start() + TimeDelta::seconds(second);
        for (evse, station) in self.site.evses().iter().zip(&mut self.stations) {
            station.drawn = 0;
            let Some(place) = station.visit else { continue };
            let visit = &mut self.visits[place];
            if station.looked_at <= second - 5 || visit.from == second {
                (station.allowed, station.looked_at) =
                    (allowed(evse, self.site.voltage(), station, visit, now), second);
            }
            let limit = station.allowed;
            let full = visit.wh() * 10 >= visit.needs_wh * 12;
            if limit >= evse.least.0 && !full {
                station.drawn = limit.min(visit.most).min(evse.rated.0);
                let taken = station.drawn * i64::from(visit.phases.min(evse.wiring.count()));
                visit.taken += taken;
            }
        }
    }

    fn look(&mut self, second: i64) {
        let mut others = vec![PerPhase::ZERO; self.site.nodes().len()];
        (others[0], others[1]) = (self.loads[0] + self.loads[1], self.loads[1]);
        let mut all = others.clone();
        for (at, station) in self.stations.iter().enumerate() {
            let Some(visit) = station.visit else { continue };
            let load = self.site.evses()[at].wiring.load(Milliamps(station.drawn), self.visits[visit].phases);
            for node in self.site.path(at) {
                all[*node] += load;
            }
        }
        for (at, node) in self.site.nodes().iter().enumerate() {
            self.day.over_fuse_s[at] += i64::from(!all[at].within(node.fuse));
            for phase in Phase::ALL {
                let permille = all[at][phase].0 * 1000 / node.fuse[phase].0;
                self.day.peak_permille[at] = self.day.peak_permille[at].max(permille);
            }
        }
        let now = start() + TimeDelta::seconds(second);
        let limit = limits()[0];
        if limit.holds_within(now, now) && !all[0].within(limit.per_phase(self.site.voltage())) {
            self.day.over_limit_s += 1;
        }
        self.note(second, &others, &all);
    }

    fn note(&mut self, second: i64, others: &[PerPhase], all: &[PerPhase]) {
        if second % 60 == 0 {
            let charging = self.stations.iter().filter(|station| station.drawn > 0).count();
            let wants = |station: &&Station| {
                station.drawn == 0 && station.visit.is_some_and(|visit| self.visits[visit].still_needs() > 0)
            };
            let waiting = self.stations.iter().filter(wants).count();
            let offline = self.stations.iter().filter(|station| station.offline_until > second).count();
            let nodes = vec![(0, 0); all.len()];
            self.day.rows.push(Row { minute: second / 60, nodes, charging, waiting, offline });
        }
        let Some(row) = self.day.rows.last_mut() else { return };
        for ((noted, others), all) in row.nodes.iter_mut().zip(others).zip(all) {
            let worst = Phase::ALL.into_iter().max_by_key(|phase| all[*phase]).unwrap_or(Phase::L1);
            if all[worst].0 >= noted.1 {
                *noted = (others[worst].0, all[worst].0);
            }
        }
    }
}

fn allowed(evse: &Evse, voltage: Voltage, station: &Station, visit: &Visit, now: DateTime<Utc>) -> i64 {
    let named = station.visit.map(transaction);
    let question = Question {
        rules: Rules::Ocpp201,
        evse: evse.number,
        transaction: named.as_deref(),
        begins: start() + TimeDelta::seconds(visit.from),
        priority: false,
        supply: Supply { volts: voltage.usual, phases: evse.wiring.count() },
        unit: Unit::Amps,
    };
    let limit = at(&station.profiles, &question, now).limit.map_or(evse.rated.0, |limit| limit.0);
    match evse.current {
        Current::Dc { efficiency_permille } => limit * 1000 / i64::from(efficiency_permille),
        Current::Ac => limit,
    }
}

fn transaction(visit: usize) -> String {
    format!("visit {visit}")
}
