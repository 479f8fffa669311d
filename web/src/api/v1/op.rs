//! An operation of the API: its route and its words in one place. The router and the document are both made of these, so
//! neither can have what the other lacks.

use super::{gate, problem};
use crate::WebState;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::StatusCode,
    middleware,
    routing::{MethodFilter, MethodRouter, any, on},
};
use csms::api_key::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::collections::BTreeMap;

type Described = fn(&mut SchemaGenerator) -> Schema;

/// What is done with what is found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Verb {
    /// As OpenAPI has it.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Patch => "patch",
            Verb::Put => "put",
            Verb::Delete => "delete",
        }
    }

    fn filter(self) -> MethodFilter {
        match self {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Patch => MethodFilter::PATCH,
            Verb::Put => MethodFilter::PUT,
            Verb::Delete => MethodFilter::DELETE,
        }
    }
}

/// What a good answer looks like.
pub struct Answer {
    pub status: StatusCode,
    pub says: &'static str,
    /// Of its JSON; `None`: there is no body.
    pub schema: Option<Described>,
    /// The other kind of content that can be had; a text.
    pub or_as: Option<&'static str>,
}

/// An operation.
pub struct Op {
    pub verb: Verb,
    /// Below `/api/v1`.
    pub path: &'static str,
    /// Its name for generated clients.
    pub name: &'static str,
    pub tag: &'static str,
    pub says: &'static str,
    pub scope: Scope,
    pub query: Option<Described>,
    pub body: Option<Described>,
    /// The other kind of content that is taken; a text.
    pub body_or_as: Option<&'static str>,
    /// The body is no JSON but bytes of this kind; the handler bounds them.
    pub bytes: Option<&'static str>,
    /// The body may be as large as an import.
    pub large: bool,
    /// Its body may take its time to come; the handler bounds that.
    pub slow: bool,
    pub answers: Vec<Answer>,
    /// Problems that are not those of every operation.
    pub problems: Vec<(StatusCode, &'static str)>,
    /// Needs `If-Match`.
    pub guarded: bool,
    /// Answers with an `ETag`.
    pub tagged: bool,
    handler: MethodRouter<WebState>,
}

impl Op {
    fn new<H, T>(verb: Verb, path: &'static str, name: &'static str, scope: Scope, handler: H) -> Op
    where
        H: Handler<T, WebState>,
        T: 'static,
    {
        Op {
            verb,
            path,
            name,
            tag: "",
            says: "",
            scope,
            query: None,
            body: None,
            body_or_as: None,
            bytes: None,
            large: false,
            slow: false,
            answers: Vec::new(),
            problems: Vec::new(),
            guarded: false,
            tagged: false,
            handler: on(verb.filter(), handler),
        }
    }

    /// Reads.
    pub fn get<H: Handler<T, WebState>, T: 'static>(
        path: &'static str,
        name: &'static str,
        scope: Scope,
        handler: H,
    ) -> Op {
        Op::new(Verb::Get, path, name, scope, handler)
    }

    /// Makes something, or has something done.
    pub fn post<H: Handler<T, WebState>, T: 'static>(
        path: &'static str,
        name: &'static str,
        scope: Scope,
        handler: H,
    ) -> Op {
        Op::new(Verb::Post, path, name, scope, handler)
    }

    /// Changes something that was read before.
    pub fn patch<H: Handler<T, WebState>, T: 'static>(
        path: &'static str,
        name: &'static str,
        scope: Scope,
        handler: H,
    ) -> Op {
        Op::new(Verb::Patch, path, name, scope, handler).guarded()
    }

    /// Puts something in its place, whether there was something or not.
    pub fn put<H: Handler<T, WebState>, T: 'static>(
        path: &'static str,
        name: &'static str,
        scope: Scope,
        handler: H,
    ) -> Op {
        Op::new(Verb::Put, path, name, scope, handler)
    }

    /// Takes something away.
    pub fn delete<H: Handler<T, WebState>, T: 'static>(
        path: &'static str,
        name: &'static str,
        scope: Scope,
        handler: H,
    ) -> Op {
        Op::new(Verb::Delete, path, name, scope, handler)
    }

    /// Where it belongs, and what it does.
    pub fn says(self, tag: &'static str, says: &'static str) -> Op {
        Op { tag, says, ..self }
    }

    /// With parameters in the query.
    pub fn query<Q: JsonSchema>(self) -> Op {
        Op { query: Some(SchemaGenerator::subschema_for::<Q>), ..self }
    }

    /// With a JSON body.
    pub fn body<B: JsonSchema>(self) -> Op {
        Op { body: Some(SchemaGenerator::subschema_for::<B>), ..self }
    }

    /// The body can be this kind of content too.
    pub fn body_or_as(self, kind: &'static str) -> Op {
        Op { body_or_as: Some(kind), ..self }
    }

    /// The body is bytes of this kind. They may take their time: the handler bounds how many they are, and how long they take.
    pub fn bytes(self, kind: &'static str) -> Op {
        Op { bytes: Some(kind), slow: true, ..self }
    }

    /// The body may be as large as an import.
    pub fn large(self) -> Op {
        Op { large: true, ..self }
    }

    /// A good answer with a body.
    pub fn answers<A: JsonSchema>(mut self, status: StatusCode, says: &'static str) -> Op {
        let schema: Option<Described> = Some(SchemaGenerator::subschema_for::<A>);
        self.answers.push(Answer { status, says, schema, or_as: None });
        self
    }

    /// A good answer without one.
    pub fn done(mut self, says: &'static str) -> Op {
        self.answers.push(Answer { status: StatusCode::NO_CONTENT, says, schema: None, or_as: None });
        self
    }

    /// A good answer that is a file.
    pub fn sends(mut self, kind: &'static str, says: &'static str) -> Op {
        self.answers.push(Answer { status: StatusCode::OK, says, schema: None, or_as: Some(kind) });
        self
    }

    /// With a body that is a file of any kind.
    pub fn file_body(self) -> Op {
        Op { body_or_as: Some("application/octet-stream"), ..self }
    }

    /// The last good answer can be had as this kind of content too.
    pub fn or_as(mut self, kind: &'static str) -> Op {
        if let Some(answer) = self.answers.last_mut() {
            answer.or_as = Some(kind);
        }
        self
    }

    /// A problem of its own.
    pub fn problem(mut self, status: StatusCode, says: &'static str) -> Op {
        self.problems.push((status, says));
        self
    }

    /// Only for who knows the state that is to be changed.
    pub fn guarded(self) -> Op {
        Op { guarded: true, ..self }
    }

    /// The answer has an `ETag`.
    pub fn tagged(self) -> Op {
        Op { tagged: true, ..self }
    }
}

/// An import at most.
fn import_bytes_max(state: &WebState) -> usize {
    usize::try_from(state.app.config.api.import_mib_max).unwrap_or(1).saturating_mul(1024 * 1024)
}

/// The router of operations: each behind its gate, and everything else answered with a problem. Slow ones are in
/// [`slow_router`].
pub fn router(state: &WebState, ops: Vec<Op>) -> Router<WebState> {
    let routes = routed(state, ops.into_iter().filter(|op| !op.slow));
    // Not a fallback: that of a nested router gives way to the outer one.
    routes
        .method_not_allowed_fallback(problem::wrong_method)
        .route("/", any(problem::unknown_path))
        .route("/{*rest}", any(problem::unknown_path))
}

/// The slow operations, for where requests may take their time.
pub fn slow_router(state: &WebState, ops: Vec<Op>) -> Router<WebState> {
    routed(state, ops.into_iter().filter(|op| op.slow)).layer(DefaultBodyLimit::disable())
}

fn routed(state: &WebState, ops: impl Iterator<Item = Op>) -> Router<WebState> {
    let mut paths: BTreeMap<&'static str, MethodRouter<WebState>> = BTreeMap::new();
    for op in ops {
        let gate = gate::Gate {
            state: state.clone(),
            name: op.name,
            scope: op.scope,
            again: op.verb == Verb::Post,
            guarded: op.guarded,
            slow: op.slow,
        };
        let mut route = op.handler.layer(middleware::from_fn_with_state(gate, gate::pass));
        if op.large {
            route = route.layer(DefaultBodyLimit::max(import_bytes_max(state)));
        }
        let others = paths.remove(op.path).unwrap_or_default();
        paths.insert(op.path, others.merge(route));
    }
    paths.into_iter().fold(Router::new(), |router, (path, routes)| router.route(path, routes))
}
