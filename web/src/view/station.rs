//! One station: facts, connectors, sessions, messages, and what can be done with it.

use super::{
    Chip, DesiredLine, EventLine, FileWish, ListBox, LiveSession, Message, Page, ReservationLine, SessionLine,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One station.
#[derive(Debug, Clone, Serialize)]
pub struct StationPage {
    pub id: String,
    pub href: String,
    pub name: String,
    pub site: String,
    /// To the codes of its site.
    pub stickers: Option<String>,
    /// `online`, `offline` or `quarantined`.
    pub link: &'static str,
    pub seen_at: Option<DateTime<Utc>>,
    pub protocol: String,
    /// `[key of the text, value]`, only what is known.
    pub facts: Vec<[String; 2]>,
    /// Status and error of the station itself.
    pub own: Option<Chip>,
    pub chips: Vec<Chip>,
    pub live: Vec<LiveSession>,
    pub sessions: Vec<SessionLine>,
    pub events: Vec<EventLine>,
    pub deviations: Vec<DeviationLine>,
    pub quarantined_until: Option<DateTime<Utc>>,
    pub quarantine_reason: String,
    pub has_password: bool,
    pub display: DisplayBox,
    /// What it shall be.
    pub desired: Vec<DesiredLine>,
    /// Forms that nobody has filled in yet.
    pub wish: super::WishForm,
    /// What it was asked about files of late.
    pub files: Vec<FileWish>,
    /// Those that are not over.
    pub reservations: Vec<ReservationLine>,
    pub list: ListBox,
    pub point: PointBox,
    /// Messages are filtered by this part of an action.
    pub action: String,
    pub messages: Vec<Message>,
}

/// The payment code on the station's display.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DisplayBox {
    /// What the operator wants: `on`, `off`, or empty: as the settings say.
    pub wanted: String,
    /// No code leads anywhere: `web.public_url` is not set.
    pub nowhere: bool,
    /// Is it on, all in all?
    pub on: bool,
    /// Word of the texts' family `display.state`; empty: nothing was sent yet.
    pub state: String,
    /// Why, in the station's words.
    pub detail: String,
    /// What it is sent: `QRCODE`, `URI`, …; empty: not known, or not by message.
    pub format: String,
    pub lines: Vec<DisplayLine>,
}

/// What stands on the display of an EVSE.
#[derive(Debug, Clone, Serialize)]
pub struct DisplayLine {
    pub evse: i64,
    /// Word of the texts' family `display.stands`: `code`, `receipt`, `nothing`.
    pub stands: String,
    pub until: Option<DateTime<Utc>>,
    /// Word of the texts' family `display.asked`: `code`, `receipt`, `clear`.
    pub asked: String,
    pub asked_at: DateTime<Utc>,
    /// What the station said to it.
    pub answer: String,
    pub again_at: Option<DateTime<Utc>>,
}

/// What to type into the charger.
#[derive(Debug, Clone, Serialize)]
pub struct PointBox {
    /// `ws://host:9000/ocpp`: most chargers add `/` and the identity themselves.
    pub url: String,
    pub identity: String,
    /// Both together, the identity percent-encoded.
    pub whole: String,
}

/// A rule of the standard that this kind of station breaks.
#[derive(Debug, Clone, Serialize)]
pub struct DeviationLine {
    pub action: String,
    pub path: String,
    pub rule: String,
    pub sample: String,
    pub count: i64,
    pub last_at: DateTime<Utc>,
}

/// A password that is shown this one time.
#[derive(Debug, Clone, Serialize)]
pub struct SecretPage {
    pub station: String,
    pub href: String,
    /// Empty when the station was made without a password.
    pub secret: String,
    pub point: PointBox,
    /// Made just now, not only given a new password.
    pub created: bool,
}

#[cfg(test)]
fn sample_point() -> PointBox {
    PointBox {
        url: "ws://192.0.2.10:9000/ocpp".into(),
        identity: "HARBOUR-001".into(),
        whole: "ws://192.0.2.10:9000/ocpp/HARBOUR-001".into(),
    }
}

impl Page for StationPage {
    const TEMPLATE: &'static str = "station.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::{events, read_frames, sessions, shell::sample_ago, stations};
        let journal = r#"["2026-05-28T20:26:05Z","in",[2,"71","MeterValues",{"connectorId":1,"transactionId":42,"meterValue":[{"timestamp":"2026-05-28T20:26:05Z","sampledValue":[{"value":"7412","measurand":"Energy.Active.Import.Register","unit":"Wh"},{"value":"10980","measurand":"Power.Active.Import","unit":"W"}]}]}]]
["2026-05-28T20:26:05Z","out",[3,"71",{}]]
["2026-05-28T20:26:30Z","out",[2,"c-9","GetConfiguration",{"key":["HeartbeatInterval"]}]]
["2026-05-28T20:26:31Z","in",[4,"c-9","InternalError","","{}"]]"#;
        let fact = |key: &str, value: &str| [key.to_owned(), value.to_owned()];
        let full = StationPage {
            id: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            name: "Gate A".into(),
            site: "Harbour car park".into(),
            stickers: Some("/sites/1/stickers".into()),
            link: "online",
            seen_at: Some(sample_ago(3)),
            protocol: "ocpp1.6".into(),
            facts: vec![
                fact("station.vendor", "Alfen BV"),
                fact("station.model", "NG920-61031"),
                fact("station.serial", "ACE0123456"),
                fact("station.firmware", "6.4.0-4210"),
                fact("station.address", "203.0.113.7:51812"),
                fact("station.validation", "lenient"),
            ],
            own: Some(Chip::new(String::new(), "Available", "", "")),
            chips: stations::sample_chips(),
            live: vec![stations::sample_session()],
            sessions: sessions::sample_lines(),
            events: events::sample_events(),
            deviations: vec![DeviationLine {
                action: "BootNotification".into(),
                path: "/chargePointVendor".into(),
                rule: "maxLength 20".into(),
                sample: "A very long vendor name GmbH".into(),
                count: 14,
                last_at: sample_ago(900),
            }],
            quarantined_until: None,
            quarantine_reason: String::new(),
            has_password: true,
            display: DisplayBox {
                wanted: "on".into(),
                nowhere: false,
                on: true,
                state: "refused".into(),
                detail: "Rejected NoSpace".into(),
                format: "QRCODE".into(),
                lines: vec![
                    DisplayLine {
                        evse: 1,
                        stands: "code".into(),
                        until: Some(sample_ago(-400)),
                        asked: "code".into(),
                        asked_at: sample_ago(200),
                        answer: "Accepted".into(),
                        again_at: None,
                    },
                    DisplayLine {
                        evse: 2,
                        stands: "nothing".into(),
                        until: None,
                        asked: "receipt".into(),
                        asked_at: sample_ago(100),
                        answer: "Rejected NoSpace".into(),
                        again_at: Some(sample_ago(-20)),
                    },
                ],
            },
            desired: super::desired::sample_wishes(),
            wish: super::WishForm::default(),
            files: super::firmware::sample_wishes(),
            list: super::local_list::sample("refused"),
            reservations: super::ReservationsPage::samples().remove(0).rows,
            point: sample_point(),
            action: String::new(),
            messages: read_frames([journal].into_iter(), "", 50),
        };
        let bare = StationPage {
            name: String::new(),
            site: String::new(),
            stickers: None,
            link: "quarantined",
            seen_at: None,
            protocol: String::new(),
            facts: Vec::new(),
            own: None,
            chips: Vec::new(),
            live: Vec::new(),
            sessions: Vec::new(),
            events: Vec::new(),
            deviations: Vec::new(),
            quarantined_until: Some(sample_ago(-1_800)),
            quarantine_reason: "flapping".into(),
            has_password: false,
            display: DisplayBox { nowhere: true, ..DisplayBox::default() },
            desired: Vec::new(),
            wish: super::WishForm::default(),
            files: Vec::new(),
            reservations: Vec::new(),
            list: ListBox::default(),
            action: "Boot".into(),
            messages: Vec::new(),
            ..full.clone()
        };
        vec![full, bare]
    }
}

impl Page for SecretPage {
    const TEMPLATE: &'static str = "secret.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let made = SecretPage {
            station: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            secret: "kR7nPq2vXw9sTz4mBd6f".into(),
            point: sample_point(),
            created: true,
        };
        vec![
            made.clone(),
            SecretPage { secret: String::new(), ..made.clone() },
            SecretPage { created: false, ..made },
        ]
    }
}
