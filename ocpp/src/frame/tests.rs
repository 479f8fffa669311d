use super::*;
use crate::fault::ErrorCode;
use proptest::prelude::*;
use serde_json::json;

fn call(id: &str, action: &str, payload: Value) -> Frame {
    Frame::Call { id: id.into(), action: action.to_owned(), payload }
}

fn text(frame: &Frame, version: Version) -> String {
    let mut out = String::new();
    frame.write(version, &mut out);
    out
}

fn answer(message: &str, version: Version) -> Option<String> {
    let error = Frame::parse(message, version).unwrap_err();
    error.answer(version).map(|frame| text(&frame, version))
}

#[test]
fn reads_and_writes_every_kind() {
    let fault = Fault::new(ErrorCode::FormatViolation, "say \"why\"");
    for (frame, written) in [
        (call("19", "Heartbeat", json!({})), r#"[2,"19","Heartbeat",{}]"#),
        (Frame::Result { id: "19".into(), payload: json!({"a": "ü"}) }, r#"[3,"19",{"a":"ü"}]"#),
        (
            Frame::Error { id: "a\\b".into(), fault: fault.clone() },
            r#"[4,"a\\b","FormatViolation","say \"why\"",{}]"#,
        ),
        (Frame::ResultError { id: "19".into(), fault }, r#"[5,"19","FormatViolation","say \"why\"",{}]"#),
        (
            Frame::Send {
                id: "7".into(),
                action: "NotifyPeriodicEventStream".into(),
                payload: json!({"id": 1}),
            },
            r#"[6,"7","NotifyPeriodicEventStream",{"id":1}]"#,
        ),
    ] {
        assert_eq!(text(&frame, Version::V21), written);
        assert_eq!(Frame::parse(written, Version::V21), Ok(frame));
    }
}

#[test]
fn codes_are_spelt_as_the_version_spells_them() {
    let error =
        Frame::Error { id: "1".into(), fault: Fault::new(ErrorCode::OccurrenceConstraintViolation, "") };
    assert_eq!(text(&error, Version::V16), r#"[4,"1","OccurenceConstraintViolation","",{}]"#);
    assert_eq!(text(&error, Version::V201), r#"[4,"1","OccurrenceConstraintViolation","",{}]"#);
    for word in ["OccurenceConstraintViolation", "OccurrenceConstraintViolation"] {
        let written = format!(r#"[4,"1","{word}","",{{}}]"#);
        assert_eq!(Frame::parse(&written, Version::V16).as_ref(), Ok(&error));
    }
}

#[test]
fn a_peers_refusal_is_read_whatever_it_lacks() {
    let Ok(Frame::Error { fault, .. }) = Frame::parse(r#"[4,"1","Oops"]"#, Version::V16) else { panic!() };
    assert_eq!((fault.code, fault.description.as_str()), (ErrorCode::GenericError, "Oops: "));
    assert_eq!(fault.details, json!({}));
}

#[test]
fn an_unreadable_message_is_refused_in_2_x_and_dropped_in_1_6() {
    for (message, code) in [
        ("", "RpcFrameworkError"),
        ("{}", "RpcFrameworkError"),
        ("[", "RpcFrameworkError"),
        ("[2]", "RpcFrameworkError"),
        ("[2,", "RpcFrameworkError"),
        (r#"[2,null,"Heartbeat",{}]"#, "RpcFrameworkError"),
        ("[2.5,1]", "RpcFrameworkError"),
        ("[99]", "MessageTypeNotSupported"),
    ] {
        assert_eq!(answer(message, Version::V16), None, "{message}");
        for version in [Version::V201, Version::V21] {
            let got = answer(message, version).unwrap_or_else(|| panic!("{message}"));
            assert!(got.starts_with(&format!(r#"[4,"-1","{code}","#)), "{message}: {got}");
        }
    }
}

#[test]
fn a_call_with_a_readable_id_is_refused_under_it() {
    for message in [
        r#"[2,"7","Heartbeat",{"#,
        r#"[2,"7","Heartbeat",7]"#,
        r#"[2,"7","Heartbeat"]"#,
        r#"[2,"7",{}]"#,
        r#"[2,"7","Heartbeat",{},1]"#,
    ] {
        let got = answer(message, Version::V16).unwrap_or_else(|| panic!("{message}"));
        assert!(got.starts_with(r#"[4,"7","FormationViolation","#), "{message}: {got}");
        let got = answer(message, Version::V201).unwrap();
        assert!(got.starts_with(r#"[4,"7","FormatViolation","#), "{message}: {got}");
    }
}

#[test]
fn unknown_types_are_told_in_2_x_only() {
    for message in [r#"[7,"7","X",{}]"#, r#"[6,"7","X",{}]"#, r#"[5,"7","GenericError","",{}]"#] {
        assert_eq!(answer(message, Version::V16), None, "{message}");
        let got = answer(message, Version::V201).unwrap();
        assert!(got.starts_with(r#"[4,"7","MessageTypeNotSupported","#), "{got}");
    }
}

#[test]
fn broken_answers_are_told_in_2_1_only() {
    assert_eq!(answer(r#"[3,"7",1]"#, Version::V16), None);
    assert_eq!(answer(r#"[3,"7",1]"#, Version::V201), None);
    assert!(answer(r#"[3,"7",1]"#, Version::V21).unwrap().starts_with(r#"[5,"7","FormatViolation","#));
    for message in [r#"[6,"7","X",1]"#, r#"[4,"7","#] {
        assert_eq!(answer(message, Version::V21), None, "{message}");
    }
}

#[test]
fn an_error_holds_nothing_of_the_message() {
    let error = Frame::parse(r#"[2,"7","Authorize",{"idTag":"SECRET",,}]"#, Version::V201).unwrap_err();
    assert!(!text(&error.answer(Version::V201).unwrap(), Version::V201).contains("SECRET"));
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = format!(r#"[2,"7","X",{}1{}]"#, "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(Frame::parse(&deep, Version::V16).unwrap_err().flaw, Flaw::Json);
    assert_eq!(Frame::parse_lenient(&deep, Version::V16).unwrap_err().flaw, Flaw::Json);
}

/// Quirks 18 and 19 of the field, and what strictness says about each.
#[test]
fn lenient_reading_takes_what_stations_send() {
    let heartbeat = call("7", "Heartbeat", json!({}));
    for (message, want, oddity) in [
        ("\u{feff}[2,\"7\",\"Heartbeat\",{}]", heartbeat.clone(), Oddity::Leading),
        (",[2,\"7\",\"Heartbeat\",{}]", heartbeat.clone(), Oddity::Leading),
        ("xx [ 2 , \"7\" , \"Heartbeat\" , { } ]", heartbeat.clone(), Oddity::Leading),
        ("[2,\"7\",\"Heartbeat\",{}]\0\0", heartbeat.clone(), Oddity::Trailing),
        ("[2,\"7\",\"Heartbeat\",{}]\0\0\n", heartbeat.clone(), Oddity::Trailing),
        (" \n[2,\"7\",\"Heartbeat\",{}]\u{a0}", heartbeat.clone(), Oddity::Trailing),
        ("[2,\"7\",\"Heartbeat\",{}]}", heartbeat.clone(), Oddity::Trailing),
        ("[,2,\"7\",\"Heartbeat\",{}]", heartbeat.clone(), Oddity::StrayComma),
        ("[2,\"7\",\"Heartbeat\",{},]", heartbeat.clone(), Oddity::StrayComma),
        ("[\"2\",\"7\",\"Heartbeat\",{}]", heartbeat.clone(), Oddity::TypeAsText),
        ("[2,\"7\",\"Heartbeat\"]", heartbeat.clone(), Oddity::NoPayload),
        ("[2,\"7\",\"Heartbeat\",null]", heartbeat.clone(), Oddity::NoPayload),
        ("[2,\"7\",\"Heartbeat\",[]]", heartbeat.clone(), Oddity::NoPayload),
        ("[2,\"7\",\"Heartbeat\",{},\"\"]", heartbeat.clone(), Oddity::Surplus),
        (
            "[2,\"7\",\"X\",{\"a\":\"b\nc, ]\"}]",
            call("7", "X", json!({"a": "b\nc, ]"})),
            Oddity::ControlCharacter,
        ),
        ("[2,\"7\",\"X\",{\"a\":[1,],}]", call("7", "X", json!({"a": [1]})), Oddity::StrayComma),
    ] {
        assert!(Frame::parse(message, Version::V16).is_err(), "{message:?}");
        let got = Frame::parse_lenient(message, Version::V16).unwrap_or_else(|e| panic!("{message:?}: {e}"));
        assert_eq!((got.frames, got.oddities), (vec![want], vec![oddity]), "{message:?}");
    }
}

#[test]
fn ids_are_echoed_as_they_came() {
    let message = r#"[2,8123456789,"Heartbeat",{}]"#;
    let error = Frame::parse(message, Version::V201).unwrap_err();
    assert_eq!(error.id, Some(MessageId::Number(8_123_456_789u64.into())));
    let got = Frame::parse_lenient(message, Version::V201).unwrap();
    assert_eq!(got.oddities, [Oddity::NumericId]);
    let id = got.frames[0].id().clone();
    assert_eq!(text(&Frame::Result { id, payload: json!({}) }, Version::V201), "[3,8123456789,{}]");

    let long = format!(r#"[2,"{}","Heartbeat",{{}}]"#, "x".repeat(40));
    assert!(Frame::parse(&long, Version::V16).is_err());
    assert_eq!(Frame::parse_lenient(&long, Version::V16).unwrap().oddities, [Oddity::LongId]);
    let endless = format!(r#"[2,"{}","Heartbeat",{{}}]"#, "x".repeat(5_000));
    assert_eq!(Frame::parse_lenient(&endless, Version::V16).unwrap_err().id, None);
}

#[test]
fn glued_frames_are_taken_apart() {
    let glued = "[2,\"1\",\"A\",{}][3,\"2\",{}]\n[2,\"3\",\"B\",{\"x\":[1]}],\0";
    let got = Frame::parse_lenient(glued, Version::V16).unwrap();
    let ids: Vec<_> = got.frames.iter().map(|f| f.id().to_string()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(got.oddities, [Oddity::Trailing, Oddity::Glued]);
    assert!(Frame::parse_lenient(&"[2,\"1\",\"A\",{}]".repeat(17), Version::V16).is_err());
    assert!(Frame::parse_lenient("[2,\"1\",\"A\",{}][2,\"2\",\"A\",", Version::V16).is_err());
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    let object = prop::collection::btree_map("[a-z]{1,8}", json_value(), 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect()));
    let fault = (0..ErrorCode::ALL.len(), "\\PC{0,300}")
        .prop_map(|(at, description)| Fault::new(ErrorCode::ALL[at], description));
    ("\\PC{0,36}", "[A-Za-z]{1,20}", object, fault, 2..7).prop_map(|(id, action, payload, fault, kind)| {
        let id = MessageId::Text(id);
        match kind {
            2 => Frame::Call { id, action, payload },
            3 => Frame::Result { id, payload },
            4 => Frame::Error { id, fault },
            5 => Frame::ResultError { id, fault },
            _ => Frame::Send { id, action, payload },
        }
    })
}

proptest! {
    #[test]
    fn what_we_write_we_read(frame in frame()) {
        let written = text(&frame, Version::V21);
        prop_assert_eq!(Frame::parse(&written, Version::V21), Ok(frame.clone()));
        let lenient = Frame::parse_lenient(&written, Version::V21).unwrap();
        prop_assert_eq!(lenient, Lenient { frames: vec![frame], oddities: vec![] });
    }

    #[test]
    fn any_text_is_read_or_refused(message in "\\PC{0,80}", tail in "[\\[\\]{},:\"0-9a-z \\\\\n]{0,60}") {
        for version in Version::ALL {
            let message = format!("{message}{tail}");
            let strict = Frame::parse(&message, version);
            let lenient = Frame::parse_lenient(&message, version);
            if let Ok(frame) = &strict {
                prop_assert_eq!(&lenient.unwrap().frames, &vec![frame.clone()]);
            }
            if let Some(answer) = strict.err().and_then(|e| e.answer(version)) {
                prop_assert!(Frame::parse(&text(&answer, version), version).is_ok());
            }
        }
    }

    #[test]
    fn a_cut_frame_is_never_read_as_another(frame in frame(), cut in 0.0..1.0f64) {
        let written = text(&frame, Version::V21);
        let mut end = (written.len() as f64 * cut) as usize;
        while !written.is_char_boundary(end) { end -= 1; }
        prop_assert!(Frame::parse(&written[..end], Version::V21).is_err());
        prop_assert!(Frame::parse_lenient(&written[..end], Version::V21).is_err());
    }
}
