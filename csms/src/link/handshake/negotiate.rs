//! What both sides agree on: the OCPP version (by subprotocol) and compression (RFC 7692).

use ocpp::Version;

/// In a station's allow-list: it may connect without naming a subprotocol and is then spoken to in 1.6.
pub const WITHOUT_NAME: &str = "none";

/// The outcome for the subprotocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub version: Version,
    /// As the station spelt it; `None` if it named none: then the answer names none either.
    pub name: Option<String>,
}

/// Picks the first subprotocol in the station's order that we speak and that the station may use.
///
/// `offered` is the `Sec-WebSocket-Protocol` header, empty if absent; `allowed` the station's allow-list, empty if
/// every version is allowed; `unnamed_is_16` the server-wide tolerance for stations that name no subprotocol.
pub fn subprotocol(offered: &str, allowed: &str, unnamed_is_16: bool) -> Option<Agreed> {
    let may = |name: &str| {
        allowed.trim().is_empty() || items(allowed).any(|allowed| allowed.eq_ignore_ascii_case(name))
    };
    if items(offered).next().is_none() {
        let listed = items(allowed).any(|allowed| allowed == WITHOUT_NAME);
        let unnamed = listed || (unnamed_is_16 && may(Version::V16.subprotocol()));
        return unnamed.then_some(Agreed { version: Version::V16, name: None });
    }
    items(offered).find_map(|name| {
        let version = Version::from_subprotocol(&name.to_ascii_lowercase())?;
        may(version.subprotocol()).then(|| Agreed { version, name: Some(name.to_owned()) })
    })
}

/// Do we speak any of these at all, whoever asks?
pub fn any_served(offered: &str) -> bool {
    items(offered).any(|name| Version::from_subprotocol(&name.to_ascii_lowercase()).is_some())
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// The answer to the `Sec-WebSocket-Extensions` header: the first offer of permessage-deflate that we can keep.
/// Neither side keeps a window from message to message, so an idle link holds no deflate state. Our deflate has the
/// full window only, so an offer that wants a smaller one of us is declined; a client that says how small a window
/// it could use itself is free to use the full one.
pub fn compression(offered: &str) -> Option<&'static str> {
    offered.split(',').find_map(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case("permessage-deflate") {
            return None;
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut full_window_named = false;
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                ("server_no_context_takeover" | "client_no_context_takeover", None) => {}
                ("server_max_window_bits", Some("15")) => full_window_named = true,
                ("client_max_window_bits", None) => {}
                ("client_max_window_bits", Some(bits)) if matches!(bits.parse(), Ok(8..=15u8)) => {}
                _ => return None,
            }
        }
        Some(if full_window_named {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"
        } else {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(offered: &str, allowed: &str) -> Option<(Version, Option<String>)> {
        subprotocol(offered, allowed, false).map(|agreed| (agreed.version, agreed.name))
    }

    #[test]
    fn the_station_prefers_and_the_operator_allows() {
        let named = |version: Version, name: &str| Some((version, Some(name.to_owned())));
        assert_eq!(pick("ocpp1.6", ""), named(Version::V16, "ocpp1.6"));
        assert_eq!(pick("ocpp1.6, ocpp2.0.1", ""), named(Version::V16, "ocpp1.6"));
        assert_eq!(pick("ocpp2.1,ocpp2.0.1", ""), named(Version::V21, "ocpp2.1"));
        assert_eq!(pick("ocpp2.1,ocpp2.0.1", "ocpp2.0.1,ocpp1.6"), named(Version::V201, "ocpp2.0.1"));
        assert_eq!(pick("ocpp1.5, soap, ocpp1.6", ""), named(Version::V16, "ocpp1.6"));
        assert_eq!(pick("OCPP1.6", ""), named(Version::V16, "OCPP1.6"), "echoed as offered");
        assert_eq!(pick("ocpp1.6", "ocpp2.0.1"), None);
        assert_eq!(pick("ocpp2.0", ""), None);
        assert_eq!(pick("", ""), None);
        assert!(any_served("x, ocpp2.0.1") && !any_served("ocpp1.5") && !any_served(""));
    }

    #[test]
    fn naming_none_is_16_where_that_is_allowed() {
        let unnamed = Some(Agreed { version: Version::V16, name: None });
        assert_eq!(subprotocol("", "", true), unnamed);
        assert_eq!(subprotocol(" , ", "", true), unnamed);
        assert_eq!(subprotocol("", "ocpp2.0.1", true), None);
        assert_eq!(subprotocol("", "ocpp1.6,none", false), unnamed);
        assert_eq!(subprotocol("nonsense", "none", true), None, "a wrong name is not no name");
    }

    #[test]
    fn deflate_is_agreed_without_context_or_not_at_all() {
        let plain = Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
        assert_eq!(compression("permessage-deflate"), plain);
        assert_eq!(compression("permessage-deflate; client_max_window_bits"), plain);
        assert_eq!(compression("permessage-deflate;client_max_window_bits=\"10\""), plain);
        assert_eq!(compression("x-webkit-deflate-frame, Permessage-Deflate"), plain);
        assert_eq!(compression("permessage-deflate; server_max_window_bits=10, permessage-deflate"), plain);
        assert!(
            compression("permessage-deflate; server_max_window_bits=15").unwrap().ends_with("=15"),
            "what is asked for is confirmed"
        );
        for declined in [
            "",
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits; client_max_window_bits",
            "permessage-deflate; unknown",
        ] {
            assert_eq!(compression(declined), None, "{declined}");
        }
    }
}
