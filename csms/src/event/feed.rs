//! Events in an order that can be followed.
//!
//! Ids of rows are made before their transaction commits, by several writers: a reader that remembers the highest id it has
//! seen would pass over what commits later. So committed events are numbered, by one process at a time (the row of the
//! counter is its lock), and a number is seen only when all lower ones can be. Readers follow the numbers. The newest
//! are kept in memory, so that many readers at the end cost the database one read.

use crate::{
    app::App,
    store::{
        Db, StoreError,
        events::{self, NumberedRow},
        query::PAGE_MAX,
    },
};
use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// Events of other processes, and of transactions that are not the group writer's, are noticed so soon.
const EVERY: Duration = Duration::from_millis(250);
/// Between two rounds at least: a commit costs a flush, and many events share it.
const PAUSE: Duration = Duration::from_millis(50);
/// Numbered in one transaction.
const AT_ONCE: i64 = 1_000;
/// Kept in memory.
const RECENT_MAX: usize = 4_096;

/// The end of the sequence, as this process knows it.
#[derive(Debug)]
pub struct Feed {
    head: watch::Sender<i64>,
    recent: RwLock<VecDeque<Arc<NumberedRow>>>,
    /// One turn at a time; true: the end was found once.
    turning: Mutex<bool>,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed { head: watch::Sender::new(0), recent: RwLock::default(), turning: Mutex::default() }
    }
}

impl Feed {
    /// Follows the number of the newest event.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// The number of the newest event.
    pub fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// Some of the events after a number, in their order; none: there are none yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn after(&self, db: &Db, after: i64) -> Result<Vec<Arc<NumberedRow>>, StoreError> {
        if let Some(found) = self.remembered(after) {
            return Ok(found);
        }
        let rows = events::numbered(&mut db.read().await?, after, self.head(), PAGE_MAX).await?;
        Ok(rows.into_iter().map(Arc::new).collect())
    }

    /// `None`: they reach further back than what is remembered.
    fn remembered(&self, after: i64) -> Option<Vec<Arc<NumberedRow>>> {
        if after >= self.head() {
            return Some(Vec::new());
        }
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        // The oldest may follow a gap: only what comes after it is known to be whole.
        recent.front().filter(|first| first.seq <= after)?;
        let from = recent.partition_point(|row| row.seq <= after);
        Some(recent.iter().skip(from).take(PAGE_MAX as usize).cloned().collect())
    }

    fn push(&self, rows: Vec<NumberedRow>) {
        let Some(head) = rows.last().map(|row| row.seq) else { return };
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        recent.extend(rows.into_iter().map(Arc::new));
        let over = recent.len().saturating_sub(RECENT_MAX);
        recent.drain(..over);
        drop(recent);
        self.head.send_replace(head);
    }

    /// Numbers what is new, and learns what others have numbered. False: there may be more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn turn(&self, db: &Db) -> Result<bool, StoreError> {
        let mut begun = self.turning.lock().await;
        if !*begun {
            // What is there already is read by those who want it.
            self.head.send_replace(events::newest(&mut db.read().await?).await?);
            *begun = true;
        }
        let mut whole = true;
        if events::unnumbered(&mut db.read().await?).await? {
            let mut tx = db.write().await?;
            let numbered = events::number(&mut tx, AT_ONCE).await?;
            tx.commit().await?;
            metrics::counter!("csms_events_total").increment(numbered);
            whole = numbered < AT_ONCE as u64;
        }
        loop {
            let rows = events::numbered(&mut db.read().await?, self.head(), i64::MAX, PAGE_MAX).await?;
            let all = (rows.len() as i64) < PAGE_MAX;
            self.push(rows);
            if all {
                return Ok(whole);
            }
        }
    }
}

/// Numbers events until `stop` is cancelled. What is committed after that is numbered by whoever comes next.
pub async fn run(app: App, stop: CancellationToken) {
    let written = app.writer.events_written();
    loop {
        let whole = app.feed.turn(&app.db).await.unwrap_or_else(|error| {
            metrics::counter!("csms_job_failures_total", "job" => "events").increment(1);
            tracing::warn!(job = "events", %error, "events could not be numbered; tried again");
            true
        });
        let pause = async {
            tokio::time::sleep(PAUSE).await;
            if whole {
                let _ = tokio::time::timeout(EVERY - PAUSE, written.notified()).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = pause => {}
        }
    }
}
