//! Every key of the configuration with one line about it: what `csms config` prints above the key, and where a
//! misspelt key finds its nearest neighbour.

/// A setting: its dotted key and what it does.
pub struct Key {
    pub name: &'static str,
    pub about: &'static str,
}

const fn key(name: &'static str, about: &'static str) -> Key {
    Key { name, about }
}

/// All settings, in the order in which they are printed. A test compares them with `csms::config::Config`.
pub const KEYS: &[Key] = &[
    key("database.url", "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE"),
    key(
        "database.connections",
        "connections for reading (and, on PostgreSQL, for writing beside the group writer)",
    ),
    key("database.group_max", "messages and clicks committed together at most"),
    key("database.node", "which of several processes on one database this is, 0 to 1022"),
    key("ocpp.listen", "where stations connect"),
    key("ocpp.path_prefix", "path before the station's identity: ws://HOST:PORT/ocpp/IDENTITY"),
    key("ocpp.heartbeat_interval_s", "told to stations at boot; seconds"),
    key(
        "ocpp.open_registration",
        "let stations in that nobody has registered (they are created, without a password)",
    ),
    key(
        "ocpp.hide_unknown_stations",
        "answer 401 instead of 404 to an unknown identity that comes without credentials",
    ),
    key(
        "ocpp.refuse_unknown_subprotocol",
        "HTTP 400 where no subprotocol fits; false: answer 101 without one and close",
    ),
    key("ocpp.missing_subprotocol_is_16", "take a station that offers no subprotocol at all for OCPP 1.6"),
    key("ocpp.header_bytes_max", "request line and headers of a handshake together"),
    key("ocpp.handshake_timeout_s", "from accept to the end of the handshake"),
    key("ocpp.message_bytes_max", "one message, after inflation"),
    key("ocpp.ping_interval_s", "WebSocket ping after so long a silence; 0 = never"),
    key("ocpp.idle_timeout_s", "close after so long without anything received, not even a pong"),
    key("ocpp.write_timeout_s", "close a station that does not take our bytes for so long"),
    key("ocpp.call_timeout_s", "how long a station may take to answer us"),
    key("ocpp.call_queue_max", "calls to one station that may wait behind the outstanding one"),
    key("ocpp.handle_timeout_s", "handling of one message of a station, commit included"),
    key("ocpp.compression", "offer permessage-deflate"),
    key("ocpp.journal", "keep all frames (secrets masked) in the journal"),
    key("ocpp.limits.connections_max", "open connections in all; keep it below the file limit"),
    key("ocpp.limits.connections_per_address", "open connections from one source address"),
    key("ocpp.limits.connects_per_address_s", "new connections a second from one source address"),
    key("ocpp.limits.connects_per_address_burst", "and so many at once above that"),
    key("ocpp.limits.connects_s", "new connections a second in all"),
    key("ocpp.limits.connects_burst", "and so many at once above that"),
    key("ocpp.limits.messages_per_station_s", "messages a second from one station"),
    key("ocpp.limits.messages_per_station_burst", "and so many at once above that"),
    key("ocpp.limits.messages_s", "messages a second in all"),
    key("ocpp.limits.auth_failures_burst", "wrong passwords from one address before it has to wait"),
    key(
        "ocpp.limits.flapping_connects",
        "a station that connects so often within ten minutes is quarantined",
    ),
    key("ocpp.limits.quarantine_s", "for so long"),
    key("ocpp.limits.password_checks_max", "argon2 verifications at one time"),
    key("web.listen", "where people open the console"),
    key("web.public_url", "how browsers reach the console from outside; empty = derived from the request"),
    key("web.login_hours", "a console login lasts so long"),
    key("log.level", "error, warn, info, debug, trace, or directives such as info,csms::link=debug"),
    key("log.format", "text or json"),
    key("retention.journal_days", "raw frames are kept so long"),
    key("retention.journal_rows_max", "rows of raw frames at most, whatever their age"),
    key("retention.meter_value_days", "meter values outside any session are kept so long"),
    key("retention.event_days", "events are kept so long"),
    key("retention.attempt_days", "refused connections are kept so long"),
    key("retention.attempt_rows_max", "refused connections at most"),
];

/// What a section is about.
pub const SECTIONS: &[Key] = &[
    key("database", "Where data is kept."),
    key("ocpp", "The side that stations see."),
    key("ocpp.limits", "Who may connect how often and say how much."),
    key("web", "The side that people see."),
    key("log", "What is told on standard error."),
    key("retention", "How long what is kept. Sessions, their readings and bills are kept for ever."),
];

/// The key most like `wrong`, if one is like it at all. Separators and case do not count, so that
/// `CSMS_OCPP_LISTEN` finds `ocpp.listen`; a key in the wrong section finds the right one.
pub fn nearest(wrong: &str) -> Option<&'static str> {
    let plain = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let last = |text: &str| plain(text.rsplit('.').next().unwrap_or(text));
    let (whole, tail) = (plain(wrong), last(wrong));
    KEYS.iter()
        .filter_map(|key| {
            let by_whole = distance(&whole, &plain(key.name));
            let by_tail = distance(&tail, &last(key.name)) + 1;
            let near = by_whole <= 1 + whole.len() / 5 || by_tail <= 1 + tail.len() / 4;
            near.then_some((by_whole.min(by_tail), key.name))
        })
        .min()
        .map(|(_, name)| name)
}

/// Edit distance: insertions, deletions and substitutions.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_keys_find_their_neighbour() {
        assert_eq!(nearest("ocpp.heartbeat_intervall_s"), Some("ocpp.heartbeat_interval_s"));
        assert_eq!(nearest("ocpp_listen"), Some("ocpp.listen"));
        assert_eq!(nearest("database.listen_to_me_please"), None);
        assert_eq!(nearest("ocpp.journal_days"), Some("retention.journal_days"));
        assert_eq!(nearest("database.uri"), Some("database.url"));
        assert_eq!(nearest("connections_max"), Some("ocpp.limits.connections_max"));
        assert_eq!(nearest("colour"), None);
    }

    #[test]
    fn distances_are_edits() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
    }
}
