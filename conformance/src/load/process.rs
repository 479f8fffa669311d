//! What a server process uses, as Linux tells it in `/proc`. Elsewhere, and for processes of other users, nothing is
//! known.

use std::fs;
use std::net::SocketAddr;

/// `/proc` counts CPU time in hundredths of a second on every Linux that is in use (USER_HZ).
const TICKS_PER_S: f64 = 100.0;

/// The id of the process that listens on the port of `address`.
pub(crate) fn listening_on(address: SocketAddr) -> Option<u32> {
    let inodes = listening_inodes(address.port());
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    if wanted.is_empty() {
        return None;
    }
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut files = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        let holds = files.any(|file| {
            fs::read_link(file.path()).is_ok_and(|link| wanted.iter().any(|w| link.as_os_str() == w.as_str()))
        });
        holds.then_some(pid)
    })
}

/// Sockets in state LISTEN (0A) on this port, of any address.
fn listening_inodes(port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables
        .iter()
        .flat_map(|table| table.lines().skip(1))
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&port) && *fields.get(3)? == "0A";
            listens.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
        })
        .collect()
}

/// Resident memory of a process, bytes.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// CPU time that a process has used, user and system, s.
pub(crate) fn cpu_s(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and may contain anything; the third is the first after it.
    let rest = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) as f64 / TICKS_PER_S)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn finds_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("an address");
        let me = std::process::id();
        assert_eq!(listening_on(address), Some(me));
        assert!(resident_bytes(me).expect("known") > 100_000);
        assert!(cpu_s(me).expect("known") >= 0.0);
        drop(listener);
        assert_eq!(resident_bytes(u32::MAX), None);
    }
}
