//! The stream of events (server-sent events). A reader that does not keep up is let go; it comes back with the number of the
//! last event it has seen and misses nothing.

use super::{
    caller::{Asker, Who},
    problem,
};
use crate::{WebState, api::Problem};
use axum::response::{
    IntoResponse, Response,
    sse::{Event as Line, Sse},
};
use csms::{
    event::{Event, Wish},
    store::{StoreError, accounts, api_keys},
};
use futures::{StreamExt, stream};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

/// When nothing happens, the reader hears so often that the line stands, and its key is looked at again.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A reader that takes nothing for so long is let go.
const SLOW: Duration = Duration::from_secs(20);
/// Then the reader connects again: the way between us may have changed.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// Lines that wait for the reader.
const LINES_MAX: usize = 64;
/// The reader comes back after so long, if it has no opinion of its own.
const COME_BACK: Duration = Duration::from_secs(2);

/// Streams that are open.
#[derive(Default)]
pub struct Streams(Mutex<HashMap<Who, usize>>);

impl Streams {
    fn enter(self: &Arc<Streams>, who: &Who, each: usize, all: usize) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(who).copied().unwrap_or(0);
        if own >= each || open.values().sum::<usize>() >= all {
            return None;
        }
        open.insert(who.clone(), own + 1);
        metrics::gauge!("csms_api_streams").increment(1.0);
        Some(Seat { streams: self.clone(), who: who.clone() })
    }
}

/// The place of an open stream; it is given back with this value.
struct Seat {
    streams: Arc<Streams>,
    who: Who,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.who);
            }
        }
        metrics::gauge!("csms_api_streams").decrement(1.0);
    }
}

/// Opens a stream of what is wanted after an event.
///
/// # Errors
/// There are too many.
pub fn open(state: &WebState, asker: &Asker, wish: Wish, after: i64) -> Result<Response, Problem> {
    let settings = &state.app.config.api;
    let seat = state
        .api
        .streams
        .enter(&asker.who, settings.streams_per_caller, settings.streams_max)
        .ok_or_else(|| problem::too_many_streams(settings.streams_per_caller))?;
    let (lines, queue) = mpsc::channel(LINES_MAX);
    let reader = Reader { state: state.clone(), who: asker.who.clone(), wish, after, lines, _seat: seat };
    tokio::spawn(reader.run());
    let events = stream::unfold(queue, |mut queue| async move {
        let line: Line = queue.recv().await?;
        Some((Ok::<_, Infallible>(line), queue))
    });
    Ok(Sse::new(events.fuse()).into_response())
}

struct Reader {
    state: WebState,
    who: Who,
    wish: Wish,
    /// The last event that was told, or passed over.
    after: i64,
    lines: mpsc::Sender<Line>,
    _seat: Seat,
}

impl Reader {
    async fn run(mut self) {
        let shutdown = self.state.outside.shutdown.clone();
        let why = tokio::select! {
            () = shutdown.cancelled() => "shutdown",
            () = tokio::time::sleep(LIFETIME) => "lifetime",
            why = self.tell() => why,
        };
        metrics::counter!("csms_api_streams_ended_total", "why" => why).increment(1);
    }

    /// Tells events until the reader goes, or has to.
    async fn tell(&mut self) -> &'static str {
        let mut head = self.state.app.feed.watch();
        let mut heartbeat = Instant::now() + HEARTBEAT;
        if !self.line(Line::default().retry(COME_BACK).id(self.after.to_string()).comment("events")).await {
            return "gone";
        }
        loop {
            let rows = match self.state.app.feed.after(&self.state.app.db, self.after).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, "a stream of events breaks off; its reader comes back");
                    return "database";
                }
            };
            for row in &rows {
                self.after = row.seq;
                if !self.wish.wants(&row.event) {
                    continue;
                }
                let event = Event::new(row.seq, &row.event);
                let text = serde_json::to_string(&event).unwrap_or_default();
                if !self.line(Line::default().id(event.id).event(event.kind).data(text)).await {
                    return "slow";
                }
            }
            if Instant::now() >= heartbeat {
                heartbeat = Instant::now() + HEARTBEAT;
                if !self.still_known().await.unwrap_or(true) {
                    return "revoked";
                }
                // With the number, so that what was passed over is not looked at again.
                if !self.line(Line::default().id(self.after.to_string()).comment("alive")).await {
                    return "slow";
                }
            }
            if rows.is_empty() {
                tokio::select! {
                    () = self.lines.closed() => return "gone",
                    () = tokio::time::sleep_until(heartbeat) => {}
                    changed = head.changed() => if changed.is_err() { return "shutdown" },
                }
            }
        }
    }

    async fn line(&self, line: Line) -> bool {
        matches!(timeout(SLOW, self.lines.send(line)).await, Ok(Ok(())))
    }

    /// May who has opened the stream still ask at all?
    async fn still_known(&self) -> Result<bool, StoreError> {
        let app = &self.state.app;
        let mut tx = app.db.read().await?;
        Ok(match self.who {
            Who::Key(id) => {
                api_keys::find(&mut tx, id).await?.is_some_and(|key| key.is_valid(app.clock.now()))
            }
            Who::Account(id) => accounts::find(&mut tx, id).await?.is_some(),
            Who::Address(_) => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_counted_for_each_caller_and_in_all() {
        let streams: Arc<Streams> = Arc::default();
        let (one, two) = (Who::Key(1), Who::Key(2));
        let first = streams.enter(&one, 1, 2).unwrap();
        assert!(streams.enter(&one, 1, 2).is_none());
        let _second = streams.enter(&two, 2, 2).unwrap();
        assert!(streams.enter(&two, 2, 2).is_none());
        drop(first);
        assert!(streams.enter(&one, 1, 2).is_some());
    }
}
