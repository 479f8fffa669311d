//! What can be asked of a station, in our own words: one command where the versions of the standard mean the same thing, and
//! [`Call`] for everything else the standard has.

use super::{
    AdjustStream, AfrrSignal, AllowEnergyTransfer, BatterySwap, CertificateHash, ChangeTariff,
    ClearDerControl, ClearDisplay, ClearMonitors, ClearTariffs, CustomerInformation, GetDerControl, GetLog,
    InstallCertificate, Limit, ListCertificates, ListDisplays, ListMonitors, ListTariffs, MonitoringBase,
    MonitoringLevel, NetworkProfile, Report, SetDerControl, SetDisplay, SetMonitors, SetTariff,
    UpdateFirmware, UpdateSchedule, UsePriority,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A command. As JSON, `command` has its word: `{"command": "reset", "kind": "idle"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Begin a session (1.6 RemoteStartTransaction, 2.x F01/F02).
    Start(Start),
    /// End a session (RemoteStopTransaction, F03).
    Stop(Stop),
    /// Reset (1.6 Reset, B11/B12).
    Reset(Reset),
    /// Release a cable (UnlockConnector, F05).
    Unlock(Unlock),
    /// Put into or out of service (ChangeAvailability, G03/G04).
    Availability(Availability),
    /// Ask for all that a station says of itself (1.6 GetConfiguration of all keys, B07).
    Inventory(Inventory),
    /// Read variables (1.6 GetConfiguration, B06).
    Read(Read),
    /// Write variables (1.6 ChangeConfiguration, B05).
    Write(Write),
    /// Forget cached identifiers (ClearCache, C11).
    ClearCache(Nothing),
    /// Which version of the local list a station has (GetLocalListVersion, D02).
    ListVersion(Nothing),
    /// Send the local list, or a change of it (SendLocalList, D01).
    SendList(SendList),
    /// Keep an EVSE for somebody (ReserveNow, H01).
    Reserve(Reserve),
    /// Give a reservation up (CancelReservation, H02).
    CancelReservation(CancelReservation),
    /// Install a charging profile (SetChargingProfile, K01).
    SetProfile(SetProfile),
    /// Remove charging profiles (ClearChargingProfile, K10).
    ClearProfile(ClearProfile),
    /// What a station will allow (GetCompositeSchedule, K08).
    Composite(Composite),
    /// Have a station send a message now (TriggerMessage, ExtendedTriggerMessage, F06).
    Trigger(Trigger),
    /// Have a log uploaded (1.6 GetDiagnostics and GetLog, N01).
    GetLog(GetLog),
    /// Have firmware installed (1.6 UpdateFirmware and SignedUpdateFirmware, L01/L02).
    UpdateFirmware(UpdateFirmware),
    /// Install a root certificate (InstallCertificate, M05).
    InstallCertificate(InstallCertificate),
    /// Which root certificates are installed (GetInstalledCertificateIds, M03).
    ListCertificates(ListCertificates),
    /// Remove a root certificate (DeleteCertificate, M04).
    DeleteCertificate(CertificateHash),
    /// A vendor's own message (DataTransfer, P01).
    DataTransfer(DataTransfer),
    /// Give a station a default tariff to count with (SetDefaultTariff, I07).
    SetTariff(SetTariff),
    /// Which tariffs a station has (GetTariffs, I09).
    ListTariffs(ListTariffs),
    /// Take tariffs from a station (ClearTariffs, I10).
    ClearTariffs(ClearTariffs),
    /// Have a running transaction counted by another tariff (ChangeTransactionTariff, I11).
    ChangeTariff(ChangeTariff),
    /// Begin a battery swap (RequestBatterySwap, S02).
    BatterySwap(BatterySwap),
    /// Which streams of monitored values are open (GetPeriodicEventStream, N13).
    ListStreams(Nothing),
    /// How often a stream brings values (AdjustPeriodicEventStream, N14).
    AdjustStream(AdjustStream),
    /// Any call that the standard lets a CSMS send, as it is on the wire, checked against the schema of the station's version.
    Call(Call),
    /// Have a control of the grid followed (SetDERControl, R04; 2.1).
    SetDerControl(Box<SetDerControl>),
    /// Which controls of the grid a station has (GetDERControl, R04; 2.1).
    GetDerControl(GetDerControl),
    /// Remove controls of the grid (ClearDERControl, R04; 2.1).
    ClearDerControl(ClearDerControl),
    /// Pass on a signal of secondary reserve (AFRRSignal, Q07; 2.1).
    AfrrSignal(AfrrSignal),
    /// In which ways a driver may have energy transferred (NotifyAllowedEnergyTransfer, Q01; 2.1).
    AllowEnergyTransfer(AllowEnergyTransfer),
    /// Have a session charge with priority, or no longer (UsePriorityCharging, K21; 2.1).
    UsePriority(UsePriority),
    /// Change the values of a dynamic profile (UpdateDynamicSchedule, K28; 2.1).
    UpdateSchedule(UpdateSchedule),
    /// Have variables watched (SetVariableMonitoring, N04).
    SetMonitors(SetMonitors),
    /// Have them watched no longer (ClearVariableMonitoring, N06).
    ClearMonitors(ClearMonitors),
    /// Which monitors a station has (GetMonitoringReport, N02).
    ListMonitors(ListMonitors),
    /// Which monitors a station has at all (SetMonitoringBase, N03).
    MonitoringBase(MonitoringBase),
    /// Down to which severity a station tells of them (SetMonitoringLevel, N05).
    MonitoringLevel(MonitoringLevel),
    /// Ask for some of what a station says of itself (GetReport, B08).
    Report(Report),
    /// Ask for what a station knows of a customer, or have it forgotten (CustomerInformation, N09/N10).
    CustomerInformation(CustomerInformation),
    /// How a station shall reach a CSMS (SetNetworkProfile, B09).
    NetworkProfile(NetworkProfile),
    /// Put a message on the display (SetDisplayMessage, O01/O02).
    SetDisplay(SetDisplay),
    /// Which messages a display has (GetDisplayMessages, O03/O04).
    ListDisplays(ListDisplays),
    /// Take a message off the display (ClearDisplayMessage, O05).
    ClearDisplay(ClearDisplay),
}

/// A command without particulars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// An identifier that a station is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// At most 20 characters for 1.6 stations, 36 for 2.0.1, 255 for 2.1.
    pub uid: String,
    /// `ISO14443`, `Central`, `DirectPayment`, …; 1.6 stations are not told.
    #[serde(default = "central")]
    pub kind: String,
    /// additionalInfo: pairs of type and text; 1.6 stations are not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Info>,
}

fn central() -> String {
    "Central".to_owned()
}

/// One additionalInfo of an identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Info {
    pub kind: String,
    pub text: String,
}

/// [`Command::Start`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Absent: the station chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    pub token: Identifier,
    /// The group that may end the session as well; 1.6 stations are not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Identifier>,
    /// ChargingProfileType of 2.x; its purpose must be TxProfile, without a transactionId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Value>,
    /// Our number of the wish, where the asker has one; else the command's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    /// Told to the station when the session begins; only 2.1 stations keep to such limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
}

/// [`Command::Stop`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The transaction id on the wire.
    pub transaction: String,
}

/// How a station is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResetKind {
    /// At once; sessions end (1.6 Hard, 2.x Immediate).
    Immediate,
    /// When no session runs (2.x OnIdle); 1.6 ends sessions properly (Soft).
    Idle,
    /// At once; sessions go on afterwards (2.1 ImmediateAndResume).
    Resume,
}

/// [`Command::Reset`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    pub kind: ResetKind,
    /// Only this EVSE; 1.6 has no such reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
}

/// [`Command::Unlock`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    pub evse: u32,
    #[serde(default = "first")]
    pub connector: u32,
}

fn first() -> u32 {
    1
}

/// [`Command::Availability`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    pub operative: bool,
    /// Absent: the whole station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    /// Absent: the whole EVSE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<u32>,
}

/// How much a station is to say of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// Everything.
    #[default]
    Full,
    /// What can be set.
    Configuration,
    /// What is wrong or in the way.
    Summary,
}

/// [`Command::Inventory`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    #[serde(default)]
    pub base: Base,
}

/// Which variable. A 1.6 configuration key is a variable without a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Name {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component_instance: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<u32>,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// `Actual` (the default), `Target`, `MinSet`, `MaxSet`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub attribute: String,
}

/// [`Command::Read`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    pub variables: Vec<Name>,
}

/// A variable and the value that it shall have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub variable: Name,
    pub value: String,
}

/// [`Command::Write`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    pub variables: Vec<Setting>,
}

/// An entry of a local list. Without a status it is taken off the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListEntry {
    pub token: Identifier,
    /// `Accepted`, `Blocked`, `Expired`, `Invalid`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// [`Command::SendList`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendList {
    /// Above 0.
    pub version: i32,
    /// Replace all of it, not only what is named.
    pub full: bool,
    #[serde(default)]
    pub entries: Vec<ListEntry>,
}

/// [`Command::Reserve`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Our number of the reservation, where there is one already: the station replaces it. Else the command's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    /// Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    /// E.g. `cCCS2`; 1.6 has no such reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_type: Option<String>,
    pub token: Identifier,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Identifier>,
    pub expires_at: DateTime<Utc>,
}

/// [`Command::CancelReservation`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelReservation {
    pub number: i32,
}

/// [`Command::SetProfile`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetProfile {
    /// 0: the whole station.
    pub evse: u32,
    /// ChargingProfileType of 2.x; 1.6 stations are told what it means there.
    pub profile: Value,
}

/// [`Command::ClearProfile`]: what fits all that is given. A 1.6 station clears everything if nothing is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearProfile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    /// As 2.x names it, e.g. `TxDefaultProfile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_level: Option<u32>,
}

/// [`Command::Composite`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// 0: the whole station.
    pub evse: u32,
    pub duration_s: u32,
    /// `A` or `W`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// [`Command::Trigger`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// MessageTriggerEnumType of 2.x, e.g. `StatusNotification`; 1.6 stations are asked for what it means there.
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<u32>,
    /// With `CustomTrigger` (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
}

/// [`Command::DataTransfer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataTransfer {
    pub vendor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// 1.6 stations are sent text: anything else as JSON within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// [`Command::Call`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub action: String,
    /// A requestId that the schema wants and that is absent is filled in.
    #[serde(default = "empty")]
    pub payload: Value,
}

fn empty() -> Value {
    Value::Object(Map::new())
}

impl Command {
    /// Its word: what `command` is in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Start(_) => "start",
            Command::Stop(_) => "stop",
            Command::Reset(_) => "reset",
            Command::Unlock(_) => "unlock",
            Command::Availability(_) => "availability",
            Command::Inventory(_) => "inventory",
            Command::Read(_) => "read",
            Command::Write(_) => "write",
            Command::ClearCache(_) => "clear-cache",
            Command::ListVersion(_) => "list-version",
            Command::SendList(_) => "send-list",
            Command::Reserve(_) => "reserve",
            Command::CancelReservation(_) => "cancel-reservation",
            Command::SetProfile(_) => "set-profile",
            Command::ClearProfile(_) => "clear-profile",
            Command::Composite(_) => "composite",
            Command::Trigger(_) => "trigger",
            Command::GetLog(_) => "get-log",
            Command::UpdateFirmware(_) => "update-firmware",
            Command::InstallCertificate(_) => "install-certificate",
            Command::ListCertificates(_) => "list-certificates",
            Command::DeleteCertificate(_) => "delete-certificate",
            Command::DataTransfer(_) => "data-transfer",
            Command::SetTariff(_) => "set-tariff",
            Command::ListTariffs(_) => "list-tariffs",
            Command::ClearTariffs(_) => "clear-tariffs",
            Command::ChangeTariff(_) => "change-tariff",
            Command::BatterySwap(_) => "battery-swap",
            Command::ListStreams(_) => "list-streams",
            Command::AdjustStream(_) => "adjust-stream",
            Command::Call(_) => "call",
            Command::SetDerControl(_) => "set-der-control",
            Command::GetDerControl(_) => "get-der-control",
            Command::ClearDerControl(_) => "clear-der-control",
            Command::AfrrSignal(_) => "afrr-signal",
            Command::AllowEnergyTransfer(_) => "allow-energy-transfer",
            Command::UsePriority(_) => "use-priority",
            Command::UpdateSchedule(_) => "update-schedule",
            Command::SetMonitors(_) => "set-monitors",
            Command::ClearMonitors(_) => "clear-monitors",
            Command::ListMonitors(_) => "list-monitors",
            Command::MonitoringBase(_) => "monitoring-base",
            Command::MonitoringLevel(_) => "monitoring-level",
            Command::Report(_) => "report",
            Command::CustomerInformation(_) => "customer-information",
            Command::NetworkProfile(_) => "network-profile",
            Command::SetDisplay(_) => "set-display",
            Command::ListDisplays(_) => "list-displays",
            Command::ClearDisplay(_) => "clear-display",
        }
    }

    /// Who waits for a person goes before what may take its time. What undoes another goes where that goes, or it would overtake it.
    pub fn rank(&self) -> i64 {
        match self {
            Command::Start(_) | Command::Stop(_) | Command::Unlock(_) => 3,
            Command::SetProfile(_)
            | Command::ClearProfile(_)
            | Command::AfrrSignal(_)
            | Command::UsePriority(_)
            | Command::UpdateSchedule(_) => 2,
            Command::Inventory(_)
            | Command::GetLog(_)
            | Command::UpdateFirmware(_)
            | Command::SendList(_)
            | Command::ListMonitors(_)
            | Command::Report(_)
            | Command::ListDisplays(_) => 0,
            _ => 1,
        }
    }
}
