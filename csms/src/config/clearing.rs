//! Settings of clearing.

use serde::{Deserialize, Serialize};

/// Our books against those of providers and banks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clearing {
    /// On a site's clock: the day before is settled then.
    pub settle_at: String,
    /// Of orders at no site.
    pub time_zone: String,
    /// Statements of a day are asked for from then on, the day after, on the clock of their account.
    pub fetch_at: String,
    /// One that is not there by then is late, which is a case.
    pub late_at: String,
    /// A payment waits for its partner in the statements of so many later days.
    pub parked_days: u32,
    /// A payout may take so many days to its bank.
    pub payout_days: u32,
    /// Where statements are dropped; empty = nowhere.
    pub drop_folder: String,
    /// What is written off above this needs two people.
    pub write_off_limit: rust_decimal::Decimal,
}

impl Default for Clearing {
    fn default() -> Self {
        Clearing {
            settle_at: "03:00".into(),
            time_zone: "UTC".into(),
            fetch_at: "10:30".into(),
            late_at: "15:00".into(),
            parked_days: 3,
            payout_days: 5,
            drop_folder: String::new(),
            write_off_limit: 100.into(),
        }
    }
}
