//! What stands on a station's display, whatever the version that the station speaks: display messages (2.x), or a
//! message or a key of its vendor (1.6).

use super::hub::AskError;
use crate::{
    app::App,
    config::DisplayWay,
    model::StationId,
    store::{Tx, error::StoreError, variables},
};
use chrono::{DateTime, Utc};
use ocpp::{ErrorCode, Version, stamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Our messages are the numbers from here on: one for each EVSE, so that a new one takes the place of the old one.
const IDS: i64 = 0x5741_0000;
/// EVSEs of one station.
const EVSES: i64 = 0x1_0000;
/// The controller of displays, and what it tells of itself.
const CONTROLLER: &str = "DisplayMessageCtrlr";
const TOLD: [&str; 3] = ["SupportedFormats", "SupportedPriorities", "SupportedStates"];

/// Is the message of this number one of ours here?
pub fn owns(id: i64) -> bool {
    (IDS..IDS + EVSES).contains(&id)
}

/// What shall stand on the display of an EVSE.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub evse: i64,
    /// Where it leads.
    pub url: &'a str,
    /// For a display that takes text only.
    pub text: &'a str,
    /// The address of a receipt, and not a code to pay by.
    pub receipt: bool,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// How a station's display is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// SetDisplayMessage (2.x).
    Message(Version),
    /// A message or a key of its vendor (1.6), from the settings.
    Vendor(DisplayWay),
}

impl Way {
    /// The way of a station, if there is one.
    pub fn of(app: &App, version: Version, vendor: &str, model: &str) -> Option<Way> {
        match version {
            Version::V16 => {
                let ways = &app.config.pay.display.ways;
                ways.iter().find(|way| way.fits(vendor, model)).cloned().map(Way::Vendor)
            }
            Version::V201 | Version::V21 => Some(Way::Message(version)),
        }
    }

    /// Tells one way from another: what was learnt of a display holds while this is the same.
    pub fn name(&self) -> String {
        match self {
            Way::Message(version) => version.subprotocol().to_owned(),
            Way::Vendor(way) => format!("{} {} {}", way.vendor_id, way.message_id, way.configuration),
        }
    }

    /// Can it show the address of a receipt?
    pub fn shows_receipts(&self) -> bool {
        match self {
            Way::Message(_) => true,
            Way::Vendor(way) => !way.receipt.is_empty(),
        }
    }
}

/// What a display can show, as it says or as far as it has not refused it; best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ability {
    pub formats: Vec<String>,
    pub priorities: Vec<String>,
    /// It can show a message while it is idle only.
    pub idle: bool,
    /// EVSEs that have a display of their own.
    pub own: Vec<i64>,
}

impl Ability {
    /// All that the version has.
    fn of(version: Version) -> Ability {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let formats: &[&str] = match version {
            Version::V21 => &["QRCODE", "URI", "UTF8", "ASCII"],
            Version::V201 => &["URI", "UTF8", "ASCII"],
            // The template of its way says it.
            Version::V16 => &[],
        };
        Ability {
            formats: words(formats),
            priorities: words(&["NormalCycle", "InFront", "AlwaysFront"]),
            idle: true,
            own: Vec::new(),
        }
    }

    /// Leaves what a variable of the controller lists; a variable without a value says nothing.
    fn heed(&mut self, variable: &str, list: &str) {
        let listed: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if listed.is_empty() {
            return;
        }
        let has = |word: &str| listed.iter().any(|known| known.eq_ignore_ascii_case(word));
        match variable {
            "SupportedFormats" => self.formats.retain(|word| has(word)),
            "SupportedPriorities" => self.priorities.retain(|word| has(word)),
            "SupportedStates" => self.idle = has("Idle"),
            _ => {}
        }
    }
}

/// What the station made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    Accepted,
    /// It does not want to; in its words.
    Refused(String),
    /// It has no such function, or none of what we can send.
    Lacks(String),
    /// Nothing was sent.
    Away(String),
    /// It may have done it.
    Unknown(String),
}

impl Answered {
    /// A word for counters.
    pub fn word(&self) -> &'static str {
        match self {
            Answered::Accepted => "accepted",
            Answered::Refused(_) => "refused",
            Answered::Lacks(_) => "unsupported",
            Answered::Away(_) => "not_sent",
            Answered::Unknown(_) => "unknown",
        }
    }
}

/// What a station's display can show: as it has reported, else it is asked.
///
/// # Errors
/// The database could not be read.
pub async fn ability(app: &App, station: &StationId, way: &Way) -> Result<Ability, StoreError> {
    let Way::Message(version) = way else { return Ok(Ability::of(Version::V16)) };
    let mut ability = Ability::of(*version);
    let mut tx = app.db.read().await?;
    let mut told = Vec::new();
    for name in TOLD {
        told.extend(reported(&mut tx, station, name).await?.map(|value| (name.to_owned(), value)));
    }
    ability.own = variables::evses_with(&mut tx, station, "Display").await?;
    drop(tx);
    if told.is_empty() {
        told = asked(app, station).await;
    }
    for (name, list) in &told {
        ability.heed(name, list);
    }
    Ok(ability)
}

async fn reported(tx: &mut Tx, station: &StationId, name: &str) -> Result<Option<String>, StoreError> {
    let rows = variables::named(tx, station, CONTROLLER, name).await?;
    // A list of what is supported stands in the value, or only in the characteristics.
    let listed = |row: &variables::VariableRow| {
        let limits: Option<Value> = serde_json::from_str(&row.characteristics).ok();
        limits.and_then(|limits| limits["valuesList"].as_str().map(str::to_owned))
    };
    Ok(rows
        .iter()
        .find_map(|row| row.value.clone().filter(|value| !value.is_empty()).or_else(|| listed(row))))
}

/// A station that does not answer, or does not know, has said nothing: what it refuses is learnt then.
async fn asked(app: &App, station: &StationId) -> Vec<(String, String)> {
    let ask = |name: &&str| json!({"component": {"name": CONTROLLER}, "variable": {"name": name}});
    let payload = json!({"getVariableData": TOLD.iter().map(ask).collect::<Vec<_>>()});
    let Ok(answer) = app.hub.ask(station, "GetVariables", payload, timeout(app)).await else {
        return Vec::new();
    };
    let results = answer["getVariableResult"].as_array().cloned().unwrap_or_default();
    let known = results.iter().filter(|result| result["attributeStatus"] == "Accepted");
    let pair = |result: &Value| {
        let value = result["attributeValue"].as_str()?;
        Some((result["variable"]["name"].as_str()?.to_owned(), value.to_owned()))
    };
    known.filter_map(pair).take(TOLD.len()).collect()
}

/// Puts a message on the display of an EVSE, in the place of the one before. What the display refuses for what it is, is
/// left out of its ability, and the next best is tried.
pub async fn show(
    app: &App,
    station: &StationId,
    way: &Way,
    ability: &mut Ability,
    message: &Message<'_>,
) -> Answered {
    let version = match way {
        Way::Message(version) => *version,
        Way::Vendor(way) => {
            let template = if message.receipt { &way.receipt } else { &way.show };
            let expires = stamp::write(message.until, Version::V16);
            let text = template.replace("{url}", message.url).replace("{expires}", &expires);
            return vendor(app, station, way, message.evse, text).await;
        }
    };
    loop {
        let (Some(format), Some(priority)) = (ability.formats.first(), ability.priorities.first()) else {
            return Answered::Lacks("it takes none of the formats and priorities that there are".to_owned());
        };
        let payload = payload(version, ability, format, priority, message);
        let answer = match app.hub.ask(station, "SetDisplayMessage", payload, timeout(app)).await {
            Ok(answer) => answer,
            Err(error) => return failed(error),
        };
        match answer["status"].as_str().unwrap_or_default() {
            "Accepted" => return Answered::Accepted,
            "NotSupportedMessageFormat" => drop(ability.formats.remove(0)),
            "NotSupportedPriority" => drop(ability.priorities.remove(0)),
            "NotSupportedState" if ability.idle => ability.idle = false,
            status => return Answered::Refused(words(status, &answer)),
        }
    }
}

/// Takes away what stands on the display of an EVSE.
pub async fn clear(app: &App, station: &StationId, way: &Way, evse: i64) -> Answered {
    if let Way::Vendor(way) = way {
        // What stands there expires.
        if way.clear.is_empty() {
            return Answered::Accepted;
        }
        return vendor(app, station, way, evse, way.clear.clone()).await;
    }
    let payload = json!({"id": IDS + evse});
    match app.hub.ask(station, "ClearDisplayMessage", payload, timeout(app)).await {
        Ok(answer) => match answer["status"].as_str().unwrap_or_default() {
            // It knows of none: there is none.
            "Accepted" | "Unknown" => Answered::Accepted,
            status => Answered::Refused(words(status, &answer)),
        },
        Err(error) => failed(error),
    }
}

fn payload(
    version: Version,
    ability: &Ability,
    format: &str,
    priority: &str,
    message: &Message<'_>,
) -> Value {
    let content = match format {
        "UTF8" => message.text,
        "ASCII" if message.text.is_ascii() => message.text,
        _ => message.url,
    };
    let mut info = json!({
        "id": IDS + message.evse,
        "priority": priority,
        "startDateTime": stamp::write(message.from, version),
        "endDateTime": stamp::write(message.until, version),
        "message": {"format": format, "content": content},
    });
    if ability.idle {
        info["state"] = "Idle".into();
    }
    if ability.own.contains(&message.evse) {
        info["display"] = json!({"name": "Display", "evse": {"id": message.evse}});
    }
    json!({"message": info})
}

async fn vendor(app: &App, station: &StationId, way: &DisplayWay, evse: i64, text: String) -> Answered {
    let number = evse.to_string();
    let text = text.replace("{evse}", &number);
    let (action, payload) = if way.vendor_id.is_empty() {
        ("ChangeConfiguration", json!({"key": way.configuration.replace("{evse}", &number), "value": text}))
    } else {
        let mut payload = json!({"vendorId": way.vendor_id, "data": text});
        if !way.message_id.is_empty() {
            payload["messageId"] = way.message_id.as_str().into();
        }
        ("DataTransfer", payload)
    };
    match app.hub.ask(station, action, payload, timeout(app)).await {
        Ok(answer) => match answer["status"].as_str().unwrap_or_default() {
            "Accepted" | "RebootRequired" => Answered::Accepted,
            status @ ("UnknownVendorId" | "UnknownMessageId" | "NotSupported") => {
                Answered::Lacks(words(status, &answer))
            }
            status => Answered::Refused(words(status, &answer)),
        },
        Err(error) => failed(error),
    }
}

fn failed(error: AskError) -> Answered {
    let why = error.to_string();
    match error {
        AskError::Offline | AskError::QueueFull | AskError::NotSent => Answered::Away(why),
        AskError::Refused(fault)
            if matches!(fault.code, ErrorCode::NotSupported | ErrorCode::NotImplemented) =>
        {
            Answered::Lacks(why)
        }
        AskError::Refused(_) | AskError::Invalid(_) => Answered::Refused(why),
        AskError::Timeout | AskError::Disconnected | AskError::InvalidAnswer(_) => Answered::Unknown(why),
    }
}

fn words(status: &str, answer: &Value) -> String {
    let info = |key: &str| answer["statusInfo"][key].as_str().unwrap_or_default().to_owned();
    format!("{status} {} {}", info("reasonCode"), info("additionalInfo")).trim_end().to_owned()
}

fn timeout(app: &App) -> Duration {
    Duration::from_secs(app.config.ocpp.call_timeout_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message<'static> {
        let at = |text: &str| text.parse().unwrap();
        Message {
            evse: 2,
            url: "https://pay.example/p/t.x.y",
            text: "2: https://pay.example/p/t.x.y",
            receipt: false,
            from: at("2026-03-02T08:00:00Z"),
            until: at("2026-03-02T08:10:00Z"),
        }
    }

    #[test]
    fn messages_fit_the_schema_of_their_version_in_every_format() {
        for version in [Version::V201, Version::V21] {
            let mut ability = Ability::of(version);
            ability.own = vec![2];
            for idle in [true, false] {
                ability.idle = idle;
                for format in &ability.formats {
                    let payload = payload(version, &ability, format, "NormalCycle", &message());
                    let told = &payload["message"];
                    assert_eq!(told["id"], IDS + 2);
                    assert_eq!(told["display"]["evse"]["id"], 2);
                    assert_eq!(told.get("state").is_some(), idle);
                    let text = told["message"]["content"].as_str().unwrap();
                    assert_eq!(text.starts_with("2: "), matches!(&**format, "UTF8" | "ASCII"), "{format}");
                    super::super::dialect::of(version).request("SetDisplayMessage", &payload).unwrap();
                }
            }
        }
    }

    #[test]
    fn what_a_display_lists_is_heeded_and_nothing_listed_says_nothing() {
        let mut ability = Ability::of(Version::V21);
        ability.heed("SupportedFormats", "ASCII, URI,HTML");
        ability.heed("SupportedPriorities", "");
        ability.heed("SupportedStates", "Charging");
        assert_eq!(ability.formats, ["URI", "ASCII"]);
        assert_eq!(ability.priorities.len(), 3);
        assert!(!ability.idle);
    }

    #[test]
    fn text_that_is_not_ascii_leaves_the_address_alone() {
        let text = Message { text: "扫码 https://pay.example/p/t.x.y", ..message() };
        let ability = Ability::of(Version::V201);
        let payload = payload(Version::V201, &ability, "ASCII", "InFront", &text);
        assert_eq!(payload["message"]["message"]["content"], "https://pay.example/p/t.x.y");
    }
}
