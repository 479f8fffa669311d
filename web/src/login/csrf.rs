//! The token that ties a form to a login. Each page carries it under another mask, so that the size of a compressed
//! page says nothing about it.

use rand::{TryRngCore, rngs::OsRng};
use subtle::ConstantTimeEq;

const BYTES: usize = 16;

/// A new token, as kept with the login: 32 hex digits.
pub fn generate() -> Result<String, rand::rand_core::OsError> {
    random::<BYTES>().map(|bytes| hex(&bytes))
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], rand::rand_core::OsError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// The token for one page: a random mask and the masked token, 64 hex digits. Empty if there is no randomness; such a
/// form is refused.
pub fn mask(kept: &str) -> String {
    let (Some(token), Ok(mask)) = (unhex::<BYTES>(kept), random::<BYTES>()) else { return String::new() };
    let masked: Vec<u8> = token.iter().zip(mask).map(|(t, m)| t ^ m).collect();
    hex(&mask) + &hex(&masked)
}

/// Does a form carry the token of the login?
pub fn check(kept: &str, sent: &str) -> bool {
    let (Some(token), Some((mask, masked))) = (unhex::<BYTES>(kept), sent.split_at_checked(2 * BYTES)) else {
        return false;
    };
    let (Some(mask), Some(masked)) = (unhex::<BYTES>(mask), unhex::<BYTES>(masked)) else { return false };
    let unmasked: Vec<u8> = masked.iter().zip(mask).map(|(t, m)| t ^ m).collect();
    bool::from(unmasked.as_slice().ct_eq(token.as_slice()))
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_differs_and_every_mask_is_accepted() {
        let kept = generate().unwrap();
        let (first, second) = (mask(&kept), mask(&kept));
        assert_ne!(first, second);
        assert!(check(&kept, &first) && check(&kept, &second));
        assert!(!first.contains(&kept));
    }

    #[test]
    fn anything_else_is_refused() {
        let kept = generate().unwrap();
        let other = mask(&generate().unwrap());
        for sent in ["", "00", &kept, &other, &"g".repeat(64), &"é".repeat(32), &format!("{}0", mask(&kept))]
        {
            assert!(!check(&kept, sent), "{sent}");
        }
        // A login without a token accepts nothing.
        assert!(!check("", "") && !check("", &"0".repeat(64)));
    }
}
