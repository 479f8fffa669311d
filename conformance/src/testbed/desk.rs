//! A desk for files: the station under test fetches firmware here and brings its logs, by HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The longest head of a request.
const HEAD_MAX: usize = 16 * 1024;
/// The largest upload that is taken.
const UPLOAD_MAX: u64 = 1 << 30;
/// How many requests are served at once.
const AT_ONCE: usize = 16;
/// A request is done within this time.
const WITHIN: Duration = Duration::from_secs(900);
/// The firmware's tag, for downloads that are taken up again.
const TAG: &str = "ETag: \"no-firmware\"\r\nAccept-Ranges: bytes\r\n";
/// What is served as firmware: no station will run it.
const FIRMWARE: usize = 256 * 1024;

/// What has passed over the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Downloads of the firmware that were begun.
    pub(crate) fetched: u64,
    /// Bytes of the last upload.
    pub(crate) brought: u64,
}

/// A desk that is open until this is dropped.
#[derive(Debug)]
pub(crate) struct Desk {
    port: u16,
    passed: Arc<Mutex<Passed>>,
    serving: JoinHandle<()>,
}

impl Desk {
    /// Listens on an IP address, at any port.
    pub(crate) async fn open(ip: std::net::IpAddr) -> std::io::Result<Desk> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let port = listener.local_addr()?.port();
        let passed: Arc<Mutex<Passed>> = Arc::default();
        let serving = tokio::spawn(serve(listener, passed.clone()));
        Ok(Desk { port, passed, serving })
    }

    /// The address of a file, for a station that reaches this computer by `host` (with or without a port).
    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        format!("http://{host}:{}/{path}", self.port)
    }

    /// What has passed so far.
    pub(crate) fn passed(&self) -> Passed {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, passed: Arc<Mutex<Passed>>) {
    let mut requests = JoinSet::new();
    loop {
        while requests.try_join_next().is_some() {}
        if requests.len() >= AT_ONCE {
            requests.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else { continue };
        let passed = passed.clone();
        // A request that breaks off is the station's to repeat.
        requests.spawn(async move { drop(tokio::time::timeout(WITHIN, request(stream, passed)).await) });
    }
}

async fn request(mut stream: TcpStream, passed: Arc<Mutex<Passed>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD_MAX {
            return answer(&mut stream, "431 Request Header Fields Too Large", "", &[]).await;
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut line = head.split(' ');
    let (method, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    match method {
        "GET" | "HEAD" if path.starts_with("/firmware") => {
            let from = header("range")
                .and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
            let from = from.unwrap_or(0).min(FIRMWARE);
            let bytes: Vec<u8> = (from..FIRMWARE).map(|n| u8::try_from(n % 253).unwrap_or(0)).collect();
            let range =
                format!("{TAG}Content-Range: bytes {from}-{}/{FIRMWARE}\r\n", FIRMWARE.saturating_sub(1));
            let (status, range) =
                if from > 0 { ("206 Partial Content", range.as_str()) } else { ("200 OK", TAG) };
            let body: &[u8] = if method == "HEAD" { &[] } else { &bytes };
            passed.lock().unwrap_or_else(PoisonError::into_inner).fetched += u64::from(method == "GET");
            answer(&mut stream, status, range, body).await
        }
        "PUT" | "POST" if path.starts_with("/log") => {
            if header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            let length = header("content-length").and_then(|text| text.parse::<u64>().ok());
            let chunked = header("transfer-encoding").is_some_and(|value| value.contains("chunked"));
            let brought = match length {
                Some(length) if length <= UPLOAD_MAX => skip(&mut stream, length).await?,
                None if chunked => chunks(&mut stream).await?,
                _ => return answer(&mut stream, "411 Length Required", "", &[]).await,
            };
            passed.lock().unwrap_or_else(PoisonError::into_inner).brought = brought;
            answer(&mut stream, "201 Created", "", &[]).await
        }
        _ => answer(&mut stream, "404 Not Found", "", &[]).await,
    }
}

async fn skip(stream: &mut TcpStream, length: u64) -> std::io::Result<u64> {
    let mut taken = stream.take(length);
    tokio::io::copy(&mut taken, &mut tokio::io::sink()).await
}

/// The bytes of a chunked body, without its marks.
async fn chunks(stream: &mut TcpStream) -> std::io::Result<u64> {
    let mut sum = 0_u64;
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") && line.len() < 64 {
            line.push(stream.read_u8().await?);
        }
        let text = String::from_utf8_lossy(&line);
        let digits = text.trim().split(';').next().unwrap_or_default();
        let length = u64::from_str_radix(digits, 16).map_err(std::io::Error::other)?;
        skip(stream, length.saturating_add(2)).await?;
        sum = sum.saturating_add(length);
        if length == 0 || sum > UPLOAD_MAX {
            return Ok(sum);
        }
    }
}

async fn answer(stream: &mut TcpStream, status: &str, more: &str, body: &[u8]) -> std::io::Result<()> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}
