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
    key("retention.stream_value_days", "values of streams that stations have opened are kept so long"),
    key("retention.event_days", "events are kept so long"),
    key("retention.command_days", "commands that are over are kept so long, with their answers"),
    key("retention.customer_days", "what stations have told of customers is kept so long"),
    key("retention.progress_days", "events of the progress of sessions are kept so long"),
    key("retention.delivery_days", "the log of deliveries to webhooks is kept so long"),
    key("retention.attempt_days", "refused connections are kept so long"),
    key("retention.attempt_rows_max", "refused connections at most"),
    key("retention.notice_days", "notifications of payment providers are kept so long, 35 days at least"),
    key("retention.task_days", "tasks of orders that are done are kept so long"),
    key(
        "retention.story_days",
        "what the console tells of an order is kept so long; the order itself for ever",
    ),
    key("retention.decision_days", "decisions about the risk of payments are kept so long"),
    key(
        "retention.contact_days",
        "contacts, browsers and addresses of drivers are kept so long after the order",
    ),
    key("clearing.settle_at", "on a site's clock: the day before is settled then"),
    key("clearing.time_zone", "of orders at no site"),
    key(
        "clearing.fetch_at",
        "statements are asked for from then on, the day after, on their account's clock",
    ),
    key("clearing.late_at", "a statement that is not there by then, on the same clock, is late: a case"),
    key("clearing.parked_days", "a payment waits for its other side in the statements of so many later days"),
    key("clearing.payout_days", "a payout may take so many days to its bank"),
    key("clearing.drop_folder", "where statements are dropped; empty = nowhere"),
    key("clearing.write_off_limit", "what is written off above this, in whole units, needs two people"),
    key(
        "messages.hook_url",
        "gets every message to drivers as JSON, signed; e-mail too unless a mail server is set",
    ),
    key("messages.hook_secret", "signs what the hook gets: wattline-signature: t=SECONDS,v1=HMAC-SHA256"),
    key("messages.smtp_url", "mail server: smtps://USER:PASSWORD@HOST or smtp://HOST:587?tls=required"),
    key("messages.from", "sender of e-mail, e.g. Hafenstrom <charging@hafenstrom.example>"),
    key("messages.push_hosts", "push services that drivers' browsers may name; none = nothing is pushed"),
    key("messages.push_private", "for tests: push services without TLS, inside the own network"),
    key("receipts.seller.name", "who sells, as it stands on receipts"),
    key("receipts.seller.address", "lines of the seller's address"),
    key("receipts.seller.tax_id", "the seller's VAT number, 统一社会信用代码, …"),
    key("receipts.seller.register", "court and number of registration, where the law wants it"),
    key("receipts.seller.contact", "e-mail, phone or page for questions"),
    key("receipts.time_zone", "documents are dated in this zone"),
    key("receipts.receipt_number", "numbers of receipts: {n} is the number without gaps, {year} the year"),
    key("receipts.invoice_number", "numbers of invoices"),
    key("receipts.correction_number", "numbers of correction notes"),
    key(
        "pay.terminal_account",
        "the account that stations' own card terminals settle to; empty: their cards begin no session",
    ),
    key(
        "pay.terminal_providers",
        "who captures what stations' terminals hold: a list of name (PaymentServiceProvider) and account",
    ),
    key("pay.station_codes", "have stations that can (OCPP 2.1) show codes of their own for drivers to scan"),
    key(
        "pay.display.all",
        "show codes on the displays of all stations that can be told what to show (one: on its page)",
    ),
    key("pay.display.renew_minutes", "a code on a display is replaced by the next one after so long at most"),
    key(
        "pay.display.receipt_minutes",
        "a display shows the address of the receipt for so long after a payment; 0 = never",
    ),
    key("pay.display.text", "what a display shows that takes text only; {evse}, {url}"),
    key("pay.display.receipt_text", "the same of a receipt"),
    key("pay.display.spread_s", "stations that connect or boot together are told over so many seconds"),
    key(
        "pay.display.ways",
        "how displays of 1.6 stations are told: a list of vendor, model, vendor_id or configuration, show, …",
    ),
    key(
        "charging.give_back",
        "vehicles that offer it give back when a kWh costs most, and buy again when it costs least",
    ),
    key(
        "charging.give_back_gain",
        "what a kWh given back has to earn beside buying it again, in the tariff's currency",
    ),
    key(
        "charging.give_back_efficiency_permille",
        "of what is taken from the grid, so many thousandths can be given back",
    ),
    key("displays.costs", "tell stations that show costs what a session costs"),
    key("displays.costs_every_s", "a session's cost is told so often at most; seconds"),
    key("displays.phone", "what {phone} stands for in texts on displays"),
    key(
        "monitors.alert_severity",
        "what monitors of stations tell of this severity and graver (0 to 9) is told to partners as monitor.alert",
    ),
    key("pay.operator", "who sells, as drivers read it on pages and stickers; empty = the name of the site"),
    key("pay.offer_minutes", "a driver has so long to pay; then codes and orders expire"),
    key("pay.start_minutes", "energy must flow so soon after the payment where the cable is in"),
    key("pay.plug_minutes", "and where it is not"),
    key("pay.hold_minutes", "what is held (or paid up front) covers so much charging at full power"),
    key("pay.holds", "what is held at least and at most: a list of currency, min, max"),
    key("pay.refund_days", "a refund is promised within so many days"),
    key("pay.call_timeout_s", "a provider may take so long to answer; 30 at most"),
    key("pay.calls_per_account", "calls to one account at a time"),
    key("pay.accounts", "accounts at providers: a list of name, provider, and what that provider needs"),
    key(
        "pay.later.retry_hours",
        "a method on file is debited so many hours after the bill, until it succeeds",
    ),
    key("pay.later.remind_days", "a driver who owes is reminded so many days after the bill"),
    key("pay.later.unpaid_max", "sessions of a driver that may be unpaid when another begins, less one"),
    key("pay.later.threshold", "a driver charges first from this score on (0 to 1000)"),
    key(
        "pay.later.ceilings",
        "what a driver may owe: a list of currency, min (at the threshold), max (the best)",
    ),
    key("pay.later.score_hours", "a decision about credit holds for so long"),
    key("pay.later.scorer_url", "scores are asked for there; empty: they come from the driver's own history"),
    key(
        "pay.later.scorer_secret",
        "signs what the scorer is asked: wattline-signature: t=SECONDS,v1=HMAC-SHA256",
    ),
    key("pay.later.scorer_timeout_ms", "the scorer may take so long"),
    key("pay.later.scorer_fallback", "while the scorer is away: history, or refuse"),
    key("pay.balance.least", "no session begins with less on the balance, in whole units of its currency"),
    key("pay.balance.top_ups", "what one top-up may be: a list of currency, min, max"),
    key(
        "pay.vouchers.simulator_key",
        "public key of the SIMULATED operator of offline wallets, for demos; empty: vouchers are not taken",
    ),
    key(
        "pay.vouchers.floors",
        "accepted offline: a list of currency, min (of one), max (of a device, unredeemed)",
    ),
    key(
        "ledger.origin",
        "the ledger's name in checkpoints, chosen before the first start; empty = a random one",
    ),
    key("ledger.key_file", "the key that signs checkpoints, made on first use; empty = in the database"),
    key("ledger.seal_every_ms", "entries become leaves of the tree so often; milliseconds"),
    key("ledger.checkpoint_every_s", "a checkpoint is signed so often, if there is anything new; seconds"),
    key("ledger.folder", "checkpoints are written into this folder; empty = not"),
    key("ledger.webhook", "checkpoints are posted to this URL; empty = not"),
    key("ledger.webhook_secret", "authenticates the posts: HMAC-SHA256 in x-wattline-signature; empty = not"),
    key(
        "ledger.witnesses",
        "\"PUBLIC-KEY URL\" of each witness who signs checkpoints too (C2SP tlog-witness)",
    ),
    key("risk.event_days", "what happened to payments is kept so long for rules and dry runs; at least 31"),
    key("risk.code_minutes", "a one-time code counts so long"),
    key("risk.code_tries_max", "it may be typed wrong so often"),
    key("risk.code_sends_max", "and asked for so often within an hour"),
    key("risk.verified_minutes", "a passed verification answers for its order so long"),
    key("risk.train_every_hours", "a model of what is usual is trained this often; 0 = never"),
    key("risk.train_payments_min", "with fewer payments of known drivers nothing is trained"),
    key("risk.shed_begin_per_s", "payment requests a second above which the lesser of them are refused"),
    key("risk.shed_end_per_s", "until there are fewer than these"),
    key("risk.shed_calm_s", "for so long"),
    key("risk.standby_url", "base address that new codes point to meanwhile; empty = the usual one"),
    key("vat.register", "which register of VAT numbers is asked for stations: off, or vies"),
    key("vat.base_url", "where VIES answers"),
    key("vat.timeout_ms", "the register may take so long; less than ocpp.handle_timeout_s"),
    key("vat.valid_hours", "what it says of a number in use is believed for so long"),
    key("vat.unreachable", "while it does not answer, numbers are: reject, or accept (if of the right form)"),
    key("files.folder", "where firmware and uploads lie"),
    key(
        "files.listen",
        "a listener for stations' files alone, ADDRESS:PORT; empty = the console's (web.listen)",
    ),
    key("files.public_url", "how stations reach it; empty = web.public_url, or the listener's own address"),
    key("files.same_address", "files go only to and from the address that the station is connected from"),
    key("files.upload_mib_max", "one upload of a station at most, MiB"),
    key("files.uploads_mib_max", "all uploads together, MiB; the oldest make room"),
    key("files.upload_days", "uploads are kept so long"),
    key("files.firmware_mib_max", "an image of firmware at most, MiB"),
    key("files.download_kib_s", "a download at most, KiB a second; 0 = as fast as it goes"),
    key("files.downloads_kib_s", "all downloads together, KiB a second; 0 = as fast as it goes"),
    key("files.transfers_max", "transfers at one time"),
    key("files.idle_timeout_s", "a transfer that stands still for so long is cut off"),
    key(
        "files.upload_bytes_s_min",
        "after its first minute an upload brings so many bytes a second on average",
    ),
    key("api.burst", "requests of one caller to the REST API at once"),
    key("api.per_second", "a second, after that"),
    key("api.streams_max", "streams of events in all"),
    key("api.streams_per_caller", "streams of events of one caller"),
    key("api.progress_every_s", "how often an event tells how far a session is; 0 = never"),
    key("api.import_mib_max", "a file that is imported at most, MiB"),
    key("webhooks.private", "post without TLS too, and to addresses inside our own networks"),
    key("webhooks.endpoints_max", "webhooks at most"),
    key("webhooks.at_once", "deliveries at one time to one webhook"),
    key("webhooks.timeout_s", "a receiver may take so long"),
    key("webhooks.waiting_max", "deliveries that wait for one webhook; further events wait where they are"),
    key("webhooks.off_after_days", "a webhook that has taken nothing for so long is turned off"),
    key("webhooks.rotation_hours", "after a rotation the old secret signs too for so long"),
];

/// What a section is about.
pub const SECTIONS: &[Key] = &[
    key("database", "Where data is kept."),
    key("ocpp", "The side that stations see."),
    key("ocpp.limits", "Who may connect how often and say how much."),
    key("web", "The side that people see."),
    key("log", "What is told on standard error."),
    key("pay", "Drivers who pay without a contract; docs/payments.md."),
    key("risk", "What is done about suspicious payments. The rules: csms risk rules."),
    key(
        "retention",
        "How long what is kept. Sessions, readings, bills, orders, documents and the ledger are kept for ever.",
    ),
    key("clearing", "Our books against those of providers and banks."),
    key("messages", "How drivers are told of receipts, interruptions and refunds."),
    key("receipts", "What stands on receipts and invoices."),
    key("receipts.seller", "Who sells."),
    key("ledger", "How the ledger of payments is sealed, and where its checkpoints are published."),
    key("pay.display", "Payment codes on displays of stations that are told what to show; docs/payments.md."),
    key("charging", "Plans for vehicles at EVSEs without load management; docs/charging-needs.md."),
    key("displays", "Costs and texts on the displays of stations; docs/displays.md."),
    key("monitors", "What monitors of stations tell; docs/monitors.md."),
    key("pay.later", "Contracts and credit: what is paid after the session."),
    key("pay.balance", "Prepaid balances of drivers."),
    key("vat", "VAT numbers that drivers type at stations' card terminals (OCPP 2.1)."),
    key("files", "Firmware that stations fetch, logs that they bring; docs/files.md."),
    key("api", "The REST API and its stream of events; docs/api.md."),
    key("webhooks", "Events that are posted to others; docs/webhooks.md."),
    key("pay.vouchers", "Offline wallets, settled later; the operator of the wallets is simulated."),
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
            near.then_some((by_whole.min(by_tail), by_whole, key.name))
        })
        .min()
        .map(|(_, _, name)| name)
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
