use super::*;
use crate::order::Ruling;
use crate::provider::{Fact, NoticeFault, PaymentState, RefundState};
use hmac::{Hmac, Mac};
use proptest::prelude::*;
use serde_json::json;
use sha2::Sha256;

fn signature(secret: &str, time: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn came(header: &str, body: &str) -> Response {
    let mut call = Response::text(0, "application/json", body);
    call.headers.push(("stripe-signature".to_owned(), header.to_owned()));
    call
}

fn signed(body: &Value) -> Response {
    let (body, time) = (body.to_string(), made().timestamp());
    came(&format!("t={time},v1={}", signature(SECRET, time, &body)), &body)
}

fn event(kind: &str, object: Value) -> Value {
    json!({"id": "evt_9", "object": "event", "type": kind, "livemode": false, "created": 1_700_000_000,
           "api_version": "2026-10-28.endive", "data": {"object": object}})
}

fn fact(kind: &str, object: Value) -> Fact {
    let notices = stripe().notice(&signed(&event(kind, object)), made()).unwrap();
    assert_eq!((notices.len(), notices[0].key()), (1, "evt_9"));
    notices[0].fact().clone()
}

fn paid(kind: &str, object: Value) -> PaymentFact {
    match fact(kind, object) {
        Fact::Payment(fact) => fact,
        other => panic!("no payment: {other:?}"),
    }
}

fn fault(call: &Response) -> NoticeFault {
    stripe().notice(call, made()).unwrap_err()
}

#[test]
fn the_published_vector_verifies_and_anything_else_does_not() {
    let body = r#"{"id":"evt_1","object":"event"}"#;
    let good = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd";
    // The signature is right; that it is of no mode is told after that.
    assert_eq!(fault(&came(&format!("t=1700000000,v1={good}"), body)).word(), "foreign");
    let rolled = format!("t=1700000000,v1={},v0=ab,v1={good}", "00".repeat(32));
    assert_eq!(fault(&came(&rolled, body)).word(), "foreign", "one of several is enough");
    for (header, body) in [
        (format!("t=1700000001,v1={good}"), body),
        (format!("t=1700000000,v1={good}"), r#"{"id":"evt_2","object":"event"}"#),
        (format!("t=1700000000,v0={good}"), body),
        (format!("t=1700000000,t=1700000000,v1={good}"), body),
        (format!("v1={good}"), body),
        (format!("t=1700000000,v1={}", &good[..62]), body),
        (format!("t=soon,v1={good}"), body),
        (format!("t=1700000000,v1=xyz,v1={good}"), body),
        (format!("t=1700000000{}", format!(",v1={good}").repeat(17)), body),
        (String::new(), body),
    ] {
        assert_eq!(fault(&came(&header, body)).word(), "forged", "{header}");
    }
    assert_eq!(fault(&Response::text(0, "application/json", body)).word(), "forged");
    assert_eq!(fault(&came("", &"x".repeat(1024 * 1024 + 1))).word(), "malformed");
}

#[test]
fn each_secret_of_a_rotation_is_valid() {
    let both =
        Settings { webhook_secrets: vec![Secret::new("whsec_old"), Secret::new("whsec_new")], ..settings() };
    let both = build(&both, &no_files).unwrap();
    let body = event("balance.available", json!({})).to_string();
    let time = made().timestamp();
    for secret in ["whsec_old", "whsec_new"] {
        let call = came(&format!("t={time},v1={}", signature(secret, time, &body)), &body);
        assert!(both.notice(&call, made()).is_ok(), "{secret}");
    }
}

#[test]
fn an_event_of_another_time_mode_or_account_is_not_believed() {
    let call = signed(&event("payment_intent.succeeded", json!({"id": "pi_1"})));
    let after =
        |seconds: i64| stripe().notice(&call, at(1_700_000_000 + seconds)).map_err(|fault| fault.word());
    assert_eq!(after(301).unwrap_err(), "stale");
    assert_eq!(after(-301).unwrap_err(), "stale");
    assert_eq!(after(300).unwrap_err(), "malformed", "in time, and then read");
    let mut live = event("payout.paid", json!({}));
    live["livemode"] = json!(true);
    assert_eq!(fault(&signed(&live)).word(), "foreign");
    let mut connected = event("payout.paid", json!({}));
    connected["account"] = json!("acct_2");
    assert_eq!(fault(&signed(&connected)).word(), "foreign");
    let ours = build(&Settings { account: "acct_2".to_owned(), ..settings() }, &no_files).unwrap();
    assert!(ours.notice(&signed(&connected), made()).is_ok());
    assert_eq!(ours.notice(&signed(&event("payout.paid", json!({}))), made()).unwrap_err().word(), "foreign");
    assert_eq!(fault(&signed(&json!({"id": "x", "object": "charge"}))).word(), "malformed");
    assert_eq!(fault(&signed(&json!([1]))).word(), "malformed");
}

fn intent(status: &str) -> Value {
    json!({"id": "pi_1", "object": "payment_intent", "status": status, "amount": 5_000, "currency": "eur",
           "amount_received": 5_000, "amount_capturable": 5_000, "latest_charge": "ch_1", "livemode": false,
           "metadata": {"attempt": "A1B2C3D4E5F6", "method": "hosted", "capture": "later"}})
}

#[test]
fn the_state_of_the_object_counts_whatever_the_event_is_called() {
    let held = paid("payment_intent.amount_capturable_updated", intent("requires_capture"));
    assert_eq!((held.number.as_str(), held.state.clone()), ("A1B2C3D4E5F6", PaymentState::Held));
    assert_eq!((held.held, held.taken), (Some(euro(5_000)), None));
    assert_eq!((held.reference, held.charge.as_deref()), (None, Some("pi_1")));
    assert_eq!(held.at, Some(made()));
    let taken = paid("payment_intent.amount_capturable_updated", intent("succeeded"));
    assert_eq!((taken.state, taken.taken), (PaymentState::Taken, Some(euro(5_000))));
    assert_eq!(paid("payment_intent.canceled", intent("canceled")).state, PaymentState::Released);
    let mut never = intent("canceled");
    never["latest_charge"] = Value::Null;
    assert_eq!(paid("payment_intent.canceled", never).state, PaymentState::Closed);
    for status in ["requires_confirmation", "requires_action", "processing", "something_new"] {
        assert_eq!(
            paid("payment_intent.processing", intent(status)).state,
            PaymentState::Waiting,
            "{status}"
        );
    }
}

#[test]
fn a_declined_card_ends_a_debit_but_not_a_page() {
    let mut declined = intent("requires_payment_method");
    declined["last_payment_error"] = json!({"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "No."});
    assert_eq!(paid("payment_intent.payment_failed", declined.clone()).state, PaymentState::Waiting);
    declined["metadata"]["method"] = json!("on_file");
    let PaymentState::Failed { refusal } = paid("payment_intent.payment_failed", declined).state else {
        panic!("it goes on");
    };
    assert_eq!(
        (refusal.kind, refusal.code.as_str()),
        (crate::provider::RefusalKind::Payer, "insufficient_funds")
    );
}

fn session(status: &str, payment_status: &str, capture: &str) -> Value {
    json!({"id": "cs_test_1", "object": "checkout.session", "status": status, "payment_status": payment_status,
           "amount_total": 5_000, "currency": "eur", "client_reference_id": "A1B2C3D4E5F6", "livemode": false,
           "payment_intent": "pi_1", "metadata": {"attempt": "A1B2C3D4E5F6", "capture": capture}})
}

#[test]
fn a_finished_page_is_paid_only_if_it_says_so_and_nothing_is_held_by_it() {
    let done = paid("checkout.session.completed", session("complete", "paid", "now"));
    assert_eq!((done.state, done.taken), (PaymentState::Taken, Some(euro(5_000))));
    assert_eq!((done.reference.as_deref(), done.charge.as_deref()), (Some("cs_test_1"), Some("pi_1")));
    for object in [
        session("complete", "unpaid", "now"),
        session("complete", "paid", "later"),
        session("open", "unpaid", "now"),
    ] {
        assert_eq!(paid("checkout.session.completed", object).state, PaymentState::Waiting);
    }
    let expired = paid("checkout.session.expired", session("expired", "unpaid", "now"));
    assert_eq!(expired.state, PaymentState::Closed);
    let failed = paid("checkout.session.async_payment_failed", session("complete", "unpaid", "now"));
    assert!(matches!(failed.state, PaymentState::Failed { .. }));
}

#[test]
fn refunds_and_disputes_are_told_with_what_stripe_knows() {
    let refund = |status: &str, metadata: Value| {
        let object = json!({"id": "re_1", "object": "refund", "status": status, "amount": 1_200, "currency": "eur",
                            "payment_intent": "pi_1", "metadata": metadata, "failure_reason": "lost_or_stolen_card"});
        match fact("refund.updated", object) {
            Fact::Refund(fact) => fact,
            other => panic!("no refund: {other:?}"),
        }
    };
    let ours = json!({"attempt": "A1B2C3D4E5F6", "refund": "R9"});
    let done = refund("succeeded", ours.clone());
    assert_eq!(
        (done.number.as_str(), done.attempt.as_str(), done.state),
        ("R9", "A1B2C3D4E5F6", RefundState::Done)
    );
    assert_eq!(done.amount, Some(euro(1_200)));
    assert_eq!(refund("pending", ours.clone()).state, RefundState::Waiting);
    assert_eq!(refund("requires_action", ours.clone()).state, RefundState::Waiting);
    assert!(matches!(refund("failed", ours).state, RefundState::Failed { .. }));
    let by_hand = refund("succeeded", json!({}));
    assert_eq!((by_hand.number.as_str(), by_hand.attempt.as_str()), ("", "pi_1"));
}

#[test]
fn a_dispute_is_told_with_what_it_has_moved() {
    let dispute = |kind: &str, status: &str, moved: Value| {
        let object = json!({"id": "dp_1", "amount": 5_000, "currency": "eur", "status": status, "reason": "fraudulent",
                            "payment_intent": "pi_1", "balance_transactions": moved});
        let Fact::Dispute(told) = fact(kind, object) else { panic!("no dispute") };
        assert_eq!(
            (told.attempt.as_str(), told.reference.as_str(), told.amount),
            ("pi_1", "dp_1", euro(5_000))
        );
        (told.ruling, told.withdrawn, told.reinstated, told.fee)
    };
    let nothing = euro(0);
    let gone = json!({"amount": -5_000, "currency": "eur", "fee": 2_000});
    let back = json!({"amount": 5_000, "currency": "eur", "fee": -2_000});
    let asked = dispute("charge.dispute.created", "warning_needs_response", json!([]));
    assert_eq!(asked, (Ruling::Open, nothing, nothing, None));
    let taken = dispute("charge.dispute.funds_withdrawn", "needs_response", json!([gone]));
    assert_eq!(taken, (Ruling::Open, euro(5_000), nothing, Some(euro(2_000))));
    let won = dispute("charge.dispute.funds_reinstated", "won", json!([gone, back]));
    assert_eq!(won, (Ruling::Won, euro(5_000), euro(5_000), None));
    let lost = dispute("charge.dispute.closed", "lost", json!([gone]));
    assert_eq!(lost, (Ruling::Lost, euro(5_000), nothing, Some(euro(2_000))));
    assert_eq!(dispute("charge.dispute.closed", "warning_closed", json!([])).0, Ruling::Won);
    // An account in dollars: the payment's own currency counts, the fee is what it is.
    let dollars = json!({"amount": -5_700, "currency": "usd", "fee": 1_500});
    let (_, withdrawn, _, fee) =
        dispute("charge.dispute.funds_withdrawn", "needs_response", json!([dollars]));
    assert_eq!((withdrawn, fee), (euro(5_000), Some(Amount::new(1_500, "USD".parse().unwrap()))));
}

#[test]
fn a_reader_tells_that_a_payment_moved_and_not_how_it_stands() {
    let reader = json!({"id": "tmr_1", "object": "terminal.reader", "action": {"type": "process_payment_intent",
        "status": "failed", "process_payment_intent": {"payment_intent": "pi_1"}}});
    for kind in ["terminal.reader.action_succeeded", "terminal.reader.action_failed"] {
        assert_eq!(fact(kind, reader.clone()), Fact::Moved { charge: "pi_1".to_owned() });
    }
    let idle = json!({"id": "tmr_1", "object": "terminal.reader", "action": null});
    assert!(matches!(fact("terminal.reader.action_failed", idle), Fact::Other { .. }));
}

#[test]
fn what_is_not_ours_or_not_known_is_kept_and_no_more() {
    let kept = |kind: &str, object: Value| match fact(kind, object) {
        Fact::Other { kind } => kind,
        other => panic!("more than kept: {other:?}"),
    };
    assert_eq!(kept("payout.paid", json!({"id": "po_1"})), "payout.paid po_1");
    assert_eq!(kept("customer.created", json!(7)), "customer.created");
    let mut foreign = intent("succeeded");
    foreign["metadata"] = json!({});
    assert_eq!(kept("payment_intent.succeeded", foreign), "payment_intent.succeeded pi_1");
    let mut page = session("complete", "paid", "now");
    page["client_reference_id"] = Value::Null;
    page["metadata"] = Value::Null;
    assert_eq!(kept("checkout.session.completed", page), "checkout.session.completed cs_test_1");
}

#[test]
fn stripe_is_told_by_the_status_whether_to_send_again() {
    assert_eq!((stripe().acknowledgement(true).status, stripe().acknowledgement(false).status), (200, 500));
}

proptest! {
    #[test]
    fn no_event_makes_it_panic(header in "\\PC*|t=[0-9]{1,20},v1=[0-9a-f]{0,66}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut call = Response { status: 0, headers: vec![], body };
        call.headers.push(("stripe-signature".to_owned(), header));
        let _ = stripe().notice(&call, made());
    }

    #[test]
    fn no_signed_object_makes_it_panic(
        kind in "checkout.session.completed|payment_intent.succeeded|refund.updated|charge.dispute.closed|payout.paid|.*",
        field in "status|amount|currency|metadata|payment_intent|latest_charge|created",
        value in prop_oneof![any::<i64>().prop_map(|n| json!(n)), ".*".prop_map(|s| json!(s)), Just(json!(null)), Just(json!({"id": 3}))],
    ) {
        let mut object = intent("succeeded");
        object[field] = value;
        let _ = stripe().notice(&signed(&event(&kind, object)), made());
    }
}
