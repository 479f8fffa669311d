//! Giving money back.

use super::WechatV3;
use crate::provider::wechat::terms;
use crate::provider::{
    Answer, Attempt, Method, RefundAsk, RefundFact, RefundState, Refusal, RefusalKind, Request, Response,
    Told,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

/// A refund as WeChat tells it; in a notification its state is `refund_status`.
#[derive(Debug, Deserialize)]
pub(super) struct Refunded {
    pub mchid: Option<String>,
    pub out_refund_no: String,
    pub refund_id: Option<String>,
    #[serde(default)]
    pub out_trade_no: String,
    pub transaction_id: Option<String>,
    #[serde(alias = "refund_status")]
    pub status: String,
    pub success_time: Option<DateTime<Utc>>,
    pub amount: Option<Amounts>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Amounts {
    pub refund: i64,
    pub total: i64,
    pub currency: Option<String>,
}

impl WechatV3 {
    pub(super) fn refund(
        &self,
        attempt: &Attempt,
        refund: &RefundAsk,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let (part, whole) = (terms::fen(refund.amount)?, terms::fen(refund.of)?);
        if part > whole {
            return Err(terms::setup(
                "amount",
                &format!("{} is more than was taken ({})", refund.amount, refund.of),
            ));
        }
        let mut body = json!({
            "out_refund_no": terms::number(&refund.number, 1, 64)?,
            "notify_url": terms::notify_url(&attempt.notify_url)?,
            "amount": { "refund": part, "total": whole, "currency": terms::CURRENCY },
        });
        if !refund.reason.is_empty() {
            body["reason"] = json!(terms::words(&refund.reason, 80));
        }
        if attempt.method == Method::Score {
            // The number of a service order is not the number of the payment that WeChat made of it.
            let Some(charge) = attempt.charge.as_deref().filter(|charge| !charge.is_empty()) else {
                return Err(terms::setup(
                    "transaction_id",
                    "the payment's number is not known yet: query the attempt first",
                ));
            };
            body["transaction_id"] = json!(charge);
        } else {
            body["out_trade_no"] = json!(terms::number(&attempt.number, 6, 32)?);
        }
        self.signer.post("/v3/refund/domestic/refunds", &body, now)
    }

    pub(super) fn query_refund(&self, refund: &RefundAsk, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let number = terms::encoded(terms::number(&refund.number, 1, 64)?);
        self.signer.get(&format!("/v3/refund/domestic/refunds/{number}"), now)
    }

    /// The answer to a refund or to a question after one.
    pub(super) fn refunded(&self, attempt: &Attempt, refund: &RefundAsk, response: &Response) -> Answer {
        let told: Result<Refunded, _> = serde_json::from_slice(&response.body);
        let fact = told.map_err(|why| format!("the refund cannot be read: {why}")).and_then(|told| {
            let whole = told.amount.as_ref().map(|amounts| amounts.total);
            if attempt.method == Method::Score {
                if told.transaction_id != attempt.charge {
                    return Err("the refund is of another payment".to_owned());
                }
            } else if told.out_trade_no != attempt.number {
                return Err(format!("the refund is of {:.64}, not {}", told.out_trade_no, attempt.number));
            }
            if whole != Some(refund.of.minor) {
                return Err(format!("the refund is not of a payment of {}", refund.of));
            }
            let mut fact = self.refund_fact(told)?;
            fact.attempt.clone_from(&attempt.number);
            same_refund(refund, fact)
        });
        match fact {
            Ok(fact) => Answer::Told(Told::Refund(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// A refund in our words.
    pub(super) fn refund_fact(&self, told: Refunded) -> Result<RefundFact, String> {
        self.ours(told.mchid.as_deref(), None)?;
        let failed =
            |kind, text: &str| RefundState::Failed { refusal: Refusal::new(kind, &told.status, text) };
        let state = match told.status.as_str() {
            "SUCCESS" => RefundState::Done,
            "PROCESSING" => RefundState::Waiting,
            "ABNORMAL" => failed(
                RefusalKind::Payer,
                "the payer's account is gone: refund it to another account at WeChat's merchant platform",
            ),
            "CLOSED" => failed(RefusalKind::Closed, "WeChat has closed the refund: nothing was given back"),
            other => return Err(format!("the refund's state is \"{other:.40}\", which is not known")),
        };
        let amount = match &told.amount {
            Some(amounts) => Some(self.money(amounts.refund, amounts.currency.as_deref())?),
            None => None,
        };
        Ok(RefundFact {
            number: told.out_refund_no,
            reference: told.refund_id,
            attempt: told.out_trade_no,
            state,
            amount,
            at: told.success_time,
            waits_for: None,
        })
    }
}

/// Is it the refund that was asked for?
pub(in crate::provider::wechat) fn same_refund(
    refund: &RefundAsk,
    fact: RefundFact,
) -> Result<RefundFact, String> {
    if fact.number != refund.number {
        return Err(format!("the answer is about the refund {:.64}, not {}", fact.number, refund.number));
    }
    if fact.amount != Some(refund.amount) {
        return Err(format!("the answer is not about a refund of {}", refund.amount));
    }
    Ok(fact)
}

/// A refund that the provider does not know.
pub(in crate::provider::wechat) fn absent(attempt: &Attempt, refund: &RefundAsk) -> Answer {
    Answer::Told(Told::Refund(RefundFact {
        number: refund.number.clone(),
        reference: refund.reference.clone(),
        attempt: attempt.number.clone(),
        state: RefundState::Absent,
        amount: None,
        at: None,
        waits_for: None,
    }))
}
