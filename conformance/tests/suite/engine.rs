//! The engine itself: operators, verdicts, reports.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use conformance::suite::hook::{Registration, TokenState};
use conformance::suite::{self, HookError, HttpOperator, Operator, Rig, Verdict, Wish, report};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::good::{Defect, Good};
use crate::{case, pace, play, rig};

#[tokio::test]
async fn without_an_operator_a_case_that_needs_one_is_inconclusive_and_says_so() {
    let good = Good::start(Defect { open: true, ..Defect::default() }).await;
    let mut rig = Rig::new(good.url());
    rig.pace = pace();
    let summary =
        suite::run(&rig, &[case("TC_B_20_CSMS"), case("TC_001_CSMS"), case("TC_003_CSMS")], 1, |_| {}).await;
    let told: Vec<_> = summary.outcomes.iter().map(|o| (o.verdict, o.reason.as_str())).collect();
    assert_eq!(told[1], (Verdict::Pass, ""));
    assert_eq!((told[0].0, told[2].0), (Verdict::Inconclusive, Verdict::Inconclusive));
    assert!(told[0].1.contains("make the CSMS send Reset"), "{}", told[0].1);
    assert!(told[2].1.contains("--token valid="), "{}", told[2].1);
}

#[tokio::test]
async fn a_station_that_nobody_registered_is_no_fault_of_the_csms() {
    let good = Good::start(Defect::default()).await;
    let mut rig = Rig::new(good.url());
    rig.pace = pace();
    let summary = suite::run(&rig, &[case("TC_B_01_CSMS")], 1, |_| {}).await;
    assert_eq!(summary.outcomes[0].verdict, Verdict::Inconclusive);
    assert!(summary.outcomes[0].reason.contains("HTTP 404"), "{}", summary.outcomes[0].reason);
}

#[tokio::test]
async fn nobody_listens_is_inconclusive() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
    drop(listener);
    let summary = suite::run(&Rig::new(url), &[case("TC_B_01_CSMS")], 1, |_| {}).await;
    assert_eq!(summary.outcomes[0].verdict, Verdict::Inconclusive);
    assert!(summary.outcomes[0].reason.contains("no connection"), "{}", summary.outcomes[0].reason);
}

#[tokio::test]
async fn a_feature_that_was_not_declared_makes_a_case_not_applicable() {
    let good = Good::start(Defect::default()).await;
    let mut rig = rig(&good);
    rig.rules.features.clear();
    let (core, optional) = (case("TC_F_20_CSMS"), case("TC_F_11_CSMS"));
    let summary = suite::run(&rig, &[core, optional], 1, |_| {}).await;
    assert_eq!(summary.outcomes[0].verdict, Verdict::Pass, "{}", summary.outcomes[0].reason);
    assert_eq!(summary.outcomes[1].verdict, Verdict::NotApplicable);
    rig.rules.features.insert("c-29.1".to_owned());
    let summary = suite::run(&rig, &[optional], 1, |_| {}).await;
    assert_eq!(summary.outcomes[0].verdict, Verdict::Pass, "{}", summary.outcomes[0].reason);
}

#[tokio::test]
async fn a_csms_that_does_not_answer_fails_with_the_frames_that_led_there() {
    let silent = |seen: &conformance::responder::Seen, answer: &mut Value| {
        if seen.action == "Heartbeat" {
            *answer = Value::Null;
        }
    };
    let good = Good::start(Defect { answered: Some(silent), ..Defect::default() }).await;
    let rig = rig(&good);
    let summary = suite::run(&rig, &[case("TC_B_01_CSMS")], 1, |_| {}).await;
    let outcome = &summary.outcomes[0];
    assert_eq!(
        (outcome.verdict, outcome.reason.as_str()),
        (Verdict::Fail, &*format!("no answer to Heartbeat within {:?}", rig.pace.answer))
    );
    let last = &outcome.trace.iter().rev().find(|line| line.text.starts_with("[2,")).unwrap().text;
    assert!(last.contains("\"Heartbeat\""), "{last}");
}

#[tokio::test]
async fn a_case_that_changed_the_password_leaves_the_station_as_it_was() {
    let good = Good::start(Defect::default()).await;
    let cases = [case("TC_A_09_CSMS"), case("TC_A_01_CSMS"), case("TC_B_02_CSMS"), case("TC_B_01_CSMS")];
    let summary = suite::run(&rig(&good), &cases, 1, |_| {}).await;
    for outcome in &summary.outcomes {
        assert_eq!(outcome.verdict, Verdict::Pass, "{}", report::line(outcome));
    }
}

/// An operator with an opinion of its own.
struct Says(HookError);

impl Operator for Says {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<suite::hook::Told, HookError>> {
        Box::pin(async move {
            match wish {
                Wish::Call { .. } => Err(self.0.clone()),
                _ => Ok(suite::hook::Told::default()),
            }
        })
    }
}

#[tokio::test]
async fn what_an_operator_says_decides_the_verdict() {
    let good = Good::start(Defect { open: true, ..Defect::default() }).await;
    for (error, verdict) in [
        (HookError::Unable("x".into()), Verdict::Inconclusive),
        (HookError::Failed("x".into()), Verdict::Inconclusive),
        (HookError::NotOffered("x".into()), Verdict::NotApplicable),
    ] {
        let mut rig = Rig::new(good.url()).operator(Arc::new(Says(error)));
        rig.pace = pace();
        let summary = suite::run(&rig, &[case("TC_B_20_CSMS")], 1, |_| {}).await;
        assert_eq!(summary.outcomes[0].verdict, verdict, "{}", summary.outcomes[0].reason);
    }
}

/// Makes the first call, and no other.
struct Once(Arc<Good>, AtomicBool);

impl Operator for Once {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<suite::hook::Told, HookError>> {
        match wish {
            Wish::Call { .. } if self.1.swap(true, Ordering::Relaxed) => {
                Box::pin(async { Err(HookError::Failed("one at a time, please".into())) })
            }
            _ => self.0.ask(wish),
        }
    }
}

#[tokio::test]
async fn a_hook_that_makes_no_second_call_is_no_fault_of_the_csms() {
    let good = Good::start(Defect::default()).await;
    let mut rig = rig(&good);
    rig.operator = Some(Arc::new(Once(good.clone(), AtomicBool::new(false))));
    let summary = suite::run(&rig, &[case("WL_PEND_02")], 1, |_| {}).await;
    let outcome = &summary.outcomes[0];
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", report::line(outcome));
    assert!(outcome.reason.contains("one at a time, please"), "{}", outcome.reason);
}

/// A mistake of the suite.
static MISTAKE: suite::Case = suite::Case {
    id: "WL_MISTAKE",
    title: "The suite panics",
    requirements: &[],
    versions: &[ocpp::Version::V201],
    block: "Frames",
    play: suite::Steps::Csms(|_| Box::pin(async { panic!("a mistake") })),
};

#[tokio::test]
async fn a_case_in_which_the_suite_panics_is_told_and_takes_no_other_with_it() {
    let good = Good::start(Defect::default()).await;
    let cases = [case("TC_B_01_CSMS"), (ocpp::Version::V201, &MISTAKE), case("TC_001_CSMS")];
    let summary = suite::run(&rig(&good), &cases, 1, |_| {}).await;
    let told: Vec<_> = summary.outcomes.iter().map(|o| (o.case.id, o.verdict)).collect();
    let expected = [
        ("TC_B_01_CSMS", Verdict::Pass),
        ("WL_MISTAKE", Verdict::Inconclusive),
        ("TC_001_CSMS", Verdict::Pass),
    ];
    assert_eq!(told, expected);
    assert!(summary.outcomes[1].reason.contains("panicked"), "{}", summary.outcomes[1].reason);
}

/// A hook on HTTP that answers each request with the next of these; the requests it got.
async fn hook(answers: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = got.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !complete(&request) {
                let read = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..read]);
            }
            seen.lock().unwrap().push(String::from_utf8(request).unwrap());
            let (status, body) = answer.split_once(' ').unwrap();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    });
    (url, got)
}

/// Whether head and body of a request are there.
fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}

#[tokio::test]
async fn a_hook_on_http_is_told_wishes_and_tells_how_it_went() {
    let (url, got) = hook(&[
        "200 {\"facts\":{\"a\":1}}",
        "202 ",
        "422 {\"reason\":\"no such thing\"}",
        "501 {\"detail\":\"not I\"}",
        "500 oops",
    ])
    .await;
    let operator = HttpOperator::new(&url, Some("KEY".into()), Duration::from_secs(5)).unwrap();
    let wish = Wish::Call {
        station: "CS-1".into(),
        version: "ocpp1.6".into(),
        action: "Reset".into(),
        payload: json!({ "type": "Hard" }),
        free: Vec::new(),
    };
    assert_eq!(operator.ask(&wish).await.unwrap().facts, json!({ "a": 1 }));
    let station =
        Wish::Station { station: "CS-1".into(), password: "P".into(), registration: Registration::Pending };
    assert!(operator.ask(&station).await.unwrap().facts.is_null());
    let token = Wish::Token {
        token: "T".into(),
        token_type: "ISO14443".into(),
        state: TokenState::Blocked,
        group: None,
        balance: Some("25.00".into()),
        language: None,
    };
    assert_eq!(operator.ask(&token).await, Err(HookError::NotOffered("no such thing".into())));
    assert_eq!(operator.ask(&wish).await, Err(HookError::Unable("not I".into())));
    assert_eq!(operator.ask(&wish).await, Err(HookError::Failed("HTTP 500".into())));
    let got = got.lock().unwrap();
    let body = |at: usize| serde_json::from_str::<Value>(got[at].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(got[0].to_ascii_lowercase().contains("authorization: bearer key"), "{}", got[0]);
    assert_eq!(
        body(0),
        json!({ "wish": "call", "station": "CS-1", "version": "ocpp1.6", "action": "Reset", "payload": { "type": "Hard" } })
    );
    assert_eq!(
        body(1),
        json!({ "wish": "station", "station": "CS-1", "password": "P", "registration": "pending" })
    );
    assert_eq!(
        body(2),
        json!({ "wish": "token", "token": "T", "token_type": "ISO14443", "state": "blocked", "balance": "25.00" })
    );
}

#[test]
fn a_hook_needs_an_address_on_http() {
    for url in ["nonsense", "ftp://a/", "ws://a/"] {
        assert!(HttpOperator::new(url, None, Duration::from_secs(1)).is_err(), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_tell_the_same_in_every_form() {
    let wrong = |_: &str, payload: &mut Value| payload["type"] = "<&\"\u{1}>".into();
    let cases = [case("TC_B_01_CSMS"), case("TC_013_CSMS"), case("TC_A_04_CSMS"), case("TC_A_19_CSMS")];
    let summary = play(Defect { sent: Some(wrong), ..Defect::default() }, &cases).await;
    let verdicts: Vec<_> = summary.outcomes.iter().map(|o| o.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable, Verdict::Fail]);

    let text = report::text(&summary);
    assert!(text.contains("FAIL           ocpp1.6   TC_013_CSMS"), "{text}");
    assert!(text.contains("<- [2,\"r-"), "the trace of what failed: {text}");
    assert!(text.contains("4 cases in"), "{text}");

    let json = report::json(&summary);
    assert_eq!(json["counts"], json!({ "pass": 1, "fail": 2, "not_applicable": 1, "inconclusive": 0 }));
    assert_eq!(json["cases"][1]["verdict"], "fail");
    assert!(!json["cases"][0]["trace"].as_array().unwrap().is_empty());

    let junit = report::junit(&summary);
    assert!(
        junit.contains("<testsuites name=\"conformance\" tests=\"4\" failures=\"2\" skipped=\"1\""),
        "{junit}"
    );
    assert_eq!(junit.matches("<testcase ").count(), 4);
    assert_eq!((junit.matches("<failure ").count(), junit.matches("<skipped ").count()), (2, 1));

    let html = report::html(&summary);
    assert_eq!(html.matches("<details class=\"case\"").count(), 4);
    assert_eq!(html.matches("<details class=\"case\" data-verdict=\"fail\" data-block=").count(), 2);
    let opened =
        html.lines().filter(|line| line.starts_with("<details class=\"case\"") && line.contains("\" open>"));
    assert!(
        opened.clone().count() == 2 && opened.into_iter().all(|line| line.contains("data-verdict=\"fail\""))
    );
    for foreign in ["src=", "href=", "@import", "url(", "fetch(", "import("] {
        assert!(!html.contains(foreign), "the page needs nothing from elsewhere: {foreign}");
    }
    assert!(html.contains("prefers-color-scheme: dark"));
    for form in [&html, &junit] {
        assert!(
            form.contains("&lt;&amp;") && !form.contains("<&\""),
            "what stations and systems say is escaped"
        );
    }
}
