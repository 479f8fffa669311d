//! How a station boots, and what it does until it is accepted.

use std::time::{Duration, Instant};

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Play, ensure};
use crate::suite::hook::Registration;
use crate::suite::stage::Reply;
use crate::testbed::bed::Bed;
use crate::testbed::book::instant;

/// Whatever a station may say of itself.
const NEWS: [&str; 7] = [
    "StatusNotification",
    "Heartbeat",
    "Authorize",
    "StartTransaction",
    "StopTransaction",
    "MeterValues",
    "TransactionEvent",
];

pub(super) mod old {
    use super::{Version, again, cold, follows_interval, pending, rejected, tells_time};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_001_CS" "A cold boot: BootNotification, then the status of each connector" ["§4.2", "§4.9"] => |b| { cold(b).await?; }
        "TC_002_CS" "A boot that is Pending: settings may be read, no remote start, nothing is told" ["§4.2"] => |b| { pending(b).await?; }
        "WL_CS_BOOT_01" "A boot that is Rejected: silence until the interval is over" ["§4.2"] => |b| { rejected(b).await?; }
        "WL_CS_BOOT_02" "A BootNotification without an answer, or with a CALLERROR, is sent again" ["§4.2"] => |b| { again(b).await?; }
        "WL_CS_BOOT_03" "Heartbeats follow the interval of the boot" ["§4.2", "§4.6"] => |b| { follows_interval(b).await?; }
        "WL_CS_BOOT_04" "The clock is set by the CSMS's answers" ["§4.2", "§4.6"] => |b| { tells_time(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, again, cold, follows_interval, pending, rejected, tells_time};
    crate::suite::case::cases! {
        Station; "B" in &[Version::V201, Version::V21];
        "TC_B_01_CS" "A cold boot: BootNotification with its reason, then the status of each connector" ["B01.FR.06", "B01"] => |b| { cold(b).await?; }
        "TC_B_02_CS" "A boot that is Pending: variables may be read, no remote start, nothing is told" ["B02.FR.01", "B02.FR.05"] => |b| { pending(b).await?; }
        "TC_B_03_CS" "A boot that is Rejected: silence until the interval is over" ["B03.FR.03", "B02.FR.08"] => |b| { rejected(b).await?; }
        "WL_CS_BOOT_02" "A BootNotification without an answer, or with a CALLERROR, is sent again" ["B01"] => |b| { again(b).await?; }
        "WL_CS_BOOT_03" "Heartbeats follow the interval of the boot" ["B01.FR.06", "G02"] => |b| { follows_interval(b).await?; }
        "WL_CS_BOOT_04" "The clock is set by the CSMS's answers" ["B01.FR.06", "J5.3"] => |b| { tells_time(b).await?; }
    }
}

async fn restarted(b: &mut Bed) -> Result<serde_json::Value, crate::suite::case::Broken> {
    let before = b.connections;
    b.reset(true, &["Accepted"]).await?;
    b.back_after(before, "after the reset").await?;
    b.forget();
    let boot = b.booted("after the reset").await?;
    let early: Vec<String> = b.heard_of(&NEWS).into_iter().map(|heard| heard.action).collect();
    ensure(early.is_empty(), || format!("{} came before BootNotification", early.join(", ")))?;
    Ok(boot)
}

async fn cold(b: &mut Bed) -> Play {
    let boot = restarted(b).await?;
    if !b.is_16() {
        let reason = boot["reason"].as_str().unwrap_or_default();
        ensure(reason == "RemoteReset", || {
            format!("the reason of the boot is {reason}, not RemoteReset (B11)")
        })?;
    }
    for evse in 1..=b.evses().await? {
        b.status(evse, &["Available", "Unavailable", "Preparing", "Occupied"], "after the boot").await?;
    }
    Ok(())
}

async fn pending(b: &mut Bed) -> Play {
    b.manners.registration = Registration::Pending;
    b.manners.interval = 3;
    restarted(b).await?;
    b.forget();
    b.setting(&crate::testbed::settings::HEARTBEAT).await?;
    let status = b.remote_start(1, 1, json!({})).await?;
    ensure(status == "Rejected", || {
        format!("a remote start while the boot is Pending is answered {status}")
    })?;
    let quiet = b.pace().quiet;
    b.never(&NEWS, quiet, "while the boot is Pending").await?;
    b.manners.registration = Registration::Accepted;
    let status = b.trigger("BootNotification", None).await;
    b.note(&format!("TriggerMessage of BootNotification: {status:?}"));
    b.booted("after it was asked for, or after the interval").await?;
    b.status(1, &["Available", "Unavailable", "Preparing", "Occupied"], "once the boot is accepted").await
}

async fn rejected(b: &mut Bed) -> Play {
    let interval = Duration::from_secs(2);
    b.manners.registration = Registration::Rejected;
    b.manners.interval = 2;
    restarted(b).await?;
    let began = Instant::now();
    b.forget();
    b.manners.registration = Registration::Accepted;
    b.booted("once the interval is over").await?;
    let waited = began.elapsed();
    ensure(waited + Duration::from_millis(300) >= interval, || {
        format!(
            "the next BootNotification came after {waited:?}, before the interval of {interval:?} was over"
        )
    })?;
    let early: Vec<String> = b.heard_of(&NEWS).into_iter().map(|heard| heard.action).collect();
    ensure(early.is_empty(), || format!("{} came before the boot was accepted", early.join(", ")))?;
    b.status(1, &["Available", "Unavailable", "Preparing", "Occupied"], "once the boot is accepted").await
}

async fn again(b: &mut Bed) -> Play {
    b.plan("BootNotification", vec![Reply::Fault("InternalError")]);
    restarted(b).await?;
    b.booted("after a CALLERROR").await?;
    b.status(1, &["Available", "Unavailable", "Preparing", "Occupied"], "once the boot is accepted").await
}

async fn follows_interval(b: &mut Bed) -> Play {
    let interval = Duration::from_secs(2);
    b.manners.interval = 2;
    restarted(b).await?;
    let patience = b.pace().follow_up + interval;
    b.expect_within("Heartbeat", json!({}), patience, "by the interval of the boot").await?;
    let began = Instant::now();
    b.expect_within("Heartbeat", json!({}), patience, "by the interval of the boot").await?;
    let gap = began.elapsed();
    ensure(gap >= interval / 2 && gap <= interval * 4, || {
        format!("heartbeats are {gap:?} apart, where the boot said {interval:?}")
    })?;
    // The usual interval again.
    b.manners.interval = 300;
    restarted(b).await.map(drop)
}

async fn tells_time(b: &mut Bed) -> Play {
    let told = b.triggered("StatusNotification", Some(1), json!({})).await?;
    if told.get("timestamp").is_none() {
        return Err(crate::suite::case::Broken::NotApplicable(
            "the station tells no time with a status".into(),
        ));
    }
    let at = instant(&told).map_err(crate::suite::case::Broken::fail)?;
    let off = (chrono::Utc::now() - at).num_seconds().abs();
    ensure(off <= 60, || format!("the station's clock is {off} s off the CSMS's"))
}
