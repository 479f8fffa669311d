//! The station's identity out of the request target (1.6-J §3.1.1; 2.x Part 4 §3.1).

use percent_encoding::percent_decode_str;

/// The longest identity of a station, in characters (2.x: `identifierString[48]`).
pub const IDENTITY_MAX: usize = 48;

/// Why a request target names no station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// The path does not begin with the prefix of this server.
    Elsewhere,
    /// Nothing comes after the prefix.
    NoIdentity,
    /// Longer than [`IDENTITY_MAX`], no UTF-8, or with control characters or a slash in it.
    BadIdentity,
}

/// Takes the identity out of a request target: the last segment that is not empty after the segments of `prefix`,
/// percent-decoded once. Stations build their URLs in odd ways, so doubled and trailing slashes, a whole URL as
/// path, the identity twice, and queries are borne; only the prefix must be there (in any letter case).
pub fn identity(target: &str, prefix: &str) -> Result<String, PathError> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let wanted: Vec<&str> = prefix.split('/').filter(|segment| !segment.is_empty()).collect();
    let after = if wanted.is_empty() {
        &segments[..]
    } else {
        let found = segments
            .windows(wanted.len())
            .position(|window| window.iter().zip(&wanted).all(|(is, want)| is.eq_ignore_ascii_case(want)))
            .ok_or(PathError::Elsewhere)?;
        &segments[found + wanted.len()..]
    };
    let last = after.last().ok_or(PathError::NoIdentity)?;
    let identity = percent_decode_str(last).decode_utf8().map_err(|_| PathError::BadIdentity)?;
    if is_identity(&identity) { Ok(identity.into_owned()) } else { Err(PathError::BadIdentity) }
}

/// Can a station have this identity? At most [`IDENTITY_MAX`] characters, none of them a slash, a backslash or a
/// control character. Stations can be registered under such identities; [`is_standard`] ones are safe everywhere.
pub fn is_identity(identity: &str) -> bool {
    identity.chars().take(IDENTITY_MAX + 1).count() <= IDENTITY_MAX
        && !identity.chars().any(|c| c.is_control() || c == '/' || c == '\\')
        && !matches!(identity, "." | "..")
        && !identity.trim().is_empty()
}

/// Is it an identifierString of 2.x? Others are served if an operator has registered them.
pub fn is_standard(identity: &str) -> bool {
    identity.chars().all(|c| c.is_ascii_alphanumeric() || "*-_=:+|@.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_urls_of_real_stations_lead_to_their_identity() {
        for target in [
            "/ocpp/CP-1",
            "//ocpp//CP-1",
            "/ocpp/CP-1/",
            "/OCPP/CP-1?token=x/y",
            "/ocpp/CP-1/CP-1",
            "/ocpp/%43P-1",
            "/ws://csms.example:9000/ocpp/CP-1",
            "http://csms.example/ocpp/CP-1",
            "/proxy/ocpp/1.6/CP-1#x",
        ] {
            assert_eq!(identity(target, "/ocpp").as_deref(), Ok("CP-1"), "{target}");
        }
        assert_eq!(identity("/ocpp/CP%201", "/ocpp").as_deref(), Ok("CP 1"));
        assert_eq!(identity("/ocpp/%2541", "/ocpp").as_deref(), Ok("%41"), "decoded once only");
        assert_eq!(identity("/CP-1", "").as_deref(), Ok("CP-1"));
        assert_eq!(identity("/a/b/CP-1", "a/b/").as_deref(), Ok("CP-1"));
        assert_eq!(identity("/ocpp/ocpp", "/ocpp").as_deref(), Ok("ocpp"));
    }

    #[test]
    fn tricks_lead_nowhere() {
        let long = format!("/ocpp/{}", "x".repeat(300));
        for (target, error) in [
            ("/", PathError::Elsewhere),
            ("/other/CP-1", PathError::Elsewhere),
            ("*", PathError::Elsewhere),
            ("/ocpp", PathError::NoIdentity),
            ("/ocpp//", PathError::NoIdentity),
            ("/ocpp/?id=CP-1", PathError::NoIdentity),
            ("/ocpp/..%2fadmin", PathError::BadIdentity),
            ("/ocpp/%2e%2e", PathError::BadIdentity),
            ("/ocpp/CP%00", PathError::BadIdentity),
            ("/ocpp/CP%0d%0aX: y", PathError::BadIdentity),
            ("/ocpp/%ff%fe", PathError::BadIdentity),
            ("/ocpp/%20", PathError::BadIdentity),
            (long.as_str(), PathError::BadIdentity),
        ] {
            assert_eq!(identity(target, "/ocpp"), Err(error), "{target}");
        }
        assert_eq!(identity(&format!("/ocpp/{}", "x".repeat(48)), "/ocpp").map(|id| id.len()), Ok(48));
    }

    #[test]
    fn the_alphabet_of_identifier_strings() {
        assert!(is_standard("DE*ABC*E1-2_3=4:5+6|7@8.9"));
        assert!(!is_standard("CP 1"));
        assert!(!is_standard("Säule"));
    }
}
