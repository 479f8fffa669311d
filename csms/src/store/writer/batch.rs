//! Sorts the writes of many causes into rows per kind, and runs them in the order of their foreign keys.

use super::postgres::Steps;
use super::shape::run_sqlite;
use super::shapes;
use crate::store::commands::{AnsweredRow, ObservedRow, PartRow};
use crate::store::desired::ReportedRow;
use crate::store::monitors::{MonitorEventRow, MonitorRow};
use crate::store::needs::NeedRow;
use crate::store::reservations::EndedRow;
use crate::store::row::{
    AttemptRow, BillRow, BootRow, ConnectorRow, DeviationRow, EventRow, JournalRow, MeterValueRow,
    ProgressRow, ReadingRow, SessionRow, VariableRow, Write,
};
use crate::store::streams::{StreamRow, StreamValueRow};
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

/// [`Write::Seen`].
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub station: &'a str,
    pub at: DateTime<Utc>,
    pub address: &'a str,
    pub protocol: &'a str,
}

/// [`Write::StationStatus`].
#[derive(Clone, Copy)]
pub(super) struct Status<'a> {
    pub station: &'a str,
    pub status: &'a str,
    pub error_code: &'a str,
}

/// [`Write::Quarantine`].
#[derive(Clone, Copy)]
pub(super) struct Quarantined<'a> {
    pub station: &'a str,
    pub until: Option<DateTime<Utc>>,
    pub reason: &'a str,
}

/// [`Write::Snapshot`].
#[derive(Clone, Copy)]
pub(super) struct Snapshot<'a> {
    pub hash: &'a str,
    pub body: &'a str,
}

/// [`Write::PasswordUsed`] and [`Write::PasswordRefused`].
#[derive(Clone, Copy)]
pub(super) struct Password<'a> {
    pub station: &'a str,
    pub sealed: &'a str,
    pub later: &'a str,
}

/// The newest start of a session at a station.
#[derive(Clone, Copy)]
pub(super) struct LastSession<'a> {
    pub station: &'a str,
    pub at: DateTime<Utc>,
}

/// A monitor that is there no longer.
#[derive(Clone, Copy)]
pub(super) struct Gone<'a> {
    pub station: &'a str,
    pub monitor: i64,
}

/// The rows of a group. Of several rows with one key the last one counts.
#[derive(Default)]
pub(super) struct Batch<'a> {
    booted: Vec<&'a BootRow>,
    seen: Vec<Seen<'a>>,
    status: Vec<Status<'a>>,
    quarantine: Vec<Quarantined<'a>>,
    connectors: Vec<&'a ConnectorRow>,
    snapshots: Vec<Snapshot<'a>>,
    /// With the place in the group: a session written whole after its progress must not be overtaken by it.
    sessions: Vec<(usize, &'a SessionRow)>,
    progress: Vec<(usize, &'a ProgressRow)>,
    readings: Vec<&'a ReadingRow>,
    bills: Vec<&'a BillRow>,
    meter_values: Vec<&'a MeterValueRow>,
    variables: Vec<&'a VariableRow>,
    events: Vec<&'a EventRow>,
    attempts: Vec<AttemptRow>,
    deviations: Vec<DeviationRow>,
    journal: Vec<&'a JournalRow>,
    answered: Vec<&'a AnsweredRow>,
    observed: Vec<&'a ObservedRow>,
    parts: Vec<&'a PartRow>,
    reported: Vec<&'a ReportedRow>,
    used: Vec<Password<'a>>,
    refused: Vec<Password<'a>>,
    reservations: Vec<&'a EndedRow>,
    needs: Vec<&'a NeedRow>,
    streams: Vec<&'a StreamRow>,
    stream_values: Vec<&'a StreamValueRow>,
    gone: Vec<Gone<'a>>,
    monitors: Vec<&'a MonitorRow>,
    monitor_events: Vec<&'a MonitorEventRow>,
}

impl<'a> Batch<'a> {
    /// Sorts `writes`, which come in the order of their causes.
    pub(super) fn of(writes: impl Iterator<Item = &'a Write>) -> Batch<'a> {
        let mut batch = Batch::default();
        for (place, write) in writes.enumerate() {
            batch.add(place, write);
        }
        batch.coalesce();
        batch
    }

    fn add(&mut self, place: usize, write: &'a Write) {
        match write {
            Write::Booted(row) => self.booted.push(row),
            Write::Seen { station, at, address, protocol } => {
                self.seen.push(Seen { station, at: *at, address, protocol });
            }
            Write::StationStatus { station, status, error_code } => {
                self.status.push(Status { station, status, error_code });
            }
            Write::Connector(row) => self.connectors.push(row),
            Write::Snapshot { hash, body } => self.snapshots.push(Snapshot { hash, body }),
            Write::Session(row) => self.sessions.push((place, row)),
            Write::Progress(row) => self.progress.push((place, row)),
            Write::Reading(row) => self.readings.push(row),
            Write::Bill(row) => self.bills.push(row),
            Write::MeterValue(row) => self.meter_values.push(row),
            Write::Variable(row) => self.variables.push(row),
            Write::Event(row) => {
                debug_assert!(
                    crate::event::list::is_known(&row.kind),
                    "{} is on no list of events",
                    row.kind
                );
                self.events.push(row);
            }
            Write::Quarantine { station, until, reason } => {
                self.quarantine.push(Quarantined { station, until: *until, reason });
            }
            Write::Attempt(row) => self.attempts.push((**row).clone()),
            Write::Deviation(row) => self.deviations.push((**row).clone()),
            Write::Journal(row) => self.journal.push(row),
            Write::Answered(row) => self.answered.push(row),
            Write::Observed(row) => self.observed.push(row),
            Write::Part(row) => self.parts.push(row),
            Write::Reported(row) => self.reported.push(row),
            Write::PasswordUsed { station, sealed, later } => {
                self.used.push(Password { station, sealed, later });
            }
            Write::PasswordRefused { station, sealed } => {
                self.refused.push(Password { station, sealed, later: "" });
            }
            Write::Reservation(row) => self.reservations.push(row),
            Write::Need(row) => self.needs.push(row),
            Write::Stream(row) => self.streams.push(row),
            Write::StreamValue(row) => self.stream_values.push(row),
            Write::MonitorGone { station, monitor } => {
                self.gone.push(Gone { station, monitor: *monitor });
            }
            Write::Monitor(row) => self.monitors.push(row),
            Write::MonitorEvent(row) => self.monitor_events.push(row),
        }
    }

    /// Leaves one row per key, in the order of the keys: neighbours in the table are written together, and two
    /// processes that write the same rows never wait for each other crosswise.
    fn coalesce(&mut self) {
        keep_last(&mut self.booted, |a, b| a.station.cmp(&b.station));
        keep_last(&mut self.seen, |a, b| a.station.cmp(b.station));
        keep_last(&mut self.status, |a, b| a.station.cmp(b.station));
        keep_last(&mut self.quarantine, |a, b| a.station.cmp(b.station));
        // By instant within a connector, so that the newest is the last.
        self.connectors.sort_by_key(|row| row.status_at);
        keep_last(&mut self.connectors, |a, b| {
            (&a.station, a.evse, a.connector).cmp(&(&b.station, b.evse, b.connector))
        });
        keep_last(&mut self.snapshots, |a, b| a.hash.cmp(b.hash));
        keep_last(&mut self.sessions, |a, b| a.1.id.cmp(&b.1.id));
        keep_last(&mut self.progress, |a, b| a.1.id.cmp(&b.1.id));
        if !self.sessions.is_empty() {
            let sessions = &self.sessions;
            self.progress.retain(|(place, row)| {
                sessions
                    .binary_search_by_key(&row.id, |(_, session)| session.id)
                    .map_or(true, |found| sessions[found].0 < *place)
            });
        }
        self.readings.sort_by_key(|row| (row.session_id, row.digest));
        keep_last(&mut self.variables, |a, b| variable_key(a).cmp(&variable_key(b)));
        keep_last(&mut self.answered, |a, b| a.id.cmp(&b.id));
        keep_last(&mut self.observed, |a, b| a.id.cmp(&b.id));
        keep_last(&mut self.reported, |a, b| {
            (&a.station_id, a.kind, &a.key).cmp(&(&b.station_id, b.kind, &b.key))
        });
        // That it was used comes after whatever else was told of it.
        self.reservations.sort_by_key(|row| row.state == "used");
        keep_last(&mut self.reservations, |a, b| a.id.cmp(&b.id));
        keep_last(&mut self.needs, |a, b| a.session_id.cmp(&b.session_id));
        keep_last(&mut self.streams, |a, b| (&a.station_id, a.stream_id).cmp(&(&b.station_id, b.stream_id)));
        keep_last(&mut self.stream_values, |a, b| {
            (&a.station_id, a.stream_id, a.at).cmp(&(&b.station_id, b.stream_id, b.at))
        });
        keep_last(&mut self.gone, |a, b| (a.station, a.monitor).cmp(&(b.station, b.monitor)));
        keep_last(&mut self.monitors, |a, b| {
            (&a.station_id, a.monitor_id).cmp(&(&b.station_id, b.monitor_id))
        });
        add_up(
            &mut self.attempts,
            |a, b| (&a.identity, &a.cause, &a.address).cmp(&(&b.identity, &b.cause, &b.address)),
            |sum, row| {
                row.count += sum.count;
                row.first_at = sum.first_at;
            },
        );
        add_up(
            &mut self.deviations,
            |a, b| deviation_key(a).cmp(&deviation_key(b)),
            |sum, row| {
                row.count += sum.count;
                row.first_at = sum.first_at;
            },
        );
    }

    /// The newest start per station among the sessions of this group.
    fn last_sessions(&self) -> Vec<LastSession<'a>> {
        let mut rows: Vec<LastSession<'a>> = self
            .sessions
            .iter()
            .map(|(_, row)| LastSession { station: &row.station_id, at: row.started_at })
            .collect();
        rows.sort_by_key(|row| row.at);
        keep_last(&mut rows, |a, b| a.station.cmp(b.station));
        rows
    }
}

/// Hands every shape with its rows to `$take`, in their turn; a macro, because each shape is a type of its own.
macro_rules! each {
    ($batch:expr, $take:ident) => {{
        let batch = $batch;
        $take!(shapes::Booted, &batch.booted);
        $take!(shapes::SeenAt, &batch.seen);
        $take!(shapes::StationStatus, &batch.status);
        $take!(shapes::Quarantine, &batch.quarantine);
        $take!(shapes::Evse, &one_per_evse(&batch.connectors));
        $take!(shapes::Connector, &batch.connectors);
        $take!(shapes::SnapshotOnce, &batch.snapshots);
        $take!(shapes::Session, &rows(&batch.sessions));
        $take!(shapes::LastSessionAt, &batch.last_sessions());
        $take!(shapes::Progress, &rows(&batch.progress));
        $take!(shapes::Reading, &batch.readings);
        $take!(shapes::Bill, &batch.bills);
        $take!(shapes::MeterValue, &batch.meter_values);
        $take!(shapes::Variable, &batch.variables);
        $take!(shapes::Event, &batch.events);
        $take!(shapes::Attempt, &batch.attempts.iter().collect::<Vec<_>>());
        $take!(shapes::Deviation, &batch.deviations.iter().collect::<Vec<_>>());
        $take!(shapes::Journal, &batch.journal);
        $take!(shapes::Answered, &batch.answered);
        $take!(shapes::Observed, &batch.observed);
        $take!(shapes::Part, &batch.parts);
        $take!(shapes::DesiredAfterBoot, &batch.booted);
        $take!(shapes::Reported, &batch.reported);
        $take!(shapes::PasswordUsed, &batch.used);
        $take!(shapes::PasswordRefused, &batch.refused);
        $take!(shapes::Reservation, &batch.reservations);
        $take!(shapes::Need, &batch.needs);
        $take!(shapes::Stream, &batch.streams);
        $take!(shapes::StreamValue, &batch.stream_values);
        $take!(shapes::MonitorGone, &batch.gone);
        $take!(shapes::Monitor, &batch.monitors);
        $take!(shapes::MonitorEvent, &batch.monitor_events);
    }};
}

impl Batch<'_> {
    /// Runs everything within the transaction of `connection`.
    pub(super) async fn run_sqlite(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        macro_rules! take {
            ($shape:ty, $rows:expr) => {
                run_sqlite::<$shape>(connection, $rows).await?
            };
        }
        each!(self, take);
        Ok(())
    }

    /// What is to be run on PostgreSQL.
    pub(super) fn postgres(&self) -> Result<Steps, sqlx::Error> {
        let mut steps = Steps::default();
        macro_rules! take {
            ($shape:ty, $rows:expr) => {
                steps.add::<$shape>($rows)?
            };
        }
        each!(self, take);
        Ok(steps)
    }
}

fn rows<'a, T>(placed: &[(usize, &'a T)]) -> Vec<&'a T> {
    placed.iter().map(|(_, row)| *row).collect()
}

/// EVSE 0 is the station itself, which has no row in `evse`.
fn one_per_evse<'a>(connectors: &[&'a ConnectorRow]) -> Vec<&'a ConnectorRow> {
    let mut rows: Vec<&ConnectorRow> = connectors.iter().copied().filter(|row| row.evse > 0).collect();
    rows.dedup_by(|a, b| a.evse == b.evse && a.station == b.station);
    rows
}

fn variable_key(row: &VariableRow) -> ([&str; 6], i64, i64) {
    let text =
        [&*row.station_id, &row.component, &row.component_instance, &row.name, &row.instance, &row.attribute];
    (text, row.evse, row.connector)
}

fn deviation_key(row: &DeviationRow) -> [&str; 7] {
    [&row.vendor, &row.model, &row.firmware, &row.protocol, &row.action, &row.path, &row.rule]
}

/// Sorts by key and keeps the last of equal ones.
fn keep_last<T>(rows: &mut Vec<T>, mut order: impl FnMut(&T, &T) -> std::cmp::Ordering) {
    if rows.len() > 1 {
        rows.sort_by(&mut order);
        rows.dedup_by(|later, kept| {
            let equal = order(later, kept).is_eq();
            if equal {
                std::mem::swap(later, kept);
            }
            equal
        });
    }
}

/// Sorts by key and keeps the last of equal ones, after `add(earlier, last)`.
fn add_up<T>(
    rows: &mut Vec<T>,
    mut order: impl FnMut(&T, &T) -> std::cmp::Ordering,
    add: impl Fn(&T, &mut T),
) {
    rows.sort_by(&mut order);
    rows.dedup_by(|later, kept| {
        let equal = order(later, kept).is_eq();
        if equal {
            add(kept, later);
            std::mem::swap(later, kept);
        }
        equal
    });
}
