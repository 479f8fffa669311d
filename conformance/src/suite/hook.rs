//! The operator: makes the CSMS say what a case is about, and prepares what it needs. `docs/conformance.md` tells the
//! HTTP contract.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest answer of a hook that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What the operator is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// Send this call to a station.
    Call {
        /// The identity of the station.
        station: String,
        /// The subprotocol of its connection, e.g. `ocpp1.6`.
        version: String,
        /// The action.
        action: String,
        /// The payload.
        payload: Value,
        /// JSON pointers into it: what stands there is an example. Numbers there are the CSMS's own to give.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        free: Vec<String>,
    },
    /// Let a station connect.
    Station {
        /// Its identity.
        station: String,
        /// Its password for HTTP Basic.
        password: String,
        /// How the next BootNotification is to be answered.
        registration: Registration,
    },
    /// Know a token.
    Token {
        /// Its text.
        token: String,
        /// Its type, as in 2.x.
        token_type: String,
        /// What the CSMS is to say about it.
        state: TokenState,
        /// The group it belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Prepaid: the balance, in the main unit of the currency.
        #[serde(skip_serializing_if = "Option::is_none")]
        balance: Option<String>,
        /// The driver's language.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// Charge a price: a tariff in the form of OCPP 2.1, for all stations, or for one token.
    Tariff {
        /// The identity of the station of the case.
        station: String,
        /// Only for this token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// The tariff.
        tariff: Value,
    },
    /// Something that has no words of its own, told as a sentence.
    Other {
        /// The identity of the station of the case.
        station: String,
        /// A short name that a program can tell apart.
        topic: String,
        /// What to do.
        what: String,
        /// Facts for a program.
        facts: Value,
    },
}

/// How a BootNotification is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Accepted.
    Accepted,
    /// Pending, until told otherwise.
    Pending,
    /// Rejected, until told otherwise.
    Rejected,
}

/// What a CSMS is to say about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// It may charge.
    Accepted,
    /// It is blocked.
    Blocked,
    /// Its time is over.
    Expired,
    /// It is not known.
    Unknown,
    /// It is known, but may not charge now; after a start was accepted offline, for example.
    Invalid,
}

/// What the operator told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Facts that the case may use; see `docs/conformance.md`.
    #[serde(default)]
    pub facts: Value,
}

/// Why a wish did not come true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// The operator has no means to do this.
    #[error("the operator cannot do this: {0}")]
    Unable(String),
    /// The CSMS does not have this at all, by its maker's word.
    #[error("the CSMS does not have this: {0}")]
    NotOffered(String),
    /// It was tried in vain.
    #[error("the operator failed: {0}")]
    Failed(String),
}

/// Somebody, or something, who makes wishes come true.
pub trait Operator: Send + Sync {
    /// Makes a wish come true. It may return before the CSMS has sent what was wished for.
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<Told, HookError>>;

    /// Whether it is a person, who needs more time.
    fn is_person(&self) -> bool {
        false
    }

    /// Whether it can prepare things, or only send calls.
    fn prepares(&self) -> bool {
        true
    }
}

/// An operator behind HTTP.
#[derive(Debug)]
pub struct HttpOperator {
    client: reqwest::Client,
    url: reqwest::Url,
    key: Option<String>,
}

/// A problem as a hook tells it: `{"reason": "…"}`, or RFC 9457's `detail`.
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default, alias = "detail", alias = "title")]
    reason: String,
}

impl HttpOperator {
    /// Wishes go to `url` by POST, with `key` as a bearer token if there is one.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn new(url: &str, key: Option<String>, patience: Duration) -> Result<HttpOperator, String> {
        let url = reqwest::Url::parse(url).map_err(|error| format!("{url} is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{url} is neither http:// nor https://"));
        }
        let client = reqwest::Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(HttpOperator { client, url, key })
    }

    async fn post(&self, wish: &Wish) -> Result<Told, HookError> {
        let mut request = self.client.post(self.url.clone()).json(wish);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let mut answer = request.send().await.map_err(|error| HookError::Failed(error.to_string()))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| HookError::Failed(error.to_string()))? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(HookError::Failed(format!("it answers with more than {ANSWER_BYTES_MAX} bytes")));
            }
        }
        if status.is_success() {
            return match body.is_empty() {
                true => Ok(Told::default()),
                false => serde_json::from_slice(&body)
                    .map_err(|error| HookError::Failed(format!("its answer is not as described: {error}"))),
            };
        }
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        let reason = match problem.reason.is_empty() {
            true => format!("HTTP {}", status.as_u16()),
            false => problem.reason,
        };
        Err(match status.as_u16() {
            501 => HookError::Unable(reason),
            422 => HookError::NotOffered(reason),
            _ => HookError::Failed(reason),
        })
    }
}

impl Operator for HttpOperator {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<Told, HookError>> {
        Box::pin(self.post(wish))
    }
}
