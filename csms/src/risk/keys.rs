//! Subjects as they are stored: keyed hashes, which can be counted and compared, not read.

use super::Facts;
use hmac::{Hmac, Mac};
use payments::risk::rules::Subject;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Digits of a hash: 16 bytes tell any number of subjects apart.
const BYTES: usize = 16;

/// The key that hashes are made with; a row of the settings.
#[derive(Debug, Clone)]
pub(super) struct Keys(Vec<u8>);

impl Keys {
    pub(super) fn new(key: Vec<u8>) -> Keys {
        Keys(key)
    }

    /// The hash of a value; empty stays empty.
    pub(super) fn hash(&self, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        // A key of any length can be used: there is nothing to fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(value.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..BYTES])
    }

    /// Of everything that is known of a payment.
    pub(super) fn of(&self, facts: &Facts<'_>) -> BTreeMap<Subject, String> {
        let driver = facts.driver.map(|id| id.to_string()).unwrap_or_default();
        let plain = [
            (Subject::Driver, driver.as_str()),
            (Subject::Device, facts.device),
            (Subject::Card, facts.card),
            (Subject::Address, &*network(facts.address)),
            (Subject::Station, facts.station),
            (Subject::Phone, facts.phone),
            (Subject::Wallet, facts.wallet),
        ]
        .map(|(subject, value)| (subject, self.hash(value)));
        plain.into_iter().filter(|(_, key)| !key.is_empty()).collect()
    }
}

/// The network of an address: its first 24 bits, of IPv6 48. What is no address belongs to none.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}")
        }
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}")
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network() {
        assert_eq!(network("203.0.113.7"), network("::ffff:203.0.113.99"));
        assert_ne!(network("203.0.113.7"), network("203.0.114.7"));
        assert_eq!(network("2001:db8:5:1::1"), network("2001:db8:5:2::1"));
        assert_eq!(network("not an address"), "");
    }

    #[test]
    fn a_hash_needs_the_key() {
        let (one, other) = (Keys::new(vec![1; 32]), Keys::new(vec![2; 32]));
        assert_eq!(one.hash("+49170"), one.hash("+49170"));
        assert_ne!(one.hash("+49170"), other.hash("+49170"));
        assert_eq!(one.hash("+49170").len(), 2 * BYTES);
        assert_eq!(one.hash(""), "");
    }
}
