// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::objects::*;
use super::words::*;
use crate::{Call, Unanswered, wire::Timestamp};

/// Authorize, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeRequest {
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `string(10000)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// `OCSPRequestDataType[1..4]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iso15118_certificate_hash_data: Option<Vec<OCSPRequestData>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for AuthorizeRequest {
    const ACTION: &'static str = "Authorize";
    type Answer = AuthorizeResponse;
}

/// The answer to [`AuthorizeRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeResponse {
    /// `IdTokenInfoType`
    pub id_token_info: IdTokenInfo,
    /// `AuthorizeCertificateStatusEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_status: Option<AuthorizeCertificateStatusEnum>,
    /// `EnergyTransferModeEnumType[1..]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_energy_transfer: Option<Vec<EnergyTransferModeEnum>>,
    /// `TariffType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Box<Tariff>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// BatterySwap (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatterySwapRequest {
    /// `BatteryDataType[1..]`
    pub battery_data: Vec<BatteryData>,
    /// `BatterySwapEventEnumType`
    pub event_type: BatterySwapEventEnum,
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `integer`
    pub request_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for BatterySwapRequest {
    const ACTION: &'static str = "BatterySwap";
    type Answer = BatterySwapResponse;
}

/// The answer to [`BatterySwapRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatterySwapResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// BootNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootNotificationRequest {
    /// `ChargingStationType`
    pub charging_station: ChargingStation,
    /// `BootReasonEnumType`
    pub reason: BootReasonEnum,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for BootNotificationRequest {
    const ACTION: &'static str = "BootNotification";
    type Answer = BootNotificationResponse;
}

/// The answer to [`BootNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootNotificationResponse {
    /// `time`
    pub current_time: Timestamp,
    /// `integer`
    pub interval: i64,
    /// `RegistrationStatusEnumType`
    pub status: RegistrationStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearedChargingLimit, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearedChargingLimitRequest {
    /// `string(20)`
    pub charging_limit_source: String,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearedChargingLimitRequest {
    const ACTION: &'static str = "ClearedChargingLimit";
    type Answer = ClearedChargingLimitResponse;
}

/// The answer to [`ClearedChargingLimitRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearedChargingLimitResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClosePeriodicEventStream (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosePeriodicEventStreamRequest {
    /// `integer(0..)`
    pub id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClosePeriodicEventStreamRequest {
    const ACTION: &'static str = "ClosePeriodicEventStream";
    type Answer = ClosePeriodicEventStreamResponse;
}

/// The answer to [`ClosePeriodicEventStreamRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosePeriodicEventStreamResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DataTransfer, sent by either side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataTransferRequest {
    /// `string(255)`
    pub vendor_id: String,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `any`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for DataTransferRequest {
    const ACTION: &'static str = "DataTransfer";
    type Answer = DataTransferResponse;
}

/// The answer to [`DataTransferRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataTransferResponse {
    /// `DataTransferStatusEnumType`
    pub status: DataTransferStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `any`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FirmwareStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmwareStatusNotificationRequest {
    /// `FirmwareStatusEnumType`
    pub status: FirmwareStatusEnum,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// `StatusInfoType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for FirmwareStatusNotificationRequest {
    const ACTION: &'static str = "FirmwareStatusNotification";
    type Answer = FirmwareStatusNotificationResponse;
}

/// The answer to [`FirmwareStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmwareStatusNotificationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// Get15118EVCertificate, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Get15118EVCertificateRequest {
    /// `string(50)`
    pub iso15118_schema_version: String,
    /// `CertificateActionEnumType`
    pub action: CertificateActionEnum,
    /// `string(11000)`
    pub exi_request: String,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_contract_certificate_chains: Option<i64>,
    /// `string(255)[1..8]`, 2.1 only
    #[serde(rename = "prioritizedEMAIDs", default, skip_serializing_if = "Option::is_none")]
    pub prioritized_emaids: Option<Vec<String>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for Get15118EVCertificateRequest {
    const ACTION: &'static str = "Get15118EVCertificate";
    type Answer = Get15118EVCertificateResponse;
}

/// The answer to [`Get15118EVCertificateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Get15118EVCertificateResponse {
    /// `Iso15118EVCertificateStatusEnumType`
    pub status: Iso15118EVCertificateStatusEnum,
    /// `string(17000)`
    pub exi_response: String,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_contracts: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetCertificateChainStatus (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCertificateChainStatusRequest {
    /// `CertificateStatusRequestInfoType[1..4]`
    pub certificate_status_requests: Vec<CertificateStatusRequestInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetCertificateChainStatusRequest {
    const ACTION: &'static str = "GetCertificateChainStatus";
    type Answer = GetCertificateChainStatusResponse;
}

/// The answer to [`GetCertificateChainStatusRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCertificateChainStatusResponse {
    /// `CertificateStatusType[1..4]`
    pub certificate_status: Vec<CertificateStatus>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetCertificateStatus, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCertificateStatusRequest {
    /// `OCSPRequestDataType`
    pub ocsp_request_data: OCSPRequestData,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetCertificateStatusRequest {
    const ACTION: &'static str = "GetCertificateStatus";
    type Answer = GetCertificateStatusResponse;
}

/// The answer to [`GetCertificateStatusRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCertificateStatusResponse {
    /// `GetCertificateStatusEnumType`
    pub status: GetCertificateStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `string(18000)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp_result: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// Heartbeat, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatRequest {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for HeartbeatRequest {
    const ACTION: &'static str = "Heartbeat";
    type Answer = HeartbeatResponse;
}

/// The answer to [`HeartbeatRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatResponse {
    /// `time`
    pub current_time: Timestamp,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// LogStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStatusNotificationRequest {
    /// `UploadLogStatusEnumType`
    pub status: UploadLogStatusEnum,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// `StatusInfoType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for LogStatusNotificationRequest {
    const ACTION: &'static str = "LogStatusNotification";
    type Answer = LogStatusNotificationResponse;
}

/// The answer to [`LogStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStatusNotificationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// MeterValues, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValuesRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `MeterValueType[1..]`
    pub meter_value: Vec<MeterValue>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for MeterValuesRequest {
    const ACTION: &'static str = "MeterValues";
    type Answer = MeterValuesResponse;
}

/// The answer to [`MeterValuesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValuesResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyChargingLimit, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyChargingLimitRequest {
    /// `ChargingLimitType`
    pub charging_limit: ChargingLimit,
    /// `ChargingScheduleType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_schedule: Option<Vec<ChargingSchedule>>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyChargingLimitRequest {
    const ACTION: &'static str = "NotifyChargingLimit";
    type Answer = NotifyChargingLimitResponse;
}

/// The answer to [`NotifyChargingLimitRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyChargingLimitResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyCustomerInformation, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyCustomerInformationRequest {
    /// `string(512)`
    pub data: String,
    /// `integer(0..)`
    pub seq_no: i64,
    /// `time`
    pub generated_at: Timestamp,
    /// `integer(0..)`
    pub request_id: i64,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyCustomerInformationRequest {
    const ACTION: &'static str = "NotifyCustomerInformation";
    type Answer = NotifyCustomerInformationResponse;
}

/// The answer to [`NotifyCustomerInformationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyCustomerInformationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyDERAlarm (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDERAlarmRequest {
    /// `DERControlEnumType`
    pub control_type: DERControlEnum,
    /// `time`
    pub timestamp: Timestamp,
    /// `GridEventFaultEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid_event_fault: Option<GridEventFaultEnum>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_ended: Option<bool>,
    /// `string(200)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_info: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyDERAlarmRequest {
    const ACTION: &'static str = "NotifyDERAlarm";
    type Answer = NotifyDERAlarmResponse;
}

/// The answer to [`NotifyDERAlarmRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDERAlarmResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyDERStartStop (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDERStartStopRequest {
    /// `string(36)`
    pub control_id: String,
    /// `boolean`
    pub started: bool,
    /// `time`
    pub timestamp: Timestamp,
    /// `string(36)[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_ids: Option<Vec<String>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyDERStartStopRequest {
    const ACTION: &'static str = "NotifyDERStartStop";
    type Answer = NotifyDERStartStopResponse;
}

/// The answer to [`NotifyDERStartStopRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDERStartStopResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyDisplayMessages, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDisplayMessagesRequest {
    /// `integer`
    pub request_id: i64,
    /// `MessageInfoType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_info: Option<Vec<MessageInfo>>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyDisplayMessagesRequest {
    const ACTION: &'static str = "NotifyDisplayMessages";
    type Answer = NotifyDisplayMessagesResponse;
}

/// The answer to [`NotifyDisplayMessagesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyDisplayMessagesResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyEVChargingNeeds, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEVChargingNeedsRequest {
    /// `integer(1..)`
    pub evse_id: i64,
    /// `ChargingNeedsType`
    pub charging_needs: ChargingNeeds,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_schedule_tuples: Option<i64>,
    /// `time`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyEVChargingNeedsRequest {
    const ACTION: &'static str = "NotifyEVChargingNeeds";
    type Answer = NotifyEVChargingNeedsResponse;
}

/// The answer to [`NotifyEVChargingNeedsRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEVChargingNeedsResponse {
    /// `NotifyEVChargingNeedsStatusEnumType`
    pub status: NotifyEVChargingNeedsStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyEVChargingSchedule, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEVChargingScheduleRequest {
    /// `time`
    pub time_base: Timestamp,
    /// `ChargingScheduleType`
    pub charging_schedule: ChargingSchedule,
    /// `integer(1..)`
    pub evse_id: i64,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_charging_schedule_id: Option<i64>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_tolerance_acceptance: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyEVChargingScheduleRequest {
    const ACTION: &'static str = "NotifyEVChargingSchedule";
    type Answer = NotifyEVChargingScheduleResponse;
}

/// The answer to [`NotifyEVChargingScheduleRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEVChargingScheduleResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyEvent, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEventRequest {
    /// `time`
    pub generated_at: Timestamp,
    /// `integer(0..)`
    pub seq_no: i64,
    /// `EventDataType[1..]`
    pub event_data: Vec<EventData>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyEventRequest {
    const ACTION: &'static str = "NotifyEvent";
    type Answer = NotifyEventResponse;
}

/// The answer to [`NotifyEventRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyEventResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyMonitoringReport, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyMonitoringReportRequest {
    /// `integer`
    pub request_id: i64,
    /// `integer(0..)`
    pub seq_no: i64,
    /// `time`
    pub generated_at: Timestamp,
    /// `MonitoringDataType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Vec<MonitoringData>>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyMonitoringReportRequest {
    const ACTION: &'static str = "NotifyMonitoringReport";
    type Answer = NotifyMonitoringReportResponse;
}

/// The answer to [`NotifyMonitoringReportRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyMonitoringReportResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyPeriodicEventStream (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyPeriodicEventStreamRequest {
    /// `StreamDataElementType[1..]`
    pub data: Vec<StreamDataElement>,
    /// `integer(0..)`
    pub id: i64,
    /// `integer(0..)`
    pub pending: i64,
    /// `time`
    pub basetime: Timestamp,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Unanswered for NotifyPeriodicEventStreamRequest {
    const ACTION: &'static str = "NotifyPeriodicEventStream";
}

/// NotifyPriorityCharging (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyPriorityChargingRequest {
    /// `string(36)`
    pub transaction_id: String,
    /// `boolean`
    pub activated: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyPriorityChargingRequest {
    const ACTION: &'static str = "NotifyPriorityCharging";
    type Answer = NotifyPriorityChargingResponse;
}

/// The answer to [`NotifyPriorityChargingRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyPriorityChargingResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyReport, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyReportRequest {
    /// `integer`
    pub request_id: i64,
    /// `time`
    pub generated_at: Timestamp,
    /// `integer(0..)`
    pub seq_no: i64,
    /// `ReportDataType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_data: Option<Vec<ReportData>>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyReportRequest {
    const ACTION: &'static str = "NotifyReport";
    type Answer = NotifyReportResponse;
}

/// The answer to [`NotifyReportRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyReportResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifySettlement (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifySettlementRequest {
    /// `string(255)`
    pub psp_ref: String,
    /// `PaymentStatusEnumType`
    pub status: PaymentStatusEnum,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub settlement_amount: Decimal,
    /// `time`
    pub settlement_time: Timestamp,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `string(500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    /// `string(2000)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// `AddressType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_company: Option<Address>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_number: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifySettlementRequest {
    const ACTION: &'static str = "NotifySettlement";
    type Answer = NotifySettlementResponse;
}

/// The answer to [`NotifySettlementRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifySettlementResponse {
    /// `string(2000)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// OpenPeriodicEventStream (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPeriodicEventStreamRequest {
    /// `ConstantStreamDataType`
    pub constant_stream_data: ConstantStreamData,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for OpenPeriodicEventStreamRequest {
    const ACTION: &'static str = "OpenPeriodicEventStream";
    type Answer = OpenPeriodicEventStreamResponse;
}

/// The answer to [`OpenPeriodicEventStreamRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPeriodicEventStreamResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PublishFirmwareStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishFirmwareStatusNotificationRequest {
    /// `PublishFirmwareStatusEnumType`
    pub status: PublishFirmwareStatusEnum,
    /// `string(2000)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Vec<String>>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// `StatusInfoType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for PublishFirmwareStatusNotificationRequest {
    const ACTION: &'static str = "PublishFirmwareStatusNotification";
    type Answer = PublishFirmwareStatusNotificationResponse;
}

/// The answer to [`PublishFirmwareStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishFirmwareStatusNotificationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PullDynamicScheduleUpdate (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullDynamicScheduleUpdateRequest {
    /// `integer`
    pub charging_profile_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for PullDynamicScheduleUpdateRequest {
    const ACTION: &'static str = "PullDynamicScheduleUpdate";
    type Answer = PullDynamicScheduleUpdateResponse;
}

/// The answer to [`PullDynamicScheduleUpdateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullDynamicScheduleUpdateResponse {
    /// `ChargingProfileStatusEnumType`
    pub status: ChargingProfileStatusEnum,
    /// `ChargingScheduleUpdateType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_update: Option<ChargingScheduleUpdate>,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReportChargingProfiles, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportChargingProfilesRequest {
    /// `integer`
    pub request_id: i64,
    /// `string(20)`
    pub charging_limit_source: String,
    /// `ChargingProfileType[1..]`
    pub charging_profile: Vec<ChargingProfile>,
    /// `integer(0..)`
    pub evse_id: i64,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ReportChargingProfilesRequest {
    const ACTION: &'static str = "ReportChargingProfiles";
    type Answer = ReportChargingProfilesResponse;
}

/// The answer to [`ReportChargingProfilesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportChargingProfilesResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReportDERControl (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportDERControlRequest {
    /// `integer`
    pub request_id: i64,
    /// `DERCurveGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Vec<DERCurveGet>>,
    /// `EnterServiceGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_service: Option<Vec<EnterServiceGet>>,
    /// `FixedPFGetType[1..24]`
    #[serde(rename = "fixedPFAbsorb", default, skip_serializing_if = "Option::is_none")]
    pub fixed_pf_absorb: Option<Vec<FixedPFGet>>,
    /// `FixedPFGetType[1..24]`
    #[serde(rename = "fixedPFInject", default, skip_serializing_if = "Option::is_none")]
    pub fixed_pf_inject: Option<Vec<FixedPFGet>>,
    /// `FixedVarGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_var: Option<Vec<FixedVarGet>>,
    /// `FreqDroopGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freq_droop: Option<Vec<FreqDroopGet>>,
    /// `GradientGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<Vec<GradientGet>>,
    /// `LimitMaxDischargeGetType[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_max_discharge: Option<Vec<LimitMaxDischargeGet>>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbc: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ReportDERControlRequest {
    const ACTION: &'static str = "ReportDERControl";
    type Answer = ReportDERControlResponse;
}

/// The answer to [`ReportDERControlRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportDERControlResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReservationStatusUpdate, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationStatusUpdateRequest {
    /// `integer(0..)`
    pub reservation_id: i64,
    /// `ReservationUpdateStatusEnumType`
    pub reservation_update_status: ReservationUpdateStatusEnum,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ReservationStatusUpdateRequest {
    const ACTION: &'static str = "ReservationStatusUpdate";
    type Answer = ReservationStatusUpdateResponse;
}

/// The answer to [`ReservationStatusUpdateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationStatusUpdateResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SecurityEventNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEventNotificationRequest {
    /// `string(50)`
    pub r#type: String,
    /// `time`
    pub timestamp: Timestamp,
    /// `string(255)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tech_info: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SecurityEventNotificationRequest {
    const ACTION: &'static str = "SecurityEventNotification";
    type Answer = SecurityEventNotificationResponse;
}

/// The answer to [`SecurityEventNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEventNotificationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SignCertificate, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignCertificateRequest {
    /// `string(5500)`
    pub csr: String,
    /// `CertificateSigningUseEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateSigningUseEnum>,
    /// `CertificateHashDataType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_root_certificate: Option<CertificateHashData>,
    /// `integer`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SignCertificateRequest {
    const ACTION: &'static str = "SignCertificate";
    type Answer = SignCertificateResponse;
}

/// The answer to [`SignCertificateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignCertificateResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// StatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusNotificationRequest {
    /// `time`
    pub timestamp: Timestamp,
    /// `ConnectorStatusEnumType`
    pub connector_status: ConnectorStatusEnum,
    /// `integer(0..)`
    pub evse_id: i64,
    /// `integer(0..)`
    pub connector_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for StatusNotificationRequest {
    const ACTION: &'static str = "StatusNotification";
    type Answer = StatusNotificationResponse;
}

/// The answer to [`StatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusNotificationResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TransactionEvent, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionEventRequest {
    /// `TransactionEventEnumType`
    pub event_type: TransactionEventEnum,
    /// `time`
    pub timestamp: Timestamp,
    /// `TriggerReasonEnumType`
    pub trigger_reason: TriggerReasonEnum,
    /// `integer(0..)`
    pub seq_no: i64,
    /// `TransactionType`
    pub transaction_info: Transaction,
    /// `CostDetailsType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_details: Option<Box<CostDetails>>,
    /// `MeterValueType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_value: Option<Vec<MeterValue>>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<bool>,
    /// `integer(0..3)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_phases_used: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cable_max_current: Option<i64>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<i64>,
    /// `PreconditioningStatusEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preconditioning_status: Option<PreconditioningStatusEnum>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_sleep: Option<bool>,
    /// `EVSEType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<EVSE>,
    /// `IdTokenType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<IdToken>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for TransactionEventRequest {
    const ACTION: &'static str = "TransactionEvent";
    type Answer = TransactionEventResponse;
}

/// The answer to [`TransactionEventRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionEventResponse {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub total_cost: Option<Decimal>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_priority: Option<i64>,
    /// `IdTokenInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_info: Option<IdTokenInfo>,
    /// `TransactionLimitType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_limit: Option<TransactionLimit>,
    /// `MessageContentType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_personal_message: Option<MessageContent>,
    /// `MessageContentType[1..4]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_personal_message_extra: Option<Vec<MessageContent>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VatNumberValidation (2.1), sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VatNumberValidationRequest {
    /// `string(20)`
    pub vat_number: String,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for VatNumberValidationRequest {
    const ACTION: &'static str = "VatNumberValidation";
    type Answer = VatNumberValidationResponse;
}

/// The answer to [`VatNumberValidationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VatNumberValidationResponse {
    /// `string(20)`
    pub vat_number: String,
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `AddressType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Address>,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}
