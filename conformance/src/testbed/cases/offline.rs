//! The network is gone, and comes back.

use std::time::Duration;

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;
use crate::testbed::sessions::Tx;
use crate::testbed::settings::{OFFLINE_UNKNOWN, SAMPLE};

pub(super) mod old {
    use super::{Version, ends_offline, goes_on, refused_afterwards, starts_offline, whole};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_036_CS" "The network goes and comes in a transaction: nothing is lost, told twice, or told out of order" ["§3.7", "§3.7.1"] => |b| { goes_on(b).await?; }
        "TC_038_CS" "A transaction ends without a network: its end is told afterwards, with its time" ["§3.7.1", "§4.10"] => |b| { ends_offline(b).await?; }
        "TC_037_1_CS" "A transaction begins without a network: its start is told afterwards, with its time" ["§3.7.1", "§4.8"] => |b| { starts_offline(b).await?; }
        "TC_037_3_CS" "A start without a network by a tag that is Invalid afterwards: the transaction is stopped" ["§3.7.1", "§4.8"] => |b| { refused_afterwards(b).await?; }
        "TC_039_CS" "A whole transaction without a network is told afterwards" ["§3.7.1"] => |b| { whole(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, ends_offline, goes_on, refused_afterwards, starts_offline, whole};
    crate::suite::case::cases! {
        Station; "E" in &[Version::V201, Version::V21];
        "TC_E_40_CS" "The network goes and comes in a transaction: nothing is lost, told twice, or told out of order" ["E04", "E12.FR.02", "E01.FR.07"] => |b| { goes_on(b).await?; }
        "TC_E_44_CS" "A transaction ends without a network: its end is told afterwards, as offline" ["E08", "E12.FR.02"] => |b| { ends_offline(b).await?; }
        "WL_CS_OFFLINE_01" "A transaction begins without a network: its start is told afterwards, as offline" ["E04", "E12.FR.02"] => |b| { starts_offline(b).await?; }
        "WL_CS_OFFLINE_02" "A start without a network by a token that is Invalid afterwards: the transaction is ended" ["E04", "E05"] => |b| { refused_afterwards(b).await?; }
        "TC_E_43_CS" "A whole transaction without a network is told afterwards" ["E04", "E08", "E12.FR.02"] => |b| { whole(b).await?; }
    }
}

/// The network is gone for as long as it takes to be quiet, and a bit.
async fn gone(b: &mut Bed) -> Play {
    let time = b.pace().quiet.max(Duration::from_millis(1500));
    b.listen(time).await
}

async fn returns(b: &mut Bed) -> Play {
    b.forget();
    let before = b.connections;
    b.mend();
    b.back_after(before, "after the network came back").await
}

/// What of a transaction was told after the network came back, and happened before.
fn late(b: &Bed, tx: &Tx, back: chrono::DateTime<chrono::Utc>) -> Result<Vec<serde_json::Value>, Broken> {
    let record = b.record(tx)?;
    let since = |told: &serde_json::Value| {
        let at = told["timestamp"].as_str().or_else(|| told["meterValue"][0]["timestamp"].as_str());
        at.and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok()).is_some_and(|at| at < back)
    };
    Ok(record.messages.iter().map(|(_, told)| told.clone()).filter(since).collect())
}

async fn goes_on(b: &mut Bed) -> Play {
    b.need(&SAMPLE, "1").await?;
    let tx = b.charging(1).await?;
    let before = b.record(&tx)?.messages.len();
    b.cut();
    gone(b).await?;
    gone(b).await?;
    let back = chrono::Utc::now();
    returns(b).await?;
    let told = b.stop(&tx).await?;
    b.reason(&told, &["Remote"], &["Remote"])?;
    let queued: Vec<_> = late(b, &tx, back)?.into_iter().skip(before).collect();
    ensure(!queued.is_empty(), || {
        "no reading was taken while the network was gone, or it was not told".to_owned()
    })?;
    marked(b, &queued)
}

/// In 2.x, what happened without a network says so.
fn marked(b: &Bed, queued: &[serde_json::Value]) -> Play {
    let unmarked = queued.iter().filter(|told| told["offline"] != true).count();
    // One message may have been on its way when the network went.
    ensure(b.is_16() || unmarked <= 1, || {
        format!(
            "{unmarked} of {} messages from before the network came back are not marked offline (E12.FR.02)",
            queued.len()
        )
    })
}

async fn ends_offline(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    b.cut();
    // So that the station has seen it.
    gone(b).await?;
    b.unplug(1).await?;
    gone(b).await?;
    let back = chrono::Utc::now();
    returns(b).await?;
    let told = b.ended(&tx, "after the network came back").await?;
    at_its_time(&told, back)?;
    ensure(b.is_16() || told["offline"] == true, || "the end is not marked offline (E12.FR.02)".to_owned())
}

/// It happened before the network came back, and not long before: a case takes minutes at most.
fn at_its_time(told: &serde_json::Value, back: chrono::DateTime<chrono::Utc>) -> Play {
    let at = crate::testbed::book::instant(told).map_err(Broken::fail)?;
    let fits = at < back && at > back - chrono::TimeDelta::hours(1);
    ensure(fits, || format!("it happened shortly before {back}, and is told to have happened at {at}"))
}

/// Somebody charges without a network.
async fn begins(b: &mut Bed) -> Play {
    b.need(&OFFLINE_UNKNOWN, "true").await?;
    b.cut();
    gone(b).await?;
    b.plug_in(1).await?;
    b.present(1).await?;
    gone(b).await
}

async fn starts_offline(b: &mut Bed) -> Play {
    begins(b).await?;
    let back = chrono::Utc::now();
    returns(b).await?;
    let tx = b.started(1, "after the network came back").await?;
    let first = b.record(&tx)?.messages.first().map(|(_, told)| told.clone()).unwrap_or_default();
    at_its_time(&first, back)?;
    marked(b, &[first.clone(), first])?;
    b.stop(&tx).await.map(drop)
}

async fn refused_afterwards(b: &mut Bed) -> Play {
    begins(b).await?;
    b.manners.transaction = "Invalid";
    b.manners.authorize = "Invalid";
    returns(b).await?;
    let tx = b.started(1, "after the network came back").await?;
    let told = b.ended(&tx, "after its token was refused").await?;
    b.reason(&told, &["DeAuthorized"], &["DeAuthorized"])
}

async fn whole(b: &mut Bed) -> Play {
    begins(b).await?;
    b.unplug(1).await?;
    let back = chrono::Utc::now();
    returns(b).await?;
    let patience = b.pace().follow_up;
    let (action, template) = match b.is_16() {
        true => ("StopTransaction", json!({})),
        false => ("TransactionEvent", json!({ "eventType": "Ended" })),
    };
    let told = b.expect_within(action, template, patience, "after the network came back").await?;
    at_its_time(&told, back)?;
    ensure(b.is_16() || told["offline"] == true, || "the end is not marked offline (E12.FR.02)".to_owned())?;
    let open = b.book.open();
    ensure(open.is_empty(), || format!("transaction {open:?} is still open"))
}
