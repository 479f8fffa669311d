//! Keys with which programs use the REST API: what they may do, and how they are made and read.

use crate::{
    id::Ids,
    link::auth::{Vault, VaultError},
    store::api_keys::ApiKeyRow,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a caller may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look at everything but money.
    Read,
    /// Have stations do something, and look at what they have brought.
    Command,
    /// Change stations, sites, tokens, tariffs, discounts, plans and firmware.
    Config,
    /// Look at whatever has to do with money; with `command` or `config`, act on it or change its rules.
    Money,
    /// Keep users, keys and webhooks; look at settings and the doctor.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Scope; 5] = [Scope::Read, Scope::Command, Scope::Config, Scope::Money, Scope::Admin];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Command => "command",
            Scope::Config => "config",
            Scope::Money => "money",
            Scope::Admin => "admin",
        }
    }

    /// The scopes that a list of words names; `None` if one of them is no scope.
    pub fn parse_all(words: &str) -> Option<Vec<Scope>> {
        let mut found = Vec::new();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            found.push(*Scope::ALL.iter().find(|scope| scope.word() == word)?);
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// As they are kept: `read,command`.
    pub fn join(scopes: &[Scope]) -> String {
        scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(",")
    }

    /// What an account of the console may do.
    pub fn of_role(role: &str) -> &'static [Scope] {
        match role {
            "admin" => &Scope::ALL,
            "operator" => &[Scope::Read, Scope::Command, Scope::Config, Scope::Money],
            _ => &[Scope::Read, Scope::Money],
        }
    }
}

/// Characters of a name at most.
pub const NAME_MAX: usize = 100;

/// Makes a key: the row to be kept, and the text that is shown once.
///
/// # Errors
/// The system has no randomness.
pub fn make(
    vault: &Vault,
    ids: &Ids,
    now: DateTime<Utc>,
    name: &str,
    scopes: &[Scope],
    expires_at: Option<DateTime<Utc>>,
    by: &str,
) -> Result<(ApiKeyRow, String), VaultError> {
    let secret = Vault::generate()?;
    let row = ApiKeyRow {
        id: ids.next(),
        name: name.to_owned(),
        secret: vault.seal_generated(&secret)?,
        scopes: Scope::join(scopes),
        created_by: by.to_owned(),
        created_at: now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let text = format!("wl_{}_{secret}", row.id);
    Ok((row, text))
}

/// The number and the secret of a key as it is sent. `None` if it is none of ours.
pub fn read(text: &str) -> Option<(i64, &str)> {
    let (id, secret) = text.strip_prefix("wl_")?.split_once('_')?;
    let sound = secret.len() == 40 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((id.parse().ok().filter(|id| *id > 0 && sound)?, secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, link::auth::Check};

    #[test]
    fn a_key_is_read_as_it_was_made_and_its_secret_is_not_kept() {
        let vault = Vault::new([7; 32], 1).unwrap();
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let ids = Ids::new(Clock::fixed(now), 1);
        let (row, text) =
            make(&vault, &ids, now, "billing", &[Scope::Read, Scope::Money], Some(now), "ada").unwrap();
        let (id, secret) = read(&text).unwrap();
        assert_eq!((id, row.scopes.as_str()), (row.id, "read,money"));
        assert!(!row.secret.contains(secret));
        assert_eq!(vault.check_quickly(Some(&row.secret), secret.as_bytes()), Some(Check::Right));
        assert!(!row.is_valid(now), "it ends at the instant that is named");
        assert!(ApiKeyRow { expires_at: None, ..row.clone() }.is_valid(now));
        assert!(!ApiKeyRow { expires_at: None, revoked_at: Some(now), ..row }.is_valid(now));
    }

    #[test]
    fn what_is_no_key_is_not_looked_up() {
        let secret = "0".repeat(40);
        for text in ["", "wl_", "wl_1_", "wl_x_00", "wl_1_zz", &format!("wl_-1_{secret}"), &secret] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(Scope::parse_all("read, money,read"), Some(vec![Scope::Read, Scope::Money]));
        assert_eq!(Scope::parse_all("read,all"), None);
    }
}
