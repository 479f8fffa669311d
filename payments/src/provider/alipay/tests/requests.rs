use super::*;
use crate::provider::{FileKind, RefusalKind};
use chrono::NaiveDate;

fn opened(method: Method) -> Step {
    alipay().request(&Call::Open(&attempt(method)), made()).unwrap()
}

#[test]
fn a_phones_browser_goes_to_a_signed_link() {
    insta::assert_snapshot!(link(opened(Method::PhoneBrowser)));
    assert_eq!(link(opened(Method::PhoneBrowser)), link(opened(Method::InWallet)));
}

#[test]
fn a_desktop_goes_to_its_own_page() {
    insta::assert_snapshot!(link(opened(Method::Hosted)));
}

#[test]
fn a_code_is_asked_for() {
    insta::assert_snapshot!(shown(&sent(&alipay(), &Call::Open(&attempt(Method::Code)))));
}

#[test]
fn the_wallets_bridge_is_for_payers_that_are_known() {
    let alipay = build(&Settings { bridge: true, ..settings() }, &no_files).unwrap();
    let mut attempt = attempt(Method::InWallet);
    assert!(matches!(alipay.request(&Call::Open(&attempt), made()), Ok(Step::Done(_))));
    attempt.payer.id = "2088123456789012".to_owned();
    insta::assert_snapshot!(shown(&sent(&alipay, &Call::Open(&attempt))));
    attempt.payer.id = "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5".to_owned();
    let request = shown(&sent(&alipay, &Call::Open(&attempt)));
    assert!(request.contains("\"buyer_open_id\": \"074a1") && !request.contains("buyer_id\""), "{request}");
    let login = alipay.identify_at("https://pay.example/p/x?y=1", "st&te").unwrap();
    assert_eq!(
        login,
        "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm?app_id=2021000000000001&scope=auth_base\
         &redirect_uri=https%3A%2F%2Fpay%2Eexample%2Fp%2Fx%3Fy%3D1&state=st%26te"
    );
    assert_eq!(super::alipay().identify_at("https://pay.example", "s"), None);
    insta::assert_snapshot!("login", shown(&sent(&alipay, &Call::Identify { code: "c0de" })));
}

#[test]
fn a_hold_on_credit_names_the_business() {
    insta::assert_snapshot!(shown(&sent(&alipay(), &Call::Open(&attempt(Method::Score)))));
}

#[test]
fn what_was_held_is_taken_whole_or_in_part_and_the_rest_released() {
    let attempt = held();
    let capture =
        shown(&sent(&alipay(), &Call::Capture { attempt: &attempt, amount: yuan(3_219), key: "k" }));
    let release = shown(&sent(&alipay(), &Call::Release { attempt: &attempt, key: "k" }));
    insta::assert_snapshot!(format!("{capture}\n{release}"));
}

#[test]
fn trades_and_holds_are_queried_and_closed_by_our_number() {
    let mut all = String::new();
    for attempt in [attempt(Method::Code), attempt(Method::Score)] {
        all += &shown(&sent(&alipay(), &Call::Query(&attempt)));
        all += &shown(&sent(&alipay(), &Call::Close(&attempt)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_refund_goes_by_its_own_number() {
    let (attempt, refund) = (attempt(Method::Code), refund());
    let make = shown(&sent(&alipay(), &Call::Refund { attempt: &attempt, refund: &refund }));
    let look = shown(&sent(&alipay(), &Call::QueryRefund { attempt: &attempt, refund: &refund }));
    insta::assert_snapshot!(format!("{make}\n{look}"));
}

#[test]
fn a_bill_is_asked_for_by_its_day() {
    let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
    let trades = shown(&sent(&alipay(), &Call::Statement { day, kind: FileKind::Trades }));
    let funds = shown(&sent(&alipay(), &Call::Statement { day, kind: FileKind::Funds }));
    assert!(funds.contains("signcustomer"));
    insta::assert_snapshot!(trades);
}

#[test]
fn certificates_and_the_merchants_token_are_named_in_every_request() {
    let settings = Settings { app_auth_token: Secret::new("202311BBtoken"), ..by_certificates() };
    let alipay = build(&settings, &no_files).unwrap();
    insta::assert_snapshot!(shown(&sent(&alipay, &Call::Query(&attempt(Method::Code)))));
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_sent() {
    let refused = |call: &Call<'_>| alipay().request(call, made()).unwrap_err().kind;
    let on_file = Method::OnFile { customer: String::new(), instrument: String::new() };
    assert_eq!(refused(&Call::Open(&attempt(on_file))), RefusalKind::Unsupported);
    assert_eq!(
        refused(&Call::Open(&attempt(Method::Terminal { reader: String::new() }))),
        RefusalKind::Unsupported
    );
    let hold = |method, capture| Attempt { capture, ..attempt(method) };
    assert_eq!(refused(&Call::Open(&hold(Method::Code, Capture::Later))), RefusalKind::Unsupported);
    assert_eq!(refused(&Call::Open(&hold(Method::Score, Capture::Now))), RefusalKind::Unsupported);
    let score = held();
    assert_eq!(refused(&Call::Raise { attempt: &score, to: yuan(9), key: "k" }), RefusalKind::Unsupported);
    let unnamed = attempt(Method::Score);
    assert_eq!(refused(&Call::Release { attempt: &unnamed, key: "k" }), RefusalKind::Setup);
    for amount in [yuan(0), yuan(-1), Amount::new(5, "EUR".parse().unwrap())] {
        assert_eq!(refused(&Call::Open(&Attempt { amount, ..attempt(Method::Code) })), RefusalKind::Setup);
    }
}
