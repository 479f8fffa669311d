//! In service and out of it.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Play, ensure};
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, in_and_out, same_again, status_follows, waits};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "WL_CS_AVAIL_01" "A connector goes out of service and back, and says so" ["§5.2"] => |b| { in_and_out(b, 1).await?; }
        "WL_CS_AVAIL_02" "The station goes out of service and back, and says so" ["§5.2"] => |b| { in_and_out(b, 0).await?; }
        "WL_CS_AVAIL_03" "Out of service waits for the transaction: Scheduled, then Unavailable" ["§5.2"] => |b| { waits(b).await?; }
        "WL_CS_AVAIL_04" "What is already so is Accepted" ["§5.2"] => |b| { same_again(b).await?; }
        "WL_CS_AVAIL_05" "A cable is told when it comes and when it goes" ["§4.9"] => |b| { status_follows(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, in_and_out, same_again, status_follows, waits};
    crate::suite::case::cases! {
        Station; "G" in &[Version::V201, Version::V21];
        "TC_G_03_CS" "An EVSE goes out of service and back, and says so" ["G03"] => |b| { in_and_out(b, 1).await?; }
        "TC_G_05_CS" "The station goes out of service and back, and says so" ["G04"] => |b| { in_and_out(b, 0).await?; }
        "TC_G_11_CS" "Out of service waits for the transaction: Scheduled, then Unavailable" ["G03"] => |b| { waits(b).await?; }
        "TC_G_09_CS" "What is already so is Accepted" ["G03"] => |b| { same_again(b).await?; }
        "TC_G_01_CS" "A cable is told when it comes and when it goes" ["G01"] => |b| { status_follows(b).await?; }
    }
}

async fn in_and_out(b: &mut Bed, evse: i64) -> Play {
    b.forget();
    b.availability(evse, false, &["Accepted"]).await?;
    b.status(1, &["Unavailable"], "after it was taken out of service").await?;
    let status = b.remote_start(1, 901, json!({})).await?;
    ensure(status == "Rejected", || {
        format!("a remote start where nothing is in service is answered {status}")
    })?;
    b.availability(evse, true, &["Accepted"]).await?;
    b.status(1, &["Available", "Preparing", "Occupied"], "after it was put into service").await
}

async fn waits(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    b.forget();
    b.availability(1, false, &["Scheduled"]).await?;
    let quiet = b.pace().quiet;
    let ended = b.ended_within(&tx, quiet, "").await?;
    ensure(ended.is_none(), || "taking it out of service has ended the transaction".to_owned())?;
    b.stop(&tx).await?;
    if b.plugged.contains(&1) {
        b.unplug(1).await?;
    }
    b.status(1, &["Unavailable"], "once the transaction has ended").await
}

async fn same_again(b: &mut Bed) -> Play {
    b.availability(1, true, &["Accepted"]).await?;
    b.availability(1, false, &["Accepted"]).await?;
    b.availability(1, false, &["Accepted"]).await.map(drop)
}

async fn status_follows(b: &mut Bed) -> Play {
    if b.rig.claims("plugged-in") {
        return Err(crate::suite::case::Broken::NotApplicable("a car is plugged in all the time".to_owned()));
    }
    b.forget();
    b.plug_in(1).await?;
    b.status(1, &["Preparing", "Occupied"], "after the cable was plugged in").await?;
    b.unplug(1).await?;
    b.status(1, &["Available"], "after the cable was taken out").await
}
