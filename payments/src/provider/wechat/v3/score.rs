//! Pay score (支付分): the payer confirms a service order, charges, and WeChat debits the bill.
//!
//! It is a hold in our words: confirming holds the amount, completing takes the bill, cancelling releases all. WeChat
//! goes on debiting a payer who has no money, without an end; until it has, a completed order is `Waiting`.

use super::{WechatV3, payment, settings::ScoreSettings};
use crate::Amount;
use crate::provider::wechat::{terms, v2::sign};
use crate::provider::{
    Answer, Attempt, Capture, Next, PaymentFact, PaymentState, Read, Refusal, Request, Response, Told,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Names of the lines of a charging order, fixed by WeChat: the rule of the price, and what it came to.
const RULE_LINE: &str = "计费规则";
const COST_LINE: &str = "费用明细";

/// An account's service.
pub(in crate::provider::wechat) struct Score {
    service_id: String,
    introduction: String,
    risk_fund: String,
    page_key: String,
}

impl fmt::Debug for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Score").field("service_id", &self.service_id).finish_non_exhaustive()
    }
}

/// A service order as WeChat tells it.
#[derive(Debug, Deserialize)]
pub(super) struct ServiceOrder {
    pub appid: Option<String>,
    pub mchid: Option<String>,
    pub out_order_no: String,
    pub service_id: Option<String>,
    pub order_id: Option<String>,
    pub state: String,
    #[serde(default)]
    pub state_description: String,
    pub total_amount: Option<i64>,
    pub risk_fund: Option<RiskFund>,
    pub collection: Option<Collection>,
    pub openid: Option<String>,
    /// Opens the confirmation page; in the answer to a new order.
    pub package: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RiskFund {
    pub amount: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Collection {
    pub state: String,
    pub paid_amount: Option<i64>,
    #[serde(default)]
    pub details: Vec<Debit>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Debit {
    pub transaction_id: Option<String>,
    pub paid_time: Option<String>,
}

impl Score {
    pub fn build(settings: &ScoreSettings, api_v3_key: &str, read: Read<'_>) -> Result<Score, String> {
        if settings.service_id.is_empty()
            || !settings.service_id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(
                "score.service_id is missing. Write the service's id as WeChat's merchant platform shows it"
                    .to_owned(),
            );
        }
        if settings.introduction.is_empty() || settings.introduction.chars().count() > 20 {
            return Err("score.introduction must have 1 to 20 characters. Shorten it".to_owned());
        }
        let page_key = match &settings.page_key {
            Some(key) => key.secret("score.page_key", read)?,
            None => api_v3_key.to_owned(),
        };
        Ok(Score {
            service_id: settings.service_id.clone(),
            introduction: settings.introduction.clone(),
            risk_fund: settings.risk_fund.clone(),
            page_key,
        })
    }
}

impl WechatV3 {
    fn service(&self) -> Result<&Score, Refusal> {
        self.score
            .as_ref()
            .ok_or_else(|| terms::unsupported("score", "this account has no pay score service"))
    }

    fn post_score(
        &self,
        attempt: &Attempt,
        action: &str,
        mut body: Value,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        body["appid"] = json!(self.appid);
        body["service_id"] = json!(self.service()?.service_id);
        let number = terms::encoded(terms::number(&attempt.number, 6, 32)?);
        self.signer.post(&format!("/v3/payscore/serviceorder/{number}/{action}"), &body, now)
    }

    pub(super) fn open_score(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if attempt.capture != Capture::Later {
            return Err(terms::unsupported(
                "capture",
                "pay score holds an amount: it cannot be paid at once",
            ));
        }
        let score = self.service()?;
        let body = json!({
            "appid": self.appid,
            "service_id": score.service_id,
            "out_order_no": terms::number(&attempt.number, 6, 32)?,
            "service_introduction": score.introduction,
            "post_payments": [{ "name": RULE_LINE, "description": rule(attempt) }],
            "risk_fund": { "name": score.risk_fund, "amount": terms::fen(attempt.amount)? },
            "time_range": { "start_time": "OnAccept" },
            "notify_url": terms::notify_url(&attempt.notify_url)?,
            "need_user_confirm": true,
        });
        self.signer.post("/v3/payscore/serviceorder", &body, now)
    }

    pub(super) fn query_score(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let number = terms::encoded(terms::number(&attempt.number, 6, 32)?);
        let (service, appid) = (&self.service()?.service_id, &self.appid);
        let path =
            format!("/v3/payscore/serviceorder?service_id={service}&out_order_no={number}&appid={appid}");
        self.signer.get(&path, now)
    }

    pub(super) fn cancel_score(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        self.post_score(attempt, "cancel", json!({ "reason": "未产生费用" }), now)
    }

    pub(super) fn complete_score(
        &self,
        attempt: &Attempt,
        amount: Amount,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let total = terms::fen(amount)?;
        if total > attempt.amount.minor {
            return Err(terms::setup(
                "amount",
                &format!("{amount} is more than is held ({})", attempt.amount),
            ));
        }
        let body = json!({
            "post_payments": [
                { "name": RULE_LINE, "description": rule(attempt) },
                { "name": COST_LINE, "amount": total },
            ],
            "total_amount": total,
            "time_range": { "end_time": terms::compact(now) },
        });
        self.post_score(attempt, "complete", body, now)
    }

    pub(super) fn opened_score(&self, attempt: &Attempt, response: &Response, now: DateTime<Utc>) -> Answer {
        let parameters = self.score_order(attempt, response).and_then(|order| {
            let package =
                order.package.ok_or("the service order was made, but not how to confirm it was told")?;
            let parameters = self.confirmation(&package, now).map_err(|refusal| refusal.text)?;
            Ok((order.order_id, parameters))
        });
        match parameters {
            Ok((reference, parameters)) => {
                let next = Next::WechatBridge { parameters };
                Answer::Told(Told::Opened { reference, charge: None, next })
            }
            Err(why) => Answer::Unknown(why),
        }
    }

    /// What the page inside WeChat hands to the confirmation page: signed like API v2 does.
    fn confirmation(&self, package: &str, now: DateTime<Utc>) -> Result<Value, Refusal> {
        let mut fields = BTreeMap::from([
            ("mch_id".to_owned(), self.signer.mchid.clone()),
            ("package".to_owned(), package.to_owned()),
            ("timestamp".to_owned(), now.timestamp().to_string()),
            ("nonce_str".to_owned(), self.signer.nonces.next()?),
            ("sign_type".to_owned(), sign::Kind::HmacSha256.name().to_owned()),
        ]);
        let signature = sign::sign(&fields, &self.service()?.page_key, sign::Kind::HmacSha256);
        fields.insert("sign".to_owned(), signature);
        let query: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", terms::encoded(value))).collect();
        Ok(json!({ "businessType": "wxpayScoreUse", "queryString": query.join("&") }))
    }

    /// The answer to a query or to completing.
    pub(super) fn read_score(&self, attempt: &Attempt, response: &Response) -> Answer {
        let fact = self.score_order(attempt, response).and_then(|order| self.score_fact(order));
        match fact.and_then(|fact| payment::same_payment(attempt, fact)) {
            Ok(fact) => Answer::Told(Told::Payment(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// The answer to completing: it must be about the amount that was to be taken.
    pub(super) fn completed(&self, attempt: &Attempt, amount: Amount, response: &Response) -> Answer {
        match self.score_order(attempt, response) {
            Ok(order) if order.total_amount.is_some_and(|total| total != amount.minor) => {
                Answer::Unknown(format!("the service order was completed, but not with {amount}"))
            }
            Ok(_) => self.read_score(attempt, response),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// The answer to cancelling: whatever was held is released. It does not tell whether anything was.
    pub(super) fn cancelled(&self, attempt: &Attempt, response: &Response) -> Answer {
        #[derive(Deserialize)]
        struct Cancelled {
            out_order_no: String,
            mchid: Option<String>,
        }
        match serde_json::from_slice::<Cancelled>(&response.body) {
            Ok(told) if told.out_order_no == attempt.number => match self.ours(told.mchid.as_deref(), None) {
                Ok(()) => payment::bare(attempt, PaymentState::Released),
                Err(why) => Answer::Unknown(why),
            },
            Ok(told) => {
                Answer::Unknown(format!("{:.64} was cancelled, not {}", told.out_order_no, attempt.number))
            }
            Err(why) => Answer::Unknown(format!("the cancelled service order cannot be read: {why}")),
        }
    }

    fn score_order(&self, attempt: &Attempt, response: &Response) -> Result<ServiceOrder, String> {
        let order: ServiceOrder = serde_json::from_slice(&response.body)
            .map_err(|why| format!("the service order cannot be read: {why}"))?;
        if order.out_order_no != attempt.number {
            return Err(format!("the answer is about {:.64}, not {}", order.out_order_no, attempt.number));
        }
        self.ours(order.mchid.as_deref(), order.appid.as_deref())?;
        Ok(order)
    }

    /// A service order in our words.
    pub(super) fn score_fact(&self, order: ServiceOrder) -> Result<PaymentFact, String> {
        self.ours(order.mchid.as_deref(), order.appid.as_deref())?;
        if let (Some(told), Some(score)) = (&order.service_id, &self.score)
            && *told != score.service_id
        {
            return Err(format!("it is of the service {told:.40}, not {}", score.service_id));
        }
        let risk = order.risk_fund.map(|fund| self.money(fund.amount, None)).transpose()?;
        let paid = order.collection.as_ref().filter(|collection| collection.state == "USER_PAID");
        let debit = order.collection.as_ref().and_then(|collection| collection.details.last());
        let (mut held, mut taken) = (None, None);
        let state = match (order.state.as_str(), order.state_description.as_str()) {
            ("CREATED", _) => PaymentState::Waiting,
            ("DOING", "USER_CONFIRM") => {
                held = risk;
                PaymentState::Held
            }
            ("DOING" | "DONE", _) if paid.is_some() => {
                let sums = (paid.and_then(|paid| paid.paid_amount), order.total_amount);
                let (Some(sum), Some(total)) = sums else {
                    return Err("the service order is paid, but how much is missing".to_owned());
                };
                if sum != total {
                    return Err(format!("the service order of {total} fen is paid with {sum} fen"));
                }
                taken = Some(self.money(sum, None)?);
                PaymentState::Taken
            }
            // Completed, and WeChat debits the payer.
            ("DOING", "MCH_COMPLETE") => PaymentState::Waiting,
            ("DONE", _) if order.total_amount == Some(0) => PaymentState::Released,
            ("REVOKED", _) => PaymentState::Released,
            ("EXPIRED", _) => PaymentState::Closed,
            (state, description) => {
                return Err(format!(
                    "the service order's state is \"{state:.40}\" ({description:.40}), which is not known"
                ));
            }
        };
        if state == PaymentState::Held && held.is_none() {
            return Err("the service order is confirmed, but the amount that is held is missing".to_owned());
        }
        Ok(PaymentFact {
            number: order.out_order_no,
            reference: order.order_id,
            charge: debit.and_then(|debit| debit.transaction_id.clone()),
            amount: risk,
            held,
            payer: order.openid.filter(|id| !id.is_empty()),
            instrument: taken.is_some().then(terms::instrument),
            taken,
            at: debit.and_then(|debit| debit.paid_time.as_deref()).and_then(terms::from_compact),
            holds_until: None,
            state,
        })
    }
}

/// The rule of the price in a few words.
fn rule(attempt: &Attempt) -> String {
    attempt.description.chars().filter(|letter| !letter.is_control()).take(30).collect()
}
