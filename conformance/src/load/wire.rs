//! The leanest WebSocket client that is still correct: one read buffer, one write buffer, no allocation per message.
//!
//! Written by hand because the load generator shares the machine with the server that it measures.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Buffers begin this small: an idle connection costs little.
const BUFFER_BYTES: usize = 512;
/// Longer messages and handshakes are not read.
const INPUT_BYTES_MAX: usize = 1 << 20;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;

/// A connection after its handshake.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    input: Vec<u8>,
    /// What of `input` is already used.
    used: usize,
    output: Vec<u8>,
    mask: u32,
}

/// Why a connection did not come about, or ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("HTTP {0}")]
    Refused(u16),
    #[error("closed by the CSMS")]
    Closed,
    #[error("not understood: {0}")]
    Protocol(&'static str),
}

impl Wire {
    /// Connects from `source` and sends the handshake `request`, a whole HTTP request.
    ///
    /// Of the answer only the status is read: `Sec-WebSocket-Accept` is not verified, which spares a hash.
    pub(crate) async fn open(
        target: SocketAddr,
        source: Option<IpAddr>,
        request: &[u8],
        mask: u32,
    ) -> Result<Wire, WireError> {
        let socket = if target.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(source) = source {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        let mut stream = socket.connect(target).await?;
        stream.set_nodelay(true)?;
        stream.write_all(request).await?;
        let mut wire = Wire {
            stream,
            input: Vec::with_capacity(BUFFER_BYTES),
            used: 0,
            output: Vec::new(),
            mask: mask | 1,
        };
        let end = loop {
            if let Some(at) = find(&wire.input, b"\r\n\r\n") {
                break at + 4;
            }
            wire.fill().await?;
        };
        let status =
            wire.input.get(9..12).and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| s.parse().ok());
        match status {
            Some(101) => {}
            Some(other) => return Err(WireError::Refused(other)),
            None => return Err(WireError::Protocol("no HTTP answer")),
        }
        wire.used = end;
        Ok(wire)
    }

    /// Sends a text message.
    pub(crate) async fn send(&mut self, text: &[u8]) -> Result<(), WireError> {
        self.send_frame(TEXT, text).await
    }

    async fn send_frame(&mut self, opcode: u8, payload: &[u8]) -> Result<(), WireError> {
        let Wire { output, mask, .. } = self;
        // Xorshift: a new key for every frame, as RFC 6455 §5.3 wants, for a few instructions.
        *mask ^= *mask << 13;
        *mask ^= *mask >> 17;
        *mask ^= *mask << 5;
        output.clear();
        write_frame(output, opcode, payload, mask.to_be_bytes());
        self.stream.write_all(&self.output).await?;
        Ok(())
    }

    /// The next text message. Pings are answered on the way.
    pub(crate) async fn next_text(&mut self) -> Result<&[u8], WireError> {
        loop {
            let Some(frame) = Head::read(&self.input[self.used..])? else {
                self.fill().await?;
                continue;
            };
            let start = self.used + frame.head;
            let end = start + frame.payload;
            if self.input.len() < end {
                // This moves the frame to the front of the buffer: look at it again.
                self.fill().await?;
                continue;
            }
            self.used = end;
            match frame.opcode {
                TEXT if frame.is_final => return Ok(&self.input[start..end]),
                PING => {
                    let payload = self.input[start..end].to_vec();
                    self.send_frame(PONG, &payload).await?;
                }
                PONG => {}
                CLOSE => return Err(WireError::Closed),
                _ => return Err(WireError::Protocol("fragmented or binary")),
            }
        }
    }

    /// Says goodbye. What the CSMS answers is not waited for.
    pub(crate) async fn close(mut self) {
        // 1000: normal closure. If the connection is gone already, so much the better.
        let _ = self.send_frame(CLOSE, &1000u16.to_be_bytes()).await;
    }

    /// Reads more, after dropping what is used.
    async fn fill(&mut self) -> Result<(), WireError> {
        if self.used > 0 {
            self.input.drain(..self.used);
            self.used = 0;
        }
        if self.input.len() >= INPUT_BYTES_MAX {
            return Err(WireError::Protocol("too long"));
        }
        self.input.reserve(BUFFER_BYTES / 2);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(WireError::Closed),
            _ => Ok(()),
        }
    }
}

/// The head of a frame as a server sends it: not masked.
struct Head {
    is_final: bool,
    opcode: u8,
    head: usize,
    payload: usize,
}

impl Head {
    /// `None` if there is not enough yet.
    fn read(input: &[u8]) -> Result<Option<Head>, WireError> {
        let [first, second, rest @ ..] = input else { return Ok(None) };
        if second & 0x80 != 0 {
            return Err(WireError::Protocol("a masked frame from the server"));
        }
        let (head, payload) = match second & 0x7F {
            126 => match rest.first_chunk::<2>() {
                Some(length) => (4, usize::from(u16::from_be_bytes(*length))),
                None => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(length) => (10, usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX)),
                None => return Ok(None),
            },
            short => (2, usize::from(short)),
        };
        if payload > INPUT_BYTES_MAX {
            return Err(WireError::Protocol("too long"));
        }
        Ok(Some(Head { is_final: first & FINAL != 0, opcode: first & 0x0F, head, payload }))
    }
}

/// Appends one masked frame.
fn write_frame(output: &mut Vec<u8>, opcode: u8, payload: &[u8], key: [u8; 4]) {
    output.push(FINAL | opcode);
    match u16::try_from(payload.len()) {
        Ok(short) if short < 126 => output.push(0x80 | short as u8),
        Ok(medium) => {
            output.push(0x80 | 126);
            output.extend_from_slice(&medium.to_be_bytes());
        }
        Err(_) => {
            output.push(0x80 | 127);
            output.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    output.extend_from_slice(&key);
    output.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Where `needle` begins in `haystack`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frame: &[u8], head: usize) -> Vec<u8> {
        let key = &frame[head..head + 4];
        frame[head + 4..].iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k).collect()
    }

    #[test]
    fn frames_of_all_three_lengths() {
        for (length, head) in [(5usize, 2usize), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let payload: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let mut frame = Vec::new();
            write_frame(&mut frame, TEXT, &payload, [1, 2, 3, 200]);
            assert_eq!(frame.len(), head + 4 + length);
            assert_eq!((frame[0], frame[1] & 0x80), (0x81, 0x80));
            assert_eq!(unmasked(&frame, head), payload);
            // The same head without the mask bit is what a server would send.
            frame[1] &= 0x7F;
            let read = Head::read(&frame).expect("valid").expect("whole");
            assert_eq!((read.opcode, read.is_final, read.head, read.payload), (TEXT, true, head, length));
            assert!(Head::read(&frame[..head - 1]).expect("valid").is_none());
        }
    }

    #[test]
    fn masked_and_endless_frames_are_refused() {
        assert!(Head::read(&[0x81, 0x80, 0, 0, 0, 0]).is_err());
        assert!(Head::read(&[0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
