//! WeChat Pay API v2: a key that both sides share, and XML. For accounts that have not been moved to v3.

mod ask;
mod errors;
pub(super) mod notice;
mod settings;
pub(super) mod sign;
mod told;
pub(super) mod xml;

pub use settings::{Settings, build};
pub use sign::Kind;

use super::{login::Login, nonce::Nonces, terms, v3};
use crate::provider::{
    Abilities, Answer, Call, Notice, NoticeFault, PaymentState, Provider, Refusal, Request, Response, Step,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::fmt;

/// A message: its fields by name.
pub(super) type Fields = BTreeMap<String, String>;

/// One merchant account, spoken to by API v2.
pub struct WechatV2 {
    base: String,
    backup: Option<String>,
    mchid: String,
    appid: String,
    /// The API key.
    key: String,
    kind: Kind,
    login: Option<Login>,
    identity: Option<Vec<u8>>,
    abilities: Abilities,
    currency: tariffs::Currency,
    pub(super) nonces: Nonces,
}

impl fmt::Debug for WechatV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatV2")
            .field("mchid", &self.mchid)
            .field("appid", &self.appid)
            .finish_non_exhaustive()
    }
}

impl Provider for WechatV2 {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, _now: DateTime<Utc>) -> Result<Step, Refusal> {
        let request = match *call {
            Call::Identify { code } => match &self.login {
                Some(login) => login.request(code)?,
                None => {
                    return Err(terms::setup(
                        "app_secret",
                        "without app_secret nobody can be identified: add it",
                    ));
                }
            },
            Call::Open(attempt) => self.open(attempt)?,
            Call::Query(attempt) => self.by_number("/pay/orderquery", attempt)?,
            Call::Close(attempt) => self.by_number("/pay/closeorder", attempt)?,
            Call::Raise { .. } | Call::Capture { .. } | Call::Release { .. } => {
                return Err(terms::unsupported("hold", "WeChat Pay v2 does not hold amounts"));
            }
            Call::Refund { attempt, refund } => self.refund(attempt, refund)?,
            Call::QueryRefund { refund, .. } => self.query_refund(refund)?,
            Call::Statement { day, kind } => self.bill(day, kind)?,
        };
        Ok(Step::Send(request))
    }

    fn answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer {
        match (call, &self.login) {
            (Call::Identify { .. }, Some(login)) => return login.answer(response),
            (Call::Statement { .. }, _) => return WechatV2::billed(response),
            _ => {}
        }
        let fields = match self.fields(call, response) {
            Ok(fields) => fields,
            Err(answer) => return *answer,
        };
        match *call {
            Call::Open(attempt) => self.opened(attempt, &fields, now),
            Call::Query(attempt) => self.queried(attempt, &fields),
            Call::Close(attempt) => v3::payment::bare(attempt, PaymentState::Closed),
            Call::Refund { attempt, refund } => self.refunding(attempt, refund, &fields),
            Call::QueryRefund { attempt, refund } => self.refund_told(attempt, refund, &fields),
            _ => Answer::Unknown(format!("WeChat answered to {}, which was not asked", call.name())),
        }
    }

    fn elsewhere(&self, request: &Request) -> Option<Request> {
        let path = request.url.strip_prefix(&self.base)?;
        let url = format!("{}{path}", self.backup.as_ref()?);
        Some(Request { url, ..request.clone() })
    }

    fn client_identity(&self) -> Option<&[u8]> {
        self.identity.as_deref()
    }

    fn identify_at(&self, return_to: &str, state: &str) -> Option<String> {
        self.login.as_ref().map(|login| login.at(return_to, state))
    }

    fn notice(&self, call: &Response, _now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        self.read_notice(call)
    }

    fn acknowledgement(&self, took: bool) -> Response {
        let (code, text) = if took { ("SUCCESS", "OK") } else { ("FAIL", "not taken: send it again") };
        let body = format!(
            "<xml><return_code><![CDATA[{code}]]></return_code><return_msg><![CDATA[{text}]]></return_msg></xml>"
        );
        Response::text(if took { 200 } else { 500 }, "text/xml; charset=utf-8", body)
    }
}
