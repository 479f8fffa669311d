//! H: reservations.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs2::merge;

/// ReserveNow for a token: the id of the reservation. The template is for EVSE 1 unless `more` says otherwise.
async fn reserve(s: &mut Stage, token: &str, status: &str, more: Value) -> Result<i64, Broken> {
    let mut template = json!({ "id": "?int 1", "expiryDateTime": "?time +300", "idToken": card(token), "evseId": 1,
        "connectorType": "?absent" });
    merge(&mut template, more);
    let asked = s.ask_status("ReserveNow", template, status).await?;
    Ok(asked["id"].as_i64().unwrap_or_default())
}

/// The one it is kept for uses it.
async fn used(s: &mut Stage, token: &str, reservation: i64, evse: u32) -> Play {
    s.admitted(token).await?;
    s.status(evse, "Occupied").await?;
    let mut tx = s.tx(evse);
    let more = json!({ "idToken": card(token), "reservationId": reservation });
    let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
    s.accepted(&answer)?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    s.stop(&mut tx, token).await.map(drop)
}

async fn over(s: &mut Stage, reservation: i64, how: &str) -> Play {
    s.call("ReservationStatusUpdate", json!({ "reservationId": reservation, "reservationUpdateStatus": how }))
        .await
        .map(drop)
}

cases! { "H" in BOTH;
    "TC_H_01_CSMS" "An EVSE is reserved and used" ["H01", "H03"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let reservation = reserve(s, &token, "Accepted", json!({})).await?;
        s.status(1, "Reserved").await?;
        used(s, &token, reservation, 1).await?;
    }
    "TC_H_07_CSMS" "A reservation runs out" ["H04"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let reservation = reserve(s, &token, "Accepted", json!({ "expiryDateTime": "?time +10" })).await?;
        s.status(1, "Reserved").await?;
        over(s, reservation, "Expired").await?;
        s.status(1, "Available").await?;
    }
    "TC_H_08_CSMS" "Any EVSE is reserved, as often as there are EVSEs" ["H01"] => |s| {
        s.ready().await?;
        let (token, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
        let any = json!({ "evseId": "?absent" });
        let first = reserve(s, &token, "Accepted", any.clone()).await?;
        let second = reserve(s, &other, "Accepted", any).await?;
        ensure(first != second, || "both reservations have one id".to_owned())?;
        s.all_status("Reserved").await?;
        used(s, &token, first, 1).await?;
    }
    "TC_H_14_CSMS" "Any EVSE is reserved, and none is free" ["H01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.all_status("Occupied").await?;
        reserve(s, &token, "Occupied", json!({ "evseId": "?absent" })).await?;
        s.heartbeat().await?;
    }
    "TC_H_15_CSMS" "A connector type is reserved" ["H01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let kind = s.value("connector_type", "cType2");
        let reservation = reserve(s, &token, "Accepted", json!({ "evseId": "?absent", "connectorType": kind })).await?;
        s.status(1, "Reserved").await?;
        used(s, &token, reservation, 1).await?;
    }
    "TC_H_17_CSMS" "A reservation is cancelled by its id" ["H02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let reservation = reserve(s, &token, "Accepted", json!({})).await?;
        s.status(1, "Reserved").await?;
        s.ask_status("CancelReservation", json!({ "reservationId": reservation }), "Accepted").await?;
        s.status(1, "Available").await?;
    }
    "TC_H_19_CSMS" "A reservation for a group, used by another token of it" ["H03"] => |s| {
        s.ready().await?;
        let (first, second) = (s.token(TokenKind::GroupA).await?, s.token(TokenKind::GroupB).await?);
        let group = json!({ "groupIdToken": { "idToken": s.group(), "type": "?text Central" } });
        let reservation = reserve(s, &first, "Accepted", group).await?;
        s.status(1, "Reserved").await?;
        used(s, &second, reservation, 1).await?;
    }
    "TC_H_20_CSMS" "A reserved EVSE has a fault: the reservation is removed" ["H01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let reservation = reserve(s, &token, "Accepted", json!({})).await?;
        s.status(1, "Reserved").await?;
        s.status(1, "Faulted").await?;
        over(s, reservation, "Removed").await?;
    }
    "TC_H_22_CSMS" "A reservation that the station refuses" ["H01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        reserve(s, &token, "Rejected", json!({})).await?;
        s.heartbeat().await?;
    }
}
