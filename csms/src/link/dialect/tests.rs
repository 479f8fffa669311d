//! Every action of every version: understood, and answered with what its schema allows.

use super::*;
use crate::model::{AuthStatus, Presented, Registration, Ruling, TransactionReply, Verdict};
use crate::vat::{Answer, Company};
use ocpp::schema::Book;
use ocpp::schema::book::{Object, Shape, Type};
use rust_decimal::Decimal;
use serde_json::Map;
use std::fmt::Write;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-08-22T10:20:30.5Z").unwrap().to_utc()
}

/// A payload that fits: with the required fields only, or with all of them.
pub(super) fn example(version: Version, action: &str, full: bool) -> Value {
    object(Book::of(version), &Book::of(version).actions[action].request, full)
}

fn object(book: &Book, object: &Object, full: bool) -> Value {
    let told = object.fields.iter().filter(|field| field.required || (full && field.name != "customData"));
    let fields: Map<_, _> =
        told.map(|field| (field.name.to_owned(), value(book, field.name, &field.shape, full))).collect();
    Value::Object(fields)
}

fn value(book: &Book, name: &str, shape: &Shape, full: bool) -> Value {
    match shape {
        Shape::Text { max } => name.chars().take(max.unwrap_or(40) as usize).collect::<String>().into(),
        Shape::Time => "2026-08-22T10:20:30Z".into(),
        Shape::Uri => "https://files.example/firmware".into(),
        Shape::Integer { min, max } => min.unwrap_or(7).max(1).min(max.unwrap_or(7)).into(),
        Shape::Number { max: Some(max), .. } => json!(*max),
        Shape::Number { min, .. } => json!(min.unwrap_or(0) as f64 + 1.5),
        Shape::Boolean => true.into(),
        Shape::Any => json!({"any": 1}),
        Shape::List { item, .. } => json!([value(book, name, item, full)]),
        Shape::Named(name) => match &book.types[name] {
            Type::Object(inner) => object(book, inner, full),
            Type::Enum { words, .. } => words[0].into(),
        },
    }
}

fn verdict(status: AuthStatus) -> Verdict {
    Verdict {
        status,
        group: Some(Presented { uid: "FLEET-7".to_owned(), kind: "Central".to_owned() }),
        expires_at: Some(now()),
        cache_until: None,
        language: "de".to_owned(),
        tariff: Some(json!({"tariffId": "own-1", "currency": "EUR"})),
        max_cost: Some(rust_decimal::Decimal::new(125, 1)),
        max_energy_wh: Some(20_000),
        max_time_s: Some(5_400),
    }
}

const STATUSES: [AuthStatus; 10] = [
    AuthStatus::Accepted,
    AuthStatus::Blocked,
    AuthStatus::ConcurrentTx,
    AuthStatus::Expired,
    AuthStatus::Invalid,
    AuthStatus::NoCredit,
    AuthStatus::NotAllowedTypeEVSE,
    AuthStatus::NotAtThisLocation,
    AuthStatus::NotAtThisTime,
    AuthStatus::Unknown,
];

/// Every reply that the desk can give to a report.
pub(super) fn replies(report: &Report) -> Vec<Reply> {
    match report {
        Report::Boot(_) => [Registration::Accepted, Registration::Pending, Registration::Rejected]
            .map(|registration| Reply::Boot { registration, interval_s: 300, now: now() })
            .to_vec(),
        Report::Heartbeat => vec![Reply::Heartbeat { now: now() }],
        Report::Authorize(_) => STATUSES.map(|status| Reply::Authorize(verdict(status))).to_vec(),
        Report::Transaction(report) => {
            let transaction = Some(1_000_001);
            let cost = Some("12.345678901".parse().unwrap());
            let plain = TransactionReply { transaction, ..TransactionReply::default() };
            let mut replies = vec![Reply::Transaction(plain.clone())];
            replies.extend(STATUSES.map(|status| {
                let verdict = Some(verdict(status));
                Reply::Transaction(TransactionReply { verdict, total_cost: cost, ..plain.clone() })
            }));
            if report.metering_only {
                replies.push(Reply::Noted);
            }
            replies
        }
        Report::Meter(_) => vec![Reply::Noted, Reply::Transaction(TransactionReply::default())],
        Report::Vendor { .. } => vec![Reply::UnknownVendor],
        Report::Settlement(_) => {
            let (receipt_url, receipt_id) = ("https://pay.example/o/1".to_owned(), "2026-1".to_owned());
            vec![Reply::Noted, Reply::Settled { receipt_url, receipt_id }]
        }
        Report::Vat { .. } => {
            let company = Company {
                name: "N".repeat(60),
                address1: "A".repeat(120),
                address2: String::new(),
                city: "Berlin".to_owned(),
                postal_code: "10115".to_owned(),
                country: "DE".to_owned(),
            };
            let answer = |accepted, company, why| Reply::Vat(Answer { accepted, company, why });
            vec![
                answer(true, Some(company), "valid"),
                answer(false, None, "off"),
                answer(false, None, "malformed"),
                answer(false, None, "invalid"),
                answer(true, None, "unreachable"),
                answer(false, None, "unreachable"),
            ]
        }
        Report::Notice(notice) => {
            let ruled = |ruling, why: &str, values| Reply::Ruled { ruling, why: why.to_owned(), values };
            match notice.kind {
                "station.charging.needs" => vec![
                    ruled(Ruling::Accepted, "", None),
                    ruled(Ruling::Processing, "load management heeds it", None),
                    ruled(Ruling::NoPlan, "no session runs at this EVSE", None),
                    ruled(Ruling::Rejected, &"w".repeat(600), None),
                ],
                "station.charging.schedule" | "station.stream.opened" => {
                    vec![ruled(Ruling::Accepted, "", None), ruled(Ruling::Rejected, "too much", None)]
                }
                "station.charging.pull" => vec![
                    ruled(Ruling::Accepted, "", Some(json!({"setpoint": -2000.5}))),
                    ruled(Ruling::Rejected, "there is no such dynamic profile", None),
                ],
                _ => vec![Reply::Noted],
            }
        }
        Report::Status(_) | Report::Inventory(_) => vec![Reply::Noted],
    }
}

pub(super) fn inbound_actions(version: Version) -> Vec<&'static str> {
    schema::actions(version, Direction::Station).collect()
}

pub(super) fn is_answered(version: Version, action: &str) -> bool {
    Book::of(version).actions[action].response.is_some()
}

#[test]
fn every_action_of_a_station_is_understood_and_answered() {
    for version in Version::ALL {
        let dialect = of(version);
        let mut golden = String::new();
        for action in inbound_actions(version) {
            let payloads = [example(version, action, false), example(version, action, true)];
            for payload in payloads.iter().take(if payloads[0] == payloads[1] { 1 } else { 2 }) {
                writeln!(golden, "> {action} {payload}").unwrap();
                let told = dialect.report(action, payload.clone(), Validation::Strict, now());
                let told = told.unwrap_or_else(|fault| panic!("{version:?} {action} {payload}: {fault}"));
                assert_eq!(told.deviations, [], "{version:?} {action}");
                writeln!(golden, "= {:?}", told.report).unwrap();
                let lenient = dialect.report(action, payload.clone(), Validation::Lenient, now()).unwrap();
                assert_eq!((&lenient.report, &lenient.question), (&told.report, &told.question));
                if is_answered(version, action) {
                    let mut answers = Vec::new();
                    for reply in replies(&told.report) {
                        let answer = dialect.reply(&told.question, &reply);
                        let answer =
                            answer.unwrap_or_else(|fault| panic!("{version:?} {action} {reply:?}: {fault}"));
                        if !answers.contains(&answer) {
                            writeln!(golden, "< {answer}").unwrap();
                            answers.push(answer);
                        }
                    }
                }
            }
            golden.push('\n');
        }
        insta::assert_snapshot!(version.subprotocol(), golden);
    }
}

#[test]
fn every_notice_has_a_kind_of_its_own() {
    for version in [Version::V201, Version::V21] {
        let mut kinds = Vec::new();
        for action in inbound_actions(version) {
            let told = of(version)
                .report(action, example(version, action, true), Validation::Strict, now())
                .unwrap();
            if let Report::Notice(notice) = told.report {
                assert!(!kinds.contains(&notice.kind) && notice.kind != "station.message", "{action}");
                kinds.push(notice.kind);
            }
        }
        assert!(kinds.len() > 15);
    }
}

#[test]
fn a_reply_to_something_else_is_a_defect_of_ours() {
    let heartbeat = of(Version::V201).report("Heartbeat", json!({}), Validation::Strict, now()).unwrap();
    for reply in [Reply::Noted, Reply::UnknownVendor, Reply::Authorize(verdict(AuthStatus::Accepted))] {
        let fault = of(Version::V201).reply(&heartbeat.question, &reply).unwrap_err();
        assert_eq!(fault.code, ErrorCode::InternalError);
    }
    // A StartTransaction without an id would leave the station with a session that it can never end.
    let start = example(Version::V16, "StartTransaction", false);
    let start = of(Version::V16).report("StartTransaction", start, Validation::Strict, now()).unwrap();
    let fault = of(Version::V16).reply(&start.question, &Reply::Transaction(TransactionReply::default()));
    assert_eq!(fault.unwrap_err().code, ErrorCode::InternalError);
}

#[test]
fn actions_of_others_are_told_apart() {
    for version in Version::ALL {
        let code = |action: &str| {
            let told = of(version).report(action, json!({}), Validation::Strict, now());
            told.unwrap_err().code
        };
        assert_eq!(code("MakeCoffee"), ErrorCode::NotImplemented);
        assert_eq!(code("heartbeat"), ErrorCode::NotImplemented);
        let mut theirs = 0;
        for action in schema::actions(version, Direction::Csms) {
            if schema::knows(version, action) == Some(Direction::Csms) {
                assert_eq!(code(action), ErrorCode::NotSupported, "{version:?} {action}");
                theirs += 1;
            }
        }
        assert!(theirs > 20, "{version:?}: {theirs}");
    }
    let told = of(Version::V16).report("heartbeatRequest", json!({}), Validation::Lenient, now()).unwrap();
    assert_eq!((told.question.action, told.deviations[0].rule), ("Heartbeat", "action-case"));
    // 2.x actions do not exist in 1.6, and the other way round.
    for (version, action) in [(Version::V16, "TransactionEvent"), (Version::V21, "StartTransaction")] {
        let fault = of(version).report(action, json!({}), Validation::Lenient, now()).unwrap_err();
        assert_eq!(fault.code, ErrorCode::NotImplemented);
    }
}

#[test]
fn a_fault_says_what_and_where_and_no_more() {
    let payload = json!({"idTag": "SECRET-TAG-THAT-IS-FAR-TOO-LONG"});
    let fault = of(Version::V16).report("Authorize", payload, Validation::Strict, now()).unwrap_err();
    assert_eq!(fault.code, ErrorCode::PropertyConstraintViolation);
    assert_eq!(fault.description, "Authorize: /idTag is longer than 20 characters");
    assert_eq!(fault.details, json!({"path": "/idTag", "rule": "maxLength"}));
}

#[test]
fn calls_of_ours_are_checked() {
    for version in Version::ALL {
        for action in schema::actions(version, Direction::Csms) {
            let payload = example(version, action, true);
            assert_eq!(of(version).request(action, &payload), Ok(()), "{version:?} {action}");
            assert!(of(version).request(action, &json!({"nonsense": 1})).is_err(), "{version:?} {action}");
        }
        let code = |action: &str| of(version).request(action, &json!({})).unwrap_err().code;
        assert_eq!(code("Heartbeat"), ErrorCode::NotSupported);
        assert_eq!(code("MakeCoffee"), ErrorCode::NotImplemented);
        assert_eq!(of(version).answer("ClearCache", &json!({"status": "Accepted"})), Ok(()));
        let fault = of(version).answer("ClearCache", &json!({"status": "Perhaps"})).unwrap_err();
        assert_eq!(fault.code, ErrorCode::PropertyConstraintViolation);
    }
}

#[test]
fn an_unverified_certificate_never_authorizes() {
    let contract = json!({
        "idToken": {"idToken": "DE8AA1A2B3C4D5", "type": "eMAID"},
        "iso15118CertificateHashData": [{
            "hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c",
            "responderURL": "https://ocsp.example",
        }],
    });
    let pem = json!({"idToken": {"idToken": "DE8AA1A2B3C4D5", "type": "eMAID"}, "certificate": "PEM"});
    for version in [Version::V201, Version::V21] {
        for payload in [&contract, &pem] {
            let told = of(version).report("Authorize", payload.clone(), Validation::Strict, now()).unwrap();
            let answer =
                of(version).reply(&told.question, &Reply::Authorize(verdict(AuthStatus::Accepted))).unwrap();
            assert_eq!(answer["idTokenInfo"]["status"], "Invalid");
            assert_eq!(answer["certificateStatus"], "CertChainError");
        }
    }
}

#[test]
fn availability_events_are_statuses() {
    let datum = |component: Value, name: &str, value: &str| {
        json!({"eventId": 1, "timestamp": "2026-08-22T10:20:30Z", "trigger": "Delta", "actualValue": value,
            "eventNotificationType": "HardWiredNotification", "component": component,
            "variable": {"name": name}})
    };
    let payload = json!({"generatedAt": "2026-08-22T10:20:31Z", "seqNo": 0, "eventData": [
        datum(json!({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}), "AvailabilityState", "Occupied"),
        datum(json!({"name": "evse", "evse": {"id": 3}}), "availabilitystate", "Available"),
        datum(json!({"name": "ChargingStation"}), "AvailabilityState", "Faulted"),
        datum(json!({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}), "Problem", "true"),
        datum(json!({"name": "FiscalMetering"}), "AvailabilityState", "Available"),
    ]});
    let told = of(Version::V201).report("NotifyEvent", payload.clone(), Validation::Strict, now()).unwrap();
    let Report::Notice(notice) = told.report else { panic!() };
    let statuses: Vec<_> =
        notice.statuses.iter().map(|s| (s.place.evse, s.place.connector, s.status.as_str())).collect();
    assert_eq!(statuses, [(2, 1, "Occupied"), (3, 0, "Available"), (0, 0, "Faulted")]);
    assert_eq!(notice.body, payload);
}

#[test]
fn secrets_do_not_reach_events_and_inventory() {
    let payload = json!({"requestId": 1, "generatedAt": "2026-08-22T10:20:31Z", "seqNo": 0, "reportData": [{
        "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [{"type": "Actual", "value": "hush"}],
    }]});
    let told = of(Version::V201).report("NotifyReport", payload, Validation::Strict, now()).unwrap();
    assert!(!format!("{told:?}").contains("hush"));
}

#[test]
fn signed_messages_are_opened() {
    // "e30" is {} in base64url.
    let envelope = json!({"payload": "e30", "signature": "c2ln", "header": {}});
    let told = of(Version::V201).report("Heartbeat-Signed", envelope, Validation::Strict, now()).unwrap();
    assert_eq!((told.report, told.question.action), (Report::Heartbeat, "Heartbeat"));
    for broken in [json!({}), json!({"payload": "!!"}), json!({"payload": "NDI"})] {
        let fault =
            of(Version::V201).report("Heartbeat-Signed", broken, Validation::Lenient, now()).unwrap_err();
        assert_eq!(fault.code, ErrorCode::FormatViolation);
    }
}

#[test]
fn words_fit_the_moment() {
    let answer = |action: &str, reply: Reply| {
        let payload = example(Version::V16, action, true);
        let told = of(Version::V16).report(action, payload, Validation::Strict, now()).unwrap();
        of(Version::V16).reply(&told.question, &reply).unwrap()["idTagInfo"]["status"].clone()
    };
    let started = |status| {
        let reply =
            TransactionReply { transaction: Some(5), verdict: Some(verdict(status)), ..Default::default() };
        Reply::Transaction(reply)
    };
    assert_eq!(answer("StartTransaction", started(AuthStatus::ConcurrentTx)), "ConcurrentTx");
    assert_eq!(answer("StopTransaction", started(AuthStatus::ConcurrentTx)), "Accepted");
    assert_eq!(answer("Authorize", Reply::Authorize(verdict(AuthStatus::ConcurrentTx))), "Accepted");
    assert_eq!(answer("Authorize", Reply::Authorize(verdict(AuthStatus::Unknown))), "Invalid");
    assert_eq!(answer("Authorize", Reply::Authorize(verdict(AuthStatus::NoCredit))), "Blocked");
}

#[test]
fn what_a_version_cannot_carry_does_not_break_the_answer() {
    let mut long = verdict(AuthStatus::Accepted);
    long.group = Some(Presented { uid: "x".repeat(300), kind: "something quite else altogether".to_owned() });
    long.language = "zh-Hant-TW-x-private".to_owned();
    for version in Version::ALL {
        let told = of(version)
            .report("Authorize", example(version, "Authorize", false), Validation::Strict, now())
            .unwrap();
        assert!(of(version).reply(&told.question, &Reply::Authorize(long.clone())).is_ok(), "{version:?}");
    }
}

#[test]
fn money_is_a_plain_number() {
    for (cost, want) in
        [("0", "0"), ("12.3456789", "12.3457"), ("0.00004", "0"), ("0.0001", "0.0001"), ("1250.10", "1250.1")]
    {
        let cost: Decimal = cost.parse().unwrap();
        let payload = example(Version::V201, "TransactionEvent", false);
        let told = of(Version::V201).report("TransactionEvent", payload, Validation::Strict, now()).unwrap();
        let reply =
            Reply::Transaction(TransactionReply { total_cost: Some(cost), ..TransactionReply::default() });
        let answer = of(Version::V201).reply(&told.question, &reply).unwrap();
        assert_eq!(answer["totalCost"].to_string(), want);
    }
}

#[test]
fn the_cost_so_far_is_told_where_the_version_has_a_place_for_it() {
    for (version, want) in [(Version::V201, None), (Version::V21, Some(json!(2.5)))] {
        let mut payload = example(version, "TransactionEvent", false);
        payload["eventType"] = "Updated".into();
        let told = of(version).report("TransactionEvent", payload, Validation::Strict, now()).unwrap();
        let running_cost = Some("2.50".parse().unwrap());
        let reply = Reply::Transaction(TransactionReply { running_cost, ..TransactionReply::default() });
        let answer = of(version).reply(&told.question, &reply).unwrap();
        assert_eq!(answer.get("totalCost").cloned(), want, "{version:?}");
    }
}
