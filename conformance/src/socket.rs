//! A station's WebSocket: the handshake, and the task that reads and writes.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use futures::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::duties::Duty;
use crate::error::Error;
use crate::frame::{self, Frame};
use crate::options::Options;
use crate::state::{Answer, Inbound, Out};
use crate::station::Core;

/// The longest message that a station reads. The CSMS's are far shorter.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Connects and returns the socket with the negotiated subprotocol.
pub(crate) async fn open(options: &Options) -> Result<(Socket, Option<String>), Error> {
    let connecting = handshake(options);
    match tokio::time::timeout(options.timeout, connecting).await {
        Ok(done) => done,
        Err(_) => Err(Error::Connect("timed out".into())),
    }
}

async fn handshake(options: &Options) -> Result<(Socket, Option<String>), Error> {
    let fail = |e: &dyn std::fmt::Display| Error::Connect(e.to_string());
    let mut request = options.target().into_client_request().map_err(|e| fail(&e))?;
    if request.uri().scheme_str() != Some("ws") {
        return Err(Error::Connect("only ws:// URLs: virtual stations speak no TLS".into()));
    }
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(80);
    if let Some(password) = &options.password {
        let mut credentials = format!("{}:", options.id).into_bytes();
        credentials.extend_from_slice(password);
        let text = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials));
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&text).map_err(|e| fail(&e))?);
    }
    let offered = match &options.subprotocols {
        None => options.version.subprotocol().to_owned(),
        Some(list) => list.join(", "),
    };
    if !offered.is_empty() {
        let value = HeaderValue::from_str(&offered).map_err(|e| fail(&e))?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    let stream = dial(&host, port, options).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(MESSAGE_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, response)) => {
            let picked = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
            Ok((socket, picked.and_then(|v| v.to_str().ok()).map(str::to_owned)))
        }
        Err(WsError::Http(response)) => Err(Error::Refused {
            status: response.status().as_u16(),
            body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned(),
        }),
        Err(e) => Err(fail(&e)),
    }
}

async fn dial(host: &str, port: u16, options: &Options) -> Result<TcpStream, Error> {
    let fail = |e: std::io::Error| Error::Connect(e.to_string());
    let mut addresses = lookup_host((host, port)).await.map_err(fail)?;
    let target = addresses.next().ok_or_else(|| Error::Connect(format!("{host} has no address")))?;
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(fail)?;
    if let Some(source) = options.source {
        socket.bind(SocketAddr::new(source, 0)).map_err(fail)?;
    }
    let stream = socket.connect(target).await.map_err(fail)?;
    stream.set_nodelay(true).map_err(fail)?;
    Ok(stream)
}

/// Reads and writes until the connection ends: answers go to the waiting call, calls of the CSMS are answered at
/// once, and what they ask for becomes a [`Duty`].
pub(crate) async fn run(
    mut socket: Socket,
    core: Arc<Core>,
    connection: u64,
    mut outbound: mpsc::Receiver<Out>,
    duties: mpsc::Sender<Duty>,
) {
    loop {
        tokio::select! {
            out = outbound.recv() => {
                let sent = match out {
                    Some(Out::Text(text)) => socket.send(Message::text(text)).await,
                    Some(Out::TextThenCut(text)) => {
                        // The end of the connection is the point: whether the text got through is open.
                        let _ = socket.send(Message::text(text)).await;
                        break;
                    }
                    Some(Out::Close) => {
                        let _ = socket.close(None).await;
                        drain(&mut socket, &core).await;
                        break;
                    }
                    Some(Out::Cut) | None => break,
                };
                if sent.is_err() {
                    break;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(answer) = on_text(&core, &duties, &text)
                        && socket.send(Message::text(answer)).await.is_err()
                    {
                        break;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                // Pings are answered by the library; binary frames are not for stations.
                Some(Ok(_)) => {}
            }
        }
    }
    core.disconnected(connection);
}

/// After our close frame: reads until the CSMS has closed too, but not for ever.
async fn drain(socket: &mut Socket, core: &Core) {
    let ends = async { while let Some(Ok(_)) = socket.next().await {} };
    if tokio::time::timeout(core.options.timeout, ends).await.is_err() {
        tracing::debug!(station = %core.options.id, "the CSMS did not answer the close frame");
    }
}

/// Handles one text frame and returns what is to be sent back.
fn on_text(core: &Core, duties: &mpsc::Sender<Duty>, text: &str) -> Option<String> {
    match Frame::parse(text) {
        Some(Frame::Result { id, payload }) => core.settle(&id, Ok(payload)),
        Some(Frame::Error { id, error }) => core.settle(&id, Err(error)),
        Some(Frame::Call { id, action, payload, wants_answer }) => {
            let (answer, follow_up) = core.answer(&action, &payload);
            core.received(Inbound { action, payload });
            for duty in follow_up {
                if duties.try_send(duty).is_err() {
                    tracing::debug!(station = %core.options.id, "too many requests at once: one is not followed up");
                }
            }
            return match answer {
                _ if !wants_answer => None,
                Answer::Result(payload) => Some(frame::result(&id, &payload)),
                Answer::Error(code, description) => Some(frame::error(&id, &code, &description)),
                Answer::Silence => None,
            };
        }
        None => tracing::debug!(station = %core.options.id, text, "not a frame"),
    }
    None
}
