//! Numbers that nobody can guess.

use chrono::{DateTime, Utc};
use rand::{TryRngCore, rngs::OsRng};

/// Digits and letters without those that look alike.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How identifiers for one session begin, and how many letters follow.
const TOKEN: &str = "PAY";
const TOKEN_LETTERS: usize = 17;

/// The machine gives no random numbers: nothing can be sold now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this machine gives no random numbers")]
pub struct NoRandom;

/// So many letters of five random bits each.
fn random(letters: usize) -> Result<String, NoRandom> {
    let mut bytes = vec![0_u8; letters];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect())
}

/// Of an order, in URLs: 130 random bits.
pub fn order() -> Result<String, NoRandom> {
    random(26)
}

/// What stands in the URL of a code at an EVSE: 130 random bits.
pub fn code() -> Result<String, NoRandom> {
    random(26)
}

/// Of an attempt or a refund at a provider: by time, then 80 random bits; as long and as plain as every provider takes it.
pub fn merchant(now: DateTime<Utc>) -> Result<String, NoRandom> {
    Ok(format!("{}{}", now.format("%y%m%d%H%M%S"), random(16)?))
}

/// An identifier for one session: as long as the oldest stations take it, compared in upper case.
pub fn token() -> Result<String, NoRandom> {
    Ok(format!("{TOKEN}{}", random(TOKEN_LETTERS)?.to_uppercase()))
}

/// May this be such an identifier? Others need not be looked for among the orders.
pub fn is_token(uid: &str) -> bool {
    uid.len() == TOKEN.len() + TOKEN_LETTERS && uid.starts_with(TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_every_provider_and_station() {
        let merchant = merchant(DateTime::UNIX_EPOCH).unwrap();
        assert!(merchant.len() == 28 && merchant.starts_with("700101000000"), "{merchant}");
        assert!(merchant.chars().all(|c| c.is_ascii_alphanumeric()));
        let token = token().unwrap();
        assert!(token.len() == 20 && is_token(&token) && !is_token("PAY") && !is_token(&merchant), "{token}");
        assert_ne!(order().unwrap(), order().unwrap());
    }
}
