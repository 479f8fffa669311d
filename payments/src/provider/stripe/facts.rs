//! What Stripe's objects say, in our words. The state of an object counts, not the name of the event that brought it.

use super::{
    errors, money,
    object::{Charge, Disputed, Intent, Metadata, Problem, Refund, Session, id_of},
};
use crate::provider::{
    Dispute, Instrument, PaymentFact, PaymentState, RefundFact, RefundState, Refusal, RefusalKind,
};
use crate::{Amount, order::Ruling};
use chrono::{DateTime, Utc};

/// Movements of one dispute that are read.
const MOVEMENTS_MAX: usize = 10;
/// Our words in an object's metadata.
pub(super) const ATTEMPT: &str = "attempt";
pub(super) const METHOD: &str = "method";
pub(super) const CAPTURE: &str = "capture";
pub(super) const REFUND: &str = "refund";
pub(super) const LATER: &str = "later";

/// A PaymentIntent; `reference` is its order's, where that is known.
pub(super) fn of_intent(intent: &Intent, reference: Option<&str>) -> Result<PaymentFact, String> {
    let amount = money::from_wire(intent.amount, &intent.currency)?;
    let wire = |value: Option<i64>| money::from_wire(value.unwrap_or_default(), &intent.currency);
    let state = state(intent);
    let charge = intent.latest_charge.as_ref().and_then(|link| link.whole());
    let held = match state {
        PaymentState::Held => Some(wire(intent.amount_capturable)?),
        _ => None,
    };
    let taken = match state {
        PaymentState::Taken => Some(wire(intent.amount_received)?),
        _ => None,
    };
    Ok(PaymentFact {
        number: word(intent.metadata.as_ref(), ATTEMPT).to_owned(),
        reference: reference.map(str::to_owned),
        charge: Some(intent.id.clone()),
        state,
        amount: Some(amount),
        held,
        taken,
        payer: id_of(intent.customer.as_ref()),
        instrument: charge.and_then(|charge| instrument(charge, intent)),
        at: moment(charge.and_then(|charge| charge.created)),
        holds_until: moment(charge.and_then(capture_before)),
    })
}

/// Where a PaymentIntent stands.
fn state(intent: &Intent) -> PaymentState {
    match intent.status.as_str() {
        "requires_capture" => PaymentState::Held,
        "succeeded" => PaymentState::Taken,
        "canceled" if was_held(intent) => PaymentState::Released,
        "canceled" => PaymentState::Closed,
        // On Stripe's own page the payer may try another card: not an end.
        "requires_payment_method" if word(intent.metadata.as_ref(), METHOD) != "hosted" => {
            match &intent.last_payment_error {
                Some(problem) => PaymentState::Failed { refusal: declined(problem) },
                None => PaymentState::Waiting,
            }
        }
        _ => PaymentState::Waiting,
    }
}

/// Was money held before it was cancelled? Either way nothing is held now and nothing was taken.
fn was_held(intent: &Intent) -> bool {
    match &intent.latest_charge {
        None => false,
        Some(link) => match link.whole() {
            Some(charge) => charge.status.as_deref() == Some("succeeded"),
            None => intent.last_payment_error.is_none(),
        },
    }
}

/// A refusal by the payer's bank.
pub(super) fn declined(problem: &Problem) -> Refusal {
    let code = problem.decline_code.as_deref().or(problem.code.as_deref()).unwrap_or(&problem.kind);
    Refusal::new(RefusalKind::Payer, code, problem.message.as_deref().unwrap_or("the card was declined"))
}

/// A Checkout Session, with its PaymentIntent if that was expanded.
pub(super) fn of_session(session: &Session) -> Result<PaymentFact, String> {
    let expired = session.status.as_deref() == Some("expired");
    if let Some(intent) = session.payment_intent.as_ref().and_then(|link| link.whole()) {
        let mut fact = of_intent(intent, Some(&session.id))?;
        if expired && fact.state == PaymentState::Waiting {
            fact.state = PaymentState::Closed;
        }
        if fact.number.is_empty() {
            fact.number = number(session).to_owned();
        }
        return Ok(fact);
    }
    let amount = match (session.amount_total, session.currency.as_deref()) {
        (Some(total), Some(currency)) => Some(money::from_wire(total, currency)?),
        _ => None,
    };
    // A hold says so by its PaymentIntent alone: "paid" of a session does not tell held from taken.
    let later = word(session.metadata.as_ref(), CAPTURE) == LATER;
    let paid = session.payment_status.as_deref() == Some("paid");
    let state = match session.status.as_deref() {
        Some("expired") => PaymentState::Closed,
        Some("complete") if paid && !later && amount.is_some() => PaymentState::Taken,
        _ => PaymentState::Waiting,
    };
    let charge = session.payment_intent.as_ref().map(|link| match link {
        super::object::Link::Id(id) => id.clone(),
        super::object::Link::Whole(intent) => intent.id.clone(),
    });
    Ok(PaymentFact {
        number: number(session).to_owned(),
        reference: Some(session.id.clone()),
        charge,
        taken: if state == PaymentState::Taken { amount } else { None },
        state,
        amount,
        held: None,
        payer: None,
        instrument: None,
        at: None,
        holds_until: None,
    })
}

/// Our number of the attempt that a session is of.
pub(super) fn number(session: &Session) -> &str {
    match session.client_reference_id.as_deref() {
        Some(number) if !number.is_empty() => number,
        _ => word(session.metadata.as_ref(), ATTEMPT),
    }
}

/// A refund. One that was made in Stripe's dashboard has none of our numbers: then its attempt is named by Stripe's
/// number of the money.
pub(super) fn of_refund(refund: &Refund) -> Result<RefundFact, String> {
    let state = match refund.status.as_deref() {
        Some("succeeded") => RefundState::Done,
        Some(status @ ("failed" | "canceled")) => {
            let code = refund.failure_reason.as_deref().unwrap_or(status);
            let advice = match code {
                "insufficient_funds" => "add funds to the balance, then refund it again",
                _ => "pay it back in another way",
            };
            let text = format!("Stripe could not give the money back ({code}): {advice}");
            RefundState::Failed { refusal: Refusal::new(RefusalKind::Payer, code, &text) }
        }
        _ => RefundState::Waiting,
    };
    let waits_for_money =
        state == RefundState::Waiting && refund.pending_reason.as_deref() == Some("insufficient_funds");
    let attempt = match word(refund.metadata.as_ref(), ATTEMPT) {
        "" => id_of(refund.payment_intent.as_ref()).unwrap_or_default(),
        number => number.to_owned(),
    };
    Ok(RefundFact {
        number: word(refund.metadata.as_ref(), REFUND).to_owned(),
        reference: Some(refund.id.clone()),
        attempt,
        state,
        amount: Some(money::from_wire(refund.amount, &refund.currency)?),
        at: moment(refund.created),
        waits_for: waits_for_money.then(|| errors::poor("Stripe has not enough of ours to give back")),
    })
}

/// A dispute. It does not carry our number: its attempt is named by Stripe's number of the money. What has moved stands in
/// its balance transactions; an inquiry has none.
pub(super) fn of_dispute(disputed: &Disputed) -> Result<Dispute, String> {
    let ruling = match disputed.status.as_str() {
        "won" | "warning_closed" | "prevented" => Ruling::Won,
        "lost" => Ruling::Lost,
        _ => Ruling::Open,
    };
    let amount = money::from_wire(disputed.amount, &disputed.currency)?;
    let (mut withdrawn, mut reinstated) = (Amount::zero(amount.currency), Amount::zero(amount.currency));
    let mut fee: Option<Amount> = None;
    for moved in disputed.balance_transactions.iter().take(MOVEMENTS_MAX) {
        let value = money::from_wire(moved.amount, &moved.currency)?;
        // Of an account in another currency: what the dispute is about, not what that was worth on the day.
        let value = if value.currency == amount.currency {
            value.minor
        } else {
            amount.minor.saturating_mul(value.minor.signum())
        };
        let sum = if value < 0 { &mut withdrawn } else { &mut reinstated };
        sum.minor = sum.minor.saturating_add(value.saturating_abs());
        let more = money::from_wire(moved.fee, &moved.currency)?;
        let known = fee.filter(|known| known.currency == more.currency).map_or(0, |known| known.minor);
        fee = Some(Amount { minor: more.minor.saturating_add(known), ..more });
    }
    Ok(Dispute {
        reference: disputed.id.clone(),
        attempt: id_of(disputed.payment_intent.as_ref()).unwrap_or_default(),
        amount,
        ruling,
        reason: money::clip(&disputed.reason),
        withdrawn,
        reinstated,
        fee: fee.filter(|fee| !fee.is_zero()),
    })
}

fn instrument(charge: &Charge, intent: &Intent) -> Option<Instrument> {
    let details = charge.payment_method_details.as_ref()?;
    let card = details.card.as_ref().or(details.card_present.as_ref());
    let text = |value: Option<&String>| value.map(|text| money::clip(text)).unwrap_or_default();
    let kept = intent.setup_future_usage.as_deref() == Some("off_session");
    let on_file = match (id_of(intent.customer.as_ref()), id_of(intent.payment_method.as_ref())) {
        (Some(customer), Some(method)) if kept => Some((customer, method)),
        _ => None,
    };
    let brand = match card.and_then(|card| card.brand.as_ref()) {
        Some(brand) => money::clip(brand),
        None => money::clip(&details.kind),
    };
    Some(Instrument {
        brand,
        last4: text(card.and_then(|card| card.last4.as_ref())),
        country: text(card.and_then(|card| card.country.as_ref())),
        fingerprint: text(card.and_then(|card| card.fingerprint.as_ref())),
        on_file,
    })
}

fn capture_before(charge: &Charge) -> Option<i64> {
    let details = charge.payment_method_details.as_ref()?;
    details.card.as_ref().or(details.card_present.as_ref())?.capture_before
}

/// A word of ours in metadata; empty = none.
pub(super) fn word<'a>(metadata: Option<&'a Metadata>, name: &str) -> &'a str {
    metadata.and_then(|metadata| metadata.get(name)).map_or("", String::as_str)
}

fn moment(seconds: Option<i64>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds?, 0)
}
