//! Alipay's codes, by who has to do something about them.

use super::{envelope::clip, facts::Words};
use crate::provider::{Refusal, RefusalKind};

/// How a call went.
#[derive(Debug, PartialEq)]
pub(super) enum Went {
    /// Done.
    Well,
    /// Under way: the payer has to do something, or Alipay has.
    Waits,
    No(Refusal),
    /// Nobody knows.
    Unknown(String),
}

/// How the call went that an answer is to.
pub(super) fn went(said: &Words) -> Went {
    let (code, sub) = (said.get("code"), sub(said));
    let text = if said.get("sub_msg").is_empty() { said.get("msg") } else { said.get("sub_msg") };
    let unknown =
        || Went::Unknown(format!("Alipay does not know either: {code} {} {}", clip(sub), clip(text)));
    let no = |kind| {
        let finer = if sub.is_empty() { code } else { sub };
        Went::No(Refusal::new(kind, finer, &with_advice(sub, text)))
    };
    match code {
        "10000" => Went::Well,
        "10003" => Went::Waits,
        "40004" if is_unknown(sub) => unknown(),
        "40004" => no(kind(sub)),
        "40005" => no(RefusalKind::Trouble),
        "40006" | "20001" => no(RefusalKind::Access),
        "40001" | "40002" if is_access(sub) => no(RefusalKind::Access),
        "40001" | "40002" | "40003" => no(RefusalKind::Setup),
        _ => unknown(),
    }
}

/// The finer code, without the name of the system it is from.
pub(super) fn sub(said: &Words) -> &str {
    let sub = said.get("sub_code");
    sub.strip_prefix("ACQ.").or_else(|| sub.strip_prefix("aop.ACQ.")).unwrap_or(sub)
}

/// Was something done? Alipay cannot say.
fn is_unknown(sub: &str) -> bool {
    matches!(
        sub,
        "SYSTEM_ERROR"
            | "AOP_SYSTEM_ERROR"
            | "isp.unknow-error"
            | "isp.unknown-error"
            | "isp.service-unavailable"
            | "REQUEST_PROCESSING"
            | "REFUND_PROCESSING"
            | "UNKNOW_ERROR"
    )
}

/// Does it say that our key, app or authorisation does not fit?
fn is_access(sub: &str) -> bool {
    let about = ["signature", "app-id", "token", "cert", "permission", "encrypt-key"];
    sub.starts_with("isv.") && about.iter().any(|word| sub.contains(word))
}

fn kind(sub: &str) -> RefusalKind {
    match sub {
        "TRADE_NOT_EXIST" | "ORDER_NOT_EXIST" | "AUTH_ORDER_NOT_EXIST" | "AUTH_OPERATION_NOT_EXIST" => {
            RefusalKind::Absent
        }
        "TRADE_HAS_SUCCESS" => RefusalKind::Paid,
        "TRADE_HAS_CLOSE"
        | "TRADE_HAS_CLOSED"
        | "TRADE_HAS_FINISHED"
        | "TRADE_STATUS_ERROR"
        | "REASON_TRADE_STATUS_INVALID"
        | "ORDER_ALREADY_CLOSED"
        | "ORDER_ALREADY_FINISH"
        | "AUTH_ORDER_HAS_CLOSED"
        | "AUTH_ORDER_HAS_FINISHED" => RefusalKind::Closed,
        "BUYER_BALANCE_NOT_ENOUGH"
        | "BUYER_BANKCARD_BALANCE_NOT_ENOUGH"
        | "ERROR_BALANCE_PAYMENT_DISABLE"
        | "NO_PAYMENT_INSTRUMENTS_AVAILABLE"
        | "BUYER_ENABLE_STATUS_FORBID"
        | "BUYER_NOT_EXIST"
        | "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"
        | "BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR"
        | "BUYER_SELLER_EQUAL"
        | "EXIST_FORBIDDEN_WORD"
        | "PAYER_NOT_EXIST"
        | "PAYER_BALANCE_NOT_ENOUGH"
        | "PAYER_UNCERTIFIED"
        | "PAYMENT_FAIL"
        | "PAYMENT_REQUEST_HAS_RISK"
        | "USER_FACE_PAYMENT_SWITCH_OFF"
        | "USER_LOGON" => RefusalKind::Payer,
        "isv.app-call-limited" | "isp.call-limited" | "REQUEST_LIMITED" => RefusalKind::Trouble,
        // Not enough money on the merchant's side: later there is.
        "SELLER_BALANCE_NOT_ENOUGH" => RefusalKind::Trouble,
        "ACCESS_FORBIDDEN" => RefusalKind::Access,
        sub if is_access(sub) => RefusalKind::Access,
        "PRODUCT_NOT_SUPPORT" | "NOT_SUPPORT_PAYMENT_INST" => RefusalKind::Unsupported,
        _ => RefusalKind::Setup,
    }
}

/// What to do about the commonest mistakes of settings.
fn with_advice(sub: &str, said: &str) -> String {
    let advice = match sub {
        "isv.invalid-signature" => "is private_key the one whose public key the app has at open.alipay.com?",
        "isv.invalid-app-id" => "app_id and gateway do not belong together (sandbox or not)",
        "isv.missing-signature-key" => "upload the app's public key at open.alipay.com",
        "isv.insufficient-isv-permissions" | "ACCESS_FORBIDDEN" => {
            "sign the contract for this product at b.alipay.com"
        }
        "SELLER_BALANCE_NOT_ENOUGH" => {
            "put money into the merchant's balance: the refund is asked for again by itself"
        }
        "isv.app-auth-token-invalid" => "have the merchant authorise the app again and set app_auth_token",
        _ => return said.to_owned(),
    };
    format!("{said} ({advice})")
}
