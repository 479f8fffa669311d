//! Tasks about a payment at its provider: made, asked after, closed, raised, captured, released.
//!
//! A task that is begun again asks first how the payment stands: what it wanted may have been done although the answer
//! was lost, and only the provider knows.

use super::{
    PayError,
    call::{self, Asked},
    docket::{Docket, standing},
    fact::{self, Verdict},
    tasks::Kind,
    terminal::adopt,
    worker::{End, again, end},
};
use crate::{
    app::App,
    store::{
        Tx,
        pay::{
            attempts::{self, AttemptRow},
            tasks::{self, TaskRow},
        },
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    order::{Event, Standing},
    provider::{Answer, Attempt, Call, PaymentState, Refusal, RefusalKind, Told},
};
use serde_json::json;

/// It is asked how a payment stands, so many seconds after it was begun …
pub(super) const POLLS: [i64; 6] = [5, 15, 45, 105, 225, 525];
/// … and when its time is over, then every hour for so long.
const POLLS_FOR: TimeDelta = TimeDelta::hours(24);
/// A request that was sent may arrive so long after.
const IN_FLIGHT: TimeDelta = TimeDelta::seconds(60);
/// A task that came to nothing so often is given up; people are told.
const TRIES_MAX: i64 = 80;

/// Does the task.
pub(super) async fn run(app: &App, task: &TaskRow, kind: Kind) -> Result<(), PayError> {
    let Some(row) = prepare(app, task, kind).await? else { return Ok(()) };
    let Some(account) = app.pay.accounts.get(&row.account) else {
        let why = format!("the account {:?} is not in the settings any more", row.account);
        return end(app, task, End::GivenUp(why)).await;
    };
    let Some(attempt) = attempt_of(&row) else {
        return end(app, task, End::GivenUp("what the provider was told cannot be read".to_owned())).await;
    };
    if task.tries > 1 && kind != Kind::Query {
        match call::ask(app, account, &Call::Query(&attempt)).await {
            Asked::NotAsked(until) => return end(app, task, End::PutBack(until)).await,
            Asked::Answer(answer) => {
                if take(app, task, kind, &attempt, answer, true).await?.is_none() {
                    return Ok(());
                }
            }
        }
    }
    // A provider may keep an error of its own for a key, and say it again for a day. So each try has another key: how the
    // payment stands was asked before, and nothing that is held can be moved twice.
    let mut key = format!("{}-{}", attempt.number, kind.word());
    if task.tries > 1 {
        key.push_str(&format!("-{}", task.tries));
    }
    let amount = Amount::new(task.amount_minor, attempt.amount.currency);
    let raise_key = format!("{key}-{}", task.amount_minor);
    let call = match kind {
        Kind::Open => Call::Open(&attempt),
        Kind::Close => Call::Close(&attempt),
        Kind::Raise => Call::Raise { attempt: &attempt, to: amount, key: &raise_key },
        Kind::Capture => Call::Capture { attempt: &attempt, amount, key: &key },
        Kind::Release => Call::Release { attempt: &attempt, key: &key },
        Kind::Query | Kind::Refund | Kind::Start | Kind::Stop | Kind::Debit => Call::Query(&attempt),
    };
    match call::ask(app, account, &call).await {
        Asked::NotAsked(until) => end(app, task, End::PutBack(until)).await,
        Asked::Answer(answer) => take(app, task, kind, &attempt, answer, false).await.map(|_| ()),
    }
}

/// What the provider knows the payment by.
pub(super) fn attempt_of(row: &AttemptRow) -> Option<Attempt> {
    let mut attempt: Attempt = serde_json::from_str(&row.body).ok()?;
    let known = |text: &String| Some(text).filter(|text| !text.is_empty()).cloned();
    (attempt.reference, attempt.charge) = (known(&row.reference), known(&row.charge));
    Some(attempt)
}

/// Is there still something to do? Then it is noted that it is being done.
async fn prepare(app: &App, task: &TaskRow, kind: Kind) -> Result<Option<AttemptRow>, PayError> {
    let mut tx = app.db.write().await?;
    let docket = Docket::open(app, &mut tx, task.order_id).await?;
    let Some(mut docket) = docket else {
        tasks::end(&mut tx, task, "given_up", "its order is gone", app.clock.now()).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let now = docket.now;
    let row = docket.attempt(task.attempt_id).cloned();
    let never_sent = row.as_ref().is_some_and(|row| row.state == "new");
    if kind == Kind::Close && never_sent {
        // The provider has never heard of it.
        docket.take(&mut tx, &Event::Closed { attempt: task.attempt_id }, "").await?;
    }
    let row = docket.attempt(task.attempt_id).cloned();
    let Some(mut row) = row.filter(|row| kind == Kind::Query || is_needed(kind, row, task)) else {
        tasks::end(&mut tx, task, "done", "", now).await?;
        tx.commit().await?;
        app.pay.changed(app, &docket.order.station_id);
        return Ok(None);
    };
    if kind == Kind::Open && row.state == "new" {
        "sending".clone_into(&mut row.state);
        row.changed_at = now;
        attempts::update(&mut tx, &row).await?;
        tx.commit().await?;
    }
    Ok(Some(row))
}

/// Is what the task wants still wanted, and not so yet?
fn is_needed(kind: Kind, row: &AttemptRow, task: &TaskRow) -> bool {
    let (standing, asked) = (standing(&row.state), row.asked.as_str());
    match kind {
        Kind::Open => {
            matches!(row.state.as_str(), "new" | "sending" | "unknown")
                || (standing == Standing::Live && row.next.is_empty())
        }
        // What was asked for since has its own task, which asks as well.
        Kind::Query | Kind::Close => standing == Standing::Live,
        Kind::Raise => standing == Standing::Held && row.raise_minor == task.amount_minor,
        Kind::Capture => standing == Standing::Held && asked == "capture",
        Kind::Release => standing == Standing::Held && asked == "release",
        Kind::Refund | Kind::Start | Kind::Stop | Kind::Debit => false,
    }
}

/// Takes the answer, in one transaction with what becomes of the task. `first`: it was only asked how the payment
/// stands; then `Some` says to go on.
async fn take(
    app: &App,
    task: &TaskRow,
    kind: Kind,
    attempt: &Attempt,
    answer: Answer,
    first: bool,
) -> Result<Option<()>, PayError> {
    let mut tx = app.db.write().await?;
    let Some(mut docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(None) };
    let asked = if first { Kind::Query } else { kind };
    let answered = matches!(answer, Answer::Told(_) | Answer::Refused(_));
    let mut reached = Reached { docket: &mut docket, tx: &mut tx, task, attempt };
    let trouble = match answer {
        Answer::Told(Told::Opened { reference, charge, next }) if asked == Kind::Open => {
            reached.opened(reference, charge, &next).await?;
            None
        }
        Answer::Told(Told::Payment(told)) => reached.told(kind, &told).await?,
        Answer::Told(_) => Some("the provider answered something else".to_owned()),
        Answer::Refused(refusal) => reached.refused(kind, asked, &refusal).await?,
        Answer::Unknown(why) | Answer::Kept(why) => Some(reached.unknown(kind, why).await?),
        Answer::Then(_) => Some("too many requests belong to this call".to_owned()),
    };
    let now = docket.now;
    let row = docket.attempt(task.attempt_id).cloned();
    let needed = row.as_ref().is_some_and(|row| is_needed(kind, row, task));
    let go_on = first && needed && trouble.is_none();
    if !go_on {
        let next = match (&row, needed) {
            (Some(row), true) if kind == Kind::Query => {
                let next = poll(row, attempt.expires_at, now);
                // It may have been paid, and nothing begins before that is known.
                next.map(|next| if answered { next } else { next.min(again(task.tries, now)) })
            }
            // Whoever had it asked waits for an answer. What is held is to be known before it is captured.
            (Some(row), false)
                if kind == Kind::Query
                    && (!answered
                        || (trouble.is_some()
                            && row.held_minor > 0
                            && adopt::is_adopted(&docket.order, row)))
                    && task.tries < TRIES_MAX =>
            {
                Some(again(task.tries, now))
            }
            (_, true) if task.tries < TRIES_MAX => Some(again(task.tries, now)),
            (_, true) => None,
            (_, false) => {
                tasks::end(&mut tx, task, "done", "", now).await?;
                tx.commit().await?;
                app.pay.changed(app, &docket.order.station_id);
                return Ok(None);
            }
        };
        let trouble = trouble.unwrap_or_default();
        match next {
            Some(due) => tasks::again(&mut tx, task, due, &trouble).await?,
            None => super::worker::give_up(&mut docket, &mut tx, task, &trouble).await?,
        }
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(go_on.then_some(()))
}

/// When it is asked next how a payment stands; `None`: never by itself.
fn poll(row: &AttemptRow, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut polls = POLLS.map(|after| row.created_at + TimeDelta::seconds(after)).to_vec();
    polls.push(expires_at + TimeDelta::seconds(5));
    polls.sort();
    let soon = polls.into_iter().find(|at| *at > now);
    soon.or_else(|| (now < expires_at + POLLS_FOR).then(|| now + TimeDelta::hours(1)))
}

/// An answer that has come.
struct Reached<'a, 'b> {
    docket: &'a mut Docket<'b>,
    tx: &'a mut Tx,
    task: &'a TaskRow,
    attempt: &'a Attempt,
}

impl Reached<'_, '_> {
    async fn opened(
        &mut self,
        reference: Option<String>,
        charge: Option<String>,
        next: &payments::provider::Next,
    ) -> Result<(), PayError> {
        let now = self.docket.now;
        let Some(row) = self.docket.attempt_mut(self.task.attempt_id) else { return Ok(()) };
        if standing(&row.state) == Standing::Live {
            "open".clone_into(&mut row.state);
        }
        row.next = serde_json::to_string(next).unwrap_or_default();
        row.reference = reference.unwrap_or(std::mem::take(&mut row.reference));
        row.charge = charge.unwrap_or(std::mem::take(&mut row.charge));
        row.changed_at = now;
        attempts::update(self.tx, row).await?;
        let account = row.account.clone();
        self.docket
            .tell(self.tx, "attempt.opened", &account, json!({"attempt": self.attempt.number}))
            .await?;
        self.docket.touched(self.tx).await
    }

    /// `Some`: what is in the way.
    async fn told(
        &mut self,
        kind: Kind,
        told: &payments::provider::PaymentFact,
    ) -> Result<Option<String>, PayError> {
        if told.number != self.attempt.number {
            return Ok(Some("the provider answered about another payment".to_owned()));
        }
        if told.state == PaymentState::Absent {
            return self.absent(kind).await;
        }
        let account = self.account();
        let verdict = fact::payment(self.docket, self.tx, &account, told).await?;
        Ok(matches!(verdict, Verdict::Review(_)).then(|| verdict.words()))
    }

    /// The provider does not know it. That is an end only where nothing can be on its way to the provider any more.
    async fn absent(&mut self, kind: Kind) -> Result<Option<String>, PayError> {
        let now = self.docket.now;
        let Some(row) = self.docket.attempt(self.task.attempt_id) else { return Ok(None) };
        if standing(&row.state) != Standing::Live {
            return Ok(Some("the provider does not know a payment that it has told of".to_owned()));
        }
        let over = now >= self.attempt.expires_at || row.asked == "close";
        if over && now >= row.changed_at + IN_FLIGHT {
            self.event(&Event::Closed { attempt: self.task.attempt_id }).await?;
        } else if kind == Kind::Open && !over {
            return Ok(None);
        }
        Ok(Some("the provider does not know it".to_owned()))
    }

    async fn refused(
        &mut self,
        kind: Kind,
        asked: Kind,
        refusal: &Refusal,
    ) -> Result<Option<String>, PayError> {
        let said = format!("{}: {}", refusal.code, refusal.text);
        let attempt = self.task.attempt_id;
        match (asked, refusal.kind) {
            // It may be paid: what the next query says counts.
            (Kind::Open | Kind::Close, RefusalKind::Paid) => Ok(Some(said)),
            (Kind::Query | Kind::Close, RefusalKind::Absent) => self.absent(kind).await,
            (Kind::Open | Kind::Close, RefusalKind::Closed) => {
                self.event(&Event::Closed { attempt }).await?;
                Ok(None)
            }
            (Kind::Open, _) => {
                let now = self.docket.now;
                if let Some(row) = self.docket.attempt_mut(attempt) {
                    row.refusal = serde_json::to_string(refusal).unwrap_or_default();
                    row.changed_at = now;
                    attempts::update(self.tx, row).await?;
                }
                let account = self.account();
                self.docket.tell(self.tx, "attempt.refused", &account, json!({"refusal": refusal})).await?;
                self.event(&Event::Failed { attempt }).await?;
                Ok(None)
            }
            (Kind::Raise, kind) if kind != RefusalKind::Trouble => {
                self.event(&Event::RaiseRefused { attempt }).await?;
                Ok(None)
            }
            // Whatever the reason, the money is where it was: it is asked again, and people are told in the end.
            _ => Ok(Some(said)),
        }
    }

    async fn unknown(&mut self, kind: Kind, why: String) -> Result<String, PayError> {
        let now = self.docket.now;
        let Some(row) = self.docket.attempt_mut(self.task.attempt_id) else { return Ok(why) };
        if kind == Kind::Open && row.state == "sending" {
            "unknown".clone_into(&mut row.state);
            row.changed_at = now;
            attempts::update(self.tx, row).await?;
            let account = row.account.clone();
            self.docket.tell(self.tx, "attempt.unknown", &account, json!({"why": why})).await?;
        }
        Ok(why)
    }

    async fn event(&mut self, event: &Event) -> Result<(), PayError> {
        let account = self.account();
        match self.docket.take(self.tx, event, &account).await {
            Ok(_) => Ok(()),
            Err(super::docket::TakeError::Illegal(illegal)) => {
                let body = json!({"review": "contradiction", "why": illegal.to_string()});
                metrics::counter!("csms_pay_reviews_total", "why" => "contradiction").increment(1);
                self.docket.tell(self.tx, "fact.review", &account, body).await
            }
            Err(super::docket::TakeError::Pay(error)) => Err(error),
        }
    }

    fn account(&self) -> String {
        self.docket.attempt(self.task.attempt_id).map(|row| row.account.clone()).unwrap_or_default()
    }
}
