//! Statements as providers and banks write them, read; and two sides held against each other, whatever is wrong.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod matching;
mod statements;
