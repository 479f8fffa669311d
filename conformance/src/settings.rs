//! The configuration that a virtual station starts with: 1.6 keys, or 2.x variables as `Component.Variable` or
//! `Component.Variable[Instance]`.

use std::collections::BTreeMap;
use std::time::Duration;

use ocpp::Version;

use crate::options::Hardware;
use crate::state::State;
use crate::v2::display;

/// 1.6 keys that cannot be written.
const READ_ONLY_16: [&str; 5] = [
    "NumberOfConnectors",
    "SupportedFeatureProfiles",
    "GetConfigurationMaxKeys",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
];
/// 2.x variables that cannot be written.
const READ_ONLY_2: [&str; 11] = [
    "ChargingStation.Model",
    "ChargingStation.VendorName",
    "ChargingStation.AvailabilityState",
    "DeviceDataCtrlr.ItemsPerMessage",
    display::FORMATS,
    display::PRIORITIES,
    display::STATES,
    "LocalAuthListCtrlr.Entries",
    "TariffCostCtrlr.Available[Tariff]",
    "TariffCostCtrlr.ConditionsSupported[Tariff]",
    "TariffCostCtrlr.MaxElements[Tariff]",
];

/// The settings of a station that leaves the factory.
pub(crate) fn defaults(version: Version, hardware: &Hardware) -> BTreeMap<String, String> {
    let own = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let mut settings = match version {
        Version::V16 => own(&[
            ("AllowOfflineTxForUnknownId", "false"),
            ("AuthorizeRemoteTxRequests", "false"),
            ("ClockAlignedDataInterval", "0"),
            ("ConnectorPhaseRotation", "NotApplicable"),
            ("LocalAuthorizeOffline", "true"),
            ("LocalPreAuthorize", "false"),
            ("MeterValuesAlignedData", ""),
            ("ResetRetries", "1"),
            ("StopTransactionOnInvalidId", "true"),
            ("StopTxnAlignedData", ""),
            ("StopTxnSampledData", ""),
            ("TransactionMessageAttempts", "1"),
            ("TransactionMessageRetryInterval", "1"),
            ("UnlockConnectorOnEVSideDisconnect", "true"),
            ("ConnectionTimeOut", "60"),
            ("GetConfigurationMaxKeys", "50"),
            ("HeartbeatInterval", "300"),
            ("LocalAuthListMaxLength", "500"),
            ("MeterValueSampleInterval", "10"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import,SoC"),
            ("SendLocalListMaxLength", "100"),
            ("StopTransactionOnEVSideDisconnect", "true"),
            (
                "SupportedFeatureProfiles",
                "Core,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging",
            ),
            ("WebSocketPingInterval", "60"),
        ]),
        Version::V201 | Version::V21 => own(&[
            ("AuthCtrlr.AuthorizeRemoteStart", "false"),
            ("AuthCtrlr.LocalPreAuthorize", "false"),
            ("AuthCtrlr.OfflineTxForUnknownIdEnabled", "false"),
            ("ChargingStation.AvailabilityState", "Available"),
            ("DeviceDataCtrlr.ItemsPerMessage", "20"),
            (display::FORMATS, "ASCII,URI,UTF8"),
            (display::PRIORITIES, "AlwaysFront,InFront,NormalCycle"),
            ("LocalAuthListCtrlr.Entries", "0"),
            ("OCPPCommCtrlr.HeartbeatInterval", "300"),
            ("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", "1"),
            ("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", "1"),
            ("OCPPCommCtrlr.MessageTimeout", "30"),
            ("OCPPCommCtrlr.RetryBackOffRandomRange", "0"),
            ("OCPPCommCtrlr.RetryBackOffRepeatTimes", "3"),
            ("OCPPCommCtrlr.RetryBackOffWaitMinimum", "1"),
            ("OCPPCommCtrlr.WebSocketPingInterval", "60"),
            ("SampledDataCtrlr.TxUpdatedMeasurands", "Energy.Active.Import.Register,Power.Active.Import,SoC"),
            ("SampledDataCtrlr.TxUpdatedInterval", "10"),
            ("TxCtrlr.EVConnectionTimeOut", "60"),
            ("TxCtrlr.TxStartPoint", "PowerPathClosed"),
        ]),
    };
    if version == Version::V21 {
        settings.extend(own(&[
            (display::FORMATS, "ASCII,QRCODE,URI,UTF8"),
            (display::STATES, "Charging,Faulted,Idle,Unavailable"),
            ("TariffCostCtrlr.Available[Tariff]", "true"),
            ("TariffCostCtrlr.ConditionsSupported[Tariff]", "false"),
            ("TariffCostCtrlr.Currency", "EUR"),
            ("TariffCostCtrlr.Enabled[RunningCost]", "false"),
            ("TariffCostCtrlr.Enabled[Tariff]", "true"),
            ("TariffCostCtrlr.MaxElements[Tariff]", "20"),
        ]));
    }
    if version == Version::V16 {
        settings.insert("NumberOfConnectors".into(), hardware.evses.to_string());
    } else {
        settings.insert("ChargingStation.Model".into(), hardware.model.clone());
        settings.insert("ChargingStation.VendorName".into(), hardware.vendor.clone());
    }
    settings
}

/// Whether a value may take the place of another: a number that of a number, a truth that of a truth.
pub(crate) fn fits(old: &str, new: &str) -> bool {
    let truth = |text: &str| ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    (old.parse::<u32>().is_err() || new.parse::<u32>().is_ok()) && (!truth(old) || truth(new))
}

/// A setting that has one name in 1.6 and another in 2.x, as a number.
pub(crate) fn number(state: &State, old: &str, new: &str) -> Option<u32> {
    state.config.get(if state.is_16() { old } else { new })?.parse().ok()
}

/// The same, as a truth.
pub(crate) fn truth(state: &State, old: &str, new: &str) -> bool {
    let value = state.config.get(if state.is_16() { old } else { new });
    value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// How often a transaction message is tried, and the wait after the first try.
pub(crate) fn attempts(state: &State) -> (u32, Duration) {
    let number = |old, new| number(state, old, new).unwrap_or(1);
    let attempts = number("TransactionMessageAttempts", "OCPPCommCtrlr.MessageAttempts[TransactionEvent]");
    let interval =
        number("TransactionMessageRetryInterval", "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]");
    (attempts.max(1), Duration::from_secs(interval.into()))
}

/// Whether a setting can only be read.
pub(crate) fn is_read_only(version: Version, key: &str) -> bool {
    if version == Version::V16 { READ_ONLY_16.contains(&key) } else { READ_ONLY_2.contains(&key) }
}
