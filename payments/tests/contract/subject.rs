//! What the suite has to know of a provider: how its own side would answer.

use chrono::{DateTime, Utc};
use payments::Amount;
pub use payments::provider::Attempt;
use payments::provider::{Capture, Method, Payer, Provider, RefundAsk, Request, Response};

/// A provider and somebody who speaks its other side.
pub trait Subject {
    fn provider(&self) -> &dyn Provider;

    /// Are its answers signed? Where only TLS says whose they are, bytes cannot be told from others.
    const SIGNS_ANSWERS: bool;
    /// Is the time a part of what it signs in a notification?
    const SIGNS_TIMES: bool;

    /// The currency to try it with.
    fn currency(&self) -> &'static str {
        "CNY"
    }

    /// What its server answers to this request, which asks how an attempt stands that is paid in full.
    fn answer_paid(&self, attempt: &Attempt, request: &Request) -> Response;

    /// Its notification of a payment in full.
    fn notice_paid(&self, attempt: &Attempt) -> Response;
}

/// When everything happens.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

/// An attempt of 25.00 with this method.
pub fn attempt(subject: &impl Subject, method: &Method, capture: Capture) -> Attempt {
    let amount = Amount::new(2500, subject.currency().parse().unwrap());
    let method = match method {
        Method::Terminal { .. } => Method::Terminal { reader: "tmr_1".to_owned() },
        Method::OnFile { .. } => {
            Method::OnFile { customer: "cus_1".to_owned(), instrument: "pm_1".to_owned() }
        }
        other => other.clone(),
    };
    Attempt {
        number: "wt20260528a1b2c3d4".to_owned(),
        amount,
        capture,
        method,
        description: "Charging at Yard, EVSE 1".to_owned(),
        payer: Payer { id: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned(), ..Payer::default() },
        created_at: now(),
        expires_at: now() + chrono::TimeDelta::minutes(5),
        notify_url: "https://charge.example/pay/notify/main".to_owned(),
        return_url: "https://charge.example/o/1".to_owned(),
        reference: Some("ref_1".to_owned()),
        charge: Some("charge_1".to_owned()),
    }
}

/// An attempt with the first method, paid at once if that is possible.
pub fn usual(subject: &impl Subject) -> Attempt {
    let method = subject.provider().abilities().methods[0].clone();
    attempt(subject, &method, Capture::Now)
}

/// A refund of a part.
pub fn refund(attempt: &Attempt) -> RefundAsk {
    RefundAsk {
        number: "rf20260528a1b2c3d4".to_owned(),
        amount: Amount::new(700, attempt.amount.currency),
        of: attempt.amount,
        reason: "Not used".to_owned(),
        reference: Some("refund_1".to_owned()),
        spent: 0,
    }
}
