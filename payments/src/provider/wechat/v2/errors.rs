//! Error codes of API v2. A code that is not known says nothing: only a query tells.

use crate::provider::{Call, RefusalKind};

/// `None`: it may have been done.
pub(super) fn kind(call: &Call<'_>, code: &str) -> Option<RefusalKind> {
    Some(match code {
        "ORDERNOTEXIST" | "REFUNDNOTEXIST" => RefusalKind::Absent,
        "ORDERPAID" => RefusalKind::Paid,
        "ORDERCLOSED" => RefusalKind::Closed,
        // The payer's money when paying, the merchant's when refunding: later there is some.
        "NOTENOUGH" if matches!(call, Call::Refund { .. }) => RefusalKind::Trouble,
        "NOTENOUGH" | "USER_ACCOUNT_ABNORMAL" | "TRADE_ERROR" | "RULELIMIT" => RefusalKind::Payer,
        "FREQUENCY_LIMITED" => RefusalKind::Trouble,
        "TRADE_OVERDUE" => RefusalKind::Unsupported,
        "NOAUTH" | "APPID_NOT_EXIST" | "MCHID_NOT_EXIST" | "APPID_MCHID_NOT_MATCH" | "SIGNERROR" => {
            RefusalKind::Access
        }
        "LACK_PARAMS"
        | "XML_FORMAT_ERROR"
        | "REQUIRE_POST_METHOD"
        | "POST_DATA_EMPTY"
        | "NOT_UTF8"
        | "INVALID_REQUEST"
        | "PARAM_ERROR"
        | "INVALID_TRANSACTIONID"
        | "INVALID_REQ_TOO_MUCH" => RefusalKind::Setup,
        _ => return None,
    })
}
