//! Changing the plan of a site: what is wished is checked against the site and its stations, tried out, and kept if nobody was
//! faster.

use super::{
    file::PlanFile,
    leftover,
    look::{self, NodeLook},
    plan::{self, Plan, PlanError},
    switch::{self, Mode},
};
use crate::store::{
    StoreError, Tx,
    grid::{self, GridRow},
    sites,
};
use chrono::{DateTime, Utc};

/// A change that can be kept.
#[derive(Debug)]
pub struct Change {
    site: i64,
    /// The plan that it changes; `None`: the site has none.
    pub before: Option<(GridRow, Plan)>,
    pub plan: Plan,
}

/// The plan cannot be changed so.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no site {0}")]
    NoSite(i64),
    /// All that is wrong with it.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    #[error(
        "somebody has changed the plan of this site meanwhile; open it again, and make the change in what is there now"
    )]
    Meanwhile,
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> ChangeError {
        ChangeError::Plan(error.into())
    }
}

impl Change {
    /// Checks what is wished of this revision of the plan (`meant`; `None`: of whatever it is). A node that is only called otherwise (`renamed`: its name before, and now) keeps its number, and with
    /// that its limits and measurements.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn new(
        tx: &mut Tx,
        site: i64,
        file: &PlanFile,
        renamed: Option<(&str, &str)>,
        meant: Option<i64>,
    ) -> Result<Change, ChangeError> {
        if sites::find(tx, site).await?.is_none() {
            return Err(ChangeError::NoSite(site));
        }
        let before = plan::load(tx, site).await?;
        if meant.is_some_and(|meant| meant != revision(before.as_ref())) {
            return Err(ChangeError::Meanwhile);
        }
        let mut known = before.as_ref().map(|(_, plan)| plan.clone());
        if let (Some(plan), Some((was, is))) = (&mut known, renamed)
            && let Some(name) = plan.names.nodes.values_mut().find(|name| *name == was)
        {
            is.clone_into(name);
        }
        let plan = file.plan(known.as_ref()).map_err(ChangeError::Refused)?;
        let strangers = plan::strangers(tx, site, &plan).await?;
        if !strangers.is_empty() {
            return Err(ChangeError::Refused(strangers));
        }
        Ok(Change { site, before, plan })
    }

    /// What the fuses would carry now, with what sessions take and stations have acknowledged at this instant.
    ///
    /// # Errors
    /// The database fails.
    pub async fn outlook(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<NodeLook>, StoreError> {
        look::outlook(tx, self.site, &self.plan, now).await
    }

    /// EVSEs that do not charge while they are offline: station and number.
    pub fn without_default(&self) -> Vec<(String, u16)> {
        let names = &self.plan.names.evses;
        let idle = self.plan.site.evses().iter().filter(|evse| evse.default.0 == 0);
        idle.filter_map(|evse| names.get(&evse.id).cloned()).collect()
    }

    /// Keeps it, in this mode or in the one that the site has; a new plan is `on`. What EVSEs that leave have of the plan before is taken
    /// away from their stations, whether they are connected or come back within a week.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn keep(&self, tx: &mut Tx, mode: Option<Mode>, now: DateTime<Utc>) -> Result<(), ChangeError> {
        grid::lock(tx).await?;
        // Somebody may have wished or set something since it was checked.
        let strangers = plan::strangers(tx, self.site, &self.plan).await?;
        if !strangers.is_empty() {
            return Err(ChangeError::Refused(strangers));
        }
        let before = self.before.as_ref().map(|(row, _)| row.mode.as_str());
        let on = Mode::On.word();
        let mode = mode.map(Mode::word).or(before).unwrap_or(on);
        if mode == on && before != Some(on) {
            switch::doubt(tx, self.site, now).await?;
        }
        if !plan::keep(tx, self.site, &self.plan, mode, revision(self.before.as_ref()), now).await? {
            return Err(ChangeError::Meanwhile);
        }
        Ok(self.take_away(tx, mode == on, now).await?)
    }

    /// Has stations rid of profiles that are in the plan no more: nobody would ever look after them. Those of a plan that is `on` are told
    /// anew, and stay.
    async fn take_away(&self, tx: &mut Tx, on: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
        let stay = leftover::profiles(&self.plan);
        if on {
            leftover::stay(tx, &stay).await?;
        }
        let before = self.before.as_ref().map(|(_, plan)| leftover::profiles(plan)).unwrap_or_default();
        leftover::leave(tx, before.difference(&stay), now).await
    }
}

/// The revision of a plan; 0: there is none.
fn revision(plan: Option<&(GridRow, Plan)>) -> i64 {
    plan.map_or(0, |(row, _)| row.revision)
}
