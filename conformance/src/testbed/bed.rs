//! What a case plays on when a station is under test: the CSMS's end of its connection.
//!
//! Everything that the station sends is held against the frame's form, the schema of the negotiated version, and what
//! holds for its transactions (`super::book`); a break of any of them fails the case at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures::{SinkExt, StreamExt};
use ocpp::schema::{self, Kind};
use ocpp::{Frame, Version};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::answers::Manners;
use super::book::Book;
use super::desk::Desk;
use super::door::{Arrival, Door, Mood};
use super::settings::Setting;
use crate::frame::{self, CallError};
use crate::suite::case::{Broken, Play};
use crate::suite::rig::{Pace, Rig};
use crate::suite::stage::{Heard, Reply, code_of, own};
use crate::suite::trace::{Line, Speaker, Trace};

/// How many calls of the station wait for a case to look at them.
const HEARD_MAX: usize = 2000;
/// How many message ids are remembered to see them used twice.
const IDS_MAX: usize = 50_000;

/// What came in.
pub(crate) enum Event {
    /// A call of the station; it is answered unless its action is held.
    Call,
    /// An answer to a call of the CSMS.
    Answer(String, Result<Value, CallError>),
    /// The connection has ended.
    Closed,
    /// The station has connected (again).
    Came,
}

/// What a case plays on.
pub struct Bed {
    /// The version that is spoken.
    pub version: Version,
    /// The identity of the station.
    pub id: String,
    pub(crate) rig: Rig,
    pub(crate) door: Door,
    pub(crate) book: Book,
    pub(crate) manners: Manners,
    /// What the station said of itself: the last BootNotification.
    pub(crate) boot: Option<Value>,
    /// The connection may end without that being a fault.
    pub(crate) leaving: bool,
    /// How often the station has connected.
    pub(crate) connections: usize,
    /// What has to be put back when the case is over.
    pub(crate) changed: Vec<(&'static Setting, String)>,
    /// The EVSEs where a car was plugged in by hand.
    pub(crate) plugged: HashSet<i64>,
    /// Something was taken out of service.
    pub(crate) inoperative: bool,
    /// Profiles were installed.
    pub(crate) profiled: bool,
    /// It did not come back when it was waited for: nobody waits so long for it again.
    pub(crate) away: bool,
    desk: Desk,
    socket: Option<WebSocketStream<TcpStream>>,
    trace: Trace,
    pub(super) heard: VecDeque<Heard>,
    /// Answers that are given instead of the usual ones, the first first.
    planned: HashMap<&'static str, VecDeque<Reply>>,
    /// Actions whose calls a case answers itself.
    held: HashSet<&'static str>,
    asked: HashMap<String, String>,
    /// Message ids of this connection, with a digest of what they were used for.
    ids: HashMap<String, u64>,
    /// The call that is not answered yet.
    unanswered: Option<String>,
    number: u64,
}

impl Bed {
    /// A testbed behind a door.
    pub(crate) fn new(rig: Rig, door: Door, desk: Desk, version: Version, id: String) -> Bed {
        Bed {
            version,
            id,
            rig,
            door,
            book: Book::new(),
            manners: Manners::default(),
            boot: None,
            leaving: false,
            connections: 0,
            changed: Vec::new(),
            plugged: HashSet::new(),
            inoperative: false,
            profiled: false,
            away: false,
            desk,
            socket: None,
            trace: Trace::new(),
            heard: VecDeque::new(),
            planned: HashMap::new(),
            held: HashSet::new(),
            asked: HashMap::new(),
            ids: HashMap::new(),
            unanswered: None,
            number: 0,
        }
    }

    /// How patient the cases are.
    pub fn pace(&self) -> Pace {
        self.rig.pace
    }

    /// Begins a case: what was heard before is over.
    pub(crate) fn begin_case(&mut self) {
        self.trace = Trace::new();
        self.heard.clear();
        self.planned.clear();
        self.held.clear();
        self.manners = Manners::default();
        self.leaving = false;
    }

    pub(crate) fn take_trace(&mut self) -> Vec<Line> {
        self.trace.take()
    }

    pub(crate) fn put(&mut self, by: Speaker, text: &str) {
        self.trace.put(by, text);
    }

    /// The address of a file at the desk, as the station reaches it.
    pub(crate) fn desk_url(&self, path: &str) -> Result<String, Broken> {
        let entry = self.door.last_entry().ok_or_else(|| Broken::inconclusive("nobody was let in"))?;
        Ok(self.desk.url(&entry.host, path))
    }

    /// How often the desk's firmware was fetched.
    pub(crate) fn fetched(&self) -> u64 {
        self.desk.passed().fetched
    }

    /// How long the last log was that the desk got.
    pub(crate) fn brought(&self) -> u64 {
        self.desk.passed().brought
    }

    /// Writes a line into the trace.
    pub fn note(&mut self, text: &str) {
        self.trace.put(Speaker::Note, text);
    }

    /// Whether the station is connected.
    pub fn is_online(&self) -> bool {
        self.socket.is_some()
    }

    /// Takes a connection over; the one before is dropped.
    pub(crate) fn take(&mut self, arrival: Arrival) {
        self.trace.put(Speaker::Note, &format!("{} connects", arrival.identity));
        self.socket = Some(arrival.socket);
        self.connections += 1;
        self.away = false;
        self.ids.clear();
        self.unanswered = None;
    }

    /// Ends the connection without a word, as a lost network does.
    pub fn cut(&mut self) {
        self.note("the network is cut");
        self.door.set(Mood::Shut);
        self.socket = None;
        self.unanswered = None;
        self.leaving = true;
    }

    /// The network is there again.
    pub fn mend(&mut self) {
        self.note("the network is back");
        self.door.set(Mood::Open);
    }

    /// Drops the connection and nothing else.
    pub(crate) fn drop_connection(&mut self) {
        self.socket = None;
        self.unanswered = None;
    }

    /// Answers the next calls of an action so, one after the other, and then as usual.
    pub fn plan(&mut self, action: &'static str, replies: Vec<Reply>) {
        self.planned.insert(action, replies.into());
    }

    /// Leaves calls of an action without an answer until [`Bed::release`].
    pub(crate) fn hold(&mut self, action: &'static str) {
        self.held.insert(action);
    }

    /// Answers what was held, as usual, and holds it no more.
    pub(crate) async fn release(&mut self, action: &'static str, heard: &Heard) -> Play {
        self.held.remove(action);
        let reply = self.usual(&heard.action, &heard.payload);
        self.answer(heard, &reply).await
    }

    /// Calls the station and expects a result.
    ///
    /// # Errors
    /// A CALLERROR, no answer in time, or a broken rule.
    pub async fn ask(&mut self, action: &str, payload: Value) -> Result<Value, Broken> {
        match self.try_ask(action, payload).await? {
            Ok(answer) => Ok(answer),
            Err(error) => Err(Broken::fail(format!("{action} was answered with a CALLERROR: {error}"))),
        }
    }

    /// Calls the station and takes whatever answer it gives.
    ///
    /// # Errors
    /// No answer in time, or a broken rule.
    pub async fn try_ask(
        &mut self,
        action: &str,
        payload: Value,
    ) -> Result<Result<Value, CallError>, Broken> {
        own(schema::check(self.version, action, Kind::Request, &payload), action)?;
        let id = self.begin(action, &payload).await?;
        self.answer_to(&id, action).await
    }

    /// Sends a call that may break rules on purpose, and does not wait: the id.
    ///
    /// # Errors
    /// No connection.
    pub(crate) async fn begin(&mut self, action: &str, payload: &Value) -> Result<String, Broken> {
        self.number += 1;
        let id = format!("wl-{:08x}-{}", rand::random::<u32>(), self.number);
        self.asked.insert(id.clone(), action.to_owned());
        self.send_text(&frame::call(&id, action, payload)).await?;
        Ok(id)
    }

    /// An answer with this id is one to a call of this action that the case sends as a text.
    pub(crate) fn expect_answer_to(&mut self, id: &str, action: &str) {
        self.asked.insert(id.to_owned(), action.to_owned());
    }

    /// Waits for the answer to a call.
    ///
    /// # Errors
    /// No answer in time, or a broken rule.
    pub(crate) async fn answer_to(
        &mut self,
        id: &str,
        action: &str,
    ) -> Result<Result<Value, CallError>, Broken> {
        let patience = self.rig.pace.answer;
        let deadline = Instant::now() + patience;
        loop {
            match timeout_at(deadline, self.event()).await {
                Err(_) => return Err(Broken::fail(format!("no answer to {action} within {patience:?}"))),
                Ok(event) => match event? {
                    Event::Answer(to, answer) if to == id => return Ok(answer),
                    Event::Answer(..) | Event::Call => {}
                    Event::Closed | Event::Came => {
                        return Err(Broken::fail(format!(
                            "the station ended the connection instead of answering {action}"
                        )));
                    }
                },
            }
        }
    }

    /// Sends a text as it is.
    ///
    /// # Errors
    /// No connection.
    pub async fn send_text(&mut self, text: &str) -> Play {
        self.trace.put(Speaker::Csms, text);
        let Some(socket) = &mut self.socket else {
            return Err(Broken::fail("the station is not connected"));
        };
        match socket.send(Message::text(text)).await {
            Ok(()) => Ok(()),
            Err(_) => {
                self.socket = None;
                Err(Broken::fail("the station has ended the connection"))
            }
        }
    }

    /// Waits for what comes in, answers it, and holds it against the rules. Cancelling it loses nothing.
    pub(crate) async fn event(&mut self) -> Result<Event, Broken> {
        let text = tokio::select! {
            // What was still said by the old connection comes before the new one.
            biased;
            text = next(&mut self.socket) => text,
            arrival = self.door.arrivals.recv() => {
                let Some(arrival) = arrival else { return std::future::pending().await };
                self.take(arrival);
                return Ok(Event::Came);
            }
        };
        let Some(text) = text else {
            self.note("the station ended the connection");
            self.drop_connection();
            return match self.leaving {
                true => Ok(Event::Closed),
                false => Err(Broken::fail("the station ended the connection by itself")),
            };
        };
        self.trace.put(Speaker::Station, &text);
        let parsed = Frame::parse(&text, self.version).map_err(|error| {
            Broken::fail(format!("a frame of the station is malformed: {}", error.reason))
        })?;
        match parsed {
            Frame::Call { id, action, payload } => {
                self.called(Heard { id: id.text().into_owned(), action, payload }).await
            }
            Frame::Result { id, payload } => {
                let id = id.text().into_owned();
                let stray = || Broken::fail(format!("an answer with the id {id}, which no call had"));
                let action = self.asked.remove(&id).ok_or_else(stray)?;
                schema::check(self.version, &action, Kind::Response, &payload).map_err(|broken| {
                    Broken::fail(format!("the answer to {action} breaks its schema: {broken}"))
                })?;
                Ok(Event::Answer(id, Ok(payload)))
            }
            Frame::Error { id, fault } => {
                let id = id.text().into_owned();
                self.asked.remove(&id);
                let code = code_of(&text)?;
                let error = CallError { code, description: fault.description, details: fault.details };
                Ok(Event::Answer(id, Err(error)))
            }
            Frame::ResultError { fault, .. } => Err(Broken::fail(format!(
                "the station cannot use an answer of the suite: {}",
                fault.description
            ))),
            Frame::Send { action, payload, .. } => {
                schema::check(self.version, &action, Kind::Request, &payload)
                    .map_err(|broken| Broken::fail(format!("{action} breaks its schema: {broken}")))?;
                Ok(Event::Call)
            }
        }
    }

    /// A call of the station: it is answered whatever it breaks, so that the station can go on.
    async fn called(&mut self, heard: Heard) -> Result<Event, Broken> {
        let checked = self.check(&heard);
        if heard.action == "BootNotification" {
            self.boot = Some(heard.payload.clone());
        }
        if self.held.contains(heard.action.as_str()) {
            self.unanswered = Some(heard.action.clone());
        } else {
            let planned = self.planned.get_mut(heard.action.as_str()).and_then(VecDeque::pop_front);
            let reply = match planned {
                Some(reply) => reply,
                None => self.usual(&heard.action, &heard.payload),
            };
            self.answer(&heard, &reply).await?;
        }
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(heard);
        checked.map(|()| Event::Call)
    }

    fn check(&mut self, heard: &Heard) -> Play {
        let Heard { id, action, payload } = heard;
        if let Some(before) = &self.unanswered {
            return Err(Broken::fail(format!(
                "{action} was sent while {before} was not answered yet: one call at a time (J4.1.1)"
            )));
        }
        if id.chars().count() > 36 {
            return Err(Broken::fail(format!("the message id {id} is longer than 36 characters")));
        }
        match schema::knows(self.version, action) {
            Some(from) if from.meets(schema::Direction::Station) => {}
            _ => {
                let version = self.version.subprotocol();
                return Err(Broken::fail(format!("{action} is no call of a station in {version}")));
            }
        }
        schema::check(self.version, action, Kind::Request, payload)
            .map_err(|broken| Broken::fail(format!("{action} breaks its schema: {broken}")))?;
        if self.ids.len() >= IDS_MAX {
            self.ids.clear();
        }
        let mut digest = DefaultHasher::new();
        (action, payload.to_string()).hash(&mut digest);
        let digest = digest.finish();
        // What is sent again may have its id again.
        if self.ids.insert(id.clone(), digest).is_some_and(|before| before != digest) {
            return Err(Broken::fail(format!("the message id {id} was used for two calls (J4.1.4)")));
        }
        self.book.hear(self.version, action, payload).map_err(|why| Broken::fail(format!("{action}: {why}")))
    }

    /// Answers a call.
    async fn answer(&mut self, heard: &Heard, reply: &Reply) -> Play {
        let text = match reply {
            Reply::Silence => return Ok(()),
            Reply::Fault(code) => frame::error(&heard.id, code, ""),
            Reply::With(_) | Reply::By(_) => {
                let answer = match reply {
                    Reply::By(make) => make(&heard.payload),
                    Reply::With(answer) => answer.clone(),
                    Reply::Fault(_) | Reply::Silence => Value::Null,
                };
                own(schema::check(self.version, &heard.action, Kind::Response, &answer), &heard.action)?;
                frame::result(&heard.id, &answer)
            }
        };
        self.unanswered = None;
        self.send_text(&text).await
    }
}

/// The next text; `None` if the connection has ended. For ever without a connection.
async fn next(socket: &mut Option<WebSocketStream<TcpStream>>) -> Option<String> {
    let Some(socket) = socket else { return std::future::pending().await };
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Some(text.to_string()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            // Pings are answered by the library; binary messages are none of OCPP.
            Some(Ok(_)) => {}
        }
    }
}
