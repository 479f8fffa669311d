//! Settings of the ledger.

use serde::{Deserialize, Serialize};

/// How the ledger is sealed, and where its checkpoints are published.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// The log's name in checkpoints, chosen before the first start; empty = a random one.
    pub origin: String,
    /// The key that signs checkpoints, made on first use; empty = in the database.
    pub key_file: String,
    /// Entries are sealed so often.
    pub seal_every_ms: u64,
    /// A checkpoint is signed so often, if there is anything new.
    pub checkpoint_every_s: u32,
    /// Checkpoints are written into this folder; empty = not.
    pub folder: String,
    /// Checkpoints are posted to this URL; empty = not.
    pub webhook: String,
    /// The posts are authenticated by HMAC-SHA256 with this.
    pub webhook_secret: String,
    /// `PUBLIC-KEY URL` of each witness (C2SP tlog-witness).
    pub witnesses: Vec<String>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            origin: String::new(),
            key_file: String::new(),
            seal_every_ms: 1_000,
            checkpoint_every_s: 60,
            folder: String::new(),
            webhook: String::new(),
            webhook_secret: String::new(),
            witnesses: Vec::new(),
        }
    }
}
