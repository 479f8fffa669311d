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
    check(
        config.vat.timeout_ms >= 1 && config.vat.timeout_ms < ocpp.handle_timeout_s.saturating_mul(1_000),
        "vat.timeout_ms",
        "it must be at least 1 and shorter than ocpp.handle_timeout_s, or the station gets no answer",
    );
    check(
        config.vat.base_url.starts_with("https://") || config.vat.base_url.starts_with("http://"),
        "vat.base_url",
        "it begins with https://",
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

    let risk = &config.risk;
    check(risk.event_days >= 31, "risk.event_days", "the windows of rules reach back 31 days");
    for (value, key) in [
        (risk.code_minutes, "risk.code_minutes"),
        (risk.code_tries_max, "risk.code_tries_max"),
        (risk.code_sends_max, "risk.code_sends_max"),
        (risk.verified_minutes, "risk.verified_minutes"),
    ] {
        check(value >= 1, key, "0 would let nobody pass; it must be at least 1");
    }
    check(
        risk.shed_end_per_s <= risk.shed_begin_per_s && risk.shed_begin_per_s >= 5,
        "risk.shed_begin_per_s",
        "it must be at least 5 and not below risk.shed_end_per_s, or shedding would never end",
    );
    let standby = risk.standby_url.as_str();
    check(
        standby.is_empty() || standby.starts_with("https://") || standby.starts_with("http://"),
        "risk.standby_url",
        "it begins with https:// or http://",
    );

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
    let files = &config.files;
    let url = files.public_url.as_str();
    check(
        url.is_empty() || url.starts_with("https://") || url.starts_with("http://"),
        "files.public_url",
        "it begins with https:// or http://",
    );
    check(
        files.listen.is_empty() || files.listen.parse::<std::net::SocketAddr>().is_ok(),
        "files.listen",
        "it is ADDRESS:PORT, e.g. 0.0.0.0:8081, or empty",
    );
    check(!files.folder.is_empty(), "files.folder", "files must lie somewhere");
    check(files.transfers_max >= 1, "files.transfers_max", "at least one transfer is needed");
    check(files.idle_timeout_s >= 1, "files.idle_timeout_s", "nobody can send in no time");
    let pay = &config.pay;
    check(pay.offer_minutes >= 1, "pay.offer_minutes", "nobody can pay in no time");
    check(pay.start_minutes >= 1, "pay.start_minutes", "nobody can start in no time");
    check(pay.plug_minutes >= pay.start_minutes, "pay.plug_minutes", "at least as long as pay.start_minutes");
    check((1..=1440).contains(&pay.hold_minutes), "pay.hold_minutes", "from 1 to 1440");
    check((1..=30).contains(&pay.call_timeout_s), "pay.call_timeout_s", "from 1 to 30");
    check(pay.calls_per_account >= 1, "pay.calls_per_account", "at least one call is needed");
    check(
        pay.holds.iter().all(|limits| limits.min > 0.into() && limits.max >= limits.min),
        "pay.holds",
        "min is more than nothing, and max is at least min",
    );
    let known = |name: &str| pay.accounts.iter().any(|account| account.name == name);
    check(
        pay.terminal_account.is_empty() || known(&pay.terminal_account),
        "pay.terminal_account",
        "it is the name of one of pay.accounts, or empty",
    );
    check(
        pay.terminal_providers.iter().all(|set| !set.name.trim().is_empty() && known(&set.account)),
        "pay.terminal_providers",
        "each has a name, and an account that is one of pay.accounts",
    );
    check(
        (1..=60).contains(&pay.display.renew_minutes),
        "pay.display.renew_minutes",
        "from 1 to 60: a code that stands for long can be copied",
    );
    check(pay.display.text.contains("{url}"), "pay.display.text", "it needs {url}");
    check(pay.display.receipt_text.contains("{url}"), "pay.display.receipt_text", "it needs {url}");
    check(pay.display.spread_s <= 3_600, "pay.display.spread_s", "an hour at most");
    for (number, way) in pay.display.ways.iter().enumerate() {
        let why = way.fault().map(|why| format!("number {} ({}): {why}", number + 1, way.vendor));
        check(why.is_none(), "pay.display.ways", &why.unwrap_or_default());
    }
    for (key, why) in csms::pay::later::check(&pay.later, &pay.balance) {
        check(false, key, why);
    }
    let ledger = &config.ledger;
    check(ledger.seal_every_ms >= 10, "ledger.seal_every_ms", "more often than every 10 ms is of no use");
    check(
        ledger.webhook.is_empty()
            || ledger.webhook.starts_with("https://")
            || ledger.webhook.starts_with("http://"),
        "ledger.webhook",
        "it begins with https:// or http://",
    );
    for text in &ledger.witnesses {
        let wrong = csms::ledger::publish::witness(text).err();
        check(wrong.is_none(), "ledger.witnesses", &wrong.unwrap_or_default());
    }
    check(
        EnvFilter::builder().parse(&config.log.level).is_ok(),
        "log.level",
        "it is error, warn, info, debug, trace, or directives such as info,csms::link=debug",
    );
    check(
        config.messages.hook_url.is_empty() || !config.messages.hook_secret.is_empty(),
        "messages.hook_secret",
        "whoever takes messages at messages.hook_url must be able to tell that they are ours",
    );
    if let Err(error) = csms::receipts::check_settings(&config.receipts) {
        check(false, "receipts", &error.to_string());
    }
    problems
}
