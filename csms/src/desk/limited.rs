//! A session that begins by a command of ours keeps to the limits that the command has.

use super::AtDesk;
use crate::{
    command::{Command, Start},
    error::Error,
    model::{AuthStatus, Verdict},
    store::commands,
};

impl AtDesk<'_> {
    /// Adds the limits of the command with this number, where they are narrower.
    pub(super) async fn limited(
        &self,
        number: Option<i64>,
        verdict: Option<&mut Verdict>,
    ) -> Result<(), Error> {
        let (Some(number), Some(verdict)) = (number, verdict) else { return Ok(()) };
        if verdict.status != AuthStatus::Accepted {
            return Ok(());
        }
        let row = commands::of_start(&mut self.app.db.read().await?, self.station, number).await?;
        let command = row.and_then(|row| serde_json::from_str(&row.body).ok());
        let Some(Command::Start(Start { limit: Some(limit), .. })) = command else { return Ok(()) };
        let cost = limit.max_cost.and_then(|cost| cost.parse().ok());
        verdict.max_cost = narrower(verdict.max_cost, cost);
        verdict.max_energy_wh = narrower(verdict.max_energy_wh, limit.max_energy_wh);
        verdict.max_time_s = narrower(verdict.max_time_s, limit.max_time_s);
        Ok(())
    }
}

fn narrower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
