//! What both sides of the suite have in common on the command line: pairs, progress, and where the report goes.

use super::super::out;
use anyhow::Context;
use conformance::suite::{Outcome, Summary, Verdict, report};
use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
};

/// How a person at the keyboard is waited for.
pub(super) const PERSON: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// The exit code of a run in which nothing failed and nothing passed: nobody was there, for example.
const NOTHING_KNOWN: u8 = 3;

/// The report.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// The form of the report
    #[arg(long, default_value = "text", value_parser = ["text", "json", "junit", "html"])]
    format: String,
    /// Where the report goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Output {
    /// Writes the report; the exit code says whether a case failed, or whether anything can be said at all.
    pub(super) fn write(&self, summary: &Summary) -> anyhow::Result<ExitCode> {
        let text = match self.format.as_str() {
            "json" => serde_json::to_string_pretty(&report::json(summary))? + "\n",
            "junit" => report::junit(summary),
            "html" => report::html(summary),
            _ => report::text(summary),
        };
        match &self.out {
            Some(file) => {
                std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?
            }
            None => out::print(&text)?,
        }
        if self.out.is_some() || self.format != "text" {
            eprintln!("{}", report::totals(summary));
        }
        if summary.count(Verdict::Fail) > 0 {
            return Ok(ExitCode::FAILURE);
        }
        if summary.count(Verdict::Pass) == 0 {
            eprintln!("No case passed, so nothing is known: see why in the report.");
            return Ok(ExitCode::from(NOTHING_KNOWN));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `NAME=TEXT`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Tells on a terminal how far it is, and of each case that failed.
pub(super) struct Progress {
    all: usize,
    done: AtomicUsize,
    shown: bool,
}

impl Progress {
    pub(super) fn new(all: usize) -> Progress {
        Progress { all, done: AtomicUsize::new(0), shown: std::io::stderr().is_terminal() }
    }

    pub(super) fn tell(&self, outcome: &Outcome) {
        if !self.shown {
            return;
        }
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let mut screen = std::io::stderr().lock();
        let failed = outcome.verdict == Verdict::Fail;
        let line = if failed { format!("\r\x1b[K{}\n", report::line(outcome)) } else { String::new() };
        // A terminal that has gone is no reason to stop.
        let _ = write!(screen, "{line}\r\x1b[K{done}/{} {}", self.all, outcome.case.id);
        if done == self.all {
            let _ = writeln!(screen, "\r\x1b[K");
        }
        let _ = screen.flush();
    }
}
