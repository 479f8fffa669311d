//! Notifications: the signature first, then the age, then what is sealed inside.

use super::{WechatV3, payment::Transaction, refund::Refunded, score::ServiceOrder};
use crate::provider::wechat::terms;
use crate::provider::{Fact, Notice, NoticeFault, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Sealed,
}

#[derive(Deserialize)]
pub(in crate::provider::wechat) struct Sealed {
    pub algorithm: String,
    pub ciphertext: String,
    #[serde(default)]
    pub associated_data: Option<String>,
    pub nonce: String,
}

impl WechatV3 {
    pub(super) fn read_notice(
        &self,
        call: &Response,
        now: DateTime<Utc>,
    ) -> Result<Vec<Notice>, NoticeFault> {
        if call.body.len() > terms::MESSAGE_BYTES {
            return Err(NoticeFault::Malformed(format!("it has {} bytes", call.body.len())));
        }
        self.signer.check(call, now)?;
        let envelope: Envelope = parsed(&call.body)?;
        if envelope.id.is_empty() || envelope.id.len() > 64 {
            return Err(NoticeFault::Malformed("its id is missing or too long".to_owned()));
        }
        let fact = match envelope.event_type.as_str() {
            "TRANSACTION.SUCCESS" => {
                let told: Transaction = parsed(&opened(&self.seal, &envelope.resource)?)?;
                self.own(told.mchid.as_deref(), told.appid.as_deref())?;
                Fact::Payment(self.payment(told).map_err(NoticeFault::Malformed)?)
            }
            "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => {
                let told: Refunded = parsed(&opened(&self.seal, &envelope.resource)?)?;
                self.own(told.mchid.as_deref(), None)?;
                Fact::Refund(self.refund_fact(told).map_err(NoticeFault::Malformed)?)
            }
            "PAYSCORE.USER_CONFIRM" | "PAYSCORE.USER_PAID" => {
                let told: ServiceOrder = parsed(&opened(&self.seal, &envelope.resource)?)?;
                self.own(told.mchid.as_deref(), told.appid.as_deref())?;
                Fact::Payment(self.score_fact(told).map_err(NoticeFault::Malformed)?)
            }
            other => Fact::Other { kind: other.chars().take(64).collect() },
        };
        Ok(vec![Notice::checked(envelope.id, fact)])
    }

    /// A notification must say whose it is.
    fn own(&self, mchid: Option<&str>, appid: Option<&str>) -> Result<(), NoticeFault> {
        if mchid.is_none() {
            return Err(NoticeFault::Malformed("it names no merchant".to_owned()));
        }
        self.ours(mchid, appid).map_err(NoticeFault::Foreign)
    }
}

/// AES-256-GCM under the APIv3 key. Called only after the signature was checked.
pub(in crate::provider::wechat) fn opened(key: &[u8; 32], sealed: &Sealed) -> Result<Vec<u8>, NoticeFault> {
    let bad = |why: &str| NoticeFault::Malformed(why.to_owned());
    if sealed.algorithm != "AEAD_AES_256_GCM" {
        return Err(bad(&format!("it is sealed by {:.40}", sealed.algorithm)));
    }
    let nonce: [u8; NONCE_LEN] =
        sealed.nonce.as_bytes().try_into().map_err(|_| bad("its nonce is not of 12 bytes"))?;
    let mut bytes = STANDARD.decode(&sealed.ciphertext).map_err(|_| bad("what is sealed is not base64"))?;
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| bad("the APIv3 key does not fit"))?;
    let aad = Aad::from(sealed.associated_data.as_deref().unwrap_or_default().as_bytes());
    let plain =
        LessSafeKey::new(key).open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut bytes).map_err(
            |_| bad("what is sealed does not open: is api_v3_key the one set at the merchant platform?"),
        )?;
    Ok(plain.to_vec())
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NoticeFault> {
    serde_json::from_slice(bytes).map_err(|why| NoticeFault::Malformed(why.to_string()))
}
