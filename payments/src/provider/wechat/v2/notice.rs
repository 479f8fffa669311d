//! Notifications of API v2. They have no time: what keeps an old one from doing anything again is that its key is known.

use super::{Fields, WechatV2, sign, xml};
use crate::provider::{Fact, Notice, NoticeFault, PaymentState, RefundFact, RefundState, Response};
use aes::Aes256;
use aes::cipher::{BlockDecrypt, KeyInit, generic_array::GenericArray};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

impl WechatV2 {
    pub(super) fn read_notice(&self, call: &Response) -> Result<Vec<Notice>, NoticeFault> {
        let fields = xml::read(&call.body).map_err(NoticeFault::Malformed)?;
        if fields.get("return_code").map(String::as_str) != Some("SUCCESS") {
            return Err(NoticeFault::Forged(
                "it does not say SUCCESS, and only then it is signed".to_owned(),
            ));
        }
        let notice = if fields.contains_key("req_info") {
            self.refund_notice(&fields)
        } else {
            self.payment_notice(&fields)
        };
        notice.map(|notice| vec![notice])
    }

    fn payment_notice(&self, fields: &Fields) -> Result<Notice, NoticeFault> {
        let kind = fields
            .get("sign")
            .and_then(|signature| sign::Kind::of(signature))
            .ok_or_else(|| NoticeFault::Forged("it is not signed".to_owned()))?;
        if !sign::verifies(fields, &self.key, kind) {
            return Err(NoticeFault::Forged("its signature is not made with api_key".to_owned()));
        }
        self.own(fields)?;
        // The message says SUCCESS where a query has a state; anything else is not an end.
        let success = fields.get("result_code").map(String::as_str) == Some("SUCCESS");
        let mut read = fields.clone();
        read.insert("trade_state".to_owned(), if success { "SUCCESS" } else { "NOTPAY" }.to_owned());
        let fact = self.payment(&read).map_err(NoticeFault::Malformed)?;
        let key = match (&fact.reference, &fact.state) {
            (Some(reference), PaymentState::Taken) => format!("paid:{reference}"),
            _ => format!("not-paid:{}", fact.number),
        };
        Ok(Notice::checked(key, Fact::Payment(fact)))
    }

    /// A refund's end. Such a message has no signature; what is in it is sealed with the API key, but by a cipher whose
    /// blocks can be moved about. So it is a hint: told as `Waiting`, which has the refund asked after.
    fn refund_notice(&self, fields: &Fields) -> Result<Notice, NoticeFault> {
        self.own(fields)?;
        let sealed = fields.get("req_info").map_or("", String::as_str);
        let told = xml::read(&opened(&self.key, sealed)?).map_err(NoticeFault::Malformed)?;
        let field = |name: &str| {
            told.get(name)
                .filter(|value| !value.is_empty())
                .cloned()
                .ok_or_else(|| NoticeFault::Malformed(format!("the refund has no {name}")))
        };
        let reference = field("refund_id")?;
        let key = format!("refund:{reference}:{}", field("refund_status")?);
        let fact = RefundFact {
            number: field("out_refund_no")?,
            reference: Some(reference),
            attempt: field("out_trade_no")?,
            state: RefundState::Waiting,
            amount: Some(self.money(&field("refund_fee")?, None).map_err(NoticeFault::Malformed)?),
            at: None,
            waits_for: None,
        };
        Ok(Notice::checked(key.chars().take(120).collect::<String>(), Fact::Refund(fact)))
    }

    /// A notification must say whose it is.
    fn own(&self, fields: &Fields) -> Result<(), NoticeFault> {
        if !fields.contains_key("mch_id") || !fields.contains_key("appid") {
            return Err(NoticeFault::Malformed("it names no merchant or no app".to_owned()));
        }
        self.ours(fields).map_err(NoticeFault::Foreign)
    }
}

/// The key that refunds are sealed with: the MD5 of the API key, written in 32 letters.
pub(in crate::provider::wechat) fn refund_key(api_key: &str) -> String {
    hex::encode(Md5::digest(api_key.as_bytes()))
}

/// AES-256 block by block, with PKCS#7 at its end.
pub(in crate::provider::wechat) fn opened(api_key: &str, sealed: &str) -> Result<Vec<u8>, NoticeFault> {
    let bad = |why: &str| NoticeFault::Malformed(why.to_owned());
    let mut bytes = STANDARD.decode(sealed.as_bytes()).map_err(|_| bad("what is sealed is not base64"))?;
    if bytes.is_empty() || bytes.len() % 16 != 0 {
        return Err(bad("what is sealed is not whole blocks"));
    }
    let cipher = Aes256::new_from_slice(refund_key(api_key).as_bytes())
        .map_err(|_| bad("the API key does not fit"))?;
    for block in bytes.chunks_exact_mut(16) {
        cipher.decrypt_block(GenericArray::from_mut_slice(block));
    }
    let wrong = || NoticeFault::Forged("what is sealed does not open with api_key".to_owned());
    let padding = bytes.last().copied().map_or(0, usize::from);
    if !(1..=16).contains(&padding) {
        return Err(wrong());
    }
    let (plain, end) = bytes.split_at(bytes.len() - padding);
    if end.iter().any(|byte| usize::from(*byte) != padding) {
        return Err(wrong());
    }
    Ok(plain.to_vec())
}
