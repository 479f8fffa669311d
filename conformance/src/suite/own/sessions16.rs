//! Sessions of 1.6 that are told twice, out of order, or with odd ids.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{cases, ensure};
use crate::suite::entry::{in_seconds, now};
use crate::suite::rig::TokenKind;
use crate::suite::verbs16::is;

cases! { "Sessions" in &[Version::V16];
    "WL_TX_01" "StartTransaction told twice, with another message id: the same transaction" ["§4.8", "MicroOcpp#237"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        s.status16(1, "Preparing").await?;
        let at = json!({ "timestamp": now() });
        let (first, info) = s.start16(1, &tag, at.clone()).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        let (second, info) = s.start16(1, &tag, at).await?;
        ensure(first == second, || format!("the same start got the ids {first} and {second}"))?;
        is(&info, "status", "Accepted", "the same StartTransaction again")?;
        s.end16(1, first, "Local", Some(&tag)).await?;
    }
    "WL_TX_02" "The connection ends before StartTransaction is answered: told again, it is one transaction" ["§3.7.1", "§4.8"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let start = json!({ "connectorId": 1, "idTag": tag, "meterStart": 1000, "timestamp": now() });
        s.begin_call("StartTransaction", start.clone()).await?;
        s.cut();
        s.connect().await?;
        let first = s.call("StartTransaction", start.clone()).await?;
        let second = s.call("StartTransaction", start).await?;
        ensure(first["transactionId"] == second["transactionId"], || {
            format!("the same start got the ids {} and {}", first["transactionId"], second["transactionId"])
        })?;
        let id = first["transactionId"].as_i64().unwrap_or_default();
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "WL_TX_03" "Two connectors at once: two transactions" ["§4.8", "seen in the field"] => |s| {
        s.ready().await?;
        let (tag, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
        let first = s.begin16(1, &tag).await?;
        let second = s.begin16(2, &other).await?;
        ensure(first != second, || format!("both connectors have the transaction {first}"))?;
        s.end16(1, first, "Local", Some(&tag)).await?;
        s.meter16(2, Some(second), 2000).await?;
        s.end16(2, second, "Local", Some(&other)).await?;
    }
    "WL_TX_04" "A transaction id is never given again" ["§4.8", "citrineos#172"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let id = s.begin16(1, &tag).await?;
            ensure(!seen.contains(&id), || format!("the id {id} was given twice"))?;
            seen.push(id);
            s.end16(1, id, "Local", Some(&tag)).await?;
        }
    }
    "WL_TX_05" "StopTransaction with an id that the CSMS never gave (-1, 0, another): taken" ["§4.10", "errata 3.18", "steve#292"] => |s| {
        s.ready().await?;
        for id in [-1, 0, 2_000_000_001] {
            s.stop16(id, "Local", None).await?;
        }
    }
    "WL_TX_06" "StopTransaction told twice: both are taken" ["§3.7.1", "§4.10"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        let first = s.stop16(id, "Local", Some(&tag)).await?;
        let second = s.stop16(id, "Local", Some(&tag)).await?;
        ensure(first["status"] == second["status"], || {
            format!("the same stop was answered {} and {}", first["status"], second["status"])
        })?;
        s.status16(1, "Available").await?;
    }
    "WL_TX_07" "A start on a connector whose last stop was lost: a new transaction" ["§4.8", "steve#94"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let lost = s.begin16(1, &tag).await?;
        s.cut();
        s.connect().await?;
        s.boot("PowerUp").await?;
        let (id, info) = s.start16(1, &tag, json!({ "meterStart": 3000 })).await?;
        ensure(id != lost, || format!("the new start got the id {id} of the one before"))?;
        is(&info, "status", "Accepted", "StartTransaction after a lost stop")?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "WL_TX_08" "Readings with the id of a transaction that is over, of none, and without: taken" ["§4.7", "errata 3.16"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
        for transaction in [Some(id), Some(0), Some(2_000_000_001), None] {
            s.meter16(1, transaction, 2600).await?;
        }
    }
    "WL_TX_09" "A tag is the same in small and in capital letters" ["§3.5", "§7.15"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        for spelled in [tag.to_lowercase(), tag.to_uppercase()] {
            s.admitted16(&spelled).await?;
        }
    }
    "WL_TX_10" "A meter that ran backwards: the stop is taken" ["§4.10", "steve#292"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let (id, _) = s.start16(1, &tag, json!({ "meterStart": 9000 })).await?;
        s.stop16(id, "Local", Some(&tag)).await?;
        s.status16(1, "Available").await?;
    }
    "WL_TX_11" "An old session is told late, while a new one runs" ["§3.7.1", "lbbrhzn/ocpp#2135"] => |s| {
        s.ready().await?;
        let (tag, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
        let running = s.begin16(1, &tag).await?;
        let (late, _) = s.start16(2, &other, json!({ "timestamp": in_seconds(-7200) })).await?;
        ensure(late != running, || format!("both sessions have the id {late}"))?;
        s.call("StopTransaction", json!({ "transactionId": late, "meterStop": 1800, "timestamp": in_seconds(-3600) }))
            .await?;
        s.meter16(1, Some(running), 2000).await?;
        s.end16(1, running, "Local", Some(&tag)).await?;
    }
}
