//! B: resets.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Play, cases};
use crate::suite::stage::Stage;

/// Reset of the whole station (no EVSE) or of EVSE 1.
fn of(kind: &str, evse: Option<u32>) -> Value {
    json!({ "type": kind, "evseId": evse.map_or_else(|| "?absent".into(), Value::from) })
}

/// Nothing runs: the station (or the EVSE) comes back.
async fn idle(s: &mut Stage, evse: Option<u32>) -> Play {
    s.ready().await?;
    s.ask_status("Reset", of("OnIdle", evse), "Accepted").await?;
    back(s, evse).await
}

async fn back(s: &mut Stage, evse: Option<u32>) -> Play {
    match evse {
        None => s.reboot("RemoteReset").await,
        Some(evse) => {
            s.status(evse, "Unavailable").await?;
            s.status(evse, "Available").await
        }
    }
}

/// A transaction runs: it goes on to its end, and the reset comes after.
async fn waits(s: &mut Stage, evse: Option<u32>) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    s.ask_status("Reset", of("OnIdle", evse), "Scheduled").await?;
    s.stop(&mut tx, &token).await?;
    back(s, evse).await
}

/// A transaction runs: it ends at once.
async fn cuts(s: &mut Stage, evse: Option<u32>) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    s.ask_status("Reset", of("Immediate", evse), "Accepted").await?;
    s.end(&mut tx, "ResetCommand", "ImmediateReset").await?;
    back(s, evse).await
}

cases! { "B" in BOTH;
    "TC_B_20_CSMS" "Reset on idle, and nothing runs" ["B11"] => |s| { idle(s, None).await?; }
    "TC_B_21_CSMS" "Reset on idle waits for the transaction" ["B12"] => |s| { waits(s, None).await?; }
    "TC_B_22_CSMS" "Immediate reset ends the transaction" ["B12"] => |s| { cuts(s, None).await?; }
    "TC_B_25_CSMS" "Reset of one EVSE on idle, and nothing runs" ["B11"] => |s| { idle(s, Some(1)).await?; }
    "TC_B_26_CSMS" "Reset of one EVSE on idle waits for the transaction" ["B12"] => |s| {
        waits(s, Some(1)).await?;
    }
    "TC_B_27_CSMS" "Immediate reset of one EVSE ends the transaction" ["B12"] => |s| { cuts(s, Some(1)).await?; }
}
