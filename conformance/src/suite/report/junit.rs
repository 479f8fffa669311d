//! The report for build servers.

use std::fmt::Write;

use crate::suite::case::Verdict;
use crate::suite::run::{Outcome, Summary};

/// JUnit's XML: a suite for each version, a test for each case; what is not applicable or inconclusive is skipped.
pub fn junit(summary: &Summary) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let skipped = summary.count(Verdict::NotApplicable) + summary.count(Verdict::Inconclusive);
    // Writing to a text cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites name=\"conformance\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\" time=\"{:.3}\">",
        summary.outcomes.len(),
        summary.count(Verdict::Fail),
        summary.took.as_secs_f64()
    );
    let mut versions: Vec<&str> = Vec::new();
    for outcome in &summary.outcomes {
        if !versions.contains(&outcome.version.subprotocol()) {
            versions.push(outcome.version.subprotocol());
        }
    }
    for version in versions {
        let cases = summary.outcomes.iter().filter(|outcome| outcome.version.subprotocol() == version);
        let count = |verdict| cases.clone().filter(|outcome| outcome.verdict == verdict).count();
        let skipped = count(Verdict::NotApplicable) + count(Verdict::Inconclusive);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{version}\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\">",
            cases.clone().count(),
            count(Verdict::Fail)
        );
        for outcome in cases {
            xml += &test(outcome, version);
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn test(outcome: &Outcome, version: &str) -> String {
    let reason = escape(&outcome.reason);
    let inner = match outcome.verdict {
        Verdict::Pass => String::new(),
        Verdict::Fail => {
            let trace: String = outcome.trace.iter().map(|line| format!("{line}\n")).collect();
            format!("\n      <failure message=\"{reason}\">{}</failure>\n    ", escape(&trace))
        }
        verdict => format!("\n      <skipped message=\"{}: {reason}\"/>\n    ", verdict.word()),
    };
    format!(
        "    <testcase classname=\"{version}.{}\" name=\"{}: {}\" time=\"{:.3}\">{inner}</testcase>\n",
        escape(outcome.case.block),
        escape(outcome.case.id),
        escape(outcome.case.title),
        outcome.took.as_secs_f64()
    )
}

/// Text for XML (and HTML). Control characters, which XML does not have, become `·`.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('·'),
            c => out.push(c),
        }
    }
    out
}
