//! Any text is an instant or is refused; what we write of it is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ocpp::schema::{Kind, check};
use ocpp::{Version, stamp};
use serde_json::json;

fuzz_target!(|text: &str| {
    let Some(read) = stamp::read(text) else { return };
    let again = stamp::read(&stamp::write(read.at, Version::V21)).expect("our own writing");
    assert!(!again.odd);
    assert_eq!(again.at.timestamp_millis(), read.at.timestamp_millis());
    assert!(is_valid(&stamp::write(read.at, Version::V16)));
    // What is not odd is what the schema asks for.
    assert!(read.odd || is_valid(text), "{text}");
});

/// Whether the schema takes it for a date and time.
fn is_valid(text: &str) -> bool {
    let payload = json!({"type": "x", "timestamp": text});
    check(Version::V16, "SecurityEventNotification", Kind::Request, &payload).is_ok()
}
