//! Starts, stops and unlocks from afar.

use std::time::Duration;

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;
use crate::testbed::settings::{AUTHORIZE_REMOTE, PLUG_IN_WITHIN};

pub(super) mod old {
    use super::{
        Version, asks, busy, late, plugged, start_first, stop, stranger, unlock, unlock_busy, unlock_unknown,
        with_profile,
    };
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_010_CS" "A remote start with the cable plugged in" ["§5.11"] => |b| { plugged(b).await?; }
        "TC_011_1_CS" "A remote start, then the cable" ["§5.11"] => |b| { start_first(b).await?; }
        "TC_011_2_CS" "A remote start, and nobody plugs in: ConnectionTimeOut" ["§5.11", "§9.1.3"] => |b| { late(b).await?; }
        "TC_012_CS" "A remote stop ends the transaction, with the reason Remote" ["§5.12"] => |b| { stop(b).await?; }
        "TC_026_CS" "A remote start where a transaction runs is Rejected" ["§5.11"] => |b| { busy(b).await?; }
        "TC_028_CS" "A remote stop of a transaction that the station does not have is Rejected" ["§5.12"] => |b| { stranger(b).await?; }
        "WL_CS_REMOTE_01" "AuthorizeRemoteTxRequests: the CSMS is asked first, and its no is heeded" ["§5.11", "§9.1.2"] => |b| { asks(b).await?; }
        "TC_017_1_CS" "UnlockConnector without a transaction" ["§5.18"] => |b| { unlock(b).await?; }
        "TC_018_1_CS" "UnlockConnector ends the transaction" ["§5.18"] => |b| { unlock_busy(b).await?; }
        "TC_031_CS" "UnlockConnector of a connector that does not exist: NotSupported" ["§5.18"] => |b| { unlock_unknown(b).await?; }
        "TC_059_CS" "A remote start with a profile" ["§5.11", "§5.16"] => |b| { with_profile(b).await?; }
    }
}

pub(super) mod new {
    use super::{
        Version, asks, busy, late, plugged, start_first, stop, stranger, unlock, unlock_busy, unlock_unknown,
        with_profile,
    };
    crate::suite::case::cases! {
        Station; "F" in &[Version::V201, Version::V21];
        "TC_F_01_CS" "A remote start with the cable plugged in; its number stands in the transaction" ["F01.FR.25"] => |b| { plugged(b).await?; }
        "TC_F_02_CS" "AuthorizeRemoteStart: the CSMS is asked first, and its no is heeded" ["F01", "F02"] => |b| { asks(b).await?; }
        "TC_F_03_CS" "A remote start, then the cable" ["F02", "F01.FR.25"] => |b| { start_first(b).await?; }
        "TC_F_04_CS" "A remote start, and nobody plugs in: EVConnectionTimeOut" ["F02", "E03"] => |b| { late(b).await?; }
        "TC_F_08_CS" "A remote stop ends the transaction, with the reason Remote" ["F03"] => |b| { stop(b).await?; }
        "TC_F_09_CS" "A remote stop of a transaction that the station does not have is Rejected" ["F03.FR.08"] => |b| { stranger(b).await?; }
        "WL_CS_REMOTE_02" "A remote start where a transaction runs is Rejected" ["F01"] => |b| { busy(b).await?; }
        "TC_F_06_CS" "UnlockConnector without a transaction" ["F05"] => |b| { unlock(b).await?; }
        "TC_F_05_CS" "UnlockConnector with a transaction" ["F05"] => |b| { unlock_busy(b).await?; }
        "TC_F_10_CS" "UnlockConnector of a connector that does not exist: UnknownConnector" ["F05"] => |b| { unlock_unknown(b).await?; }
        "TC_K_37_CS" "A remote start with a profile" ["K05", "F01"] => |b| { with_profile(b).await?; }
    }
}

/// In 2.x a message of the transaction names the number of the remote start.
fn names(b: &Bed, tx: &crate::testbed::sessions::Tx, remote: i64) -> Play {
    if b.is_16() {
        return Ok(());
    }
    let record = b.record(tx)?;
    let told = record.messages.iter().any(|(_, event)| event["transactionInfo"]["remoteStartId"] == remote);
    ensure(told, || format!("no message of the transaction has the remoteStartId {remote} (F01.FR.25)"))
}

async fn plugged(b: &mut Bed) -> Play {
    b.plug_in(1).await?;
    let status = b.remote_start(1, 815, json!({})).await?;
    ensure(status == "Accepted", || format!("the remote start is answered {status}"))?;
    let tx = b.started(1, "after the remote start").await?;
    names(b, &tx, 815)?;
    b.stop(&tx).await.map(drop)
}

fn cable_is_free(b: &Bed) -> Play {
    match b.rig.claims("plugged-in") {
        true => {
            Err(Broken::NotApplicable("a car is plugged in all the time (--feature plugged-in)".to_owned()))
        }
        false => Ok(()),
    }
}

async fn start_first(b: &mut Bed) -> Play {
    cable_is_free(b)?;
    let status = b.remote_start(1, 816, json!({})).await?;
    ensure(status == "Accepted", || format!("the remote start is answered {status}"))?;
    b.plug_in(1).await?;
    let tx = b.started(1, "after the cable was plugged in").await?;
    names(b, &tx, 816)?;
    b.stop(&tx).await.map(drop)
}

async fn late(b: &mut Bed) -> Play {
    cable_is_free(b)?;
    b.need(&PLUG_IN_WITHIN, "1").await?;
    let status = b.remote_start(1, 817, json!({})).await?;
    ensure(status == "Accepted", || format!("the remote start is answered {status}"))?;
    let wait = Duration::from_secs(1) + b.pace().quiet.max(Duration::from_secs(2));
    b.listen(wait).await?;
    let open = b.book.open();
    ensure(open.is_empty(), || format!("transaction {open:?} is open, though nobody plugged in in time"))?;
    b.plug_in(1).await?;
    let quiet = b.pace().quiet;
    b.listen(quiet).await?;
    let charges = b.started_within(1, Duration::from_millis(1), "").await.is_ok();
    ensure(!charges, || "the remote start whose time is over still starts a transaction".to_owned())
}

async fn stop(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let told = b.stop(&tx).await?;
    b.reason(&told, &["Remote"], &["Remote"])
}

async fn busy(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let status = b.remote_start(1, 818, json!({})).await?;
    ensure(status == "Rejected", || format!("a second remote start at the same place is answered {status}"))?;
    b.stop(&tx).await.map(drop)
}

async fn stranger(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let unknown =
        if b.is_16() { "2000000001".to_owned() } else { format!("{}x", &tx.id[..tx.id.len().min(20)]) };
    let status = b.remote_stop(&unknown).await?;
    ensure(status == "Rejected", || {
        format!("a remote stop of a transaction that is not there is answered {status}")
    })?;
    let quiet = b.pace().quiet;
    let ended = b.ended_within(&tx, quiet, "").await?;
    ensure(ended.is_none(), || "a remote stop of another transaction has ended this one".to_owned())?;
    b.stop(&tx).await.map(drop)
}

async fn asks(b: &mut Bed) -> Play {
    b.need(&AUTHORIZE_REMOTE, "true").await?;
    b.plug_in(1).await?;
    b.forget();
    b.manners.authorize = "Invalid";
    let status = b.remote_start(1, 819, json!({})).await?;
    if status != "Rejected" {
        b.expect("Authorize", json!({}), "before a remote start, as the station is set to ask").await?;
        let quiet = b.pace().quiet;
        b.listen(quiet).await?;
        let charges = b.started_within(1, Duration::from_millis(1), "").await.is_ok();
        ensure(!charges, || {
            "a transaction runs, though the token of the remote start is Invalid".to_owned()
        })?;
    }
    b.manners.authorize = "Accepted";
    b.forget();
    let status = b.remote_start(1, 820, json!({})).await?;
    ensure(status == "Accepted", || format!("the remote start is answered {status}"))?;
    b.expect("Authorize", json!({}), "before a remote start, as the station is set to ask").await?;
    let tx = b.started(1, "after the token was accepted").await?;
    b.stop(&tx).await.map(drop)
}

fn place(b: &Bed, evse: i64) -> serde_json::Value {
    if b.is_16() { json!({ "connectorId": evse }) } else { json!({ "evseId": evse, "connectorId": 1 }) }
}

async fn unlock(b: &mut Bed) -> Play {
    let payload = place(b, 1);
    let answer = b.ask_feature("UnlockConnector", payload).await?;
    let status = answer["status"].as_str().unwrap_or_default();
    match status {
        "Unlocked" => Ok(()),
        "NotSupported" => Err(Broken::NotApplicable("the cable of the connector is fixed".to_owned())),
        _ => Err(Broken::fail(format!("UnlockConnector is answered {status}"))),
    }
}

async fn unlock_busy(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let payload = place(b, 1);
    let answer = b.ask_feature("UnlockConnector", payload).await?;
    let status = answer["status"].as_str().unwrap_or_default().to_owned();
    if status == "NotSupported" {
        return Err(Broken::NotApplicable("the cable of the connector is fixed".to_owned()));
    }
    if b.is_16() {
        ensure(status == "Unlocked", || format!("UnlockConnector is answered {status}"))?;
        let told = b.ended(&tx, "after UnlockConnector").await?;
        return b.reason(&told, &["UnlockCommand"], &[]);
    }
    ensure(status == "OngoingAuthorizedTransaction", || {
        format!("UnlockConnector during a transaction is answered {status} (F05)")
    })?;
    b.stop(&tx).await.map(drop)
}

async fn unlock_unknown(b: &mut Bed) -> Play {
    let payload = place(b, 99);
    let answer = b.ask_feature("UnlockConnector", payload).await?;
    let wanted = if b.is_16() { "NotSupported" } else { "UnknownConnector" };
    let status = &answer["status"];
    ensure(status == wanted, || format!("UnlockConnector of connector 99 is answered {status}, not {wanted}"))
}

async fn with_profile(b: &mut Bed) -> Play {
    b.plug_in(1).await?;
    b.profiled = true;
    let mut profile = crate::testbed::cases::profiles::profile(b, 7, "TxProfile", 6.0);
    profile["chargingProfileKind"] = "Relative".into();
    let more = match b.is_16() {
        true => {
            strip_start(&mut profile["chargingSchedule"]);
            json!({ "chargingProfile": profile })
        }
        false => {
            strip_start(&mut profile["chargingSchedule"][0]);
            json!({ "chargingProfile": profile })
        }
    };
    let status = b.remote_start(1, 821, more).await?;
    ensure(status == "Accepted", || format!("the remote start is answered {status}"))?;
    let tx = b.started(1, "after the remote start").await?;
    b.stop(&tx).await.map(drop)
}

/// A relative schedule has no start of its own.
fn strip_start(schedule: &mut serde_json::Value) {
    if let Some(fields) = schedule.as_object_mut() {
        fields.remove("startSchedule");
    }
}
