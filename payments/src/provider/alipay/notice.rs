//! Asynchronous notifications: a form, signed as a whole. Signature first, then whose it is and how old, then what it
//! says.

use super::{
    Alipay,
    envelope::{clip, moment},
    facts::{Words, of_hold, of_trade},
    request::CAPTURED,
};
use crate::{
    Amount,
    provider::{Fact, Notice, NoticeFault, PaymentFact, PaymentState, RefundFact, RefundState, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode;
use std::collections::BTreeMap;

const BODY_MAX: usize = 64 * 1024;
const PARAMETERS_MAX: usize = 200;
/// Alipay tells again for 25 hours, with the time of the first.
const OLDEST: TimeDelta = TimeDelta::hours(26);
const NEWEST: TimeDelta = TimeDelta::minutes(10);

impl Alipay {
    pub(super) fn of_notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        let form = self.signed_form(&call.body)?;
        let text = |name: &str| form.get(name);
        if text("app_id") != self.app_id {
            return Err(NoticeFault::Foreign(format!(
                "app {:?} instead of {}",
                clip(text("app_id")),
                self.app_id
            )));
        }
        for name in ["seller_id", "payee_user_id"] {
            let seller = text(name);
            if !self.seller_id.is_empty() && !seller.is_empty() && seller != self.seller_id {
                let text = format!("merchant {:?} instead of {}", clip(seller), self.seller_id);
                return Err(NoticeFault::Foreign(text));
            }
        }
        let told = moment(text("notify_time"))
            .ok_or_else(|| NoticeFault::Malformed("notify_time is no time".to_owned()))?;
        if told < now - OLDEST || told > now + NEWEST {
            return Err(NoticeFault::Stale(format!("of {told}, by our clock")));
        }
        let key = text("notify_id");
        if key.is_empty() {
            return Err(NoticeFault::Malformed("it has no notify_id".to_owned()));
        }
        let fact = match text("notify_type") {
            "trade_status_sync" => trade(&form),
            "fund_auth_freeze" | "fund_auth_unfreeze" => hold(&form),
            other => Ok(Fact::Other { kind: clip(other) }),
        };
        Ok(vec![Notice::checked(key, fact.map_err(NoticeFault::Malformed)?)])
    }

    /// The parameters, once their signature verifies.
    fn signed_form(&self, body: &[u8]) -> Result<Words, NoticeFault> {
        if body.len() > BODY_MAX {
            return Err(NoticeFault::Malformed(format!("{} bytes are no notification", body.len())));
        }
        let mut raw: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = String::from_utf8(decoded(&pair[..at]))
                .map_err(|_| NoticeFault::Malformed("a parameter's name is no text".to_owned()))?;
            let value = decoded(pair.get(at + 1..).unwrap_or_default());
            if raw.len() >= PARAMETERS_MAX || raw.insert(name, value).is_some() {
                let text = "a parameter comes twice, or there are too many";
                return Err(NoticeFault::Malformed(text.to_owned()));
            }
        }
        let signature = raw.remove("sign").unwrap_or_default();
        let kind = raw.remove("sign_type").unwrap_or_default();
        if signature.is_empty() || kind != b"RSA2" {
            return Err(NoticeFault::Forged("there is no signature of the kind RSA2".to_owned()));
        }
        raw.retain(|_, value| !value.is_empty());
        let mut text = Vec::with_capacity(body.len());
        for (name, value) in &raw {
            if !text.is_empty() {
                text.push(b'&');
            }
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value);
        }
        let signature = String::from_utf8_lossy(&signature);
        self.verified(&text, &signature, "").map_err(NoticeFault::Forged)?;
        let charset = raw.get("charset").map_or(UTF_8, |label| Encoding::for_label(label).unwrap_or(UTF_8));
        let words = raw.into_iter();
        let words =
            words.map(|(name, value)| (name, charset.decode_without_bom_handling(&value).0.into_owned()));
        Ok(Words(words.collect()))
    }
}

/// A payment, or a refund of one: both come as the state of the trade.
fn trade(form: &Words) -> Result<Fact, String> {
    let refunded = form.amount("refund_fee")?.is_some_and(Amount::is_positive);
    if refunded || !form.get("gmt_refund").is_empty() {
        // What it says of amounts is of all refunds of the trade together: that of this one is not known.
        return Ok(Fact::Refund(RefundFact {
            number: form.get("out_biz_no").to_owned(),
            reference: None,
            attempt: form.get("out_trade_no").to_owned(),
            state: RefundState::Done,
            amount: None,
            at: moment(form.get("gmt_refund")),
            waits_for: None,
        }));
    }
    let mut fact = of_trade(form)?;
    if fact.number.is_empty() {
        return Err("a payment without out_trade_no".to_owned());
    }
    // Closed, but paid and not given back: nothing is concluded, a query tells.
    if form.get("trade_status") == "TRADE_CLOSED" && fact.state == PaymentState::Taken {
        fact = PaymentFact { state: PaymentState::Waiting, taken: None, ..fact };
    }
    // The taking of a hold: a trade of its own, whose number and amount are not the hold's.
    if form.get("passback_params") == CAPTURED {
        (fact.amount, fact.reference) = (None, None);
    }
    Ok(Fact::Payment(fact))
}

fn hold(form: &Words) -> Result<Fact, String> {
    let fact = of_hold(form)?;
    if fact.number.is_empty() {
        return Err("a hold without out_order_no".to_owned());
    }
    if fact.state == PaymentState::Held && fact.amount.is_none() {
        return Err("a hold without its amount".to_owned());
    }
    Ok(Fact::Payment(fact))
}

/// Percent signs and plus signs undone.
fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}
