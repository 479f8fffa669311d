//! Transactions, in words that fit all versions.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::bed::Bed;
use super::book::Record;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, ensure};

/// A transaction of the station under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tx {
    /// Its id on the wire: the CSMS's in 1.6, the station's in 2.x.
    pub id: String,
    /// Where it runs.
    pub evse: i64,
}

impl Bed {
    /// Asks for a remote start: the status. `more` is put into the request.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub async fn remote_start(&mut self, evse: i64, remote: i64, more: Value) -> Result<String, Broken> {
        let token = self.card();
        let (action, mut payload) = match self.is_16() {
            true => ("RemoteStartTransaction", json!({ "connectorId": evse, "idTag": token })),
            false => (
                "RequestStartTransaction",
                json!({ "evseId": evse, "remoteStartId": remote, "idToken": card(&token) }),
            ),
        };
        crate::suite::verbs2::merge(&mut payload, more);
        let answer = self.ask(action, payload).await?;
        Ok(answer["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the station tells of a transaction that has begun, and whose token is accepted.
    ///
    /// # Errors
    /// It does not.
    pub async fn started(&mut self, evse: i64, why: &str) -> Result<Tx, Broken> {
        let patience = self.rig.pace.follow_up;
        self.started_within(evse, patience, why).await
    }

    /// As [`Bed::started`], within a time.
    ///
    /// # Errors
    /// It does not.
    pub async fn started_within(&mut self, evse: i64, patience: Duration, why: &str) -> Result<Tx, Broken> {
        let deadline = Instant::now() + patience;
        loop {
            let open = self.book.open().into_iter().rev().find(|(id, at)| *at == evse && self.is_charged(id));
            if let Some((id, evse)) = open {
                return Ok(Tx { id, evse });
            }
            match timeout_at(deadline, self.event()).await {
                Ok(event) => drop(event?),
                Err(_) => {
                    return Err(Broken::fail(format!(
                        "no transaction at EVSE {evse} was told within {patience:?} {why}"
                    )));
                }
            }
        }
    }

    /// Whether somebody pays for a transaction: in 2.x it may begin with the cable alone.
    fn is_charged(&self, id: &str) -> bool {
        let Some(record) = self.book.record(id) else { return false };
        self.is_16()
            || record.messages.iter().any(|(_, event)| {
                event.get("idToken").is_some()
                    || event["transactionInfo"].get("remoteStartId").is_some()
                    || event["triggerReason"] == "RemoteStart"
            })
    }

    /// A transaction that runs: the car is plugged in, and the start is remote.
    ///
    /// # Errors
    /// Any step is refused.
    pub async fn charging(&mut self, evse: i64) -> Result<Tx, Broken> {
        self.plug_in(evse).await?;
        let remote = i64::from(rand::random::<u16>()) + 1;
        let status = self.remote_start(evse, remote, json!({})).await?;
        ensure(status == "Accepted", || {
            format!("a remote start with the cable plugged in is answered {status}")
        })?;
        self.started(evse, "after the remote start").await
    }

    /// Asks for a remote stop: the status.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub async fn remote_stop(&mut self, id: &str) -> Result<String, Broken> {
        let (action, payload) = match self.is_16() {
            true => {
                let number: i64 = id.parse().unwrap_or_default();
                ("RemoteStopTransaction", json!({ "transactionId": number }))
            }
            false => ("RequestStopTransaction", json!({ "transactionId": id })),
        };
        let answer = self.ask(action, payload).await?;
        Ok(answer["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Stops from afar and waits for the end.
    ///
    /// # Errors
    /// It is refused, or the end is not told.
    pub async fn stop(&mut self, tx: &Tx) -> Result<Value, Broken> {
        let status = self.remote_stop(&tx.id).await?;
        ensure(status == "Accepted", || {
            format!("a remote stop of the transaction that runs is answered {status}")
        })?;
        self.ended(tx, "after the remote stop").await
    }

    /// Waits until the end of a transaction is told; some end only when the car leaves, so it does. Returns the message.
    ///
    /// # Errors
    /// It is not told.
    pub async fn ended(&mut self, tx: &Tx, why: &str) -> Result<Value, Broken> {
        let (quiet, patience) = (self.rig.pace.quiet, self.rig.pace.follow_up);
        if self.is_16() || self.rig.operator.is_none() || !self.plugged.contains(&tx.evse) {
            return self.ended_within(tx, patience, why).await?.ok_or_else(|| unended(tx, patience, why));
        }
        if let Some(told) = self.ended_within(tx, patience.min(quiet * 5), why).await? {
            return Ok(told);
        }
        self.note("it has not ended: perhaps it ends when the car leaves");
        self.unplug(tx.evse).await?;
        self.ended_within(tx, patience, why).await?.ok_or_else(|| unended(tx, patience, why))
    }

    /// Waits for the end of a transaction; `None` if it is not told in time.
    ///
    /// # Errors
    /// A broken rule.
    pub async fn ended_within(
        &mut self,
        tx: &Tx,
        patience: Duration,
        why: &str,
    ) -> Result<Option<Value>, Broken> {
        let deadline = Instant::now() + patience;
        loop {
            let Some(record) = self.book.record(&tx.id) else {
                return Err(Broken::fail(format!("nothing was told of transaction {} {why}", tx.id)));
            };
            if record.ended {
                return Ok(record.messages.last().map(|(_, payload)| payload.clone()));
            }
            match timeout_at(deadline, self.event()).await {
                Ok(event) => drop(event?),
                Err(_) => return Ok(None),
            }
        }
    }

    /// What the station told of a transaction.
    ///
    /// # Errors
    /// Nothing.
    pub(crate) fn record(&self, tx: &Tx) -> Result<&Record, Broken> {
        let nothing = || Broken::fail(format!("nothing was told of transaction {}", tx.id));
        self.book.record(&tx.id).ok_or_else(nothing)
    }

    /// The reason of an end, in the words of the version.
    ///
    /// # Errors
    /// It is another one.
    pub(crate) fn reason(&self, told: &Value, old: &[&str], new: &[&str]) -> Play {
        let wanted = if self.is_16() { old } else { new };
        let place = if self.is_16() { &told["reason"] } else { &told["transactionInfo"]["stoppedReason"] };
        // What is left out is Local, in both families.
        let reason = place.as_str().unwrap_or("Local");
        ensure(wanted.contains(&reason), || {
            format!("the transaction ended with the reason {reason} instead of {}", wanted.join(" or "))
        })
    }

    /// Ends what runs and puts back what was changed, so that the next case finds the station as it was.
    pub(crate) async fn tidy(&mut self) {
        self.manners = super::answers::Manners::default();
        self.door.set(super::Mood::Open);
        self.leaving = true;
        if !self.is_online() && self.back("when the case was over").await.is_err() {
            return;
        }
        if let Err(broken) = self.put_back().await {
            self.note(&format!("the station could not be put back as it was: {broken:?}"));
        }
    }

    async fn put_back(&mut self) -> Play {
        if self.book.open().iter().any(|(id, _)| self.is_charged(id)) {
            self.note("the case is over; the suite ends what it left running");
        }
        for (id, evse) in self.book.open() {
            let tx = Tx { id, evse };
            let status = self.remote_stop(&tx.id).await?;
            if status == "Accepted" {
                self.ended(&tx, "when the case was over").await?;
            }
        }
        let mut plugged: Vec<i64> = self.plugged.iter().copied().collect();
        plugged.sort_unstable();
        for evse in plugged {
            self.unplug(evse).await?;
        }
        for (setting, before) in std::mem::take(&mut self.changed).into_iter().rev() {
            self.write(setting, &before).await?;
        }
        if std::mem::take(&mut self.inoperative) {
            self.availability(0, true, &["Accepted", "Scheduled"]).await?;
            for evse in 1..=self.evses().await? {
                self.availability(evse, true, &["Accepted", "Scheduled"]).await?;
            }
        }
        if std::mem::take(&mut self.profiled) {
            for purpose in ["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"] {
                let purpose = match (self.is_16(), purpose) {
                    (false, "ChargePointMaxProfile") => "ChargingStationMaxProfile",
                    _ => purpose,
                };
                let payload = match self.is_16() {
                    true => json!({ "chargingProfilePurpose": purpose }),
                    false => json!({ "chargingProfileCriteria": { "chargingProfilePurpose": purpose } }),
                };
                drop(self.try_ask("ClearChargingProfile", payload).await?);
            }
        }
        let quiet = self.rig.pace.quiet / 4;
        self.listen(quiet).await
    }
}

fn unended(tx: &Tx, patience: Duration, why: &str) -> Broken {
    Broken::fail(format!("the end of transaction {} was not told within {patience:?} {why}", tx.id))
}
