//! Any text is a frame or is refused; what is read can be written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ocpp::{Frame, Version};

fuzz_target!(|text: &str| {
    for version in Version::ALL {
        let strict = Frame::parse(text, version);
        let lenient = Frame::parse_lenient(text, version);
        match &strict {
            Ok(frame) => {
                let written = write(frame, version);
                assert_eq!(Frame::parse(&written, version).as_ref(), Ok(frame));
                let lenient = lenient.expect("a lenient reader takes what a strict one takes");
                assert_eq!(
                    (lenient.frames.as_slice(), lenient.oddities.len()),
                    (std::slice::from_ref(frame), 0)
                );
            }
            Err(error) => {
                if let Some(answer) = error.answer(version) {
                    let written = write(&answer, version);
                    let read = Frame::parse_lenient(&written, version).expect("our answers are frames");
                    assert_eq!(read.frames[0].id(), answer.id());
                }
                if let Ok(lenient) = lenient {
                    assert!(!lenient.frames.is_empty() && !lenient.oddities.is_empty());
                    for frame in &lenient.frames {
                        let again = Frame::parse_lenient(&write(frame, version), version).expect("a frame");
                        assert_eq!(again.frames.as_slice(), std::slice::from_ref(frame));
                    }
                }
            }
        }
    }
});

fn write(frame: &Frame, version: Version) -> String {
    let mut out = String::new();
    frame.write(version, &mut out);
    out
}
