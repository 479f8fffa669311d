//! Holds on credit: made, taken, released.

use super::*;
use crate::provider::{PaymentState, RefusalKind};
use serde_json::json;

const QUERY: &str = "alipay_fund_auth_operation_detail_query_response";

fn hold(rest: &str, paid: &str) -> Value {
    json!({"code": "10000", "out_order_no": "A1B2C3D4E5F6", "auth_no": "2023111510002001", "status": "SUCCESS",
           "operation_type": "FREEZE", "amount": "50.00", "total_freeze_amount": "50.00", "rest_amount": rest,
           "total_pay_amount": paid, "payer_user_id": "2088123456789012", "gmt_trans": "2023-11-15 06:14:00"})
}

fn no(sub: &str) -> Value {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": sub})
}

#[test]
fn a_hold_opens_by_a_link_or_a_code() {
    let open = |code: &str| {
        let content = json!({"code": "10000", "out_order_no": "A1B2C3D4E5F6", "code_type": "qrcode", "code_value": code});
        answered(
            &Call::Open(&attempt(Method::Score)),
            "alipay_fund_auth_order_voucher_create_response",
            &content,
        )
    };
    let opened = |next| Answer::Told(Told::Opened { reference: None, charge: None, next });
    assert_eq!(
        open("https://qr.alipay.com/fpx1"),
        opened(Next::Redirect { url: "https://qr.alipay.com/fpx1".to_owned() })
    );
    assert_eq!(open("28763443"), opened(Next::ShowCode { text: "28763443".to_owned() }));
    assert!(unknown(open("")).contains("how to pay"));
}

#[test]
fn what_is_left_and_what_was_paid_tell_how_a_hold_stands() {
    let attempt = attempt(Method::Score);
    let stands = |content: &Value| payment(answered(&Call::Query(&attempt), QUERY, content));
    insta::assert_json_snapshot!(stands(&hold("50.00", "0.00")));
    let taken = stands(&hold("0.00", "32.19"));
    assert_eq!(
        (taken.state, taken.taken, taken.amount),
        (PaymentState::Taken, Some(yuan(3_219)), Some(yuan(5_000)))
    );
    assert_eq!(stands(&hold("0.00", "0.00")).state, PaymentState::Released);
    assert_eq!(stands(&hold("", "")).state, PaymentState::Waiting, "nothing is concluded");
    let with = |status: &str| {
        let mut content = hold("0.00", "0.00");
        content["status"] = json!(status);
        stands(&content).state
    };
    assert_eq!(with("INIT"), PaymentState::Waiting);
    assert_eq!(with("PROCESSING"), PaymentState::Waiting);
    assert_eq!(with("CLOSED"), PaymentState::Closed);
    assert!(matches!(with("FAIL"), PaymentState::Failed { .. }));
    assert_eq!(
        payment(answered(&Call::Query(&attempt), QUERY, &no("AUTH_ORDER_NOT_EXIST"))).state,
        PaymentState::Absent
    );
    let mut other = hold("50.01", "0.00");
    other["amount"] = json!("50.01");
    assert!(unknown(answered(&Call::Query(&attempt), QUERY, &other)).contains("the amount"));
    let mut without = hold("50.00", "0.00");
    without["amount"] = json!("");
    without["total_freeze_amount"] = json!("");
    assert!(unknown(answered(&Call::Query(&attempt), QUERY, &without)).contains("no amount"));
}

#[test]
fn what_was_taken_must_be_what_was_asked_for() {
    let attempt = held();
    let call = Call::Capture { attempt: &attempt, amount: yuan(3_219), key: "k" };
    let node = "alipay_trade_pay_response";
    let paid = |total: &str| json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6", "trade_no": "2023", "total_amount": total});
    let fact = payment(answered(&call, node, &paid("32.19")));
    assert_eq!((fact.state, fact.taken), (PaymentState::Taken, Some(yuan(3_219))));
    assert_eq!((fact.reference, fact.charge), (None, attempt.charge.clone()));
    assert!(unknown(answered(&call, node, &paid("50.00"))).contains("50.00 CNY was taken where 32.19 CNY"));
    unknown(answered(&call, node, &paid("")));
    assert!(unknown(answered(&call, node, &json!({"code": "10003"}))).contains("still taking"));
    let again = then(answered(&call, node, &no("ACQ.TRADE_HAS_SUCCESS")));
    assert!(again.contains("method=alipay.fund.auth.operation.detail.query"), "{again}");
    assert_eq!(payment(answered(&call, QUERY, &hold("0.00", "32.19"))).state, PaymentState::Taken);
    assert!(unknown(answered(&call, QUERY, &hold("0.00", "50.00"))).contains("look at Alipay"));
    assert_eq!(refused(answered(&call, node, &no("ACQ.BUYER_BALANCE_NOT_ENOUGH"))).0, RefusalKind::Payer);
    unknown(answered(&call, node, &no("ACQ.SYSTEM_ERROR")));
}

#[test]
fn a_hold_is_released_once_alipay_says_so() {
    let attempt = held();
    let call = Call::Release { attempt: &attempt, key: "k" };
    let node = "alipay_fund_auth_order_unfreeze_response";
    let said = |status: &str, hold: &str| json!({"code": "10000", "auth_no": hold, "status": status, "amount": "50.00"});
    assert_eq!(
        payment(answered(&call, node, &said("SUCCESS", "2023111510002001"))).state,
        PaymentState::Released
    );
    assert!(unknown(answered(&call, node, &said("SUCCESS", "2024"))).contains("the hold"));
    assert!(unknown(answered(&call, node, &said("INIT", "2023111510002001"))).contains("still giving"));
    let again = then(answered(&call, node, &no("ORDER_ALREADY_FINISH")));
    assert!(again.contains("method=alipay.fund.auth.operation.detail.query"), "{again}");
    assert_eq!(payment(answered(&call, QUERY, &hold("0.00", "0.00"))).state, PaymentState::Released);
}

#[test]
fn closing_a_hold_closes_or_releases_it() {
    let attempt = attempt(Method::Score);
    let close = |node: &str, content: &Value| answered(&Call::Close(&attempt), node, content);
    let node = "alipay_fund_auth_operation_cancel_response";
    let said = |action: &str| json!({"code": "10000", "out_order_no": "A1B2C3D4E5F6", "action": action});
    assert_eq!(payment(close(node, &said("close"))).state, PaymentState::Closed);
    assert_eq!(payment(close(node, &said("unfreeze"))).state, PaymentState::Released);
    assert!(then(close(node, &said(""))).contains("detail.query"));
    assert!(then(close(node, &no("ORDER_ALREADY_FINISH"))).contains("detail.query"));
    assert_eq!(payment(close(node, &no("AUTH_ORDER_NOT_EXIST"))).state, PaymentState::Closed);
    assert_eq!(payment(close(QUERY, &hold("0.00", "32.19"))).state, PaymentState::Taken);
}
