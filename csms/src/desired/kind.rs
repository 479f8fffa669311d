//! The kinds of wishes: how their keys and values are written.

use super::{key, profile};
use crate::{
    link::{dialect::ask, mask},
    locallist,
};

/// What a wish is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A configuration key of 1.6, a variable of 2.x. Key: see [`super::write_key`].
    Configuration,
    /// In or out of service. Key: `station`, an EVSE (`1`), or a connector (`1:2`). Value: `operative` or `inoperative`.
    Availability,
    /// A root certificate. Key: its use and a name of our own, `CSMSRootCertificate/operator-2026`; it comes with its PEM. Value:
    /// `installed` or `absent`.
    Certificate,
    /// The local list; see [`crate::locallist`]. Key: `list`. Value: the version.
    List,
    /// A charging profile that lasts. Key: purpose, stack level and place, `TxDefaultProfile/3@2`. Value: the profile as 2.x
    /// writes it, or `absent`.
    Profile,
}

/// What a root certificate is for (InstallCertificateUseEnumType of 2.1); 1.6 has the CSMS's and the manufacturer's.
const USES: [&str; 5] = [
    "CSMSRootCertificate",
    "MORootCertificate",
    "ManufacturerRootCertificate",
    "OEMRootCertificate",
    "V2GRootCertificate",
];

/// What every version can be sent as a value; 1.6 takes 500.
const VALUE_MAX: usize = 1_000;

impl Kind {
    /// In the order in which they are looked after.
    pub const ALL: [Kind; 5] =
        [Kind::Configuration, Kind::Availability, Kind::Certificate, Kind::List, Kind::Profile];

    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Configuration => "configuration",
            Kind::Availability => "availability",
            Kind::Certificate => "certificate",
            Kind::List => "list",
            Kind::Profile => "profile",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The key as it is kept.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn key(self, text: &str) -> Result<String, String> {
        match self {
            Kind::Configuration => Ok(key::write(&key::read(text)?)),
            Kind::List if text == locallist::KEY => Ok(text.to_owned()),
            Kind::List => Err(format!("{text:?}: a station has one list; its key is list")),
            Kind::Profile => profile::Slot::read(text).map(|slot| slot.to_string()),
            Kind::Availability => match place(text) {
                Some((None, _)) => Ok("station".to_owned()),
                Some((Some(evse), None)) => Ok(evse.to_string()),
                Some((Some(evse), Some(connector))) => Ok(format!("{evse}:{connector}")),
                None => Err(format!("{text:?} is no place: say station, an EVSE (1) or a connector (1:2)")),
            },
            Kind::Certificate => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
                let (used, name) = text.split_once('/').unwrap_or_default();
                if !USES.contains(&used) || !(1..=50).contains(&name.len()) || !name.bytes().all(plain) {
                    let uses = USES.join(", ");
                    return Err(format!(
                        "{text:?}: say USE/NAME, with a use of {uses} and a name of your own"
                    ));
                }
                Ok(text.to_owned())
            }
        }
    }

    /// The value of a key as it is kept.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn value(self, key: &str, text: &str) -> Result<String, String> {
        match self {
            Kind::Profile => profile::keep(key, text),
            Kind::Configuration if text.chars().count() > VALUE_MAX => {
                Err(format!("a value has at most {VALUE_MAX} characters"))
            }
            Kind::Configuration if text.contains('\0') => Err("a value holds no NUL characters".to_owned()),
            Kind::Configuration => Ok(text.to_owned()),
            Kind::List => Err("what a list has follows from rules (csms list rule)".to_owned()),
            Kind::Availability => match text {
                "operative" | "inoperative" => Ok(text.to_owned()),
                _ => Err(format!("{text:?}: say operative or inoperative")),
            },
            Kind::Certificate => match text {
                "installed" | "absent" => Ok(text.to_owned()),
                _ => Err(format!("{text:?}: say installed or absent")),
            },
        }
    }

    /// Is the value of this key a secret?
    pub fn is_secret(self, key: &str) -> bool {
        self == Kind::Configuration && key::read(key).is_ok_and(|name| mask::is_secret(&name.name))
    }

    /// Is it what the station shows us when it connects?
    pub fn is_password(self, key: &str) -> bool {
        self == Kind::Configuration && key::read(key).is_ok_and(|name| ask::is_password(&name))
    }
}

/// The EVSE and the connector of an availability; neither: the station.
pub(super) fn place(key: &str) -> Option<(Option<u32>, Option<u32>)> {
    if key == "station" {
        return Some((None, None));
    }
    let (evse, connector) = key.split_once(':').map_or((key, None), |(e, c)| (e, Some(c)));
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| (1..=10_000).contains(number));
    match connector {
        Some(connector) => Some((Some(number(evse)?), Some(number(connector)?))),
        None => Some((Some(number(evse)?), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_in_one_form() {
        assert_eq!(
            Kind::Configuration.key("HeartbeatInterval").as_deref(),
            Ok("OCPPCommCtrlr.HeartbeatInterval")
        );
        for (text, kept) in
            [("station", Some("station")), ("01", Some("1")), ("1:02", Some("1:2")), ("0", None), ("x", None)]
        {
            assert_eq!(Kind::Availability.key(text).ok().as_deref(), kept, "{text}");
        }
        assert!(
            Kind::Availability.value("1", "off").is_err()
                && Kind::Availability.value("1", "operative").is_ok()
        );
        assert!(Kind::Configuration.value("A", &"x".repeat(1_001)).is_err());
    }

    #[test]
    fn passwords_are_known_under_both_names() {
        for key in ["AuthorizationKey", "SecurityCtrlr.BasicAuthPassword"] {
            assert!(Kind::Configuration.is_password(key) && Kind::Configuration.is_secret(key), "{key}");
        }
        assert!(Kind::Configuration.is_secret("VendorCtrlr.WifiPassword"));
        assert!(!Kind::Configuration.is_password("VendorCtrlr.WifiPassword"));
        assert!(!Kind::Availability.is_secret("station"));
    }
}
