//! What a payer's bank takes back. A provider tells a dispute with all that has moved until then, so that words may come
//! twice and in any order; the machine says what is new of them, and the books follow ([`super::books`]). What a
//! provider keeps for its trouble is a fee of its own.

use super::{
    PayError,
    docket::{Docket, TakeError},
    fact::{Verdict, review},
};
use crate::{
    ledger::{Account, Entry, record},
    store::{
        Tx,
        pay::disputes::{self, DisputeRow},
        risk::{cases, decisions},
    },
};
use payments::{
    Amount,
    order::{Event, Ruling},
    provider::Dispute,
};
use serde_json::json;

/// Takes a word about a dispute.
pub(super) async fn dispute(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    account: &str,
    told: &Dispute,
) -> Result<Verdict, PayError> {
    let of = docket.attempts.iter().find(|row| row.number == told.attempt || row.charge == told.attempt);
    let Some(attempt) = of.cloned() else { return Ok(Verdict::UnknownOrder) };
    let known = docket.disputes.iter().find(|row| row.account == account && row.reference == told.reference);
    let known = known.cloned();
    let wrong = if attempt.account != account {
        Some("account")
    } else if told.amount.currency != docket.currency {
        Some("currency")
    } else if known.as_ref().is_some_and(|row| row.attempt_id != attempt.id) {
        Some("reference")
    } else if known.is_none() && docket.disputes.len() >= disputes::PER_ORDER_MAX {
        Some("too_many")
    } else {
        None
    };
    if let Some(why) = wrong {
        return review(docket, tx, account, why, json!({"dispute": told})).await;
    }
    let id = known.as_ref().map_or_else(|| docket.app.ids.next(), |row| row.id);
    let event = Event::Disputed {
        dispute: id,
        attempt: attempt.id,
        ruling: told.ruling,
        withdrawn: told.withdrawn,
        reinstated: told.reinstated,
    };
    let changed = match docket.take(tx, &event, account).await {
        Ok(changed) => changed,
        Err(TakeError::Illegal(illegal)) => {
            let body = json!({"dispute": told, "why": illegal.to_string()});
            return review(docket, tx, account, "contradiction", body).await;
        }
        Err(TakeError::Pay(error)) => return Err(error),
    };
    let now = docket.now;
    let new = known.is_none();
    let mut row = known.unwrap_or_else(|| DisputeRow {
        id,
        order_id: docket.order.id,
        attempt_id: attempt.id,
        account: account.to_owned(),
        reference: told.reference.clone(),
        ruling: Ruling::Open.word().to_owned(),
        reason: told.reason.clone(),
        currency: docket.currency.code().to_owned(),
        amount_minor: told.amount.minor,
        withdrawn_minor: 0,
        reinstated_minor: 0,
        fee_currency: String::new(),
        fee_minor: 0,
        opened_at: now,
        changed_at: now,
        ended_at: None,
    });
    let charged = fee(docket, tx, &mut row, told).await?;
    if !(changed || charged) {
        return Ok(Verdict::NothingNew);
    }
    let before = row.ruling.clone();
    let sums = [(told.withdrawn, &mut row.withdrawn_minor), (told.reinstated, &mut row.reinstated_minor)];
    let mut moved = false;
    for (told, known) in sums {
        moved |= told.minor > *known;
        *known = told.minor.max(*known);
    }
    if told.ruling != Ruling::Open {
        told.ruling.word().clone_into(&mut row.ruling);
        row.ended_at = row.ended_at.or(Some(now));
    }
    row.changed_at = now;
    disputes::put(tx, &row).await?;
    let kind = match told.ruling {
        _ if new => "attempt.disputed",
        Ruling::Won if row.ruling != before => "dispute.won",
        Ruling::Lost if row.ruling != before => "dispute.lost",
        _ => "dispute.moved",
    };
    let say = |minor: i64| Amount::new(minor, docket.currency).to_string();
    let body = json!({"dispute": row.reference, "ruling": row.ruling, "reason": row.reason, "amount": say(row.amount_minor),
        "withdrawn": say(row.withdrawn_minor), "reinstated": say(row.reinstated_minor)});
    docket.tell(tx, kind, account, body).await?;
    metrics::counter!("csms_pay_disputes_total", "state" => told.ruling.word()).increment(1);
    tracing::warn!(
        order = docket.order.number,
        dispute = row.reference,
        ruling = row.ruling,
        moved,
        "a payer's bank disputes a payment"
    );
    if new && let Some(decision) = decisions::of_order(tx, docket.order.id).await?.last() {
        // What came of the click that was let through: people look at it, and rules and models learn from what they find.
        cases::open(tx, docket.app.ids.next(), docket.order.id, decision.id, now).await?;
    }
    match docket.disputes.iter_mut().find(|known| known.id == row.id) {
        Some(known) => *known = row,
        None => docket.disputes.push(row),
    }
    Ok(Verdict::Applied)
}

/// Enters what the provider has kept more than before, or has given back of it. True: something was new.
async fn fee(
    docket: &Docket<'_>,
    tx: &mut Tx,
    row: &mut DisputeRow,
    told: &Dispute,
) -> Result<bool, PayError> {
    // An older word than the one that is known says nothing of a fee that has come since.
    let older = told.withdrawn.minor < row.withdrawn_minor || told.reinstated.minor < row.reinstated_minor;
    let Some(fee) = told.fee.or_else(|| {
        let currency = row.fee_currency.parse().ok()?;
        Some(Amount::zero(currency))
    }) else {
        return Ok(false);
    };
    let same = row.fee_currency.is_empty() || row.fee_currency == fee.currency.code();
    let more = fee.minor - row.fee_minor;
    if older || !same || more == 0 {
        return Ok(false);
    }
    let more = Amount::new(more, fee.currency);
    let moved = (told.withdrawn.minor, told.reinstated.minor, row.fee_minor, fee.minor);
    let key = format!("dispute_fee:{}:{}:{}:{}:{}", row.id, moved.0, moved.1, moved.2, moved.3);
    let entry = Entry::posted("fee", key, docket.now)
        .of_order(docket.order.id)
        .with(json!({"dispute": row.reference}))
        .debit(Account::Fees(row.account.clone()), more)
        .credit(Account::Provider(row.account.clone()), more);
    if !record(tx, &docket.app.ids, &entry).await?.new {
        return Ok(false);
    }
    fee.currency.code().clone_into(&mut row.fee_currency);
    row.fee_minor = fee.minor;
    Ok(true)
}
