//! A driver's own orders.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Orders of a browser, and of the contact whose link it has opened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HistoryPage {
    /// Empty: the orders are those of this browser alone.
    pub contact: String,
    /// Word of `drive.error`.
    pub error: Option<&'static str>,
    /// A link was opened, and nothing else is shown yet.
    pub offer: Option<LinkOffer>,
    /// Links can be sent to contacts.
    pub can_send: bool,
    /// One was asked for just now.
    pub sent: bool,
    /// A kept card was removed just now.
    pub removed: bool,
    pub token: String,
    /// Methods that the contact has left.
    pub kept: Vec<KeptCard>,
    pub orders: Vec<PastOrder>,
    /// To the older ones.
    pub next: Option<String>,
}

/// Whose link was opened.
#[derive(Debug, Clone, Serialize)]
pub struct LinkOffer {
    pub contact: String,
    pub key: String,
}

/// A method that was left with a provider.
#[derive(Debug, Clone, Serialize)]
pub struct KeptCard {
    pub id: String,
    /// `Visa ••4242`.
    pub name: String,
    pub since: DateTime<Utc>,
}

/// One order of the past.
#[derive(Debug, Clone, Serialize)]
pub struct PastOrder {
    pub href: String,
    pub at: DateTime<Utc>,
    pub zone: String,
    pub station: String,
    pub site: String,
    /// Word of the texts' family `drive.phase`.
    pub phase: &'static str,
    pub tone: &'static str,
    pub energy_mwh: Option<i64>,
    /// Paid in the end; empty: nothing.
    pub paid: String,
    pub currency: String,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "drive_history.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let past = PastOrder {
            href: "/o/20260528Kx7Q".into(),
            at: sample_ago(90_000),
            zone: "Europe/Berlin".into(),
            station: "HARBOUR-001".into(),
            site: "Harbour car park".into(),
            phase: "done",
            tone: "ok",
            energy_mwh: Some(31_200_000),
            paid: "17.77".into(),
            currency: "EUR".into(),
        };
        let ask = HistoryPage {
            contact: String::new(),
            error: Some("link"),
            offer: None,
            can_send: true,
            sent: false,
            removed: false,
            kept: Vec::new(),
            token: "t1".into(),
            orders: Vec::new(),
            next: None,
        };
        let full = HistoryPage {
            contact: "ada@example.com".into(),
            error: None,
            removed: true,
            kept: vec![KeptCard {
                id: "7".into(), name: "Visa ••4242".into(), since: sample_ago(900_000)
            }],
            orders: vec![
                past.clone(),
                PastOrder {
                    phase: "returned",
                    tone: "off",
                    energy_mwh: None,
                    paid: String::new(),
                    site: String::new(),
                    ..past
                },
            ],
            next: Some("/me?before=4".into()),
            ..ask.clone()
        };
        let offer = LinkOffer { contact: "ada@example.com".into(), key: "k".into() };
        let opened = HistoryPage { offer: Some(offer), token: "t1".into(), ..HistoryPage::default() };
        vec![opened, ask.clone(), HistoryPage { orders: Vec::new(), next: None, ..full.clone() }, full]
    }
}
