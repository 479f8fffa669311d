//! Where, for whom and when tariffs count.

use super::{
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, reference},
    op::Op,
    page::{self, Page},
    problem,
    stations::find as find_station,
    tariffs::{TAG, Wanted, change, find, reload},
};
use crate::{
    WebState,
    api::{
        Problem,
        tariffs::{Assignment, assignment},
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SubsecRound, Utc};
use csms::{
    api_key::Scope,
    store::{
        assignments::{self, Assigned, AssignmentRow},
        station_tariffs::{self, StationTariffRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The standard's EVSE numbers are small.
const EVSE_MAX: i64 = 1000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/tariffs/{id}/assignments", "listAssignments", Scope::Read, list_assignments)
            .says(TAG, "Where, for whom and when a tariff counts, or will")
            .query::<Wanted>()
            .answers::<Page<Assignment>>(StatusCode::OK, "A page"),
        Op::post("/tariffs/{id}/assignments", "assignTariff", Scope::Config, assign)
            .says(TAG, "Let a tariff count somewhere, for somebody, from some instant on; what is not named is not restricted")
            .body::<NewAssignment>()
            .answers::<Assignment>(StatusCode::CREATED, "It counts, or will"),
        Op::get("/assignments", "listAllAssignments", Scope::Read, list_all)
            .says(TAG, "Where, for whom and when tariffs count, or will, in the order they were made; with `past` those that have ended, too")
            .query::<AllWanted>()
            .answers::<Page<Placed>>(StatusCode::OK, "A page"),
        Op::get("/assignments/{id}", "getAssignment", Scope::Read, show)
            .says(TAG, "One assignment")
            .answers::<Placed>(StatusCode::OK, "The assignment")
            .tagged(),
        Op::get("/stations/{id}/tariffs", "listStationTariffs", Scope::Read, at_station)
            .says(
                TAG,
                "How it stands with the tariffs that a station counts with itself (2.1 with local cost calculation), by EVSE",
            )
            .answers::<Page<StationTariff>>(StatusCode::OK, "All of them"),
        Op::delete("/assignments/{id}", "endAssignment", Scope::Config, unassign)
            .says(TAG, "End an assignment now")
            .answers::<Assignment>(StatusCode::OK, "It has ended"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AssignmentFilter")]
struct AllWanted {
    /// Of this tariff.
    tariff: Option<String>,
    /// With those that have ended.
    #[serde(default)]
    past: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An assignment and its tariff.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffAssignment")]
struct Placed {
    tariff_id: String,
    #[serde(flatten)]
    assignment: Assignment,
}

/// A tariff at a station that counts itself.
#[derive(Debug, Serialize, JsonSchema)]
struct StationTariff {
    /// 0 = every EVSE without a row of its own.
    evse: i64,
    /// Under which id it shall be there; absent: none shall be.
    wanted_id: Option<String>,
    /// What the station holds, as it last said.
    held_id: Option<String>,
    /// `held`, `none`, `refused`, `not_representable` or `unsupported`.
    state: String,
    /// The station's last word.
    answer: String,
    /// Why, for people.
    detail: String,
    /// How often in vain, one after the other.
    tries: i64,
    tried_at: Option<DateTime<Utc>>,
    /// It is not tried again before.
    next_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAssignment {
    /// Not together with a station.
    site_id: Option<String>,
    station_id: Option<String>,
    /// Of the station.
    #[schemars(range(min = 1, max = 1000))]
    evse: Option<i64>,
    /// Not together with an identifier.
    group: Option<String>,
    token: Option<String>,
    /// What the identifier is; needed with it, e.g. `ISO14443`.
    token_kind: Option<String>,
    /// The highest counts before anything else.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    priority: i64,
    /// Absent: always.
    valid_from: Option<DateTime<Utc>>,
    valid_to: Option<DateTime<Utc>>,
    /// One that began before and would tie ends where this begins.
    #[serde(default)]
    replace: bool,
}

async fn list_assignments(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Assignment>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let until = assignments::Filter { tariff: Some(&id), until: Some(state.app.clock.now()) };
    let found = assignments::list(&mut tx, &until, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), assignment)))
}

fn placed(row: AssignmentRow) -> Placed {
    Placed { tariff_id: row.tariff_id.clone(), assignment: assignment(row) }
}

async fn list_all(
    State(state): State<WebState>,
    Asked(wanted): Asked<AllWanted>,
) -> Result<Json<Page<Placed>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let until = (!wanted.past).then(|| state.app.clock.now());
    let filter = assignments::Filter { tariff: wanted.tariff.as_deref(), until };
    let found = assignments::list(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), placed)))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Placed>, Problem> {
    let wanted = id("assignment", &number)?;
    let row = assignments::find(&mut state.app.db.read().await?, wanted).await?;
    Ok(Tagged(placed(row.ok_or_else(|| problem::missing("assignment", &number))?)))
}

async fn at_station(
    State(state): State<WebState>,
    At(id): At<String>,
) -> Result<Json<Page<StationTariff>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find_station(&mut tx, &id).await?;
    let found = station_tariffs::of_station(&mut tx, &id).await?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let view = |row: StationTariffRow| StationTariff {
        evse: row.evse,
        wanted_id: given(row.wanted_id),
        held_id: given(row.held_id),
        state: row.state,
        answer: row.answer,
        detail: row.detail,
        tries: row.tries,
        tried_at: row.tried_at,
        next_at: row.next_at,
    };
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

async fn assign(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(wish): Sent<NewAssignment>,
) -> Result<Response, Problem> {
    let now = state.app.clock.now();
    let replace = wish.replace;
    let row = wanted(id, wish, now)?;
    let mut tx = state.app.db.write().await?;
    find(&mut tx, &row.tariff_id).await?;
    let assigned = assignments::assign(&mut tx, &row, replace, &change(&state, &asker)).await;
    let number = match assigned
        .map_err(|error| problem::of_row(error, "assignment", "", "site_id, station_id"))?
    {
        Assigned::Done { id, .. } => id,
        Assigned::Ties(other) => {
            return Err(problem::conflict(
                "ties",
                format!(
                    "Nothing tells it from assignment {} (tariff {:?}); give another priority, other instants, or \
                     replace with valid_from",
                    other.id, other.tariff_id
                ),
            ));
        }
    };
    tx.commit().await?;
    reload(&state).await?;
    Ok((StatusCode::CREATED, Json(assignment(AssignmentRow { id: number, ..row }))).into_response())
}

/// The row of an assignment, if it can be one.
fn wanted(tariff: String, wish: NewAssignment, now: DateTime<Utc>) -> Result<AssignmentRow, Problem> {
    let apart = |name, one: bool, other: &str| match one {
        true => Err(problem::field(name, format!("not together with {other}"))),
        false => Ok(()),
    };
    apart("site_id", wish.site_id.is_some() && wish.station_id.is_some(), "station_id")?;
    apart("group", wish.group.is_some() && wish.token.is_some(), "token")?;
    if wish.evse.is_some_and(|evse| wish.station_id.is_none() || !(1..=EVSE_MAX).contains(&evse)) {
        return Err(problem::field("evse", format!("from 1 to {EVSE_MAX}, and only with station_id")));
    }
    if wish.token.is_some() != wish.token_kind.is_some() {
        return Err(problem::field("token_kind", "together with token"));
    }
    if !(-1000..=1000).contains(&wish.priority) {
        return Err(problem::field("priority", "from -1000 to 1000"));
    }
    if let (Some(from), Some(to)) = (wish.valid_from.or(Some(now)), wish.valid_to)
        && to <= from
    {
        return Err(problem::field("valid_to", "after valid_from, and in the future"));
    }
    let key = |name, uid: Option<String>| {
        uid.map(|uid| super::input::word(name, &uid.to_uppercase(), 255)).transpose()
    };
    let kind = wish.token_kind.map(|kind| super::input::word("token_kind", &kind, 20)).transpose()?;
    let station =
        wish.station_id.map(|station| super::input::word("station_id", &station, 48)).transpose()?;
    Ok(AssignmentRow {
        id: 0,
        tariff_id: tariff,
        site_id: wish.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?,
        station_id: station,
        evse: wish.evse,
        group_uid: key("group", wish.group)?,
        token_uid: key("token", wish.token)?,
        token_kind: kind.unwrap_or_default(),
        priority: wish.priority,
        // Stations tell whole seconds: a session of this second counts as one from then on.
        valid_from: wish.valid_from.map(|from| from.trunc_subsecs(0)),
        valid_to: wish.valid_to,
        created_at: now,
    })
}

async fn unassign(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Assignment>, Problem> {
    let wanted = id("assignment", &number)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.write().await?;
    let ended = assignments::unassign(&mut tx, wanted, now, &change(&state, &asker)).await?;
    let row = ended.ok_or_else(|| problem::missing("assignment", &number))?;
    tx.commit().await?;
    reload(&state).await?;
    Ok(Json(assignment(row)))
}
