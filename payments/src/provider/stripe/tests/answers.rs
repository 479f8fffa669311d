use super::*;
use crate::provider::{FileKind, Next, PaymentState, RefundState, RefusalKind};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::json;

fn intent(status: &str, capture: &str) -> Value {
    json!({"id": "pi_1", "object": "payment_intent", "status": status, "amount": 5_000, "currency": "eur",
           "amount_received": 5_000, "amount_capturable": 5_000, "livemode": false, "customer": "cus_1",
           "payment_method": "pm_1", "setup_future_usage": "off_session",
           "latest_charge": {"id": "ch_1", "object": "charge", "status": "succeeded", "created": 1_700_000_060,
             "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242", "country": "DE",
               "fingerprint": "Xt5", "capture_before": 1_700_604_860}}},
           "metadata": {"attempt": "A1B2C3D4E5F6", "method": "on_file", "capture": capture}})
}

fn session(status: &str, intent: Value) -> Value {
    let url = (status == "open").then_some("https://checkout.stripe.com/c/pay/cs_test_1");
    json!({"id": "cs_test_1", "object": "checkout.session", "status": status, "payment_status": "unpaid",
           "url": url, "amount_total": 5_000, "currency": "eur",
           "client_reference_id": "A1B2C3D4E5F6", "livemode": false, "payment_intent": intent,
           "metadata": {"attempt": "A1B2C3D4E5F6", "capture": "later"}})
}

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "Their words."}})
}

fn refused(answer: Answer) -> (RefusalKind, String) {
    match answer {
        Answer::Refused(refusal) => (refusal.kind, refusal.code),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_page_is_opened_by_its_address() {
    let answer = answered(&Call::Open(&hosted()), 200, &session("open", json!(null)));
    let next = Next::Redirect { url: "https://checkout.stripe.com/c/pay/cs_test_1".to_owned() };
    let expected = Told::Opened { reference: Some("cs_test_1".to_owned()), charge: None, next };
    assert_eq!(answer, Answer::Told(expected));
}

#[test]
fn a_hold_is_told_with_its_card_and_its_end() {
    let body = session("complete", intent("requires_capture", "later"));
    insta::assert_json_snapshot!(payment(answered(&Call::Query(&known(hosted())), 200, &body)));
}

#[test]
fn a_page_without_a_payment_waits_until_it_has_expired() {
    let state = |status: &str, inner: Value| {
        payment(answered(&Call::Query(&known(hosted())), 200, &session(status, inner))).state
    };
    assert_eq!(state("open", json!(null)), PaymentState::Waiting);
    assert_eq!(state("complete", json!(null)), PaymentState::Waiting);
    assert_eq!(state("expired", json!(null)), PaymentState::Closed);
    let mut tried = intent("requires_payment_method", "later");
    tried["metadata"]["method"] = json!("hosted");
    tried["last_payment_error"] = json!({"type": "card_error", "code": "card_declined"});
    assert_eq!(state("open", tried.clone()), PaymentState::Waiting);
    assert_eq!(state("expired", tried), PaymentState::Closed);
}

#[test]
fn a_lost_answer_is_found_by_the_same_request_and_then_by_its_number() {
    let attempt = hosted();
    let made_now = answered(&Call::Query(&attempt), 200, &session("open", json!(null)));
    let fact = payment(made_now);
    assert_eq!((fact.state, fact.reference.as_deref()), (PaymentState::Waiting, Some("cs_test_1")));
    let again = then(replayed(&Call::Query(&attempt), 200, &session("open", json!(null))));
    assert!(again.starts_with("GET https://api.stripe.com/v1/checkout/sessions/cs_test_1\n"), "{again}");
    let failed_for_good = replayed(&Call::Query(&attempt), 500, &error("api_error", ""));
    assert_eq!(payment(failed_for_good).state, PaymentState::Closed);
    assert!(unknown(answered(&Call::Query(&attempt), 500, &error("api_error", ""))).contains("500"));
    let again = then(replayed(&Call::Query(&terminal()), 200, &intent("requires_payment_method", "later")));
    assert!(again.starts_with("GET https://api.stripe.com/v1/payment_intents/pi_1\n"), "{again}");
}

#[test]
fn a_lost_debit_is_found_in_the_list_or_was_never_made() {
    let attempt = on_file();
    let list = |data: Value| json!({"object": "list", "url": "/v1/payment_intents", "has_more": false, "data": data});
    let mut other = intent("succeeded", "now");
    other["metadata"] = json!({});
    let found = answered(&Call::Query(&attempt), 200, &list(json!([other, intent("succeeded", "now")])));
    assert_eq!(payment(found).state, PaymentState::Taken);
    let early = answered(&Call::Query(&attempt), 200, &list(json!([other])));
    assert_eq!(payment(early).state, PaymentState::Absent);
    let closed = answered(&Call::Close(&attempt), 200, &list(json!([])));
    assert_eq!(payment(closed).state, PaymentState::Absent, "not made, or under way");
    let more = json!({"object": "list", "has_more": true, "data": []});
    assert!(unknown(answered(&Call::Query(&attempt), 200, &more)).contains("not among them"));
    let close =
        then(answered(&Call::Close(&attempt), 200, &list(json!([intent("requires_confirmation", "now")]))));
    assert!(close.starts_with("POST https://api.stripe.com/v1/payment_intents/pi_1/cancel\n"), "{close}");
}

#[test]
fn a_page_that_is_searched_for_is_never_called_by_its_payments_number() {
    let found = |inner: Value| json!({"object": "search_result", "has_more": false, "data": [inner]});
    let fact = payment(answered(&Call::Query(&hosted()), 200, &found(intent("requires_capture", "later"))));
    assert_eq!(
        (fact.state, fact.reference, fact.charge.as_deref()),
        (PaymentState::Held, None, Some("pi_1"))
    );
}

#[test]
fn a_terminal_shows_the_payment_after_it_is_made() {
    let attempt = terminal();
    let show = then(answered(&Call::Open(&attempt), 200, &intent("requires_payment_method", "later")));
    insta::assert_snapshot!(show);
    let reader = json!({"id": "tmr_1", "object": "terminal.reader",
                        "action": {"type": "process_payment_intent", "process_payment_intent": {"payment_intent": "pi_1"}}});
    let pi = Some("pi_1".to_owned());
    let expected = Told::Opened { reference: pi.clone(), charge: pi, next: Next::Wait };
    assert_eq!(answered(&Call::Open(&attempt), 200, &reader), Answer::Told(expected));
    let idle = json!({"id": "tmr_1", "object": "terminal.reader", "action": null});
    assert!(unknown(answered(&Call::Open(&attempt), 200, &idle)).contains("which payment"));
    let busy = answered(&Call::Open(&attempt), 400, &error("invalid_request_error", "terminal_reader_busy"));
    assert_eq!(refused(busy).0, RefusalKind::Trouble);
    let offline = error("invalid_request_error", "terminal_reader_offline");
    for (status, body) in [(200, idle), (400, offline)] {
        let next = then(answered(&Call::Close(&known(terminal())), status, &body));
        assert!(next.starts_with("POST https://api.stripe.com/v1/payment_intents/pi_1/cancel\n"), "{next}");
    }
    let stop = then(answered(&Call::Close(&known(terminal())), 200, &showing("pi_1", "in_progress")));
    assert!(
        stop.starts_with("POST https://api.stripe.com/v1/terminal/readers/tmr_1/cancel_action\n"),
        "{stop}"
    );
    for other in [showing("pi_2", "in_progress"), showing("pi_1", "succeeded")] {
        let next = then(answered(&Call::Close(&known(terminal())), 200, &other));
        assert!(next.contains("/payment_intents/pi_1/cancel\n"), "another's payment is left alone: {next}");
    }
    let gone = answered(&Call::Close(&known(terminal())), 200, &intent("canceled", "later"));
    assert_eq!(payment(gone).state, PaymentState::Released);
}

fn showing(intent: &str, status: &str) -> Value {
    json!({"id": "tmr_1", "object": "terminal.reader", "livemode": false, "action": {
        "type": "process_payment_intent", "status": status, "failure_code": "customer_canceled",
        "failure_message": "canceled", "process_payment_intent": {"payment_intent": intent}}})
}

#[test]
fn a_payment_that_waits_for_its_card_stands_as_its_reader_says() {
    let attempt = known(terminal());
    let mut waits = intent("requires_payment_method", "later");
    waits["last_payment_error"] = Value::Null;
    let ask = then(answered(&Call::Query(&attempt), 200, &waits));
    assert!(ask.starts_with("GET https://api.stripe.com/v1/terminal/readers/tmr_1\n"), "{ask}");
    let state = |reader: Value| payment(answered(&Call::Query(&attempt), 200, &reader)).state;
    assert_eq!(state(showing("pi_1", "in_progress")), PaymentState::Waiting);
    assert_eq!(state(showing("pi_1", "succeeded")), PaymentState::Waiting, "the payment itself will tell");
    assert_eq!(state(showing("pi_2", "failed")), PaymentState::Waiting, "that was another's");
    assert_eq!(state(json!({"object": "terminal.reader", "action": null})), PaymentState::Waiting);
    let PaymentState::Failed { refusal } = state(showing("pi_1", "failed")) else { panic!("not ended") };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Payer, "customer_canceled"));
}

#[test]
fn what_a_stations_own_terminal_has_made_is_known_by_stripes_number_alone() {
    let pi = Some("pi_1".to_owned());
    let adopted = Attempt { number: "pi_1".to_owned(), reference: pi.clone(), charge: pi, ..terminal() };
    let mut theirs = intent("requires_capture", "later");
    theirs["metadata"] = json!({});
    let fact = payment(answered(&Call::Query(&adopted), 200, &theirs));
    assert_eq!((fact.number.as_str(), fact.state), ("pi_1", PaymentState::Held));
    // One of ours, or another's number, is not the station's to name.
    unknown(answered(&Call::Query(&adopted), 200, &intent("requires_capture", "later")));
    theirs["id"] = json!("pi_2");
    unknown(answered(&Call::Query(&adopted), 200, &theirs));
}

#[test]
fn closing_tells_how_it_stands_closed_or_paid_after_all() {
    let (open, unnamed) = (known(hosted()), hosted());
    let closed = answered(&Call::Close(&open), 200, &session("expired", json!(null)));
    assert_eq!(payment(closed).state, PaymentState::Closed);
    let again = then(answered(&Call::Close(&open), 400, &error("invalid_request_error", "")));
    assert!(again.starts_with("GET https://api.stripe.com/v1/checkout/sessions/cs_test_1\n"), "{again}");
    let paid = answered(&Call::Close(&open), 200, &session("complete", intent("requires_capture", "later")));
    assert_eq!(payment(paid).state, PaymentState::Held);
    let expire = then(answered(&Call::Close(&unnamed), 200, &session("open", json!(null))));
    assert!(
        expire.starts_with("POST https://api.stripe.com/v1/checkout/sessions/cs_test_1/expire\n"),
        "{expire}"
    );
    let failed = answered(&Call::Close(&unnamed), 400, &error("invalid_request_error", ""));
    assert!(unknown(failed).contains("query it"));
    let for_good = replayed(&Call::Close(&unnamed), 503, &error("api_error", ""));
    assert_eq!(payment(for_good).state, PaymentState::Closed);
    let stays_open = answered(&Call::Close(&open), 200, &session("open", json!(null)));
    assert_eq!(payment(stays_open).state, PaymentState::Waiting);
}

#[test]
fn a_debit_that_needs_its_driver_is_the_payers_refusal() {
    let mut waiting = intent("requires_payment_method", "now");
    waiting["last_payment_error"] = json!({"type": "card_error", "code": "authentication_required"});
    let mut body = error("card_error", "authentication_required");
    body["error"]["payment_intent"] = waiting.clone();
    let kind = refused(answered(&Call::Open(&on_file()), 402, &body));
    assert_eq!(kind, (RefusalKind::Payer, "authentication_required".to_owned()));
    let mut funds = error("card_error", "card_declined");
    funds["error"]["decline_code"] = json!("insufficient_funds");
    let kind = refused(answered(&Call::Open(&on_file()), 402, &funds));
    assert_eq!(kind, (RefusalKind::Payer, "insufficient_funds".to_owned()));
    let PaymentState::Failed { refusal } =
        payment(answered(&Call::Query(&known(on_file())), 200, &waiting)).state
    else {
        panic!("it goes on");
    };
    assert_eq!(refusal.kind, RefusalKind::Payer);
    assert_eq!(
        payment(answered(&Call::Open(&on_file()), 200, &intent("succeeded", "now"))).state,
        PaymentState::Taken
    );
}

#[test]
fn what_was_taken_must_be_what_was_asked_for() {
    let attempt = known(hosted());
    let capture = Call::Capture { attempt: &attempt, amount: euro(3_219), key: "capture:7" };
    let mut body = intent("succeeded", "later");
    body["amount_received"] = json!(3_219);
    let fact = payment(answered(&capture, 200, &body));
    assert_eq!((fact.state, fact.taken), (PaymentState::Taken, Some(euro(3_219))));
    let all = unknown(answered(&capture, 200, &intent("succeeded", "later")));
    assert_eq!(all, "50.00 EUR was taken where 32.19 EUR was to be taken");
    // Done already, by the first time of which no answer came.
    let mut done = error("invalid_request_error", "payment_intent_unexpected_state");
    done["error"]["payment_intent"] = body;
    assert_eq!(payment(answered(&capture, 400, &done)).taken, Some(euro(3_219)));
    done["error"]["payment_intent"] = intent("canceled", "later");
    assert_eq!(payment(answered(&capture, 400, &done)).state, PaymentState::Released);
    done["error"]["payment_intent"] = intent("requires_action", "later");
    assert_eq!(refused(answered(&capture, 400, &done)).0, RefusalKind::Closed);
    let gone = error("invalid_request_error", "charge_expired_for_capture");
    assert_eq!(refused(answered(&capture, 400, &gone)).0, RefusalKind::Closed);
}

#[test]
fn a_rise_counts_only_if_all_of_it_is_held() {
    let attempt = known(terminal());
    let raise = Call::Raise { attempt: &attempt, to: euro(8_000), key: "raise:1" };
    let mut body = intent("requires_capture", "later");
    body["amount"] = json!(8_000);
    body["amount_capturable"] = json!(8_000);
    assert_eq!(payment(answered(&raise, 200, &body)).held, Some(euro(8_000)));
    assert!(
        unknown(answered(&raise, 200, &intent("requires_capture", "later"))).contains("50.00 EUR is held")
    );
    let mut declined = error("card_error", "card_declined");
    declined["error"]["payment_intent"] = intent("requires_capture", "later");
    assert_eq!(refused(answered(&raise, 402, &declined)).0, RefusalKind::Payer);
    let release = Call::Release { attempt: &attempt, key: "release:1" };
    assert_eq!(payment(answered(&release, 200, &intent("canceled", "later"))).state, PaymentState::Released);
}

#[test]
fn an_answer_of_another_order_amount_currency_or_mode_is_not_believed() {
    let attempt = known(on_file());
    let changed = |field: &str, value: Value| {
        let mut body = intent("succeeded", "now");
        body[field] = value;
        unknown(answered(&Call::Query(&attempt), 200, &body))
    };
    assert!(changed("amount", json!(5_001)).contains("the amount 50.01 EUR instead of 50.00 EUR"));
    assert!(changed("currency", json!("usd")).contains("50.00 USD instead of 50.00 EUR"));
    assert!(changed("currency", json!("zzz")).contains("unknown currency"));
    assert!(changed("metadata", json!({"attempt": "B"})).contains("the order \"B\" instead of A1B2C3D4E5F6"));
    assert!(changed("metadata", json!(null)).contains("the order"));
    assert!(changed("id", json!("pi_2")).contains("the payment pi_2 instead of pi_1"));
    assert!(changed("livemode", json!(true)).contains("other mode"));
    assert!(changed("amount", json!("much")).contains("cannot be read"));
    assert!(changed("object", json!("charge")).contains("not asked for"));
    let mut raised = intent("requires_capture", "later");
    raised["amount"] = json!(6_000);
    assert_eq!(payment(answered(&Call::Query(&known(terminal())), 200, &raised)).state, PaymentState::Held);
}

#[test]
fn each_error_says_whose_doing_it_is() {
    let attempt = hosted();
    let open = Call::Open(&attempt);
    let by = |status, kind: &str, code: &str| refused(answered(&open, status, &error(kind, code))).0;
    assert_eq!(by(401, "invalid_request_error", "api_key_expired"), RefusalKind::Access);
    assert_eq!(by(403, "invalid_request_error", ""), RefusalKind::Access);
    assert_eq!(by(429, "invalid_request_error", "rate_limit"), RefusalKind::Trouble);
    assert_eq!(by(404, "invalid_request_error", "resource_missing"), RefusalKind::Absent);
    assert_eq!(by(400, "invalid_request_error", "parameter_unknown"), RefusalKind::Setup);
    assert_eq!(
        by(400, "invalid_request_error", "payment_intent_incompatible_payment_method"),
        RefusalKind::Unsupported
    );
    assert_eq!(by(400, "something_error", "new"), RefusalKind::Setup);
    let open_question = |status, body: &Value| unknown(answered(&open, status, body));
    assert!(
        open_question(409, &error("invalid_request_error", "lock_timeout")).contains("same key is at work")
    );
    assert!(open_question(400, &error("idempotency_error", "")).contains("other parameters"));
    assert!(open_question(500, &error("api_error", "")).contains("500"));
    assert!(open_question(502, &json!("<html>")).contains("502"));
    assert!(open_question(302, &json!({})).contains("302"));
    assert!(open_question(404, &json!({"message": "no route"})).contains("proxy"));
    assert!(open_question(200, &json!({"ok": true})).contains("none of its objects"));
    let mut retry = Response::text(400, "application/json", error("invalid_request_error", "x").to_string());
    retry.headers.push(("stripe-should-retry".to_owned(), "true".to_owned()));
    assert!(unknown(stripe().answer(&open, &retry, made())).contains("asked again"));
    let absent = error("invalid_request_error", "resource_missing");
    assert_eq!(payment(answered(&Call::Query(&known(hosted())), 404, &absent)).state, PaymentState::Absent);
}

#[test]
fn an_error_that_is_only_said_again_is_known_as_that() {
    let (attempt, ask) = (known(hosted()), refund());
    let capture = Call::Capture { attempt: &attempt, amount: ask.amount, key: "k" };
    let release = Call::Release { attempt: &attempt, key: "k" };
    let make = Call::Refund { attempt: &attempt, refund: &ask };
    let broken = error("api_error", "");
    for call in [&capture, &release, &make] {
        assert!(unknown(answered(call, 500, &broken)).contains("500"));
        assert!(matches!(replayed(call, 500, &broken), Answer::Kept(_)));
    }
    let declined = replayed(&make, 402, &error("card_error", "card_declined"));
    assert_eq!(refused(declined).0, RefusalKind::Payer, "the last word, however often it is said");
}

#[test]
fn an_empty_balance_is_waited_for() {
    let (attempt, ask) = (known(hosted()), refund());
    let make = Call::Refund { attempt: &attempt, refund: &ask };
    let said = "Insufficient funds in your Stripe balance to refund this amount.";
    for error in [
        json!({"type": "invalid_request_error", "message": said}),
        json!({"type": "invalid_request_error", "message": "no", "message_code": "insufficient_balance_for_refund"}),
        json!({"type": "invalid_request_error", "message": "no", "code": "balance_insufficient"}),
    ] {
        let body = json!({ "error": error });
        let kind = refused(answered(&make, 400, &body));
        assert_eq!(kind, (RefusalKind::Trouble, "insufficient_funds".to_owned()), "{body}");
        assert!(matches!(replayed(&make, 400, &body), Answer::Kept(_)));
    }
    let waits = |reason: &str| {
        let body = json!({"id": "re_1", "object": "refund", "status": "pending", "amount": 1_200, "currency": "eur",
                          "pending_reason": reason, "metadata": {"attempt": "A1B2C3D4E5F6", "refund": "R9"}});
        refund_fact(answered(&make, 200, &body))
    };
    let (poor, bank) = (waits("insufficient_funds"), waits("processing"));
    assert_eq!((&poor.state, &bank.state), (&RefundState::Waiting, &RefundState::Waiting));
    assert_eq!(poor.waits_for.unwrap().code, "insufficient_funds");
    assert_eq!(bank.waits_for, None);
}

#[test]
fn a_refund_counts_only_as_the_one_that_was_asked_for() {
    let (attempt, ask) = (known(hosted()), refund());
    let make = Call::Refund { attempt: &attempt, refund: &ask };
    let look = Call::QueryRefund { attempt: &attempt, refund: &ask };
    let body = |status: &str| {
        json!({"id": "re_1", "object": "refund", "status": status, "amount": 1_200, "currency": "eur",
               "metadata": {"attempt": "A1B2C3D4E5F6", "refund": "R9"}})
    };
    let fact = refund_fact(answered(&make, 200, &body("pending")));
    assert_eq!((fact.state, fact.reference.as_deref()), (RefundState::Waiting, Some("re_1")));
    assert_eq!(refund_fact(answered(&make, 200, &body("succeeded"))).state, RefundState::Done);
    for (field, value) in [
        ("amount", json!(1_201)),
        ("currency", json!("usd")),
        ("metadata", json!({"attempt": "A1B2C3D4E5F6"})),
    ] {
        let mut wrong = body("succeeded");
        wrong[field] = value;
        assert!(unknown(answered(&make, 200, &wrong)).contains("nothing is believed"), "{field}");
    }
    let list = |data: Value| json!({"object": "list", "data": data, "has_more": false});
    let mut equal = body("succeeded");
    equal["metadata"]["refund"] = json!("R8");
    let found = answered(&look, 200, &list(json!([equal, body("failed")])));
    assert!(matches!(refund_fact(found).state, RefundState::Failed { .. }));
    assert_eq!(refund_fact(answered(&look, 200, &list(json!([equal])))).state, RefundState::Absent);
    let missing = error("invalid_request_error", "resource_missing");
    assert_eq!(refund_fact(answered(&look, 404, &missing)).state, RefundState::Absent);
    let done = error("invalid_request_error", "charge_already_refunded");
    assert_eq!(refused(answered(&make, 400, &done)).0, RefusalKind::Closed);
}

#[test]
fn a_report_is_made_waited_for_and_fetched() {
    let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
    let call = Call::Statement { day, kind: FileKind::Trades };
    let list = |data: Value| json!({"object": "list", "data": data, "has_more": false});
    let create = then(answered(&call, 200, &list(json!([]))));
    insta::assert_snapshot!(create);
    let columns: Vec<&str> = create
        .lines()
        .filter_map(|line| line.split_once("][columns][").or_else(|| line.split_once("[columns][")))
        .filter_map(|(_, rest)| rest.split_once("]=").map(|(_, name)| name))
        .collect();
    let run = |status: &str, result: Value| {
        json!({"id": "frr_1", "object": "reporting.report_run", "status": status, "result": result,
               "report_type": "balance_change_from_activity.itemized.3", "error": "too much",
               "parameters": {"interval_start": 1_699_920_000, "interval_end": 1_700_006_400, "columns": columns}})
    };
    assert_eq!(answered(&call, 200, &run("pending", json!(null))), Answer::Told(Told::FileLater));
    assert_eq!(
        answered(&call, 200, &list(json!([run("pending", json!(null))]))),
        Answer::Told(Told::FileLater)
    );
    let ready = run("succeeded", json!({"id": "file_1"}));
    let fetch = then(answered(&call, 200, &list(json!([run("failed", json!(null)), ready]))));
    assert!(
        fetch.starts_with("GET https://files.stripe.com/v1/files/file_1/contents\nauthorization: Bearer"),
        "{fetch}"
    );
    let again = then(answered(&call, 200, &list(json!([run("failed", json!(null))]))));
    assert!(again.contains("idempotency-key: report.balance_change_from_activity.itemized.3.2023-11-14.1\n"));
    assert!(unknown(answered(&call, 200, &run("failed", json!(null)))).contains("too much"));
    let text = |body: &str| stripe().answer(&call, &Response::text(200, "text/csv", body), made());
    assert_eq!(text("a,b\n1,2\n"), Answer::Told(Told::File(b"a,b\n1,2\n".to_vec())));
    assert_eq!(text("a,b\n"), Answer::Told(Told::FileEmpty));
    assert!(unknown(text("")).contains("not even a header"));
    let mut early = error("invalid_request_error", "");
    early["error"]["param"] = json!("parameters[interval_end]");
    assert_eq!(answered(&call, 400, &early), Answer::Told(Told::FileLater));
    let forbidden = answered(&call, 403, &error("invalid_request_error", ""));
    assert_eq!(refused(forbidden).0, RefusalKind::Access);
}

#[test]
fn yen_and_dinars_come_back_as_they_were_sent() {
    for (minor, wire, currency) in
        [(500, 500, "JPY"), (12_340, 12_340, "KWD"), (500, 50_000, "ISK"), (1_200, 12, "MGA")]
    {
        let mut attempt = known(on_file());
        attempt.amount = Amount::new(minor, currency.parse().unwrap());
        let mut body = intent("succeeded", "now");
        for (field, value) in [
            ("amount", json!(wire)),
            ("amount_received", json!(wire)),
            ("currency", json!(currency.to_lowercase())),
        ] {
            body[field] = value;
        }
        assert_eq!(payment(answered(&Call::Query(&attempt), 200, &body)).taken, Some(attempt.amount));
    }
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic_or_moves_money(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (hosted, ask) = (known(hosted()), refund());
        let response = Response { status, headers: vec![], body };
        let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
        for call in [
            Call::Identify { code: "c" }, Call::Open(&hosted), Call::Query(&hosted), Call::Close(&hosted),
            Call::Raise { attempt: &hosted, to: euro(1), key: "k" },
            Call::Capture { attempt: &hosted, amount: euro(1), key: "k" },
            Call::Release { attempt: &hosted, key: "k" },
            Call::Refund { attempt: &hosted, refund: &ask }, Call::QueryRefund { attempt: &hosted, refund: &ask },
            Call::Statement { day, kind: FileKind::Funds },
        ] {
            let answer = stripe().answer(&call, &response, made());
            let moved = matches!(&answer, Answer::Told(Told::Payment(_) | Told::Refund(_) | Told::Opened { .. }));
            prop_assert!(!moved, "{answer:?}");
        }
    }
}
