//! Who sends, as push services want to know it (VAPID, RFC 8292): a token signed with a key of this installation, which
//! browsers are subscribed with.

use super::origin;
use crate::{
    link::auth::VaultError,
    store::{Db, settings},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;

/// In the table of settings; made once, the same for all processes on one database. Another key ends all subscriptions.
const KEY: &str = "push.key";
/// A token is good for so long; the standard allows a day.
const LIVES: TimeDelta = TimeDelta::hours(12);

/// Signs.
pub struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    /// Reads the key, or makes it.
    ///
    /// # Errors
    /// The database, a system without randomness, or a key that is not one.
    pub async fn open(db: &Db) -> Result<Signer, VaultError> {
        let random = SystemRandom::new();
        let why = || VaultError::Secret(format!("the setting `{KEY}` is no key in PKCS #8, in hex digits"));
        let mut kept = settings::get(&mut db.read().await?, KEY).await?;
        if kept.is_none() {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map_err(|_| VaultError::Secret("the system has no randomness".to_owned()))?;
            let mut tx = db.write().await?;
            kept = Some(settings::set_if_absent(&mut tx, KEY, &hex::encode(made.as_ref())).await?);
            tx.commit().await?;
        }
        let key = kept.and_then(|text| hex::decode(text).ok()).ok_or_else(why)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &random);
        Ok(Signer { pair: pair.map_err(|_| why())?, random })
    }

    /// As browsers want it: the uncompressed point, base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The header for a message to this address.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn authorization(&self, to: &Url, sender: &str, now: DateTime<Utc>) -> Result<String, Unspecified> {
        let mut claims = json!({"aud": origin(to), "exp": (now + LIVES).timestamp()});
        if !sender.is_empty() {
            claims["sub"] = sender.into();
        }
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(json!({"typ": "JWT", "alg": "ES256"}));
        let text = format!("{head}.{}", part(claims));
        let signature = self.pair.sign(&self.random, text.as_bytes())?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Ok(format!("vapid t={text}.{signature}, k={}", self.public_key()))
    }
}
