//! Hands at the station: a person, or a program behind HTTP, who presents cards and plugs cables.

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::bed::Bed;
use crate::suite::asking::of_hook;
use crate::suite::case::{Broken, Play};
use crate::suite::hook::Wish;
use crate::suite::trace::Speaker;

impl Bed {
    /// Has somebody do something at the station; `topic` and `facts` are for a program, `what` for a person.
    ///
    /// # Errors
    /// Nobody is there, it cannot be done, or the station broke a rule meanwhile.
    pub async fn hands(&mut self, topic: &str, what: &str, facts: Value) -> Play {
        let Some(operator) = self.rig.operator.clone() else {
            return Err(Broken::inconclusive(format!(
                "hands at the station are needed (--hook URL, or --operator ask) to: {what}"
            )));
        };
        let wish =
            Wish::Other { station: self.id.clone(), topic: topic.to_owned(), what: what.to_owned(), facts };
        self.put(Speaker::Operator, &serde_json::to_string(&wish).unwrap_or_default());
        let deadline = Instant::now() + self.rig.pace.operator;
        let mut doing = Box::pin(async move { operator.ask(&wish).await });
        loop {
            tokio::select! {
                told = &mut doing => return told.map(drop).map_err(of_hook),
                event = self.event() => drop(event?),
                () = sleep_until(deadline) => {
                    return Err(Broken::inconclusive("nobody has come back from the station"));
                }
            }
        }
    }

    /// A car, or a tester, is plugged in.
    ///
    /// # Errors
    /// As [`Bed::hands`].
    pub async fn plug_in(&mut self, evse: i64) -> Play {
        if self.rig.claims("plugged-in") || self.plugged.contains(&evse) {
            return Ok(());
        }
        let what = format!("plug a car, or a tester that asks for energy, in at EVSE {evse}");
        self.hands("plug_in", &what, json!({ "evse": evse })).await?;
        self.plugged.insert(evse);
        Ok(())
    }

    /// It is unplugged.
    ///
    /// # Errors
    /// As [`Bed::hands`].
    pub async fn unplug(&mut self, evse: i64) -> Play {
        self.hands("unplug", &format!("unplug the car at EVSE {evse}"), json!({ "evse": evse })).await?;
        self.plugged.remove(&evse);
        Ok(())
    }

    /// A card is presented: the one that the user has named, or any.
    ///
    /// # Errors
    /// As [`Bed::hands`].
    pub async fn present(&mut self, evse: i64) -> Play {
        let card = self.card();
        let what = format!("hold the card {card} (or any other) to the reader, for EVSE {evse}");
        self.hands("present_card", &what, json!({ "evse": evse, "token": card })).await
    }

    /// The station loses its power and gets it back.
    ///
    /// # Errors
    /// As [`Bed::hands`].
    pub async fn power_cycle(&mut self) -> Play {
        self.leaving = true;
        self.hands("power_cycle", "switch the station's power off and on again", json!({})).await
    }

    /// The card of the run.
    pub(crate) fn card(&self) -> String {
        self.rig.rules.tokens.get("valid").cloned().unwrap_or_else(|| "WLCARD1".to_owned())
    }
}
