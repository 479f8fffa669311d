//! What answers say of refunds: of ours, found by our number.

#![allow(clippy::result_large_err)] // what stands in for a fact is an answer, once per call

use super::{
    Stripe,
    answer::{Read, object, read, strange},
    errors, facts, money,
    object::{Page, Refund},
};
use crate::provider::{Answer, Attempt, RefundAsk, RefundFact, RefundState, Response, Told};

impl Stripe {
    pub(super) fn refunded(&self, attempt: &Attempt, ask: &RefundAsk, response: &Response) -> Read {
        if !response.is_success() {
            return Ok(errors::answer(self, response));
        }
        match object(response)?.as_str() {
            "refund" => {
                refund_fact(attempt, ask, &read(response)?).map(|fact| Answer::Told(Told::Refund(fact)))
            }
            other => Err(strange(other)),
        }
    }

    pub(super) fn refund_stands(&self, attempt: &Attempt, ask: &RefundAsk, response: &Response) -> Read {
        let absent = || {
            Answer::Told(Told::Refund(RefundFact {
                number: ask.number.clone(),
                reference: None,
                attempt: attempt.number.clone(),
                state: RefundState::Absent,
                amount: None,
                at: None,
                waits_for: None,
            }))
        };
        if !response.is_success() {
            return Ok(match errors::answer(self, response) {
                Answer::Refused(refusal) if refusal.code == "resource_missing" => absent(),
                answer => answer,
            });
        }
        if object(response)? != "list" {
            return self.refunded(attempt, ask, response);
        }
        let page: Page<Refund> = read(response)?;
        let ours = |refund: &&Refund| facts::word(refund.metadata.as_ref(), facts::REFUND) == ask.number;
        match page.data.iter().find(ours) {
            Some(refund) => refund_fact(attempt, ask, refund).map(|fact| Answer::Told(Told::Refund(fact))),
            None if page.has_more => Err(Answer::Unknown(
                "the payment has more refunds than one page holds, and ours is not among them".to_owned(),
            )),
            None => Ok(absent()),
        }
    }
}

fn refund_fact(attempt: &Attempt, ask: &RefundAsk, refund: &Refund) -> Result<RefundFact, Answer> {
    let fact = facts::of_refund(refund).map_err(Answer::Unknown)?;
    if fact.number != ask.number || fact.attempt != attempt.number || fact.amount != Some(ask.amount) {
        let amount = fact.amount.map(|amount| amount.to_string()).unwrap_or_default();
        return Err(Answer::Unknown(format!(
            "Stripe's answer is of a refund {:?} of {amount} instead of {} of {}: nothing is believed",
            money::clip(&fact.number),
            ask.number,
            ask.amount
        )));
    }
    Ok(fact)
}
