//! Files that a station fetches and brings, over HTTP written by hand: firmware, taken up again after a cut, and logs.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::Error;
use crate::station::Station;

/// A head of an answer is no longer.
const HEAD_MAX: usize = 16 * 1024;
/// Bytes sent and read at once.
const PIECE: usize = 64 * 1024;
/// An answer, or its next bytes, come within this time.
const WITHIN: Duration = Duration::from_secs(60);

/// How a station does its transfers; see [`Station::transfer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfers {
    /// How large its log is.
    pub log_bytes: u64,
    /// Put behind the address, percent-encoded by the caller; empty: nothing is.
    pub log_name: String,
    /// The log goes out as a form (multipart/form-data) instead of as it is.
    pub form: bool,
    /// The first connection of a download is cut after so many bytes.
    pub cut_after: Option<u64>,
    /// What it reports in the end of an installation; `Installed` for one that works.
    pub installs: String,
    /// The firmware that it boots with afterwards; empty: it does not boot.
    pub boots_with: String,
}

impl Default for Transfers {
    fn default() -> Self {
        Transfers {
            log_bytes: 10_000,
            log_name: String::new(),
            form: false,
            cut_after: None,
            installs: "Installed".into(),
            boots_with: String::new(),
        }
    }
}

/// Firmware or a log that the CSMS asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    pub(crate) url: String,
    /// The action by which the station tells how far it is.
    pub(crate) tells: &'static str,
    pub(crate) request_id: Option<i64>,
    pub(crate) upload: bool,
}

/// A piece of the log that every station has: the byte at `n` is `n % 251`.
pub fn log_piece(from: u64, length: usize) -> Vec<u8> {
    (from..).take(length).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect()
}

impl Station {
    /// From now on logs are really brought and firmware is really fetched; before, the station only says that it does.
    pub fn transfer(&self, how: Transfers) {
        self.core.state().transfers = Some(how);
    }

    /// The firmware that was fetched last.
    pub fn downloaded(&self) -> Vec<u8> {
        self.core.state().downloaded.clone()
    }

    /// Does what was asked, and tells how far it is.
    pub(crate) async fn perform_transfer(&self, wish: Wish) -> Result<(), Error> {
        let how = self.core.state().transfers.clone();
        let Some(how) = how else {
            let words: &[&str] = match wish.upload {
                true => &["Uploading", "Uploaded"],
                false => &["Downloading", "Downloaded", "Installing", "Installed"],
            };
            for word in words {
                self.told(&wish, word).await?;
            }
            return Ok(());
        };
        if wish.upload {
            self.told(&wish, "Uploading").await?;
            let failed =
                if wish.tells == "DiagnosticsStatusNotification" { "UploadFailed" } else { "UploadFailure" };
            let done = upload(&wish.url, &how).await;
            let word = if matches!(done, Ok(200 | 201)) { "Uploaded" } else { failed };
            return self.told(&wish, word).await;
        }
        self.told(&wish, "Downloading").await?;
        match download(&wish.url, how.cut_after).await {
            Ok(bytes) => self.core.state().downloaded = bytes,
            Err(error) => {
                tracing::debug!(station = self.id(), %error, "a download failed");
                return self.told(&wish, "DownloadFailed").await;
            }
        }
        for word in ["Downloaded", "Installing", &how.installs] {
            self.told(&wish, word).await?;
        }
        if !how.boots_with.is_empty() {
            self.core.state().hardware.firmware.clone_from(&how.boots_with);
            self.boot_because("FirmwareUpdate").await?;
        }
        Ok(())
    }

    async fn told(&self, wish: &Wish, word: &str) -> Result<(), Error> {
        let mut payload = json!({ "status": word });
        if let Some(id) = wish.request_id {
            payload["requestId"] = json!(id);
        }
        self.call(wish.tells, payload).await.map(drop)
    }
}

fn broken(what: &'static str) -> std::io::Error {
    std::io::Error::other(what)
}

/// Host with port, and path.
fn place(url: &str) -> std::io::Result<(&str, String)> {
    let rest = url.strip_prefix("http://").ok_or_else(|| broken("no http address"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    Ok((host, format!("/{path}")))
}

async fn connect(host: &str) -> std::io::Result<TcpStream> {
    match host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(_) => TcpStream::connect(host).await,
        None => TcpStream::connect((host, 80)).await,
    }
}

/// Brings the log; gives the status of the answer.
async fn upload(url: &str, how: &Transfers) -> std::io::Result<u16> {
    let (host, path) = place(url)?;
    let mut stream = connect(host).await?;
    let (before, after) = if how.form {
        let head = "--wattle\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
        let rest = "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
        (format!("{head}{}{rest}", how.log_name), "\r\n--wattle--\r\n")
    } else {
        (String::new(), "")
    };
    let length = how.log_bytes + (before.len() + after.len()) as u64;
    let (method, name, kind) = match how.form {
        true => ("POST", "", "multipart/form-data; boundary=wattle"),
        false => ("PUT", how.log_name.as_str(), "application/octet-stream"),
    };
    let head = format!(
        "{method} {path}{name} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: \
         close\r\n\r\n{before}"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut sent = 0;
    while sent < how.log_bytes {
        let piece = log_piece(sent, usize::try_from(how.log_bytes - sent).unwrap_or(PIECE).min(PIECE));
        // Who refuses it does not read it all; the answer says why.
        if stream.write_all(&piece).await.is_err() {
            break;
        }
        sent += piece.len() as u64;
    }
    // The same as above.
    let _ = stream.write_all(after.as_bytes()).await;
    Ok(answer(&mut stream).await?.0)
}

/// Fetches a file; a connection that is cut is taken up again where it was.
async fn download(url: &str, mut cut_after: Option<u64>) -> std::io::Result<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut etag = String::new();
    loop {
        let (host, path) = place(url)?;
        let mut stream = connect(host).await?;
        let range = match bytes.len() {
            0 => String::new(),
            here => format!("Range: bytes={here}-\r\nIf-Range: {etag}\r\n"),
        };
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{range}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let (status, headers, begun) = answer(&mut stream).await?;
        match (status, bytes.is_empty()) {
            (200, _) => bytes.clear(),
            (206, false) => {}
            _ => return Err(broken("the file is refused")),
        }
        let field = |name: &str| {
            let line = headers.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
        };
        etag = field("etag:").unwrap_or_default();
        let length: usize =
            field("content-length:").and_then(|text| text.parse().ok()).ok_or_else(|| broken("no length"))?;
        let whole = bytes.len() + length;
        bytes.extend_from_slice(&begun);
        let mut buffer = vec![0; PIECE];
        while bytes.len() < whole {
            if cut_after.is_some_and(|most| bytes.len() as u64 >= most) {
                break;
            }
            let read = tokio::time::timeout(WITHIN, stream.read(&mut buffer))
                .await
                .map_err(std::io::Error::other)??;
            if read == 0 {
                return Err(broken("the file ended early"));
            }
            bytes.extend_from_slice(&buffer[..read]);
        }
        if bytes.len() >= whole {
            return Ok(bytes);
        }
        cut_after = None;
    }
}

/// Status, headers and the first bytes of a body.
async fn answer(stream: &mut TcpStream) -> std::io::Result<(u16, String, Vec<u8>)> {
    let mut held = Vec::new();
    let mut buffer = vec![0; 4096];
    loop {
        if let Some(end) = held.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&held[..end]).into_owned();
            let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
            return Ok((status.ok_or_else(|| broken("no status"))?, head, held.split_off(end + 4)));
        }
        let read =
            tokio::time::timeout(WITHIN, stream.read(&mut buffer)).await.map_err(std::io::Error::other)??;
        if read == 0 || held.len() > HEAD_MAX {
            return Err(broken("no answer"));
        }
        held.extend_from_slice(&buffer[..read]);
    }
}
