//! Reports, customers and network profiles in 2.0.1 and 2.1.

use super::{Given, Unfit, Wire, invalid, monitors, object, some, unsupported, v2};
use crate::command::{
    AccessPoint, CertificateHash, ComponentState, CustomerInformation, NetworkProfile, PrivateNetwork, Report,
};
use ocpp::Version;
use serde_json::{Value, json};

pub(super) fn report(report: &Report, given: &Given) -> Result<Wire, Unfit> {
    if report.states.is_empty() && report.variables.is_empty() {
        return invalid("say which components or variables, or ask for the inventory");
    }
    if report.variables.len() > given.rooms.report {
        let most = given.rooms.report;
        return invalid(format!("the station reports on {most} variables at once; ask for fewer of them"));
    }
    let mut states: Vec<&str> = report.states.iter().map(state).collect();
    states.sort_unstable();
    states.dedup();
    Ok(Wire::new(
        "GetReport",
        object([
            ("requestId", Some(given.reference.into())),
            ("componentCriteria", (!states.is_empty()).then(|| json!(states))),
            ("componentVariable", monitors::places(&report.variables)?),
        ]),
    ))
}

fn state(state: &ComponentState) -> &'static str {
    match state {
        ComponentState::Active => "Active",
        ComponentState::Available => "Available",
        ComponentState::Enabled => "Enabled",
        ComponentState::Problem => "Problem",
    }
}

/// The hashes of a certificate, as the standard has them.
pub(super) fn hashes(of: &CertificateHash) -> Value {
    json!({
        "hashAlgorithm": of.hash_algorithm,
        "issuerNameHash": of.issuer_name_hash,
        "issuerKeyHash": of.issuer_key_hash,
        "serialNumber": of.serial_number,
    })
}

pub(super) fn customer(version: Version, ask: &CustomerInformation, given: &Given) -> Result<Wire, Unfit> {
    if !ask.report && !ask.clear {
        return invalid("say what is wanted: report, clear, or both");
    }
    let named = [ask.token.is_some(), ask.customer_identifier.is_some(), ask.certificate.is_some()];
    if named.into_iter().filter(|named| *named).count() != 1 {
        return invalid("name the customer in one way: by token, customer_identifier or certificate");
    }
    Ok(Wire::new(
        "CustomerInformation",
        object([
            ("requestId", Some(given.reference.into())),
            ("report", Some(json!(ask.report))),
            ("clear", Some(json!(ask.clear))),
            ("customerCertificate", ask.certificate.as_ref().map(hashes)),
            ("idToken", ask.token.as_ref().map(|token| v2::token(version, token))),
            ("customerIdentifier", some(ask.customer_identifier.as_deref())),
        ]),
    ))
}

pub(super) fn network(version: Version, profile: &NetworkProfile) -> Result<Wire, Unfit> {
    let secure = match profile.url.split_once("://") {
        Some(("wss", rest)) if !rest.is_empty() => true,
        Some(("ws", rest)) if !rest.is_empty() => false,
        _ => return invalid(format!("{:?} is no address of a CSMS: ws:// or wss://", profile.url)),
    };
    match profile.security_profile {
        0 | 1 if secure => {
            return invalid("security profiles 0 and 1 go without TLS: ws://, or profile 2 or 3");
        }
        2 | 3 if !secure => return invalid("security profiles 2 and 3 go by TLS: wss://"),
        0..=3 => {}
        other => return invalid(format!("security profile {other}: from 0 to 3")),
    }
    if profile.message_timeout_s == 0 {
        return invalid("message_timeout_s: a second at least");
    }
    if version == Version::V201 && (profile.identity.is_some() || profile.password.is_some()) {
        return unsupported("2.0.1 has no identity and password in network profiles; 2.1 has");
    }
    let ocpp = (version == Version::V201).then(|| json!("OCPP20"));
    let data = object([
        ("ocppVersion", ocpp),
        ("ocppTransport", Some(json!("JSON"))),
        ("ocppCsmsUrl", Some(json!(profile.url))),
        ("messageTimeout", Some(json!(profile.message_timeout_s))),
        ("securityProfile", Some(json!(profile.security_profile))),
        ("ocppInterface", Some(json!(profile.interface))),
        ("apn", profile.apn.as_ref().map(access_point)),
        ("vpn", profile.vpn.as_ref().map(private_network)),
        ("identity", some(profile.identity.as_deref())),
        ("basicAuthPassword", some(profile.password.as_deref())),
    ]);
    Ok(Wire::new("SetNetworkProfile", json!({"configurationSlot": profile.slot, "connectionData": data})))
}

fn access_point(apn: &AccessPoint) -> Value {
    object([
        ("apn", Some(json!(apn.apn))),
        ("apnAuthentication", Some(json!(apn.authentication))),
        ("apnUserName", some(apn.user.as_deref())),
        ("apnPassword", some(apn.password.as_deref())),
        ("simPin", some(apn.sim_pin)),
        ("preferredNetwork", some(apn.network.as_deref())),
        ("useOnlyPreferredNetwork", apn.only_this_network.then_some(Value::Bool(true))),
    ])
}

fn private_network(vpn: &PrivateNetwork) -> Value {
    object([
        ("server", Some(json!(vpn.server))),
        ("user", Some(json!(vpn.user))),
        ("password", Some(json!(vpn.password))),
        ("key", Some(json!(vpn.shared_secret))),
        ("type", Some(json!(vpn.kind))),
        ("group", some(vpn.group.as_deref())),
    ])
}
