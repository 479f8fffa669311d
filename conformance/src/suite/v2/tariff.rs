//! I: costs.

use serde_json::json;

use super::BOTH;
use crate::suite::case::{cases, ensure};

cases! { "I" in BOTH;
    "TC_I_01_CSMS" "The cost so far is told while a transaction runs" ["I02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.keep("CostUpdated");
        let mut tx = s.begin(1, &token).await?;
        let more = json!({ "meterValue": crate::suite::verbs2::reading("Sample.Periodic", 6000) });
        let answer = s.tell(&mut tx, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        // Either way will do.
        if answer.get("totalCost").is_none() {
            s.expect_or_ask("CostUpdated", json!({ "transactionId": tx.id, "totalCost": "?num 2.45" }), json!({})).await?;
        }
        s.stop(&mut tx, &token).await?;
    }
    "TC_I_02_CSMS" "The final cost is in the answer to Ended" ["I03.FR.02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let answer = s.stop(&mut tx, &token).await?;
        ensure(answer.get("totalCost").is_some(), || {
            "the answer to Ended has no totalCost (I03.FR.02)".to_owned()
        })?;
    }
}
