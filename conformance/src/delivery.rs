//! Messages about transactions: they are delivered in order, and kept until they are answered.

use ocpp::Version;
use serde_json::{Value, json};

use crate::error::Error;
use crate::settings;
use crate::state::Queued;
use crate::station::{About, Station};

/// How many refused transactions wait to be stopped.
const REFUSED_MAX: usize = 64;

impl Station {
    /// Queues the message and delivers the queue if there is a connection. Returns the message's own answer; `None`
    /// if it had to stay in the queue because there is no connection.
    pub(crate) async fn report(&self, message: Queued) -> Result<Option<Value>, Error> {
        let number = message.number;
        {
            let mut state = self.core.state();
            if state.faults.forgetful && !state.is_online() {
                return Ok(None);
            }
            state.enqueue(message);
        }
        let mut own = None;
        self.deliver(|delivered, answer| {
            if delivered == number {
                own = Some(answer.clone());
            }
        })
        .await?;
        Ok(own)
    }

    /// Delivers what was queued, oldest first (newest first with [`crate::Fault::Reorder`]). Returns how many were answered.
    ///
    /// # Errors
    /// The first message that is not answered stays at the head of the queue. A message that is answered with a
    /// CALLERROR is dropped, as a station does after its last attempt; the error is returned.
    pub async fn replay(&self) -> Result<usize, Error> {
        let mut count = 0;
        self.deliver(|_, _| count += 1).await?;
        Ok(count)
    }

    /// Sends the transaction messages that were already answered once more, with new message ids, as stations do that
    /// forget what they have delivered. Returns how many.
    ///
    /// # Errors
    /// As [`Station::call`], at the first message that fails.
    pub async fn replay_old(&self) -> Result<usize, Error> {
        let old: Vec<Queued> = self.core.state().delivered.iter().cloned().collect();
        for message in &old {
            self.call(message.action, message.payload.clone()).await?;
        }
        Ok(old.len())
    }

    async fn deliver(&self, mut answered: impl FnMut(u64, &Value)) -> Result<(), Error> {
        let _delivery = self.core.delivery.lock().await;
        {
            let mut state = self.core.state();
            if state.is_online() && std::mem::take(&mut state.faults.reorder) {
                state.queue.make_contiguous().reverse();
            }
        }
        loop {
            let Some((id, message)) = self.next_queued() else { return Ok(()) };
            let about = About {
                transaction: message.transaction.clone(),
                seq: message.seq,
                register_wh: Some(message.register_wh),
            };
            let outcome = self.attempt(&id, &message, about).await;
            let mut state = self.core.state();
            if !matches!(&outcome, Err(e) if e.is_unanswered()) {
                // Only this function takes from the queue, but a full queue loses its head.
                if state.queue.front().is_some_and(|q| q.number == message.number) {
                    state.queue.pop_front();
                }
            }
            let answer = outcome?;
            if crate::session::verdict(&answer).is_some_and(|verdict| verdict.status != "Accepted")
                && message.action != "StopTransaction"
                && state.refused.len() < REFUSED_MAX
            {
                state.refused.push(message.local);
            }
            if message.action == "StartTransaction"
                && let Some(given) = answer.get("transactionId").and_then(Value::as_i64)
            {
                state.give_id(message.local, given);
                if let Some(record) = state.acknowledged.back_mut() {
                    record.transaction = Some(given.to_string());
                }
            }
            answered(message.number, &answer);
            state.deliver(message);
        }
    }

    /// Sends a message, and again while it is answered with a CALLERROR, as often and as late as the station is set to.
    async fn attempt(&self, id: &str, message: &Queued, about: About) -> Result<Value, Error> {
        let (attempts, interval) = settings::attempts(&self.core.state());
        let mut tries = 1;
        loop {
            let tried = self.core.call_as(id, message.action, &message.payload, about.clone()).await;
            match tried {
                Err(Error::Call { .. }) if tries < attempts => {
                    tokio::time::sleep(interval * tries).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    /// The head of the queue with its message id and, in 1.6, its transaction id; `None` if there is nothing to do
    /// or no connection.
    fn next_queued(&self) -> Option<(String, Queued)> {
        let mut state = self.core.state();
        if !state.is_online() || !state.is_accepted() {
            return None;
        }
        let fresh = state.message_id();
        let forgetful = state.faults.ids_from_one;
        let local = state.queue.front()?.local;
        let given = state.given_id(local);
        let version = state.version;
        let head = state.queue.front_mut()?;
        if version == Version::V16 {
            patch_16(head, given);
        }
        let id = match &head.message_id {
            Some(id) if !forgetful => id.clone(),
            _ => head.message_id.insert(fresh).clone(),
        };
        Some((id, head.clone()))
    }
}

/// Puts in the transaction id that the CSMS gave. Without one, a StopTransaction says −1 and MeterValues say nothing
/// (1.6 errata 3.18).
fn patch_16(message: &mut Queued, given: Option<i64>) {
    let Some(fields) = message.payload.as_object_mut() else { return };
    let id = match (message.action, given) {
        ("StartTransaction", _) | ("MeterValues", None) => return,
        (_, Some(id)) => id,
        (_, None) => -1,
    };
    message.transaction = Some(id.to_string());
    fields.insert("transactionId".to_owned(), json!(id));
}
