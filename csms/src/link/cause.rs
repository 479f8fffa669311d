//! Why a connection was refused: what is recorded, and how an engineer mends it.

/// The causes in the inbox of rejected attempts. A closed set: pages and metrics use [`Cause::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    UnknownStation,
    WrongPassword,
    NoPassword,
    UserMismatch,
    Subprotocol,
    Path,
    TlsOnPlainPort,
    Http2,
    NotWebSocket,
    BadRequest,
    HeaderTooLarge,
    Timeout,
    Quarantined,
    RateLimited,
    TooManyConnections,
    Busy,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 16] = [
        Cause::UnknownStation,
        Cause::WrongPassword,
        Cause::NoPassword,
        Cause::UserMismatch,
        Cause::Subprotocol,
        Cause::Path,
        Cause::TlsOnPlainPort,
        Cause::Http2,
        Cause::NotWebSocket,
        Cause::BadRequest,
        Cause::HeaderTooLarge,
        Cause::Timeout,
        Cause::Quarantined,
        Cause::RateLimited,
        Cause::TooManyConnections,
        Cause::Busy,
    ];

    /// The lasting name: the `cause` column of the `attempt` table, the label of the metric.
    pub const fn key(self) -> &'static str {
        match self {
            Cause::UnknownStation => "unknown-station",
            Cause::WrongPassword => "wrong-password",
            Cause::NoPassword => "no-password",
            Cause::UserMismatch => "user-mismatch",
            Cause::Subprotocol => "subprotocol",
            Cause::Path => "path",
            Cause::TlsOnPlainPort => "tls-on-plain-port",
            Cause::Http2 => "http2",
            Cause::NotWebSocket => "not-websocket",
            Cause::BadRequest => "bad-request",
            Cause::HeaderTooLarge => "header-too-large",
            Cause::Timeout => "timeout",
            Cause::Quarantined => "quarantined",
            Cause::RateLimited => "rate-limited",
            Cause::TooManyConnections => "too-many-connections",
            Cause::Busy => "busy",
        }
    }

    /// The cause with this name.
    pub fn from_key(key: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.key() == key)
    }

    /// What it is and how to mend it, for whoever looks after the station.
    pub const fn advice(self) -> &'static str {
        match self {
            Cause::UnknownStation => {
                "No station with this identity is registered. Adopt it here, or correct the identity in the station."
            }
            Cause::WrongPassword => {
                "The password is not the one on record. Enter the station's password (AuthorizationKey, \
                 BasicAuthPassword) again, or make a new one here and set it in the station."
            }
            Cause::NoPassword => {
                "The station sent no password, but one is on record. Set security profile 1 or higher and the \
                 password in the station, or clear the password here."
            }
            Cause::UserMismatch => {
                "The user name of the Basic authentication is not the identity in the URL. Both must be the same, \
                 in the same spelling."
            }
            Cause::Subprotocol => {
                "The station offers no OCPP version that is served and allowed for it. Choose OCPP 1.6J, 2.0.1 or \
                 2.1 in the station, and check the versions allowed for it here."
            }
            Cause::Path => {
                "The URL is not the path of this server followed by the station's identity. Correct the URL in the \
                 station; most stations append the identity themselves."
            }
            Cause::TlsOnPlainPort => {
                "The station speaks TLS to a port without TLS. Use ws:// instead of wss:// in the station's URL, or \
                 put a TLS proxy in front."
            }
            Cause::Http2 => {
                "The client speaks HTTP/2. OCPP uses WebSocket over HTTP/1.1: switch HTTP/2 off in the proxy in front."
            }
            Cause::NotWebSocket => {
                "An ordinary HTTP request, for example of a browser or a health check. If a station sent it, a proxy \
                 in between has removed the Upgrade headers."
            }
            Cause::BadRequest => {
                "The request is not HTTP/1.1 as a WebSocket client sends it. Check that host and port in the \
                 station's URL are meant for OCPP."
            }
            Cause::HeaderTooLarge => {
                "The request headers are larger than allowed (ocpp.header_bytes_max). A proxy that adds cookies or \
                 tokens may be the reason."
            }
            Cause::Timeout => {
                "The connection was opened, but no complete request came in time. Port scanners do this; for a \
                 station it means a very slow or broken network."
            }
            Cause::Quarantined => {
                "The station connected far too often and is kept out for a while. Find out why it reconnects (two \
                 devices with one identity, bad network, a firmware loop), then lift the quarantine."
            }
            Cause::RateLimited => {
                "Too many connects or too many wrong passwords in a short time. It ends by itself; the limits are \
                 in ocpp.limits."
            }
            Cause::TooManyConnections => {
                "As many connections are open as are allowed, in all or from this address. Raise ocpp.limits, and \
                 the file limit with it, if they are all yours."
            }
            Cause::Busy => {
                "The server could not check the credentials in time. It ends by itself; if it happens often, the \
                 database or the processor is too slow."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_key(cause.key()), Some(cause));
            assert!(cause.advice().len() > 40);
        }
    }
}
