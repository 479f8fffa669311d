//! Sites: where stations stand.

use super::{
    again::Once,
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent, given, id, left, text, word},
    op::Op,
    page::{self, Page},
    problem, record,
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
    event::list::{SiteChanged, SiteCreated, SiteRemoved},
    store::{
        Tx,
        hold::{Row, hold},
        sites::{self as rows, SiteRow},
    },
};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Sites";
const TEXT_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/sites", "listSites", Scope::Read, list)
            .says(TAG, "Sites in the order they were made")
            .query::<Wanted>()
            .answers::<Page<Site>>(StatusCode::OK, "A page"),
        Op::post("/sites", "createSite", Scope::Config, create)
            .says(TAG, "Add a site")
            .body::<NewSite>()
            .answers::<Site>(StatusCode::CREATED, "The site"),
        Op::get("/sites/{id}", "getSite", Scope::Read, show)
            .says(TAG, "One site")
            .answers::<Site>(StatusCode::OK, "The site")
            .tagged(),
        Op::patch("/sites/{id}", "changeSite", Scope::Config, change)
            .says(TAG, "Change a site; what is not named stays")
            .body::<Changes>()
            .answers::<Site>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::delete("/sites/{id}", "deleteSite", Scope::Config, remove)
            .says(TAG, "Remove a site where no station stands")
            .guarded()
            .problem(StatusCode::CONFLICT, "Stations stand there")
            .done("It is removed"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SiteFilter")]
struct Wanted {
    /// Anywhere in name or city.
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A site.
#[derive(Debug, Serialize, JsonSchema)]
struct Site {
    id: String,
    name: String,
    address: String,
    city: String,
    /// ISO 3166-1 alpha-3; empty = not said.
    country: String,
    /// Decimal degrees.
    latitude: Option<String>,
    longitude: Option<String>,
    /// IANA name: the clock of its tariffs.
    time_zone: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSite {
    #[schemars(length(min = 1, max = 200))]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    city: String,
    /// ISO 3166-1 alpha-3, e.g. `DEU`.
    #[serde(default)]
    country: String,
    /// Decimal degrees, e.g. `52.520008`.
    latitude: Option<String>,
    longitude: Option<String>,
    /// IANA name, e.g. `Europe/Berlin`.
    #[serde(default = "utc")]
    time_zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SiteChanges")]
struct Changes {
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    address: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    city: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    country: Option<Option<String>>,
    /// `null`: not known.
    #[serde(default, deserialize_with = "given")]
    latitude: Option<Option<String>>,
    /// `null`: not known.
    #[serde(default, deserialize_with = "given")]
    longitude: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    time_zone: Option<Option<String>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Site>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let found = rows::list(&mut state.app.db.read().await?, &wanted.q, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(tx: &mut Tx, text: &str) -> Result<SiteRow, Problem> {
    let number = id("site", text)?;
    rows::find(tx, number).await?.ok_or_else(|| problem::missing("site", text))
}

/// The same to be changed: until the transaction ends nobody else does.
async fn held(tx: &mut Tx, text: &str) -> Result<SiteRow, Problem> {
    hold(tx, Row::Site(id("site", text)?)).await?;
    find(tx, text).await
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Site>, Problem> {
    Ok(Tagged(view(find(&mut state.app.db.read().await?, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(wish): Sent<NewSite>,
) -> Result<Response, Problem> {
    if let Some(made) = once.made() {
        return Ok(created(find(&mut state.app.db.read().await?, made).await?));
    }
    let row = sound(SiteRow {
        id: state.app.ids.next(),
        name: wish.name,
        address: wish.address,
        city: wish.city,
        country: wish.country,
        latitude: wish.latitude,
        longitude: wish.longitude,
        time_zone: wish.time_zone,
        created_at: state.app.clock.now(),
    })?;
    let mut tx = state.app.db.write().await?;
    rows::create(&mut tx, &row).await?;
    let told = SiteCreated { site_id: row.id.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    once.note(&mut tx, &row.id.to_string()).await?;
    tx.commit().await?;
    Ok(created(row))
}

fn created(row: SiteRow) -> Response {
    let location = super::location("sites", &row.id.to_string());
    (StatusCode::CREATED, [(LOCATION, location)], Tagged(view(row))).into_response()
}

async fn change(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(changes): Sent<Changes>,
) -> Result<Tagged<Site>, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    meant.check(&view(row.clone()))?;
    let row = sound(SiteRow {
        id: row.id,
        name: left(changes.name, row.name),
        address: left(changes.address, row.address),
        city: left(changes.city, row.city),
        country: left(changes.country, row.country),
        latitude: changes.latitude.unwrap_or(row.latitude),
        longitude: changes.longitude.unwrap_or(row.longitude),
        time_zone: left(changes.time_zone, row.time_zone),
        created_at: row.created_at,
    })?;
    rows::update(&mut tx, &row).await?;
    let told = SiteChanged { site_id: row.id.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(Tagged(view(row)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    let number = row.id;
    meant.check(&view(row))?;
    rows::delete(&mut tx, number).await.map_err(|error| match error.is_reference() {
        true => problem::conflict("in-use", "Stations stand there, or a tariff is assigned to it"),
        false => error.into(),
    })?;
    let told = SiteRemoved { site_id: number.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The site with every field as it may be.
fn sound(row: SiteRow) -> Result<SiteRow, Problem> {
    let country = text("country", &row.country, 3)?.to_ascii_uppercase();
    let is_code = country.len() == 3 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if !country.is_empty() && !is_code {
        return Err(problem::field("country", "three letters (ISO 3166-1 alpha-3), e.g. DEU"));
    }
    if row.time_zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(problem::field("time_zone", "a name of the IANA database, e.g. Europe/Berlin"));
    }
    Ok(SiteRow {
        name: word("name", &row.name, TEXT_MAX)?,
        address: text("address", &row.address, TEXT_MAX)?,
        city: text("city", &row.city, TEXT_MAX)?,
        country,
        latitude: degrees("latitude", row.latitude, 90)?,
        longitude: degrees("longitude", row.longitude, 180)?,
        ..row
    })
}

fn degrees(name: &str, value: Option<String>, most: i64) -> Result<Option<String>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let degrees = value.trim().parse::<Decimal>().ok();
    let degrees = degrees.filter(|degrees| degrees.abs() <= Decimal::from(most) && degrees.scale() <= 9);
    let degrees = degrees.ok_or_else(|| {
        problem::field(name, format!("decimal degrees from -{most} to {most}, e.g. 12.3456"))
    })?;
    Ok(Some(degrees.to_string()))
}

fn view(row: SiteRow) -> Site {
    Site {
        id: row.id.to_string(),
        name: row.name,
        address: row.address,
        city: row.city,
        country: row.country,
        latitude: row.latitude,
        longitude: row.longitude,
        time_zone: row.time_zone,
        created_at: row.created_at,
    }
}
