//! Texts for displays by state and language.

use super::{
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{At, Sent, reference},
    op::Op,
    page::Page,
    problem,
    stations::find as find_station,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::{
        Tx, events, sites, stations,
        texts::{self as rows, StationTextRow, TextRow},
    },
    texts::{self, check},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Displays";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/display-texts", "listDisplayTexts", Scope::Read, list)
            .says(TAG, "Texts that displays of 2.x stations show while they are in a state")
            .answers::<Page<Text>>(StatusCode::OK, "All of them"),
        Op::get("/display-texts/{name}", "getDisplayText", Scope::Read, show)
            .says(TAG, "One text")
            .answers::<Text>(StatusCode::OK, "The text")
            .tagged(),
        Op::put("/display-texts/{name}", "putDisplayText", Scope::Config, put)
            .says(
                TAG,
                "Keep a text; stations that it concerns are told within half a minute. A new one is put with `If-Match: *`",
            )
            .guarded()
            .body::<Wish>()
            .answers::<Text>(StatusCode::OK, "As it is now")
            .tagged()
            .problem(StatusCode::CONFLICT, "There are too many texts"),
        Op::delete("/display-texts/{name}", "deleteDisplayText", Scope::Config, remove)
            .says(TAG, "Remove a text; it is taken away from displays")
            .guarded()
            .done("It is removed"),
        Op::get("/stations/{id}/display-texts", "listStationTexts", Scope::Read, of_station)
            .says(TAG, "Which texts a station was told, and how it took them")
            .answers::<Page<StationText>>(StatusCode::OK, "All of them"),
    ]
}

/// A text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DisplayText")]
struct Text {
    name: String,
    /// The message's id on the wire.
    number: i64,
    /// `idle`, `charging`, `faulted` or `unavailable`.
    state: String,
    language: String,
    /// With `{price}`, `{site}`, `{phone}`, `{station}`.
    body: String,
    /// `NormalCycle`, `InFront` or `AlwaysFront`.
    priority: String,
    /// Only there.
    station_id: Option<String>,
    /// Only there.
    site_id: Option<String>,
    changed_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DisplayTextWish")]
struct Wish {
    /// `idle`, `charging`, `faulted` or `unavailable`.
    state: String,
    /// E.g. `en`, `zh` or `de-AT`.
    #[schemars(length(min = 1, max = 8))]
    language: String,
    /// With `{price}`, `{site}`, `{phone}`, `{station}`.
    #[schemars(length(min = 1, max = 512))]
    body: String,
    /// `NormalCycle`, `InFront` or `AlwaysFront`.
    #[serde(default = "normal")]
    priority: String,
    /// Only there.
    station_id: Option<String>,
    /// Only there.
    site_id: Option<String>,
}

fn normal() -> String {
    "NormalCycle".to_owned()
}

/// A text at a station.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StationText")]
struct StationText {
    name: String,
    number: i64,
    /// MessageInfo as it was sent; absent: it is being taken away.
    told: Option<Value>,
    /// `Accepted`, or why not.
    answer: String,
    at: DateTime<Utc>,
}

async fn list(State(state): State<WebState>) -> Result<Json<Page<Text>>, Problem> {
    let found = rows::list(&mut state.app.db.read().await?).await?;
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

async fn show(State(state): State<WebState>, At(name): At<String>) -> Result<Tagged<Text>, Problem> {
    let row = rows::find(&mut state.app.db.read().await?, &name).await?;
    Ok(Tagged(view(row.ok_or_else(|| problem::missing("display text", &name))?)))
}

async fn put(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    At(name): At<String>,
    Sent(wish): Sent<Wish>,
) -> Result<Tagged<Text>, Problem> {
    let site_id = wish.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?;
    let row = TextRow {
        name,
        number: 0,
        state: wish.state,
        language: wish.language,
        body: wish.body,
        priority: wish.priority,
        station_id: wish.station_id,
        site_id,
        changed_at: state.app.clock.now(),
    };
    check(&row).map_err(|fault| problem::field(fault.field, fault.why))?;
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    // Where there is none yet only `*` fits.
    meant.check(&rows::find(&mut tx, &row.name).await?.map(view))?;
    there(&mut tx, &row).await?;
    if !rows::put(&mut tx, &row).await? {
        return Err(problem::conflict("too-many", format!("There are {} texts already", rows::TEXTS_MAX)));
    }
    let told = texts::kept(&state.app.ids, row.changed_at, &row, &asker.name);
    events::add(&mut tx, &told).await?;
    let kept = rows::find(&mut tx, &row.name).await?.unwrap_or(row);
    tx.commit().await?;
    state.app.texts.changed();
    Ok(Tagged(view(kept)))
}

/// Is the station there, and the site?
async fn there(tx: &mut Tx, row: &TextRow) -> Result<(), Problem> {
    if let Some(station) = &row.station_id
        && stations::find(tx, station).await?.is_none()
    {
        return Err(problem::field("station_id", "there is no such station"));
    }
    if let Some(site) = row.site_id
        && sites::find(tx, site).await?.is_none()
    {
        return Err(problem::field("site_id", "there is no such site"));
    }
    Ok(())
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    At(name): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    let row = rows::find(&mut tx, &name).await?.ok_or_else(|| problem::missing("display text", &name))?;
    meant.check(&view(row))?;
    rows::remove(&mut tx, &name).await?;
    let told = texts::removed(&state.app.ids, state.app.clock.now(), &asker.name);
    events::add(&mut tx, &told).await?;
    tx.commit().await?;
    state.app.texts.changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn of_station(
    State(state): State<WebState>,
    At(id): At<String>,
) -> Result<Json<Page<StationText>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find_station(&mut tx, &id).await?;
    let found = rows::told(&mut tx, &id).await?;
    let view = |row: StationTextRow| StationText {
        name: row.name,
        number: row.number,
        told: serde_json::from_str(&row.told).ok(),
        answer: row.answer,
        at: row.at,
    };
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

fn view(row: TextRow) -> Text {
    Text {
        name: row.name,
        number: row.number,
        state: row.state,
        language: row.language,
        body: row.body,
        priority: row.priority,
        station_id: row.station_id,
        site_id: row.site_id.map(|site| site.to_string()),
        changed_at: row.changed_at,
    }
}
