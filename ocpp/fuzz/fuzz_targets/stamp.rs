//! Any text is an instant or is refused; what we write of it is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ocpp::{Version, schema, stamp};

fuzz_target!(|text: &str| {
    let Some(read) = stamp::read(text) else { return };
    let again = stamp::read(&stamp::write(read.at, Version::V21)).expect("our own writing");
    assert!(!again.odd);
    assert_eq!(again.at.timestamp_millis(), read.at.timestamp_millis());
    assert!(schema::is_instant(&stamp::write(read.at, Version::V16)));
    // What is not odd is what the schema asks for.
    assert!(read.odd || schema::is_instant(text), "{text}");
});
