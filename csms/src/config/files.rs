//! Settings of the file server for stations: firmware that they fetch, logs that they bring.

use serde::{Deserialize, Serialize};

/// Files from and for stations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// Where the files lie.
    pub folder: String,
    /// A listener for them alone, `ADDRESS:PORT`; empty = the console's.
    pub listen: String,
    /// How stations reach it; empty = `web.public_url`, and without that the address of the listener if it is one.
    pub public_url: String,
    /// Only from the address that the station's own connection comes from.
    pub same_address: bool,
    /// One upload, MiB.
    pub upload_mib_max: u64,
    /// All uploads together, MiB; the oldest make room.
    pub uploads_mib_max: u64,
    /// Uploads are kept so long.
    pub upload_days: u32,
    /// An image of firmware, MiB.
    pub firmware_mib_max: u64,
    /// A download, KiB a second; 0 = as fast as it goes.
    pub download_kib_s: u32,
    /// All downloads together, KiB a second; 0 = as fast as it goes.
    pub downloads_kib_s: u32,
    /// Transfers at one time.
    pub transfers_max: usize,
    /// A transfer that stands still for so long is cut off.
    pub idle_timeout_s: u64,
    /// An upload brings so many bytes a second on average, after its first minute, or is cut off.
    pub upload_bytes_s_min: u64,
}

impl Default for Files {
    fn default() -> Self {
        Files {
            folder: "data/files".into(),
            listen: String::new(),
            public_url: String::new(),
            same_address: false,
            upload_mib_max: 512,
            uploads_mib_max: 20_480,
            upload_days: 90,
            firmware_mib_max: 2_048,
            download_kib_s: 0,
            downloads_kib_s: 0,
            transfers_max: 64,
            idle_timeout_s: 60,
            upload_bytes_s_min: 256,
        }
    }
}
