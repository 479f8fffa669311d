//! What a virtual station remembers, connected or not.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::battery::{Battery, Register};
use crate::fault::Faults;
use crate::frame::CallError;
use crate::options::{Hardware, Options};
use crate::profile::Profiles;
use crate::session::Start;
use crate::transfer::Transfers;
use crate::v2::both_ways::Control;
use crate::v2::monitors::Monitors;
use crate::v2::tariffs::{Begun, Tariffs};

/// How many transaction messages a station keeps while it is offline; then the oldest are lost.
const QUEUE_MAX: usize = 4096;
/// How many answered transaction messages are kept for [`crate::Station::replay_old`].
const DELIVERED_MAX: usize = 256;
/// How many of the CSMS's calls wait for [`crate::Station::expect_call`].
const INBOX_MAX: usize = 256;

/// The state of a connector in the words of 1.6; 2.x knows fewer and gets the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of 1.6 §7.7 speak for themselves")]
pub enum ConnectorState {
    Available,
    Preparing,
    Charging,
    SuspendedEv,
    SuspendedEvse,
    Finishing,
    Reserved,
    Unavailable,
    Faulted,
}

/// An answered message: what the CSMS may never forget.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledged {
    /// The message id of the call.
    pub message_id: String,
    /// The action.
    pub action: String,
    /// The transaction id on the wire, where the message is about one.
    pub transaction: Option<String>,
    /// 2.x seqNo.
    pub seq: Option<i64>,
    /// What the register showed, whole Wh, where the message told it.
    pub register_wh: Option<i64>,
    /// The payload as sent.
    pub payload: Value,
    /// The payload of the answer.
    pub answer: Value,
    /// When the answer was read, by the real clock.
    pub answered_at: DateTime<Utc>,
}

/// A call of the CSMS, as received.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// The action.
    pub action: String,
    /// The payload.
    pub payload: Value,
}

/// How a station answers a call of the CSMS.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A CALLRESULT with this payload.
    Result(Value),
    /// A CALLERROR with this code and description.
    Error(String, String),
    /// No answer at all.
    Silence,
}

/// A transaction under way on an EVSE.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    /// Ours, unique on this station; stands for the wire id in 1.6 until the CSMS has given one.
    pub(crate) local: u64,
    /// The wire id in 2.x; empty in 1.6.
    pub(crate) id: String,
    pub(crate) next_seq: i64,
    pub(crate) tag: String,
    /// 2.x IdToken type of the tag.
    pub(crate) kind: String,
    /// 2.1: since when and at what price, where the station counts the costs.
    pub(crate) begun: Option<Begun>,
}

/// One EVSE with one connector.
#[derive(Debug, Clone)]
pub(crate) struct Evse {
    pub(crate) register: Register,
    /// What has been given back; told once there is any.
    pub(crate) exported: Register,
    pub(crate) battery: Option<Battery>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) state: ConnectorState,
    pub(crate) operative: bool,
    /// Who may start here, and nobody else.
    pub(crate) reservation: Option<Reservation>,
    /// A start that waits for the cable, and until when.
    pub(crate) awaiting: Option<(Start, Instant)>,
}

/// An EVSE that is kept for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub(crate) id: i64,
    pub(crate) tag: String,
    /// Stations that live by themselves end it then.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// A message about a transaction, on its way.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) number: u64,
    /// Kept for a second try.
    pub(crate) message_id: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) payload: Value,
    /// [`Transaction::local`].
    pub(crate) local: u64,
    /// 2.x: the wire id.
    pub(crate) transaction: Option<String>,
    pub(crate) seq: Option<i64>,
    pub(crate) register_wh: i64,
}

/// An answer to a call of ours, as the socket's task hands it over.
pub(crate) type Outcome = Result<Value, CallError>;

/// What the socket's task is asked to do.
#[derive(Debug)]
pub(crate) enum Out {
    Text(String),
    /// Send, then cut the connection before anything is read.
    TextThenCut(String),
    Close,
    Cut,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) version: Version,
    pub(crate) subprotocol: Option<String>,
    pub(crate) hardware: Hardware,
    pub(crate) evses: Vec<Evse>,
    pub(crate) faults: Faults,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) list_version: i64,
    pub(crate) tariffs: Tariffs,
    pub(crate) profiles: Profiles,
    /// 2.x: the messages of the display, by id.
    pub(crate) messages: BTreeMap<i64, Value>,
    /// 2.1: controls of the grid.
    pub(crate) controls: Vec<Control>,
    /// 2.x: what is watched.
    pub(crate) monitors: Monitors,
    /// 2.x: how often a card has charged.
    pub(crate) customers: BTreeMap<String, u32>,
    /// 2.x: how a CSMS is reached, by slot.
    pub(crate) networks: BTreeMap<i64, Value>,
    pub(crate) answers: HashMap<String, Answer>,
    pub(crate) inbox: VecDeque<Inbound>,
    pub(crate) queue: VecDeque<Queued>,
    pub(crate) delivered: VecDeque<Queued>,
    pub(crate) acknowledged: VecDeque<Acknowledged>,
    record_max: usize,
    /// 1.6: local transaction → the id that the CSMS gave.
    given_ids: BTreeMap<u64, i64>,
    /// Differs for every process and station, so that message and transaction ids never repeat by chance.
    run: u64,
    next_number: u64,
    next_message: u64,
    pub(crate) pending: Option<(String, oneshot::Sender<Outcome>)>,
    pub(crate) outbound: Option<mpsc::Sender<Out>>,
    /// Counts connections, so that the end of an old one does not end the new one.
    pub(crate) connection: u64,
    /// The last handle is gone: no new connection.
    pub(crate) closed: bool,
    /// How files are transferred; absent: the station only says so.
    pub(crate) transfers: Option<Transfers>,
    /// The firmware that was fetched last.
    pub(crate) downloaded: Vec<u8>,
    /// The status of the last boot; none: there was none, and all is allowed.
    pub(crate) registration: Option<String>,
    /// A [`crate::Wallbox`] looks after it: it connects, boots and waits by itself.
    pub(crate) kept: bool,
    /// Why the next connection begins with a boot, if it does.
    pub(crate) boots_because: Option<&'static str>,
    /// A reset waits for the end of all transactions.
    pub(crate) reset_when_idle: bool,
    /// Transactions (by [`Transaction::local`]) whose token the CSMS has refused.
    pub(crate) refused: Vec<u64>,
}

impl State {
    pub(crate) fn new(options: &Options) -> Self {
        let hardware = options.hardware.clone();
        let evse = Evse {
            register: Register::at_wh(hardware.register_wh),
            exported: Register::default(),
            battery: None,
            transaction: None,
            state: ConnectorState::Available,
            operative: true,
            reservation: None,
            awaiting: None,
        };
        State {
            version: options.version,
            subprotocol: None,
            evses: vec![evse; usize::try_from(hardware.evses).unwrap_or(0)],
            config: crate::settings::defaults(options.version, &hardware),
            hardware,
            faults: Faults::default(),
            list_version: 0,
            tariffs: Tariffs::default(),
            profiles: Profiles::default(),
            messages: BTreeMap::new(),
            controls: Vec::new(),
            monitors: Monitors::default(),
            customers: BTreeMap::new(),
            networks: BTreeMap::new(),
            answers: HashMap::new(),
            inbox: VecDeque::new(),
            queue: VecDeque::new(),
            delivered: VecDeque::new(),
            acknowledged: VecDeque::new(),
            record_max: options.record,
            given_ids: BTreeMap::new(),
            run: rand::random(),
            next_number: 1,
            next_message: 1,
            pending: None,
            outbound: None,
            connection: 0,
            closed: false,
            transfers: None,
            downloaded: Vec::new(),
            registration: None,
            kept: false,
            boots_because: None,
            reset_when_idle: false,
            refused: Vec::new(),
        }
    }

    pub(crate) fn is_16(&self) -> bool {
        self.version == Version::V16
    }

    /// The EVSE with this number, counted from 1.
    pub(crate) fn evse(&mut self, evse: i32) -> Option<&mut Evse> {
        let index = usize::try_from(evse).ok()?.checked_sub(1)?;
        self.evses.get_mut(index)
    }

    /// Heartbeats come so often from now on, s.
    pub(crate) fn beat_every(&mut self, interval: i64) {
        let key = if self.is_16() { "HeartbeatInterval" } else { "OCPPCommCtrlr.HeartbeatInterval" };
        self.config.insert(key.to_owned(), interval.to_string());
    }

    /// Whether the station may say more than that it has booted.
    pub(crate) fn is_accepted(&self) -> bool {
        self.registration.as_ref().is_none_or(|status| status == "Accepted")
    }

    /// Whether a start by this token may begin at an EVSE now.
    pub(crate) fn takes(&mut self, evse: i32, tag: &str) -> bool {
        self.is_accepted()
            && self.evse(evse).is_some_and(|e| {
                e.transaction.is_none()
                    && e.operative
                    && e.reservation.as_ref().is_none_or(|kept| kept.tag.eq_ignore_ascii_case(tag))
            })
    }

    /// Keeps an EVSE for a token; the same reservation elsewhere is over.
    pub(crate) fn reserve(&mut self, evse: i32, kept: Reservation) {
        self.release(kept.id);
        if let Some(e) = self.evse(evse) {
            e.reservation = Some(kept);
            e.state = ConnectorState::Reserved;
        }
    }

    /// Ends a reservation: the EVSE that was kept.
    pub(crate) fn release(&mut self, id: i64) -> Option<i32> {
        let index =
            self.evses.iter().position(|e| e.reservation.as_ref().is_some_and(|kept| kept.id == id))?;
        let e = &mut self.evses[index];
        e.reservation = None;
        if e.state == ConnectorState::Reserved {
            e.state = ConnectorState::Available;
        }
        i32::try_from(index + 1).ok()
    }

    pub(crate) fn is_online(&self) -> bool {
        self.outbound.is_some()
    }

    /// A new connection: some stations count their messages anew.
    pub(crate) fn connected(&mut self, outbound: mpsc::Sender<Out>) -> u64 {
        if self.faults.ids_from_one {
            self.next_message = 1;
        }
        self.outbound = Some(outbound);
        self.connection += 1;
        self.connection
    }

    /// The connection with this number is over.
    pub(crate) fn disconnected(&mut self, connection: u64) {
        if self.connection == connection {
            self.outbound = None;
            self.pending = None;
        }
    }

    pub(crate) fn message_id(&mut self) -> String {
        let n = self.next_message;
        self.next_message += 1;
        if self.faults.ids_from_one { n.to_string() } else { format!("{:016x}-{n}", self.run) }
    }

    pub(crate) fn number(&mut self) -> u64 {
        let n = self.next_number;
        self.next_number += 1;
        n
    }

    /// A transaction that is not yet under way.
    pub(crate) fn new_transaction(&mut self, tag: &str, kind: &str) -> Transaction {
        let local = self.number();
        let id = match (self.version, &self.faults.transaction_id) {
            (Version::V16, _) => String::new(),
            (_, Some(fixed)) => fixed.clone(),
            (_, None) => format!("{:016x}-t{local}", self.run),
        };
        Transaction { local, id, next_seq: 0, tag: tag.to_owned(), kind: kind.to_owned(), begun: None }
    }

    /// The next seqNo of the transaction on an EVSE.
    pub(crate) fn take_seq(&mut self, evse: i32) -> i64 {
        let broken = self.faults.seq_zero;
        let Some(transaction) = self.evse(evse).and_then(|e| e.transaction.as_mut()) else { return 0 };
        let seq = transaction.next_seq;
        transaction.next_seq += 1;
        if broken { 0 } else { seq }
    }

    pub(crate) fn given_id(&self, local: u64) -> Option<i64> {
        self.given_ids.get(&local).copied()
    }

    pub(crate) fn give_id(&mut self, local: u64, id: i64) {
        self.given_ids.insert(local, id);
        if self.given_ids.len() > QUEUE_MAX {
            self.given_ids.pop_first();
        }
    }

    /// Wire id and local number of the transaction at an EVSE.
    fn running(&self, evse: i32) -> Option<(String, u64)> {
        let index = usize::try_from(evse).ok()?.checked_sub(1)?;
        let transaction = self.evses.get(index)?.transaction.as_ref()?;
        let wire = match self.given_id(transaction.local) {
            Some(id) => id.to_string(),
            None => transaction.id.clone(),
        };
        Some((wire, transaction.local))
    }

    /// The transaction at an EVSE is over, and with it the profiles that were told for it.
    pub(crate) fn end_transaction(&mut self, evse: i32) {
        if let Some(transaction) = self.evse(evse).and_then(|e| e.transaction.take()) {
            self.profiles.ended(transaction.local);
        }
    }

    /// What its profiles allow at an EVSE, W; `None`: no limit.
    pub(crate) fn limit_w(&self, evse: i32, now: DateTime<Utc>) -> Option<i64> {
        let local = self.running(evse).map(|(_, local)| local);
        self.profiles.limit_w(self.version, evse, local, now)
    }

    /// Installs a charging profile, or says why not.
    /// The power that a profile sets at an EVSE, W; negative: given back.
    pub(crate) fn setpoint_w(&self, evse: i32, now: DateTime<Utc>) -> Option<i64> {
        let local = self.running(evse).map(|(_, local)| local);
        self.profiles.setpoint_w(evse, local, now)
    }

    pub(crate) fn set_profile(
        &mut self,
        evse: i32,
        profile: &Value,
        now: DateTime<Utc>,
    ) -> Result<(), &'static str> {
        if !(0..=self.hardware.evses).contains(&evse) {
            return Err("UnknownEvse");
        }
        let running = self.running(evse);
        let running = running.as_ref().map(|(wire, local)| (wire.as_str(), *local));
        self.profiles.set(self.version, evse, profile, running, now)
    }

    /// The EVSE on which the transaction with this wire id runs.
    pub(crate) fn evse_of(&self, transaction: &str) -> Option<i32> {
        let runs = |e: &Evse| {
            e.transaction.as_ref().is_some_and(|t| {
                t.id == transaction || self.given_id(t.local).is_some_and(|id| id.to_string() == transaction)
            })
        };
        self.evses.iter().position(runs).and_then(|i| i32::try_from(i + 1).ok())
    }

    pub(crate) fn enqueue(&mut self, message: Queued) {
        push_bounded(&mut self.queue, message, QUEUE_MAX);
    }

    pub(crate) fn deliver(&mut self, message: Queued) {
        push_bounded(&mut self.delivered, message, DELIVERED_MAX);
    }

    pub(crate) fn receive(&mut self, call: Inbound) {
        push_bounded(&mut self.inbox, call, INBOX_MAX);
    }

    pub(crate) fn acknowledge(&mut self, message: Acknowledged) {
        if self.record_max > 0 {
            push_bounded(&mut self.acknowledged, message, self.record_max);
        }
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    if queue.len() >= max {
        queue.pop_front();
    }
    queue.push_back(item);
}
