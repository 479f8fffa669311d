//! Time-based one-time codes that a station shows (OCPP 2.1, C25, TOTP version 1).

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// As printed in the first edition of the standard: the letter `o` is missing.
const PRINTED: &[u8; 61] = b"0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Which characters a station writes its codes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// All digits and letters, as the standard's name of it (base 62) and its reference code have it.
    #[default]
    Base62,
    /// The listing of the standard's first edition, which lacks one letter.
    Printed,
}

/// The secret and the shape of an EVSE's codes.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp<'a> {
    /// WebPaymentsCtrlr.SharedSecret.
    pub secret: &'a str,
    /// WebPaymentsCtrlr.ValidityTime, seconds; at least 1.
    pub validity_s: u32,
    /// WebPaymentsCtrlr.Length, characters.
    pub length: usize,
    pub alphabet: Alphabet,
}

/// How far the station's clock was from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// The code of now.
    None,
    /// The code of the interval before: the driver was slow, or its clock is.
    Behind,
    /// The code of the next interval: its clock is fast.
    Ahead,
}

impl std::fmt::Debug for Totp<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Totp({} s, {} characters)", self.validity_s, self.length)
    }
}

impl Totp<'_> {
    /// The code at an instant.
    pub fn at(&self, at: DateTime<Utc>) -> String {
        self.code(self.interval(at))
    }

    /// Is it the code of now, of the interval before or of the next one (C25.FR.08)? Takes the same time whichever.
    pub fn check(&self, code: &str, now: DateTime<Utc>) -> Option<Drift> {
        let interval = self.interval(now);
        let mut found = None;
        for (drift, interval) in
            [(Drift::Ahead, interval + 1), (Drift::Behind, interval - 1), (Drift::None, interval)]
        {
            if bool::from(self.code(interval).as_bytes().ct_eq(code.as_bytes())) {
                found = Some(drift);
            }
        }
        found
    }

    fn interval(&self, at: DateTime<Utc>) -> i64 {
        at.timestamp().div_euclid(i64::from(self.validity_s.max(1)))
    }

    fn code(&self, interval: i64) -> String {
        // A MAC of this kind takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            return String::new();
        };
        mac.update(&interval.to_be_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let offset = usize::from(hash[31] & 0x0f);
        let alphabet: &[u8] = match self.alphabet {
            Alphabet::Base62 => BASE62,
            Alphabet::Printed => PRINTED,
        };
        let letter = |n: usize| char::from(alphabet[usize::from(hash[(offset + n) % 32]) % alphabet.len()]);
        (0..self.length).map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totp() -> Totp<'static> {
        Totp { secret: "secure!Charging!", validity_s: 30, length: 12, alphabet: Alphabet::Base62 }
    }

    fn at(unix: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(unix, 0).unwrap()
    }

    #[test]
    fn the_codes_are_those_that_others_computed() {
        assert_eq!(totp().at(at(1_716_423_785)), "CN63y502maVh");
        assert_eq!(totp().at(at(1_716_423_755)), "MdPU0jCm5tXz");
        assert_eq!(totp().at(at(1_716_423_815)), "dI54vnA25m2h");
        assert_eq!(totp().at(at(1_718_611_200)), "akF3c7qY2uiu");
        let printed = Totp { alphabet: Alphabet::Printed, ..totp() };
        assert_eq!(printed.at(at(1_716_423_785)), "DOa3A815pdYk");
    }

    #[test]
    fn a_code_counts_in_its_interval_and_its_neighbours() {
        let now = at(1_718_611_200);
        assert_eq!(totp().check("akF3c7qY2uiu", now), Some(Drift::None));
        assert_eq!(totp().check("QT1cCdKsIb9e", now), Some(Drift::Behind));
        assert_eq!(totp().check("1U70OgaBA48M", now), Some(Drift::Ahead));
        assert_eq!(totp().check("akF3c7qY2uiu", at(1_718_611_260)), None);
        for wrong in ["", "akF3c7qY2ui", "akF3c7qY2uiuu", "akF3c7qY2uiU"] {
            assert_eq!(totp().check(wrong, now), None, "{wrong}");
        }
    }
}
