//! Resets, with and without a transaction, and what outlives them.

use ocpp::Version;
use serde_json::Value;

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, busy, idle, persists, power_loss};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_013_CS" "Hard reset without a transaction" ["§5.14"] => |b| { idle(b, true).await?; }
        "TC_014_CS" "Soft reset without a transaction" ["§5.14"] => |b| { idle(b, false).await?; }
        "TC_015_CS" "Hard reset ends the transaction" ["§5.14"] => |b| { busy(b, true).await?; }
        "TC_016_CS" "Soft reset ends the transaction first" ["§5.14"] => |b| { busy(b, false).await?; }
        "WL_CS_RESET_01" "Out of service outlives a reset" ["§5.2"] => |b| { persists(b).await?; }
        "TC_032_1_CS" "Power loss in a transaction: after the boot, its end is told" ["§4.10", "§3.7"] => |b| { power_loss(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, busy, idle, on_idle, persists, power_loss};
    crate::suite::case::cases! {
        Station; "B" in &[Version::V201, Version::V21];
        "TC_B_20_CS" "Reset on idle without a transaction" ["B11"] => |b| { idle(b, false).await?; }
        "TC_B_21_CS" "Reset on idle waits for the end of the transaction" ["B12"] => |b| { on_idle(b).await?; }
        "TC_B_22_CS" "Immediate reset ends the transaction" ["B12"] => |b| { busy(b, true).await?; }
        "TC_B_23_CS" "Out of service outlives a reset" ["G04.FR.09", "B11"] => |b| { persists(b).await?; }
        "WL_CS_RESET_02" "Power loss in a transaction: after the boot it is ended, or goes on" ["E01", "E06"] => |b| { power_loss(b).await?; }
    }
}

/// In 2.x a boot tells its reason.
fn because(b: &Bed, boot: &Value, wanted: &[&str]) -> Play {
    let reason = boot["reason"].as_str().unwrap_or_default();
    ensure(b.is_16() || wanted.contains(&reason), || {
        format!("the reason of the boot is {reason}, not {}", wanted.join(" or "))
    })
}

async fn idle(b: &mut Bed, hard: bool) -> Play {
    b.forget();
    b.reset(hard, &["Accepted"]).await?;
    let boot = b.booted("after the reset").await?;
    because(b, &boot, &["RemoteReset"])?;
    b.status(1, &["Available", "Unavailable", "Preparing", "Occupied"], "after the boot").await
}

async fn busy(b: &mut Bed, hard: bool) -> Play {
    let tx = b.charging(1).await?;
    b.forget();
    b.reset(hard, &["Accepted"]).await?;
    let back = b.pace().back;
    let told = b.ended_within(&tx, back, "after the reset").await?;
    let told =
        told.ok_or_else(|| Broken::fail(format!("the end of transaction {} was never told", tx.id)))?;
    let kind: &[&str] = if hard { &["HardReset", "Other", "PowerLoss", "Reboot"] } else { &["SoftReset"] };
    b.reason(&told, kind, &["ImmediateReset"])?;
    let boot = b.booted("after the reset").await?;
    because(b, &boot, &["RemoteReset"])
}

async fn on_idle(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    b.forget();
    b.reset(false, &["Scheduled"]).await?;
    let quiet = b.pace().quiet;
    let early = b.ended_within(&tx, quiet, "").await?;
    ensure(early.is_none(), || "a reset on idle has ended the transaction".to_owned())?;
    ensure(b.heard_of(&["BootNotification"]).is_empty(), || {
        "the station did not wait for its transaction".to_owned()
    })?;
    b.stop(&tx).await?;
    if b.plugged.contains(&1) {
        b.unplug(1).await?;
    }
    let boot = b.booted("once the transaction has ended").await?;
    because(b, &boot, &["ScheduledReset", "RemoteReset"])
}

async fn persists(b: &mut Bed) -> Play {
    b.availability(0, false, &["Accepted"]).await?;
    let quiet = b.pace().quiet;
    b.listen(quiet).await?;
    b.forget();
    b.reset(true, &["Accepted"]).await?;
    b.booted("after the reset").await?;
    b.status(1, &["Unavailable"], "after the boot of a station that is out of service").await
}

async fn power_loss(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    b.forget();
    b.power_cycle().await?;
    b.booted("after the power came back").await?;
    let patience = b.pace().follow_up;
    match b.ended_within(&tx, patience, "after the power came back").await? {
        Some(told) => b.reason(&told, &["PowerLoss", "Reboot", "Other"], &["PowerLoss", "Reboot", "Other"]),
        // Then it goes on, and can be ended.
        None => b.stop(&tx).await.map(drop),
    }
}
