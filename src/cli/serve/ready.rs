//! Where the running system can be reached: told to people, and to scripts as JSON.

use csms::config::Config;
use serde::Serialize;
use std::{
    io::Write,
    net::{IpAddr, SocketAddr},
    path::Path,
};

/// The addresses in force once everything listens.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// What a station connects to, without its identity.
    pub ocpp_url: String,
    /// Where the console is opened.
    pub console_url: String,
    /// Bound addresses.
    pub ocpp: SocketAddr,
    pub web: SocketAddr,
    /// Of this process.
    pub pid: u32,
}

impl Ready {
    /// From what was bound.
    pub fn new(config: &Config, ocpp: SocketAddr, web: SocketAddr) -> Ready {
        let console_url = match config.web.public_url.trim_end_matches('/') {
            "" => format!("http://{}", named(web)),
            url => url.to_owned(),
        };
        Ready {
            ocpp_url: format!("ws://{}{}", named(ocpp), config.ocpp.path_prefix),
            console_url,
            ocpp,
            web,
            pid: std::process::id(),
        }
    }

    /// Writes the addresses as JSON; whoever sees the file sees all of it.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let mut file = std::fs::File::create(&partial)?;
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        std::fs::rename(&partial, path)?;
        Ok(())
    }
}

/// An address as a person would type it: one that listens everywhere is named by this machine's own name.
fn named(at: SocketAddr) -> String {
    match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("localhost:{}", at.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("localhost:{}", at.port()),
        _ => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_typed() {
        let mut config = Config::default();
        let (ocpp, web) = ("0.0.0.0:9000".parse().unwrap(), "[::1]:8080".parse().unwrap());
        let ready = Ready::new(&config, ocpp, web);
        assert_eq!(ready.ocpp_url, "ws://localhost:9000/ocpp");
        assert_eq!(ready.console_url, "http://[::1]:8080");
        config.web.public_url = "https://charge.example/".into();
        assert_eq!(Ready::new(&config, ocpp, web).console_url, "https://charge.example");
    }

    #[test]
    fn the_ready_file_appears_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ready.json");
        let ready =
            Ready::new(&Config::default(), "127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        ready.write(&path).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read["ocpp_url"], "ws://127.0.0.1:1/ocpp");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing partial is left");
    }
}
