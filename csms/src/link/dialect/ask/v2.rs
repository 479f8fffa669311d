//! Commands in 2.0.1 and 2.1.

use super::{Given, Unfit, Wire, device, invalid, monitors, object, screen, some, text, unsupported};
use crate::command::{
    Base, Command, Identifier, ListCertificates, ListEntry, LogKind, Name, Reserve, ResetKind, SendList,
    Setting, Start, Trigger,
};
use ocpp::{Version, stamp};
use serde_json::{Value, json};

pub(super) fn calls(version: Version, command: &Command, given: &Given) -> Result<Vec<Wire>, Unfit> {
    let at = |instant| json!(stamp::write(instant, version));
    let one = match command {
        Command::Start(start) => {
            super::v21::limited(version, start)?;
            Wire::new("RequestStartTransaction", begin(version, start, given))
        }
        Command::Stop(stop) => {
            Wire::new("RequestStopTransaction", json!({"transactionId": stop.transaction}))
        }
        Command::Reset(reset) => {
            let kind = match reset.kind {
                ResetKind::Immediate => "Immediate",
                ResetKind::Idle => "OnIdle",
                ResetKind::Resume if version == Version::V201 => {
                    return unsupported("2.0.1 has no reset after which sessions go on; 2.1 has");
                }
                ResetKind::Resume => "ImmediateAndResume",
            };
            Wire::new("Reset", object([("type", Some(json!(kind))), ("evseId", some(reset.evse))]))
        }
        Command::Unlock(unlock) => {
            Wire::new("UnlockConnector", json!({"evseId": unlock.evse, "connectorId": unlock.connector}))
        }
        Command::Availability(wish) => {
            let status = if wish.operative { "Operative" } else { "Inoperative" };
            let evse = place(wish.evse, wish.connector)?;
            Wire::new(
                "ChangeAvailability",
                object([("operationalStatus", Some(json!(status))), ("evse", evse)]),
            )
        }
        Command::Inventory(inventory) => {
            let base = match inventory.base {
                Base::Full => "FullInventory",
                Base::Configuration => "ConfigurationInventory",
                Base::Summary => "SummaryInventory",
            };
            Wire::new("GetBaseReport", json!({"requestId": given.reference, "reportBase": base}))
        }
        Command::Read(read) => return reading(&read.variables, given.read_max),
        Command::Write(write) => return writing(&write.variables, given.write_max),
        Command::ClearCache(_) => Wire::new("ClearCache", json!({})),
        Command::ListVersion(_) => Wire::new("GetLocalListVersion", json!({})),
        Command::SendList(list) => return list_parts(version, list, given),
        Command::Reserve(reserve) => Wire::new("ReserveNow", reservation(version, reserve, given)),
        Command::CancelReservation(cancel) => {
            Wire::new("CancelReservation", json!({"reservationId": cancel.number}))
        }
        Command::SetProfile(set) => {
            Wire::new("SetChargingProfile", json!({"evseId": set.evse, "chargingProfile": set.profile}))
        }
        Command::ClearProfile(clear) => {
            let criteria = object([
                ("evseId", some(clear.evse)),
                ("chargingProfilePurpose", some(clear.purpose.as_deref())),
                ("stackLevel", some(clear.stack_level)),
            ]);
            let named = criteria.as_object().is_some_and(|criteria| !criteria.is_empty());
            if clear.id.is_none() && !named {
                // K10.FR.02
                return invalid("say which profiles: an id, a purpose, a stack level or an EVSE");
            }
            let fields = [
                ("chargingProfileId", some(clear.id)),
                ("chargingProfileCriteria", named.then_some(criteria)),
            ];
            Wire::new("ClearChargingProfile", object(fields))
        }
        Command::Composite(ask) => Wire::new(
            "GetCompositeSchedule",
            object([
                ("duration", Some(ask.duration_s.into())),
                ("evseId", Some(ask.evse.into())),
                ("chargingRateUnit", some(ask.unit.as_deref())),
            ]),
        ),
        Command::Trigger(trigger) => Wire::new("TriggerMessage", triggered(version, trigger)?),
        Command::GetLog(log) => {
            let kind = match log.kind {
                LogKind::Diagnostics => "DiagnosticsLog",
                LogKind::Security => "SecurityLog",
                LogKind::DataCollector if version == Version::V201 => {
                    return unsupported("2.0.1 has no data collector's log; 2.1 has");
                }
                LogKind::DataCollector => "DataCollectorLog",
            };
            let parameters = object([
                ("remoteLocation", some(log.url.as_deref())),
                ("oldestTimestamp", log.from.map(at)),
                ("latestTimestamp", log.to.map(at)),
            ]);
            Wire::new(
                "GetLog",
                object([
                    ("logType", Some(json!(kind))),
                    ("requestId", Some(given.reference.into())),
                    ("retries", some(log.retries)),
                    ("retryInterval", some(log.retry_interval_s)),
                    ("log", Some(parameters)),
                ]),
            )
        }
        Command::UpdateFirmware(update) => {
            let firmware = object([
                ("location", some(update.url.as_deref())),
                ("retrieveDateTime", Some(at(update.retrieve_at.unwrap_or(given.now)))),
                ("installDateTime", update.install_at.map(at)),
                ("signingCertificate", some(update.signing_certificate.as_deref())),
                ("signature", some(update.signature.as_deref())),
            ]);
            Wire::new(
                "UpdateFirmware",
                object([
                    ("requestId", Some(given.reference.into())),
                    ("retries", some(update.retries)),
                    ("retryInterval", some(update.retry_interval_s)),
                    ("firmware", Some(firmware)),
                ]),
            )
        }
        Command::InstallCertificate(install) => Wire::new(
            "InstallCertificate",
            json!({"certificateType": install.kind, "certificate": install.certificate}),
        ),
        Command::ListCertificates(ListCertificates { kinds }) => {
            let kinds = (!kinds.is_empty()).then(|| json!(kinds));
            Wire::new("GetInstalledCertificateIds", object([("certificateType", kinds)]))
        }
        Command::DeleteCertificate(delete) => {
            Wire::new("DeleteCertificate", json!({"certificateHashData": super::device::hashes(delete)}))
        }
        Command::DataTransfer(transfer) => Wire::new(
            "DataTransfer",
            object([
                ("vendorId", Some(json!(transfer.vendor))),
                ("messageId", some(transfer.message.as_deref())),
                ("data", transfer.data.clone()),
            ]),
        ),
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
        | Command::AdjustStream(_) => return super::v21::calls(version, command, given),
        Command::SetMonitors(set) => return monitors::set(version, set, given),
        Command::ClearMonitors(clear) => return monitors::clear(clear, given),
        Command::ListMonitors(list) => monitors::list(list, given)?,
        Command::MonitoringBase(base) => monitors::base(base),
        Command::MonitoringLevel(level) => monitors::level(level)?,
        Command::Report(report) => device::report(report, given)?,
        Command::CustomerInformation(ask) => device::customer(version, ask, given)?,
        Command::NetworkProfile(profile) => device::network(version, profile)?,
        Command::SetDisplay(set) => screen::set(version, set, given)?,
        Command::ListDisplays(list) => screen::list(list, given),
        Command::ClearDisplay(clear) => Wire::new("ClearDisplayMessage", json!({"id": clear.id})),
        Command::Call(call) => return Ok(super::raw(call, given)),
    };
    Ok(vec![one])
}

fn begin(version: Version, start: &Start, given: &Given) -> Value {
    object([
        ("idToken", Some(token(version, &start.token))),
        ("remoteStartId", Some(start.number.unwrap_or(given.reference).into())),
        ("evseId", some(start.evse)),
        ("groupIdToken", start.group.as_ref().map(|group| token(version, group))),
        ("chargingProfile", start.profile.clone()),
    ])
}

/// 2.0.1 has a closed list of kinds (IdTokenEnumType); what it does not know is the CSMS's own there.
const KINDS_201: [&str; 8] =
    ["Central", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization", "eMAID"];

pub(super) fn token(version: Version, identifier: &Identifier) -> Value {
    if version == Version::V201 && !KINDS_201.contains(&identifier.kind.as_str()) {
        return json!({"idToken": identifier.uid, "type": "Central"});
    }
    let more: Vec<Value> = identifier
        .more
        .iter()
        .map(|info| json!({"additionalIdToken": info.text, "type": info.kind}))
        .collect();
    object([
        ("idToken", Some(json!(identifier.uid))),
        ("type", Some(json!(identifier.kind))),
        ("additionalInfo", (!more.is_empty()).then(|| json!(more))),
    ])
}

/// An EVSE, or one of its connectors; none: the station.
fn place(evse: Option<u32>, connector: Option<u32>) -> Result<Option<Value>, Unfit> {
    match (evse, connector) {
        (None, None) => Ok(None),
        (None, Some(_)) => invalid("a connector needs the EVSE that it is one of"),
        (Some(evse), connector) => {
            Ok(Some(object([("id", Some(evse.into())), ("connectorId", some(connector))])))
        }
    }
}

pub(super) fn component(name: &Name) -> Result<(Value, Value), Unfit> {
    let name = &super::canonical(name);
    if name.component.is_empty() {
        return invalid(format!("variable {:?} needs its component", name.name));
    }
    let component = object([
        ("name", text(&name.component)),
        ("instance", text(&name.component_instance)),
        ("evse", place(name.evse, name.connector)?),
    ]);
    let variable = object([("name", text(&name.name)), ("instance", text(&name.instance))]);
    Ok((component, variable))
}

fn reading(names: &[Name], at_once: usize) -> Result<Vec<Wire>, Unfit> {
    if names.is_empty() {
        return invalid("name the variables, or ask for the inventory");
    }
    let all: Result<Vec<Value>, Unfit> = names
        .iter()
        .map(|name| {
            let (component, variable) = component(name)?;
            Ok(object([
                ("component", Some(component)),
                ("variable", Some(variable)),
                ("attributeType", text(&name.attribute)),
            ]))
        })
        .collect();
    let parts = all?.chunks(at_once.max(1)).map(|part| json!({"getVariableData": part})).collect::<Vec<_>>();
    Ok(parts.into_iter().map(|payload| Wire::new("GetVariables", payload)).collect())
}

fn writing(settings: &[Setting], at_once: usize) -> Result<Vec<Wire>, Unfit> {
    if settings.is_empty() {
        return invalid("say which variables shall have which values");
    }
    let mut all: Vec<Value> = Vec::with_capacity(settings.len());
    for (index, setting) in settings.iter().enumerate() {
        // B05.FR.13
        if settings[..index].iter().any(|earlier| earlier.variable == setting.variable) {
            return invalid(format!("variable {:?} is named twice", setting.variable.name));
        }
        let (component, variable) = component(&setting.variable)?;
        all.push(object([
            ("component", Some(component)),
            ("variable", Some(variable)),
            ("attributeType", text(&setting.variable.attribute)),
            ("attributeValue", Some(json!(setting.value))),
        ]));
    }
    let parts = all.chunks(at_once.max(1)).map(|part| json!({"setVariableData": part}));
    Ok(parts.map(|payload| Wire::new("SetVariables", payload)).collect())
}

/// The first part replaces the list if that is wanted, the others add to it; the last one has the version asked for.
fn list_parts(version: Version, list: &SendList, given: &Given) -> Result<Vec<Wire>, Unfit> {
    let entry = |entry: &ListEntry| {
        let info = entry.status.as_deref().map(|status| {
            let expires_at = entry.expires_at.map(|at| json!(stamp::write(at, version)));
            object([
                ("status", Some(json!(status))),
                ("cacheExpiryDateTime", expires_at),
                ("groupIdToken", entry.group.as_ref().map(|group| token(version, group))),
            ])
        });
        object([("idToken", Some(token(version, &entry.token))), ("idTokenInfo", info)])
    };
    let parts = super::v16::list_in_parts(list, list.entries.iter().map(entry).collect(), given)?;
    let wire = parts.into_iter().map(|(version, full, entries)| {
        let payload = object([
            ("versionNumber", Some(version.into())),
            ("updateType", Some(json!(if full { "Full" } else { "Differential" }))),
            ("localAuthorizationList", (!entries.is_empty()).then(|| json!(entries))),
        ]);
        Wire::new("SendLocalList", payload)
    });
    Ok(wire.collect())
}

fn reservation(version: Version, reserve: &Reserve, given: &Given) -> Value {
    object([
        ("id", Some(reserve.number.unwrap_or(given.reference).into())),
        ("expiryDateTime", Some(json!(stamp::write(reserve.expires_at, version)))),
        ("connectorType", some(reserve.connector_type.as_deref())),
        ("idToken", Some(token(version, &reserve.token))),
        ("evseId", some(reserve.evse)),
        ("groupIdToken", reserve.group.as_ref().map(|group| token(version, group))),
    ])
}

fn triggered(version: Version, trigger: &Trigger) -> Result<Value, Unfit> {
    // F06.FR.13: the status is that of a connector.
    let connector = match trigger.message.as_str() {
        "StatusNotification" => trigger.connector.or(trigger.evse.map(|_| 1)),
        _ => trigger.connector,
    };
    if trigger.custom.is_some() && version == Version::V201 {
        return unsupported("2.0.1 has no triggers of vendors' own; 2.1 has");
    }
    Ok(object([
        ("requestedMessage", Some(json!(trigger.message))),
        ("evse", place(trigger.evse, connector)?),
        ("customTrigger", some(trigger.custom.as_deref())),
    ]))
}
