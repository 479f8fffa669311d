//! The smallest CSMS: it accepts every station, answers every call plausibly and stores nothing.
//!
//! Virtual stations are tested against it, and it shows what the load generator itself costs.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::frame::{self, CallError, Frame};

/// How many calls are kept; older ones are forgotten first.
const SEEN_MAX: usize = 20_000;
/// How many connections may wait to be accepted. The usual 128 overflow in a connect storm, and a connection that is
/// turned away so tries again only after a second.
const BACKLOG: u32 = 4096;
/// How many calls to one station may wait for its socket.
const OUTBOUND_MAX: usize = 16;

/// A call as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The station's identity: the last segment of the path, as in the URL.
    pub station: String,
    /// The subprotocol of its connection.
    pub subprotocol: String,
    /// The message id.
    pub id: String,
    /// The action.
    pub action: String,
    /// The payload.
    pub payload: Value,
}

/// How a station knocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Its identity: the last segment of the path, as in the URL.
    pub station: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The subprotocols it offers.
    pub offered: Vec<String>,
}

/// Where a responder is not to be friendly to everybody: a CSMS of a test.
pub trait Manners: Send + Sync {
    /// The subprotocol that is picked for a guest (none: an empty text), or the HTTP status of the refusal.
    ///
    /// # Errors
    /// The status.
    fn greet(&self, guest: &Guest) -> Result<String, u16> {
        Ok(guest.offered.first().cloned().unwrap_or_default())
    }

    /// What a call is answered with, if not as usual; `Some(None)` is no answer at all.
    fn answer(&self, seen: &Seen) -> Option<Option<Result<Value, CallError>>>;
}

/// A running responder. It stops when this is dropped.
pub struct Responder {
    address: SocketAddr,
    desk: Arc<Desk>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Desk {
    keep: bool,
    manners: Option<Arc<dyn Manners>>,
    numbers: AtomicUsize,
    calls: AtomicUsize,
    transactions: AtomicI64,
    board: Mutex<Board>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Board {
    seen: VecDeque<Seen>,
    links: HashMap<String, mpsc::Sender<String>>,
    pending: HashMap<String, oneshot::Sender<Result<Value, CallError>>>,
    answers: HashMap<String, Result<Value, CallError>>,
}

impl Responder {
    /// Listens on `address`, an IP address with a port (0: any), and answers; `keep` says whether calls are kept for [`Responder::seen`].
    ///
    /// # Errors
    /// The error of the listening socket.
    pub async fn start(address: &str, keep: bool) -> std::io::Result<Responder> {
        Responder::open(address, keep, None).await
    }

    /// The same, with manners of its own; calls are not kept.
    ///
    /// # Errors
    /// The error of the listening socket.
    pub async fn start_with(address: &str, manners: Arc<dyn Manners>) -> std::io::Result<Responder> {
        Responder::open(address, false, Some(manners)).await
    }

    async fn open(
        address: &str,
        keep: bool,
        manners: Option<Arc<dyn Manners>>,
    ) -> std::io::Result<Responder> {
        let address: SocketAddr = address.parse().map_err(std::io::Error::other)?;
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk { keep, manners, transactions: AtomicI64::new(1), ..Desk::default() });
        let accepting = tokio::spawn(accept(listener, desk.clone()));
        Ok(Responder { address, desk, accepting })
    }

    /// Where stations connect.
    pub fn url(&self) -> String {
        format!("ws://{}/ocpp", self.address)
    }

    /// The calls that were kept, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.desk.board().seen.iter().cloned().collect()
    }

    /// How many calls arrived.
    pub fn count(&self) -> usize {
        self.desk.calls.load(Ordering::Relaxed)
    }

    /// Waits until a call fits, and returns the first that does.
    pub async fn wait_for(&self, fits: impl Fn(&Seen) -> bool) -> Seen {
        self.desk.wait(|board| board.seen.iter().find(|s| fits(s)).cloned()).await
    }

    /// Answers this action so from now on.
    pub fn answer_with(&self, action: &str, answer: Result<Value, CallError>) {
        self.desk.board().answers.insert(action.to_owned(), answer);
    }

    /// Calls a station and waits for its answer; `None` if it is not connected or goes without an answer.
    pub async fn call(
        &self,
        station: &str,
        action: &str,
        payload: Value,
    ) -> Option<Result<Value, CallError>> {
        let (tx, rx) = oneshot::channel();
        let link = {
            let mut board = self.desk.board();
            let link = board.links.get(station).cloned()?;
            board.pending.insert(station.to_owned(), tx);
            link
        };
        let number = self.desk.numbers.fetch_add(1, Ordering::Relaxed);
        link.send(frame::call(&format!("r-{number}"), action, &payload)).await.ok()?;
        rx.await.ok()
    }

    /// Ends the connection of a station.
    pub fn kick(&self, station: &str) {
        self.desk.board().links.remove(station);
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.accepting.abort();
        self.desk.board().links.clear();
    }
}

impl Desk {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    async fn wait<T>(&self, look: impl Fn(&Board) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(&self.board()) {
                return found;
            }
            changed.await;
        }
    }

    /// Handles one text and returns the answer to it.
    fn on_text(&self, station: &str, subprotocol: &str, text: &str) -> Option<String> {
        match Frame::parse(text)? {
            Frame::Call { id, action, payload, wants_answer } => {
                self.calls.fetch_add(1, Ordering::Relaxed);
                let (station, subprotocol) = (station.to_owned(), subprotocol.to_owned());
                let seen = Seen { station, subprotocol, id, action, payload };
                let fixed = if self.keep { self.board().answers.get(&seen.action).cloned() } else { None };
                let own = self.manners.as_ref().and_then(|manners| manners.answer(&seen));
                let Seen { id, action, payload, .. } = &seen;
                let answer = match (fixed, own) {
                    (Some(answer), _) | (None, Some(Some(answer))) => answer,
                    (None, Some(None)) => return None,
                    (None, None) => Ok(self.answer(action, payload)),
                };
                let reply = match answer {
                    Ok(payload) => frame::result(id, &payload),
                    Err(error) => frame::error(id, &error.code, &error.description),
                };
                if self.keep {
                    let mut board = self.board();
                    if board.seen.len() >= SEEN_MAX {
                        board.seen.pop_front();
                    }
                    board.seen.push_back(seen);
                    drop(board);
                    self.changed.notify_waiters();
                }
                wants_answer.then_some(reply)
            }
            Frame::Result { payload, .. } => self.settle(station, Ok(payload)),
            Frame::Error { error, .. } => self.settle(station, Err(error)),
        }
    }

    fn settle(&self, station: &str, outcome: Result<Value, CallError>) -> Option<String> {
        if let Some(waiting) = self.board().pending.remove(station) {
            // Nobody waits any more.
            let _ = waiting.send(outcome);
        }
        None
    }

    /// Accepts everything.
    fn answer(&self, action: &str, payload: &Value) -> Value {
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let is_2 = payload.get("idToken").is_some();
        match action {
            "BootNotification" => json!({ "status": "Accepted", "currentTime": now, "interval": 300 }),
            "Heartbeat" => json!({ "currentTime": now }),
            "Authorize" if is_2 => json!({ "idTokenInfo": { "status": "Accepted" } }),
            "Authorize" => json!({ "idTagInfo": { "status": "Accepted" } }),
            "StartTransaction" => {
                let id = self.transactions.fetch_add(1, Ordering::Relaxed);
                json!({ "transactionId": id, "idTagInfo": { "status": "Accepted" } })
            }
            "TransactionEvent" if is_2 => json!({ "idTokenInfo": { "status": "Accepted" } }),
            "DataTransfer" => json!({ "status": "UnknownVendorId" }),
            _ => json!({}),
        }
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, desk.clone()));
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let (mut station, mut subprotocol) = (String::new(), String::new());
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let greet = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let offered = text(SEC_WEBSOCKET_PROTOCOL).unwrap_or_default().split(',').map(str::trim);
        let guest = Guest {
            station: identity(request.uri().path()),
            authorization: text(AUTHORIZATION).map(str::to_owned),
            offered: offered.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        };
        let greeted = match &desk.manners {
            Some(manners) => manners.greet(&guest),
            None => Ok(guest.offered.first().cloned().unwrap_or_default()),
        };
        let picked = greeted.map_err(|status| {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
            refusal
        })?;
        if let Ok(value) = HeaderValue::from_str(&picked)
            && !picked.is_empty()
        {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        (station, subprotocol) = (guest.station, picked);
        Ok(response)
    };
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(mut socket) = accept_hdr_async_with_config(stream, greet, Some(config)).await else { return };
    let (calls, waiting) = mpsc::channel::<String>(OUTBOUND_MAX);
    let own = calls.downgrade();
    desk.board().links.insert(station.clone(), calls);
    exchange(&mut socket, &desk, &station, &subprotocol, waiting).await;
    let mut board = desk.board();
    let ours = |link: &mpsc::Sender<String>| own.upgrade().is_some_and(|own| own.same_channel(link));
    // A connection that was replaced has nothing to clear: the link and the call that waits are the new one's.
    if board.links.get(&station).is_none_or(ours) {
        board.links.remove(&station);
        board.pending.remove(&station);
    }
}

/// The last segment of a path that is not empty, percent-decoded.
pub(crate) fn identity(path: &str) -> String {
    let segment = path.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Answers and calls until the connection is over.
async fn exchange(
    socket: &mut WebSocketStream<TcpStream>,
    desk: &Desk,
    station: &str,
    subprotocol: &str,
    mut waiting: mpsc::Receiver<String>,
) {
    loop {
        let answer = tokio::select! {
            call = waiting.recv() => match call {
                Some(text) => Some(text),
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => desk.on_text(station, subprotocol, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => None,
            },
        };
        if let Some(text) = answer
            && socket.send(Message::text(text)).await.is_err()
        {
            return;
        }
    }
}
