//! Wishes for calls in Wattline's own words, so that what a run looks at is what Wattline makes of its commands: numbers, parts,
//! names. A call that no word can say, or not all of, goes raw.

mod parts;
#[cfg(test)]
mod tests;

use parts::{
    Fields, certificate, customer, der_control, firmware, identifier, kebab, kebabs, monitor, network,
    places, put, reset, say, schedule_update, setting, variable,
};
use serde_json::{Value, json};

/// The command of the REST API for a call. `free` are JSON pointers to what is an example only: of these, numbers that
/// Wattline gives itself are left to it.
pub(super) fn command(version: &str, action: &str, payload: &Value, free: &[String]) -> Value {
    let old = version == "ocpp1.6";
    let said = Fields::of(payload.clone()).and_then(|fields| Wish { old, free }.word(action, fields));
    said.unwrap_or_else(|| json!({"command": "call", "action": action, "payload": payload}))
}

/// Calls whose fields only have other names with us: action, word, and the names. The first table holds in every version.
type Renamed = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EVERYWHERE: &[Renamed] = &[
    ("ClearCache", "clear-cache", &[]),
    ("GetLocalListVersion", "list-version", &[]),
    ("CancelReservation", "cancel-reservation", &[("reservationId", "number")]),
    ("DataTransfer", "data-transfer", &[("vendorId", "vendor"), ("messageId", "message"), ("data", "data")]),
    (
        "InstallCertificate",
        "install-certificate",
        &[("certificateType", "kind"), ("certificate", "certificate")],
    ),
];

const OLD: &[Renamed] = &[
    ("UnlockConnector", "unlock", &[("connectorId", "evse")]),
    (
        "GetCompositeSchedule",
        "composite",
        &[("connectorId", "evse"), ("duration", "duration_s"), ("chargingRateUnit", "unit")],
    ),
    (
        "UpdateFirmware",
        "update-firmware",
        &[
            ("location", "url"),
            ("retrieveDate", "retrieve_at"),
            ("retries", "retries"),
            ("retryInterval", "retry_interval_s"),
        ],
    ),
    (
        "GetDiagnostics",
        "get-log",
        &[
            ("location", "url"),
            ("startTime", "from"),
            ("stopTime", "to"),
            ("retries", "retries"),
            ("retryInterval", "retry_interval_s"),
        ],
    ),
];

const NEW: &[Renamed] = &[
    ("RequestStopTransaction", "stop", &[("transactionId", "transaction")]),
    ("UnlockConnector", "unlock", &[("evseId", "evse"), ("connectorId", "connector")]),
    (
        "GetCompositeSchedule",
        "composite",
        &[("evseId", "evse"), ("duration", "duration_s"), ("chargingRateUnit", "unit")],
    ),
    ("SetMonitoringLevel", "monitoring-level", &[("severity", "severity")]),
    ("GetDisplayMessages", "list-displays", &[("id", "ids"), ("priority", "priority"), ("state", "state")]),
    ("ClearDisplayMessage", "clear-display", &[("id", "id")]),
    ("ClearVariableMonitoring", "clear-monitors", &[("id", "ids")]),
    ("SetDefaultTariff", "set-tariff", &[("evseId", "evse"), ("tariff", "tariff")]),
    ("GetTariffs", "list-tariffs", &[("evseId", "evse")]),
    ("ClearTariffs", "clear-tariffs", &[("tariffIds", "ids"), ("evseId", "evse")]),
    ("ChangeTransactionTariff", "change-tariff", &[("transactionId", "transaction"), ("tariff", "tariff")]),
    ("GetPeriodicEventStream", "list-streams", &[]),
    ("AFRRSignal", "afrr-signal", &[("signal", "signal"), ("timestamp", "at")]),
    (
        "NotifyAllowedEnergyTransfer",
        "allow-energy-transfer",
        &[("transactionId", "transaction"), ("allowedEnergyTransfer", "allowed")],
    ),
    ("UsePriorityCharging", "use-priority", &[("transactionId", "transaction"), ("activate", "on")]),
    (
        "GetDERControl",
        "get-der-control",
        &[("controlId", "id"), ("controlType", "kind"), ("isDefault", "default")],
    ),
    (
        "ClearDERControl",
        "clear-der-control",
        &[("controlId", "id"), ("controlType", "kind"), ("isDefault", "default")],
    ),
];

/// A wish that is being put into words.
struct Wish<'a> {
    /// 1.6, whose connectors are our EVSEs.
    old: bool,
    free: &'a [String],
}

impl Wish<'_> {
    fn is_free(&self, place: &str) -> bool {
        self.free.iter().any(|free| free == place)
    }

    fn word(&self, action: &str, mut fields: Fields) -> Option<Value> {
        // Requests are numbered by Wattline.
        for number in ["requestId", "remoteStartId"] {
            fields.take(number);
        }
        let tables = EVERYWHERE.iter().chain(if self.old { OLD } else { NEW });
        if let Some((_, word, names)) = tables.into_iter().find(|(is, ..)| *is == action) {
            let said = say(word, fields.named(names));
            return fields.done(said);
        }
        match action {
            "RemoteStartTransaction" | "RequestStartTransaction" => self.start(fields),
            "RemoteStopTransaction" => {
                let transaction = fields.take("transactionId")?.to_string();
                fields.done(json!({"command": "stop", "transaction": transaction}))
            }
            "Reset" => reset(fields),
            "ChangeAvailability" => self.availability(fields),
            "GetConfiguration" => match fields.list("key") {
                None => fields.done(json!({"command": "inventory"})),
                Some(keys) => {
                    let names: Vec<Value> = keys.iter().map(|key| json!({"name": key})).collect();
                    fields.done(json!({"command": "read", "variables": names}))
                }
            },
            "ChangeConfiguration" => {
                let (key, value) = (fields.take("key")?, fields.take("value")?);
                fields.done(
                    json!({"command": "write", "variables": [{"variable": {"name": key}, "value": value}]}),
                )
            }
            "GetVariables" => {
                let names: Option<Vec<Value>> =
                    fields.list("getVariableData")?.into_iter().map(variable).collect();
                fields.done(json!({"command": "read", "variables": names?}))
            }
            "SetVariables" => {
                let settings: Option<Vec<Value>> =
                    fields.list("setVariableData")?.into_iter().map(setting).collect();
                fields.done(json!({"command": "write", "variables": settings?}))
            }
            "GetBaseReport" => {
                let base = kebab(fields.text("reportBase")?.strip_suffix("Inventory")?);
                fields.done(json!({"command": "inventory", "base": base}))
            }
            "GetReport" => {
                let mut said = json!({"command": "report"});
                put(&mut said, "states", kebabs(fields.list("componentCriteria"), ""));
                put(&mut said, "variables", places(&mut fields)?);
                fields.done(said)
            }
            "GetMonitoringReport" => {
                let mut said = json!({"command": "list-monitors"});
                put(&mut said, "sorts", kebabs(fields.list("monitoringCriteria"), "Monitoring"));
                put(&mut said, "variables", places(&mut fields)?);
                fields.done(said)
            }
            "SetMonitoringBase" => {
                let base = kebab(&fields.text("monitoringBase")?);
                fields.done(json!({"command": "monitoring-base", "base": base}))
            }
            "SetVariableMonitoring" => {
                let monitors: Option<Vec<Value>> =
                    fields.list("setMonitoringData")?.into_iter().map(monitor).collect();
                fields.done(json!({"command": "set-monitors", "monitors": monitors?}))
            }
            "SendLocalList" => self.list(fields),
            "ReserveNow" => self.reserve(fields),
            "SetChargingProfile" => {
                let (evse, place) = match self.old {
                    true => (fields.take("connectorId")?, "csChargingProfiles"),
                    false => (fields.take("evseId")?, "chargingProfile"),
                };
                let profile = self.profile(fields.object(place)?, place)?;
                fields.done(json!({"command": "set-profile", "evse": evse, "profile": profile}))
            }
            "ClearChargingProfile" => self.clear_profile(fields),
            "TriggerMessage" | "ExtendedTriggerMessage" => self.trigger(action, fields),
            "GetLog" => self.log(fields),
            "UpdateFirmware" | "SignedUpdateFirmware" => firmware(fields),
            "GetInstalledCertificateIds" => {
                let kinds = match fields.take("certificateType") {
                    None => json!([]),
                    Some(Value::Array(kinds)) => Value::Array(kinds),
                    Some(kind) => json!([kind]),
                };
                fields.done(json!({"command": "list-certificates", "kinds": kinds}))
            }
            "DeleteCertificate" => {
                let hash = certificate(fields.object("certificateHashData")?)?;
                fields.done(say("delete-certificate", hash))
            }
            "CustomerInformation" => customer(fields),
            "SetNetworkProfile" => network(fields),
            "SetDisplayMessage" => self.display(fields),
            "RequestBatterySwap" => {
                let token = identifier(fields.object("idToken")?)?;
                fields.done(json!({"command": "battery-swap", "token": token}))
            }
            "AdjustPeriodicEventStream" => {
                let mut params = fields.object("params")?;
                let mut said =
                    say("adjust-stream", params.named(&[("interval", "interval_s"), ("values", "values")]));
                said["stream"] = fields.take("id")?;
                params.done(())?;
                fields.done(said)
            }
            "UpdateDynamicSchedule" => schedule_update(fields),
            "SetDERControl" => der_control(fields),
            // CertificateSigned, CostUpdated, GetChargingProfiles, GetTransactionStatus, NotifyWebPaymentStarted,
            // PublishFirmware and UnpublishFirmware have no word.
            _ => None,
        }
    }

    fn start(&self, mut fields: Fields) -> Option<Value> {
        let mut said = json!({"command": "start"});
        let (token, place) = match self.old {
            true => (json!({"uid": fields.take("idTag")?}), "connectorId"),
            false => (identifier(fields.object("idToken")?)?, "evseId"),
        };
        said["token"] = token;
        put(&mut said, "evse", fields.take(place));
        if let Some(group) = fields.object("groupIdToken") {
            said["group"] = identifier(group)?;
        }
        if let Some(profile) = fields.object("chargingProfile") {
            said["profile"] = self.profile(profile, "chargingProfile")?;
        }
        fields.done(said)
    }

    fn availability(&self, mut fields: Fields) -> Option<Value> {
        let to = fields.text(if self.old { "type" } else { "operationalStatus" })?;
        let mut said = json!({"command": "availability", "operative": to == "Operative"});
        if self.old {
            put(&mut said, "evse", fields.take("connectorId").filter(|connector| *connector != 0));
        } else if let Some(mut evse) = fields.object("evse") {
            put(&mut said, "evse", evse.take("id"));
            put(&mut said, "connector", evse.take("connectorId"));
            evse.done(())?;
        }
        fields.done(said)
    }

    fn list(&self, mut fields: Fields) -> Option<Value> {
        let version = fields.take(if self.old { "listVersion" } else { "versionNumber" })?;
        let full = fields.text("updateType")? == "Full";
        let entries = fields.list("localAuthorizationList").unwrap_or_default();
        let entries: Option<Vec<Value>> = entries.into_iter().map(|entry| self.entry(entry)).collect();
        fields.done(json!({"command": "send-list", "version": version, "full": full, "entries": entries?}))
    }

    fn entry(&self, entry: Value) -> Option<Value> {
        let mut fields = Fields::of(entry)?;
        let (token, info) = match self.old {
            true => (json!({"uid": fields.take("idTag")?}), fields.object("idTagInfo")),
            false => (identifier(fields.object("idToken")?)?, fields.object("idTokenInfo")),
        };
        let mut said = json!({"token": token});
        if let Some(mut info) = info {
            put(&mut said, "status", info.take("status"));
            info.done(())?;
        }
        fields.done(said)
    }

    /// The number of a reservation is Wattline's to give.
    fn reserve(&self, mut fields: Fields) -> Option<Value> {
        let mut said = json!({"command": "reserve"});
        let (number, place, expires, type_of_connector) = match self.old {
            true => ("reservationId", "connectorId", "expiryDate", None),
            false => ("id", "evseId", "expiryDateTime", fields.take("connectorType")),
        };
        if self.is_free(&format!("/{number}")) {
            fields.take(number);
        } else {
            put(&mut said, "number", fields.take(number));
        }
        put(&mut said, "evse", fields.take(place).filter(|evse| *evse != 0));
        put(&mut said, "connector_type", type_of_connector);
        said["expires_at"] = fields.take(expires)?;
        if self.old {
            said["token"] = json!({"uid": fields.take("idTag")?});
            put(&mut said, "group", fields.take("parentIdTag").map(|group| json!({"uid": group})));
        } else {
            said["token"] = identifier(fields.object("idToken")?)?;
            if let Some(group) = fields.object("groupIdToken") {
                said["group"] = identifier(group)?;
            }
        }
        fields.done(said)
    }

    /// A profile as 2.x has it; without its number, if that is Wattline's to give.
    fn profile(&self, profile: Fields, place: &str) -> Option<Value> {
        let number = if self.old { "chargingProfileId" } else { "id" };
        let Fields(mut fields) = profile;
        let id = fields.remove(number);
        if !self.is_free(&format!("/{place}/{number}")) {
            fields.insert("id".to_owned(), id?);
        }
        if let Some(purpose) = fields.get_mut("chargingProfilePurpose")
            && purpose == "ChargePointMaxProfile"
        {
            *purpose = json!("ChargingStationMaxProfile");
        }
        if let Some(transaction) = fields.get_mut("transactionId").filter(|_| self.old) {
            *transaction = json!(transaction.to_string());
        }
        Some(Value::Object(fields))
    }

    fn clear_profile(&self, mut fields: Fields) -> Option<Value> {
        let purpose = ("chargingProfilePurpose", "purpose");
        if self.old {
            let names = [("id", "id"), ("connectorId", "evse"), purpose, ("stackLevel", "stack_level")];
            let said = say("clear-profile", fields.named(&names));
            return fields.done(said);
        }
        let mut said = match fields.object("chargingProfileCriteria") {
            None => json!({}),
            Some(mut criteria) => {
                let named = criteria.named(&[("evseId", "evse"), purpose, ("stackLevel", "stack_level")]);
                criteria.done(named)?
            }
        };
        put(&mut said, "id", fields.take("chargingProfileId"));
        fields.done(say("clear-profile", said))
    }

    fn trigger(&self, action: &str, mut fields: Fields) -> Option<Value> {
        let message = fields.text("requestedMessage")?;
        let mut said = json!({"command": "trigger", "message": message});
        if !self.old {
            put(&mut said, "custom", fields.take("customTrigger"));
            if let Some(mut evse) = fields.object("evse") {
                put(&mut said, "evse", evse.take("id"));
                put(&mut said, "connector", evse.take("connectorId"));
                evse.done(())?;
            }
            return fields.done(said);
        }
        put(&mut said, "evse", fields.take("connectorId"));
        match (action, message.as_str()) {
            ("ExtendedTriggerMessage", "SignChargePointCertificate") => {
                said["message"] = json!("SignChargingStationCertificate");
            }
            ("ExtendedTriggerMessage", "LogStatusNotification") => {}
            ("ExtendedTriggerMessage", _) => return None,
            _ => {}
        }
        fields.done(said)
    }

    fn log(&self, mut fields: Fields) -> Option<Value> {
        let kind = fields.text("logType")?;
        let kind = kind.strip_suffix("Log")?;
        if self.old && kind != "Security" {
            // The word asks a 1.6 station for diagnostics by GetDiagnostics.
            return None;
        }
        let mut log = fields.object("log")?;
        let names = [("remoteLocation", "url"), ("oldestTimestamp", "from"), ("latestTimestamp", "to")];
        let mut said = say("get-log", log.named(&names));
        log.done(())?;
        said["kind"] = json!(kebab(kind));
        put(&mut said, "retries", fields.take("retries"));
        put(&mut said, "retry_interval_s", fields.take("retryInterval"));
        fields.done(said)
    }

    /// The number of a message is Wattline's to give.
    fn display(&self, mut fields: Fields) -> Option<Value> {
        let mut message = fields.object("message")?;
        fields.done(())?;
        let mut words = message.object("message")?;
        let mut said = say(
            "set-display",
            words.named(&[("content", "text"), ("format", "format"), ("language", "language")]),
        );
        words.done(())?;
        let id = message.take("id");
        if !self.is_free("/message/id") {
            put(&mut said, "id", id);
        }
        for (theirs, ours) in [
            ("priority", "priority"),
            ("state", "state"),
            ("startDateTime", "from"),
            ("endDateTime", "to"),
            ("transactionId", "transaction"),
        ] {
            put(&mut said, ours, message.take(theirs));
        }
        message.done(said)
    }
}
