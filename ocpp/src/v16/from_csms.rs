// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use serde::{Deserialize, Serialize};

use super::objects::*;
use super::words::*;
use crate::{Call, wire::Timestamp};

/// CancelReservation, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelReservationRequest {
    /// `integer`
    pub reservation_id: i64,
}

impl Call for CancelReservationRequest {
    const ACTION: &'static str = "CancelReservation";
    type Answer = CancelReservationResponse;
}

/// The answer to [`CancelReservationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelReservationResponse {
    /// `CancelReservationStatus`
    pub status: CancelReservationStatus,
}

/// CertificateSigned, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSignedRequest {
    /// `string(10000)`
    pub certificate_chain: String,
}

impl Call for CertificateSignedRequest {
    const ACTION: &'static str = "CertificateSigned";
    type Answer = CertificateSignedResponse;
}

/// The answer to [`CertificateSignedRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSignedResponse {
    /// `CertificateSignedStatusEnumType`
    pub status: CertificateSignedStatusEnum,
}

/// ChangeAvailability, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAvailabilityRequest {
    /// `integer`
    pub connector_id: i64,
    /// `AvailabilityType`
    pub r#type: AvailabilityType,
}

impl Call for ChangeAvailabilityRequest {
    const ACTION: &'static str = "ChangeAvailability";
    type Answer = ChangeAvailabilityResponse;
}

/// The answer to [`ChangeAvailabilityRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAvailabilityResponse {
    /// `AvailabilityStatus`
    pub status: AvailabilityStatus,
}

/// ChangeConfiguration, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeConfigurationRequest {
    /// `string(50)`
    pub key: String,
    /// `string(500)`
    pub value: String,
}

impl Call for ChangeConfigurationRequest {
    const ACTION: &'static str = "ChangeConfiguration";
    type Answer = ChangeConfigurationResponse;
}

/// The answer to [`ChangeConfigurationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeConfigurationResponse {
    /// `ConfigurationStatus`
    pub status: ConfigurationStatus,
}

/// ClearCache, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClearCacheRequest {}

impl Call for ClearCacheRequest {
    const ACTION: &'static str = "ClearCache";
    type Answer = ClearCacheResponse;
}

/// The answer to [`ClearCacheRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearCacheResponse {
    /// `ClearCacheStatus`
    pub status: ClearCacheStatus,
}

/// ClearChargingProfile, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearChargingProfileRequest {
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
    /// `ChargingProfilePurposeType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_purpose: Option<ChargingProfilePurposeType>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_level: Option<i64>,
}

impl Call for ClearChargingProfileRequest {
    const ACTION: &'static str = "ClearChargingProfile";
    type Answer = ClearChargingProfileResponse;
}

/// The answer to [`ClearChargingProfileRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearChargingProfileResponse {
    /// `ClearChargingProfileStatus`
    pub status: ClearChargingProfileStatus,
}

/// DeleteCertificate, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCertificateRequest {
    /// `CertificateHashDataType`
    pub certificate_hash_data: CertificateHashData,
}

impl Call for DeleteCertificateRequest {
    const ACTION: &'static str = "DeleteCertificate";
    type Answer = DeleteCertificateResponse;
}

/// The answer to [`DeleteCertificateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCertificateResponse {
    /// `DeleteCertificateStatusEnumType`
    pub status: DeleteCertificateStatusEnum,
}

/// ExtendedTriggerMessage, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtendedTriggerMessageRequest {
    /// `MessageTriggerEnumType`
    pub requested_message: MessageTriggerEnum,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
}

impl Call for ExtendedTriggerMessageRequest {
    const ACTION: &'static str = "ExtendedTriggerMessage";
    type Answer = ExtendedTriggerMessageResponse;
}

/// The answer to [`ExtendedTriggerMessageRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtendedTriggerMessageResponse {
    /// `TriggerMessageStatusEnumType`
    pub status: TriggerMessageStatusEnum,
}

/// GetCompositeSchedule, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCompositeScheduleRequest {
    /// `integer`
    pub connector_id: i64,
    /// `integer`
    pub duration: i64,
    /// `ChargingRateUnitType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_rate_unit: Option<ChargingRateUnitType>,
}

impl Call for GetCompositeScheduleRequest {
    const ACTION: &'static str = "GetCompositeSchedule";
    type Answer = GetCompositeScheduleResponse;
}

/// The answer to [`GetCompositeScheduleRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCompositeScheduleResponse {
    /// `GetCompositeScheduleStatus`
    pub status: GetCompositeScheduleStatus,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_start: Option<Timestamp>,
    /// `ChargingSchedule`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_schedule: Option<ChargingSchedule>,
}

/// GetConfiguration, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConfigurationRequest {
    /// `string(50)[]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Vec<String>>,
}

impl Call for GetConfigurationRequest {
    const ACTION: &'static str = "GetConfiguration";
    type Answer = GetConfigurationResponse;
}

/// The answer to [`GetConfigurationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConfigurationResponse {
    /// `KeyValue[]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_key: Option<Vec<KeyValue>>,
    /// `string(50)[]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_key: Option<Vec<String>>,
}

/// GetDiagnostics, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDiagnosticsRequest {
    /// `uri`
    pub location: String,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_time: Option<Timestamp>,
}

impl Call for GetDiagnosticsRequest {
    const ACTION: &'static str = "GetDiagnostics";
    type Answer = GetDiagnosticsResponse;
}

/// The answer to [`GetDiagnosticsRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDiagnosticsResponse {
    /// `string(255)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}

/// GetInstalledCertificateIds, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetInstalledCertificateIdsRequest {
    /// `CertificateUseEnumType`
    pub certificate_type: CertificateUseEnum,
}

impl Call for GetInstalledCertificateIdsRequest {
    const ACTION: &'static str = "GetInstalledCertificateIds";
    type Answer = GetInstalledCertificateIdsResponse;
}

/// The answer to [`GetInstalledCertificateIdsRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetInstalledCertificateIdsResponse {
    /// `GetInstalledCertificateStatusEnumType`
    pub status: GetInstalledCertificateStatusEnum,
    /// `CertificateHashDataType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_hash_data: Option<Vec<CertificateHashData>>,
}

/// GetLocalListVersion, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetLocalListVersionRequest {}

impl Call for GetLocalListVersionRequest {
    const ACTION: &'static str = "GetLocalListVersion";
    type Answer = GetLocalListVersionResponse;
}

/// The answer to [`GetLocalListVersionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLocalListVersionResponse {
    /// `integer`
    pub list_version: i64,
}

/// GetLog, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogRequest {
    /// `LogParametersType`
    pub log: LogParameters,
    /// `LogEnumType`
    pub log_type: LogEnum,
    /// `integer`
    pub request_id: i64,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
}

impl Call for GetLogRequest {
    const ACTION: &'static str = "GetLog";
    type Answer = GetLogResponse;
}

/// The answer to [`GetLogRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogResponse {
    /// `LogStatusEnumType`
    pub status: LogStatusEnum,
    /// `string(255)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// InstallCertificate, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallCertificateRequest {
    /// `CertificateUseEnumType`
    pub certificate_type: CertificateUseEnum,
    /// `string(5500)`
    pub certificate: String,
}

impl Call for InstallCertificateRequest {
    const ACTION: &'static str = "InstallCertificate";
    type Answer = InstallCertificateResponse;
}

/// The answer to [`InstallCertificateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallCertificateResponse {
    /// `InstallCertificateStatusEnumType`
    pub status: InstallCertificateStatusEnum,
}

/// RemoteStartTransaction, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteStartTransactionRequest {
    /// `string(20)`
    pub id_tag: String,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
    /// `ChargingProfile`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile: Option<ChargingProfile>,
}

impl Call for RemoteStartTransactionRequest {
    const ACTION: &'static str = "RemoteStartTransaction";
    type Answer = RemoteStartTransactionResponse;
}

/// The answer to [`RemoteStartTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteStartTransactionResponse {
    /// `RemoteStartStopStatus`
    pub status: RemoteStartStopStatus,
}

/// RemoteStopTransaction, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteStopTransactionRequest {
    /// `integer`
    pub transaction_id: i64,
}

impl Call for RemoteStopTransactionRequest {
    const ACTION: &'static str = "RemoteStopTransaction";
    type Answer = RemoteStopTransactionResponse;
}

/// The answer to [`RemoteStopTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteStopTransactionResponse {
    /// `RemoteStartStopStatus`
    pub status: RemoteStartStopStatus,
}

/// ReserveNow, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveNowRequest {
    /// `integer`
    pub connector_id: i64,
    /// `time`
    pub expiry_date: Timestamp,
    /// `string(20)`
    pub id_tag: String,
    /// `integer`
    pub reservation_id: i64,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id_tag: Option<String>,
}

impl Call for ReserveNowRequest {
    const ACTION: &'static str = "ReserveNow";
    type Answer = ReserveNowResponse;
}

/// The answer to [`ReserveNowRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveNowResponse {
    /// `ReservationStatus`
    pub status: ReservationStatus,
}

/// Reset, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetRequest {
    /// `ResetType`
    pub r#type: ResetType,
}

impl Call for ResetRequest {
    const ACTION: &'static str = "Reset";
    type Answer = ResetResponse;
}

/// The answer to [`ResetRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetResponse {
    /// `ResetStatus`
    pub status: ResetStatus,
}

/// SendLocalList, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendLocalListRequest {
    /// `integer`
    pub list_version: i64,
    /// `UpdateType`
    pub update_type: UpdateType,
    /// `AuthorizationData[]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_authorization_list: Option<Vec<AuthorizationData>>,
}

impl Call for SendLocalListRequest {
    const ACTION: &'static str = "SendLocalList";
    type Answer = SendLocalListResponse;
}

/// The answer to [`SendLocalListRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendLocalListResponse {
    /// `UpdateStatus`
    pub status: UpdateStatus,
}

/// SetChargingProfile, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetChargingProfileRequest {
    /// `integer`
    pub connector_id: i64,
    /// `ChargingProfile`
    pub cs_charging_profiles: ChargingProfile,
}

impl Call for SetChargingProfileRequest {
    const ACTION: &'static str = "SetChargingProfile";
    type Answer = SetChargingProfileResponse;
}

/// The answer to [`SetChargingProfileRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetChargingProfileResponse {
    /// `ChargingProfileStatus`
    pub status: ChargingProfileStatus,
}

/// SignedUpdateFirmware, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedUpdateFirmwareRequest {
    /// `integer`
    pub request_id: i64,
    /// `FirmwareType`
    pub firmware: Firmware,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
}

impl Call for SignedUpdateFirmwareRequest {
    const ACTION: &'static str = "SignedUpdateFirmware";
    type Answer = SignedUpdateFirmwareResponse;
}

/// The answer to [`SignedUpdateFirmwareRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedUpdateFirmwareResponse {
    /// `UpdateFirmwareStatusEnumType`
    pub status: UpdateFirmwareStatusEnum,
}

/// TriggerMessage, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerMessageRequest {
    /// `MessageTrigger`
    pub requested_message: MessageTrigger,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
}

impl Call for TriggerMessageRequest {
    const ACTION: &'static str = "TriggerMessage";
    type Answer = TriggerMessageResponse;
}

/// The answer to [`TriggerMessageRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerMessageResponse {
    /// `TriggerMessageStatus`
    pub status: TriggerMessageStatus,
}

/// UnlockConnector, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockConnectorRequest {
    /// `integer`
    pub connector_id: i64,
}

impl Call for UnlockConnectorRequest {
    const ACTION: &'static str = "UnlockConnector";
    type Answer = UnlockConnectorResponse;
}

/// The answer to [`UnlockConnectorRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockConnectorResponse {
    /// `UnlockStatus`
    pub status: UnlockStatus,
}

/// UpdateFirmware, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateFirmwareRequest {
    /// `uri`
    pub location: String,
    /// `time`
    pub retrieve_date: Timestamp,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
}

impl Call for UpdateFirmwareRequest {
    const ACTION: &'static str = "UpdateFirmware";
    type Answer = UpdateFirmwareResponse;
}

/// The answer to [`UpdateFirmwareRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateFirmwareResponse {}
