//! The providers against software that is not ours: fakes on loopback that check our requests, and sign what they say, by
//! the providers' packages from PyPI. Needs a Python with the packages of `tests/e2e/foreign/requirements.txt`, named by
//! `CSMS_TEST_PYTHON`; without it nothing is tested here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod alipay;
mod stripe;
mod wire;

use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Fact, Method, Notice, Payer, PaymentFact, Provider, RefundAsk,
        RefundFact, Setup, Step, Told,
    },
};
use std::sync::atomic::{AtomicU32, Ordering};
use wire::{Fake, Receiver};

/// The clock that fakes have, too.
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn attempt(method: Method, capture: Capture, amount: Amount, notify_url: &str) -> Attempt {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    Attempt {
        number: format!("T{:06x}", NUMBER.fetch_add(1, Ordering::Relaxed)),
        amount,
        capture,
        method,
        description: "Charging 充电".to_owned(),
        payer: Payer::default(),
        created_at: now(),
        expires_at: now() + TimeDelta::minutes(5),
        notify_url: notify_url.to_owned(),
        return_url: "http://localhost/o/1".to_owned(),
        reference: None,
        charge: None,
    }
}

fn refund(number: &str, amount: Amount, of: Amount) -> RefundAsk {
    RefundAsk {
        number: number.to_owned(),
        amount,
        of,
        reason: "not used".to_owned(),
        reference: None,
        spent: 0,
    }
}

/// An account at a fake, with what was received from it.
struct Account {
    provider: Box<dyn Provider>,
    fake: Fake,
    received: Receiver,
}

impl Account {
    fn new(fake: Fake, received: Receiver, settings: serde_json::Value) -> Account {
        let setup: Setup = serde_json::from_value(settings).unwrap();
        let read = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
        Account { provider: setup.build(&read).unwrap(), fake, received }
    }

    /// Makes a call and follows it to its end.
    fn call(&self, call: &Call<'_>) -> Answer {
        let mut request = match self.provider.request(call, now()).unwrap() {
            Step::Send(request) => request,
            Step::Done(answer) => return answer,
        };
        for _ in 0..8 {
            match self.provider.answer(call, &wire::send(&request), now()) {
                Answer::Then(next) => request = next,
                answer => return answer,
            }
        }
        panic!("{} never ends", call.name());
    }

    fn payment(&self, call: &Call<'_>) -> PaymentFact {
        match self.call(call) {
            Answer::Told(Told::Payment(fact)) => fact,
            other => panic!("{}: {other:?}\n{}", call.name(), self.fake.books()),
        }
    }

    fn refund(&self, call: &Call<'_>) -> RefundFact {
        match self.call(call) {
            Answer::Told(Told::Refund(fact)) => fact,
            other => panic!("{}: {other:?}\n{}", call.name(), self.fake.books()),
        }
    }

    /// Makes the order; the attempt learns what the provider calls it.
    fn open(&self, attempt: &mut Attempt) -> payments::provider::Next {
        match self.call(&Call::Open(attempt)) {
            Answer::Told(Told::Opened { reference, charge, next }) => {
                (attempt.reference, attempt.charge) = (reference, charge);
                next
            }
            other => panic!("not opened: {other:?}\n{}", self.fake.books()),
        }
    }

    /// The next notification, checked and acknowledged.
    fn notice(&self) -> Result<Notice, &'static str> {
        self.received.next(|call| {
            let notices = self.provider.notice(call, now()).map_err(|fault| fault.word());
            let acknowledgement = self.provider.acknowledgement(notices.is_ok());
            (notices.map(|mut notices| notices.remove(0)), acknowledgement)
        })
    }

    fn told(&self) -> Result<Fact, &'static str> {
        self.notice().map(|notice| notice.fact().clone())
    }

    /// The next payment that is told. A terminal tells of its screen as well, and providers promise no order.
    fn told_payment(&self) -> PaymentFact {
        let mut told = self.told();
        if let Ok(Fact::Moved { .. }) = told {
            told = self.told();
        }
        match told {
            Ok(Fact::Payment(fact)) => fact,
            other => panic!("no payment: {other:?}\n{}", self.fake.books()),
        }
    }
}
