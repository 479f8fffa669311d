//! Codes that lead a driver's phone from an EVSE to its payment page: on stickers (rows, see [`crate::store::pay::codes`]),
//! on displays for a few minutes (signed, kept nowhere), and those that OCPP 2.1 stations make themselves (C25).

pub mod provision;

use crate::{
    link::auth::VaultError,
    store::{Db, settings},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use payments::code::{Alphabet, Drift, Totp, Wanted};
use rand::{TryRngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The setting that holds the key, as hex digits.
const KEY: &str = "code.key";
/// Marks a signed code; those on stickers begin otherwise.
const SIGNED: &str = "t.";
/// Bytes of the signature that are kept: 128 bits.
const MAC_BYTES: usize = 16;
/// A signed code at most.
const TEXT_MAX: usize = 512;
/// A code that a station makes is valid so long …
pub const VALIDITY_S: u32 = 60;
/// … and has so many characters: 95 bits.
pub const LENGTH: usize = 16;
/// Of the secret, in characters.
const SECRET_LENGTH: usize = 32;

/// Makes and reads codes.
pub struct Codes {
    key: [u8; 32],
}

impl std::fmt::Debug for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Codes")
    }
}

/// What a signed code says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    #[serde(rename = "s")]
    pub station: String,
    #[serde(rename = "e")]
    pub evse: i64,
    /// Unix seconds.
    #[serde(rename = "x")]
    until: i64,
    #[serde(rename = "w", default)]
    pub wanted: Wanted,
}

impl Signed {
    /// It is good until then.
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.until, 0).unwrap_or_default()
    }
}

/// Why a code leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Nobody here has made it.
    #[error("this code is not known")]
    Unknown,
    /// It was good; its place has a new one.
    #[error("this code has expired")]
    Expired { station: String, evse: i64 },
}

impl Codes {
    /// Those of an installation. The key is made when they are first opened.
    ///
    /// # Errors
    /// The database, a system without randomness, or a key that is not one.
    pub async fn open(db: &Db) -> Result<Codes, VaultError> {
        let mut tx = db.read().await?;
        let mut kept = settings::get(&mut tx, KEY).await?;
        drop(tx);
        if kept.is_none() {
            let mut key = [0; 32];
            OsRng.try_fill_bytes(&mut key).map_err(|error| VaultError::Secret(error.to_string()))?;
            let mut tx = db.write().await?;
            kept = Some(settings::set_if_absent(&mut tx, KEY, &hex::encode(key)).await?);
            tx.commit().await?;
        }
        let key = kept.and_then(|text| hex::decode(text).ok()?.try_into().ok());
        let why = format!("the setting `{KEY}` is not 64 hex digits");
        Ok(Codes { key: key.ok_or(VaultError::Secret(why))? })
    }

    /// A code for an EVSE that is good for a while.
    pub fn sign(
        &self,
        station: &str,
        evse: i64,
        wanted: Wanted,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> String {
        let signed = Signed { station: station.to_owned(), evse, until: (now + life).timestamp(), wanted };
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&signed).unwrap_or_default());
        let mac = self.mac("signed", body.as_bytes());
        format!("{SIGNED}{body}.{}", URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES]))
    }

    /// Reads a signed code. `None`: it is of another kind.
    ///
    /// # Errors
    /// It was not made here, or its time is over.
    pub fn read(&self, code: &str, now: DateTime<Utc>) -> Option<Result<Signed, CodeFault>> {
        let rest = code.strip_prefix(SIGNED)?;
        Some(self.verified(rest).ok_or(CodeFault::Unknown).and_then(|signed| {
            if signed.until <= now.timestamp() {
                return Err(CodeFault::Expired { station: signed.station, evse: signed.evse });
            }
            Ok(signed)
        }))
    }

    fn verified(&self, rest: &str) -> Option<Signed> {
        let (body, mac) = rest.split_once('.').filter(|_| rest.len() <= TEXT_MAX)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let right = subtle::ConstantTimeEq::ct_eq(&self.mac("signed", body.as_bytes())[..MAC_BYTES], &*mac);
        if !bool::from(right) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
    }

    /// The secret of a station's own codes: made of our key and the station's identity, so that no copy has to be kept.
    /// One for the whole station; the EVSE stands in the address beside the code.
    pub fn secret(&self, station: &str) -> String {
        // Thirty-two letters of sixty-two: 190 bits.
        let mac = self.mac("station", station.as_bytes());
        let text = URL_SAFE_NO_PAD.encode(mac);
        text.chars().map(|c| if c == '-' || c == '_' { 'x' } else { c }).take(SECRET_LENGTH).collect()
    }

    /// Is this the code that the station shows now, or has shown a moment ago (C25.FR.08)?
    pub fn check(&self, station: &str, code: &str, now: DateTime<Utc>) -> Option<Drift> {
        let secret = self.secret(station);
        let shape = |alphabet| Totp { secret: &secret, validity_s: VALIDITY_S, length: LENGTH, alphabet };
        // Both printings of the alphabet are in the field.
        let (whole, printed) = (shape(Alphabet::Base62), shape(Alphabet::Printed));
        whole.check(code, now).or(printed.check(code, now))
    }

    fn mac(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        // A MAC of this kind takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> Codes {
        Codes { key: [7; 32] }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn a_signed_code_leads_to_its_place_until_it_expires() {
        let wanted = Wanted { energy_wh: Some(20_000), ..Wanted::default() };
        let code = codes().sign("CS 1/a", 2, wanted, now(), TimeDelta::minutes(5));
        let read = codes().read(&code, now()).unwrap().unwrap();
        assert_eq!((&*read.station, read.evse, read.wanted), ("CS 1/a", 2, wanted));
        let late = codes().read(&code, now() + TimeDelta::minutes(5)).unwrap();
        assert_eq!(late, Err(CodeFault::Expired { station: "CS 1/a".into(), evse: 2 }));
    }

    #[test]
    fn a_changed_code_is_unknown() {
        let code = codes().sign("CS1", 1, Wanted::default(), now(), TimeDelta::minutes(5));
        for at in SIGNED.len()..code.len() {
            let mut bytes = code.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            if changed != code {
                assert_eq!(codes().read(&changed, now()), Some(Err(CodeFault::Unknown)), "{changed}");
            }
        }
        let foreign = Codes { key: [8; 32] };
        assert_eq!(foreign.read(&code, now()), Some(Err(CodeFault::Unknown)));
        assert_eq!(codes().read("sticker", now()), None);
        assert_eq!(codes().read("t.", now()), Some(Err(CodeFault::Unknown)));
    }

    #[test]
    fn stations_have_secrets_of_their_own_that_stay() {
        let (one, other) = (codes().secret("CS1"), codes().secret("CS2"));
        assert_eq!(one, codes().secret("CS1"));
        assert!(one != other && one.len() == SECRET_LENGTH && one.bytes().all(|b| b.is_ascii_alphanumeric()));
        let shown = Totp { secret: &one, validity_s: VALIDITY_S, length: LENGTH, alphabet: Alphabet::Base62 };
        let code = shown.at(now());
        assert_eq!(codes().check("CS1", &code, now()), Some(Drift::None));
        assert_eq!(codes().check("CS2", &code, now()), None);
        assert_eq!(codes().check("CS1", &code, now() + TimeDelta::minutes(3)), None);
    }
}
