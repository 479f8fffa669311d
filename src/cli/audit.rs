//! `csms audit`: are the numbers of sessions, readings, bills and CDRs the same?

use super::{
    out,
    registry::{PAGE, Registry, instant},
    settings::Flags,
    trouble::Trouble,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use csms::{
    audit::run::{Audited, Auditor},
    clock::Clock,
    store::sessions,
};
use serde_json::json;
use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

/// Sessions with differences that are listed; more are counted.
const LISTED_MAX: usize = 1_000;

/// `csms audit`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms audit                                     every session that has ended and has a bill
  csms audit --from 2026-10-01 --to 2026-10-31   those that started in October
  csms audit --session 4711 --json

csms serve does this by itself, in the background; docs/operations.md tells what is compared. What is found is kept,
and shown on the session's page; what is found no more is cleared.

Exit code: 0 everything agrees, 1 something differs.")]
pub struct Args {
    /// Only sessions that started at this instant or later, e.g. 2026-10-01 or 2026-10-01T12:00:00Z
    #[arg(long, value_parser = begin)]
    from: Option<DateTime<Utc>>,
    /// Only sessions that started before this instant; a day lasts until its end
    #[arg(long, value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Only this session
    #[arg(long, conflicts_with_all = ["from", "to"])]
    session: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A day from its beginning, UTC, or a whole instant as of RFC 3339.
pub fn begin(text: &str) -> Result<DateTime<Utc>, String> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(day.and_time(NaiveTime::MIN).and_utc()),
        Err(_) => instant(text),
    }
}

/// What was looked at.
#[derive(Default)]
struct Done {
    audited: u64,
    differ: u64,
    listed: Vec<Audited>,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    let registry = Registry::open(flags).await?;
    let clock = Clock::System;
    let auditor = Auditor { db: &registry.db, ids: &registry.ids, clock: &clock };
    let mut done = Done::default();
    match args.session {
        Some(session) => done.one(&auditor, session).await?,
        None => done.all(&registry, &auditor, &args).await?,
    }
    if let Some(session) = args.session.filter(|_| done.audited == 0) {
        let why = match sessions::find(&mut registry.read().await?, session).await? {
            None => "there is none of this number",
            Some(row) if row.state == "open" => "it runs still",
            Some(_) => "it has no bill, because no tariff was assigned when it started",
        };
        return Err(Trouble::new(format!("The session {session} cannot be audited.")).why(why).into());
    }
    done.print(args.json)?;
    Ok(if done.differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Done {
    async fn one(&mut self, auditor: &Auditor<'_>, session: i64) -> anyhow::Result<()> {
        let Some(audited) = auditor.audit(session).await? else { return Ok(()) };
        self.audited += 1;
        if !audited.differences.is_empty() {
            self.differ += 1;
            if self.listed.len() < LISTED_MAX {
                self.listed.push(audited);
            }
        }
        Ok(())
    }

    async fn all(&mut self, registry: &Registry, auditor: &Auditor<'_>, args: &Args) -> anyhow::Result<()> {
        let filter = sessions::Filter {
            state: Some("ended".to_owned()),
            from: args.from,
            to: args.to,
            ..sessions::Filter::default()
        };
        let mut before = None;
        loop {
            let page = sessions::list(&mut registry.read().await?, &filter, before, PAGE).await?;
            for row in &page {
                self.one(auditor, row.id).await?;
            }
            progress(&format!("{} sessions audited, {} differ", self.audited, self.differ));
            match page.last() {
                Some(last) if page.len() as i64 == PAGE => before = Some(last.id),
                _ => break,
            }
        }
        progress("");
        Ok(())
    }

    fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            let of = |audited: &Audited| {
                json!({"session": audited.session, "station": audited.station, "bill": audited.revision,
                       "differences": audited.differences})
            };
            let listed: Vec<_> = self.listed.iter().map(of).collect();
            return out::json(&json!({"audited": self.audited, "differ": self.differ, "sessions": listed}));
        }
        let mut text = String::new();
        for audited in &self.listed {
            text += &format!(
                "Session {} of station {}, bill {}:\n",
                audited.session, audited.station, audited.revision
            );
            for difference in &audited.differences {
                for differs in &difference.differs {
                    text += &format!("  {:10} {differs}\n", difference.kind.key());
                }
            }
        }
        if self.differ > self.listed.len() as u64 {
            text += &format!("… and {} more\n", self.differ - self.listed.len() as u64);
        }
        text += &match (self.audited, self.differ) {
            (0, _) => "There is no ended session with a bill to audit.\n".to_owned(),
            (audited, 0) => format!("{audited} sessions audited: everything agrees.\n"),
            (audited, differ) => format!("{audited} sessions audited: {differ} differ.\n"),
        };
        out::print(&text)
    }
}

/// One line for whoever watches, written over; nothing into files and pipes.
pub fn progress(line: &str) {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let _ = write!(error, "\r\u{1b}[K{line}");
        let _ = error.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(begin("2026-10-01").unwrap().to_rfc3339(), "2026-10-01T00:00:00+00:00");
        assert_eq!(begin("2026-10-01T12:00:00+02:00").unwrap().to_rfc3339(), "2026-10-01T10:00:00+00:00");
        assert!(begin("soon").is_err());
    }
}
