//! What has happened: as a list, and as a stream that goes on.

use super::{
    caller::Asker,
    input::Asked,
    op::Op,
    page::{self, Page},
    problem, stream,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header::ACCEPT},
    response::{IntoResponse, Response},
};
use csms::{
    api_key::Scope,
    event::{Event, Wish, list},
    store::events::{self as rows, Side},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Events";
/// Pages of rows looked at for one page of a list; where few are wanted it may come shorter than `limit`.
const PAGES_MAX: usize = 20;
/// Rows of such a page.
const ROWS: i64 = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/events", "listEvents", Scope::Read, list_events)
            .says(
                TAG,
                "What has happened, the newest first; with `after` the oldest first, to go on from there. With \
                 `Accept: text/event-stream` a stream that goes on: from `Last-Event-ID` or `after`, otherwise from now. A \
                 page may hold fewer than `limit` and have a `next` nevertheless. Events of money need the scope `money`",
            )
            .query::<Wanted>()
            .answers::<Page<Event>>(StatusCode::OK, "A page")
            .or_as("text/event-stream")
            .problem(StatusCode::GONE, "The events after that number are not kept any more, or it was never given"),
        Op::get("/event-kinds", "listEventKinds", Scope::Read, kinds)
            .says(TAG, "The events there are, and what each says")
            .answers::<Page<Kind>>(StatusCode::OK, "All of them"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventFilter")]
struct Wanted {
    station: Option<String>,
    session_id: Option<String>,
    /// Kinds (`station.booted`) and areas (`station`), with commas between them.
    kind: Option<String>,
    /// Those after the event with this number, the oldest first; 0 = from the beginning.
    after: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An event that there is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EventKind")]
struct Kind {
    kind: &'static str,
    /// Who is to hear it needs this.
    scope: Scope,
    says: &'static str,
    /// JSON Schema of its body.
    schema: Value,
}

/// A number in the query.
fn number(name: &str, text: &str) -> Result<i64, Problem> {
    let found = page::number(name, text)?;
    if found < 0 { Err(problem::query(format!("{name}: 0 or more"))) } else { Ok(found) }
}

async fn list_events(
    State(state): State<WebState>,
    asker: Asker,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let money = asker.may(Scope::Money).is_ok();
    let station = wanted.station.filter(|station| !station.is_empty());
    let mut wish = Wish::new(wanted.kind.as_deref().unwrap_or_default(), station, money)
        .map_err(|fault| problem::query(format!("kind: {fault}")))?;
    wish.session = wanted.session_id.as_deref().map(|id| number("session_id", id)).transpose()?;
    let after = wanted.after.as_deref().map(|after| number("after", after)).transpose()?;
    // What the caller has just done is among them.
    state.app.feed.turn(&state.app.db).await?;
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.split(',').any(|kind| kind.trim().starts_with("text/event-stream")) {
        let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
        let last = last.map(|last| number("Last-Event-ID", last.trim())).transpose()?;
        let after = match last.or(after) {
            Some(after) => reachable(&state, after).await?,
            None => state.app.feed.head(),
        };
        return stream::open(&state, &asker, wish, after);
    }
    let limit = page::limit(wanted.limit)?;
    let cursor = wanted.cursor.as_deref().map(|cursor| number("cursor", cursor)).transpose()?;
    let side = match after {
        Some(after) => Side::After(reachable(&state, cursor.unwrap_or(after)).await?),
        None => Side::Before(cursor.unwrap_or(i64::MAX)),
    };
    Ok(Json(page_of(&state, &wish, side, limit).await?).into_response())
}

/// A number from which can be gone on.
async fn reachable(state: &WebState, after: i64) -> Result<i64, Problem> {
    let mut tx = state.app.db.read().await?;
    let (oldest, newest) = (rows::oldest(&mut tx).await?, rows::newest(&mut tx).await?);
    let gone = |detail: String| {
        Problem::new(StatusCode::GONE, "events-gone", "There is no going on from this event").detail(detail)
    };
    if after > newest {
        return Err(gone(format!(
            "The newest event is {newest}: {after} was never given here, or the database was restored. Begin anew \
             without it"
        )));
    }
    match oldest {
        // What was there before the oldest was removed; of what was only the progress of sessions nobody can tell.
        Some(oldest) if after > 0 && after + 1 < oldest => Err(gone(format!(
            "The oldest event that is kept is {oldest} (retention.event_days). Go on with after=0, which begins there"
        ))),
        _ => Ok(after),
    }
}

async fn page_of(state: &WebState, wish: &Wish, side: Side, limit: i64) -> Result<Page<Event>, Problem> {
    let limit = usize::try_from(limit).unwrap_or(1);
    let mut items = Vec::new();
    let mut side = side;
    for _ in 0..PAGES_MAX {
        let mut tx = state.app.db.read().await?;
        let found = rows::told(&mut tx, (wish.station.as_deref(), wish.session), side, ROWS).await?;
        drop(tx);
        let all = (found.len() as i64) < ROWS;
        for row in found {
            if items.len() == limit {
                return Ok(Page { items, next: Some(at(side)) });
            }
            side = match side {
                Side::After(_) => Side::After(row.seq),
                Side::Before(_) => Side::Before(row.seq),
            };
            if wish.wants(&row.event) {
                items.push(Event::new(row.seq, &row.event));
            }
        }
        if all {
            return Ok(Page { items, next: None });
        }
    }
    Ok(Page { items, next: Some(at(side)) })
}

fn at(side: Side) -> String {
    let (Side::After(seq) | Side::Before(seq)) = side;
    seq.to_string()
}

async fn kinds() -> Json<Page<Kind>> {
    let items = list::all()
        .map(|told| {
            let mut schemas =
                SchemaSettings::draft2020_12().with(|with| with.inline_subschemas = true).into_generator();
            Kind {
                kind: told.kind,
                scope: told.scope,
                says: told.says,
                schema: (told.schema)(&mut schemas).to_value(),
            }
        })
        .collect();
    Json(Page { items, next: None })
}
