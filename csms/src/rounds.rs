//! Which stations to look after, and when, and who is at it: what jobs that bring stations to what they should be go by.

use crate::model::StationId;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::{Id, JoinSet},
    time::Instant,
};

/// The stations to look at, and when. At most one entry for each that is connected, or was a moment ago.
#[derive(Debug, Default)]
pub struct Rounds {
    due: Mutex<Due>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Due {
    order: BTreeSet<(Instant, StationId)>,
    /// When; and whether it is to be asked what it holds, whatever we think we know.
    stations: HashMap<StationId, (Instant, bool)>,
}

impl Rounds {
    /// Has the station looked at after a while, or earlier if that is wanted already.
    pub(crate) fn look(&self, station: &StationId, after: Duration, ask: bool) {
        let mut at = Instant::now() + after;
        let mut ask = ask;
        {
            let mut due = self.due();
            if let Some((before, asked)) = due.stations.remove(station) {
                due.order.remove(&(before, station.clone()));
                (at, ask) = (at.min(before), ask || asked);
            }
            due.order.insert((at, station.clone()));
            due.stations.insert(station.clone(), (at, ask));
        }
        self.woken.notify_one();
    }

    /// The next station whose time has come.
    pub(crate) fn take(&self) -> Option<(StationId, bool)> {
        let mut due = self.due();
        let (at, station) = due.order.first()?.clone();
        if at > Instant::now() {
            return None;
        }
        due.order.remove(&(at, station.clone()));
        let (_, ask) = due.stations.remove(&station)?;
        Some((station, ask))
    }

    /// Waits until there may be a station whose time has come.
    pub(crate) async fn ready(&self) {
        let next = self.due().order.first().map(|(at, _)| *at);
        match next {
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = self.woken.notified() => {}
            },
            None => self.woken.notified().await,
        }
    }

    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rounds under way: so many at once, of each station one.
pub(crate) struct Crew<T> {
    /// What they are about, for logs.
    about: &'static str,
    at_once: usize,
    /// A station that is being looked after is looked at again so soon.
    busy: Duration,
    rounds: JoinSet<T>,
    stations: HashMap<Id, StationId>,
    at_work: HashSet<StationId>,
}

impl<T: Send + 'static> Crew<T> {
    /// Nobody is at work.
    pub(crate) fn new(about: &'static str, at_once: usize, busy: Duration) -> Crew<T> {
        Crew {
            about,
            at_once,
            busy,
            rounds: JoinSet::new(),
            stations: HashMap::new(),
            at_work: HashSet::new(),
        }
    }

    /// Begins the rounds of stations whose time has come, as long as there is room.
    pub(crate) fn begin<F>(&mut self, due: &Rounds, mut round: impl FnMut(StationId, bool) -> F)
    where
        F: Future<Output = T> + Send + 'static,
    {
        while self.has_room()
            && let Some((station, ask)) = due.take()
        {
            if !self.at_work.insert(station.clone()) {
                due.look(&station, self.busy, ask);
                continue;
            }
            let id = self.rounds.spawn(round(station.clone(), ask)).id();
            self.stations.insert(id, station);
        }
    }

    /// Waits for the next round to end, for ever if there is none. One that breaks off, which is a bug, is told; its station is
    /// free again.
    pub(crate) async fn ended(&mut self) -> (StationId, T) {
        loop {
            match self.rounds.join_next_with_id().await {
                None => std::future::pending().await,
                Some(Ok((id, outcome))) => {
                    if let Some(station) = self.free(id) {
                        return (station, outcome);
                    }
                }
                Some(Err(error)) => {
                    let station = self.free(error.id());
                    tracing::error!(?station, about = self.about, %error, "a round broke off");
                }
            }
        }
    }

    /// May another round begin?
    pub(crate) fn has_room(&self) -> bool {
        self.rounds.len() < self.at_once
    }

    fn free(&mut self, id: Id) -> Option<StationId> {
        let station = self.stations.remove(&id)?;
        self.at_work.remove(&station);
        Some(station)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew() -> Crew<bool> {
        Crew::new("a test", 2, Duration::from_secs(60))
    }

    fn due(stations: &[&str]) -> Rounds {
        let due = Rounds::default();
        for station in stations {
            due.look(&(*station).into(), Duration::ZERO, true);
        }
        due
    }

    #[tokio::test]
    async fn as_many_as_there_is_room_for_are_at_work_and_the_others_wait() {
        let (due, mut crew) = (due(&["A", "B", "C"]), crew());
        crew.begin(&due, async |_, ask| ask);
        assert!(!crew.has_room());
        let (first, asked) = crew.ended().await;
        assert!(asked && crew.has_room());
        crew.begin(&due, async |_, _| false);
        let (second, third) = (crew.ended().await.0, crew.ended().await.0);
        assert_eq!(HashSet::from([first, second, third]).len(), 3);
    }

    #[tokio::test]
    async fn of_a_station_one_round_is_under_way() {
        let (rounds, mut crew) = (due(&["A"]), crew());
        let go = std::sync::Arc::new(Notify::new());
        crew.begin(&rounds, |_, _| {
            let go = go.clone();
            async move {
                go.notified().await;
                true
            }
        });
        rounds.look(&"A".into(), Duration::ZERO, false);
        let mut begun = 0;
        crew.begin(&rounds, |_, _| {
            begun += 1;
            async { false }
        });
        assert_eq!((begun, rounds.take()), (0, None), "it waits for its turn");
        go.notify_one();
        assert_eq!(crew.ended().await, ("A".into(), true));
    }

    #[tokio::test]
    async fn a_round_that_breaks_off_frees_its_station() {
        let (rounds, mut crew) = (due(&["A", "B"]), crew());
        crew.begin(&rounds, |station, _| async move {
            assert_ne!(&*station, "A", "a bug");
            true
        });
        assert_eq!(crew.ended().await.0, "B".into());
        rounds.look(&"A".into(), Duration::ZERO, false);
        let again = async {
            loop {
                crew.begin(&rounds, async |_, _| false);
                tokio::select! {
                    biased;
                    ended = crew.ended() => return ended,
                    () = rounds.ready() => {}
                }
            }
        };
        assert_eq!(again.await, ("A".into(), false));
    }
}
