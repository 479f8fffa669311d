//! One call to a provider: not too many at a time, not while it is out of order, and not longer than it may take. What
//! brings no answer is not known.

use super::account::Account;
use crate::app::App;
use chrono::{DateTime, TimeDelta, Utc};
use payments::provider::{Answer, Call, Request, Response, Step, Verb};
use std::time::{Duration, Instant};

/// Requests that belong to one call at most.
const REQUESTS_MAX: usize = 3;
/// A call waits so long for its turn.
const TURN: Duration = Duration::from_secs(15);
/// Bytes of an answer at most: statements of a day are the longest.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// What came of it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "answers are few and live for a moment")]
pub(super) enum Asked {
    Answer(Answer),
    /// Nobody was asked: the provider has not answered of late. Until when to wait.
    NotAsked(DateTime<Utc>),
}

/// Makes the call.
pub(super) async fn ask(app: &App, account: &Account, call: &Call<'_>) -> Asked {
    if let Some(until) = account.breaker.closed_until(app.clock.now()) {
        return Asked::NotAsked(until);
    }
    // Too many ask already: it is left for later, and what waits does not pile up.
    let Ok(Ok(_turn)) = tokio::time::timeout(TURN, account.calls.acquire()).await else {
        return Asked::NotAsked(app.clock.now() + TimeDelta::seconds(5));
    };
    let begun = Instant::now();
    let answer = requests(app, account, call).await;
    let outcome = match &answer {
        Answer::Told(_) | Answer::Then(_) => "told",
        Answer::Refused(_) => "refused",
        Answer::Unknown(_) | Answer::Kept(_) => "unknown",
    };
    let labels = [("account", account.name.clone()), ("call", call.name().to_owned())];
    metrics::histogram!("csms_pay_call_seconds", &labels).record(begun.elapsed().as_secs_f64());
    metrics::counter!("csms_pay_calls_total", "account" => account.name.clone(), "call" => call.name(), "outcome" => outcome)
        .increment(1);
    match &answer {
        Answer::Unknown(why) => {
            tracing::warn!(
                account = account.name,
                call = call.name(),
                why,
                "a provider gave no answer that counts"
            );
            account.breaker.failed(app.clock.now());
        }
        Answer::Refused(refusal) => {
            tracing::info!(
                account = account.name,
                call = call.name(),
                code = refusal.code,
                text = refusal.text,
                "a provider refused"
            );
            account.breaker.answered();
        }
        Answer::Kept(why) => {
            tracing::warn!(
                account = account.name,
                call = call.name(),
                why,
                "a provider says again what does not count; only another key brings more"
            );
            account.breaker.answered();
        }
        Answer::Told(_) | Answer::Then(_) => account.breaker.answered(),
    }
    Asked::Answer(answer)
}

async fn requests(app: &App, account: &Account, call: &Call<'_>) -> Answer {
    let mut request = match account.provider.request(call, app.clock.now()) {
        Err(refusal) => return Answer::Refused(refusal),
        Ok(Step::Done(answer)) => return answer,
        Ok(Step::Send(request)) => request,
    };
    for _ in 0..REQUESTS_MAX {
        // The provider's other host knows the same orders; asked there, it is the same question.
        let elsewhere = account.provider.elsewhere(&request);
        let response = match (send(account, request).await, elsewhere) {
            (Ok(response), _) => response,
            (Err(Unsent::NotConnected(_)), Some(request)) => match send(account, request).await {
                Ok(response) => response,
                Err(unsent) => return Answer::Unknown(unsent.why()),
            },
            (Err(unsent), _) => return Answer::Unknown(unsent.why()),
        };
        match account.provider.answer(call, &response, app.clock.now()) {
            Answer::Then(next) => request = next,
            answer => return answer,
        }
    }
    Answer::Unknown("too many requests belong to this call".to_owned())
}

/// Why there is no response.
enum Unsent {
    /// Nobody was reached: nothing was asked.
    NotConnected(String),
    Other(String),
}

impl Unsent {
    fn why(self) -> String {
        match self {
            Unsent::NotConnected(why) | Unsent::Other(why) => why,
        }
    }
}

async fn send(account: &Account, request: Request) -> Result<Response, Unsent> {
    let verb = match request.verb {
        Verb::Get => reqwest::Method::GET,
        Verb::Post => reqwest::Method::POST,
    };
    let mut builder =
        account.client(request.client_certificate).map_err(Unsent::Other)?.request(verb, &request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    // The address may carry a signature, and is not told.
    let failed = |error: reqwest::Error| {
        let reached = !error.is_connect();
        let why = error.without_url().to_string();
        if reached { Unsent::Other(why) } else { Unsent::NotConnected(why) }
    };
    let mut response = builder.body(request.body).send().await.map_err(failed)?;
    let headers = response.headers().iter().filter_map(|(name, value)| {
        Some((name.as_str().to_ascii_lowercase(), value.to_str().ok()?.to_owned()))
    });
    let (status, headers) = (response.status().as_u16(), headers.collect());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > BYTES_MAX {
            return Err(Unsent::Other("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}
