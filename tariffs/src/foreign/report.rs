//! What reading and writing find.

use std::fmt;

use crate::model::check::{Invalid, Problem};

/// More than this many findings of a kind help nobody.
const MAX_FINDINGS: usize = 200;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

impl Report {
    /// What makes the object unusable.
    pub fn refuse(&mut self, path: impl fmt::Display, message: impl fmt::Display) {
        push(&mut self.problems, path, message);
    }

    /// What was ignored or understood leniently.
    pub fn note(&mut self, path: impl fmt::Display, message: impl fmt::Display) {
        push(&mut self.notes, path, message);
    }

    /// What is refused so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Is nothing refused?
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Is something refused at just this path?
    pub fn refuses(&self, path: &str) -> bool {
        self.problems.iter().any(|problem| problem.path == path)
    }

    /// Is something refused at this path, below it, or above it?
    pub fn refuses_near(&self, path: &str) -> bool {
        self.problems.iter().any(|problem| problem.path.starts_with(path) || path.starts_with(&problem.path))
    }

    /// The notes, if nothing is refused.
    pub fn end(self) -> Result<Vec<Problem>, Invalid> {
        if self.problems.is_empty() { Ok(self.notes) } else { Err(Invalid { problems: self.problems }) }
    }

    /// Problems and notes.
    pub fn into_parts(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.problems, self.notes)
    }
}

fn push(list: &mut Vec<Problem>, path: impl fmt::Display, message: impl fmt::Display) {
    let found = match list.len() {
        length if length < MAX_FINDINGS => Problem::new(path.to_string(), &message),
        MAX_FINDINGS => Problem::new(String::new(), &"and more of the like"),
        _ => return,
    };
    // One field of a tariff may be several of theirs, and a field that several share is asked for several times.
    if !list.contains(&found) {
        list.push(found);
    }
}
