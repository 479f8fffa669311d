//! Commands about certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// [`super::Command::InstallCertificate`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallCertificate {
    /// InstallCertificateUseEnumType of 2.x, e.g. `CSMSRootCertificate`.
    pub kind: String,
    /// PEM.
    pub certificate: String,
}

/// [`super::Command::ListCertificates`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListCertificates {
    /// As in [`InstallCertificate::kind`]; empty: all. A 1.6 station is asked for each.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// A certificate, exactly as the station that holds it has named it: so it is told from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateHash {
    /// `SHA256`, `SHA384` or `SHA512`.
    pub hash_algorithm: String,
    pub issuer_name_hash: String,
    pub issuer_key_hash: String,
    pub serial_number: String,
}
