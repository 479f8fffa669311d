//! Load management at work: for each site whose plan is on, what is known goes into [`energy::control::step`], and what comes
//! out is kept and told to stations as commands. Nothing here decides how much anybody gets.
//!
//! One process steps a site: the one that its stations are connected to, which has the site's lease. What is kept is kept only by who
//! has it, and what is remembered has a version.
//!
//! After a restart nothing is believed that is not kept: whatever was on its way may have arrived, every station counts as
//! offline until it connects, and is told its default again.

mod abilities;
pub mod amps;
mod before;
pub mod change;
mod clear;
pub mod file;
mod gather;
mod guard;
mod heard;
mod lease;
mod leftover;
pub mod limit;
pub mod look;
pub mod plan;
mod run;
pub mod said;
mod slots;
pub mod switch;
mod tell;
mod turn;
mod verify;
mod wire;

pub use gather::source;
pub use lease::stepped_at;
pub use run::run;
pub use slots::{Fallback, fallbacks};
pub use switch::switch;

#[cfg(test)]
pub(crate) use abilities::Said;
pub(crate) use abilities::{names, said};
pub(crate) use guard::forbids;
pub(crate) use slots::owner;
pub(crate) use wire::body;

use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, futures::Notified};

/// Who asks, in commands.
pub(crate) const NAME: &str = "grid";

/// When this process has stepped each site last: a site that is on and not here is not looked after.
#[derive(Debug, Default)]
pub struct Steps {
    last: Mutex<HashMap<i64, DateTime<Utc>>>,
    changed: Notify,
}

impl Steps {
    /// The instant of the site's last step.
    pub fn last(&self, site: i64) -> Option<DateTime<Utc>> {
        self.all().get(&site).copied()
    }

    /// Resolves when a site is stepped, or is looked after no longer, from now on.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn stepped(&self, site: i64, now: DateTime<Utc>) {
        self.all().insert(site, now);
        self.changed.notify_waiters();
    }

    fn ended(&self, site: i64) {
        self.all().remove(&site);
        self.changed.notify_waiters();
    }

    fn all(&self) -> MutexGuard<'_, HashMap<i64, DateTime<Utc>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
