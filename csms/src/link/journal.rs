//! Frames as they were, gathered per link, so that the database gets few large rows instead of two small ones for
//! every message.

use crate::{id::Ids, model::StationId, store::row::JournalRow};
use chrono::{DateTime, SecondsFormat, Utc};
use std::time::Duration;

/// A link's frames are written when so many bytes are gathered …
const BYTES: usize = 16 * 1024;
/// … or when the oldest has waited so long.
pub const AGE: Duration = Duration::from_secs(30);

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the station to us.
    In,
    /// From us to the station.
    Out,
}

/// The frames of one link that are not written yet. Empty, it holds no memory.
#[derive(Debug, Default)]
pub struct Journal {
    body: String,
    frames: i64,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Journal {
    /// Adds a frame, secrets already masked. What is no JSON is kept as a JSON text.
    pub fn note(&mut self, at: DateTime<Utc>, direction: Direction, frame: &str, is_json: bool) {
        if self.frames == 0 {
            self.from = at;
        }
        self.to = at;
        self.frames += 1;
        self.body.push_str("[\"");
        self.body.push_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true));
        self.body.push_str(match direction {
            Direction::In => "\",\"in\",",
            Direction::Out => "\",\"out\",",
        });
        if is_json && !frame.contains('\n') {
            self.body.push_str(frame);
        } else {
            self.body.push_str(&serde_json::Value::from(frame).to_string());
        }
        self.body.push_str("]\n");
    }

    /// Is there enough for a row?
    pub fn is_full(&self) -> bool {
        self.body.len() >= BYTES
    }

    /// Takes everything as one row and gives the memory back.
    pub fn take(&mut self, ids: &Ids, station: &StationId) -> Option<JournalRow> {
        let Journal { body, frames, from, to } = std::mem::take(self);
        (frames > 0).then(|| JournalRow {
            id: ids.next(),
            station_id: station.to_string(),
            from_at: from,
            to_at: to,
            frames,
            body,
        })
    }

    /// What is not written yet, a line per frame.
    pub fn tail(&self) -> &str {
        &self.body
    }

    /// No frame is waiting.
    pub fn is_empty(&self) -> bool {
        self.frames == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use serde_json::{Value, json};

    #[test]
    fn lines_are_json_and_the_memory_goes_with_the_row() {
        let at: DateTime<Utc> = "2026-05-01T12:00:00Z".parse().unwrap();
        let mut journal = Journal::default();
        journal.note(at, Direction::In, r#"[2,"1","Heartbeat",{}]"#, true);
        journal.note(at, Direction::Out, "no \"json\"\n", false);
        let lines: Vec<Value> =
            journal.tail().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], json!(["2026-05-01T12:00:00.000Z", "in", [2, "1", "Heartbeat", {}]]));
        assert_eq!(lines[1], json!(["2026-05-01T12:00:00.000Z", "out", "no \"json\"\n"]));

        assert!(!journal.is_full());
        let row = journal.take(&Ids::new(Clock::fixed(at), 0), &"CP1".into()).unwrap();
        assert_eq!((row.frames, row.from_at, row.to_at), (2, at, at));
        assert_eq!(journal.body.capacity(), 0);
        assert!(journal.take(&Ids::new(Clock::System, 0), &"CP1".into()).is_none());
    }

    #[test]
    fn sixteen_kilobytes_are_enough_for_a_row() {
        let at = DateTime::UNIX_EPOCH;
        let mut journal = Journal::default();
        while !journal.is_full() {
            journal.note(at, Direction::In, r#"[2,"1","Heartbeat",{}]"#, true);
        }
        assert!(journal.tail().len() >= BYTES && journal.tail().len() < BYTES + 100);
    }
}
