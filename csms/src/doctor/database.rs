//! The database: can it be reached and written, and how long does a durable write take?

use super::{Finding, machine::existing_parent};
use crate::{
    config::Database,
    store::probe::{Findings, Probe, probe},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// A commit waits for one flush of the disk: above this, stations' answers feel slow; above that, they time out.
const FLUSH_WARN: Duration = Duration::from_millis(50);
const FLUSH_BAD: Duration = Duration::from_secs(2);
const FLUSHES: u32 = 10;
/// An event so much later than now means that the clock was set back.
const AHEAD_MAX: TimeDelta = TimeDelta::minutes(5);

/// Looks at the folder of a SQLite file, then into whichever database it is, changing nothing.
pub async fn check(config: &Database, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(path) = config.url.strip_prefix("sqlite:") {
        let path = Path::new(path.trim_start_matches("//").split('?').next().unwrap_or_default());
        let dir = existing_parent(path);
        findings.extend(tokio::task::spawn_blocking(move || flush(&dir)).await);
    }
    match probe(config).await {
        Ok(Some(probe)) => findings.extend(judge(&probe, now)),
        Ok(None) => findings.push(Finding::good("database", "is not there yet: csms serve makes it")),
        Err(error) => findings.push(Finding::bad(
            "database",
            error.to_string(),
            "csms config shows the database.url in force and where it comes from",
        )),
    }
    findings
}

fn judge(probe: &Probe, now: DateTime<Utc>) -> Vec<Finding> {
    let schema = match probe.schema {
        None => Finding::good("database", "is reached and empty: csms serve makes its tables"),
        Some(found) if found > probe.known => Finding::bad(
            "database",
            format!("has schema {found}; this csms knows only up to {}", probe.known),
            "a newer csms has worked with it: start that one, or restore a backup from before it",
        ),
        Some(found) if found < probe.known => Finding::good(
            "database",
            format!("is reached; the next start brings its schema {found} up to {}", probe.known),
        ),
        Some(found) => Finding::good("database", format!("is reached and up to date (schema {found})")),
    };
    let mut findings = vec![schema];
    if let Some(time) = probe.commit {
        let found = format!("{} for a commit, the median of ten", ms(time));
        let mend = "look at the disk of the database, its load and the network between";
        findings.push(match time {
            time if time >= FLUSH_BAD => Finding::bad("commit", found, mend),
            time if time >= FLUSH_WARN => Finding::warning("commit", found, mend),
            _ => Finding::good("commit", found),
        });
    }
    findings.extend(probe.findings.as_ref().map(audit));
    if let Some(newest) = probe.newest_event.filter(|newest| *newest > now + AHEAD_MAX) {
        findings.push(Finding::bad(
            "clock",
            format!(
                "the database has an event of {newest:.0}, and here it is {now:.0}: the clock was set back"
            ),
            "set the clock; sessions would be priced at wrong times",
        ));
    }
    findings
}

/// Differences between sessions, bills and CDRs do not keep csms from working, but somebody has to look at them.
fn audit(findings: &Findings) -> Finding {
    if findings.count == 0 {
        return Finding::good("audit", "has found no difference between sessions, bills and CDRs");
    }
    let mut named: Vec<String> =
        findings.first.iter().map(|(session, kind)| format!("session {session}: {kind}")).collect();
    if findings.count > named.len() as i64 {
        named.push("…".to_owned());
    }
    Finding::warning(
        "audit",
        format!("{} open findings ({})", findings.count, named.join(", ")),
        "csms audit --session NUMBER, or the session's page, tells what differs",
    )
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f32() * 1000.0)
}

/// Writes and flushes a small file in the folder of the database, as a commit does.
fn flush(dir: &Path) -> Finding {
    match flush_time(dir) {
        Ok(time) => judge_flush(time, dir),
        Err(error) => Finding::bad(
            "disk flush",
            format!("{} cannot be written: {error}", dir.display()),
            "give the user that runs csms the right to write there (chown), or set database.url to another place",
        ),
    }
}

/// The median of a few flushes.
fn flush_time(dir: &Path) -> std::io::Result<Duration> {
    let path = dir.join(format!(".csms-doctor-{}", std::process::id()));
    let result = (|| {
        let mut file = std::fs::File::create_new(&path)?;
        let mut times = Vec::new();
        for _ in 0..FLUSHES {
            let start = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            times.push(start.elapsed());
        }
        times.sort();
        Ok(times[times.len() / 2])
    })();
    // Nothing to do if it was never made.
    let _ = std::fs::remove_file(&path);
    result
}

fn judge_flush(time: Duration, dir: &Path) -> Finding {
    let found = format!("{} for a durable write at {}", ms(time), dir.display());
    let mend = "move the database to a faster disk (an SSD, not a network share)";
    match time {
        time if time >= FLUSH_BAD => Finding::bad("disk flush", found, mend),
        time if time >= FLUSH_WARN => Finding::warning("disk flush", found, mend),
        _ => Finding::good("disk flush", found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn a_folder_is_measured_and_left_clean() {
        let dir = tempfile::tempdir().unwrap();
        assert!(flush(dir.path()).found.contains("ms for a durable write"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_bad() {
        assert_eq!(flush(Path::new("/proc/no/such/place")).grade, Grade::Bad);
    }

    #[test]
    fn schema_commits_and_clock_are_judged() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let probe = Probe {
            engine: crate::store::Engine::Sqlite,
            schema: Some(3),
            known: 3,
            commit: Some(Duration::from_millis(2)),
            newest_event: Some(now),
            findings: None,
        };
        let grades =
            |probe: &Probe| judge(probe, now).iter().map(|finding| finding.grade).collect::<Vec<_>>();
        assert_eq!(grades(&probe), [Grade::Good, Grade::Good]);
        assert_eq!(grades(&Probe { schema: None, commit: None, ..probe.clone() }), [Grade::Good]);
        assert_eq!(grades(&Probe { schema: Some(4), commit: None, ..probe.clone() }), [Grade::Bad]);
        let slow = Probe { commit: Some(Duration::from_secs(3)), ..probe.clone() };
        assert_eq!(grades(&slow), [Grade::Good, Grade::Bad]);
        let ahead = Probe { newest_event: Some(now + TimeDelta::hours(1)), ..probe };
        assert_eq!(grades(&ahead), [Grade::Good, Grade::Good, Grade::Bad]);
    }

    #[test]
    fn open_findings_of_the_audit_are_named() {
        assert_eq!(audit(&Findings::default()).grade, Grade::Good);
        let finding = audit(&Findings { count: 3, first: vec![(7, "bill".into()), (7, "cost".into())] });
        assert_eq!(finding.grade, Grade::Warning);
        assert_eq!(finding.found, "3 open findings (session 7: bill, session 7: cost, …)");
    }

    #[test]
    fn slow_disks_are_told_of() {
        let here = Path::new(".");
        assert_eq!(judge_flush(Duration::from_millis(3), here).grade, Grade::Good);
        assert_eq!(judge_flush(Duration::from_millis(80), here).grade, Grade::Warning);
        assert_eq!(judge_flush(Duration::from_secs(3), here).grade, Grade::Bad);
    }
}
