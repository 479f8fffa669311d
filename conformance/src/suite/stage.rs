//! What a case plays on: a station on a raw socket.
//!
//! Everything that the CSMS sends is held against the frame's form, the schema of the negotiated version and the rules
//! of `super::rules`; a break of any of them fails the case at once. So is what the suite itself sends, which must
//! not be wrong unless the case says so.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ocpp::schema::{self, Kind};
use ocpp::{Frame, Version};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::case::{Broken, Play};
use super::handshake::Link;
use super::rig::Rig;
use super::trace::{Line, Speaker, Trace};
use super::verbs2::Tx;
use super::{defaults, rules};
use crate::frame::{self, CallError};

/// A call of the CSMS.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The message id.
    pub id: String,
    /// The action.
    pub action: String,
    /// The payload.
    pub payload: Value,
}

/// How the station answers a call.
pub enum Reply {
    /// With this.
    With(Value),
    /// With a CALLERROR of this code.
    Fault(&'static str),
    /// With what is made of the call.
    By(fn(&Value) -> Value),
    /// Not at all.
    Silence,
}

impl From<Value> for Reply {
    fn from(payload: Value) -> Reply {
        Reply::With(payload)
    }
}

/// What came in.
pub(crate) enum Event {
    /// A call of the CSMS.
    Call(Heard),
    /// An answer to a call of the station.
    Answer(String, Result<Value, CallError>),
    /// The connection has ended.
    Closed,
}

/// What a case plays on.
pub struct Stage {
    /// The version that is played.
    pub version: Version,
    /// The identity of the station.
    pub id: String,
    pub(crate) rig: Arc<Rig>,
    pub(crate) slot: usize,
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) link: Option<Link>,
    pub(crate) trace: Trace,
    /// Actions whose calls wait until the case asks for them.
    pub(crate) kept: HashSet<&'static str>,
    pub(crate) waiting: VecDeque<Heard>,
    /// Wishes that have to be made again in the next case, because this one has changed what they made.
    pub(crate) undone: bool,
    /// Transactions that were told and not ended; of 1.6 by the CSMS's id.
    pub(crate) running: Vec<Running>,
    asked: HashMap<String, String>,
    heard: HashMap<String, String>,
    number: u64,
}

/// A transaction that has to be ended when the case is over, however it ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Running {
    /// 1.6.
    Old(i64),
    /// 2.x.
    New(Tx),
}

impl Stage {
    pub(crate) fn new(rig: Arc<Rig>, version: Version, slot: usize) -> Stage {
        let id = rig.identity(slot);
        let password = rig.rules.password.clone().map(String::into_bytes);
        Stage {
            version,
            id,
            rig,
            slot,
            password,
            link: None,
            trace: Trace::new(),
            kept: HashSet::new(),
            waiting: VecDeque::new(),
            undone: false,
            running: Vec::new(),
            asked: HashMap::new(),
            heard: HashMap::new(),
            number: 0,
        }
    }

    /// What was said so far; it is gone from here then.
    pub(crate) fn take_trace(&mut self) -> Vec<Line> {
        self.trace.take()
    }

    /// Writes a line into the trace.
    pub fn note(&mut self, text: &str) {
        self.trace.put(Speaker::Note, text);
    }

    /// Calls the CSMS and expects a result.
    ///
    /// # Errors
    /// A CALLERROR, no answer in time, or a broken rule.
    pub async fn call(&mut self, action: &str, payload: Value) -> Result<Value, Broken> {
        match self.try_call(action, payload).await? {
            Ok(answer) => Ok(answer),
            Err(error) => Err(Broken::fail(format!("{action} was answered with a CALLERROR: {error}"))),
        }
    }

    /// Calls the CSMS and takes whatever answer it gives.
    ///
    /// # Errors
    /// No answer in time, or a broken rule.
    pub async fn try_call(
        &mut self,
        action: &str,
        payload: Value,
    ) -> Result<Result<Value, CallError>, Broken> {
        let id = self.begin_call(action, payload).await?;
        self.answer_to(&id, action).await
    }

    /// Sends a call and does not wait: the id, for [`Stage::answer_to`].
    ///
    /// # Errors
    /// No connection, or a mistake of the suite.
    pub async fn begin_call(&mut self, action: &str, payload: Value) -> Result<String, Broken> {
        own(schema::check(self.version, action, Kind::Request, &payload), action)?;
        self.begin_unchecked(action, &payload).await
    }

    /// Sends a call that may break rules on purpose, and does not wait: the id.
    ///
    /// # Errors
    /// No connection.
    pub(crate) async fn begin_unchecked(&mut self, action: &str, payload: &Value) -> Result<String, Broken> {
        self.number += 1;
        // Ids are unique over all connections of an identity, so each run has its own.
        let id = format!("{:08x}-{}", rand::random::<u32>(), self.number);
        self.asked.insert(id.clone(), action.to_owned());
        self.send_text(&frame::call(&id, action, payload)).await?;
        Ok(id)
    }

    /// Waits for the answer to a call.
    ///
    /// # Errors
    /// No answer in time, or a broken rule.
    pub async fn answer_to(&mut self, id: &str, action: &str) -> Result<Result<Value, CallError>, Broken> {
        let patience = self.rig.pace.answer;
        let deadline = Instant::now() + patience;
        loop {
            match timeout_at(deadline, self.event()).await {
                Err(_) => return Err(Broken::fail(format!("no answer to {action} within {patience:?}"))),
                Ok(event) => match event? {
                    Event::Answer(to, answer) if to == id => return Ok(answer),
                    Event::Answer(..) => {}
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Closed => {
                        return Err(Broken::fail(format!(
                            "the connection was ended instead of answering {action}"
                        )));
                    }
                },
            }
        }
    }

    /// Sends a text as it is, rules or not.
    ///
    /// # Errors
    /// No connection.
    pub async fn send_text(&mut self, text: &str) -> Play {
        self.trace.put(Speaker::Station, text);
        let Some(link) = &mut self.link else { return Err(offline()) };
        if link.send(text).await { Ok(()) } else { Err(Broken::fail("the connection was ended by the CSMS")) }
    }

    /// The next text of the CSMS as it is, unchecked; `None` if the connection ended or nothing came in time.
    pub async fn raw_text(&mut self, patience: Duration) -> Option<String> {
        let link = self.link.as_mut()?;
        let text = tokio::time::timeout(patience, link.next()).await.ok()??;
        self.trace.put(Speaker::Csms, &text);
        Some(text)
    }

    /// Waits for what comes in, and holds it against the rules. Cancelling it loses nothing.
    pub(crate) async fn event(&mut self) -> Result<Event, Broken> {
        let Some(link) = &mut self.link else { return Err(offline()) };
        let Some(text) = link.next().await else {
            self.note("the CSMS ended the connection");
            self.link = None;
            return Ok(Event::Closed);
        };
        self.trace.put(Speaker::Csms, &text);
        let parsed = Frame::parse(&text, self.version)
            .map_err(|error| Broken::fail(format!("a frame of the CSMS is malformed: {}", error.reason)))?;
        match parsed {
            Frame::Call { id, action, payload } => {
                self.check_call(id.text().into_owned(), action, payload).map(Event::Call)
            }
            Frame::Result { id, payload } => {
                let id = id.text().into_owned();
                let action = self.asked.remove(&id).ok_or_else(|| stray(&id))?;
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
                "the CSMS cannot use an answer of the station: {}",
                fault.description
            ))),
            Frame::Send { action, .. } => {
                Err(Broken::fail(format!("a CSMS has no {action} to send without an answer")))
            }
        }
    }

    fn check_call(&mut self, id: String, action: String, payload: Value) -> Result<Heard, Broken> {
        match schema::knows(self.version, &action) {
            Some(from) if from.meets(schema::Direction::Csms) => {}
            _ => {
                let version = self.version.subprotocol();
                return Err(Broken::fail(format!("{action} is no call of a CSMS in {version}")));
            }
        }
        schema::check(self.version, &action, Kind::Request, &payload)
            .map_err(|broken| Broken::fail(format!("{action} breaks its schema: {broken}")))?;
        rules::check(&action, &payload).map_err(|broken| Broken::fail(format!("{action}: {broken}")))?;
        if let Some(before) = self.heard.insert(id.clone(), format!("{action}{payload}"))
            && before != format!("{action}{payload}")
        {
            return Err(Broken::fail(format!(
                "the message id {id} was used for two different calls (J4.1.4)"
            )));
        }
        Ok(Heard { id, action, payload })
    }

    /// A call that nobody waits for: it is kept for later, or answered as a plain station would.
    pub(crate) async fn receive(&mut self, heard: Heard) -> Play {
        if self.kept.contains(heard.action.as_str()) {
            self.waiting.push_back(heard);
            return Ok(());
        }
        let reply = defaults::reply(self.version, &heard.action, &heard.payload);
        self.reply(&heard, &reply).await
    }

    /// Answers a call.
    ///
    /// # Errors
    /// No connection, or a mistake of the suite.
    pub async fn reply(&mut self, heard: &Heard, reply: &Reply) -> Play {
        let answer = match reply {
            Reply::Silence => return Ok(()),
            Reply::Fault(code) => return self.send_text(&frame::error(&heard.id, code, "")).await,
            Reply::With(answer) => answer.clone(),
            Reply::By(make) => make(&heard.payload),
        };
        own(schema::check(self.version, &heard.action, Kind::Response, &answer), &heard.action)?;
        self.send_text(&frame::result(&heard.id, &answer)).await
    }

    /// Keeps calls of this action for [`Stage::expect`], from now on.
    pub fn keep(&mut self, action: &'static str) {
        self.kept.insert(action);
    }

    /// Listens for as long as "nothing comes" takes, and answers what comes.
    ///
    /// # Errors
    /// A broken rule.
    pub async fn listen(&mut self) -> Play {
        let deadline = Instant::now() + self.rig.pace.quiet;
        while let Ok(event) = timeout_at(deadline, self.event()).await {
            match event? {
                Event::Call(heard) => self.receive(heard).await?,
                Event::Answer(..) => {}
                Event::Closed => return Ok(()),
            }
        }
        Ok(())
    }
}

/// A mistake of the suite is not one of the CSMS.
pub(crate) fn own(checked: Result<(), schema::Violation>, action: &str) -> Play {
    checked.map_err(|broken| {
        Broken::inconclusive(format!("a mistake of the suite: its own {action} breaks the schema: {broken}"))
    })
}

/// The error code as it was written: the parsed one forgets the spelling.
pub(crate) fn code_of(text: &str) -> Result<String, Broken> {
    let parts: Value = serde_json::from_str(text).unwrap_or_default();
    let code = parts.get(2).and_then(Value::as_str).unwrap_or_default();
    match ocpp::ErrorCode::known(code) {
        Some(_) => Ok(code.to_owned()),
        None => Err(Broken::fail(format!("{code} is no error code of OCPP"))),
    }
}

fn stray(id: &str) -> Broken {
    Broken::fail(format!("an answer with the id {id}, which no call had"))
}

fn offline() -> Broken {
    Broken::inconclusive("a mistake of the suite: the station is not connected")
}
