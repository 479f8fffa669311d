//! Messages of the sandbox whose signature has been checked, in the vocabulary of all providers.

use super::super::{
    Answer, Attempt, Call, Dispute, Fact, Method, Next, Notice, NoticeFault, PaymentFact, PaymentState,
    RefundFact, RefundState, Refusal, RefusalKind, Response, Told,
};
use super::wire::{About, Code, Disputed, Event, No, Order, OrderState, Refund, RefundStep};
use crate::{Amount, order::Ruling};
use serde::de::DeserializeOwned;

/// What the answer to a call says.
pub fn answer(call: &Call<'_>, response: &Response) -> Answer {
    if response.status >= 500 {
        return Answer::Unknown(format!("HTTP {}", response.status));
    }
    if !response.is_success() {
        return match parse::<No>(&response.body) {
            Ok(no) => refused(call, &no),
            Err(why) => Answer::Unknown(format!("HTTP {}: {why}", response.status)),
        };
    }
    let told = match call {
        Call::Open(attempt) => opened(attempt, &response.body),
        Call::Query(attempt)
        | Call::Close(attempt)
        | Call::Raise { attempt, .. }
        | Call::Capture { attempt, .. }
        | Call::Release { attempt, .. } => {
            order(&attempt.number, &response.body).and_then(|order| Ok(Told::Payment(payment(order)?)))
        }
        Call::Refund { attempt, refund } | Call::QueryRefund { attempt, refund } => {
            refunded(&attempt.number, &refund.number, &response.body)
        }
        Call::Statement { .. } => Ok(Told::File(response.body.clone())),
        Call::Identify { .. } => Err("it was never asked".to_owned()),
    };
    told.map_or_else(Answer::Unknown, Answer::Told)
}

fn refused(call: &Call<'_>, no: &No) -> Answer {
    let kind = match (no.code, call) {
        (Code::NoSuchOrder, Call::Query(attempt)) => return Answer::Told(Told::Payment(absent(attempt))),
        (Code::NoSuchRefund | Code::NoSuchOrder, Call::QueryRefund { attempt, refund }) => {
            return Answer::Told(Told::Refund(RefundFact {
                number: refund.number.clone(),
                reference: None,
                attempt: attempt.number.clone(),
                state: RefundState::Absent,
                amount: None,
                at: None,
                waits_for: None,
            }));
        }
        (Code::NotReady, Call::Statement { .. }) => return Answer::Told(Told::FileLater),
        (Code::NothingThen, Call::Statement { .. }) => return Answer::Told(Told::FileEmpty),
        (Code::Broken, _) => return Answer::Unknown(no.text.clone()),
        (Code::NoSuchOrder | Code::NoSuchRefund | Code::NothingThen, _) => RefusalKind::Absent,
        (Code::Closed, _) => RefusalKind::Closed,
        (Code::Paid, _) => RefusalKind::Paid,
        (Code::NotOffered, _) => RefusalKind::Unsupported,
        (Code::Busy | Code::NotReady, _) => RefusalKind::Trouble,
        (Code::BadSignature, _) => RefusalKind::Access,
        (Code::Differs | Code::NotHeld | Code::TooMuch | Code::Malformed, _) => RefusalKind::Setup,
    };
    Answer::Refused(Refusal::new(kind, no.code.word(), &no.text))
}

/// What a notification says.
pub fn notice(id: &str, merchant: &str, body: &[u8]) -> Result<Notice, NoticeFault> {
    let event: serde_json::Value = parse(body).map_err(NoticeFault::Malformed)?;
    let word = |name: &str| event.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    if word("merchant") != merchant {
        return Err(NoticeFault::Foreign(word("merchant").chars().take(64).collect()));
    }
    if word("id") != id {
        return Err(NoticeFault::Malformed("its id is not that of its header".to_owned()));
    }
    if !matches!(word("kind"), "payment" | "refund" | "dispute") {
        let kind = word("kind").chars().take(64).collect();
        return Ok(Notice::checked(id, Fact::Other { kind }));
    }
    let event: Event =
        serde_json::from_value(event).map_err(|error| NoticeFault::Malformed(error.to_string()))?;
    let fact = match event.about {
        About::Payment { order } => Fact::Payment(payment(order).map_err(NoticeFault::Malformed)?),
        About::Refund { refund } => Fact::Refund(refund_fact(refund).map_err(NoticeFault::Malformed)?),
        About::Dispute { dispute } => Fact::Dispute(disputed(dispute).map_err(NoticeFault::Malformed)?),
    };
    Ok(Notice::checked(id, fact))
}

fn disputed(dispute: Disputed) -> Result<Dispute, String> {
    let minor = |minor| amount(minor, &dispute.currency);
    let fee = minor(dispute.fee)?;
    Ok(Dispute {
        amount: minor(dispute.amount)?,
        ruling: Ruling::of_word(&dispute.state).ok_or("its state is none that is known")?,
        withdrawn: minor(dispute.withdrawn)?,
        reinstated: minor(dispute.reinstated)?,
        fee: Some(fee).filter(|fee| !fee.is_zero()),
        reference: dispute.reference,
        attempt: dispute.order,
        reason: dispute.reason,
    })
}

fn opened(attempt: &Attempt, body: &[u8]) -> Result<Told, String> {
    let order = order(&attempt.number, body)?;
    if amount(order.amount, &order.currency)? != attempt.amount {
        return Err("the order was made with another amount".to_owned());
    }
    let next = match &attempt.method {
        Method::Code => Next::ShowCode { text: order.pay_url },
        Method::Terminal { .. } | Method::OnFile { .. } => Next::Wait,
        Method::InWallet | Method::PhoneBrowser | Method::Score | Method::Hosted => {
            Next::Redirect { url: order.pay_url }
        }
    };
    Ok(Told::Opened { reference: Some(order.reference), charge: None, next })
}

/// The order, if it is the one that was asked after.
fn order(number: &str, body: &[u8]) -> Result<Order, String> {
    let order: Order = parse(body)?;
    if order.number == number { Ok(order) } else { Err("the answer is about another order".to_owned()) }
}

fn payment(order: Order) -> Result<PaymentFact, String> {
    let of = |minor| amount(minor, &order.currency).map(Some);
    let (mut held, mut taken) = (None, None);
    let state = match order.state {
        OrderState::Waiting => PaymentState::Waiting,
        OrderState::Held => {
            held = of(order.held)?;
            PaymentState::Held
        }
        OrderState::Taken => {
            taken = of(order.taken)?;
            PaymentState::Taken
        }
        OrderState::Released => PaymentState::Released,
        OrderState::Closed => PaymentState::Closed,
        OrderState::Failed => PaymentState::Failed {
            refusal: order
                .refusal
                .unwrap_or_else(|| Refusal::new(RefusalKind::Payer, "FAILED", "the sandbox gave no reason")),
        },
    };
    Ok(PaymentFact {
        amount: of(order.amount)?,
        number: order.number,
        reference: Some(order.reference),
        charge: None,
        state,
        held,
        taken,
        payer: order.payer,
        instrument: order.instrument,
        at: order.at,
        holds_until: order.holds_until,
    })
}

fn absent(attempt: &Attempt) -> PaymentFact {
    PaymentFact {
        number: attempt.number.clone(),
        reference: None,
        charge: None,
        state: PaymentState::Absent,
        amount: None,
        held: None,
        taken: None,
        payer: None,
        instrument: None,
        at: None,
        holds_until: None,
    }
}

fn refunded(attempt: &str, number: &str, body: &[u8]) -> Result<Told, String> {
    let refund: Refund = parse(body)?;
    if refund.order != attempt || refund.number != number {
        return Err("the answer is about another refund".to_owned());
    }
    Ok(Told::Refund(refund_fact(refund)?))
}

fn refund_fact(refund: Refund) -> Result<RefundFact, String> {
    let state = match refund.state {
        RefundStep::Waiting => RefundState::Waiting,
        RefundStep::Done => RefundState::Done,
        RefundStep::Failed => RefundState::Failed {
            refusal: refund.refusal.unwrap_or_else(|| {
                Refusal::new(RefusalKind::Trouble, "FAILED", "the sandbox gave no reason")
            }),
        },
    };
    Ok(RefundFact {
        amount: Some(amount(refund.amount, &refund.currency)?),
        number: refund.number,
        reference: Some(refund.reference),
        attempt: refund.order,
        state,
        at: refund.at,
        waits_for: None,
    })
}

fn amount(minor: i64, currency: &str) -> Result<Amount, String> {
    let cut: String = currency.chars().take(8).collect();
    let currency = currency.parse().map_err(|_| format!("{cut:?} is no currency"))?;
    if minor < 0 {
        return Err("an amount is negative".to_owned());
    }
    Ok(Amount::new(minor, currency))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("it cannot be read: {error}"))
}
