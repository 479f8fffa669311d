//! `/api/v1`: the API for programs. `op.rs` has the routes' frame, `gate.rs` what each request passes, one file per noun the
//! operations. docs/api.md says the same for people.

mod again;
mod assignments;
mod attempts;
mod audit;
mod caller;
mod commands;
mod desired;
mod discounts;
mod docs;
mod doctor;
mod etag;
mod events;
mod firmware;
mod gate;
mod grid;
mod grid_said;
mod images;
mod input;
mod journal;
mod keys;
mod links;
mod local_lists;
mod money;
mod monitors;
mod needs;
mod op;
mod openapi;
mod page;
mod problem;
mod rate;
mod reservations;
mod session_end;
mod session_papers;
mod sessions;
mod settings;
mod sheets;
mod sheets_out;
mod sites;
mod station_state;
mod station_words;
mod stations;
mod stream;
mod streams;
mod tariff_trial;
mod tariff_words;
mod tariffs;
mod templates;
mod texts;
mod tokens;
mod uploads;
mod users;
mod webhooks;

#[cfg(test)]
pub use docs::page as docs_page;
pub use docs::show as docs;

use crate::{WebState, pages::encoded};
use axum::{Router, response::IntoResponse, routing::get};
use caller::Asker;
use csms::{
    config::Api,
    event::{self, Body},
    store::{StoreError, Tx, events as event_rows, row::EventRow},
};
use op::Op;
use std::sync::Arc;

/// What all requests share.
pub struct Shared {
    rates: rate::Rates,
    streams: Arc<stream::Streams>,
}

impl Shared {
    /// With the limits of the settings.
    pub fn new(settings: &Api) -> Shared {
        Shared { rates: rate::Rates::new(settings), streams: Arc::default() }
    }
}

/// The routes, below `/api/v1`.
pub fn routes(state: &WebState) -> Router<WebState> {
    let document = get(|| async { openapi::TEXT.as_str().into_response() });
    op::router(state, operations()).route("/openapi.json", document.layer(openapi::as_json()))
}

/// Operations whose bodies may take their time, below `/api/v1` too.
pub fn slow_routes(state: &WebState) -> Router<WebState> {
    op::slow_router(state, operations())
}

/// Everything that can be done.
fn operations() -> Vec<Op> {
    let areas = [
        stations::operations(),
        station_state::operations(),
        links::operations(),
        attempts::operations(),
        journal::operations(),
        streams::operations(),
        monitors::operations(),
        texts::operations(),
        commands::operations(),
        desired::operations(),
        templates::operations(),
        sessions::operations(),
        session_end::operations(),
        session_papers::operations(),
        events::operations(),
        reservations::operations(),
        local_lists::operations(),
        needs::operations(),
        sites::operations(),
        tokens::operations(),
        tariffs::operations(),
        assignments::operations(),
        tariff_words::operations(),
        tariff_trial::operations(),
        discounts::operations(),
        money::operations(),
        firmware::operations(),
        images::operations(),
        uploads::operations(),
        grid::operations(),
        grid_said::operations(),
        webhooks::operations(),
        sheets::operations(),
        sheets_out::operations(),
        audit::operations(),
        keys::operations(),
        users::operations(),
        settings::operations(),
        doctor::operations(),
    ];
    areas.into_iter().flatten().collect()
}

/// Where something new is.
fn location(what: &str, id: &str) -> String {
    format!("/api/v1/{what}/{}", encoded(id))
}

/// What a caller did, in the same transaction as what it tells of.
async fn record<B: Body>(state: &WebState, tx: &mut Tx, body: &B) -> Result<(), StoreError> {
    event_rows::add(tx, &event::row(&state.app.ids, state.app.clock.now(), None, None, body)).await
}

/// What a caller did with a station, in the same transaction.
async fn record_at(
    state: &WebState,
    tx: &mut Tx,
    station: &str,
    kind: &str,
    asker: &Asker,
) -> Result<(), StoreError> {
    let event = EventRow {
        id: state.app.ids.next(),
        at: state.app.clock.now(),
        station_id: Some(station.to_owned()),
        session_id: None,
        kind: kind.to_owned(),
        body: serde_json::json!({ "by": asker.name }).to_string(),
    };
    event_rows::add(tx, &event).await
}
