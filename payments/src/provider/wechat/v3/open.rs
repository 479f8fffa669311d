//! Opening an order, and how the payer gets to it.

use super::WechatV3;
use crate::provider::wechat::terms;
use crate::provider::{Answer, Attempt, Capture, Method, Next, Refusal, Request, Response, Told};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// An order made; the field depends on the product.
#[derive(Deserialize)]
struct Prepaid {
    prepay_id: Option<String>,
    code_url: Option<String>,
    h5_url: Option<String>,
}

impl WechatV3 {
    pub(super) fn open(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if !self.abilities.takes(&attempt.method) {
            return Err(terms::unsupported(
                "method",
                "this account does not take this method: see products and score",
            ));
        }
        if attempt.method == Method::Score {
            return self.open_score(attempt, now);
        }
        if attempt.capture == Capture::Later {
            return Err(terms::unsupported(
                "capture",
                "WeChat Pay holds amounts only by pay score: pay at once",
            ));
        }
        let product = match attempt.method {
            Method::InWallet => "jsapi",
            Method::PhoneBrowser => "h5",
            _ => "native",
        };
        let body = self.order(attempt)?;
        self.signer.post(&format!("/v3/pay/transactions/{product}"), &body, now)
    }

    fn order(&self, attempt: &Attempt) -> Result<Value, Refusal> {
        let mut order = json!({
            "appid": self.appid,
            "mchid": self.signer.mchid,
            "description": terms::words(&attempt.description, 127),
            "out_trade_no": terms::number(&attempt.number, 6, 32)?,
            "time_expire": terms::rfc3339(attempt.expires_at),
            "notify_url": terms::notify_url(&attempt.notify_url)?,
            "amount": { "total": terms::fen(attempt.amount)?, "currency": terms::CURRENCY },
        });
        if attempt.method == Method::InWallet {
            if attempt.payer.id.is_empty() {
                return Err(terms::setup(
                    "openid",
                    "payment inside WeChat needs the payer's openid: have the payer identified first",
                ));
            }
            order["payer"] = json!({ "openid": attempt.payer.id });
        }
        if attempt.method == Method::PhoneBrowser {
            if attempt.payer.address.is_empty() {
                return Err(terms::setup("payer_client_ip", "H5 payment needs the payer's source address"));
            }
            order["scene_info"] =
                json!({ "payer_client_ip": attempt.payer.address, "h5_info": { "type": "Wap" } });
        }
        Ok(order)
    }

    pub(super) fn opened(&self, attempt: &Attempt, response: &Response, now: DateTime<Utc>) -> Answer {
        if attempt.method == Method::Score {
            return self.opened_score(attempt, response, now);
        }
        let made: Prepaid = match serde_json::from_slice(&response.body) {
            Ok(made) => made,
            Err(why) => return Answer::Unknown(format!("the order cannot be read: {why}")),
        };
        let next = match (&attempt.method, made) {
            (Method::InWallet, Prepaid { prepay_id: Some(id), .. }) => match self.bridge(&id, now) {
                Ok(parameters) => Next::WechatBridge { parameters },
                Err(refusal) => return Answer::Unknown(refusal.text),
            },
            (Method::Code, Prepaid { code_url: Some(text), .. }) => Next::ShowCode { text },
            (Method::PhoneBrowser, Prepaid { h5_url: Some(url), .. }) if terms::is_web(&url) => {
                Next::Redirect { url: terms::with_return(&url, &attempt.return_url) }
            }
            _ => return Answer::Unknown("the order was made, but not how to pay it was told".to_owned()),
        };
        // Its number at WeChat exists only once it is paid.
        Answer::Told(Told::Opened { reference: None, charge: None, next })
    }

    /// What the page inside WeChat hands to the wallet, signed by the merchant.
    fn bridge(&self, prepay_id: &str, now: DateTime<Utc>) -> Result<Value, Refusal> {
        let (time, nonce) = (now.timestamp().to_string(), self.signer.nonces.next()?);
        let package = format!("prepay_id={prepay_id}");
        let signature = self.signer.sign(&format!("{}\n{time}\n{nonce}\n{package}\n", self.appid))?;
        Ok(json!({
            "appId": self.appid,
            "timeStamp": time,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signature,
        }))
    }
}
