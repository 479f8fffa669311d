//! What a station of 1.6 says.

use serde_json::{Value, json};

use super::case::{Broken, Play, ensure};
use super::entry::now;
use super::stage::{Reply, Running, Stage};

impl Stage {
    /// StatusNotification of a connector, without an error.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn status16(&mut self, connector: u32, status: &str) -> Play {
        self.fault16(connector, status, "NoError").await
    }

    /// StatusNotification of a connector, with an error code.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn fault16(&mut self, connector: u32, status: &str, error: &str) -> Play {
        let payload =
            json!({ "connectorId": connector, "status": status, "errorCode": error, "timestamp": now() });
        self.call("StatusNotification", payload).await.map(drop)
    }

    /// Authorize: the `idTagInfo`.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn authorize16(&mut self, tag: &str) -> Result<Value, Broken> {
        let answer = self.call("Authorize", json!({ "idTag": tag })).await?;
        Ok(answer["idTagInfo"].clone())
    }

    /// Authorize has to be Accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn admitted16(&mut self, tag: &str) -> Play {
        let info = self.authorize16(tag).await?;
        is(&info, "status", "Accepted", "Authorize")
    }

    /// StartTransaction: the id, which has to be one, and the `idTagInfo`.
    ///
    /// # Errors
    /// It is not answered, or with an id that is none.
    pub async fn start16(&mut self, connector: u32, tag: &str, more: Value) -> Result<(i64, Value), Broken> {
        let mut payload =
            json!({ "connectorId": connector, "idTag": tag, "meterStart": 1000, "timestamp": now() });
        super::verbs2::merge(&mut payload, more);
        let answer = self.call("StartTransaction", payload).await?;
        let id = answer["transactionId"].as_i64().unwrap_or_default();
        ensure(id > 0, || format!("the transaction id is {id}: it has to be above 0 (§4.8)"))?;
        if !self.running.contains(&Running::Old(id)) {
            self.running.push(Running::Old(id));
        }
        Ok((id, answer["idTagInfo"].clone()))
    }

    /// Plugs in, authorizes, starts, and charges.
    ///
    /// # Errors
    /// Any step is refused.
    pub async fn begin16(&mut self, connector: u32, tag: &str) -> Result<i64, Broken> {
        self.status16(connector, "Preparing").await?;
        self.admitted16(tag).await?;
        self.started16(connector, tag).await
    }

    /// Starts with a tag that has to be Accepted, and charges.
    ///
    /// # Errors
    /// It is refused.
    pub async fn started16(&mut self, connector: u32, tag: &str) -> Result<i64, Broken> {
        let (id, info) = self.start16(connector, tag, json!({})).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        self.status16(connector, "Charging").await?;
        self.meter16(connector, Some(id), 1500).await?;
        Ok(id)
    }

    /// MeterValues with one reading.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn meter16(&mut self, connector: u32, transaction: Option<i64>, wh: i64) -> Play {
        let mut payload = json!({ "connectorId": connector, "meterValue": [{ "timestamp": now(),
            "sampledValue": [{ "value": wh.to_string() }] }] });
        if let Some(id) = transaction {
            payload["transactionId"] = id.into();
        }
        self.call("MeterValues", payload).await.map(drop)
    }

    /// StopTransaction: the answer.
    ///
    /// # Errors
    /// It is not answered with a result.
    pub async fn stop16(
        &mut self,
        transaction: i64,
        reason: &str,
        tag: Option<&str>,
    ) -> Result<Value, Broken> {
        let mut payload =
            json!({ "transactionId": transaction, "meterStop": 2500, "timestamp": now(), "reason": reason });
        if let Some(tag) = tag {
            payload["idTag"] = tag.into();
        }
        self.running.retain(|running| *running != Running::Old(transaction));
        let answer = self.call("StopTransaction", payload).await?;
        Ok(answer.get("idTagInfo").cloned().unwrap_or_default())
    }

    /// Stops, unplugs, and the connector is free.
    ///
    /// # Errors
    /// Something is not answered, or the stop is refused.
    pub async fn end16(&mut self, connector: u32, transaction: i64, reason: &str, tag: Option<&str>) -> Play {
        let info = self.stop16(transaction, reason, tag).await?;
        ensure(info.is_null() || info["status"] == "Accepted", || {
            format!("StopTransaction is answered {}, not Accepted", info["status"])
        })?;
        self.status16(connector, "Finishing").await?;
        self.status16(connector, "Available").await
    }

    /// Has the CSMS send a call, and answers it with a status.
    ///
    /// # Errors
    /// As [`Stage::ask`].
    pub async fn ask_status(
        &mut self,
        action: &'static str,
        template: Value,
        status: &str,
    ) -> Result<Value, Broken> {
        self.ask(action, template, Reply::With(json!({ "status": status }))).await
    }
}

/// A field has to have this value.
pub(crate) fn is(object: &Value, field: &str, wanted: &str, what: &str) -> Play {
    one_of(object, field, &[wanted], what)
}

/// A field has to have one of these values.
pub(crate) fn one_of(object: &Value, field: &str, wanted: &[&str], what: &str) -> Play {
    let got = object.get(field).and_then(Value::as_str).unwrap_or("nothing");
    ensure(wanted.contains(&got), || {
        format!("{what} is answered with {field} {got} instead of {}", wanted.join(" or "))
    })
}
