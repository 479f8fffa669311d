//! The group writer: one database transaction for the writes of many stations.
//!
//! A commit costs a flush of the disk, whatever it holds; a statement costs a trip to the engine, however many rows it
//! has. So one task takes all that has queued up while the previous commit ran, sorts it into a few statements of many
//! rows, and commits it at once. Nobody waits on purpose: with one station at work a group is one cause.

mod batch;
mod group;
mod postgres;
mod shape;
mod shapes;

use super::checkpoint;
use super::db::Db;
use super::error::StoreError;
use super::row::Write;
use group::{Cause, Committer};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Writes that nobody waits for; more are dropped and counted.
const LATER_MAX: usize = 8_192;
/// They are committed this often; many of them replace each other meanwhile.
const LATER_PERIOD: Duration = Duration::from_millis(500);

/// A handle to the group writer; clones share it.
#[derive(Debug, Clone)]
pub struct Writer {
    causes: mpsc::Sender<Cause>,
    later: mpsc::Sender<Write>,
    stop: CancellationToken,
    tasks: Arc<TaskTracker>,
    events: Arc<Notify>,
}

/// The outcome of a cause that was submitted.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<(), StoreError>>);

impl Future for Ticket {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|outcome| outcome.unwrap_or(Err(StoreError::Stopped)))
    }
}

impl Writer {
    /// Starts the writer's task. `group_max` is how many causes are committed together at most. Needs a Tokio runtime.
    pub fn start(db: Db, group_max: usize) -> Writer {
        let group_max = group_max.max(1);
        let (causes, causes_queue) = mpsc::channel(group_max * 4);
        let (later, later_queue) = mpsc::channel(LATER_MAX);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        // Stopped by the task itself, when everything is committed.
        let companion = CancellationToken::new();
        if let Some((options, gate)) = db.sqlite() {
            tasks.spawn(checkpoint::keep_short(options, gate, companion.clone()));
        }
        let events: Arc<Notify> = Arc::default();
        let task = Task {
            _companion: companion.drop_guard(),
            causes: causes_queue,
            later: later_queue,
            stop: stop.clone(),
            committer: Committer::new(db, events.clone()),
            group_max,
        };
        tasks.spawn(task.run());
        tasks.close();
        Writer { causes, later, stop, tasks: Arc::new(tasks), events }
    }

    /// Commits the writes of one cause together or not at all, in their order; returns when they are durable.
    /// Dropping the future neither hurries nor harms the commit.
    ///
    /// # Errors
    /// None of the writes is in the database then, except after a lost connection, where it is not known; every write
    /// may safely be sent again.
    pub async fn commit(&self, cause: Vec<Write>) -> Result<(), StoreError> {
        if cause.is_empty() {
            return Ok(());
        }
        self.submit(cause).await?.await
    }

    /// Like [`Writer::commit`], in two steps: returns when the cause is queued; the ticket tells when it is durable.
    /// Whoever must know the end of a commit even if its own waiting is cut short keeps the ticket.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] after [`Writer::shutdown`].
    pub async fn submit(&self, cause: Vec<Write>) -> Result<Ticket, StoreError> {
        let (done, outcome) = oneshot::channel();
        let cause = Cause { writes: cause, done: Some(done) };
        self.causes.send(cause).await.map_err(|_| StoreError::Stopped)?;
        Ok(Ticket(outcome))
    }

    /// Queues a write that nobody waits for; it is committed within about a second. If the queue is full it is dropped
    /// and counted in `csms_later_dropped_total`.
    pub fn later(&self, write: Write) {
        if self.later.try_send(write).is_err() {
            metrics::counter!("csms_later_dropped_total").increment(1);
        }
    }

    /// Is told whenever events were committed.
    pub fn events_written(&self) -> Arc<Notify> {
        self.events.clone()
    }

    /// Commits what is queued and ends the task; later commits fail with [`StoreError::Stopped`].
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

struct Task {
    causes: mpsc::Receiver<Cause>,
    later: mpsc::Receiver<Write>,
    stop: CancellationToken,
    _companion: DropGuard,
    committer: Committer,
    group_max: usize,
}

impl Task {
    async fn run(mut self) {
        let mut group: Vec<Cause> = Vec::with_capacity(self.group_max + 1);
        let mut period = tokio::time::interval(LATER_PERIOD);
        period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut last = false;
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if !self.causes.is_closed() => {
                    self.causes.close();
                    self.later.close();
                }
                _ = period.tick() => {
                    // Together with the causes that are there already.
                    while group.len() < self.group_max && let Ok(cause) = self.causes.try_recv() {
                        group.push(cause);
                    }
                    self.take_later(&mut group);
                }
                taken = self.causes.recv_many(&mut group, self.group_max) => last = taken == 0,
            }
            if last {
                self.take_later(&mut group);
            }
            if !group.is_empty() {
                self.committer.commit(&mut group).await;
            }
            if last && self.later.is_empty() {
                return;
            }
        }
    }

    /// Adds the writes that nobody waits for, as one cause at the end of the group.
    fn take_later(&mut self, group: &mut Vec<Cause>) {
        let mut writes = Vec::new();
        while writes.len() < LATER_MAX
            && let Ok(write) = self.later.try_recv()
        {
            writes.push(write);
        }
        if !writes.is_empty() {
            group.push(Cause { writes, done: None });
        }
    }
}
