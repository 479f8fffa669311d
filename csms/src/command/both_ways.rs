//! Commands that only stations of OCPP 2.1 know: controls of the grid (DER), energy in both directions, priority, and the values of
//! dynamic profiles.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::{borrow::Cow, str::FromStr};

/// A number that may have decimals, as JSON has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(Number);

impl Quantity {
    /// Exactly; `None`: it is far beyond anything that is meant.
    pub fn decimal(&self) -> Option<Decimal> {
        let text = self.0.to_string();
        Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }
}

/// What a control of the grid is about (DERControlEnumType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DerKind {
    EnterService,
    FreqDroop,
    FreqWatt,
    FixedPFAbsorb,
    FixedPFInject,
    FixedVar,
    Gradients,
    HFMustTrip,
    HFMayTrip,
    HVMustTrip,
    HVMomCess,
    HVMayTrip,
    LimitMaxDischarge,
    LFMustTrip,
    LVMustTrip,
    LVMomCess,
    LVMayTrip,
    PowerMonitoringMustTrip,
    VoltVar,
    VoltWatt,
    WattPF,
    WattVar,
}

/// What values of a control are percentages of (DERUnitEnumType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DerUnit {
    #[serde(rename = "Not_Applicable")]
    NotApplicable,
    PctMaxW,
    PctMaxVar,
    PctWAvail,
    PctVarAvail,
    PctEffectiveV,
}

/// A point of a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerPoint {
    /// Hz, V or %, as the kind of control has it.
    pub x: Quantity,
    /// In the curve's unit.
    pub y: Quantity,
}

/// When a curve is followed back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerHysteresis {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis_high: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis_low: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis_delay_s: Option<Quantity>,
    /// % of the power a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis_gradient: Option<Quantity>,
}

/// Of `VoltVar`: the voltage that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerReactive {
    /// % of the nominal voltage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v_ref: Option<Quantity>,
    /// The station finds it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomous_v_ref_enable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomous_v_ref_time_constant_s: Option<Quantity>,
}

/// What stays while a station holds still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DerCessation {
    Active,
    Reactive,
}

/// Of the voltage's `…MustTrip` and `…MomCess`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerVoltage {
    /// EN 50549-1: the mean of ten minutes, V.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hv10_min_mean_value: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hv10_min_mean_trip_delay_s: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_during_cessation: Option<DerCessation>,
}

/// A curve. For a default control without a start and a duration; a scheduled one needs both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerCurve {
    /// Of several the lowest one counts.
    pub priority: u32,
    pub y_unit: DerUnit,
    /// 1 to 10 points.
    pub curve_data: Vec<DerPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hysteresis: Option<DerHysteresis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactive_power_params: Option<DerReactive>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage_params: Option<DerVoltage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_time_s: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity>,
}

/// When a station may begin again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerEnterService {
    pub priority: u32,
    /// V, above `low_voltage`.
    pub high_voltage: Quantity,
    pub low_voltage: Quantity,
    /// Hz, above `low_freq`.
    pub high_freq: Quantity,
    pub low_freq: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random_delay_s: Option<Quantity>,
    /// Seconds from nothing to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_rate: Option<Quantity>,
}

/// A fixed power factor, for what is taken or given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerFixedPf {
    pub priority: u32,
    /// cos φ, from 0 to 1.
    pub displacement: Quantity,
    /// Over-excited.
    pub excitation: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity>,
}

/// A fixed reactive power.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerFixedVar {
    pub priority: u32,
    /// %, from -100 to 100.
    pub setpoint: Quantity,
    pub unit: DerUnit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity>,
}

/// How power follows the frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerFreqDroop {
    pub priority: u32,
    /// Hz above the nominal frequency from which it follows.
    pub over_freq: Quantity,
    pub under_freq: Quantity,
    /// Hz for all of the power.
    pub over_droop: Quantity,
    pub under_droop: Quantity,
    pub response_time_s: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity>,
}

/// How fast power changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerGradient {
    pub priority: u32,
    /// Seconds, from nothing to all.
    pub gradient: Quantity,
    /// The same after a new start.
    pub soft_gradient: Quantity,
}

/// How much is given back at the most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerLimitMaxDischarge {
    pub priority: u32,
    /// % of what is rated, from 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pct_max_discharge_power: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_monitoring_must_trip: Option<DerCurve>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity>,
}

/// [`super::Command::SetDerControl`]: exactly one of the objects, the one that the kind wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDerControl {
    /// 1 to 36 characters; a control of the same id is replaced.
    pub id: String,
    /// It holds whenever none that is scheduled does.
    #[serde(default)]
    pub default: bool,
    pub kind: DerKind,
    /// Of `FreqWatt`, `…MustTrip`, `…MayTrip`, `…MomCess`, `VoltVar`, `VoltWatt`, `WattPF` and `WattVar`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<DerCurve>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_service: Option<DerEnterService>,
    /// Of `FixedPFAbsorb` and `FixedPFInject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_pf: Option<DerFixedPf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_var: Option<DerFixedVar>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freq_droop: Option<DerFreqDroop>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<DerGradient>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_max_discharge: Option<DerLimitMaxDischarge>,
}

/// [`super::Command::GetDerControl`]: one by its id, or those that fit the rest; all, if nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDerControl {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DerKind>,
    /// Only default controls, or only scheduled ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// [`super::Command::ClearDerControl`]: one by its id, those of a kind, or all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearDerControl {
    /// Default controls; else scheduled ones.
    #[serde(default)]
    pub default: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DerKind>,
}

/// [`super::Command::AfrrSignal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AfrrSignal {
    /// A value of the profile's v2xSignalWattCurve.
    pub signal: i32,
    /// When it was given; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

/// How energy is transferred (EnergyTransferModeEnumType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnergyTransfer {
    #[serde(rename = "AC_single_phase")]
    AcSinglePhase,
    #[serde(rename = "AC_two_phase")]
    AcTwoPhase,
    #[serde(rename = "AC_three_phase")]
    AcThreePhase,
    #[serde(rename = "DC")]
    Dc,
    #[serde(rename = "AC_BPT")]
    AcBpt,
    #[serde(rename = "AC_BPT_DER")]
    AcBptDer,
    #[serde(rename = "AC_DER")]
    AcDer,
    #[serde(rename = "DC_BPT")]
    DcBpt,
    #[serde(rename = "DC_ACDP")]
    DcAcdp,
    #[serde(rename = "DC_ACDP_BPT")]
    DcAcdpBpt,
    #[serde(rename = "WPT")]
    Wpt,
}

/// [`super::Command::AllowEnergyTransfer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowEnergyTransfer {
    /// The transaction id on the wire.
    pub transaction: String,
    /// What its driver may use; at least one, each once.
    pub allowed: Vec<EnergyTransfer>,
}

/// [`super::Command::UsePriority`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsePriority {
    /// The transaction id on the wire.
    pub transaction: String,
    /// Use the profile of purpose `PriorityCharging`, or no longer.
    pub on: bool,
}

/// [`super::Command::UpdateSchedule`]: what is given is changed, in the unit of the profile; at least one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSchedule {
    /// The id of a profile of kind `Dynamic`.
    pub profile: i32,
    /// Not negative; of L1 alone, if there is one of L2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_l2: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_l3: Option<Quantity>,
    /// Zero or negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharge_limit: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharge_limit_l2: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharge_limit_l3: Option<Quantity>,
    /// Negative: given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint_l2: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint_l3: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint_reactive: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint_reactive_l2: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint_reactive_l3: Option<Quantity>,
}
