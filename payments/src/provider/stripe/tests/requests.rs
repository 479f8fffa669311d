use super::*;
use crate::provider::FileKind;
use chrono::{NaiveDate, TimeDelta};

#[test]
fn a_page_that_holds_asks_for_capture_by_hand_and_half_an_hour() {
    insta::assert_snapshot!(shown(&sent(&stripe(), &Call::Open(&hosted()))));
}

#[test]
fn a_page_that_keeps_the_card_says_so_and_speaks_the_payers_language() {
    let mut attempt = attempt(Method::Hosted, Capture::Now);
    attempt.payer = Payer {
        keep: true,
        language: "zh-CN".to_owned(),
        email: "driver+1@example.org".to_owned(),
        ..Payer::default()
    };
    insta::assert_snapshot!(shown(&sent(&stripe(), &Call::Open(&attempt))));
}

#[test]
fn the_same_attempt_is_the_same_request_however_late() {
    let attempt = hosted();
    let first = sent(&stripe(), &Call::Open(&attempt));
    let later = stripe().request(&Call::Query(&attempt), made() + TimeDelta::hours(2)).unwrap();
    assert_eq!(later, Step::Send(first));
}

#[test]
fn holds_that_can_be_raised_are_asked_for_where_settings_say_so() {
    let stripe = build(&Settings { raises: true, ..settings() }, &no_files).unwrap();
    let page = shown(&sent(&stripe, &Call::Open(&hosted())));
    assert!(page.contains("payment_method_options[card][request_incremental_authorization]=if_available"));
    let attempt = known(terminal());
    insta::assert_snapshot!(shown(&sent(
        &stripe,
        &Call::Raise { attempt: &attempt, to: euro(8_000), key: "raise:1" }
    )));
}

#[test]
fn a_debit_without_the_driver_is_confirmed_off_session() {
    insta::assert_snapshot!(shown(&sent(&stripe(), &Call::Open(&on_file()))));
}

#[test]
fn a_terminal_gets_a_payment_of_a_card_that_is_present() {
    insta::assert_snapshot!(shown(&sent(&stripe(), &Call::Open(&terminal()))));
}

#[test]
fn what_is_known_is_queried_by_its_number() {
    let page = shown(&sent(&stripe(), &Call::Query(&known(hosted()))));
    let debit = shown(&sent(&stripe(), &Call::Query(&known(on_file()))));
    insta::assert_snapshot!(format!("{page}\n{debit}"));
}

#[test]
fn a_debit_of_which_no_answer_came_is_looked_for_and_never_made_again() {
    let attempt = on_file();
    let query = sent(&stripe(), &Call::Query(&attempt));
    assert_eq!(query, sent(&stripe(), &Call::Close(&attempt)));
    insta::assert_snapshot!(shown(&query));
}

#[test]
fn after_a_day_an_order_without_an_answer_is_searched_for_by_its_number() {
    let attempt = hosted();
    let Step::Send(request) =
        stripe().request(&Call::Query(&attempt), made() + TimeDelta::hours(23)).unwrap()
    else {
        panic!("nothing is sent");
    };
    insta::assert_snapshot!(shown(&request));
}

#[test]
fn closing_ends_the_page_the_payment_or_what_the_reader_does() {
    let page = shown(&sent(&stripe(), &Call::Close(&known(hosted()))));
    let debit = shown(&sent(&stripe(), &Call::Close(&known(on_file()))));
    let reader = shown(&sent(&stripe(), &Call::Close(&known(terminal()))));
    insta::assert_snapshot!(format!("{page}\n{debit}\n{reader}"));
}

#[test]
fn a_hold_is_taken_in_part_or_released_by_the_callers_key() {
    let attempt = known(hosted());
    let capture =
        shown(&sent(&stripe(), &Call::Capture { attempt: &attempt, amount: euro(3_219), key: "capture:7" }));
    let release = shown(&sent(&stripe(), &Call::Release { attempt: &attempt, key: "release:7" }));
    insta::assert_snapshot!(format!("{capture}\n{release}"));
}

#[test]
fn a_refund_goes_by_its_own_number_and_is_found_by_it() {
    let (attempt, mut refund) = (known(hosted()), refund());
    let make = shown(&sent(&stripe(), &Call::Refund { attempt: &attempt, refund: &refund }));
    let anew = RefundAsk { spent: 2, ..refund.clone() };
    let anew = shown(&sent(&stripe(), &Call::Refund { attempt: &attempt, refund: &anew }));
    assert_eq!(
        anew,
        make.replace("idempotency-key: R9\n", "idempotency-key: R9.2\n"),
        "only the key is another"
    );
    let list = shown(&sent(&stripe(), &Call::QueryRefund { attempt: &attempt, refund: &refund }));
    refund.reference = Some("re_1".to_owned());
    let one = shown(&sent(&stripe(), &Call::QueryRefund { attempt: &attempt, refund: &refund }));
    insta::assert_snapshot!(format!("{make}\n{list}\n{one}"));
}

#[test]
fn a_statement_begins_with_the_runs_there_are() {
    let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
    insta::assert_snapshot!(shown(&sent(&stripe(), &Call::Statement { day, kind: FileKind::Trades })));
}

#[test]
fn a_connected_account_is_named_in_every_request() {
    let stripe = build(&Settings { account: "acct_1".to_owned(), ..settings() }, &no_files).unwrap();
    assert!(shown(&sent(&stripe, &Call::Open(&hosted()))).contains("stripe-account: acct_1\n"));
}

fn wire(minor: i64, currency: &str) -> Result<String, Refusal> {
    let mut attempt = on_file();
    attempt.amount = Amount::new(minor, currency.parse().unwrap());
    let request = match stripe().request(&Call::Open(&attempt), made())? {
        Step::Send(request) => shown(&request),
        Step::Done(answer) => panic!("{answer:?}"),
    };
    Ok(request.lines().find_map(|line| line.trim().strip_prefix("amount=")).unwrap().to_owned())
}

use crate::provider::{Refusal, RefusalKind};

#[test]
fn amounts_are_counted_as_stripe_counts_them() {
    for (minor, currency, expected) in [
        (1_234, "EUR", "1234"),
        (500, "JPY", "500"),
        (500, "KRW", "500"),
        (12_340, "KWD", "12340"),
        (500, "ISK", "50000"),
        (500, "UGX", "50000"),
        (1_200, "MGA", "12"),
        (500, "HUF", "500"),
    ] {
        assert_eq!(wire(minor, currency).unwrap(), expected, "{currency}");
    }
    for (minor, currency) in [(12_345, "KWD"), (1_234, "MGA"), (0, "EUR"), (-5, "EUR"), (i64::MAX, "ISK")] {
        let refusal = wire(minor, currency).unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Setup, "amount"), "{currency}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_sent() {
    let refused = |call: &Call<'_>| stripe().request(call, made()).unwrap_err();
    assert_eq!(refused(&Call::Identify { code: "x" }).kind, RefusalKind::Unsupported);
    for method in [Method::InWallet, Method::PhoneBrowser, Method::Code, Method::Score] {
        assert_eq!(refused(&Call::Open(&attempt(method, Capture::Now))).kind, RefusalKind::Unsupported);
    }
    let held = known(hosted());
    assert_eq!(
        refused(&Call::Raise { attempt: &held, to: euro(9), key: "k" }).kind,
        RefusalKind::Unsupported
    );
    let unnamed = refused(&Call::Capture { attempt: &hosted(), amount: euro(9), key: "k" });
    assert!(unnamed.text.contains("query the payment first"), "{}", unnamed.text);
    for key in ["", "a b", "ключ", &"k".repeat(256)] {
        assert_eq!(refused(&Call::Release { attempt: &held, key }).code, "key");
    }
    let mut foreign = known(hosted());
    foreign.charge = Some("pi_1/../../v1/payouts".to_owned());
    assert_eq!(refused(&Call::Release { attempt: &foreign, key: "k" }).code, "id");
    let reader = attempt(Method::Terminal { reader: "tmr?x".to_owned() }, Capture::Later);
    assert_eq!(refused(&Call::Open(&reader)).code, "id");
}
