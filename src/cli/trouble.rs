//! What a person is told when something cannot be done: what happened, why, and what to do about it.

use std::fmt;

/// An error with its cure. Everything that a user of the command can mend ends up as one of these.
#[derive(Debug, Default)]
pub struct Trouble {
    what: String,
    why: Vec<String>,
    mend: Vec<String>,
}

impl Trouble {
    /// `what` is one sentence: what could not be done.
    pub fn new(what: impl Into<String>) -> Trouble {
        Trouble { what: what.into(), ..Trouble::default() }
    }

    /// Adds a reason.
    pub fn why(mut self, why: impl fmt::Display) -> Trouble {
        self.why.push(why.to_string());
        self
    }

    /// Adds something to do about it.
    pub fn mend(mut self, mend: impl fmt::Display) -> Trouble {
        self.mend.push(mend.to_string());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for (label, lines) in [("why", &self.why), ("do", &self.mend)] {
            for line in lines {
                write!(f, "\n  {label:>3}: {line}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

/// An error and all its causes on one line each, without repeating what a cause has already said.
pub fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str("\n  why: ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_says_what_why_and_what_to_do() {
        let trouble = Trouble::new("The console cannot listen on 127.0.0.1:80.")
            .why("Permission denied (os error 13)")
            .mend("choose a port above 1023");
        assert_eq!(
            trouble.to_string(),
            "The console cannot listen on 127.0.0.1:80.\n  why: Permission denied (os error 13)\n   do: choose a port above 1023"
        );
    }

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("disk full").context("commit failed: disk full").context("no answer");
        assert_eq!(explain(&error), "no answer\n  why: commit failed: disk full");
    }
}
