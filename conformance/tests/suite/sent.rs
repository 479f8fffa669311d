//! Defects in what is sent.

use serde_json::{Value, json};

/// Changes a payload that is sent, by action.
pub type Sent = fn(&str, &mut Value);

/// What is sent is wrong: the case, the defect, and a part of what is told.
pub const SENT: &[(&str, Sent, &str)] = &[
    // 1.6: a plain status, a key too many, a value of another kind, the other connector.
    ("TC_013_CSMS", |_, p| p["type"] = "Soft".into(), "/type is \"Soft\" instead of \"Hard\""),
    ("TC_017_1_CSMS", |_, p| p["connectorId"] = 2.into(), "/connectorId is 2 instead of 1"),
    ("TC_019_1_CSMS", |_, p| p["key"] = json!(["HeartbeatInterval"]), "names 1 keys"),
    ("TC_021_CSMS", |_, p| p["value"] = "61".into(), "/value is \"61\""),
    ("TC_012_CSMS", |_, p| p["transactionId"] = 77.into(), "/transactionId is 77"),
    ("TC_043_4_CSMS", |_, p| p["listVersion"] = 0.into(), "D01.FR.18"),
    ("TC_043_5_CSMS", |_, p| p["listVersion"] = 1.into(), "is not above"),
    (
        "TC_043_4_CSMS",
        |_, p| p["localAuthorizationList"][0]["idTag"] = "X".into(),
        "the list has the tag WLVALID",
    ),
    (
        "TC_043_5_CSMS",
        |_, p| {
            if p["updateType"] == "Differential" {
                p["localAuthorizationList"][0]["idTag"] = "X".into()
            }
        },
        "the list has the tag WLOTHER",
    ),
    (
        "TC_043_5_CSMS",
        |_, p| {
            if p["updateType"] == "Differential" {
                let mut twin = p["localAuthorizationList"][0].clone();
                twin["idTag"] = twin["idTag"].as_str().unwrap().replace("OTHER", "VALID").into();
                p["localAuthorizationList"].as_array_mut().unwrap().push(twin);
            }
        },
        "too, which is in the list already",
    ),
    ("TC_044_1_CSMS", |_, p| p["retrieveDate"] = "2026-13-45T00:00:00Z".into(), "breaks its schema"),
    (
        "TC_051_CSMS",
        |a, p| {
            if a == "CancelReservation" {
                p["reservationId"] = 99.into()
            }
        },
        "/reservationId is 99",
    ),
    ("TC_053_CSMS", |_, p| p["parentIdTag"] = "OTHER".into(), "/parentIdTag"),
    (
        "TC_054_CSMS",
        |_, p| {
            p.as_object_mut().unwrap().remove("connectorId");
        },
        "/connectorId is missing",
    ),
    ("TC_056_CSMS", |_, p| p["csChargingProfiles"]["chargingProfileKind"] = "Relative".into(), "K01.FR.41"),
    (
        "TC_057_CSMS",
        |_, p| {
            p["csChargingProfiles"].as_object_mut().unwrap().remove("transactionId");
        },
        "/transactionId is missing",
    ),
    ("TC_059_CSMS", |_, p| p["chargingProfile"]["transactionId"] = 5.into(), "has to be left out"),
    (
        "TC_067_CSMS",
        |a, p| {
            if a == "SetChargingProfile" {
                p["csChargingProfiles"]["chargingProfileId"] = 1.into()
            }
        },
        "have one id",
    ),
    ("TC_073_CSMS", |_, p| p["value"] = "abc".into(), "hexadecimal"),
    (
        "TC_074_CSMS",
        |a, p| {
            if a == "CertificateSigned" {
                p["certificateChain"] = "MIIB".into()
            }
        },
        "not PEM",
    ),
    (
        "TC_076_CSMS",
        |a, p| {
            if a == "DeleteCertificate" {
                p["certificateHashData"]["hashAlgorithm"] = "SHA512".into()
            }
        },
        "/hashAlgorithm",
    ),
    // 2.x: variables, reports, resets, network profiles.
    (
        "TC_B_06_CSMS",
        |_, p| p["getVariableData"][0]["attributeType"] = "Target".into(),
        "Target instead of Actual",
    ),
    (
        "TC_B_10_CSMS",
        |_, p| p["setVariableData"] = json!([p["setVariableData"][0], p["setVariableData"][0]]),
        "B05.FR.13",
    ),
    // A variable, or a monitor, is lost on the way; another one comes in its place.
    (
        "TC_B_08_CSMS",
        |_, p| {
            for item in p.get_mut("getVariableData").and_then(Value::as_array_mut).into_iter().flatten() {
                if item["variable"]["name"] == "Enabled" {
                    item["variable"]["name"] = "Available".into();
                }
            }
        },
        "no GetVariables within 5s with",
    ),
    (
        "TC_N_18_CSMS",
        |_, p| {
            for id in p.get_mut("id").and_then(Value::as_array_mut).into_iter().flatten() {
                if *id == 3 {
                    *id = 9.into();
                }
            }
        },
        "no ClearVariableMonitoring within 5s with 3",
    ),
    (
        "TC_A_09_CSMS",
        |_, p| p["setVariableData"][0]["attributeValue"] = "x".repeat(41).into(),
        "has 41 characters, but has to have 16 to 40",
    ),
    ("TC_B_12_CSMS", |_, p| p["requestId"] = (-1).into(), "/requestId is -1"),
    ("TC_B_20_CSMS", |_, p| p["evseId"] = 1.into(), "/evseId is 1, but has to be left out"),
    (
        "TC_B_25_CSMS",
        |_, p| {
            p.as_object_mut().unwrap().remove("evseId");
        },
        "/evseId is missing",
    ),
    ("TC_B_42_CSMS", |_, p| p["connectionData"]["ocppTransport"] = "SOAP".into(), "/ocppTransport"),
    (
        "TC_A_11_CSMS",
        |a, p| {
            if a == "CertificateSigned" {
                p["certificateType"] = "V2GCertificate".into()
            }
        },
        "instead of ChargingStationCertificate",
    ),
    (
        "TC_D_03_CSMS",
        |_, p| {
            if p["updateType"] == "Differential" {
                p["localAuthorizationList"][0]["idTokenInfo"] = json!({ "status": "Accepted" })
            }
        },
        "has to be left out",
    ),
    (
        "TC_D_01_CSMS",
        |_, p| p["localAuthorizationList"][0]["idToken"]["idToken"] = "X".into(),
        "the list has the token WLVALID",
    ),
    (
        "TC_D_02_CSMS",
        |_, p| {
            if p["updateType"] == "Differential" {
                p["localAuthorizationList"][0]["idToken"]["idToken"] = "X".into()
            }
        },
        "the list has the token WLOTHER",
    ),
    (
        "TC_D_02_CSMS",
        |_, p| {
            if p["updateType"] == "Differential" {
                let mut twin = p["localAuthorizationList"][0].clone();
                let other = twin["idToken"]["idToken"].as_str().unwrap().to_owned();
                twin["idToken"]["idToken"] = other.replace("OTHER", "VALID").into();
                p["localAuthorizationList"].as_array_mut().unwrap().push(twin);
            }
        },
        "too, which is in the list already",
    ),
    ("TC_D_04_CSMS", |_, p| p["versionNumber"] = 0.into(), "D01.FR.18"),
    ("TC_E_21_CSMS", |_, p| p["transactionId"] = "another".into(), "/transactionId"),
    ("TC_E_33_CSMS", |_, p| p["transactionId"] = "one".into(), "has to be left out"),
    ("TC_F_01_CSMS", |_, p| p["idToken"]["type"] = "Central".into(), "/idToken/type"),
    (
        "TC_F_23_CSMS",
        |_, p| {
            p["evse"].as_object_mut().unwrap().remove("connectorId");
        },
        "/connectorId is missing",
    ),
    ("TC_G_03_CSMS", |_, p| p["evse"]["connectorId"] = 1.into(), "has to be left out"),
    ("TC_G_05_CSMS", |_, p| p["operationalStatus"] = "Operative".into(), "/operationalStatus"),
    ("TC_H_08_CSMS", |_, p| p["id"] = 5.into(), "one id"),
    (
        "TC_H_19_CSMS",
        |_, p| {
            p.as_object_mut().unwrap().remove("groupIdToken");
        },
        "/groupIdToken is missing",
    ),
    (
        "TC_K_01_CSMS",
        |_, p| {
            p["chargingProfile"]["chargingSchedule"][0].as_object_mut().unwrap().remove("startSchedule");
        },
        "K01.FR.40",
    ),
    ("TC_K_03_CSMS", |_, p| p["evseId"] = 1.into(), "/evseId is 1 instead of 0"),
    (
        "TC_K_04_CSMS",
        |_, p| {
            if p["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 8.0 {
                p["chargingProfile"]["id"] = 5.into()
            }
        },
        "/id is 5",
    ),
    ("TC_K_08_CSMS", |_, p| p["chargingProfileId"] = 5.into(), "has to be left out"),
    ("TC_K_31_CSMS", |_, p| p["evseId"] = 0.into(), "has to be left out"),
    ("TC_K_70_CSMS", |_, p| p["chargingProfile"]["stackLevel"] = 0.into(), "have the stackLevel"),
    (
        "TC_L_01_CSMS",
        |_, p| {
            p["firmware"].as_object_mut().unwrap().remove("signature");
        },
        "/signature is missing",
    ),
    ("TC_L_17_CSMS", |_, p| p["checksum"] = "".into(), "/checksum"),
    ("TC_M_01_CSMS", |_, p| p["certificateType"] = "MORootCertificate".into(), "/certificateType"),
    ("TC_M_18_CSMS", |_, p| p["certificateType"] = json!(["MORootCertificate"]), "has to be left out"),
    (
        "TC_M_20_CSMS",
        |a, p| {
            if a == "DeleteCertificate" {
                p["certificateHashData"]["serialNumber"] = "1".into()
            }
        },
        "/serialNumber",
    ),
    ("TC_N_01_CSMS", |_, p| p["monitoringCriteria"] = json!(["PeriodicMonitoring"]), "/monitoringCriteria/0"),
    (
        "TC_N_09_CSMS",
        |_, p| p["setMonitoringData"] = json!([p["setMonitoringData"][0]]),
        "1 items instead of 2",
    ),
    ("TC_N_16_CSMS", |_, p| p["severity"] = 5.into(), "/severity"),
    ("TC_N_28_CSMS", |_, p| p["clear"] = true.into(), "/clear"),
    (
        "TC_N_46_CSMS",
        |_, p| {
            if p.get("versionNumber").is_some() {
                p["versionNumber"] = 1.into()
            }
        },
        "is not above",
    ),
    ("TC_O_02_CSMS", |_, p| p["id"] = json!([1]), "has to be left out"),
    (
        "TC_O_06_CSMS",
        |_, p| {
            p["message"].as_object_mut().unwrap().remove("transactionId");
        },
        "/transactionId is missing",
    ),
    ("TC_O_12_CSMS", |_, p| p["message"]["message"]["content"] = "same".into(), "the same as the first"),
    // 2.1.
    ("TC_B_103_CSMS", |_, p| p["type"] = "Immediate".into(), "/type"),
    (
        "TC_B_105_CSMS",
        |_, p| {
            p["setVariableData"].as_array_mut().unwrap().truncate(3);
        },
        "3 items instead of 4",
    ),
    (
        "TC_I_101_CSMS",
        |_, p| p["tariff"]["energy"] = json!({ "prices": [{ "priceKwh": 1 }] }),
        "startTimeOfDay",
    ),
    (
        "TC_I_106_CSMS",
        |a, p| {
            if a == "SetDefaultTariff" {
                p["tariff"]["tariffId"] = "X".into()
            }
        },
        "both tariffs",
    ),
    (
        "TC_K_106_CSMS",
        |_, p| p["chargingProfile"]["chargingSchedule"][0]["randomizedDelay"] = 0.into(),
        "random delay is 0",
    ),
    (
        "TC_K_109_CSMS",
        |_, p| {
            if p.get("chargingProfile").is_some() {
                p["chargingProfile"]["id"] = 5.into()
            }
        },
        "K01.FR.80",
    ),
    ("TC_N_102_CSMS", |_, p| p["log"]["remoteLocation"] = "ftp://a".into(), "is not http://"),
    (
        "TC_Q_108_CSMS",
        |_, p| p["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = 5.into(),
        "has to be left out",
    ),
    (
        "TC_Q_121_CSMS",
        |_, p| {
            if p.get("chargingProfile").is_some() {
                let period = &mut p["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0];
                if let Some(curve) = period.get_mut("v2xFreqWattCurve").and_then(Value::as_array_mut) {
                    curve.truncate(1);
                }
            }
        },
        "1 points",
    ),
];
