//! Commands about monitors: what a station shall watch by itself, and tell of (N02 to N06).

use super::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The least severe: 0 is danger, 9 is of use for finding faults only.
pub const SEVERITY_MAX: u8 = 9;

/// When a monitor tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MonitorKind {
    /// The variable rises above the value.
    UpperThreshold,
    /// The variable falls below the value.
    LowerThreshold,
    /// The variable has changed by more than the value since it was told; one that is no number: has changed.
    Delta,
    /// Every so many seconds.
    Periodic,
    /// Every so many seconds, counted from midnight.
    PeriodicClockAligned,
    /// The variable differs from its target by more than the value (2.1).
    TargetDelta,
    /// The same, as a fraction of the target (2.1).
    TargetDeltaRelative,
}

impl MonitorKind {
    /// All there are.
    pub const ALL: [MonitorKind; 7] = [
        MonitorKind::UpperThreshold,
        MonitorKind::LowerThreshold,
        MonitorKind::Delta,
        MonitorKind::Periodic,
        MonitorKind::PeriodicClockAligned,
        MonitorKind::TargetDelta,
        MonitorKind::TargetDeltaRelative,
    ];

    /// As the standard names it.
    pub fn standard(self) -> &'static str {
        match self {
            MonitorKind::UpperThreshold => "UpperThreshold",
            MonitorKind::LowerThreshold => "LowerThreshold",
            MonitorKind::Delta => "Delta",
            MonitorKind::Periodic => "Periodic",
            MonitorKind::PeriodicClockAligned => "PeriodicClockAligned",
            MonitorKind::TargetDelta => "TargetDelta",
            MonitorKind::TargetDeltaRelative => "TargetDeltaRelative",
        }
    }

    /// Only 2.1 has it.
    pub fn is_of_21(self) -> bool {
        matches!(self, MonitorKind::TargetDelta | MonitorKind::TargetDeltaRelative)
    }

    /// Its value counts seconds.
    pub fn is_periodic(self) -> bool {
        matches!(self, MonitorKind::Periodic | MonitorKind::PeriodicClockAligned)
    }
}

/// Values are sent as a stream, not one by one (2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorStream {
    /// So often at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// When so many values are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<u32>,
}

/// A monitor of one variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// Its value; other attributes cannot be watched.
    pub variable: Name,
    pub kind: MonitorKind,
    /// A limit, a difference, or seconds: see `kind`.
    pub value: Number,
    /// From 0 (danger) to 9 (of use for finding faults).
    #[schemars(range(max = 9))]
    pub severity: u8,
    /// The station's number of a monitor that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub id: Option<i64>,
    /// Only while a session runs.
    #[serde(default)]
    pub transaction: bool,
    /// Periodic ones: as a stream (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<MonitorStream>,
}

/// [`super::Command::SetMonitors`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMonitors {
    pub monitors: Vec<Monitor>,
}

/// [`super::Command::ClearMonitors`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearMonitors {
    /// The station's numbers of them.
    pub ids: Vec<i64>,
}

/// Monitors of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MonitorSort {
    Threshold,
    Delta,
    Periodic,
}

/// [`super::Command::ListMonitors`]: what fits all that is given; nothing given: all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListMonitors {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sorts: Vec<MonitorSort>,
    /// With an empty `name`: all variables of the component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Name>,
}

/// Which monitors a station has at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MonitorBase {
    /// Those of its maker are in force as well.
    All,
    /// As it left the factory: ours are gone.
    FactoryDefault,
    /// Those that cannot be turned off, and no others.
    HardWiredOnly,
}

/// [`super::Command::MonitoringBase`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitoringBase {
    pub base: MonitorBase,
}

/// [`super::Command::MonitoringLevel`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitoringLevel {
    /// Events of this severity and graver ones (lower numbers) are told.
    #[schemars(range(max = 9))]
    pub severity: u8,
}
