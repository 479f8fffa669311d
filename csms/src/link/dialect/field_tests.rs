//! Frames as real stations send them, from `testdata/field`. Each file tells in its head what is odd about it, how a
//! strict reader must refuse it and which deviations a lenient one must note; what becomes of it is in the snapshot.

use super::tests::{example, inbound_actions, is_answered, now, replies};
use super::*;
use ocpp::Frame;
use proptest::prelude::*;
use std::path::Path;

struct Case {
    name: String,
    version: Version,
    strict: String,
    deviations: Vec<String>,
    frame: String,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/field");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let head = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("# {name}: ")));
        line.unwrap_or_default().trim().to_owned()
    };
    let frame = text.splitn(5, '\n').nth(4).unwrap().trim_end_matches('\n').to_owned();
    Case {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        version: Version::from_subprotocol(&head("version")).unwrap(),
        strict: head("strict"),
        deviations: head("deviations").split_whitespace().map(str::to_owned).collect(),
        frame,
    }
}

fn call(frame: Frame) -> (String, Value) {
    match frame {
        Frame::Call { action, payload, .. } => (action, payload),
        other => panic!("{other:?}"),
    }
}

/// What a strict reader says: `ok`, `frame` for a broken frame, or the code of the fault.
fn strictly(case: &Case) -> String {
    let Ok(frame) = Frame::parse(&case.frame, case.version) else { return "frame".to_owned() };
    let (action, payload) = call(frame);
    match of(case.version).report(&action, payload, Validation::Strict, now()) {
        Ok(told) => {
            assert_eq!(told.deviations, [], "{}", case.name);
            "ok".to_owned()
        }
        Err(fault) => format!("{:?}", fault.code),
    }
}

#[test]
fn what_stations_send_is_understood() {
    let all = cases();
    assert!(all.len() >= 25, "{}", all.len());
    let mut wrong = Vec::new();
    for case in all {
        let strict = strictly(&case);
        if strict != case.strict {
            wrong.push(format!("{}: strict is {strict}", case.name));
        }
        let read = Frame::parse_lenient(&case.frame, case.version).unwrap();
        let mut rules: Vec<_> = read.oddities.iter().map(|oddity| oddity.rule().to_owned()).collect();
        let (action, payload) = call(read.frames.into_iter().next().unwrap());
        let told = of(case.version).report(&action, payload, Validation::Lenient, now()).unwrap();
        rules.extend(told.deviations.iter().map(|deviation| deviation.rule.to_owned()));
        let sorted = |mut rules: Vec<String>| {
            rules.sort();
            rules.dedup();
            rules
        };
        let (rules, expected) = (sorted(rules), sorted(case.deviations));
        if rules != expected {
            wrong.push(format!("{}: deviations are {rules:?}", case.name));
        }
        insta::assert_debug_snapshot!(case.name, (told.report, told.deviations));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_message_sent_again_under_another_id_has_the_same_digest() {
    let digest = |frame: &str| {
        let (action, payload) = call(Frame::parse_lenient(frame, Version::V16).unwrap().frames.remove(0));
        ocpp::digest(&action, &payload)
    };
    let again = cases().into_iter().find(|case| case.name == "33-start-again").unwrap();
    let first = r#"[2,"1","StartTransaction",{"connectorId":1,"idTag":"04A2B3C4","meterStart":1200,"timestamp":"2026-08-22T10:20:30Z"}]"#;
    assert_eq!(digest(first), digest(&again.frame));
    assert_ne!(digest(first), digest(&again.frame.replace("1200", "1201")));
}

/// Replaces, removes or adds something somewhere in a payload.
fn spoil(value: &mut Value, way: &[u8], with: &Value) {
    let step = way.first().copied().unwrap_or(0) as usize;
    let inner = match value {
        Value::Object(fields) if !fields.is_empty() => {
            let at = step % fields.len();
            fields.values_mut().nth(at)
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            items.get_mut(at)
        }
        _ => None,
    };
    match inner {
        Some(inner) if way.len() > 1 => spoil(inner, &way[1..], with),
        Some(inner) => *inner = with.clone(),
        None => *value = with.clone(),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!([{}])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,60}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn a_spoilt_payload_is_understood_and_answered_or_refused(
        which in any::<prop::sample::Index>(),
        version in prop::sample::select(&Version::ALL[..]),
        full in any::<bool>(),
        ways in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..6), any_value()), 1..4),
    ) {
        let actions = inbound_actions(version);
        let action = *which.get(&actions);
        let mut payload = example(version, action, full);
        for (way, with) in &ways {
            spoil(&mut payload, way, with);
        }
        let dialect = of(version);
        let strict = dialect.report(action, payload.clone(), Validation::Strict, now());
        let lenient = dialect.report(action, payload, Validation::Lenient, now());
        match (strict, lenient) {
            // Whatever a strict reader takes, a lenient one takes alike.
            (Ok(strict), lenient) => prop_assert_eq!(lenient.unwrap().report, strict.report),
            (Err(_), Ok(lenient)) if is_answered(version, action) => {
                prop_assert!(!lenient.deviations.is_empty(), "{action} is not as it must be, and nothing says so");
                for reply in replies(&lenient.report) {
                    let answer = dialect.reply(&lenient.question, &reply);
                    prop_assert!(answer.is_ok(), "{action}: {answer:?}");
                }
            }
            (Err(_), Ok(_)) => {}
            (Err(_), Err(fault)) => prop_assert_ne!(fault.code, ErrorCode::InternalError),
        }
    }
}
