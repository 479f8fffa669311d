// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::objects::*;
use super::words::*;
use crate::{Call, wire::Timestamp};

/// AFRRSignal (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AFRRSignalRequest {
    /// `time`
    pub timestamp: Timestamp,
    /// `integer`
    pub signal: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for AFRRSignalRequest {
    const ACTION: &'static str = "AFRRSignal";
    type Answer = AFRRSignalResponse;
}

/// The answer to [`AFRRSignalRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AFRRSignalResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AdjustPeriodicEventStream (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustPeriodicEventStreamRequest {
    /// `integer(0..)`
    pub id: i64,
    /// `PeriodicEventStreamParamsType`
    pub params: PeriodicEventStreamParams,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for AdjustPeriodicEventStreamRequest {
    const ACTION: &'static str = "AdjustPeriodicEventStream";
    type Answer = AdjustPeriodicEventStreamResponse;
}

/// The answer to [`AdjustPeriodicEventStreamRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustPeriodicEventStreamResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CancelReservation, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelReservationRequest {
    /// `integer(0..)`
    pub reservation_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for CancelReservationRequest {
    const ACTION: &'static str = "CancelReservation";
    type Answer = CancelReservationResponse;
}

/// The answer to [`CancelReservationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelReservationResponse {
    /// `CancelReservationStatusEnumType`
    pub status: CancelReservationStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CertificateSigned, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSignedRequest {
    /// `string(10000)`
    pub certificate_chain: String,
    /// `CertificateSigningUseEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateSigningUseEnum>,
    /// `integer`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChangeAvailability, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAvailabilityRequest {
    /// `OperationalStatusEnumType`
    pub operational_status: OperationalStatusEnum,
    /// `EVSEType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<EVSE>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ChangeAvailabilityRequest {
    const ACTION: &'static str = "ChangeAvailability";
    type Answer = ChangeAvailabilityResponse;
}

/// The answer to [`ChangeAvailabilityRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAvailabilityResponse {
    /// `ChangeAvailabilityStatusEnumType`
    pub status: ChangeAvailabilityStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChangeTransactionTariff (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeTransactionTariffRequest {
    /// `TariffType`
    pub tariff: Tariff,
    /// `string(36)`
    pub transaction_id: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ChangeTransactionTariffRequest {
    const ACTION: &'static str = "ChangeTransactionTariff";
    type Answer = ChangeTransactionTariffResponse;
}

/// The answer to [`ChangeTransactionTariffRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeTransactionTariffResponse {
    /// `TariffChangeStatusEnumType`
    pub status: TariffChangeStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearCache, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearCacheRequest {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearCacheRequest {
    const ACTION: &'static str = "ClearCache";
    type Answer = ClearCacheResponse;
}

/// The answer to [`ClearCacheRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearCacheResponse {
    /// `ClearCacheStatusEnumType`
    pub status: ClearCacheStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearChargingProfile, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearChargingProfileRequest {
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_id: Option<i64>,
    /// `ClearChargingProfileType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_criteria: Option<ClearChargingProfile>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearChargingProfileRequest {
    const ACTION: &'static str = "ClearChargingProfile";
    type Answer = ClearChargingProfileResponse;
}

/// The answer to [`ClearChargingProfileRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearChargingProfileResponse {
    /// `ClearChargingProfileStatusEnumType`
    pub status: ClearChargingProfileStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearDERControl (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearDERControlRequest {
    /// `boolean`
    pub is_default: bool,
    /// `DERControlEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_type: Option<DERControlEnum>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearDERControlRequest {
    const ACTION: &'static str = "ClearDERControl";
    type Answer = ClearDERControlResponse;
}

/// The answer to [`ClearDERControlRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearDERControlResponse {
    /// `DERControlStatusEnumType`
    pub status: DERControlStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearDisplayMessage, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearDisplayMessageRequest {
    /// `integer(0..)`
    pub id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearDisplayMessageRequest {
    const ACTION: &'static str = "ClearDisplayMessage";
    type Answer = ClearDisplayMessageResponse;
}

/// The answer to [`ClearDisplayMessageRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearDisplayMessageResponse {
    /// `ClearMessageStatusEnumType`
    pub status: ClearMessageStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearTariffs (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearTariffsRequest {
    /// `string(60)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff_ids: Option<Vec<String>>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearTariffsRequest {
    const ACTION: &'static str = "ClearTariffs";
    type Answer = ClearTariffsResponse;
}

/// The answer to [`ClearTariffsRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearTariffsResponse {
    /// `ClearTariffsResultType[1..]`
    pub clear_tariffs_result: Vec<ClearTariffsResult>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearVariableMonitoring, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearVariableMonitoringRequest {
    /// `integer(0..)[1..]`
    pub id: Vec<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ClearVariableMonitoringRequest {
    const ACTION: &'static str = "ClearVariableMonitoring";
    type Answer = ClearVariableMonitoringResponse;
}

/// The answer to [`ClearVariableMonitoringRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearVariableMonitoringResponse {
    /// `ClearMonitoringResultType[1..]`
    pub clear_monitoring_result: Vec<ClearMonitoringResult>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CostUpdated, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostUpdatedRequest {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub total_cost: Decimal,
    /// `string(36)`
    pub transaction_id: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for CostUpdatedRequest {
    const ACTION: &'static str = "CostUpdated";
    type Answer = CostUpdatedResponse;
}

/// The answer to [`CostUpdatedRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostUpdatedResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CustomerInformation, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerInformationRequest {
    /// `integer(0..)`
    pub request_id: i64,
    /// `boolean`
    pub report: bool,
    /// `boolean`
    pub clear: bool,
    /// `CertificateHashDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_certificate: Option<CertificateHashData>,
    /// `IdTokenType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<IdToken>,
    /// `string(64)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_identifier: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for CustomerInformationRequest {
    const ACTION: &'static str = "CustomerInformation";
    type Answer = CustomerInformationResponse;
}

/// The answer to [`CustomerInformationRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerInformationResponse {
    /// `CustomerInformationStatusEnumType`
    pub status: CustomerInformationStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DeleteCertificate, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCertificateRequest {
    /// `CertificateHashDataType`
    pub certificate_hash_data: CertificateHashData,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetBaseReport, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetBaseReportRequest {
    /// `integer`
    pub request_id: i64,
    /// `ReportBaseEnumType`
    pub report_base: ReportBaseEnum,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetBaseReportRequest {
    const ACTION: &'static str = "GetBaseReport";
    type Answer = GetBaseReportResponse;
}

/// The answer to [`GetBaseReportRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetBaseReportResponse {
    /// `GenericDeviceModelStatusEnumType`
    pub status: GenericDeviceModelStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetChargingProfiles, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetChargingProfilesRequest {
    /// `integer`
    pub request_id: i64,
    /// `ChargingProfileCriterionType`
    pub charging_profile: ChargingProfileCriterion,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetChargingProfilesRequest {
    const ACTION: &'static str = "GetChargingProfiles";
    type Answer = GetChargingProfilesResponse;
}

/// The answer to [`GetChargingProfilesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetChargingProfilesResponse {
    /// `GetChargingProfileStatusEnumType`
    pub status: GetChargingProfileStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetCompositeSchedule, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCompositeScheduleRequest {
    /// `integer`
    pub duration: i64,
    /// `integer(0..)`
    pub evse_id: i64,
    /// `ChargingRateUnitEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_rate_unit: Option<ChargingRateUnitEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetCompositeScheduleRequest {
    const ACTION: &'static str = "GetCompositeSchedule";
    type Answer = GetCompositeScheduleResponse;
}

/// The answer to [`GetCompositeScheduleRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCompositeScheduleResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CompositeScheduleType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<CompositeSchedule>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetDERControl (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDERControlRequest {
    /// `integer`
    pub request_id: i64,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_default: Option<bool>,
    /// `DERControlEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_type: Option<DERControlEnum>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetDERControlRequest {
    const ACTION: &'static str = "GetDERControl";
    type Answer = GetDERControlResponse;
}

/// The answer to [`GetDERControlRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDERControlResponse {
    /// `DERControlStatusEnumType`
    pub status: DERControlStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetDisplayMessages, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDisplayMessagesRequest {
    /// `integer`
    pub request_id: i64,
    /// `integer(0..)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Vec<i64>>,
    /// `MessagePriorityEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<MessagePriorityEnum>,
    /// `MessageStateEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<MessageStateEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetDisplayMessagesRequest {
    const ACTION: &'static str = "GetDisplayMessages";
    type Answer = GetDisplayMessagesResponse;
}

/// The answer to [`GetDisplayMessagesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDisplayMessagesResponse {
    /// `GetDisplayMessagesStatusEnumType`
    pub status: GetDisplayMessagesStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetInstalledCertificateIds, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetInstalledCertificateIdsRequest {
    /// `GetCertificateIdUseEnumType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<Vec<GetCertificateIdUseEnum>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CertificateHashDataChainType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_hash_data_chain: Option<Vec<CertificateHashDataChain>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetLocalListVersion, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLocalListVersionRequest {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetLocalListVersionRequest {
    const ACTION: &'static str = "GetLocalListVersion";
    type Answer = GetLocalListVersionResponse;
}

/// The answer to [`GetLocalListVersionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLocalListVersionResponse {
    /// `integer`
    pub version_number: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `string(255)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetMonitoringReport, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetMonitoringReportRequest {
    /// `integer`
    pub request_id: i64,
    /// `ComponentVariableType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_variable: Option<Vec<ComponentVariable>>,
    /// `MonitoringCriterionEnumType[1..3]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_criteria: Option<Vec<MonitoringCriterionEnum>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetMonitoringReportRequest {
    const ACTION: &'static str = "GetMonitoringReport";
    type Answer = GetMonitoringReportResponse;
}

/// The answer to [`GetMonitoringReportRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetMonitoringReportResponse {
    /// `GenericDeviceModelStatusEnumType`
    pub status: GenericDeviceModelStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetPeriodicEventStream (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPeriodicEventStreamRequest {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetPeriodicEventStreamRequest {
    const ACTION: &'static str = "GetPeriodicEventStream";
    type Answer = GetPeriodicEventStreamResponse;
}

/// The answer to [`GetPeriodicEventStreamRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPeriodicEventStreamResponse {
    /// `ConstantStreamDataType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant_stream_data: Option<Vec<ConstantStreamData>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetReport, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetReportRequest {
    /// `integer`
    pub request_id: i64,
    /// `ComponentVariableType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_variable: Option<Vec<ComponentVariable>>,
    /// `ComponentCriterionEnumType[1..4]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_criteria: Option<Vec<ComponentCriterionEnum>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetReportRequest {
    const ACTION: &'static str = "GetReport";
    type Answer = GetReportResponse;
}

/// The answer to [`GetReportRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetReportResponse {
    /// `GenericDeviceModelStatusEnumType`
    pub status: GenericDeviceModelStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetTariffs (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTariffsRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetTariffsRequest {
    const ACTION: &'static str = "GetTariffs";
    type Answer = GetTariffsResponse;
}

/// The answer to [`GetTariffsRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTariffsResponse {
    /// `TariffGetStatusEnumType`
    pub status: TariffGetStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `TariffAssignmentType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff_assignments: Option<Vec<TariffAssignment>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetTransactionStatus, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTransactionStatusRequest {
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetTransactionStatusRequest {
    const ACTION: &'static str = "GetTransactionStatus";
    type Answer = GetTransactionStatusResponse;
}

/// The answer to [`GetTransactionStatusRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTransactionStatusResponse {
    /// `boolean`
    pub messages_in_queue: bool,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ongoing_indicator: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetVariables, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetVariablesRequest {
    /// `GetVariableDataType[1..]`
    pub get_variable_data: Vec<GetVariableData>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for GetVariablesRequest {
    const ACTION: &'static str = "GetVariables";
    type Answer = GetVariablesResponse;
}

/// The answer to [`GetVariablesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetVariablesResponse {
    /// `GetVariableResultType[1..]`
    pub get_variable_result: Vec<GetVariableResult>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// InstallCertificate, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallCertificateRequest {
    /// `InstallCertificateUseEnumType`
    pub certificate_type: InstallCertificateUseEnum,
    /// `string(10000)`
    pub certificate: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyAllowedEnergyTransfer (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyAllowedEnergyTransferRequest {
    /// `string(36)`
    pub transaction_id: String,
    /// `EnergyTransferModeEnumType[1..]`
    pub allowed_energy_transfer: Vec<EnergyTransferModeEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyAllowedEnergyTransferRequest {
    const ACTION: &'static str = "NotifyAllowedEnergyTransfer";
    type Answer = NotifyAllowedEnergyTransferResponse;
}

/// The answer to [`NotifyAllowedEnergyTransferRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyAllowedEnergyTransferResponse {
    /// `NotifyAllowedEnergyTransferStatusEnumType`
    pub status: NotifyAllowedEnergyTransferStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NotifyWebPaymentStarted (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyWebPaymentStartedRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `integer`
    pub timeout: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for NotifyWebPaymentStartedRequest {
    const ACTION: &'static str = "NotifyWebPaymentStarted";
    type Answer = NotifyWebPaymentStartedResponse;
}

/// The answer to [`NotifyWebPaymentStartedRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyWebPaymentStartedResponse {
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PublishFirmware, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishFirmwareRequest {
    /// `string(2000)`
    pub location: String,
    /// `string(32)`
    pub checksum: String,
    /// `integer(0..)`
    pub request_id: i64,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for PublishFirmwareRequest {
    const ACTION: &'static str = "PublishFirmware";
    type Answer = PublishFirmwareResponse;
}

/// The answer to [`PublishFirmwareRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishFirmwareResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// RequestBatterySwap (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestBatterySwapRequest {
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `integer`
    pub request_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for RequestBatterySwapRequest {
    const ACTION: &'static str = "RequestBatterySwap";
    type Answer = RequestBatterySwapResponse;
}

/// The answer to [`RequestBatterySwapRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestBatterySwapResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// RequestStartTransaction, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStartTransactionRequest {
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `integer`
    pub remote_start_id: i64,
    /// `integer(1..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `IdTokenType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id_token: Option<IdToken>,
    /// `ChargingProfileType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile: Option<ChargingProfile>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for RequestStartTransactionRequest {
    const ACTION: &'static str = "RequestStartTransaction";
    type Answer = RequestStartTransactionResponse;
}

/// The answer to [`RequestStartTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStartTransactionResponse {
    /// `RequestStartStopStatusEnumType`
    pub status: RequestStartStopStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// RequestStopTransaction, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStopTransactionRequest {
    /// `string(36)`
    pub transaction_id: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for RequestStopTransactionRequest {
    const ACTION: &'static str = "RequestStopTransaction";
    type Answer = RequestStopTransactionResponse;
}

/// The answer to [`RequestStopTransactionRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStopTransactionResponse {
    /// `RequestStartStopStatusEnumType`
    pub status: RequestStartStopStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReserveNow, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveNowRequest {
    /// `integer(0..)`
    pub id: i64,
    /// `time`
    pub expiry_date_time: Timestamp,
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_type: Option<String>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `IdTokenType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id_token: Option<IdToken>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ReserveNowRequest {
    const ACTION: &'static str = "ReserveNow";
    type Answer = ReserveNowResponse;
}

/// The answer to [`ReserveNowRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveNowResponse {
    /// `ReserveNowStatusEnumType`
    pub status: ReserveNowStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// Reset, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetRequest {
    /// `ResetEnumType`
    pub r#type: ResetEnum,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for ResetRequest {
    const ACTION: &'static str = "Reset";
    type Answer = ResetResponse;
}

/// The answer to [`ResetRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetResponse {
    /// `ResetStatusEnumType`
    pub status: ResetStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SendLocalList, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendLocalListRequest {
    /// `integer`
    pub version_number: i64,
    /// `UpdateEnumType`
    pub update_type: UpdateEnum,
    /// `AuthorizationData[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_authorization_list: Option<Vec<AuthorizationData>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SendLocalListRequest {
    const ACTION: &'static str = "SendLocalList";
    type Answer = SendLocalListResponse;
}

/// The answer to [`SendLocalListRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendLocalListResponse {
    /// `SendLocalListStatusEnumType`
    pub status: SendLocalListStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetChargingProfile, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetChargingProfileRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `ChargingProfileType`
    pub charging_profile: ChargingProfile,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetChargingProfileRequest {
    const ACTION: &'static str = "SetChargingProfile";
    type Answer = SetChargingProfileResponse;
}

/// The answer to [`SetChargingProfileRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetChargingProfileResponse {
    /// `ChargingProfileStatusEnumType`
    pub status: ChargingProfileStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetDERControl (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDERControlRequest {
    /// `boolean`
    pub is_default: bool,
    /// `string(36)`
    pub control_id: String,
    /// `DERControlEnumType`
    pub control_type: DERControlEnum,
    /// `DERCurveType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Box<DERCurve>>,
    /// `EnterServiceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_service: Option<EnterService>,
    /// `FixedPFType`
    #[serde(rename = "fixedPFAbsorb", default, skip_serializing_if = "Option::is_none")]
    pub fixed_pf_absorb: Option<FixedPF>,
    /// `FixedPFType`
    #[serde(rename = "fixedPFInject", default, skip_serializing_if = "Option::is_none")]
    pub fixed_pf_inject: Option<FixedPF>,
    /// `FixedVarType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_var: Option<FixedVar>,
    /// `FreqDroopType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freq_droop: Option<FreqDroop>,
    /// `GradientType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<Gradient>,
    /// `LimitMaxDischargeType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_max_discharge: Option<LimitMaxDischarge>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetDERControlRequest {
    const ACTION: &'static str = "SetDERControl";
    type Answer = SetDERControlResponse;
}

/// The answer to [`SetDERControlRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDERControlResponse {
    /// `DERControlStatusEnumType`
    pub status: DERControlStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `string(36)[1..24]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_ids: Option<Vec<String>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetDefaultTariff (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDefaultTariffRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `TariffType`
    pub tariff: Tariff,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetDefaultTariffRequest {
    const ACTION: &'static str = "SetDefaultTariff";
    type Answer = SetDefaultTariffResponse;
}

/// The answer to [`SetDefaultTariffRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDefaultTariffResponse {
    /// `TariffSetStatusEnumType`
    pub status: TariffSetStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetDisplayMessage, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDisplayMessageRequest {
    /// `MessageInfoType`
    pub message: MessageInfo,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetDisplayMessageRequest {
    const ACTION: &'static str = "SetDisplayMessage";
    type Answer = SetDisplayMessageResponse;
}

/// The answer to [`SetDisplayMessageRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDisplayMessageResponse {
    /// `DisplayMessageStatusEnumType`
    pub status: DisplayMessageStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetMonitoringBase, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringBaseRequest {
    /// `MonitoringBaseEnumType`
    pub monitoring_base: MonitoringBaseEnum,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetMonitoringBaseRequest {
    const ACTION: &'static str = "SetMonitoringBase";
    type Answer = SetMonitoringBaseResponse;
}

/// The answer to [`SetMonitoringBaseRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringBaseResponse {
    /// `GenericDeviceModelStatusEnumType`
    pub status: GenericDeviceModelStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetMonitoringLevel, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringLevelRequest {
    /// `integer(0..)`
    pub severity: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetMonitoringLevelRequest {
    const ACTION: &'static str = "SetMonitoringLevel";
    type Answer = SetMonitoringLevelResponse;
}

/// The answer to [`SetMonitoringLevelRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringLevelResponse {
    /// `GenericStatusEnumType`
    pub status: GenericStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetNetworkProfile, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetNetworkProfileRequest {
    /// `integer`
    pub configuration_slot: i64,
    /// `NetworkConnectionProfileType`
    pub connection_data: NetworkConnectionProfile,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetNetworkProfileRequest {
    const ACTION: &'static str = "SetNetworkProfile";
    type Answer = SetNetworkProfileResponse;
}

/// The answer to [`SetNetworkProfileRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetNetworkProfileResponse {
    /// `SetNetworkProfileStatusEnumType`
    pub status: SetNetworkProfileStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetVariableMonitoring, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableMonitoringRequest {
    /// `SetMonitoringDataType[1..]`
    pub set_monitoring_data: Vec<SetMonitoringData>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetVariableMonitoringRequest {
    const ACTION: &'static str = "SetVariableMonitoring";
    type Answer = SetVariableMonitoringResponse;
}

/// The answer to [`SetVariableMonitoringRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableMonitoringResponse {
    /// `SetMonitoringResultType[1..]`
    pub set_monitoring_result: Vec<SetMonitoringResult>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetVariables, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariablesRequest {
    /// `SetVariableDataType[1..]`
    pub set_variable_data: Vec<SetVariableData>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for SetVariablesRequest {
    const ACTION: &'static str = "SetVariables";
    type Answer = SetVariablesResponse;
}

/// The answer to [`SetVariablesRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariablesResponse {
    /// `SetVariableResultType[1..]`
    pub set_variable_result: Vec<SetVariableResult>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TriggerMessage, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerMessageRequest {
    /// `MessageTriggerEnumType`
    pub requested_message: MessageTriggerEnum,
    /// `EVSEType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<EVSE>,
    /// `string(50)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_trigger: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for TriggerMessageRequest {
    const ACTION: &'static str = "TriggerMessage";
    type Answer = TriggerMessageResponse;
}

/// The answer to [`TriggerMessageRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerMessageResponse {
    /// `TriggerMessageStatusEnumType`
    pub status: TriggerMessageStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UnlockConnector, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockConnectorRequest {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `integer(0..)`
    pub connector_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for UnlockConnectorRequest {
    const ACTION: &'static str = "UnlockConnector";
    type Answer = UnlockConnectorResponse;
}

/// The answer to [`UnlockConnectorRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockConnectorResponse {
    /// `UnlockStatusEnumType`
    pub status: UnlockStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UnpublishFirmware, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnpublishFirmwareRequest {
    /// `string(32)`
    pub checksum: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for UnpublishFirmwareRequest {
    const ACTION: &'static str = "UnpublishFirmware";
    type Answer = UnpublishFirmwareResponse;
}

/// The answer to [`UnpublishFirmwareRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnpublishFirmwareResponse {
    /// `UnpublishFirmwareStatusEnumType`
    pub status: UnpublishFirmwareStatusEnum,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UpdateDynamicSchedule (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDynamicScheduleRequest {
    /// `integer`
    pub charging_profile_id: i64,
    /// `ChargingScheduleUpdateType`
    pub schedule_update: ChargingScheduleUpdate,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for UpdateDynamicScheduleRequest {
    const ACTION: &'static str = "UpdateDynamicSchedule";
    type Answer = UpdateDynamicScheduleResponse;
}

/// The answer to [`UpdateDynamicScheduleRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDynamicScheduleResponse {
    /// `ChargingProfileStatusEnumType`
    pub status: ChargingProfileStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UpdateFirmware, sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateFirmwareRequest {
    /// `integer`
    pub request_id: i64,
    /// `FirmwareType`
    pub firmware: Firmware,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for UpdateFirmwareRequest {
    const ACTION: &'static str = "UpdateFirmware";
    type Answer = UpdateFirmwareResponse;
}

/// The answer to [`UpdateFirmwareRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateFirmwareResponse {
    /// `UpdateFirmwareStatusEnumType`
    pub status: UpdateFirmwareStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UsePriorityCharging (2.1), sent by the CSMS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsePriorityChargingRequest {
    /// `string(36)`
    pub transaction_id: String,
    /// `boolean`
    pub activate: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

impl Call for UsePriorityChargingRequest {
    const ACTION: &'static str = "UsePriorityCharging";
    type Answer = UsePriorityChargingResponse;
}

/// The answer to [`UsePriorityChargingRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsePriorityChargingResponse {
    /// `PriorityChargingStatusEnumType`
    pub status: PriorityChargingStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}
