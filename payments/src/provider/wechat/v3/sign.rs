//! Signatures: ours on requests, WeChat's on answers and notifications.

use crate::provider::wechat::{nonce::Nonces, pem::Public, terms};
use crate::provider::{NoticeFault, Refusal, Request, Response, Verb};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::collections::BTreeMap;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// Older and younger signatures are not believed.
const WINDOW_SECONDS: u64 = 300;
/// Signatures that begin so are wrong on purpose: WeChat tests whether they are refused.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// An account's keys.
#[derive(Debug)]
pub(in crate::provider::wechat) struct Signer {
    pub base: String,
    pub mchid: String,
    pub serial: String,
    pub key: RsaKeyPair,
    /// WeChat's, by serial or id.
    pub platform: BTreeMap<String, Public>,
    /// Which of them answers shall be signed with.
    pub wanted: Option<String>,
    pub nonces: Nonces,
}

/// Why a signature of WeChat's is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::wechat) enum Doubt {
    Unsigned(&'static str),
    Probe,
    Wrong(String),
    Stale(String),
}

impl Doubt {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Doubt::Unsigned(header) => format!("it has no {header}"),
            Doubt::Probe => "its signature is a test".to_owned(),
            Doubt::Wrong(why) | Doubt::Stale(why) => why.clone(),
        }
    }
}

impl From<Doubt> for NoticeFault {
    fn from(doubt: Doubt) -> NoticeFault {
        match doubt {
            Doubt::Unsigned(_) | Doubt::Wrong(_) => NoticeFault::Forged(doubt.text()),
            Doubt::Probe => NoticeFault::Probe,
            Doubt::Stale(why) => NoticeFault::Stale(why),
        }
    }
}

impl Signer {
    /// SHA256-RSA, in base64.
    pub fn sign(&self, text: &str) -> Result<String, Refusal> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| terms::access("private_key", "the private key cannot sign"))?;
        Ok(STANDARD.encode(signature))
    }

    /// A signed GET of a path with its query, both percent-encoded.
    pub fn get(&self, path: &str, now: DateTime<Utc>) -> Result<Request, Refusal> {
        self.signed(Request::get(format!("{}{path}", self.base)), path, now)
    }

    /// A signed GET of a file, whose answer will not be signed.
    pub fn file(&self, url: &str, path: &str, now: DateTime<Utc>) -> Result<Request, Refusal> {
        self.signed(Request::get(url.to_owned()), path, now)
    }

    /// A signed POST.
    pub fn post(&self, path: &str, body: &serde_json::Value, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let bytes = body.to_string().into_bytes();
        self.signed(Request::post(format!("{}{path}", self.base), "application/json", bytes), path, now)
    }

    fn signed(&self, request: Request, path: &str, now: DateTime<Utc>) -> Result<Request, Refusal> {
        let (nonce, time) = (self.nonces.next()?, now.timestamp());
        let mut text = format!("{}\n{path}\n{time}\n{nonce}\n", request.verb.name());
        // The body was serialised here, so it is text.
        text.push_str(&String::from_utf8_lossy(&request.body));
        text.push('\n');
        let authorization = format!(
            "{SCHEME} mchid=\"{}\",nonce_str=\"{nonce}\",timestamp=\"{time}\",serial_no=\"{}\",signature=\"{}\"",
            self.mchid,
            self.serial,
            self.sign(&text)?
        );
        debug_assert!(request.verb == Verb::Post || request.body.is_empty());
        let request = request
            .with("accept", "application/json")
            .with("user-agent", concat!("wattline/", env!("CARGO_PKG_VERSION")))
            .with("authorization", authorization);
        Ok(match &self.wanted {
            Some(id) => request.with("wechatpay-serial", id.clone()),
            None => request,
        })
    }

    /// Signed by WeChat, and not long ago?
    pub fn check(&self, message: &Response, now: DateTime<Utc>) -> Result<(), Doubt> {
        let header = |name: &'static str| message.header(name).ok_or(Doubt::Unsigned(name));
        let signature = header("wechatpay-signature")?;
        if signature.starts_with(PROBE) {
            return Err(Doubt::Probe);
        }
        let (time, nonce) = (header("wechatpay-timestamp")?, header("wechatpay-nonce")?);
        let serial = header("wechatpay-serial")?;
        if let Some(scheme) = message.header("wechatpay-signature-type")
            && scheme != SCHEME
        {
            return Err(Doubt::Wrong(format!("it is signed by {scheme:.40}, not {SCHEME}")));
        }
        let Some(key) = self.platform.get(&serial.to_ascii_uppercase()) else {
            return Err(Doubt::Wrong(format!(
                "it is signed with {serial:.80}, which is not among platform_keys: add WeChat's key of that name"
            )));
        };
        let wrong = || Doubt::Wrong(format!("its signature is not that of {serial:.80}"));
        let signature = STANDARD.decode(signature).map_err(|_| wrong())?;
        let mut text = format!("{time}\n{nonce}\n").into_bytes();
        text.extend_from_slice(&message.body);
        text.push(b'\n');
        if !key.verifies(&text, &signature) {
            return Err(wrong());
        }
        let signed: i64 = time.parse().map_err(|_| Doubt::Stale(format!("its time is \"{time:.40}\"")))?;
        if now.timestamp().abs_diff(signed) > WINDOW_SECONDS {
            return Err(Doubt::Stale(format!(
                "it was signed at {signed}, and it is {}: more than {WINDOW_SECONDS} seconds apart. Check this server's clock",
                now.timestamp()
            )));
        }
        Ok(())
    }
}
