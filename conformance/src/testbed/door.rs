//! Where the station under test connects: it is let in, turned away, or finds nobody, as a case wants it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use ocpp::Version;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HOST, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::responder::identity;

/// How many knocks are remembered.
const KNOCKS_MAX: usize = 256;
/// How many connections may wait to be taken over.
const ARRIVALS_MAX: usize = 8;
/// How many handshakes may be under way.
const HANDSHAKES_MAX: usize = 16;
/// A handshake is done within this time.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// The longest message of a station that is read.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// Who is let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The identity; the first that comes if none is told.
    pub identity: Option<String>,
    /// The password of HTTP Basic; none is asked for if none is told.
    pub password: Option<Vec<u8>>,
    /// The version; the first that the station offers if none is told.
    pub version: Option<Version>,
}

/// How the door treats who is to be let in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// As a CSMS does.
    #[default]
    Open,
    /// The network is down: connections are dropped before a word is said.
    Shut,
    /// With this HTTP status.
    Refuses(u16),
    /// The connection is upgraded with a subprotocol that the station did not offer.
    NamesWrong,
}

/// How the station knocked.
#[derive(Debug, Clone)]
pub struct Knock {
    /// When.
    pub at: Instant,
    /// The last segment of the path, decoded.
    pub identity: String,
    /// User and password of HTTP Basic.
    pub basic: Option<(String, Vec<u8>)>,
    /// The subprotocols it offered, by preference.
    pub offered: Vec<String>,
    /// The host and port that it asked for.
    pub host: String,
    /// The HTTP status that it got; 0 if the network was down.
    pub status: u16,
}

/// A station that was let in.
pub(crate) struct Arrival {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) identity: String,
    pub(crate) version: Version,
}

/// A door that is open until this is dropped.
pub struct Door {
    address: SocketAddr,
    desk: Arc<Desk>,
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Board {
    terms: Terms,
    mood: Mood,
    knocks: VecDeque<Knock>,
}

#[derive(Default)]
struct Desk {
    board: Mutex<Board>,
}

impl Desk {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knocked(&self, knock: Knock) {
        let mut board = self.board();
        if board.knocks.len() >= KNOCKS_MAX {
            board.knocks.pop_front();
        }
        board.knocks.push_back(knock);
    }
}

impl Door {
    /// Listens on an address with a port (0: any).
    ///
    /// # Errors
    /// The error of the listening socket.
    pub async fn open(address: &str, terms: Terms) -> std::io::Result<Door> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk { board: Mutex::new(Board { terms, ..Board::default() }) });
        let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let accepting = tokio::spawn(accept(listener, desk.clone(), sender));
        Ok(Door { address, desk, arrivals, accepting })
    }

    /// Where the station connects; it puts its identity behind.
    pub fn url(&self) -> String {
        format!("ws://{}/ocpp", self.address)
    }

    /// The address that it listens on.
    pub(crate) fn ip(&self) -> std::net::IpAddr {
        self.address.ip()
    }

    /// Treats the station so from now on.
    pub fn set(&self, mood: Mood) {
        self.desk.board().mood = mood;
    }

    /// Lets only this identity in from now on, with this version.
    pub(crate) fn expects(&self, identity: &str, version: Version) {
        let mut board = self.desk.board();
        board.terms.identity = Some(identity.to_owned());
        board.terms.version = Some(version);
    }

    /// Whether a password is asked for.
    pub fn asks_for_a_password(&self) -> bool {
        self.desk.board().terms.password.is_some()
    }

    /// How stations have knocked since an instant, oldest first.
    pub fn knocks_since(&self, since: Instant) -> Vec<Knock> {
        self.desk.board().knocks.iter().filter(|knock| knock.at >= since).cloned().collect()
    }

    /// The last knock that was let in.
    pub fn last_entry(&self) -> Option<Knock> {
        self.desk.board().knocks.iter().rev().find(|knock| knock.status == 101).cloned()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>, arrivals: mpsc::Sender<Arrival>) {
    let mut greeting = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if desk.board().mood == Mood::Shut || greeting.len() >= HANDSHAKES_MAX {
            desk.knocked(Knock {
                at: Instant::now(),
                identity: String::new(),
                basic: None,
                offered: Vec::new(),
                host: String::new(),
                status: 0,
            });
            continue;
        }
        while greeting.try_join_next().is_some() {}
        let (desk, arrivals) = (desk.clone(), arrivals.clone());
        greeting.spawn(async move {
            // A handshake that is not done in time is given up.
            let _ = tokio::time::timeout(HANDSHAKE, greet(stream, desk, arrivals)).await;
        });
    }
}

async fn greet(stream: TcpStream, desk: Arc<Desk>, arrivals: mpsc::Sender<Arrival>) {
    let mut let_in = None;
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let judge = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let mut knock = read(request);
        let judged = judge(&desk.board(), &knock);
        knock.status = judged.as_ref().err().copied().unwrap_or(101);
        let identity = knock.identity.clone();
        desk.knocked(knock);
        let (named, version) = judged.map_err(refusal)?;
        if let Some(value) = named.and_then(|name| HeaderValue::from_str(name).ok()) {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        let_in = Some((identity, version));
        Ok(response)
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(socket) = accept_hdr_async_with_config(stream, judge, Some(config)).await else { return };
    if let Some((identity, version)) = let_in {
        // Nobody takes it over when the run ends at this moment.
        let _ = arrivals.try_send(Arrival { socket, identity, version });
    }
}

fn refusal(status: u16) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(None);
    *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    refusal
}

fn read(request: &Request) -> Knock {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let offered = text(SEC_WEBSOCKET_PROTOCOL).unwrap_or_default().split(',').map(str::trim);
    let basic = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Basic ")).and_then(|pair| {
        let pair = base64::engine::general_purpose::STANDARD.decode(pair.trim()).ok()?;
        let colon = pair.iter().position(|byte| *byte == b':')?;
        Some((String::from_utf8_lossy(&pair[..colon]).into_owned(), pair[colon + 1..].to_vec()))
    });
    Knock {
        at: Instant::now(),
        identity: identity(request.uri().path()),
        basic,
        offered: offered.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        host: text(HOST).unwrap_or_default().to_owned(),
        status: 0,
    }
}

/// The subprotocol to name and the version to speak, or the HTTP status of the refusal.
fn judge(board: &Board, knock: &Knock) -> Result<(Option<&'static str>, Version), u16> {
    if let Mood::Refuses(status) = board.mood {
        return Err(status);
    }
    let terms = &board.terms;
    if knock.identity.is_empty() || terms.identity.as_ref().is_some_and(|known| *known != knock.identity) {
        return Err(404);
    }
    if let Some(password) = &terms.password {
        let right = |(user, given): &(String, Vec<u8>)| *user == knock.identity && given == password;
        if !knock.basic.as_ref().is_some_and(right) {
            return Err(401);
        }
    }
    let mut spoken = knock.offered.iter().filter_map(|name| Version::from_subprotocol(name));
    let version = match terms.version {
        Some(version) => spoken.find(|offered| *offered == version),
        None => spoken.next(),
    };
    let version = version.ok_or(400_u16)?;
    Ok(match board.mood {
        Mood::NamesWrong => (Some("ocpp0.9"), version),
        Mood::Open | Mood::Shut | Mood::Refuses(_) => (Some(version.subprotocol()), version),
    })
}
