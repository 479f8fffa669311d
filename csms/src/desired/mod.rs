//! Desired state: what a station shall be like, whoever wants it (somebody for this station, or a template for a group), what it
//! has accepted of that, and what it says that it is like. A job closes the difference: after a boot, after a change of the
//! wish, and when the station turns out to have left it. All that is known is in rows.
//!
//! Kinds of wishes share the rows, the rounds, the back-off and the doors. What is particular to a kind is what to ask of the
//! station (`question`) and what its answer means (`question::learn`): a new kind is a variant of [`Kind`] and an arm in both.

mod availability;
mod certificate;
mod configuration;
mod key;
mod kind;
mod learn;
mod look;
pub mod password;
mod profile;
mod question;
mod round;
pub mod template;
mod wish;

pub use key::{read as read_key, write as write_key};
pub use kind::Kind;
pub use look::{State, same, state};
pub use profile::{ABSENT, Slot, summary};
pub use round::{round, run};
pub use wish::{
    Prepared, Wish, WishError, certificate_wish, forget, forget_in, hurry, prepare, set, set_in, wish,
};

pub(crate) use learn::Heard;
pub(crate) use look::{is_askable, is_unheard};
pub(crate) use question::{Step, View};

use crate::{
    app::App,
    command::Name,
    model::StationId,
    rounds::Rounds,
    store::{
        desired::ReportedRow,
        row::{VariableRow, Write},
    },
};
use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// Who asks, in the rows of commands.
pub const ASKER: &str = "desired";

/// A station that has connected may boot first; one that has booted shall have its answer, and tell how its connectors are.
const AFTER_CONNECT: Duration = Duration::from_secs(10);
const AFTER_BOOT: Duration = Duration::from_secs(1);

/// Which stations to look at, and when. It is a hint: what is due is in the rows.
#[derive(Debug, Default)]
pub struct Desires {
    rounds: Rounds,
    wished: Mutex<Wished>,
    /// Templates are to be brought to their stations.
    templates: Notify,
    pub(crate) telling: password::Telling,
    /// There never was a template, as far as is known here.
    untouched: AtomicBool,
    /// Templates are brought to their stations by one pass at a time.
    passing: tokio::sync::Mutex<()>,
    /// Stations that were asked what profiles they can take, since they came.
    asked_limits: Mutex<HashSet<StationId>>,
}

/// Stations of which something is wished, as far as is known here.
#[derive(Debug, Default)]
struct Wished {
    stations: HashSet<StationId>,
    /// Made since the last reading began: it may have come too early for them.
    made: HashSet<StationId>,
}

impl Desires {
    /// A wish has changed.
    pub fn changed(&self, station: &StationId) {
        self.made(station);
        self.rounds.look(station, Duration::ZERO, false);
    }

    /// A template has changed.
    pub fn templates_changed(&self) {
        self.templates.notify_one();
    }

    /// The station has connected.
    pub(crate) fn connected(&self, station: &StationId) {
        self.come(station, AFTER_CONNECT);
    }

    /// The station has booted and was accepted.
    pub(crate) fn booted(&self, station: &StationId) {
        self.come(station, AFTER_BOOT);
    }

    /// Most stations of most houses are wished nothing, and that costs a look.
    fn come(&self, station: &StationId, after: Duration) {
        self.asked_limits().remove(station);
        if !self.untouched.load(Ordering::Relaxed) || self.may_wish(station) {
            self.rounds.look(station, after, true);
        }
    }

    /// The station has told something that may be wished otherwise.
    pub(crate) fn heard(&self, station: &StationId) {
        if self.may_wish(station) {
            self.rounds.look(station, Duration::ZERO, false);
        }
    }

    /// Is it to be asked what profiles it can take? True once, until it comes again.
    fn limits_unknown(&self, station: &str) -> bool {
        self.asked_limits().insert(station.into())
    }

    fn asked_limits(&self) -> std::sync::MutexGuard<'_, HashSet<StationId>> {
        self.asked_limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is anything wished of it?
    fn may_wish(&self, station: &str) -> bool {
        let wished = self.wished();
        wished.made.contains(station) || wished.stations.contains(station)
    }

    /// Something is wished of it now.
    fn made(&self, station: &StationId) {
        self.wished().made.insert(station.clone());
    }

    /// The rows are going to be read.
    fn reading(&self) {
        let mut wished = self.wished();
        let made = std::mem::take(&mut wished.made);
        wished.stations.extend(made);
    }

    fn read(&self, stations: HashSet<StationId>) {
        self.wished().stations = stations;
    }

    fn wished(&self) -> std::sync::MutexGuard<'_, Wished> {
        self.wished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interval of heartbeats that a station shall have, seconds. The answer to its boot sets it as well (1.6 §4.2, B01.FR.06):
/// another value there would undo the wish at every boot.
pub(crate) async fn heartbeat_s(
    app: &App,
    station: &StationId,
) -> Result<Option<u32>, crate::store::StoreError> {
    let wished = app.loads.heartbeat(station).await?;
    Ok(wished.and_then(|value| value.parse().ok()).filter(|seconds| *seconds > 0))
}

/// What a station has told of a variable, if anything is wished of the station.
pub(crate) fn reported(app: &App, row: &VariableRow) -> Option<Write> {
    let value = row.value.clone()?;
    let number = |of: i64| u32::try_from(of).ok().filter(|number| *number > 0);
    app.desires.may_wish(&row.station_id).then(|| {
        let name = Name {
            component: row.component.clone(),
            component_instance: row.component_instance.clone(),
            evse: number(row.evse),
            connector: number(row.connector),
            name: row.name.clone(),
            instance: row.instance.clone(),
            attribute: row.attribute.clone(),
        };
        let (station_id, kind, at) = (row.station_id.clone(), Kind::Configuration.word(), row.reported_at);
        Write::Reported(Box::new(ReportedRow { station_id, kind, key: write_key(&name), value, at }))
    })
}
