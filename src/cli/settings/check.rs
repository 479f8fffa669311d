//! What a type cannot say: settings that read well and cannot work.

use crate::cli::registry::NODE;
use csms::config::Config;
use tracing_subscriber::EnvFilter;

/// Key and reason for every setting that cannot work; empty if all is well.
pub fn problems(config: &Config) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    let mut check = |good: bool, key: &'static str, why: &str| {
        if !good {
            problems.push((key, why.to_owned()));
        }
    };
    let url = config.database.url.as_str();
    let sqlite = url.strip_prefix("sqlite:").is_some_and(|path| !path.trim_start_matches('/').is_empty());
    let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    check(
        sqlite || postgres,
        "database.url",
        "it must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
    );
    check(config.database.connections >= 1, "database.connections", "at least one connection is needed");
    check(config.database.group_max >= 1, "database.group_max", "a group holds at least one message");
    check(config.database.node < NODE, "database.node", "node numbers go from 0 to 1022");

    let ocpp = &config.ocpp;
    let prefix = ocpp.path_prefix.as_str();
    check(
        prefix.is_empty() || prefix.starts_with('/') && !prefix.ends_with('/'),
        "ocpp.path_prefix",
        "it begins with a slash and does not end with one, e.g. /ocpp; empty for none",
    );
    check(ocpp.heartbeat_interval_s >= 1, "ocpp.heartbeat_interval_s", "at least one second is needed");
    check(ocpp.handshake_timeout_s >= 1, "ocpp.handshake_timeout_s", "nobody can connect in no time");
    check(ocpp.handle_timeout_s >= 1, "ocpp.handle_timeout_s", "nothing can be handled in no time");
    check(ocpp.call_timeout_s >= 1, "ocpp.call_timeout_s", "no station answers in no time");
    check(ocpp.write_timeout_s >= 1, "ocpp.write_timeout_s", "no station reads in no time");
    check(
        ocpp.idle_timeout_s > ocpp.ping_interval_s,
        "ocpp.idle_timeout_s",
        "it must be longer than ocpp.ping_interval_s, or healthy stations are closed",
    );
    check(ocpp.header_bytes_max >= 1024, "ocpp.header_bytes_max", "a handshake needs about 1024 bytes");
    check(
        ocpp.message_bytes_max >= 4096,
        "ocpp.message_bytes_max",
        "OCPP messages need 4096 bytes and more (a NotifyReport 32 kB)",
    );
    let limits = &ocpp.limits;
    check(limits.connections_max >= 1, "ocpp.limits.connections_max", "at least one connection is needed");
    check(limits.password_checks_max >= 1, "ocpp.limits.password_checks_max", "at least one check is needed");
    for (value, key) in [
        (limits.connects_per_address_s, "ocpp.limits.connects_per_address_s"),
        (limits.connects_per_address_burst, "ocpp.limits.connects_per_address_burst"),
        (limits.connects_s, "ocpp.limits.connects_s"),
        (limits.connects_burst, "ocpp.limits.connects_burst"),
        (limits.messages_per_station_s, "ocpp.limits.messages_per_station_s"),
        (limits.messages_per_station_burst, "ocpp.limits.messages_per_station_burst"),
        (limits.messages_s, "ocpp.limits.messages_s"),
        (limits.auth_failures_burst, "ocpp.limits.auth_failures_burst"),
    ] {
        check(value >= 1, key, "0 would let nobody in; it must be at least 1");
    }

    let web = &config.web;
    let url = web.public_url.as_str();
    check(
        url.is_empty() || url.starts_with("https://") || url.starts_with("http://"),
        "web.public_url",
        "it begins with https:// or http://",
    );
    check(web.login_hours >= 1, "web.login_hours", "a login lasts at least one hour");
    check(
        web.listen.port() == 0 || web.listen != ocpp.listen,
        "web.listen",
        "stations (ocpp.listen) and people need different ports",
    );
    check(
        EnvFilter::builder().parse(&config.log.level).is_ok(),
        "log.level",
        "it is error, warn, info, debug, trace, or directives such as info,csms::link=debug",
    );
    problems
}
