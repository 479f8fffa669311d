//! Reservations.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, ensure};
use crate::suite::entry::in_seconds;
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, cancelled, expires, occupied, strangers, unavailable, unknown};
    crate::suite::case::cases! {
        Station; "Reservation" in &[Version::V16];
        "TC_046_CS" "A reserved connector is kept for its token, which uses the reservation up" ["§5.13", "§4.8"] => |b| { strangers(b).await?; }
        "TC_047_CS" "A reservation runs out" ["§5.13"] => |b| { expires(b).await?; }
        "TC_048_2_CS" "A connector in use cannot be reserved: Occupied" ["§5.13"] => |b| { occupied(b).await?; }
        "TC_048_3_CS" "A connector out of service cannot be reserved: Unavailable" ["§5.13"] => |b| { unavailable(b).await?; }
        "TC_051_CS" "A reservation is cancelled" ["§5.2"] => |b| { cancelled(b).await?; }
        "TC_052_CS" "A reservation that the station does not have cannot be cancelled: Rejected" ["§5.2"] => |b| { unknown(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, cancelled, expires, occupied, strangers, unavailable, unknown};
    crate::suite::case::cases! {
        Station; "H" in &[Version::V201, Version::V21];
        "TC_H_01_CS" "A reserved EVSE is kept for its token, which uses the reservation up" ["H01", "H03"] => |b| { strangers(b).await?; }
        "TC_H_07_CS" "A reservation runs out, and that is told" ["H04"] => |b| { expires(b).await?; }
        "TC_H_04_CS" "An EVSE in use cannot be reserved: Occupied" ["H01"] => |b| { occupied(b).await?; }
        "TC_H_06_CS" "An EVSE out of service cannot be reserved: Unavailable" ["H01"] => |b| { unavailable(b).await?; }
        "TC_H_17_CS" "A reservation is cancelled" ["H02"] => |b| { cancelled(b).await?; }
        "TC_H_18_CS" "A reservation that the station does not have cannot be cancelled: Rejected" ["H02"] => |b| { unknown(b).await?; }
    }
}

async fn reserve(b: &mut Bed, id: i64, token: &str, seconds: i64) -> Result<String, Broken> {
    let payload = match b.is_16() {
        true => {
            json!({ "connectorId": 1, "expiryDate": in_seconds(seconds), "idTag": token, "reservationId": id })
        }
        false => {
            json!({ "id": id, "expiryDateTime": in_seconds(seconds), "idToken": card(token), "evseId": 1 })
        }
    };
    let answer = b.ask_feature("ReserveNow", payload).await?;
    Ok(answer["status"].as_str().unwrap_or_default().to_owned())
}

async fn reserved(b: &mut Bed, id: i64, token: &str, seconds: i64) -> Play {
    b.forget();
    let status = reserve(b, id, token, seconds).await?;
    if status == "Rejected" {
        return Err(Broken::NotApplicable("the station takes no reservations".to_owned()));
    }
    ensure(status == "Accepted", || format!("ReserveNow is answered {status}"))?;
    b.status(1, &["Reserved"], "after ReserveNow").await
}

async fn cancel(b: &mut Bed, id: i64, wanted: &[&str]) -> Result<Value, Broken> {
    b.ask_status("CancelReservation", json!({ "reservationId": id }), wanted).await
}

fn number() -> i64 {
    i64::from(rand::random::<u16>()) + 1
}

async fn strangers(b: &mut Bed) -> Play {
    let (id, own) = (number(), b.card());
    reserved(b, id, &own, 600).await?;
    let other = if b.is_16() {
        json!({ "idTag": "WLOTHER" })
    } else {
        json!({ "idToken": { "idToken": "WLOTHER" } })
    };
    let status = b.remote_start(1, 911, other).await?;
    ensure(status == "Rejected", || {
        format!("a remote start by another token on a reserved place is answered {status}")
    })?;
    b.plug_in(1).await?;
    let status = b.remote_start(1, 912, json!({})).await?;
    ensure(status == "Accepted", || {
        format!("a remote start by the token of the reservation is answered {status}")
    })?;
    let tx = b.started(1, "by the token of the reservation").await?;
    let record = b.record(&tx)?;
    let told = record.messages.iter().any(|(_, message)| message["reservationId"] == id);
    ensure(told, || format!("no message of the transaction names the reservation {id}"))?;
    b.stop(&tx).await?;
    cancel(b, id, &["Rejected"]).await.map(drop)
}

async fn expires(b: &mut Bed) -> Play {
    let id = number();
    reserved(b, id, "WLOTHER", 2).await?;
    b.status(1, &["Available"], "when the reservation had run out").await?;
    if !b.is_16() {
        let template = json!({ "reservationId": id, "reservationUpdateStatus": "Expired" });
        b.expect("ReservationStatusUpdate", template, "when the reservation had run out").await?;
    }
    cancel(b, id, &["Rejected"]).await.map(drop)
}

async fn occupied(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let status = reserve(b, number(), "WLOTHER", 600).await?;
    ensure(status == "Occupied", || format!("ReserveNow of a place in use is answered {status}"))?;
    b.stop(&tx).await.map(drop)
}

async fn unavailable(b: &mut Bed) -> Play {
    b.availability(1, false, &["Accepted"]).await?;
    let status = reserve(b, number(), "WLOTHER", 600).await?;
    ensure(status == "Unavailable", || format!("ReserveNow of a place out of service is answered {status}"))
}

async fn cancelled(b: &mut Bed) -> Play {
    let id = number();
    reserved(b, id, "WLOTHER", 600).await?;
    b.forget();
    cancel(b, id, &["Accepted"]).await?;
    b.status(1, &["Available"], "after the reservation was cancelled").await
}

async fn unknown(b: &mut Bed) -> Play {
    let id = number();
    reserved(b, id, "WLOTHER", 600).await?;
    cancel(b, id + 1, &["Rejected"]).await?;
    cancel(b, id, &["Accepted"]).await.map(drop)
}
