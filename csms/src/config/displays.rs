//! Settings of costs and texts on the displays of stations.

use serde::{Deserialize, Serialize};

/// Costs and texts on displays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Displays {
    /// Tell stations that show costs what a session costs.
    pub costs: bool,
    /// A session's cost is told so often at most.
    pub costs_every_s: u32,
    /// What `{phone}` stands for in texts.
    pub phone: String,
}

impl Default for Displays {
    fn default() -> Self {
        Displays { costs: true, costs_every_s: 30, phone: String::new() }
    }
}
