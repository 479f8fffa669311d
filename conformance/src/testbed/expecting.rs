//! What a case waits for: calls of the station, or that none comes.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::bed::Bed;
use crate::suite::case::{Broken, Play};
use crate::suite::stage::Heard;
use crate::suite::template::fits;

impl Bed {
    /// Takes the first call of an action, of those that were heard in this case, that fits.
    pub(crate) fn took(&mut self, action: &str, fit: impl Fn(&Value) -> bool) -> Option<Heard> {
        let place = self.heard.iter().position(|heard| heard.action == action && fit(&heard.payload))?;
        self.heard.remove(place)
    }

    /// Forgets what was heard, so that only what comes from now on counts.
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
    }

    /// What was heard of these actions in this case and not taken, in order.
    pub(crate) fn heard_of(&self, actions: &[&str]) -> Vec<Heard> {
        self.heard.iter().filter(|heard| actions.contains(&heard.action.as_str())).cloned().collect()
    }

    /// Waits for a call that fits a template (see [`crate::suite::template`]); `why` is what asks for it.
    ///
    /// # Errors
    /// It does not come in time, or a broken rule.
    pub async fn expect(&mut self, action: &str, template: Value, why: &str) -> Result<Value, Broken> {
        let patience = self.rig.pace.follow_up;
        self.expect_within(action, template, patience, why).await
    }

    /// As [`Bed::expect`], within a time.
    ///
    /// # Errors
    /// As [`Bed::expect`].
    pub async fn expect_within(
        &mut self,
        action: &str,
        template: Value,
        patience: Duration,
        why: &str,
    ) -> Result<Value, Broken> {
        match self.await_call(action, &template, patience).await? {
            Ok(heard) => Ok(heard.payload),
            Err(None) => Err(Broken::fail(format!("no {action} within {patience:?} {why}"))),
            Err(Some(wrong)) => Err(Broken::fail(format!("no {action} as it should be {why}: {wrong}"))),
        }
    }

    /// Waits for a call that fits. If none comes in time: what was wrong with the last one of the action.
    pub(crate) async fn await_call(
        &mut self,
        action: &str,
        template: &Value,
        patience: Duration,
    ) -> Result<Result<Heard, Option<String>>, Broken> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(heard) = self.took(action, |payload| fits(template, payload).is_ok()) {
                return Ok(Ok(heard));
            }
            if let Ok(event) = timeout_at(deadline, self.event()).await {
                event?;
                continue;
            }
            let last = self.heard.iter().rev().find(|heard| heard.action == action);
            return Ok(Err(last.and_then(|heard| fits(template, &heard.payload).err())));
        }
    }

    /// Listens for a while; what comes is answered.
    ///
    /// # Errors
    /// A broken rule.
    pub async fn listen(&mut self, time: Duration) -> Play {
        let deadline = Instant::now() + time;
        while let Ok(event) = timeout_at(deadline, self.event()).await {
            event?;
        }
        Ok(())
    }

    /// Makes sure that no call of these actions comes for a while.
    ///
    /// # Errors
    /// One comes.
    pub async fn never(&mut self, actions: &[&str], time: Duration, why: &str) -> Play {
        self.listen(time).await?;
        match self.heard_of(actions).first() {
            None => Ok(()),
            Some(heard) => Err(Broken::fail(format!("{} came, {why}", heard.action))),
        }
    }
}
