//! How the station of a case comes, goes, and comes again.

use ocpp::Version;
use serde_json::{Value, json};

use super::case::{Broken, Play, ensure};
use super::handshake::{self, Greeting, Knock, Link};
use super::hook::Registration;
use super::stage::{Running, Stage};

/// HTTP statuses that refuse a station for what it says of itself.
const REFUSALS: [u16; 3] = [401, 403, 404];

impl Stage {
    /// Connects, boots, and tells that all connectors are free.
    ///
    /// # Errors
    /// The station is not let in, not accepted, or something is not answered.
    pub async fn ready(&mut self) -> Play {
        self.register(Registration::Accepted).await?;
        self.connect().await?;
        self.boot("PowerUp").await?;
        self.all_status("Available").await
    }

    /// Connects as itself.
    ///
    /// # Errors
    /// The station is not let in.
    pub async fn connect(&mut self) -> Play {
        let knock = self.knock();
        let (greeting, link) = self.try_connect(&knock).await?;
        let Some(link) = link else {
            let why = format!("the CSMS refused {} with HTTP {}", self.id, greeting.status);
            if [429, 503].contains(&greeting.status) {
                let told = "it slows stations down, or is too busy; allow many connections of test stations";
                return Err(Broken::Inconclusive(format!("{why}: {told}")));
            }
            let known = self.rig.operator.as_ref().is_some_and(|operator| operator.prepares());
            return Err(match known || !REFUSALS.contains(&greeting.status) {
                true => Broken::Fail(why),
                false => {
                    Broken::Inconclusive(format!("{why}; is it registered there, and is --password right?"))
                }
            });
        };
        ensure(greeting.subprotocol() == Some(self.version.subprotocol()), || {
            let picked = greeting.subprotocol().unwrap_or("none");
            format!("the CSMS picked the subprotocol {picked} instead of {}", self.version.subprotocol())
        })?;
        self.take(link);
        Ok(())
    }

    /// Knocks as the case says, and returns what came of it.
    ///
    /// # Errors
    /// There was no answer at all.
    pub(crate) async fn try_connect(&mut self, knock: &Knock) -> Result<(Greeting, Option<Link>), Broken> {
        let user = knock.basic.as_ref().map_or("nobody", |(user, _)| user).to_owned();
        self.note(&format!("connects to …/{} as {user}, offers {}", knock.path, knock.offered.join(", ")));
        let patience = self.rig.pace.answer;
        match tokio::time::timeout(patience, handshake::knock(knock)).await {
            Err(_) => Err(Broken::fail(format!("no answer to the handshake within {patience:?}"))),
            Ok(Err(why)) => Err(Broken::inconclusive(format!("no connection: {why}"))),
            Ok(Ok((greeting, link))) => {
                self.note(&format!("the CSMS says HTTP {}", greeting.status));
                Ok((greeting, link))
            }
        }
    }

    /// Makes sure that the CSMS refuses to upgrade, for what the station says of itself.
    ///
    /// # Errors
    /// It upgrades, refuses for another reason, or there was no answer.
    pub(crate) async fn refused(&mut self, knock: &Knock, why: &str) -> Play {
        let (greeting, _) = self.try_connect(knock).await?;
        refusal(greeting.status, &REFUSALS, why)
    }

    /// Makes sure that the CSMS does not take a connection without a subprotocol that both know: it refuses to upgrade, or
    /// upgrades without one and closes at once (1.6 J3.1, 2.x J3.3).
    ///
    /// # Errors
    /// It takes it, refuses for another reason, or there was no answer.
    pub(crate) async fn without_subprotocol(&mut self, knock: &Knock) -> Play {
        let why = "with no subprotocol that both know";
        let (greeting, link) = self.try_connect(knock).await?;
        if let (Some(mut link), None) = (link, greeting.subprotocol())
            && tokio::time::timeout(self.rig.pace.answer, link.next()).await == Ok(None)
        {
            self.note("the CSMS closed the connection that has no subprotocol");
            return Ok(());
        }
        refusal(greeting.status, &[400, 401, 403, 404], why)
    }

    /// Takes a connection over; the one before is dropped.
    pub(crate) fn take(&mut self, link: Link) {
        self.link = Some(link);
        self.waiting.clear();
    }

    /// Cuts the connection without a word.
    pub fn cut(&mut self) {
        self.note("the station loses its connection");
        self.link = None;
        self.waiting.clear();
    }

    /// Says goodbye.
    pub async fn leave(&mut self) {
        if let Some(link) = self.link.take() {
            link.close(self.rig.pace.quiet).await;
        }
    }

    /// Ends what a case has left running, so that the next finds its tokens free. It is no part of the verdict.
    pub(crate) async fn tidy(&mut self) {
        let left = std::mem::take(&mut self.running);
        if left.is_empty() {
            return;
        }
        self.note("the case is over; the suite ends what it left running");
        if self.link.is_none() && self.connect().await.is_err() {
            return;
        }
        for running in left {
            let ended = match running {
                Running::Old(id) => self.stop16(id, "Other", None).await.map(drop),
                Running::New(mut tx) => {
                    let more = json!({ "transactionInfo": { "stoppedReason": "Other" } });
                    self.tell(&mut tx, "Ended", "AbnormalCondition", "Idle", more).await.map(drop)
                }
            };
            if ended.is_err() {
                return;
            }
        }
    }

    /// Goes away and comes back, as after a reset.
    ///
    /// # Errors
    /// As [`Stage::ready`].
    pub async fn reboot(&mut self, reason: &str) -> Play {
        self.leave().await;
        self.note("the station reboots");
        self.connect().await?;
        self.boot(reason).await?;
        self.all_status("Available").await
    }

    /// Sends BootNotification and takes any registration status.
    ///
    /// # Errors
    /// No valid answer.
    pub async fn boot_answer(&mut self, reason: &str) -> Result<Value, Broken> {
        let payload = match self.version {
            Version::V16 => json!({ "chargePointVendor": "Wattline", "chargePointModel": "Suite",
                "chargePointSerialNumber": self.serial(), "firmwareVersion": "1.0" }),
            Version::V201 | Version::V21 => json!({ "reason": reason, "chargingStation": {
                "vendorName": "Wattline", "model": "Suite", "serialNumber": self.serial(),
                "firmwareVersion": "1.0" } }),
        };
        let answer = self.call("BootNotification", payload).await?;
        let interval = answer.get("interval").and_then(Value::as_i64).unwrap_or_default();
        ensure(interval >= 0, || format!("BootNotification is answered with an interval of {interval}"))?;
        Ok(answer)
    }

    /// Sends BootNotification and has to be accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn boot(&mut self, reason: &str) -> Play {
        let answer = self.boot_answer(reason).await?;
        let status = answer.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
        ensure(status == "Accepted", || format!("BootNotification is answered {status}, not Accepted"))
    }

    fn serial(&self) -> String {
        self.id.chars().take(25).collect()
    }

    /// Tells a status of each connector: two EVSEs (or connectors of 1.6).
    ///
    /// # Errors
    /// One is not answered.
    pub async fn all_status(&mut self, status: &str) -> Play {
        if self.version == Version::V16 {
            self.status16(0, if status == "Occupied" { "Available" } else { status }).await?;
        }
        for evse in 1..=2 {
            self.status(evse, status).await?;
        }
        Ok(())
    }

    /// Tells the status of the connector of an EVSE (or a connector of 1.6).
    ///
    /// # Errors
    /// It is not answered.
    pub async fn status(&mut self, evse: u32, status: &str) -> Play {
        match self.version {
            Version::V16 => {
                self.status16(evse, if status == "Occupied" { "Preparing" } else { status }).await
            }
            Version::V201 | Version::V21 => {
                let payload = json!({ "timestamp": now(), "connectorStatus": status, "evseId": evse,
                    "connectorId": 1 });
                self.call("StatusNotification", payload).await.map(drop)
            }
        }
    }

    /// Sends Heartbeat.
    ///
    /// # Errors
    /// It is not answered.
    pub async fn heartbeat(&mut self) -> Play {
        self.call("Heartbeat", json!({})).await.map(drop)
    }

    /// The case is for CSMS that claim a feature.
    ///
    /// # Errors
    /// It was not claimed.
    pub fn needs(&self, feature: &str) -> Play {
        match self.rig.claims(feature) {
            true => Ok(()),
            false => Err(Broken::NotApplicable(format!(
                "the feature {feature} is not declared (--feature {feature})"
            ))),
        }
    }
}

/// A refusal has to be one of these statuses.
fn refusal(status: u16, wanted: &[u16], why: &str) -> Play {
    match status {
        101 => Err(Broken::fail(format!("the connection was upgraded, {why}"))),
        status if wanted.contains(&status) => Ok(()),
        429 | 503 => Err(Broken::inconclusive(format!(
            "HTTP {status}, {why}: the CSMS slows stations down, or is too busy; whether it would have refused is not known"
        ))),
        status => {
            let wanted = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            Err(Broken::fail(format!("HTTP {status} instead of {wanted}, {why}")))
        }
    }
}

/// Now, as stations write it.
pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Some seconds from now (or before, if negative), as stations write it.
pub(crate) fn in_seconds(seconds: i64) -> String {
    let at = chrono::Utc::now() + chrono::Duration::seconds(seconds);
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
