//! Texts that only we can have made: tokens of forms, and links to somebody's orders.

use crate::login::csrf;
use chrono::{DateTime, Utc};
use csms::store::{Db, StoreError, settings};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// In the table of settings; made once, the same for all processes on one database.
const SETTING: &str = "drive.key";
/// Characters of a contact.
const CONTACT_MAX: usize = 200;

/// The key of this installation.
#[derive(Clone)]
pub struct Seal(Vec<u8>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system has no randomness: {0}")]
    Random(#[from] rand::rand_core::OsError),
}

impl Seal {
    /// Reads the key, or makes it.
    ///
    /// # Errors
    /// The database, or no randomness.
    pub async fn load(db: &Db) -> Result<Seal, SealError> {
        let kept = settings::get(&mut db.read().await?, SETTING).await?;
        if let Some(kept) = kept {
            return Ok(Seal(kept.into_bytes()));
        }
        let made = csrf::hex(&csrf::random::<32>()?);
        let mut tx = db.write().await?;
        let kept = settings::set_if_absent(&mut tx, SETTING, &made).await?;
        tx.commit().await?;
        Ok(Seal(kept.into_bytes()))
    }

    /// The seal of a text for a purpose: 32 hex digits.
    pub fn of(&self, purpose: &str, text: &str) -> String {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in [purpose, text] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let whole = mac.finalize().into_bytes();
        csrf::hex(whole.get(..16).unwrap_or_default())
    }

    /// Is it the seal of this text?
    pub fn holds(&self, purpose: &str, text: &str, seal: &str) -> bool {
        let right = self.of(purpose, text);
        !right.is_empty() && bool::from(right.as_bytes().ct_eq(seal.as_bytes()))
    }

    /// A text that names a contact until an instant: `seconds.contact in hex.seal`.
    pub fn pass(&self, purpose: &str, contact: &str, until: DateTime<Utc>) -> String {
        let head = format!("{}.{}", until.timestamp(), csrf::hex(contact.as_bytes()));
        let seal = self.of(purpose, &head);
        format!("{head}.{seal}")
    }

    /// The contact of such a text, if it is ours and its time is not over.
    pub fn read(&self, purpose: &str, pass: &str, now: DateTime<Utc>) -> Option<String> {
        if pass.len() > 4 * CONTACT_MAX + 80 {
            return None;
        }
        let (head, seal) = pass.rsplit_once('.')?;
        let (until, contact) = head.split_once('.')?;
        if !self.holds(purpose, head, seal) || until.parse::<i64>().ok()? < now.timestamp() {
            return None;
        }
        let bytes =
            (0..contact.len()).step_by(2).map(|at| u8::from_str_radix(contact.get(at..at + 2)?, 16).ok());
        String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_seal_is_of_one_text_for_one_purpose_under_one_key() {
        let (ours, theirs) = (Seal(b"a".to_vec()), Seal(b"b".to_vec()));
        let seal = ours.of("form", "x");
        assert!(ours.holds("form", "x", &seal));
        for (key, purpose, text) in
            [(&theirs, "form", "x"), (&ours, "for", "mx"), (&ours, "link", "x"), (&ours, "form", "y")]
        {
            assert!(!key.holds(purpose, text, &seal));
        }
        assert!(!ours.holds("form", "x", "") && !ours.holds("form", "x", &seal[..31]));
    }

    #[test]
    fn a_pass_names_its_contact_until_its_time_is_over() {
        let seal = Seal(b"a".to_vec());
        let pass = seal.pass("me", "ada+ü@example.com", at(900));
        assert_eq!(seal.read("me", &pass, at(900)).as_deref(), Some("ada+ü@example.com"));
        assert_eq!(seal.read("me", &pass, at(901)), None);
        assert_eq!(seal.read("link", &pass, at(0)), None);
        let longer = pass.replacen(&at(900).timestamp().to_string(), &at(9_000).timestamp().to_string(), 1);
        for forged in ["", ".", "..", "1.2.3", &longer, &format!("{pass}0"), &"9".repeat(5_000)] {
            assert_eq!(seal.read("me", forged, at(0)), None, "{forged}");
        }
    }
}
