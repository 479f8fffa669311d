//! Limits on a node that somebody outside asks for.

use super::{amps::PhaseAmps, plan::Plan};
use crate::store::{
    StoreError, Tx,
    grid::{self, LimitRow},
};
use chrono::{DateTime, Utc};
use energy::{grid::Most, units::Watts};

/// Limits on nodes of a site that hold or will.
const LIMITS_MAX: i64 = 500;
/// W that a limit can have.
const WATTS_MAX: i64 = 10_000_000_000;
/// Letters of a note.
const NOTE_MAX: usize = 200;

/// Who may limit from outside; what a box on site says comes from stations.
pub const SOURCES: [&str; 4] = ["operator", "grid_operator", "signal", "price"];

/// A limit on all that flows through a node, other loads included.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitWish {
    /// The node's name.
    pub node: String,
    pub most: Most,
    pub from: DateTime<Utc>,
    /// `None`: until it is taken back.
    pub until: Option<DateTime<Utc>>,
    /// Who limits: one of [`SOURCES`].
    pub source: String,
    /// In words: who says so, or why.
    pub note: String,
}

/// The limit cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    #[error("the plan has no node {0}")]
    NoNode(String),
    #[error("the limit would end before it starts, or is over already; give a later end")]
    Time,
    #[error("a limit is 0 A or 0 W or more, and {WATTS_MAX} W at most")]
    Most,
    #[error("a limit comes from {}", SOURCES.join(", "))]
    Source,
    #[error("the note has at most {NOTE_MAX} letters, all of them printable")]
    Note,
    #[error("the site has {LIMITS_MAX} limits on nodes that hold or will; take some back first")]
    Crowded,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A current on each phase, as a limit.
pub fn current(amps: PhaseAmps) -> Most {
    Most::Current(amps.0)
}

/// A power over all phases, as a limit.
pub fn power(watts: i64) -> Most {
    Most::Power(Watts(watts))
}

/// Keeps a limit; it counts from the next step on.
///
/// # Errors
/// See [`LimitError`].
pub async fn add(
    tx: &mut Tx,
    (site, plan): (i64, &Plan),
    id: i64,
    wish: LimitWish,
    now: DateTime<Utc>,
) -> Result<LimitRow, LimitError> {
    let node = plan.names.node(&wish.node).ok_or(LimitError::NoNode(wish.node))?;
    if wish.until.is_some_and(|until| until <= wish.from || until <= now) {
        return Err(LimitError::Time);
    }
    let sane = match wish.most {
        Most::Current(current) => current.0.iter().all(|current| current.0 >= 0),
        Most::Power(watts) => (0..=WATTS_MAX).contains(&watts.0),
    };
    if !sane {
        return Err(LimitError::Most);
    }
    if !SOURCES.contains(&wish.source.as_str()) {
        return Err(LimitError::Source);
    }
    if wish.note.chars().count() > NOTE_MAX || wish.note.chars().any(char::is_control) {
        return Err(LimitError::Note);
    }
    if grid::node_limits(tx, site, now).await? >= LIMITS_MAX {
        return Err(LimitError::Crowded);
    }
    let row = LimitRow {
        id,
        site_id: site,
        node_id: i64::try_from(node.0).ok(),
        station_id: String::new(),
        evse: 0,
        source: wish.source,
        most: serde_json::to_string(&wish.most).unwrap_or_default(),
        from_at: wish.from,
        until_at: wish.until,
        told_by: wish.note,
        event_id: 0,
    };
    grid::add_limit(tx, &row).await?;
    Ok(row)
}
