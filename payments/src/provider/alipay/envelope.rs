//! What is around every request and answer: parameters, signatures, Alipay's time and amounts.

use super::Alipay;
use crate::{
    Amount,
    provider::{Refusal, RefusalKind, Request},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rust_decimal::Decimal;
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;
use tariffs::Currency;

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const TIME: &str = "%Y-%m-%d %H:%M:%S";
/// Alipay's clock, whatever the site's.
const BEIJING_S: i32 = 8 * 3600;

/// Parameters by name, as they are signed.
pub(super) type Parameters = BTreeMap<&'static str, String>;

impl Alipay {
    /// The parameters of a call, without its content.
    pub(super) fn parameters(&self, method: &str, now: DateTime<Utc>) -> Parameters {
        let mut all = Parameters::from([
            ("app_id", self.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", beijing(now)),
            ("version", "1.0".to_owned()),
        ]);
        if let Some((app, root)) = &self.names {
            all.insert("app_cert_sn", app.clone());
            all.insert("alipay_root_cert_sn", root.clone());
        }
        if let Some(token) = &self.token {
            all.insert("app_auth_token", token.clone());
        }
        all
    }

    /// With its signature, as a form.
    pub(super) fn signed(&self, mut parameters: Parameters) -> Result<String, Refusal> {
        parameters.retain(|_, value| !value.is_empty());
        let text: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let signature = self.signer.sign(text.join("&").as_bytes());
        let signature = signature.map_err(|why| Refusal::new(RefusalKind::Setup, "sign", &why))?;
        parameters.insert("sign", signature);
        let pair =
            |(name, value): (&&str, &String)| format!("{name}={}", utf8_percent_encode(value, ESCAPED));
        Ok(parameters.iter().map(pair).collect::<Vec<_>>().join("&"))
    }

    /// A call with content.
    pub(super) fn call(
        &self,
        method: &str,
        content: &Value,
        notify_url: &str,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let mut parameters = self.parameters(method, now);
        parameters.insert("notify_url", notify_url.to_owned());
        parameters.insert("biz_content", content.to_string());
        self.post(parameters)
    }

    pub(super) fn post(&self, parameters: Parameters) -> Result<Request, Refusal> {
        let form = self.signed(parameters)?.into_bytes();
        Ok(Request::post(self.gateway.clone(), "application/x-www-form-urlencoded; charset=utf-8", form))
    }

    /// The name and the exact text of what an answer says, once its signature verifies.
    pub(super) fn opened<'a>(&self, body: &'a [u8]) -> Result<(String, &'a str), String> {
        let parts: BTreeMap<String, &'a RawValue> =
            serde_json::from_slice(body).map_err(|why| format!("Alipay's answer cannot be read: {why}"))?;
        let text = |name: &str| {
            parts.get(name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok()).unwrap_or_default()
        };
        let mut said = parts.iter().filter(|(name, _)| name.ends_with("_response"));
        let (Some((name, raw)), None) = (said.next(), said.next()) else {
            return Err("Alipay's answer says nothing, or two things at once".to_owned());
        };
        let sign = text("sign");
        if sign.is_empty() {
            return Err(format!("Alipay's answer is not signed: {}", clip(raw.get())));
        }
        let sn = text("alipay_cert_sn");
        self.verified(raw.get().as_bytes(), &sign, &sn)?;
        Ok((name.clone(), raw.get()))
    }

    /// Is a text signed by one of Alipay's keys?
    pub(super) fn verified(&self, text: &[u8], signature: &str, sn: &str) -> Result<(), String> {
        let signature =
            STANDARD.decode(signature.trim()).map_err(|_| "its signature is not base64".to_owned())?;
        let named =
            |key: &&super::keys::Trusted| sn.is_empty() || key.sn.is_none() || key.sn.as_deref() == Some(sn);
        let mut keys = self.trusted.iter().filter(named).peekable();
        if keys.peek().is_none() {
            return Err(format!(
                "it is signed with Alipay's certificate {}, which alipay_certificates does not have: download \
                 alipayCertPublicKey_RSA2.crt anew and add it",
                clip(sn)
            ));
        }
        if keys.any(|key| key.verifies(text, &signature)) {
            return Ok(());
        }
        Err("its signature does not verify with any of Alipay's keys that are set".to_owned())
    }
}

/// A moment as Alipay writes it.
pub(super) fn beijing(moment: DateTime<Utc>) -> String {
    match FixedOffset::east_opt(BEIJING_S) {
        Some(offset) => moment.with_timezone(&offset).format(TIME).to_string(),
        None => moment.format(TIME).to_string(),
    }
}

/// A moment as Alipay writes it, some with fractions of a second.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let written = NaiveDateTime::parse_from_str(text.split('.').next()?, TIME).ok()?;
    let offset = FixedOffset::east_opt(BEIJING_S)?;
    Some(offset.from_local_datetime(&written).single()?.with_timezone(&Utc))
}

pub(super) fn yuan() -> Result<Currency, String> {
    "CNY".parse().map_err(|_| "CNY is not known".to_owned())
}

/// An amount as Alipay writes it: yuan with two decimals.
pub(super) fn amount(text: &str) -> Result<Amount, String> {
    let decimal: Decimal = text.parse().map_err(|_| format!("{:?} is no amount", clip(text)))?;
    Amount::exact(decimal, yuan()?).map_err(|why| why.to_string())
}

/// An amount for Alipay.
pub(super) fn written(amount: Amount) -> Result<String, Refusal> {
    let refused = |text: &str| Refusal::new(RefusalKind::Setup, "amount", text);
    if amount.currency.code() != "CNY" {
        return Err(refused(&format!("Alipay moves CNY, not {}", amount.currency)));
    }
    if !amount.is_positive() {
        return Err(refused(&format!("Alipay cannot move {amount}: it is not more than nothing")));
    }
    Ok(amount.decimal().to_string())
}

/// At most what fits into a sentence.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}
