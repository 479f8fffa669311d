//! One name for a setting whatever the version: where 1.6 has a configuration key for what 2.x has a variable for, each is known
//! by the other's name. Only settings that mean the same are here.

use crate::command::Name;

/// (1.6 key, component, variable, instance of the variable).
const SAME: &[(&str, &str, &str, &str)] = &[
    ("AdditionalRootCertificateCheck", "SecurityCtrlr", "AdditionalRootCertificateCheck", ""),
    ("AllowOfflineTxForUnknownId", "AuthCtrlr", "OfflineTxForUnknownIdEnabled", ""),
    ("AuthorizationCacheEnabled", "AuthCacheCtrlr", "Enabled", ""),
    ("AuthorizationKey", "SecurityCtrlr", "BasicAuthPassword", ""),
    ("AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart", ""),
    ("ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", ""),
    ("ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", ""),
    ("CpoName", "SecurityCtrlr", "OrganizationName", ""),
    ("HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", ""),
    ("LocalAuthListEnabled", "LocalAuthListCtrlr", "Enabled", ""),
    ("LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline", ""),
    ("LocalPreAuthorize", "AuthCtrlr", "LocalPreAuthorize", ""),
    ("MaxEnergyOnInvalidId", "TxCtrlr", "MaxEnergyOnInvalidId", ""),
    ("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval", ""),
    ("MeterValuesAlignedData", "AlignedDataCtrlr", "Measurands", ""),
    ("MeterValuesSampledData", "SampledDataCtrlr", "TxUpdatedMeasurands", ""),
    ("ResetRetries", "OCPPCommCtrlr", "ResetRetries", ""),
    ("SecurityProfile", "SecurityCtrlr", "SecurityProfile", ""),
    ("StopTransactionOnEVSideDisconnect", "TxCtrlr", "StopTxOnEVSideDisconnect", ""),
    ("StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId", ""),
    ("StopTxnAlignedData", "AlignedDataCtrlr", "TxEndedMeasurands", ""),
    ("StopTxnSampledData", "SampledDataCtrlr", "TxEndedMeasurands", ""),
    ("TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    ("TransactionMessageRetryInterval", "OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
    ("UnlockConnectorOnEVSideDisconnect", "OCPPCommCtrlr", "UnlockOnEVSideDisconnect", ""),
    ("WebSocketPingInterval", "OCPPCommCtrlr", "WebSocketPingInterval", ""),
];

/// The name that 2.x has, where there is one; else the name as it is.
pub fn canonical(name: &Name) -> Name {
    let plain = name.component.is_empty() && name.instance.is_empty() && name.evse.is_none();
    let same = SAME.iter().find(|(key, ..)| plain && key.eq_ignore_ascii_case(&name.name));
    let mut canonical = match same {
        Some((_, component, variable, instance)) => Name {
            component: (*component).to_owned(),
            name: (*variable).to_owned(),
            instance: (*instance).to_owned(),
            ..name.clone()
        },
        None => name.clone(),
    };
    if canonical.attribute == "Actual" {
        canonical.attribute.clear();
    }
    canonical
}

/// The configuration key that 1.6 has for a variable of 2.x.
pub(super) fn key_of(name: &Name) -> Option<&'static str> {
    let whole = name.component_instance.is_empty()
        && name.evse.is_none()
        && matches!(name.attribute.as_str(), "" | "Actual");
    let same = |(_, component, variable, instance): &&(&str, &str, &str, &str)| {
        name.component == *component && name.name == *variable && name.instance == *instance
    };
    SAME.iter().filter(|_| whole).find(same).map(|(key, ..)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_leads_from_the_key_to_the_variable_and_back() {
        for (key, component, variable, instance) in SAME {
            let old = Name { name: (*key).to_owned(), ..Name::default() };
            let new = canonical(&old);
            assert_eq!(
                (new.component.as_str(), new.name.as_str(), new.instance.as_str()),
                (*component, *variable, *instance)
            );
            assert_eq!((key_of(&new), canonical(&new)), (Some(*key), new), "{key}");
        }
        let vendors = Name { name: "Vendor.Light".into(), ..Name::default() };
        assert_eq!(canonical(&vendors), vendors);
        let target = Name {
            component: "OCPPCommCtrlr".into(),
            name: "HeartbeatInterval".into(),
            attribute: "Target".into(),
            ..Name::default()
        };
        assert_eq!(key_of(&target), None, "1.6 has no targets");
    }
}
