//! Refused connections: who knocked, why the door stayed shut, how to mend it.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Refused connections, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptsPage {
    pub rows: Vec<AttemptLine>,
    pub pager: Pager,
    /// The address that chargers are to be given.
    pub url: String,
}

/// One identity, cause and source address.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptLine {
    pub identity: String,
    /// A word of the texts' family `cause`.
    pub cause: String,
    pub address: String,
    pub detail: String,
    pub protocols: String,
    pub agent: String,
    pub count: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// A station with this identity would cure it.
    pub adoptable: bool,
    /// Link to the station, where one with this identity exists.
    pub station: Option<String>,
}

impl Page for AttemptsPage {
    const TEMPLATE: &'static str = "attempts.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let line = AttemptLine {
            identity: "CP-7781".into(),
            cause: "unknown-station".into(),
            address: "203.0.113.40".into(),
            detail: String::new(),
            protocols: "ocpp1.6".into(),
            agent: "Charger/2.4.1".into(),
            count: 214,
            first_at: sample_ago(30_000),
            last_at: sample_ago(21),
            adoptable: true,
            station: None,
        };
        let rows = vec![
            line.clone(),
            AttemptLine {
                identity: "HARBOUR-004".into(),
                cause: "wrong-password".into(),
                count: 12,
                adoptable: false,
                station: Some("/stations/HARBOUR-004".into()),
                protocols: "ocpp2.0.1,ocpp2.1".into(),
                last_at: sample_ago(400),
                ..line.clone()
            },
            AttemptLine {
                identity: String::new(),
                cause: "from-the-future".into(),
                detail: "something <odd>".into(),
                agent: String::new(),
                adoptable: false,
                last_at: sample_ago(90_000),
                ..line
            },
        ];
        let url = "ws://192.0.2.10:9000/ocpp/".to_owned();
        vec![
            AttemptsPage {
                rows,
                pager: Pager { first: None, next: Some("/attempts?before=1".into()) },
                url: url.clone(),
            },
            AttemptsPage { rows: Vec::new(), pager: Pager::default(), url },
        ]
    }
}
