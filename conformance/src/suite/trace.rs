//! What was said in a case, in order.

use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;

/// How many lines are kept; a case says far fewer unless the CSMS floods it.
const LINES_MAX: usize = 400;
/// How much of a frame is kept.
const TEXT_MAX: usize = 8 * 1024;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The station, which is the suite.
    Station,
    /// The CSMS.
    Csms,
    /// The operator, who was asked for something.
    Operator,
    /// Neither: what happened.
    Note,
}

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Milliseconds since the case began.
    pub at_ms: u64,
    /// Who said it.
    pub by: Speaker,
    /// The frame, or what happened.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.by {
            Speaker::Station => "->",
            Speaker::Csms => "<-",
            Speaker::Operator => "@ ",
            Speaker::Note => "--",
        };
        write!(f, "{:>7} ms {sign} {}", self.at_ms, self.text)
    }
}

/// The lines of a case.
#[derive(Debug)]
pub(crate) struct Trace {
    began: Instant,
    lines: Vec<Line>,
}

impl Trace {
    pub(crate) fn new() -> Trace {
        Trace { began: Instant::now(), lines: Vec::new() }
    }

    pub(crate) fn put(&mut self, by: Speaker, text: &str) {
        let text = match text.char_indices().nth(TEXT_MAX) {
            Some((end, _)) => format!("{} …", &text[..end]),
            None => text.to_owned(),
        };
        if self.lines.len() < LINES_MAX {
            self.lines.push(Line { at_ms: millis(self.began.elapsed()), by, text });
        } else if self.lines.len() == LINES_MAX {
            let text = "more was said than is kept".to_owned();
            self.lines.push(Line { at_ms: millis(self.began.elapsed()), by: Speaker::Note, text });
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
