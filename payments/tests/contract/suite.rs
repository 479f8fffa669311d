//! The promises, one function each.

use crate::subject::{Subject, attempt, now, refund, usual};
use chrono::{NaiveDate, TimeDelta};
use payments::provider::{
    Answer, Call, Capture, Fact, FileKind, Method, PaymentState, RefusalKind, Request, Response, Step, Told,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Every method there is.
fn methods() -> Vec<Method> {
    vec![
        Method::InWallet,
        Method::PhoneBrowser,
        Method::Code,
        Method::Score,
        Method::Hosted,
        Method::Terminal { reader: String::new() },
        Method::OnFile { customer: String::new(), instrument: String::new() },
    ]
}

/// Asks for every call in turn.
fn every_call(subject: &impl Subject, mut with: impl FnMut(Call<'_>)) {
    let attempt = usual(subject);
    let refund = refund(&attempt);
    let day = NaiveDate::from_ymd_opt(2026, 5, 27).unwrap();
    with(Call::Identify { code: "0a1b2c" });
    with(Call::Open(&attempt));
    with(Call::Query(&attempt));
    with(Call::Close(&attempt));
    with(Call::Raise { attempt: &attempt, to: attempt.amount, key: "k1" });
    with(Call::Capture { attempt: &attempt, amount: attempt.amount, key: "k2" });
    with(Call::Release { attempt: &attempt, key: "k3" });
    with(Call::Refund { attempt: &attempt, refund: &refund });
    with(Call::QueryRefund { attempt: &attempt, refund: &refund });
    with(Call::Statement { day, kind: FileKind::Trades });
    with(Call::Statement { day, kind: FileKind::Funds });
}

fn sent(subject: &impl Subject, call: &Call<'_>) -> Option<Request> {
    match subject.provider().request(call, now()) {
        Ok(Step::Send(request)) => Some(request),
        _ => None,
    }
}

pub fn it_offers_what_it_says_and_nothing_else(subject: &impl Subject) {
    let provider = subject.provider();
    let abilities = provider.abilities();
    assert!(!abilities.methods.is_empty());
    for method in &abilities.holds {
        assert!(abilities.takes(method), "{method:?} holds, but is not among the methods");
    }
    for method in methods() {
        for capture in [Capture::Now, Capture::Later] {
            let attempt = attempt(subject, &method, capture);
            let asked = provider.request(&Call::Open(&attempt), now());
            let offered =
                abilities.takes(&method) && (capture == Capture::Now || abilities.can_hold(&method));
            match asked {
                // What can only hold may refuse to take at once; what is not offered must be refused.
                Ok(_) => assert!(offered, "{method:?} {capture:?} is not offered, but not refused either"),
                Err(refusal) => {
                    assert_eq!(refusal.kind, RefusalKind::Unsupported, "{method:?} {capture:?}: {refusal:?}");
                    let only_holds = capture == Capture::Now && abilities.can_hold(&method);
                    assert!(!offered || only_holds, "{method:?} {capture:?} is offered, but refused");
                }
            }
        }
    }
    let attempt = usual(subject);
    let raise = Call::Raise { attempt: &attempt, to: attempt.amount, key: "k" };
    if !abilities.raises {
        assert_eq!(provider.request(&raise, now()).unwrap_err().kind, RefusalKind::Unsupported);
    }
    for kind in [FileKind::Trades, FileKind::Funds] {
        let day = NaiveDate::from_ymd_opt(2026, 5, 27).unwrap();
        let asked = provider.request(&Call::Statement { day, kind }, now());
        assert_eq!(asked.is_ok(), abilities.statements.contains(&kind), "{kind:?}");
    }
}

pub fn opening_twice_is_one_order(subject: &impl Subject) {
    for method in &subject.provider().abilities().methods {
        let capture =
            if subject.provider().abilities().can_hold(method) { Capture::Later } else { Capture::Now };
        let attempt = attempt(subject, method, capture);
        let call = Call::Open(&attempt);
        let first = subject.provider().request(&call, now()).unwrap();
        assert_eq!(first, subject.provider().request(&call, now()).unwrap(), "{method:?}");
        let Step::Send(first) = first else { continue };
        let later = sent(subject, &Call::Open(&attempt)).unwrap();
        assert_eq!(
            (first.verb, &first.url, &first.body),
            (later.verb, &later.url, &later.body),
            "{method:?}"
        );
        // The number goes along: by it the provider knows the order again.
        let everything = format!("{first:?} {}", String::from_utf8_lossy(&first.body));
        assert!(everything.contains(&attempt.number), "{method:?}: the number is not sent");
    }
}

pub fn a_genuine_answer_is_believed(subject: &impl Subject) {
    let attempt = usual(subject);
    let call = Call::Query(&attempt);
    let request = sent(subject, &call).unwrap();
    let answer = subject.provider().answer(&call, &subject.answer_paid(&attempt, &request), now());
    let Answer::Told(Told::Payment(fact)) = answer else { panic!("not believed: {answer:?}") };
    assert_eq!(fact.number, attempt.number);
    assert_eq!((fact.state, fact.taken), (PaymentState::Taken, Some(attempt.amount)));
}

pub fn an_answer_that_cannot_be_verified_tells_nothing<S: Subject>(subject: &S) {
    if !S::SIGNS_ANSWERS {
        return;
    }
    let attempt = usual(subject);
    let call = Call::Query(&attempt);
    let request = sent(subject, &call).unwrap();
    let genuine = subject.answer_paid(&attempt, &request);
    let unknown = |response: &Response, what: &str| {
        let answer = subject.provider().answer(&call, response, now());
        assert!(matches!(answer, Answer::Unknown(_)), "{what}: {answer:?}");
    };
    for at in 0..genuine.body.len() {
        let mut forged = genuine.clone();
        forged.body[at] ^= 1;
        unknown(&forged, &format!("byte {at} is another"));
    }
    let mut bare = genuine.clone();
    bare.headers.retain(|(name, _)| name == "content-type");
    bare.body = String::from_utf8_lossy(&genuine.body).replace("sign", "nosign").into_bytes();
    unknown(&bare, "without a signature");
}

pub fn a_server_in_trouble_tells_nothing(subject: &impl Subject) {
    every_call(subject, |call| {
        for status in [500, 502, 503, 504] {
            for body in ["", "<html>Bad Gateway</html>", "{}", "null", "{\"code\":\"SUCCESS\"}"] {
                let response = Response::text(status, "text/html", body);
                let answer = subject.provider().answer(&call, &response, now());
                assert!(matches!(answer, Answer::Unknown(_)), "{}, {status} {body}: {answer:?}", call.name());
            }
        }
    });
}

pub fn arbitrary_bytes_are_read_without_harm(subject: &impl Subject) {
    let attempt = usual(subject);
    let mut names: Vec<String> =
        subject.notice_paid(&attempt).headers.into_iter().map(|(name, _)| name).collect();
    if let Some(request) = sent(subject, &Call::Query(&attempt)) {
        names.extend(subject.answer_paid(&attempt, &request).headers.into_iter().map(|(name, _)| name));
    }
    names.push("content-type".to_owned());
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        "\\{\"(code|id|kind|object|sign|resource)\":(\"[ -~]{0,20}\"|[0-9]{1,25}|null|\\[\\])\\}"
            .prop_map(String::into_bytes),
    ];
    let headers = proptest::collection::vec((proptest::sample::select(names), "[ -~]{0,60}"), 0..8);
    let responses = (prop_oneof![Just(200_u16), 0..600_u16], headers, bytes)
        .prop_map(|(status, headers, body)| Response { status, headers, body });
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    runner
        .run(&responses, |response| {
            every_call(subject, |call| {
                let answer = subject.provider().answer(&call, &response, now());
                let moves = matches!(
                    &answer,
                    Answer::Told(Told::Payment(fact)) if !matches!(fact.state, PaymentState::Waiting | PaymentState::Absent)
                );
                assert!(!moves, "{}: {answer:?}", call.name());
            });
            assert!(subject.provider().notice(&response, now()).is_err());
            Ok(())
        })
        .unwrap();
}

pub fn a_genuine_notice_is_believed_and_has_one_key(subject: &impl Subject) {
    let attempt = usual(subject);
    let notice = subject.notice_paid(&attempt);
    let read = || subject.provider().notice(&notice, now()).unwrap();
    let (first, again) = (read(), read());
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].key(), again[0].key());
    let Fact::Payment(fact) = first[0].fact() else { panic!("{:?}", first[0].fact()) };
    assert_eq!((&fact.number, fact.amount), (&attempt.number, Some(attempt.amount)));
    assert!(subject.provider().acknowledgement(true).is_success());
    assert_ne!(subject.provider().acknowledgement(true), subject.provider().acknowledgement(false));
}

pub fn a_forged_notice_is_refused(subject: &impl Subject) {
    let attempt = usual(subject);
    let genuine = subject.notice_paid(&attempt);
    let refused = |notice: &Response, what: &str| {
        let read = subject.provider().notice(notice, now());
        assert!(read.is_err(), "{what}: {read:?}");
    };
    for at in 0..genuine.body.len() {
        let mut forged = genuine.clone();
        forged.body[at] ^= 1;
        refused(&forged, &format!("byte {at} is another"));
    }
    refused(&Response { headers: Vec::new(), ..genuine.clone() }, "without headers");
    refused(&Response { body: Vec::new(), ..genuine.clone() }, "without a body");
    let mut longer = genuine.clone();
    longer.body.push(b' ');
    refused(&longer, "with a byte more");
    let mut other = subject.notice_paid(&crate::subject::Attempt { number: "another".into(), ..attempt });
    other.headers = genuine.headers;
    if !other.headers.iter().all(|(name, _)| name == "content-type") {
        refused(&other, "with the signature of another notice");
    }
}

pub fn an_old_notice_is_refused<S: Subject>(subject: &S) {
    if !S::SIGNS_TIMES {
        return;
    }
    let notice = subject.notice_paid(&usual(subject));
    for by in [TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::days(400)] {
        assert!(subject.provider().notice(&notice, now() + by).is_err(), "{by}");
    }
}
