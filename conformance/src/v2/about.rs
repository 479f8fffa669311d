//! OCPP 2.0.1 and 2.1: what a station knows of its customers, and how it shall reach a CSMS (use cases B09, N09, N10).

use serde_json::{Value, json};

use crate::clock::StationClock;
use crate::duties::Duty;
use crate::state::State;

/// Network profiles that are held at one time.
const SLOTS: i64 = 4;
/// The security profile that a station is at.
const PROFILE: &str = "SecurityCtrlr.SecurityProfile";

/// The answer to CustomerInformation, and what follows. A station knows how often a card has charged.
pub(crate) fn customer(
    state: &mut State,
    clock: &StationClock,
    payload: &Value,
) -> (&'static str, Vec<Duty>) {
    let named = ["idToken", "customerIdentifier", "customerCertificate"];
    if named.iter().all(|field| payload.get(field).is_none()) {
        return ("Invalid", Vec::new());
    }
    let token = payload["idToken"]["idToken"].as_str().unwrap_or_default();
    let known = state.customers.get(token).copied();
    let mut parts = vec![String::new()];
    if let Some(sessions) = known.filter(|_| payload["report"] == true) {
        parts = vec![format!("idToken: {token}"), format!("sessions: {sessions}")];
    }
    if payload["clear"] == true {
        state.customers.remove(token);
    }
    let count = parts.len();
    let send = |(n, data): (usize, String)| Duty::Send {
        action: "NotifyCustomerInformation".to_owned(),
        payload: json!({
            "data": data,
            "seqNo": n,
            "generatedAt": clock.now_text(),
            "requestId": payload["requestId"],
            "tbc": n + 1 < count,
        }),
    };
    ("Accepted", parts.into_iter().enumerate().map(send).collect())
}

/// The answer to SetNetworkProfile. A weaker protection than the present one is refused.
pub(crate) fn network(state: &mut State, payload: &Value) -> &'static str {
    let data = &payload["connectionData"];
    let has = state.config.get(PROFILE).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let slot = payload["configurationSlot"].as_i64().unwrap_or(-1);
    let is_address = data["ocppCsmsUrl"].as_str().is_some_and(|url| url.starts_with("ws"));
    let is_stronger = data["securityProfile"].as_i64().is_some_and(|profile| profile >= has);
    if !(0..SLOTS).contains(&slot) || !is_address || !is_stronger {
        return "Rejected";
    }
    state.networks.insert(slot, data.clone());
    "Accepted"
}
