//! What a provider says of a payment or a refund, taken. A notification and the answer to a query go the same way: both
//! come from a signature that verified, and both are believed only if account, number, currency and amount are those
//! of our attempt. What does not fit moves nothing: somebody has to look.

use super::{
    PayError,
    docket::{Docket, TakeError, refund_standing, standing},
    guard, later,
    offer::{self, Readiness},
    tasks::Kind,
    terminal::adopt,
};
use crate::store::{
    Tx,
    pay::{attempts, refunds, tasks},
};
use payments::{
    Amount,
    order::{Event, RefundStanding, Standing},
    provider::{Instrument, PaymentFact, PaymentState, RefundFact, RefundState, Refusal, RefusalKind},
};
use serde_json::json;

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Applied,
    NothingNew,
    UnknownOrder,
    /// Somebody has to look: why, in one word.
    Review(&'static str),
}

impl Verdict {
    /// As stored with the notification.
    pub fn words(&self) -> String {
        match self {
            Verdict::Applied => "applied".to_owned(),
            Verdict::NothingNew => "nothing_new".to_owned(),
            Verdict::UnknownOrder => "unknown_order".to_owned(),
            Verdict::Review(why) => format!("review:{why}"),
        }
    }

    /// The same notification sent again is to be looked at again.
    pub fn is_open(words: &str) -> bool {
        words == "unknown_order" || words.starts_with("review:")
    }

    fn of(changed: bool) -> Verdict {
        if changed { Verdict::Applied } else { Verdict::NothingNew }
    }
}

/// Does a notification tell the money of a session that is to begin, and not the card, which the provider says only when it
/// is asked? Then it is asked, and nothing is taken from this: money and card are decided together.
pub(super) fn lacks_card(docket: &Docket<'_>, account: &str, fact: &PaymentFact) -> bool {
    let moved = matches!(fact.state, PaymentState::Held | PaymentState::Taken);
    let known = docket.attempts.iter().find(|attempt| attempt.number == fact.number);
    let new = known.is_some_and(|attempt| {
        attempt.account == account && !matches!(standing(&attempt.state), Standing::Held | Standing::Taken)
    });
    let of = docket.app.pay.accounts.get(account);
    let asked = of.is_some_and(|of| of.provider.abilities().cards_by_query);
    moved && new && asked && fact.instrument.is_none() && docket.begins_session()
}

/// Takes a word about a payment.
pub(super) async fn payment(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    account: &str,
    fact: &PaymentFact,
) -> Result<Verdict, PayError> {
    let Some(attempt) = docket.attempts.iter().find(|attempt| attempt.number == fact.number).cloned() else {
        return Ok(Verdict::UnknownOrder);
    };
    let id = attempt.id;
    let event = match checked(docket, &attempt, account, fact) {
        Err(why) => return review(docket, tx, account, why, json!({"fact": fact})).await,
        Ok(event) => event,
    };
    let learnt = learn(docket, tx, id, fact).await?;
    if let (true, Some(held)) = (adopt::is_adopted(&docket.order, &attempt), fact.held) {
        docket.order.amount_minor = held.minor;
    }
    let Some(mut event) = event else { return Ok(Verdict::of(learnt)) };
    if let Event::Held { free, .. } | Event::Taken { free, .. } = &mut event
        && standing(&attempt.state) != Standing::Held
    {
        *free = !adopt::is_given_up(&docket.order, &attempt)
            && is_free(docket, tx).await?
            && !guard::refuses_card(docket, tx, id).await?;
    }
    match docket.take(tx, &event, account).await {
        Ok(changed) => {
            if let (PaymentState::Held | PaymentState::Taken, Some(instrument)) =
                (&fact.state, &fact.instrument)
            {
                keep_method(docket, tx, id, instrument).await?;
            }
            Ok(Verdict::of(changed || learnt))
        }
        Err(TakeError::Illegal(illegal)) => {
            let body = json!({"fact": fact, "why": illegal.to_string()});
            review(docket, tx, account, "contradiction", body).await
        }
        Err(TakeError::Pay(error)) => Err(error),
    }
}

/// The driver has left the method with the provider, and it has paid: it is kept. One that is refused here, or whose money
/// goes back, is not.
async fn keep_method(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    id: i64,
    instrument: &Instrument,
) -> Result<(), PayError> {
    match docket.attempt(id).filter(|attempt| !attempt.extra).cloned() {
        Some(attempt) => later::learn(docket, tx, &attempt, instrument).await,
        None => Ok(()),
    }
}

/// What the fact means for the machine; or in one word what does not fit. `None`: nothing yet.
fn checked(
    docket: &Docket<'_>,
    attempt: &attempts::AttemptRow,
    account: &str,
    fact: &PaymentFact,
) -> Result<Option<Event>, &'static str> {
    if attempt.account != account {
        return Err("account");
    }
    let same = |known: &str, told: &Option<String>| {
        known.is_empty() || told.as_deref().is_none_or(|told| told.is_empty() || told == known)
    };
    if !same(&attempt.reference, &fact.reference) {
        return Err("reference");
    }
    let amounts = [fact.amount, fact.held, fact.taken];
    if amounts.iter().flatten().any(|amount| amount.currency != docket.currency) {
        return Err("currency");
    }
    // A hold that was raised is told as what it is now, or as what it was made for.
    let agreed = [attempt.amount_minor, attempt.held_minor, attempt.raise_minor];
    // What a station's own terminal holds is nobody's to agree but its own.
    let adopted = adopt::is_adopted(&docket.order, attempt);
    let fits = |amount: Amount| amount.minor > 0 && (adopted || agreed.contains(&amount.minor));
    let settled = matches!(fact.state, PaymentState::Taken) && attempt.held_minor + attempt.taken_minor > 0;
    if fact.amount.is_some_and(|amount| !fits(amount) && !settled) {
        return Err("amount");
    }
    let attempt_id = attempt.id;
    Ok(match &fact.state {
        PaymentState::Waiting | PaymentState::Absent => None,
        PaymentState::Held => {
            let held = fact.held.ok_or("no_amount")?;
            if !fits(held) && held.minor > attempt.held_minor {
                return Err("amount");
            }
            Some(Event::Held { attempt: attempt_id, amount: held, free: true })
        }
        PaymentState::Taken => {
            let taken = fact.taken.ok_or("no_amount")?;
            let before = standing(&attempt.state);
            // Taken at once it is the whole amount; of a hold it is what we asked for, or less than nothing we know.
            let whole = fits(taken);
            let asked = attempt.asked == "capture" && attempt.asked_minor == taken.minor;
            let known = before == Standing::Taken && taken.minor == attempt.taken_minor;
            if !(whole || asked || known) {
                return Err("amount");
            }
            Some(Event::Taken { attempt: attempt_id, amount: taken, free: true })
        }
        PaymentState::Released => Some(Event::Released { attempt: attempt_id }),
        PaymentState::Closed => Some(Event::Closed { attempt: attempt_id }),
        PaymentState::Failed { .. } => Some(Event::Failed { attempt: attempt_id }),
    })
}

/// Keeps what the fact tells beside the money. True: something was new.
async fn learn(docket: &mut Docket<'_>, tx: &mut Tx, id: i64, fact: &PaymentFact) -> Result<bool, PayError> {
    let now = docket.now;
    let Some(attempt) = docket.attempt_mut(id) else { return Ok(false) };
    let before = attempt.clone();
    let set = |known: &mut String, told: &Option<String>| {
        if let Some(told) = told.as_ref().filter(|told| !told.is_empty()) {
            known.clone_from(told);
        }
    };
    set(&mut attempt.reference, &fact.reference);
    set(&mut attempt.charge, &fact.charge);
    set(&mut attempt.payer, &fact.payer);
    if let Some(instrument) = &fact.instrument {
        attempt.instrument = serde_json::to_string(instrument).unwrap_or_default();
    }
    attempt.holds_until = fact.holds_until.or(attempt.holds_until);
    if let PaymentState::Failed { refusal } = &fact.state {
        attempt.refusal = serde_json::to_string(refusal).unwrap_or_default();
    }
    // An explicit word that it waits: it is known to be there.
    if fact.state == PaymentState::Waiting && matches!(attempt.state.as_str(), "sending" | "unknown") {
        "open".clone_into(&mut attempt.state);
    }
    if *attempt == before {
        return Ok(false);
    }
    attempt.changed_at = now;
    attempts::update(tx, attempt).await?;
    Ok(true)
}

/// May the order still have its place? Only somebody else's session or payment speaks against it: a station that is
/// offline, or a fault, is told when the start fails.
async fn is_free(docket: &Docket<'_>, tx: &mut Tx) -> Result<bool, PayError> {
    // Bills and top-ups need no place, and a session that has begun has it.
    if !docket.begins_session() {
        return Ok(true);
    }
    let station = docket.order.station_id.as_str().into();
    let readiness = offer::readiness(docket.app, tx, &station, docket.order.evse, docket.order.id).await?;
    Ok(readiness != Readiness::Busy)
}

/// Takes a word about a refund. `notified`: nobody had asked for it.
pub(super) async fn refund(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    account: &str,
    fact: &RefundFact,
    notified: bool,
) -> Result<Verdict, PayError> {
    let of = |attempt: &&attempts::AttemptRow| {
        attempt.number == fact.attempt || (attempt.charge == fact.attempt && !fact.attempt.is_empty())
    };
    let attempt = docket.attempts.iter().find(of).cloned();
    let Some(attempt) = attempt else { return Ok(Verdict::UnknownOrder) };
    if attempt.account != account {
        return review(docket, tx, account, "account", json!({"fact": fact})).await;
    }
    let known = docket.refunds.iter_mut().find(|row| {
        row.attempt_id == attempt.id
            && (row.number == fact.number
                || (fact.number.is_empty()
                    && !row.reference.is_empty()
                    && Some(row.reference.as_str()) == fact.reference.as_deref()))
    });
    let Some(row) = known else {
        // Money goes back that we have not asked for: made by hand at the provider, or by somebody else.
        return review(docket, tx, account, "foreign_refund", json!({"fact": fact})).await;
    };
    let (id, expected) = (row.id, row.amount_minor);
    let known = refund_standing(&row.state);
    let open = known == RefundStanding::Open;
    if fact.amount.is_some_and(|amount| amount.minor != expected || amount.currency.code() != row.currency) {
        return review(docket, tx, account, "refund_amount", json!({"fact": fact})).await;
    }
    // It had failed and was given back elsewhere: an older word.
    let elsewhere = known == RefundStanding::Done && !row.refusal.is_empty();
    if elsewhere && matches!(fact.state, RefundState::Failed { .. }) {
        return Ok(Verdict::NothingNew);
    }
    let mut changed = false;
    if let Some(reference) = fact.reference.as_ref().filter(|told| **told != row.reference) {
        row.reference.clone_from(reference);
        changed = true;
    }
    let waits = matches!(row.state.as_str(), "new" | "sending" | "unknown");
    if fact.state == RefundState::Waiting && waits {
        "waiting".clone_into(&mut row.state);
        changed = true;
    }
    match &fact.state {
        RefundState::Failed { refusal } => row.refusal = serde_json::to_string(refusal).unwrap_or_default(),
        RefundState::Done => row.refusal.clear(),
        RefundState::Waiting | RefundState::Absent => {}
    }
    if changed {
        row.changed_at = docket.now;
        refunds::update(tx, row).await?;
    }
    if let Some(why) = &fact.waits_for {
        put_off(docket, tx, account, id, why).await?;
    }
    let event = match fact.state {
        // A hint, perhaps, of what the provider says only when it is asked.
        RefundState::Waiting | RefundState::Absent => {
            if open && notified {
                tasks::hasten(tx, &Kind::Refund.key(id), docket.now).await?;
            }
            return Ok(Verdict::of(changed));
        }
        RefundState::Done => Event::Returned { refund: id },
        RefundState::Failed { .. } => Event::ReturnFailed { refund: id },
    };
    // A refund that is known before its payment: the payment's own notification is late or lost.
    if standing(&attempt.state) != Standing::Taken {
        tasks::hasten(tx, &Kind::Query.key(attempt.id), docket.now).await?;
    }
    match docket.take(tx, &event, account).await {
        Ok(applied) => Ok(Verdict::of(applied || changed)),
        Err(TakeError::Illegal(illegal)) => {
            let body = json!({"fact": fact, "why": illegal.to_string()});
            review(docket, tx, account, "contradiction", body).await
        }
        Err(TakeError::Pay(error)) => Err(error),
    }
}

/// A refund cannot be made yet, for a reason that people can mend: an empty balance, a key. It is asked for again by itself;
/// they are told once of each reason.
pub(super) async fn put_off(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    account: &str,
    refund: i64,
    why: &Refusal,
) -> Result<(), PayError> {
    let (now, order) = (docket.now, docket.order.number.clone());
    let Some(row) = docket.refunds.iter_mut().find(|row| row.id == refund) else { return Ok(()) };
    let word = match why.kind {
        RefusalKind::Access => "access",
        RefusalKind::Absent => "absent",
        _ => "trouble",
    };
    metrics::counter!("csms_pay_refunds_put_off_total", "account" => account.to_owned(), "why" => word)
        .increment(1);
    let known: Option<Refusal> = serde_json::from_str(&row.refusal).ok();
    if known.is_some_and(|known| known.code == why.code) {
        return Ok(());
    }
    tracing::warn!(order, account, code = why.code, text = why.text, "a refund is put off");
    row.refusal = serde_json::to_string(why).unwrap_or_default();
    row.changed_at = now;
    refunds::update(tx, row).await?;
    docket.tell(tx, "refund.put_off", account, json!({"refusal": why})).await
}

/// It does not fit: it is told to people, counted, and nothing moves.
pub(super) async fn review(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    account: &str,
    why: &'static str,
    mut body: serde_json::Value,
) -> Result<Verdict, PayError> {
    metrics::counter!("csms_pay_reviews_total", "why" => why).increment(1);
    tracing::error!(
        order = docket.order.number,
        account,
        why,
        "a provider says what does not fit; nothing was moved"
    );
    body["review"] = json!(why);
    docket.tell(tx, "fact.review", account, body).await?;
    Ok(Verdict::Review(why))
}
