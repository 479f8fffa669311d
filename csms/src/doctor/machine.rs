//! The machine: clock, open files, room on the disk.

use super::Finding;
use crate::config::Limits;
use chrono::{DateTime, Utc};
use rustix::process::{Resource, getrlimit};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// 2026-01-01: this software did not exist before.
const EARLIEST_S: i64 = 1_767_225_600;
/// Files that csms needs beside one for each station: database, listeners, console connections.
const FILES_BESIDE: u64 = 200;
const BYTES_BAD: u64 = 200 << 20;
const BYTES_WARN: u64 = 2 << 30;

/// Bills need true time: is the clock plausible, and does something keep it so?
pub fn clock(now: DateTime<Utc>) -> Vec<Finding> {
    if now.timestamp() < EARLIEST_S {
        let mend = "set the clock (timedatectl set-time), and let chrony or systemd-timesyncd keep it";
        return vec![Finding::bad(
            "clock",
            "the machine's clock is years behind; bills would be wrong",
            mend,
        )];
    }
    match synchronized() {
        Some(true) => vec![Finding::good("clock", "kept by a time service")],
        Some(false) => vec![Finding::warning(
            "clock",
            "no time service keeps the clock; sessions and bills will drift",
            "apt-get install chrony, or timedatectl set-ntp true",
        )],
        None => {
            vec![Finding::good("clock", "plausible (whether a time service keeps it cannot be told here)")]
        }
    }
}

fn synchronized() -> Option<bool> {
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Some(true);
    }
    let output =
        Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output().ok()?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// Every connection is an open file: are there enough for the stations that may connect?
pub fn files(limits: &Limits) -> Finding {
    // `csms serve` raises the soft limit to the hard one by itself.
    let hard = getrlimit(Resource::Nofile).maximum;
    judge_files(hard, limits.connections_max as u64)
}

fn judge_files(hard: Option<u64>, connections_max: u64) -> Finding {
    let Some(hard) = hard else { return Finding::good("files", "no limit on open files") };
    let room = hard.saturating_sub(FILES_BESIDE);
    if room >= connections_max {
        return Finding::good(
            "files",
            format!("{hard} open files at most: room for {connections_max} stations"),
        );
    }
    Finding::warning(
        "files",
        format!(
            "{hard} open files at most: {room} stations fit, ocpp.limits.connections_max says {connections_max}"
        ),
        format!(
            "LimitNOFILE={} in the systemd unit (or ulimit -Hn), or set ocpp.limits.connections_max to {room}",
            connections_max + FILES_BESIDE
        ),
    )
}

/// Is there room for the database file? `None` where the database is not on this machine's disk.
pub fn space(url: &str) -> Option<Finding> {
    let path = url.strip_prefix("sqlite:")?;
    let dir = existing_parent(Path::new(path.trim_start_matches("//")));
    match rustix::fs::statvfs(&dir) {
        Ok(disk) => Some(judge_space(disk.f_bavail.saturating_mul(disk.f_frsize), &dir)),
        Err(error) => Some(Finding::warning(
            "disk",
            format!("how much room is left at {} cannot be told: {error}", dir.display()),
            "look with df -h",
        )),
    }
}

fn judge_space(free: u64, dir: &Path) -> Finding {
    let found = format!("{} MB free at {}", free >> 20, dir.display());
    let mend = "make room, move the database (database.url), or lower retention.* in the configuration";
    match free {
        free if free < BYTES_BAD => Finding::bad("disk", found, mend),
        free if free < BYTES_WARN => Finding::warning("disk", found, mend),
        _ => Finding::good("disk", found),
    }
}

/// The nearest directory above a file that exists.
pub fn existing_parent(path: &Path) -> PathBuf {
    let mut dir = path.parent();
    while let Some(candidate) = dir {
        if candidate.is_dir() {
            return candidate.to_owned();
        }
        dir = candidate.parent();
    }
    PathBuf::from(".")
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn files_are_enough_or_the_cure_is_told() {
        assert_eq!(judge_files(Some(100_200), 100_000).grade, Grade::Good);
        assert_eq!(judge_files(None, 100_000).grade, Grade::Good);
        let tight = judge_files(Some(1_024), 100_000);
        assert_eq!(tight.grade, Grade::Warning);
        assert!(tight.mend.contains("LimitNOFILE=100200") && tight.mend.contains("to 824"), "{}", tight.mend);
    }

    #[test]
    fn little_room_is_bad() {
        assert_eq!(judge_space(100 << 20, Path::new(".")).grade, Grade::Bad);
        assert_eq!(judge_space(1 << 30, Path::new(".")).grade, Grade::Warning);
        assert_eq!(judge_space(9 << 30, Path::new(".")).grade, Grade::Good);
    }

    #[test]
    fn only_a_local_database_needs_local_room() {
        assert_eq!(space("postgres://u@h/db"), None);
        assert!(space("sqlite:not/yet/there.db").is_some());
    }
}
