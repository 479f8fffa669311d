//! Outlets that are kept for somebody.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Reservations, newest first, and a form for another.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReservationsPage {
    pub rows: Vec<ReservationLine>,
    /// Only of this station; empty = all.
    pub station: String,
    /// Only those that are not over.
    pub open: bool,
    /// The form as it was sent.
    pub evse: String,
    pub connector_type: String,
    pub token: String,
    pub group: String,
    /// Empty: from now.
    pub from: String,
    pub minutes: String,
    /// Why it was not made.
    pub error: Option<String>,
    pub pager: Pager,
}

/// A reservation.
#[derive(Debug, Clone, Serialize)]
pub struct ReservationLine {
    pub id: String,
    pub station: String,
    pub href: String,
    /// EVSE or connector type; empty = any.
    pub place: String,
    pub token: String,
    pub group: String,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// Word of the texts' family `reservation_state`.
    pub state: String,
    pub tone: &'static str,
    pub reason: String,
    pub by: String,
    /// It is to be given up, and the station was not told yet.
    pub leaving: bool,
    pub open: bool,
    pub session: Option<String>,
    /// Decimal; empty = none.
    pub price: String,
    pub currency: String,
}

impl Page for ReservationsPage {
    const TEMPLATE: &'static str = "reservations.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let line = |state: &str, open: bool| ReservationLine {
            id: "17".into(),
            station: "CS <1>".into(),
            href: "/stations/CS%20%3C1%3E".into(),
            place: if open { "2".into() } else { String::new() },
            token: "04A1B2C3".into(),
            group: "FLEET".into(),
            from: sample_ago(600),
            until: sample_ago(-1_200),
            state: state.into(),
            tone: "ok",
            reason: "Occupied".into(),
            by: "ada".into(),
            leaving: state == "held",
            open,
            session: (state == "used").then(|| "42".into()),
            price: if state == "no-show" { "8.75".into() } else { String::new() },
            currency: "EUR".into(),
        };
        let over = ["used", "cancelled", "expired", "no-show", "refused", "removed"];
        let rows = ["planned", "asked", "held"].map(|state| line(state, true)).into_iter();
        let rows = rows.chain(over.map(|state| line(state, false))).collect();
        vec![
            ReservationsPage {
                rows,
                station: "CS <1>".into(),
                open: true,
                evse: "2".into(),
                connector_type: "cCCS2".into(),
                token: "<04>".into(),
                group: "FLEET".into(),
                from: "2026-05-01T14:30".into(),
                minutes: "30".into(),
                error: Some("there is no station CS <1>".into()),
                pager: Pager { first: None, next: Some("/reservations?before=17".into()) },
            },
            ReservationsPage::default(),
        ]
    }
}
