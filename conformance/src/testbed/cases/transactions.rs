//! What the messages of a transaction have to add up to.

use std::time::Duration;

use ocpp::Version;
use serde_json::Value;

use crate::suite::case::{Play, ensure};
use crate::suite::stage::Reply;
use crate::testbed::bed::Bed;
use crate::testbed::sessions::Tx;
use crate::testbed::settings::{ATTEMPT_INTERVAL, ATTEMPTS, SAMPLE};

pub(super) mod ours {
    use super::{
        ATTEMPT_INTERVAL, ATTEMPTS, Duration, Reply, SAMPLE, Version, ends, ensure, readings, retried,
    };
    crate::suite::case::cases! {
        Station; "Transactions" in &[Version::V16, Version::V201, Version::V21];
        "WL_CS_TX_01" "Readings come by the interval that was set, and the register does not fall" ["§4.7", "J02"] => |b| {
            b.need(&SAMPLE, "1").await?;
            let tx = b.charging(1).await?;
            let patience = b.pace().follow_up;
            let begun = std::time::Instant::now();
            while readings(b, &tx).len() < 3 && begun.elapsed() < patience {
                let step = b.pace().quiet / 4;
                b.listen(step).await?;
            }
            let at = readings(b, &tx);
            ensure(at.len() >= 3, || format!("{} periodic readings within {patience:?}, with an interval of 1 s", at.len()))?;
            for pair in at.windows(2) {
                let gap = (pair[1] - pair[0]).num_milliseconds();
                ensure((300..=4000).contains(&gap), || format!("two readings are {gap} ms apart, with an interval of 1 s"))?;
            }
            b.stop(&tx).await?;
        }
        "WL_CS_TX_02" "Begin and end have their readings" ["§4.8", "§4.10", "J02"] => |b| {
            let tx = b.charging(1).await?;
            b.stop(&tx).await?;
            ends(b, &tx)?;
        }
        "WL_CS_TX_03" "Two transactions have two ids, and each is told to its end" ["E01.FR.08", "§4.8"] => |b| {
            let first = b.charging(1).await?;
            b.stop(&first).await?;
            if b.plugged.contains(&1) {
                b.unplug(1).await?;
            }
            let second = b.charging(1).await?;
            ensure(first.id != second.id, || format!("both transactions are {}", first.id))?;
            b.stop(&second).await?;
        }
        "WL_CS_TX_04" "A transaction message that is answered with a CALLERROR is tried again, as often and as late as set" ["§3.7.1", "E13.FR.02", "E13.FR.03"] => |b| {
            b.need(&ATTEMPTS, "3").await?;
            b.need(&ATTEMPT_INTERVAL, "1").await?;
            b.plug_in(1).await?;
            let quiet = b.pace().quiet;
            b.listen(quiet).await?;
            b.forget();
            let action = if b.is_16() { "StartTransaction" } else { "TransactionEvent" };
            b.plan(action, vec![Reply::Fault("InternalError"), Reply::Fault("InternalError")]);
            b.remote_start(1, 4711, serde_json::json!({})).await?;
            let tx = retried(b, action).await?;
            b.stop(&tx).await?;
        }
        "WL_CS_TX_05" "The transaction of another connector is not touched" ["§3.8", "E01"] => |b| {
            if b.evses().await? < 2 {
                return Err(crate::suite::case::Broken::NotApplicable("the station has one EVSE (--value evses=N)".to_owned()));
            }
            let (first, second) = (b.charging(1).await?, b.charging(2).await?);
            b.stop(&first).await?;
            let still = b.ended_within(&second, Duration::from_millis(1), "").await?;
            ensure(still.is_none(), || "the transaction at EVSE 2 ended with that at EVSE 1".to_owned())?;
            b.stop(&second).await?;
        }
    }
}

/// When its periodic readings were taken.
fn readings(b: &Bed, tx: &Tx) -> Vec<chrono::DateTime<chrono::Utc>> {
    let Some(record) = b.book.record(&tx.id) else { return Vec::new() };
    record
        .readings
        .iter()
        .filter(|reading| reading.context == "Sample.Periodic")
        .map(|reading| reading.at)
        .collect()
}

/// The first and the last message have readings with their contexts; in 1.6 they are fields of their own.
fn ends(b: &Bed, tx: &Tx) -> Play {
    let record = b.record(tx)?;
    for wanted in ["Transaction.Begin", "Transaction.End"] {
        let there = record.readings.iter().any(|reading| reading.context == wanted);
        ensure(there, || format!("no reading of the energy register has the context {wanted}"))?;
    }
    Ok(())
}

/// The message comes three times in all, and later each time; then the transaction runs.
async fn retried(b: &mut Bed, action: &'static str) -> Result<Tx, crate::suite::case::Broken> {
    let patience = b.pace().follow_up;
    let mut at = Vec::new();
    let mut first: Option<Value> = None;
    while at.len() < 3 {
        let told = b.expect_within(action, serde_json::json!({}), patience, "after a CALLERROR").await?;
        if first.as_ref().is_none_or(|first| same_message(first, &told)) {
            at.push(std::time::Instant::now());
        }
        first.get_or_insert(told);
    }
    let slack = Duration::from_millis(250);
    for (number, pair) in (1_u32..).zip(at.windows(2)) {
        let (wait, wanted) = (pair[1] - pair[0], Duration::from_secs(1) * number);
        ensure(wait + slack >= wanted, || {
            format!("try {} came {wait:?} after the one before, not {wanted:?}", number + 1)
        })?;
    }
    b.started(1, "once its message was answered").await
}

/// Whether two messages are the same one, tried again.
fn same_message(a: &Value, b: &Value) -> bool {
    a["seqNo"] == b["seqNo"] && a["timestamp"] == b["timestamp"] && a["meterStart"] == b["meterStart"]
}
