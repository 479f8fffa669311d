//! The codes of a site: a list to work with, and a sheet of stickers to print.

use super::{Page, drive_order::Qr};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A4 sheets of stickers.
#[derive(Debug, Clone, Serialize)]
pub struct StickersPage {
    pub site: i64,
    pub site_name: String,
    pub operator: String,
    pub stickers: Vec<Sticker>,
    /// Outlets that have no code yet.
    pub without: Vec<Outlet>,
    /// The address in the codes is not one that a phone can reach.
    pub unreachable: bool,
    /// The address that the codes begin with.
    pub base: String,
}

/// One sticker.
#[derive(Debug, Clone, Serialize)]
pub struct Sticker {
    pub code: String,
    pub station: String,
    pub station_href: String,
    pub evse: String,
    /// The whole address, for whoever types.
    pub url: String,
    pub qr: Option<Qr>,
    pub created_at: DateTime<Utc>,
}

/// An outlet.
#[derive(Debug, Clone, Serialize)]
pub struct Outlet {
    pub station: String,
    pub station_href: String,
    pub evse: i64,
}

impl Page for StickersPage {
    const TEMPLATE: &'static str = "drive_stickers.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::{drive_qr::qr, shell::sample_ago};
        let sticker = |n: usize| Sticker {
            code: format!("4cFq8Zk2mN7wXr5tVb9sL{n}"),
            station: format!("HARBOUR-{:03}", n / 2 + 1),
            station_href: format!("/stations/HARBOUR-{:03}", n / 2 + 1),
            evse: (n % 2 + 1).to_string(),
            url: format!("https://pay.example/p/4cFq8Zk2mN7wXr5tVb9sL{n}"),
            qr: qr(&format!("https://pay.example/p/4cFq8Zk2mN7wXr5tVb9sL{n}")),
            created_at: sample_ago(90_000),
        };
        let full = StickersPage {
            site: 1,
            site_name: "Harbour car park".into(),
            operator: "Harbour Energy".into(),
            stickers: (0..10).map(sticker).collect(),
            without: vec![Outlet {
                station: "HARBOUR-009".into(),
                station_href: "/stations/HARBOUR-009".into(),
                evse: 1,
            }],
            unreachable: true,
            base: "https://pay.example".into(),
        };
        let bare = StickersPage {
            stickers: Vec::new(),
            without: Vec::new(),
            unreachable: false,
            operator: String::new(),
            ..full.clone()
        };
        vec![full, bare]
    }
}
