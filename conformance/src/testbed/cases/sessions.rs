//! Somebody charges: card and cable, in whatever order.

use std::time::Duration;

use ocpp::Version;

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;
use crate::testbed::sessions::Tx;
use crate::testbed::settings::PLUG_IN_WITHIN;

const FREE: [&str; 1] = ["Available"];
const TAKEN: [&str; 2] = ["Preparing", "Occupied"];
const ENDS: [&str; 4] = ["Available", "Finishing", "Occupied", "Preparing"];

pub(super) mod old {
    use super::{Version, cable_first, card_first, card_only, refused_card, refused_later, unplugged};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_003_CS" "A session: the cable, then the card; the card ends it" ["§4.1", "§4.8", "§4.10"] => |b| { cable_first(b).await?; }
        "TC_004_1_CS" "A session: the card, then the cable" ["§4.1", "§4.8"] => |b| { card_first(b).await?; }
        "TC_004_2_CS" "The card, and nobody plugs in: ConnectionTimeOut" ["§4.1", "§9.1.3"] => |b| { card_only(b).await?; }
        "TC_005_1_CS" "The car is unplugged: the session stops" ["§4.10"] => |b| { unplugged(b).await?; }
        "TC_023_1_CS" "A card that the CSMS calls Invalid may not charge" ["§4.1", "§7.2"] => |b| { refused_card(b, "Invalid").await?; }
        "TC_023_2_CS" "A card that the CSMS calls Expired may not charge" ["§4.1", "§7.2"] => |b| { refused_card(b, "Expired").await?; }
        "TC_023_3_CS" "A card that the CSMS calls Blocked may not charge" ["§4.1", "§7.2"] => |b| { refused_card(b, "Blocked").await?; }
        "WL_CS_AUTH_01" "A card that is refused in the answer to StartTransaction: the session is stopped, DeAuthorized" ["§4.8", "§9.1.26"] => |b| { refused_later(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, cable_first, card_first, card_only, refused_card, refused_later, unplugged};
    crate::suite::case::cases! {
        Station; "E" in &[Version::V201, Version::V21];
        "TC_E_03_CS" "A session: the cable, then the token; the token ends it" ["E02", "E07"] => |b| { cable_first(b).await?; }
        "TC_E_04_CS" "A session: the token, then the cable" ["E03"] => |b| { card_first(b).await?; }
        "TC_E_05_CS" "The token, and nobody plugs in: EVConnectionTimeOut" ["E03"] => |b| { card_only(b).await?; }
        "TC_E_20_CS" "The car is unplugged: the transaction ends" ["E06", "E09"] => |b| { unplugged(b).await?; }
        "TC_C_02_CS" "A token that the CSMS does not know may not charge" ["C01", "C06"] => |b| { refused_card(b, "Unknown").await?; }
        "TC_C_06_CS" "A token that the CSMS calls Blocked may not charge" ["C01", "C06"] => |b| { refused_card(b, "Blocked").await?; }
        "TC_C_07_CS" "A token that the CSMS calls Expired may not charge" ["C01", "C06"] => |b| { refused_card(b, "Expired").await?; }
        "TC_E_16_CS" "A token that is refused in the answer to a TransactionEvent: the transaction ends, DeAuthorized" ["E05"] => |b| { refused_later(b).await?; }
    }
}

/// The token of a start stands in it, or was asked about before.
fn named(b: &Bed, tx: &Tx) -> Play {
    let record = b.record(tx)?;
    let tokens =
        record.messages.iter().any(|(_, told)| told.get("idTag").is_some() || told.get("idToken").is_some());
    ensure(tokens, || format!("no message of transaction {} names the token", tx.id))
}

async fn cable_first(b: &mut Bed) -> Play {
    b.plug_in(1).await?;
    if !b.rig.claims("plugged-in") {
        b.status(1, &TAKEN, "after the cable was plugged in").await?;
    }
    b.present(1).await?;
    let tx = b.started(1, "after the card was presented").await?;
    named(b, &tx)?;
    b.present(1).await?;
    let told = b.ended(&tx, "after the card was presented again").await?;
    b.reason(&told, &["Local"], &["Local"])?;
    let named = if b.is_16() { told.get("idTag").is_some() } else { true };
    ensure(named, || "the stop by a card does not name it (§4.10)".to_owned())?;
    leave(b).await
}

/// The car leaves, and the connector is free.
async fn leave(b: &mut Bed) -> Play {
    if b.plugged.contains(&1) {
        b.unplug(1).await?;
    }
    if !b.rig.claims("plugged-in") {
        b.status(1, &FREE, "after the car has left").await?;
    }
    Ok(())
}

async fn card_first(b: &mut Bed) -> Play {
    if b.rig.claims("plugged-in") {
        return Err(Broken::NotApplicable(
            "a car is plugged in all the time (--feature plugged-in)".to_owned(),
        ));
    }
    b.present(1).await?;
    b.plug_in(1).await?;
    let tx = b.started(1, "after the cable was plugged in").await?;
    named(b, &tx)?;
    b.stop(&tx).await?;
    leave(b).await
}

async fn card_only(b: &mut Bed) -> Play {
    if b.rig.claims("plugged-in") {
        return Err(Broken::NotApplicable(
            "a car is plugged in all the time (--feature plugged-in)".to_owned(),
        ));
    }
    b.need(&PLUG_IN_WITHIN, "1").await?;
    b.present(1).await?;
    let patience = b.pace().quiet + Duration::from_secs(1);
    b.listen(patience).await?;
    let open = b.book.open();
    ensure(open.is_empty(), || format!("transaction {open:?} is open, though nobody plugged in in time"))?;
    b.plug_in(1).await?;
    let quiet = b.pace().quiet;
    b.listen(quiet).await?;
    let charges = b.started_within(1, Duration::from_millis(1), "").await.is_ok();
    ensure(!charges, || "the card that was presented too early still starts a transaction".to_owned())
}

async fn unplugged(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    b.forget();
    b.unplug(1).await?;
    let told = b.ended(&tx, "after the car was unplugged").await?;
    b.reason(&told, &["EVDisconnected"], &["EVDisconnected"])?;
    b.status(1, &ENDS, "after the car was unplugged").await
}

async fn refused_card(b: &mut Bed, status: &'static str) -> Play {
    b.manners.authorize = status;
    b.manners.transaction = status;
    b.plug_in(1).await?;
    b.present(1).await?;
    let patience = b.pace().follow_up;
    let asked = b.await_call("Authorize", &serde_json::json!({}), patience).await?;
    ensure(asked.is_ok(), || "the CSMS was not asked about the card".to_owned())?;
    let quiet = b.pace().quiet;
    b.listen(quiet).await?;
    let charges = b.started_within(1, Duration::from_millis(1), "").await.is_ok();
    ensure(!charges, || format!("a transaction runs, though the card is {status}"))
}

async fn refused_later(b: &mut Bed) -> Play {
    b.manners.transaction = "Invalid";
    b.plug_in(1).await?;
    b.present(1).await?;
    let patience = b.pace().follow_up;
    let deadline = tokio::time::Instant::now() + patience;
    let before = b.book.open();
    loop {
        let ended = b
            .heard_of(&["StopTransaction", "TransactionEvent"])
            .into_iter()
            .rev()
            .find(|heard| heard.action == "StopTransaction" || heard.payload["eventType"] == "Ended");
        if let Some(ended) = ended {
            return b.reason(&ended.payload, &["DeAuthorized"], &["DeAuthorized"]);
        }
        match tokio::time::timeout_at(deadline, b.event()).await {
            Ok(event) => drop(event?),
            Err(_) => {
                return Err(Broken::fail(format!(
                    "the transaction goes on ({before:?} before), though its token was refused (StopTxOnInvalidId)"
                )));
            }
        }
    }
}
