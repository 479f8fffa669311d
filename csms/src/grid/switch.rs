//! Turning the load management of a site on or off. Whoever does it, does it through here.

use super::{
    leftover,
    plan::{self, PlanError},
    slots,
};
use crate::store::{
    StoreError, Tx,
    grid::{self, GridRow},
};
use chrono::{DateTime, Utc};
use energy::control::State;

/// What a plan is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Stations are told what they may take.
    On,
    /// They are told nothing more; limits end by themselves, defaults stay.
    Off,
    /// What they have of load management is taken away; then it is off.
    Clear,
}

impl Mode {
    /// Its word: `on`, `off` or `clear`.
    pub fn word(self) -> &'static str {
        match self {
            Mode::On => "on",
            Mode::Off => "off",
            Mode::Clear => "clear",
        }
    }

    /// The mode with this word.
    pub fn read(word: &str) -> Option<Mode> {
        [Mode::On, Mode::Off, Mode::Clear].into_iter().find(|mode| mode.word() == word)
    }
}

/// The plan stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error("the site has no plan")]
    NoPlan,
    /// All that is wished of its stations, or was set there by others, and would hold instead of what the plan tells.
    #[error("{}", .0.join("; "))]
    Wished(Vec<String>),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl From<StoreError> for SwitchError {
    fn from(error: StoreError) -> SwitchError {
        SwitchError::Plan(error.into())
    }
}

/// Switches it, and gives the plan's row as it is then. `None`: it was so already, and nothing is changed.
///
/// # Errors
/// See [`SwitchError`].
pub async fn switch(
    tx: &mut Tx,
    site: i64,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Option<GridRow>, SwitchError> {
    grid::lock(tx).await?;
    let row = grid::find(tx, site).await?.ok_or(SwitchError::NoPlan)?;
    if row.mode == mode.word() {
        return Ok(None);
    }
    if mode == Mode::On {
        let (_, plan) = plan::load(tx, site).await?.ok_or(SwitchError::NoPlan)?;
        let wished = slots::against(tx, &plan).await?;
        if !wished.is_empty() {
            return Err(SwitchError::Wished(wished));
        }
        leftover::stay(tx, &leftover::profiles(&plan)).await?;
        doubt(tx, site, now).await?;
    }
    grid::set_mode(tx, site, mode.word(), now).await?;
    Ok(grid::find(tx, site).await?)
}

/// A plan that was off begins: its stations may have been told anything meanwhile, so that no default counts until it is acknowledged
/// again.
pub(super) async fn doubt(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    // A step that is not over yet must not bring back what is doubted.
    if !grid::claim(tx, site).await? {
        return Ok(());
    }
    let Some(row) = grid::state(tx, site).await? else { return Ok(()) };
    let Ok(mut state) = serde_json::from_str::<State>(&row.body) else { return grid::forget(tx, site).await };
    state.doubt();
    let body = serde_json::to_string(&state).unwrap_or_default();
    grid::save(tx, site, row.version, &body, now).await?;
    Ok(())
}
