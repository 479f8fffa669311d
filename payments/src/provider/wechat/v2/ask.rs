//! Requests of API v2.

use super::{Fields, WechatV2, sign, xml};
use crate::provider::wechat::terms;
use crate::provider::{Attempt, Capture, FileKind, Method, RefundAsk, Refusal, Request};
use chrono::{NaiveDate, TimeDelta};

/// An order may be paid for at least so long, or WeChat does not make it.
const LEAST: TimeDelta = TimeDelta::minutes(1);

impl WechatV2 {
    pub(super) fn open(&self, attempt: &Attempt) -> Result<Request, Refusal> {
        if !self.abilities.takes(&attempt.method) {
            return Err(terms::unsupported("method", "this account does not take this method: see products"));
        }
        if attempt.capture == Capture::Later {
            return Err(terms::unsupported("capture", "WeChat Pay v2 does not hold amounts: pay at once"));
        }
        if attempt.payer.address.is_empty() && attempt.method == Method::PhoneBrowser {
            return Err(terms::setup("spbill_create_ip", "H5 payment needs the payer's source address"));
        }
        if attempt.payer.id.is_empty() && attempt.method == Method::InWallet {
            return Err(terms::setup(
                "openid",
                "payment inside WeChat needs the payer's openid: have the payer identified first",
            ));
        }
        let kind = trade_type(&attempt.method);
        let address = if attempt.payer.address.is_empty() { "127.0.0.1" } else { &attempt.payer.address };
        let fee = terms::fen(attempt.amount)?.to_string();
        let expires = attempt.expires_at.max(attempt.created_at + LEAST);
        let mut fields = vec![
            ("body", terms::words(&attempt.description, 127)),
            ("out_trade_no", terms::number(&attempt.number, 6, 32)?.to_owned()),
            ("fee_type", terms::CURRENCY.to_owned()),
            ("total_fee", fee),
            ("spbill_create_ip", address.to_owned()),
            ("time_start", terms::compact(attempt.created_at)),
            ("time_expire", terms::compact(expires)),
            ("notify_url", terms::notify_url(&attempt.notify_url)?.to_owned()),
            ("trade_type", kind.to_owned()),
        ];
        match attempt.method {
            Method::InWallet => fields.push(("openid", attempt.payer.id.clone())),
            Method::Code => fields.push(("product_id", attempt.number.clone())),
            _ => {
                let scene = serde_json::json!({ "h5_info": { "type": "Wap", "wap_url": attempt.return_url, "wap_name": terms::words(&attempt.description, 40) } });
                fields.push(("scene_info", scene.to_string()));
            }
        }
        self.post("/pay/unifiedorder", fields)
    }

    pub(super) fn by_number(&self, path: &str, attempt: &Attempt) -> Result<Request, Refusal> {
        self.post(path, vec![("out_trade_no", terms::number(&attempt.number, 6, 32)?.to_owned())])
    }

    pub(super) fn refund(&self, attempt: &Attempt, refund: &RefundAsk) -> Result<Request, Refusal> {
        if self.identity.is_none() {
            return Err(terms::access(
                "certificate",
                "refunds need the merchant's client certificate: add certificate and private_key",
            ));
        }
        let (part, whole) = (terms::fen(refund.amount)?, terms::fen(refund.of)?);
        if part > whole {
            return Err(terms::setup(
                "amount",
                &format!("{} is more than was taken ({})", refund.amount, refund.of),
            ));
        }
        let fields = vec![
            ("out_trade_no", terms::number(&attempt.number, 6, 32)?.to_owned()),
            ("out_refund_no", terms::number(&refund.number, 1, 64)?.to_owned()),
            ("total_fee", whole.to_string()),
            ("refund_fee", part.to_string()),
            ("refund_fee_type", terms::CURRENCY.to_owned()),
            ("refund_desc", terms::words(&refund.reason, 80)),
            ("notify_url", terms::notify_url(&attempt.notify_url)?.to_owned()),
        ];
        let mut request = self.post("/secapi/pay/refund", fields)?;
        request.client_certificate = true;
        Ok(request)
    }

    pub(super) fn query_refund(&self, refund: &RefundAsk) -> Result<Request, Refusal> {
        self.post(
            "/pay/refundquery",
            vec![("out_refund_no", terms::number(&refund.number, 1, 64)?.to_owned())],
        )
    }

    pub(super) fn bill(&self, day: NaiveDate, kind: FileKind) -> Result<Request, Refusal> {
        if kind != FileKind::Trades {
            return Err(terms::unsupported("statement", "API v2 offers the trade bill only"));
        }
        let day = day.format("%Y%m%d").to_string();
        self.post(
            "/pay/downloadbill",
            vec![("bill_date", day), ("bill_type", "ALL".to_owned()), ("tar_type", "GZIP".to_owned())],
        )
    }

    fn post(&self, path: &str, given: Vec<(&str, String)>) -> Result<Request, Refusal> {
        let mut fields: Fields = given
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        fields.insert("appid".to_owned(), self.appid.clone());
        fields.insert("mch_id".to_owned(), self.mchid.clone());
        fields.insert("nonce_str".to_owned(), self.nonces.next()?);
        fields.insert("sign_type".to_owned(), self.kind.name().to_owned());
        let signature = sign::sign(&fields, &self.key, self.kind);
        fields.insert("sign".to_owned(), signature);
        let body = xml::write(&fields).into_bytes();
        Ok(Request::post(format!("{}{path}", self.base), "text/xml; charset=utf-8", body)
            .with("user-agent", concat!("wattline/", env!("CARGO_PKG_VERSION"))))
    }
}

/// As WeChat calls the method.
pub(super) fn trade_type(method: &Method) -> &'static str {
    match method {
        Method::InWallet => "JSAPI",
        Method::PhoneBrowser => "MWEB",
        _ => "NATIVE",
    }
}
