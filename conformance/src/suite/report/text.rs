//! The report for a terminal.

use std::fmt::Write;

use super::blocks;
use crate::suite::case::Verdict;
use crate::suite::run::{Outcome, Summary};

/// One case in a line: verdict, version, id, title, and why.
pub fn line(outcome: &Outcome) -> String {
    let mut line = format!(
        "{:14} {:9} {:18} {}",
        outcome.verdict.word(),
        outcome.version.subprotocol(),
        outcome.case.id,
        outcome.case.title
    );
    if !outcome.reason.is_empty() {
        line += &format!("\n{:15}{}", "", outcome.reason);
    }
    line
}

/// How many cases ended how, in a line.
pub fn totals(summary: &Summary) -> String {
    let counts = Verdict::ALL.map(|verdict| format!("{} {}", summary.count(verdict), verdict.word()));
    format!("{} cases in {:.1} s: {}", summary.outcomes.len(), summary.took.as_secs_f64(), counts.join(", "))
}

/// All cases; those that failed with their trace.
pub fn text(summary: &Summary) -> String {
    let mut text =
        format!("Conformance of {} at {}\n\n", summary.subject, summary.at.format("%Y-%m-%d %H:%M:%S UTC"));
    for outcome in &summary.outcomes {
        text += &line(outcome);
        text.push('\n');
        if outcome.verdict == Verdict::Fail {
            text += &format!("{:15}requirements: {}\n", "", outcome.case.requirements.join(", "));
            for line in &outcome.trace {
                text += &format!("{:15}{line}\n", "");
            }
        }
    }
    text.push('\n');
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{:28} {:>5} {:>5} {:>5} {:>5}", "BLOCK", "PASS", "FAIL", "N/A", "INC.");
    for (name, [pass, fail, not, open]) in blocks(&summary.outcomes) {
        let _ = writeln!(text, "{name:28} {pass:>5} {fail:>5} {not:>5} {open:>5}");
    }
    text + "\n" + &totals(summary) + "\n"
}
