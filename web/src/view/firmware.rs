//! Firmware that is kept, and what stations were asked about files.

use super::{CampaignLine, Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Firmware and campaigns, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct FirmwarePage {
    pub rows: Vec<FirmwareLine>,
    pub campaigns: Vec<CampaignLine>,
    pub pager: Pager,
    /// The largest image that is taken, e.g. `2.1 GB`.
    pub most: String,
    /// The form for another image, as it was sent.
    pub form: FirmwareForm,
    /// Why that is not kept.
    pub error: Option<String>,
}

/// What was said of an image.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FirmwareForm {
    pub name: String,
    pub version: String,
    pub vendor: String,
    pub model: String,
    pub sha256: String,
    pub certificate: String,
    pub signature: String,
}

/// An image.
#[derive(Debug, Clone, Serialize)]
pub struct FirmwareLine {
    pub id: String,
    pub name: String,
    pub version: String,
    /// Vendor and model that it is for; empty: not said.
    pub stations: String,
    pub size: String,
    pub sha256: String,
    pub signed: bool,
    pub added_by: String,
    pub added_at: DateTime<Utc>,
}

/// A command about a file, on the page of its station.
#[derive(Debug, Clone, Serialize)]
pub struct FileWish {
    /// Word of the texts' family `files.wish`: `get-log`, `update-firmware`.
    pub kind: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// How far it is: a word of the texts' family `files.progress`.
    pub progress: String,
    pub tone: &'static str,
    /// In the station's words.
    pub detail: String,
    pub uploads: Vec<UploadLine>,
}

/// A file that has come.
#[derive(Debug, Clone, Serialize)]
pub struct UploadLine {
    /// Empty: it is gone.
    pub href: String,
    pub name: String,
    pub size: String,
}

/// Bytes for people, to three digits.
pub fn size_text(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    if tenths >= 1_000 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

#[cfg(test)]
pub(super) fn sample_wishes() -> Vec<FileWish> {
    let wish = |kind: &str, progress: &str, uploads| FileWish {
        kind: kind.into(),
        by: "ada".into(),
        at: super::shell::sample_ago(60),
        progress: progress.into(),
        tone: "ok",
        detail: "Downloading".into(),
        uploads,
    };
    let here = UploadLine { href: "/uploads/3".into(), name: "<log>.gz".into(), size: "1.2 MB".into() };
    let gone = UploadLine { href: String::new(), name: String::new(), size: "3 kB".into() };
    let progress =
        ["queued", "sent", "offline", "expired", "cancelled", "unknown", "refused", "unsupported", "invalid"];
    let more = progress.map(|word| wish("update-firmware", word, Vec::new()));
    let first = ["pending", "done", "failed", "lost", "accepted"]
        .map(|word| wish("get-log", word, vec![here.clone(), gone.clone()]));
    first.into_iter().chain(more).collect()
}

impl Page for FirmwarePage {
    const TEMPLATE: &'static str = "firmware.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = FirmwareLine {
            id: "7".into(),
            name: "duo <22>".into(),
            version: "5.0.0".into(),
            stations: "Hafenwerk Duo 22".into(),
            size: "12.4 MB".into(),
            sha256: "ab".repeat(32),
            signed: true,
            added_by: "ada".into(),
            added_at: super::shell::sample_ago(5_000),
        };
        let full = FirmwarePage {
            rows: vec![row.clone(), FirmwareLine { signed: false, stations: String::new(), ..row }],
            campaigns: ["running", "paused", "halted", "done", "cancelled"]
                .map(super::campaigns::sample)
                .to_vec(),
            pager: Pager { first: None, next: Some("/firmware?before=7".into()) },
            most: "2.1 GB".into(),
            form: FirmwareForm {
                name: "duo <22>".into(),
                version: "5.0.1".into(),
                certificate: "-----BEGIN CERTIFICATE-----\n</textarea>".into(),
                signature: "AAAA".into(),
                ..FirmwareForm::default()
            },
            error: Some("the image is <empty>".into()),
        };
        let empty = FirmwarePage {
            rows: Vec::new(),
            campaigns: Vec::new(),
            pager: Pager::default(),
            form: FirmwareForm::default(),
            error: None,
            ..full.clone()
        };
        vec![full, empty]
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_three_digits_at_most() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (99_949, "99.9 kB"),
            (123_456, "123 kB"),
            (999_999, "999 kB"),
            (100_000_000, "100 MB"),
            (2_147_483_648, "2.1 GB"),
        ] {
            assert_eq!(super::size_text(bytes), text);
        }
    }
}
