//! Load management: how sites stand, and their plans.

use super::{
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem, record,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    event::list::GridPlanned,
    grid::{
        change::{Change, ChangeError},
        file::PlanFile,
        look::look,
        plan::{self, PlanError},
        said::{self, SaidError},
        stepped_at,
        switch::{self, SwitchError, switch},
    },
    store::{StoreError, Tx, grid as rows},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) const TAG: &str = "Load management";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/grid", "listGrids", Scope::Read, list)
            .says(TAG, "Sites that have a plan, in the order of their numbers")
            .query::<Wanted>()
            .answers::<Page<Grid>>(StatusCode::OK, "A page"),
        Op::get("/grid/{site}", "getGrid", Scope::Read, show)
            .says(TAG, "How a site stands: its fuses, what hangs on them, every EVSE's limit. docs/load-management.md")
            .answers::<Map<String, Value>>(StatusCode::OK, "As `csms grid show --json` prints it"),
        Op::get("/grid/{site}/plan", "getGridPlan", Scope::Read, show_plan)
            .says(TAG, "The plan of a site, as it is put")
            .answers::<Map<String, Value>>(StatusCode::OK, "The plan")
            .tagged(),
        Op::put("/grid/{site}/plan", "putGridPlan", Scope::Config, put_plan)
            .says(
                TAG,
                "Put a plan in the place of the one that a site has. docs/load-management.md says what it says. A plan that is the \
                 first of its site is put with `If-Match: *`",
            )
            .guarded()
            .body::<Map<String, Value>>()
            .answers::<Map<String, Value>>(StatusCode::OK, "The plan; stations are told within seconds")
            .tagged(),
        Op::delete("/grid/{site}/plan", "removeGridPlan", Scope::Config, remove_plan)
            .says(TAG, "Remove a plan that is off, with what was said of its site. `clear` takes away before what stations have of it")
            .guarded()
            .done("The site has no plan any more")
            .problem(StatusCode::CONFLICT, "It is on, or what stations have is being taken away"),
        Op::put("/grid/{site}/mode", "setGridMode", Scope::Config, set_mode)
            .says(
                TAG,
                "`on`: stations are told what they may take. `off`: they are told nothing more; limits end by themselves, defaults stay. \
                 `clear`: limits and defaults are taken away, then it is off, and nothing protects the fuses but themselves",
            )
            .body::<NewMode>()
            .answers::<Grid>(StatusCode::OK, "As it is now")
            .problem(StatusCode::CONFLICT, "Not turned on: the plan cannot be read, or profiles are wished that it would tell"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GridFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "GridMode")]
enum Mode {
    On,
    Off,
    Clear,
}

impl From<Mode> for switch::Mode {
    fn from(mode: Mode) -> switch::Mode {
        match mode {
            Mode::On => switch::Mode::On,
            Mode::Off => switch::Mode::Off,
            Mode::Clear => switch::Mode::Clear,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewGridMode")]
struct NewMode {
    mode: Mode,
}

/// A site whose connection is shared.
#[derive(Debug, Serialize, JsonSchema)]
struct Grid {
    site_id: String,
    /// `on`, `off` or `clear`.
    mode: String,
    changed_at: DateTime<Utc>,
    /// When a process has looked after it last; absent: none does.
    stepped_at: Option<DateTime<Utc>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Grid>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let mut found = Vec::new();
    for row in rows::page(&mut tx, after, limit + 1).await? {
        found.push(view(&state, &mut tx, row).await?);
    }
    Ok(Json(Page::new(found, limit, |row| row.site_id.clone(), |row| row)))
}

async fn view(state: &WebState, tx: &mut Tx, row: rows::GridRow) -> Result<Grid, StoreError> {
    Ok(Grid {
        site_id: row.site_id.to_string(),
        mode: row.mode,
        changed_at: row.changed_at,
        stepped_at: stepped_at(&state.app, tx, row.site_id).await?,
    })
}

pub(super) fn unreadable(error: PlanError) -> Problem {
    match error {
        PlanError::Store(error) => error.into(),
        PlanError::Unreadable(error) => problem::conflict("unreadable-plan", error.to_string()),
    }
}

pub(super) fn fields(value: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

async fn show(
    State(state): State<WebState>,
    At(site): At<String>,
) -> Result<Json<Map<String, Value>>, Problem> {
    let number = id("site", &site)?;
    let mut tx = state.app.db.read().await?;
    let found = look(&mut tx, number, state.app.clock.now()).await.map_err(unreadable)?;
    found.map(|found| Json(fields(found))).ok_or_else(|| problem::missing("plan of site", &site))
}

async fn planned(tx: &mut Tx, site: &str) -> Result<Map<String, Value>, Problem> {
    let number = id("site", site)?;
    let found = plan::load(tx, number).await.map_err(unreadable)?;
    let (_, plan) = found.ok_or_else(|| problem::missing("plan of site", site))?;
    Ok(fields(PlanFile::of(&plan)))
}

async fn show_plan(
    State(state): State<WebState>,
    At(site): At<String>,
) -> Result<Tagged<Map<String, Value>>, Problem> {
    Ok(Tagged(planned(&mut state.app.db.read().await?, &site).await?))
}

async fn put_plan(
    State(state): State<WebState>,
    asker: Asker,
    At(site): At<String>,
    meant: IfMatch,
    Sent(wish): Sent<Map<String, Value>>,
) -> Result<Tagged<Map<String, Value>>, Problem> {
    let number = id("site", &site)?;
    let file: PlanFile = serde_path_to_error::deserialize(Value::Object(wish))
        .map_err(|error| problem::misfit(&error.path().to_string(), &error.inner().to_string()))?;
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    let change = Change::new(&mut tx, number, &file, None, None).await;
    let change = change.map_err(|error| unfit(&site, error))?;
    match &change.before {
        Some((_, plan)) => meant.check(&fields(PlanFile::of(plan)))?,
        None => meant.nothing()?,
    }
    change.keep(&mut tx, None, state.app.clock.now()).await.map_err(|error| unfit(&site, error))?;
    let kept = planned(&mut tx, &site).await?;
    record(
        &state,
        &mut tx,
        &GridPlanned { site_id: number.to_string(), what: "plan".into(), by: asker.name },
    )
    .await?;
    tx.commit().await?;
    Ok(Tagged(kept))
}

async fn remove_plan(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    At(site): At<String>,
) -> Result<StatusCode, Problem> {
    let number = id("site", &site)?;
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    let row = rows::find(&mut tx, number).await?.ok_or_else(|| problem::missing("plan of site", &site))?;
    // One that cannot be read any more can be removed nevertheless, by who says `*`.
    let plan = match plan::load(&mut tx, row.site_id).await {
        Ok(found) => found.map(|(_, plan)| fields(PlanFile::of(&plan))),
        Err(PlanError::Unreadable(_)) => None,
        Err(PlanError::Store(error)) => return Err(error.into()),
    };
    meant.check(&plan)?;
    said::remove(&mut tx, number, state.app.clock.now()).await.map_err(|error| refused(error, &site))?;
    let told = GridPlanned { site_id: number.to_string(), what: "removed".into(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_mode(
    State(state): State<WebState>,
    asker: Asker,
    At(site): At<String>,
    Sent(wish): Sent<NewMode>,
) -> Result<Json<Grid>, Problem> {
    let number = id("site", &site)?;
    let mode = switch::Mode::from(wish.mode);
    let mut tx = state.app.db.write().await?;
    let switched = switch(&mut tx, number, mode, state.app.clock.now()).await;
    if switched.map_err(|error| unswitched(error, &site))?.is_some() {
        let told = GridPlanned { site_id: number.to_string(), what: mode.word().into(), by: asker.name };
        record(&state, &mut tx, &told).await?;
    }
    let row = rows::find(&mut tx, number).await?.ok_or_else(|| problem::missing("plan of site", &site))?;
    let view = view(&state, &mut tx, row).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Why a plan is not switched.
fn unswitched(error: SwitchError, site: &str) -> Problem {
    match error {
        SwitchError::NoPlan => problem::missing("plan of site", site),
        SwitchError::Wished(why) => problem::conflict("profiles-wished", why.join("; ")),
        SwitchError::Plan(error) => unreadable(error),
    }
}

/// Why a plan is not taken.
fn unfit(site: &str, error: ChangeError) -> Problem {
    match error {
        ChangeError::NoSite(_) => problem::missing("site", site),
        ChangeError::Refused(why) => problem::field("plan", why.join("; ")),
        ChangeError::Meanwhile => problem::conflict("changed-meanwhile", error.to_string()),
        ChangeError::Plan(error) => unreadable(error),
    }
}

/// Why what was said of a site is not taken.
pub(super) fn refused(error: SaidError, site: &str) -> Problem {
    let why = error.to_string();
    match error {
        SaidError::NoPlan => problem::missing("plan of site", site),
        SaidError::NoNode(_) => problem::field("node", why),
        SaidError::On | SaidError::Clearing => problem::conflict("plan-at-work", why),
        SaidError::NoSession(_) => problem::conflict("session-ended", why),
        SaidError::NotPlanned { .. } => problem::conflict("not-planned", why),
        SaidError::Plan(error) => unreadable(error),
        SaidError::Store(error) => error.into(),
    }
}
