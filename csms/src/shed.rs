//! More payment traffic than can be served: what is let in, and who is told. See [`payments::risk::shedding`].

use crate::{
    app::App,
    config,
    store::row::{EventRow, Write},
};
pub use payments::risk::shedding::Class;
use payments::risk::shedding::{Limits, Shedder, State, Verdict};
use serde_json::json;
use std::time::Instant;

/// Watches the rate of payment traffic of this process.
#[derive(Debug)]
pub struct Shed {
    shedder: Shedder,
    begun: Instant,
}

impl Shed {
    /// With the limits of the settings.
    pub fn new(config: &config::Risk) -> Shed {
        let limits = Limits {
            begin_per_s: config.shed_begin_per_s,
            end_per_s: config.shed_end_per_s,
            calm_s: config.shed_calm_s,
        };
        Shed { shedder: Shedder::new(limits), begun: Instant::now() }
    }

    /// Is a request let in? `Err`: it shall come again after so many seconds.
    pub fn admit(&self, app: &App, class: Class) -> Result<(), u32> {
        let answer = self.shedder.ask(class, self.now_ms());
        self.tell(app, answer.changed);
        match answer.verdict {
            Verdict::Serve => Ok(()),
            Verdict::Refuse { retry_after_s } => {
                metrics::counter!("csms_pay_shed_total", "class" => class.word()).increment(1);
                Err(retry_after_s)
            }
        }
    }

    /// Is anything refused now, and how many requests came in the last second? It also notices that everybody has gone.
    pub fn look(&self, app: &App) -> (bool, u32) {
        let look = self.shedder.look(self.now_ms());
        self.tell(app, look.changed);
        (look.state == State::Shedding, look.per_s)
    }

    /// Where new codes lead now.
    pub fn base<'a>(&self, app: &'a App) -> &'a str {
        let standby = app.config.risk.standby_url.trim_end_matches('/');
        let usual = app.config.web.public_url.trim_end_matches('/');
        if self.look(app).0 && !standby.is_empty() { standby } else { usual }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn tell(&self, app: &App, changed: Option<State>) {
        let Some(state) = changed else { return };
        let shedding = state == State::Shedding;
        metrics::gauge!("csms_pay_shedding").set(f64::from(u8::from(shedding)));
        if shedding {
            tracing::error!("more payment traffic than risk.shed_begin_per_s: the lesser of it is refused");
        } else {
            tracing::info!("payment traffic is usual again; nothing is refused any more");
        }
        app.writer.later(Write::Event(EventRow {
            id: app.ids.next(),
            at: app.clock.now(),
            station_id: None,
            session_id: None,
            kind: "pay.shedding".to_owned(),
            body: json!({"shedding": shedding}).to_string(),
        }));
    }
}
