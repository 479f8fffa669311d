//! The typed messages are what the compact schemas make of them.
//!
//! `UPDATE=1 cargo test -p ocpp --test generated` writes the files of `src/v16`, `src/v2` and `tests/wire/codec.rs`;
//! without it, a file that differs fails the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod emit;
mod merge;
mod names;

use std::path::Path;

use ocpp::Version;
use ocpp::schema::Book;

#[test]
fn generated_files_are_up_to_date() {
    let v16 = Book::of(Version::V16);
    let v201 = Book::of(Version::V201);
    let v2 = merge::merge(v201, Book::of(Version::V21));
    let mut files = vec![(
        "tests/wire/codec.rs".to_owned(),
        emit::codec(&[("Version::V16", "v16", v16), ("Version::V201 | Version::V21", "v2", &v2)]),
    )];
    for (folder, book, older) in [("v16", v16, None), ("v2", &v2, Some(v201))] {
        files.extend(
            emit::module(book, older).into_iter().map(|(name, text)| (format!("src/{folder}/{name}"), text)),
        );
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("UPDATE").is_some();
    let mut different = Vec::new();
    for (name, text) in files {
        let path = root.join(&name);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            if update {
                std::fs::write(&path, text).unwrap();
            } else {
                different.push(name);
            }
        }
    }
    assert!(different.is_empty(), "not what the schemas say: {different:?}; run this test with UPDATE=1");
}
