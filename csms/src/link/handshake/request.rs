//! The head of the upgrade request: read with bounds, parsed leniently where stations are odd and strictly where
//! attackers are.

use super::{Refusal, path, path::PathError};
use crate::link::{auth::Credentials, cause::Cause};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Header lines at most; a station sends about ten, a proxy adds a few.
const HEADERS_MAX: usize = 64;
/// First read of the head; it grows as needed.
const FIRST_READ: usize = 1024;
/// What is kept of texts that are only recorded.
const RECORDED_MAX: usize = 120;

/// Who knocks, as far as is known: for the inbox of rejected attempts.
#[derive(Debug, Default, Clone)]
pub struct Visitor {
    pub identity: String,
    /// Offered subprotocols.
    pub protocols: String,
    pub agent: String,
}

/// A request that wants to become a link.
#[derive(Debug)]
pub struct Request {
    pub identity: String,
    /// `None` if there is no Basic authentication.
    pub credentials: Option<Credentials>,
    /// `Sec-WebSocket-Protocol`, empty if absent.
    pub offered: String,
    /// `Sec-WebSocket-Extensions`, empty if absent.
    pub extensions: String,
    /// `Sec-WebSocket-Key`.
    pub key: String,
}

/// Why there is no head to parse.
#[derive(Debug)]
pub enum NoHead {
    /// The peer went away before it was complete: nobody to answer.
    Gone,
    Refused(Refusal),
}

/// Reads up to the empty line, and returns the head and what came after it. At most `max` bytes are kept.
pub async fn read(io: &mut (impl AsyncRead + Unpin), max: usize) -> Result<(Vec<u8>, Vec<u8>), NoHead> {
    let mut bytes = Vec::with_capacity(FIRST_READ.min(max));
    loop {
        let looked_at = bytes.len();
        let room = max - bytes.len();
        match (&mut *io).take(room as u64).read_buf(&mut bytes).await {
            Ok(0) => return Err(NoHead::Gone),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(NoHead::Gone),
        }
        if let Some(refusal) = another_protocol(&bytes) {
            return Err(NoHead::Refused(refusal));
        }
        if let Some(end) = end_of_head(&bytes, looked_at) {
            let rest = bytes.split_off(end);
            return Ok((bytes, rest));
        }
        if bytes.len() >= max {
            let body = format!("The request line and headers are larger than {max} bytes.");
            return Err(NoHead::Refused(Refusal::new(431, Cause::HeaderTooLarge, body)));
        }
    }
}

/// Recognises what is surely not HTTP/1.1, so that the cause can be named.
fn another_protocol(bytes: &[u8]) -> Option<Refusal> {
    match bytes {
        [0x16, 0x03, ..] => Some(Refusal::new(
            400,
            Cause::TlsOnPlainPort,
            "This port speaks plain HTTP, the request is TLS. Use ws:// instead of wss://.",
        )),
        _ if bytes.starts_with(b"PRI * HTTP/2") => {
            Some(Refusal::new(400, Cause::Http2, "This port speaks HTTP/1.1, the request is HTTP/2."))
        }
        _ => None,
    }
}

/// The length of the head with its empty line. Looks again at the three bytes before `from`, so that drip-fed heads
/// cost no more than others.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let start = from.saturating_sub(3);
    (start..bytes.len()).find_map(|at| {
        let tail = &bytes[at..];
        if tail.starts_with(b"\r\n\r\n") {
            Some(at + 4)
        } else if tail.starts_with(b"\n\n") {
            Some(at + 2)
        } else {
            None
        }
    })
}

impl Request {
    /// Parses a head. What can be told of the visitor is noted even when the request is refused.
    pub fn parse(head: &[u8], prefix: &str, visitor: &mut Visitor) -> Result<Request, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err(bad("The request is not complete.")),
            Err(httparse::Error::TooManyHeaders) => {
                let body = format!("More than {HEADERS_MAX} header lines.");
                return Err(Refusal::new(431, Cause::HeaderTooLarge, body));
            }
            Err(error) => return Err(bad(format!("The request is not HTTP/1.1: {error}."))),
        }
        let fields = Fields(parsed.headers);
        visitor.agent = recorded(&fields.joined("user-agent"));
        visitor.protocols = recorded(&fields.joined("sec-websocket-protocol"));
        let identity = path::identity(parsed.path.unwrap_or_default(), prefix);
        if let Ok(identity) = &identity {
            visitor.identity.clone_from(identity);
        }

        if parsed.version != Some(1) {
            return Err(bad("WebSocket needs HTTP/1.1."));
        }
        if fields.count("transfer-encoding") > 0
            || fields.all("content-length").any(|length| length.trim_ascii() != b"0")
        {
            return Err(bad("A WebSocket request has no body."));
        }
        if parsed.method != Some("GET") {
            return Err(Refusal::new(405, Cause::NotWebSocket, "A WebSocket request is a GET request."));
        }
        let key = upgrade_key(&fields)?;
        let identity = identity.map_err(|error| not_found(error, prefix))?;
        let credentials = credentials(&fields)?;
        Ok(Request {
            identity,
            credentials,
            offered: fields.joined("sec-websocket-protocol"),
            extensions: fields.joined("sec-websocket-extensions"),
            key,
        })
    }
}

/// The key is what makes a request a WebSocket request: some stations and proxies spoil `Connection` and `Upgrade`.
fn upgrade_key(fields: &Fields<'_>) -> Result<String, Refusal> {
    if fields.count("sec-websocket-key") > 1 {
        return Err(bad("More than one Sec-WebSocket-Key."));
    }
    let key = fields.joined("sec-websocket-key");
    if key.is_empty() || key.len() > 64 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let asked = fields.joined("upgrade").to_ascii_lowercase().contains("websocket");
        return Err(if asked || !key.is_empty() {
            bad("There is no usable Sec-WebSocket-Key.")
        } else {
            Refusal::new(
                426,
                Cause::NotWebSocket,
                "Charging stations connect here with WebSocket. The console for people is on another port.",
            )
        });
    }
    match fields.joined("sec-websocket-version").as_str() {
        "" | "13" => Ok(key),
        _ => Err(Refusal::new(426, Cause::NotWebSocket, "WebSocket version 13 is served.")),
    }
}

fn credentials(fields: &Fields<'_>) -> Result<Option<Credentials>, Refusal> {
    let mut values = fields.all("authorization");
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(bad("More than one Authorization header.")),
        (Some(value), None) => Ok(Credentials::from_header(value)),
    }
}

fn not_found(error: PathError, prefix: &str) -> Refusal {
    let prefix = prefix.trim_end_matches('/');
    let body = match error {
        PathError::Elsewhere | PathError::NoIdentity => {
            format!("The path has to be {prefix}/ followed by the identity of the station.")
        }
        PathError::BadIdentity => format!(
            "The last part of the path is no identity: at most {} characters, no slash, no control characters.",
            path::IDENTITY_MAX
        ),
    };
    Refusal::new(404, Cause::Path, body)
}

fn bad(body: impl Into<String>) -> Refusal {
    Refusal::new(400, Cause::BadRequest, body)
}

/// What is fit to be recorded of a text from outside.
pub fn recorded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(RECORDED_MAX).collect()
}

/// Header lines, found by name in any letter case.
struct Fields<'a>(&'a [httparse::Header<'a>]);

impl<'a> Fields<'a> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    fn count(&self, name: &'static str) -> usize {
        self.all(name).count()
    }

    /// All values, as HTTP joins them.
    fn joined(&self, name: &'static str) -> String {
        let values: Vec<_> =
            self.all(name).map(|value| String::from_utf8_lossy(value.trim_ascii())).collect();
        values.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Protocol: ocpp1.6\r\nUser-Agent: box/1\r\n\r\n";

    fn parse(head: &str) -> Result<Request, (u16, Cause)> {
        Request::parse(head.as_bytes(), "/ocpp", &mut Visitor::default())
            .map_err(|refusal| (refusal.status, refusal.cause))
    }

    #[test]
    fn odd_upgrades_are_understood() {
        for head in [
            GOOD.to_owned(),
            GOOD.replace("Connection: Upgrade\r\n", ""),
            GOOD.replace("Connection: Upgrade", "connection: keep-alive, upgrade"),
            GOOD.replace("Connection: Upgrade", "Connection: close"),
            GOOD.replace("Upgrade: websocket", "UPGRADE: WebSocket, h2c"),
            GOOD.replace("Upgrade: websocket\r\n", ""),
            GOOD.replace("Sec-WebSocket-Version: 13\r\n", ""),
            GOOD.replace("\r\n", "\n"),
            GOOD.replace("User-Agent", "Content-Length: 0\r\nUser-Agent"),
        ] {
            let request = parse(&head).unwrap_or_else(|error| panic!("{error:?} for {head}"));
            assert_eq!((request.identity.as_str(), request.offered.as_str()), ("CP-1", "ocpp1.6"));
            assert!(request.credentials.is_none());
        }
        let split = GOOD.replace("ocpp1.6", "ocpp2.1\r\nSec-WebSocket-Protocol: ocpp1.6");
        assert_eq!(parse(&split).unwrap().offered, "ocpp2.1, ocpp1.6");
    }

    #[test]
    fn what_is_wrong_is_answered_with_the_fitting_status() {
        let bad = |status, cause| Err::<(), _>((status, cause));
        for (head, expected) in [
            (GOOD.replace("GET", "POST"), bad(405, Cause::NotWebSocket)),
            (GOOD.replace("HTTP/1.1", "HTTP/1.0"), bad(400, Cause::BadRequest)),
            (GOOD.replace("/ocpp/", "/elsewhere/"), bad(404, Cause::Path)),
            (GOOD.replace("CP-1", "..%2fCP-1"), bad(404, Cause::Path)),
            (GOOD.replace("Version: 13", "Version: 8"), bad(426, Cause::NotWebSocket)),
            (GOOD.replace("Host: x", "Content-Length: 5"), bad(400, Cause::BadRequest)),
            (GOOD.replace("Host: x", "Transfer-Encoding: chunked"), bad(400, Cause::BadRequest)),
            (GOOD.replace("Host: x", "Authorization: a\r\nAuthorization: b"), bad(400, Cause::BadRequest)),
            (GOOD.replace("Host: x", "Sec-WebSocket-Key: aaaa"), bad(400, Cause::BadRequest)),
            (GOOD.replace("Host: x", "folded: a\r\n b"), bad(400, Cause::BadRequest)),
            (GOOD.replace("dGhlIHNhbXBsZSBub25jZQ==", ""), bad(400, Cause::BadRequest)),
            (GOOD.replace("Host: x", &"a: b\r\n".repeat(80)), bad(431, Cause::HeaderTooLarge)),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".into(), bad(426, Cause::NotWebSocket)),
            ("SSH-2.0-OpenSSH_9.9\r\n\r\n".into(), bad(400, Cause::BadRequest)),
        ] {
            assert_eq!(parse(&head).map(|_| ()), expected, "{head}");
        }
    }

    #[test]
    fn the_visitor_is_noted_even_when_refused() {
        let mut visitor = Visitor::default();
        let head = GOOD.replace("Version: 13", "Version: 8").replace("box/1", "box\t1");
        Request::parse(head.as_bytes(), "/ocpp", &mut visitor).unwrap_err();
        assert_eq!(
            (visitor.identity.as_str(), visitor.protocols.as_str(), visitor.agent.as_str()),
            ("CP-1", "ocpp1.6", "box1")
        );
    }

    #[tokio::test]
    async fn the_head_ends_at_the_empty_line_however_it_arrives() {
        let whole = [GOOD.as_bytes(), b"\x81\x80rest"].concat();
        for size in [1, 7, 4096] {
            let mut io = tokio_test_chunks(&whole, size);
            let (head, mut rest) = read(&mut io, 8192).await.unwrap();
            assert_eq!(head, GOOD.as_bytes());
            io.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"\x81\x80rest");
        }
    }

    #[tokio::test]
    async fn reading_is_bounded_and_knows_other_protocols() {
        let refused = async |bytes: &[u8]| match read(&mut &*bytes, 1000).await {
            Err(NoHead::Refused(refusal)) => Some((refusal.status, refusal.cause)),
            _ => None,
        };
        assert_eq!(refused(&[b'x'; 5000]).await, Some((431, Cause::HeaderTooLarge)));
        assert_eq!(refused(&[0x16, 3, 1, 2, 0]).await, Some((400, Cause::TlsOnPlainPort)));
        assert_eq!(refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, Some((400, Cause::Http2)));
        assert_eq!(refused(b"GET /oc").await, None, "gone before the end: nobody to answer");
    }

    /// The bytes, `size` of them at each read.
    fn tokio_test_chunks(bytes: &[u8], size: usize) -> impl AsyncRead + Unpin {
        let (mut ours, theirs) = tokio::io::duplex(size);
        let bytes = bytes.to_vec();
        tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut ours, &bytes).await });
        theirs
    }
}
