//! What a CSMS asks of a station, in words that fit all versions.

use ocpp::Version;
use serde_json::{Value, json};

use super::bed::Bed;
use super::settings::CONNECTORS;
use crate::suite::case::{Broken, Play, ensure};

impl Bed {
    /// Whether 1.6 is spoken.
    pub fn is_16(&self) -> bool {
        self.version == Version::V16
    }

    /// Asks for something, and the status of the answer has to be one of these; returns the answer.
    ///
    /// # Errors
    /// It is another, or as [`Bed::ask`].
    pub async fn ask_status(
        &mut self,
        action: &str,
        payload: Value,
        wanted: &[&str],
    ) -> Result<Value, Broken> {
        let answer = self.ask(action, payload).await?;
        let got = answer["status"].as_str().unwrap_or_default();
        ensure(wanted.contains(&got), || {
            format!("{action} is answered {got} instead of {}", wanted.join(" or "))
        })?;
        Ok(answer)
    }

    /// As [`Bed::ask`], where a station may say by CALLERROR that it has no such feature.
    ///
    /// # Errors
    /// The station does not have it: not applicable.
    pub async fn ask_feature(&mut self, action: &str, payload: Value) -> Result<Value, Broken> {
        match self.try_ask(action, payload).await? {
            Ok(answer) => Ok(answer),
            Err(error) if matches!(error.code.as_str(), "NotSupported" | "NotImplemented") => {
                Err(Broken::NotApplicable(format!("the station has no {action}: {error}")))
            }
            Err(error) => Err(Broken::fail(format!("{action} was answered with a CALLERROR: {error}"))),
        }
    }

    /// Resets the station: `hard` is Hard of 1.6 and Immediate of 2.x, else Soft and OnIdle. Returns the status.
    ///
    /// # Errors
    /// As [`Bed::ask_status`].
    pub async fn reset(&mut self, hard: bool, wanted: &[&str]) -> Result<String, Broken> {
        self.leaving = true;
        let kind = match (self.is_16(), hard) {
            (true, true) => "Hard",
            (true, false) => "Soft",
            (false, true) => "Immediate",
            (false, false) => "OnIdle",
        };
        let answer = self.ask_status("Reset", json!({ "type": kind }), wanted).await?;
        Ok(answer["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the station has come back and booted; returns its BootNotification.
    ///
    /// # Errors
    /// It does not.
    pub async fn booted(&mut self, why: &str) -> Result<Value, Broken> {
        let patience = self.rig.pace.back;
        self.expect_within("BootNotification", json!({}), patience, why).await
    }

    /// Waits until the station is connected again.
    ///
    /// # Errors
    /// It does not come.
    pub async fn back(&mut self, why: &str) -> Play {
        let before = self.connections;
        self.back_after(before, why).await
    }

    /// Waits until the station is connected and has connected oftener than before.
    ///
    /// # Errors
    /// It does not come.
    pub async fn back_after(&mut self, before: usize, why: &str) -> Play {
        let patience = if self.away { self.rig.pace.quiet } else { self.rig.pace.back };
        let deadline = tokio::time::Instant::now() + patience;
        while !self.is_online() || self.connections <= before {
            match tokio::time::timeout_at(deadline, self.event()).await {
                Ok(event) => drop(event?),
                Err(_) => {
                    self.away = true;
                    return Err(Broken::fail(format!(
                        "the station did not come back within {patience:?} {why}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Takes something in or out of service: an EVSE, or the station (0). Returns the status.
    ///
    /// # Errors
    /// As [`Bed::ask_status`].
    pub async fn availability(
        &mut self,
        evse: i64,
        operative: bool,
        wanted: &[&str],
    ) -> Result<String, Broken> {
        if !operative {
            self.inoperative = true;
        }
        let kind = if operative { "Operative" } else { "Inoperative" };
        let payload = match (self.is_16(), evse) {
            (true, _) => json!({ "connectorId": evse, "type": kind }),
            (false, 0) => json!({ "operationalStatus": kind }),
            (false, _) => json!({ "operationalStatus": kind, "evse": { "id": evse } }),
        };
        let answer = self.ask_status("ChangeAvailability", payload, wanted).await?;
        Ok(answer["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits for a status of a connector: by StatusNotification, or in 2.x by NotifyEvent.
    ///
    /// # Errors
    /// It does not come.
    pub async fn status(&mut self, evse: i64, wanted: &[&str], why: &str) -> Play {
        let patience = self.rig.pace.follow_up;
        self.status_within(evse, wanted, patience, why).await
    }

    /// As [`Bed::status`], within a time.
    ///
    /// # Errors
    /// It does not come.
    pub async fn status_within(
        &mut self,
        evse: i64,
        wanted: &[&str],
        patience: std::time::Duration,
        why: &str,
    ) -> Play {
        let deadline = tokio::time::Instant::now() + patience;
        let is_16 = self.is_16();
        loop {
            let told =
                |payload: &Value| told_status(is_16, evse, payload).is_some_and(|s| wanted.contains(&s));
            let event = |payload: &Value| told_event(evse, payload).is_some_and(|s| wanted.contains(&s));
            if self.took("StatusNotification", told).is_some() || self.took("NotifyEvent", event).is_some() {
                return Ok(());
            }
            match tokio::time::timeout_at(deadline, self.event()).await {
                Ok(event) => drop(event?),
                Err(_) => {
                    let wanted = wanted.join(" or ");
                    return Err(Broken::fail(format!(
                        "EVSE {evse} was not told to be {wanted} within {patience:?} {why}"
                    )));
                }
            }
        }
    }

    /// How many EVSEs (connectors of 1.6) there are: what the station says, or the user (`evses`), or one.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub async fn evses(&mut self) -> Result<i64, Broken> {
        if let Some(told) = self.rig.rules.values.get("evses").and_then(|text| text.parse().ok()) {
            return Ok(told);
        }
        if self.is_16() {
            let told = self.setting(&CONNECTORS).await?;
            return Ok(told.and_then(|text| text.parse().ok()).unwrap_or(1));
        }
        Ok(1)
    }

    /// Triggers a message: the status of the answer.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub async fn trigger(&mut self, message: &str, evse: Option<i64>) -> Result<String, Broken> {
        let mut payload = json!({ "requestedMessage": message });
        if let Some(evse) = evse {
            match self.is_16() {
                true => payload["connectorId"] = evse.into(),
                false if message == "StatusNotification" => {
                    payload["evse"] = json!({ "id": evse, "connectorId": 1 });
                }
                false => payload["evse"] = json!({ "id": evse }),
            }
        }
        let answer = self.ask_feature("TriggerMessage", payload).await?;
        Ok(answer["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Triggers a message, which has to come.
    ///
    /// # Errors
    /// It is refused, or does not come.
    pub async fn triggered(
        &mut self,
        message: &str,
        evse: Option<i64>,
        template: Value,
    ) -> Result<Value, Broken> {
        self.forget();
        let status = self.trigger(message, evse).await?;
        ensure(status == "Accepted", || format!("TriggerMessage of {message} is answered {status}"))?;
        self.expect(message, template, "after TriggerMessage").await
    }
}

/// The status of a connector in a StatusNotification, if it is about this EVSE.
fn told_status(is_16: bool, evse: i64, payload: &Value) -> Option<&str> {
    let (place, status) = if is_16 { ("connectorId", "status") } else { ("evseId", "connectorStatus") };
    (payload[place] == evse).then(|| payload[status].as_str()).flatten()
}

/// The same in a NotifyEvent of 2.x.
fn told_event(evse: i64, payload: &Value) -> Option<&str> {
    let events = payload["eventData"].as_array()?;
    let fits = |event: &&Value| {
        event["variable"]["name"] == "AvailabilityState" && event["component"]["evse"]["id"] == evse
    };
    events.iter().find(fits)?["actualValue"].as_str()
}
