//! Sessions whose vehicle is gone although nobody has told their end, where stations name them (2.x): the connector
//! is free, or its EVSE has another session. What a station has in its queue may come out of order, so such a session
//! is not ended at once: it waits for its stop, like one of 1.6 whose connector is free, and is given up later.

use super::{AtDesk, find::named_by_us};
use crate::{flags::Flag, session::Live, store::row::SessionRow};
use chrono::{DateTime, TimeDelta, Utc};

/// The last messages of a session come this much after its connector is free, or the next session has begun.
const SLACK: TimeDelta = TimeDelta::seconds(60);

impl AtDesk<'_> {
    /// The connectors of this EVSE tell something new: do sessions there wait for their stop?
    pub(super) fn await_stops(&mut self, evse: i64) {
        let due = |index: &usize| {
            let session = &self.state.open[*index];
            session.row.evse == evse && !named_by_us(&session.row) && self.stop_is_due(session)
        };
        let waiting: Vec<usize> = (0..self.state.open.len()).filter(due).collect();
        for index in waiting {
            self.awaits_stop(index);
        }
    }

    /// A session has begun at this EVSE: those before it there wait for their stop.
    pub(super) fn succeeded(&mut self, evse: i64, began: DateTime<Utc>) {
        for index in 0..self.state.open.len() {
            let row = &self.state.open[index].row;
            if evse != 0 && row.evse == evse && row.started_at < began && row.last_at <= began + SLACK {
                self.awaits_stop(index);
            }
        }
    }

    fn awaits_stop(&mut self, index: usize) {
        let now = self.now();
        let session = &mut self.state.open[index];
        if session.flags.set(Flag::StopAwaited) {
            // It is given its time from now on, however long it has been silent.
            session.row.received_at = session.row.received_at.max(now);
            let progress = session.progress();
            self.write(progress);
        }
    }

    /// Is what tells that the vehicle has gone as new as the session's last message?
    pub(super) fn stop_is_due(&self, session: &Live) -> bool {
        let row = &session.row;
        if row.evse == 0 {
            return false;
        }
        let freed = self.free_since(row).filter(|at| *at >= row.started_at);
        let next = self.state.open.iter().map(|other| &other.row);
        let next = next.filter(|other| other.evse == row.evse && other.started_at > row.started_at);
        freed.into_iter().chain(next.map(|other| other.started_at)).any(|at| at + SLACK >= row.last_at)
    }

    /// Since when the session's connector is free; all those of its EVSE where it is not known which one it has.
    fn free_since(&self, row: &SessionRow) -> Option<DateTime<Utc>> {
        let there = || self.state.connectors.iter().filter(|c| i64::from(c.place.evse) == row.evse);
        let own = there().find(|c| i64::from(c.place.connector) == row.connector);
        match own {
            Some(own) => is_free(&own.status).then_some(own.at),
            None if there().all(|c| is_free(&c.status)) => there().map(|c| c.at).max(),
            None => None,
        }
    }
}

/// Has a connector of 2.x no vehicle in this status?
fn is_free(status: &str) -> bool {
    matches!(status, "Available" | "Reserved")
}
