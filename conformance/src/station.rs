//! The handle of a virtual charging station: connection, calls, and what the CSMS asked and acknowledged.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::Utc;
use ocpp::Version;
use ocpp::schema::{self, Kind};
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::battery::Register;
use crate::clock::{StationClock, TimeText};
use crate::duties::{self, Duty};
use crate::error::Error;
use crate::fault::{Elsewhere, Fault, Faults};
use crate::frame;
use crate::options::Options;
use crate::state::{Acknowledged, Answer, Inbound, Out, Outcome, State};
use crate::{socket, v2, v16};

/// How many messages may wait for the socket.
const OUTBOUND_MAX: usize = 16;
/// How many requests of the CSMS may wait to be followed up.
const DUTIES_MAX: usize = 64;

/// A virtual charging station: one identity, at most one connection.
///
/// It answers the calls of the CSMS by itself and follows them up (a remote start starts, a base report is sent). All
/// methods take `&self`, and a clone is the same station. When the last handle is dropped, so is the connection.
#[derive(Debug, Clone)]
pub struct Station {
    pub(crate) core: Arc<Core>,
    /// Absent in the handles of the station's own tasks.
    _guard: Option<Arc<Guard>>,
}

/// What all handles of a station share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) clock: StationClock,
    state: Mutex<State>,
    /// Holds the right to have the one outstanding call.
    slot: tokio::sync::Mutex<()>,
    /// Holds the right to deliver queued transaction messages, so that they keep their order.
    pub(crate) delivery: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// What a message is about, for the record of acknowledged messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) transaction: Option<String>,
    pub(crate) seq: Option<i64>,
    pub(crate) register_wh: Option<i64>,
}

/// Cuts the connection when the last handle goes.
#[derive(Debug)]
struct Guard(Arc<Core>);

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.outbound = None;
        state.closed = true;
    }
}

impl Station {
    /// Makes a station and connects it. No message is sent yet, not even a BootNotification.
    ///
    /// # Errors
    /// [`Error::Refused`] with the HTTP status, or [`Error::Connect`].
    pub async fn connect(options: Options) -> Result<Station, Error> {
        let station = Station::offline(options);
        station.reconnect().await?;
        Ok(station)
    }

    /// Makes a station that is not connected: transaction messages are queued until it is.
    pub fn offline(options: Options) -> Station {
        let clock = options.clock_at.map_or_else(StationClock::real, StationClock::manual);
        let core = Arc::new(Core {
            state: Mutex::new(State::new(&options)),
            clock,
            options,
            slot: tokio::sync::Mutex::default(),
            delivery: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        });
        Station { _guard: Some(Arc::new(Guard(core.clone()))), core }
    }

    /// A handle for the station's own tasks: it does not keep the connection alive.
    pub(crate) fn of(core: Arc<Core>) -> Station {
        Station { core, _guard: None }
    }

    /// Connects (again), replacing a connection that is still there. Nothing is sent: see [`Station::boot`] and
    /// [`Station::replay`].
    ///
    /// # Errors
    /// As [`Station::connect`].
    pub async fn reconnect(&self) -> Result<(), Error> {
        let core = &self.core;
        let (socket, subprotocol) = socket::open(&core.options).await?;
        let (outbound_tx, outbound_rx) = mpsc::channel(OUTBOUND_MAX);
        let (duties_tx, duties_rx) = mpsc::channel(DUTIES_MAX);
        let connection = {
            let mut state = core.state();
            if state.closed {
                return Err(Error::Offline);
            }
            if let Some(version) = subprotocol.as_deref().and_then(Version::from_subprotocol)
                && version != state.version
            {
                state.version = version;
                state.config = crate::settings::defaults(version, &core.options.hardware);
            }
            state.subprotocol = subprotocol;
            state.pending = None;
            state.connected(outbound_tx)
        };
        core.changed.notify_waiters();
        tokio::spawn(duties::run(Station::of(core.clone()), duties_rx));
        tokio::spawn(socket::run(socket, core.clone(), connection, outbound_rx, duties_tx));
        Ok(())
    }

    /// Ends the connection with a close frame and waits until it is over.
    pub async fn close(&self) {
        self.end(Out::Close).await;
    }

    /// Cuts the connection without a close frame, as a lost network does, and waits until it is over.
    pub async fn cut(&self) {
        self.end(Out::Cut).await;
    }

    async fn end(&self, how: Out) {
        let sender = self.core.state().outbound.clone();
        if let Some(sender) = sender {
            let gone = self.gone();
            // A closed channel means that the connection is over already.
            let _ = sender.send(how).await;
            gone.await;
        }
    }

    /// Waits until the connection that is there now is over, even if another one has taken its place since.
    fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        let core = self.core.clone();
        let connection = core.state().connection;
        async move {
            core.wait(|state| (!state.is_online() || state.connection != connection).then_some(())).await;
        }
    }

    /// Waits until the connection that is there now is lost; for ever if there is none.
    pub(crate) async fn lost(&self) {
        if !self.is_online() {
            std::future::pending::<()>().await;
        }
        self.gone().await;
    }

    /// Waits until there is no connection, e.g. because the CSMS ends it.
    ///
    /// # Errors
    /// [`Error::Timeout`] after [`Options::timeout`].
    pub async fn expect_offline(&self) -> Result<(), Error> {
        let done = tokio::time::timeout(self.core.options.timeout, self.gone()).await;
        done.map_err(|_| Error::Timeout("expecting the end of the connection".into()))
    }

    /// Whether there is a connection.
    pub fn is_online(&self) -> bool {
        self.core.state().is_online()
    }

    /// The station's identity.
    pub fn id(&self) -> &str {
        &self.core.options.id
    }

    /// The version spoken: the negotiated one, or that of the options.
    pub fn version(&self) -> Version {
        self.core.state().version
    }

    /// The subprotocol that the CSMS picked; `None` if it named none.
    pub fn subprotocol(&self) -> Option<String> {
        self.core.state().subprotocol.clone()
    }

    /// The station's clock.
    pub fn clock(&self) -> &StationClock {
        &self.core.clock
    }

    /// Calls the CSMS and waits for the answer: any action, any payload. Waits its turn if another call is out.
    ///
    /// # Errors
    /// [`Error::Call`] for a CALLERROR, [`Error::Offline`], [`Error::Dropped`], [`Error::Timeout`].
    pub async fn call(&self, action: &str, payload: Value) -> Result<Value, Error> {
        let id = self.core.state().message_id();
        self.core.call_as(&id, action, &payload, About::default()).await
    }

    /// As [`Station::call`], with a message id of the caller's choice.
    ///
    /// # Errors
    /// As [`Station::call`].
    pub async fn call_as(&self, id: &str, action: &str, payload: Value) -> Result<Value, Error> {
        self.core.call_as(id, action, &payload, About::default()).await
    }

    /// Sends a text frame as it is. What comes back, if anything, is not waited for.
    ///
    /// # Errors
    /// [`Error::Offline`].
    pub async fn send_text(&self, text: impl Into<String>) -> Result<(), Error> {
        self.core.send(Out::Text(text.into())).await
    }

    /// Sends a text frame as it is and waits for the CALLRESULT or CALLERROR with the message id `id`: `"-1"` for a
    /// frame whose id cannot be read.
    ///
    /// # Errors
    /// As [`Station::call`].
    pub async fn exchange_text(&self, id: &str, text: impl Into<String>) -> Result<Value, Error> {
        let _slot = self.core.slot.lock().await;
        self.core.exchange(id, "the text", Out::Text(text.into())).await
    }

    /// Waits for a call of the CSMS with this action that no earlier `expect_call` has returned, and returns its
    /// payload. The station has answered it by itself.
    ///
    /// # Errors
    /// [`Error::Timeout`] after [`Options::timeout`].
    pub async fn expect_call(&self, action: &str) -> Result<Value, Error> {
        let find = self.core.wait(|state| {
            let index = state.inbox.iter().position(|c| c.action == action)?;
            state.inbox.remove(index).map(|c| c.payload)
        });
        match tokio::time::timeout(self.core.options.timeout, find).await {
            Ok(payload) => Ok(payload),
            Err(_) => Err(Error::Timeout(format!("expecting {action}"))),
        }
    }

    /// Answers this action so from now on, instead of sensibly, and does not follow it up.
    pub fn answer_with(&self, action: &str, answer: Answer) {
        self.core.state().answers.insert(action.to_owned(), answer);
    }

    /// Answers this action sensibly again.
    pub fn answer_normally(&self, action: &str) {
        self.core.state().answers.remove(action);
    }

    /// Injects a fault.
    pub fn inject(&self, fault: Fault) {
        let elsewhere = self.core.state().faults.add(fault);
        match elsewhere {
            Some(Elsewhere::LoseClock) => self.core.clock.lose(),
            Some(Elsewhere::TimeText(text)) => self.core.clock.write_as(text),
            Some(Elsewhere::Registers) => {
                self.core.state().evses.iter_mut().for_each(|e| e.register = Register::default());
            }
            None => {}
        }
    }

    /// Ends all lasting faults.
    pub fn mend(&self) {
        self.core.state().faults = Faults::default();
        self.core.clock.find();
        self.core.clock.write_as(TimeText::Millis);
    }

    /// The messages that the CSMS has answered with a CALLRESULT, oldest first.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.core.state().acknowledged.iter().cloned().collect()
    }

    /// The value of a setting: a 1.6 key, or `Component.Variable` (with `[Instance]`).
    pub fn setting(&self, key: &str) -> Option<String> {
        self.core.state().config.get(key).cloned()
    }

    /// Changes a setting at the station itself, as its installer does: also one that the CSMS can only read.
    pub fn configure(&self, key: &str, value: &str) {
        self.core.state().config.insert(key.to_owned(), value.to_owned());
    }

    /// What stands on the display now (2.x MessageInfo), by id.
    pub fn displayed(&self) -> Vec<Value> {
        crate::v2::display::standing(&self.core.state(), self.clock().now())
    }

    /// How many transaction messages wait to be delivered.
    pub fn queued(&self) -> usize {
        self.core.state().queue.len()
    }
}

impl Core {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits until `look` finds something.
    pub(crate) async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(&mut self.state()) {
                return found;
            }
            changed.await;
        }
    }

    /// One call and its answer. An answered call is recorded.
    pub(crate) async fn call_as(
        &self,
        id: &str,
        action: &str,
        payload: &Value,
        about: About,
    ) -> Result<Value, Error> {
        let answer = self.call_faultily(id, action, payload).await?;
        self.state().acknowledge(Acknowledged {
            message_id: id.to_owned(),
            action: action.to_owned(),
            transaction: about.transaction,
            seq: about.seq,
            register_wh: about.register_wh,
            payload: payload.clone(),
            answer: answer.clone(),
            answered_at: Utc::now(),
        });
        Ok(answer)
    }

    /// One call and its answer, with whatever fault is due.
    async fn call_faultily(&self, id: &str, action: &str, payload: &Value) -> Result<Value, Error> {
        let fault = self.state().faults.next_call.take();
        if let Some(Fault::Delay(by)) = fault {
            tokio::time::sleep(by).await;
        }
        let overlaps = self.state().faults.overlaps;
        let _slot = if overlaps { None } else { Some(self.slot.lock().await) };
        let text = frame::call(id, action, payload);
        match fault {
            Some(Fault::DropMidCall) => self.exchange(id, action, Out::TextThenCut(text)).await,
            Some(Fault::DuplicateSameId) => {
                self.exchange(id, action, Out::Text(text.clone())).await?;
                self.exchange(id, action, Out::Text(text)).await
            }
            Some(Fault::DuplicateNewId) => {
                self.exchange(id, action, Out::Text(text)).await?;
                let again = self.state().message_id();
                self.exchange(&again, action, Out::Text(frame::call(&again, action, payload))).await
            }
            _ => self.exchange(id, action, Out::Text(text)).await,
        }
    }

    /// Sends and waits for the answer with this id. The caller holds the slot.
    async fn exchange(&self, id: &str, action: &str, out: Out) -> Result<Value, Error> {
        let (tx, rx) = oneshot::channel();
        self.state().pending = Some((id.to_owned(), tx));
        self.send(out).await?;
        match tokio::time::timeout(self.options.timeout, rx).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err(Error::Call { action: action.to_owned(), error }),
            Ok(Err(_)) => Err(Error::Dropped(action.to_owned())),
            Err(_) => {
                self.state().pending = None;
                Err(Error::Timeout(action.to_owned()))
            }
        }
    }

    async fn send(&self, out: Out) -> Result<(), Error> {
        let sender = self.state().outbound.clone();
        sender.ok_or(Error::Offline)?.send(out).await.map_err(|_| Error::Offline)
    }

    /// An answer has arrived.
    pub(crate) fn settle(&self, id: &str, outcome: Outcome) {
        let mut state = self.state();
        match state.pending.take() {
            Some((expected, waiting)) if expected == id => {
                // The CSMS may name the transaction in its very next message.
                let begun = state.queue.front().filter(|head| {
                    head.action == "StartTransaction" && head.message_id.as_deref() == Some(id)
                });
                let given = outcome.as_ref().ok().and_then(|answer| answer.get("transactionId")?.as_i64());
                if let Some((local, given)) = begun.map(|head| head.local).zip(given) {
                    state.give_id(local, given);
                }
                // Nobody waits any more: the call has timed out at this very moment.
                let _ = waiting.send(outcome);
            }
            other => {
                state.pending = other;
                tracing::debug!(station = %self.options.id, id, "an answer that nobody waits for");
            }
        }
    }

    /// The answer to a call of the CSMS, and what has to be done afterwards.
    pub(crate) fn answer(&self, action: &str, payload: &Value) -> (Answer, Vec<Duty>) {
        let mut state = self.state();
        match state.faults.next_answer.take() {
            Some(Fault::InvalidCallResult) => {
                return (Answer::Result(serde_json::json!({"status": 7, "nonsense": null})), Vec::new());
            }
            Some(_) => return (Answer::Silence, Vec::new()),
            None => {}
        }
        if let Some(answer) = state.answers.get(action) {
            return (answer.clone(), Vec::new());
        }
        // The schemas are facts of the standard, and no work of the CSMS.
        if let Err(broken) = schema::check(state.version, action, Kind::Request, payload) {
            let code = broken.code.spelling(state.version).to_owned();
            return (Answer::Error(code, broken.message), Vec::new());
        }
        if state.version == Version::V16 {
            v16::answer(&mut state, &self.clock, action, payload)
        } else {
            v2::answer(&mut state, &self.clock, action, payload)
        }
    }

    /// Keeps a call of the CSMS for [`Station::expect_call`].
    pub(crate) fn received(&self, call: Inbound) {
        self.state().receive(call);
        self.changed.notify_waiters();
    }

    /// The CSMS has answered a BootNotification.
    pub(crate) fn registered(&self, answer: &Value) {
        let status = answer.get("status").and_then(Value::as_str);
        let interval = answer.get("interval").and_then(Value::as_i64).filter(|interval| *interval > 0);
        {
            let mut state = self.state();
            state.registration = status.map(str::to_owned);
            if let Some(interval) = interval.filter(|_| status == Some("Accepted")) {
                state.beat_every(interval);
            }
        }
        self.changed.notify_waiters();
    }

    pub(crate) fn disconnected(&self, connection: u64) {
        self.state().disconnected(connection);
        self.changed.notify_waiters();
    }
}

/// The error that a station gives for an action that it does not know.
pub(crate) fn unsupported(action: &str) -> Answer {
    Answer::Error("NotSupported".into(), format!("this station does not do {action}"))
}
