//! B: network profiles with an identity, resets that resume.

use serde_json::{Value, json};

use super::ONLY;
use crate::suite::case::{Play, cases, ensure};
use crate::suite::defaults::set_variables;
use crate::suite::stage::{Reply, Stage};
use crate::suite::v2::profile;
use crate::suite::verbs2::{Tx, reading};

/// Reset with resumption; the station comes back.
async fn reset(s: &mut Stage) -> Play {
    s.ask_status("Reset", json!({ "type": "ImmediateAndResume", "evseId": "?absent" }), "Accepted").await?;
    s.leave().await;
    s.connect().await?;
    s.boot("RemoteReset").await
}

/// A transaction goes on after a reset.
pub(super) async fn resumed(s: &mut Stage, tx: &mut Tx) -> Play {
    let more = json!({ "meterValue": reading("Sample.Periodic", 1500) });
    s.tell(tx, "Updated", "TxResumed", "EVConnected", more).await?;
    s.tell(tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await.map(drop)
}

/// A variable of a network profile.
fn variable(name: &str, value: &str) -> Value {
    json!({ "component": { "name": "NetworkConfiguration", "instance": "?text 1" }, "variable": { "name": name },
        "attributeValue": value })
}

cases! { "B" in ONLY;
    "TC_B_100_CSMS" "SetNetworkProfile with an identity and a password" ["B09.FR.14"] => |s| {
        s.ready().await?;
        let url = s.value("network_url", "ws://localhost:9000/ocpp");
        let asked = s.ask_status("SetNetworkProfile", json!({ "configurationSlot": "?int 1", "connectionData": {
            "ocppTransport": "JSON", "ocppCsmsUrl": format!("?text {url}"), "messageTimeout": "?int 30",
            "securityProfile": "?int 1", "ocppInterface": "?one Wired0|Wireless0|Any", "identity": s.id,
            "basicAuthPassword": "?text Wattline-suite-password-of-forty-letters" } }), "Accepted").await?;
        let length = asked["connectionData"]["basicAuthPassword"].as_str().unwrap_or_default().chars().count();
        ensure((16..=64).contains(&length), || format!("the password has {length} characters (A00.FR.205)"))?;
    }
    "TC_B_105_CSMS" "A network profile as variables: APN and VPN are switched explicitly" ["B09.FR.29", "B09.FR.30"] => |s| {
        s.ready().await?;
        let url = s.value("network_url", "ws://localhost:9000/ocpp");
        s.ask("SetVariables", json!({ "setVariableData": [variable("OcppCsmsUrl", &format!("?text {url}")),
            variable("SecurityProfile", "?text 1"), variable("ApnEnabled", "?one false|true"),
            variable("VpnEnabled", "?one false|true")] }),
            Reply::By(|payload| set_variables(payload, "Accepted"))).await?;
        s.heartbeat().await?;
    }
    "TC_B_103_CSMS" "A reset with resumption, and nothing runs" ["B13"] => |s| {
        s.ready().await?;
        reset(s).await?;
        s.all_status("Available").await?;
    }
    "TC_B_104_CSMS" "A reset with resumption: the transaction goes on" ["B13", "E17"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        reset(s).await?;
        resumed(s, &mut tx).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_B_116_CSMS" "A reset with resumption: the profile of the transaction is sent again" ["B13.FR.31", "E17.FR.15"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let wanted = json!({ "evseId": 1, "chargingProfile": profile("TxProfile", json!({ "transactionId": tx.id })) });
        s.ask_status("SetChargingProfile", wanted.clone(), "Accepted").await?;
        reset(s).await?;
        s.keep("SetChargingProfile");
        resumed(s, &mut tx).await?;
        s.expect("SetChargingProfile", wanted, json!({ "status": "Accepted" }),
            "after TxResumed (B13.FR.31, E17.FR.15)").await?;
        s.stop(&mut tx, &token).await?;
    }
}
