//! Settings of monitors of stations.

use serde::{Deserialize, Serialize};

/// What monitors of stations tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitors {
    /// Events of this severity and graver ones (lower numbers; 0 is danger, 9 is of use for finding faults) are told to partners as
    /// `monitor.alert`.
    pub alert_severity: u8,
}

impl Default for Monitors {
    fn default() -> Self {
        Monitors { alert_severity: 5 }
    }
}
