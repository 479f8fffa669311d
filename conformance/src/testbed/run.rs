//! Plays cases against a station, one after the other, and collects what came of them.

use std::time::{Duration, Instant};

use chrono::Utc;
use ocpp::Version;
use tokio::time::timeout;

use super::bed::Bed;
use super::desk::Desk;
use super::door::Door;
use crate::suite::case::{Broken, Case, Play, Side, Steps};
use crate::suite::rig::Rig;
use crate::suite::run::{Outcome, Summary, judged};

/// Waits so long for the station, then plays the cases that `choose` picks for its version; `met` hears who came, `done` of each
/// case as it ends.
///
/// # Errors
/// No station came in time.
pub async fn run(
    rig: Rig,
    mut door: Door,
    wait: Duration,
    choose: impl FnOnce(Version) -> Vec<&'static Case>,
    met: impl FnOnce(&str, Version, usize),
    done: impl Fn(&Outcome),
) -> Result<Summary, String> {
    let began = Instant::now();
    let arrival = match timeout(wait, door.arrivals.recv()).await {
        Ok(Some(arrival)) => arrival,
        Ok(None) | Err(_) => {
            let knocks = door.knocks_since(began);
            return Err(match knocks.last() {
                None => format!("no station came within {wait:?}"),
                Some(last) => format!(
                    "no station was let in within {wait:?}; the last one called itself {:?}, offered {:?} and got HTTP {}",
                    last.identity, last.offered, last.status
                ),
            });
        }
    };
    let (id, version) = (arrival.identity.clone(), arrival.version);
    door.expects(&id, version);
    let cases = choose(version);
    met(&id, version, cases.len());
    let (at, began) = (Utc::now(), Instant::now());
    let desk = Desk::open(door.ip()).await.map_err(|error| format!("no desk for files: {error}"))?;
    let mut bed = Bed::new(rig, door, desk, version, id);
    bed.take(arrival);
    settle(&mut bed).await;
    let mut outcomes = Vec::new();
    for case in cases {
        let outcome = play(&mut bed, case).await;
        done(&outcome);
        outcomes.push(outcome);
    }
    let subject = subject(&bed);
    Ok(Summary { side: Side::Station, subject, at, took: began.elapsed(), outcomes })
}

/// So long a station that has come may say nothing before it boots.
const SETTLES: Duration = Duration::from_secs(2);

/// Lets the station boot, or go on where it was, before the first case: until it is quiet for a while.
async fn settle(bed: &mut Bed) {
    bed.leaving = true;
    let end = tokio::time::Instant::now() + bed.pace().answer;
    loop {
        let quiet = (tokio::time::Instant::now() + bed.pace().quiet.max(SETTLES)).min(end);
        // What is broken here is broken in the cases too, where it counts.
        if tokio::time::timeout_at(quiet, bed.event()).await.is_err() {
            break;
        }
    }
    bed.book.early = false;
}

/// Plays one case.
async fn play(bed: &mut Bed, case: &'static Case) -> Outcome {
    let began = Instant::now();
    bed.begin_case();
    let ended = limited(bed, case).await;
    let patience = bed.pace().case;
    if timeout(patience, bed.tidy()).await.is_err() {
        bed.note("the station could not be put back as it was in time");
    }
    let (verdict, reason) = judged(ended);
    let trace = bed.take_trace();
    Outcome { case, version: bed.version, verdict, reason, took: began.elapsed(), trace }
}

async fn limited(bed: &mut Bed, case: &Case) -> Play {
    let Steps::Station(steps) = case.play else {
        return Err(Broken::inconclusive("it is for a CSMS under test: `csms conformance run` plays it"));
    };
    if !bed.is_online() {
        bed.leaving = true;
        let back = bed.back("before the case").await;
        bed.leaving = false;
        back.map_err(|_| Broken::inconclusive("the station is not connected"))?;
    }
    let person = bed.rig.operator.as_ref().is_some_and(|operator| operator.is_person());
    let patience = bed.pace().case + if person { bed.pace().operator * 5 } else { Duration::ZERO };
    match timeout(patience, steps(bed)).await {
        Ok(ended) => ended,
        Err(_) => Err(Broken::inconclusive(format!("not done after {patience:?}"))),
    }
}

/// The identity of the station, with what it said of itself.
fn subject(bed: &Bed) -> String {
    let Some(boot) = &bed.boot else { return bed.id.clone() };
    let about = &boot["chargingStation"];
    let words = [
        boot["chargePointVendor"].as_str().or_else(|| about["vendorName"].as_str()),
        boot["chargePointModel"].as_str().or_else(|| about["model"].as_str()),
        boot["firmwareVersion"].as_str().or_else(|| about["firmwareVersion"].as_str()),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    format!("{} ({})", bed.id, words.join(" "))
}
