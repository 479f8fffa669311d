//! Answers of API v2, their signatures checked over all their fields.

use super::{Fields, WechatV2, ask, errors, sign, xml};
use crate::Amount;
use crate::provider::wechat::{terms, v3};
use crate::provider::{
    Answer, Attempt, Call, Method, Next, PaymentFact, PaymentState, RefundAsk, RefundFact, RefundState,
    Refusal, RefusalKind, Response, Told,
};
use chrono::{DateTime, Utc};
use serde_json::json;

impl WechatV2 {
    /// The fields of an answer that succeeded, or what else it says.
    pub(super) fn fields(&self, call: &Call<'_>, response: &Response) -> Result<Fields, Box<Answer>> {
        let unknown = |why: String| Box::new(Answer::Unknown(why));
        if !response.is_success() {
            return Err(unknown(format!("WeChat answered with status {}", response.status)));
        }
        let fields = xml::read(&response.body).map_err(unknown)?;
        let word = |name: &str| fields.get(name).map_or("", String::as_str);
        if word("return_code") != "SUCCESS" {
            let text = word("return_msg");
            // Not signed. Without a way to pay nobody pays, so a new order may be believed not to be; nothing else.
            return Err(match call {
                Call::Open(_) => Box::new(Answer::Refused(terms::setup(word("return_code"), text))),
                _ => unknown(format!("WeChat did not take the request: {text:.200}")),
            });
        }
        if !sign::verifies(&fields, &self.key, self.kind) {
            return Err(unknown("WeChat's answer is not believed: its signature does not verify".to_owned()));
        }
        self.ours(&fields).map_err(unknown)?;
        if word("result_code") == "SUCCESS" {
            return Ok(fields);
        }
        let (code, text) = (word("err_code"), word("err_code_des"));
        Err(match errors::kind(call, code) {
            Some(kind) => Box::new(v3::refused(call, Refusal::new(kind, code, text))),
            None => unknown(format!("WeChat says {code:.60}: {text:.200}")),
        })
    }

    /// Of this merchant and app? What is not named is not compared.
    pub(super) fn ours(&self, fields: &Fields) -> Result<(), String> {
        for (name, own) in [("mch_id", &self.mchid), ("appid", &self.appid)] {
            if let Some(other) = fields.get(name).filter(|given| *given != own) {
                return Err(format!("its {name} is {other:.40}, not {own}"));
            }
        }
        Ok(())
    }

    pub(super) fn opened(&self, attempt: &Attempt, fields: &Fields, now: DateTime<Utc>) -> Answer {
        if let Some(kind) = fields.get("trade_type").filter(|kind| *kind != ask::trade_type(&attempt.method))
        {
            return Answer::Unknown(format!("the order was made for {kind:.20}"));
        }
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty());
        let next = match (&attempt.method, field("prepay_id"), field("code_url"), field("mweb_url")) {
            (Method::InWallet, Some(prepay), _, _) => match self.bridge(prepay, now) {
                Ok(parameters) => Next::WechatBridge { parameters },
                Err(refusal) => return Answer::Unknown(refusal.text),
            },
            (Method::Code, _, Some(text), _) => Next::ShowCode { text: text.clone() },
            (Method::PhoneBrowser, _, _, Some(url)) if terms::is_web(url) => {
                Next::Redirect { url: terms::with_return(url, &attempt.return_url) }
            }
            _ => return Answer::Unknown("the order was made, but not how to pay it was told".to_owned()),
        };
        Answer::Told(Told::Opened { reference: None, charge: None, next })
    }

    /// What the page inside WeChat hands to the wallet.
    fn bridge(&self, prepay_id: &str, now: DateTime<Utc>) -> Result<serde_json::Value, Refusal> {
        let mut fields = Fields::from([
            ("appId".to_owned(), self.appid.clone()),
            ("timeStamp".to_owned(), now.timestamp().to_string()),
            ("nonceStr".to_owned(), self.nonces.next()?),
            ("package".to_owned(), format!("prepay_id={prepay_id}")),
            ("signType".to_owned(), self.kind.name().to_owned()),
        ]);
        let signature = sign::sign(&fields, &self.key, self.kind);
        fields.insert("paySign".to_owned(), signature);
        Ok(json!(fields))
    }

    pub(super) fn queried(&self, attempt: &Attempt, fields: &Fields) -> Answer {
        match self.payment(fields).and_then(|fact| v3::payment::same_payment(attempt, fact)) {
            Ok(fact) => Answer::Told(Told::Payment(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// An order in our words, by `trade_state`.
    pub(super) fn payment(&self, fields: &Fields) -> Result<PaymentFact, String> {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty());
        let amount = field("total_fee").map(|fee| self.money(fee, field("fee_type"))).transpose()?;
        let mut taken = None;
        let state = match field("trade_state").map_or("", String::as_str) {
            "SUCCESS" | "REFUND" => {
                taken = amount;
                PaymentState::Taken
            }
            "NOTPAY" | "USERPAYING" | "ACCEPT" => PaymentState::Waiting,
            "CLOSED" | "REVOKED" => PaymentState::Closed,
            "PAYERROR" => PaymentState::Failed {
                refusal: Refusal::new(
                    RefusalKind::Payer,
                    "PAYERROR",
                    field("trade_state_desc").map_or("", String::as_str),
                ),
            },
            other => return Err(format!("the payment's state is \"{other:.40}\", which is not known")),
        };
        let Some(number) = field("out_trade_no") else { return Err("the payment has no number".to_owned()) };
        if state == PaymentState::Taken && (taken.is_none() || field("transaction_id").is_none()) {
            return Err("the payment was taken, but its amount or its number is missing".to_owned());
        }
        Ok(PaymentFact {
            number: number.clone(),
            reference: field("transaction_id").cloned(),
            charge: None,
            amount,
            held: None,
            taken,
            payer: field("openid").cloned(),
            instrument: taken.is_some().then(terms::instrument),
            at: field("time_end").and_then(|time| terms::from_compact(time)),
            holds_until: None,
            state,
        })
    }

    /// Fen; without a currency they are CNY.
    pub(super) fn money(&self, fen: &str, currency: Option<&String>) -> Result<Amount, String> {
        if let Some(other) = currency.filter(|other| *other != terms::CURRENCY) {
            return Err(format!("it is in {other:.10}, not {}", terms::CURRENCY));
        }
        match fen.parse::<i64>() {
            Ok(minor) if minor >= 0 => Ok(Amount::new(minor, self.currency)),
            _ => Err(format!("\"{fen:.40}\" is no amount in fen")),
        }
    }

    /// A refund taken on: how it ends is asked for, or told later.
    pub(super) fn refunding(&self, attempt: &Attempt, refund: &RefundAsk, fields: &Fields) -> Answer {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty());
        let fact = self.same_order(attempt, refund, fields).and_then(|()| {
            let fact = RefundFact {
                number: field("out_refund_no").cloned().unwrap_or_default(),
                reference: field("refund_id").cloned(),
                attempt: attempt.number.clone(),
                state: RefundState::Waiting,
                amount: field("refund_fee").map(|fee| self.money(fee, None)).transpose()?,
                at: None,
                waits_for: None,
            };
            v3::refund::same_refund(refund, fact)
        });
        match fact {
            Ok(fact) => Answer::Told(Told::Refund(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// The answer to a question after one refund: its fields end in `_0`.
    pub(super) fn refund_told(&self, attempt: &Attempt, refund: &RefundAsk, fields: &Fields) -> Answer {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty());
        let fact = self.same_order(attempt, refund, fields).and_then(|()| {
            let status = field("refund_status_0").map_or("", String::as_str);
            let failed = |kind, text: &str| RefundState::Failed { refusal: Refusal::new(kind, status, text) };
            let state = match status {
                "SUCCESS" => RefundState::Done,
                "PROCESSING" => RefundState::Waiting,
                "CHANGE" => failed(
                    RefusalKind::Payer,
                    "the payer's account is gone: refund it to another account at WeChat's merchant platform",
                ),
                "REFUNDCLOSE" => {
                    failed(RefusalKind::Closed, "WeChat has closed the refund: nothing was given back")
                }
                other => return Err(format!("the refund's state is \"{other:.40}\", which is not known")),
            };
            let fact = RefundFact {
                number: field("out_refund_no_0").cloned().unwrap_or_default(),
                reference: field("refund_id_0").cloned(),
                attempt: attempt.number.clone(),
                state,
                amount: field("refund_fee_0").map(|fee| self.money(fee, None)).transpose()?,
                at: field("refund_success_time_0").and_then(|time| terms::from_compact(time)),
                waits_for: None,
            };
            v3::refund::same_refund(refund, fact)
        });
        match fact {
            Ok(fact) => Answer::Told(Told::Refund(fact)),
            Err(why) => Answer::Unknown(why),
        }
    }

    fn same_order(&self, attempt: &Attempt, refund: &RefundAsk, fields: &Fields) -> Result<(), String> {
        let number = fields.get("out_trade_no").map_or("", String::as_str);
        if number != attempt.number {
            return Err(format!("the refund is of \"{number:.64}\", not {}", attempt.number));
        }
        match fields.get("total_fee").map(|fee| self.money(fee, fields.get("fee_type"))).transpose()? {
            Some(of) if of == refund.of => Ok(()),
            _ => Err(format!("the refund is not of a payment of {}", refund.of)),
        }
    }

    /// The trade bill: a file, or XML that says why there is none. Neither is signed.
    pub(super) fn billed(response: &Response) -> Answer {
        if !response.is_success() {
            return Answer::Unknown(format!("WeChat answered with status {}", response.status));
        }
        if response.body.starts_with(b"<xml>") {
            let fields = match xml::read(&response.body) {
                Ok(fields) => fields,
                Err(why) => return Answer::Unknown(why),
            };
            let text = fields.get("return_msg").map_or("", String::as_str);
            let code = fields.get("error_code").map_or("", String::as_str);
            return match text {
                "No Bill Exist" => Answer::Told(Told::FileEmpty),
                "Bill Creating" => Answer::Told(Told::FileLater),
                _ => Answer::Refused(terms::setup(code, text)),
            };
        }
        match terms::unpacked(&response.body) {
            // No hash is told, so at least its heading and its sums must be there.
            Ok(plain) if has(&plain, "交易时间") && has(&plain, "总交易单数") => {
                Answer::Told(Told::File(plain))
            }
            Ok(_) => Answer::Unknown("the statement has no heading or no sums: it is not whole".to_owned()),
            Err(why) => Answer::Unknown(why),
        }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
