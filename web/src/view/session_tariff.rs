//! The tariff of a session.

use super::{Page, TariffWords};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The tariff of a session as it was when the session started.
#[derive(Debug, Clone, Serialize)]
pub struct SessionTariffPage {
    pub session: i64,
    pub station: String,
    pub station_href: String,
    pub started_at: DateTime<Utc>,
    /// IANA name; of the session's site.
    pub zone: String,
    pub id: String,
    pub name: String,
    /// Link to the tariff as it is now, if it is still there.
    pub tariff_href: Option<String>,
    /// SHA-256 of what the session keeps.
    pub hash: String,
    /// `None`: what was kept cannot be read.
    pub words: Option<TariffWords>,
}

impl Page for SessionTariffPage {
    const TEMPLATE: &'static str = "session_tariff.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::words::sample_tariff;
        let full = SessionTariffPage {
            session: 42,
            station: "HARBOUR-001".into(),
            station_href: "/stations/HARBOUR-001".into(),
            started_at: super::shell::sample_ago(5_400),
            zone: "Asia/Shanghai".into(),
            id: "shanghai".into(),
            name: "Shanghai, peak and valley".into(),
            tariff_href: Some("/tariffs/shanghai".into()),
            hash: "729417055080c18ecad7f2479bd49724202230ae905cb27e42f5a4cf436317b2".into(),
            words: Some(TariffWords::of(&sample_tariff("shanghai"), crate::i18n::Lang::Zh)),
        };
        let broken =
            SessionTariffPage { words: None, tariff_href: None, name: String::new(), ..full.clone() };
        vec![full, broken]
    }
}
