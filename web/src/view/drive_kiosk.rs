//! What a driver sees beside a card terminal: the outlets, and one's own order until the car is reached.

use super::{Page, drive_landing::Spot, drive_order::Qr, drive_price::Tag};
use serde::Serialize;

/// The outlets that a terminal takes money for.
#[derive(Debug, Clone, Serialize)]
pub struct KioskPage {
    pub href: String,
    /// As people call the terminal.
    pub name: String,
    pub outlets: Vec<KioskOutlet>,
    /// A word of `drive.error`, of what was sent last.
    pub error: Option<&'static str>,
    /// Made with the page: the same key is the same order.
    pub page_key: String,
    pub token: String,
    /// The page is made anew after this.
    pub refresh_s: u32,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct KioskOutlet {
    pub spot: Spot,
    /// Word of the texts' family `drive.state`.
    pub state: &'static str,
    pub tone: &'static str,
    pub price: Tag,
    /// Held before charging.
    pub amount: String,
    pub currency: String,
    /// It can be chosen.
    pub ready: bool,
    pub station: String,
    pub evse: i64,
}

/// An order at a terminal.
#[derive(Debug, Clone, Serialize)]
pub struct KioskOrderPage {
    /// Of the list.
    pub href: String,
    /// Where the page goes by itself …
    pub next: String,
    /// … after so long.
    pub refresh_s: u32,
    pub number: String,
    /// Word of the texts' families `drive.kiosk` and `drive.kiosk.why`.
    pub word: &'static str,
    pub tone: &'static str,
    pub spot: Spot,
    pub amount: String,
    pub currency: String,
    pub can_cancel: bool,
    /// Leads a phone to the order, and later to its receipt.
    pub receipt: Option<Qr>,
    pub token: String,
}

impl Page for KioskPage {
    const TEMPLATE: &'static str = "drive_kiosk.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let outlet = |evse: i64, state, tone, ready| KioskOutlet {
            spot: Spot { evse: evse.to_string(), ..super::drive_landing::sample_spot() },
            state,
            tone,
            price: super::drive_price::sample_tag("city"),
            amount: "45".into(),
            currency: "EUR".into(),
            ready,
            station: "HARBOUR-001".into(),
            evse,
        };
        let full = KioskPage {
            href: "/k/4cFq8Zk2mN7wXr5tVb9sLd".into(),
            name: "Pay station, level 1".into(),
            outlets: vec![outlet(1, "plugged", "ok", true), outlet(2, "busy", "wait", false)],
            error: Some("trouble"),
            page_key: "0123456789abcdef0123456789abcdef".into(),
            token: "seal".into(),
            refresh_s: 15,
        };
        vec![KioskPage { outlets: Vec::new(), error: None, ..full.clone() }, full]
    }
}

impl Page for KioskOrderPage {
    const TEMPLATE: &'static str = "drive_kiosk_order.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let of = |word, tone, paid: bool| KioskOrderPage {
            href: "/k/4cFq8Zk2mN7wXr5tVb9sLd".into(),
            next: "/k/4cFq8Zk2mN7wXr5tVb9sLd".into(),
            refresh_s: 2,
            number: "8sV3kQ2m".into(),
            word,
            tone,
            spot: super::drive_landing::sample_spot(),
            amount: "45".into(),
            currency: "EUR".into(),
            can_cancel: !paid,
            receipt: if paid { super::drive_qr::qr("https://pay.example/o/8sV3kQ2m") } else { None },
            token: "seal".into(),
        };
        vec![
            of("card", "wait", false),
            of("paid", "ok", true),
            of("charging", "ok", true),
            of("ended", "ok", true),
            of("declined", "bad", false),
            of("expired", "off", false),
            of("released", "off", false),
        ]
    }
}
