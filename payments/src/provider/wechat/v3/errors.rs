//! WeChat's error codes. Codes count; texts change and are only kept.

use crate::provider::{Refusal, RefusalKind, Response};
use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    code: String,
    #[serde(default)]
    message: String,
}

/// What an answer that is not 2xx says.
pub(super) enum Failure {
    /// Nothing was done.
    Refused(Refusal),
    /// It may have been done.
    Unknown(String),
}

/// Reads an answer that is not 2xx. `signed` if its signature was checked.
pub(super) fn read(response: &Response, signed: Result<(), String>) -> Failure {
    let body: Option<Body> = serde_json::from_slice(&response.body).ok();
    let status = response.status;
    let Some(Body { code, message }) = body else {
        return Failure::Unknown(format!("WeChat answered with status {status} and no error code"));
    };
    if !(400..500).contains(&status) {
        return Failure::Unknown(format!("WeChat answered with status {status}: {code:.60} {message:.200}"));
    }
    if let Err(doubt) = signed {
        // These are said before anything is done, and to those whose keys do not fit without a signature.
        return match status {
            401 | 403 => Failure::Refused(Refusal::new(RefusalKind::Access, code, &message)),
            429 => Failure::Refused(Refusal::new(RefusalKind::Trouble, code, &message)),
            _ => Failure::Unknown(format!("WeChat answered with status {status} ({code:.60}), but {doubt}")),
        };
    }
    match kind(status, &code) {
        Some(kind) => Failure::Refused(Refusal::new(kind, code, &message)),
        None => Failure::Unknown(format!(
            "WeChat says {code:.60}: {message:.200}. The order has to be asked after"
        )),
    }
}

/// `None`: an earlier call may have done it.
fn kind(status: u16, code: &str) -> Option<RefusalKind> {
    Some(match code {
        "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS" | "RESOURCE_NOT_EXIST" => {
            RefusalKind::Absent
        }
        "ORDERPAID" | "ORDER_PAID" => RefusalKind::Paid,
        "ORDER_CLOSED" | "ORDERCLOSED" | "ORDER_CANCELED" | "ORDER_REVOKED" => RefusalKind::Closed,
        // The number has been used, or the order has gone on: by us, perhaps.
        "OUT_TRADE_NO_USED" | "ORDER_EXISTS" | "INVALID_ORDER_STATE" | "ORDER_DONE" => return None,
        "SYSTEM_ERROR" | "SYSTEMERROR" | "BANK_ERROR" | "BANKERROR" => return None,
        // Not enough money on the merchant's side: later there is.
        "NOT_ENOUGH" | "NOTENOUGH" => RefusalKind::Trouble,
        "FREQUENCY_LIMITED" | "FREQUENCY_LIMIT_EXCEED" | "RATELIMIT_EXCEEDED" => RefusalKind::Trouble,
        "USER_ACCOUNT_ABNORMAL"
        | "ACCOUNT_ERROR"
        | "ACCOUNTERROR"
        | "RULE_LIMIT"
        | "RULELIMIT"
        | "USER_NOT_EXISTS"
        | "TRADE_ERROR" => RefusalKind::Payer,
        _ if status == 429 => RefusalKind::Trouble,
        "SIGN_ERROR" | "NO_AUTH" | "NOAUTH" | "APPID_MCHID_NOT_MATCH" | "MCH_NOT_EXISTS" => {
            RefusalKind::Access
        }
        _ if matches!(status, 401 | 403) => RefusalKind::Access,
        // PARAM_ERROR, INVALID_REQUEST, … and what is not known: final.
        _ => RefusalKind::Setup,
    })
}
