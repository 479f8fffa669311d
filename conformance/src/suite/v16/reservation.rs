//! Reservations.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs16::is;

/// ReserveNow for a tag: the reservation's id.
async fn reserve(s: &mut Stage, connector: u32, tag: &str, status: &str, more: Value) -> Result<i64, Broken> {
    let mut template = json!({ "connectorId": connector, "idTag": tag, "expiryDate": "?time +300",
        "reservationId": "?int 1" });
    crate::suite::verbs2::merge(&mut template, more);
    let asked = s.ask_status("ReserveNow", template, status).await?;
    Ok(asked["reservationId"].as_i64().unwrap_or_default())
}

/// The station refuses a reservation for this reason.
async fn refuses(s: &mut Stage, status: &str, state: &str) -> Play {
    s.ready().await?;
    let tag = s.valid().await?;
    s.status16(1, state).await?;
    reserve(s, 1, &tag, status, json!({})).await?;
    s.status16(1, "Available").await
}

cases! { "Reservation" in &[Version::V16];
    "TC_046_CSMS" "A reserved connector, used by the tag it is kept for" ["§5.13", "§4.8"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let reservation = reserve(s, 1, &tag, "Accepted", json!({})).await?;
        s.status16(1, "Reserved").await?;
        s.admitted16(&tag).await?;
        s.status16(1, "Preparing").await?;
        let (id, info) = s.start16(1, &tag, json!({ "reservationId": reservation })).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        s.status16(1, "Charging").await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_047_CSMS" "A reservation that runs out" ["§5.13"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        reserve(s, 1, &tag, "Accepted", json!({ "expiryDate": "?time +10" })).await?;
        s.status16(1, "Reserved").await?;
        s.status16(1, "Available").await?;
        s.heartbeat().await?;
    }
    "TC_048_1_CSMS" "ReserveNow: Faulted" ["§5.13"] => |s| { refuses(s, "Faulted", "Faulted").await?; }
    "TC_048_2_CSMS" "ReserveNow: Occupied" ["§5.13"] => |s| { refuses(s, "Occupied", "Preparing").await?; }
    "TC_048_3_CSMS" "ReserveNow: Unavailable" ["§5.13"] => |s| { refuses(s, "Unavailable", "Unavailable").await?; }
    "TC_048_4_CSMS" "ReserveNow: Rejected" ["§5.13"] => |s| { refuses(s, "Rejected", "Available").await?; }
    "TC_049_CSMS" "The whole station is reserved: connector 0" ["§5.13"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let reservation = reserve(s, 0, &tag, "Accepted", json!({})).await?;
        s.status16(1, "Preparing").await?;
        let (id, info) = s.start16(1, &tag, json!({ "reservationId": reservation })).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_051_CSMS" "CancelReservation names the reservation" ["§5.2"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let reservation = reserve(s, 1, &tag, "Accepted", json!({})).await?;
        s.status16(1, "Reserved").await?;
        s.ask_status("CancelReservation", json!({ "reservationId": reservation }), "Accepted").await?;
        s.status16(1, "Available").await?;
    }
    "TC_052_CSMS" "CancelReservation of one that the station does not know: Rejected" ["§5.2"] => |s| {
        s.ready().await?;
        s.ask_status("CancelReservation", json!({ "reservationId": "?int 4711" }), "Rejected").await?;
        s.heartbeat().await?;
    }
    "TC_053_CSMS" "A reservation by group: another tag of the group may use it" ["§5.13", "§3.8"] => |s| {
        s.ready().await?;
        let (first, second) = (s.token(TokenKind::GroupA).await?, s.token(TokenKind::GroupB).await?);
        let group = s.group();
        let reservation = reserve(s, 1, &first, "Accepted", json!({ "parentIdTag": group })).await?;
        s.status16(1, "Reserved").await?;
        let info = s.authorize16(&second).await?;
        is(&info, "status", "Accepted", "Authorize of the second tag")?;
        let told = info.get("parentIdTag").and_then(Value::as_str).unwrap_or("nothing").to_owned();
        ensure(told == group, || format!("parentIdTag is {told} instead of {group}"))?;
        s.status16(1, "Preparing").await?;
        let (id, _) = s.start16(1, &second, json!({ "reservationId": reservation })).await?;
        s.end16(1, id, "Local", Some(&second)).await?;
    }
}
