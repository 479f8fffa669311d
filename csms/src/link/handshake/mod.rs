//! The way from an accepted socket to a link: one HTTP/1.1 upgrade request, read by ourselves because stations are
//! odder, and attackers ruder, than libraries expect.

pub mod negotiate;
pub mod path;
pub mod request;

use super::cause::Cause;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};
use std::{borrow::Cow, fmt::Write, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use negotiate::Agreed;
pub use path::{is_identity, is_standard};
pub use request::{Request, Visitor};

/// RFC 6455 §1.3.
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// What a refused peer may still send before the socket is gone, so that it gets to read the answer.
const DRAIN_BYTES: u64 = 64 * 1024;
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// An HTTP answer instead of an upgrade. The body is for the visitor; the cause (and the detail) for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub cause: Cause,
    pub body: Cow<'static, str>,
    pub retry_after_s: Option<u64>,
    /// Recorded but not told.
    pub detail: String,
}

impl Refusal {
    pub fn new(status: u16, cause: Cause, body: impl Into<String>) -> Refusal {
        let body: String = body.into();
        Refusal { status, cause, detail: body.clone(), body: body.into(), retry_after_s: None }
    }

    /// For 429 and 503: when it makes sense to come back.
    pub fn retry_after(mut self, wait: Duration) -> Refusal {
        self.retry_after_s = Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        self
    }

    /// What the operator reads, where it is more than the visitor may know.
    pub fn detail(mut self, detail: impl Into<String>) -> Refusal {
        self.detail = detail.into();
        self
    }

    /// The answer on the wire.
    pub fn to_http(&self) -> String {
        let mut answer = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        answer.push_str("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n");
        match self.status {
            401 => answer.push_str("WWW-Authenticate: Basic realm=\"OCPP\", charset=\"UTF-8\"\r\n"),
            405 => answer.push_str("Allow: GET\r\n"),
            426 => answer.push_str("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
            _ => {}
        }
        if let Some(seconds) = self.retry_after_s {
            let _ = write!(answer, "Retry-After: {seconds}\r\n");
        }
        let _ = write!(answer, "Content-Length: {}\r\n\r\n{}\n", self.body.len() + 1, self.body);
        answer
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    }
}

/// The answer that makes the socket a WebSocket.
pub fn switching(key: &str, subprotocol: Option<&str>, extension: Option<&str>) -> String {
    let mut answer = String::with_capacity(256);
    answer.push_str("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    let hash = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
    let _ = write!(answer, "Sec-WebSocket-Accept: {}\r\n", STANDARD.encode(hash));
    if let Some(name) = subprotocol {
        let _ = write!(answer, "Sec-WebSocket-Protocol: {name}\r\n");
    }
    if let Some(extension) = extension {
        let _ = write!(answer, "Sec-WebSocket-Extensions: {extension}\r\n");
    }
    answer.push_str("\r\n");
    answer
}

/// Sends a refusal and ends the connection in a way that lets the peer read it: a socket closed with unread bytes
/// is reset, and the answer with it. `write` bounds the sending.
pub async fn refuse(mut io: impl AsyncRead + AsyncWrite + Unpin, refusal: &Refusal, write: Duration) {
    let answer = refusal.to_http();
    let sent = tokio::time::timeout(write, async {
        io.write_all(answer.as_bytes()).await?;
        io.shutdown().await
    });
    if matches!(sent.await, Ok(Ok(()))) {
        let mut rest = (&mut io).take(DRAIN_BYTES);
        // Whatever comes, and however it ends, is of no interest.
        let _ = tokio::time::timeout(DRAIN_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_of_the_rfc() {
        let answer = switching("dGhlIHNhbXBsZSBub25jZQ==", Some("ocpp1.6"), None);
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(answer.contains("Sec-WebSocket-Protocol: ocpp1.6\r\n"));
        assert!(answer.ends_with("\r\n\r\n") && !answer.contains("Extensions"));
    }

    #[test]
    fn refusals_tell_what_their_status_demands() {
        let http = |status| Refusal::new(status, Cause::Busy, "Why.").to_http();
        assert!(http(401).contains("WWW-Authenticate: Basic realm=\"OCPP\""));
        assert!(http(405).contains("Allow: GET\r\n"));
        assert!(http(426).contains("Sec-WebSocket-Version: 13\r\n"));
        let later =
            Refusal::new(503, Cause::Busy, "Later.").retry_after(Duration::from_millis(1200)).to_http();
        assert!(later.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
        assert!(later.contains("Retry-After: 2\r\n") && later.ends_with("Content-Length: 7\r\n\r\nLater.\n"));
    }
}
