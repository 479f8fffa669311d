//! G: availability.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Play, cases};
use crate::suite::stage::Stage;

/// The whole station.
fn station() -> Value {
    "?absent".into()
}

/// EVSE 1 with all its connectors.
fn evse() -> Value {
    json!({ "id": 1, "connectorId": "?absent" })
}

fn connector() -> Value {
    json!({ "id": 1, "connectorId": 1 })
}

/// Out of service or back, and the statuses of what it concerns.
async fn change(s: &mut Stage, what: Value, to: &str) -> Play {
    s.ready().await?;
    let whole = what.is_string();
    // What is put into service was out of it before.
    let (before, after) =
        if to == "Operative" { ("Unavailable", "Available") } else { ("Available", "Unavailable") };
    told(s, whole, before).await?;
    s.ask_status("ChangeAvailability", json!({ "operationalStatus": to, "evse": what }), "Accepted").await?;
    told(s, whole, after).await
}

async fn told(s: &mut Stage, whole: bool, status: &str) -> Play {
    if whole { s.all_status(status).await } else { s.status(1, status).await }
}

/// A transaction runs: the change waits for its end.
async fn scheduled(s: &mut Stage, what: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let whole = what.is_string();
    s.ask_status(
        "ChangeAvailability",
        json!({ "operationalStatus": "Inoperative", "evse": what }),
        "Scheduled",
    )
    .await?;
    if whole {
        s.status(2, "Unavailable").await?;
    }
    s.stop(&mut tx, &token).await?;
    s.status(1, "Unavailable").await
}

cases! { "G" in BOTH;
    "TC_G_03_CSMS" "ChangeAvailability of an EVSE: out of service" ["G03"] => |s| {
        change(s, evse(), "Inoperative").await?;
    }
    "TC_G_04_CSMS" "ChangeAvailability of an EVSE: in service" ["G03"] => |s| {
        change(s, evse(), "Operative").await?;
    }
    "TC_G_05_CSMS" "ChangeAvailability of the station: out of service" ["G04"] => |s| {
        change(s, station(), "Inoperative").await?;
    }
    "TC_G_06_CSMS" "ChangeAvailability of the station: in service" ["G04"] => |s| {
        change(s, station(), "Operative").await?;
    }
    "TC_G_07_CSMS" "ChangeAvailability of a connector: out of service" ["G03"] => |s| {
        change(s, connector(), "Inoperative").await?;
    }
    "TC_G_08_CSMS" "ChangeAvailability of a connector: in service" ["G03"] => |s| {
        change(s, connector(), "Operative").await?;
    }
    "TC_G_11_CSMS" "ChangeAvailability of an EVSE waits for the transaction" ["G03"] => |s| {
        scheduled(s, evse()).await?;
    }
    "TC_G_14_CSMS" "ChangeAvailability of the station waits for the transaction" ["G04"] => |s| {
        scheduled(s, station()).await?;
    }
    "TC_G_17_CSMS" "ChangeAvailability of a connector waits for the transaction" ["G03"] => |s| {
        scheduled(s, connector()).await?;
    }
    "TC_G_20_CSMS" "A connector whose lock fails is told as an event" ["G05", "N07.FR.03"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.status(1, "Occupied").await?;
        s.admitted(&token).await?;
        s.notify(json!({ "name": "ConnectorPlugRetentionLock", "evse": { "id": 1, "connectorId": 1 } }), "Problem",
            "true", json!({})).await?;
        s.heartbeat().await?;
    }
}
