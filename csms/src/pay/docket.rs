//! An order with its attempts and refunds as rows, held by its lock: the one way in which an order changes.
//!
//! [`Docket::take`] asks the machine what an event makes of the order, and keeps it: rows, effects, tasks, ledger and
//! story, in the transaction of whoever asks.

use super::{PayError, later, number, tasks, wallet};
use crate::{
    app::App,
    store::{
        Tx,
        pay::{
            attempts::{self, AttemptRow},
            disputes::{self, DisputeRow},
            orders::{self, OrderRow},
            refunds::{self, RefundRow},
            story::{self, StoryRow},
        },
        tokens,
    },
};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{
        Asked, Dispute, Effect, End, Event, Illegal, Kind, Mode, Order, Refund, RefundStanding, Ruling,
        Standing, State, Try, advance,
    },
};
use serde_json::{Value, json};
use tariffs::Currency;

/// See the module.
pub(super) struct Docket<'a> {
    pub app: &'a App,
    pub order: OrderRow,
    pub attempts: Vec<AttemptRow>,
    pub refunds: Vec<RefundRow>,
    pub disputes: Vec<DisputeRow>,
    pub currency: Currency,
    pub now: DateTime<Utc>,
    /// The revisions of the bill that was due before, and of the one that is due now; -1 = none.
    pub billed: (i64, i64),
    /// The session that has begun, for [`Event::Started`].
    pub session: Option<i64>,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum TakeError {
    #[error(transparent)]
    Illegal(#[from] Illegal),
    #[error(transparent)]
    Pay(#[from] PayError),
}

impl From<crate::store::StoreError> for TakeError {
    fn from(error: crate::store::StoreError) -> TakeError {
        TakeError::Pay(error.into())
    }
}

impl From<TakeError> for PayError {
    fn from(error: TakeError) -> PayError {
        match error {
            TakeError::Illegal(illegal) => illegal.into(),
            TakeError::Pay(error) => error,
        }
    }
}

impl<'a> Docket<'a> {
    /// Locks the order and reads what belongs to it. `None`: there is no such order.
    pub async fn open(app: &'a App, tx: &mut Tx, id: i64) -> Result<Option<Docket<'a>>, PayError> {
        match orders::lock(tx, id).await? {
            Some(order) => Docket::read(app, tx, order).await.map(Some),
            None => Ok(None),
        }
    }

    /// What belongs to an order, to look at: nothing is locked by this.
    pub async fn read(app: &'a App, tx: &mut Tx, order: OrderRow) -> Result<Docket<'a>, PayError> {
        let attempts = attempts::of_order(tx, order.id).await?;
        let refunds = refunds::of_order(tx, order.id).await?;
        let disputes = disputes::of_order(tx, order.id).await?;
        let currency = currency(&order)?;
        let billed = (order.bill_revision, order.bill_revision);
        Ok(Docket {
            app,
            order,
            attempts,
            refunds,
            disputes,
            currency,
            now: app.clock.now(),
            billed,
            session: None,
        })
    }

    /// Where it stands.
    pub fn state(&self) -> Result<State, PayError> {
        state(&self.order)
    }

    pub fn attempt(&self, id: i64) -> Option<&AttemptRow> {
        self.attempts.iter().find(|attempt| attempt.id == id)
    }

    pub fn attempt_mut(&mut self, id: i64) -> Option<&mut AttemptRow> {
        self.attempts.iter_mut().find(|attempt| attempt.id == id)
    }

    /// The attempt that can be paid now.
    pub fn live(&self) -> Option<&AttemptRow> {
        self.attempts.iter().find(|attempt| standing(&attempt.state) == Standing::Live)
    }

    /// What is due and nobody has paid; nothing, if that is less.
    pub fn outstanding(&self) -> Result<Amount, PayError> {
        Ok(Amount::new(self.facts()?.outstanding().max(0), self.currency))
    }

    /// What whoever pays now is asked for: the offer, or what is left of a bill.
    pub fn asked(&self) -> Result<Amount, PayError> {
        let offer = Amount::new(self.order.amount_minor, self.currency);
        if self.owes_rest()? { self.outstanding() } else { Ok(offer) }
    }

    /// Somebody has paid the order, and its bill is more.
    pub fn owes_rest(&self) -> Result<bool, PayError> {
        let facts = self.facts()?;
        Ok(facts.state == State::Owing && facts.winner().is_some() && facts.outstanding() > 0)
    }

    /// A session is to begin with what is paid now: it is for charging, and nothing has begun. What is paid for a bill, for what is
    /// left of one, or into a balance begins nothing.
    pub fn begins_session(&self) -> bool {
        self.order.purpose == "session" && self.order.session_id.is_none()
    }

    /// The order as the machine sees it.
    pub fn facts(&self) -> Result<Order, PayError> {
        let row = &self.order;
        let unreadable = |what: &str| unreadable(row, what);
        Ok(Order {
            state: self.state()?,
            mode: Mode::of_word(&row.mode).ok_or_else(|| unreadable("mode"))?,
            currency: self.currency,
            due: row.due_minor,
            written_off: row.written_off_minor,
            end: match row.why.as_str() {
                "" => None,
                why => Some(End::of_word(why).ok_or_else(|| unreadable("why"))?),
            },
            session: row.session_id.is_some(),
            stopping: row.stop_asked_at.is_some(),
            tries: self.attempts.iter().map(of_row).collect(),
            refunds: self
                .refunds
                .iter()
                .map(refund_of_row)
                .collect::<Option<_>>()
                .ok_or_else(|| unreadable("refund"))?,
            disputes: self
                .disputes
                .iter()
                .map(dispute_of_row)
                .collect::<Option<_>>()
                .ok_or_else(|| unreadable("dispute"))?,
        })
    }

    /// Takes an event. True: something has changed.
    pub async fn take(&mut self, tx: &mut Tx, event: &Event, by: &str) -> Result<bool, TakeError> {
        if let Event::Billed { due } = event {
            wallet::cover(self, tx, *due).await?;
        }
        let before = self.facts()?;
        let ids = &self.app.ids;
        let (after, effects) = advance(&before, event, &mut || ids.next())?;
        if after == before && effects.is_empty() {
            return Ok(false);
        }
        self.keep_attempts(tx, &after).await?;
        self.keep_refunds(tx, &after, by).await?;
        self.keep_order(&after);
        for effect in &effects {
            self.note(tx, effect, by).await?;
        }
        if after.state != before.state {
            let body = json!({"from": before.state.word(), "to": after.state.word(), "why": self.order.why});
            self.tell(tx, "order.state", by, body).await?;
            metrics::counter!("csms_pay_orders_total", "state" => after.state.word()).increment(1);
        }
        // Nothing shall begin any more with an identifier whose money is on its way back, or where it belongs.
        // What is paid from a balance began with the driver's own identifier.
        let own = before.mode == Mode::Balance;
        let given_up = before.due.is_none() && after.due.is_some() && !after.session;
        if !own && !self.order.token_uid.is_empty() && (given_up || after.state.is_settled()) {
            tokens::forget(tx, &self.order.token_uid, tasks::TOKEN_KIND).await?;
        }
        super::books::enter(self, tx, &before, &after, &effects).await?;
        super::guard::told(self, tx, &before, &after, &effects).await?;
        super::tell::going_back(self, tx, &effects).await?;
        // Whoever pays later is told by the ladder, and of a balance that is short by whoever blocks its driver.
        let told_elsewhere = matches!(after.mode, Mode::Later | Mode::Balance);
        if !told_elsewhere && after.state == State::Owing && before.state != State::Owing {
            super::tell::owing(self, tx).await?;
        }
        self.touched(tx).await?;
        super::tell::changed(self.app, tx, &self.order).await?;
        if after.mode == Mode::Later {
            let billed = after.due.is_some_and(|due| due > 0) && after.due != before.due;
            if billed && after.outstanding() > 0 {
                later::billed(self, tx).await?;
            }
            if after.state != before.state {
                later::moved(self, tx, after.state).await?;
            }
        }
        if after.mode == Mode::Balance && after.state != before.state {
            wallet::moved(self, tx, after.state).await?;
        }
        wallet::follow(self, tx).await?;
        Ok(true)
    }

    /// Keeps the order's row as changed at this moment.
    pub async fn touched(&mut self, tx: &mut Tx) -> Result<(), PayError> {
        self.order.version += 1;
        self.order.changed_at = self.now;
        Ok(orders::update(tx, &self.order).await?)
    }

    async fn keep_attempts(&mut self, tx: &mut Tx, after: &Order) -> Result<(), PayError> {
        for one in &after.tries {
            let returned = after
                .refunds
                .iter()
                .filter(|refund| refund.of == one.id && refund.standing == RefundStanding::Done)
                .map(|refund| refund.amount)
                .sum();
            // A new attempt's row is made by whoever opens it.
            let Some(row) = self.attempts.iter_mut().find(|row| row.id == one.id) else { continue };
            if of_row(row) == *one && row.returned_minor == returned {
                continue;
            }
            if standing(&row.state) != one.standing {
                word(one.standing).clone_into(&mut row.state);
            }
            row.extra = one.extra;
            (row.held_minor, row.taken_minor, row.returned_minor) = (one.held, one.taken, returned);
            let (asked, minor) = match one.asked {
                Asked::Nothing => ("", 0),
                Asked::Close => ("close", 0),
                Asked::Capture(minor) => ("capture", minor),
                Asked::Release => ("release", 0),
            };
            asked.clone_into(&mut row.asked);
            row.asked_minor = minor;
            (row.raise_minor, row.can_raise) = (one.raising.unwrap_or(0), one.can_raise);
            row.changed_at = self.now;
            attempts::update(tx, row).await?;
        }
        Ok(())
    }

    async fn keep_refunds(&mut self, tx: &mut Tx, after: &Order, by: &str) -> Result<(), PayError> {
        for refund in &after.refunds {
            let Some(row) = self.refunds.iter_mut().find(|row| row.id == refund.id) else {
                let row = RefundRow {
                    id: refund.id,
                    order_id: self.order.id,
                    attempt_id: refund.of,
                    number: number::merchant(self.now)?,
                    kind: refund.kind.word().to_owned(),
                    currency: self.currency.code().to_owned(),
                    amount_minor: refund.amount,
                    reason: String::new(),
                    state: "new".to_owned(),
                    reference: String::new(),
                    refusal: String::new(),
                    asked_by: if refund.kind == Kind::Goodwill { by.to_owned() } else { String::new() },
                    due_at: self.now + chrono::TimeDelta::days(i64::from(self.app.config.pay.refund_days)),
                    done_at: None,
                    created_at: self.now,
                    changed_at: self.now,
                };
                refunds::create(tx, &row).await?;
                self.refunds.push(row);
                continue;
            };
            let word = match refund.standing {
                _ if refund_standing(&row.state) == refund.standing => continue,
                RefundStanding::Done => "done",
                RefundStanding::Failed => "failed",
                RefundStanding::Open => "waiting",
            };
            word.clone_into(&mut row.state);
            row.done_at = (refund.standing == RefundStanding::Done).then_some(self.now);
            row.changed_at = self.now;
            refunds::update(tx, row).await?;
        }
        Ok(())
    }

    fn keep_order(&mut self, after: &Order) {
        let row = &mut self.order;
        after.state.word().clone_into(&mut row.state);
        (row.due_minor, row.written_off_minor) = (after.due, after.written_off);
        // What is paid later is paid in one sum, and what a later bill asks more in another.
        if after.mode == Mode::Later && after.outstanding() > 0 {
            row.amount_minor = after.outstanding();
        }
        after.end.map_or("", End::word).clone_into(&mut row.why);
        row.held_minor = after.tries.iter().map(|one| one.held).sum();
        row.taken_minor = after.tries.iter().map(|one| one.taken).sum();
        row.returned_minor = self.attempts.iter().map(|attempt| attempt.returned_minor).sum();
        if after.session && row.session_id.is_none() {
            row.session_id = self.session;
        }
        if after.stopping && row.stop_asked_at.is_none() {
            row.stop_asked_at = Some(self.now);
        }
        let ended = after.state.is_settled() || after.state.is_unpaid_end();
        row.settled_at = if ended { row.settled_at.or(Some(self.now)) } else { None };
    }

    /// What is to be done outside, and what people read of it.
    async fn note(&mut self, tx: &mut Tx, effect: &Effect, by: &str) -> Result<(), PayError> {
        tasks::ask(self, tx, effect).await?;
        let account = |attempt: i64| self.attempt(attempt).map_or("", |row| row.account.as_str()).to_owned();
        let say = |amount: &Amount| amount.to_string();
        let (kind, body) = match effect {
            Effect::Held { attempt, more } => {
                ("attempt.held", json!({"account": account(*attempt), "more": say(more)}))
            }
            Effect::Taken { attempt, amount, .. } => {
                ("attempt.taken", json!({"account": account(*attempt), "amount": say(amount)}))
            }
            Effect::Released { attempt, held } => {
                ("attempt.released", json!({"account": account(*attempt), "amount": say(held)}))
            }
            Effect::Close { attempt } => ("attempt.close_asked", json!({"account": account(*attempt)})),
            Effect::Raise { attempt, to } => {
                ("attempt.raise_asked", json!({"account": account(*attempt), "to": say(to)}))
            }
            Effect::Capture { attempt, amount } => {
                ("attempt.capture_asked", json!({"account": account(*attempt), "amount": say(amount)}))
            }
            Effect::Release { attempt } => ("attempt.release_asked", json!({"account": account(*attempt)})),
            Effect::Refund { amount, kind, .. } => {
                ("refund.asked", json!({"amount": say(amount), "kind": kind.word()}))
            }
            Effect::Returned { amount, kind, .. } => {
                ("refund.done", json!({"amount": say(amount), "kind": kind.word()}))
            }
            Effect::ReturnFailed { amount, .. } => {
                metrics::counter!("csms_pay_refunds_failed_total").increment(1);
                tracing::error!(order = self.order.number, %amount, "a refund failed; somebody has to act");
                ("refund.failed", json!({"amount": say(amount)}))
            }
            Effect::Billed { due, was } => {
                ("order.billed", json!({"due": say(due), "was": was.as_ref().map(say)}))
            }
            Effect::WrittenOff { amount } if amount.minor < 0 => {
                ("order.owed_again", json!({"less": say(amount)}))
            }
            // Told by whoever has decided it, with the reason.
            Effect::WrittenOff { .. } => return Ok(()),
            // Told by whoever keeps the dispute, with what the provider says of it.
            Effect::Disputed { .. } => return Ok(()),
            Effect::Start => ("session.start_asked", json!({})),
            Effect::Stop => ("session.stop_asked", json!({})),
        };
        self.tell(tx, kind, by, body).await
    }

    /// Adds a line to the story.
    pub async fn tell(&self, tx: &mut Tx, kind: &str, by: &str, body: Value) -> Result<(), PayError> {
        let line = StoryRow {
            id: self.app.ids.next(),
            order_id: self.order.id,
            at: self.now,
            kind: kind.to_owned(),
            by_whom: by.to_owned(),
            body: body.to_string(),
        };
        Ok(story::add(tx, &line).await?)
    }
}

/// The currency of an order.
pub(super) fn currency(order: &OrderRow) -> Result<Currency, PayError> {
    order.currency.parse().map_err(|_| unreadable(order, "currency"))
}

/// The state of an order.
pub(super) fn state(order: &OrderRow) -> Result<State, PayError> {
    State::of_word(&order.state).ok_or_else(|| unreadable(order, "state"))
}

fn unreadable(order: &OrderRow, what: &str) -> PayError {
    let why = format!("its {what} is none that this version knows");
    tracing::error!(order = order.id, why, "an order cannot be read");
    PayError::Unreadable { order: order.id, why }
}

/// What a stored word says of an attempt; sending and not knowing are ways of being live.
pub(super) fn standing(state: &str) -> Standing {
    match state {
        "held" => Standing::Held,
        "taken" => Standing::Taken,
        "released" => Standing::Released,
        "failed" => Standing::Failed,
        "closed" => Standing::Closed,
        _ => Standing::Live,
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Live => "open",
        Standing::Held => "held",
        Standing::Taken => "taken",
        Standing::Released => "released",
        Standing::Failed => "failed",
        Standing::Closed => "closed",
    }
}

/// What a stored word says of a refund.
pub(super) fn refund_standing(state: &str) -> RefundStanding {
    match state {
        "done" => RefundStanding::Done,
        "failed" => RefundStanding::Failed,
        _ => RefundStanding::Open,
    }
}

fn of_row(row: &AttemptRow) -> Try {
    Try {
        id: row.id,
        standing: standing(&row.state),
        held: row.held_minor,
        taken: row.taken_minor,
        extra: row.extra,
        asked: match row.asked.as_str() {
            "close" => Asked::Close,
            "capture" => Asked::Capture(row.asked_minor),
            "release" => Asked::Release,
            _ => Asked::Nothing,
        },
        raising: (row.raise_minor > 0).then_some(row.raise_minor),
        can_raise: row.can_raise,
    }
}

fn refund_of_row(row: &RefundRow) -> Option<Refund> {
    Some(Refund {
        id: row.id,
        of: row.attempt_id,
        kind: Kind::of_word(&row.kind)?,
        amount: row.amount_minor,
        standing: refund_standing(&row.state),
    })
}

fn dispute_of_row(row: &DisputeRow) -> Option<Dispute> {
    Some(Dispute {
        id: row.id,
        of: row.attempt_id,
        ruling: Ruling::of_word(&row.ruling)?,
        withdrawn: row.withdrawn_minor,
        reinstated: row.reinstated_minor,
    })
}
