//! What a session has cost is brought in: by a debit of the method on file at the hours of the ladder, from the balance, or
//! by the driver's own hand; and a driver who does not pay is told so, and begins nothing any more.
//!
//! The ladder is one task per order. It keeps which steps it has taken, and looks at the order anew each time: whatever
//! else has happened meanwhile counts, and so does nothing that a process did before it died half-way.

use super::{
    super::{
        PayError, click,
        docket::{Docket, standing},
        number, payment,
        tasks::{self, Kind},
        voucher, wallet,
    },
    contract::PaysBy,
    words::{self, Word},
};
use crate::{
    app::App,
    messages::{self, Message},
    store::{
        Tx,
        contracts::{self, ContractRow},
        mandates::{self, MandateRow},
        pay::{
            attempts::{self, AttemptRow},
            tasks::{self as rows, TaskRow},
        },
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    order::{Event, Standing, State},
    provider::{Attempt, Capture, Method, Payer, Refusal, RefusalKind},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A driver who is paying by the link is not disturbed for so long.
const BY_HAND: TimeDelta = TimeDelta::minutes(15);
/// What is under way is looked at again after this.
const SOON: TimeDelta = TimeDelta::seconds(60);
/// A voucher waits for its operator: looked at again when that has spoken, and else after this.
const VOUCHER: TimeDelta = TimeDelta::hours(6);
/// A debit that nobody has answered may be made for so long.
const EXPIRES: TimeDelta = TimeDelta::minutes(30);

/// What the ladder's task keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Ladder {
    /// Steps taken.
    steps: usize,
    /// Reminders sent.
    reminders: usize,
}

/// The bill of a session that is paid later is known, or is another: the ladder begins, or looks again.
pub(in crate::pay) async fn billed(docket: &Docket<'_>, tx: &mut Tx) -> Result<(), PayError> {
    let key = Kind::Debit.key(docket.order.id);
    let task = tasks::row(docket, Kind::Debit, key, tasks::About::default(), docket.now);
    // A ladder that has come to its end begins anew: another bill asks for something.
    if !rows::add(tx, &task).await? && !rows::begin_anew(tx, &task.key, docket.now).await? {
        rows::hasten(tx, &task.key, docket.now).await?;
    }
    Ok(())
}

/// An order that is paid later has come to another state: the ladder looks at it now, and who has paid is free again.
pub(in crate::pay) async fn moved(docket: &Docket<'_>, tx: &mut Tx, to: State) -> Result<(), PayError> {
    if !matches!(to, State::Charging | State::Settling) {
        rows::hasten(tx, &Kind::Debit.key(docket.order.id), docket.now).await?;
    }
    let paid = matches!(to, State::Captured | State::Released | State::Refunded | State::PartlyRefunded);
    match docket.order.driver_id.filter(|_| paid) {
        Some(driver) => cleared(docket, tx, driver).await,
        None => Ok(()),
    }
}

/// This order is paid: a driver who owed for it, and for no other, is free again.
pub(in crate::pay) async fn cleared(docket: &Docket<'_>, tx: &mut Tx, driver: i64) -> Result<(), PayError> {
    // Another order may begin to be owed for at this moment.
    contracts::lock(tx, driver).await?;
    if contracts::clear_owing(tx, driver, docket.order.id).await? {
        docket.tell(tx, "driver.cleared", "", json!({"driver": driver.to_string()})).await?;
    }
    Ok(())
}

/// What the driver's balance did not cover of a bill is owed.
pub(in crate::pay) async fn short(docket: &Docket<'_>, tx: &mut Tx, driver: i64) -> Result<(), PayError> {
    let Some(row) = contracts::find(tx, driver).await? else { return Ok(()) };
    // … and another one may be paid, which is to see this one, or to be seen.
    contracts::lock(tx, driver).await?;
    if contracts::set_standing(tx, driver, "", "owing").await? {
        docket.tell(tx, "driver.owing", "", json!({"driver": driver.to_string()})).await?;
    }
    // Another bill may be short once more.
    let due = docket.order.due_minor.unwrap_or_default();
    tell_driver(docket, tx, &row, Word::Short, &due.to_string()).await
}

/// Does what is due of the ladder.
pub(in crate::pay) async fn run(app: &App, task: &TaskRow) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let Some(docket) = Docket::open(app, &mut tx, task.order_id).await? else {
        rows::end(&mut tx, task, "given_up", "its order is gone", app.clock.now()).await?;
        return Ok(tx.commit().await?);
    };
    let ladder = serde_json::from_str(&task.body).unwrap_or_default();
    let mut at = At { docket, tx: &mut tx, task, ladder };
    let next = at.look().await?;
    let (now, ladder) = (at.docket.now, serde_json::to_string(&at.ladder).unwrap_or_default());
    let station = at.docket.order.station_id.clone();
    rows::set_body(&mut tx, task.id, &ladder).await?;
    match next {
        Some(due) => rows::again(&mut tx, task, due.max(now + TimeDelta::seconds(1)), "").await?,
        None => {
            rows::end(&mut tx, task, "done", "", now).await?;
        }
    }
    tx.commit().await?;
    app.pay.changed(app, &station);
    Ok(())
}

struct At<'a, 'b> {
    docket: Docket<'b>,
    tx: &'a mut Tx,
    task: &'a TaskRow,
    ladder: Ladder,
}

impl At<'_, '_> {
    /// When to look again; `None`: it is over.
    async fn look(&mut self) -> Result<Option<DateTime<Utc>>, PayError> {
        let now = self.docket.now;
        if self.docket.outstanding()?.minor <= 0 {
            return Ok(None);
        }
        let Some(driver) = self.driver().await? else {
            self.docket.tell(self.tx, "debit.no_driver", "", json!({})).await?;
            return Ok(None);
        };
        if let Some(live) = self.docket.live().cloned() {
            return self.under_way(&live).await.map(Some);
        }
        self.ask_after_refusal(&driver).await?;
        let hours = &self.docket.app.config.pay.later.retry_hours;
        if let Some(hour) = hours.get(self.ladder.steps) {
            let at = self.task.created_at + TimeDelta::hours(i64::from(*hour));
            if now < at {
                return Ok(Some(at));
            }
            self.ladder.steps += 1;
            let from_balance = driver.pays_by == PaysBy::Balance.word();
            if from_balance && wallet::pay_bill(&mut self.docket, self.tx).await? {
                return Ok(None);
            }
            let after = hours.get(self.ladder.steps);
            let after = after.map(|hour| self.task.created_at + TimeDelta::hours(i64::from(*hour)));
            return match self.debit(&driver).await? {
                true => Ok(Some(after.unwrap_or(now + SOON))),
                false => Ok(Some(after.unwrap_or(now))),
            };
        }
        self.dun(&driver).await
    }

    async fn driver(&mut self) -> Result<Option<ContractRow>, PayError> {
        match self.docket.order.driver_id {
            Some(id) => Ok(contracts::find(self.tx, id).await?),
            None => Ok(None),
        }
    }

    /// Somebody is paying, or a debit has no answer yet.
    async fn under_way(&mut self, live: &AttemptRow) -> Result<DateTime<Utc>, PayError> {
        let now = self.docket.now;
        // Its operator will say.
        if live.method == voucher::METHOD {
            return Ok(now + VOUCHER);
        }
        let by_hand = live.method != Method::word(&on_file("", ""));
        if by_hand && now >= live.created_at + BY_HAND {
            self.docket.take(self.tx, &Event::Withdraw { attempt: live.id }, "").await?;
        }
        Ok(now + SOON)
    }

    /// The last debit was refused, and only the driver can do something about it: he is asked, once.
    async fn ask_after_refusal(&mut self, driver: &ContractRow) -> Result<(), PayError> {
        let last = self.docket.attempts.last();
        let failed = last.filter(|row| {
            row.method == Method::word(&on_file("", "")) && standing(&row.state) == Standing::Failed
        });
        let Some(failed) = failed.cloned() else { return Ok(()) };
        let refusal: Option<Refusal> = serde_json::from_str(&failed.refusal).ok();
        if refusal.is_some_and(|refusal| refusal.kind == RefusalKind::Payer) {
            self.tell_driver(driver, Word::Asked, "first").await?;
        }
        Ok(())
    }

    /// Debits the method on file. False: there is none that could be.
    async fn debit(&mut self, driver: &ContractRow) -> Result<bool, PayError> {
        let app = self.docket.app;
        let step = self.ladder.steps;
        let mandate = mandates::active(self.tx, driver.id).await?;
        let known = mandate.as_ref().and_then(|mandate| app.pay.accounts.get(&mandate.account));
        let (Some(mandate), Some(account)) = (&mandate, known) else {
            let why =
                if mandate.is_none() { "no method on file" } else { "its account is not in the settings" };
            outcome("impossible");
            self.docket.tell(self.tx, "debit.impossible", "", json!({"why": why, "step": step})).await?;
            self.tell_driver(driver, Word::Asked, "first").await?;
            return Ok(false);
        };
        if self.docket.attempts.len() >= attempts::PER_ORDER_MAX {
            return Ok(false);
        }
        let row = self.attempt(mandate, &account.wallet)?;
        let id = row.id;
        attempts::create(self.tx, &row).await?;
        self.docket.take(self.tx, &Event::Opened { attempt: id, can_raise: false }, "").await?;
        self.docket.attempts.push(row);
        let about = tasks::About { attempt: id, ..tasks::About::default() };
        let now = self.docket.now;
        let open = tasks::row(&self.docket, Kind::Open, Kind::Open.key(id), about, now);
        rows::add(self.tx, &open).await?;
        let first = now + TimeDelta::seconds(payment::POLLS[0]);
        rows::add(self.tx, &tasks::row(&self.docket, Kind::Query, Kind::Query.key(id), about, first)).await?;
        let body =
            json!({"account": mandate.account, "brand": mandate.brand, "last4": mandate.last4, "step": step});
        self.docket.tell(self.tx, "debit.begun", "", body).await?;
        outcome("begun");
        Ok(true)
    }

    fn attempt(&self, mandate: &MandateRow, wallet: &str) -> Result<AttemptRow, PayError> {
        let (docket, now) = (&self.docket, self.docket.now);
        let amount = docket.outstanding()?;
        let method = on_file(&mandate.customer, &mandate.instrument);
        let link = format!("{}/o/{}", click::public_url(docket.app), docket.order.number);
        let body = Attempt {
            number: number::merchant(now)?,
            amount,
            capture: Capture::Now,
            method: method.clone(),
            description: click::description(&docket.order),
            payer: Payer { language: docket.order.language.clone(), ..Payer::default() },
            created_at: now,
            expires_at: now + EXPIRES,
            notify_url: format!("{}/pay/notify/{}", click::public_url(docket.app), mandate.account),
            return_url: link,
            reference: None,
            charge: None,
        };
        let of = [mandate.account.as_str(), wallet, method.word()];
        Ok(AttemptRow {
            body: serde_json::to_string(&body).unwrap_or_default(),
            ..AttemptRow::new(docket.app.ids.next(), docket.order.id, body.number.clone(), of, amount, now)
        })
    }

    /// The ladder is at its end: the driver owes, and is reminded from time to time.
    async fn dun(&mut self, driver: &ContractRow) -> Result<Option<DateTime<Utc>>, PayError> {
        contracts::lock(self.tx, driver.id).await?;
        if contracts::set_standing(self.tx, driver.id, "", "owing").await? {
            outcome("given_up");
            let body = json!({"driver": driver.id.to_string(), "steps": self.ladder.steps});
            self.docket.tell(self.tx, "driver.owing", "", body).await?;
        }
        self.tell_driver(driver, Word::Owing, "last").await?;
        let days = &self.docket.app.config.pay.later.remind_days;
        while let Some(day) = days.get(self.ladder.reminders) {
            let at = self.task.created_at + TimeDelta::days(i64::from(*day));
            if self.docket.now < at {
                return Ok(Some(at));
            }
            self.ladder.reminders += 1;
            // After a long silence one is enough.
            let later = days.get(self.ladder.reminders);
            if later
                .is_none_or(|day| self.docket.now < self.task.created_at + TimeDelta::days(i64::from(*day)))
            {
                self.tell_driver(driver, Word::Reminder, &day.to_string()).await?;
            }
        }
        Ok(None)
    }

    async fn tell_driver(&mut self, driver: &ContractRow, word: Word, what: &str) -> Result<(), PayError> {
        tell_driver(&self.docket, self.tx, driver, word, what).await
    }
}

/// Tells the driver, once for each `what`.
async fn tell_driver(
    docket: &Docket<'_>,
    tx: &mut Tx,
    driver: &ContractRow,
    word: Word,
    what: &str,
) -> Result<(), PayError> {
    let order = &docket.order;
    let amount = docket.outstanding()?.to_string();
    let to = if order.contact.is_empty() { driver.contact() } else { &order.contact };
    let language = if driver.language.starts_with("zh") { "zh" } else { "en" };
    let place = format!("{} / {}", order.station_id, order.evse);
    let (subject, text) = words::text(word, language, &place, &amount);
    let message = Message {
        key: &format!("later:{}:{}:{what}", order.id, word.word()),
        kind: messages::Kind::Owing,
        to,
        language,
        subject: &subject,
        text: &text,
        link: &format!("{}/o/{}", click::public_url(docket.app), order.number),
        order: Some(order.id),
    };
    if messages::add(docket.app, tx, &message, docket.now).await? {
        let body = json!({"about": word.word(), "what": what});
        docket.tell(tx, "driver.told", "", body).await?;
    }
    Ok(())
}

fn on_file(customer: &str, instrument: &str) -> Method {
    Method::OnFile { customer: customer.to_owned(), instrument: instrument.to_owned() }
}

fn outcome(word: &'static str) {
    metrics::counter!("csms_pay_debits_total", "outcome" => word).increment(1);
}
