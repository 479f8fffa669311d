//! Load management: how EVSEs stand, and what is said of a site: limits from outside, other loads, needs of sessions.

use super::{
    again::Once,
    caller::Asker,
    grid::{TAG, fields, refused, unreadable},
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem, record,
    sessions::find as find_session,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    event::list::GridLimited,
    grid::{
        amps::{Amps, PhaseAmps},
        limit::{self, LimitError, LimitWish},
        look::{EvseLook, LimitLook, Look, look},
        plan, said,
    },
    store::grid as rows,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// No vehicle takes as much.
const WH_MAX: i64 = 10_000_000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/grid/{site}/evses", "listGridEvses", Scope::Read, list_evses)
            .says(TAG, "How each EVSE of a site stands: what it may take, what it was told, what it takes")
            .query::<EvsesWanted>()
            .answers::<Page<Map<String, Value>>>(StatusCode::OK, "A page; as `evses` of `getGrid`"),
        Op::get("/grid/{site}/limits", "listGridLimits", Scope::Read, list_limits)
            .says(TAG, "Limits from outside that hold or will, in the order they were told")
            .query::<Wanted>()
            .answers::<Page<Limit>>(StatusCode::OK, "A page"),
        Op::post("/grid/{site}/limits", "addGridLimit", Scope::Command, add_limit)
            .says(TAG, "Limit all that flows through a node, other loads included")
            .body::<NewLimit>()
            .answers::<Limit>(StatusCode::CREATED, "It counts from the next step on"),
        Op::get("/grid/{site}/limits/{id}", "getGridLimit", Scope::Read, show_limit)
            .says(TAG, "One limit that holds or will")
            .answers::<Limit>(StatusCode::OK, "The limit"),
        Op::delete("/grid/{site}/limits/{id}", "removeGridLimit", Scope::Command, remove_limit)
            .says(TAG, "Take a limit back")
            .done("It is taken back"),
        Op::get("/grid/{site}/loads", "listGridLoads", Scope::Read, list_loads)
            .says(TAG, "What was told of other loads last, by node")
            .answers::<Page<Load>>(StatusCode::OK, "All of them"),
        Op::put("/grid/{site}/loads/{node}", "putGridLoad", Scope::Command, put_load)
            .says(TAG, "Tell what the other loads directly at a node take; a later measurement stays")
            .body::<NewLoad>()
            .answers::<Believed>(StatusCode::OK, "It is kept"),
        Op::get("/sessions/{id}/grid-need", "getGridNeed", Scope::Read, show_need)
            .says(TAG, "What load management knows that a session needs")
            .answers::<Need>(StatusCode::OK, "As it is known"),
        Op::put("/sessions/{id}/grid-need", "putGridNeed", Scope::Command, put_need)
            .says(TAG, "Say what a session needs, by when, and how important it is; what is not named stays")
            .body::<NewNeed>()
            .answers::<Need>(StatusCode::OK, "It counts from the next step on")
            .problem(StatusCode::CONFLICT, "The session has ended, or its EVSE is in no plan"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GridEvseFilter")]
struct EvsesWanted {
    /// Of this station.
    station: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GridLimitFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A limit from outside.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GridLimit")]
struct Limit {
    id: String,
    /// A node, or an EVSE as `2 of HALL-7`.
    place: String,
    /// `grid_operator`, `signal`, `price`, `operator`, or a station's word.
    source: String,
    /// E.g. `32 A`, `32 / 16 / 16 A` or `20000 W`.
    most: String,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    told_by: String,
    /// Now.
    holds: bool,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GridLimitSource")]
enum Source {
    GridOperator,
    /// A signal with a start and an end.
    Signal,
    /// A contract, or a price of power.
    Price,
    /// A person.
    #[default]
    Operator,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewGridLimit")]
struct NewLimit {
    node: String,
    /// On each phase: `32`, or `32,32,16.5`. Either this or `watts`.
    amps: Option<String>,
    /// Over all phases.
    #[schemars(range(min = 0, max = 10_000_000_000_i64))]
    watts: Option<i64>,
    /// Absent: now.
    from: Option<DateTime<Utc>>,
    /// Absent: until it is taken back.
    until: Option<DateTime<Utc>>,
    #[serde(default)]
    source: Source,
    /// Who says so, or why.
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

/// What was told of the other loads at a node.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GridLoad")]
struct Load {
    node: String,
    /// On each phase, in mA.
    l1_ma: i64,
    l2_ma: i64,
    l3_ma: i64,
    at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewGridLoad")]
struct NewLoad {
    /// On each phase: `12`, or `12,10.5,8`.
    amps: String,
    /// When it was measured; absent: now.
    at: Option<DateTime<Utc>>,
}

/// How long a measurement is believed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GridLoadBelieved")]
struct Believed {
    node: String,
    /// 0: the plan believes no measurement there (its `max_age_s`).
    believed_s: u32,
}

/// What a session needs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GridNeed")]
struct Need {
    session_id: String,
    /// What the session is to have taken in all.
    target_mwh: Option<i64>,
    by: Option<DateTime<Utc>>,
    /// Higher ones are served before; absent: 1.
    class: Option<i64>,
    /// The most it takes on a phase.
    most_ma: Option<i64>,
    /// What it shall give back on a phase, …
    give_ma: Option<i64>,
    /// … and until when.
    give_until: Option<DateTime<Utc>>,
    told_by: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewGridNeed")]
struct NewNeed {
    /// What it still needs.
    #[schemars(range(min = 0, max = 10_000_000))]
    wh: Option<i64>,
    by: Option<DateTime<Utc>>,
    /// 0 is for those who may wait for all others, 1 is usual.
    class: Option<u8>,
    /// The most it takes on a phase, in A: `16`, or `12.5`.
    most_amps: Option<String>,
    /// What it shall give back on each phase, in A, together with `give_until`: no more than it has offered, and than its
    /// circuits let through.
    give_amps: Option<String>,
    give_until: Option<DateTime<Utc>>,
}

async fn seen(state: &WebState, site: &str) -> Result<Look, Problem> {
    let number = id("site", site)?;
    let found =
        look(&mut state.app.db.read().await?, number, state.app.clock.now()).await.map_err(unreadable)?;
    found.ok_or_else(|| problem::missing("plan of site", site))
}

async fn list_evses(
    State(state): State<WebState>,
    At(site): At<String>,
    Asked(wanted): Asked<EvsesWanted>,
) -> Result<Json<Page<Map<String, Value>>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?.unwrap_or(-1);
    let all = seen(&state, &site).await?.evses;
    let of = |evse: &EvseLook| wanted.station.as_ref().is_none_or(|station| evse.station == *station);
    let found: Vec<(i64, EvseLook)> = (0..).zip(all).filter(|(nth, evse)| *nth > after && of(evse)).collect();
    Ok(Json(Page::new(found, limit, |(nth, _)| nth.to_string(), |(_, evse)| fields(evse))))
}

async fn list_limits(
    State(state): State<WebState>,
    At(site): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Limit>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let mut found = seen(&state, &site).await?.limits;
    found.retain(|limit| after.is_none_or(|after| limit.id > after));
    found.sort_by_key(|limit| limit.id);
    Ok(Json(Page::new(found, limit, |limit| limit.id.to_string(), limit_view)))
}

fn limit_view(limit: LimitLook) -> Limit {
    Limit {
        id: limit.id.to_string(),
        place: limit.place,
        source: limit.source,
        most: limit.most,
        from: limit.from,
        until: limit.until,
        told_by: limit.told_by,
        holds: limit.holds,
    }
}

async fn one_limit(state: &WebState, site: &str, number: i64) -> Result<Limit, Problem> {
    let found = seen(state, site).await?.limits.into_iter().find(|limit| limit.id == number);
    found.map(limit_view).ok_or_else(|| problem::missing("limit", &number.to_string()))
}

async fn show_limit(
    State(state): State<WebState>,
    At((site, limit)): At<(String, String)>,
) -> Result<Json<Limit>, Problem> {
    Ok(Json(one_limit(&state, &site, id("limit", &limit)?).await?))
}

async fn add_limit(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    At(site): At<String>,
    Sent(wish): Sent<NewLimit>,
) -> Result<Response, Problem> {
    if let Some(made) = once.made() {
        return added(&state, &site, id("limit", made)?).await;
    }
    let number = id("site", &site)?;
    let most = match (wish.amps.as_deref(), wish.watts) {
        (Some(amps), None) => limit::current(phases("amps", amps)?),
        (None, Some(watts)) => limit::power(watts),
        _ => return Err(problem::field("amps", "either amps or watts")),
    };
    let now = state.app.clock.now();
    let wish = LimitWish {
        node: wish.node,
        most,
        from: wish.from.unwrap_or(now),
        until: wish.until,
        source: match wish.source {
            Source::GridOperator => "grid_operator",
            Source::Signal => "signal",
            Source::Price => "price",
            Source::Operator => "operator",
        }
        .to_owned(),
        note: wish.note.trim().to_owned(),
    };
    let mut tx = state.app.db.write().await?;
    let planned = plan::load(&mut tx, number).await.map_err(unreadable)?;
    let (_, plan) = planned.ok_or_else(|| problem::missing("plan of site", &site))?;
    let row = limit::add(&mut tx, (number, &plan), state.app.ids.next(), wish, now).await.map_err(unkept)?;
    once.note(&mut tx, &row.id.to_string()).await?;
    let (site_id, limit_id) = (number.to_string(), row.id.to_string());
    record(&state, &mut tx, &GridLimited { site_id, limit_id, what: "added".into(), by: asker.name }).await?;
    tx.commit().await?;
    added(&state, &site, row.id).await
}

/// Why a limit is not kept.
fn unkept(error: LimitError) -> Problem {
    let why = error.to_string();
    match error {
        LimitError::NoNode(_) => problem::field("node", why),
        LimitError::Time => problem::field("until", why),
        LimitError::Most => problem::field("amps, watts", why),
        LimitError::Source => problem::field("source", why),
        LimitError::Note => problem::field("note", why),
        LimitError::Crowded => problem::conflict("too-many", why),
        LimitError::Store(error) => error.into(),
    }
}

async fn added(state: &WebState, site: &str, number: i64) -> Result<Response, Problem> {
    let limit = one_limit(state, site, number).await?;
    let location = super::location(&format!("grid/{site}/limits"), &limit.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(limit)).into_response())
}

fn phases(name: &str, amps: &str) -> Result<PhaseAmps, Problem> {
    amps.parse::<PhaseAmps>().map_err(|error| problem::field(name, error))
}

async fn remove_limit(
    State(state): State<WebState>,
    asker: Asker,
    At((site, limit)): At<(String, String)>,
) -> Result<StatusCode, Problem> {
    let number = id("site", &site)?;
    let mut tx = state.app.db.write().await?;
    if !rows::remove_limit(&mut tx, number, id("limit", &limit)?).await? {
        return Err(problem::missing("limit", &limit));
    }
    let told =
        GridLimited { site_id: number.to_string(), limit_id: limit, what: "removed".into(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_loads(
    State(state): State<WebState>,
    At(site): At<String>,
) -> Result<Json<Page<Load>>, Problem> {
    let number = id("site", &site)?;
    let mut tx = state.app.db.read().await?;
    if rows::find(&mut tx, number).await?.is_none() {
        return Err(problem::missing("plan of site", &site));
    }
    let names = rows::nodes(&mut tx, number).await?;
    let name = |id| names.iter().find(|node| node.id == id).map(|node| node.name.clone()).unwrap_or_default();
    let view = |row: rows::LoadRow| Load {
        node: name(row.node_id),
        l1_ma: row.l1,
        l2_ma: row.l2,
        l3_ma: row.l3,
        at: row.at,
    };
    let found = rows::loads(&mut tx, number).await?;
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

async fn put_load(
    State(state): State<WebState>,
    At((site, node)): At<(String, String)>,
    Sent(wish): Sent<NewLoad>,
) -> Result<Json<Believed>, Problem> {
    let number = id("site", &site)?;
    let amps = phases("amps", &wish.amps)?;
    let now = state.app.clock.now();
    if wish.at.is_some_and(|at| at > now + chrono::TimeDelta::minutes(1)) {
        return Err(problem::field("at", "not in the future: it would hide what is measured until then"));
    }
    let mut tx = state.app.db.write().await?;
    let believed = said::set_load(&mut tx, number, &node, amps, wish.at.unwrap_or(now)).await;
    let believed_s = believed.map_err(|error| match error {
        said::SaidError::NoNode(_) => problem::missing("node", &node),
        error => refused(error, &site),
    })?;
    tx.commit().await?;
    Ok(Json(Believed { node, believed_s }))
}

async fn show_need(State(state): State<WebState>, At(number): At<String>) -> Result<Json<Need>, Problem> {
    let session = find_session(&state, &number).await?;
    let found = rows::need(&mut state.app.db.read().await?, session.id).await?;
    let row = found.ok_or_else(|| problem::missing("need of session", &number))?;
    Ok(Json(Need {
        session_id: row.session_id.to_string(),
        target_mwh: row.target_mwh,
        by: row.deadline,
        class: row.class,
        most_ma: row.most_ma,
        give_ma: row.give_ma,
        give_until: row.give_until,
        told_by: row.told_by,
    }))
}

async fn put_need(
    state: State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(wish): Sent<NewNeed>,
) -> Result<Json<Need>, Problem> {
    let session = find_session(&state, &number).await?;
    if wish.wh.is_some_and(|wh| !(0..=WH_MAX).contains(&wh)) {
        return Err(problem::field("wh", format!("from 0 to {WH_MAX}")));
    }
    let most = wish.most_amps.as_deref().map(str::parse::<Amps>).transpose();
    let most = most.map_err(|error| problem::field("most_amps", error))?;
    if most.is_some_and(|most| most.0.0 < 0) {
        return Err(problem::field("most_amps", "0 or more"));
    }
    let give = wish.give_amps.as_deref().map(str::parse::<Amps>).transpose();
    let give = give.map_err(|error| problem::field("give_amps", error))?;
    if give.is_some_and(|give| give.0.0 < 0) {
        return Err(problem::field("give_amps", "0 or more"));
    }
    if give.is_some() != wish.give_until.is_some() {
        return Err(problem::field("give_until", "together with give_amps"));
    }
    let give_until = wish.give_until;
    let need = said::Need { wh: wish.wh, by: wish.by, class: wish.class, most, give, give_until };
    let mut tx = state.app.db.write().await?;
    let taken = said::set_need(&mut tx, &state.app.ids, session.id, &need).await;
    taken.map_err(|error| refused(error, ""))?;
    tx.commit().await?;
    tracing::info!(session = session.id, by = asker.name, "what a session needs was told");
    show_need(state, At(number)).await
}
