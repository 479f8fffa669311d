//! The database: can it be reached and written, and how long does a durable write take?

use super::{Finding, machine::existing_parent};
use csms::config::Database;
use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// A commit waits for one flush of the disk: above this, stations' answers feel slow; above that, they time out.
const FLUSH_WARN: Duration = Duration::from_millis(50);
const FLUSH_BAD: Duration = Duration::from_secs(2);
const FLUSHES: u32 = 10;

/// Looks at the folder of a SQLite file, then opens whichever database it is.
pub async fn check(config: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(path) = config.url.strip_prefix("sqlite:") {
        let path = Path::new(path.trim_start_matches("//").split('?').next().unwrap_or_default());
        findings.push(flush(&existing_parent(path)));
    }
    findings
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
    let found = format!("{:.1} ms for a durable write at {}", time.as_secs_f32() * 1000.0, dir.display());
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
    fn slow_disks_are_told_of() {
        let here = Path::new(".");
        assert_eq!(judge_flush(Duration::from_millis(3), here).grade, Grade::Good);
        assert_eq!(judge_flush(Duration::from_millis(80), here).grade, Grade::Warning);
        assert_eq!(judge_flush(Duration::from_secs(3), here).grade, Grade::Bad);
    }
}
