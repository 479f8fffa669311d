//! The WebSocket of a link. The only module that knows the library (`yawc`): chosen because it has permessage-deflate
//! with bounded inflation and a shared pool of deflate state, and buffers that return to a small size.

use bytes::Bytes;
use futures::SinkExt;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use yawc::{DeflatePool, Frame, OpCode, Options, Role, WebSocket, WebSocketError, close::CloseCode};

/// Read and write buffers return to this size after larger messages. Most messages fit.
const BUFFER: usize = 1024;
/// Answers below this size are sent as they are: deflating costs three times what the rest of a message costs.
const DEFLATE_FROM: usize = 1024;
/// Deflate states kept for the next message, for all links together: about one for each thread.
const DEFLATE_POOL: usize = 8;
/// A control frame is never longer (RFC 6455 §5.5).
const CONTROL_MAX: usize = 125;
/// What we still wait for after sending a close frame.
const LINGER: Duration = Duration::from_millis(250);

/// What all sockets share: limits and the deflate pool.
#[derive(Debug, Clone)]
pub struct Settings {
    plain: Options,
    deflate: Options,
    /// Taking our bytes may last so long.
    write_timeout: Duration,
}

impl Settings {
    /// `message_bytes_max` holds for a frame, for the sum of fragments, and for what deflate makes of either.
    pub fn new(message_bytes_max: usize, write_timeout: Duration) -> Settings {
        // The library's bounds are exclusive.
        let max = message_bytes_max.saturating_add(1);
        let plain = Options::default()
            .with_limits(max, max)
            .with_read_buffer_capacity(BUFFER)
            .with_write_buffer_capacity(BUFFER)
            .with_backpressure_boundary(16 * BUFFER);
        let deflate = plain
            .clone()
            .with_low_latency_compression()
            .server_no_context_takeover()
            .client_no_context_takeover()
            .with_compression_threshold(DEFLATE_FROM)
            .with_deflate_pool(DeflatePool::new(DEFLATE_POOL));
        Settings { plain, deflate, write_timeout }
    }
}

/// A message or a sign of life.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// A whole text message, not yet checked to be UTF-8.
    Text(Bytes),
    /// Ping (answered already) or pong.
    Alive,
    /// The peer closes, or is gone.
    Closed,
}

/// Why a socket cannot go on. The close frame that tells the peer is still to be sent by [`Socket::close`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("message too large")]
    TooLarge,
    #[error("text that is no UTF-8")]
    NotUtf8,
    #[error("binary message")]
    Binary,
    #[error("against the WebSocket protocol")]
    Protocol,
    #[error("the connection was lost")]
    Lost,
    #[error("the peer does not take our bytes")]
    Stalled,
}

/// How a link is ended, as the close frame tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// 1001: we go away, or another connection takes over.
    Away,
    /// 1002
    Protocol,
    /// 1003
    Unsupported,
    /// 1007
    Invalid,
    /// 1009
    TooLarge,
}

impl Broken {
    /// The close code for it; `None` if there is nobody to tell.
    pub fn ending(self) -> Option<Ending> {
        match self {
            Broken::TooLarge => Some(Ending::TooLarge),
            Broken::NotUtf8 => Some(Ending::Invalid),
            Broken::Binary => Some(Ending::Unsupported),
            Broken::Protocol => Some(Ending::Protocol),
            Broken::Lost | Broken::Stalled => None,
        }
    }
}

/// An open WebSocket, server side.
pub struct Socket {
    inner: WebSocket<Early>,
    write_timeout: Duration,
}

impl Socket {
    /// Takes over a stream after the handshake. `early` is what the client sent right behind its request;
    /// `extension` the agreed `Sec-WebSocket-Extensions`.
    pub fn new(
        io: TcpStream,
        early: Vec<u8>,
        extension: Option<&str>,
        settings: &Settings,
    ) -> Result<Socket, Broken> {
        let options = if extension.is_some() { &settings.deflate } else { &settings.plain };
        let io = Early { early: Bytes::from(early), io };
        let inner = WebSocket::from_stream_with_extensions(io, Role::Server, extension, options.clone())
            .map_err(|_| Broken::Protocol)?;
        Ok(Socket { inner, write_timeout: settings.write_timeout })
    }

    /// The next thing that comes. May be dropped and called again without loss.
    pub async fn receive(&mut self) -> Result<Received, Broken> {
        let frame = match self.inner.next_frame().await {
            Ok(frame) => frame,
            Err(WebSocketError::ConnectionClosed) => return Ok(Received::Closed),
            Err(error) => return Err(broken(&error)),
        };
        let long = frame.payload().len() > CONTROL_MAX;
        match frame.opcode() {
            OpCode::Text => Ok(Received::Text(frame.into_payload())),
            OpCode::Ping | OpCode::Pong | OpCode::Close if long => Err(Broken::Protocol),
            OpCode::Close => Ok(Received::Closed),
            OpCode::Pong => Ok(Received::Alive),
            OpCode::Ping => {
                // The pong is queued by the library. It leaves before the next frame is read, so a peer that sends
                // pings and reads nothing cannot pile up pongs here.
                self.bounded_flush().await?;
                Ok(Received::Alive)
            }
            OpCode::Binary | OpCode::Continuation => Err(Broken::Binary),
        }
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: String) -> Result<(), Broken> {
        self.bounded(Frame::text(text)).await
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self) -> Result<(), Broken> {
        self.bounded(Frame::ping(Bytes::new())).await
    }

    /// Says why we end and sends nothing after it: waits a moment only, never for the peer's close frame.
    pub async fn close(&mut self, ending: Ending, reason: &str) {
        let code = match ending {
            Ending::Away => CloseCode::Away,
            Ending::Protocol => CloseCode::Protocol,
            Ending::Unsupported => CloseCode::Unsupported,
            Ending::Invalid => CloseCode::Invalid,
            Ending::TooLarge => CloseCode::Size,
        };
        let farewell = async {
            self.inner.send(Frame::close(code, reason)).await?;
            self.inner.close().await
        };
        // A peer that takes no bytes, or is gone, learns it from the closed socket.
        let _ = tokio::time::timeout(LINGER, farewell).await;
    }

    /// Lets the answer to the peer's close frame leave.
    pub async fn finish(&mut self) {
        // As above: a peer that does not wait for it does not miss it.
        let _ = tokio::time::timeout(LINGER, self.inner.close()).await;
    }

    async fn bounded(&mut self, frame: Frame) -> Result<(), Broken> {
        match tokio::time::timeout(self.write_timeout, self.inner.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Broken::Lost),
            Err(_) => Err(Broken::Stalled),
        }
    }

    async fn bounded_flush(&mut self) -> Result<(), Broken> {
        let flush = std::future::poll_fn(|cx| {
            // `poll_ready` is what writes queued control frames, `poll_flush` what empties the buffer.
            std::task::ready!(self.inner.poll_ready_unpin(cx))?;
            self.inner.poll_flush_unpin(cx)
        });
        match tokio::time::timeout(self.write_timeout, flush).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Broken::Lost),
            Err(_) => Err(Broken::Stalled),
        }
    }
}

fn broken(error: &WebSocketError) -> Broken {
    match error {
        WebSocketError::FrameTooLarge => Broken::TooLarge,
        WebSocketError::InvalidUTF8 => Broken::NotUtf8,
        WebSocketError::IoError(_) | WebSocketError::ConnectionClosed => Broken::Lost,
        _ => Broken::Protocol,
    }
}

/// The stream with what was read of it too early.
struct Early {
    early: Bytes,
    io: TcpStream,
}

impl AsyncRead for Early {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, into);
        }
        let length = self.early.len().min(into.remaining());
        into.put_slice(&self.early.split_to(length));
        if self.early.is_empty() {
            self.early = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Early {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
