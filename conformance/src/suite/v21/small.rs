//! Blocks with one or two cases each.

/// F: remote control.
pub(crate) mod remote {
    use serde_json::json;

    use crate::suite::case::cases;
    use crate::suite::v21::ONLY;

    cases! { "F" in ONLY;
        "TC_F_100_CSMS" "A trigger of the vendor's own: NotImplemented is taken" ["F06"] => |s| {
            s.ready().await?;
            s.ask_status("TriggerMessage", json!({ "requestedMessage": "CustomTrigger",
                "customTrigger": "?text Something" }), "NotImplemented").await?;
            s.heartbeat().await?;
        }
    }
}

/// G: availability.
pub(crate) mod availability {
    use crate::suite::case::cases;
    use crate::suite::v21::ONLY;

    cases! { "G" in ONLY;
        "TC_G_01_CSMS" "Every status of a connector is taken" ["G01.FR.03"] => |s| {
            s.ready().await?;
            for status in ["Occupied", "Reserved", "Unavailable", "Faulted", "Available"] {
                s.status(1, status).await?;
            }
        }
    }
}

/// M: certificates.
pub(crate) mod certificates {
    use serde_json::{Value, json};

    use crate::suite::case::{cases, ensure};
    use crate::suite::certificates::ROOT;
    use crate::suite::v2::certificates::contract;
    use crate::suite::v21::ONLY;

    cases! { "M" in ONLY;
        "TC_M_100_CSMS" "ISO 15118-20: a car gets its contracts, one in each call" ["M01.FR.04", "M01.FR.07"] => |s| {
            let more = json!({ "iso15118SchemaVersion": "urn:iso:std:iso:15118:-20:CommonMessages",
                "maximumContractCertificateChains": 3 });
            let mut left = i64::MAX;
            while left > 0 {
                let answer = contract(s, "Install", more.clone()).await?;
                let remaining = answer.get("remainingContracts").and_then(Value::as_i64).unwrap_or_default();
                ensure(remaining < left, || format!("{remaining} contracts are left, as before (M01.FR.07)"))?;
                left = remaining;
            }
        }
        "TC_M_101_CSMS" "InstallCertificate: a car maker's root" ["M05"] => |s| {
            s.ready().await?;
            s.ask_status("InstallCertificate", json!({ "certificateType": "OEMRootCertificate",
                "certificate": format!("?text {ROOT}") }), "Accepted").await?;
            s.heartbeat().await?;
        }
    }
}

/// O: display messages.
pub(crate) mod display {
    use serde_json::json;

    use crate::suite::case::{cases, ensure};
    use crate::suite::hook::{TokenState, Wish};
    use crate::suite::v2::display::set;
    use crate::suite::v21::ONLY;

    cases! { "O" in ONLY;
        "TC_O_100_CSMS" "A message in a language that the station does not have" ["O01"] => |s| {
            s.ready().await?;
            set(s, "LanguageNotSupported", json!({ "message": { "language": "?text xx" } })).await?;
            s.heartbeat().await?;
        }
        "TC_O_101_CSMS" "A message in the driver's language" ["O02", "C01"] => |s| {
            s.ready().await?;
            let token = format!("WLLANG{}", s.slot);
            s.prepare_once(Wish::Token { token: token.clone(), token_type: "ISO14443".to_owned(),
                state: TokenState::Accepted, group: None, balance: None, language: Some("de".to_owned()) }).await?;
            let info = s.authorize(&token).await?;
            let language = info["language1"].as_str().unwrap_or("nothing").to_owned();
            ensure(language.starts_with("de"), || format!("language1 is {language} instead of de"))?;
            let mut tx = s.begin(1, &token).await?;
            let asked = set(s, "Accepted", json!({ "transactionId": tx.id, "message": { "language": "?text de",
                "content": "?text Willkommen" } })).await?;
            let language = asked["message"]["message"]["language"].as_str().unwrap_or_default().to_owned();
            ensure(language.starts_with("de"), || format!("the message is in {language} instead of de"))?;
            s.stop(&mut tx, &token).await?;
        }
    }
}

/// R: controls of the grid.
pub(crate) mod grid {
    use serde_json::json;

    use crate::suite::case::cases;
    use crate::suite::entry::now;
    use crate::suite::v21::ONLY;

    cases! { "R" in ONLY;
        "TC_R_107_CSMS" "Controls of the grid are cleared, set and read" ["R04"] => |s| {
            s.ready().await?;
            s.ask_status("ClearDERControl", json!({ "isDefault": true }), "Accepted").await?;
            let asked = s.ask_status("SetDERControl", json!({ "isDefault": true, "controlId": "?text WL-1",
                "controlType": "LimitMaxDischarge", "limitMaxDischarge": { "priority": "?int 1",
                "pctMaxDischargePower": "?num 50" } }), "Accepted").await?;
            let control = asked["controlId"].clone();
            let read = s.ask_status("GetDERControl", json!({ "requestId": "?int 1" }), "Accepted").await?;
            let id = s.request_id(&read)?;
            s.call("ReportDERControl", json!({ "requestId": id, "limitMaxDischarge": [{ "id": control,
                "isDefault": true, "isSuperseded": false, "limitMaxDischarge": asked["limitMaxDischarge"] }] })).await?;
        }
        "TC_R_108_CSMS" "A control of the grid begins, alarms and ends" ["R05", "R06"] => |s| {
            s.ready().await?;
            for started in [true, false] {
                s.call("NotifyDERStartStop", json!({ "controlId": "WL-1", "started": started, "timestamp": now() }))
                    .await?;
                s.call("NotifyDERAlarm", json!({ "controlType": "LVMustTrip", "gridEventFault": "UnderVoltage",
                    "alarmEnded": !started, "timestamp": now() })).await?;
            }
        }
    }
}

/// S: battery swap.
pub(crate) mod batteries {
    use serde_json::{Value, json};

    use crate::suite::asking::card;
    use crate::suite::case::{Play, cases};
    use crate::suite::stage::Stage;
    use crate::suite::v21::ONLY;

    async fn swapped(s: &mut Stage, event: &str, token: &str, request: &Value) -> Play {
        let battery = json!({ "evseId": 1, "serialNumber": "B-1", "soC": 20, "soH": 95 });
        s.call(
            "BatterySwap",
            json!({ "eventType": event, "idToken": card(token), "requestId": request,
            "batteryData": [battery] }),
        )
        .await
        .map(drop)
    }

    cases! { "S" in ONLY;
        "TC_S_102_CSMS" "A swap is asked for, and there is no battery" ["S02.FR.03"] => |s| {
            s.ready().await?;
            let token = s.valid().await?;
            s.ask("RequestBatterySwap", json!({ "idToken": card(&token), "requestId": "?int 1" }),
                json!({ "status": "Rejected", "statusInfo": { "reasonCode": "NoBatteryAvailable" } })).await?;
            s.heartbeat().await?;
        }
        "TC_S_103_CSMS" "A whole swap: asked for, one battery in, one out" ["S02", "S03"] => |s| {
            s.ready().await?;
            let token = s.valid().await?;
            let asked = s.ask_status("RequestBatterySwap", json!({ "idToken": card(&token), "requestId": "?int 1" }),
                "Accepted").await?;
            for event in ["BatteryIn", "BatteryOut"] {
                swapped(s, event, &token, &asked["requestId"]).await?;
            }
        }
    }
}
