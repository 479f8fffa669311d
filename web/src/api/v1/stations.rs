//! Stations: what an operator decides about them. How they are at the moment is in `station_state.rs`.

use super::{
    again::Without,
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent, given, reference, text},
    op::Op,
    page::{self, Page},
    problem, record_at,
    station_words::{Protocol, Registration, Validation, joined},
};
use crate::{WebState, api::Problem, pages::is_identity};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    link::{
        auth::{Vault, VaultError},
        line::Stop,
    },
    store::{
        Tx,
        hold::{Row, hold},
        row::StationRow,
        stations::{self as rows, Forgotten, Settings},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const TAG: &str = "Stations";
const NAME_MAX: usize = 100;
/// What 2.x allows a password to be, and 1.6 a key.
const PASSWORD: std::ops::RangeInclusive<usize> = 16..=64;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations", "listStations", Scope::Read, list)
            .says(TAG, "Stations in the order of their identities")
            .query::<Wanted>()
            .answers::<Page<Station>>(StatusCode::OK, "A page"),
        Op::post("/stations", "createStation", Scope::Config, create)
            .says(TAG, "Register a station. Its password is in this answer only")
            .body::<NewStation>()
            .answers::<Registered>(StatusCode::CREATED, "It may connect"),
        Op::get("/stations/{id}", "getStation", Scope::Read, show)
            .says(TAG, "One station")
            .answers::<Station>(StatusCode::OK, "The station")
            .tagged(),
        Op::patch("/stations/{id}", "changeStation", Scope::Config, change)
            .says(
                TAG,
                "Change a station; what is not named stays. Protocols and validation count from its next connection",
            )
            .body::<Changes>()
            .answers::<Station>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::delete("/stations/{id}", "deleteStation", Scope::Config, remove)
            .says(TAG, "Forget a station; its sessions and bills stay. It is disconnected")
            .guarded()
            .done("It is forgotten")
            .problem(StatusCode::CONFLICT, "A session runs at it, or an order is at work there"),
        Op::post("/stations/{id}/password", "setStationPassword", Scope::Config, password)
            .says(
                TAG,
                "Give a station another password; the old one is void at once. Where none is named, one is made; it is \
                 in this answer only",
            )
            .body::<NewPassword>()
            .answers::<Password>(StatusCode::OK, "The password"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StationFilter")]
struct Wanted {
    /// Anywhere in identity, name, vendor, model or serial number.
    #[serde(default)]
    q: String,
    /// At this site.
    site_id: Option<String>,
    /// With this status, of the station or of a connector, e.g. `Faulted`.
    status: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A station: what an operator has decided, and what it says it is. Passwords are not part of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Station {
    id: String,
    name: String,
    site_id: Option<String>,
    /// It may speak these; empty = all.
    protocols: Vec<String>,
    /// `lenient` or `strict`.
    validation: String,
    /// `accepted`, `pending` or `rejected`: how its next BootNotification is answered.
    registration: String,
    /// Without one, anyone who knows the identity can connect as it.
    has_password: bool,
    /// Negotiated last; empty = never connected.
    protocol: String,
    vendor: String,
    model: String,
    serial: String,
    firmware: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewStation {
    /// The last part of the URL it connects to: letters, digits and `-_.:=+|@*`.
    #[schemars(length(min = 1, max = 48), regex(pattern = r"^[A-Za-z0-9._:=+|@*\-]+$"))]
    id: String,
    /// For people.
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: String,
    site_id: Option<String>,
    /// It may speak these; none = all.
    #[serde(default)]
    protocols: Vec<Protocol>,
    #[serde(default)]
    validation: Validation,
    #[serde(default)]
    registration: Registration,
    /// It needs no password: for chargers that cannot send one.
    #[serde(default)]
    without_password: bool,
}

/// A station that was registered.
#[derive(Debug, Serialize, JsonSchema)]
struct Registered {
    #[serde(flatten)]
    station: Station,
    /// Absent where it needs none, and when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StationChanges")]
struct Changes {
    #[schemars(length(max = 100))]
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    /// `null`: at none.
    #[serde(default, deserialize_with = "given")]
    site_id: Option<Option<String>>,
    /// None, or `null`: all.
    #[serde(default, deserialize_with = "given")]
    protocols: Option<Option<Vec<Protocol>>>,
    #[serde(default, deserialize_with = "given")]
    validation: Option<Option<Validation>>,
    #[serde(default, deserialize_with = "given")]
    registration: Option<Option<Registration>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewStationPassword")]
struct NewPassword {
    /// Chosen elsewhere. Absent: one is made.
    #[schemars(length(min = 16, max = 64))]
    password: Option<String>,
    /// It needs none from now on.
    #[serde(default)]
    without_password: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StationPassword")]
struct Password {
    station_id: String,
    has_password: bool,
    /// Only where it was made here, and not when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Station>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let site = wanted.site_id.as_deref().map(|site| page::number("site_id", site)).transpose()?;
    let filter = rows::Filter { text: wanted.q, site, status: wanted.status };
    let mut tx = state.app.db.read().await?;
    let found = rows::list(&mut tx, &filter, wanted.cursor.as_deref(), limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.clone(), view)))
}

/// The station, or the problem that there is none.
pub async fn find(tx: &mut Tx, id: &str) -> Result<StationRow, Problem> {
    rows::find(tx, id).await?.ok_or_else(|| problem::missing("station", id))
}

/// The same to be changed: until the transaction ends nobody else does.
pub async fn held(tx: &mut Tx, id: &str) -> Result<StationRow, Problem> {
    hold(tx, Row::Station(id)).await?;
    find(tx, id).await
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Station>, Problem> {
    Ok(Tagged(view(find(&mut state.app.db.read().await?, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(wish): Sent<NewStation>,
) -> Result<Response, Problem> {
    if !is_identity(&wish.id) {
        return Err(problem::field("id", "1 to 48 letters, digits and -_.:=+|@*"));
    }
    let (password, kept) = match wish.without_password {
        true => (None, String::new()),
        false => made(&state)?,
    };
    let row = StationRow {
        id: wish.id,
        name: text("name", &wish.name, NAME_MAX)?,
        site_id: wish.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?,
        protocols: joined(&wish.protocols),
        validation: wish.validation.word().to_owned(),
        registration: wish.registration.word().to_owned(),
        secret: kept,
        created_at: state.app.clock.now(),
        ..StationRow::default()
    };
    let mut tx = state.app.db.write().await?;
    rows::create(&mut tx, &row)
        .await
        .map_err(|error| problem::of_row(error, "station", &row.id, "site_id"))?;
    record_at(&state, &mut tx, &row.id, "station.created", &asker).await?;
    tx.commit().await?;
    state.app.live.touch(&row.id.as_str().into());
    let location = super::location("stations", &row.id);
    let station = view(row);
    let without = serde_json::to_value(Registered { station: station.clone(), password: None });
    let kept = Extension(Without(without.unwrap_or_default()));
    Ok((StatusCode::CREATED, [(LOCATION, location)], kept, Json(Registered { station, password }))
        .into_response())
}

fn made(state: &WebState) -> Result<(Option<String>, String), Problem> {
    let password = Vault::generate().map_err(broken)?;
    let kept = state.vault.seal_generated(&password).map_err(broken)?;
    Ok((Some(password), kept))
}

fn broken(error: VaultError) -> Problem {
    tracing::error!(%error, "a password could not be made");
    Problem::broken()
}

async fn change(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(changes): Sent<Changes>,
) -> Result<Tagged<Station>, Problem> {
    let name = changes.name.map(Option::unwrap_or_default);
    let name = name.map(|name| text("name", &name, NAME_MAX)).transpose()?;
    let site = match changes.site_id {
        Some(Some(site)) => Some(Some(reference("site_id", &site)?)),
        other => other.map(|_| None),
    };
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    meant.check(&view(row.clone()))?;
    let settings = Settings {
        name: name.unwrap_or(row.name),
        site_id: site.unwrap_or(row.site_id),
        protocols: changes.protocols.map_or(row.protocols, |wanted| joined(&wanted.unwrap_or_default())),
        validation: changes
            .validation
            .map_or(row.validation, |wanted| wanted.unwrap_or_default().word().to_owned()),
        registration: changes
            .registration
            .map_or(row.registration, |wanted| wanted.unwrap_or_default().word().to_owned()),
    };
    rows::update(&mut tx, &id, &settings)
        .await
        .map_err(|error| problem::of_row(error, "station", &id, "site_id"))?;
    record_at(&state, &mut tx, &id, "station.changed", &asker).await?;
    let changed = find(&mut tx, &id).await?;
    tx.commit().await?;
    state.app.live.touch(&id.as_str().into());
    Ok(Tagged(view(changed)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    meant.check(&view(row))?;
    match rows::delete(&mut tx, &id).await? {
        Forgotten::Yes => {}
        Forgotten::Unknown => return Err(problem::missing("station", &id)),
        Forgotten::InUse => {
            let what = "A session runs at the station, or an order is at work there: end them first";
            return Err(problem::conflict("in-use", what));
        }
    }
    record_at(&state, &mut tx, &id, "station.removed", &asker).await?;
    tx.commit().await?;
    // After the commit: it cannot come back as it was.
    state.app.hub.close(&id.as_str().into(), Stop::Operator);
    state.app.live.touch(&id.as_str().into());
    Ok(StatusCode::NO_CONTENT)
}

async fn password(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(wish): Sent<NewPassword>,
) -> Result<Response, Problem> {
    let (shown, kept) = match (wish.password, wish.without_password) {
        (Some(_), true) => return Err(problem::field("password", "not together with without_password")),
        (None, true) => (None, String::new()),
        (None, false) => made(&state)?,
        (Some(chosen), false) => (None, sealed(&state, chosen).await?),
    };
    let mut tx = state.app.db.write().await?;
    if !rows::set_secret(&mut tx, &id, &kept).await? {
        return Err(problem::missing("station", &id));
    }
    record_at(&state, &mut tx, &id, "station.password", &asker).await?;
    tx.commit().await?;
    let has_password = !kept.is_empty();
    let without = Password { station_id: id.clone(), has_password, password: None };
    let kept = Extension(Without(serde_json::to_value(without).unwrap_or_default()));
    Ok((kept, Json(Password { station_id: id, has_password, password: shown })).into_response())
}

async fn sealed(state: &WebState, chosen: String) -> Result<String, Problem> {
    if !PASSWORD.contains(&chosen.chars().count()) || chosen.chars().any(char::is_control) {
        return Err(problem::field("password", "16 to 64 characters, none of them a control character"));
    }
    let turn = state.password_checks.acquire().await;
    let work = tokio::task::spawn_blocking(move || Vault::seal_chosen(&chosen)).await;
    drop(turn);
    work.map_err(|_| Problem::broken())?.map_err(broken)
}

fn view(row: StationRow) -> Station {
    Station {
        id: row.id,
        name: row.name,
        site_id: row.site_id.map(|id| id.to_string()),
        protocols: row.protocols.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        validation: row.validation,
        registration: row.registration,
        has_password: !row.secret.is_empty(),
        protocol: row.protocol,
        vendor: row.vendor,
        model: row.model,
        serial: row.serial,
        firmware: row.firmware,
        created_at: row.created_at,
    }
}
