//! How connections come, go, and take each other's place.

use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::Value;

use super::EVERY;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::handshake::Link;
use crate::suite::hook::Registration;
use crate::suite::stage::Stage;

/// How often a station with a bad network comes back in a row.
const RECONNECTS: usize = 5;

/// Opens a second connection and makes it the station's own; the first goes on living, as a half-open one does.
async fn second(s: &mut Stage) -> Result<Option<Link>, Broken> {
    let old = s.link.take();
    s.connect().await?;
    Ok(old)
}

/// The new connection works and stays.
async fn stays(s: &mut Stage, when: &str) -> Play {
    s.heartbeat().await.map_err(|broken| broken.while_doing(when))?;
    s.listen().await?;
    ensure(s.link.is_some(), || format!("{when}: the new connection was ended"))?;
    s.heartbeat().await.map_err(|broken| broken.while_doing(when))
}

cases! { "Connection" in EVERY;
    "WL_CONN_01" "A station comes back while its old connection lives: the new one wins and stays" ["J3", "citrineos#190", "mobilityhouse/ocpp#321"] => |s| {
        s.ready().await?;
        let old = second(s).await?;
        stays(s, "while the old connection lives").await?;
        drop(old);
        stays(s, "after the old connection was cut").await?;
    }
    "WL_CONN_02" "The old connection says goodbye after the new one came: the new one stays" ["J3", "lbbrhzn/ocpp#2122"] => |s| {
        s.ready().await?;
        if let Some(old) = second(s).await? {
            old.close(s.rig.pace.quiet).await;
        }
        stays(s, "after the old connection was closed").await?;
    }
    "WL_CONN_03" "No BootNotification is asked for after a plain reconnect" ["J5.4"] => |s| {
        s.ready().await?;
        s.cut();
        s.connect().await?;
        s.heartbeat().await?;
        s.status(1, "Occupied").await?;
        s.status(1, "Available").await?;
    }
    "WL_CONN_04" "An identity that is percent-encoded is the same station" ["J3.1.1"] => |s| {
        s.ready().await?;
        s.leave().await;
        let mut knock = s.knock();
        knock.path = s.id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (greeting, link) = s.try_connect(&knock).await?;
        let Some(link) = link else {
            return Err(Broken::fail(format!("HTTP {}: the identity is not decoded", greeting.status)));
        };
        s.take(link);
        s.boot("PowerUp").await?;
    }
    "WL_CONN_05" "A station that is not known is refused at the handshake, not after" ["J3.1.1", "steve#941"] => |s| {
        let mut knock = s.knock();
        knock.path = "NOBODY-KNOWS-THIS-STATION".to_owned();
        knock.basic = None;
        let (greeting, link) = s.try_connect(&knock).await?;
        if let Some(link) = link {
            s.take(link);
            s.listen().await?;
            ensure(s.link.is_some(), || {
                "the connection was upgraded and then ended: HTTP 404 or 401 tells the installer why".to_owned()
            })?;
            return Err(Broken::NotApplicable("the CSMS lets unknown stations in".to_owned()));
        }
        ensure([401, 403, 404].contains(&greeting.status), || {
            format!("HTTP {} for a station that is not known", greeting.status)
        })?;
    }
    "WL_CONN_06" "A station that tries another version first is taken by the version it ends up with" ["J3.1.2", "lbbrhzn/ocpp#2012"] => |s| {
        s.register(Registration::Accepted).await?;
        let other = if s.version == Version::V16 { "ocpp2.0.1" } else { "ocpp1.6" };
        let mut knock = s.knock();
        knock.offered = vec![other.to_owned()];
        // Whether the other version is spoken is not the question.
        drop(s.try_connect(&knock).await?);
        s.ready().await?;
        s.heartbeat().await?;
    }
    "WL_CONN_07" "A bad network: the station comes back often in a row" ["J5.3"] => |s| {
        s.ready().await?;
        for _ in 0..RECONNECTS {
            s.cut();
            s.connect().await?;
            s.boot("PowerUp").await?;
        }
        stays(s, "after the last reconnect").await?;
    }
    "WL_CONN_08" "The time that the CSMS tells is UTC, and is the time" ["B01.FR.06", "§3.15"] => |s| {
        s.ready().await?;
        let answer = s.call("Heartbeat", Value::Object(serde_json::Map::new())).await?;
        let text = answer["currentTime"].as_str().unwrap_or_default().to_owned();
        let told = DateTime::parse_from_rfc3339(&text).map_err(|_| Broken::fail(format!("{text} is no RFC 3339 time")))?;
        ensure(told.offset().local_minus_utc() == 0, || format!("{text} is not UTC"))?;
        let off = (told.to_utc() - Utc::now()).num_seconds().abs();
        ensure(off < 300, || format!("{text} is {off} seconds off this computer's clock"))?;
    }
}

/// 2.x only.
pub(crate) mod two {
    use super::super::TWO;
    use crate::suite::case::{cases, ensure};
    use crate::suite::hook::Registration;

    cases! { "Connection" in TWO;
        "WL_CONN_09" "Compression of messages is agreed on if the station offers it" ["J3.4"] => |s| {
            s.register(Registration::Accepted).await?;
            let mut knock = s.knock();
            knock.deflate = true;
            let (greeting, _) = s.try_connect(&knock).await?;
            ensure(greeting.status == 101, || format!("HTTP {}: an offer of compression is no reason to refuse", greeting.status))?;
            let agreed = greeting.header("sec-websocket-extensions").unwrap_or_default().to_owned();
            ensure(agreed.starts_with("permessage-deflate"), || {
                "permessage-deflate is not agreed on, but a CSMS has to support it (J3.4)".to_owned()
            })?;
        }
    }
}
