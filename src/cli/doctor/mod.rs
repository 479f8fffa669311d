//! `csms doctor`: looks at everything that keeps a central system from working, and says how to mend it.

use super::{
    out,
    settings::{Flags, Settings},
};
use csms::{
    clock::Clock,
    doctor::{self, Finding, Grade},
};
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
    match Settings::load(flags, &[]) {
        Ok(settings) => doctor::examine(&settings.config, Clock::System.now()).await,
        Err(trouble) => vec![Finding::bad(
            "configuration",
            trouble.to_string(),
            "mend the above, then run csms doctor again",
        )],
    }
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
