//! Tasks about money on its way back.

use super::{
    PayError,
    call::{self, Asked},
    docket::{Docket, refund_standing},
    fact::{self, Verdict},
    payment,
    worker::{End, again, end},
};
use crate::{
    app::App,
    store::pay::{
        refunds::{self, RefundRow},
        tasks::{self, TaskRow},
    },
};
use payments::{
    Amount,
    order::{Event, RefundStanding},
    provider::{Answer, Call, RefundAsk, RefundState, Refusal, RefusalKind, Told},
};
use serde_json::json;

/// A refund that came to nothing so often (about two weeks) is given up; people are told.
const TRIES_MAX: i64 = 350;

/// Does the task: the refund is asked for, and asked after until it is done. What may have been asked for is asked after
/// first, and then asked for again with the same number: the same refund. Where the provider is known to say nothing but
/// its old error to a key, and not to know the refund, it is asked for by another.
pub(super) async fn run(app: &App, task: &TaskRow) -> Result<(), PayError> {
    let Some(begun) = prepare(app, task).await? else { return Ok(()) };
    let Begun { row, account, body, of } = begun;
    let Some(account) = app.pay.accounts.get(&account) else {
        let why = format!("the account {account:?} is not in the settings any more");
        return end(app, task, End::GivenUp(why)).await;
    };
    let Some(attempt) = body else {
        return end(app, task, End::GivenUp("what the provider was told cannot be read".to_owned())).await;
    };
    let currency = attempt.amount.currency;
    let refund = RefundAsk {
        number: row.number.clone(),
        amount: Amount::new(row.amount_minor, currency),
        of: Amount::new(of, currency),
        reason: row.reason.clone(),
        reference: Some(row.reference.clone()).filter(|reference| !reference.is_empty()),
        spent: spent(task),
    };
    if row.state != "new" {
        match call::ask(app, account, &Call::QueryRefund { attempt: &attempt, refund: &refund }).await {
            Asked::NotAsked(until) => return end(app, task, End::PutBack(until)).await,
            Asked::Answer(answer) => {
                if take(app, task, answer, true).await?.is_none() {
                    return Ok(());
                }
            }
        }
    }
    match call::ask(app, account, &Call::Refund { attempt: &attempt, refund: &refund }).await {
        Asked::NotAsked(until) => end(app, task, End::PutBack(until)).await,
        Asked::Answer(answer) => take(app, task, answer, false).await.map(|_| ()),
    }
}

/// How many keys of the refund are spent.
fn spent(task: &TaskRow) -> u32 {
    task.body.parse().unwrap_or(0)
}

struct Begun {
    /// As it was before this turn.
    row: RefundRow,
    account: String,
    body: Option<payments::provider::Attempt>,
    /// What the attempt took.
    of: i64,
}

/// Is there still something to do? Then it is noted that it is being done.
async fn prepare(app: &App, task: &TaskRow) -> Result<Option<Begun>, PayError> {
    let mut tx = app.db.write().await?;
    let Some(docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(None) };
    let row = docket.refunds.iter().find(|row| row.id == task.refund_id).cloned();
    let row = row.filter(|row| refund_standing(&row.state) == RefundStanding::Open);
    let (Some(row), Some(attempt)) = (row, docket.attempt(task.attempt_id)) else {
        tasks::end(&mut tx, task, "done", "", docket.now).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let body = payment::attempt_of(attempt);
    let (account, of) = (attempt.account.clone(), attempt.taken_minor);
    if row.state == "new" {
        let sending = RefundRow { state: "sending".to_owned(), changed_at: docket.now, ..row.clone() };
        refunds::update(&mut tx, &sending).await?;
        tx.commit().await?;
    }
    Ok(Some(Begun { row, account, body, of }))
}

/// Takes the answer. `first`: it was only asked how the refund stands; then `Some` says to ask for it.
async fn take(app: &App, task: &TaskRow, answer: Answer, first: bool) -> Result<Option<()>, PayError> {
    let mut tx = app.db.write().await?;
    let Some(mut docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(None) };
    let now = docket.now;
    let account = docket.attempt(task.attempt_id).map(|row| row.account.clone()).unwrap_or_default();
    let mut go_on = false;
    let mut trouble = String::new();
    let kept = !first && matches!(answer, Answer::Kept(_));
    match answer {
        Answer::Told(Told::Refund(told)) if told.state == RefundState::Absent => go_on = first,
        Answer::Told(Told::Refund(told)) => {
            let verdict = fact::refund(&mut docket, &mut tx, &account, &told, false).await?;
            if matches!(verdict, Verdict::Review(_)) {
                trouble = verdict.words();
            }
        }
        Answer::Told(_) | Answer::Then(_) => trouble = "the provider answered something else".to_owned(),
        Answer::Refused(refusal) if first && refusal.kind == RefusalKind::Absent => go_on = true,
        Answer::Refused(refusal) => {
            trouble = format!("{}: {}", refusal.code, refusal.text);
            match refusal.kind {
                RefusalKind::Access => {
                    fact::put_off(&mut docket, &mut tx, &account, task.refund_id, &refusal).await?;
                }
                _ if first => {}
                // Who does not know a payment that was made there is not who we think: a key of another account.
                RefusalKind::Trouble | RefusalKind::Absent => {
                    fact::put_off(&mut docket, &mut tx, &account, task.refund_id, &refusal).await?;
                }
                RefusalKind::Paid => {}
                _ => refused(&mut docket, &mut tx, task, &account, &refusal).await?,
            }
        }
        Answer::Unknown(why) | Answer::Kept(why) => {
            trouble = why;
            if kept {
                let spent = spent(task).saturating_add(1);
                tasks::set_body(&mut tx, task.id, &spent.to_string()).await?;
            }
            if let Some(row) = docket.refunds.iter_mut().find(|row| row.id == task.refund_id)
                && row.state == "sending"
            {
                "unknown".clone_into(&mut row.state);
                row.changed_at = now;
                refunds::update(&mut tx, row).await?;
            }
        }
    }
    let row = docket.refunds.iter().find(|row| row.id == task.refund_id);
    let open = row.is_some_and(|row| refund_standing(&row.state) == RefundStanding::Open);
    if !open {
        tasks::end(&mut tx, task, "done", &trouble, now).await?;
        go_on = false;
    } else if !go_on && task.tries < TRIES_MAX {
        tasks::again(&mut tx, task, again(task.tries, now), &trouble).await?;
    } else if !go_on {
        super::worker::give_up(&mut docket, &mut tx, task, &trouble).await?;
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(go_on.then_some(()))
}

/// A no that stays one: the money is still with the provider, and somebody has to act.
async fn refused(
    docket: &mut Docket<'_>,
    tx: &mut crate::store::Tx,
    task: &TaskRow,
    account: &str,
    refusal: &Refusal,
) -> Result<(), PayError> {
    if let Some(row) = docket.refunds.iter_mut().find(|row| row.id == task.refund_id) {
        row.refusal = serde_json::to_string(refusal).unwrap_or_default();
    }
    docket.tell(tx, "refund.refused", account, json!({"refusal": refusal})).await?;
    docket.take(tx, &Event::ReturnFailed { refund: task.refund_id }, account).await?;
    Ok(())
}
