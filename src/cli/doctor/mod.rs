//! `csms doctor`: looks at everything that keeps a central system from working, and says how to mend it.

mod database;
mod machine;
pub mod ports;

use super::{
    out,
    settings::{Flags, Settings},
};
use serde::Serialize;
use std::process::ExitCode;

/// `csms doctor`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms doctor                     before the first start, and whenever something is odd
  csms doctor --json | jq .       for a monitor

Exit code: 0 nothing keeps csms from working (there may be warnings), 1 something does.")]
pub struct Args {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    Good,
    /// It works, and will not for ever or not for everybody.
    Warning,
    /// It cannot work like this.
    Bad,
}

/// One finding: what was looked at, how it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub grade: Grade,
    pub found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mend: String,
}

impl Finding {
    pub fn good(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Good, found: found.into(), mend: String::new() }
    }

    pub fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Warning, found: found.into(), mend: mend.into() }
    }

    pub fn bad(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Bad, found: found.into(), mend: mend.into() }
    }
}

/// Runs all checks; fails when one of them is bad.
pub async fn run(flags: &Flags, args: &Args) -> anyhow::Result<ExitCode> {
    let findings = examine(flags).await;
    if args.json {
        out::json(&findings)?;
    } else {
        out::print(&report(&findings))?;
    }
    let bad = findings.iter().any(|finding| finding.grade == Grade::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(flags: &Flags) -> Vec<Finding> {
    let config = match Settings::load(flags, &[]) {
        Ok(settings) => settings.config,
        Err(trouble) => {
            return vec![Finding::bad(
                "configuration",
                trouble.to_string(),
                "mend the above, then run csms doctor again",
            )];
        }
    };
    let mut findings = vec![Finding::good("configuration", "can be used")];
    findings.extend(ports::check(&config).await);
    findings.extend(database::check(&config.database).await);
    findings.extend(machine::clock());
    findings.push(machine::files(&config.ocpp.limits));
    findings.extend(machine::space(&config.database.url));
    findings
}

fn report(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.grade {
            Grade::Good => "ok  ",
            Grade::Warning => "warn",
            Grade::Bad => "BAD ",
        };
        text += &format!("{mark}  {:13}  {}\n", finding.check, finding.found);
        for line in finding.mend.lines() {
            text += &format!("{:21}do: {line}\n", "");
        }
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    text += &match (count(Grade::Bad), count(Grade::Warning)) {
        (0, 0) => "\nAll is well.\n".to_owned(),
        (0, warnings) => format!("\ncsms can work; {warnings} to look at.\n"),
        (bad, _) => format!("\ncsms cannot work like this: {bad} to mend.\n"),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_to_do() {
        let findings = [
            Finding::good("configuration", "can be used"),
            Finding::warning("files", "1024 at most", "raise the limit"),
        ];
        assert_eq!(
            report(&findings),
            "ok    configuration  can be used\nwarn  files          1024 at most\n                     do: raise the limit\n\ncsms can work; 1 to look at.\n"
        );
    }
}
