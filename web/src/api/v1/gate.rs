//! What every request to an operation passes: who asks, how often, whether they may, whether it was asked before.

use super::{again, caller, etag, problem};
use crate::{WebState, api::Problem};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::WWW_AUTHENTICATE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use caller::Asker;
use csms::api_key::Scope;
use std::time::Duration;
use tokio::time::timeout;

/// No operation takes so long; before the whole server gives up on a request, its caller is told what to do.
const ANSWER_WITHIN: Duration = Duration::from_secs(70);

/// The gate of an operation.
#[derive(Clone)]
pub struct Gate {
    pub state: WebState,
    /// The operation's name.
    pub name: &'static str,
    pub scope: Scope,
    /// An `Idempotency-Key` counts.
    pub again: bool,
    /// Needs `If-Match`; said before anything is looked up.
    pub guarded: bool,
    /// The operation bounds its time itself.
    pub slow: bool,
}

/// Lets a request through, or says why not.
pub async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let name = gate.name;
    let response = match gate.slow {
        true => through(gate, request, next).await,
        false => {
            let response = timeout(ANSWER_WITHIN, through(gate, request, next)).await;
            response.unwrap_or_else(|_| problem::too_slow().into_response())
        }
    };
    let class = match response.status().as_u16() {
        ..400 => "good",
        400..500 => "problem",
        _ => "broken",
    };
    metrics::counter!("csms_api_requests_total", "operation" => name, "answer" => class).increment(1);
    response
}

async fn through(gate: Gate, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (asker, budget) = match enter(&gate, &mut parts).await {
        Ok(entered) => entered,
        Err(response) => return *response,
    };
    // Of what changes something, an answer says what came of it, whatever the caller knows.
    let known = etag::known(&parts.headers).filter(|_| parts.method == Method::GET);
    let (method, is_meant) = (parts.method.clone(), etag::is_meant(&parts.headers));
    parts.extensions.insert(asker.clone());
    let request = Request::from_parts(parts, body);
    let response = match asker.may(gate.scope) {
        Err(problem) => problem.into_response(),
        Ok(()) if gate.guarded && !is_meant => etag::needed(&method).into_response(),
        Ok(()) if gate.again => again::run(&gate.state, &asker, request, next).await,
        Ok(()) => next.run(request).await,
    };
    let mut response = etag::unchanged(known, response);
    budget.put(response.headers_mut());
    response
}

async fn enter(gate: &Gate, parts: &mut Parts) -> Result<(Asker, super::rate::Budget), Box<Response>> {
    let rates = &gate.state.api.rates;
    match caller::recognise(&gate.state, parts).await {
        Ok(asker) => {
            let budget = rates.spend(&asker.who);
            if budget.wait > 0 {
                return Err(refused(problem::too_fast(budget.wait), budget));
            }
            Ok((asker, budget))
        }
        Err(found) => {
            let who = caller::address(parts).await.map_err(|problem| Box::new(problem.into_response()))?;
            let budget = rates.spend(&who);
            let found = if budget.wait > 0 { problem::too_fast(budget.wait) } else { found };
            Err(refused(found, budget))
        }
    }
}

fn refused(problem: Problem, budget: super::rate::Budget) -> Box<Response> {
    let stranger = problem.status() == StatusCode::UNAUTHORIZED;
    let mut response = problem.into_response();
    if stranger {
        let ways = [r#"Bearer realm="wattline""#, r#"Basic realm="wattline", charset="UTF-8""#];
        for way in ways {
            response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(way));
        }
    }
    budget.put(response.headers_mut());
    Box::new(response)
}
