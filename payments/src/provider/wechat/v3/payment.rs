//! How a payment stands: query, close, and what the notification of a payment holds.

use super::WechatV3;
use crate::Amount;
use crate::provider::wechat::terms;
use crate::provider::{
    Answer, Attempt, Method, PaymentFact, PaymentState, Refusal, RefusalKind, Request, Response, Told,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

/// An order as WeChat tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub appid: Option<String>,
    pub mchid: Option<String>,
    pub out_trade_no: String,
    pub transaction_id: Option<String>,
    pub trade_state: String,
    #[serde(default)]
    pub trade_state_desc: String,
    pub success_time: Option<DateTime<Utc>>,
    pub payer: Option<Payer>,
    pub amount: Option<Paid>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payer {
    pub openid: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paid {
    pub total: Option<i64>,
    pub currency: Option<String>,
}

impl WechatV3 {
    pub(super) fn query(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if attempt.method == Method::Score {
            return self.query_score(attempt, now);
        }
        let number = terms::encoded(terms::number(&attempt.number, 6, 32)?);
        let mchid = &self.signer.mchid;
        self.signer.get(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}"), now)
    }

    pub(super) fn close(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if attempt.method == Method::Score {
            return self.cancel_score(attempt, now);
        }
        let number = terms::encoded(terms::number(&attempt.number, 6, 32)?);
        let body = json!({ "mchid": self.signer.mchid });
        self.signer.post(&format!("/v3/pay/transactions/out-trade-no/{number}/close"), &body, now)
    }

    /// The answer to a query.
    pub(super) fn queried(&self, attempt: &Attempt, response: &Response) -> Answer {
        if attempt.method == Method::Score {
            return self.read_score(attempt, response);
        }
        let told: Result<Transaction, _> = serde_json::from_slice(&response.body);
        let fact = told
            .map_err(|why| format!("the payment cannot be read: {why}"))
            .and_then(|transaction| self.payment(transaction));
        match fact.and_then(|fact| same_payment(attempt, fact)) {
            Ok(fact) => Answer::Told(Told::Payment(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// An order in our words; the error says what does not fit.
    pub(super) fn payment(&self, told: Transaction) -> Result<PaymentFact, String> {
        self.ours(told.mchid.as_deref(), told.appid.as_deref())?;
        let amount = match told.amount {
            Some(Paid { total: Some(total), currency }) => Some(self.money(total, currency.as_deref())?),
            _ => None,
        };
        let mut taken = None;
        let state = match told.trade_state.as_str() {
            // An order of which something was refunded was paid before.
            "SUCCESS" | "REFUND" => {
                taken = amount;
                PaymentState::Taken
            }
            "NOTPAY" | "USERPAYING" | "ACCEPT" => PaymentState::Waiting,
            "CLOSED" | "REVOKED" => PaymentState::Closed,
            "PAYERROR" => PaymentState::Failed {
                refusal: Refusal::new(RefusalKind::Payer, "PAYERROR", &told.trade_state_desc),
            },
            other => return Err(format!("the payment's state is \"{other:.40}\", which is not known")),
        };
        if state == PaymentState::Taken && (taken.is_none() || told.transaction_id.is_none()) {
            return Err("the payment was taken, but its amount or its number is missing".to_owned());
        }
        Ok(PaymentFact {
            number: told.out_trade_no,
            reference: told.transaction_id.filter(|id| !id.is_empty()),
            charge: None,
            amount,
            held: None,
            taken,
            payer: told.payer.and_then(|payer| payer.openid).filter(|id| !id.is_empty()),
            instrument: (state == PaymentState::Taken).then(terms::instrument),
            at: told.success_time,
            holds_until: None,
            state,
        })
    }

    /// Of this merchant and app? What is not named is not compared.
    pub(super) fn ours(&self, mchid: Option<&str>, appid: Option<&str>) -> Result<(), String> {
        if let Some(mchid) = mchid.filter(|mchid| *mchid != self.signer.mchid) {
            return Err(format!("it is of the merchant {mchid:.40}, not {}", self.signer.mchid));
        }
        if let Some(appid) = appid.filter(|appid| *appid != self.appid) {
            return Err(format!("it is of the app {appid:.40}, not {}", self.appid));
        }
        Ok(())
    }

    /// Fen; without a currency they are CNY.
    pub(super) fn money(&self, fen: i64, currency: Option<&str>) -> Result<Amount, String> {
        match currency {
            Some(other) if other != terms::CURRENCY => {
                Err(format!("it is in {other:.10}, not {}", terms::CURRENCY))
            }
            _ if fen < 0 => Err(format!("{fen} fen is no amount")),
            _ => Ok(Amount::new(fen, self.currency)),
        }
    }
}

/// Is it about the attempt that was asked about, and its amount?
pub(in crate::provider::wechat) fn same_payment(
    attempt: &Attempt,
    fact: PaymentFact,
) -> Result<PaymentFact, String> {
    if fact.number != attempt.number {
        return Err(format!("the answer is about {:.64}, not {}", fact.number, attempt.number));
    }
    match fact.amount {
        Some(amount) if amount != attempt.amount => {
            Err(format!("the answer is about {amount}, but {} was asked for", attempt.amount))
        }
        _ => Ok(fact),
    }
}

/// A payment of which nothing but its state is known.
pub(in crate::provider::wechat) fn bare(attempt: &Attempt, state: PaymentState) -> Answer {
    Answer::Told(Told::Payment(PaymentFact {
        number: attempt.number.clone(),
        reference: attempt.reference.clone(),
        charge: attempt.charge.clone(),
        state,
        amount: None,
        held: None,
        taken: None,
        payer: None,
        instrument: None,
        at: None,
        holds_until: None,
    }))
}
