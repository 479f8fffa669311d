// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::words::*;
use crate::wire::Timestamp;

/// AuthorizationData.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationData {
    /// `string(20)`
    pub id_tag: String,
    /// `IdTagInfo`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_tag_info: Option<IdTagInfo>,
}

/// CertificateHashDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateHashData {
    /// `HashAlgorithmEnumType`
    pub hash_algorithm: HashAlgorithmEnum,
    /// `string(128)`
    pub issuer_name_hash: String,
    /// `string(128)`
    pub issuer_key_hash: String,
    /// `string(40)`
    pub serial_number: String,
}

/// ChargingProfile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingProfile {
    /// `integer`
    pub charging_profile_id: i64,
    /// `integer`
    pub stack_level: i64,
    /// `ChargingProfilePurposeType`
    pub charging_profile_purpose: ChargingProfilePurposeType,
    /// `ChargingProfileKindType`
    pub charging_profile_kind: ChargingProfileKindType,
    /// `ChargingSchedule`
    pub charging_schedule: ChargingSchedule,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<i64>,
    /// `RecurrencyKindType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrency_kind: Option<RecurrencyKindType>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
}

/// ChargingSchedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingSchedule {
    /// `ChargingRateUnitType`
    pub charging_rate_unit: ChargingRateUnitType,
    /// `ChargingSchedulePeriod[]`
    pub charging_schedule_period: Vec<ChargingSchedulePeriod>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_schedule: Option<Timestamp>,
    /// `number(step 0.1)`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_charging_rate: Option<Decimal>,
}

/// ChargingSchedulePeriod.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingSchedulePeriod {
    /// `integer`
    pub start_period: i64,
    /// `number(step 0.1)`
    #[serde(with = "crate::wire::decimal")]
    pub limit: Decimal,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_phases: Option<i64>,
}

/// FirmwareType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Firmware {
    /// `string(512)`
    pub location: String,
    /// `time`
    pub retrieve_date_time: Timestamp,
    /// `string(5500)`
    pub signing_certificate: String,
    /// `string(800)`
    pub signature: String,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_date_time: Option<Timestamp>,
}

/// IdTagInfo.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdTagInfo {
    /// `AuthorizationStatus`
    pub status: AuthorizationStatus,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_date: Option<Timestamp>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id_tag: Option<String>,
}

/// KeyValue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyValue {
    /// `string(50)`
    pub key: String,
    /// `boolean`
    pub readonly: bool,
    /// `string(500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// LogParametersType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogParameters {
    /// `string(512)`
    pub remote_location: String,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_timestamp: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_timestamp: Option<Timestamp>,
}

/// MeterValue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValue {
    /// `time`
    pub timestamp: Timestamp,
    /// `SampledValue[]`
    pub sampled_value: Vec<SampledValue>,
}

/// SampledValue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampledValue {
    /// `string`
    pub value: String,
    /// `ReadingContext`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ReadingContext>,
    /// `ValueFormat`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ValueFormat>,
    /// `Measurand`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurand: Option<Measurand>,
    /// `Phase`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// `Location`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// `UnitOfMeasure`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitOfMeasure>,
}
