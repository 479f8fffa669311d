//! Settings of 1.6, and the authorization cache.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::ensure;
use crate::testbed::settings::{CONNECTORS, PROFILES, SAMPLE};

/// The keys of the Core profile that every station has (1.6 §9.1, without the optional ones).
const CORE: [&str; 21] = [
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
];

pub(super) mod old {
    use super::{CONNECTORS, CORE, PROFILES, SAMPLE, Version, ensure, json};
    crate::suite::case::cases! {
        Station; "Core" in &[Version::V16];
        "TC_019_1_CS" "All settings are told, and those that every station has are among them" ["§5.8", "§9.1"] => |b| {
            let answer = b.ask("GetConfiguration", json!({})).await?;
            let keys: Vec<&str> = answer["configurationKey"].as_array().into_iter().flatten().filter_map(|key| key["key"].as_str()).collect();
            let missing: Vec<&&str> = CORE.iter().filter(|key| !keys.contains(key)).collect();
            ensure(missing.is_empty(), || format!("these keys are missing: {missing:?}"))?;
        }
        "TC_019_2_CS" "One setting is asked for, and one is told" ["§5.8"] => |b| {
            let told = b.setting(&PROFILES).await?.unwrap_or_default();
            ensure(told.split(',').any(|name| name.trim() == "Core"), || format!("SupportedFeatureProfiles is {told:?}, without Core"))?;
        }
        "WL_CS_CONF_01" "A key that the station does not have is told as unknown" ["§5.8"] => |b| {
            let answer = b.ask("GetConfiguration", json!({ "key": ["NoSuchKey", "HeartbeatInterval"] })).await?;
            ensure(answer["unknownKey"] == json!(["NoSuchKey"]), || format!("unknownKey is {}", answer["unknownKey"]))?;
            let known = answer["configurationKey"].as_array().map_or(0, Vec::len);
            ensure(known == 1, || format!("one known key was asked for, {known} were told"))?;
        }
        "TC_021_CS" "A setting is changed, and reads back as it was set" ["§5.3"] => |b| {
            b.need(&SAMPLE, "61").await?;
            let told = b.setting(&SAMPLE).await?;
            ensure(told.as_deref() == Some("61"), || format!("MeterValueSampleInterval was set to 61 and reads {told:?}"))?;
        }
        "TC_040_1_CS" "A key that the station does not have cannot be set: NotSupported" ["§5.3"] => |b| {
            b.ask_status("ChangeConfiguration", json!({ "key": "NoSuchKey", "value": "1" }), &["NotSupported"]).await?;
        }
        "TC_040_2_CS" "A value that is none (-1, a word) is Rejected, and the old one stays" ["§5.3"] => |b| {
            let before = b.setting(&SAMPLE).await?;
            for value in ["-1", "often"] {
                b.ask_status("ChangeConfiguration", json!({ "key": "MeterValueSampleInterval", "value": value }), &["Rejected"]).await?;
            }
            let after = b.setting(&SAMPLE).await?;
            ensure(before == after, || format!("MeterValueSampleInterval was {before:?} and is {after:?}"))?;
        }
        "WL_CS_CONF_02" "A key that can only be read cannot be set: Rejected" ["§5.3"] => |b| {
            let before = b.setting(&CONNECTORS).await?;
            b.ask_status("ChangeConfiguration", json!({ "key": "NumberOfConnectors", "value": "9" }), &["Rejected"]).await?;
            let after = b.setting(&CONNECTORS).await?;
            ensure(before == after, || format!("NumberOfConnectors was {before:?} and is {after:?}"))?;
        }
        "TC_061_CS" "The authorization cache is cleared" ["§5.4"] => |b| {
            b.ask_status("ClearCache", json!({}), &["Accepted"]).await?;
        }
        "TC_064_CS" "DataTransfer of a vendor that the station does not know" ["§5.6"] => |b| {
            b.ask_status("DataTransfer", json!({ "vendorId": "org.example.nobody" }), &["UnknownVendorId", "Rejected"]).await?;
        }
    }
}
