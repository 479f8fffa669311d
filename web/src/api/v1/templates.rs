//! Templates: configuration for groups of stations.

use super::{
    caller::Asker,
    desired::refused,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent},
    op::Op,
    page::{self, Page},
    problem, record,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    desired::template::{self, Choice, PREVIEW_MAX, Template},
    event::list::{TemplateChanged, TemplateRemoved},
    store::{
        Tx,
        hold::{Row, hold},
        templates as rows,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const TAG: &str = "Templates";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/templates", "listTemplates", Scope::Read, list)
            .says(TAG, "Templates in the order of their ids")
            .query::<Wanted>()
            .answers::<Page<TemplateOf>>(StatusCode::OK, "A page"),
        Op::get("/templates/{id}", "getTemplate", Scope::Read, show)
            .says(TAG, "One template")
            .answers::<TemplateOf>(StatusCode::OK, "The template")
            .tagged(),
        Op::put("/templates/{id}", "putTemplate", Scope::Config, put)
            .says(
                TAG,
                "Make a template, or change it. Its stations want its settings from then on, except where a station has a wish of \
                 its own or another template goes before",
            )
            .body::<TemplateFacts>()
            .answers::<TemplateOf>(StatusCode::OK, "As it is now")
            .guarded()
            .tagged(),
        Op::delete("/templates/{id}", "deleteTemplate", Scope::Config, remove)
            .says(TAG, "Drop a template: its stations are wanted to be so no longer, and keep what they have")
            .guarded()
            .done("It is dropped"),
        Op::post("/templates/{id}/preview", "previewTemplate", Scope::Read, preview)
            .says(TAG, "What a template would change if it was put like this, station by station; nothing is kept")
            .body::<TemplateFacts>()
            .answers::<Preview>(StatusCode::OK, "What would change"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplateFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A template.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Template")]
struct TemplateOf {
    id: String,
    priority: i64,
    choice: Choice,
    /// Value by key, by the name of 2.x where there is one.
    settings: BTreeMap<String, String>,
    changed_by: String,
    changed_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TemplateFacts {
    /// Of two templates that want a key of one station, the higher has it.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    priority: i64,
    /// Which stations; nothing = all.
    #[serde(default)]
    choice: Choice,
    /// Value by key, e.g. `{"OCPPCommCtrlr.HeartbeatInterval": "60"}`; a key of 1.6 stands for the variable that means the same.
    settings: BTreeMap<String, String>,
}

/// What a template would change.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TemplatePreview")]
struct Preview {
    /// How many wishes.
    changes: usize,
    /// Of how many stations.
    stations: usize,
    /// The first 500 of them.
    first: Vec<Change>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TemplateChange")]
struct Change {
    station_id: String,
    key: String,
    /// What is wanted now; `null`: nothing.
    from: Option<String>,
    /// What would be; `null`: nothing.
    to: Option<String>,
    /// By which template.
    template: Option<String>,
}

fn view(template: Template) -> TemplateOf {
    TemplateOf {
        id: template.id,
        priority: template.priority,
        choice: template.choice,
        settings: template.settings,
        changed_by: template.changed_by,
        changed_at: template.changed_at,
    }
}

async fn find(tx: &mut Tx, id: &str) -> Result<TemplateOf, Problem> {
    let row = rows::find(tx, id).await?.ok_or_else(|| problem::missing("template", id))?;
    Ok(view(Template::of(row)))
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<TemplateOf>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let found = rows::list(&mut state.app.db.read().await?, wanted.cursor.as_deref(), limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.clone(), |row| view(Template::of(row)))))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<TemplateOf>, Problem> {
    Ok(Tagged(find(&mut state.app.db.read().await?, &id).await?))
}

fn sound(id: &str, facts: TemplateFacts) -> Result<Template, Problem> {
    let made = Template::new(id, facts.priority, facts.choice, &facts.settings);
    made.map_err(|why| problem::field("settings", why))
}

async fn put(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(facts): Sent<TemplateFacts>,
) -> Result<Tagged<TemplateOf>, Problem> {
    let wanted = sound(&id, facts)?;
    let mut tx = state.app.db.write().await?;
    hold(&mut tx, Row::Template(&id)).await?;
    match rows::find(&mut tx, &id).await? {
        Some(row) => meant.check(&view(Template::of(row)))?,
        // What is not there yet is made; what was there and is gone is not what was meant.
        None => meant.nothing()?,
    }
    let kept =
        template::put_in(&mut tx, &wanted, &asker.name, state.app.clock.now()).await.map_err(refused)?;
    record(&state, &mut tx, &TemplateChanged { by: asker.name.clone() }).await?;
    tx.commit().await?;
    state.app.desires.templates_changed();
    Ok(Tagged(view(kept)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    hold(&mut tx, Row::Template(&id)).await?;
    meant.check(&find(&mut tx, &id).await?)?;
    template::remove_in(&mut tx, &id).await?;
    record(&state, &mut tx, &TemplateRemoved { by: asker.name.clone() }).await?;
    tx.commit().await?;
    state.app.desires.templates_changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn preview(
    State(state): State<WebState>,
    At(id): At<String>,
    Sent(facts): Sent<TemplateFacts>,
) -> Result<Json<Preview>, Problem> {
    let wanted = sound(&id, facts)?;
    let (changes, stations, mut first) = template::preview(&state.app.db, &id, Some(&wanted)).await?;
    first.truncate(PREVIEW_MAX);
    let change = |change: template::Change| {
        let (to, template) = change.to.unzip();
        Change { station_id: change.station, key: change.key, from: change.from, to, template }
    };
    Ok(Json(Preview { changes, stations, first: first.into_iter().map(change).collect() }))
}
