//! Commits groups of causes: one database transaction for many, and if a row is at fault, for fewer and fewer, until
//! only the cause with that row fails.

use super::batch::Batch;
use crate::store::db::{Db, Lane};
use crate::store::error::StoreError;
use crate::store::row::Write;
use sqlx::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// A deadlock, a busy database or a lost connection is tried again so often…
const TRIES_MAX: u32 = 8;
/// … after a pause that doubles from the first to the second.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// A transaction that takes longer is given up, and the connection with it.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);

/// The writes of one cause, and who waits for them.
#[derive(Debug)]
pub(super) struct Cause {
    pub writes: Vec<Write>,
    pub done: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// Commits groups over a connection of its own, which it makes anew when it is lost.
#[derive(Debug)]
pub(super) struct Committer {
    db: Db,
    lane: Option<Lane>,
    /// Told when events were committed.
    events: Arc<Notify>,
}

impl Committer {
    pub(super) fn new(db: Db, events: Arc<Notify>) -> Committer {
        Committer { db, lane: None, events }
    }

    /// Commits all causes, tells each of them how it went, and leaves the list empty.
    pub(super) async fn commit(&mut self, causes: &mut Vec<Cause>) {
        let started = Instant::now();
        metrics::histogram!("csms_commit_causes").record(u32::try_from(causes.len()).unwrap_or(u32::MAX));
        let writes: usize = causes.iter().map(|cause| cause.writes.len()).sum();
        metrics::counter!("csms_writes_total").increment(writes as u64);
        // Ranges yet to be committed, the first one on top.
        let mut ranges = Vec::from([(0, causes.len())]);
        while let Some((start, end)) = ranges.pop() {
            let part = &mut causes[start..end];
            match self.try_often(part).await {
                Err(error) if error.is_row_fault() && part.len() > 1 => {
                    let middle = start + part.len() / 2;
                    ranges.push((middle, end));
                    ranges.push((start, middle));
                }
                outcome => {
                    let has_event =
                        |cause: &Cause| cause.writes.iter().any(|write| matches!(write, Write::Event(_)));
                    if outcome.is_ok() && part.iter().any(has_event) {
                        self.events.notify_one();
                    }
                    if let Err(error) = &outcome {
                        tracing::error!(%error, causes = part.len(), "writes were not committed");
                        metrics::counter!("csms_commit_failures_total").increment(part.len() as u64);
                    }
                    for cause in part {
                        if let Some(done) = cause.done.take() {
                            // Nobody listens any more if the link is gone; what is committed stays committed.
                            let _ = done.send(outcome.clone());
                        }
                    }
                }
            }
        }
        causes.clear();
        metrics::histogram!("csms_commit_seconds").record(started.elapsed());
    }

    async fn try_often(&mut self, causes: &[Cause]) -> Result<(), StoreError> {
        let mut pause = PAUSE_MIN;
        for attempt in 1.. {
            let outcome = tokio::time::timeout(ATTEMPT_MAX, self.try_once(causes)).await;
            let error = match outcome {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => StoreError::Slow(ATTEMPT_MAX.as_secs()),
            };
            if error.is_row_fault() {
                return Err(error);
            }
            // After anything but a fault of a row the connection is not trusted any more.
            self.lane = None;
            if attempt >= TRIES_MAX || !error.is_retryable() {
                return Err(error);
            }
            tracing::warn!(%error, attempt, "a commit is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Err(StoreError::Stopped)
    }

    async fn try_once(&mut self, causes: &[Cause]) -> Result<(), StoreError> {
        let lane = match &mut self.lane {
            Some(lane) => lane,
            none => none.insert(self.db.lane().await?),
        };
        let batch = Batch::of(causes.iter().flat_map(|cause| &cause.writes));
        match lane {
            Lane::Sqlite { connection, gate } => {
                let _turn = gate.lock().await;
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
                match batch.run_sqlite(&mut transaction).await {
                    Ok(()) => transaction.commit().await?,
                    Err(error) => {
                        transaction.rollback().await?;
                        return Err(error.into());
                    }
                }
            }
            Lane::Postgres { connection } => batch.postgres()?.commit(connection).await?,
        }
        Ok(())
    }
}
