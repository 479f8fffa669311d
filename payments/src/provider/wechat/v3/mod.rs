//! WeChat Pay API v3.

mod bill;
mod errors;
pub(super) mod notice;
mod open;
pub(super) mod payment;
pub(super) mod refund;
mod score;
mod settings;
pub(super) mod sign;

pub use settings::{ScoreSettings, Settings, build};

use super::{login::Login, terms};
use crate::provider::{
    Abilities, Answer, Call, Method, Notice, NoticeFault, PaymentState, Provider, Refusal, RefusalKind,
    Request, Response, Step,
};
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Mutex;

/// One merchant account, spoken to by API v3.
pub struct WechatV3 {
    pub(super) signer: sign::Signer,
    appid: String,
    backup: Option<String>,
    /// The APIv3 key.
    pub(super) seal: [u8; 32],
    login: Option<Login>,
    score: Option<score::Score>,
    abilities: Abilities,
    currency: tariffs::Currency,
    hashes: Mutex<bill::Hashes>,
}

impl fmt::Debug for WechatV3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mchid = &self.signer.mchid;
        f.debug_struct("WechatV3").field("mchid", mchid).field("appid", &self.appid).finish_non_exhaustive()
    }
}

impl Provider for WechatV3 {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal> {
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
            Call::Open(attempt) => self.open(attempt, now)?,
            Call::Query(attempt) => self.query(attempt, now)?,
            Call::Close(attempt) => self.close(attempt, now)?,
            Call::Raise { .. } => {
                return Err(terms::unsupported("raise", "WeChat Pay cannot hold more than was confirmed"));
            }
            Call::Capture { attempt, amount, .. } if attempt.method == Method::Score => {
                self.complete_score(attempt, amount, now)?
            }
            Call::Release { attempt, .. } if attempt.method == Method::Score => {
                self.cancel_score(attempt, now)?
            }
            Call::Capture { .. } | Call::Release { .. } => {
                return Err(terms::unsupported("hold", "WeChat Pay holds amounts only by pay score"));
            }
            Call::Refund { attempt, refund } => self.refund(attempt, refund, now)?,
            Call::QueryRefund { refund, .. } => self.query_refund(refund, now)?,
            Call::Statement { day, kind } => self.bill(day, kind, now)?,
        };
        Ok(Step::Send(request))
    }

    fn answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer {
        match *call {
            Call::Identify { .. } => {
                return match &self.login {
                    Some(login) => login.answer(response),
                    None => Answer::Unknown("nobody asked who the payer is".to_owned()),
                };
            }
            Call::Statement { day, kind } => return self.billed(day, kind, response, now),
            _ => {}
        }
        if response.body.len() > terms::MESSAGE_BYTES {
            return Answer::Unknown(format!("WeChat's answer has {} bytes", response.body.len()));
        }
        let signed = self.signer.check(response, now).map_err(|doubt| doubt.text());
        if !response.is_success() {
            return match errors::read(response, signed) {
                errors::Failure::Refused(refusal) => refused(call, refusal),
                errors::Failure::Unknown(why) => Answer::Unknown(why),
            };
        }
        if let Err(doubt) = signed {
            return Answer::Unknown(format!("WeChat's answer is not believed: {doubt}"));
        }
        match *call {
            Call::Open(attempt) => self.opened(attempt, response, now),
            Call::Query(attempt) => self.queried(attempt, response),
            Call::Close(attempt) if attempt.method == Method::Score => self.cancelled(attempt, response),
            Call::Close(attempt) => payment::bare(attempt, PaymentState::Closed),
            Call::Capture { attempt, amount, .. } => self.completed(attempt, amount, response),
            Call::Release { attempt, .. } => self.cancelled(attempt, response),
            Call::Refund { attempt, refund } | Call::QueryRefund { attempt, refund } => {
                self.refunded(attempt, refund, response)
            }
            Call::Identify { .. } | Call::Raise { .. } | Call::Statement { .. } => {
                Answer::Unknown(format!("WeChat answered to {}, which was not asked", call.name()))
            }
        }
    }

    fn elsewhere(&self, request: &Request) -> Option<Request> {
        // The signature is over the path alone.
        let path = request.url.strip_prefix(&self.signer.base)?;
        let url = format!("{}{path}", self.backup.as_ref()?);
        Some(Request { url, ..request.clone() })
    }

    fn identify_at(&self, return_to: &str, state: &str) -> Option<String> {
        self.login.as_ref().map(|login| login.at(return_to, state))
    }

    fn notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        self.read_notice(call, now)
    }

    fn acknowledgement(&self, took: bool) -> Response {
        if took {
            return Response { status: 204, ..Response::default() };
        }
        Response::text(500, "application/json", r#"{"code":"FAIL","message":"not taken: send it again"}"#)
    }
}

/// Some refusals are what was asked about.
pub(super) fn refused(call: &Call<'_>, refusal: Refusal) -> Answer {
    match (call, refusal.kind) {
        (Call::Query(attempt) | Call::Close(attempt), RefusalKind::Absent) => {
            payment::bare(attempt, PaymentState::Absent)
        }
        (Call::Close(attempt), RefusalKind::Closed) => payment::bare(attempt, PaymentState::Closed),
        (Call::Release { attempt, .. }, RefusalKind::Closed) => {
            payment::bare(attempt, PaymentState::Released)
        }
        (Call::QueryRefund { attempt, refund }, RefusalKind::Absent) => refund::absent(attempt, refund),
        _ => Answer::Refused(refusal),
    }
}
