//! Settings of payment codes on the displays of stations.

use serde::{Deserialize, Serialize};

/// Codes on displays that are told what to show.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Display {
    /// At all stations; at one station its operator may say otherwise on its page.
    pub all: bool,
    /// A code is replaced by the next one after so long at most; it can be used for `pay.offer_minutes` longer.
    pub renew_minutes: u32,
    /// The address of the receipt is shown for so long after a payment; 0 = never.
    pub receipt_minutes: u32,
    /// What a display shows that takes text only; `{url}`, `{evse}`.
    pub text: String,
    /// The same of a receipt.
    pub receipt_text: String,
    /// Stations that have connected or booted together are told over so long.
    pub spread_s: u32,
    /// How displays of 1.6 stations are told; the first whose vendor and model fit.
    pub ways: Vec<DisplayWay>,
}

/// A way of 1.6 stations of one make: by a message of their vendor (DataTransfer), or by a configuration key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DisplayWay {
    /// As stations tell it when they boot, whatever the case.
    pub vendor: String,
    /// The model begins so; empty = all of that vendor.
    pub model: String,
    /// DataTransfer: to whom, …
    pub vendor_id: String,
    /// … and which message; empty = none is named.
    pub message_id: String,
    /// ChangeConfiguration: the key that is set; `{evse}` stands for the number of the EVSE.
    pub configuration: String,
    /// What shows a code, with `{url}`, `{evse}` and `{expires}`.
    pub show: String,
    /// The same for a receipt; empty = none is shown.
    pub receipt: String,
    /// What takes it away, with `{evse}`; empty = nothing is sent, and what stands there expires.
    pub clear: String,
}

impl DisplayWay {
    /// Why it cannot be used as it is set.
    pub fn fault(&self) -> Option<&'static str> {
        match (self.vendor_id.is_empty(), self.configuration.is_empty()) {
            (true, true) => {
                Some("it has neither vendor_id (DataTransfer) nor configuration (ChangeConfiguration)")
            }
            (false, false) => {
                Some("it has both vendor_id (DataTransfer) and configuration (ChangeConfiguration)")
            }
            _ if self.vendor.trim().is_empty() => Some("vendor is empty: of which stations is it the way?"),
            _ if !self.show.contains("{url}") => Some("show has no {url}"),
            _ if !self.receipt.is_empty() && !self.receipt.contains("{url}") => Some("receipt has no {url}"),
            _ => None,
        }
    }

    /// Is it the way of a station of this make?
    pub fn fits(&self, vendor: &str, model: &str) -> bool {
        let lower = |text: &str| text.trim().to_lowercase();
        lower(vendor) == lower(&self.vendor) && lower(model).starts_with(&lower(&self.model))
    }
}

impl Default for Display {
    fn default() -> Self {
        Display {
            all: false,
            renew_minutes: 5,
            receipt_minutes: 2,
            text: "{evse}: {url}".to_owned(),
            receipt_text: "{evse}: {url}".to_owned(),
            spread_s: 60,
            ways: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DisplayWay;

    fn way() -> DisplayWay {
        DisplayWay {
            vendor: "Hafenwerk".into(),
            model: "Duo".into(),
            vendor_id: "de.hafenwerk".into(),
            show: "{url}".into(),
            ..DisplayWay::default()
        }
    }

    #[test]
    fn a_way_is_found_by_vendor_and_the_beginning_of_the_model() {
        assert!(way().fits("HAFENWERK ", "duo 22"));
        assert!(!way().fits("Hafenwerk", "Solo"));
        assert!(!way().fits("Hafenwerk AG", "Duo 22"));
        assert!(DisplayWay { model: String::new(), ..way() }.fits("hafenwerk", "anything"));
    }

    #[test]
    fn a_way_that_cannot_be_used_says_why() {
        assert_eq!(way().fault(), None);
        for (wrong, why) in [
            (DisplayWay { vendor_id: String::new(), ..way() }, "neither"),
            (DisplayWay { configuration: "Qr".into(), ..way() }, "both"),
            (DisplayWay { vendor: " ".into(), ..way() }, "vendor is empty"),
            (DisplayWay { show: "{}".into(), ..way() }, "show has no {url}"),
            (DisplayWay { receipt: "thanks".into(), ..way() }, "receipt has no {url}"),
        ] {
            assert!(wrong.fault().is_some_and(|fault| fault.contains(why)), "{why}");
        }
    }
}
