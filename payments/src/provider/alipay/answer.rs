//! What Alipay's answers say. Nothing in one is looked at before its signature verifies, and a fact counts only if it is
//! of our attempt and of its amount.

#![allow(clippy::result_large_err)] // what stands in for a fact is an answer, once per call

use super::{
    Alipay,
    codes::{self, Went},
    envelope::{amount, clip},
    facts::{Words, bare, of_hold, of_trade},
};
use crate::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Next, PaymentFact, PaymentState, RefundAsk, RefundFact,
        RefundState, Refusal, RefusalKind, Request, Response, Told,
    },
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// An answer, or why it is none already: both are answers.
type Read = Result<Answer, Answer>;

/// Bills are made in the morning after; what is not there by then (15:00 in Beijing) had nothing in it.
const BILL_AFTER: TimeDelta = TimeDelta::hours(24 + 7);

/// An answer whose signature has verified.
struct Said {
    name: String,
    words: Words,
    went: Went,
}

impl Alipay {
    pub(super) fn of_answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer {
        if let Call::Statement { .. } = call
            && response.is_success()
            && response.body.starts_with(b"PK")
        {
            return Answer::Told(Told::File(response.body.clone()));
        }
        let read = self.said(response).and_then(|said| match *call {
            Call::Identify { .. } => identified(&said),
            Call::Open(attempt) => opened(attempt, said),
            Call::Query(attempt) => stands(attempt, said, PaymentState::Absent),
            Call::Close(attempt) => self.closed(attempt, said, now),
            Call::Raise { .. } => Err(strange(&said.name)),
            Call::Capture { attempt, amount, .. } => self.captured(attempt, amount, said, now),
            Call::Release { attempt, .. } => self.released(attempt, said, now),
            Call::Refund { attempt, refund } => self.refunded(attempt, refund, said, now),
            Call::QueryRefund { attempt, refund } => refund_stands(attempt, refund, said),
            Call::Statement { day, .. } => bill(said, day, now),
        });
        read.unwrap_or_else(|instead| instead)
    }

    fn said(&self, response: &Response) -> Result<Said, Answer> {
        if !response.is_success() {
            return Err(Answer::Unknown(format!("Alipay answered {}", response.status)));
        }
        let (name, text) = self.opened(&response.body).map_err(Answer::Unknown)?;
        let words = Words::of_json(text).map_err(Answer::Unknown)?;
        // A login's answer has no code where it went well.
        let login = name == "alipay_system_oauth_token_response" && words.get("code").is_empty();
        let went = if login { Went::Well } else { codes::went(&words) };
        Ok(Said { name, words, went })
    }

    /// Closed, or ended in another way that a query tells; or never opened. Of the last Alipay knows nothing, and the link can
    /// be paid until its time is over: a driver is not kept waiting for that, and what is paid beside another attempt goes back.
    fn closed(&self, attempt: &Attempt, said: Said, now: DateTime<Utc>) -> Read {
        match said.name.as_str() {
            "alipay_trade_query_response" | "alipay_fund_auth_operation_detail_query_response" => {
                return stands(attempt, said, PaymentState::Closed);
            }
            "alipay_trade_close_response"
            | "alipay_fund_auth_operation_cancel_response"
            | "error_response" => {}
            other => return Err(strange(other)),
        }
        match said.went {
            Went::Well if attempt.method == Method::Score => {
                same("the order", said.words.get("out_order_no"), &attempt.number)?;
                let state = match said.words.get("action") {
                    "close" => PaymentState::Closed,
                    "unfreeze" => PaymentState::Released,
                    _ => return then(self.query(attempt, now)),
                };
                Ok(payment(bare(&attempt.number, state)))
            }
            Went::Well => {
                same("the order", said.words.get("out_trade_no"), &attempt.number)?;
                Ok(payment(bare(&attempt.number, PaymentState::Closed)))
            }
            Went::No(refusal) if refusal.kind == RefusalKind::Absent => {
                Ok(payment(bare(&attempt.number, PaymentState::Closed)))
            }
            Went::No(refusal) if matches!(refusal.kind, RefusalKind::Closed | RefusalKind::Paid) => {
                then(self.query(attempt, now))
            }
            went => Err(otherwise(went)),
        }
    }

    fn captured(&self, attempt: &Attempt, wanted: Amount, said: Said, now: DateTime<Utc>) -> Read {
        let took_other = |taken: Amount| {
            Err(Answer::Unknown(format!("{taken} was taken where {wanted} was to be taken: look at Alipay")))
        };
        if said.name == "alipay_fund_auth_operation_detail_query_response" {
            let answer = stands(attempt, said, PaymentState::Absent)?;
            return match &answer {
                Answer::Told(Told::Payment(fact)) => match fact.taken {
                    Some(taken) if taken != wanted => took_other(taken),
                    _ => Ok(answer),
                },
                _ => Ok(answer),
            };
        }
        named(&said, "alipay_trade_pay_response")?;
        match said.went {
            Went::Well => {
                same("the order", said.words.get("out_trade_no"), &attempt.number)?;
                let taken = amount(said.words.get("total_amount")).map_err(Answer::Unknown)?;
                if taken != wanted {
                    return took_other(taken);
                }
                let mut fact = bare(&attempt.number, PaymentState::Taken);
                fact.charge.clone_from(&attempt.charge);
                fact.taken = Some(taken);
                Ok(payment(fact))
            }
            Went::Waits => Err(Answer::Unknown("Alipay is still taking what was held".to_owned())),
            Went::No(refusal) if matches!(refusal.kind, RefusalKind::Paid | RefusalKind::Closed) => {
                then(self.query(attempt, now))
            }
            went => Err(otherwise(went)),
        }
    }

    fn released(&self, attempt: &Attempt, said: Said, now: DateTime<Utc>) -> Read {
        if said.name == "alipay_fund_auth_operation_detail_query_response" {
            return stands(attempt, said, PaymentState::Absent);
        }
        named(&said, "alipay_fund_auth_order_unfreeze_response")?;
        match said.went {
            Went::Well if said.words.get("status") == "SUCCESS" => {
                same("the hold", said.words.get("auth_no"), attempt.charge.as_deref().unwrap_or_default())?;
                let mut fact = bare(&attempt.number, PaymentState::Released);
                fact.charge.clone_from(&attempt.charge);
                Ok(payment(fact))
            }
            Went::Well | Went::Waits => {
                Err(Answer::Unknown("Alipay is still giving the hold back".to_owned()))
            }
            Went::No(refusal) if matches!(refusal.kind, RefusalKind::Paid | RefusalKind::Closed) => {
                then(self.query(attempt, now))
            }
            went => Err(otherwise(went)),
        }
    }

    /// Given back now, or by the first time of which no answer came: that is asked after.
    fn refunded(&self, attempt: &Attempt, ask: &RefundAsk, said: Said, now: DateTime<Utc>) -> Read {
        if said.name == "alipay_trade_fastpay_refund_query_response" {
            return refund_stands(attempt, ask, said);
        }
        named(&said, "alipay_trade_refund_response")?;
        match said.went {
            Went::Well => {
                same("the order", said.words.get("out_trade_no"), &attempt.number)?;
                if said.words.get("fund_change") != "Y" {
                    return then(self.query_refund(attempt, ask, now));
                }
                // Of all refunds of the order together.
                let all = amount(said.words.get("refund_fee")).map_err(Answer::Unknown)?;
                if all.minor < ask.amount.minor {
                    let text = format!("{all} was given back where {} was to be", ask.amount);
                    return Err(Answer::Unknown(text));
                }
                Ok(refund(attempt, ask, RefundState::Done, said.words.get("gmt_refund_pay")))
            }
            went => Err(otherwise(went)),
        }
    }
}

fn identified(said: &Said) -> Read {
    let payer = if said.words.get("user_id").is_empty() {
        said.words.get("open_id")
    } else {
        said.words.get("user_id")
    };
    match &said.went {
        Went::Well if !payer.is_empty() => Ok(Answer::Told(Told::Payer(payer.to_owned()))),
        Went::Well => Err(Answer::Unknown("Alipay does not say who the payer is".to_owned())),
        Went::No(refusal) => Err(Answer::Refused(refusal.clone())),
        _ => Err(Answer::Unknown("Alipay does not say who the payer is".to_owned())),
    }
}

fn opened(attempt: &Attempt, said: Said) -> Read {
    let expected = match (&attempt.method, attempt.capture) {
        (Method::Score, Capture::Later) => "alipay_fund_auth_order_voucher_create_response",
        (Method::Code, _) => "alipay_trade_precreate_response",
        _ => "alipay_trade_create_response",
    };
    named(&said, expected)?;
    if said.went != Went::Well {
        return Err(otherwise(said.went));
    }
    let words = said.words;
    let number = if attempt.method == Method::Score { "out_order_no" } else { "out_trade_no" };
    same("the order", words.get(number), &attempt.number)?;
    let (reference, next) = match &attempt.method {
        Method::Score => (None, words.some("code_value").map(code_or_link)),
        Method::Code => (None, words.some("qr_code").map(|text| Next::ShowCode { text })),
        _ => (words.some("trade_no"), words.some("trade_no").map(|trade| Next::AlipayBridge { trade })),
    };
    let Some(next) = next else {
        return Err(Answer::Unknown("Alipay made the order but does not say how to pay it".to_owned()));
    };
    Ok(Answer::Told(Told::Opened { reference, charge: None, next }))
}

/// A code that is a link opens the wallet by itself.
fn code_or_link(code: String) -> Next {
    if code.starts_with("https://") || code.starts_with("http://") {
        Next::Redirect { url: code }
    } else {
        Next::ShowCode { text: code }
    }
}

/// How a payment stands; `unknown_is` where Alipay knows none.
fn stands(attempt: &Attempt, said: Said, unknown_is: PaymentState) -> Read {
    let score = attempt.method == Method::Score;
    let expected = if score {
        "alipay_fund_auth_operation_detail_query_response"
    } else {
        "alipay_trade_query_response"
    };
    named(&said, expected)?;
    match said.went {
        Went::Well => {
            let fact = if score { of_hold(&said.words) } else { of_trade(&said.words) };
            checked(attempt, fact.map_err(Answer::Unknown)?).map(payment)
        }
        Went::No(refusal) if refusal.kind == RefusalKind::Absent => {
            Ok(payment(bare(&attempt.number, unknown_is)))
        }
        went => Err(otherwise(went)),
    }
}

fn refund_stands(attempt: &Attempt, ask: &RefundAsk, said: Said) -> Read {
    named(&said, "alipay_trade_fastpay_refund_query_response")?;
    let absent = || refund(attempt, ask, RefundState::Absent, "");
    match said.went {
        // No word of it: it was not made.
        Went::Well if said.words.get("refund_amount").is_empty() => Ok(absent()),
        Went::Well => {
            same("the order", said.words.get("out_trade_no"), &attempt.number)?;
            same("the refund", said.words.get("out_request_no"), &ask.number)?;
            let given = amount(said.words.get("refund_amount")).map_err(Answer::Unknown)?;
            if given != ask.amount {
                return Err(Answer::Unknown(format!(
                    "{given} was given back where {} was to be",
                    ask.amount
                )));
            }
            let state = match said.words.get("refund_status") {
                "REFUND_SUCCESS" => RefundState::Done,
                _ => RefundState::Waiting,
            };
            Ok(refund(attempt, ask, state, said.words.get("gmt_refund_pay")))
        }
        Went::No(refusal) if refusal.kind == RefusalKind::Absent => Ok(absent()),
        went => Err(otherwise(went)),
    }
}

fn bill(said: Said, day: NaiveDate, now: DateTime<Utc>) -> Read {
    named(&said, "alipay_data_dataservice_bill_downloadurl_query_response")?;
    match said.went {
        Went::Well => {
            let url = said.words.get("bill_download_url").to_owned();
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return Err(Answer::Unknown("Alipay does not say where the bill is".to_owned()));
            }
            Ok(Answer::Then(Request::get(url)))
        }
        Went::No(_) if codes::sub(&said.words).to_ascii_lowercase().contains("bill_not_exist") => {
            let due = day.and_time(chrono::NaiveTime::MIN).and_utc() + BILL_AFTER;
            Ok(Answer::Told(if now < due { Told::FileLater } else { Told::FileEmpty }))
        }
        went => Err(otherwise(went)),
    }
}

/// Is the fact of our attempt, and of its money?
fn checked(attempt: &Attempt, fact: PaymentFact) -> Result<PaymentFact, Answer> {
    same("the order", &fact.number, &attempt.number)?;
    match fact.amount {
        Some(amount) if amount != attempt.amount => {
            same("the amount", &amount.to_string(), &attempt.amount.to_string())?;
        }
        None if fact.state != PaymentState::Closed && fact.state != PaymentState::Waiting => {
            return Err(Answer::Unknown("Alipay's answer has no amount: nothing is believed".to_owned()));
        }
        _ => {}
    }
    Ok(fact)
}

fn same(what: &str, theirs: &str, ours: &str) -> Result<(), Answer> {
    if theirs == ours {
        return Ok(());
    }
    let theirs = clip(theirs);
    Err(Answer::Unknown(format!(
        "Alipay's answer is of {what} {theirs:?} instead of {ours}: nothing is believed"
    )))
}

/// Is it an answer to what was asked?
fn named(said: &Said, expected: &str) -> Result<(), Answer> {
    if said.name == expected || said.name == "error_response" { Ok(()) } else { Err(strange(&said.name)) }
}

/// What did not go well.
fn otherwise(went: Went) -> Answer {
    match went {
        Went::No(refusal) => Answer::Refused(refusal),
        Went::Unknown(why) => Answer::Unknown(why),
        Went::Well | Went::Waits => Answer::Unknown("Alipay is still at it".to_owned()),
    }
}

/// Alipay has no number of its own for a refund.
fn refund(attempt: &Attempt, ask: &RefundAsk, state: RefundState, at: &str) -> Answer {
    let amount = if state == RefundState::Absent { None } else { Some(ask.amount) };
    Answer::Told(Told::Refund(RefundFact {
        number: ask.number.clone(),
        reference: None,
        attempt: attempt.number.clone(),
        state,
        amount,
        at: super::envelope::moment(at),
        waits_for: None,
    }))
}

fn payment(fact: PaymentFact) -> Answer {
    Answer::Told(Told::Payment(fact))
}

fn then(request: Result<Request, Refusal>) -> Read {
    request.map(Answer::Then).map_err(Answer::Refused)
}

fn strange(name: &str) -> Answer {
    Answer::Unknown(format!("Alipay answered with {:?}, which was not asked for", clip(name)))
}
