//! What a driver sees after scanning a code: where this is, what it costs, and how to pay. And the pages that say why
//! there is nothing to pay.

use super::{Page, drive_price::Tag};
use serde::Serialize;

/// Where a driver stands.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Spot {
    /// Who sells; empty: not told.
    pub operator: String,
    pub site: String,
    pub address: String,
    pub station: String,
    /// What the outlet is called on the housing; empty: the station has only one.
    pub evse: String,
    /// `ac`, `dc` or empty.
    pub kind: String,
    pub max_power_w: Option<i64>,
    /// IANA name; all instants of the page are shown in it.
    pub zone: String,
}

/// The page of a code.
#[derive(Debug, Clone, Serialize)]
pub struct LandingPage {
    /// Where the form goes.
    pub href: String,
    pub spot: Spot,
    /// Word of the texts' family `drive.state`: `free`, `plugged`, `busy`, `paying`, `reserved`, `faulted`, `off`,
    /// `offline`.
    pub state: &'static str,
    pub tone: &'static str,
    /// The station's own words for its fault.
    pub fault: String,
    pub price: Option<Tag>,
    /// What is secured before energy flows; `None`: nothing can be sold here now.
    pub security: Option<Security>,
    pub choices: Vec<Choice>,
    /// Why there is no way to pay, a word of `drive.unsupported`; empty: there is one.
    pub unsupported: &'static str,
    /// Made with the page: the same key is the same order.
    pub page_key: String,
    pub token: String,
    /// Of a code on a display.
    pub seconds_left: Option<i64>,
    /// The order that this browser has here.
    pub own: Option<String>,
    /// Somebody else is paying, at most until then: `18:56`.
    pub other_until: Option<String>,
    /// What is free instead; `None`: this one can be had.
    pub nearby: Option<Vec<Near>>,
    /// A word of `drive.error` or `refusal`, of what was sent last.
    pub error: Option<&'static str>,
    pub contact: String,
    /// The contact for whom the driver, who is known, may leave the card for the next time; empty: nobody.
    pub keeps: String,
    /// How the buttons secure it, a word of `drive.secure`: `hold`, `prepay`, or `mixed`, when each says it.
    pub secure: &'static str,
}

/// What is held or paid before charging.
#[derive(Debug, Clone, Serialize)]
pub struct Security {
    pub amount: String,
    pub currency: String,
    /// Chosen at the station: charging ends with so much energy, …
    pub energy_mwh: Option<i64>,
    /// … and after so long.
    pub seconds: Option<i64>,
    /// Less was chosen at the station than this.
    pub raised: bool,
}

/// A way to pay.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// Word of the texts' family `drive.method`.
    pub word: String,
    /// `wechat`, `alipay`, `card` or `other`: the colour of the button.
    pub brand: &'static str,
    /// Word of the texts' family `drive.choice`: `hold`, `prepay`, `score`.
    pub mode: &'static str,
    /// A method that the driver has left: `Visa ••4242`; else empty.
    pub name: String,
}

/// A charger that is free now.
#[derive(Debug, Clone, Serialize)]
pub struct Near {
    pub site: String,
    pub address: String,
    /// Of this site: on the same ground.
    pub here: bool,
    pub free: usize,
    /// Metres as the crow flies; `None`: on the same ground.
    pub metres: Option<i64>,
    /// `geo:` link for the phone's map.
    pub map: String,
    /// Identities of the free ones, the first few.
    pub stations: Vec<String>,
    pub max_power_w: Option<i64>,
}

/// Why there is no page to pay on: the code is unknown, has expired or is no longer used, or too much was asked.
#[derive(Debug, Clone, Serialize)]
pub struct DriveNote {
    pub status: u16,
    /// Word of the texts' families `drive.note` and `drive.note.why`.
    pub word: &'static str,
    /// The one thing that helps: an address of ours and a word of `drive.help`.
    pub help: Option<[String; 2]>,
}

#[cfg(test)]
pub(super) fn sample_spot() -> Spot {
    Spot {
        operator: "Harbour Energy".into(),
        site: "Harbour car park".into(),
        address: "Kaistraße 4, Hamburg".into(),
        station: "HARBOUR-001".into(),
        evse: "2".into(),
        kind: "dc".into(),
        max_power_w: Some(150_000),
        zone: "Europe/Berlin".into(),
    }
}

#[cfg(test)]
pub(super) fn sample_near() -> Vec<Near> {
    let here = Near {
        site: "Harbour car park".into(),
        address: "Kaistraße 4, Hamburg".into(),
        here: true,
        free: 2,
        metres: None,
        map: "geo:53.54,9.98".into(),
        stations: vec!["HARBOUR-002".into(), "HARBOUR-003".into()],
        max_power_w: Some(150_000),
    };
    let far = Near {
        site: "Ferry terminal".into(),
        here: false,
        free: 1,
        metres: Some(850),
        stations: vec!["FERRY-1".into()],
        max_power_w: Some(22_000),
        ..here.clone()
    };
    vec![here, far]
}

impl Page for LandingPage {
    const TEMPLATE: &'static str = "drive_landing.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::drive_price::sample_tag;
        let choice = |value: &str, word: &str, brand| Choice {
            value: value.into(),
            word: word.into(),
            brand,
            mode: "hold",
            name: String::new(),
        };
        let free = LandingPage {
            href: "/p/4cFq".into(),
            spot: sample_spot(),
            state: "plugged",
            tone: "ok",
            fault: String::new(),
            price: Some(sample_tag("city")),
            security: Some(Security {
                amount: "60.00".into(),
                currency: "EUR".into(),
                energy_mwh: Some(20_000_000),
                seconds: Some(5_400),
                raised: false,
            }),
            choices: vec![
                choice("card", "hosted", "card"),
                choice("alipay", "alipay", "alipay"),
                choice("wechat", "wechat", "wechat"),
            ],
            unsupported: "",
            page_key: "k1".into(),
            token: "t1".into(),
            seconds_left: Some(252),
            own: None,
            other_until: None,
            nearby: None,
            error: None,
            contact: String::new(),
            keeps: "ada@example.com".into(),
            secure: "mixed",
        };
        let shanghai = LandingPage {
            price: Some(sample_tag("shanghai")),
            security: Some(Security {
                amount: "100.00".into(),
                currency: "CNY".into(),
                energy_mwh: None,
                seconds: None,
                raised: true,
            }),
            choices: vec![choice("wechat", "wechat", "wechat")],
            secure: "prepay",
            state: "free",
            seconds_left: None,
            error: Some("contact"),
            contact: "ada@".into(),
            ..free.clone()
        };
        let faulted = LandingPage {
            state: "faulted",
            tone: "bad",
            fault: "GroundFailure".into(),
            choices: Vec::new(),
            seconds_left: None,
            nearby: Some(sample_near()),
            ..free.clone()
        };
        let paying = LandingPage {
            state: "paying",
            tone: "wait",
            other_until: Some("18:56".into()),
            nearby: Some(sample_near()),
            ..free.clone()
        };
        let own =
            LandingPage { state: "busy", tone: "run", own: Some("/o/20260501ABC".into()), ..free.clone() };
        let bare = LandingPage {
            spot: Spot { station: "CP1".into(), zone: "UTC".into(), ..Spot::default() },
            state: "offline",
            tone: "off",
            price: None,
            security: None,
            choices: Vec::new(),
            unsupported: "no-tariff",
            nearby: Some(Vec::new()),
            ..faulted.clone()
        };
        vec![free, shanghai, faulted, paying, own, bare]
    }
}

impl Page for DriveNote {
    const TEMPLATE: &'static str = "drive_note.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            DriveNote { status: 410, word: "expired", help: Some(["/p/4cFq".into(), "try-again".into()]) },
            DriveNote { status: 404, word: "unknown-code", help: None },
        ]
    }
}
