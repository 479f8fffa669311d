//! Settings of receipts, and of messages to drivers.

use serde::{Deserialize, Serialize};

/// How drivers are told of receipts, interruptions and refunds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// Gets every message as JSON, signed; empty = none. E-mail goes there too unless a mail server is set.
    pub hook_url: String,
    /// Signs what the hook gets.
    pub hook_secret: String,
    /// `smtps://USER:PASSWORD@HOST` or `smtp://HOST:587?tls=required`; empty = none.
    pub smtp_url: String,
    /// Sender of e-mail, e.g. `Hafenstrom <charging@hafenstrom.example>`.
    pub from: String,
    /// Push services that browsers may name: a host, or `*.` and what is below it; none = nothing is pushed.
    pub push_hosts: Vec<String>,
    /// For tests: push services without TLS and inside our own networks.
    pub push_private: bool,
}

impl Default for Messages {
    fn default() -> Self {
        // Those of Chrome and what is made of it, Firefox, Safari, Edge.
        let hosts =
            ["fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"];
        Messages {
            hook_url: String::new(),
            hook_secret: String::new(),
            smtp_url: String::new(),
            from: String::new(),
            push_hosts: hosts.map(str::to_owned).to_vec(),
            push_private: false,
        }
    }
}

/// What stands on receipts and invoices.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Receipts {
    pub seller: payments::receipt::Seller,
    /// Documents are dated in this zone.
    pub time_zone: chrono_tz::Tz,
    /// The numbers of receipts, invoices and correction notes: `{year}` and `{n}`, the number without gaps, of six digits.
    pub receipt_number: String,
    pub invoice_number: String,
    pub correction_number: String,
}

impl Default for Receipts {
    fn default() -> Self {
        Receipts {
            seller: payments::receipt::Seller::default(),
            time_zone: chrono_tz::UTC,
            receipt_number: "R{year}-{n}".into(),
            invoice_number: "I{year}-{n}".into(),
            correction_number: "C{year}-{n}".into(),
        }
    }
}
