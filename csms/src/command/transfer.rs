//! Commands that move files: logs that stations bring, firmware that they fetch.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    #[default]
    Diagnostics,
    Security,
    /// 2.1 only.
    DataCollector,
}

/// [`super::Command::GetLog`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetLog {
    #[serde(default)]
    pub kind: LogKind,
    /// Where to: an http, https, ftp, ftps or sftp URL. Absent: to our own file server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval_s: Option<u32>,
}

/// [`super::Command::UpdateFirmware`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateFirmware {
    /// Where from; or `firmware`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The number of firmware that we keep, which brings its certificate and signature; or `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// When to fetch it; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieve_at: Option<DateTime<Utc>>,
    /// When to install it; absent: as soon as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_at: Option<DateTime<Utc>>,
    /// PEM; with `signature`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_certificate: Option<String>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval_s: Option<u32>,
}
