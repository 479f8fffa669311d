//! What is sent to Alipay, and the links to its pages.

use super::{
    Alipay,
    envelope::{beijing, written},
};
use crate::provider::{
    Answer, Attempt, Call, Capture, FileKind, Method, Next, RefundAsk, Refusal, RefusalKind, Request, Step,
    Told,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

/// The payer's id of old; newer apps see another one, which is given under another name.
const USER_ID: (&str, usize) = ("2088", 16);
const SUBJECT_MAX: usize = 128;

impl Alipay {
    pub(super) fn of_call(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal> {
        let request = match *call {
            Call::Identify { code } => {
                let mut parameters = self.parameters("alipay.system.oauth.token", now);
                parameters.insert("grant_type", "authorization_code".to_owned());
                parameters.insert("code", code.to_owned());
                self.post(parameters)
            }
            Call::Open(attempt) => return self.open(attempt, now),
            Call::Query(attempt) => self.query(attempt, now),
            Call::Close(attempt) => self.close(attempt, now),
            Call::Raise { .. } => Err(unsupported("Alipay cannot raise a hold: a new one is needed")),
            Call::Capture { attempt, amount, .. } => {
                let content = json!({
                    "out_trade_no": attempt.number,
                    "total_amount": written(amount)?,
                    "subject": subject(attempt),
                    "product_code": self.deposit.capture_product,
                    "auth_no": hold_of(attempt)?,
                    "auth_confirm_mode": "COMPLETE",
                    "passback_params": CAPTURED,
                });
                self.call("alipay.trade.pay", &content, &attempt.notify_url, now)
            }
            Call::Release { attempt, .. } => {
                let content = json!({
                    "auth_no": hold_of(attempt)?,
                    "out_request_no": released(attempt),
                    "amount": written(attempt.amount)?,
                    "remark": "released",
                });
                self.call("alipay.fund.auth.order.unfreeze", &content, &attempt.notify_url, now)
            }
            Call::Refund { attempt, refund } => {
                let content = json!({
                    "out_trade_no": attempt.number,
                    "refund_amount": written(refund.amount)?,
                    "out_request_no": refund.number,
                    "refund_reason": refund.reason,
                });
                self.call("alipay.trade.refund", &content, "", now)
            }
            Call::QueryRefund { attempt, refund } => self.query_refund(attempt, refund, now),
            Call::Statement { day, kind } => self.bill(day, kind, now),
        };
        request.map(Step::Send)
    }

    /// The order where Alipay has to be asked, else the signed link to its page.
    fn open(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Step, Refusal> {
        match (&attempt.method, attempt.capture) {
            (Method::Score, Capture::Later) => self.hold(attempt, now).map(Step::Send),
            (Method::Score, Capture::Now) => Err(unsupported("Alipay's credit score is for holds")),
            (_, Capture::Later) => Err(unsupported("Alipay holds by its credit score alone (method score)")),
            (Method::InWallet, _) if self.bridge && !attempt.payer.id.is_empty() => {
                let mut content = order(attempt, "JSAPI_PAY")?;
                let (start, length) = USER_ID;
                let old = attempt.payer.id.starts_with(start) && attempt.payer.id.len() == length;
                content[if old { "buyer_id" } else { "buyer_open_id" }] = json!(attempt.payer.id);
                content["op_app_id"] = json!(self.app_id);
                self.call("alipay.trade.create", &content, &attempt.notify_url, now).map(Step::Send)
            }
            (Method::InWallet | Method::PhoneBrowser, _) => {
                self.page("alipay.trade.wap.pay", order(attempt, "QUICK_WAP_WAY")?, attempt, now)
            }
            (Method::Hosted, _) => {
                self.page("alipay.trade.page.pay", order(attempt, "FAST_INSTANT_TRADE_PAY")?, attempt, now)
            }
            (Method::Code, _) => {
                let content = order(attempt, "FACE_TO_FACE_PAYMENT")?;
                self.call("alipay.trade.precreate", &content, &attempt.notify_url, now).map(Step::Send)
            }
            (other, _) => Err(unsupported(&format!("Alipay does not offer the method {}", other.word()))),
        }
    }

    fn page(
        &self,
        method: &str,
        mut content: Value,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        if method == "alipay.trade.wap.pay" {
            content["quit_url"] = json!(attempt.return_url);
        }
        let mut parameters = self.parameters(method, now);
        parameters.insert("notify_url", attempt.notify_url.clone());
        parameters.insert("return_url", attempt.return_url.clone());
        parameters.insert("biz_content", content.to_string());
        let url = format!("{}?{}", self.gateway, self.signed(parameters)?);
        let next = Next::Redirect { url };
        Ok(Step::Done(Answer::Told(Told::Opened { reference: None, charge: None, next })))
    }

    /// A code that holds the amount when the wallet opens it.
    fn hold(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let mut extra = json!({"category": self.deposit.category});
        if !self.deposit.service_id.is_empty() {
            extra["serviceId"] = json!(self.deposit.service_id);
        }
        let channel = |name: &String| json!({"payChannelType": name});
        let channels: Vec<Value> = self.deposit.channels.iter().map(channel).collect();
        let minutes = (attempt.expires_at - attempt.created_at).num_minutes().clamp(1, 60 * 24);
        let mut content = json!({
            "out_order_no": attempt.number,
            "out_request_no": attempt.number,
            "order_title": subject(attempt),
            "amount": written(attempt.amount)?,
            "product_code": self.deposit.product,
            "pay_timeout": format!("{minutes}m"),
            "extra_param": extra.to_string(),
        });
        if !channels.is_empty() {
            content["enable_pay_channels"] = json!(Value::from(channels).to_string());
        }
        if !self.seller_id.is_empty() {
            content["payee_user_id"] = json!(self.seller_id);
        }
        self.call("alipay.fund.auth.order.voucher.create", &content, &attempt.notify_url, now)
    }

    pub(super) fn query(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if attempt.method == Method::Score {
            let content = json!({"out_order_no": attempt.number, "out_request_no": attempt.number});
            return self.call("alipay.fund.auth.operation.detail.query", &content, "", now);
        }
        self.call("alipay.trade.query", &json!({"out_trade_no": attempt.number}), "", now)
    }

    fn close(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if attempt.method == Method::Score {
            let content = json!({
                "out_order_no": attempt.number,
                "out_request_no": attempt.number,
                "remark": "closed",
            });
            return self.call("alipay.fund.auth.operation.cancel", &content, &attempt.notify_url, now);
        }
        self.call("alipay.trade.close", &json!({"out_trade_no": attempt.number}), "", now)
    }

    pub(super) fn query_refund(
        &self,
        attempt: &Attempt,
        refund: &RefundAsk,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let content = json!({
            "out_trade_no": attempt.number,
            "out_request_no": refund.number,
            "query_options": ["gmt_refund_pay"],
        });
        self.call("alipay.trade.fastpay.refund.query", &content, "", now)
    }

    fn bill(&self, day: NaiveDate, kind: FileKind, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let kind = match kind {
            FileKind::Trades => "trade",
            FileKind::Funds => "signcustomer",
        };
        let content = json!({"bill_type": kind, "bill_date": day.to_string()});
        self.call("alipay.data.dataservice.bill.downloadurl.query", &content, "", now)
    }
}

/// Comes back with the notification of a capture, whose amount is not the hold's.
pub(super) const CAPTURED: &str = "captured";

/// The key of giving back a whole hold, which happens once.
pub(super) fn released(attempt: &Attempt) -> String {
    format!("{}_release", attempt.number)
}

fn order(attempt: &Attempt, product: &str) -> Result<Value, Refusal> {
    Ok(json!({
        "out_trade_no": attempt.number,
        "total_amount": written(attempt.amount)?,
        "subject": subject(attempt),
        "product_code": product,
        "time_expire": beijing(attempt.expires_at),
    }))
}

/// What the payer reads, without what Alipay refuses in it.
fn subject(attempt: &Attempt) -> String {
    let plain = |c: char| if matches!(c, '/' | '=' | '&') || c.is_control() { ' ' } else { c };
    attempt.description.chars().map(plain).take(SUBJECT_MAX).collect()
}

/// Alipay's number of the hold.
fn hold_of(attempt: &Attempt) -> Result<&str, Refusal> {
    attempt.charge.as_deref().ok_or_else(|| {
        let text = "Alipay's number of the hold (auth_no) is not known yet: query the payment first";
        Refusal::new(RefusalKind::Setup, "auth_no", text)
    })
}

pub(super) fn unsupported(text: &str) -> Refusal {
    Refusal::new(RefusalKind::Unsupported, "unsupported", text)
}
