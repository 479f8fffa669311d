//! What a virtual station is made of and how it connects.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ocpp::Version;

use crate::battery::Supply;

/// How a station connects and what it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// `ws://host:port/path`; the identity is appended as the last segment.
    pub url: String,
    /// The station's identity, as it is (it is percent-encoded for the URL).
    pub id: String,
    /// The password of HTTP Basic authentication; any bytes. `None`: no `Authorization` header.
    pub password: Option<Vec<u8>>,
    /// The version that the station speaks unless another one is negotiated.
    pub version: Version,
    /// The subprotocols offered, by preference. `None`: the name of [`Options::version`] alone; `Some` of nothing: the
    /// header is left out. The station then speaks what the CSMS picked.
    pub subprotocols: Option<Vec<String>>,
    /// The local address to connect from.
    pub source: Option<IpAddr>,
    /// What the station is.
    pub hardware: Hardware,
    /// `Some`: the station's clock stands there and moves only when something takes time or a test moves it.
    /// `None`: the real clock.
    pub clock_at: Option<DateTime<Utc>>,
    /// How long the station waits for an answer, and for the connection.
    pub timeout: Duration,
    /// How many answered messages are kept in [`crate::Station::acknowledged`]; older ones are forgotten first.
    pub record: usize,
}

impl Options {
    /// A two-EVSE AC station without a password, on the real clock, waiting 30 s for an answer.
    pub fn new(url: &str, id: &str, version: Version) -> Self {
        Options {
            url: url.to_owned(),
            id: id.to_owned(),
            password: None,
            version,
            subprotocols: None,
            source: None,
            hardware: Hardware::default(),
            clock_at: None,
            timeout: Duration::from_secs(30),
            record: 10_000,
        }
    }

    /// Sets the password, text or raw bytes.
    pub fn password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.password = Some(password.as_ref().to_vec());
        self
    }

    /// Sets the clock to stand at `at`.
    pub fn clock_at(mut self, at: DateTime<Utc>) -> Self {
        self.clock_at = Some(at);
        self
    }

    /// Sets what the station is.
    pub fn hardware(mut self, hardware: Hardware) -> Self {
        self.hardware = hardware;
        self
    }

    /// Sets the time to wait for an answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where this station connects: the URL with the percent-encoded identity.
    pub fn target(&self) -> String {
        format!("{}/{}", self.url.trim_end_matches('/'), percent_encode(&self.id))
    }
}

/// What a station is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardware {
    /// At most 20 characters (1.6).
    pub vendor: String,
    /// At most 20 characters.
    pub model: String,
    /// At most 25 characters.
    pub serial: String,
    /// At most 50 characters.
    pub firmware: String,
    /// How many EVSEs (1.6: connectors), each with one connector.
    pub evses: i32,
    /// What each EVSE gives.
    pub supply: Supply,
    /// The unit in which energy is reported.
    pub unit: EnergyUnit,
    /// What each EVSE's register shows at first, Wh.
    pub register_wh: i64,
}

/// The unit in which a station reports energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnergyUnit {
    /// Whole watt-hours.
    Wh,
    /// Kilowatt-hours with three decimals.
    KWh,
}

impl Default for Hardware {
    fn default() -> Self {
        Hardware {
            vendor: "Hafenwerk".into(),
            model: "Duo 22".into(),
            serial: "HW-0001".into(),
            firmware: "4.2.1".into(),
            evses: 2,
            supply: Supply::Ac { limit_w: 22_000 },
            unit: EnergyUnit::Wh,
            register_wh: 1_000,
        }
    }
}

/// Percent-encodes everything but RFC 3986 unreserved characters.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_the_last_segment_percent_encoded() {
        let options = Options::new("ws://127.0.0.1:9000/ocpp/", "Säule 1/a", Version::V16);
        assert_eq!(options.target(), "ws://127.0.0.1:9000/ocpp/S%C3%A4ule%201%2Fa");
    }
}
