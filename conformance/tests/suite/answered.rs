//! Defects in what is answered.

use std::sync::atomic::{AtomicI64, Ordering};

use conformance::responder::Seen;
use serde_json::{Value, json};

/// Costs something else each time.
static COSTS: AtomicI64 = AtomicI64::new(1);

/// Changes an answer; null is none at all.
pub type Answered = fn(&Seen, &mut Value);

/// What is answered is wrong.
pub const ANSWERED: &[(&str, Answered, &str)] = &[
    (
        "TC_001_CSMS",
        |s, a| {
            if s.action == "BootNotification" {
                a["status"] = "Pending".into()
            }
        },
        "Pending, not Accepted",
    ),
    (
        "TC_003_CSMS",
        |s, a| {
            if s.action == "StartTransaction" {
                a["transactionId"] = 0.into()
            }
        },
        "transaction id is 0",
    ),
    (
        "TC_007_CSMS",
        |s, a| {
            if s.action == "StartTransaction" {
                a["idTagInfo"]["status"] = "ConcurrentTx".into()
            }
        },
        "ConcurrentTx",
    ),
    (
        "TC_023_1_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTagInfo"]["status"] = "Blocked".into()
            }
        },
        "Blocked instead of Invalid",
    ),
    (
        "TC_023_2_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTagInfo"]["status"] = "Invalid".into()
            }
        },
        "Invalid instead of Expired",
    ),
    (
        "TC_037_3_CSMS",
        |s, a| {
            if s.action == "StartTransaction" {
                a["idTagInfo"]["status"] = "Accepted".into()
            }
        },
        "Accepted instead of Invalid",
    ),
    (
        "TC_039_CSMS",
        |s, a| {
            if s.action == "StopTransaction" {
                a["idTagInfo"]["status"] = "Invalid".into()
            }
        },
        "not Accepted",
    ),
    (
        "TC_053_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTagInfo"].as_object_mut().unwrap().remove("parentIdTag");
            }
        },
        "parentIdTag is nothing",
    ),
    (
        "TC_064_CSMS",
        |s, a| {
            if s.action == "DataTransfer" {
                a["status"] = "Accepted".into()
            }
        },
        "Accepted instead of UnknownVendorId",
    ),
    (
        "TC_C_02_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTokenInfo"]["status"] = "Accepted".into()
            }
        },
        "Accepted instead of",
    ),
    (
        "TC_C_08_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a.as_object_mut().unwrap().remove("idTokenInfo");
            }
        },
        "status nothing",
    ),
    (
        "TC_C_39_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a["idTokenInfo"].as_object_mut().map(|f| f.remove("groupIdToken"));
            }
        },
        "C09.FR.12",
    ),
    (
        "TC_C_47_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTokenInfo"]["groupIdToken"] = json!({ "idToken": "X", "type": "Central" })
            }
        },
        "names the group X",
    ),
    (
        "TC_E_16_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a["idTokenInfo"] = json!({ "status": "Accepted" })
            }
        },
        "Accepted instead of Invalid",
    ),
    (
        "TC_I_02_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a.as_object_mut().unwrap().remove("totalCost");
            }
        },
        "I03.FR.02",
    ),
    (
        "TC_J_01_CSMS",
        |s, a| {
            if s.action == "MeterValues" {
                a["status"] = "Accepted".into()
            }
        },
        "breaks its schema",
    ),
    (
        "TC_K_53_CSMS",
        |s, a| {
            if s.action == "NotifyEVChargingNeeds" {
                a["status"] = "Rejected".into()
            }
        },
        "Rejected instead of Accepted",
    ),
    (
        "TC_K_55_CSMS",
        |s, a| {
            if s.action == "NotifyEVChargingSchedule" {
                a["status"] = "Accepted".into()
            }
        },
        "Accepted instead of Rejected",
    ),
    (
        "TC_N_24_CSMS",
        |s, a| {
            if s.action == "NotifyEvent" {
                a["customData"] = json!({})
            }
        },
        "breaks its schema",
    ),
    (
        "TC_P_03_CSMS",
        |s, a| {
            if s.payload.get("customData").is_some() {
                *a = Value::Null
            }
        },
        "no answer to Authorize",
    ),
    (
        "TC_A_11_CSMS",
        |s, a| {
            if s.action == "SignCertificate" {
                a["status"] = "Rejected".into()
            }
        },
        "Rejected instead of Accepted",
    ),
    (
        "TC_C_103_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTokenInfo"].as_object_mut().unwrap().remove("cacheExpiryDateTime");
            }
        },
        "C17.FR.02",
    ),
    (
        "TC_C_104_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["idTokenInfo"]["status"] = "Accepted".into()
            }
        },
        "instead of NoCredit",
    ),
    (
        "TC_C_108_CSMS",
        |s, a| {
            if s.action == "VatNumberValidation" {
                a.as_object_mut().unwrap().remove("evseId");
            }
        },
        "does not echo",
    ),
    (
        "TC_C_113_CSMS",
        |s, a| {
            if s.payload["eventType"] == "Ended" {
                a["totalCost"] = 5.into()
            }
        },
        "instead of 0",
    ),
    (
        "TC_C_118_CSMS",
        |s, a| {
            if s.action == "NotifySettlement" {
                *a = json!({})
            }
        },
        "no receiptUrl",
    ),
    (
        "TC_C_125_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a.as_object_mut().unwrap().remove("transactionLimit");
            }
        },
        "transactionLimit.maxCost",
    ),
    (
        "TC_E_106_CSMS",
        |s, a| {
            if s.payload["triggerReason"] == "LimitSet" {
                a["transactionLimit"] = json!({ "maxEnergy": 9_999 })
            }
        },
        "E16.FR.08",
    ),
    (
        "TC_E_109_CSMS",
        |s, a| {
            if s.action == "TransactionEvent" {
                a.as_object_mut().unwrap().remove("totalCost");
            }
        },
        "E16.FR.11",
    ),
    (
        "TC_I_109_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["tariff"]["energy"]["taxRates"] = json!([{ "type": "vat", "tax": 19 }])
            }
        },
        "is taxed",
    ),
    (
        "TC_Q_102_CSMS",
        |s, a| {
            if s.action == "Authorize" {
                a["allowedEnergyTransfer"] = json!(["AC_BPT"])
            }
        },
        "nothing is known",
    ),
    (
        "TC_K_121_CSMS",
        |s, a| {
            if s.action == "PullDynamicScheduleUpdate" {
                a.as_object_mut().unwrap().remove("scheduleUpdate");
            }
        },
        "no values",
    ),
    (
        "WL_TX_21",
        |s, a| {
            if s.payload["eventType"] == "Ended" {
                a["totalCost"] = COSTS.fetch_add(1, Ordering::Relaxed).into()
            }
        },
        "Ended, told again after what was queued: totalCost is",
    ),
    (
        "WL_TX_22",
        |s, a| {
            if s.payload["eventType"] == "Ended" {
                a["totalCost"] = COSTS.fetch_add(1, Ordering::Relaxed).into()
            }
        },
        "Ended, told twice: totalCost is",
    ),
    (
        "WL_TX_24",
        |s, a| {
            if s.action == "TransactionEvent" {
                a["idTokenInfo"] = json!({ "status": "Invalid" })
            }
        },
        "Invalid instead of Accepted",
    ),
    (
        "WL_TX_27",
        |s, a| {
            if s.payload["idToken"]["idToken"].as_str().is_some_and(|t| t.chars().any(char::is_lowercase)) {
                a["idTokenInfo"]["status"] = "Unknown".into()
            }
        },
        "Unknown instead of Accepted",
    ),
    (
        "WL_CONN_08",
        |s, a| {
            if s.action == "Heartbeat" {
                a["currentTime"] = "2026-01-02T03:04:05+02:00".into()
            }
        },
        "is not UTC",
    ),
];
