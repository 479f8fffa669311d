//! Settings of the REST API, its stream of events, and of webhooks.

use serde::{Deserialize, Serialize};

/// The REST API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// Requests of one caller at once.
    pub burst: u32,
    /// A second, after that.
    pub per_second: u32,
    /// Streams of events in all, and of one caller.
    pub streams_max: usize,
    pub streams_per_caller: usize,
    /// How often it is told how far a session is; 0 = never.
    pub progress_every_s: u32,
    /// A file that is imported, MiB.
    pub import_mib_max: u32,
}

impl Default for Api {
    fn default() -> Self {
        Api {
            burst: 600,
            per_second: 20,
            streams_max: 200,
            streams_per_caller: 8,
            progress_every_s: 300,
            import_mib_max: 16,
        }
    }
}

/// Events that are posted to others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Without TLS too, and to addresses inside our own networks.
    pub private: bool,
    /// Webhooks in all.
    pub endpoints_max: u32,
    /// Deliveries at one time to one of them, while it takes them.
    pub at_once: u32,
    /// A receiver may take so long.
    pub timeout_s: u64,
    /// Deliveries that wait for one of them; further events wait where they are.
    pub waiting_max: u32,
    /// One that has taken nothing for so long is turned off.
    pub off_after_days: u32,
    /// After a rotation the old secret signs too for so long.
    pub rotation_hours: u32,
}

impl Default for Webhooks {
    fn default() -> Self {
        Webhooks {
            private: false,
            endpoints_max: 100,
            at_once: 8,
            timeout_s: 15,
            waiting_max: 10_000,
            off_after_days: 5,
            rotation_hours: 24,
        }
    }
}
