//! Who is connected: one [`Line`] per station, the newest connection wins, calls of ours find their way from here.

use super::line::{Ask, Line, Stop};
use super::quarantine::Quarantine;
use crate::model::StationId;
use chrono::{DateTime, Utc};
use ocpp::{Fault, Version};
use serde_json::Value;
use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The registry of links. A station is found under its identity; a link is owned by its connection number, so the
/// end of a replaced link never removes the one that replaced it.
#[derive(Debug, Default)]
pub struct Hub {
    links: Mutex<HashMap<StationId, Arc<Line>>>,
    connections: AtomicU64,
    closing: AtomicBool,
    quarantine: Quarantine,
}

/// Why a call of ours brought no answer that can be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    #[error("the station is not connected")]
    Offline,
    #[error("too many calls are waiting for this station")]
    QueueFull,
    #[error("the call waited too long for earlier ones and was not sent")]
    NotSent,
    #[error("the station did not answer in time; it may have done what was asked")]
    Timeout,
    #[error("the connection was lost before the answer came; the station may have done what was asked")]
    Disconnected,
    /// The station answered CALLERROR.
    #[error("the station refused: {}", .0.description)]
    Refused(Fault),
    /// What we wanted to send is against the schema: nothing was sent.
    #[error("the call is not as the protocol wants it: {}", .0.description)]
    Invalid(Fault),
    /// The answer is against the schema.
    #[error("the station's answer is not as the protocol wants it: {}", .0.description)]
    InvalidAnswer(Fault),
}

/// What the console shows of a link.
#[derive(Debug, Clone)]
pub struct LinkInfo {
    pub station: StationId,
    pub connection: u64,
    pub since: DateTime<Utc>,
    pub address: SocketAddr,
    pub protocol: Version,
    /// Messages received and sent.
    pub received: u64,
    pub sent: u64,
}

impl Hub {
    /// The number of a connection whose request has come: the higher one is the newer one.
    pub fn number(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Registers a new, authenticated connection. An older link of the same station is told to close and is out of
    /// the way at once, whether or not it ever notices. `None`: a newer one was faster, and this one is of no use.
    pub fn enter(
        &self,
        connection: u64,
        station: &StationId,
        address: SocketAddr,
        protocol: Version,
        since: DateTime<Utc>,
        queue_max: usize,
    ) -> Option<Arc<Line>> {
        let line = Arc::new(Line::new(station.clone(), connection, address, protocol, since, queue_max));
        let old = match self.links().entry(station.clone()) {
            Entry::Occupied(newer) if newer.get().connection > connection => return None,
            Entry::Occupied(mut older) => Some(older.insert(line.clone())),
            Entry::Vacant(place) => {
                place.insert(line.clone());
                None
            }
        };
        if let Some(old) = old {
            old.stop(Stop::Replaced);
        }
        if self.closing.load(Ordering::SeqCst) {
            line.stop(Stop::Shutdown);
        }
        Some(line)
    }

    /// Ends a registration, if it is still the one of this connection. True if the station is offline now.
    pub fn leave(&self, line: &Line) -> bool {
        line.close();
        let mut links = self.links();
        let owned = links.get(&line.station).is_some_and(|now| now.connection == line.connection);
        if owned {
            links.remove(&line.station);
            if links.capacity() > 1024 && links.len() < links.capacity() / 4 {
                links.shrink_to_fit();
            }
        }
        owned
    }

    /// Sends a call to a station and waits for its answer: at most `timeout` until it can be sent (one call is on
    /// the wire at a time), and at most `timeout` from then on. The payload is checked against the schema of the
    /// negotiated version before it is sent, and the answer when it comes.
    pub async fn ask(
        &self,
        station: &StationId,
        action: impl Into<String>,
        payload: Value,
        timeout: Duration,
    ) -> Result<Value, AskError> {
        let line = self.line(station).ok_or(AskError::Offline)?;
        let (ask, waiting) = Ask::new(action.into(), payload, timeout);
        line.push(ask)?;
        waiting.answer(timeout).await
    }

    /// Is the station connected?
    pub fn online(&self, station: &StationId) -> bool {
        self.links().contains_key(station)
    }

    /// The link of a station.
    pub fn info(&self, station: &StationId) -> Option<LinkInfo> {
        self.line(station).map(|line| line.info())
    }

    /// The station has booted on its connection, and was accepted.
    pub(crate) fn booted(&self, station: &StationId) {
        if let Some(line) = self.line(station) {
            line.booted.store(true, Ordering::Release);
        }
    }

    /// How long a station that has connected is still left alone, for it may boot first: `within` at most, and no longer than
    /// until it has.
    pub(crate) fn may_boot(&self, station: &StationId, within: Duration) -> Option<Duration> {
        let line = self.line(station)?;
        let left = within.checked_sub(line.came.elapsed()).filter(|left| !left.is_zero());
        left.filter(|_| !line.booted.load(Ordering::Acquire))
    }

    /// All links, in no order.
    pub fn list(&self) -> Vec<LinkInfo> {
        let lines: Vec<_> = self.links().values().cloned().collect();
        lines.iter().map(|line| line.info()).collect()
    }

    /// How many stations are connected.
    pub fn count(&self) -> usize {
        self.links().len()
    }

    /// Frames of a link that are not in the journal table yet: lines of JSON `[instant, direction, frame]`.
    pub fn tail(&self, station: &StationId) -> Option<String> {
        self.line(station).map(|line| line.journal().tail().to_owned())
    }

    /// Ends a station's link; it may connect again. False if there is none.
    pub fn close(&self, station: &StationId, why: Stop) -> bool {
        let line = self.line(station);
        if let Some(line) = &line {
            line.stop(why);
        }
        line.is_some()
    }

    /// Ends all links and every link that still enters.
    pub fn close_all(&self, why: Stop) {
        self.closing.store(true, Ordering::SeqCst);
        let lines: Vec<_> = self.links().values().cloned().collect();
        for line in lines {
            line.stop(why);
        }
    }

    /// Stations that connect too often, and who is kept out for it.
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    pub(super) fn line(&self, station: &StationId) -> Option<Arc<Line>> {
        self.links().get(station).cloned()
    }

    fn links(&self) -> MutexGuard<'_, HashMap<StationId, Arc<Line>>> {
        // Nothing under this lock can panic half-way through a change.
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
