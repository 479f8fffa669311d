//! Signatures with a shared key: sorted fields, MD5 or HMAC-SHA256.

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// How is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum Kind {
    #[serde(rename = "MD5")]
    Md5,
    #[default]
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
}

impl Kind {
    /// As in `sign_type`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Md5 => "MD5",
            Kind::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// By the length of a signature: 32 or 64 hexadecimal digits.
    pub(super) fn of(signature: &str) -> Option<Kind> {
        match signature.len() {
            32 => Some(Kind::Md5),
            64 => Some(Kind::HmacSha256),
            _ => None,
        }
    }
}

/// The signature of all fields that are not empty, but `sign`; capital hexadecimal digits.
pub(in crate::provider::wechat) fn sign(fields: &BTreeMap<String, String>, key: &str, kind: Kind) -> String {
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()) {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('&');
    }
    text.push_str("key=");
    text.push_str(key);
    match kind {
        Kind::Md5 => hex::encode_upper(Md5::digest(text.as_bytes())),
        Kind::HmacSha256 => match Hmac::<Sha256>::new_from_slice(key.as_bytes()) {
            Ok(mut mac) => {
                mac.update(text.as_bytes());
                hex::encode_upper(mac.finalize().into_bytes())
            }
            // HMAC takes keys of any length.
            Err(_) => String::new(),
        },
    }
}

/// Is `sign` the signature of all the other fields, also of those that we do not know? In constant time.
pub(super) fn verifies(fields: &BTreeMap<String, String>, key: &str, kind: Kind) -> bool {
    let Some(given) = fields.get("sign").filter(|given| !given.is_empty()) else { return false };
    sign(fields, key, kind).as_bytes().ct_eq(given.as_bytes()).into()
}
