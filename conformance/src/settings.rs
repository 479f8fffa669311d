//! The configuration that a virtual station starts with: 1.6 keys, or 2.x variables as `Component.Variable` or
//! `Component.Variable[Instance]`.

use std::collections::BTreeMap;

use ocpp::Version;

use crate::options::Hardware;

/// 1.6 keys that cannot be written.
const READ_ONLY_16: [&str; 5] = [
    "NumberOfConnectors",
    "SupportedFeatureProfiles",
    "GetConfigurationMaxKeys",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
];
/// 2.x variables that cannot be written.
const READ_ONLY_2: [&str; 8] = [
    "ChargingStation.Model",
    "ChargingStation.VendorName",
    "ChargingStation.AvailabilityState",
    "DeviceDataCtrlr.ItemsPerMessage",
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
            ("AuthorizeRemoteTxRequests", "false"),
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
            ("AuthCtrlr.LocalPreAuthorize", "false"),
            ("ChargingStation.AvailabilityState", "Available"),
            ("DeviceDataCtrlr.ItemsPerMessage", "20"),
            ("LocalAuthListCtrlr.Entries", "0"),
            ("OCPPCommCtrlr.HeartbeatInterval", "300"),
            ("OCPPCommCtrlr.MessageTimeout", "30"),
            ("OCPPCommCtrlr.WebSocketPingInterval", "60"),
            ("SampledDataCtrlr.TxUpdatedMeasurands", "Energy.Active.Import.Register,Power.Active.Import,SoC"),
            ("SampledDataCtrlr.TxUpdatedInterval", "10"),
            ("TxCtrlr.EVConnectionTimeOut", "60"),
            ("TxCtrlr.TxStartPoint", "PowerPathClosed"),
        ]),
    };
    if version == Version::V21 {
        settings.extend(own(&[
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

/// Whether a setting can only be read.
pub(crate) fn is_read_only(version: Version, key: &str) -> bool {
    if version == Version::V16 { READ_ONLY_16.contains(&key) } else { READ_ONLY_2.contains(&key) }
}
