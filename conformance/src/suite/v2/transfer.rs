//! P: data transfer.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::cases;
use crate::suite::entry::now;
use crate::suite::verbs16::one_of;

/// What only this vendor knows.
fn custom() -> Value {
    json!({ "vendorId": "com.example.unheard-of", "anything": [1, "two", { "three": null }] })
}

cases! { "P" in BOTH;
    "TC_P_02_CSMS" "DataTransfer of a vendor that the CSMS does not know" ["P02"] => |s| {
        s.ready().await?;
        let answer = s.call("DataTransfer", json!({ "vendorId": "com.example.unheard-of", "messageId": "Nothing",
            "data": { "a": 1 } })).await?;
        one_of(&answer, "status", &["UnknownVendorId", "UnknownMessageId", "Rejected"], "DataTransfer")?;
    }
    "TC_P_03_CSMS" "customData of a vendor stands in any message, and is passed over" ["P02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut id = card(&token);
        id["customData"] = custom();
        let answer = s.call("Authorize", json!({ "idToken": id, "customData": custom() })).await?;
        one_of(&answer["idTokenInfo"], "status", &["Accepted"], "Authorize")?;
        s.call("Heartbeat", json!({ "customData": custom() })).await?;
        s.call("StatusNotification", json!({ "timestamp": now(), "connectorStatus": "Occupied", "evseId": 1,
            "connectorId": 1, "customData": custom() })).await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": id, "customData": custom(), "transactionInfo": { "customData": custom() } });
        let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
        s.accepted(&answer)?;
        s.stop(&mut tx, &token).await?;
    }
}
