//! Settings by what they mean: a key of 1.6, or a variable of 2.x.

use ocpp::Version;
use serde_json::{Value, json};

use super::bed::Bed;
use crate::suite::case::{Broken, Play};

/// A setting of a station.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key of 1.6; empty: 1.6 does not have it.
    old: &'static str,
    /// Component, variable and instance of 2.x; no component: 2.x does not have it.
    new: (&'static str, &'static str, &'static str),
}

const fn setting(old: &'static str, component: &'static str, variable: &'static str) -> Setting {
    Setting { old, new: (component, variable, "") }
}

const fn instance(old: &'static str, variable: &'static str, instance: &'static str) -> Setting {
    Setting { old, new: ("OCPPCommCtrlr", variable, instance) }
}

/// Seconds between heartbeats.
pub(crate) static HEARTBEAT: Setting = setting("HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval");
/// Seconds between readings in a transaction.
pub(crate) static SAMPLE: Setting =
    setting("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval");
/// Whether the CSMS is asked about the token of a remote start.
pub(crate) static AUTHORIZE_REMOTE: Setting =
    setting("AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart");
/// Seconds to plug in.
pub(crate) static PLUG_IN_WITHIN: Setting = setting("ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut");
/// How often a transaction message is tried.
pub(crate) static ATTEMPTS: Setting =
    instance("TransactionMessageAttempts", "MessageAttempts", "TransactionEvent");
/// Seconds between the tries, times the number of tries before.
pub(crate) static ATTEMPT_INTERVAL: Setting =
    instance("TransactionMessageRetryInterval", "MessageAttemptInterval", "TransactionEvent");
/// The first wait before connecting again.
pub(crate) static BACK_OFF: Setting = setting("", "OCPPCommCtrlr", "RetryBackOffWaitMinimum");
/// What is added to a wait at random, at most.
pub(crate) static BACK_OFF_RANDOM: Setting = setting("", "OCPPCommCtrlr", "RetryBackOffRandomRange");
/// How often the wait is doubled.
pub(crate) static BACK_OFF_DOUBLINGS: Setting = setting("", "OCPPCommCtrlr", "RetryBackOffRepeatTimes");
/// Whether a token that nobody knows may charge while the station is offline.
pub(crate) static OFFLINE_UNKNOWN: Setting =
    setting("AllowOfflineTxForUnknownId", "AuthCtrlr", "OfflineTxForUnknownIdEnabled");
/// How many connectors there are.
pub(crate) static CONNECTORS: Setting = setting("NumberOfConnectors", "", "");
/// The features of a 1.6 station.
pub(crate) static PROFILES: Setting = setting("SupportedFeatureProfiles", "", "");

impl Setting {
    /// The key that a version has for it.
    pub(crate) fn name(&self, version: Version) -> String {
        match version {
            Version::V16 => self.old.to_owned(),
            Version::V201 | Version::V21 if self.new.2.is_empty() => format!("{}.{}", self.new.0, self.new.1),
            Version::V201 | Version::V21 => format!("{}.{}[{}]", self.new.0, self.new.1, self.new.2),
        }
    }

    fn place(&self) -> Value {
        let (component, variable, instance) = self.new;
        let mut place = json!({ "component": { "name": component }, "variable": { "name": variable } });
        if !instance.is_empty() {
            place["variable"]["instance"] = instance.into();
        }
        place
    }
}

impl Bed {
    /// What a setting is; `None` if the station does not have it.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub async fn setting(&mut self, setting: &Setting) -> Result<Option<String>, Broken> {
        if self.version == Version::V16 {
            let answer = self.ask("GetConfiguration", json!({ "key": [setting.old] })).await?;
            let keys = answer["configurationKey"].as_array();
            let found = keys.into_iter().flatten().find(|key| key["key"] == setting.old);
            return Ok(found.and_then(|key| key["value"].as_str()).map(str::to_owned));
        }
        let answer = self.ask("GetVariables", json!({ "getVariableData": [setting.place()] })).await?;
        Ok(answer["getVariableResult"][0]["attributeValue"].as_str().map(str::to_owned))
    }

    /// Writes a setting: the status.
    ///
    /// # Errors
    /// As [`Bed::ask`].
    pub(crate) async fn write(&mut self, setting: &Setting, value: &str) -> Result<String, Broken> {
        let answer = if self.version == Version::V16 {
            let payload = json!({ "key": setting.old, "value": value });
            self.ask("ChangeConfiguration", payload).await?["status"].take()
        } else {
            let mut item = setting.place();
            item["attributeValue"] = value.into();
            let payload = json!({ "setVariableData": [item] });
            self.ask("SetVariables", payload).await?["setVariableResult"][0]["attributeStatus"].take()
        };
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// Sets what a case needs; what was there is put back when the case is over.
    ///
    /// # Errors
    /// The station does not take it: the case cannot be played.
    pub(crate) async fn need(&mut self, setting: &'static Setting, value: &str) -> Play {
        let name = setting.name(self.version);
        let Some(before) = self.setting(setting).await? else {
            return Err(Broken::NotApplicable(format!("the station has no {name}")));
        };
        if before.eq_ignore_ascii_case(value) {
            return Ok(());
        }
        let status = self.write(setting, value).await?;
        if status != "Accepted" {
            return Err(Broken::NotApplicable(format!(
                "the station does not take {name} = {value}: {status}"
            )));
        }
        self.changed.push((setting, before));
        Ok(())
    }
}
