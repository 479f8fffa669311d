// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::*;
use crate::wire::Timestamp;

/// ACChargingParametersType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ACChargingParameters {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub energy_amount: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub ev_min_current: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub ev_max_current: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub ev_max_voltage: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// APNType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct APN {
    /// `string(2000)`
    pub apn: String,
    /// `APNAuthenticationEnumType`
    pub apn_authentication: APNAuthenticationEnum,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apn_user_name: Option<String>,
    /// `string(64)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apn_password: Option<String>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_pin: Option<i64>,
    /// `string(6)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_network: Option<String>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_only_preferred_network: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AbsolutePriceScheduleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AbsolutePriceSchedule {
    /// `time`
    pub time_anchor: Timestamp,
    /// `integer(0..)`
    #[serde(rename = "priceScheduleID")]
    pub price_schedule_id: i64,
    /// `string(3)`
    pub currency: String,
    /// `string(8)`
    pub language: String,
    /// `string(2000)`
    pub price_algorithm: String,
    /// `PriceRuleStackType[1..1024]`
    pub price_rule_stacks: Vec<PriceRuleStack>,
    /// `string(160)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_schedule_description: Option<String>,
    /// `RationalNumberType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_cost: Option<RationalNumber>,
    /// `RationalNumberType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_cost: Option<RationalNumber>,
    /// `TaxRuleType[1..10]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rules: Option<Vec<TaxRule>>,
    /// `OverstayRuleListType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overstay_rule_list: Option<OverstayRuleList>,
    /// `AdditionalSelectedServicesType[1..5]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_selected_services: Option<Vec<AdditionalSelectedServices>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AdditionalInfoType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalInfo {
    /// `string(255)`
    pub additional_id_token: String,
    /// `string(50)`
    pub r#type: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AdditionalSelectedServicesType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalSelectedServices {
    /// `RationalNumberType`
    pub service_fee: RationalNumber,
    /// `string(80)`
    pub service_name: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AddressType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// `string(50)`
    pub name: String,
    /// `string(100)`
    pub address1: String,
    /// `string(100)`
    pub city: String,
    /// `string(50)`
    pub country: String,
    /// `string(100)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// AuthorizationData.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationData {
    /// `IdTokenType`
    pub id_token: IdToken,
    /// `IdTokenInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_info: Option<IdTokenInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// BatteryDataType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatteryData {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `string(50)`
    pub serial_number: String,
    /// `number(0..100)`
    #[serde(rename = "soC", with = "crate::wire::decimal")]
    pub soc: Decimal,
    /// `number(0..100)`
    #[serde(rename = "soH", with = "crate::wire::decimal")]
    pub soh: Decimal,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_date: Option<Timestamp>,
    /// `string(500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_info: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CertificateHashDataChainType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateHashDataChain {
    /// `CertificateHashDataType`
    pub certificate_hash_data: CertificateHashData,
    /// `GetCertificateIdUseEnumType`
    pub certificate_type: GetCertificateIdUseEnum,
    /// `CertificateHashDataType[1..4]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child_certificate_hash_data: Option<Vec<CertificateHashData>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
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
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CertificateStatusRequestInfoType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateStatusRequestInfo {
    /// `CertificateHashDataType`
    pub certificate_hash_data: CertificateHashData,
    /// `CertificateStatusSourceEnumType`
    pub source: CertificateStatusSourceEnum,
    /// `string(2000)[1..5]`
    pub urls: Vec<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CertificateStatusType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateStatus {
    /// `CertificateHashDataType`
    pub certificate_hash_data: CertificateHashData,
    /// `CertificateStatusSourceEnumType`
    pub source: CertificateStatusSourceEnum,
    /// `CertificateStatusEnumType`
    pub status: CertificateStatusEnum,
    /// `time`
    pub next_update: Timestamp,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingLimitType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingLimit {
    /// `string(20)`
    pub charging_limit_source: String,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_local_generation: Option<bool>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_grid_critical: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingNeedsType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingNeeds {
    /// `EnergyTransferModeEnumType`
    pub requested_energy_transfer: EnergyTransferModeEnum,
    /// `ACChargingParametersType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ac_charging_parameters: Option<ACChargingParameters>,
    /// `DERChargingParametersType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub der_charging_parameters: Option<Box<DERChargingParameters>>,
    /// `EVEnergyOfferType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_energy_offer: Option<EVEnergyOffer>,
    /// `DCChargingParametersType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dc_charging_parameters: Option<DCChargingParameters>,
    /// `V2XChargingParametersType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v2x_charging_parameters: Option<Box<V2XChargingParameters>>,
    /// `EnergyTransferModeEnumType[1..]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_energy_transfer: Option<Vec<EnergyTransferModeEnum>>,
    /// `ControlModeEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_mode: Option<ControlModeEnum>,
    /// `MobilityNeedsModeEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobility_needs_mode: Option<MobilityNeedsModeEnum>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure_time: Option<Timestamp>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingPeriodType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingPeriod {
    /// `time`
    pub start_period: Timestamp,
    /// `CostDimensionType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Vec<CostDimension>>,
    /// `string(60)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingProfileCriterionType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingProfileCriterion {
    /// `ChargingProfilePurposeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_purpose: Option<ChargingProfilePurposeEnum>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_level: Option<i64>,
    /// `integer[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_id: Option<Vec<i64>>,
    /// `string(20)[1..4]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_limit_source: Option<Vec<String>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingProfileType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingProfile {
    /// `integer`
    pub id: i64,
    /// `integer(0..)`
    pub stack_level: i64,
    /// `ChargingProfilePurposeEnumType`
    pub charging_profile_purpose: ChargingProfilePurposeEnum,
    /// `ChargingProfileKindEnumType`
    pub charging_profile_kind: ChargingProfileKindEnum,
    /// `ChargingScheduleType[1..3]`
    pub charging_schedule: Vec<ChargingSchedule>,
    /// `RecurrencyKindEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrency_kind: Option<RecurrencyKindEnum>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `integer`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_offline_duration: Option<i64>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_after_offline_duration: Option<bool>,
    /// `integer`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dyn_update_interval: Option<i64>,
    /// `time`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dyn_update_time: Option<Timestamp>,
    /// `string(256)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_schedule_signature: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingSchedulePeriodType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingSchedulePeriod {
    /// `integer`
    pub start_period: i64,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub limit: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "limit_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub limit_l2: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "limit_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub limit_l3: Option<Decimal>,
    /// `integer(0..3)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_phases: Option<i64>,
    /// `integer(0..3)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_to_use: Option<i64>,
    /// `number(..0)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub discharge_limit: Option<Decimal>,
    /// `number(..0)`, 2.1 only
    #[serde(
        rename = "dischargeLimit_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub discharge_limit_l2: Option<Decimal>,
    /// `number(..0)`, 2.1 only
    #[serde(
        rename = "dischargeLimit_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub discharge_limit_l3: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub setpoint: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "setpoint_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_l2: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "setpoint_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_l3: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub setpoint_reactive: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "setpointReactive_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_reactive_l2: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(
        rename = "setpointReactive_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_reactive_l3: Option<Decimal>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preconditioning_request: Option<bool>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_sleep: Option<bool>,
    /// `number`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub v2x_baseline: Option<Decimal>,
    /// `OperationModeEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_mode: Option<OperationModeEnum>,
    /// `V2XFreqWattPointType[1..20]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v2x_freq_watt_curve: Option<Vec<V2XFreqWattPoint>>,
    /// `V2XSignalWattPointType[1..20]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v2x_signal_watt_curve: Option<Vec<V2XSignalWattPoint>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingScheduleType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingSchedule {
    /// `integer`
    pub id: i64,
    /// `ChargingRateUnitEnumType`
    pub charging_rate_unit: ChargingRateUnitEnum,
    /// `ChargingSchedulePeriodType[1..1024]`
    pub charging_schedule_period: Vec<ChargingSchedulePeriod>,
    /// `LimitAtSoCType`, 2.1 only
    #[serde(rename = "limitAtSoC", default, skip_serializing_if = "Option::is_none")]
    pub limit_at_soc: Option<LimitAtSoC>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_schedule: Option<Timestamp>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_charging_rate: Option<Decimal>,
    /// `number`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub power_tolerance: Option<Decimal>,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_id: Option<i64>,
    /// `string(88)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_value: Option<String>,
    /// `boolean`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_local_time: Option<bool>,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub randomized_delay: Option<i64>,
    /// `SalesTariffType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_tariff: Option<SalesTariff>,
    /// `AbsolutePriceScheduleType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute_price_schedule: Option<Box<AbsolutePriceSchedule>>,
    /// `PriceLevelScheduleType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_level_schedule: Option<PriceLevelSchedule>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingScheduleUpdateType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingScheduleUpdate {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub limit: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "limit_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub limit_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "limit_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub limit_l3: Option<Decimal>,
    /// `number(..0)`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub discharge_limit: Option<Decimal>,
    /// `number(..0)`
    #[serde(
        rename = "dischargeLimit_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub discharge_limit_l2: Option<Decimal>,
    /// `number(..0)`
    #[serde(
        rename = "dischargeLimit_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub discharge_limit_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub setpoint: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "setpoint_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "setpoint_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub setpoint_reactive: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "setpointReactive_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_reactive_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "setpointReactive_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub setpoint_reactive_l3: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ChargingStationType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargingStation {
    /// `string(20)`
    pub model: String,
    /// `string(50)`
    pub vendor_name: String,
    /// `string(25)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// `ModemType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modem: Option<Modem>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_version: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearChargingProfileType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearChargingProfile {
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<i64>,
    /// `ChargingProfilePurposeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_profile_purpose: Option<ChargingProfilePurposeEnum>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_level: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearMonitoringResultType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearMonitoringResult {
    /// `ClearMonitoringStatusEnumType`
    pub status: ClearMonitoringStatusEnum,
    /// `integer(0..)`
    pub id: i64,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ClearTariffsResultType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearTariffsResult {
    /// `TariffClearStatusEnumType`
    pub status: TariffClearStatusEnum,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `string(60)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff_id: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ComponentType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// `string(50)`
    pub name: String,
    /// `EVSEType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<EVSE>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ComponentVariableType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentVariable {
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<Variable>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CompositeScheduleType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompositeSchedule {
    /// `integer(0..)`
    pub evse_id: i64,
    /// `integer`
    pub duration: i64,
    /// `time`
    pub schedule_start: Timestamp,
    /// `ChargingRateUnitEnumType`
    pub charging_rate_unit: ChargingRateUnitEnum,
    /// `ChargingSchedulePeriodType[1..]`
    pub charging_schedule_period: Vec<ChargingSchedulePeriod>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ConstantStreamDataType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConstantStreamData {
    /// `integer(0..)`
    pub id: i64,
    /// `PeriodicEventStreamParamsType`
    pub params: PeriodicEventStreamParams,
    /// `integer(0..)`
    pub variable_monitoring_id: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ConsumptionCostType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumptionCost {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub start_value: Decimal,
    /// `CostType[1..3]`
    pub cost: Vec<Cost>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CostDetailsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostDetails {
    /// `TotalCostType`
    pub total_cost: TotalCost,
    /// `TotalUsageType`
    pub total_usage: TotalUsage,
    /// `ChargingPeriodType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_periods: Option<Vec<ChargingPeriod>>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_to_calculate: Option<bool>,
    /// `string(500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CostDimensionType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostDimension {
    /// `CostDimensionEnumType`
    pub r#type: CostDimensionEnum,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub volume: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// CostType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// `CostKindEnumType`
    pub cost_kind: CostKindEnum,
    /// `integer`
    pub amount: i64,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_multiplier: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DCChargingParametersType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DCChargingParameters {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub ev_max_current: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub ev_max_voltage: Decimal,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_max_power: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_energy_capacity: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub energy_amount: Option<Decimal>,
    /// `integer(0..100)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_of_charge: Option<i64>,
    /// `integer(0..100)`
    #[serde(rename = "fullSoC", default, skip_serializing_if = "Option::is_none")]
    pub full_soc: Option<i64>,
    /// `integer(0..100)`
    #[serde(rename = "bulkSoC", default, skip_serializing_if = "Option::is_none")]
    pub bulk_soc: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DERChargingParametersType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DERChargingParameters {
    /// `DERControlEnumType[1..]`
    #[serde(rename = "evSupportedDERControl", default, skip_serializing_if = "Option::is_none")]
    pub ev_supported_der_control: Option<Vec<DERControlEnum>>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_over_excited_max_discharge_power: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_over_excited_power_factor: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_under_excited_max_discharge_power: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_under_excited_power_factor: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_apparent_power: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_charge_apparent_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargeApparentPower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_apparent_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargeApparentPower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_apparent_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_discharge_apparent_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargeApparentPower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_apparent_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargeApparentPower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_apparent_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_charge_reactive_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargeReactivePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_reactive_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargeReactivePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_reactive_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_charge_reactive_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minChargeReactivePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_charge_reactive_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minChargeReactivePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_charge_reactive_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_discharge_reactive_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargeReactivePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_reactive_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargeReactivePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_reactive_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_discharge_reactive_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minDischargeReactivePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_discharge_reactive_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minDischargeReactivePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_discharge_reactive_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub nominal_voltage: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub nominal_voltage_offset: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_nominal_voltage: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_nominal_voltage: Option<Decimal>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_inverter_manufacturer: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_inverter_model: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_inverter_serial_number: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_inverter_sw_version: Option<String>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_inverter_hw_version: Option<String>,
    /// `IslandingDetectionEnumType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_islanding_detection_method: Option<Vec<IslandingDetectionEnum>>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_islanding_trip_time: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evMaximumLevel1DCInjection",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_maximum_level1_dc_injection: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evDurationLevel1DCInjection",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_duration_level1_dc_injection: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evMaximumLevel2DCInjection",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_maximum_level2_dc_injection: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evDurationLevel2DCInjection",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_duration_level2_dc_injection: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_reactive_susceptance: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_session_total_discharge_energy_available: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DERCurveGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DERCurveGet {
    /// `DERCurveType`
    pub curve: DERCurve,
    /// `string(36)`
    pub id: String,
    /// `DERControlEnumType`
    pub curve_type: DERControlEnum,
    /// `boolean`
    pub is_default: bool,
    /// `boolean`
    pub is_superseded: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DERCurvePointsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DERCurvePoints {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub x: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub y: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// DERCurveType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DERCurve {
    /// `DERCurvePointsType[1..10]`
    pub curve_data: Vec<DERCurvePoints>,
    /// `integer(0..)`
    pub priority: i64,
    /// `DERUnitEnumType`
    pub y_unit: DERUnitEnum,
    /// `HysteresisType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis: Option<Hysteresis>,
    /// `ReactivePowerParamsType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactive_power_params: Option<ReactivePowerParams>,
    /// `VoltageParamsType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage_params: Option<VoltageParams>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub response_time: Option<Decimal>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub duration: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVAbsolutePriceScheduleEntryType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVAbsolutePriceScheduleEntry {
    /// `integer`
    pub duration: i64,
    /// `EVPriceRuleType[1..8]`
    pub ev_price_rule: Vec<EVPriceRule>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVAbsolutePriceScheduleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVAbsolutePriceSchedule {
    /// `time`
    pub time_anchor: Timestamp,
    /// `string(3)`
    pub currency: String,
    /// `EVAbsolutePriceScheduleEntryType[1..1024]`
    pub ev_absolute_price_schedule_entries: Vec<EVAbsolutePriceScheduleEntry>,
    /// `string(2000)`
    pub price_algorithm: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVEnergyOfferType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVEnergyOffer {
    /// `EVPowerScheduleType`
    pub ev_power_schedule: EVPowerSchedule,
    /// `EVAbsolutePriceScheduleType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ev_absolute_price_schedule: Option<EVAbsolutePriceSchedule>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVPowerScheduleEntryType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVPowerScheduleEntry {
    /// `integer`
    pub duration: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub power: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVPowerScheduleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVPowerSchedule {
    /// `EVPowerScheduleEntryType[1..1024]`
    pub ev_power_schedule_entries: Vec<EVPowerScheduleEntry>,
    /// `time`
    pub time_anchor: Timestamp,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVPriceRuleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVPriceRule {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub energy_fee: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub power_range_start: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EVSEType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EVSE {
    /// `integer(0..)`
    pub id: i64,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EnterServiceGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnterServiceGet {
    /// `EnterServiceType`
    pub enter_service: EnterService,
    /// `string(36)`
    pub id: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EnterServiceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnterService {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub high_voltage: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub low_voltage: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub high_freq: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub low_freq: Decimal,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub delay: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub random_delay: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ramp_rate: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// EventDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// `integer(0..)`
    pub event_id: i64,
    /// `time`
    pub timestamp: Timestamp,
    /// `EventTriggerEnumType`
    pub trigger: EventTriggerEnum,
    /// `string(2500)`
    pub actual_value: String,
    /// `ComponentType`
    pub component: Component,
    /// `EventNotificationEnumType`
    pub event_notification_type: EventNotificationEnum,
    /// `VariableType`
    pub variable: Variable,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<i64>,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tech_code: Option<String>,
    /// `string(500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tech_info: Option<String>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared: Option<bool>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable_monitoring_id: Option<i64>,
    /// `integer(0..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FirmwareType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Firmware {
    /// `string(2000)`
    pub location: String,
    /// `time`
    pub retrieve_date_time: Timestamp,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_date_time: Option<Timestamp>,
    /// `string(5500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_certificate: Option<String>,
    /// `string(800)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FixedPFGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixedPFGet {
    /// `FixedPFType`
    #[serde(rename = "fixedPF")]
    pub fixed_pf: FixedPF,
    /// `string(36)`
    pub id: String,
    /// `boolean`
    pub is_default: bool,
    /// `boolean`
    pub is_superseded: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FixedPFType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixedPF {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub displacement: Decimal,
    /// `boolean`
    pub excitation: bool,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub duration: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FixedVarGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixedVarGet {
    /// `FixedVarType`
    pub fixed_var: FixedVar,
    /// `string(36)`
    pub id: String,
    /// `boolean`
    pub is_default: bool,
    /// `boolean`
    pub is_superseded: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FixedVarType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixedVar {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub setpoint: Decimal,
    /// `DERUnitEnumType`
    pub unit: DERUnitEnum,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub duration: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FreqDroopGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreqDroopGet {
    /// `FreqDroopType`
    pub freq_droop: FreqDroop,
    /// `string(36)`
    pub id: String,
    /// `boolean`
    pub is_default: bool,
    /// `boolean`
    pub is_superseded: bool,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// FreqDroopType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreqDroop {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub over_freq: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub under_freq: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub over_droop: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub under_droop: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub response_time: Decimal,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub duration: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetVariableDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetVariableData {
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `AttributeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GetVariableResultType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetVariableResult {
    /// `GetVariableStatusEnumType`
    pub attribute_status: GetVariableStatusEnum,
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_status_info: Option<StatusInfo>,
    /// `AttributeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeEnum>,
    /// `string(2500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_value: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GradientGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GradientGet {
    /// `GradientType`
    pub gradient: Gradient,
    /// `string(36)`
    pub id: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// GradientType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gradient {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub gradient: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub soft_gradient: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// HysteresisType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hysteresis {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hysteresis_high: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hysteresis_low: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hysteresis_delay: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hysteresis_gradient: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// IdTokenInfoType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdTokenInfo {
    /// `AuthorizationStatusEnumType`
    pub status: AuthorizationStatusEnum,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_expiry_date_time: Option<Timestamp>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_priority: Option<i64>,
    /// `IdTokenType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id_token: Option<IdToken>,
    /// `string(8)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language1: Option<String>,
    /// `string(8)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language2: Option<String>,
    /// `integer(0..)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_id: Option<Vec<i64>>,
    /// `MessageContentType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_message: Option<MessageContent>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// IdTokenType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdToken {
    /// `string(255)`
    pub id_token: String,
    /// `string(20)`
    pub r#type: String,
    /// `AdditionalInfoType[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<Vec<AdditionalInfo>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// LimitAtSoCType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitAtSoC {
    /// `integer(0..100)`
    pub soc: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub limit: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// LimitMaxDischargeGetType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitMaxDischargeGet {
    /// `string(36)`
    pub id: String,
    /// `boolean`
    pub is_default: bool,
    /// `boolean`
    pub is_superseded: bool,
    /// `LimitMaxDischargeType`
    pub limit_max_discharge: LimitMaxDischarge,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// LimitMaxDischargeType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitMaxDischarge {
    /// `integer(0..)`
    pub priority: i64,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub pct_max_discharge_power: Option<Decimal>,
    /// `DERCurveType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_monitoring_must_trip: Option<Box<DERCurve>>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub duration: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// LogParametersType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogParameters {
    /// `string(2000)`
    pub remote_location: String,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_timestamp: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_timestamp: Option<Timestamp>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// MessageContentType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageContent {
    /// `MessageFormatEnumType`
    pub format: MessageFormatEnum,
    /// `string(1024)`
    pub content: String,
    /// `string(8)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// MessageInfoType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageInfo {
    /// `integer(0..)`
    pub id: i64,
    /// `MessagePriorityEnumType`
    pub priority: MessagePriorityEnum,
    /// `MessageContentType`
    pub message: MessageContent,
    /// `ComponentType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<Component>,
    /// `MessageStateEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<MessageStateEnum>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date_time: Option<Timestamp>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date_time: Option<Timestamp>,
    /// `string(36)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `MessageContentType[1..4]`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_extra: Option<Vec<MessageContent>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// MeterValueType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValue {
    /// `SampledValueType[1..]`
    pub sampled_value: Vec<SampledValue>,
    /// `time`
    pub timestamp: Timestamp,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ModemType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Modem {
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iccid: Option<String>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imsi: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// MonitoringDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringData {
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `VariableMonitoringType[1..]`
    pub variable_monitoring: Vec<VariableMonitoring>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// NetworkConnectionProfileType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkConnectionProfile {
    /// `OCPPInterfaceEnumType`
    pub ocpp_interface: OCPPInterfaceEnum,
    /// `OCPPTransportEnumType`
    pub ocpp_transport: OCPPTransportEnum,
    /// `integer`
    pub message_timeout: i64,
    /// `string(2000)`
    pub ocpp_csms_url: String,
    /// `integer(0..)`
    pub security_profile: i64,
    /// `APNType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apn: Option<APN>,
    /// `OCPPVersionEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocpp_version: Option<OCPPVersionEnum>,
    /// `string(48)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// `string(64)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic_auth_password: Option<String>,
    /// `VPNType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<VPN>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// OCSPRequestDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OCSPRequestData {
    /// `HashAlgorithmEnumType`
    pub hash_algorithm: HashAlgorithmEnum,
    /// `string(128)`
    pub issuer_name_hash: String,
    /// `string(128)`
    pub issuer_key_hash: String,
    /// `string(40)`
    pub serial_number: String,
    /// `string(2000)`
    #[serde(rename = "responderURL")]
    pub responder_url: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// OverstayRuleListType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverstayRuleList {
    /// `OverstayRuleType[1..5]`
    pub overstay_rule: Vec<OverstayRule>,
    /// `RationalNumberType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overstay_power_threshold: Option<RationalNumber>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overstay_time_threshold: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// OverstayRuleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverstayRule {
    /// `RationalNumberType`
    pub overstay_fee: RationalNumber,
    /// `integer`
    pub start_time: i64,
    /// `integer`
    pub overstay_fee_period: i64,
    /// `string(32)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overstay_rule_description: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PeriodicEventStreamParamsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodicEventStreamParams {
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PriceLevelScheduleEntryType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceLevelScheduleEntry {
    /// `integer`
    pub duration: i64,
    /// `integer(0..)`
    pub price_level: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PriceLevelScheduleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceLevelSchedule {
    /// `PriceLevelScheduleEntryType[1..100]`
    pub price_level_schedule_entries: Vec<PriceLevelScheduleEntry>,
    /// `time`
    pub time_anchor: Timestamp,
    /// `integer(0..)`
    pub price_schedule_id: i64,
    /// `integer(0..)`
    pub number_of_price_levels: i64,
    /// `string(32)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_schedule_description: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PriceRuleStackType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceRuleStack {
    /// `integer`
    pub duration: i64,
    /// `PriceRuleType[1..8]`
    pub price_rule: Vec<PriceRule>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PriceRuleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceRule {
    /// `RationalNumberType`
    pub energy_fee: RationalNumber,
    /// `RationalNumberType`
    pub power_range_start: RationalNumber,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parking_fee_period: Option<i64>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carbon_dioxide_emission: Option<i64>,
    /// `integer(0..100)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewable_generation_percentage: Option<i64>,
    /// `RationalNumberType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parking_fee: Option<RationalNumber>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// PriceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub excl_tax: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub incl_tax: Option<Decimal>,
    /// `TaxRateType[1..5]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rates: Option<Vec<TaxRate>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// RationalNumberType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RationalNumber {
    /// `integer`
    pub exponent: i64,
    /// `integer`
    pub value: i64,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReactivePowerParamsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReactivePowerParams {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub v_ref: Option<Decimal>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomous_v_ref_enable: Option<bool>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub autonomous_v_ref_time_constant: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// RelativeTimeIntervalType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelativeTimeInterval {
    /// `integer`
    pub start: i64,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// ReportDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportData {
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `VariableAttributeType[1..4]`
    pub variable_attribute: Vec<VariableAttribute>,
    /// `VariableCharacteristicsType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable_characteristics: Option<VariableCharacteristics>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SalesTariffEntryType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesTariffEntry {
    /// `RelativeTimeIntervalType`
    pub relative_time_interval: RelativeTimeInterval,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e_price_level: Option<i64>,
    /// `ConsumptionCostType[1..3]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumption_cost: Option<Vec<ConsumptionCost>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SalesTariffType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesTariff {
    /// `integer(0..)`
    pub id: i64,
    /// `SalesTariffEntryType[1..1024]`
    pub sales_tariff_entry: Vec<SalesTariffEntry>,
    /// `string(32)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_tariff_description: Option<String>,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_e_price_levels: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SampledValueType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampledValue {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub value: Decimal,
    /// `MeasurandEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurand: Option<MeasurandEnum>,
    /// `ReadingContextEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ReadingContextEnum>,
    /// `PhaseEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseEnum>,
    /// `LocationEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationEnum>,
    /// `SignedMeterValueType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_meter_value: Option<SignedMeterValue>,
    /// `UnitOfMeasureType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_of_measure: Option<UnitOfMeasure>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetMonitoringDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringData {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub value: Decimal,
    /// `MonitorEnumType`
    pub r#type: MonitorEnum,
    /// `integer(0..)`
    pub severity: i64,
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `PeriodicEventStreamParamsType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periodic_event_stream: Option<PeriodicEventStreamParams>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetMonitoringResultType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMonitoringResult {
    /// `SetMonitoringStatusEnumType`
    pub status: SetMonitoringStatusEnum,
    /// `MonitorEnumType`
    pub r#type: MonitorEnum,
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `integer(0..)`
    pub severity: i64,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetVariableDataType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableData {
    /// `string(2500)`
    pub attribute_value: String,
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `AttributeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SetVariableResultType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableResult {
    /// `SetVariableStatusEnumType`
    pub attribute_status: SetVariableStatusEnum,
    /// `ComponentType`
    pub component: Component,
    /// `VariableType`
    pub variable: Variable,
    /// `AttributeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeEnum>,
    /// `StatusInfoType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_status_info: Option<StatusInfo>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// SignedMeterValueType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedMeterValue {
    /// `string(32768)`
    pub signed_meter_data: String,
    /// `string(50)`
    pub encoding_method: String,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_method: Option<String>,
    /// `string(2500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// StatusInfoType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusInfo {
    /// `string(20)`
    pub reason_code: String,
    /// `string(1024)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// StreamDataElementType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamDataElement {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub t: Decimal,
    /// `string(2500)`
    pub v: String,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffAssignmentType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffAssignment {
    /// `string(60)`
    pub tariff_id: String,
    /// `TariffKindEnumType`
    pub tariff_kind: TariffKindEnum,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// `integer(0..)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_ids: Option<Vec<i64>>,
    /// `string(255)[1..]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_tokens: Option<Vec<String>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffConditionsFixedType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffConditionsFixed {
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time_of_day: Option<String>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time_of_day: Option<String>,
    /// `DayOfWeekEnumType[1..7]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<Vec<DayOfWeekEnum>>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from_date: Option<String>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to_date: Option<String>,
    /// `EvseKindEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_kind: Option<EvseKindEnum>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_brand: Option<String>,
    /// `string(20)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_recognition: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffConditionsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffConditions {
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time_of_day: Option<String>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time_of_day: Option<String>,
    /// `DayOfWeekEnumType[1..7]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<Vec<DayOfWeekEnum>>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from_date: Option<String>,
    /// `string`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to_date: Option<String>,
    /// `EvseKindEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse_kind: Option<EvseKindEnum>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_energy: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_energy: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_power: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_power: Option<Decimal>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_time: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_charging_time: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_charging_time: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_idle_time: Option<i64>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_idle_time: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffEnergyPriceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffEnergyPrice {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub price_kwh: Decimal,
    /// `TariffConditionsType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<TariffConditions>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffEnergyType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffEnergy {
    /// `TariffEnergyPriceType[1..]`
    pub prices: Vec<TariffEnergyPrice>,
    /// `TaxRateType[1..5]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rates: Option<Vec<TaxRate>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffFixedPriceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffFixedPrice {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub price_fixed: Decimal,
    /// `TariffConditionsFixedType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<TariffConditionsFixed>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffFixedType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffFixed {
    /// `TariffFixedPriceType[1..]`
    pub prices: Vec<TariffFixedPrice>,
    /// `TaxRateType[1..5]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rates: Option<Vec<TaxRate>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffTimePriceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffTimePrice {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub price_minute: Decimal,
    /// `TariffConditionsType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<TariffConditions>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffTimeType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TariffTime {
    /// `TariffTimePriceType[1..]`
    pub prices: Vec<TariffTimePrice>,
    /// `TaxRateType[1..5]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rates: Option<Vec<TaxRate>>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TariffType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tariff {
    /// `string(60)`
    pub tariff_id: String,
    /// `string(3)`
    pub currency: String,
    /// `MessageContentType[1..10]`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Vec<MessageContent>>,
    /// `TariffEnergyType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<TariffEnergy>,
    /// `time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// `TariffTimeType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_time: Option<TariffTime>,
    /// `TariffTimeType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_time: Option<TariffTime>,
    /// `TariffFixedType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_fee: Option<TariffFixed>,
    /// `TariffTimeType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_time: Option<TariffTime>,
    /// `TariffFixedType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_fixed: Option<TariffFixed>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_cost: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<Price>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TaxRateType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRate {
    /// `string(20)`
    pub r#type: String,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub tax: Decimal,
    /// `integer(0..)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TaxRuleType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRule {
    /// `integer(0..)`
    #[serde(rename = "taxRuleID")]
    pub tax_rule_id: i64,
    /// `boolean`
    pub applies_to_energy_fee: bool,
    /// `boolean`
    pub applies_to_parking_fee: bool,
    /// `boolean`
    pub applies_to_overstay_fee: bool,
    /// `boolean`
    pub applies_to_minimum_maximum_cost: bool,
    /// `RationalNumberType`
    pub tax_rate: RationalNumber,
    /// `string(100)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rule_name: Option<String>,
    /// `boolean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_included_in_price: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TotalCostType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalCost {
    /// `string(3)`
    pub currency: String,
    /// `TariffCostEnumType`
    pub type_of_cost: TariffCostEnum,
    /// `TotalPriceType`
    pub total: TotalPrice,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_time: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_time: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_time: Option<Price>,
    /// `PriceType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_fixed: Option<Price>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TotalPriceType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalPrice {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub excl_tax: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub incl_tax: Option<Decimal>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TotalUsageType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalUsage {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub energy: Decimal,
    /// `integer`
    pub charging_time: i64,
    /// `integer`
    pub idle_time: i64,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_time: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TransactionLimitType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionLimit {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_cost: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_energy: Option<Decimal>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time: Option<i64>,
    /// `integer(0..100)`
    #[serde(rename = "maxSoC", default, skip_serializing_if = "Option::is_none")]
    pub max_soc: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// TransactionType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// `string(36)`
    pub transaction_id: String,
    /// `ChargingStateEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_state: Option<ChargingStateEnum>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_spent_charging: Option<i64>,
    /// `ReasonEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<ReasonEnum>,
    /// `integer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_start_id: Option<i64>,
    /// `OperationModeEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_mode: Option<OperationModeEnum>,
    /// `string(60)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff_id: Option<String>,
    /// `TransactionLimitType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_limit: Option<TransactionLimit>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// UnitOfMeasureType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitOfMeasure {
    /// `string(20)`, absent means `Wh`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `integer`, absent means `0`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// V2XChargingParametersType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct V2XChargingParameters {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_charge_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minChargePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_charge_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minChargePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_charge_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_charge_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxChargePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_charge_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_discharge_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minDischargePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_discharge_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "minDischargePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub min_discharge_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_discharge_power: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargePower_L2",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_power_l2: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "maxDischargePower_L3",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub max_discharge_power_l3: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_charge_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_charge_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_discharge_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_discharge_current: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_voltage: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_voltage: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_target_energy_request: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_min_energy_request: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub ev_max_energy_request: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evMinV2XEnergyRequest",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_min_v2x_energy_request: Option<Decimal>,
    /// `number`
    #[serde(
        rename = "evMaxV2XEnergyRequest",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::wire::decimal_option"
    )]
    pub ev_max_v2x_energy_request: Option<Decimal>,
    /// `integer(0..100)`
    #[serde(rename = "targetSoC", default, skip_serializing_if = "Option::is_none")]
    pub target_soc: Option<i64>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// V2XFreqWattPointType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct V2XFreqWattPoint {
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub frequency: Decimal,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub power: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// V2XSignalWattPointType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct V2XSignalWattPoint {
    /// `integer`
    pub signal: i64,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub power: Decimal,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VPNType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VPN {
    /// `string(2000)`
    pub server: String,
    /// `string(50)`
    pub user: String,
    /// `string(64)`
    pub password: String,
    /// `string(255)`
    pub key: String,
    /// `VPNEnumType`
    pub r#type: VPNEnum,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VariableAttributeType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableAttribute {
    /// `AttributeEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<AttributeEnum>,
    /// `string(2500)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `MutabilityEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutability: Option<MutabilityEnum>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistent: Option<bool>,
    /// `boolean`, absent means `false`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<bool>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VariableCharacteristicsType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableCharacteristics {
    /// `DataEnumType`
    pub data_type: DataEnum,
    /// `boolean`
    pub supports_monitoring: bool,
    /// `string(16)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub min_limit: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub max_limit: Option<Decimal>,
    /// `integer(1..)`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_elements: Option<i64>,
    /// `string(1000)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_list: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VariableMonitoringType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableMonitoring {
    /// `integer(0..)`
    pub id: i64,
    /// `boolean`
    pub transaction: bool,
    /// `number`
    #[serde(with = "crate::wire::decimal")]
    pub value: Decimal,
    /// `MonitorEnumType`
    pub r#type: MonitorEnum,
    /// `integer(0..)`
    pub severity: i64,
    /// `EventNotificationEnumType`, 2.1 only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_notification_type: Option<EventNotificationEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VariableType.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// `string(50)`
    pub name: String,
    /// `string(50)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}

/// VoltageParamsType (2.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoltageParams {
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hv10_min_mean_value: Option<Decimal>,
    /// `number`
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::wire::decimal_option")]
    pub hv10_min_mean_trip_delay: Option<Decimal>,
    /// `PowerDuringCessationEnumType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_during_cessation: Option<PowerDuringCessationEnum>,
    /// `CustomDataType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
}
