//! Events: `Stripe-Signature` first, then age, then whose they are, then what they say.

use super::{
    Stripe, facts, money,
    object::{Action, Event, Reader, id_of},
};
use crate::provider::{Fact, Notice, NoticeFault, PaymentFact, PaymentState, Refusal, RefusalKind, Response};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// How far the signature's time may be from ours.
const TOLERANCE_S: u64 = 300;
const SIGNATURES_MAX: usize = 16;
const BODY_MAX: usize = 1024 * 1024;

pub(super) fn read(stripe: &Stripe, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
    if call.body.len() > BODY_MAX {
        return Err(NoticeFault::Malformed(format!("{} bytes are no event", call.body.len())));
    }
    let header = call
        .header("stripe-signature")
        .ok_or_else(|| NoticeFault::Forged("there is no Stripe-Signature".to_owned()))?;
    let signed_at = verified(header, &call.body, &stripe.secrets)?;
    if signed_at.abs_diff(now.timestamp()) > TOLERANCE_S {
        return Err(NoticeFault::Stale(format!(
            "{} s from our clock (a wrong clock here, or an old event sent again)",
            signed_at.abs_diff(now.timestamp())
        )));
    }
    let event: Event = serde_json::from_slice(&call.body).map_err(malformed)?;
    if event.id.is_empty() || event.object != "event" {
        return Err(NoticeFault::Malformed("it is no event of Stripe's".to_owned()));
    }
    if event.livemode != Some(stripe.live) {
        let mode = |live| if live { "live" } else { "test" };
        let text = format!("an event that is not of {} mode, for which our key is", mode(stripe.live));
        return Err(NoticeFault::Foreign(text));
    }
    let account = event.account.as_deref().unwrap_or_default();
    if account != stripe.account {
        let ours = if stripe.account.is_empty() { "the key's own" } else { &stripe.account };
        return Err(NoticeFault::Foreign(format!("account {:?} instead of {ours}", money::clip(account))));
    }
    let fact = fact(&event)?;
    Ok(vec![Notice::checked(event.id, fact)])
}

/// The time that was signed, if one of the signatures is by one of our secrets.
fn verified(header: &str, body: &[u8], secrets: &[String]) -> Result<i64, NoticeFault> {
    let forged = |why: &str| NoticeFault::Forged(why.to_owned());
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) if time.is_none() => time = Some(value),
            // A second time could be another one than what was signed.
            Some(("t", _)) => return Err(forged("Stripe-Signature has two times")),
            Some(("v1", value)) => match hex::decode(value) {
                Ok(bytes) if signatures.len() < SIGNATURES_MAX => signatures.push(bytes),
                Ok(_) => return Err(forged("Stripe-Signature has too many signatures")),
                Err(_) => return Err(forged("a signature is not in hexadecimal digits")),
            },
            _ => {}
        }
    }
    let time = time.ok_or_else(|| forged("Stripe-Signature has no time"))?;
    let signed_at: i64 = time.parse().map_err(|_| forged("Stripe-Signature's time is no number"))?;
    if signatures.is_empty() {
        return Err(forged("Stripe-Signature has no signature of version 1"));
    }
    for secret in secrets {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        if signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()) {
            return Ok(signed_at);
        }
    }
    Err(forged("no signature is by a secret of webhook_secrets (is it the secret of this very endpoint?)"))
}

/// What an event tells. Facts come from the object as it is; the event's name says only what kind of object it is, and
/// that a delayed method of payment has failed, which a session does not say.
fn fact(event: &Event) -> Result<Fact, NoticeFault> {
    let kind = event.kind.as_str();
    let nonsense = |why: String| NoticeFault::Malformed(why);
    // A payment that is none of ours (made in the dashboard, by other software) is kept, no more.
    let dated = |fact: PaymentFact| PaymentFact {
        at: fact.at.or(DateTime::from_timestamp(event.created.unwrap_or_default(), 0)),
        ..fact
    };
    if kind.starts_with("checkout.session.") {
        let mut fact = facts::of_session(&object(event)?).map_err(nonsense)?;
        if kind == "checkout.session.async_payment_failed" && fact.state == PaymentState::Waiting {
            let text = "the payment did not go through after all";
            let refusal = Refusal::new(RefusalKind::Payer, "async_payment_failed", text);
            fact.state = PaymentState::Failed { refusal };
        }
        if fact.number.is_empty() {
            return Ok(other(event, fact.reference));
        }
        return Ok(Fact::Payment(dated(fact)));
    }
    if kind.starts_with("payment_intent.") {
        let fact = facts::of_intent(&object(event)?, None).map_err(nonsense)?;
        if fact.number.is_empty() {
            return Ok(other(event, fact.charge));
        }
        return Ok(Fact::Payment(dated(fact)));
    }
    // What a terminal says is about its screen; about the money only the payment itself counts.
    if kind.starts_with("terminal.reader.action_") {
        let reader: Reader = object(event)?;
        return Ok(match reader.action.as_ref().and_then(Action::intent) {
            Some(charge) => Fact::Moved { charge },
            None => other(event, None),
        });
    }
    if kind.starts_with("refund.") || kind == "charge.refund.updated" {
        return facts::of_refund(&object(event)?).map(Fact::Refund).map_err(nonsense);
    }
    if kind.starts_with("charge.dispute.") {
        return facts::of_dispute(&object(event)?).map(Fact::Dispute).map_err(nonsense);
    }
    let named: super::object::Link<super::object::Named> =
        super::object::Link::Whole(Box::new(object(event).unwrap_or_default()));
    Ok(other(event, id_of(Some(&named))))
}

/// What is only kept: its kind, and which object it is of.
fn other(event: &Event, id: Option<String>) -> Fact {
    let id = id.filter(|id| !id.is_empty()).map(|id| format!(" {}", money::clip(&id))).unwrap_or_default();
    Fact::Other { kind: format!("{}{id}", money::clip(&event.kind)) }
}

fn object<T: DeserializeOwned>(event: &Event) -> Result<T, NoticeFault> {
    T::deserialize(&event.data.object).map_err(malformed)
}

fn malformed(why: serde_json::Error) -> NoticeFault {
    NoticeFault::Malformed(format!("the event cannot be read: {why}"))
}
