// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use serde::{Deserialize, Serialize};

use super::objects::*;
use super::words::*;
use crate::{Call, wire::Timestamp};

/// Authorize, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeRequest {
    /// `string(20)`
    pub id_tag: String,
}

impl Call for AuthorizeRequest {
    const ACTION: &'static str = "Authorize";
    type Answer = AuthorizeResponse;
}

/// The answer to [`AuthorizeRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeResponse {
    /// `IdTagInfo`
    pub id_tag_info: IdTagInfo,
}

/// BootNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootNotificationRequest {
    /// `string(20)`
    pub charge_point_vendor: String,
    /// `string(20)`
    pub charge_point_model: String,
    /// `string(25)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_point_serial_number: Option<String>,
    /// `string(25)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_box_serial_number: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_version: Option<String>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iccid: Option<String>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imsi: Option<String>,
    /// `string(25)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_type: Option<String>,
    /// `string(25)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_serial_number: Option<String>,
}

impl Call for BootNotificationRequest {
    const ACTION: &'static str = "BootNotification";
    type Answer = BootNotificationResponse;
}

/// The answer to [`BootNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootNotificationResponse {
    /// `RegistrationStatus`
    pub status: RegistrationStatus,
    /// `time`
    pub current_time: Timestamp,
    /// `integer`
    pub interval: i64,
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
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

impl Call for DataTransferRequest {
    const ACTION: &'static str = "DataTransfer";
    type Answer = DataTransferResponse;
}

/// The answer to [`DataTransferRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataTransferResponse {
    /// `DataTransferStatus`
    pub status: DataTransferStatus,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// DiagnosticsStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsStatusNotificationRequest {
    /// `DiagnosticsStatus`
    pub status: DiagnosticsStatus,
}

impl Call for DiagnosticsStatusNotificationRequest {
    const ACTION: &'static str = "DiagnosticsStatusNotification";
    type Answer = DiagnosticsStatusNotificationResponse;
}

/// The answer to [`DiagnosticsStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiagnosticsStatusNotificationResponse {}

/// FirmwareStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmwareStatusNotificationRequest {
    /// `FirmwareStatus`
    pub status: FirmwareStatus,
}

impl Call for FirmwareStatusNotificationRequest {
    const ACTION: &'static str = "FirmwareStatusNotification";
    type Answer = FirmwareStatusNotificationResponse;
}

/// The answer to [`FirmwareStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FirmwareStatusNotificationResponse {}

/// Heartbeat, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeartbeatRequest {}

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
}

impl Call for LogStatusNotificationRequest {
    const ACTION: &'static str = "LogStatusNotification";
    type Answer = LogStatusNotificationResponse;
}

/// The answer to [`LogStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogStatusNotificationResponse {}

/// MeterValues, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValuesRequest {
    /// `integer`
    pub connector_id: i64,
    /// `MeterValue[1..]`
    pub meter_value: Vec<MeterValue>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<i64>,
}

impl Call for MeterValuesRequest {
    const ACTION: &'static str = "MeterValues";
    type Answer = MeterValuesResponse;
}

/// The answer to [`MeterValuesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MeterValuesResponse {}

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
}

impl Call for SecurityEventNotificationRequest {
    const ACTION: &'static str = "SecurityEventNotification";
    type Answer = SecurityEventNotificationResponse;
}

/// The answer to [`SecurityEventNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SecurityEventNotificationResponse {}

/// SignCertificate, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignCertificateRequest {
    /// `string(5500)`
    pub csr: String,
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
}

/// SignedFirmwareStatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedFirmwareStatusNotificationRequest {
    /// `FirmwareStatusEnumType`
    pub status: FirmwareStatusEnum,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
}

impl Call for SignedFirmwareStatusNotificationRequest {
    const ACTION: &'static str = "SignedFirmwareStatusNotification";
    type Answer = SignedFirmwareStatusNotificationResponse;
}

/// The answer to [`SignedFirmwareStatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SignedFirmwareStatusNotificationResponse {}

/// StartTransaction, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartTransactionRequest {
    /// `integer`
    pub connector_id: i64,
    /// `string(20)`
    pub id_tag: String,
    /// `integer`
    pub meter_start: i64,
    /// `time`
    pub timestamp: Timestamp,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<i64>,
}

impl Call for StartTransactionRequest {
    const ACTION: &'static str = "StartTransaction";
    type Answer = StartTransactionResponse;
}

/// The answer to [`StartTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartTransactionResponse {
    /// `IdTagInfo`
    pub id_tag_info: IdTagInfo,
    /// `integer`
    pub transaction_id: i64,
}

/// StatusNotification, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusNotificationRequest {
    /// `integer`
    pub connector_id: i64,
    /// `ChargePointErrorCode`
    pub error_code: ChargePointErrorCode,
    /// `ChargePointStatus`
    pub status: ChargePointStatus,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<String>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// `string(255)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_error_code: Option<String>,
}

impl Call for StatusNotificationRequest {
    const ACTION: &'static str = "StatusNotification";
    type Answer = StatusNotificationResponse;
}

/// The answer to [`StatusNotificationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusNotificationResponse {}

/// StopTransaction, sent by the station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopTransactionRequest {
    /// `integer`
    pub meter_stop: i64,
    /// `time`
    pub timestamp: Timestamp,
    /// `integer`
    pub transaction_id: i64,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_tag: Option<String>,
    /// `Reason`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// `MeterValue[]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_data: Option<Vec<MeterValue>>,
}

impl Call for StopTransactionRequest {
    const ACTION: &'static str = "StopTransaction";
    type Answer = StopTransactionResponse;
}

/// The answer to [`StopTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopTransactionResponse {
    /// `IdTagInfo`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_tag_info: Option<IdTagInfo>,
}
