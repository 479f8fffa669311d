//! The local authorization list.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, difference, emptied, full, mismatch, outlives};
    crate::suite::case::cases! {
        Station; "LocalAuthListManagement" in &[Version::V16];
        "TC_043_4_CS" "A full list is taken, and its version is told" ["§5.15", "§5.10"] => |b| { full(b).await?; }
        "TC_043_5_CS" "A difference is taken, and its version is told" ["§5.15"] => |b| { difference(b).await?; }
        "WL_CS_LIST_01" "A difference that is not newer: VersionMismatch, and the version stays" ["§5.15"] => |b| { mismatch(b).await?; }
        "TC_042_2_CS" "A full list without entries empties the list" ["§5.15", "§5.10"] => |b| { emptied(b).await?; }
        "WL_CS_LIST_02" "The list outlives a reset" ["§5.15"] => |b| { outlives(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, difference, emptied, full, mismatch, outlives};
    crate::suite::case::cases! {
        Station; "D" in &[Version::V201, Version::V21];
        "TC_D_01_CS" "A full list is taken, and its version is told" ["D01", "D02"] => |b| { full(b).await?; }
        "TC_D_02_CS" "A difference is taken, and its version is told" ["D01"] => |b| { difference(b).await?; }
        "TC_D_06_CS" "A difference that is not newer: VersionMismatch, and the version stays" ["D01.FR.19"] => |b| { mismatch(b).await?; }
        "TC_D_04_CS" "A full list without entries empties the list" ["D01", "D02"] => |b| { emptied(b).await?; }
        "TC_D_07_CS" "The list outlives a reset" ["D01"] => |b| { outlives(b).await?; }
    }
}

async fn version(b: &mut Bed) -> Result<i64, Broken> {
    let answer = b.ask_feature("GetLocalListVersion", json!({})).await?;
    let place = if b.is_16() { "listVersion" } else { "versionNumber" };
    match answer[place].as_i64() {
        Some(-1) => Err(Broken::NotApplicable("the station has no local list (-1)".to_owned())),
        Some(number) => Ok(number),
        None => Err(Broken::fail(format!("the version of the list is {}", answer[place]))),
    }
}

/// Sends a list: the status.
async fn send(b: &mut Bed, version: i64, kind: &str, tokens: &[&str]) -> Result<String, Broken> {
    let entries: Vec<Value> = tokens
        .iter()
        .map(|token| match b.is_16() {
            true => json!({ "idTag": token, "idTagInfo": { "status": "Accepted" } }),
            false => json!({ "idToken": card(token), "idTokenInfo": { "status": "Accepted" } }),
        })
        .collect();
    let mut payload = match b.is_16() {
        true => json!({ "listVersion": version, "updateType": kind }),
        false => json!({ "versionNumber": version, "updateType": kind }),
    };
    if !entries.is_empty() {
        payload["localAuthorizationList"] = entries.into();
    }
    let answer = b.ask_feature("SendLocalList", payload).await?;
    match answer["status"].as_str().unwrap_or_default() {
        "NotSupported" => Err(Broken::NotApplicable("the station has no local list".to_owned())),
        status => Ok(status.to_owned()),
    }
}

async fn taken(b: &mut Bed, number: i64, kind: &str, tokens: &[&str]) -> Play {
    let status = send(b, number, kind, tokens).await?;
    ensure(status == "Accepted", || {
        format!("SendLocalList ({kind}, version {number}) is answered {status}")
    })?;
    let told = version(b).await?;
    // A list without entries may count as none.
    ensure(told == number || (tokens.is_empty() && told == 0), || {
        format!("the list has version {told}, though {number} was accepted")
    })
}

async fn full(b: &mut Bed) -> Play {
    let next = version(b).await?.max(0) + 1;
    taken(b, next, "Full", &["WLLIST1", "WLLIST2"]).await
}

async fn difference(b: &mut Bed) -> Play {
    let next = version(b).await?.max(0) + 1;
    taken(b, next, "Full", &["WLLIST1"]).await?;
    taken(b, next + 1, "Differential", &["WLLIST3"]).await
}

async fn mismatch(b: &mut Bed) -> Play {
    let next = version(b).await?.max(0) + 5;
    taken(b, next, "Full", &["WLLIST1"]).await?;
    for old in [next, next - 1] {
        let status = send(b, old, "Differential", &["WLLIST3"]).await?;
        ensure(status == "VersionMismatch", || {
            format!("a difference of version {old} on {next} is answered {status}")
        })?;
    }
    let told = version(b).await?;
    ensure(told == next, || {
        format!("the list has version {told} after a difference that was refused, not {next}")
    })
}

async fn emptied(b: &mut Bed) -> Play {
    let next = version(b).await?.max(0) + 1;
    taken(b, next, "Full", &["WLLIST1"]).await?;
    taken(b, next + 1, "Full", &[]).await
}

async fn outlives(b: &mut Bed) -> Play {
    let next = version(b).await?.max(0) + 1;
    taken(b, next, "Full", &["WLLIST1"]).await?;
    b.forget();
    b.reset(true, &["Accepted"]).await?;
    b.booted("after the reset").await?;
    let told = version(b).await?;
    ensure(told == next, || format!("after the reset the list has version {told}, not {next}"))
}
