//! Settings of the rules and the model of risk.

use serde::{Deserialize, Serialize};

/// What is done about suspicious payments; the rules themselves are rows with versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Risk {
    /// What happened to payments is kept so long for rules and dry runs.
    pub event_days: u32,
    /// A one-time code counts so long.
    pub code_minutes: u32,
    /// It may be typed wrong so often …
    pub code_tries_max: u32,
    /// … and asked for so often within an hour.
    pub code_sends_max: u32,
    /// A passed verification answers for its order so long.
    pub verified_minutes: u32,
    /// A model of what is usual is trained this often; 0 = never.
    pub train_every_hours: u32,
    /// With fewer payments of known drivers nothing is trained.
    pub train_payments_min: u32,
    /// Requests of payment traffic a second above which the lesser of them are refused …
    pub shed_begin_per_s: u32,
    /// … until there are fewer than these …
    pub shed_end_per_s: u32,
    /// … for so long.
    pub shed_calm_s: u32,
    /// Base address that new codes point to meanwhile; empty = the usual one.
    pub standby_url: String,
}

impl Default for Risk {
    fn default() -> Self {
        Risk {
            event_days: 90,
            code_minutes: 10,
            code_tries_max: 5,
            code_sends_max: 3,
            verified_minutes: 15,
            train_every_hours: 24,
            train_payments_min: 2_000,
            shed_begin_per_s: 500,
            shed_end_per_s: 300,
            shed_calm_s: 60,
            standby_url: String::new(),
        }
    }
}
