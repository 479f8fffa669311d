//! Bodies as Stripe reads them: `application/x-www-form-urlencoded` with brackets for what is nested.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Display;

/// What stays as it is in a form, and in a query.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'[').remove(b']');

/// Pairs in the order in which they were put.
#[derive(Debug, Default)]
pub(super) struct Form(String);

impl Form {
    pub(super) fn new() -> Form {
        Form::default()
    }

    pub(super) fn put(mut self, name: &str, value: impl Display) -> Form {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(utf8_percent_encode(name, ESCAPED));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(&value.to_string(), ESCAPED));
        self
    }

    /// Only if there is something to say.
    pub(super) fn put_some(self, name: &str, value: &str) -> Form {
        if value.is_empty() { self } else { self.put(name, value) }
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}
