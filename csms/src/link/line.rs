//! What a link shares with the rest of the house: its inbox of calls, the order to stop, counters and the journal.

use super::{
    hub::{AskError, LinkInfo},
    journal::Journal,
};
use crate::model::StationId;
use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::Value;
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

/// The shared side of one connection. The link task is the only one that touches the socket.
#[derive(Debug)]
pub struct Line {
    pub station: StationId,
    /// Tells this connection from earlier and later ones of the same station.
    pub connection: u64,
    pub address: SocketAddr,
    pub protocol: Version,
    pub since: DateTime<Utc>,
    pub(super) came: Instant,
    /// The station has booted on this connection, and was accepted.
    pub(super) booted: AtomicBool,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    queue_max: usize,
    inbox: Mutex<Inbox>,
    wake: Notify,
    journal: Mutex<Journal>,
}

#[derive(Debug, Default)]
struct Inbox {
    asks: VecDeque<Ask>,
    stop: Option<Stop>,
    closed: bool,
}

/// Why a link is ended from within the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The station has connected anew.
    Replaced,
    /// The server goes down.
    Shutdown,
    /// An operator wants it so.
    Operator,
}

impl Stop {
    /// The reason in the WebSocket close frame.
    pub fn reason(self) -> &'static str {
        match self {
            Stop::Replaced => "replaced by a newer connection of this station",
            Stop::Shutdown => "the server is going down, please come back in a moment",
            Stop::Operator => "closed by the operator",
        }
    }
}

impl Line {
    pub(super) fn new(
        station: StationId,
        connection: u64,
        address: SocketAddr,
        protocol: Version,
        since: DateTime<Utc>,
        queue_max: usize,
    ) -> Line {
        Line {
            station,
            connection,
            address,
            protocol,
            since,
            came: Instant::now(),
            booted: AtomicBool::new(false),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            queue_max,
            inbox: Mutex::default(),
            wake: Notify::new(),
            journal: Mutex::default(),
        }
    }

    /// Queues a call behind those that wait already.
    pub(super) fn push(&self, ask: Ask) -> Result<(), AskError> {
        {
            let mut inbox = self.inbox();
            if inbox.closed || inbox.stop.is_some() {
                return Err(AskError::Offline);
            }
            if inbox.asks.len() >= self.queue_max {
                inbox.asks.retain(Ask::is_wanted);
            }
            if inbox.asks.len() >= self.queue_max {
                return Err(AskError::QueueFull);
            }
            inbox.asks.push_back(ask);
        }
        self.wake.notify_one();
        Ok(())
    }

    /// The next call to send; those whose asker has gone are left out.
    pub(super) fn pop(&self) -> Option<Ask> {
        let mut inbox = self.inbox();
        let next = std::iter::from_fn(|| inbox.asks.pop_front()).find(Ask::take_for_sending);
        if inbox.asks.is_empty() {
            inbox.asks.shrink_to_fit();
        }
        next
    }

    /// Tells the link to end. The first reason stays.
    pub(super) fn stop(&self, why: Stop) {
        self.inbox().stop.get_or_insert(why);
        self.wake.notify_one();
    }

    pub(super) fn stopped(&self) -> Option<Stop> {
        self.inbox().stop
    }

    /// Waits until there may be something to do.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// No call is taken any more; those that wait fail.
    pub(super) fn close(&self) {
        let waiting = {
            let mut inbox = self.inbox();
            inbox.closed = true;
            std::mem::take(&mut inbox.asks)
        };
        drop(waiting);
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn info(&self) -> LinkInfo {
        LinkInfo {
            station: self.station.clone(),
            connection: self.connection,
            since: self.since,
            address: self.address,
            protocol: self.protocol,
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call of ours on its way to a link.
#[derive(Debug)]
pub(super) struct Ask {
    pub action: String,
    pub payload: Value,
    /// From sending to the answer.
    pub timeout: Duration,
    pub answer: oneshot::Sender<Result<Value, AskError>>,
    phase: Arc<AtomicU8>,
}

/// The asker's side of an [`Ask`].
pub(super) struct Waiting {
    answer: oneshot::Receiver<Result<Value, AskError>>,
    phase: Arc<AtomicU8>,
}

const QUEUED: u8 = 0;
const SENT: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Ask {
    pub fn new(action: String, payload: Value, timeout: Duration) -> (Ask, Waiting) {
        let (answer, receiver) = oneshot::channel();
        let phase = Arc::new(AtomicU8::new(QUEUED));
        (Ask { action, payload, timeout, answer, phase: phase.clone() }, Waiting { answer: receiver, phase })
    }

    fn is_wanted(&self) -> bool {
        !self.answer.is_closed() && self.phase.load(Ordering::SeqCst) == QUEUED
    }

    /// From here on the asker waits for the answer, however long it has waited before.
    fn take_for_sending(&self) -> bool {
        !self.answer.is_closed() && self.advance(SENT)
    }

    fn advance(&self, to: u8) -> bool {
        self.phase.compare_exchange(QUEUED, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

impl Waiting {
    /// Waits at most `queued` for the sending, and then for the answer, whose deadline the link keeps.
    pub async fn answer(mut self, queued: Duration) -> Result<Value, AskError> {
        let until = Instant::now() + queued;
        let answer = match tokio::time::timeout_at(until, &mut self.answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let given_up =
                    self.phase.compare_exchange(QUEUED, GIVEN_UP, Ordering::SeqCst, Ordering::SeqCst);
                if given_up.is_ok() {
                    return Err(AskError::NotSent);
                }
                self.answer.await
            }
        };
        answer.unwrap_or_else(|_| {
            let sent = self.phase.load(Ordering::SeqCst) == SENT;
            Err(if sent { AskError::Disconnected } else { AskError::Offline })
        })
    }
}
