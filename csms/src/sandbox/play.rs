//! The payer's side: what a person does on the page of an order, and how badly things shall go.

use super::{Fault, NOTICES_MAX, Sandbox, Which, book, find, random};
use crate::store::sandbox::{self as rows, NoticeRow, OrderRow, RefundRow};
use chrono::{DateTime, TimeDelta, Utc};
use payments::provider::{
    Capture,
    sandbox::wire::{About, Code, OrderState},
};

/// A payment that comes late comes after this at most.
const LATE_MAX: i64 = 3_600;

/// What the person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Pay,
    /// So many seconds later, whatever has become of the order by then.
    PayLater(i64),
    /// Although the order is closed, as when the money was on its way: paid twice, paid late.
    PayAnyway,
    Refuse,
    Cancel,
    /// Somebody else sends a notification that it was paid.
    Forge,
    Dispute,
    WinDispute,
    LoseDispute,
    /// Nothing but the manner.
    Nothing,
}

/// How things go from now on. Words of the columns of `sandbox_order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    pub answers: String,
    pub notices: String,
    pub refunds: String,
}

impl Manner {
    /// What there is to choose from, the usual first.
    pub const ANSWERS: [&str; 3] = ["usual", "hang", "broken"];
    pub const NOTICES: [&str; 5] = ["once", "thrice", "jumbled", "late", "none"];
    pub const REFUNDS: [&str; 3] = ["done", "late", "fail"];

    fn check(&self) -> Result<(), Fault> {
        let known = Manner::ANSWERS.contains(&&*self.answers)
            && Manner::NOTICES.contains(&&*self.notices)
            && Manner::REFUNDS.contains(&&*self.refunds);
        if known { Ok(()) } else { Err(Fault::no(Code::Malformed, "there is no such manner")) }
    }
}

/// All there is to see of an order.
#[derive(Debug)]
pub struct Whole {
    pub order: OrderRow,
    pub refunds: Vec<RefundRow>,
    pub notices: Vec<NoticeRow>,
}

impl Sandbox {
    /// An order as its page shows it; `None` if there is none.
    pub async fn look(&self, reference: &str) -> Result<Option<Whole>, Fault> {
        let mut tx = self.db.read().await?;
        let Some(mut order) = rows::order(&mut tx, reference).await? else { return Ok(None) };
        book::expire(&mut order, self.clock.now());
        let refunds = rows::refunds(&mut tx, reference).await?;
        let notices = rows::notices(&mut tx, reference).await?;
        Ok(Some(Whole { order, refunds, notices }))
    }

    /// The payer does something.
    pub async fn play(&self, reference: &str, what: What, payer: &str, manner: &Manner) -> Result<(), Fault> {
        manner.check()?;
        let payer = payer_of(payer);
        let mut tx = self.db.read().await?;
        let row = find(&mut tx, Which::Reference(reference)).await?;
        if rows::notices(&mut tx, reference).await?.len() >= NOTICES_MAX {
            return Err(Fault::no(Code::Busy, "this order has been played with enough"));
        }
        drop(tx);
        let account = self.account_of(&row)?;
        self.change(Which::Reference(reference), |row, _, now| {
            row.answers.clone_from(&manner.answers);
            row.notices.clone_from(&manner.notices);
            row.refunds.clone_from(&manner.refunds);
            match what {
                What::Pay if book::state(row) == OrderState::Waiting => book::pay(row, account, &payer, now),
                What::Pay => Err(Fault::no(Code::Closed, "nobody can pay the order any more")),
                What::PayAnyway => book::pay(row, account, &payer, now),
                What::PayLater(seconds) => {
                    let at = now + TimeDelta::seconds(seconds.clamp(1, LATE_MAX));
                    book::pay_later(row, &payer, at)
                }
                What::Refuse => book::fail(row, "CARD_DECLINED", "the payer's bank refused"),
                What::Cancel => book::fail(row, "CANCELLED", "the payer cancelled"),
                What::Dispute => book::dispute(row, "open"),
                What::WinDispute => book::dispute(row, "won"),
                What::LoseDispute => book::dispute(row, "lost"),
                What::Forge | What::Nothing => Ok(book::Changed::default()),
            }
        })
        .await?;
        if what == What::Forge {
            self.forge(reference).await?;
        }
        Ok(())
    }

    /// Queues a notification that tells of money that nobody has paid, signed with another key.
    async fn forge(&self, reference: &str) -> Result<(), Fault> {
        let mut tx = self.db.write().await?;
        let row = find(&mut tx, Which::Reference(reference)).await?;
        let mut order = self.wire(&row)?;
        match book::asked(&row)?.capture {
            Capture::Later => (order.state, order.held) = (OrderState::Held, order.amount),
            Capture::Now => (order.state, order.taken) = (OrderState::Taken, order.amount),
        }
        let event = format!("{reference}-forged-{}", random()?);
        self.queue(&mut tx, &row, &event, About::Payment { order }, self.clock.now(), true).await?;
        tx.commit().await?;
        self.wake.notify_one();
        Ok(())
    }

    /// How all calls of an account are answered from now on.
    pub async fn set_answers(&self, merchant: &str, answers: &str) -> Result<(), Fault> {
        if self.account(merchant).is_none() || !Manner::ANSWERS.contains(&answers) {
            return Err(Fault::no(Code::Malformed, "there is no such account or manner"));
        }
        let mut tx = self.db.write().await?;
        rows::set_answers(&mut tx, merchant, answers).await?;
        Ok(tx.commit().await?)
    }

    /// How they are answered now.
    pub async fn answers(&self, merchant: &str) -> Result<String, Fault> {
        let mut tx = self.db.read().await?;
        Ok(rows::answers(&mut tx, merchant).await?.unwrap_or_else(|| "usual".to_owned()))
    }

    /// What happens by itself: payments that come late, holds that end, refunds that take their time. How much was done.
    pub(super) async fn by_itself(&self, now: DateTime<Utc>) -> Result<usize, Fault> {
        let mut tx = self.db.read().await?;
        let orders = rows::due_orders(&mut tx, now, 100).await?;
        let refunds = rows::due_refunds(&mut tx, now, 100).await?;
        drop(tx);
        let mut done = 0;
        for order in &orders {
            // Nothing happens at an account that the settings no longer have.
            let Ok(account) = self.account_of(order) else { continue };
            let which = Which::Reference(&order.reference);
            let changed = self.change(which, |row, _, now| match row.pays_at {
                Some(at) if at <= now => {
                    let payer = row.payer.clone();
                    row.pays_at = None;
                    // Paid by other means meanwhile: nothing more comes.
                    book::pay(row, account, &payer, now).or_else(|_| Ok(book::Changed::default()))
                }
                _ if row.holds_until.is_some_and(|until| until <= now) => book::release(row, now),
                _ => Ok(book::Changed::default()),
            });
            changed.await?;
            done += 1;
        }
        for refund in &refunds {
            let changed = self.change(Which::Reference(&refund.order_reference), |row, refunds, now| {
                let waits = refunds.iter().find(|known| known.reference == refund.reference);
                Ok(match waits.filter(|known| known.state == "waiting") {
                    Some(refund) => book::end_refund(row, refund, now),
                    None => book::Changed::default(),
                })
            });
            changed.await?;
        }
        Ok(done + refunds.len())
    }
}

/// Who pays, as typed: a short word, so that it can stand in identifiers.
fn payer_of(typed: &str) -> String {
    let word: String = typed
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .take(20)
        .collect();
    if word.is_empty() { "ada".to_owned() } else { word }
}
