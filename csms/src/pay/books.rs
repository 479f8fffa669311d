//! What an order's events mean for the ledger. What is held is a pending entry; what was taken stands in `deposits`
//! until a bill says what it was for; what a bill wants and nobody has paid yet stands in `receivable`.

use super::{PayError, docket::Docket, wallet};
use crate::{
    ledger::{Account, Entry, Expense, LedgerError, Revenue, open_pendings, record},
    store::{Tx, bills, pay::effects},
};
use payments::{
    Amount,
    order::{Dispute, Effect, Kind, Order, RefundStanding, Ruling},
};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;
use tariffs::{Bill, Charge, Money};

impl From<LedgerError> for PayError {
    fn from(error: LedgerError) -> PayError {
        match error {
            LedgerError::Store(error) => PayError::Store(error),
            other => {
                tracing::error!(%other, "the ledger refused an entry; its cause is not kept either");
                PayError::Ledger(other.to_string())
            }
        }
    }
}

/// Enters what the effects have moved.
pub(super) async fn enter(
    docket: &Docket<'_>,
    tx: &mut Tx,
    before: &Order,
    after: &Order,
    effects: &[Effect],
) -> Result<(), PayError> {
    let mut entry = Books { docket, tx, net: net(before) };
    for effect in effects {
        match effect {
            Effect::Held { attempt, more } => entry.held(*attempt, *more, after).await?,
            Effect::Taken { attempt, amount, held } => entry.taken(*attempt, *amount, *held).await?,
            Effect::Released { attempt, .. } => entry.end_pendings(*attempt, 0).await?,
            Effect::Billed { due, was } => entry.billed(*due, *was).await?,
            Effect::WrittenOff { amount } => entry.written_off(*amount).await?,
            Effect::Returned { refund, attempt, amount, kind } => {
                entry.returned(*refund, *attempt, *amount, *kind).await?;
            }
            Effect::ReturnFailed { refund, attempt, amount, kind, done: true } => {
                entry.came_back(*refund, *attempt, *amount, *kind).await?;
            }
            Effect::Refund { refund, amount, .. } => {
                if let Some(driver) = entry.topped_up() {
                    entry.leaving(driver, *refund, *amount, false).await?;
                }
            }
            Effect::ReturnFailed { refund, amount, .. } => {
                if let Some(driver) = entry.topped_up() {
                    entry.leaving(driver, *refund, *amount, true).await?;
                }
            }
            Effect::Close { .. }
            | Effect::Raise { .. }
            | Effect::Capture { .. }
            | Effect::Release { .. }
            | Effect::Disputed { .. }
            | Effect::Start
            | Effect::Stop => {}
        }
    }
    entry.disputed(before, after).await
}

/// What the driver has paid beyond what is due, but for what was written off; less than nothing: what the driver owes.
fn net(order: &Order) -> i64 {
    let taken: i64 = order.tries.iter().map(|one| one.taken).sum();
    let returned: i64 = order
        .refunds
        .iter()
        .filter(|refund| refund.standing == RefundStanding::Done && refund.kind != Kind::Goodwill)
        .map(|refund| refund.amount)
        .sum();
    taken - returned - order.returned_by_banks() - order.due.unwrap_or(0) + order.written_off
}

/// What stands on `disputes`: gone from us, and nobody has decided for good.
fn open_disputes(order: &Order, of: i64) -> i64 {
    let open = |dispute: &&Dispute| dispute.of == of && dispute.ruling != Ruling::Lost;
    order.disputes.iter().filter(open).map(Dispute::gone).sum()
}

fn gone(order: &Order, of: i64) -> i64 {
    order.disputes.iter().filter(|dispute| dispute.of == of).map(Dispute::gone).sum()
}

struct Books<'a, 'b> {
    docket: &'a Docket<'b>,
    tx: &'a mut Tx,
    /// As of the entries made so far.
    net: i64,
}

impl Books<'_, '_> {
    fn amount(&self, minor: i64) -> Amount {
        Amount::new(minor, self.docket.currency)
    }

    fn provider(&self, attempt: i64) -> Account {
        if let (true, Some(driver)) = (wallet::is_ours(self.docket, attempt), self.docket.order.driver_id) {
            return Account::Balance(driver);
        }
        Account::Provider(self.docket.attempt(attempt).map(|row| row.account.clone()).unwrap_or_default())
    }

    /// The driver whose balance this order pays into.
    fn topped_up(&self) -> Option<i64> {
        self.docket.order.driver_id.filter(|_| self.docket.order.purpose == "top_up")
    }

    /// What goes back of a top-up leaves the balance when it is asked for, and comes to it again if that fails.
    async fn leaving(
        &mut self,
        driver: i64,
        refund: i64,
        amount: Amount,
        fails: bool,
    ) -> Result<(), PayError> {
        let entry = if fails {
            self.posted("return_failed", format!("return_failed:{refund}"))
                .debit(Account::Refunds, amount)
                .credit(Account::Balance(driver), amount)
        } else {
            wallet::must_have(self.tx, driver, amount).await?;
            self.posted("returning", format!("returning:{refund}"))
                .debit(Account::Balance(driver), amount)
                .credit(Account::Refunds, amount)
        };
        self.record(&entry).await
    }

    fn posted(&self, kind: &str, key: String) -> Entry {
        Entry::posted(kind, key, self.docket.now).of_order(self.docket.order.id)
    }

    async fn record(&mut self, entry: &Entry) -> Result<(), PayError> {
        record(self.tx, &self.docket.app.ids, entry).await?;
        Ok(())
    }

    /// Moves what the driver has paid by so much: credits of deposits, or of what the driver owes.
    fn paid(&mut self, entry: Entry, by: i64) -> Entry {
        if let Some(driver) = self.topped_up() {
            return entry.credit(Account::Balance(driver), self.amount(by));
        }
        let (deposits, receivable) = (self.net.max(0), (-self.net).max(0));
        self.net += by;
        let entry = entry.credit(Account::Deposits, self.amount(self.net.max(0) - deposits));
        let owed = self.amount((-self.net).max(0) - receivable);
        entry.debit(Account::Receivable(self.docket.order.id), owed)
    }

    async fn held(&mut self, attempt: i64, more: Amount, after: &Order) -> Result<(), PayError> {
        let total = after.tries.iter().find(|one| one.id == attempt).map_or(0, |one| one.held);
        let entry = Entry::pending("held", format!("held:{attempt}:{total}"), self.docket.now)
            .of_order(self.docket.order.id)
            .debit(self.provider(attempt), more)
            .credit(Account::Deposits, more);
        self.record(&entry).await
    }

    async fn taken(&mut self, attempt: i64, amount: Amount, held: Amount) -> Result<(), PayError> {
        if held.is_zero() {
            let entry = self.posted("taken", format!("taken:{attempt}"));
            let entry = entry.debit(self.provider(attempt), amount);
            let entry = self.paid(entry, amount.minor);
            return self.record(&entry).await;
        }
        self.end_pendings(attempt, amount.minor).await?;
        // The posts have credited all of it to deposits; what was owed by then is paid from there.
        let owed = (-self.net).max(0).min(amount.minor);
        self.net += amount.minor;
        if owed == 0 {
            return Ok(());
        }
        let entry = self
            .posted("settled", format!("settled:{attempt}"))
            .debit(Account::Deposits, self.amount(owed))
            .credit(Account::Receivable(self.docket.order.id), self.amount(owed));
        self.record(&entry).await
    }

    /// So much of what is pending counts, the rest is void.
    async fn end_pendings(&mut self, attempt: i64, taken: i64) -> Result<(), PayError> {
        let of = format!("held:{attempt}:");
        let pendings = open_pendings(self.tx, self.docket.order.id).await?;
        let mut left = taken;
        for pending in pendings.into_iter().filter(|pending| pending.key.starts_with(&of)) {
            let part = left.min(pending.amount.minor);
            left -= part;
            let (end, now) = (format!("end:{}", pending.key), self.docket.now);
            let entry = if part > 0 {
                Entry::post("taken", end, now, pending.key, self.amount(part))
            } else {
                Entry::void("released", end, now, pending.key)
            };
            self.record(&entry.of_order(self.docket.order.id)).await?;
        }
        Ok(())
    }

    /// The bill, or how it differs from the one before.
    async fn billed(&mut self, due: Amount, was: Option<Amount>) -> Result<(), PayError> {
        let (order, version) = (self.docket.order.id, self.docket.order.version);
        let new = self.parts(due, self.docket.billed.1).await?;
        let mut parts = match was {
            Some(was) => self.parts(was, self.docket.billed.0).await?,
            None => BTreeMap::new(),
        };
        parts.values_mut().for_each(|minor| *minor = -*minor);
        for (account, minor) in new {
            *parts.entry(account).or_insert(0) += minor;
        }
        let more = due.minor - was.map_or(0, |was| was.minor);
        let mut entry = self.posted("billed", format!("billed:{order}:{version}"));
        entry = entry.with(json!({"revision": self.docket.billed.1}));
        for (account, minor) in parts {
            entry = entry.credit(account, self.amount(minor));
        }
        let entry = self.paid(entry, -more);
        // Of a bill that only says otherwise what the same money is for, or of nothing at all.
        if entry.lines.is_empty() { Ok(()) } else { self.record(&entry).await }
    }

    /// What nobody will pay is lost; or was lost before, and is not due any more.
    async fn written_off(&mut self, amount: Amount) -> Result<(), PayError> {
        let (order, version) = (self.docket.order.id, self.docket.order.version);
        let entry = self
            .posted("written_off", format!("written_off:{order}:{version}"))
            .debit(Account::Expense(Expense::WriteOff), amount);
        let entry = self.paid(entry, amount.minor);
        self.record(&entry).await
    }

    /// What of the amount is for what, by the bill with this revision; without one nobody knows.
    async fn parts(&mut self, due: Amount, revision: i64) -> Result<BTreeMap<Account, i64>, PayError> {
        let mut parts = BTreeMap::new();
        if let (Some(session), true) = (self.docket.order.session_id, revision >= 0) {
            let rows = bills::revisions(self.tx, session).await?;
            let row = rows.into_iter().find(|row| row.revision == revision);
            if let Some(bill) = row.and_then(|row| serde_json::from_str::<Bill>(&row.body).ok()) {
                parts = of_bill(&bill);
            }
        }
        let rest = due.minor - parts.values().sum::<i64>();
        *parts.entry(Account::Revenue(Revenue::Other)).or_insert(0) += rest;
        Ok(parts)
    }

    /// What payers' banks have moved and decided, and what of a loss was the payer's anyway: a later bill changes that.
    async fn disputed(&mut self, before: &Order, after: &Order) -> Result<(), PayError> {
        let back = after.returned_by_banks() - before.returned_by_banks();
        let lost = after.lost() - before.lost() - back;
        let mut entry =
            self.posted("dispute", format!("dispute:{}:{}", self.docket.order.id, self.docket.order.version));
        for one in &after.tries {
            let account = self.provider(one.id);
            let more = gone(after, one.id) - gone(before, one.id);
            let open = open_disputes(after, one.id) - open_disputes(before, one.id);
            if let Account::Provider(name) = &account {
                entry = entry.debit(Account::Disputes(name.clone()), self.amount(open));
            }
            entry = entry.credit(account, self.amount(more));
        }
        entry = entry.debit(Account::Expense(Expense::Dispute), self.amount(lost));
        if back != 0 {
            entry = self.paid(entry, -back);
        }
        if entry.lines.is_empty() { Ok(()) } else { self.record(&entry).await }
    }

    async fn returned(
        &mut self,
        refund: i64,
        attempt: i64,
        amount: Amount,
        kind: Kind,
    ) -> Result<(), PayError> {
        let key = effects::returned(self.tx, self.docket.order.id, refund).await?;
        let entry = self.posted("returned", key).credit(self.provider(attempt), amount);
        let entry = match kind {
            _ if self.topped_up().is_some() => entry.debit(Account::Refunds, amount),
            Kind::Goodwill => entry.debit(Account::Revenue(Revenue::Other), amount),
            _ => self.paid(entry, -amount.minor),
        };
        self.record(&entry.with(json!({"kind": kind.word()}))).await
    }

    /// A refund that was done has failed after all: as if it had not been.
    async fn came_back(
        &mut self,
        refund: i64,
        attempt: i64,
        amount: Amount,
        kind: Kind,
    ) -> Result<(), PayError> {
        let key = effects::came_back(refund, self.docket.order.version);
        let entry = self.posted("came_back", key).debit(self.provider(attempt), amount);
        let entry = match kind {
            Kind::Goodwill if self.topped_up().is_none() => {
                entry.credit(Account::Revenue(Revenue::Other), amount)
            }
            _ => self.paid(entry, amount.minor),
        };
        self.record(&entry.with(json!({"kind": kind.word()}))).await
    }
}

/// Net amounts by what they are for, taxes by their rates.
fn of_bill(bill: &Bill) -> BTreeMap<Account, i64> {
    let mut sums: BTreeMap<Account, Decimal> = BTreeMap::new();
    for line in &bill.lines {
        let revenue = line.dimension.map_or(Revenue::Other, revenue);
        *sums.entry(Account::Revenue(revenue)).or_default() += line.net;
        if line.taxes.is_empty() {
            *sums.entry(Account::Tax(line.vat.unwrap_or_default())).or_default() += line.tax;
        }
        for tax in &line.taxes {
            *sums.entry(Account::Tax(tax.percent)).or_default() += tax.amount;
        }
    }
    let minor =
        |amount: Decimal| Amount::of(Money { amount, currency: bill.currency }).map_or(0, |a| a.minor);
    sums.into_iter()
        .map(|(account, amount)| (account, minor(amount)))
        .filter(|(_, minor)| *minor != 0)
        .collect()
}

fn revenue(charge: Charge) -> Revenue {
    match charge {
        Charge::Energy => Revenue::Energy,
        Charge::Service => Revenue::Service,
        Charge::Time => Revenue::Time,
        Charge::ParkingTime => Revenue::Idle,
        Charge::ReservationTime | Charge::ReservationFlat => Revenue::Reservation,
        Charge::Flat => Revenue::Flat,
    }
}
