//! Commands in 1.6 with the security extension. A connector n of 1.6 is our EVSE n.

use super::{Given, Unfit, Wire, invalid, object, some, unsupported};
use crate::command::{
    Base, Command, InstallCertificate, ListCertificates, ListEntry, LogKind, Name, Reserve, ResetKind,
    SendList, Start, Trigger, UpdateFirmware,
};
use ocpp::{Version, stamp};
use serde_json::{Map, Value, json};

const ROOTS: [&str; 2] = ["CSMSRootCertificate", "ManufacturerRootCertificate"];

pub(super) fn calls(command: &Command, given: &Given) -> Result<Vec<Wire>, Unfit> {
    let one = match command {
        Command::Start(start) => Wire::new("RemoteStartTransaction", begin(start)?),
        Command::Stop(stop) => match stop.transaction.parse::<i32>() {
            Ok(number) => Wire::new("RemoteStopTransaction", json!({"transactionId": number})),
            Err(_) => {
                return invalid(format!(
                    "{:?} is no transaction id that a 1.6 station knows",
                    stop.transaction
                ));
            }
        },
        Command::Reset(reset) => {
            let kind = match (reset.kind, reset.evse) {
                (_, Some(_)) => return unsupported("1.6 resets a station as a whole"),
                (ResetKind::Resume, _) => {
                    return unsupported("1.6 has no reset after which sessions go on");
                }
                (ResetKind::Immediate, None) => "Hard",
                (ResetKind::Idle, None) => "Soft",
            };
            Wire::new("Reset", json!({"type": kind}))
        }
        Command::Unlock(unlock) => Wire::new("UnlockConnector", json!({"connectorId": unlock.evse})),
        Command::Availability(wish) => {
            if wish.connector.is_some() && wish.evse.is_none() {
                return invalid("a connector needs the EVSE that it is one of");
            }
            let kind = if wish.operative { "Operative" } else { "Inoperative" };
            let connector = wish.evse.unwrap_or(0);
            Wire::new("ChangeAvailability", json!({"connectorId": connector, "type": kind}))
        }
        Command::Inventory(inventory) => match inventory.base {
            Base::Full | Base::Configuration => Wire::new("GetConfiguration", json!({})),
            Base::Summary => return unsupported("1.6 stations do not report what is wrong with them"),
        },
        Command::Read(read) => return reading(&read.variables, given.read_max),
        Command::Write(write) => {
            if write.variables.is_empty() {
                return invalid("say which keys shall have which values");
            }
            let calls = write.variables.iter().map(|setting| {
                let payload = json!({"key": key(&setting.variable)?, "value": setting.value});
                Ok(Wire::new("ChangeConfiguration", payload))
            });
            return calls.collect();
        }
        Command::ClearCache(_) => Wire::new("ClearCache", json!({})),
        Command::ListVersion(_) => Wire::new("GetLocalListVersion", json!({})),
        Command::SendList(list) => return list_parts(list, given),
        Command::Reserve(reserve) => Wire::new("ReserveNow", reservation(reserve, given)?),
        Command::CancelReservation(cancel) => {
            Wire::new("CancelReservation", json!({"reservationId": cancel.number}))
        }
        Command::SetProfile(set) => Wire::new(
            "SetChargingProfile",
            json!({"connectorId": set.evse, "csChargingProfiles": profile(&set.profile)?}),
        ),
        Command::ClearProfile(clear) => Wire::new(
            "ClearChargingProfile",
            object([
                ("id", some(clear.id)),
                ("connectorId", some(clear.evse)),
                ("chargingProfilePurpose", some(clear.purpose.as_deref().map(purpose))),
                ("stackLevel", some(clear.stack_level)),
            ]),
        ),
        Command::Composite(ask) => Wire::new(
            "GetCompositeSchedule",
            object([
                ("connectorId", Some(ask.evse.into())),
                ("duration", Some(ask.duration_s.into())),
                ("chargingRateUnit", some(ask.unit.as_deref())),
            ]),
        ),
        Command::Trigger(trigger) => triggered(trigger)?,
        Command::GetLog(log) => {
            let at = |instant| json!(stamp::write(instant, Version::V16));
            let (from, to) = (log.from.map(at), log.to.map(at));
            match log.kind {
                LogKind::Diagnostics => Wire::new(
                    "GetDiagnostics",
                    object([
                        ("location", some(log.url.as_deref())),
                        ("retries", some(log.retries)),
                        ("retryInterval", some(log.retry_interval_s)),
                        ("startTime", from),
                        ("stopTime", to),
                    ]),
                ),
                LogKind::Security => Wire::new(
                    "GetLog",
                    object([
                        ("logType", Some(json!("SecurityLog"))),
                        ("requestId", Some(given.reference.into())),
                        ("retries", some(log.retries)),
                        ("retryInterval", some(log.retry_interval_s)),
                        (
                            "log",
                            Some(object([
                                ("remoteLocation", some(log.url.as_deref())),
                                ("oldestTimestamp", from),
                                ("latestTimestamp", to),
                            ])),
                        ),
                    ]),
                ),
                LogKind::DataCollector => return unsupported("1.6 has no data collector's log"),
            }
        }
        Command::UpdateFirmware(update) => firmware(update, given)?,
        Command::InstallCertificate(InstallCertificate { kind, certificate }) => Wire::new(
            "InstallCertificate",
            json!({"certificateType": root(kind)?, "certificate": certificate}),
        ),
        Command::ListCertificates(ListCertificates { kinds }) => {
            let all: Vec<&str> =
                if kinds.is_empty() { ROOTS.to_vec() } else { kinds.iter().map(String::as_str).collect() };
            let calls = all.into_iter().map(|kind| {
                Ok(Wire::new("GetInstalledCertificateIds", json!({"certificateType": root(kind)?})))
            });
            return calls.collect();
        }
        Command::DeleteCertificate(delete) => {
            Wire::new("DeleteCertificate", json!({"certificateHashData": super::device::hashes(delete)}))
        }
        Command::DataTransfer(transfer) => {
            let data = transfer.data.as_ref().map(|data| match data {
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            });
            Wire::new(
                "DataTransfer",
                object([
                    ("vendorId", Some(json!(transfer.vendor))),
                    ("messageId", some(transfer.message.as_deref())),
                    ("data", data),
                ]),
            )
        }
        Command::SetDerControl(_)
        | Command::GetDerControl(_)
        | Command::ClearDerControl(_)
        | Command::AfrrSignal(_)
        | Command::AllowEnergyTransfer(_)
        | Command::UsePriority(_)
        | Command::UpdateSchedule(_)
        | Command::SetTariff(_)
        | Command::ListTariffs(_)
        | Command::ClearTariffs(_)
        | Command::ChangeTariff(_)
        | Command::BatterySwap(_)
        | Command::ListStreams(_)
        | Command::AdjustStream(_) => return super::v21::calls(ocpp::Version::V16, command, given),
        Command::SetMonitors(_)
        | Command::ClearMonitors(_)
        | Command::ListMonitors(_)
        | Command::MonitoringBase(_)
        | Command::MonitoringLevel(_) => return unsupported("1.6 stations have no monitors"),
        Command::Report(_) => return unsupported("1.6 stations have no components; read their keys"),
        Command::CustomerInformation(_) => {
            return unsupported("1.6 stations cannot be asked what they know of a customer");
        }
        Command::NetworkProfile(_) => return unsupported("1.6 has no network profiles"),
        Command::SetDisplay(_) | Command::ListDisplays(_) | Command::ClearDisplay(_) => {
            return unsupported("1.6 has no messages on displays");
        }
        Command::Call(call) => return Ok(super::raw(call, given)),
    };
    Ok(vec![one])
}

fn begin(start: &Start) -> Result<Value, Unfit> {
    super::v21::limited(Version::V16, start)?;
    let profile = start.profile.as_ref().map(profile).transpose()?;
    Ok(object([
        ("idTag", Some(json!(start.token.uid))),
        ("connectorId", some(start.evse)),
        ("chargingProfile", profile),
    ]))
}

/// A key is a variable without a component, or one that 2.x has a variable for.
fn key(name: &Name) -> Result<&str, Unfit> {
    if let Some(key) = super::names::key_of(name) {
        return Ok(key);
    }
    if !name.component.is_empty() || name.evse.is_some() {
        return unsupported(format!(
            "1.6 stations have no components: name the key alone, not {}.{}",
            name.component, name.name
        ));
    }
    Ok(&name.name)
}

fn reading(names: &[Name], at_once: usize) -> Result<Vec<Wire>, Unfit> {
    if names.is_empty() {
        return invalid("name the keys, or ask for the inventory");
    }
    let keys: Vec<&str> = names.iter().map(key).collect::<Result<_, _>>()?;
    Ok(keys.chunks(at_once.max(1)).map(|keys| Wire::new("GetConfiguration", json!({"key": keys}))).collect())
}

/// A part of a local list: its version, whether it replaces the list, and its entries.
pub(super) type ListPart = (i32, bool, Vec<Value>);

/// A list's parts, of its entries as they are on the wire. Versions rise by one and end with the one asked for.
pub(super) fn list_in_parts(
    list: &SendList,
    entries: Vec<Value>,
    given: &Given,
) -> Result<Vec<ListPart>, Unfit> {
    if entries.is_empty() && !list.full {
        return invalid("a change of a local list names what changes");
    }
    let (mut parts, mut bytes) = (vec![Vec::new()], 0);
    for entry in entries {
        let size = entry.to_string().len() + 1;
        let last = parts.last().map_or(0, Vec::len);
        if last > 0 && (last >= given.list_max || bytes + size > given.list_bytes) {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(part) = parts.last_mut() {
            part.push(entry);
        }
    }
    let count = i32::try_from(parts.len()).unwrap_or(i32::MAX);
    let before = list.version - count;
    if before < 0 {
        // D01.FR.18: never 0.
        return invalid(format!(
            "the list goes in {count} parts, each with a version above 0: begin at {count}"
        ));
    }
    let parts = (1..).zip(parts);
    Ok(parts.map(|(nth, part)| (before + nth, list.full && nth == 1, part)).collect())
}

fn list_parts(list: &SendList, given: &Given) -> Result<Vec<Wire>, Unfit> {
    let entry = |entry: &ListEntry| {
        let info = entry.status.as_deref().map(|status| {
            let status = match status {
                "Accepted" | "Blocked" | "Expired" | "Invalid" | "ConcurrentTx" => status,
                "Unknown" => "Invalid",
                _ => "Blocked",
            };
            object([
                ("status", Some(json!(status))),
                ("expiryDate", entry.expires_at.map(|at| json!(stamp::write(at, Version::V16)))),
                ("parentIdTag", some(entry.group.as_ref().map(|group| group.uid.as_str()))),
            ])
        });
        object([("idTag", Some(json!(entry.token.uid))), ("idTagInfo", info)])
    };
    let entries = list.entries.iter().map(entry).collect();
    let parts = list_in_parts(list, entries, given)?.into_iter().map(|(version, full, entries)| {
        let payload = object([
            ("listVersion", Some(version.into())),
            ("updateType", Some(json!(if full { "Full" } else { "Differential" }))),
            ("localAuthorizationList", (!entries.is_empty()).then(|| json!(entries))),
        ]);
        Wire::new("SendLocalList", payload)
    });
    Ok(parts.collect())
}

fn reservation(reserve: &Reserve, given: &Given) -> Result<Value, Unfit> {
    if reserve.connector_type.is_some() {
        return unsupported("1.6 stations keep a connector or any, not one of a type");
    }
    Ok(object([
        ("connectorId", Some(reserve.evse.unwrap_or(0).into())),
        ("expiryDate", Some(json!(stamp::write(reserve.expires_at, Version::V16)))),
        ("idTag", Some(json!(reserve.token.uid))),
        ("parentIdTag", some(reserve.group.as_ref().map(|group| group.uid.as_str()))),
        ("reservationId", Some(reserve.number.unwrap_or(given.reference).into())),
    ]))
}

fn purpose(word: &str) -> &str {
    if word == "ChargingStationMaxProfile" { "ChargePointMaxProfile" } else { word }
}

/// A profile of 2.x as 1.6 has it: one schedule, and a transaction id that is a number.
fn profile(profile: &Value) -> Result<Value, Unfit> {
    let Value::Object(given) = profile else { return invalid("a charging profile is an object") };
    let mut old = Map::new();
    for (name, value) in given {
        match name.as_str() {
            "id" => old.insert("chargingProfileId".to_owned(), value.clone()),
            "chargingProfilePurpose" => {
                old.insert(name.clone(), json!(purpose(value.as_str().unwrap_or_default())))
            }
            "transactionId" => match value.as_str().map_or(value.as_i64(), |text| text.parse().ok()) {
                Some(number) => old.insert(name.clone(), number.into()),
                None => return invalid(format!("{value} is no transaction id that a 1.6 station knows")),
            },
            "chargingSchedule" => old.insert(name.clone(), schedule(value)?),
            "stackLevel" | "chargingProfileKind" | "recurrencyKind" | "validFrom" | "validTo" => {
                old.insert(name.clone(), value.clone())
            }
            other => return unsupported(format!("1.6 profiles have no {other}")),
        };
    }
    Ok(Value::Object(old))
}

fn schedule(value: &Value) -> Result<Value, Unfit> {
    let schedule = match value {
        Value::Array(several) if several.len() == 1 => &several[0],
        Value::Array(_) => return unsupported("1.6 profiles have one schedule"),
        one => one,
    };
    let Value::Object(given) = schedule else { return invalid("a charging schedule is an object") };
    let mut old = given.clone();
    // 2.x numbers its schedules.
    old.remove("id");
    Ok(Value::Object(old))
}

fn triggered(trigger: &Trigger) -> Result<Wire, Unfit> {
    let (action, message) = match trigger.message.as_str() {
        "SignChargingStationCertificate" => ("ExtendedTriggerMessage", "SignChargePointCertificate"),
        "LogStatusNotification" => ("ExtendedTriggerMessage", "LogStatusNotification"),
        message @ ("BootNotification"
        | "DiagnosticsStatusNotification"
        | "FirmwareStatusNotification"
        | "Heartbeat"
        | "MeterValues"
        | "StatusNotification") => ("TriggerMessage", message),
        other => return unsupported(format!("1.6 has no trigger for {other}")),
    };
    let payload = object([("requestedMessage", Some(json!(message))), ("connectorId", some(trigger.evse))]);
    Ok(Wire::new(action, payload))
}

fn firmware(update: &UpdateFirmware, given: &Given) -> Result<Wire, Unfit> {
    let at = |instant| json!(stamp::write(instant, Version::V16));
    let retrieve_at = Some(at(update.retrieve_at.unwrap_or(given.now)));
    let (retries, pause) = (some(update.retries), some(update.retry_interval_s));
    if update.signature.is_none() {
        if update.install_at.is_some() {
            return unsupported("1.6 stations install unsigned firmware as soon as they have it");
        }
        let fields = [
            ("location", some(update.url.as_deref())),
            ("retrieveDate", retrieve_at),
            ("retries", retries),
            ("retryInterval", pause),
        ];
        return Ok(Wire::new("UpdateFirmware", object(fields)));
    }
    let firmware = object([
        ("location", some(update.url.as_deref())),
        ("retrieveDateTime", retrieve_at),
        ("installDateTime", update.install_at.map(at)),
        ("signingCertificate", some(update.signing_certificate.as_deref())),
        ("signature", some(update.signature.as_deref())),
    ]);
    let fields = [
        ("requestId", Some(given.reference.into())),
        ("retries", retries),
        ("retryInterval", pause),
        ("firmware", Some(firmware)),
    ];
    Ok(Wire::new("SignedUpdateFirmware", object(fields)))
}

fn root(kind: &str) -> Result<&str, Unfit> {
    match kind {
        "CSMSRootCertificate" | "CentralSystemRootCertificate" => Ok("CentralSystemRootCertificate"),
        "ManufacturerRootCertificate" => Ok("ManufacturerRootCertificate"),
        other => unsupported(format!("1.6 stations have no {other}")),
    }
}
