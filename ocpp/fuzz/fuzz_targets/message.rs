//! A frame's payload fits its schema, or can be repaired, or is refused; what is repaired needs no repair again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ocpp::schema::{self, Kind};
use ocpp::{Frame, Version, digest, lenient};

fuzz_target!(|text: &str| {
    for version in Version::ALL {
        let Ok(read) = Frame::parse_lenient(text, version) else { continue };
        for frame in read.frames {
            let (Frame::Call { action, payload, .. } | Frame::Send { action, payload, .. }) = frame else {
                continue;
            };
            let strict = schema::check(version, &action, Kind::Request, &payload);
            let mut repaired = payload.clone();
            match lenient::accept(version, &action, Kind::Request, &mut repaired) {
                Ok(deviations) => {
                    if strict.is_ok() {
                        assert!(deviations.is_empty(), "{deviations:?}");
                        assert_eq!(digest(&action, &repaired), digest(&action, &payload));
                    }
                    let once = repaired.clone();
                    lenient::accept(version, &action, Kind::Request, &mut repaired).expect("accepted once");
                    assert_eq!(repaired, once);
                }
                Err(violation) => assert!(strict.is_err(), "{violation}"),
            }
        }
    }
});
