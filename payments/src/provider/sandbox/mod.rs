//! The sandbox: a provider that moves no real money, with a protocol like a real one's. Its other side is in `csms`.

mod read;
mod settings;
pub mod wire;

pub use settings::Settings;

use super::{
    Abilities, Answer, Attempt, Call, Capture, FileKind, Notice, NoticeFault, Provider, Refusal, RefusalKind,
    Request, Response, Step, setup::Read,
};
use crate::Amount;
use chrono::{DateTime, Utc};
use std::fmt;
use wire::{Kind, Signed};

/// One account at a sandbox.
pub struct Sandbox {
    merchant: String,
    key: String,
    /// Without a slash at its end.
    base_url: String,
    abilities: Abilities,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("merchant", &self.merchant).finish_non_exhaustive()
    }
}

/// The account of these settings.
///
/// # Errors
/// Which setting is wrong, and what belongs there.
pub fn build(settings: &Settings, _read: Read<'_>) -> Result<Sandbox, String> {
    Ok(Sandbox {
        abilities: settings.check()?,
        merchant: settings.merchant.clone(),
        key: settings.key.clone(),
        base_url: settings.base_url.trim_end_matches('/').to_owned(),
    })
}

impl Provider for Sandbox {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal> {
        let id = id_of(call);
        let order = |attempt: &Attempt, rest: &str| format!("/v1/orders/{}{rest}", attempt.number);
        Ok(Step::Send(match call {
            Call::Identify { .. } => return Err(unsupported("the sandbox asks nobody who they are")),
            Call::Open(attempt) => self.post("/v1/orders".to_owned(), &id, &self.order(attempt)?, now)?,
            Call::Query(attempt) => self.get(order(attempt, ""), &id, now),
            Call::Close(attempt) => self.post(order(attempt, "/close"), &id, &serde_json::json!({}), now)?,
            Call::Raise { .. } if !self.abilities.raises => {
                return Err(unsupported("this account cannot raise holds"));
            }
            Call::Raise { attempt, to, key } => {
                let sum = sum(attempt, *to, key)?;
                self.post(order(attempt, "/raise"), &id, &sum, now)?
            }
            Call::Capture { attempt, amount, key } => {
                let sum = sum(attempt, *amount, key)?;
                self.post(order(attempt, "/capture"), &id, &sum, now)?
            }
            Call::Release { attempt, .. } => {
                self.post(order(attempt, "/release"), &id, &serde_json::json!({}), now)?
            }
            Call::Refund { attempt, refund } => {
                let wire::Sum { amount, .. } = sum(attempt, refund.amount, &refund.number)?;
                let reason = refund.reason.clone();
                let body = wire::NewRefund { number: refund.number.clone(), amount, reason };
                self.post(order(attempt, "/refunds"), &id, &body, now)?
            }
            Call::QueryRefund { attempt, refund } => {
                self.get(order(attempt, &format!("/refunds/{}", refund.number)), &id, now)
            }
            Call::Statement { day, kind } => {
                let kind = match kind {
                    FileKind::Trades => "trades",
                    FileKind::Funds => "funds",
                };
                self.get(format!("/v1/statements/{day}/{kind}"), &id, now)
            }
        }))
    }

    fn answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer {
        let id = id_of(call);
        let kind = Kind::Answer { status: response.status };
        let signed = match self.signed(kind, response) {
            Ok((signed, signature)) if signed.id == id && signed.verify(&self.key, signature) => signed,
            Ok(_) => {
                return Answer::Unknown(format!("HTTP {}: the signature does not verify", response.status));
            }
            Err(why) => return Answer::Unknown(format!("HTTP {}: {why}", response.status)),
        };
        if !signed.is_fresh(now) {
            return Answer::Unknown("the answer was signed at another time".to_owned());
        }
        read::answer(call, response)
    }

    fn notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        let (signed, signature) = self.signed(Kind::Notice, call).map_err(NoticeFault::Forged)?;
        if !signed.verify(&self.key, signature) {
            return Err(NoticeFault::Forged("another key, or other bytes".to_owned()));
        }
        if !signed.is_fresh(now) {
            return Err(NoticeFault::Stale(format!(
                "at {}, now it is {}",
                signed.timestamp,
                now.timestamp()
            )));
        }
        if signed.merchant != self.merchant {
            return Err(NoticeFault::Foreign(signed.merchant.chars().take(64).collect()));
        }
        read::notice(signed.id, &self.merchant, &call.body).map(|notice| vec![notice])
    }

    fn acknowledgement(&self, took: bool) -> Response {
        match took {
            true => Response::text(200, "application/json", "{\"took\":true}"),
            false => Response::text(503, "application/json", "{\"took\":false}"),
        }
    }
}

impl Sandbox {
    fn order(&self, attempt: &Attempt) -> Result<wire::NewOrder, Refusal> {
        let currency = attempt.amount.currency;
        if !self.abilities.takes(&attempt.method) {
            return Err(unsupported("the method is not among the account's methods"));
        }
        if attempt.capture == Capture::Later && !self.abilities.can_hold(&attempt.method) {
            return Err(unsupported("this method cannot hold an amount"));
        }
        if !self.abilities.currencies.is_empty() && !self.abilities.currencies.contains(&currency) {
            return Err(unsupported("the currency is not among the account's currencies"));
        }
        if !attempt.amount.is_positive() {
            return Err(Refusal::new(RefusalKind::Setup, "AMOUNT", "only more than nothing can be paid"));
        }
        Ok(wire::NewOrder {
            number: attempt.number.clone(),
            currency: currency.code().to_owned(),
            amount: attempt.amount.minor,
            capture: attempt.capture,
            method: attempt.method.clone(),
            description: attempt.description.clone(),
            keep: attempt.payer.keep,
            expires_at: attempt.expires_at,
            notify_url: attempt.notify_url.clone(),
            return_url: attempt.return_url.clone(),
        })
    }

    fn post(
        &self,
        path: String,
        id: &str,
        body: &impl serde::Serialize,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Refusal::new(RefusalKind::Setup, "BODY", &error.to_string()))?;
        let request = Request::post(format!("{}{path}", self.base_url), "application/json", body);
        Ok(self.sign(request, &path, id, now))
    }

    fn get(&self, path: String, id: &str, now: DateTime<Utc>) -> Request {
        self.sign(Request::get(format!("{}{path}", self.base_url)), &path, id, now)
    }

    fn sign(&self, request: Request, path: &str, id: &str, now: DateTime<Utc>) -> Request {
        let timestamp = now.timestamp();
        let kind = Kind::Request { verb: request.verb.name(), path };
        let signed = Signed { kind, merchant: &self.merchant, timestamp, id, body: &request.body };
        let signature = signed.sign(&self.key);
        request
            .with(wire::MERCHANT, self.merchant.clone())
            .with(wire::TIMESTAMP, timestamp.to_string())
            .with(wire::ID, id)
            .with(wire::SIGNATURE, signature)
    }

    /// What a message of theirs claims to be, and its signature.
    fn signed<'a>(&self, kind: Kind<'a>, response: &'a Response) -> Result<(Signed<'a>, &'a str), String> {
        let header = |name: &str| response.header(name).ok_or_else(|| format!("it has no {name}"));
        let timestamp = header(wire::TIMESTAMP)?;
        let timestamp = timestamp.parse().map_err(|_| format!("its {} is no number", wire::TIMESTAMP))?;
        let (merchant, id) = (header(wire::MERCHANT)?, header(wire::ID)?);
        Ok((Signed { kind, merchant, timestamp, id, body: &response.body }, header(wire::SIGNATURE)?))
    }
}

/// Which request it is: an answer to another one does not verify.
fn id_of(call: &Call<'_>) -> String {
    let name = call.name();
    match call {
        Call::Identify { code } => format!("{name}:{code}"),
        Call::Open(attempt) | Call::Query(attempt) | Call::Close(attempt) => {
            format!("{name}:{}", attempt.number)
        }
        Call::Raise { attempt, key, .. }
        | Call::Capture { attempt, key, .. }
        | Call::Release { attempt, key } => format!("{name}:{}:{key}", attempt.number),
        Call::Refund { attempt, refund } | Call::QueryRefund { attempt, refund } => {
            format!("{name}:{}:{}", attempt.number, refund.number)
        }
        Call::Statement { day, kind } => format!("{name}:{day}:{kind:?}"),
    }
}

fn sum(attempt: &Attempt, amount: Amount, key: &str) -> Result<wire::Sum, Refusal> {
    if amount.currency != attempt.amount.currency {
        return Err(Refusal::new(RefusalKind::Setup, "CURRENCY", "the order is in another currency"));
    }
    Ok(wire::Sum { amount: amount.minor, key: key.to_owned() })
}

fn unsupported(why: &str) -> Refusal {
    Refusal::new(RefusalKind::Unsupported, "UNSUPPORTED", why)
}
