//! How a station connects, and what the CSMS says to it.

use std::time::Duration;

use base64::Engine;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::secure::Secure;

/// The longest head of an answer that is read.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The longest message that a station reads.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Bytes both ways, secured or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// How a station asks to be let in.
#[derive(Clone)]
pub(crate) struct Knock {
    /// `ws://host:port/path`, without the identity; or `wss://…`.
    pub url: String,
    /// How TLS is spoken; needed for `wss://` only.
    pub secure: Option<Secure>,
    /// The identity as it goes into the path, percent-encoded if that is needed.
    pub path: String,
    /// User and password of HTTP Basic.
    pub basic: Option<(String, Vec<u8>)>,
    /// The subprotocols that are offered, by preference.
    pub offered: Vec<String>,
    /// Whether permessage-deflate is offered; the connection can then only be looked at.
    pub deflate: bool,
}

/// What the CSMS said.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    /// The HTTP status; 101 is an open door.
    pub status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl Greeting {
    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// The subprotocol that was picked.
    pub fn subprotocol(&self) -> Option<&str> {
        self.header("sec-websocket-protocol")
    }
}

/// A connection that stands.
pub(crate) struct Link {
    socket: WebSocketStream<Box<dyn Wire>>,
}

impl Link {
    /// The next text; `None` if the connection has ended. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                // Pings are answered by the library.
                Ok(_) => {}
            }
        }
    }

    /// Sends a text; false if the connection has ended.
    pub async fn send(&mut self, text: &str) -> bool {
        self.socket.send(Message::text(text)).await.is_ok()
    }

    /// Says goodbye, and waits a moment for the answer.
    pub async fn close(mut self, patience: Duration) {
        // A connection that is gone already is closed as well.
        if self.socket.close(None).await.is_ok() {
            let ends = async { while let Some(Ok(_)) = self.socket.next().await {} };
            let _ = tokio::time::timeout(patience, ends).await;
        }
    }
}

/// Knocks: the answer, and the connection if the door is open.
///
/// # Errors
/// Why no answer of HTTP came.
pub(crate) async fn knock(knock: &Knock) -> Result<(Greeting, Option<Link>), String> {
    let (authority, path, port) = parts(&knock.url)?;
    let path = [path.trim_end_matches('/'), &knock.path].into_iter().filter(|part| !part.is_empty());
    let path = path.collect::<Vec<_>>().join("/");
    let address = if has_port(authority) { authority.to_owned() } else { format!("{authority}:{port}") };
    let mut stream = dial(knock, &address).await?;
    let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 16]>());
    let mut head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    );
    if !knock.offered.is_empty() {
        head += &format!("Sec-WebSocket-Protocol: {}\r\n", knock.offered.join(", "));
    }
    if knock.deflate {
        head += "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    }
    if let Some((user, password)) = &knock.basic {
        let mut pair = format!("{user}:").into_bytes();
        pair.extend_from_slice(password);
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        head += &format!("Authorization: Basic {pair}\r\n");
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).await.map_err(|error| format!("{address}: {error}"))?;
    let greeting = read_head(&mut stream).await?;
    if greeting.status != 101 || knock.deflate {
        return Ok((greeting, None));
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    Ok((greeting, Some(Link { socket })))
}

/// The authority, the path, and the port where none is named.
fn parts(url: &str) -> Result<(&str, &str, u16), String> {
    let (rest, port) = match (url.strip_prefix("ws://"), url.strip_prefix("wss://")) {
        (Some(rest), _) => (rest, 80),
        (None, Some(rest)) => (rest, 443),
        (None, None) => return Err("only ws:// and wss:// URLs can be reached".to_owned()),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    Ok((authority, path, port))
}

/// Opens the connection, secured for `wss://`.
async fn dial(knock: &Knock, address: &str) -> Result<Box<dyn Wire>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("{address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    if !knock.url.starts_with("wss://") {
        return Ok(Box::new(stream));
    }
    let secure = knock.secure.as_ref().ok_or("a wss:// URL needs authorities to trust")?;
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let stream = secure.connector()?.connect(name, stream).await;
    Ok(Box::new(stream.map_err(|error| format!("{address}: TLS: {error}"))?))
}

/// Offers TLS 1.1 and nothing newer: whether the CSMS agrees.
///
/// # Errors
/// Nobody is there.
pub(crate) async fn agrees_on_tls_1_1(url: &str) -> Result<bool, String> {
    let (authority, _, port) = parts(url)?;
    let address = if has_port(authority) { authority.to_owned() } else { format!("{authority}:{port}") };
    let mut stream = TcpStream::connect(&address).await.map_err(|error| format!("{address}: {error}"))?;
    let suites = [0xc0, 0x0a, 0xc0, 0x09, 0xc0, 0x14, 0xc0, 0x13, 0x00, 0x35, 0x00, 0x2f];
    let mut hello = vec![3, 2];
    hello.extend(rand::random::<[u8; 32]>());
    hello.extend([0, 0, 12]);
    hello.extend(suites);
    // One compression method: none.
    hello.extend([1, 0]);
    let length = u8::try_from(hello.len()).unwrap_or(u8::MAX);
    let mut record = vec![22, 3, 1, 0, length.saturating_add(4), 1, 0, 0, length];
    record.extend(hello);
    stream.write_all(&record).await.map_err(|error| error.to_string())?;
    // An alert (21), or the end of the connection, is a refusal; a handshake record (22) is an answer.
    Ok(stream.read_u8().await.is_ok_and(|kind| kind == 22))
}

/// Does an authority name its port? An IPv6 address has colons of its own, in brackets.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(']').map_or(authority, |(_, rest)| rest).contains(':')
}

/// Reads byte by byte to the blank line, so that nothing of the first frame is taken away.
async fn read_head(stream: &mut Box<dyn Wire>) -> Result<Greeting, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await.map_err(|error| match head.is_empty() {
            true => format!("the connection was ended without an answer ({error})"),
            false => format!("the answer was cut off ({error})"),
        })?;
        head.push(byte);
        if head.len() > HEAD_BYTES_MAX {
            return Err(format!("the head of the answer is longer than {HEAD_BYTES_MAX} bytes"));
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or("the answer is no HTTP")?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok(Greeting { status, headers: headers.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_from_an_address() {
        assert!(has_port("host:9000") && has_port("[::1]:9000"));
        assert!(!has_port("host") && !has_port("[::1]"));
    }
}
