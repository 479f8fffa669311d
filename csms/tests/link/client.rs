//! A WebSocket client that can be as rude as a test needs: it writes frames byte by byte.

use crate::house::within;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

pub struct Client {
    pub io: TcpStream,
    read: Vec<u8>,
}

/// An HTTP answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (is, value) = line.split_once(':')?;
            is.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What comes out of a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Text(String),
    Ping,
    Pong,
    /// The close code.
    Close(u16),
    /// The connection is gone.
    End,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Client {
        Client { io: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// From another loopback address.
    pub async fn connect_from(source: [u8; 4], address: SocketAddr) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        Client { io: socket.connect(address).await.unwrap(), read: Vec::new() }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        // The server may have hung up already; what it has said is still to be read.
        let _ = self.io.write_all(bytes).await;
    }

    /// Sends a proper upgrade request with these headers added, and reads the answer.
    pub async fn upgrade(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.write(request(path, headers).as_bytes()).await;
        self.answer().await
    }

    pub async fn answer(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.more().await, "gone without an answer: {:?}", String::from_utf8_lossy(&self.read));
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("Content-Length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.more().await, "the body is cut short");
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        answer
    }

    /// Sends a text message.
    pub async fn say(&mut self, text: &str) {
        self.write(&frame(0x81, text.as_bytes())).await;
    }

    /// The next frame.
    pub async fn see(&mut self) -> Seen {
        while frame_length(&self.read).is_none_or(|length| self.read.len() < length) {
            if !self.more().await {
                return Seen::End;
            }
        }
        let length = frame_length(&self.read).unwrap();
        let frame: Vec<u8> = self.read.drain(..length).collect();
        let payload = match frame[1] {
            126 => &frame[4..],
            127 => &frame[10..],
            _ => &frame[2..],
        };
        match frame[0] {
            0x81 => Seen::Text(String::from_utf8(payload.to_vec()).unwrap()),
            0x88 => Seen::Close(u16::from_be_bytes([payload[0], payload[1]])),
            0x89 => Seen::Ping,
            0x8a => Seen::Pong,
            other => panic!("unexpected frame {other:#x}"),
        }
    }

    /// The next message as JSON; pings are passed over.
    pub async fn message(&mut self) -> Value {
        loop {
            match self.see().await {
                Seen::Text(text) => return serde_json::from_str(&text).unwrap(),
                Seen::Ping | Seen::Pong => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// Sends a call and gives the answer.
    pub async fn call(&mut self, text: &str) -> Value {
        self.say(text).await;
        self.message().await
    }

    /// Reads on to the end; gives the close code, if one came.
    pub async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        loop {
            match self.see().await {
                Seen::End => return code,
                Seen::Close(told) => code = Some(told),
                _ => {}
            }
        }
    }

    async fn more(&mut self) -> bool {
        matches!(within(self.io.read_buf(&mut self.read)).await, Ok(read) if read > 0)
    }
}

/// A proper upgrade request.
pub fn request(path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    );
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request + "\r\n"
}

/// A masked frame; `first` is its first byte (FIN, RSV and opcode).
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x11, 0x22, 0x33, 0x44];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65536 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The whole length of the (unmasked) frame that begins here, once its head is there.
fn frame_length(read: &[u8]) -> Option<usize> {
    Some(match *read.get(1)? {
        126 => 4 + usize::from(u16::from_be_bytes(read.get(2..4)?.try_into().ok()?)),
        127 => 10 + usize::try_from(u64::from_be_bytes(read.get(2..10)?.try_into().ok()?)).ok()?,
        length => 2 + usize::from(length),
    })
}

/// The value of an Authorization header.
pub fn basic(user: &str, password: impl AsRef<[u8]>) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let pair = [user.as_bytes(), b":", password.as_ref()].concat();
    format!("Basic {}", STANDARD.encode(pair))
}
