//! What a station of 2.x says.

use serde_json::{Value, json};

use super::asking::card;
use super::case::{Broken, Play, ensure};
use super::entry::now;
use super::rig::TokenKind;
use super::stage::{Running, Stage};
use super::verbs16::is;

/// A transaction of the station.
#[derive(Debug, Clone, PartialEq)]
pub struct Tx {
    /// Its id, which the station makes.
    pub id: String,
    /// Where it is.
    pub evse: u32,
    /// The number of its next message.
    pub next: u64,
}

/// Puts the fields of `more` into an object; objects within are merged.
pub(crate) fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, value) in more {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

/// A reading of the energy register.
pub(crate) fn reading(context: &str, wh: i64) -> Value {
    json!([{ "timestamp": now(), "sampledValue": [{ "value": wh, "context": context,
        "measurand": "Energy.Active.Import.Register", "unitOfMeasure": { "unit": "Wh" } }] }])
}

impl Stage {
    /// A transaction that no message has told of yet.
    pub fn tx(&mut self, evse: u32) -> Tx {
        let id = format!("{:016x}{:08x}", rand::random::<u64>(), rand::random::<u32>());
        Tx { id, evse, next: 0 }
    }

    /// TransactionEvent: kind, trigger and charging state, and whatever else is to stand in it.
    ///
    /// # Errors
    /// It is not answered with a result.
    pub async fn tell(
        &mut self,
        tx: &mut Tx,
        kind: &str,
        trigger: &str,
        state: &str,
        more: Value,
    ) -> Result<Value, Broken> {
        let mut payload = json!({ "eventType": kind, "timestamp": now(), "triggerReason": trigger,
            "seqNo": tx.next, "transactionInfo": { "transactionId": tx.id, "chargingState": state } });
        if kind == "Started" {
            payload["evse"] = json!({ "id": tx.evse, "connectorId": 1 });
        }
        merge(&mut payload, more);
        tx.next += 1;
        let other = |running: &Running| !matches!(running, Running::New(known) if known.id == tx.id);
        self.running.retain(other);
        if kind != "Ended" {
            self.running.push(Running::New(tx.clone()));
        }
        self.call("TransactionEvent", payload).await
    }

    /// Authorize: the `idTokenInfo`.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn authorize(&mut self, token: &str) -> Result<Value, Broken> {
        let answer = self.call("Authorize", json!({ "idToken": card(token) })).await?;
        Ok(answer["idTokenInfo"].clone())
    }

    /// Authorize has to be Accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn admitted(&mut self, token: &str) -> Play {
        let info = self.authorize(token).await?;
        is(&info, "status", "Accepted", "Authorize")
    }

    /// A token that may charge.
    ///
    /// # Errors
    /// There is none.
    pub async fn valid(&mut self) -> Result<String, Broken> {
        self.token(TokenKind::Valid).await
    }

    /// Plugs in, authorizes, starts, and charges.
    ///
    /// # Errors
    /// Any step is refused.
    pub async fn begin(&mut self, evse: u32, token: &str) -> Result<Tx, Broken> {
        self.status(evse, "Occupied").await?;
        let mut tx = self.tx(evse);
        self.tell(&mut tx, "Started", "CablePluggedIn", "EVConnected", json!({})).await?;
        self.admitted(token).await?;
        self.charge(&mut tx, token).await?;
        Ok(tx)
    }

    /// The token is presented and energy flows; the CSMS has to accept it.
    ///
    /// # Errors
    /// It does not.
    pub async fn charge(&mut self, tx: &mut Tx, token: &str) -> Play {
        let answer =
            self.tell(tx, "Updated", "Authorized", "EVConnected", json!({ "idToken": card(token) })).await?;
        self.accepted(&answer)?;
        let more = json!({ "meterValue": reading("Transaction.Begin", 1000) });
        self.tell(tx, "Updated", "ChargingStateChanged", "Charging", more).await.map(drop)
    }

    /// The answer to a TransactionEvent with a token has to accept it.
    ///
    /// # Errors
    /// It does not.
    pub fn accepted(&self, answer: &Value) -> Play {
        is(&answer["idTokenInfo"], "status", "Accepted", "TransactionEvent")
    }

    /// The token is presented again, energy stops, the car leaves.
    ///
    /// # Errors
    /// Any step is refused.
    pub async fn stop(&mut self, tx: &mut Tx, token: &str) -> Result<Value, Broken> {
        let more = json!({ "idToken": card(token) });
        let answer = self.tell(tx, "Updated", "StopAuthorized", "EVConnected", more).await?;
        self.accepted(&answer)?;
        self.end(tx, "EVCommunicationLost", "Local").await
    }

    /// Ended, and the connector is free; returns the answer to Ended.
    ///
    /// # Errors
    /// Something is not answered.
    pub async fn end(&mut self, tx: &mut Tx, trigger: &str, reason: &str) -> Result<Value, Broken> {
        let more = json!({ "transactionInfo": { "stoppedReason": reason },
            "meterValue": reading("Transaction.End", 2500) });
        let answer = self.tell(tx, "Ended", trigger, "Idle", more).await?;
        self.status(tx.evse, "Available").await?;
        Ok(answer)
    }

    /// NotifyEvent with one event of a component's variable; the answer has to be empty.
    ///
    /// # Errors
    /// It is not.
    pub async fn notify(&mut self, component: Value, variable: &str, value: &str, more: Value) -> Play {
        let mut event = json!({ "eventId": 1, "timestamp": now(), "trigger": "Delta", "actualValue": value,
            "eventNotificationType": "HardWiredNotification", "component": component,
            "variable": { "name": variable } });
        merge(&mut event, more);
        let payload = json!({ "generatedAt": now(), "seqNo": 0, "eventData": [event] });
        let answer = self.call("NotifyEvent", payload).await?;
        let extra = answer.as_object().is_some_and(|fields| fields.keys().any(|name| name != "customData"));
        ensure(!extra, || format!("the answer to NotifyEvent is {answer} instead of empty (N07.FR.03)"))
    }

    /// The identifier of a call as the CSMS gave it: `requestId`, and from 0 up.
    ///
    /// # Errors
    /// It is none.
    pub fn request_id(&self, payload: &Value) -> Result<i64, Broken> {
        let id = payload["requestId"].as_i64().unwrap_or(-1);
        ensure(id >= 0, || format!("requestId is {id}: it has to be from 0 up"))?;
        Ok(id)
    }
}
