//! The other side of the sandbox provider: a small payment service that moves no real money. It has a merchant's API
//! (signed JSON over HTTP), a page on which a person plays the payer, books, statements, and notifications that it sends
//! over HTTP. It shares nothing with orders and sessions but the database that it keeps its own tables in; what it
//! does wrong on purpose is what real providers do by accident.

pub mod api;
mod book;
pub mod play;
pub mod post;
mod statement;

use crate::{
    clock::Clock,
    config::Config,
    id::Ids,
    store::{
        Db, StoreError, Tx,
        sandbox::{self as rows, MoveRow, NoticeRow, OrderRow, RefundRow},
    },
};
use book::{Changed, Told};
use chrono::{DateTime, TimeDelta, Utc};
use payments::provider::{
    Setup,
    sandbox::{
        Settings,
        wire::{self, About, Code, Event},
    },
};
use rand::{TryRngCore, rngs::OsRng};
use std::fmt;
use tokio::sync::{Notify, Semaphore};

/// How often a change is tried anew because somebody else has changed the order meanwhile.
const TRIES: u32 = 5;
/// Calls that may hang on purpose at one time.
const HANGING_MAX: usize = 64;
/// Notifications that wait at most; beyond, no new orders.
const WAITING_MAX: i64 = 10_000;
/// Notifications of one order at most; beyond, it cannot be played with any more.
const NOTICES_MAX: usize = 300;

/// The sandbox of this server: the accounts of the settings that are kept here.
pub struct Sandbox {
    accounts: Vec<Settings>,
    db: Db,
    clock: Clock,
    ids: Ids,
    wake: Notify,
    hanging: Semaphore,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// An explicit no, with its reason.
    #[error("{1}")]
    No(Code, String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault {
    fn no(code: Code, text: impl Into<String>) -> Fault {
        Fault::No(code, text.into())
    }
}

/// Which order is meant.
#[derive(Debug, Clone, Copy)]
enum Which<'a> {
    Reference(&'a str),
    Number { merchant: &'a str, number: &'a str },
}

impl Sandbox {
    /// With the accounts of the settings that are kept here and not at another sandbox.
    pub fn new(config: &Config, db: Db, clock: Clock) -> Sandbox {
        let accounts = settings_of(config).cloned().collect();
        let ids = Ids::new(clock.clone(), config.database.node);
        let (wake, hanging) = (Notify::new(), Semaphore::new(HANGING_MAX));
        Sandbox { accounts, db, clock, ids, wake, hanging }
    }

    /// Its accounts; without any it does nothing and has no pages.
    pub fn accounts(&self) -> &[Settings] {
        &self.accounts
    }

    fn account(&self, merchant: &str) -> Option<&Settings> {
        self.accounts.iter().find(|account| account.merchant == merchant)
    }

    fn account_of(&self, row: &OrderRow) -> Result<&Settings, Fault> {
        let gone = || Fault::no(Code::NoSuchOrder, "the settings no longer have the order's account");
        self.account(&row.merchant).ok_or_else(gone)
    }

    /// Changes an order and stores what comes with it, in one transaction. The change may be tried more than once.
    async fn change(
        &self,
        which: Which<'_>,
        change: impl Fn(&mut OrderRow, &[RefundRow], DateTime<Utc>) -> Result<Changed, Fault>,
    ) -> Result<(OrderRow, Vec<RefundRow>), Fault> {
        for _ in 0..TRIES {
            let mut tx = self.db.write().await?;
            let mut row = find(&mut tx, which).await?;
            let now = self.clock.now();
            let before = row.clone();
            let refunds = rows::refunds(&mut tx, &row.reference).await?;
            book::expire(&mut row, now);
            let changed = change(&mut row, &refunds, now)?;
            if row == before && changed == Changed::default() {
                return Ok((row, refunds));
            }
            if !rows::save_order(&mut tx, &row).await? {
                continue;
            }
            row.version += 1;
            self.store(&mut tx, &before, &row, &changed, now).await?;
            let refunds = rows::refunds(&mut tx, &row.reference).await?;
            tx.commit().await?;
            self.wake.notify_one();
            return Ok((row, refunds));
        }
        Err(Fault::no(Code::Busy, "the order is being changed by others; try again"))
    }

    /// What a change brings beside the order itself.
    async fn store(
        &self,
        tx: &mut Tx,
        before: &OrderRow,
        row: &OrderRow,
        changed: &Changed,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        if let Some(refund) = &changed.refund {
            rows::add_refund(tx, refund).await?;
        }
        if let Some(ended) = &changed.ended
            && !rows::end_refund(tx, &ended.reference, &ended.state).await?
        {
            return Err(Fault::no(Code::Busy, "the refund has ended meanwhile"));
        }
        if let Some(moved) = &changed.moved {
            let row = MoveRow {
                id: self.ids.next(),
                merchant: row.merchant.clone(),
                kind: moved.kind.to_owned(),
                number: row.number.clone(),
                reference: row.reference.clone(),
                refund: moved.refund.clone(),
                method: row.method.clone(),
                currency: row.currency.clone(),
                amount_minor: moved.minor,
                fee_minor: moved.fee,
                at: now,
            };
            rows::add_move(tx, &row).await?;
        }
        for told in &changed.told {
            self.tell(tx, before, row, told, now).await?;
        }
        Ok(())
    }

    /// Queues the notifications of something, as often and as late as somebody plays it.
    async fn tell(
        &self,
        tx: &mut Tx,
        before: &OrderRow,
        row: &OrderRow,
        told: &Told,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let (event, about) = match told {
            Told::Order => {
                (format!("{}-{}", row.reference, row.version), About::Payment { order: self.told(row)? })
            }
            Told::Refund(refund) => {
                let about = About::Refund { refund: book::refund_wire(row, refund) };
                (format!("{}-{}", refund.reference, refund.state), about)
            }
            Told::Dispute(dispute) => (
                format!("{}-{}", dispute.reference, dispute.state),
                About::Dispute { dispute: dispute.clone() },
            ),
        };
        for after in book::delays(&row.notices) {
            self.queue(tx, row, &event, about.clone(), now + TimeDelta::seconds(*after), false).await?;
        }
        if row.notices == "jumbled" {
            // What was true before comes after it, as an event of its own.
            let about = About::Payment { order: self.told(before)? };
            self.queue(tx, row, &format!("{event}-before"), about, now + TimeDelta::seconds(2), false)
                .await?;
        }
        Ok(())
    }

    async fn queue(
        &self,
        tx: &mut Tx,
        row: &OrderRow,
        event: &str,
        about: About,
        due_at: DateTime<Utc>,
        forged: bool,
    ) -> Result<(), Fault> {
        let kind = book::kind_of(&about);
        let event = Event { id: event.to_owned(), merchant: row.merchant.clone(), about };
        let notice = NoticeRow {
            id: self.ids.next(),
            merchant: row.merchant.clone(),
            order_reference: row.reference.clone(),
            url: book::asked(row)?.notify_url,
            body: serde_json::to_string(&event).map_err(broken)?,
            event: event.id,
            kind,
            forged,
            state: "waiting".to_owned(),
            tries: 0,
            trouble: String::new(),
            due_at,
        };
        Ok(rows::add_notice(tx, &notice).await?)
    }

    fn wire(&self, row: &OrderRow) -> Result<wire::Order, Fault> {
        book::order_wire(row, &self.account_of(row)?.base_url)
    }

    /// The order as notifications tell it.
    fn told(&self, row: &OrderRow) -> Result<wire::Order, Fault> {
        let mut order = self.wire(row)?;
        if self.account_of(row)?.cards_by_query {
            order.instrument = None;
        }
        Ok(order)
    }
}

/// Fills in what the settings leave to the server for sandbox accounts of its own, once it is known under which address
/// it is reached: their address, and a key of this start.
///
/// # Errors
/// The system has no randomness.
pub fn settle(config: &mut Config, console_url: &str) -> Result<(), Fault> {
    let settings = config.pay.accounts.iter_mut().filter_map(|account| match &mut account.setup {
        Setup::Sandbox(settings) => Some(settings),
        _ => None,
    });
    for settings in settings.filter(|settings| settings.base_url.is_empty()) {
        settings.here = true;
        settings.base_url = format!("{}/sandbox", console_url.trim_end_matches('/'));
        if settings.key.is_empty() {
            settings.key = random()?;
        }
    }
    Ok(())
}

/// The accounts that are kept here.
fn settings_of(config: &Config) -> impl Iterator<Item = &Settings> {
    config.pay.accounts.iter().filter_map(|account| match &account.setup {
        Setup::Sandbox(settings) => settings.here.then_some(settings),
        _ => None,
    })
}

async fn find(tx: &mut Tx, which: Which<'_>) -> Result<OrderRow, Fault> {
    let found = match which {
        Which::Reference(reference) => rows::order(tx, reference).await?,
        Which::Number { merchant, number } => rows::order_of(tx, merchant, number).await?,
    };
    found.ok_or_else(|| Fault::no(Code::NoSuchOrder, "there is no such order"))
}

/// 128 random bits in hexadecimal.
fn random() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| Fault::no(Code::Broken, "the system has no randomness"))?;
    Ok(hex::encode(bytes))
}

/// A row of ours that cannot be read or written.
fn broken(error: serde_json::Error) -> Fault {
    tracing::error!(%error, "the sandbox's books cannot be read");
    Fault::no(Code::Broken, "the sandbox is out of order; its log says why")
}
