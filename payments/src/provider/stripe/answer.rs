//! What Stripe's answers say. A fact counts only if it is of our attempt, in its currency, of its amount, and of the
//! mode (live or test) that the account's key is for.

#![allow(clippy::result_large_err)] // what stands in for a fact is an answer, once per call

use super::{
    Stripe, errors,
    facts::{self, declined},
    money,
    object::{Action, Intent, Page, Reader, Session},
    report,
};
use crate::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Next, PaymentFact, PaymentState, Refusal, RefusalKind,
        Request, Response, Told,
    },
};
use serde::de::DeserializeOwned;

/// An answer, or why it is none already: both are answers.
pub(super) type Read = Result<Answer, Answer>;

impl Stripe {
    pub(super) fn of_answer(&self, call: &Call<'_>, response: &Response) -> Answer {
        let read = match *call {
            Call::Identify { .. } => Ok(Answer::Unknown("Stripe was not asked for an id".to_owned())),
            Call::Open(attempt) => self.opened(attempt, response),
            Call::Query(attempt) => self.queried(attempt, response),
            Call::Close(attempt) => self.closed(attempt, response),
            Call::Raise { attempt, to, .. } => {
                self.moved(attempt, response).and_then(|fact| raised(fact, to))
            }
            Call::Capture { attempt, amount, .. } => {
                self.moved(attempt, response).and_then(|fact| captured(fact, amount))
            }
            Call::Release { attempt, .. } => self.moved(attempt, response).map(told),
            Call::Refund { attempt, refund } => self.refunded(attempt, refund, response),
            Call::QueryRefund { attempt, refund } => self.refund_stands(attempt, refund, response),
            Call::Statement { day, kind } => Ok(report::answer(self, response, day, kind)),
        };
        read.unwrap_or_else(|instead| instead)
    }

    fn opened(&self, attempt: &Attempt, response: &Response) -> Read {
        if !response.is_success() {
            return Ok(self.failed(attempt, response));
        }
        match object(response)?.as_str() {
            "checkout.session" => self.page(attempt, &read(response)?),
            "terminal.reader" => {
                let reader: Reader = read(response)?;
                match reader.action.as_ref().and_then(Action::intent) {
                    None => {
                        Err(Answer::Unknown("the terminal does not say which payment it shows".to_owned()))
                    }
                    shown => Ok(Answer::Told(Told::Opened {
                        reference: shown.clone(),
                        charge: shown,
                        next: Next::Wait,
                    })),
                }
            }
            "payment_intent" => {
                let intent: Intent = read(response)?;
                let fact = self.intent_fact(attempt, &intent)?;
                match &attempt.method {
                    Method::Terminal { reader } => then(self.process(reader, &intent.id, &attempt.number)),
                    _ => Ok(told(fact)),
                }
            }
            other => Err(strange(other)),
        }
    }

    /// A page that waits for its payer.
    fn page(&self, attempt: &Attempt, session: &Session) -> Read {
        let fact = self.session_fact(attempt, session)?;
        match (&session.url, &fact.state) {
            (Some(url), PaymentState::Waiting) if url.starts_with("http") => Ok(Answer::Told(Told::Opened {
                reference: fact.reference,
                charge: fact.charge,
                next: Next::Redirect { url: url.clone() },
            })),
            _ => Ok(told(fact)),
        }
    }

    fn queried(&self, attempt: &Attempt, response: &Response) -> Read {
        let known = attempt.reference.is_some() || attempt.charge.is_some();
        if !response.is_success() {
            return Ok(match self.failed(attempt, response) {
                Answer::Refused(refusal) if refusal.code == "resource_missing" => {
                    told(without(attempt, PaymentState::Absent))
                }
                // The first time failed for good, and its page has reached nobody.
                Answer::Kept(_) if !known && response.status >= 500 => {
                    told(without(attempt, PaymentState::Closed))
                }
                answer => answer,
            });
        }
        match object(response)?.as_str() {
            "checkout.session" => {
                let session: Session = read(response)?;
                let fact = self.session_fact(attempt, &session)?;
                // A repeated answer tells how it was the first time; what is it now?
                if errors::replayed(response) { then(self.get_session(&session.id)) } else { Ok(told(fact)) }
            }
            "payment_intent" => {
                let intent: Intent = read(response)?;
                let fact = self.intent_fact(attempt, &intent)?;
                match &attempt.method {
                    _ if errors::replayed(response) => then(self.get_intent(&intent.id)),
                    // A payer who cancels at the reader leaves no trace in the payment.
                    Method::Terminal { reader }
                        if known && fact.state == PaymentState::Waiting && !attempt.is_adopted() =>
                    {
                        then(self.get_reader(reader))
                    }
                    _ => Ok(told(fact)),
                }
            }
            "terminal.reader" => {
                let reader: Reader = read(response)?;
                self.of_our_mode(reader.livemode)?;
                Ok(told(at_reader(attempt, &reader)))
            }
            "list" | "search_result" => match self.among(attempt, response)? {
                Some(fact) => Ok(told(fact)),
                None => Ok(told(without(attempt, PaymentState::Absent))),
            },
            other => Err(strange(other)),
        }
    }

    fn closed(&self, attempt: &Attempt, response: &Response) -> Read {
        let known = attempt.reference.as_deref().or(attempt.charge.as_deref());
        if !response.is_success() {
            let money = attempt.charge.as_deref().or(attempt.reference.as_deref());
            return Ok(match (self.failed(attempt, response), known, &attempt.method) {
                // It is not open any more: as what has it ended?
                (Answer::Refused(_), Some(id), _) if id.starts_with("cs_") && response.status == 400 => {
                    then(self.get_session(id))?
                }
                // The reader has nothing to stop, or cannot be reached: the payment itself is cancelled all the same.
                (Answer::Refused(refusal), Some(_), Method::Terminal { .. })
                    if refusal.code.starts_with("terminal_reader")
                        || (refusal.kind == RefusalKind::Absent && refusal.text.contains("reader")) =>
                {
                    match money {
                        Some(id) => then(self.cancel(id))?,
                        None => Answer::Refused(refusal),
                    }
                }
                (Answer::Kept(_), None, _) if response.status >= 500 => {
                    told(without(attempt, PaymentState::Closed))
                }
                (Answer::Refused(_), None, _) if response.status == 400 => Answer::Unknown(
                    "Stripe's page could not be closed while its number was not known: query it".to_owned(),
                ),
                (answer, _, _) => answer,
            });
        }
        match object(response)?.as_str() {
            "checkout.session" => {
                let session: Session = read(response)?;
                let fact = self.session_fact(attempt, &session)?;
                if known.is_none() && session.status.as_deref() == Some("open") {
                    return then(self.expire(&session.id));
                }
                Ok(told(fact))
            }
            "terminal.reader" => {
                let shown: Reader = read(response)?;
                let money = attempt.charge.as_deref().or(attempt.reference.as_deref());
                match (money, &attempt.method) {
                    (Some(id), Method::Terminal { reader }) => {
                        let shows = shown.at(id).is_some_and(|action| action.status == "in_progress");
                        then(if shows { self.cancel_action(reader) } else { self.cancel(id) })
                    }
                    _ => Err(strange("terminal.reader")),
                }
            }
            "payment_intent" => {
                let intent: Intent = read(response)?;
                let fact = self.intent_fact(attempt, &intent)?;
                let made = known.is_none() && fact.state == PaymentState::Waiting;
                if made { then(self.cancel(&intent.id)) } else { Ok(told(fact)) }
            }
            "list" | "search_result" => match self.among(attempt, response)? {
                Some(fact) if fact.state == PaymentState::Waiting => match &fact.charge {
                    Some(id) => then(self.cancel(id)),
                    None => Ok(told(fact)),
                },
                Some(fact) => Ok(told(fact)),
                None => Ok(told(without(attempt, PaymentState::Absent))),
            },
            other => Err(strange(other)),
        }
    }

    /// The attempt's PaymentIntent in a list.
    fn among(&self, attempt: &Attempt, response: &Response) -> Result<Option<PaymentFact>, Answer> {
        let page: Page<Intent> = read(response)?;
        let ours = |intent: &&Intent| facts::word(intent.metadata.as_ref(), facts::ATTEMPT) == attempt.number;
        match page.data.iter().find(ours) {
            Some(intent) => self.intent_fact(attempt, intent).map(Some),
            None if page.has_more => Err(Answer::Unknown(
                "more payments than one page holds were made, and ours is not among them: look in the dashboard"
                    .to_owned(),
            )),
            None => Ok(None),
        }
    }

    /// What a capture, a release or a rise made of the payment.
    fn moved(&self, attempt: &Attempt, response: &Response) -> Result<PaymentFact, Answer> {
        if !response.is_success() {
            return Err(self.failed(attempt, response));
        }
        match object(response)?.as_str() {
            "payment_intent" => self.intent_fact(attempt, &read(response)?),
            other => Err(strange(other)),
        }
    }

    /// An error; where it tells how the payment stands, that counts.
    fn failed(&self, attempt: &Attempt, response: &Response) -> Answer {
        let problem = errors::problem(&response.body);
        let Some(intent) = problem.payment_intent.as_deref().filter(|_| response.status < 500) else {
            return errors::answer(self, response);
        };
        match self.intent_fact(attempt, intent) {
            Err(instead) => instead,
            Ok(fact) => match fact.state {
                // A refused card leaves a payment that waits for another; a refused rise leaves the hold.
                PaymentState::Waiting | PaymentState::Failed { .. } | PaymentState::Held
                    if problem.kind == "card_error" =>
                {
                    Answer::Refused(declined(&problem))
                }
                PaymentState::Taken | PaymentState::Released | PaymentState::Closed
                    if problem.code.as_deref() == Some("payment_intent_unexpected_state") =>
                {
                    told(fact)
                }
                _ => errors::answer(self, response),
            },
        }
    }

    fn session_fact(&self, attempt: &Attempt, session: &Session) -> Result<PaymentFact, Answer> {
        self.of_our_mode(session.livemode)?;
        let fact = facts::of_session(session).map_err(Answer::Unknown)?;
        checked(attempt, fact)
    }

    /// A PaymentIntent of ours. It is the order itself, except where that is a page of Stripe's.
    fn intent_fact(&self, attempt: &Attempt, intent: &Intent) -> Result<PaymentFact, Answer> {
        self.of_our_mode(intent.livemode)?;
        let reference = match attempt.method {
            Method::Hosted => attempt.reference.as_deref(),
            _ => Some(intent.id.as_str()),
        };
        let mut fact = facts::of_intent(intent, reference).map_err(Answer::Unknown)?;
        // What a station's own terminal has made has no number of ours: Stripe's stands for it.
        if attempt.is_adopted() && fact.number.is_empty() && intent.id == attempt.number {
            fact.number.clone_from(&attempt.number);
        }
        checked(attempt, fact)
    }

    fn of_our_mode(&self, livemode: Option<bool>) -> Result<(), Answer> {
        match livemode {
            Some(mode) if mode != self.live => Err(Answer::Unknown(
                "Stripe's answer is of the other mode (live or test) than our key".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

/// Is the fact of our attempt, and of its money?
fn checked(attempt: &Attempt, fact: PaymentFact) -> Result<PaymentFact, Answer> {
    let not_ours = |what: &str, theirs: &str, ours: &str| {
        Err(Answer::Unknown(format!(
            "Stripe's answer is of {what} {theirs} instead of {ours}: nothing is believed"
        )))
    };
    if fact.number != attempt.number {
        return not_ours("the order", &format!("{:?}", money::clip(&fact.number)), &attempt.number);
    }
    for (known, told) in [(&attempt.charge, &fact.charge)] {
        if let (Some(known), Some(told)) = (known, told)
            && known != told
        {
            return not_ours("the payment", &money::clip(told), known);
        }
    }
    if let Some(amount) = fact.amount {
        // A hold may have been raised since.
        let fits = match attempt.capture {
            Capture::Now => amount.minor == attempt.amount.minor,
            Capture::Later => attempt.is_adopted() || amount.minor >= attempt.amount.minor,
        };
        if amount.currency != attempt.amount.currency || !fits {
            return not_ours("the amount", &amount.to_string(), &attempt.amount.to_string());
        }
    }
    Ok(fact)
}

fn captured(fact: PaymentFact, amount: Amount) -> Read {
    match fact.taken {
        Some(taken) if taken != amount => {
            Err(Answer::Unknown(format!("{taken} was taken where {amount} was to be taken")))
        }
        _ => Ok(told(fact)),
    }
}

fn raised(fact: PaymentFact, to: Amount) -> Read {
    match fact.held {
        Some(held) if held != to => Err(Answer::Unknown(format!("{held} is held where {to} was to be held"))),
        _ => Ok(told(fact)),
    }
}

/// A payment that waits for its card, as the terminal that shows it says. One that the terminal does not show (any more)
/// waits until its time is over.
fn at_reader(attempt: &Attempt, reader: &Reader) -> PaymentFact {
    let money = attempt.charge.as_deref().or(attempt.reference.as_deref()).unwrap_or_default();
    let state = match reader.at(money) {
        Some(action) if action.status == "failed" => PaymentState::Failed { refusal: stopped(action) },
        _ => PaymentState::Waiting,
    };
    let known = |text: &Option<String>| text.clone();
    PaymentFact {
        reference: known(&attempt.reference),
        charge: known(&attempt.charge),
        ..without(attempt, state)
    }
}

/// Why a terminal shows a payment no more: the payer's doing, or the terminal's.
fn stopped(action: &Action) -> Refusal {
    let code = action.failure_code.as_deref().unwrap_or("reader_action_failed");
    let kind = if code.starts_with("terminal_reader") || code.starts_with("reader_") {
        RefusalKind::Trouble
    } else {
        RefusalKind::Payer
    };
    Refusal::new(
        kind,
        money::clip(code),
        action.failure_message.as_deref().unwrap_or("stopped at the terminal"),
    )
}

/// A payment of which Stripe knows nothing.
fn without(attempt: &Attempt, state: PaymentState) -> PaymentFact {
    PaymentFact {
        number: attempt.number.clone(),
        reference: None,
        charge: None,
        state,
        amount: None,
        held: None,
        taken: None,
        payer: None,
        instrument: None,
        at: None,
        holds_until: None,
    }
}

fn told(fact: PaymentFact) -> Answer {
    Answer::Told(Told::Payment(fact))
}

fn then(request: Result<Request, Refusal>) -> Read {
    request.map(Answer::Then).map_err(Answer::Refused)
}

pub(super) fn object(response: &Response) -> Result<String, Answer> {
    let unreadable = || Answer::Unknown("Stripe's answer is none of its objects".to_owned());
    errors::kind(&response.body).map(|kind| kind.object).ok_or_else(unreadable)
}

pub(super) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Answer> {
    serde_json::from_slice(&response.body).map_err(|why| errors::unreadable(&why))
}

pub(super) fn strange(object: &str) -> Answer {
    Answer::Unknown(format!("Stripe answered with a {:?}, which was not asked for", money::clip(object)))
}
