//! Station passwords: how they are made, kept and checked (security profile 1 and 2).
//!
//! Kept forms, in `station.secret`:
//! - empty: the station needs no password;
//! - `hmac$SALT$MAC`: a secret made here. It is random, so one keyed hash is as strong as a slow one, and ten thousand
//!   stations that come back at once cost milliseconds;
//! - an argon2id PHC text: a password that a person chose. Checked a few at a time, and remembered for a while.
//!
//! 1.6 keys are told to the station as hex digits; some stations then send the bytes, some the digits (in either
//! letter case). 2.x passwords are sent as they are. All forms of the kept secret are accepted.

use crate::store::{Db, StoreError, settings};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use rand::{TryRngCore, rngs::OsRng};
use sha2::Sha256;
use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// A checked human-chosen password is not hashed again for so long.
const REMEMBERED: Duration = Duration::from_secs(600);
/// So many at most.
const REMEMBERED_MAX: usize = 20_000;
/// Longer passwords are wrong without being looked at (2.1 allows 64).
const PASSWORD_MAX: usize = 256;
/// The setting that holds the pepper, as hex digits.
const PEPPER: &str = "station.pepper";
/// The key lengths of 1.6, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=20;

/// What came with `Authorization: Basic`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({:?}, …)", String::from_utf8_lossy(&self.user))
    }
}

impl Credentials {
    /// Reads the header's value. The user ends at the first colon; both parts may be any bytes. `None` if it is
    /// another scheme or unreadable.
    pub fn from_header(value: &[u8]) -> Option<Credentials> {
        let value = value.trim_ascii();
        let (scheme, rest) = value.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let text = rest.trim_ascii();
        let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
        let bytes = STANDARD_NO_PAD.decode(&text[..text.len() - padding]).ok()?;
        let colon = bytes.iter().position(|byte| *byte == b':')?;
        Some(Credentials { user: bytes[..colon].to_vec(), password: bytes[colon + 1..].to_vec() })
    }
}

/// Makes and checks station secrets.
pub struct Vault {
    pepper: [u8; 32],
    /// Keys what is remembered; made anew with every start.
    memory_key: [u8; 32],
    remembered: Mutex<HashMap<[u8; 32], Instant>>,
    checks: Arc<Semaphore>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Why there is no vault, or no secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The system has no randomness or no memory for a hash.
    #[error("a secret could not be made: {0}")]
    Secret(String),
    /// The database has something else where the server's own secret should be.
    #[error("the setting `{PEPPER}` is not 64 hex digits; without it no generated password can be checked")]
    Pepper,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Right,
    Wrong,
}

impl Vault {
    /// The vault of an installation. Its pepper is made when it is first opened and kept in the `setting` table.
    pub async fn open(db: &Db, checks_max: usize) -> Result<Vault, VaultError> {
        let mut tx = db.read().await?;
        let mut kept = settings::get(&mut tx, PEPPER).await?;
        drop(tx);
        if kept.is_none() {
            let mut tx = db.write().await?;
            kept = Some(settings::set_if_absent(&mut tx, PEPPER, &hex(&random::<32>()?)).await?);
            tx.commit().await?;
        }
        let pepper =
            kept.and_then(|text| unhex(text.as_bytes())?.try_into().ok()).ok_or(VaultError::Pepper)?;
        Vault::new(pepper, checks_max)
    }

    /// `pepper` is the server's own secret; `checks_max` slow checks
    /// run at one time.
    pub fn new(pepper: [u8; 32], checks_max: usize) -> Result<Vault, VaultError> {
        Ok(Vault {
            pepper,
            memory_key: random()?,
            remembered: Mutex::default(),
            checks: Arc::new(Semaphore::new(checks_max.max(1))),
        })
    }

    /// A new secret: 20 random bytes as 40 hex digits. It is an AuthorizationKey of 1.6 and a password of 2.x. To
    /// be shown once and kept as [`Vault::seal_generated`] makes it.
    pub fn generate() -> Result<String, VaultError> {
        random::<20>().map(|bytes| hex(&bytes))
    }

    /// The kept form of a secret made by [`Vault::generate`].
    pub fn seal_generated(&self, secret: &str) -> Result<String, VaultError> {
        let salt: [u8; 16] = random()?;
        let mac = self.mac(&salt, &canonical(secret.as_bytes()));
        Ok(format!("hmac${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(mac)))
    }

    /// The kept form of a password that a person chose. Takes tens of milliseconds: not for async code.
    pub fn seal_chosen(password: &str) -> Result<String, VaultError> {
        let salt = SaltString::encode_b64(&random::<16>()?)
            .map_err(|error| VaultError::Secret(error.to_string()))?;
        let hash = Argon2::default().hash_password(&canonical(password.as_bytes()), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| VaultError::Secret(error.to_string()))
    }

    /// Checks what can be checked in microseconds: generated secrets, and chosen passwords that were right a while
    /// ago. `None`: only [`Vault::check`] can tell. An unknown station (`kept` is `None`) costs the same work as a
    /// known one and is always wrong.
    pub fn check_quickly(&self, kept: Option<&str>, password: &[u8]) -> Option<Check> {
        let generated = kept.unwrap_or("hmac$AAAAAAAAAAAAAAAAAAAAAA$AA");
        if let Some(parts) = generated.strip_prefix("hmac$") {
            let (salt, mac) = parts.split_once('$').unwrap_or_default();
            let salt = STANDARD_NO_PAD.decode(salt).unwrap_or_default();
            let mac = STANDARD_NO_PAD.decode(mac).unwrap_or_default();
            let mut right = subtle::Choice::from(0);
            if password.len() <= PASSWORD_MAX {
                for form in forms(password) {
                    right |= self.mac(&salt, &form).ct_eq(&mac);
                }
            }
            return Some(if bool::from(right) && kept.is_some() { Check::Right } else { Check::Wrong });
        }
        if password.len() > PASSWORD_MAX || PasswordHash::new(generated).is_err() {
            return Some(Check::Wrong);
        }
        let key = self.memory_of(generated, password);
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = remembered.get(&key).is_some_and(|since| since.elapsed() < REMEMBERED);
        fresh.then_some(Check::Right)
    }

    /// Checks a password against the kept form, waiting for a turn if it needs a slow hash.
    pub async fn check(&self, kept: Option<&str>, password: &[u8]) -> Check {
        if let Some(known) = self.check_quickly(kept, password) {
            return known;
        }
        let Some(kept) = kept else { return Check::Wrong };
        let Ok(turn) = self.checks.clone().acquire_owned().await else { return Check::Wrong };
        let (hash, tried) = (kept.to_owned(), forms(password));
        // The turn goes into the closure: a caller that gives up does not let another hash begin beside this one.
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let hash = PasswordHash::new(&hash).ok()?;
            tried.iter().find(|form| Argon2::default().verify_password(form, &hash).is_ok()).map(|_| ())
        });
        match work.await {
            Ok(Some(())) => {
                self.remember(self.memory_of(kept, password));
                Check::Right
            }
            _ => Check::Wrong,
        }
    }

    /// A keyed hash of something that may hold secrets, to tell whether it comes again.
    pub fn digest(&self, parts: &[&[u8]]) -> String {
        hex(&keyed(&self.pepper, parts))
    }

    fn remember(&self, key: [u8; 32]) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, since| since.elapsed() < REMEMBERED);
            if remembered.len() >= REMEMBERED_MAX {
                remembered.clear();
            }
        }
        remembered.insert(key, Instant::now());
    }

    fn mac(&self, salt: &[u8], secret: &[u8]) -> [u8; 32] {
        keyed(&self.pepper, &[salt, secret])
    }

    /// The kept form is part of it: when the password changes, what is remembered is worth nothing.
    fn memory_of(&self, kept: &str, password: &[u8]) -> [u8; 32] {
        keyed(&self.memory_key, &[kept.as_bytes(), password])
    }
}

/// HMAC-SHA256 over the parts, each preceded by its length so that no two lists of parts are the same text.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length is taken; the error type only exists for other algorithms.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// What is hashed: hex digits of a key in lower case, everything else as it is.
fn canonical(password: &[u8]) -> Vec<u8> {
    if is_key_text(password) { password.to_ascii_lowercase() } else { password.to_vec() }
}

/// What a received password may mean: itself, the bytes of a key whose digits are kept, or the digits of a key whose
/// bytes (a text) are kept. Two at most.
fn forms(password: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![canonical(password)];
    if KEY_BYTES.contains(&password.len()) {
        forms.push(hex(password).into_bytes());
    } else if is_key_text(password) {
        forms.extend(unhex(password));
    }
    forms
}

fn is_key_text(password: &[u8]) -> bool {
    password.len().is_multiple_of(2)
        && KEY_BYTES.contains(&(password.len() / 2))
        && password.iter().all(u8::is_ascii_hexdigit)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| VaultError::Secret(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new([7; 32], 2).unwrap()
    }

    fn basic(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        Credentials::from_header(text.as_bytes()).map(|found| (found.user, found.password))
    }

    #[test]
    fn the_header_is_split_at_the_first_colon_and_may_hold_any_bytes() {
        let header =
            |bytes: &[u8]| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(bytes));
        assert_eq!(basic(&header(b"CP1:a:b")), Some((b"CP1".to_vec(), b"a:b".to_vec())));
        assert_eq!(basic(&header(b"CP1:\xff\x00\xfe")), Some((b"CP1".to_vec(), b"\xff\x00\xfe".to_vec())));
        assert_eq!(basic(&header(b"CP1:")), Some((b"CP1".to_vec(), Vec::new())));
        assert_eq!(basic("bAsIc  Q1AxOng"), Some((b"CP1".to_vec(), b"x".to_vec())), "padding left out");
        assert_eq!(basic(&header(b"no colon")), None);
        assert_eq!(basic("Bearer abc"), None);
        assert_eq!(basic("Basic %%%"), None);
        assert_eq!(basic("Bas"), None);
        let shown = format!("{:?}", Credentials::from_header(header(b"CP1:geheim").as_bytes()));
        assert!(!shown.contains("geheim"));
    }

    #[tokio::test]
    async fn every_process_on_one_database_seals_alike() {
        let there = crate::store::testing::TestDb::sqlite().unwrap();
        let db = Db::open(&there.config).await.unwrap();
        let (one, other) = (Vault::open(&db, 1).await.unwrap(), Vault::open(&db, 1).await.unwrap());
        let secret = Vault::generate().unwrap();
        let kept = one.seal_generated(&secret).unwrap();
        assert_eq!(other.check_quickly(Some(&kept), secret.as_bytes()), Some(Check::Right));

        let mut tx = db.write().await.unwrap();
        settings::set(&mut tx, PEPPER, "spoilt").await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(Vault::open(&db, 1).await, Err(VaultError::Pepper)));
    }

    #[tokio::test]
    async fn a_generated_secret_is_right_as_digits_and_as_bytes() {
        let vault = vault();
        let secret = Vault::generate().unwrap();
        assert!(secret.len() == 40 && secret != Vault::generate().unwrap());
        let kept = vault.seal_generated(&secret).unwrap();
        assert!(kept.starts_with("hmac$") && !kept.contains(&secret));
        let bytes = unhex(secret.as_bytes()).unwrap();
        for form in [secret.as_bytes(), secret.to_uppercase().as_bytes(), &bytes] {
            assert_eq!(vault.check(Some(&kept), form).await, Check::Right);
        }
        for wrong in [&b""[..], &secret.as_bytes()[..39], &bytes[..19], &[0; 20], &[b'x'; 9000]] {
            assert_eq!(vault.check(Some(&kept), wrong).await, Check::Wrong);
        }
        let other = Vault::new([8; 32], 2).unwrap();
        assert_eq!(other.check(Some(&kept), secret.as_bytes()).await, Check::Wrong, "another pepper");
    }

    #[tokio::test]
    async fn a_chosen_password_is_right_as_text_and_as_key() {
        let vault = vault();
        let kept = Vault::seal_chosen("correct-horse-16").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert_eq!(vault.check_quickly(Some(&kept), b"correct-horse-16"), None);
        assert_eq!(vault.check(Some(&kept), b"correct-horse-16").await, Check::Right);
        assert_eq!(vault.check_quickly(Some(&kept), b"correct-horse-16"), Some(Check::Right), "remembered");
        assert_eq!(vault.check(Some(&kept), hex(b"correct-horse-16").as_bytes()).await, Check::Right);
        assert_eq!(vault.check(Some(&kept), b"correct-horse-17").await, Check::Wrong);

        let key = Vault::seal_chosen("00112233445566778899AABBCCDDEEFF").unwrap();
        let bytes = unhex(b"00112233445566778899aabbccddeeff").unwrap();
        assert_eq!(vault.check(Some(&key), &bytes).await, Check::Right);
    }

    #[test]
    fn nothing_opens_an_unknown_station_or_a_broken_record() {
        let vault = vault();
        assert_eq!(vault.check_quickly(None, b"AA"), Some(Check::Wrong));
        for broken in ["hmac$", "hmac$$", "argon2", "plain text"] {
            assert_eq!(vault.check_quickly(Some(broken), b""), Some(Check::Wrong), "{broken}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let vault = vault();
        for n in 0..REMEMBERED_MAX + 5 {
            vault.remember(keyed(&[0; 32], &[&n.to_be_bytes()]));
        }
        assert!(vault.remembered.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
