//! What the accept loop and all links share.

use super::{
    attempts::Attempts,
    deviations::Deviations,
    guard::Guard,
    handshake::{Refusal, Visitor},
    socket::Settings,
};
use crate::{app::App, store::row::Write};
use metrics::Counter;
use ocpp::Version;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Credentials are checked for so many visitors at one time; the others wait their turn, in order, until their
/// handshake deadline.
const ADMISSIONS: usize = 256;
/// Refusals before a byte was read (full, too fast) that are told politely at one time; beyond, the socket is just
/// closed.
const FAREWELLS: usize = 64;

/// One for the whole server.
pub(super) struct Front {
    pub app: App,
    pub guard: Arc<Guard>,
    pub attempts: Attempts,
    pub deviations: Deviations,
    pub sockets: Settings,
    pub admissions: Semaphore,
    pub farewells: Arc<Semaphore>,
    pub counters: Counters,
}

/// Metrics of the hot path, looked up once.
pub(super) struct Counters {
    received: [Counter; 3],
    sent: [Counter; 3],
    pub throttled: Counter,
    pub late: Counter,
}

impl Front {
    pub fn new(app: App) -> Front {
        let settings = &app.config.ocpp;
        Front {
            guard: Arc::new(Guard::new(&settings.limits)),
            attempts: Attempts::default(),
            deviations: Deviations::default(),
            sockets: Settings::new(settings.message_bytes_max, Duration::from_secs(settings.write_timeout_s)),
            admissions: Semaphore::new(ADMISSIONS),
            farewells: Arc::new(Semaphore::new(FAREWELLS)),
            counters: Counters::new(),
            app,
        }
    }

    /// Records a refusal.
    pub fn refused(&self, visitor: &Visitor, refusal: &Refusal, address: IpAddr) {
        let now = self.app.clock.now();
        tracing::debug!(
            station = %visitor.identity, %address, status = refusal.status, cause = refusal.cause.key(),
            "connection refused: {}", refusal.detail
        );
        self.attempts.note(visitor, refusal, address, now);
    }

    /// Hands what was counted in memory to the writer.
    pub fn flush(&self) {
        for row in self.attempts.take() {
            self.app.writer.later(Write::Attempt(Box::new(row)));
        }
        for row in self.deviations.take() {
            self.app.writer.later(Write::Deviation(Box::new(row)));
        }
    }
}

impl Counters {
    fn new() -> Counters {
        let messages = |direction: &'static str| {
            [Version::V16, Version::V201, Version::V21].map(|version| {
                let protocol = version.subprotocol();
                metrics::counter!("csms_messages_total", "direction" => direction, "protocol" => protocol)
            })
        };
        Counters {
            received: messages("in"),
            sent: messages("out"),
            throttled: metrics::counter!("csms_messages_throttled_total"),
            late: metrics::counter!("csms_late_answers_total"),
        }
    }

    pub fn received(&self, version: Version) -> &Counter {
        of(&self.received, version)
    }

    pub fn sent(&self, version: Version) -> &Counter {
        of(&self.sent, version)
    }
}

fn of(counters: &[Counter; 3], version: Version) -> &Counter {
    let [v16, v201, v21] = counters;
    match version {
        Version::V16 => v16,
        Version::V201 => v201,
        Version::V21 => v21,
    }
}
