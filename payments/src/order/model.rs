//! What an order is made of.

use crate::Amount;
use serde::{Deserialize, Serialize};
use tariffs::Currency;

/// Words of an enum: what stands in databases, pages and metrics.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word in databases, pages and metrics.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }

            /// The one with this word.
            pub fn of_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

/// Where an order stands. It follows from the facts; a state is never set by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has tried to pay.
    Created,
    /// It was tried to pay, and no provider has said yet that money is there.
    Pending,
    /// Money is held or taken; the session is to begin.
    Authorized,
    /// The session runs.
    Charging,
    /// What is due is known, and the money is being brought there.
    Settling,
    /// What is due was taken.
    Captured,
    /// The hold was released: nothing was taken.
    Released,
    /// What is due was taken, and a part was given back.
    PartlyRefunded,
    /// All was given back.
    Refunded,
    /// It was tried, and did not succeed.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// The driver did not want it any more.
    Cancelled,
    /// More is due than could be taken, or than has been taken yet of what is paid later.
    Owing,
}

words!(State {
    Created = "created",
    Pending = "pending",
    Authorized = "authorized",
    Charging = "charging",
    Settling = "settling",
    Captured = "captured",
    Released = "released",
    PartlyRefunded = "partly_refunded",
    Refunded = "refunded",
    Failed = "failed",
    Expired = "expired",
    Cancelled = "cancelled",
    Owing = "owing",
});

impl State {
    /// It ended without anybody's money.
    pub fn is_unpaid_end(self) -> bool {
        matches!(self, State::Failed | State::Expired | State::Cancelled)
    }

    /// The money is where it belongs, or all that could be done for that is done.
    pub fn is_settled(self) -> bool {
        use State::{Captured, Owing, PartlyRefunded, Refunded, Released};
        matches!(self, Captured | Released | PartlyRefunded | Refunded | Owing)
    }
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Held, then taken when the bill is known.
    Hold,
    /// Taken at once; what is not used is given back.
    Prepay,
    /// The session first: what it costs is debited, or paid by hand, when its bill is known.
    Later,
    /// Held on the driver's prepaid balance when the session begins at the station, taken from there when the bill is
    /// known.
    Balance,
}

words!(Mode { Hold = "hold", Prepay = "prepay", Later = "later", Balance = "balance" });

/// Why an order ends before anything was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Nobody paid in time.
    Expired,
    /// Nobody paid in time, and what was tried was refused.
    Declined,
    /// The driver did not want it any more.
    Cancelled,
    /// It was paid when somebody else had the place.
    Occupied,
    /// No session began in time.
    NoStart,
    /// The station could not be reached.
    Offline,
    /// The station did not want to start.
    Rejected,
    /// It was paid, and no order of ours had asked for it: one was made to give it back by.
    Orphan,
    /// It was paid with a card that is refused here.
    Denied,
}

words!(End {
    Expired = "expired",
    Declined = "declined",
    Cancelled = "cancelled",
    Occupied = "occupied",
    NoStart = "no_start",
    Offline = "offline",
    Rejected = "rejected",
    Orphan = "orphan",
    Denied = "denied",
});

impl End {
    /// The state of an order that ends so without anybody's money.
    pub fn state(self) -> State {
        match self {
            End::Expired => State::Expired,
            End::Cancelled => State::Cancelled,
            End::Declined
            | End::Occupied
            | End::NoStart
            | End::Offline
            | End::Rejected
            | End::Orphan
            | End::Denied => State::Failed,
        }
    }
}

/// An order with all that has happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub state: State,
    pub mode: Mode,
    /// Of all amounts here.
    pub currency: Currency,
    /// What is to be paid in the end, smallest units; `None` = not known yet.
    pub due: Option<i64>,
    /// Of what is due, what nobody will pay any more.
    pub written_off: i64,
    /// It is to end before anything was delivered.
    pub end: Option<End>,
    /// A session has begun.
    pub session: bool,
    /// The session was asked to stop.
    pub stopping: bool,
    pub tries: Vec<Try>,
    pub refunds: Vec<Refund>,
    pub disputes: Vec<Dispute>,
}

/// One try to pay, at one account of one provider. Amounts are smallest units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub id: i64,
    pub standing: Standing,
    pub held: i64,
    pub taken: i64,
    /// Its money is too much: it is given back whatever is due.
    pub extra: bool,
    pub asked: Asked,
    /// The hold is being raised to this.
    pub raising: Option<i64>,
    pub can_raise: bool,
}

impl Try {
    /// A try that begins.
    pub fn new(id: i64, can_raise: bool) -> Try {
        Try {
            id,
            standing: Standing::Live,
            held: 0,
            taken: 0,
            extra: false,
            asked: Asked::Nothing,
            raising: None,
            can_raise,
        }
    }

    /// What is there to pay with.
    pub fn secured(&self) -> i64 {
        self.held.max(self.taken)
    }
}

/// What the provider has said of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It can be paid, or nobody knows whether it was.
    Live,
    Held,
    Taken,
    /// Was held, and is not any more; nothing was taken.
    Released,
    Failed,
    Closed,
}

/// What the provider was asked for and has not confirmed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Nothing,
    Close,
    Capture(i64),
    Release,
}

/// Money on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    pub id: i64,
    /// The try that took it.
    pub of: i64,
    pub kind: Kind,
    pub amount: i64,
    pub standing: RefundStanding,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundStanding {
    Open,
    Done,
    /// The money is still with the provider, and somebody has to act.
    Failed,
}

/// Why money is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It was not used.
    Rest,
    /// It was paid twice.
    Extra,
    /// It was paid too late.
    Late,
    /// It was paid with a card that is refused here.
    Denied,
    /// The bill was made anew and is lower.
    Correction,
    /// The operator gives it.
    Goodwill,
}

words!(Kind {
    Rest = "rest",
    Extra = "extra",
    Late = "late",
    Denied = "denied",
    Correction = "correction",
    Goodwill = "goodwill",
});

/// A payer's bank takes money back. What it has taken cannot be given back to the payer a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispute {
    pub id: i64,
    /// The try that took the money.
    pub of: i64,
    pub ruling: Ruling,
    /// Taken back from us in all, smallest units.
    pub withdrawn: i64,
    /// Of that, given to us again in all.
    pub reinstated: i64,
}

impl Dispute {
    /// What is gone from us now.
    pub fn gone(&self) -> i64 {
        self.withdrawn - self.reinstated
    }
}

/// What a payer's bank has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Nothing yet.
    Open,
    /// The money is ours.
    Won,
    /// The money is the payer's.
    Lost,
}

words!(Ruling { Open = "open", Won = "won", Lost = "lost" });

/// What happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody begins to pay.
    Opened { attempt: i64, can_raise: bool },
    /// The provider: so much is held in all. `free`: nobody else has the place by now.
    Held { attempt: i64, amount: Amount, free: bool },
    /// The provider: so much was taken in all.
    Taken { attempt: i64, amount: Amount, free: bool },
    /// The provider: nothing is held any more, and nothing was taken.
    Released { attempt: i64 },
    /// The provider: nobody can pay it any more, and nobody has.
    Closed { attempt: i64 },
    /// The provider: it will not succeed.
    Failed { attempt: i64 },
    /// Somebody wants to pay otherwise: this attempt is to be closed first.
    Withdraw { attempt: i64 },
    /// The provider does not raise the hold.
    RaiseRefused { attempt: i64 },
    /// The time to pay is over.
    Expire,
    /// The driver does not want it any more.
    Cancel,
    /// The session cannot begin.
    GiveUp { end: End },
    /// The session has begun.
    Started,
    /// The session costs so much so far. Within `margin` of what is secured it is stopped, unless the hold can be raised
    /// by `step` before.
    Running { cost: Amount, margin: Amount, step: Amount },
    /// The session is to end: the driver or the operator wants it, or nothing pays for it any more. Whether it still runs
    /// knows whoever asks.
    Stop,
    /// The bill, or a later one.
    Billed { due: Amount },
    /// The operator gives up what is owed.
    WriteOff,
    /// The operator gives something back.
    Return { attempt: i64, amount: Amount },
    /// The provider: the refund is done.
    Returned { refund: i64 },
    /// The provider: the refund failed, and the money is still there, or there again after it was done.
    ReturnFailed { refund: i64 },
    /// The provider: a dispute stands so, `withdrawn` and `reinstated` in all until now.
    Disputed { dispute: i64, attempt: i64, ruling: Ruling, withdrawn: Amount, reinstated: Amount },
}

impl Event {
    /// For logs.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened { .. } => "opened",
            Event::Held { .. } => "held",
            Event::Taken { .. } => "taken",
            Event::Released { .. } => "released",
            Event::Closed { .. } => "closed",
            Event::Failed { .. } => "failed",
            Event::Withdraw { .. } => "withdraw",
            Event::RaiseRefused { .. } => "raise_refused",
            Event::Expire => "expire",
            Event::Cancel => "cancel",
            Event::GiveUp { .. } => "give_up",
            Event::Started => "started",
            Event::Running { .. } => "running",
            Event::Stop => "stop",
            Event::Billed { .. } => "billed",
            Event::WriteOff => "write_off",
            Event::Return { .. } => "return",
            Event::Returned { .. } => "returned",
            Event::ReturnFailed { .. } => "return_failed",
            Event::Disputed { .. } => "disputed",
        }
    }
}

/// What has to be done, or to be written into the books, because of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Ask the provider that nobody may pay this any more.
    Close { attempt: i64 },
    /// Ask it to hold so much in all.
    Raise { attempt: i64, to: Amount },
    /// Ask it to take so much of the hold and to release the rest.
    Capture { attempt: i64, amount: Amount },
    /// Ask it to release the hold.
    Release { attempt: i64 },
    /// Ask it to give so much back; a refund of this id begins.
    Refund { refund: i64, attempt: i64, amount: Amount, kind: Kind },
    /// Have the station begin.
    Start,
    /// Have the station end.
    Stop,
    /// For the books: `more` is held than before.
    Held { attempt: i64, more: Amount },
    /// For the books: so much was taken; `held` was held until now.
    Taken { attempt: i64, amount: Amount, held: Amount },
    /// For the books: `held` is not held any more.
    Released { attempt: i64, held: Amount },
    /// For the books: so much is due by the newest bill; `was` by the one before.
    Billed { due: Amount, was: Option<Amount> },
    /// For the books: so much of what is due is lost; less than nothing: so much of what was lost is not due any more.
    WrittenOff { amount: Amount },
    /// For the books: the refund is done.
    Returned { refund: i64, attempt: i64, amount: Amount, kind: Kind },
    /// Somebody has to act: the refund failed; `done`: after it was done, so the money has come back.
    ReturnFailed { refund: i64, attempt: i64, amount: Amount, kind: Kind, done: bool },
    /// For the books: a payer's bank has taken so much more, has given so much more again, or has decided.
    Disputed { dispute: i64, attempt: i64, ruling: Ruling, withdrawn: Amount, reinstated: Amount },
}

/// The event cannot be about this order as it stands: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("\"{event}\" cannot be in state \"{}\": {why}", state.word())]
pub struct Illegal {
    pub state: State,
    pub event: &'static str,
    pub why: &'static str,
}
